"""What the service asks of systems that it does not own, one module each."""
