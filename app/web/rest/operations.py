"""Operations as REST clients write them: one JSON object each, nested creations expanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from app.domain.change_set import Operation, Verb
from app.domain.errors import BadInput
from app.domain.kind import Kind
from app.domain.nested import creations
from app.domain.rid import REF, well_formed
from app.web.rest.call import LARGEST_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIELDS = ("verb", "kind", "rid", "ref", "expectedVersion", "cascade", "fields", "id")
_KINDS = {name: kind for kind in Kind for name in (kind.value, kind.slug, kind.name)}
_SLUG_AT, _RID_PARTS = 3, 5


def operations(given: Any) -> list[Operation]:
    """What the list says; BadInput names the first that says it wrongly."""
    if not isinstance(given, list):
        raise BadInput("operations is a list of objects.", path="operations")
    return [operation for place, each in enumerate(given) for operation in _read(each, place)]


def _read(given: Any, place: int) -> Iterable[Operation]:
    if not isinstance(given, dict):
        _refuse(place, "", "must be an object")
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        _refuse(place, unknown[0][:100], f"has no {unknown[0][:100]!r}; it may have {', '.join(FIELDS)}")
    verb = _verb(given.get("verb"), place)
    fields = given.get("fields")
    fields = {} if fields is None else fields
    if not isinstance(fields, dict):
        _refuse(place, "fields", "needs its fields as an object")
    ref = given.get("ref")
    if ref is not None and (not isinstance(ref, str) or verb is not Verb.CREATE):
        _refuse(place, "ref", "has a ref that is no text, or is no creation")
    if verb is Verb.CREATE:
        return creations(_kind(given, place), fields, ref=ref, qualified=True)
    return (_existing(verb, given, place, fields),)


def _existing(verb: Verb, given: Mapping[str, Any], place: int, fields: dict[str, Any]) -> Operation:
    rid, version, cascade = given.get("rid"), given.get("expectedVersion"), given.get("cascade") or False
    if not isinstance(rid, str) or not rid:
        _refuse(place, "rid", "needs the rid of an entity")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= LARGEST_VERSION):
        _refuse(place, "expectedVersion", "needs its expectedVersion as a whole number")
    if not isinstance(cascade, bool):
        _refuse(place, "cascade", "has a cascade that is neither true nor false")
    if not rid.startswith(REF) and not well_formed(rid):
        _refuse(place, "rid", "has a rid that is neither a rid nor `ref:NAME`")
    return Operation(verb, _kind(given, place), rid, None, version, cascade, fields)


def _verb(given: Any, place: int) -> Verb:
    try:
        return Verb(given.upper() if isinstance(given, str) else given)
    except ValueError:
        _refuse(place, "verb", f"needs a verb: {', '.join(verb.value for verb in Verb)}")


def _kind(given: Mapping[str, Any], place: int) -> Kind:
    """The kind that is said, else the one that the rid tells."""
    said = given.get("kind")
    if said is None and isinstance(rid := given.get("rid"), str):
        parts = rid.split(".", _RID_PARTS - 1)
        said = parts[_SLUG_AT] if len(parts) == _RID_PARTS else None
    kind = _KINDS.get(said) if isinstance(said, str) else None
    if kind is None:
        _refuse(place, "kind", f"needs a kind: {', '.join(kind.value for kind in Kind)}")
    return kind


def _refuse(place: int, field: str, what: str) -> NoReturn:
    raise BadInput(f"Operation {place + 1} {what}.", path=f"operations[{place}]{'.' if field else ''}{field}")
