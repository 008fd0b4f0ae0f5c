"""`oms import` and `oms export` as people and scripts call them."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from app.commands import importing
from app.commands.terminal import Refused
from app.commands.transfer import register
from app.domain.gauge import add, begin
from app.persistence.database import Database
from tests.transfer.test_transfer import TURTLE, stored

oms = typer.Typer()
register(oms)


@pytest.fixture
def run(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("people.ttl").write_bytes(TURTLE)

    async def called(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, oms, list(arguments))

    return called


async def test_a_file_is_imported_and_its_receipt_is_kept(run, database, tmp_path):
    result = await run("import", "people.ttl", "--receipt", "receipt.jsonl")
    assert result.exit_code == 0, result.output
    assert "Merged as revision 1 of main." in result.stdout
    lines = [json.loads(line) for line in tmp_path.joinpath("receipt.jsonl").read_text().splitlines()]
    assert lines[0]["statements"] == lines[0]["carried"] + sum(line["statements"] for line in lines[1:]) == 11
    assert (await stored(database))[1] == 1


async def test_scripts_get_json_and_nothing_else(run):
    answer = json.loads((await run("import", "people.ttl", "--ontology", "people", "--json")).stdout)
    assert (answer["imported"], answer["ontology"], answer["revision"]) == (True, "people", 1)
    assert answer["changes"] == {
        "interface.created": 1, "link_type.created": 1, "object_type.created": 2, "property.created": 3, "shared_property.created": 1,
    }  # fmt: skip


async def test_an_export_reads_back_and_is_the_same_bytes_again(run, tmp_path):
    await run("import", "people.ttl")
    assert (await run("export", "-o", "main.yaml")).exit_code == 0
    assert (await run("import", "main.yaml", "--ontology", "copy")).exit_code == 0
    assert (await run("export", "--ontology", "copy")).stdout_bytes == tmp_path.joinpath("main.yaml").read_bytes()
    assert "nothing was changed" in (await run("import", "main.yaml")).stdout
    await run("export", "-o", "main.json")
    assert json.loads(tmp_path.joinpath("main.json").read_text())["format"] == "oms-ontology/1"
    assert json.loads((await run("export", "--format", "json")).stdout) == json.loads(tmp_path.joinpath("main.json").read_text())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["main.json", "main.yaml", "people.ttl"]


async def test_pruning_deletes_what_the_file_does_not_mention(run, database, tmp_path):
    await run("import", "people.ttl")
    tmp_path.joinpath("empty.yaml").write_text("format: oms-ontology/1\n")
    assert (await run("import", "empty.yaml", "--prune")).exit_code == 0
    assert (await run("export")).stdout == "format: oms-ontology/1\n"


async def test_a_dry_run_shows_plan_and_receipt_and_stores_nothing(run, database):
    result = await run("import", "people.ttl", "--ontology", "new", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Planned" in result.stdout
    assert "nothing was stored" in result.stdout
    answer = json.loads((await run("import", "people.ttl", "--dry-run", "--json")).stdout)
    assert (answer["imported"], answer["outcome"], sum(answer["changes"].values()), answer["statements"]) == (False, "PLANNED", 8, 11)
    assert await stored(database) == (0, 0, 1)


async def test_a_draft_is_left_open_for_review_and_its_rid_is_told(run, database):
    answer = json.loads((await run("import", "people.ttl", "--draft", "--json")).stdout)
    assert (answer["outcome"], "revision" in answer) == ("IN_REVIEW", False)
    assert await database.pool.fetchval("SELECT rid FROM change_set WHERE review = 'IN_REVIEW'") == answer["changeSet"]
    result = await run("import", "people.ttl", "--draft")
    assert "is open for review" in result.stdout
    assert await stored(database) == (0, 2, 1)


REFUSALS = {
    "a missing file": ("none.ttl", None, "none.ttl cannot be read: No such file or directory."),
    "a directory": ("folder.ttl", "directory", "folder.ttl cannot be read: Is a directory."),
    "another kind of file": ("people.pdf", b"%PDF", "people.pdf is none of the files that are read"),
    "a truncated file": ("cut.ttl", b"@prefix : <https://example.org/> .\n:A a :B ;", "Line 2, column 10: this is not Turtle"),
    "another encoding": ("latin.ttl", b"\n<a:a> <a:b> '\xe4' .", "Line 2, column 14: the file is not encoded in UTF-8"),
    "too much nesting": ("deep.ttl", b"<a:a> <a:b> " + b"[ <a:b> " * 100_000, "nested too deeply"),
    "broken YAML": ("broken.yaml", b"format: oms-ontology/1\nobjectTypes: [\n", "Line 3: this is not YAML"),
    "YAML of something else": ("other.yaml", b"a: 1\n", "does not begin with `format: oms-ontology/1`"),
    "broken JSON": ("broken.json", b'{"format": "oms-ontology/1",\n', "Line 2, column 1: this is not JSON"),
    "a broken rule": ("red.yaml", b"format: oms-ontology/1\ntypeGroups:\n  red:\n    displayName: Red\n    colour: red\n", "#RRGGBB"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_refusal_is_one_sentence_and_stores_nothing(run, database, tmp_path, case: str):
    name, content, said = REFUSALS[case]
    if content == "directory":
        tmp_path.joinpath(name).mkdir()
    elif content is not None:
        tmp_path.joinpath(name).write_bytes(content)
    for ontology in ("main", "new"):
        result = await run("import", name, "--ontology", ontology)
        assert isinstance(result.exception, Refused)
        assert said in str(result.exception)
        assert "\n" not in str(result.exception)
    assert await stored(database) == (0, 0, 1)


async def test_scripts_are_told_every_broken_rule(run, tmp_path):
    groups = "".join(f"  g{place}:\n    displayName: G\n    colour: red\n" for place in range(30))
    tmp_path.joinpath("red.yaml").write_text(f"format: oms-ontology/1\ntypeGroups:\n{groups}")
    answer = json.loads((await run("import", "red.yaml", "--json")).stdout)
    assert (answer["imported"], answer["code"], len(answer["violations"])) == (False, "VALIDATION_FAILED", 30)


async def test_a_receipt_or_an_export_that_cannot_be_written_is_said_before_anything_is_done(run, database):
    for arguments in (("import", "people.ttl", "--receipt", "nowhere/receipt.jsonl"), ("export", "-o", "nowhere/main.yaml")):
        result = await run(*arguments)
        assert "there is no directory nowhere" in str(result.exception)
    assert await stored(database) == (0, 0, 1)


async def test_a_newer_file_becomes_the_difference(run, tmp_path):
    await run("import", "people.ttl")
    assert "nothing was changed" in (await run("import", "people.ttl")).stdout
    tmp_path.joinpath("people.ttl").write_bytes(TURTLE.replace(b'"Person"', b'"Human"'))
    answer = json.loads((await run("import", "people.ttl", "--json")).stdout)
    assert (answer["revision"], answer["changes"]) == (2, {"object_type.updated": 1})


ACTED = """format: oms-ontology/1
actionTypes:
  act:
    displayName: Act
    criteria:
      - key: always
        condition:
          key: root
          operator: EQUAL
          left:
            source: CONSTANT
            constant: 1
          right:
            source: CONSTANT
            constant: 1
        message: Never
