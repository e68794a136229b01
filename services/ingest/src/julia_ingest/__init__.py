"""API Julia: webhooks in, broker out. Nothing is answered 2xx before the broker has it."""
