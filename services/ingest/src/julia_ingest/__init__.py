"""ingest of Julia."""
