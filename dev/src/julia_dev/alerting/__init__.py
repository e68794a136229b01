"""`make alerts`: what goes wrong reaches Slack in time, and every panel has data."""
