"""Spans of requests and statements, sent by OTLP over HTTP where an address was given."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

UNTRACED = "healthz,readyz,metrics"
_PROPAGATOR = TraceContextTextMapPropagator()


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


def carried(header: str | None) -> str | None:
    """The trace in which a request is done, as W3C has it: our own span of it where there is one, else what the client said."""
    span = trace.get_current_span().get_span_context()
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}" if span.is_valid else header


def parent_of(traceparent: str | None) -> Context:
    """The context that a span continues; an empty one where nobody traced."""
    return _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else Context()


def traced(app: ASGIApp) -> ASGIApp:
    """One span a request or socket, and none for each frame of it."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    wrapped: ASGIApp = OpenTelemetryMiddleware(app, excluded_urls=UNTRACED, exclude_spans=["receive", "send"])
    return wrapped
