"""What people see in Chatwoot, and how it gets there."""
