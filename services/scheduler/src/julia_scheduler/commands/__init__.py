"""What managers command from Slack: understood, confirmed, done, answered."""
