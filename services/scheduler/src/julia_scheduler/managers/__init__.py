"""What managers read in Slack: notices, reports, and how they get there."""
