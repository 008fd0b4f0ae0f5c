"""How documents lie in OpenSearch: strict fields, and analysers for code names, English and Korean."""

from __future__ import annotations

from typing import Any

from app.domain.document import FIELDS, NEIGHBOURS

LONGEST = 60  # characters of a word's beginning that is found

ANALYSIS: dict[str, Any] = {
    "char_filter": {"joints": {"type": "pattern_replace", "pattern": "[^\\p{L}\\p{N}\\p{M}]+", "replacement": " "}},
    "filter": {
        "parts": {
            "type": "word_delimiter_graph", "preserve_original": True, "split_on_case_change": True, "split_on_numerics": True,
            "generate_word_parts": True, "generate_number_parts": True, "stem_english_possessive": False,
        },
        "english": {"type": "stemmer", "language": "english"},
        "beginnings": {"type": "edge_ngram", "min_gram": 1, "max_gram": LONGEST},
        "binding": {"type": "nori_part_of_speech"},  # particles and endings
        "pairs": {"type": "cjk_bigram"},
    },
    "tokenizer": {"korean": {"type": "nori_tokenizer", "decompound_mode": "mixed"}},
    "analyzer": {
        "code": {
            "type": "custom", "char_filter": ["joints"], "tokenizer": "whitespace",
            "filter": ["parts", "flatten_graph", "lowercase", "asciifolding"],
        },
        "asked": {"type": "custom", "tokenizer": "whitespace", "filter": ["lowercase", "asciifolding"]},
        "begun": {
            "type": "custom", "char_filter": ["joints"], "tokenizer": "whitespace",
            "filter": ["parts", "flatten_graph", "lowercase", "asciifolding", "beginnings"],
        },
        "english": {
            "type": "custom", "char_filter": ["joints"], "tokenizer": "whitespace",
            "filter": ["parts", "flatten_graph", "lowercase", "asciifolding", "english"],
        },
        "asked_english": {"type": "custom", "tokenizer": "whitespace", "filter": ["lowercase", "asciifolding", "english"]},
        "korean": {"type": "custom", "tokenizer": "korean", "filter": ["binding", "nori_readingform", "lowercase"]},
        "pairs": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "pairs"]},
    },
}  # fmt: skip

_TEXT = {
    "type": "text",
    "analyzer": "code",
    "search_analyzer": "asked",
    "index_options": "docs",
    "norms": False,
    "fields": {
        "begun": {"type": "text", "analyzer": "begun", "search_analyzer": "asked", "index_options": "docs", "norms": False},
        "english": {"type": "text", "analyzer": "english", "search_analyzer": "asked_english", "index_options": "docs", "norms": False},
        "korean": {"type": "text", "analyzer": "korean", "norms": False},
        "pairs": {"type": "text", "analyzer": "pairs", "norms": False},
    },
}
TEXTS = (*FIELDS.values(), *NEIGHBOURS.values())
KEYWORDS = (
    "rid", "kind", "status", "visibility", "baseType", "cardinality", "object", "refers", "propertyTypes", "createdBy", "updatedBy",
    "nameKey", "displayKey",
)  # fmt: skip
MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "deletedAt": {"type": "long"},  # of a tombstone, which has nothing else but its rid
        "required": {"type": "boolean"},
        "createdAt": {"type": "long"},
        "updatedAt": {"type": "long"},
        "nameWords": {"type": "integer"},
        "nameLength": {"type": "integer"},
        **{name: {"type": "keyword"} for name in KEYWORDS},
        **dict.fromkeys(TEXTS, _TEXT),
    },
}


def settings(replicas: int) -> dict[str, Any]:
    """An index of one shard, so that facets are exact; refreshed by who writes."""
    return {
        "index": {"number_of_shards": 1, "number_of_replicas": replicas, "refresh_interval": "1s", "max_result_window": 10_000},
        "analysis": ANALYSIS,
    }
