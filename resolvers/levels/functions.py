"""The text of a plan's functions. No name of a document gets into it: what a document says is a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from resolvers.levels.leaves import Unusual
from resolvers.types.entity import COLUMNS, Entity
from resolvers.types.reading import Read, Row, readers

if TYPE_CHECKING:
    from collections.abc import Sequence

Name = Callable[[Any], str]  # the name of a value within the function


class OfRows(NamedTuple):
    """Answers from rows of entities as of a revision, without an object for each: where nothing but columns is read of them."""

    one: Callable[[Any, Any, Any], dict[str, Any]]
    many: Callable[[Any, Any, Any], list[dict[str, Any]]]


class Item(NamedTuple):
    """What stands under a name: an expression, and one for a row that has a word in place of its definition, with its column."""

    place: str
    whole: str
    worded: str | None = None
    column: str | None = None


class Word(NamedTuple):
    """The expression for a word of a definition, and its column."""

    value: str
    column: str


def plain(place: str, expression: str) -> Item:
    """What reads no definition."""
    return Item(place, expression, expression)


def attribute(attribute_of: str, of: type | None, name: Name) -> str:
    """The expression for an attribute of the object."""
    if of is not None and issubclass(of, Row) and attribute_of in of.LEAVES:
        return f"r[{name(of.LEAVES[attribute_of])}]"
    if of is None or not issubclass(of, Read):
        return f"o.{attribute_of}"
    if issubclass(of, Entity) and attribute_of in COLUMNS:
        return f"r[{name(COLUMNS[attribute_of])}]"
    reader = readers(of).get(attribute_of)
    if reader is None:
        return f"o.{attribute_of}"
    json = f"r[{name(COLUMNS['_json'])}]" if issubclass(of, Entity) else "j"
    if reader.of is not None:
        return f"{name(reader)}({json}, a)"
    found = f"{json}.get({name(reader.key)}, {name(reader.default)})"
    return found if reader.form is None else f"{name(reader.form)}({found})"


def worded(attribute_of: str, of: type | None, name: Name) -> Word | None:
    """Likewise, where it is a word of an entity's definition; a column of the entity is one of no definition."""
    if of is None or not issubclass(of, Entity) or attribute_of in COLUMNS:
        return None
    reader = readers(of).get(attribute_of)
    if reader is None or reader.word is None:
        return None
    value = f"r[{name(reader.word)}]"
    return Word(value if reader.default is None else f"(w if (w := {value}) is not None else {name(reader.default)})", reader.word)


def compiled(
    kind: str, entities: list[str], lines: list[str], items: Sequence[Item], edges: list[str], names: dict[str, Any]
) -> tuple[Callable[[Any, Any], Any], OfRows | None]:
    """The function of an object, and those of rows where nothing but columns is read; `entities` are the kinds that these may have.

    A row that was read for such a plan alone has words in place of the definition; any other one has the definition.
    """
    column = next((each.column for each in items if each.column), None)
    whole = f"{{{', '.join(f'{each.place}: {each.whole}' for each in items)}}}"
    made = whole
    if column is not None and all(each.worded for each in items):
        made = f"{{{', '.join(f'{each.place}: {each.worded}' for each in items)}}}"
    names |= {"unusual": Unusual(), "wrong": _wrong, "kinds": entities, "column": column}
    either = whole if made == whole else f"{made} if column in r else {whole}"
    body = [*lines, f"d = {either}"]
    if edges:
        body += ["wait = run.wait", *edges]
    text = "def complete(o, run):\n    " + "\n    ".join([*body, "return d"])
    of_rows = entities and not edges and not any("o." in each.whole for each in items)
    if of_rows:
        text += f"\ndef one(r, a, run):\n    return ({either}) if r['kind'] in kinds else wrong()\ndef many(rows, a, run):\n"
        listed = "    return [{} if r['kind'] in kinds else wrong() for r in rows]\n"
        text += f"    if rows and column in rows[0]:\n    {listed.format(made)}" if made != whole else ""
        text += listed.format(whole)
    exec(compile(text, f"<plan of {kind}>", "exec"), names)  # noqa: S102 - of our own names only
    return names["complete"], OfRows(names["one"], names["many"]) if of_rows else None


def _wrong() -> None:
    raise Unusual
