"""How long doctors waited, and how much of the ceilings is used, as Prometheus sees it."""

from collections import deque
from dataclasses import dataclass

import pytest
from prometheus_client import REGISTRY

from julia_common.database import CeilingReset, RateUsage, ReplyTimes, SendRecorded
from julia_common.database.sending import InstanceUse
from julia_common.evolution import NotSent, Uncertain
from julia_common.testing import MetricsChange
from julia_dispatcher.measuring import MeasuredCeilings
from julia_dispatcher.testing import part

pytestmark = pytest.mark.unit


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def recorded(*, idade_ms: int, espera_ms: int, retida: bool) -> SendRecorded:
    times = ReplyTimes(idade_ms=idade_ms, espera_ms=espera_ms, retida=retida)
    return SendRecorded(status="registrada", resposta=times)


async def test_a_reply_is_observed_in_all_and_in_its_two_parts(bench):
    change = MetricsChange()
    bench.outbox.claims = deque([part])
    bench.outbox.record_answers = deque([recorded(idade_ms=4500, espera_ms=1200, retida=False)])

    await bench.sending.step("c1")

    assert change.of("julia_resposta_segundos_sum", retida="nao") == pytest.approx(4.5)
    assert change.of("julia_resposta_espera_segundos_sum") == pytest.approx(1.2)
    assert change.of("julia_resposta_trabalho_segundos_sum") == pytest.approx(3.3)
    assert change.of("julia_resposta_segundos_bucket", retida="nao", le="5.0") == 1
    assert change.of("julia_resposta_segundos_bucket", retida="nao", le="4.0") == 0


async def test_the_time_that_recording_took_is_not_the_doctors(bench):
    change = MetricsChange()
    bench.outbox.claims = deque([part])
    answer = recorded(idade_ms=9000, espera_ms=0, retida=False)

    async def slowly(_: object) -> SendRecorded:
        bench.clock.advance(5)
        return answer

    bench.outbox.record_send = slowly

    await bench.sending.step("c1")

    assert change.of("julia_resposta_segundos_sum", retida="nao") == pytest.approx(4)


async def test_what_was_held_up_on_purpose_is_observed_apart(bench):
    change = MetricsChange()
    bench.outbox.claims = deque([part])
    bench.outbox.record_answers = deque([recorded(idade_ms=90_000, espera_ms=1200, retida=True)])

    await bench.sending.step("c1")

    assert change.of("julia_resposta_segundos_sum", retida="sim") == pytest.approx(90)
    assert change.of("julia_resposta_segundos_count", retida="nao") == 0
    assert change.of("julia_resposta_trabalho_segundos_count") == 0


async def test_sends_that_end_badly_are_errors_of_their_stage_and_the_canary_is_no_work(bench):
    change = MetricsChange()
    bench.outbox.claims = deque([part, part, part, lambda claim: part(claim, canary=True)])
    bench.evolution.outcomes = deque(
        [NotSent(permanent=False, reason="refused", status=500), Uncertain("lost")]
    )

    for _ in range(4):
        await bench.sending.step("c1")

    assert change.of("julia_trabalhos_total", etapa="envio") == 3
    assert change.of("julia_erros_total", etapa="envio", tipo="nao_enviada") == 1
    assert change.of("julia_erros_total", etapa="envio", tipo="incerta") == 1


@dataclass
class Counted:
    reset: str = ""

    async def rate_usage(self, *, post_timeout_s: float) -> RateUsage:
        assert post_timeout_s == 10
        number = InstanceUse(instance="julia-medida", hora=14, dia=30)
        return RateUsage(instances=(number,), hora=14, dia=30)

    async def reset_ceiling(self, *, window: str, op_id: str, por: str) -> CeilingReset:
        self.reset = f"{window} {op_id} {por}"
        return CeilingReset(status="reiniciado")


async def test_the_use_of_each_number_shows_with_its_ceiling():
    counted = Counted()
    measured = MeasuredCeilings(counted, max_hora=15, max_dia=80)

    await measured.rate_usage(post_timeout_s=10)
    await measured.reset_ceiling(window="hora", op_id="op", por="redis")

    used = {
        w: value("julia_teto_usado", instancia="julia-medida", janela=w) for w in ("hora", "dia")
    }
    limit = {
        w: value("julia_teto_limite", instancia="julia-medida", janela=w) for w in ("hora", "dia")
    }
    assert used == {"hora": 14, "dia": 30}
    assert limit == {"hora": 15, "dia": 80}
    assert counted.reset == "hora op redis"
