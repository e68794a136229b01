"""Brings spans to a collector by OTLP over HTTP, without anybody waiting for it.

Spans wait in a bounded queue for a thread of their own; what does not fit is dropped. Whatever the
collector does, or does not, costs the process at most `FLUSH_SECONDS`, once, at its end.
"""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from julia_common.settings import CommonSettings
from julia_common.telemetry import tracing
from julia_common.telemetry.redaction import Redactor

FLUSH_SECONDS: Final = 3.0
"""Time for the last spans, after everything else has ended."""

_PATH: Final = "/v1/traces"

_log = logging.getLogger(__name__)


@contextmanager
def exporting(service: str, settings: CommonSettings, redactor: Redactor) -> Iterator[None]:
    """Export what the block does, if the settings ask for it.

    Sampler, queue, timeout and headers are those of OpenTelemetry's own variables
    (`docs/reference/tracing.md`).
    """
    if settings.otel_traces_exporter == "none":
        yield
        return
    provider = TracerProvider(resource=_resource(service, settings), shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(settings.otel_exporter_otlp_endpoint + _PATH))
    )
    tracing.use(provider, redactor)
    _log.info("spans go to %s", settings.otel_exporter_otlp_endpoint)
    try:
        yield
    finally:
        _flush(provider)


def _resource(service: str, settings: CommonSettings) -> Resource:
    return Resource.create(
        {
            "service.namespace": "julia",
            "service.name": service,
            "service.version": version("julia-common"),
            "service.instance.id": socket.gethostname(),
            "deployment.environment.name": settings.environment,
        }
    )


def _flush(provider: TracerProvider) -> None:
    # In a thread, because the SDK's own shutdown waits for an absent collector as long as it likes.
    last = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
    last.start()
    last.join(FLUSH_SECONDS)
    if last.is_alive():
        _log.warning("the last spans were not taken within %g s and are dropped", FLUSH_SECONDS)
