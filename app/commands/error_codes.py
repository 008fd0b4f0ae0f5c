"""What docs/reference/errors.md says of the codes that no class of errors explains: they refuse a request as such."""

from __future__ import annotations

from app.domain.errors import ErrorCode, OmsError, Problem

REQUESTS = {
    "BAD_REQUEST": (400, "The body is not JSON of the right shape, or the operation cannot be determined."),
    "GRAPHQL_PARSE_FAILED": (400, "The document is not GraphQL."),
    "GRAPHQL_VALIDATION_FAILED": (400, "The document does not fit the schema."),
    "BAD_USER_INPUT": (400, "A variable does not fit its type, or a value is refused that no rule of the ontology is about."),
    "DOCUMENT_TOO_LARGE": (400, "The document has too many bytes."),
    "QUERY_TOO_DEEP": (400, "The document is nested too deeply."),
    "QUERY_TOO_COMPLEX": (400, "The answer might hold too many objects, or the document has too many fields."),
    "TOO_MANY_ALIASES": (400, "The document has too many aliases."),
    "TOO_MANY_DIRECTIVES": (400, "The document has too many directives."),
    "TOO_MANY_ROOT_FIELDS": (400, "The operation has too many root fields."),
    "TOO_MANY_TOKENS": (400, "The document has too many tokens."),
    "INTROSPECTION_DISABLED": (400, "The role may not introspect here."),
    "BATCHING_DISABLED": (400, "The body is a list: one operation a request."),
    "PERSISTED_QUERY_NOT_FOUND": (400, "The hash is not known yet: send it with the document; Apollo's clients get 200."),
    "UNAUTHENTICATED": (401, "The bearer token is missing or refused."),
    "TOKEN_EXPIRED": (401, "The bearer token was valid once."),
    "CSRF_PREFLIGHT_REQUIRED": (403, "A GET without a header that makes browsers ask first."),
    "OPERATION_NOT_ALLOWED": (403, "Only trusted documents run here, and this is none of them."),
    "METHOD_NOT_ALLOWED": (405, "The path or the operation is not for this method."),
    "NOT_ACCEPTABLE": (406, "None of the media types that are asked for is served."),
    "REQUEST_TIMEOUT": (408, "The request did not arrive in time."),
    "IDEMPOTENCY_IN_PROGRESS": (409, "A request with the same key is being executed."),
    "PAYLOAD_TOO_LARGE": (413, "The body has too many bytes."),
    "URI_TOO_LONG": (414, "The request line has too many bytes."),
    "UNSUPPORTED_MEDIA_TYPE": (415, "The body is of a media type that is not read."),
    "IDEMPOTENCY_KEY_REUSED": (422, "The key was used before with another body."),
    "TOO_MANY_STREAMS": (429, "The subject has as many event streams open in this process as one may; `limit` says how many."),
    "HEADERS_TOO_LARGE": (431, "The headers have too many bytes."),
    "UNAVAILABLE": (503, "Something that is needed does not answer in time; Retry-After says when to try again."),
}
EXECUTED = {
    "INTERNAL_SERVER_ERROR": (500, "A fault of ours; the log has it under the request's id."),
}


def error_rows() -> list[tuple[str, str, str, str]]:
    """Code, where GraphQL has it with which status, the status of REST, and when, in the order of declaration."""
    classes = {kind.code: kind for kind in _below(OmsError) if hasattr(kind, "code")}
    return [_row(code, classes.get(code)) for code in ErrorCode]


def _row(code: ErrorCode, kind: type[OmsError] | None) -> tuple[str, str, str, str]:
    if code in REQUESTS:
        status, sentence = REQUESTS[code]
        return f"`{code}`", f"`errors`, {status}", str(status), sentence
    if kind is None:
        status, sentence = EXECUTED[code]
        return f"`{code}`", "`errors`, 200", str(status), sentence
    sentence = (kind.__doc__ or "").splitlines()[0]
    place = f"`data`, 200: type `{kind.__name__}`" if issubclass(kind, Problem) else "`errors`, 200"
    return f"`{code}`", place, str(kind.status), sentence


def _below(kind: type[OmsError]) -> list[type[OmsError]]:
    own = [each for each in kind.__subclasses__() if each.__module__ == OmsError.__module__]
    return [below for each in own for below in (each, *_below(each))]
