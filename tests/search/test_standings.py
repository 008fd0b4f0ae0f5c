"""How far a sink is with each ontology, and what it refuses, is told by its metrics."""

from __future__ import annotations

import asyncio

from prometheus_client import REGISTRY

from app.ending import ended
from app.persistence.sinks import OPENSEARCH
from app.ports.search_index import SinkDown
from app.services.editing import Editing
from app.services.indexing import Indexing
from app.services.ontologies import Ontologies
from app.services.reconciling import Reconciling
from tests import given
from tests.given import ADMIN, EDITOR
from tests.search.test_indexing import Refusing
from tests.waiting import GUARD
from workers import reconciling
from workers.reconciling import Comparing


def told(metric, ontology):
    return REGISTRY.get_sample_value(metric, {"sink": OPENSEARCH, "ontology": ontology})


async def test_each_ontology_has_its_own_lag_and_its_own_dead_letters(database, index, main):
    editing = Editing(database)
    await Ontologies(database).create(ADMIN, api_name="other", display_name="Other")
    made = await editing.apply(EDITOR, "main", [given.type_group("one", ref="one"), given.type_group("two", ref="two")])
    view = Indexing(database, Refusing(index, made.refs["one"]))
    await view.reach(main)
    for _ in range(2):
        await editing.apply(EDITOR, "main", [given.type_group()])
    for _ in range(3):
        await editing.apply(EDITOR, "other", [given.type_group()])

    await Comparing(view, Reconciling(database, [view]), database)._once()

    assert (told("sink_behind_revisions", "main"), told("sink_behind_revisions", "other")) == (2, 3)
    assert (told("sink_dead_letters", "main"), told("sink_dead_letters", "other")) == (1, 0)


async def test_a_view_that_could_not_be_compared_is_compared_again_before_its_time(monkeypatch, database):
    tries = asyncio.Queue()

    class Away:
        sink = "opensearch"

        def wanted(self, *_):
            tries.put_nowait("asked")
            raise SinkDown

    monkeypatch.setattr(reconciling, "AGAIN_SECONDS", 0.01)
    comparing = asyncio.create_task(Comparing(Away(), Reconciling(database, []), database, seconds=3_600).run())
    async with asyncio.timeout(GUARD):
        assert [await tries.get() for _ in range(3)] == ["asked"] * 3
    await ended(comparing)
