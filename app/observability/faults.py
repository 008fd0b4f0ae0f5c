"""Where unexpected exceptions go: to Sentry, if it has an address; expected ones never do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sentry_sdk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sentry_sdk.types import Event

FLUSH_SECONDS = 2.0


@contextmanager
def reporting(dsn: str | None, environment: str, release: str, expected: tuple[type[BaseException], ...], **options: Any) -> Iterator[None]:
    """Report faults until the block ends; no body, header or local variable of a request is sent along."""
    if dsn is None:
        yield
        return

    def kept(event: Event, hint: dict[str, Any]) -> Event | None:
        _, fault, _ = hint.get("exc_info") or (None, None, None)
        return None if isinstance(fault, expected) else event

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        before_send=kept,
        include_local_variables=False,
        max_request_body_size="never",
        default_integrations=False,  # our own edges say what is reported, once each
        auto_enabling_integrations=False,
        **options,
    )
    try:
        yield
    finally:
        sentry_sdk.flush(timeout=FLUSH_SECONDS)
        sentry_sdk.get_global_scope().set_client(None)


def report(fault: BaseException, facts: Mapping[str, str]) -> None:
    """Send one exception with what is known of its request, if an address was given."""
    if sentry_sdk.is_initialized():
        sentry_sdk.capture_exception(fault, tags=dict(facts))
