"""RDF to operations: one deterministic mapping for RDFS, OWL and schema.org; docs/mapping-rdf.md tells it to people."""
