"""`oms plan`, `oms apply` and `oms diff` as people, pipelines and git call them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import typer
from hypothesis import given as drawn
from hypothesis import settings
from typer.testing import CliRunner, Result

from app.commands import code, transfer
from app.commands.terminal import Refused
from app.domain.change_set import Operation, Origin
from app.domain.errors import VersionConflict
from app.domain.ontology import OntologySettings
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.transfer import Transfer
from app.transfer.document.entries import Verb, differences, entries_of_document, entries_of_writing
from app.transfer.document.folder import files_of, joined
from app.transfer.document.parsing import yaml_data
from app.transfer.document.writing import Writing
from tests import given
from tests.strategies import entities, ontologies
from tests.transfer.test_document import PERSON, PROPERTY_TEST, as_yaml

oms = typer.Typer()
code.register(oms)
transfer.register(oms)

GROUP = "typeGroups:\n  people:\n    displayName: People\n"


@pytest.fixture
def run(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("person.yaml").write_text(PERSON)

    async def called(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, oms, list(arguments))

    return called


async def revisions(database: Database) -> list[int]:
    return [row["head_revision"] for row in await database.pool.fetch("SELECT head_revision FROM ontology ORDER BY api_name")]


async def test_a_plan_shows_what_would_change_and_stores_nothing(run, database):
    result = await run("plan", "person.yaml")
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        "+ object type Person",
        '    displayName: "Person"',
        '    primaryKey: "Person.id"',
        "+ property Person.id",
        '    displayName: "no"',
        '    type: {"base":"STRING"}',
        "Plan for main at revision 0: 2 to create, 0 to update, 0 to delete.",
    ]
    assert await revisions(database) == [0]


async def test_applying_makes_one_revision_and_then_there_is_nothing_to_change(run, database):
    result = await run("apply", "person.yaml", "--title", "Meet Person")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Merged as revision 1 of main: 2 to create, 0 to update, 0 to delete.")
    row = await database.pool.fetchrow("SELECT title, origin FROM change_set")
    assert tuple(row) == ("Meet Person", "APPLY")
    assert (await run("plan", "person.yaml")).exit_code == 0
    again = await run("apply", "person.yaml")
    assert (again.exit_code, "nothing was changed" in again.stdout) == (0, True)
    assert await revisions(database) == [1]


async def test_a_change_is_shown_field_by_field(run, tmp_path):
    await run("apply", "person.yaml")
    tmp_path.joinpath("person.yaml").write_text(PERSON.replace("displayName: Person", "displayName: Human\n    description: Somebody"))
    result = await run("plan", "person.yaml")
    assert result.exit_code == 2
    assert result.stdout.splitlines()[:3] == [
        "~ object type Person",
        '    displayName: "Person" → "Human"',
        '    description: nothing → "Somebody"',
    ]


async def test_what_the_file_lacks_is_deleted_unless_only_what_it_names_is_meant(run, database, tmp_path):
    await run("apply", "person.yaml")
    tmp_path.joinpath("group.yaml").write_text("format: oms-ontology/1\n" + GROUP)

    kept = await run("plan", "group.yaml", "--only-named")
    assert kept.stdout.splitlines() == ["+ type group people", '    displayName: "People"', kept.stdout.splitlines()[-1]]
    gone = await run("plan", "group.yaml")
    assert gone.stdout.splitlines()[:2] == ["- object type Person", "- property Person.id"]

    assert (await run("apply", "group.yaml", "--only-named")).exit_code == 0
    assert (await run("apply", "group.yaml", "--yes")).exit_code == 0
    assert (await run("export")).stdout == "format: oms-ontology/1\n" + GROUP
    assert await revisions(database) == [3]


async def test_refusals_are_told_with_rule_and_place_and_nothing_is_stored(run, database, tmp_path):
    broken = PERSON + "typeGroups:\n  red:\n    displayName: Red\n    colour: red\n  blue:\n    displayName: Blue\n    colour: blue\n"
    tmp_path.joinpath("person.yaml").write_text(broken)
    for command in ("plan", "apply"):
        result = await run(command, "person.yaml")
        assert isinstance(result.exception, Refused)
        assert "2 rules would be broken" in str(result.exception)
        assert "+ object type Person" in result.stdout
        assert "! colour: A colour is written #RRGGBB. (colour.form)" in result.stdout
        told = json.loads((await run(command, "person.yaml", "--json")).stdout)
        assert ([each["rule"] for each in told["refusals"]], len(told["changes"])) == (["colour.form"] * 2, 4)
    assert await revisions(database) == [0]


async def test_a_step_that_a_rule_of_steps_forbids_is_refused(run, database, tmp_path):
    tmp_path.joinpath("group.yaml").write_text("format: oms-ontology/1\n" + GROUP + "    status: ACTIVE\n")
    await run("apply", "group.yaml")
    result = await run("apply", "person.yaml", "--yes")
    assert "delete.active" in result.stdout
    assert "! type group people.status" in result.stdout
    assert isinstance(result.exception, Refused)
    assert await revisions(database) == [1]


async def test_a_file_that_is_wrong_is_refused_by_its_place(run, tmp_path):
    tmp_path.joinpath("person.yaml").write_text(PERSON.replace("base: STRING", "base: TEXT"))
    result = await run("plan", "person.yaml")
    assert "objectTypes.Person.properties.id.type.base" in result.stdout + str(result.exception)
    tmp_path.joinpath("other.ttl").write_text("<https://example.org/a> a <http://www.w3.org/2002/07/owl#Class> .")
    assert "`oms import` reads it" in str((await run("plan", "other.ttl")).exception)
    tmp_path.joinpath("empty").mkdir()
    assert "holds no YAML" in str((await run("plan", "empty")).exception)
    assert "cannot be read: No such file" in str((await run("plan", "none.yaml")).exception)


async def test_review_and_protection_leave_the_change_set_open(run, database):
    await Ontologies(database).create(given.ADMIN, api_name="safe", display_name="Safe", settings=OntologySettings(require_review=True))
    for arguments in (("--review",), ("--ontology", "safe")):
        result = await run("apply", "person.yaml", *arguments)
        assert result.exit_code == 0, result.output
        assert "is open for review: 2 to create" in result.stdout
    rows = await database.pool.fetch("SELECT status, review, origin FROM change_set")
    assert [tuple(row) for row in rows] == [("OPEN", "IN_REVIEW", "APPLY")] * 2
    assert await revisions(database) == [0, 0]


async def test_a_plan_that_is_overtaken_is_not_applied(run, database, tmp_path):
    await run("apply", "person.yaml")
    tmp_path.joinpath("group.yaml").write_text(PERSON + GROUP)
    result = await run("apply", "group.yaml", "--revision", "0")
    assert str(result.exception) == "The ontology main is at revision 1, not 0: plan again."
    assert (await run("apply", "group.yaml", "--revision", "1")).exit_code == 0
    assert await revisions(database) == [2]


async def test_what_others_changed_after_the_plan_was_read_is_not_overwritten(run, database):
    await run("apply", "person.yaml")
    service = Transfer(database, Editing(database), Ontologies(database))
    wanted = yaml_data(PERSON.replace("displayName: Person", "displayName: Human"))
    compared = await service.compared(given.EDITOR, "main", wanted, prune=True)
    [person] = (each for each in compared.held if each.definition.api_name == "Person")
    await Editing(database).apply(given.EDITOR, "main", [given.update(person.kind, person.rid, person.version, description="Theirs")])

    with pytest.raises(VersionConflict):
        await service.import_(given.EDITOR, "main", compared.operations, origin=Origin.APPLY)
    assert await revisions(database) == [2]


async def test_a_folder_is_a_file_an_entity_and_says_the_same(run, tmp_path):
    tmp_path.joinpath("person.yaml").write_text(PERSON + GROUP)
    await run("apply", "person.yaml")
    assert (await run("export", "--folder", "code")).exit_code == 0
    folder = tmp_path / "code"
    assert sorted(str(each.relative_to(folder)) for each in folder.rglob("*.yaml")) == [
        "object-types/Person.yaml",
        "type-groups/people.yaml",
    ]
    assert (await run("plan", "code")).exit_code == 0
    assert (await run("diff", "code", "main")).exit_code == 0
    folder.joinpath("type-groups/people.yaml").unlink()
    folder.joinpath("README.md").write_text("mine")
    assert "- type group people" in (await run("diff", "main", "code")).stdout
    await run("apply", "code", "--yes")
    await run("export", "--folder", "code", "--as-of", "1")
    assert folder.joinpath("type-groups/people.yaml").exists()
    await run("export", "--folder", "code")
    assert not folder.joinpath("type-groups/people.yaml").exists()
    assert folder.joinpath("README.md").exists()
    folder.joinpath("again.yaml").write_text(PERSON)
    assert "both say objectTypes.Person" in str((await run("plan", "code")).exception)
    folder.joinpath("again.yaml").write_text("format: oms-ontology/1\ntypeGroups:\n")
    assert (await run("plan", "code")).exit_code == 0, "a section without entries says nothing, as in a single file"


async def test_what_a_file_says_wrongly_is_told_once_each_with_its_place(run, tmp_path):
    tmp_path.joinpath("person.yaml").write_text(PERSON.replace("Person.id", "Person.key"))
    result = await run("plan", "person.yaml")
    told = [line for line in result.stdout.splitlines() if line.startswith("! ")]
    assert told == ["! objectTypes.Person.primaryKey: there is no property 'Person.key'. (reference.exists)"]
    assert str(result.exception).count("there is no property") == 1


async def test_a_difference_is_between_any_two_of_files_and_revisions(run, tmp_path):
    await run("apply", "person.yaml")
    tmp_path.joinpath("person.yaml").write_text(PERSON.replace("displayName: Person", "displayName: Human"))
    await run("apply", "person.yaml")
    result = await run("diff", "main@1", "main")
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        "~ object type Person", '    displayName: "Person" → "Human"', "From main@1 to main: 0 to create, 1 to update, 0 to delete.",
    ]  # fmt: skip
    told = json.loads((await run("diff", "main@1", "person.yaml", "--json")).stdout)
    assert told["changes"] == [
        {
            "kind": "OBJECT_TYPE",
            "name": "Person",
            "action": "UPDATE",
            "fields": [{"path": "displayName", "before": "Person", "after": "Human"}],
        }
    ]
    assert (await run("diff", "main@2", "person.yaml")).exit_code == 0
    assert (await run("diff", "main@0", "main@7")).exception.code == "NOT_FOUND"


@settings(parent=PROPERTY_TEST, max_examples=20)
@drawn(ontologies(largest=2), ontologies(largest=2))
def test_entries_of_a_file_are_those_of_its_ontology_and_differences_lead_from_one_to_the_other(
    one: list[Operation], other: list[Operation]
):
    held, wanted = entities(one), entities(other)
    before = entries_of_writing(Writing(held))
    assert entries_of_document(yaml_data(as_yaml(held))) == before
    assert entries_of_document(joined((name, yaml_data(text)) for name, text in files_of(Writing(held)))) == before
    assert differences(before, before) == []

    after = entries_of_writing(Writing(wanted))
    for change in differences(before, after):
        mine, theirs = before.get((change.kind, change.name)), after.get((change.kind, change.name))
        assert (mine is None) is (change.verb is Verb.CREATE)
        assert (theirs is None) is (change.verb is Verb.DELETE)
        assert mine != theirs
        assert change.fields
