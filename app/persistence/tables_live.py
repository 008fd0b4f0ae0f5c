"""The tables of what people and processes do now: edit locks, jobs and presence. Nothing here is part of an ontology's history."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Uuid, text
from sqlmodel import Field, SQLModel

from app.persistence.tables import _big, _int, _json, _moment, _text


class LeaseRow(SQLModel, table=True):
    """The newest lease of each entity; one that has ended stays, since its token is what older ones are compared with."""

    __tablename__ = "lease"
    __table_args__ = (
        Index("lease_by_ontology", "ontology", "until"),
        Index("lease_by_holder", "holder", "until"),
        Index("lease_by_token", "token", unique=True),
    )
    rid: str = _text(ForeignKey("entity.rid"), primary_key=True)
    ontology: str = _text(ForeignKey("ontology.rid"))
    holder: str = _text()
    holder_name: str = _text(server_default=text("''"))
    token: int = _big(server_default=text("nextval('lease_token'::regclass)"))
    acquired_at: datetime = _moment(server_default=text("clock_timestamp()"))
    until: datetime = _moment()


class JobRow(SQLModel, table=True):
    """One job, with its progress, its last sign of life and how it ended."""

    __tablename__ = "job"
    __table_args__ = (
        Index("job_by_time", "created_at", "rid"),
        Index("job_kept", "created_at", "rid", postgresql_where=text("work IS NOT NULL")),
    )
    rid: str = _text(primary_key=True)
    kind: str = _text()
    title: str = _text()
    ontology: str = _text()  # by its apiName: an import may create it
    state: str = _text()
    phase: str = _text(server_default=text("''"))
    done: int = _big(server_default=text("0"))
    total: int = _big(server_default=text("0"))
    detail: str = _text(server_default=text("''"))
    author: str = _text()
    author_name: str = _text(server_default=text("''"))
    request_id: str = _text(server_default=text("''"))
    created_at: datetime = _moment(server_default=text("clock_timestamp()"))
    started_at: datetime | None = _moment(nullable=True)
    beat_at: datetime = _moment(server_default=text("clock_timestamp()"))
    finished_at: datetime | None = _moment(nullable=True)
    result: dict[str, Any] | None = _json(nullable=True)
    failure: dict[str, Any] | None = _json(nullable=True)
    work: dict[str, Any] | None = _json(nullable=True)  # until it ends, of those that another process may take over
    holder: UUID | None = Field(sa_column=Column(Uuid, nullable=True))  # the token of who has taken it
    attempts: int = _int(server_default=text("0"))


class JobFileRow(SQLModel, table=True):
    """A piece of the file of a job that has not ended."""

    __tablename__ = "job_file"
    job: str = _text(ForeignKey("job.rid"), primary_key=True)
    number: int = _int(primary_key=True)
    piece: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class JobLineRow(SQLModel, table=True):
    """A line of the receipt of an import."""

    __tablename__ = "job_line"
    job: str = _text(ForeignKey("job.rid"), primary_key=True)
    number: int = _int(primary_key=True)
    code: str = _text()
    subject: str = _text()
    sentence: str = _text()
    statements: int = _int()


class PresenceRow(SQLModel, table=True):
    """One connection that is looking at a change set; unlogged, since a crash of the database ends them all."""

    __tablename__ = "presence"
    __table_args__ = (
        Index("presence_by_change_set", "change_set", "until"),
        Index("presence_by_end", "until"),
        {"prefixes": ["UNLOGGED"]},
    )
    session: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    change_set: str = _text(ForeignKey("change_set.rid"))
    actor: str = _text()
    actor_name: str = _text(server_default=text("''"))
    rid: str | None = _text(nullable=True)
    path: str | None = _text(nullable=True)
    since: datetime = _moment(server_default=text("clock_timestamp()"))
    looked_at: datetime = _moment(server_default=text("clock_timestamp()"))
    until: datetime = _moment()
