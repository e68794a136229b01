"""Checks that a draft must pass before a doctor may read it. Pure rules."""
