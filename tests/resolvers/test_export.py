"""exportOntology: an ontology as a file, in one answer that is bounded."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from graphql import build_schema

from app.limits import Limits
from app.transfer import answers
from app.transfer.document.parsing import yaml_data
from app.transfer.document.reading import operations_of
from tests import given
from tests.given import EDITOR, VIEWER

EXPORT = """query($form: ExportForm!, $asOf: RevisionOrTime, $ontology: String! = "main") {
  exportOntology(form: $form, asOf: $asOf, ontology: $ontology) {
    ontology revision entities content sidecar facts carried receiptLines receipt { code subject sentence facts }
  } }"""


@pytest.fixture
async def story(editing):
    """Revision 1: Person; 2: an action."""
    await editing.apply(EDITOR, "main", given.object_type("Person"))
    await editing.apply(EDITOR, "main", [given.action_type("act")])


async def test_a_viewer_reads_an_ontology_as_a_file_at_any_revision(ask, story):
    now = (await ask.data(EXPORT, form="YAML", actor=VIEWER))["exportOntology"]
    assert (now["ontology"], now["revision"], now["entities"], now["receipt"], now["sidecar"]) == ("main", 2, 3, [], None)
    assert now["facts"] == now["carried"]
    assert len(operations_of(yaml_data(now["content"]), [])) == 3
    then = (await ask.data(EXPORT, form="YAML", asOf=1))["exportOntology"]
    assert (then["revision"], then["entities"], "actionTypes" in then["content"]) == (1, 2, False)


async def test_what_the_form_cannot_say_is_on_the_receipt_and_in_the_sidecar(ask, story):
    made = (await ask.data(EXPORT, form="TURTLE"))["exportOntology"]
    assert [(line["code"], line["subject"]) for line in made["receipt"]] == [("IN_SIDECAR", "action type act")]
    assert made["facts"] - made["carried"] == made["receipt"][0]["facts"]
    assert made["sidecar"].startswith("format: oms-ontology/1\nactionTypes:\n  act:\n")
    assert ":Person a oms:ObjectType, owl:Class ;" in made["content"]
    schema = (await ask.data(EXPORT, form="GRAPHQL"))["exportOntology"]
    assert "Person" in build_schema(schema["content"]).type_map
    assert schema["receiptLines"] == len(schema["receipt"]) > 0


async def refused(ask, **variables: Any) -> tuple[str, str]:
    [error] = (await ask.answer(EXPORT, **variables)).errors
    return error["extensions"]["code"], error["message"]


async def test_what_is_not_there_or_too_large_is_refused(ask, story, monkeypatch):
    assert (await refused(ask, form="YAML", ontology="none"))[0] == "NOT_FOUND"
    assert (await refused(ask, form="YAML", asOf=3))[0] == "NOT_FOUND"
    monkeypatch.setattr(answers, "CHARACTERS", 100)
    assert "more than the 100 characters of one answer" in (await refused(ask, form="YAML"))[1]
    monkeypatch.setattr(answers, "ENTITIES", 2)
    code, message = await refused(ask, form="YAML")
    assert (code, "holds 3 entities" in message) == ("BAD_USER_INPUT", True)


async def test_an_export_beyond_those_of_the_process_is_told_to_come_back(ask, story):
    exports = ask.shared.services.exports
    with ExitStack() as held:
        for _ in range(Limits().exports):
            held.enter_context(exports.one())
        assert (await refused(ask, form="YAML"))[0] == "UNAVAILABLE"
        held.close()
        assert (await ask.data(EXPORT, form="YAML"))["exportOntology"]["revision"] == 2
