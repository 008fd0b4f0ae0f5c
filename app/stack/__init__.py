"""The real servers on this machine, natively and on loopback: for development and for tests, never for production."""
