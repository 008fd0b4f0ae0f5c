"""The benchmarks can be run by name, and each writes its own section of the page and leaves the others alone."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from bench.__main__ import NAMES
from bench.load import Waits, mixture
from bench.page import HEAD, section, write
from bench.stage import Row

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_measures_and_says_how_to_run_it_alone(name):
    module = import_module(f"bench.{name}")
    assert inspect.iscoroutinefunction(module.measure)
    assert module.__doc__


def test_a_benchmark_that_does_not_exist_is_named():
    ended = subprocess.run([sys.executable, "-m", "bench", "nothing"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("bench: there is no nothing; there are ")


def test_a_section_is_written_anew_and_the_others_stay(tmp_path):
    page = tmp_path / "benchmarks.md"
    write({"one": "\nfirst\n", "two": "\nsecond\n"}, ["two", "one"], page)
    write({"one": "\nanew\n"}, ["two", "one"], page)
    write({"three": "\nthird\n"}, ["two", "one"], page)

    text = page.read_text()
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## two", "## one", "## three"]
    assert ("second" in text, "anew" in text, "third" in text, "first" in text) == (True, True, True, False)


def test_a_figure_that_falls_short_says_why():
    met, missed = Row("fast", "1 s", "≤ 2 s", met=True), Row("slow", "3 s", "≤ 2 s", met=False, why="the disk.")

    text = section([met, missed], 0.5)

    assert HEAD in text
    assert str(met) in text
    assert "* **slow**: the disk." in text
    assert "**fast**" not in text


def test_the_share_of_answers_that_came_in_time_is_by_rank():
    waits = Waits([float(n) for n in range(1, 101)], 0, 10)
    assert (waits.percentile(0.5), waits.percentile(0.95), waits.percentile(1)) == (51, 96, 100)


def test_the_mixture_is_four_fifths_reads():
    drawn = [mixture(100)[0].split("(")[0].split()[0] for _ in range(4_000)]
    assert 0.03 < drawn.count("mutation") / len(drawn) < 0.08
