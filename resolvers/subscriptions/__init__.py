"""The events that clients follow, and where they come from."""
