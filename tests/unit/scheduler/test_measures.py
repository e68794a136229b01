"""Gauges of the last day, of late jobs and of queues: closed labels, and 0 where nothing was."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from unittest.mock import AsyncMock

import pytest
from prometheus_client import REGISTRY

from julia_brain.domain import bot_suspicion
from julia_common.database import Activity, LastHour, LastRuns, OpenConversations, Suspecting
from julia_common.errors import Retryable
from julia_common.messaging.depths import QueueDepth
from julia_dev.paths import MIGRATIONS
from julia_scheduler import activity
from julia_scheduler.activity import measure_activity
from julia_scheduler.jobs.job import Job, Missed
from julia_scheduler.lateness import Lateness
from julia_scheduler.queues import measure_queues

pytestmark = pytest.mark.unit


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


DAY = Activity(
    conversando=40,
    suspeitas=Suspecting(medicos=3, por_padrao={"robo": 4, "outra coisa": 1}),
    transferencias={"manual": 2},
    com_pessoas=5,
    com_pessoas_idade_s=None,
    opt_outs={"definitivo": 1, "mes": 0, "vaga": 6},
    funil={"contatados": 9, "responderam": 4, "convertidos": 2, "plantoes": 3},
    abertas=OpenConversations(ai=7, human=5),
    sem_desfecho=0,
    ultima_hora=LastHour(respondidos=30, transferidas=7),
)


@dataclass
class Day:
    seen: Activity

    async def activity(self) -> Activity:
        return self.seen


async def test_the_last_day_shows_with_zeros_for_what_did_not_happen():
    await measure_activity(Day(DAY))

    assert shown("julia_medicos_conversando_24h") == 40
    assert shown("julia_medicos_suspeitos_24h") == 3
    assert shown("julia_transferencias_24h", motivo="manual") == 2
    assert shown("julia_transferencias_24h", motivo="juridico") == 0
    assert shown("julia_transferencias_pendentes_idade_segundos") == 0
    assert shown("julia_funil_24h", etapa="plantoes") == 3
    assert shown("julia_opt_outs_24h", escopo="vaga") == 6
    assert shown("julia_conversas_abertas", controle="human") == 5
    assert shown("julia_turnos_respondidos_60min") == 30
    assert shown("julia_transferencias_60min") == 7


async def test_what_a_table_holds_beyond_the_known_words_becomes_no_series():
    await measure_activity(Day(DAY))

    assert shown("julia_suspeitas_bot_24h", padrao="robo") == 4
    assert shown("julia_suspeitas_bot_24h", padrao="outra coisa") is None


def test_the_known_words_are_those_of_the_brain_and_of_the_database():
    sql = (MIGRATIONS / "20261122000300_conversations.sql").read_text()
    triggers = sql.split("function private.handoff_triggers")[1].split("array[")[1].split("]")[0]

    assert set(activity._PATTERNS) == set(bot_suspicion._PATTERNS)
    assert set(activity._TRIGGERS) == {word.strip(" \n'") for word in triggers.split(",")}


NOW = datetime.fromisoformat("2026-11-23T12:20:30-03:00")


@dataclass
class Runs:
    jobs: dict[str, datetime] = field(default_factory=dict)
    now: datetime = NOW

    async def last_runs(self, *, jobs: Collection[str]) -> LastRuns:
        assert set(jobs) == {"batimento", "relatorio"}
        return LastRuns(agora=self.now, jobs=self.jobs)


JOBS = (
    Job("batimento", "* * * * *", Missed.SKIP, AsyncMock()),
    Job("relatorio", "0 8 * * *", Missed.LATEST, AsyncMock()),
)


def late(job: str) -> float | None:
    return shown("julia_tarefa_atraso_segundos", tarefa=job)


async def test_a_job_is_late_since_the_first_run_after_the_last_good_one():
    runs = Runs({"batimento": NOW.replace(minute=0, second=0), "relatorio": NOW.replace(hour=8)})

    await Lateness(runs, JOBS).measure()

    assert late("batimento") == 19 * 60 + 30
    assert late("relatorio") == 0


async def test_a_report_that_failed_for_good_is_late_until_the_next_is_good():
    runs = Runs(
        {"batimento": NOW, "relatorio": datetime.fromisoformat("2026-11-22T08:00:00-03:00")}
    )

    await Lateness(runs, JOBS).measure()

    assert late("batimento") == 0
    assert late("relatorio") == 4 * 3600 + 20 * 60 + 30


async def test_a_job_that_never_ran_is_expected_from_the_start_of_the_process_on():
    runs = Runs()
    lateness = Lateness(runs, JOBS)
    await lateness.measure()
    assert late("batimento") == 0

    runs.now = NOW.replace(minute=22, second=0)
    await lateness.measure()
    assert late("batimento") == 60


@dataclass
class Broker:
    answer: Sequence[QueueDepth] | Retryable

    async def depths(self) -> Sequence[QueueDepth]:
        if isinstance(self.answer, Retryable):
            raise self.answer
        return self.answer


INBOUND = QueueDepth("brain.inbound", ready=7, consumers=2, is_consumed=True)
DEAD = QueueDepth("brain.inbound.dead", ready=1, consumers=0, is_consumed=False)


async def test_queues_show_what_waits_and_consumers_where_there_should_be_some():
    await measure_queues(Broker([INBOUND, DEAD]))

    assert shown("julia_fila_mensagens", fila="brain.inbound") == 7
    assert shown("julia_fila_mensagens", fila="brain.inbound.dead") == 1
    assert shown("julia_fila_consumidores", fila="brain.inbound") == 2
    assert shown("julia_fila_consumidores", fila="brain.inbound.dead") is None

    await measure_queues(Broker([replace(INBOUND, consumers=0)]))
    assert shown("julia_fila_consumidores", fila="brain.inbound") == 0


async def test_what_a_broker_that_is_away_does_not_tell_is_not_shown():
    await measure_queues(Broker([INBOUND]))

    with pytest.raises(Retryable):
        await measure_queues(Broker(Retryable("away")))

    assert shown("julia_fila_mensagens", fila="brain.inbound") is None
