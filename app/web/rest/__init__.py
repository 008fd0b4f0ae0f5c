"""The REST face: what the original specification names, over the same services as GraphQL."""
