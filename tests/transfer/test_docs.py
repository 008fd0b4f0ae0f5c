"""The page about the mapping names every code of the receipt."""

from __future__ import annotations

import re
from pathlib import Path

from app.transfer.receipt import Code

PAGE = Path(__file__).parents[2] / "docs" / "mapping-rdf.md"


def test_the_page_names_every_code_and_no_other():
    page = PAGE.read_text().partition("## The codes of the receipt")[2].partition("\n## ")[0]
    named = {
        code
        for line in page.splitlines()
        if line.startswith("| ")
        for code in re.findall(r"[A-Z]+(?:_[A-Z]+)+|[A-Z]{6,}", line.split("|")[1])
    }
    assert named == {code.value for code in Code}
