"""How much one caller may ask for, hold or wait; every number is a setting."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LIMIT_PREFIX = "OMS_LIMIT_"
KIB = 1024
MIB = 1024 * KIB

Count = Annotated[int, Field(ge=1, le=10_000_000)]
Bytes = Annotated[int, Field(ge=KIB, le=KIB * MIB)]
Memory = Annotated[int, Field(ge=256 * MIB, le=KIB * KIB * MIB)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Limits(BaseModel):
    """The bounds of requests, documents, sockets and database work."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    body_bytes: Bytes = Field(MIB, description="Bytes in the body of a request.")
    bulk_body_bytes: Bytes = Field(16 * MIB, description="Bytes in the body of /graphql and /api/bulk for a verified editor.")
    import_body_bytes: Bytes = Field(64 * MIB, description="Bytes in the body of a REST import.")
    import_seconds: Seconds = Field(600, description="Seconds that an import may take once it runs, beyond which it is ended.")
    export_seconds: Seconds = Field(
        300, description="Seconds in which a client must have taken a file that /api/export streams, beyond which the connection is cut."
    )
    exports: Count = Field(
        4, description="Exports that a process writes at once, each with its ontology in memory, beyond which the answer is UNAVAILABLE."
    )
    import_memory_bytes: Memory = Field(3 * KIB * MIB, description="Bytes of memory that the process of an import may take.")
    request_line_bytes: Bytes = Field(16 * KIB, description="Bytes in the request line, beyond which the answer is 414.")
    header_bytes: Bytes = Field(32 * KIB, description="Bytes in all headers of a request, beyond which the answer is 431.")
    request_seconds: Seconds = Field(30, description="Seconds in which headers and body must have arrived, beyond which the answer is 408.")
    json_depth: Count = Field(32, description="Nesting of a JSON body or of variables.")
    json_digits: Count = Field(100, description="Digits of one number in a JSON body.")

    document_bytes: Bytes = Field(16 * KIB, description="Bytes in a GraphQL document.")
    tokens: Count = Field(1_000, description="Tokens in a GraphQL document.")
    fields: Count = Field(500, description="Fields in a GraphQL document, fragments expanded.")
    depth: Count = Field(20, description="Nesting of a GraphQL document, fragments expanded.")
    aliases: Count = Field(30, description="Aliases in a GraphQL document, fragments expanded.")
    directives: Count = Field(50, description="Directives in a GraphQL document.")
    root_fields_query: Count = Field(20, description="Root fields of a query.")
    root_fields_mutation: Count = Field(5, description="Root fields of a mutation.")
    same_response_name: Count = Field(5, description="Times that one response name may stand in a selection set.")
    cost: Count = Field(50_000, description="Objects that an answer may hold, as the document asks for them.")
    page_size: Count = Field(100, description="Largest `first` or `last` of a connection.")
    default_page_size: Count = Field(10, description="Items of a page where neither `first` nor `last` is given.")
    errors_returned: Count = Field(10, description="Errors that an answer lists.")
    persisted_queries: Count = Field(1_000, description="Automatic persisted queries that a process remembers.")
    response_cache_bytes: Bytes = Field(64 * MIB, description="Bytes of answers that a process keeps for the same revision.")
    entity_cache_bytes: Bytes = Field(
        16 * MIB, description="Bytes of versions of entities that a process keeps, for histories, audits and live events."
    )
    execution_seconds: Seconds = Field(10, description="Seconds that an operation may take.")
    long_execution_seconds: Seconds = Field(60, description="Seconds that mergeChangeSet and applyChanges may take.")

    websocket_frame_bytes: Bytes = Field(64 * KIB, description="Bytes in a frame from a WebSocket client.")
    websocket_init_seconds: Seconds = Field(5, description="Seconds in which connection_init must arrive.")
    websocket_send_seconds: Seconds = Field(10, description="Seconds in which a socket or an event stream must take what is sent to it.")
    subscriptions_per_socket: Count = Field(20, description="Operations that one socket may have running.")
    sockets_per_user: Count = Field(10, description="Sockets that one subject may have open in a process.")
    event_streams_per_user: Count = Field(20, description="Event streams (SSE) that one subject may have open in a process.")
    event_stream_heartbeat_seconds: Seconds = Field(
        15, description="Seconds without an event after which an event stream shows that it lives."
    )
    resume_events: Count = Field(10_000, description="Events that a resumed subscription may be behind before its cursor expires.")

    pool_size: Count = Field(20, description="Connections to PostgreSQL in the pool of a process.")
    pool_acquire_seconds: Seconds = Field(2, description="Seconds to wait for one of them, beyond which the answer is UNAVAILABLE.")
    statement_seconds: Seconds = Field(5, description="Seconds that a statement may take.")
    long_statement_seconds: Seconds = Field(30, description="Seconds that a statement of a merge or an import may take.")
    idle_in_transaction_seconds: Seconds = Field(10, description="Seconds that a transaction may be idle.")
    writer_queue_seconds: Seconds = Field(10, description="Seconds that a writer waits for another one of its ontology.")
    idempotency_seconds: Seconds = Field(86_400, description="Seconds that an idempotency key is remembered.")

    shutdown_seconds: Seconds = Field(
        45, description="Seconds that running requests get when the process is told to end: more than a merge may wait and take."
    )
