"""Who a command acts for."""

from __future__ import annotations

import getpass

from app.domain.actor import Actor, Role


def operator() -> Actor:
    """Whoever may reach the database from a shell: the audit log names the account."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = "unknown"
    return Actor(f"cli:{account}", account, frozenset({Role.ADMIN}), request_id="cli")
