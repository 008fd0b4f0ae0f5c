"""How far long work is, for whoever follows it."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.closure import Closure
from app.domain.gauge import Gauge, Reading, add, begin, counted, followed
from app.domain.plan import plan
from app.transfer.document.reading import operations_of
from app.transfer.files import Form, read
from app.transfer.rdf.mapping import mapped
from app.transfer.rdf.reading import graph_of
from app.transfer.rdf.syntax import Syntax
from tests.worlds import World

TURTLE = b"<urn:a> <urn:b> <urn:c> .\n<urn:d> a <http://www.w3.org/2002/07/owl#Class> .\n"
QUADS = b"<urn:a> <urn:b> <urn:c> .\n<urn:d> <urn:e> <urn:f> .\n"
JSON_LD = b'{"@graph": [{"@id": "urn:a", "urn:b": {"@id": "urn:c"}}, {"@id": "urn:d", "urn:e": {"@value": "f"}}]}'
XML = b"""<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:u="urn:"><r:Description r:about="urn:a" u:b="c"/></r:RDF>"""


def test_what_is_counted_is_read_while_it_is_done():
    gauge = Gauge()
    with followed(gauge):
        begin("COUNT", 3, "things")
        seen = [gauge.read().done for _ in counted(["a", "b", "c"])]
        add(7)
    assert seen == [0, 1, 2]
    assert gauge.read() == Reading("COUNT", 3, 3, "things")


async def test_work_in_a_thread_tells_whoever_waits_for_it():
    gauge = Gauge()
    with followed(gauge):
        await asyncio.to_thread(begin, "AWAY", 0, "things", lambda: 5)
    assert gauge.read() == Reading("AWAY", 5, 0, "things")


def test_work_that_nobody_follows_tells_nobody():
    gauge = Gauge()
    with followed(gauge):
        pass
    begin("COUNT", 1, "things")
    assert list(counted([1])) == [1]
    assert gauge.read() == Reading("", 0, 0, "")


@pytest.mark.parametrize(
    ("content", "syntax", "unit"),
    [
        (TURTLE, Syntax.TURTLE, "characters"), (QUADS, Syntax.N_TRIPLES, "characters"), (QUADS, Syntax.N_QUADS, "characters"),
        (b"<urn:g> { <urn:a> <urn:b> <urn:c> . }\n", Syntax.TRIG, "characters"), (XML, Syntax.RDF_XML, "bytes"),
    ],
)  # fmt: skip
def test_reading_tells_how_far_it_is_in_the_file(content, syntax, unit):
    gauge = Gauge()
    with followed(gauge):
        graph_of(content, syntax)
    phase, done, total, detail = gauge.read()
    assert (phase, total, detail) == ("PARSE", len(content), unit)
    assert 0 < done <= total


def test_reading_json_ld_tells_how_many_nodes_are_read():
    gauge = Gauge()
    with followed(gauge):
        assert len(graph_of(JSON_LD, Syntax.JSON_LD)) == 2
    assert gauge.read() == Reading("PARSE", 4, 4, "nodes")


@pytest.mark.parametrize("form", [Form.YAML, Form.JSON])
def test_a_document_tells_how_far_it_is_in_the_file_and_then_in_the_entities(form: Form):
    text = '{"format": "oms-ontology/1", "typeGroups": {"a": {"displayName": "A"}, "b": {"displayName": "B"}}}'
    gauge = Gauge()
    with followed(gauge):
        document = read(text.encode(), form)
        phase, done, total, detail = gauge.read()
        assert (phase, total, detail) == ("PARSE", len(text), "characters")
        assert 80 < done <= total
        operations_of(document, [])
    assert gauge.read() == Reading("MAP", 2, 2, "entities")


def test_mapping_tells_how_many_statements_are_accounted_for_and_planning_its_steps():
    gauge = Gauge()
    with followed(gauge):
        statements = graph_of(TURTLE)
        operations = mapped(statements).operations
        accounted = gauge.read()
        world = World.empty()
        made = plan([world.settled(each) for each in operations], {}, {}, Closure(), {}, strict=True)
    assert accounted == Reading("MAP", 2, 2, "statements")
    assert made.changes
    assert gauge.read() == Reading("PLAN", 2 * len(operations), 2 * len(operations), "steps")
