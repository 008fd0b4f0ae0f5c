"""GraphQL over HTTP and WebSocket: from the bytes of a request to the bytes of its answer."""
