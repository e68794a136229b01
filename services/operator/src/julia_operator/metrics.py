"""Metrics of the operator. Labels come from closed lists: no name of a resource, no scope."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from julia_common.database import StatusOf

DECISIONS: Final = Counter(
    "julia_operador_decisoes_total",
    "Specs that were shown to the database, by what it made of them",
    ["desfecho"],
)
FAILURES: Final = Counter(
    "julia_operador_falhas_total", "Specs that did not reach the database, by reason", ["motivo"]
)
UNTOLD: Final = Counter(
    "julia_operador_eventos_falhos_total", "Times that the API server did not take an Event"
)
APPLY_SECONDS: Final = Histogram(
    "julia_operador_aplicar_segundos",
    "Seconds from seeing a spec to its row",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
RESOURCES: Final = Gauge("julia_operador_recursos", "Resources that are looked after")


class Worst:
    """A gauge that shows the highest of what is known of several resources."""

    def __init__(self, gauge: Gauge) -> None:
        """Show nothing wrong until something is known."""
        self._gauge = gauge
        self._of: dict[str, int] = {}

    def know(self, uid: str, value: int) -> None:
        """Take what is known of one resource now."""
        self._of[uid] = value
        self._show()

    def forget(self, uid: str) -> None:
        """Leave out a resource that is gone."""
        self._of.pop(uid, None)
        self._show()

    def _show(self) -> None:
        self._gauge.set(max(self._of.values(), default=0))


LATE_STARTS: Final = Gauge(
    "julia_inicios_tardios",
    "Sends that began more than 2 s after a standing stop, of the resource with the most",
)
CLAIMED_AFTER: Final = Gauge(
    "julia_reservas_apos_parada",
    "Sends claimed after a standing stop, of the resource with the most",
)
_LATE: Final = Worst(LATE_STARTS)
_AFTER: Final = Worst(CLAIMED_AFTER)


def know(uid: str, stands: StatusOf) -> None:
    """Show how well a resource's stop holds."""
    _LATE.know(uid, stands.inicios_tardios)
    _AFTER.know(uid, stands.reservas_apos)


def forget(uid: str) -> None:
    """Show nothing more of a resource that is gone."""
    _LATE.forget(uid)
    _AFTER.forget(uid)
