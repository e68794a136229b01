"""The broker and Redis, as ingest uses them."""
