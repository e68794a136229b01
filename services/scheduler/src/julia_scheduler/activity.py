"""Shows how doctors and people fared in the last 24 hours; who they are stays in the database."""

from collections.abc import Mapping
from typing import Final, Protocol

from prometheus_client import Gauge

from julia_common.database import Activity
from julia_scheduler import metrics

_PATTERNS: Final = (
    "robo",
    "inteligencia_artificial",
    "maquina",
    "automatico",
    "pessoa_de_verdade",
)
_TRIGGERS: Final = (
    "pedido_humano",
    "juridico",
    "sentimento_negativo",
    "baixa_confianca",
    "manual",
    "indisponibilidade",
    "falha_repetida",
    "resposta_vencida",
    "envio_incerto",
    "falha_envio",
    "contato_unificado",
)
_SCOPES: Final = ("definitivo", "mes", "vaga")
_FUNNEL: Final = ("contatados", "responderam", "convertidos", "plantoes")


class Counted(Protocol):
    """What the database counts."""

    async def activity(self) -> Activity:
        """What doctors and people did in the last 24 hours."""
        ...


async def measure_activity(database: Counted) -> None:
    """Bring the gauges up to date; of what did not happen they say 0."""
    seen = await database.activity()
    metrics.TALKING.set(seen.conversando)
    metrics.SUSPICIOUS.set(seen.suspeitas.medicos)
    metrics.UNSETTLED.set(seen.sem_desfecho)
    metrics.WITH_PEOPLE.set(seen.com_pessoas)
    metrics.WITH_PEOPLE_OLDEST.set(seen.com_pessoas_idade_s or 0)
    metrics.OPEN_CONVERSATIONS.labels("ai").set(seen.abertas.ai)
    metrics.OPEN_CONVERSATIONS.labels("human").set(seen.abertas.human)
    metrics.ANSWERED_LAST_HOUR.set(seen.ultima_hora.respondidos)
    metrics.HANDED_OVER_LAST_HOUR.set(seen.ultima_hora.transferidas)
    _show(metrics.SUSPICIONS, _PATTERNS, seen.suspeitas.por_padrao)
    _show(metrics.HANDOFFS, _TRIGGERS, seen.transferencias)
    _show(metrics.OPT_OUTS, _SCOPES, seen.opt_outs)
    _show(metrics.FUNNEL, _FUNNEL, seen.funil)


def _show(gauge: Gauge, labels: tuple[str, ...], counts: Mapping[str, int]) -> None:
    """Show the known labels alone, so that nothing a table may hold becomes a series."""
    for label in labels:
        gauge.labels(label).set(counts.get(label, 0))
