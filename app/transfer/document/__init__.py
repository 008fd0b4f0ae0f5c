"""An ontology as one document for people and git: canonical YAML or JSON, in which names stand for rids."""
