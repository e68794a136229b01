"""What the services share: contracts, settings, messaging, database, telemetry, resilience."""
