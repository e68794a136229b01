"""Every number is asked for its state and judged, each minute, whatever becomes of the others."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from julia_common.database import (
    AssessedNumber,
    CatchupWindow,
    CatchupWindows,
    ConnectionRecorded,
    NumbersAssessed,
)
from julia_common.errors import Permanent, Retryable
from julia_scheduler.jobs.connections import connections
from julia_scheduler.jobs.health import health
from julia_scheduler.jobs.job import Run

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class FakeNumbers:
    known: tuple[str, ...] = ()
    told: dict[str, str] = field(default_factory=dict)

    async def catchup_windows(self):
        return CatchupWindows(
            instances=tuple(CatchupWindow(instance=n, since=NOON, until=NOON) for n in self.known)
        )

    async def connection_changed(self, *, instance, state):
        self.told[instance] = state
        return ConnectionRecorded(status="ok")


@dataclass
class FakeEvolution:
    states: dict[str, str | Exception]

    async def connection_state(self, instance):
        state = self.states[instance]
        if isinstance(state, Exception):
            raise state
        return state


@dataclass
class FakeJudge:
    numbers: tuple[AssessedNumber, ...]

    async def assess_numbers(self):
        return NumbersAssessed(mudancas=1, numeros=self.numbers)


async def test_configured_and_known_numbers_are_asked_once_each():
    database = FakeNumbers(known=("b", "c"))
    evolution = FakeEvolution({"a": "open", "b": "connecting", "c": "close"})

    details = await connections(database, evolution, ["a", "b"]).run(Run("conexoes", NOON))

    assert database.told == {"a": "open", "b": "connecting", "c": "close"}
    assert details == {"numeros": 3, "falhas": 0}


async def test_a_number_that_evolution_does_not_know_holds_up_no_other():
    database = FakeNumbers()
    evolution = FakeEvolution({"a": Permanent("unknown"), "b": Retryable("away"), "c": "open"})

    details = await connections(database, evolution, ["a", "b", "c"]).run(Run("conexoes", NOON))

    assert database.told == {"c": "open"}
    assert details == {"numeros": 3, "falhas": 2}


async def test_the_run_fails_when_evolution_is_away():
    evolution = FakeEvolution({"a": Retryable("away"), "b": Retryable("away")})

    with pytest.raises(Retryable):
        await connections(FakeNumbers(), evolution, ["a", "b"]).run(Run("conexoes", NOON))


async def test_the_gauges_show_each_number():
    counts = {"enviadas": 40, "entregues": 20, "recusadas": 0, "erros": 0}
    judge = FakeJudge(
        (
            AssessedNumber(instance="well", state="open", saude="boa", parcela=0.35, **counts),
            AssessedNumber(instance="ill", state="close", saude="banida", parcela=0, **counts),
        )
    )

    details = await health(judge).run(Run("saude", NOON))

    shown = {
        (name, instance): REGISTRY.get_sample_value(f"julia_numero_{name}", {"instancia": instance})
        for name in ("saude", "conectado", "parcela")
        for instance in ("well", "ill")
    }
    assert shown == {
        ("saude", "well"): 0,
        ("saude", "ill"): 3,
        ("conectado", "well"): 1,
        ("conectado", "ill"): 0,
        ("parcela", "well"): 0.35,
        ("parcela", "ill"): 0,
    }
    assert details == {"mudancas": 1, "boa": 1, "lenta": 0, "parada": 0, "banida": 1}
