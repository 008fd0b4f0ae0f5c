"""The REST face against its own document: no fault, no status and no shape that the document does not name."""

from __future__ import annotations

import json
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

DOCUMENT = json.loads((Path(__file__).parents[2] / "openapi.json").read_text())
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
operations = schemathesis.openapi.from_dict(DOCUMENT)


WRITES = {found.label: found for found in (each.ok() for each in operations.get_all_operations()) if found.method.upper() != "GET"}
READS = {found.label: found for found in (each.ok() for each in operations.get_all_operations()) if found.method.upper() == "GET"}
DRY = {label: found for label, found in WRITES.items() if any(parameter.name == "dryRun" for parameter in found.query)}
bounded = settings(max_examples=120, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def validate(service, case) -> None:
    case.call_and_validate(base_url=service.url, headers={"authorization": f"Bearer {service.tokens['EDITOR']}"}, checks=CHECKS, timeout=60)


def test_the_document_names_the_operations():
    assert len(READS) >= 20
    assert len(DRY) >= 20


@bounded
@given(data=st.data())
def test_reading_answers_as_the_document_says(service, data):
    operation = READS[data.draw(st.sampled_from(sorted(READS)), label="operation")]

    validate(service, data.draw(operation.as_strategy(), label="case"))


@bounded
@given(data=st.data())
def test_writing_answers_as_the_document_says_and_a_dry_run_stores_nothing(service, data):
    operation = DRY[data.draw(st.sampled_from(sorted(DRY)), label="operation")]
    case = data.draw(operation.as_strategy(), label="case")
    case.query = {**(case.query or {}), "dryRun": "true"}

    validate(service, case)
