"""Logs, metrics and trace context. None of them ever holds who wrote or what was written."""
