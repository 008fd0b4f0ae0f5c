"""An ontology as OWL: what OWL can say in its words, the rest in a vocabulary of ours, and both read back."""
