"""`oms documents`: the documents that clients may send where only trusted ones run, in one manifest."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson
from graphql import FragmentDefinitionNode, GraphQLError, OperationDefinitionNode, parse, print_ast
from graphql.utilities import separate_operations

from app.commands.terminal import Refused, out
from app.limits import Limits
from app.settings import MANIFEST_FORMAT, BadManifest, manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from graphql import DocumentNode


def build(folder: Path, output: Path) -> None:
    """Write the manifest of all `.graphql` files below a folder; every document must fit the schema and the limits."""
    files = sorted(folder.rglob("*.graphql")) if folder.is_dir() else []
    if not files:
        raise Refused(f"{folder} holds no .graphql file.")
    entries = [_entry(name, body) for name, body in _operations(files)]
    names = [entry["name"] for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(f"Two operations are called {', '.join(twice)}.")
    _check((entry["name"], entry["body"]) for entry in entries)
    made = {"format": MANIFEST_FORMAT, "version": 1, "operations": sorted(entries, key=lambda entry: entry["name"])}
    output.write_bytes(orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    out.print(f"Wrote {len(entries)} documents to {output}.")


def check(path: Path) -> None:
    """Refuse a manifest of which a hash is wrong, or a document does not fit the schema."""
    try:
        documents = manifest(path)
    except BadManifest as bad:
        raise Refused(f"{path} {bad}.") from bad
    _check(documents.items())
    out.print(f"{len(documents)} documents fit the schema.")


def _operations(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Each operation by its name, as its file has it, with the fragments of other files that it spreads."""
    documents = {path: _parsed(path) for path in files}
    fragments = {
        each.name.value: each
        for document in documents.values()
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    for path, document in documents.items():
        _named(path, document)
        own = {each.name.value for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        rest = [fragment for called, fragment in fragments.items() if called not in own]
        whole = parse("\n".join([print_ast(document), *(print_ast(each) for each in rest)]))
        for name, separated in separate_operations(whole).items():
            yield name, print_ast(separated)


def _named(path: Path, document: DocumentNode) -> None:
    """Refuse operations that nobody could ask for by name."""
    seen: set[str] = set()
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            if each.name is None:
                raise Refused(f"An operation of {path} has no name.")
            if each.name.value in seen:
                raise Refused(f"{path} has more than one operation named '{each.name.value}'.")
            seen.add(each.name.value)


def _parsed(path: Path) -> DocumentNode:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as unread:
        raise Refused(f"{path} cannot be read.") from unread
    except GraphQLError as wrong:
        raise Refused(f"{path}: {wrong.message}") from wrong


def _entry(name: str, body: str) -> dict[str, Any]:
    kind = next(each.operation.value for each in parse(body).definitions if isinstance(each, OperationDefinitionNode))
    return {"id": sha256(body.encode()).hexdigest(), "name": name, "type": kind, "body": body}


def _check(documents: Iterable[tuple[str, str]]) -> None:
    from resolvers.schema import schema  # builds the whole schema
    from resolvers.transport.answer import Refused as NotServed
    from resolvers.transport.documents import Documents

    served = Documents(schema()._schema, Limits())  # noqa: SLF001 - Strawberry has no public way to its graphql-core schema
    wrong = []
    for name, body in documents:
        try:
            served.read(body)
        except NotServed as refused:
            wrong.append(f"{name}: {refused.errors[0].message}")
    if wrong:
        raise Refused(" ".join(wrong))
