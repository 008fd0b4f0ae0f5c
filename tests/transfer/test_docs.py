"""The page about the mapping names every code of the receipt."""

from __future__ import annotations

import re
from pathlib import Path

from app.transfer.outputs import Output
from app.transfer.receipt import Code, Loss

PAGE = Path(__file__).parents[2] / "docs" / "mapping-rdf.md"


EXPORTS = PAGE.with_name("exports.md")


def test_the_page_about_exports_names_every_form_and_every_code():
    page = EXPORTS.read_text()
    assert set(re.findall(r"`--format ([a-z-]+)`", page)) == {each.value for each in Output}
    codes = page.partition("## The codes of the receipt")[2]
    assert set(re.findall(r"^\| ([A-Z_]{6,}) \|", codes, re.MULTILINE)) == {each.value for each in Loss}


def test_the_page_names_every_code_and_no_other():
    page = PAGE.read_text().partition("## The codes of the receipt")[2].partition("\n## ")[0]
    named = {
        code
        for line in page.splitlines()
        if line.startswith("| ")
        for code in re.findall(r"[A-Z]+(?:_[A-Z]+)+|[A-Z]{6,}", line.split("|")[1])
    }
    assert named == {code.value for code in Code}
