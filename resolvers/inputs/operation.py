"""The operations of a change set: as JSON, the quick way for many, or typed, one field a kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import strawberry
from strawberry.scalars import JSON
from strawberry.types.base import StrawberryObjectDefinition

from app.domain.change_set import Operation, Verb
from app.domain.errors import BadInput
from app.domain.kind import Kind
from app.domain.nested import creations
from app.domain.rid import REF, well_formed
from resolvers.inputs.action_type import ActionTypeInput, ActionTypePatch
from resolvers.inputs.interface import InterfaceInput, InterfacePatch
from resolvers.inputs.link_type import LinkTypeInput, LinkTypePatch
from resolvers.inputs.object_type import ObjectTypeInput, ObjectTypePatch
from resolvers.inputs.property import PropertyInput, PropertyPatch
from resolvers.inputs.shared_property import SharedPropertyInput, SharedPropertyPatch
from resolvers.inputs.type_group import TypeGroupInput, TypeGroupPatch
from resolvers.inputs.value_type import ValueTypeInput, ValueTypePatch
from resolvers.inputs.words import Words, absent, graphql_name, present, words

if TYPE_CHECKING:
    from strawberry.types.arguments import InputContext

_BY_SLUG = {kind.slug: kind for kind in Kind}
_RID_PARTS = 5


@words(description="A new entity of one kind: exactly one field.", one_of=True)
class CreateFieldsInput(Words):
    object_type: ObjectTypeInput | None = absent("A new object type, with its properties; their refs are `Type.property` by default.")
    property: PropertyInput | None = absent("A new property.")
    shared_property: SharedPropertyInput | None = absent("A new shared property.")
    link_type: LinkTypeInput | None = absent("A new link type.")
    interface: InterfaceInput | None = absent("A new interface.")
    action_type: ActionTypeInput | None = absent("A new action type.")
    value_type: ValueTypeInput | None = absent("A new value type.")
    type_group: TypeGroupInput | None = absent("A new type group.")


@words(description="Changes of an entity of one kind: exactly one field; in it what is absent stays and null clears.", one_of=True)
class UpdateFieldsInput(Words):
    object_type: ObjectTypePatch | None = absent("Changes of an object type.")
    property: PropertyPatch | None = absent("Changes of a property.")
    shared_property: SharedPropertyPatch | None = absent("Changes of a shared property.")
    link_type: LinkTypePatch | None = absent("Changes of a link type.")
    interface: InterfacePatch | None = absent("Changes of an interface.")
    action_type: ActionTypePatch | None = absent("Changes of an action type.")
    value_type: ValueTypePatch | None = absent("Changes of a value type.")
    type_group: TypeGroupPatch | None = absent("Changes of a type group.")


@strawberry.input(
    description="One operation of a change set. Say what it does by `create`, by `update`, or by `verb` with `fields`; "
    "a deletion is the verb DELETE with a rid."
)
class OperationInput:
    verb: Verb | None = absent("What it does; not needed beside `create` and `update`.")
    kind: Kind | None = absent("The kind of the entity; needed only of a creation by `fields`, otherwise the rid says it.")
    rid: strawberry.ID | None = absent("The entity to update or delete, or `ref:NAME` of a creation before it in the same change set.")
    ref: str | None = absent("A name for what is created, unique in the change set: `ref:NAME` is accepted wherever a rid is expected.")
    expected_version: int | None = absent("The version of the entity that the author looked at; needed of an update and a deletion.")
    cascade: bool | None = absent("Of a deletion: whether what depends on it goes too.")
    fields: JSON | None = absent(
        "The definition's JSON, as exports have it: whole for a creation (an object type may hold `properties`), "
        "for an update the top-level fields that change; null clears one."
    )
    create: CreateFieldsInput | None = absent("A creation, typed.")
    update: UpdateFieldsInput | None = absent("An update, typed; it needs `rid`.")


T = TypeVar("T")


def holding_operations(cls: type[T]) -> type[T]:
    """Declare that an input's `operations` stay as they were sent: ten thousand of them are not built one by one on the event loop."""
    definition = cast("StrawberryObjectDefinition", cls.__strawberry_definition__)  # type: ignore[attr-defined]  # the decorator before set it

    def read(of: type, sent: Mapping[str, Any], context: InputContext) -> object:
        values: dict[str, Any] = {}
        for field in definition.fields:
            name = graphql_name(field)
            if name in sent:
                kept = field.python_name == "operations"
                values[field.python_name] = sent[name] if kept else context.convert(sent[name], field.resolve_type(), name)
        return of(**values)

    definition.from_input = read
    return cls


