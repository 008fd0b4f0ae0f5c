"""The ready-made documents of the GraphiQL page, one a file in examples/.

The first line of a file is `# Group: Title`, the comment lines after it say what it shows; variables stand beside it
in a JSON file of the same name. Files are shown in the order of their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

EXAMPLES = files("app.web") / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """A document that works as it stands on the sample ontology, or says in `about` what to fill in."""

    name: str
    group: str
    title: str
    about: str
    query: str
    variables: str


def read_examples(directory: Traversable = EXAMPLES) -> tuple[Example, ...]:
    """All examples, in the order in which they are shown."""
    documents = sorted((file for file in directory.iterdir() if file.name.endswith(".graphql")), key=lambda file: file.name)
    return tuple(_example(directory, file) for file in documents)


def _example(directory: Traversable, file: Traversable) -> Example:
    text = file.read_text(encoding="utf-8")
    name = file.name.removesuffix(".graphql")
    comment = [line.removeprefix("#").strip() for line in takewhile(lambda line: line.startswith("#"), text.splitlines())]
    group, _, title = comment[0].partition(": ")
    beside = directory / f"{name}.json"
    variables = beside.read_text(encoding="utf-8") if beside.is_file() else ""
    return Example(name, group, title, " ".join(comment[1:]), text, variables)
