"""The use case: an import is one merged change set, an export one snapshot, and a refusal stores nothing."""

from __future__ import annotations

import pytest

from app.domain.change_set import Origin
from app.domain.errors import BadInput, Forbidden, NameTaken, NotFound, ReviewRequired, ValidationFailed
from app.domain.kind import Kind
from app.domain.ontology import OntologySettings
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.reviewing import Reviewing
from app.services.settling import Settling
from app.services.transfer import Imported, Outcome, Transfer
from app.transfer.files import Form, read
from app.transfer.outputs import Output, written
from tests import given

TURTLE = b"""
@prefix : <https://example.org/o#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:Agent a owl:Class . :Person a owl:Class ; rdfs:subClassOf :Agent ; rdfs:label "Person" , "\xec\x82\xac\xeb\x9e\x8c"@ko .
:name a owl:DatatypeProperty ; rdfs:domain :Agent ; rdfs:range xsd:string .
:knows a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Person .
"""


@pytest.fixture
def transfer(database: Database) -> Transfer:
    return Transfer(database, Editing(database), Ontologies(database))


async def stored(database: Database) -> tuple[int, int, int]:
    """How many entities, change sets and ontologies there are."""
    row = await database.pool.fetchrow(
        "SELECT (SELECT count(*) FROM entity), (SELECT count(*) FROM change_set), (SELECT count(*) FROM ontology)"
    )
    return tuple(row)


async def events(database: Database, change_set: str) -> list[str]:
    rows = await database.pool.fetch("SELECT type FROM change_set_event WHERE change_set = $1 ORDER BY position", change_set)
    return [row["type"] for row in rows]


async def text_of(transfer: Transfer, ontology: str, form: Form = Form.YAML) -> str:
    exported = await transfer.export(given.VIEWER, ontology)
    return "".join(written(exported.writing, Output(form), exported.ontology).pieces)


async def test_an_import_is_one_change_set_and_one_revision(database, transfer):
    merged = await transfer.import_(given.EDITOR, "main", read(TURTLE, Form.TURTLE).operations, title="Import people.ttl")

    assert (merged.outcome, merged.revision) == (Outcome.MERGED, 1)
    assert (merged.change_set.origin, merged.change_set.title) == (Origin.IMPORT, "Import people.ttl")
    assert [change.kind for change in merged.changes].count(Kind.OBJECT_TYPE) == 2
    assert await stored(database) == (len(merged.changes), 1, 1)


@pytest.mark.parametrize("form", [Form.YAML, Form.JSON])
async def test_what_is_exported_imports_to_the_same_into_another_ontology(database, transfer, form: Form):
    await transfer.import_(given.EDITOR, "main", read(TURTLE, Form.TURTLE).operations)
    text = await text_of(transfer, "main", form)

    operations = await transfer.difference(given.ADMIN, "copy", read(text.encode(), form))
    merged = await transfer.import_(given.ADMIN, "copy", operations)

    assert merged.ontology == "copy"
    assert await text_of(transfer, "copy", form) == text


async def test_importing_what_is_there_stores_nothing(database, transfer):
    await transfer.import_(given.EDITOR, "main", read(TURTLE, Form.TURTLE).operations)
    before = await stored(database)
    operations = await transfer.difference(given.EDITOR, "main", read((await text_of(transfer, "main")).encode(), Form.YAML), prune=True)
    assert await transfer.import_(given.EDITOR, "main", operations) == Imported(Outcome.UNCHANGED, "main")
    assert await stored(database) == before


async def test_a_changed_file_becomes_the_difference(database, transfer):
    await transfer.import_(given.EDITOR, "main", read(TURTLE, Form.TURTLE).operations)
    text = (await text_of(transfer, "main")).replace("displayName: Person", "displayName: Human")
    merged = await transfer.import_(given.EDITOR, "main", await transfer.difference(given.EDITOR, "main", read(text.encode(), Form.YAML)))
    assert [change.after.version for change in merged.changes] == [2]
    assert await text_of(transfer, "main") == text


async def test_an_export_holds_what_one_revision_held(database, transfer):
    await transfer.import_(given.EDITOR, "main", read(TURTLE, Form.TURTLE).operations)
    exported = await transfer.export(given.VIEWER, "MAIN")
    assert (exported.ontology, exported.revision, exported.entities) == ("main", 1, 8)


async def test_an_export_of_the_past_holds_what_was_then(database, transfer):
    await transfer.import_(given.EDITOR, "main", read(TURTLE, Form.TURTLE).operations)
    before = await text_of(transfer, "main")
    text = before.replace("displayName: Person", "displayName: Human")
    await transfer.import_(given.EDITOR, "main", await transfer.difference(given.EDITOR, "main", read(text.encode(), Form.YAML)))
    moment = await database.pool.fetchval("SELECT at FROM revision WHERE revision = 1")

    for point, wanted in ((1, before), (moment, before), (2, text), (None, text), (0, "format: oms-ontology/1\n")):
        exported = await transfer.export(given.VIEWER, "main", point)
        assert "".join(written(exported.writing, Output.YAML, "main").pieces) == wanted
    with pytest.raises(NotFound):
        await transfer.export(given.VIEWER, "main", 3)


