"""The tables by which entities are found, and of what follows the log into other systems."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from app.persistence.tables import LAST, _big, _flag, _int, _moment, _ontology, _text


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


class SinkState(SQLModel, table=True):
    """How far a sink has got with an ontology: everything up to the revision is in it."""

    __tablename__ = "sink_state"
    sink: str = _text(primary_key=True)
    ontology: str = _text(ForeignKey("ontology.rid"), primary_key=True)
    epoch: int = _big()
    revision: int = _big()
    updated_at: datetime = _moment(server_default=text("clock_timestamp()"))
    built: int = _big(server_default=text("0"))


class SinkIncident(SQLModel, table=True):
    """A sink that cannot be written to now; the row goes when it can be again, and whoever writes or removes it tells people."""

    __tablename__ = "sink_incident"
    sink: str = _text(primary_key=True)
    reason: str = _text()
    attempts: int = _int()
    since: datetime = _moment(server_default=text("clock_timestamp()"))
    told_at: datetime = _moment(server_default=text("clock_timestamp()"))


class DeadLetter(SQLModel, table=True):
    """A document that a sink refuses as it is; replaying it reads the entity again, so nothing of it is kept here but the reason."""

    __tablename__ = "dead_letter"
    __table_args__ = (Index("dead_letter_by_ontology", "ontology", "sink", "rid"),)
    sink: str = _text(primary_key=True)
    rid: str = _text(ForeignKey("entity.rid"), primary_key=True)
    ontology: str = _ontology()
    revision: int = _big()  # as of which it was refused last
    reason: str = _text()
    attempts: int = _int(server_default=text("1"))
    discarded: bool = _flag()  # an admin knows of it and wants to hear no more
    first_at: datetime = _moment(server_default=text("clock_timestamp()"))
    last_at: datetime = _moment(server_default=text("clock_timestamp()"))
