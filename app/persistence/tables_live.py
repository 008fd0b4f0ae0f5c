"""The tables of what people do now: edit locks. Nothing here is part of an ontology's history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlmodel import SQLModel

from app.persistence.tables import _big, _moment, _text


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
