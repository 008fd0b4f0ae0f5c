"""Everything that is written through GraphQL: one module a kind, change sets, ontologies."""
