"""Every error that a caller may see, each class with a stable code.

    OmsError
    ├── RequestError             the request itself is wrong (an HTTP status of 4xx)
    ├── Forbidden                the role does not allow it
    ├── NotFound                 no such thing, or not at that revision
    ├── BadInput                 a value that no rule of the ontology is about
    ├── InvalidCursor, PageSizeOutOfRange, CursorExpired
    ├── InvalidState, AlreadyMerged, ChangeSetTooLarge, ReviewRequired
    ├── Locked, Fenced
    ├── IdempotencyKeyReused, IdempotencyInProgress
    ├── Unavailable, QueryTimeout, IndexLagging
    ├── DefinitionTooLarge, UnsafeRegex
    └── Problem                  what a form reacts to: data in GraphQL, 409 or 422 in REST
        ├── ValidationFailed     the rules that the outcome would break
        ├── VersionConflict      the entity moved since the author looked
        ├── MergeConflict        both sides changed a field
        ├── NameTaken
        └── StillReferenced

The message is for people and never holds a path, a statement, a class or a host name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.merge import Conflict
    from app.domain.rules import Violation


class ErrorCode(StrEnum):
    """Every code that leaves the server, in `extensions.code` or as a problem's `code`."""

    BAD_REQUEST = "BAD_REQUEST"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    DOCUMENT_TOO_LARGE = "DOCUMENT_TOO_LARGE"
    QUERY_TOO_DEEP = "QUERY_TOO_DEEP"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    TOO_MANY_ALIASES = "TOO_MANY_ALIASES"
    TOO_MANY_DIRECTIVES = "TOO_MANY_DIRECTIVES"
    TOO_MANY_ROOT_FIELDS = "TOO_MANY_ROOT_FIELDS"
    TOO_MANY_TOKENS = "TOO_MANY_TOKENS"
    INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED"
    BATCHING_DISABLED = "BATCHING_DISABLED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code, no secret
    CSRF_PREFLIGHT_REQUIRED = "CSRF_PREFLIGHT_REQUIRED"
    OPERATION_NOT_ALLOWED = "OPERATION_NOT_ALLOWED"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    IDEMPOTENCY_IN_PROGRESS = "IDEMPOTENCY_IN_PROGRESS"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    URI_TOO_LONG = "URI_TOO_LONG"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    TOO_MANY_STREAMS = "TOO_MANY_STREAMS"
    HEADERS_TOO_LARGE = "HEADERS_TOO_LARGE"
    UNAVAILABLE = "UNAVAILABLE"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    INVALID_CURSOR = "INVALID_CURSOR"
    PAGE_SIZE_OUT_OF_RANGE = "PAGE_SIZE_OUT_OF_RANGE"
    INVALID_STATE = "INVALID_STATE"
    CHANGESET_ALREADY_MERGED = "CHANGESET_ALREADY_MERGED"
    CHANGESET_TOO_LARGE = "CHANGESET_TOO_LARGE"
    REVIEW_REQUIRED = "REVIEW_REQUIRED"
    LOCKED = "LOCKED"
    FENCED = "FENCED"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    QUERY_TIMEOUT = "QUERY_TIMEOUT"
    LIST_TOO_LONG = "LIST_TOO_LONG"
    STRING_TOO_LONG = "STRING_TOO_LONG"
    DEFINITION_TOO_LARGE = "DEFINITION_TOO_LARGE"
    UNSAFE_REGEX = "UNSAFE_REGEX"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    MERGE_CONFLICT = "MERGE_CONFLICT"
    NAME_TAKEN = "NAME_TAKEN"
    STILL_REFERENCED = "STILL_REFERENCED"
    ROLLBACK_BLOCKED = "ROLLBACK_BLOCKED"


class OmsError(Exception):
    """An expected error: shown to the caller, never reported as a fault."""

    code: ClassVar[ErrorCode]
    status: ClassVar[int] = 400  # of the REST face

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class RequestError(OmsError):
    """The request cannot be executed; code and status come with it."""

    def __init__(self, code: ErrorCode, status: int, message: str, **data: Any) -> None:
        super().__init__(message, **data)
        self.code = code  # type: ignore[misc]  # an instance of this one class carries its own
        self.status = status  # type: ignore[misc]  # as above


class Unauthenticated(OmsError):
    """The bearer token is missing or refused."""

    code = ErrorCode.UNAUTHENTICATED
    status = 401

    def __init__(self, message: str = "A valid bearer token is needed.") -> None:
        super().__init__(message)


class TokenExpired(Unauthenticated):
    """The bearer token was valid once."""

    code = ErrorCode.TOKEN_EXPIRED

    def __init__(self) -> None:
        super().__init__("The bearer token has expired.")


class Forbidden(OmsError):
    """The actor's roles do not include the one that is needed."""

    code = ErrorCode.FORBIDDEN
    status = 403

    def __init__(self, *, needs: str) -> None:
        super().__init__(f"This needs the role {needs}.", needs=needs)


class NotFound(OmsError):
    """No such thing, or not at the revision that was asked for."""

    code = ErrorCode.NOT_FOUND
    status = 404

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"There is no {what} {name!r}.", what=what, name=name)


class BadInput(OmsError):
    """A value that no rule of the ontology is about: an argument, a filter, a combination."""

    code = ErrorCode.BAD_USER_INPUT

    def __init__(self, message: str, *, path: str = "", **data: Any) -> None:
        super().__init__(message, path=path, **data)


