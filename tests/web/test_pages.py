"""The pages as the server sends them: their policy, what they are told, their files, and that those belong to the sources."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import httpx2
import pytest
from graphql import build_schema, parse, validate
from starlette.applications import Starlette

from app.web.assets import Assets
from app.web.examples import Example, read_examples
from app.web.pages import Pages, graphiql_page, page_routes

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
STATIC = ROOT / "app" / "web" / "static"
SCHEMA = ROOT / "schema.graphql"
SOURCES = ("package.json", "package-lock.json", "build.mjs", "src")
TOKENS = {"Viewer": "one", "Editor": "two"}
ASSETS = Assets()
EXAMPLES = read_examples()


def pages(**given) -> Pages:
    return Pages(assets=ASSETS, **given)


async def get(app, path: str, *, origin: str = "http://127.0.0.1:4000", **headers: str) -> httpx2.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=origin) as client:
        return await client.get(path, headers=sent)


async def graphiql(given: Pages, **asked) -> httpx2.Response:
    return await get(graphiql_page(given), "/graphql", **asked)


def told(response: httpx2.Response) -> dict:
    found = re.search(r'<script type="application/json" id="config">(.*?)</script>', response.text, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.fixture
def app() -> Starlette:
    return Starlette(routes=page_routes(pages(tokens=lambda: TOKENS)))


async def test_the_policy_allows_scripts_workers_and_connections_of_our_own_origin_only(app):
    styles = {"'self' 'unsafe-inline'": await graphiql(pages()), "'self'": await get(app, "/docs")}
    for style, response in styles.items():
        policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
        assert policy.pop("style-src") == style
        assert policy.pop("img-src") == "'self' data:"
        assert {name for name, value in policy.items() if value == "'self'"} == {"script-src", "font-src", "worker-src", "connect-src"}
        assert {name for name, value in policy.items() if value == "'none'"} == {
            "default-src",
            "frame-ancestors",
            "base-uri",
            "form-action",
        }
        assert len(policy) == 8
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_page_executes_nothing_inline_and_names_only_files_that_exist(app):
    for response in (await graphiql(pages()), await get(app, "/docs")):
        scripts = re.findall(r"<script ([^>]*)>(.*?)</script>", response.text, re.DOTALL)
        assert [body for attributes, body in scripts if "application/json" not in attributes] == [""]
        assert " style=" not in response.text
        assert not re.search(r"\son[a-z]+=", response.text.split("</script>")[-1])
        for path in re.findall(r'(?:src|href)="([^"]*)"', response.text):
            assert (await get(app, path)).status_code == 200, path


async def test_the_page_holds_a_token_for_each_role_only_where_the_service_issues_them():
    assert told(await graphiql(pages(tokens=lambda: TOKENS)))["tokens"] == TOKENS
    assert told(await graphiql(pages()))["tokens"] == {}


@pytest.mark.parametrize(
    ("origin", "given"),
    [
        ("http://localhost:4000", True),
        ("http://oms.localhost:4000", True),
        ("http://127.0.0.1:4000", True),
        ("http://[::1]:4000", True),
        ("http://192.168.1.7:4000", True),
        ("http://attacker.example:4000", False),
        ("http://127.0.0.1.attacker.example:4000", False),
        ("http://localhost.attacker.example:4000", False),
    ],
)
async def test_a_page_asked_for_by_a_foreign_name_holds_no_token(origin: str, given):
    assert bool(told(await graphiql(pages(tokens=lambda: TOKENS), origin=origin))["tokens"]) is given


async def test_no_example_can_end_the_block_that_holds_it():
    hostile = Example("x", "</script>", "<!--<script>", "\u2028{style}", "</script><script>alert(1)</script>", "")

    response = await graphiql(pages(examples=(hostile,)))

    assert response.text.count("</script>") == 2
    assert told(response)["examples"][0]["query"] == hostile.query
    assert told(response)["examples"][0]["about"] == hostile.about


async def test_the_root_leads_to_graphiql(app):
    response = await get(app, "/")
    assert (response.status_code, response.headers["location"]) == (307, "/graphql")


@pytest.mark.parametrize("name", sorted(ASSETS.manifest["files"]))
async def test_a_file_is_sent_packed_or_not_with_its_type_and_for_ever(app, name: str):
    packed = await get(app, f"/static/{name}", accept_encoding="br, gzip")
    plain = await get(app, f"/static/{name}", accept_encoding="identity, gzip;q=0")

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content  # the client unpacks
    assert hashlib.sha256(plain.content).hexdigest() == ASSETS.manifest["files"][name]
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["x-content-type-options"] == "nosniff"
    assert packed.headers["content-type"].partition(";")[0] == {
        "js": "text/javascript",
        "css": "text/css",
        "svg": "image/svg+xml",
        "ttf": "font/ttf",
        "txt": "text/plain",
    }[name.rpartition(".")[2]]  # fmt: skip
    lasting = name != "licences.txt"
    assert ("immutable" in packed.headers["cache-control"]) is lasting


async def test_who_has_the_file_is_told_so_and_sent_nothing(app):
    path = f"/static/{ASSETS.manifest['favicon']}"
    etag = (await get(app, path)).headers["etag"]

    for header in (etag, f'"other", W/{etag}', "*"):
        again = await get(app, path, if_none_match=header)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await get(app, path, if_none_match='"other"')).status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/none.js", "/static/manifest.json", "/static/..%2fpages.py", "/static/%2e%2e/pages.py", "/static/"]
)
async def test_what_the_build_did_not_make_is_not_there(app, path: str):
    response = await get(app, path)
    assert response.status_code == 404
    assert "import" not in response.text


async def test_a_browser_finds_the_icon_where_it_looks(app):
    assert (await get(app, "/favicon.ico")).headers["content-type"] == "image/svg+xml"


def test_the_committed_bundle_belongs_to_the_sources():
    files = [WEB / source for source in SOURCES]
    paths = sorted(
        str(path.relative_to(WEB)) for file in files for path in ([file] if file.is_file() else file.rglob("*")) if path.is_file()
    )
    lines = "".join(f"{path}\0{hashlib.sha256((WEB / path).read_bytes()).hexdigest()}\n" for path in paths)

    assert hashlib.sha256(lines.encode()).hexdigest() == ASSETS.manifest["sources"], "run `npm ci && npm run build` in web/"


def test_the_bundle_holds_what_its_manifest_says_and_no_more():
    held = {path.name.removesuffix(".gz"): hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest() for path in STATIC.glob("*.gz")}
    assert held == ASSETS.manifest["files"]
    assert {path.name for path in STATIC.iterdir()} == {"manifest.json", *(f"{name}.gz" for name in held)}


def test_the_lock_file_names_no_registry():
    lock = json.loads((WEB / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, package in lock["packages"].items() if name and "integrity" not in package] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_each_example_is_complete_and_fits_the_schema(example: Example):
    document = parse(example.query)
    assert example.group
    assert example.title
    assert example.about.endswith((".", "!"))
    assert example.query.endswith("\n")
    assert len(document.definitions) == 1
    [operation] = document.definitions
    named = {variable.variable.name.value for variable in operation.variable_definitions or ()}
    assert set(json.loads(example.variables or "{}")) == named
    assert validate(build_schema(SCHEMA.read_text()), document) == []


def test_examples_stand_in_the_order_of_their_names_and_no_two_look_alike():
    assert [example.name for example in EXAMPLES] == sorted(example.name for example in EXAMPLES)
    assert len({(example.group, example.title) for example in EXAMPLES}) == len(EXAMPLES) > 10
