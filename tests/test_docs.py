"""Decisions name what enforces them, and what has a name is somewhere in the documents."""

from __future__ import annotations

import ast
import re
import tomllib
import typing
from datetime import date
from enum import Enum
from importlib import import_module
from inspect import get_annotations
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from pydantic.alias_generators import to_camel
from typer.main import get_command

import app.domain
from app.cli import app as cli
from app.commands.docs import pages
from app.domain.errors import ErrorCode
from app.domain.topics import TOPICS
from app.domain.value import Distinct, Item, Value
from app.settings import variables

ROOT = Path(__file__).parent.parent
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
DOCUMENTS = sorted({*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"})
HEADINGS = ["Context", "Decision", "Consequences", "What enforces it"]
LINES = 70  # a page
ENFORCING = re.compile(r"`(tests/\S+\.py)::(test_\w+)`")
CONTRACT = re.compile(r'import contract "([^"]+)"')
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")
MENTIONED = re.compile(r"`((?:app|resolvers|dataloaders|workers|tests|bench|web|docs)/[\w./-]*\w)`")
SETS_OF_VALUES = {("Definition", "annotations")}  # texts have no identity but themselves


def section(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def defined_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_no_two_decisions_have_one_number():
    numbers = [path.name[:4] for path in DECISIONS]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_a_dated_page_with_the_four_headings(path):
    text = path.read_text()
    title, _, dated, *rest = text.splitlines()
    assert re.fullmatch(rf"# {int(path.name[:4])}\. .+", title)
    assert date.fromisoformat(dated.split(" · ")[0])
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert all(len(section(text, heading).split()) > 5 for heading in HEADINGS)
    assert len(rest) < LINES


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_what_enforces_a_decision_exists(path):
    named = section(path.read_text(), "What enforces it")
    tests = ENFORCING.findall(named)
    contracts = {each["name"] for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]}
    assert tests
    assert [f"{file}::{name}" for file, name in tests if not (ROOT / file).exists() or name not in defined_in(file)] == []
    assert set(CONTRACT.findall(named)) <= contracts
    assert len(tests) + len(CONTRACT.findall(named)) == len(re.findall(r"^\* ", named, re.MULTILINE))


def test_every_decision_is_in_the_list_of_the_architecture():
    listed = (ROOT / "docs/architecture.md").read_text()
    assert [path.name for path in DECISIONS if f"decisions/{path.name}" not in listed] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_files_that_a_document_names_are_there(path):
    text = path.read_text()
    assert [target for target in LINK.findall(text) if not (path.parent / target).exists()] == []
    assert [named for named in MENTIONED.findall(text) if not (ROOT / named).exists()] == []


def names() -> list[str]:
    commands = [
        line.split("`")[1]
        for path, text in pages(get_command(cli))
        if path.name == "commands.md"
        for line in text.splitlines()
        if line.startswith("| `oms")
    ]
    metrics = [
        line.split("`")[1]
        for path, text in pages(get_command(cli))
        if path.name == "metrics.md"
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    assert commands
    assert metrics
    return [*(name for name, _, _ in variables()), *ErrorCode, *(topic.name for topic in TOPICS), *commands, *metrics]


def test_whatever_has_a_name_is_in_the_documents():
    known = "".join(path.read_text() for path in DOCUMENTS)
    assert [name for name in names() if f"`{name}`" not in known] == []


def values() -> list[type[Value]]:
    for module in iter_modules(app.domain.__path__, "app.domain."):
        import_module(module.name)
    found, waiting = [], [Value]
    for cls in waiting:
        waiting += cls.__subclasses__()
        found.append(cls)
    return [cls for cls in found if cls.__module__.startswith("app.domain.")]


def owner(cls: type[Value], field: str) -> str:
    return next(base.__name__ for base in reversed(cls.__mro__) if field in get_annotations(base))


def test_the_defaults_that_are_left_out_are_those_of_the_record():
    held: dict[tuple[str, str], str] = {}
    for cls in values():
        for name, field in cls.model_fields.items():
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            if default not in (None, "", (), {}, False):
                shown = default.value if isinstance(default, Enum) else str(default).lower()
                held[owner(cls, name), to_camel(name)] = shown
    record = section((ROOT / "docs/decisions/0015-canonical-json-leaves-out-defaults.md").read_text(), "Decision")
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in record.splitlines() if line.startswith("| ")][1:]
    assert {(cls, field): default for cls, field, default in rows} == held


def elements(annotation: Any) -> list[Any]:
    """What the lists inside an annotation are made of."""
    if typing.get_origin(annotation) is tuple:
        return [typing.get_args(annotation)[0]]
    return [found for argument in typing.get_args(annotation) for found in elements(argument)]


def test_every_list_of_a_definition_merges_by_identity_or_as_a_set():
    unmarked = {
        (owner(cls, name), name)
        for cls in values()
        for name, field in cls.model_fields.items()
        if not any(isinstance(mark, Distinct) for mark in field.metadata)
        and not all(isinstance(each, type) and issubclass(each, Item) for each in elements(field.annotation))
    }
    assert unmarked == SETS_OF_VALUES


def graphql_of(path: Path) -> list[str]:
    return re.findall(r"^```graphql\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if graphql_of(path)], ids=lambda path: path.stem)
def test_every_graphql_document_of_a_guide_fits_the_schema(path):
    schema = build_schema((ROOT / "schema.graphql").read_text())
    assert [error.message for text in graphql_of(path) for error in validate(schema, parse(text))] == []