class ListTooLong(BadInput):
    """A list argument holds more than it may."""

    code = ErrorCode.LIST_TOO_LONG


class StringTooLong(BadInput):
    """A text argument is longer than it may be."""

    code = ErrorCode.STRING_TOO_LONG


class InvalidCursor(OmsError):
    """The cursor is not one of ours, or was made by another query."""

    code = ErrorCode.INVALID_CURSOR

    def __init__(self, message: str = "The cursor is not valid for this list.") -> None:
        super().__init__(message)


class CursorExpired(OmsError):
    """The cursor is of another epoch, or too far behind."""

    code = ErrorCode.CURSOR_EXPIRED
    status = 410

    def __init__(self, message: str = "The cursor has expired: read the data again and start from its revision.") -> None:
        super().__init__(message)


class PageSizeOutOfRange(OmsError):
    """`first` or `last` is not between 1 and the limit."""

    code = ErrorCode.PAGE_SIZE_OUT_OF_RANGE

    def __init__(self, *, given: int, limit: int) -> None:
        super().__init__(f"A page holds 1 to {limit} items, not {given}.", given=given, limit=limit)


class InvalidState(OmsError):
    """The change set or ontology is not in a state that allows this."""

    code = ErrorCode.INVALID_STATE
    status = 409


class AlreadyMerged(InvalidState):
    """The change set was merged before."""

    code = ErrorCode.CHANGESET_ALREADY_MERGED


class ChangeSetTooLarge(OmsError):
    """The change set would hold more operations than it may."""

    code = ErrorCode.CHANGESET_TOO_LARGE
    status = 413


class ReviewRequired(OmsError):
    """The ontology is protected: only an approved change set may merge."""

    code = ErrorCode.REVIEW_REQUIRED
    status = 409


class Locked(OmsError):
    """Somebody else holds the lock of an entity; `holder` and `until` say who and how long at most."""

    code = ErrorCode.LOCKED
    status = 409


class Fenced(OmsError):
    """The lock's token is not the newest of its entity: it was given up, broken or taken by somebody else."""

    code = ErrorCode.FENCED
    status = 409


class IdempotencyKeyReused(OmsError):
    """The key was used before with another body."""

    code = ErrorCode.IDEMPOTENCY_KEY_REUSED
    status = 422

    def __init__(self) -> None:
        super().__init__("This idempotency key was used before with another request.")


class IdempotencyInProgress(OmsError):
    """A request with the same key is being executed."""

    code = ErrorCode.IDEMPOTENCY_IN_PROGRESS
    status = 409

    def __init__(self) -> None:
        super().__init__("A request with this idempotency key is in progress.")


class Unavailable(OmsError):
    """Something that is needed does not answer in time; trying again later helps."""

    code = ErrorCode.UNAVAILABLE
    status = 503

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message, retryAfter=retry_after)
        self.retry_after = retry_after  # seconds


class QueryTimeout(OmsError):
    """The execution took longer than it may."""

    code = ErrorCode.QUERY_TIMEOUT
    status = 503

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The execution took longer than {seconds:g} seconds.")


class DefinitionTooLarge(OmsError):
    """A canonical definition is larger than 256 KiB."""

    code = ErrorCode.DEFINITION_TOO_LARGE
    status = 413


class UnsafeRegex(OmsError):
    """A regular expression is not of the syntax that cannot blow up (RE2)."""

    code = ErrorCode.UNSAFE_REGEX
    status = 422


class Problem(OmsError):
    """An outcome that a form reacts to."""

    status = 409


class ValidationFailed(Problem):
    """Every rule that the outcome would break; nothing was stored."""

    code = ErrorCode.VALIDATION_FAILED
    status = 422

    def __init__(self, violations: Sequence[Violation]) -> None:
        count = len(violations)
        super().__init__(violations[0].message if count == 1 else f"{count} rules would be broken.")
        self.violations = tuple(violations)


class VersionConflict(Problem):
    """The entity is not at the version that the author looked at."""

    code = ErrorCode.VERSION_CONFLICT

    def __init__(self, conflicts: Sequence[Conflict], current: Any = None) -> None:
        super().__init__("Somebody changed this in the meantime.")
        self.conflicts = tuple(conflicts)
        self.current = current  # the Entity as it is now, None where it was deleted


class MergeConflict(Problem):
    """Both sides changed the same field, or one deleted what the other builds on."""

    code = ErrorCode.MERGE_CONFLICT

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        count = len(conflicts)
        super().__init__(f"{count} conflict{'s' if count != 1 else ''} with what was merged in the meantime.")
        self.conflicts = tuple(conflicts)


class NameTaken(Problem):
    """Another entity of the namespace bears the name; the violations name each."""

    code = ErrorCode.NAME_TAKEN

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(violations[0].message)
        self.violations = tuple(violations)


class StillReferenced(Problem):
    """Something refers to what would be deleted; the violations list it, `by` holds their rids."""

    code = ErrorCode.STILL_REFERENCED

    def __init__(self, violations: Sequence[Violation], by: Sequence[str]) -> None:
        super().__init__(violations[0].message)
        self.violations = tuple(violations)
        self.by = tuple(by)


class RollbackBlocked(Problem):
    """Later change sets build on the one to roll back; `blockers` is the minimal set, oldest first."""

    code = ErrorCode.ROLLBACK_BLOCKED

    def __init__(self, blockers: Sequence[str]) -> None:
        super().__init__("Later change sets build on this one.")
        self.blockers = tuple(blockers)
