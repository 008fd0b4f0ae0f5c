"""The tables by which entities are found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from app.persistence.tables import LAST, _big, _int, _ontology, _text


class EntitySearch(SQLModel, table=True):
    """The words by which an entity is found, in the revisions in which they were its words."""

    __tablename__ = "entity_search"
    __table_args__ = (
        Index("entity_search_by_word", "words", postgresql_using="gin", postgresql_where=text(f"revision_to = {LAST}")),
        Index("entity_search_by_rid", "rid", "revision_to"),
        Index("entity_search_by_ontology", "ontology", "revision_to"),
    )
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    ontology: str = _ontology()
    rid: str = _text(ForeignKey("entity.rid", deferrable=True, initially="DEFERRED"))
    words: str = Field(sa_column=Column(TSVECTOR, nullable=False))
    name_words: int = _int()  # how many words its apiName has
    revision_from: int = _big()
    revision_to: int = _big(server_default=text(str(LAST)))


class SearchWord(SQLModel, table=True):
    """The vocabulary of an ontology, in which mistyped and inflected words are looked up; words stay, since the past is read too."""

    __tablename__ = "search_word"
    __table_args__ = (
        Index("search_word_by_trigram", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
        Index("search_word_by_stem", "ontology", "stem"),
    )
    ontology: str = _text(ForeignKey("ontology.rid"), primary_key=True)
    word: str = _text(sorted_by_bytes=True, primary_key=True)
    stem: str = _text(sorted_by_bytes=True)
    revision_from: int = _big()
