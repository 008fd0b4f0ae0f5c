{{- /* What every pod of ours is allowed, and where its settings come from. Takes the root and the name of the part. */ -}}
{{- define "oms.pod" -}}
serviceAccountName: {{ include "oms.name" .root }}
automountServiceAccountToken: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: scratch
    emptyDir: { sizeLimit: 256Mi }
{{- end -}}

{{- /* Replicas stand on different nodes where they can. */ -}}
{{- define "oms.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "oms.selector" . | nindent 8 }}
{{- end -}}

{{- define "oms.container" -}}
image: {{ include "oms.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
env:
  - { name: OMS_ENV, value: {{ .root.Values.environment | quote }} }
  - { name: HOST, value: 0.0.0.0 }
  - { name: PORT, value: {{ .root.Values.api.port | quote }} }
  - { name: WORKER_PORT, value: {{ .root.Values.worker.port | quote }} }
{{- range $name, $value := .root.Values.settings }}
  - { name: {{ $name }}, value: {{ $value | toString | quote }} }
{{- end }}
envFrom:
  - secretRef: { name: {{ .root.Values.secret }} }
volumeMounts:
  - { name: scratch, mountPath: /tmp }
{{- end -}}
