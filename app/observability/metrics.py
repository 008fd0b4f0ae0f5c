"""What Prometheus reads at /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("http_requests_total", "HTTP requests.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("http_request_duration_seconds", "Seconds from a request's head to its answer's end.", ["method", "route"])
DATABASE_SECONDS = Histogram(
    "db_query_duration_seconds",
    "Seconds of a statement, the way to PostgreSQL and back included.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
OUTBOX_WAITING = Gauge("outbox_waiting_events", "Events that are committed and not published, counted up to 100,000 by the leading relay.")
OUTBOX_AGE = Gauge("outbox_oldest_seconds", "Seconds since the oldest event that is not published was committed.")
RELAY_LEADS = Gauge("relay_leads", "1 where this process is the one relay that publishes.")
RELAYED = Counter("relay_events_total", "Events that were published, and acknowledged by the broker.")
WORKED = Counter("worker_runs_total", "Runs of a worker for an ontology.", ["worker", "outcome"])
WORKER_SECONDS = Histogram("worker_run_duration_seconds", "Seconds in which a worker brought an ontology up to date.", ["worker"])
DRIFT = Gauge(
    "sink_drift_entities", "Entities that a sink held otherwise than PostgreSQL said when they were compared last.", ["sink", "ontology"]
)
RECONCILED_AT = Gauge(
    "sink_compared_timestamp_seconds", "When a sink was compared with PostgreSQL last, in Unix time.", ["sink", "ontology"]
)
CACHE_LOOKUPS = Counter("cache_lookups_total", "Lookups in the cache that processes share.", ["cache", "outcome"])
REDIS_CALLS = Counter(
    "redis_calls_total",
    "Calls of Redis by what they were for and what became of them: answered, failed, busy (no connection was free), left alone.",
    ["use", "outcome"],
)
REDIS_IN_USE = Gauge("redis_connections_in_use", "Connections of the pool that somebody uses now, of 50.")
REDIS_LISTENING = Gauge("redis_listening", "1 where this process hears at once what others change in Redis.")
REDIS_SECONDS = Histogram(
    "redis_call_duration_seconds",
    "Seconds of a call of Redis that was made.",
    ["use"],
    buckets=(0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25),
)
PRESENCE_SEATS = Gauge("presence_seats", "Seats of this process's connections, by where they are kept.", ["place"])
BEHIND = Gauge(
    "sink_behind_revisions", "Revisions of an ontology that a sink had yet to get when they were compared last.", ["sink", "ontology"]
)
DEAD_LETTERS = Gauge(
    "sink_dead_letters", "Entities of an ontology that a sink refuses, without those that were discarded.", ["sink", "ontology"]
)
CIRCUIT_OPEN = Gauge("circuit_open", "1 where a system is left alone for a while since it failed a few times in a row.", ["system"])
CONSUMER_LAG = Gauge(
    "consumer_lag_messages", "Signals of merges that a worker's consumer has not read yet, of its own partitions.", ["worker"]
)
