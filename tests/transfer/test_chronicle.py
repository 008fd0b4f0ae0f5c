"""`oms log` and `oms show`: who changed what, who approved it, and why."""

from __future__ import annotations

import json

from rich.console import Console

from app.commands import chronicle as command
from app.commands import rendering
from app.domain.kind import Kind
from app.services.chronicle import Chronicle
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.staging import Staging
from tests import given
from tests.transfer.test_code import PERSON, run

__all__ = ["run"]


async def people(run, database, tmp_path) -> str:
    """Two revisions of one object type; its rid."""
    await run("apply", "person.yaml", "--title", "Meet Person")
    tmp_path.joinpath("person.yaml").write_text(PERSON.replace("displayName: Person", "displayName: Human"))
    await run("apply", "person.yaml", "--title", "Call people humans")
    return await database.pool.fetchval("SELECT rid FROM entity WHERE api_name = 'Person'")


async def test_the_log_is_lines_in_a_pipe_with_author_and_reason(run, database, tmp_path):
    await people(run, database, tmp_path)
    lines = [line.split("\t") for line in (await run("log")).stdout.splitlines()]
    assert [(line[0], line[4], line[5]) for line in lines] == [("2", "~1", "Call people humans"), ("1", "+2", "Meet Person")]
    assert len((await run("log", "-n", "1")).stdout.splitlines()) == 1
    told = json.loads((await run("log", "main", "--upto", "1", "--json")).stdout)
    assert [(each["revision"], each["origin"], each["counts"]) for each in told["merges"]] == [
        (1, "APPLY", {"created": 2, "updated": 0, "deleted": 0})
    ]
    assert (await run("log", "none")).exception.code == "NOT_FOUND"


async def test_a_reviewer_is_named(database):
    opened = await Staging(database).open(given.EDITOR, "main", title="Group people", operations=[given.type_group("people")])
    service = command.ChangeSets(database)
    await service.request_review(given.EDITOR, opened.rid)
    await service.review(given.REVIEWER, opened.rid, approve=True)
    await service.merge(given.EDITOR, opened.rid)
    [merge] = (await Chronicle(database).log(given.VIEWER, "main", limit=5))[1]
    assert (merge.author, merge.reviewer, merge.title, merge.by) == ("edith", "rosa", "Group people", "Edith Editor")


async def test_a_revision_and_its_change_set_are_shown_field_by_field_by_name(run, database, tmp_path):
    await people(run, database, tmp_path)
    shown = (await run("show", "main@2")).stdout
    assert "title: Call people humans" in shown
    assert shown.splitlines()[-2:] == ["~ object type Person", '    displayName: "Person" → "Human"']
    first = (await run("show", "main@1")).stdout
    assert "+ property Person.id" in first
    assert '    primaryKey: "Person.id"' in first
    rid = await database.pool.fetchval("SELECT change_set FROM revision WHERE revision = 2")
    told = json.loads((await run("show", rid, "--json")).stdout)
    assert (told["revision"], told["changes"][0]["fields"]) == (2, [{"path": "displayName", "before": "Person", "after": "Human"}])


async def test_an_entity_is_shown_with_every_version_also_when_it_is_gone(run, database, tmp_path):
    rid = await people(run, database, tmp_path)
    tmp_path.joinpath("none.yaml").write_text("format: oms-ontology/1\n")
    await run("apply", "none.yaml", "--yes", "--title", "Away")
    lines = (await run("show", rid)).stdout.splitlines()
    assert lines[0] == f"Person {rid}"
    assert [line.split("\t")[0] for line in lines[1:]] == ["3 deleted", "2 updated", "1 created"]
    assert [each["title"] for each in json.loads((await run("show", rid, "--json")).stdout)["versions"]] == [
        "Away", "Call people humans", "Meet Person",
    ]  # fmt: skip


async def test_what_is_not_there_is_said_in_a_sentence(run):
    assert "neither a revision such as sample@12" in str((await run("show", "what?")).exception)
    assert (await run("show", "main@7")).exception.code == "NOT_FOUND"
    for rid in ("ri.ontology.main.changeset.none", "ri.ontology.main.object-type.none"):
        assert (await run("show", rid)).exception.code == "NOT_FOUND"


async def test_a_terminal_gets_a_table_that_fits_and_values_that_are_cut(database, monkeypatch):
    await Ontologies(database).create(given.ADMIN, api_name="wide", display_name="Wide")
    await Editing(database).apply(given.EDITOR, "wide", [given.type_group("g", description="x" * 300)], title="R" * 150)
    _, merges = await Chronicle(database).log(given.VIEWER, "wide", limit=1)
    console = Console(force_terminal=True, width=70, highlight=False, record=True, color_system=None)
    monkeypatch.setattr(command, "out", console)
    monkeypatch.setattr(rendering, "out", console)
    command._table((("1", each) for each in merges), "revision")
    rendering.show(
        [rendering.EntryChange(Kind.TYPE_GROUP, "g", rendering.Verb.UPDATE, (rendering.FieldChange("description", "a", "x" * 300),))]
    )
    text = console.export_text()
    assert "Edith Editor" in text
    assert "…" in text
    assert max(map(len, text.splitlines())) <= 70
