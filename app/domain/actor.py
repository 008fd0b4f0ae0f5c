"""Who acts, and what the role allows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.domain.errors import Forbidden


class Role(Enum):
    """What a person may do; each role includes the ones before it."""

    VIEWER = "Viewer"
    EDITOR = "Editor"
    ADMIN = "Ontology Admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what the other may."""
        return _RANK[self] >= _RANK[other]


_RANK = {Role.VIEWER: 0, Role.EDITOR: 1, Role.ADMIN: 2}


@dataclass(frozen=True, slots=True)
class Actor:
    """A verified subject, with the request that it acts in."""

    id: str
    name: str
    roles: frozenset[Role]
    request_id: str = ""
    traceparent: str | None = None
    expires_at: float | None = None  # seconds since 1970, when the token ends
    lock_tokens: tuple[int, ...] = ()  # of the edit locks that the request writes under

    def may(self, role: Role) -> bool:
        """Whether any of the actor's roles includes the wanted one."""
        return any(own.includes(role) for own in self.roles)

    def require(self, role: Role) -> None:
        """Raise Forbidden unless the actor has the role."""
        if not self.may(role):
            raise Forbidden(needs=role.value)
