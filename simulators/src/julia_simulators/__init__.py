"""Honest stand-ins for the systems that cannot be had locally, made from recorded contracts."""
