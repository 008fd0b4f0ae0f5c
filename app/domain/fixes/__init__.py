"""Fixes: for a broken rule, the operations that would mend it without breaking another, where that can be known."""
