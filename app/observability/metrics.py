"""What Prometheus reads at /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("http_requests_total", "HTTP requests.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("http_request_duration_seconds", "Seconds from a request's head to its answer's end.", ["method", "route"])
DATABASE_SECONDS = Histogram(
    "db_query_duration_seconds",
    "Seconds of a statement, the way to PostgreSQL and back included.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
