"""The REST face: wrong paths, methods, versions, bodies and cursors, each with its real status."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

KINDS = ("object-type", "property", "shared-property", "link-type", "interface", "action-type", "value-type", "type-group")
TYPE = "/api/object-type"
PERSON = TYPE + "/{person}"


def coded(key: Any) -> str:
    """A cursor as the REST face writes them, of a key of our own choice."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Case:
    """One request with the only answer that is right; `{name}` in a path is what the service knows by it."""

    id: str
    method: str
    path: str
    status: int
    code: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    role: str = "EDITOR"


CASES = [
    Case("an-unknown-kind", "GET", "/api/table", 404, "NOT_FOUND"),
    Case("a-kind-in-another-case", "GET", "/api/Object-Type", 404, "NOT_FOUND"),
    Case("the-root-of-the-face", "GET", "/api", 404, "NOT_FOUND"),
    *[Case(f"{method}-on-a-list", method, TYPE, 405, "METHOD_NOT_ALLOWED") for method in ("PUT", "DELETE", "PATCH")],
    *[Case(f"{method}-on-an-entity", method, PERSON, 405, "METHOD_NOT_ALLOWED", {}) for method in ("POST", "TRACE")],
    Case("get-of-bulk", "GET", "/api/bulk", 405, "METHOD_NOT_ALLOWED"),
    Case("post-to-the-audit-log", "POST", "/api/audit-log", 405, "METHOD_NOT_ALLOWED", {}),
    *[Case(f"a-{kind}-of-nobody", "GET", f"/api/{kind}/ri.ontology.main.{kind}.nothing", 404, "NOT_FOUND") for kind in KINDS],
    *[Case(f"rid-{name}", "GET", f"{TYPE}/{rid}", 404, "NOT_FOUND") for name, rid in {
        "words": "nothing", "number": "7", "of-another-kind": "{name}", "of-a-change-set": "{merged}", "nul": "ri.ontology.main.object-type.%00", "long": "r" * 5_000,
        "newline": "{person}%0a", "blank": "{person}%20", "invalid-utf-8": "%ff", "dots": "..%2e", "korean": "%EC%82%AC", "upper": "RI.ONTOLOGY.MAIN.OBJECT-TYPE.X",
    }.items()],
    Case("a-person-as-an-interface", "GET", "/api/interface/{person}", 404, "NOT_FOUND"),
    Case("an-entity-with-nothing-included", "GET", PERSON + "?include=nothing", 400, "BAD_USER_INPUT"),
    Case("an-unknown-parameter", "GET", TYPE + "?nothing=1", 400, "BAD_USER_INPUT"),
    Case("a-parameter-twice", "GET", TYPE + "?pageSize=1&pageSize=2", 400, "BAD_REQUEST"),
    Case("a-parameter-with-nul", "GET", TYPE + "?search=%00", 400, "BAD_REQUEST"),
    Case("a-parameter-of-no-utf-8", "GET", TYPE + "?search=%ff", 400, "BAD_REQUEST"),
    Case("51-parameters", "GET", TYPE + "?" + "&".join(f"a{n}=1" for n in range(51)), 400, "BAD_REQUEST"),
    Case("an-ontology-that-is-not", "GET", TYPE + "?ontology=nothing", 404, "NOT_FOUND"),
    *[Case(f"page-size-{size}", "GET", f"{TYPE}?pageSize={size}", 400, code) for size, code in {
        "0": "PAGE_SIZE_OUT_OF_RANGE", "101": "PAGE_SIZE_OUT_OF_RANGE", "-1": "BAD_USER_INPUT", "many": "BAD_USER_INPUT", "1.5": "BAD_USER_INPUT", "": "BAD_USER_INPUT",
        "%D9%A1": "BAD_USER_INPUT", "99999999999999999999": "BAD_USER_INPUT", "1_0": "BAD_USER_INPUT",
    }.items()],
    *[Case(f"page-{page}", "GET", f"/api/audit-log?page={page}", 400, "BAD_USER_INPUT") for page in ("0", "-1", "1001", "x", "99999999999999999999")],
    Case("a-page-and-a-cursor", "GET", "/api/audit-log?page=2&cursor=x", 400, "BAD_USER_INPUT"),
    *[Case(f"as-of-{name}", "GET", f"{TYPE}?asOf={name}", 400, "BAD_USER_INPUT") for name in ("-1", "99999", "yesterday", "9223372036854775808", "2026-11-24")],
    *[Case(f"cursor-{name}", "GET", f"{TYPE}?cursor={text}", 400, "INVALID_CURSOR") for name, text in {
        "words": "nothing", "json": "%5B1%5D", "of-an-object": coded({"a": 1}), "of-nothing": coded([]), "of-numbers": coded([1, 2]), "of-lists": coded([[], []]),
        "too-long-a-key": coded(["a"] * 10), "with-nul": coded(["a\0", "b"]), "of-a-moment": coded([{"at": "2026-01-01T00:00:00+00:00"}, "x"]), "of-a-bad-moment": coded([{"at": "x"}, "x"]),
        "of-an-object-in-a-list": coded([{}, "x"]), "of-nulls": coded([None, None]), "of-truths": coded([True, False]), "very-long": "A" * 3_000, "deep": "W" * 1_900,
        "half-a-surrogate": base64.urlsafe_b64encode(b'["\\ud800","x"]').rstrip(b"=").decode(),
    }.items()],
    *[Case(f"change-set-cursor-{name}", "GET", f"/api/changeset?cursor={coded(key)}", 400, "INVALID_CURSOR") for name, key in {
        "of-texts": ["a", "b"], "of-a-naive-moment": [{"at": "2026-01-01T00:00:00"}, "x"], "of-a-number": [1, "x"], "of-a-day": [{"at": "2026-01-01"}, "x"],
    }.items()],
    *[Case(f"audit-cursor-{name}", "GET", f"/api/audit-log?cursor={coded(key)}", 400, "INVALID_CURSOR") for name, key in {
        "of-a-text": ["a"], "of-128-bits": [2**127], "of-a-fraction": [1.5], "of-a-truth": [True], "of-two": [1, 2],
    }.items()],
    Case("others-entries", "GET", "/api/audit-log?actor=somebody", 403, "FORBIDDEN"),
    *[Case(f"create-from-{name}", "POST", TYPE, 400, "BAD_REQUEST", body) for name, body in {
        "a-list": [], "a-text": "x", "a-number": 7, "null": b"null", "half": b'{"apiName":', "nan": b'{"apiName": NaN}', "keys-twice": b'{"apiName":"A","apiName":"B"}',
        "deep": b"[" * 100_000, "no-utf-8": b"\xff", "half-a-surrogate": b'{"apiName":"\\ud800"}', "nothing": None,
    }.items()],
    Case("create-from-an-empty-object", "POST", TYPE, 422, "VALIDATION_FAILED", {}),
    Case("create-from-a-form", "POST", TYPE, 415, "UNSUPPORTED_MEDIA_TYPE", b"apiName=A", {"content-type": "application/x-www-form-urlencoded"}),
    Case("create-from-text", "POST", TYPE, 415, "UNSUPPORTED_MEDIA_TYPE", b"{}", {"content-type": "text/plain"}),
    Case("create-from-gzip", "POST", TYPE, 415, "UNSUPPORTED_MEDIA_TYPE", b"{}", {"content-encoding": "gzip"}),
    Case("answered-in-xml", "GET", TYPE, 406, "NOT_ACCEPTABLE", headers={"accept": "application/xml"}),
    *[Case(f"create-a-{kind}-of-nothing", "POST", f"/api/{kind}", 422, "VALIDATION_FAILED", {}) for kind in KINDS],
    *[Case(f"create-a-{kind}-of-nonsense", "POST", f"/api/{kind}", 422, "VALIDATION_FAILED", {"apiName": 7, "displayName": [], "nothing": {}}) for kind in KINDS],
    Case("create-a-taken-name", "POST", "/api/type-group?dryRun=perhaps", 400, "BAD_USER_INPUT", {"apiName": "a", "displayName": "A"}),
    Case("create-with-a-long-key", "POST", "/api/type-group", 400, "BAD_USER_INPUT", {"apiName": "a", "displayName": "A"}, {"idempotency-key": "k" * 256}),
    Case("create-with-an-empty-key", "POST", "/api/type-group", 400, "BAD_USER_INPUT", {"apiName": "a", "displayName": "A"}, {"idempotency-key": ""}),
    Case("update-without-a-version", "PUT", PERSON, 400, "BAD_USER_INPUT", {"displayName": "x"}),
    Case("update-at-another-version", "PUT", PERSON + "?expectedVersion=9", 409, "VERSION_CONFLICT", {"displayName": "x"}),
    Case("update-at-two-versions", "PUT", PERSON + "?expectedVersion=1", 400, "BAD_USER_INPUT", {"displayName": "x", "expectedVersion": 2}),
    *[Case(f"update-if-match-{name}", "PUT", PERSON, 400, "BAD_USER_INPUT", {"displayName": "x"}, {"if-match": tag}) for name, tag in {
        "anything": "*", "weak": 'W/"1"', "words": "x", "several": '"1", "2"', "0": '"0"', "huge": '"99999999999"', "beyond-32-bits": '"2147483648"', "empty": "",
    }.items()],
    *[Case(f"update-at-version-{name}", "PUT", PERSON, 400, "BAD_USER_INPUT", {"displayName": "x", "expectedVersion": version}) for name, version in {
        "text": "1", "truth": True, "fraction": 1.5, "0": 0, "negative": -1, "64-bits": 2**63, "list": [1],
    }.items()],
    Case("update-of-nobody", "PUT", TYPE + "/ri.ontology.main.object-type.nothing?expectedVersion=1", 404, "NOT_FOUND", {"displayName": "x"}),
    Case("update-of-a-person-as-an-interface", "PUT", "/api/interface/{person}?expectedVersion=1", 404, "NOT_FOUND", {"displayName": "x"}),
    Case("update-about-another", "PUT", PERSON + "?expectedVersion=1", 400, "BAD_USER_INPUT", {"rid": "x"}),
    Case("update-of-its-parts", "PUT", PERSON + "?expectedVersion=1", 400, "BAD_USER_INPUT", {"properties": []}),
    Case("update-with-a-list", "PUT", PERSON + "?expectedVersion=1", 400, "BAD_REQUEST", []),
    Case("update-of-unknown-words", "PUT", PERSON + "?expectedVersion=1", 422, "VALIDATION_FAILED", {"nothing": 1}),
    Case("update-to-a-taken-name", "PUT", PERSON + "?expectedVersion=1", 409, "NAME_TAKEN", {"apiName": "Place"}),
    Case("delete-without-a-version", "DELETE", PERSON, 400, "BAD_USER_INPUT"),
    Case("delete-of-nobody", "DELETE", TYPE + "/ri.ontology.main.object-type.nothing?expectedVersion=1", 404, "NOT_FOUND"),
    Case("delete-with-words", "DELETE", PERSON + "?expectedVersion=1", 400, "BAD_USER_INPUT", {"sure": True}),
    Case("delete-with-a-cascade-of-words", "DELETE", PERSON + "?expectedVersion=1&cascade=perhaps", 400, "BAD_USER_INPUT"),
    Case("delete-what-is-the-key", "DELETE", "/api/property/{id}?expectedVersion=1", 409, "STILL_REFERENCED"),
    *[Case(f"bulk-of-{name}", "POST", "/api/bulk", status, code, body) for name, (status, code, body) in {
        "text": (400, "BAD_REQUEST", "x"), "nothing": (400, "BAD_USER_INPUT", {}), "unknown-words": (400, "BAD_USER_INPUT", {"operations": [], "nothing": 1}),
        "operations-that-are-a-text": (400, "BAD_USER_INPUT", {"operations": "x"}), "null": (400, "BAD_USER_INPUT", [None]), "numbers": (400, "BAD_USER_INPUT", [1, 2]),
        "no-verb": (400, "BAD_USER_INPUT", [{}]), "an-unknown-verb": (400, "BAD_USER_INPUT", [{"verb": "DROP"}]), "a-verb-that-is-a-list": (400, "BAD_USER_INPUT", [{"verb": []}]),
        "a-verb-that-is-an-object": (400, "BAD_USER_INPUT", [{"verb": {}}]), "an-unknown-kind": (400, "BAD_USER_INPUT", [{"verb": "CREATE", "kind": "TABLE", "fields": {}}]),
        "fields-that-are-a-list": (400, "BAD_USER_INPUT", [{"verb": "CREATE", "kind": "TYPE_GROUP", "fields": []}]),
        "a-ref-that-is-a-number": (400, "BAD_USER_INPUT", [{"verb": "CREATE", "kind": "TYPE_GROUP", "ref": 1, "fields": {"apiName": "a", "displayName": "A"}}]),
        "a-title-that-is-a-list": (400, "BAD_USER_INPUT", {"title": [], "operations": [{"verb": "CREATE", "kind": "TYPE_GROUP", "fields": {"apiName": "a", "displayName": "A"}}]}),
        "10001-operations": (413, "CHANGESET_TOO_LARGE", [{"verb": "CREATE", "kind": "TYPE_GROUP", "fields": {"apiName": f"g{n}", "displayName": "G"}} for n in range(10_001)]),
        "a-name-twice": (409, "NAME_TAKEN", [{"verb": "CREATE", "kind": "TYPE_GROUP", "fields": {"apiName": "a", "displayName": "A"}}] * 2),
        "a-ref-twice": (422, "VALIDATION_FAILED", [{"verb": "CREATE", "kind": "TYPE_GROUP", "ref": "x", "fields": {"apiName": name, "displayName": "A"}} for name in "ab"]),
        "interfaces-in-a-circle": (422, "VALIDATION_FAILED", [
            {"verb": "CREATE", "kind": "INTERFACE", "ref": one, "fields": {"apiName": one, "displayName": one, "extends": [f"ref:{two}"]}} for one, two in (("Aa", "Bb"), ("Bb", "Aa"))
        ]),
        "300-kib-in-one": (413, "DEFINITION_TOO_LARGE", [{"verb": "CREATE", "kind": "TYPE_GROUP", "fields": {
            "apiName": "a", "displayName": "A", "translations": {f"de-x-{n}": {"displayName": "A", "description": "x" * 9_000} for n in range(40)}}}]),
    }.items()],
    Case("change-set-without-a-title", "POST", "/api/changeset", 400, "BAD_USER_INPUT", {}),
    Case("change-set-with-a-title-of-a-list", "POST", "/api/changeset", 400, "BAD_USER_INPUT", {"title": []}),
    Case("change-set-with-a-title-with-nul", "POST", "/api/changeset", 400, "BAD_USER_INPUT", {"title": "a\0"}),
    Case("change-set-with-a-title-of-10001", "POST", "/api/changeset", 400, "BAD_USER_INPUT", {"title": "x" * 10_001}),
    Case("change-set-with-51-labels", "POST", "/api/changeset", 400, "LIST_TOO_LONG", {"title": "x", "labels": ["a"] * 51}),
    Case("change-set-in-no-ontology", "POST", "/api/changeset?ontology=nothing", 404, "NOT_FOUND", {"title": "x"}),
    *[Case(f"change-set-{name}", "GET", f"/api/changeset/{rid}", 404, "NOT_FOUND") for name, rid in {
        "nothing": "nothing", "nobody": "ri.ontology.main.changeset.nothing", "a-person": "{person}", "nul": "%00"}.items()],
    *[Case(f"{what}-of-nobody", "POST", f"/api/changeset/ri.ontology.main.changeset.nothing/{what}", 404, "NOT_FOUND", body) for what, body in {
        "merge": {}, "close": {}, "rollback": {}, "validate": None, "operations": [], "comments": {"body": "x"}, "request-review": {}, "review": {"approve": True}}.items()],
    Case("merge-again", "POST", "/api/changeset/{merged}/merge", 409, "CHANGESET_ALREADY_MERGED", {}),
    Case("close-what-is-merged", "POST", "/api/changeset/{merged}/close", 409, "CHANGESET_ALREADY_MERGED", {}),
    Case("stage-on-what-is-merged", "POST", "/api/changeset/{merged}/operations", 409, "CHANGESET_ALREADY_MERGED", [{"verb": "CREATE", "kind": "TYPE_GROUP", "fields": {"apiName": "a", "displayName": "A"}}]),
    Case("roll-back-what-is-open", "POST", "/api/changeset/{open}/rollback", 409, "INVALID_STATE", {}),
    Case("merge-at-another-version", "POST", "/api/changeset/{open}/merge", 409, "VERSION_CONFLICT", {"expectedVersion": 99}),
    Case("merge-with-resolutions-of-a-text", "POST", "/api/changeset/{open}/merge", 400, "BAD_USER_INPUT", {"resolutions": "x"}),
    Case("merge-with-a-resolution-of-nothing", "POST", "/api/changeset/{open}/merge", 400, "BAD_USER_INPUT", {"resolutions": [{}]}),
    Case("merge-with-a-choice-that-is-a-list", "POST", "/api/changeset/{open}/merge", 400, "BAD_USER_INPUT", {"resolutions": [{"choice": [], "theirsVersion": 1}]}),
    Case("a-comment-of-nothing", "POST", "/api/changeset/{open}/comments", 400, "BAD_USER_INPUT", {"body": ""}),
    Case("a-comment-of-10001", "POST", "/api/changeset/{open}/comments", 400, "STRING_TOO_LONG", {"body": "x" * 10_001}),
    Case("a-comment-with-nul", "POST", "/api/changeset/{open}/comments", 400, "BAD_USER_INPUT", {"body": "a\0b"}),
    Case("a-comment-about-no-rid", "POST", "/api/changeset/{open}/comments", 404, "NOT_FOUND", {"body": "x", "rid": "nothing"}),
    Case("a-review-that-does-not-decide", "POST", "/api/changeset/{open}/review", 400, "BAD_USER_INPUT", {"comment": "x"}),
    Case("an-operation-that-is-not", "DELETE", "/api/changeset/{open}/operations/nothing", 404, "NOT_FOUND"),
    Case("an-operation-of-nobody", "DELETE", "/api/changeset/{open}/operations/00000000-0000-0000-0000-000000000000", 404, "NOT_FOUND"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_bad_request_gets_its_own_status(service, case):
    path = case.path
    for name, rid in service.known.items():
        path = path.replace("{" + name + "}", rid)

    answer = service.ask(case.method, path, case.body, role=case.role, headers=case.headers)

    assert (answer.status, answer.code) == (case.status, case.code), answer.body[:500]
    assert answer.headers["content-type"].startswith("application/json")
