"""An ontology as a schema of something else: one way, with a receipt of what the schema cannot say."""