async def test_only_an_admin_creates_the_ontology_by_an_import(database, transfer):
    with pytest.raises(Forbidden):
        await transfer.import_(given.EDITOR, "other", read(TURTLE, Form.TURTLE).operations)
    with pytest.raises(Forbidden):
        await transfer.difference(given.EDITOR, "other", {"format": "oms-ontology/1"})
    assert await stored(database) == (0, 0, 1)


async def test_a_viewer_imports_nothing_and_exports_everything(database, transfer):
    with pytest.raises(Forbidden):
        await transfer.import_(given.VIEWER, "main", read(TURTLE, Form.TURTLE).operations)
    assert await text_of(transfer, "main") == "format: oms-ontology/1\n"
    with pytest.raises(NotFound):
        await text_of(transfer, "other")


async def test_a_file_that_breaks_a_rule_stores_nothing_not_even_the_ontology(database, transfer):
    operations = [*read(TURTLE, Form.TURTLE).operations, given.type_group(colour="red")]
    for ontology in ("main", "new"):
        with pytest.raises(ValidationFailed):
            await transfer.import_(given.ADMIN, ontology, operations)
    assert await stored(database) == (0, 0, 1)


async def test_a_name_that_is_taken_is_said_and_nothing_is_stored(database, transfer):
    await transfer.import_(given.EDITOR, "main", read(TURTLE, Form.TURTLE).operations)
    before = await stored(database)
    with pytest.raises(NameTaken):
        await transfer.import_(given.EDITOR, "main", read(TURTLE, Form.TURTLE).operations)
    assert await stored(database) == before


async def test_an_import_into_a_protected_ontology_stays_open_for_review_until_somebody_else_approves_it(database, transfer):
    await Ontologies(database).create(given.ADMIN, api_name="safe", display_name="Safe", settings=OntologySettings(require_review=True))
    imported = await transfer.import_(given.ADMIN, "safe", read(TURTLE, Form.TURTLE).operations, title="People")

    assert (imported.outcome, imported.revision, len(imported.changes)) == (Outcome.IN_REVIEW, None, 8)
    assert (await stored(database))[:2] == (0, 1)
    found = await database.pool.fetchrow("SELECT * FROM change_set")
    assert (found["rid"], found["status"], found["review"], found["origin"]) == (imported.change_set.rid, "OPEN", "IN_REVIEW", "IMPORT")
    assert await events(database, found["rid"]) == ["opened", "review_requested"]

    await Reviewing(database).review(given.EDITOR, found["rid"], approve=True)
    merged = await Settling(database).merge(given.ADMIN, found["rid"])
    assert (merged.revision, len(merged.changes)) == (1, 8)


async def test_a_direct_write_to_a_protected_ontology_is_still_refused(database):
    await Ontologies(database).create(given.ADMIN, api_name="safe", display_name="Safe", settings=OntologySettings(require_review=True))
    with pytest.raises(ReviewRequired):
        await Editing(database).apply(given.ADMIN, "safe", [given.type_group()])
    assert (await stored(database))[:2] == (0, 0)


async def test_a_draft_stays_open_for_review_anywhere_and_merges_later(database, transfer):
    imported = await transfer.import_(given.ADMIN, "new", read(TURTLE, Form.TURTLE).operations, review=True)
    assert (imported.outcome, imported.ontology, await stored(database)) == (Outcome.IN_REVIEW, "new", (0, 1, 2))
    assert (await Settling(database).merge(given.ADMIN, imported.change_set.rid)).revision == 1


@pytest.mark.parametrize("ontology", ["main", "safe", "new"])
async def test_a_dry_run_tells_the_changes_and_stores_nothing(database, transfer, ontology: str):
    await Ontologies(database).create(given.ADMIN, api_name="safe", display_name="Safe", settings=OntologySettings(require_review=True))
    operations = read(TURTLE, Form.TURTLE).operations
    planned = await transfer.import_(given.ADMIN, ontology, operations, dry_run=True, review=ontology == "main")
    assert (planned.outcome, planned.ontology, len(planned.changes), planned.change_set) == (Outcome.PLANNED, ontology, 8, None)
    with pytest.raises(ValidationFailed):
        await transfer.import_(given.ADMIN, ontology, [*operations, given.type_group(colour="red")], dry_run=True)
    assert await stored(database) == (0, 0, 2)


async def test_a_draft_that_breaks_a_rule_is_refused_like_any_import(database, transfer):
    for ontology in ("main", "new"):
        with pytest.raises(ValidationFailed):
            await transfer.import_(given.ADMIN, ontology, [given.type_group(colour="red")], review=True)
    assert await stored(database) == (0, 0, 1)


async def test_a_file_that_is_no_map_is_refused(database, transfer):
    with pytest.raises(BadInput):
        await transfer.difference(given.EDITOR, "main", read(b"- a\n- b\n", Form.YAML))
