"""`oms token`: what a script needs to call a development server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap import development_issuer
from app.commands.terminal import Refused, out
from app.domain.actor import Role

if TYPE_CHECKING:
    from app.settings import Settings


def token(settings: Settings, role: str, name: str) -> None:
    """Print one token and nothing else."""
    issuer = development_issuer(settings)
    if issuer is None:
        raise Refused("Development tokens exist only where OMS_ENV is development and KEYCLOAK_ISSUER is not set.")
    out.print(issuer.issue(Role[role.upper()], name), soft_wrap=True)
