"""A newer file of an ontology that is there already: the difference, and people's changes are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from app.domain.change_set import Operation, Verb
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.rid import Rid
from app.persistence import change_sets, whole
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.reviewing import Reviewing
from app.services.settling import Settling
from app.services.transfer import Imported, Outcome, Transfer
from app.transfer.files import Form, read
from app.transfer.outputs import Output, written
from app.transfer.receipt import Code
from tests import given
from tests.transfer.rdf import PREFIXES

OLD = """
:Agent a owl:Class . :Person a owl:Class ; rdfs:subClassOf :Agent ; rdfs:label "Person" ; rdfs:comment "Somebody." .
:Robot a owl:Class ; rdfs:subClassOf :Agent . :Place a owl:Class .
:name a owl:DatatypeProperty ; rdfs:domain :Agent ; rdfs:range xsd:string . :age a owl:DatatypeProperty ; rdfs:domain :Person ; rdfs:range xsd:int .
:knows a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Person . :home a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Place .
:Mood a owl:Class ; owl:oneOf ( :Good :Bad ) . :mood a owl:DatatypeProperty ; rdfs:domain :Person ; rdfs:range :Mood .
"""


@pytest.fixture
def transfer(database: Database) -> Transfer:
    return Transfer(database, Editing(database), Ontologies(database))


async def bring(transfer: Transfer, turtle: str, **options: bool) -> Imported:
    return await transfer.bring(given.ADMIN, "main", read((PREFIXES + turtle).encode(), Form.TURTLE), **options)


async def everything(transfer: Transfer) -> list[Entity]:
    async with transfer._database.reading() as snapshot:
        ontology = await change_sets.ontology_named(snapshot, "main")
        return await whole.entities(snapshot, ontology.rid)


async def held(transfer: Transfer) -> dict[tuple[Kind, str], Entity]:
    """By name; of properties of the same name, which several object types have, any one."""
    return {(each.kind, each.definition.api_name): each for each in await everything(transfer)}


async def rids(transfer: Transfer) -> set[Rid]:
    return {each.rid for each in await everything(transfer)}


async def yaml(transfer: Transfer) -> str:
    return await yaml_of(transfer, "main")


async def yaml_of(transfer: Transfer, ontology: str) -> str:
    return "".join(written((await transfer.export(given.VIEWER, ontology)).writing, Output.YAML, ontology).pieces)


async def edit(database: Database, entity: Entity, **fields: object) -> None:
    await Editing(database).apply(
        given.EDITOR, "main", [Operation(Verb.UPDATE, entity.kind, entity.rid, expected_version=entity.version, fields=fields)]
    )


def changed(imported: Imported) -> Counter[str]:
    return Counter(f"{each.kind.value} {each.action.value}" for each in imported.changes)


def lines(imported: Imported) -> list[tuple[Code, str]]:
    mine = {Code.EDIT_KEPT, Code.EDIT_OVERWRITTEN, Code.NO_LONGER_IN_FILE}
    return [(line.code, line.subject.rpartition("#")[2]) for line in imported.receipt.lines if line.code in mine]


async def test_the_same_file_again_changes_nothing_and_stores_nothing(database, transfer):
    await bring(transfer, OLD)
    for options in ({}, {"prune": True}, {"review": True}):
        again = await bring(transfer, OLD, **options)
        assert (again.outcome, again.changes, lines(again)) == (Outcome.UNCHANGED, (), [])
    assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 1


async def test_what_the_newer_file_adds_is_created_and_what_it_says_otherwise_is_updated(transfer):
    await bring(transfer, OLD)
    before = await rids(transfer)
    newer = (
        OLD.replace('"Somebody."', '"Some body."')
        + ":City a owl:Class ; rdfs:subClassOf :Place . :nick a owl:DatatypeProperty ; rdfs:domain :Person ."
    )
    imported = await bring(transfer, newer)
    assert changed(imported) == {
        "object_type created": 1, "property created": 2, "interface created": 1, "object_type updated": 2,
    }  # fmt: skip
    after = await held(transfer)
    assert after[Kind.OBJECT_TYPE, "Person"].definition.description == "Some body."
    assert before < await rids(transfer)
    assert after[Kind.PROPERTY, "nick"].definition.position > after[Kind.PROPERTY, "mood"].definition.position
    assert (await bring(transfer, newer)).outcome is Outcome.UNCHANGED


async def test_a_newer_file_gives_what_it_would_give_alone_but_for_the_places_of_properties(database, transfer):
    newer = OLD.replace("xsd:int", "xsd:long").replace(":home a owl:ObjectProperty", ":home a owl:ObjectProperty , owl:FunctionalProperty")
    await bring(transfer, OLD)
    await bring(transfer, newer)
    renewed = await yaml(transfer)
    await transfer.bring(given.ADMIN, "alone", read((PREFIXES + newer).encode(), Form.TURTLE))
    alone = await yaml_of(transfer, "alone")
    assert _sorted(renewed) == _sorted(alone)


def _sorted(text: str) -> list[str]:
    return [line for line in text.splitlines() if "position:" not in line]


async def test_what_people_changed_is_kept_where_the_file_did_not_change_it(database, transfer):
    await bring(transfer, OLD)
    person = (await held(transfer))[Kind.OBJECT_TYPE, "Person"]
    await edit(database, person, displayName="Human being", status="ACTIVE")
    imported = await bring(transfer, OLD.replace('"Somebody."', '"Some body."'))
    after = (await held(transfer))[Kind.OBJECT_TYPE, "Person"].definition
    assert (after.display_name, after.description, after.status.value) == ("Human being", "Some body.", "ACTIVE")
    assert lines(imported) == [(Code.EDIT_KEPT, "Person")]
    assert (await bring(transfer, OLD.replace('"Somebody."', '"Some body."'))).outcome is Outcome.UNCHANGED


async def test_where_both_changed_one_field_the_files_word_stands_and_is_listed(database, transfer):
    await bring(transfer, OLD)
    await edit(database, (await held(transfer))[Kind.OBJECT_TYPE, "Person"], description="A human.")
    imported = await bring(transfer, OLD.replace('"Somebody."', '"Some body."'))
    assert (await held(transfer))[Kind.OBJECT_TYPE, "Person"].definition.description == "Some body."
    assert lines(imported) == [(Code.EDIT_OVERWRITTEN, "Person")]


async def test_what_people_added_to_a_list_survives_every_later_file(database, transfer):
    await bring(transfer, OLD)
    robot = (await held(transfer))[Kind.OBJECT_TYPE, "Robot"]
    interface = given.interface("Made")
    await Editing(database).apply(given.EDITOR, "main", [replace(interface, ref="made")])
    made = (await held(transfer))[Kind.INTERFACE, "Made"]
    own = [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in robot.definition.implements]
    await edit(database, robot, implements=[*own, {"interface": made.rid}])
    second = OLD + ":Thing a owl:Class . :Robot rdfs:subClassOf :Thing ."
    await bring(transfer, second)
    third = second + ":Tool a owl:Class . :Robot rdfs:subClassOf :Tool ."
    await bring(transfer, third)
    names = {each.rid: each.definition.api_name for each in (await held(transfer)).values()}
    implemented = {names[each.interface] for each in (await held(transfer))[Kind.OBJECT_TYPE, "Robot"].definition.implements}
    assert implemented == {"AgentInterface", "ThingInterface", "ToolInterface", "Made"}


async def test_names_that_people_gave_stay_and_types_that_people_added_stay(database, transfer):
    await bring(transfer, OLD)
    await edit(database, (await held(transfer))[Kind.OBJECT_TYPE, "Place"], apiName="Location")
    await Editing(database).apply(given.EDITOR, "main", given.object_type("City"))
    imported = await bring(transfer, OLD + ":City a owl:Class .", prune=True)
    after = await held(transfer)
    assert (Kind.OBJECT_TYPE, "Location") in after
    assert after[Kind.OBJECT_TYPE, "City"].definition.source_iri is None
    assert after[Kind.OBJECT_TYPE, "City2"].definition.source_iri == "https://example.org/o#City"
    assert Code.RENAMED in {line.code for line in imported.receipt.lines}


async def test_what_is_gone_from_the_file_stays_and_is_listed_and_goes_by_pruning(transfer):
    await bring(transfer, OLD)
    newer = "\n".join(line for line in OLD.splitlines() if ":Robot" not in line) + ":Place a owl:Class ."
    newer = newer.replace(":age a owl:DatatypeProperty ; rdfs:domain :Person ; rdfs:range xsd:int .", "")
    imported = await bring(transfer, newer)
    assert imported.outcome is Outcome.UNCHANGED
    assert {(Code.NO_LONGER_IN_FILE, "Robot"), (Code.NO_LONGER_IN_FILE, "age")} <= set(lines(imported))
    pruned = await bring(transfer, newer, prune=True)
    assert changed(pruned) == {"object_type deleted": 1, "property deleted": 2}
    assert (await bring(transfer, newer, prune=True)).outcome is Outcome.UNCHANGED


async def test_what_the_file_moves_is_not_left_behind(transfer):
    await bring(transfer, OLD)
    moved = OLD.replace(":age a owl:DatatypeProperty ; rdfs:domain :Person", ":age a owl:DatatypeProperty ; rdfs:domain :Agent")
    imported = await bring(transfer, moved)
    assert changed(imported)["property deleted"] == 1
    assert changed(imported)["property created"] == 1
    assert lines(imported) == []


async def test_what_others_refer_to_stays_even_by_pruning(database, transfer):
    await bring(transfer, OLD)
    place = (await held(transfer))[Kind.OBJECT_TYPE, "Place"]
    await Editing(database).apply(given.EDITOR, "main", [given.property_("size", owner=place.rid)])
    newer = OLD.replace(":Place a owl:Class .", "").replace(":home a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Place .", "")
    imported = await bring(transfer, newer, prune=True)
    assert changed(imported) == {"link_type deleted": 1}
    assert (Code.NO_LONGER_IN_FILE, "Place") in lines(imported)
    assert (Kind.OBJECT_TYPE, "Place") in await held(transfer)


async def test_another_file_leaves_what_the_first_one_brought(transfer):
    await bring(transfer, OLD)
    other = PREFIXES.replace("example.org/o", "example.org/other") + ":Person a owl:Class . :Shop a owl:Class ."
    imported = await transfer.bring(given.ADMIN, "main", read(other.encode(), Form.TURTLE), prune=True)
    assert changed(imported) == {"object_type created": 2, "property created": 2}
    assert (Kind.OBJECT_TYPE, "Person2") in await held(transfer)
    assert lines(imported) == []


async def test_an_import_that_was_rolled_back_is_not_the_base_of_the_next(database, transfer):
    await bring(transfer, OLD)
    second = await bring(transfer, OLD.replace('"Somebody."', '"Some body."'))
    await Settling(database).rollback(given.ADMIN, second.change_set.rid)
    third = await bring(transfer, OLD.replace('"Somebody."', '"Some body."'))
    assert changed(third) == {"object_type updated": 1}


async def test_an_import_that_was_reviewed_is_the_base_of_the_next(database, transfer):
    await bring(transfer, OLD)
    second = await bring(transfer, OLD.replace('"Somebody."', '"Some body."'), review=True)
    assert second.outcome is Outcome.IN_REVIEW
    await Reviewing(database).review(given.EDITOR, second.change_set.rid, approve=True)
    await Settling(database).merge(given.ADMIN, second.change_set.rid)
    await edit(database, (await held(transfer))[Kind.OBJECT_TYPE, "Person"], description="A human.")
    third = await bring(transfer, OLD.replace('"Somebody."', '"Some body."'))
    assert (third.outcome, lines(third)) == (Outcome.UNCHANGED, [(Code.EDIT_KEPT, "Person")])


async def test_a_copy_by_yaml_is_recognised_by_its_iris(transfer):
    await bring(transfer, OLD)
    text = await yaml(transfer)
    operations = await transfer.difference(given.ADMIN, "copy", read(text.encode(), Form.YAML))
    await transfer.import_(given.ADMIN, "copy", operations)
    newer = OLD.replace('"Somebody."', '"Some body."')
    imported = await transfer.bring(given.ADMIN, "copy", read((PREFIXES + newer).encode(), Form.TURTLE))
    assert changed(imported) == {"object_type updated": 1}
