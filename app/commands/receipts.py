"""A receipt as a table: each code with its counts and its first line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

    from app.transfer.receipt import Receipt

_NUMBERS = 56  # columns of a terminal that the other columns take


def account(receipt: Receipt, console: Console, counted: str = "statements") -> Table:
    """What was adapted or not carried, as wide as the console allows."""
    table = Table(title="Receipt", title_justify="left")
    table.add_column("adapted or not carried", no_wrap=True)
    table.add_column("lines", justify="right", no_wrap=True)
    table.add_column(counted, justify="right", no_wrap=True)
    table.add_column("such as", overflow="ellipsis", no_wrap=True, max_width=max(10, console.width - _NUMBERS))
    for code, lines, statements in receipt.by_code():
        first = next(line for line in receipt.lines if line.code is code)
        such = f"{first.subject.rpartition('/')[2]}: {first.sentence}"
        table.add_row(code.value, f"{lines:,}", f"{statements:,}" if statements else "", such)
    return table
