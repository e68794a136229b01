"""What Claude can look up and do in a turn."""
