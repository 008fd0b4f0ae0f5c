"""Log lines are JSON, faults go to Sentry and traces to OTLP, each only where it has an address."""

import gzip
import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import sentry_sdk
from sentry_sdk.transport import Transport

from app.domain.errors import NotFound, OmsError
from app.observability.faults import report, reporting

LINES = """
import logging, structlog
from app.observability.logging import configure, request_id
configure("info")
log = structlog.get_logger("ours")
log.debug("unsaid")
before = request_id.set("r1")
log.info("said", count=2, name="\\u3042")
logging.getLogger("theirs").warning("also %s", "said", extra={"path": "/x"})
request_id.reset(before)
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
log.warning("odd", half=chr(0xD800), large=2**70)
logging.getLogger("theirs").warning("odd %s", chr(0xDFFF))
"""


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        self.events += [envelope.get_event()]


def test_every_log_line_is_one_json_object_with_its_request():
    ended = subprocess.run([sys.executable, "-c", LINES], capture_output=True, text=True, check=True)
    ours, theirs, failed, odd, theirs_odd = map(json.loads, ended.stderr.splitlines())
    assert (ours["message"], ours["level"], ours["count"], ours["name"], ours["request_id"]) == ("said", "info", 2, "\u3042", "r1")
    assert (theirs["message"], theirs["level"], theirs["path"], theirs["request_id"]) == ("also said", "warning", "/x", "r1")
    assert "ZeroDivisionError" in failed["exception"]
    assert "request_id" not in failed
    # What no JSON of ours can hold ends nobody who says it: such a line once stopped a worker for ever.
    assert (odd["message"], odd["half"], odd["large"]) == ("odd", chr(0xD800), 2**70)
    assert theirs_odd["message"] == f"odd {chr(0xDFFF)}"


def divided(secret):
    return secret / 0


def test_a_fault_is_sent_with_its_request_and_without_variables():
    kept = Kept()
    with reporting("https://key@sentry.invalid/1", "staging", "1.0", (OmsError,), transport=kept):
        try:
            divided(1)
        except ZeroDivisionError as fault:
            report(fault, {"request_id": "r1"})
    [event] = kept.events
    assert event["exception"]["values"][0]["type"] == "ZeroDivisionError"
    assert (event["tags"], event["environment"], event["release"]) == ({"request_id": "r1"}, "staging", "1.0")
    assert '"vars"' not in json.dumps(event, default=str)


def test_an_expected_error_is_never_sent():
    kept = Kept()
    with reporting("https://key@sentry.invalid/1", "staging", "1.0", (OmsError,), transport=kept):
        report(NotFound("object type", "Nope"), {})
    assert kept.events == []


def test_without_an_address_nothing_is_reported():
    with reporting(None, "development", "1.0", ()):
        report(ZeroDivisionError(), {})
        assert not sentry_sdk.is_initialized()


TRACED = """
import asyncio, sys
from app.observability.tracing import traced, tracing

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})

async def nothing(*_):
    return {"type": "http.request"}

with tracing(sys.argv[1], "staging", "1.0"):
    for path in ("/healthz", "/graphql"):
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "http_version": "1.1", "scheme": "http"}
        asyncio.run(traced(app)({**scope, "server": ("localhost", 80)}, nothing, nothing))
"""


def test_spans_are_sent_to_the_address_and_health_has_none():
    received = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        Thread(target=collector.serve_forever, daemon=True).start()
        subprocess.run([sys.executable, "-c", TRACED, f"http://127.0.0.1:{collector.server_port}"], check=True, timeout=240)
        collector.shutdown()

    [(path, body)] = received
    spans = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    assert path == "/v1/traces"
    assert b"/graphql" in spans
    assert b"/healthz" not in spans
    assert b"http send" not in spans
