{{- define "oms.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "oms.image" -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- /* Labels that select pods; they never change. Takes the root and the name of the part. */ -}}
{{- define "oms.selector" -}}
app.kubernetes.io/name: oms
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "oms.labels" -}}
{{ include "oms.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- /* Whether the processes are given an address; what is empty is none. Takes the root and the name of the setting. */ -}}
{{- define "oms.given" -}}
{{- if or (index .root.Values.settings .name) (has .name .root.Values.urlsInSecret) }}yes{{ end -}}
{{- end -}}
