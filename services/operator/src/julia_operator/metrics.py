"""Metrics of the operator. Labels come from closed lists: no name of a resource, no scope."""

from prometheus_client import Counter, Gauge, Histogram

DECISIONS = Counter(
    "julia_operador_decisoes_total",
    "Specs that were shown to the database, by what it made of them",
    ["desfecho"],
)
FAILURES = Counter(
    "julia_operador_falhas_total", "Specs that did not reach the database, by reason", ["motivo"]
)
APPLY_SECONDS = Histogram(
    "julia_operador_aplicar_segundos",
    "Seconds from seeing a spec to its row",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
LATE_STARTS = Gauge("julia_inicios_tardios", "Sends that began more than 2 s after a standing stop")
CLAIMS_AFTER_STOP = Gauge("julia_reservas_apos_parada", "Sends claimed after a standing stop")
