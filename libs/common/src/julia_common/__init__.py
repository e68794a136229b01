"""What the services of Julia share: contracts, settings, messaging, database, telemetry, probes, resilience."""
