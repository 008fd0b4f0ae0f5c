"""How far a sink is with each ontology, and what it refuses, is told by its metrics."""

from __future__ import annotations

from prometheus_client import REGISTRY

from app.persistence.sinks import OPENSEARCH
from app.services.editing import Editing
from app.services.indexing import Indexing
from app.services.ontologies import Ontologies
from app.services.reconciling import Reconciling
from tests import given
from tests.given import ADMIN, EDITOR
from tests.search.test_indexing import Refusing
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
