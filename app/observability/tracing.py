"""Spans of requests and statements, sent by OTLP over HTTP where an address was given."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

UNTRACED = "healthz,readyz,metrics"


@contextmanager
def tracing(endpoint: str | None, environment: str, release: str) -> Iterator[None]:
    """Trace until the block ends, and send the rest then; without an address nothing is traced."""
    if endpoint is None:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # slow to import, and seldom wanted
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "oms", "service.version": release, "deployment.environment.name": environment})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)
    statements = AsyncPGInstrumentor()  # type: ignore[no-untyped-call]  # the package leaves its constructor untyped
    statements.instrument(tracer_provider=provider)
    try:
        yield
    finally:
        statements.uninstrument()
        provider.shutdown()


def traced(app: ASGIApp) -> ASGIApp:
    """One span a request or socket, and none for each frame of it."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    wrapped: ASGIApp = OpenTelemetryMiddleware(app, excluded_urls=UNTRACED, exclude_spans=["receive", "send"])
    return wrapped
