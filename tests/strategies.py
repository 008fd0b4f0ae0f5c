"""Hypothesis strategies: small ontologies that break no rule, with all eight kinds and most of what they can say.

`ontologies()` draws the creations of one ontology, `entities(creations)` makes entities of them under fresh rids, and
`texts()`, `display_names()`, `data_types()` and `constraints()` draw the parts. Names are unique in the whole ontology, so that parts
can be combined at will; a rule that is broken nevertheless fails the test that draws, with its sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from unicodedata import normalize

from hypothesis import strategies as st

from app.domain.change_set import Operation, Origin, Verb
from app.domain.closure import Closure
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.plan import plan
from app.domain.rid import mint
from app.domain.text import refused_character

# What YAML, JSON, SQL and people have stumbled over.
AWKWARD = (
    "no", "Yes", "null", "~", "1e3", "0x1F", "12:30", "2024-01-01", "- a", "a: b", "a #b", "#", "'", '"', "\\n", "{a}", "[a]",
    "&a", "*a", "!a",
    "%a", "@a", "`a", "|", ">", "?", "=", "<<", "a\nb", "a\n\n  b\n", "\ta", "a ", " a", "a\n", "\na",
    "é", "한국어 이름", "ref:x", "🙂", "\u00a0a", "\u2028a", "a\ufeffb", "'; DROP",
)  # fmt: skip
LANGUAGES = ("en", "ko", "de-CH", "zh-Hant")


def _clean(text: str) -> str:
    return "".join(each for each in normalize("NFC", text) if refused_character(each) is None)


def texts(longest: int = 60) -> st.SearchStrategy[str]:
    """Texts that a description may hold, many of them awkward."""
    written = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=longest).map(_clean)
    return st.one_of(st.sampled_from(AWKWARD), written, st.lists(st.sampled_from(AWKWARD), max_size=3).map("\n".join)).map(
        lambda text: normalize("NFC", text)
    )


def display_names() -> st.SearchStrategy[str]:
    """Texts that a display name may hold."""
    return texts(20).map(lambda text: text if text.strip() else "Name")


def scalar_types() -> st.SearchStrategy[dict[str, Any]]:
    """Base types without parts."""
    plain = st.sampled_from(
        ("STRING", "BOOLEAN", "BYTE", "SHORT", "INTEGER", "LONG", "FLOAT", "DOUBLE", "DATE", "TIMESTAMP", "GEOPOINT", "GEOSHAPE",
         "ATTACHMENT", "MEDIA_REFERENCE", "CIPHER_TEXT"),
    ).map(lambda base: {"base": base})  # fmt: skip
    decimal = st.integers(1, 38).flatmap(
        lambda precision: st.integers(0, precision).map(lambda scale: {"base": "DECIMAL", "precision": precision, "scale": scale})
    )
    return st.one_of(plain, decimal)


def data_types() -> st.SearchStrategy[dict[str, Any]]:
    """Any type that a property may have, but MARKING, which must be required."""
    fields = st.lists(scalar_types(), min_size=1, max_size=3).map(
        lambda types: [{"key": f"k{place}", "apiName": f"part{place}", "type": each} for place, each in enumerate(types)]
    )
    vector = st.tuples(st.integers(1, 2_048), st.sampled_from(("COSINE", "DOT_PRODUCT", "EUCLIDEAN")))
    return st.one_of(
        scalar_types(),
        scalar_types().map(lambda of: {"base": "ARRAY", "of": of}),
        fields.map(lambda parts: {"base": "STRUCT", "fields": parts}),
        vector.map(lambda drawn: {"base": "VECTOR", "dimension": drawn[0], "similarity": drawn[1]}),
        st.sampled_from(("STRING", "DOUBLE", "LONG")).map(lambda base: {"base": "TIME_SERIES", "of": {"base": base}}),
        st.just({"base": "GEOTIME_SERIES"}),
    )


def constraints(data: dict[str, Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Constraints that fit the type, at most one of each sort."""
    base = data["base"]
    if base == "STRING":
        one_of = st.lists(st.one_of(st.sampled_from(AWKWARD), st.text("abc ", max_size=5)), min_size=1, max_size=4, unique=True)
        choices = [
            st.just({"key": "r", "type": "REGEX", "pattern": "[a-z]+: #\\d*"}),
            st.integers(0, 9).map(lambda low: {"key": "l", "type": "LENGTH", "min": low, "max": low + 3}),
            one_of.map(lambda values: {"key": "o", "type": "ONE_OF", "values": values}),
            st.just({"key": "u", "type": "UUID"}),
        ]
    elif base in {"INTEGER", "LONG", "SHORT"}:
        choices = [
            st.integers(-9, 9).map(lambda low: {"key": "n", "type": "RANGE", "min": low}),
            st.lists(st.integers(-99, 99), min_size=1, max_size=4, unique=True).map(
                lambda values: {"key": "o", "type": "ONE_OF", "values": values}
            ),
        ]
    elif base in {"DOUBLE", "FLOAT"}:
        choices = [st.floats(-1e9, 1e9).map(lambda low: {"key": "n", "type": "RANGE", "min": low})]
    elif base == "ARRAY":
        choices = [st.just({"key": "s", "type": "ARRAY_SIZE", "max": 5}), st.just({"key": "q", "type": "ARRAY_UNIQUE"})]
    else:
        return st.just([])
    return st.lists(st.sampled_from(range(len(choices))), max_size=2, unique=True).flatmap(
        lambda places: st.tuples(*(choices[each] for each in places)).map(list)
    )


