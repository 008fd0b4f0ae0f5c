"""Every list of the schema is a connection, or has a bound that somebody declared."""

from __future__ import annotations

import pytest
from graphql import GraphQLInterfaceType, GraphQLList, GraphQLNonNull, GraphQLObjectType

from resolvers.schema import schema

CORE = schema()._schema

# What bounds each list that is no page: a rule of the domain, an argument, or what it is a list of. A new list needs a line here.
BY_RULE = {
    "aliases", "annotations", "assignments", "allowedValues", "conditions", "constraints", "criteria", "extends", "fields", "fix", "indexStatus", "implementations",
    "inputs", "interfaces", "labels", "links", "mapping", "parameters", "properties", "reviewers", "rules", "texts", "translations",
    "typeGroups", "values",
}  # fmt: skip
BY_INPUT = {
    "ApplyFixesPayload.operations",
    "StageOperationsPayload.operations",
    "Ontology.entities",
    "Query.nodes",
}  # what the client sent, or may stage: at most 10,000
BY_NUMBER = {
    "Facet.buckets", "ImportResult.changes", "Job.synced", "JobFailure.violations", "OntologyExport.receipt", "Presence.joined", "Presence.left",
    "Presence.present", "RepairPayload.refused", "RepairPayload.rids", "ServerStatus.sinks", "Highlight.marks", "KindStatistics.byStatus", "LocksChanged.changes", "Me.roles", "MergedRevision.counts",
    "OntologyChanged.counts", "OntologyStatistics.kinds", "SearchEdge.highlights", "Violation.by",
}  # fmt: skip
BY_THE_FIELD_ABOVE = {
    "GraphCycle.nodes", "GraphCycles.cycles", "GraphImpacts.affected", "GraphPath.nodes", "GraphPaths.paths", "GraphStatistics.busiest",
    "GraphStatistics.edges", "Neighbourhood.nodes",
}  # by `limit` and `depth`  # fmt: skip
DECLARED = BY_INPUT | BY_NUMBER | BY_THE_FIELD_ABOVE


def lists() -> dict[str, set[str]]:
    """Every list of an object type with its arguments, but the pages of connections."""
    found = {}
    for name, kind in CORE.type_map.items():
        if name.startswith("__") or name.endswith("Connection") or not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            continue
        for field, definition in kind.fields.items():
            of = definition.type.of_type if isinstance(definition.type, GraphQLNonNull) else definition.type
            if isinstance(of, GraphQLList):
                found[f"{name}.{field}"] = set(definition.args)
    return found


@pytest.mark.parametrize("name", lists())
def test_a_list_that_is_no_page_has_a_bound(name: str) -> None:
    bounded = {"first", "limit"} & lists()[name] or name in DECLARED or name.partition(".")[2] in BY_RULE
    assert bounded, f"{name} is a list without a bound: make it a connection, give it `first`, or say here what bounds it"


def test_no_bound_is_declared_for_a_list_that_is_not_there() -> None:
    assert lists().keys() >= DECLARED
    assert {name.partition(".")[2] for name in lists()} >= BY_RULE
