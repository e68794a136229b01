"""Clocks, retries and circuit breakers: how a call to a neighbour may fail."""
