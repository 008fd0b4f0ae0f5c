"""Ontologies in and out of files: pure mappings between files and operations, without a database."""
