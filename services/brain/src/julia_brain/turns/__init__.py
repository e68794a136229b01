"""Turns: from a conversation that is due to its committed answer."""