@dataclass
class _Made:
    """What was drawn so far; every name is given once."""

    operations: list[Operation] = field(default_factory=list)
    count: int = 0

    def name(self, draw: st.DrawFn, form: str) -> str:
        self.count += 1
        stem = draw(st.sampled_from(("person", "order", "item", "no", "null", "yes", "on", "place")))
        return {"camel": f"{stem}{self.count}", "pascal": f"{stem.capitalize()}{self.count}", "kebab": f"{stem}-{self.count}"}[form]

    def of(self, kind: Kind) -> list[Operation]:
        return [each for each in self.operations if each.kind is kind]

    def add(self, draw: st.DrawFn, kind: Kind, form: str, fields: dict[str, Any], **choices: Any) -> Operation:
        name = choices.pop("name", None) or self.name(draw, form)
        common = _common(draw, name, self.of(kind), **choices)
        made = Operation(Verb.CREATE, kind, ref=f"{kind.slug}.{len(self.operations)}", fields={"apiName": name, **common, **fields})
        self.operations.append(made)
        return made


def _common(
    draw: st.DrawFn,
    name: str,
    siblings: list[Operation],
    *,
    statuses: tuple[str, ...] = ("EXPERIMENTAL", "EXAMPLE", "ACTIVE", "DEPRECATED"),
) -> dict[str, Any]:
    fields: dict[str, Any] = {"displayName": draw(display_names()), "description": draw(texts()), "status": draw(st.sampled_from(statuses))}
    if fields["status"] == "DEPRECATED" and draw(st.booleans()):
        fields["deprecation"] = {"message": draw(texts()), "deadline": draw(st.sampled_from((None, "2031-12-31")))}
        if siblings:
            fields["deprecation"]["replacedBy"] = _to(draw(st.sampled_from(siblings)))
    if draw(st.integers(0, 3)) == 0:
        translation = st.fixed_dictionaries({"displayName": texts(20), "description": texts()})
        fields["translations"] = draw(st.dictionaries(st.sampled_from(LANGUAGES), translation, max_size=2))
        notes = st.lists(st.fixed_dictionaries({"text": texts(), "language": st.sampled_from((None, *LANGUAGES))}), min_size=1, max_size=2)
        fields["annotations"] = draw(st.dictionaries(st.sampled_from(("https://example.org/note", "skos:note", "a: b")), notes, max_size=2))
        fields["sourceIri"] = f"https://example.org/{name}"
    return fields


