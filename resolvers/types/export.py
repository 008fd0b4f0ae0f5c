"""An ontology in another form, with the account of what that form cannot say."""

from __future__ import annotations

from typing import Any

import strawberry

from app.persistence import whole
from app.persistence.background import off_loop
from app.transfer.answers import answered, refuse_beyond
from resolvers.enums import Loss, Output
from resolvers.scalars import BigInt

LINES = 1_000  # of a receipt in one answer


@strawberry.type(description="One thing that an export adapted or does not say.")
class ExportReceiptLine:
    code: Loss = strawberry.field(description="Why; stable.")
    subject: str = strawberry.field(description="The entity: its kind and what documents call it, such as `property Person.name`.")
    sentence: str = strawberry.field(description="What became of it, for people.")
    facts: int = strawberry.field(description="How many facts it stands for that are not carried; 0 where something was only adapted.")


@strawberry.type(description="An ontology as of one revision, written in one form; the same revision gives the same text.")
class OntologyExport:
    ontology: str = strawberry.field(description="The apiName of the ontology.")
    revision: BigInt = strawberry.field(description="The revision that was read.")
    entities: int = strawberry.field(description="How many entities it held.")
    content: str = strawberry.field(description="The file.")
    sidecar: str | None = strawberry.field(
        description="Canonical YAML of what the file cannot say, to lie beside it as `NAME.oms.yaml`; null where there is nothing."
    )
    facts: int = strawberry.field(description="How many facts there are: the fields of all entities.")
    carried: int = strawberry.field(description="How many of them the file says without its sidecar.")
    receipt: list[ExportReceiptLine] = strawberry.field(description=f"What it adapts or does not say: the first {LINES:,} lines.")
    receipt_lines: int = strawberry.field(description="How many lines the receipt has in all.")


async def exported(info: strawberry.Info[Any], ontology: str, form: Output, as_of: Any, min_revision: str | None) -> OntologyExport:
    """One export from the snapshot of the operation; BadInput where it is too large for an answer."""
    context = info.context
    row, head = await context.ontology(ontology, min_revision)
    at = await context.as_of(head, as_of)
    past = None if at.current else at.revision
    refuse_beyond(await whole.count(context.snapshot, at.ontology, past))
    with context.services.exports.one():
        entities = await whole.entities(context.snapshot, at.ontology, past)
        made = await off_loop(lambda: answered(entities, form, row["api_name"]), len(entities))
    receipt = made.receipt
    lines = [
        ExportReceiptLine(code=Loss(each.code.value), subject=each.subject, sentence=each.sentence, facts=each.statements)
        for each in receipt.lines[:LINES]
    ]
    return OntologyExport(
        ontology=row["api_name"], revision=BigInt(at.revision), entities=len(entities), content=made.content, sidecar=made.sidecar,
        facts=receipt.statements, carried=receipt.carried, receipt=lines, receipt_lines=len(receipt.lines),
    )  # fmt: skip
