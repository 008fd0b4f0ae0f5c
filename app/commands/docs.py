"""`oms docs`: the pages that are made from code, so that they cannot disagree with it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY as METRICS

import app.domain
from app.commands.asyncapi import event_pages
from app.commands.error_codes import error_rows
from app.commands.terminal import Refused, out
from app.domain.fixes.broken import EXCEPTIONS, REASONS
from app.domain.rules import REGISTRY as RULES
from app.domain.topics import TOPICS
from app.observability import metrics
from app.settings import variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typer._click.core import Command

NOTE = "<!-- Written by `make docs`; the words are in the code. -->"
PAGES = Path("docs/reference")


def docs(command: Command, *, check: bool) -> None:
    """Write every page, or say which are stale; `command` is the whole of `oms`."""
    written = dict(pages(command))
    stale = [path for path, text in written.items() if not path.exists() or path.read_text() != text]
    if not check:
        for path, text in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        out.print(f"Wrote {len(stale)} of {len(written)} pages anew.")
    elif stale:
        raise Refused(f"{', '.join(map(str, stale))} {'is' if len(stale) == 1 else 'are'} stale: run `make docs` and commit.")
    else:
        out.print("The generated pages are current.")


def pages(command: Command) -> Iterator[tuple[Path, str]]:
    """Every page with its text."""
    yield PAGES / "settings.md", _settings()
    yield PAGES / "commands.md", _commands(command)
    yield PAGES / "errors.md", _errors()
    yield PAGES / "rules.md", _rules()
    yield PAGES / "topics.md", _topics()
    yield PAGES / "metrics.md", _metrics()
    yield Path(".env.example"), _example()
    yield from event_pages()


def _settings() -> str:
    rows = ((f"`{name}`", _shown(default), text) for name, text, default in variables())
    intro = (
        "Each is an environment variable, or a line of `.env` beside the process. A bad value ends the process with every bad name in one"
        " message; staging and production also refuse to start with what is missing or unsafe, and name all of it at once."
    )
    return _page("Settings", intro, ("variable", "default", "what it is"), rows)


def _commands(command: Command) -> str:
    rows = ((f"`{name}`", options, text) for name, options, text in _listed(command, "oms"))
    intro = (
        "Results go to standard output, everything else to standard error. 0 is success, 1 a refusal, 2 wrong usage or settings,"
        " 130 Ctrl-C. Of `oms plan` and `oms diff`, 0 is that nothing changes or differs, and 2 that something does."
    )
    return _page("Commands", intro, ("command", "options", "what it does"), rows)


def _listed(command: Any, path: str) -> Iterator[tuple[str, str, str]]:
    for name, each in getattr(command, "commands", {}).items():
        if hasattr(each, "commands"):
            yield from _listed(each, f"{path} {name}")
            continue
        options = " ".join(f"`{option.opts[0]}`" if option.opts[0].startswith("-") else f"`{option.name}`" for option in each.params)
        yield f"{path} {name}", options, each.help or ""


def _errors() -> str:
    intro = (
        "`extensions.code` of an error, or `code` of a problem. What refuses a request before it is executed has a status of its own over"
        " GraphQL as well (200 for a well-formed request of a client that asks for `application/json`); what comes of the execution is 200."
    )
    return _page("Error codes", intro, ("code", "GraphQL", "REST", "when"), error_rows())


def _rules() -> str:
    for module in iter_modules(app.domain.__path__, "app.domain."):
        import_module(module.name)  # a rule is declared where it is used
    rows = (
        (f"`{rule.id}`", rule.scope.value, rule.answer.value, rule.sentence, _fix(rule.id))
        for rule in sorted(RULES.values(), key=lambda rule: rule.id)
    )
    intro = (
        "A STATE rule holds of any stored ontology. A TRANSITION rule holds of a step: a rollback need not obey it, nor what an import"
        " creates. All violations of an outcome are reported at once, each with the rule's id and, where one is known, with a fix: the"
        " operations that would mend it and break no other rule. Where a rule has none, or some of its cases have none, the last column"
        " says why."
    )
    return _page("Rules", intro, ("rule", "scope", "answer", "what must be true", "fix"), rows)


def _fix(rule: str) -> str:
    return REASONS.get(rule) or (f"Yes. {EXCEPTIONS[rule]}" if rule in EXCEPTIONS else "Yes.")


def _topics() -> str:
    rows = ((f"`{topic.name}`", topic.key, topic.sentence) for topic in TOPICS)
    return _page("Topics", "Every merge writes an outbox row for each of its events.", ("topic", "key", "what it says"), rows)


def _metrics() -> str:
    ours = [value for value in vars(metrics).values() if hasattr(value, "describe") and value in METRICS._collector_to_names]  # noqa: SLF001 - the library lists them nowhere else
    rows = ((f"`{_metric(each)}`", each.describe()[0].type, ", ".join(each._labelnames), each.describe()[0].documentation) for each in ours)  # noqa: SLF001 - as above
    return _page("Metrics", "Served at `/metrics`.", ("metric", "kind", "labels", "what it measures"), rows)


def _metric(metric: Any) -> str:
    described = metric.describe()[0]
    return f"{described.name}_total" if described.type == "counter" else str(described.name)


def _example() -> str:
    lines = ["# Every setting with its default; copy it to .env and uncomment what differs. Written by `make docs`."]
    for name, text, default in variables():
        lines += ["", f"# {text}", f"# {name}={_plain(default)}"]
    return "\n".join(lines) + "\n"


def _page(title: str, intro: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    lines = [f"# {title}", "", NOTE, "", intro, "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _shown(default: Any) -> str:
    return f"`{_plain(default)}`" if default not in (None, "", ()) else ""


def _plain(default: Any) -> str:
    return "" if default in (None, ()) else f"{default:g}" if isinstance(default, float) else str(default)
