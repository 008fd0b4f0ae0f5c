"""The ontology `sample`: a regional railway, to demonstrate and to explore."""
