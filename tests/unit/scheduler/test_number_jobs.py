"""Every number is asked for its state and judged, each minute, whatever becomes of the others."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from julia_common.database import (
    ConnectionRecorded,
    Number,
    NumbersAssessed,
    NumbersListed,
)
from julia_common.errors import Permanent, Retryable
from julia_scheduler.jobs.connections import connections
from julia_scheduler.jobs.health import health
from julia_scheduler.jobs.job import Run
from julia_scheduler.numbers import measure_numbers

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def number(name: str, **how: object) -> Number:
    counts = {"enviadas": 40, "entregues": 20, "recusadas": 0, "erros": 0}
    return Number.model_validate(
        {"instance": name, "state": "open", "saude": "boa", "parcela": 1, **counts, **how}
    )


@dataclass
class FakeNumbers:
    known: tuple[str, ...] = ()
    told: dict[str, str] = field(default_factory=dict)

    async def list_numbers(self):
        return NumbersListed(numeros=tuple(number(name) for name in self.known))

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
    numbers: tuple[Number, ...] = ()

    async def list_numbers(self):
        return NumbersListed(numeros=self.numbers)

    async def assess_numbers(self):
        return NumbersAssessed(mudancas=2)


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


async def test_the_job_tells_how_many_numbers_changed():
    assert await health(FakeJudge()).run(Run("saude", NOON)) == {"mudancas": 2}


async def test_the_gauges_show_each_number():
    well = number("well", parcela=0.35)
    ill = number("ill", state="close", saude="banida", parcela=0)

    await measure_numbers(FakeJudge((well, ill)))

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
