"""From a header to an actor."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.development_issuer import DevelopmentIssuer
from app.domain.actor import Actor, Role
from app.domain.errors import Unauthenticated
from app.settings import OmsEnv
from app.web.authentication import Authentication, challenge


class Anybody:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def verify(self, token: str) -> Actor:
        self.asked.append(token)
        return Actor("u", "U", frozenset({Role.VIEWER}))


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc", " Bearer abc "])
async def test_the_scheme_is_read_as_the_standard_has_it(header: str) -> None:
    actor = await Authentication(Anybody())(header, request_id="r1", traceparent="t")

    assert (actor.request_id, actor.traceparent) == ("r1", "t")


BAD = [None, "", "Bearer", "Bearer ", "abc", "Bearerabc", "Basic abc", "Bearer a b", "Bearer a,b", "Bearer é", "Bearer a\nx"]


@pytest.mark.parametrize("header", BAD)
async def test_anything_else_never_reaches_the_verifier(header: str | None) -> None:
    verifier = Anybody()
    with pytest.raises(Unauthenticated):
        await Authentication(verifier)(header)

    assert verifier.asked == []


@given(st.text())
async def test_any_header_is_a_token_or_refused(header: str) -> None:
    try:
        await Authentication(Anybody())(header)
    except Unauthenticated:
        return

    assert header.strip().lower().startswith("bearer ")


async def test_a_development_token_opens_the_door(tmp_path: Path) -> None:
    issuer = DevelopmentIssuer(tmp_path, OmsEnv.DEVELOPMENT)
    authenticate = Authentication(issuer.verifier())
    issued = issuer.issue(Role.EDITOR, "Ada")

    by_header, by_payload = await authenticate(f"Bearer {issued}", request_id="r1"), await authenticate.token(issued, request_id="r2")

    assert by_header.may(Role.EDITOR)
    assert not by_header.may(Role.ADMIN)
    assert (by_header.request_id, by_payload.request_id) == ("r1", "r2")


def test_the_challenge_says_whether_a_token_was_sent() -> None:
    assert challenge(None) == {"www-authenticate": "Bearer"}
    assert challenge("Bearer x") == {"www-authenticate": 'Bearer error="invalid_token"'}
