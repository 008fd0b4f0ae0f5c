"""How the sample came to be: who wrote what, what was reviewed, merged, rolled back, and what is still in dispute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.errors import NameTaken
from app.domain.kind import Kind
from app.domain.rid import REF
from app.persistence.change_sets import merged_as
from app.persistence.idempotency import Idempotency
from app.sample.catalogue import IMPLEMENTS, PARTS
from app.sample.foundations import foundations, vocabulary
from app.sample.relations import actions, links
from app.sample.words import create, operations
from app.services.change_sets import ChangeSets
from app.services.ontologies import Ontologies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.change_set import ChangeSet
    from app.persistence.database import Database

NAME = "sample"
LAST_CHAPTER = "Platforms are tracks to passengers"
ANNA = Actor("anna.lindqvist", "Anna Lindqvist", frozenset({Role.ADMIN}), request_id="sample")
JONAS = Actor("jonas.weber", "Jonas Weber", frozenset({Role.EDITOR}), request_id="sample")
MINJI = Actor("minji.kim", "김민지", frozenset({Role.EDITOR}), request_id="sample")
PRIYA = Actor("priya.nair", "Priya Nair", frozenset({Role.EDITOR}), request_id="sample")
TOMAS = Actor("tomas.ortega", "Tomás Ortega", frozenset({Role.EDITOR}), request_id="sample")

AUTHORS = {
    "network": JONAS, "stations": MINJI, "fleet": TOMAS, "timetable": JONAS, "operations": PRIYA, "people": ANNA,
    "sales": MINJI, "maintenance": TOMAS, "safety": PRIYA, "finance": ANNA,
}  # fmt: skip


async def tell(database: Database) -> bool:
    """Write the sample unless it is there; answers with whether it was written.

    Every step goes under an idempotency key of its own, so a start that was interrupted is taken up where it ended, for a
    day. A longer one leaves what it had written.
    """
    async with database.reading() as snapshot:
        if await merged_as(snapshot, NAME, LAST_CHAPTER):
            return False
    try:
        await _Story(database).tell()
    except NameTaken:
        return False
    return True


class _Story:
    """Remembers the rids that refs got, so that later chapters can speak of what earlier ones made."""

    def __init__(self, database: Database) -> None:
        self._change_sets = ChangeSets(database)
        self._ontologies = Ontologies(database)
        self._rids: dict[str, str] = {}
        self._steps = 0

    def _step(self) -> Idempotency:
        """The key of the next step; the story is always the same, so its number says which one it is."""
        self._steps += 1
        return Idempotency(NAME, f"step {self._steps}", "the story")

    async def tell(self) -> None:
        """All chapters, in order."""
        await self._ontologies.create(
            ANNA,
            api_name=NAME,
            display_name="Northline Rail",
            description="A regional railway: its network, trains, people and passengers.",
            idempotency=self._step(),
        )
        await self._chapter(ANNA, "Foundations: groups, value types, shared properties and interfaces", foundations(), PRIYA)
        for part, types in PARTS.items():
            made = [operation for each in types for operation in operations(each, vocabulary())]
            await self._chapter(AUTHORS[part], f"Object types of {part}", made, ANNA if AUTHORS[part] is not ANNA else JONAS)
        await self._chapter(JONAS, "Link what belongs together", links(), MINJI)
        await self._chapter(PRIYA, "Conform to the interfaces", self._conformance(), ANNA)
        await self._chapter(TOMAS, "What people may do", actions(), PRIYA)
        await self._life()
        await self._disputes()

    async def _chapter(self, author: Actor, title: str, made: Sequence[Operation], reviewer: Actor) -> str:
        opened = await self._change_sets.open(
            author,
            NAME,
            title=title,
            reviewers=[reviewer.id],
            operations=[self._spoken(each) for each in made],
            idempotency=self._step(),
        )
        await self._change_sets.request_review(author, opened.rid, idempotency=self._step())
        await self._change_sets.review(reviewer, opened.rid, approve=True, comment="Reads well.", idempotency=self._step())
        merged = await self._change_sets.merge(author, opened.rid, idempotency=self._step())
        self._rids |= merged.refs
        return opened.rid

    def _spoken(self, operation: Operation) -> Operation:
        """The operation with the rids of earlier chapters in place of their refs."""
        return Operation(
            operation.verb, operation.kind, self._rids.get(operation.rid.removeprefix(REF), operation.rid), operation.ref,
            operation.expected_version, operation.cascade, self._known(operation.fields),
        )  # fmt: skip

    def _known(self, words: Any) -> Any:
        if isinstance(words, dict):
            return {key: self._known(value) for key, value in words.items()}
        if isinstance(words, list):
            return [self._known(value) for value in words]
        return self._rids.get(words.removeprefix(REF), words) if isinstance(words, str) and words.startswith(REF) else words

    def _conformance(self) -> list[Operation]:
        return [
            self._update(
                Kind.OBJECT_TYPE,
                name,
                implements=[
                    {
                        "interface": f"ref:{interface}",
                        "mapping": [{"interfaceProperty": theirs, "property": f"ref:{name}.{own}"} for theirs, own in mapping.items()],
                    }
                    for interface, mapping in given.items()
                ],
            )
            for name, given in IMPLEMENTS.items()
        ]

    def _update(self, kind: Kind, ref: str, version: int | None = None, **fields: Any) -> Operation:
        return Operation(Verb.UPDATE, kind, f"ref:{ref}", expected_version=version, fields=fields)

    async def _life(self) -> None:
        """A rename that leaves an alias, a deprecation, a deletion with all that hangs on it, and a change that was undone."""
        await self._chapter(
            MINJI,
            "Call feedback by its name",
            [self._update(Kind.OBJECT_TYPE, "Feedback", apiName="CustomerFeedback", displayName="Customer feedback", aliases=["Feedback"])],
            TOMAS,
        )
        await self._chapter(
            TOMAS,
            "Retire coaches in favour of vehicles",
            [self._update(
                Kind.OBJECT_TYPE, "Coach", status="DEPRECATED",
                deprecation={"message": "A coach is a vehicle like any other.", "deadline": "2027-12-31", "replacedBy": "ref:Vehicle"},
            )],
            ANNA,
        )  # fmt: skip
        await self._chapter(
            JONAS,
            "Weather comes from a service now",
            [Operation(Verb.DELETE, Kind.OBJECT_TYPE, "ref:WeatherReport", cascade=True)],
            PRIYA,
        )
        undone = await self._chapter(
            MINJI,
            "Let every customer be shown with a phone number",
            [
                self._update(Kind.PROPERTY, "Customer.phone", required=True, visibility="PROMINENT"),
                create(Kind.PROPERTY, "Customer.fax", apiName="fax", objectType="ref:Customer", type={"base": "STRING"}),
            ],
            JONAS,
        )
        await self._change_sets.comment(
            PRIYA, undone, "Half of our customers never gave us one. Let us undo this.", idempotency=self._step()
        )
        await self._change_sets.rollback(PRIYA, undone, title="Undo: not every customer has a phone", idempotency=self._step())
        for name, person in (("Trip", JONAS), ("Ticket", MINJI), ("Disruption", PRIYA)):
            await self._chapter(
                person,
                f"Annotate {name}",
                [
                    self._update(
                        Kind.OBJECT_TYPE,
                        name,
                        annotations={"steward": [{"text": person.name}], "source": [{"text": "TransModel", "language": "en"}]},
                    )
                ],
                ANNA,
            )

    async def _disputes(self) -> None:
        """What is still open: a draft, a review, changes requested, approved, given up, and in conflict."""

        async def open_(author: Actor, ontology: str, **words: Any) -> ChangeSet:
            return await self._change_sets.open(author, ontology, **words, idempotency=self._step())

        await open_(JONAS, NAME, title="Sketch: bicycles on trains", labels=["idea"], operations=[
            self._spoken(each) for each in (
                create(Kind.PROPERTY, "Trip.bicycleSpaces", apiName="bicycleSpaces", objectType="ref:Trip", type={"base": "SHORT"}),
                create(Kind.TYPE_GROUP, "cycling", apiName="cycling", colour="#4C9F70"),
            )
        ])  # fmt: skip
        review = await open_(MINJI, NAME, title="Step-free stations", reviewers=[ANNA.id, PRIYA.id], labels=["accessibility"], operations=[
            self._spoken(create(Kind.PROPERTY, "Station.stepFree", apiName="stepFree", objectType="ref:Station", type={"base": "BOOLEAN"}, status="ACTIVE")),
        ])  # fmt: skip
        await self._change_sets.request_review(MINJI, review.rid, idempotency=self._step())
        await self._change_sets.comment(
            ANNA,
            review.rid,
            "Should this be on the entrance instead?",
            about=self._rids["Station"],
            path="properties",
            idempotency=self._step(),
        )
        wanted = await open_(TOMAS, NAME, title="Drop tunnels and bridges", operations=[
            self._spoken(Operation(Verb.DELETE, Kind.OBJECT_TYPE, f"ref:{name}")) for name in ("Tunnel", "Bridge")
        ])  # fmt: skip
        await self._change_sets.request_review(TOMAS, wanted.rid, reviewers=[JONAS.id], idempotency=self._step())
        await self._change_sets.review(
            JONAS, wanted.rid, approve=False, comment="The load limits are still needed.", idempotency=self._step()
        )
        approved = await open_(PRIYA, NAME, title="Announce in Korean", operations=[
            self._spoken(self._update(Kind.OBJECT_TYPE, "Announcement", translations={"ko": {"displayName": "안내 방송"}})),
        ])  # fmt: skip
        await self._change_sets.request_review(PRIYA, approved.rid, reviewers=[MINJI.id], idempotency=self._step())
        await self._change_sets.review(MINJI, approved.rid, approve=True, comment="좋아요.", idempotency=self._step())
        closed = await open_(ANNA, NAME, title="Merge shops and parking", operations=[
            self._spoken(self._update(Kind.OBJECT_TYPE, "Shop", description="A tenant, or a place to park.")),
        ])  # fmt: skip
        await self._change_sets.close(ANNA, closed.rid, idempotency=self._step())
        await open_(TOMAS, NAME, title="Platforms are edges", description="In conflict with what was merged since.", operations=[
            self._spoken(self._update(Kind.OBJECT_TYPE, "Platform", displayName="Platform edge")),
            self._spoken(self._update(Kind.OBJECT_TYPE, "Elevator", description="A lift or an escalator.")),
        ])  # fmt: skip
        await self._chapter(MINJI, LAST_CHAPTER, [self._update(Kind.OBJECT_TYPE, "Platform", displayName="Platform track")], JONAS)