def _to(operation: Operation) -> str:
    return f"ref:{operation.ref}"


@st.composite
def ontologies(draw: st.DrawFn, *, largest: int = 3) -> list[Operation]:
    """The creations of one valid ontology with up to `largest` entities of each kind (and the properties that they need)."""
    made = _Made()

    def times(least: int = 0) -> range:
        return range(draw(st.integers(least, largest)))

    for _ in times():
        made.add(draw, Kind.TYPE_GROUP, "kebab", {"colour": draw(st.sampled_from((None, "#00ff7F")))})
    for _ in times():
        data = draw(data_types())
        made.add(draw, Kind.VALUE_TYPE, "camel", {"type": data, "constraints": draw(constraints(data))})
    for _ in times():
        made.add(draw, Kind.SHARED_PROPERTY, "camel", _typed(draw, made))
    for _ in times():
        _interface(draw, made)
    for _ in times(1):
        _object_type(draw, made)
    for _ in times():
        _link_type(draw, made)
    for _ in times():
        _action_type(draw, made)
    return made.operations


def _typed(draw: st.DrawFn, made: _Made, data: dict[str, Any] | None = None) -> dict[str, Any]:
    value_types = made.of(Kind.VALUE_TYPE)
    fields: dict[str, Any] = {"required": draw(st.booleans()), "indexedForSearch": draw(st.booleans())}
    if data is None and value_types and draw(st.booleans()):
        chosen = draw(st.sampled_from(value_types))
        return fields | {"type": chosen.fields["type"], "valueType": _to(chosen)}
    data = data or draw(data_types())
    return fields | {
        "type": data,
        "constraints": draw(constraints(data)),
        "format": draw(st.sampled_from((None, {"unit": "kg", "pattern": "#,##0.00"}))),
    }


def _interface(draw: st.DrawFn, made: _Made) -> None:
    followed = draw(st.lists(st.sampled_from(made.of(Kind.SHARED_PROPERTY) or [None]), max_size=2, unique_by=id))
    properties: list[dict[str, Any]] = [
        {"key": shared.fields["apiName"], "sharedProperty": _to(shared), "required": True} for shared in followed if shared is not None
    ]
    for _ in range(draw(st.integers(0, 2))):
        name = made.name(draw, "camel")
        data = draw(data_types())
        own = {"key": f"key-{name}", "apiName": name, "displayName": draw(texts(20)), "type": data, "constraints": draw(constraints(data))}
        properties.append(own | {"required": draw(st.booleans())})
    above = draw(st.lists(st.sampled_from(made.of(Kind.INTERFACE) or [None]), max_size=2, unique_by=id))
    links = []
    if made.of(Kind.INTERFACE) and draw(st.booleans()):
        name = made.name(draw, "camel")
        links.append(
            {"key": name, "apiName": name, "target": _to(draw(st.sampled_from(made.of(Kind.INTERFACE)))), "multiplicity": "SINGLE"}
        )
    fields = {"properties": properties, "links": links, "extends": [_to(each) for each in above if each is not None]}
    made.add(draw, Kind.INTERFACE, "pascal", fields)


