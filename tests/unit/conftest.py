"""Hypothesis on machines that may be busy: examples count, milliseconds do not. And spans."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from julia_common.telemetry import tracing
from julia_common.telemetry.redaction import Redactor

settings.register_profile("julia", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("julia")


@pytest.fixture
def spans_off_again() -> Iterator[None]:
    """Nothing is recorded any more after the test, whatever it has switched on."""
    yield
    tracing.use(TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False), Redactor())


@pytest.fixture
def recorded(spans_off_again: None) -> InMemorySpanExporter:
    """The spans of the test as they end; `chave-secreta` is a secret."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider, Redactor(["chave-secreta"]))
    return exporter
