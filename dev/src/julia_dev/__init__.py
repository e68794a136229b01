"""The local stack and the commands that show what Julia does: up, smoke, ledger."""