def operations(sent: Iterable[OperationInput]) -> list[Operation]:
    """What the operations of an input say, nested creations expanded; BadInput names the first that says it wrongly."""
    return [operation for place, each in enumerate(cast("Iterable[Mapping[str, Any]]", sent)) for operation in _operations(each, place)]


def _operations(sent: Mapping[str, Any], place: int) -> Iterable[Operation]:
    create, update, fields, verb = sent.get("create"), sent.get("update"), sent.get("fields"), sent.get("verb")
    if (create is not None) + (update is not None) + (fields is not None) > 1:
        _refuse(place, "", "has more than one of create, update and fields")
    if create is not None:
        _agrees(place, verb, Verb.CREATE)
        kind, written = _typed(CreateFieldsInput, create)
        return creations(kind, present(written), ref=sent.get("ref"), qualified=True)
    if update is not None:
        _agrees(place, verb, Verb.UPDATE)
        kind, written = _typed(UpdateFieldsInput, update)
        return (_existing(Verb.UPDATE, sent, place, kind, written),)
    if verb is None:
        _refuse(place, "verb", "needs create, update or a verb")
    if verb is Verb.CREATE:
        if sent.get("kind") is None:
            _refuse(place, "kind", "needs a kind")
        return creations(sent["kind"], _object(fields, place), ref=sent.get("ref"), qualified=True)
    return (_existing(verb, sent, place, sent.get("kind"), _object(fields, place) if fields is not None else {}),)


def _existing(verb: Verb, sent: Mapping[str, Any], place: int, kind: Kind | None, fields: dict[str, Any]) -> Operation:
    rid = sent.get("rid")
    if not rid:
        _refuse(place, "rid", "needs the rid of an entity")
    if not rid.startswith(REF) and not well_formed(rid):
        _refuse(place, "rid", "has a rid that is neither a rid nor `ref:NAME`")
    if sent.get("ref") is not None:
        _refuse(place, "ref", "has a ref, which only a creation has")
    kind = kind or kind_of(rid)
    if kind is None:
        _refuse(place, "kind", "needs a kind: its rid does not tell it")
    return Operation(verb, kind, rid, None, sent.get("expectedVersion"), bool(sent.get("cascade")), fields)


def kind_of(rid: str) -> Kind | None:
    """The kind that a rid is of, by its form."""
    parts = rid.split(".", _RID_PARTS - 1)
    return _BY_SLUG.get(parts[3]) if len(parts) == _RID_PARTS else None


def _typed(cls: type[Words], sent: Mapping[str, Any]) -> tuple[Kind, dict[str, Any]]:
    name, fields = cls.chosen(sent)
    return KIND_BY_FIELD[name], fields


def _agrees(place: int, verb: Verb | None, wanted: Verb) -> None:
    if verb not in (None, wanted):
        _refuse(place, "verb", f"says {verb.value} and has the words of {wanted.value}")


def _object(fields: Any, place: int) -> dict[str, Any]:
    if not isinstance(fields, dict):
        _refuse(place, "fields", "needs its fields as an object")
    return fields


def _refuse(place: int, field: str, what: str) -> NoReturn:
    path = f"operations[{place}]{'.' if field else ''}{field}"
    raise BadInput(f"Operation {place + 1} {what}.", path=path)


KIND_BY_FIELD = {"".join(part.capitalize() if at else part for at, part in enumerate(kind.value.split("_"))): kind for kind in Kind}
"""The kinds by the name of their field in one-of inputs: `objectType`."""
