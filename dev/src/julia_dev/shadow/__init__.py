"""Compares what was sent to doctors with what a shadow would have sent."""
