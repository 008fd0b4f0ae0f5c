"""The house keeps its own rules: small modules, directions of imports, pages that agree with the code."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import settings
from typer.main import get_command

from app.cli import app
from app.commands.docs import PAGES, pages
from app.domain.errors import ErrorCode
from app.domain.rules import REGISTRY
from app.domain.topics import TOPICS
from app.settings import variables

ROOT = Path(__file__).parent.parent
PACKAGES = ("app", "dataloaders", "resolvers", "workers")
MODULES = sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
OTHERS = sorted(path.relative_to(ROOT) for folder in ("tests", "bench", "tools") for path in (ROOT / folder).rglob("*.py"))
LONGEST = 400  # lines
LONG_ALLOWED = {Path("resolvers/types"), Path("app/persistence/migrations/versions")}  # as long as there are fields, and columns
DOORS = {Path("app/cli.py"), Path("app/main.py"), Path("app/settings.py")}
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\s", re.DOTALL)
SQL_ALLOWED = {Path("app/adapters/embedded_postgres.py")}  # it asks a cluster that nobody has opened yet for its locale
NAMES_REFUSED = re.compile(r"(Base|Manager|Helper|Util|DTO)$|^(utils?|helpers?|common_utils)$")
LEFT = re.compile(r"\bTODO\b|\bFIXME\b|\bXXX\b|mock\.patch")


def tree(path):
    return ast.parse((ROOT / path).read_text())


def words(path):
    return (ROOT / path).read_text()


def test_a_module_can_be_held_in_the_head():
    bounded = [path for path in [*MODULES, *OTHERS] if not LONG_ALLOWED & set(path.parents)]
    assert {path: count for path in bounded if (count := len(words(path).splitlines())) > LONGEST} == {}


def test_the_environment_is_read_at_the_doors_only():
    assert [path for path in MODULES if path not in DOORS and re.search(r"\bos\.environ\b|\bgetenv\b", words(path))] == []


def test_only_persistence_speaks_sql():
    silent = [path for path in MODULES if Path("app/persistence") not in path.parents and path not in SQL_ALLOWED]
    texts = [(path, node.value) for path in silent for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)]
    assert [(path, text) for path, text in texts if isinstance(text, str) and SQL.search(text)] == []


def test_classes_and_modules_bear_the_words_of_the_field():
    names = {
        (path, name) for path in MODULES for name in [path.stem, *(n.name for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef))]
    }
    assert [found for found in names if NAMES_REFUSED.search(found[1])] == []


def test_nothing_is_left_to_do():
    assert [path for path in [*MODULES, *OTHERS] if path.name != "test_house.py" and LEFT.search(words(path))] == []


def test_laws_draw_the_same_examples_everywhere(pytestconfig):
    assert settings().derandomize or pytestconfig.getoption("--hypothesis-profile")
    own = [path for path in OTHERS if path.parts[0] == "tests" and path.name not in {"conftest.py", "test_house.py"}]
    assert [path for path in own if re.search(r"\bderandomize\b|\bload_profile\b", words(path))] == []


def test_the_contracts_name_every_package():
    contracts = tomllib.loads(words("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers, sql = contracts[0]["layers"], next(each for each in contracts if each["name"] == "Only persistence speaks SQL")
    named = {name.strip(" ()") for layer in layers for name in re.split(r"[|:]", layer)}
    found = {".".join(path.with_suffix("").parts[: 2 if path.parts[0] == "app" else 1]) for path in MODULES} - {"app.__init__"}
    assert found - named == set()
    assert found - {"app.persistence"} == set(sql["source_modules"])


@pytest.mark.parametrize(("path", "text"), list(pages(get_command(app))), ids=lambda value: value.name if isinstance(value, Path) else "")
def test_a_generated_page_is_current(path, text):
    assert (ROOT / path).read_text() == text


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("settings.md", [name for name, _, _ in variables()]),
        ("errors.md", list(ErrorCode)),
        ("rules.md", list(REGISTRY)),
        ("topics.md", [topic.name for topic in TOPICS]),
        ("metrics.md", ["http_requests_total", "http_request_duration_seconds", "db_query_duration_seconds"]),
        ("commands.md", ["oms dev", "oms api", "oms migrate", "oms token", "oms status", "oms schema check"]),
    ],
)
def test_everything_that_has_a_name_is_in_the_reference(page, names):
    text = (ROOT / PAGES / page).read_text()
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_lock_names_hashes_and_no_host():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    packages = re.findall(r"^[a-z0-9].*==", lock, re.MULTILINE)
    assert len(re.findall(r"^[a-z0-9][^\n]*\\\n +--hash=sha256:", lock, re.MULTILINE)) == len(packages)
