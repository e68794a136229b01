"""Hypothesis on machines that may be busy: examples count, milliseconds do not."""

from hypothesis import HealthCheck, settings

settings.register_profile("julia", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("julia")
