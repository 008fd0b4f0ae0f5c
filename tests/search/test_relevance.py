"""People find what they look for among the first hits, whatever answers."""

from __future__ import annotations

import sys

from tests.asking import Asking
from tests.search.relevance import QUESTIONS, RECIPROCAL, SUCCESS, judged, tell_all

SEARCH = "query($o: String!, $q: String!) { search(ontology: $o, query: $q, first: 10) { servedBy nodes { apiName } } }"


def test_there_are_fifty_questions_and_korean_ones_among_them():
    assert len(QUESTIONS) == 50
    assert sum(any("\uac00" <= letter <= "\ud7a3" for letter in each.query) for each in QUESTIONS) >= 8


async def test_postgresql_finds_what_people_look_for(database, capsys):
    ontology, ask = await tell_all(database), Asking(database)

    async def names(query):
        found = (await ask.data(SEARCH, o=ontology, q=query))["search"]
        assert found["servedBy"] == "POSTGRES"
        return [node["apiName"] for node in found["nodes"]]

    result = await judged(names)
    with capsys.disabled():
        sys.stdout.write(f"\nPostgreSQL: {result}\n")
    assert result.success >= SUCCESS, result
    assert result.reciprocal >= RECIPROCAL, result
