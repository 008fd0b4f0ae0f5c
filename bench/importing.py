"""Ontologies by `oms import`, from the file to one merged change set: schema.org with some 900 classes, and one of 20,000.

OMS_SCHEMAORG names the file of the first; without it only the second, which is made up, is measured. The command finds
its modules compiled, as an installation has them.

python -m bench importing
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.stage import Row, database

CLASSES = 20_000
OMS = (sys.executable, "-m", "app.cli")
WHAT = "import of schema.org, by the command, from nothing to merged"
BUSY = "others held the cores: the command's own CPU stands beside it."
TARGET = "≤ 10 s (beyond: 3 s)"

HEAD = """@prefix : <https://large.example/o#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://large.example/o> a owl:Ontology .
"""


def given() -> str | None:
    """The file, where there is one."""
    named = os.environ.get("OMS_SCHEMAORG")
    return str(Path(named).resolve()) if named and Path(named).exists() else None


def ontology(classes: int) -> Iterator[str]:
    """Opaque codes with labels in two languages, a deep hierarchy, restrictions, and a property for every twenty classes."""
    chance = random.Random(20)
    yield HEAD
    for n in range(classes):
        above = f" ; rdfs:subClassOf :LX_{chance.randrange(max(0, n - 3_000), n):07}" if n % 50 else ""
        part = (
            f" , [ a owl:Restriction ; owl:onProperty :partOf ; owl:someValuesFrom :LX_{chance.randrange(n):07} ]"
            if above and not n % 4
            else ""
        )
        words = (
            f'rdfs:label "term {n} of the ontology"@en , "\ud56d\ubaa9 {n}"@ko ; rdfs:comment "What term {n} is about, in one sentence."'
        )
        yield f':LX_{n:07} a owl:Class ; {words} ; :id "LX:{n:07}" ; :seen "{n % 97}"{above}{part} .\n'
    for n in range(classes // 20):
        datatype = ("string", "integer", "date")[n % 3]
        yield f":has{n} a owl:DatatypeProperty ; rdfs:domain :LX_{chance.randrange(classes):07} ; rdfs:range xsd:{datatype} .\n"
    yield ':partOf a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:label "part of" .\n'


async def measure() -> list[Row]:
    """One import of each into an empty ontology."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-import-") as directory:
        large = Path(directory) / "large.ttl"
        large.write_text("".join(ontology(CLASSES)))
        around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        around["PYTHONPYCACHEPREFIX"] = str(Path(directory) / "compiled")
        await asyncio.to_thread(subprocess.run, [*OMS, "import", "--help"], env=around, stdout=subprocess.DEVNULL, check=True)
        return [await _schemaorg(around), *await _large(str(large), around)]


async def _schemaorg(around: dict[str, str]) -> Row:
    path = given()
    if path is None:
        return Row(WHAT, "not measured: OMS_SCHEMAORG names no file", TARGET)
    took, spent, _, answer = await _imported(path, around)
    beside = f"{spent:.1f} s of CPU of the command; {answer.get('carried', 0):,} statements carried"
    return Row(WHAT, f"{took:.1f} s", TARGET, took <= 10, beside, why=BUSY)


async def _large(path: str, around: dict[str, str]) -> list[Row]:
    took, spent, mebibytes, answer = await _imported(path, around)
    entities = sum(answer["changes"].values())
    beside = f"{spent:.1f} s of CPU of the command; {entities:,} entities"
    return [
        Row(f"import of {CLASSES:,} classes, {answer['statements']:,} statements", f"{took:.1f} s", "≤ 60 s", took <= 60, beside, why=BUSY),
        Row("… memory of the command at most", f"{mebibytes:,} MiB", "≤ 1,024 MiB", mebibytes <= 1_024),
    ]


async def _imported(path: str, around: dict[str, str]) -> tuple[float, float, int, dict[str, Any]]:
    """Seconds, seconds of CPU, mebibytes at most, and what the command answers."""
    async with database() as (_, url):
        return await asyncio.to_thread(_command, path, {**around, "DATABASE_URL": url})


def _command(path: str, environment: dict[str, str]) -> tuple[float, float, int, dict[str, Any]]:
    began = time.perf_counter()
    child = subprocess.Popen([*OMS, "import", path, "--json"], env=environment, stdout=subprocess.PIPE)
    assert child.stdout is not None
    told = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError(f"oms import ended with {status}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss // 1_024, json.loads(told)
