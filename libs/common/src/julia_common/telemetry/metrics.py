"""Prometheus metrics of the process."""

from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST

_BUILD = Gauge("julia_build_info", "Always 1; the labels say what runs", ["service", "version"])


def build_info(service: str) -> None:
    """Publish the version of the service's distribution (`julia-brain`, ...)."""
    _BUILD.labels(service, version("julia-common")).set(1)


def render() -> bytes:
    """The text exposition of all metrics, for `/metrics`."""
    return generate_latest(REGISTRY)