def _members(made: _Made, interface: Operation) -> dict[str, tuple[str, dict[str, Any]]]:
    """The properties that an implementer sees: name → key and type."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    by_ref = {_to(each): each for each in made.operations}
    for above in interface.fields["extends"]:
        found |= _members(made, by_ref[above])
    for item in interface.fields["properties"]:
        source = by_ref[item["sharedProperty"]].fields if "sharedProperty" in item else item
        found[source["apiName"]] = (item["key"], source["type"])
    return found


def _object_type(draw: st.DrawFn, made: _Made) -> None:
    interfaces = [
        each for each in draw(st.lists(st.sampled_from(made.of(Kind.INTERFACE) or [None]), max_size=2, unique_by=id)) if each is not None
    ]
    owner = made.add(
        draw, Kind.OBJECT_TYPE, "pascal",
        {
            "pluralDisplayName": draw(texts(20)), "visibility": draw(st.sampled_from(("PROMINENT", "NORMAL", "HIDDEN"))),
            "icon": draw(st.sampled_from((None, {"name": "cube", "colour": "#123456"}))),
            "typeGroups": [_to(each) for each in made.of(Kind.TYPE_GROUP)[: draw(st.integers(0, 2))]],
            "aliases": [made.name(draw, "pascal") for _ in range(draw(st.integers(0, 1)))],
        },
    )  # fmt: skip
    key = _property(draw, made, owner, {"type": {"base": draw(st.sampled_from(("STRING", "LONG", "DATE")))}, "required": True})
    owner.fields["primaryKey"] = _to(key)
    if draw(st.booleans()):
        owner.fields["titleProperty"] = _to(key)
    for shared in draw(st.lists(st.sampled_from(made.of(Kind.SHARED_PROPERTY) or [None]), max_size=1)):
        if shared is not None:
            _property(draw, made, owner, {"type": shared.fields["type"], "sharedProperty": _to(shared)})
    for _ in range(draw(st.integers(0, 2))):
        _property(draw, made, owner, _typed(draw, made))
    implementers: dict[str, Operation] = {}
    owner.fields["implements"] = []
    for interface in interfaces:
        mapping = []
        for name, (mapped, data) in _members(made, interface).items():
            if name not in implementers:
                implementers[name] = _property(draw, made, owner, {"type": data}, name=name)
            mapping.append({"interfaceProperty": mapped, "property": _to(implementers[name])})
        owner.fields["implements"].append({"interface": _to(interface), "mapping": mapping})


def _property(draw: st.DrawFn, made: _Made, owner: Operation, fields: dict[str, Any], **choices: Any) -> Operation:
    statuses = ("EXPERIMENTAL", "DEPRECATED") if owner.fields["status"] == "EXPERIMENTAL" else ("EXPERIMENTAL", "ACTIVE", "DEPRECATED")
    return made.add(draw, Kind.PROPERTY, "camel", {"objectType": _to(owner), **fields}, statuses=statuses, **choices)


def _side(draw: st.DrawFn, made: _Made, object_type: str) -> dict[str, Any]:
    return {"objectType": object_type, "apiName": made.name(draw, "camel"), "displayName": draw(texts(20))}


def _link_type(draw: st.DrawFn, made: _Made) -> None:
    a, b = (draw(st.sampled_from(made.of(Kind.OBJECT_TYPE))) for _ in range(2))
    sort = draw(st.sampled_from(("JOIN", "ONE_TO_MANY", "ONE_TO_ONE", "INTERMEDIARY")))
    backing: dict[str, Any] = {"type": "JOIN"}
    if sort in {"ONE_TO_MANY", "ONE_TO_ONE"}:
        backing = {"type": "FOREIGN_KEY", "property": _to(_foreign_key(draw, made, a, b))}
    elif sort == "INTERMEDIARY":
        middle = draw(st.sampled_from(made.of(Kind.OBJECT_TYPE)))
        links = [
            _to(
                _link(
                    draw, made, end, middle, "ONE_TO_MANY", {"type": "FOREIGN_KEY", "property": _to(_foreign_key(draw, made, end, middle))}
                )
            )
            for end in (a, b)
        ]
        backing = {"type": "INTERMEDIARY", "objectType": _to(middle), "linkA": links[0], "linkB": links[1]}
    _link(draw, made, a, b, sort if sort in {"ONE_TO_MANY", "ONE_TO_ONE"} else "MANY_TO_MANY", backing)


def _link(draw: st.DrawFn, made: _Made, a: Operation, b: Operation, cardinality: str, backing: dict[str, Any]) -> Operation:
    fields = {"a": _side(draw, made, _to(a)), "b": _side(draw, made, _to(b)), "cardinality": cardinality, "backing": backing}
    return made.add(draw, Kind.LINK_TYPE, "camel", fields, statuses=("EXPERIMENTAL", "EXAMPLE"))


def _foreign_key(draw: st.DrawFn, made: _Made, one: Operation, many: Operation) -> Operation:
    key = next(each for each in made.operations if _to(each) == one.fields["primaryKey"])
    return _property(draw, made, many, {"type": key.fields["type"]})


def _always(draw: st.DrawFn) -> dict[str, Any]:
    def constant() -> dict[str, Any]:
        drawn = draw(
            st.one_of(
                st.sampled_from(AWKWARD),
                st.integers(-(2**63), 2**63 - 1),
                st.floats(-1e30, 1e30),
                st.booleans(),
                st.just({"b": [1, None], "a": "no"}),
            )
        )
        return {"source": "CONSTANT", "constant": drawn}

    equal = {"operator": "EQUAL", "left": constant(), "right": constant()}
    return draw(st.sampled_from((equal, {"operator": "OR", "conditions": [equal, {"operator": "NOT", "conditions": [equal]}]})))


def _action_type(draw: st.DrawFn, made: _Made) -> None:
    target = draw(st.sampled_from(made.of(Kind.OBJECT_TYPE)))
    held = {
        "key": "held",
        "apiName": made.name(draw, "camel"),
        "kind": "OBJECT_REFERENCE",
        "objectType": _to(target),
        "displayName": draw(texts(20)),
    }
    text = {
        "key": "text",
        "apiName": made.name(draw, "camel"),
        "type": {"base": "STRING"},
        "default": draw(st.sampled_from((None, *AWKWARD))),
        "allowedValues": list(AWKWARD[:3]),
    }
    owned = [
        each for each in made.of(Kind.PROPERTY) if each.fields["objectType"] == _to(target) and each.fields["type"] == {"base": "STRING"}
    ]
    values = st.sampled_from(
        (
            {"source": "PARAMETER", "parameter": "text"},
            {"source": "CURRENT_USER"},
            {"source": "UNIQUE_ID"},
            {"source": "CONSTANT", "constant": "no"},
        )
    )
    assignments = [{"key": f"a{place}", "property": _to(each), "value": draw(values)} for place, each in enumerate(owned)]
    rule = draw(
        st.sampled_from(
            (
                {"key": "r", "type": "CREATE_OBJECT", "objectType": _to(target), "assignments": assignments},
                {"key": "r", "type": "MODIFY_OBJECT", "parameter": "held", "assignments": assignments},
                {"key": "r", "type": "DELETE_OBJECT", "parameter": "held"},
                {
                    "key": "r",
                    "type": "FUNCTION",
                    "function": {
                        "name": "run",
                        "version": "1.0",
                        "inputs": {"z": {"source": "CURRENT_TIME"}, "a": {"source": "CURRENT_USER"}},
                    },
                },
            ),
        ),
    )
    rules = [rule]
    if rule["type"] != "FUNCTION" and (links := [each for each in made.of(Kind.LINK_TYPE) if each.fields["cardinality"] == "MANY_TO_MANY"]):
        link = draw(st.sampled_from(links))
        if link.fields["a"]["objectType"] == link.fields["b"]["objectType"] == _to(target):
            rules.append({"key": "l", "type": "CREATE_LINK", "linkType": _to(link), "a": "held", "b": "held"})
    criteria = [{"key": "c", "condition": _always(draw), "message": draw(display_names())}]
    made.add(draw, Kind.ACTION_TYPE, "kebab", {"parameters": [held, text], "rules": rules, "criteria": criteria})


def entities(creations: list[Operation]) -> list[Entity]:
    """What the creations make, at version 1 under fresh rids; every rule has been judged."""
    named = [replace(each, rid=mint(each.kind)) for each in creations]
    outcome = plan(named, {}, {}, Closure(), {}, strict=True, origin=Origin.IMPORT)
    assert not outcome.violations, outcome.violations[:3]
    return [change.after for change in outcome.changes if change.after is not None]
