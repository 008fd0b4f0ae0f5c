"""How every direct write is done: from the input to the service, and from its outcome to the payload or the problem."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
import strawberry

from app.domain.actor import Role
from app.domain.change_set import Operation, Verb
from app.domain.errors import BadInput, NotFound, Problem, VersionConflict
from app.domain.kind import Kind
from app.domain.nested import creations
from app.domain.rid import mint, well_formed
from app.domain.text import refused_character
from app.persistence.background import off_loop
from app.persistence.idempotency import Idempotency
from app.persistence.reads.whereabouts import whereabouts
from resolvers.authorization import requires
from resolvers.inputs.lock import UnderLocks, under
from resolvers.inputs.words import IDEMPOTENCY_KEY, Words, absent, needed
from resolvers.leftovers import forget
from resolvers.mutations.payloads import Written, as_of
from resolvers.results import Telling, note_status
from resolvers.types.entity import entity, entity_of

if TYPE_CHECKING:
    from app.persistence.merging import Merged
    from resolvers.context import Context

T = TypeVar("T")
Info = strawberry.Info[Any]

LONGEST_KEY = 255  # characters of an idempotency key


@strawberry.input(description="What every write may carry.")
class WriteInput(UnderLocks):
    client_mutation_id: str | None = absent("Sent back unchanged.")
    idempotency_key: str | None = absent(IDEMPOTENCY_KEY)


@strawberry.input(description="What every creation carries.")
class CreationInput(WriteInput):
    ontology: str = strawberry.field(description="The apiName of the ontology.", default="main")


@strawberry.input(description="What every update carries.")
class ChangeInput(WriteInput):
    rid: strawberry.ID = needed("The entity.")
    expected_version: int = needed("The version that the author looked at; any other is a VersionConflict.")


@strawberry.input(description="What every deletion carries.")
class DeletionInput(ChangeInput):
    cascade: bool = strawberry.field(description="Whether what depends on it goes too; ACTIVE dependents are violations.", default=False)
    dry_run: bool = strawberry.field(description="Whether only to tell what would go.", default=False)


def given(value: T | None) -> T | None:
    """The value, None where the client sent none."""
    return None if value is strawberry.UNSET else value


def mutation(description: str, role: Role = Role.EDITOR) -> Any:
    """A root field that needs the role."""
    return strawberry.mutation(description=description, extensions=[requires(role)])


async def create(info: Info, kind: Kind, sent: CreationInput, words: Words, payload: type[Written], name: str) -> Any:
    """Create an entity with its parts; `name` is the payload's field that holds it."""
    wanted = list(creations(kind, words.created()))
    outcome = await write(info, ontology_name(sent.ontology), wanted, sent)
    if not isinstance(outcome, Outcome):
        return outcome
    merged = outcome.merged
    made = next(change.after for change in merged.changes if change.after is not None and change.before is None and change.kind is kind)
    return payload.of(merged, client_mutation_id=given(sent.client_mutation_id), named={name: entity_of(made, as_of(merged))})


async def update(info: Info, kind: Kind, sent: ChangeInput, words: Words, payload: type[Written], name: str) -> Any:
    """Change what the words say of an entity; what they do not say stays."""
    operation = Operation(Verb.UPDATE, kind, sent.rid, expected_version=sent.expected_version, fields=words.json())
    outcome = await write(info, await ontology_of(info.context, kind, sent.rid), [operation], sent)
    if not isinstance(outcome, Outcome):
        return outcome
    merged = outcome.merged
    changed = next((change.after for change in merged.changes if change.rid == sent.rid), None)
    if changed is not None:
        found = entity_of(changed, as_of(merged))
    else:  # nothing differed, so there is no new version
        record = await info.context.loaders.anywhere.load(sent.rid)
        if record is None:
            raise NotFound(kind.words, sent.rid)
        found = entity(record, as_of(merged))
    return payload.of(merged, client_mutation_id=given(sent.client_mutation_id), named={name: found})


async def delete(info: Info, kind: Kind, sent: DeletionInput, payload: type[Written]) -> Any:
    """Delete an entity, or tell what would go."""
    operation = Operation(Verb.DELETE, kind, sent.rid, expected_version=sent.expected_version, cascade=sent.cascade)
    ontology = await ontology_of(info.context, kind, sent.rid)
    outcome = await write(info, ontology, [operation], sent, dry_run=sent.dry_run)
    if not isinstance(outcome, Outcome):
        return outcome
    return payload.of(outcome.merged, client_mutation_id=given(sent.client_mutation_id), dry_run=sent.dry_run, named={"rid": sent.rid})


