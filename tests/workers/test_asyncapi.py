"""The AsyncAPI document, held against AsyncAPI's own parser, which knows the official schema and the rules beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.commands.asyncapi import document, event_pages
from app.domain.topics import TOPICS

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".make" / "asyncapi"
SCRIPT = Path(__file__).with_name("asyncapi.mjs")


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None or not (INSTALLED / "node_modules" / "@asyncapi" / "parser").is_dir():
        message = "AsyncAPI's parser is not here: `make asyncapi` installs it where Node.js is"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def judged(node: str, folder: Path, written: dict[str, Any]) -> tuple[int, list[str]]:
    """How many channels the parser sees in the document beside its schemas, and what it objects to."""
    for path, text in event_pages():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    place = folder / "docs" / "asyncapi.json"
    place.write_text(json.dumps(written))
    done = subprocess.run([node, SCRIPT, INSTALLED, place], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return said["channels"], sorted({each["code"] for each in said["diagnostics"]})


def test_the_official_parser_has_nothing_to_say(node: str, tmp_path: Path) -> None:
    assert judged(node, tmp_path, document()) == (len(TOPICS), [])


def test_the_official_parser_objects_to_what_is_wrong(node: str, tmp_path: Path) -> None:
    lost, unsaid = document(), document()
    first = next(iter(lost["components"]["messages"].values()))
    first["payload"]["schema"]["$ref"] = "./events/nowhere.schema.json"
    next(iter(unsaid["operations"].values())).pop("action")
    assert "invalid-ref" in judged(node, tmp_path, lost)[1]
    assert "asyncapi-document-resolved" in judged(node, tmp_path, unsaid)[1]