typeGroups:
  people:
    displayName: People
"""


@pytest.mark.parametrize("name", ["main.ttl", "main.jsonld"])
async def test_what_a_form_cannot_say_is_in_the_sidecar_and_on_the_receipt(run, tmp_path, name: str):
    tmp_path.joinpath("acted.yaml").write_text(ACTED)
    await run("import", "acted.yaml")
    result = await run("export", "-o", name, "--receipt", "receipt.jsonl")
    assert result.exit_code == 0, result.output
    assert "main.oms.yaml beside it" in result.stderr
    assert tmp_path.joinpath("main.oms.yaml").read_text() == ACTED.partition("typeGroups")[0]
    [total, line] = [json.loads(each) for each in tmp_path.joinpath("receipt.jsonl").read_text().splitlines()]
    assert (line["code"], line["subject"], total["facts"] - total["carried"]) == ("IN_SIDECAR", "action type act", 3)

    assert (await run("import", name, "--ontology", "copy", "--prune")).exit_code == 0
    assert (await run("export", "--ontology", "copy")).stdout == ACTED

    tmp_path.joinpath("main.oms.yaml").unlink()
    assert "main.oms.yaml beside the file" in str((await run("import", name, "--ontology", "copy", "--prune")).exception)
    plain = await run("import", name, "--ontology", "plain", "--receipt", "receipt.jsonl")
    assert plain.exit_code == 0, plain.output
    assert json.loads(tmp_path.joinpath("receipt.jsonl").read_text().splitlines()[1])["code"] == "SIDECAR_MISSING"
    assert (await run("export", "--ontology", "plain")).stdout == "format: oms-ontology/1\n" + ACTED[ACTED.index("typeGroups") :]


async def test_an_export_is_as_of_a_point_and_says_which_points_there_are(run):
    await run("import", "people.ttl")
    assert (await run("export", "--as-of", "0")).stdout == "format: oms-ontology/1\n"
    assert "neither a revision such as 12 nor a moment" in str((await run("export", "--as-of", "yesterday")).exception)
    assert (await run("export", "--as-of", "7")).exception.code == "NOT_FOUND"
    assert "does not say by its ending" in str((await run("export", "-o", "main.pdf")).exception)


def test_the_bar_of_an_import_shows_how_far_the_work_is_within_its_phase(monkeypatch):
    drawn = io.StringIO()
    monkeypatch.setattr(importing, "notes", Console(file=drawn, force_terminal=True, color_system=None, width=100))
    with importing.progress(quiet=False) as stage:
        stage("Reading people.ttl")
        begin("PARSE", 2_000, "characters")
        add(500)
    assert "Reading people.ttl" in drawn.getvalue()
    assert "parse 500/2,000 characters" in drawn.getvalue()
    written = len(drawn.getvalue())
    with importing.progress(quiet=True) as stage:
        stage("Reading people.ttl")
    assert len(drawn.getvalue()) == written