class Outcome:
    """A merge that succeeded, so that it cannot be taken for a problem."""

    def __init__(self, merged: Merged) -> None:
        self.merged = merged


async def write(
    info: Info, ontology: str, operations: Sequence[Operation], sent: WriteInput, *, title: str = "", dry_run: bool = False
) -> Any:
    """Merge the operations as one revision: an Outcome, or the problem that stands in the way."""
    context: Context = info.context
    key = await idempotency(info, sent, [ontology, title, dry_run, operations])
    made, refs = await off_loop(lambda: minted(operations), len(operations))
    return await merged_or_problem(
        context,
        context.services.editing.apply(under(context.actor, sent), ontology, made, title=title, idempotency=key, dry_run=dry_run),
        ontology,
        refs,
    )


def minted(operations: Sequence[Operation]) -> tuple[list[Operation], dict[str, str]]:
    """The operations with rids for what they create, and the refs by these, so that a problem can name what was never stored."""
    made = [replace(each, rid=mint(each.kind)) if each.verb is Verb.CREATE else each for each in operations]
    return made, {each.rid: each.ref for each in made if each.verb is Verb.CREATE and each.ref}


async def merged_or_problem(
    context: Context, work: Awaitable[Merged], ontology: str | None = None, refs: dict[str, str] | None = None
) -> Any:
    """The outcome of a merge, with the context brought to what is stored now."""
    try:
        merged = await work
    except Problem as problem:
        return await told(context, problem, ontology, refs)
    await context.refresh()
    context.revisions[merged.ontology_name] = f"{merged.epoch}.{merged.revision}"
    return Outcome(merged)


async def told(context: Context, problem: Problem, ontology: str | None = None, refs: dict[str, str] | None = None) -> Any:
    """The problem as data; what it shows of others is read from what is stored now."""
    forget(problem)
    note_status(context, problem)
    await context.refresh()
    at = None
    if isinstance(problem, VersionConflict) and problem.current is not None and ontology is not None:
        _, at = await (context.ontology_of(ontology) if ontology.startswith("ri.") else context.ontology(ontology))
    return Telling(refs or {}, at).problem(problem)


async def ontology_of(context: Context, kind: Kind, rid: str) -> str:
    """The ontology of an entity that is or was there; NOT_FOUND where there never was one of the kind."""
    found = await whereabouts(context.snapshot, rid) if well_formed(rid) else None
    if found is None or found.kind is not kind:
        raise NotFound(kind.words, rid[:200])
    return found.ontology


def ontology_name(name: str) -> str:
    """The name, unless it is none that an ontology could have."""
    if refused_character(name) is not None:
        raise NotFound("ontology", name[:120].encode("unicode_escape").decode())
    return name


def known_rid(rid: str, what: str) -> str:
    """The rid, unless it is none that anything could have."""
    if not well_formed(rid):
        raise NotFound(what, rid[:120].encode("unicode_escape").decode())
    return rid


async def once(info: Info, sent: Any, *asked: Any) -> Idempotency | None:
    """The key of a mutation whose input says all that is asked for, but for what stands in `asked`."""
    return await idempotency(info, sent, [said(sent), *asked])


def said(sent: Any) -> Any:
    """An input as JSON, without what only marks it and what is looked at apart."""
    if is_dataclass(sent):
        named = {each.name: getattr(sent, each.name) for each in fields(sent) if each.name not in _MARKS}
        return {name: said(value) for name, value in named.items() if value is not strawberry.UNSET}
    return [said(each) for each in sent] if isinstance(sent, list) else sent


_MARKS = frozenset({"client_mutation_id", "idempotency_key", "operations"})


async def idempotency(info: Info, sent: Any, asked: list[Any]) -> Idempotency | None:
    """The key of the input, else of the header, with a digest of all that is asked for.

    The header is one for all fields of a document, so there it counts for the field under its response name.
    """
    key, field = given(sent.idempotency_key), info.field_name
    if key is None:
        key, field = info.context.idempotency_key, f"{info.field_name}:{info.path.key}"
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise BadInput(f"An idempotency key has 1 to {LONGEST_KEY} printable characters.", path="idempotencyKey")
    digest = await off_loop(lambda: _digest(asked), len(asked[-1]) if isinstance(asked[-1], list) else 1)
    return Idempotency(key, field, digest, info.context.limits.idempotency_seconds)


def _digest(asked: Any) -> str:
    # The rid of a creation is ours and new each time, so it is not part of what was asked for.
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()
