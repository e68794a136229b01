"""One claim, at most one POST, one record: whatever happens in between."""

import asyncio
from collections import deque

import pytest

from julia_common.database import Attachment, NotClaimed, SendRecorded
from julia_common.errors import Permanent, Retryable
from julia_common.evolution import File, NotSent, Sent, Uncertain
from julia_common.resilience.breaker import CircuitState
from julia_dispatcher.conversations import Typing
from julia_dispatcher.sending import Sending, Terms
from julia_dispatcher.testing import part

pytestmark = pytest.mark.unit


def typing(_: str) -> NotClaimed:
    return NotClaimed(
        status="recusado",
        motivo="digitar",
        retry_in_ms=4200,
        digitar_ms=4200,
        instance="julia-01",
        destino="5519900000001",
    )


async def test_a_claimed_part_is_posted_once_and_recorded_with_its_id(bench):
    bench.outbox.claims = deque([part])

    assert await bench.sending.step("c1") is None

    assert bench.evolution.posts == [("julia-01", "5519900000001", "Oi! Tem sim.")]
    [record] = bench.outbox.records
    assert (record.result, record.provider_message_id) == ("enviada", "KEY1")
    assert record.start_delay_ms == 50
    assert bench.evolution.budgets == [pytest.approx(1.95)]


@pytest.mark.parametrize("up", [False, True])
async def test_a_claim_says_whether_redis_is_there(bench, up):
    terms = Terms(max_hora=15, max_dia=80, post_timeout_s=10, owner="me")
    sending = Sending(
        bench.outbox, bench.evolution, bench.circuit, terms, bench.clock, redis_up=lambda: up
    )

    await sending.step("c1")

    assert bench.outbox.asked[0].sem_redis is not up


async def test_a_part_with_a_file_is_posted_as_such_with_its_words_as_caption(bench):
    anexo = Attachment(tipo="document", mimetype="application/pdf", nome="f.pdf", base64="JVBERg==")
    bench.outbox.claims = deque([lambda claim_id: part(claim_id, anexo=anexo)])

    await bench.sending.step("c1")

    assert bench.evolution.files == [
        File(kind="document", mimetype="application/pdf", name="f.pdf", base64="JVBERg==")
    ]
    assert bench.evolution.posts == [("julia-01", "5519900000001", "Oi! Tem sim.")]
    assert [record.result for record in bench.outbox.records] == ["enviada"]


async def test_typing_is_shown_beside_the_work_and_the_claim_made_again_after_it(bench):
    bench.outbox.claims = deque([typing])
    bench.evolution.presence_answer = asyncio.Event()

    assert await bench.sending.step("c1") == Typing(4.2)

    await asyncio.sleep(0)
    assert bench.evolution.presences == [("julia-01", "5519900000001", "composing", 4.2)]
    assert bench.evolution.posts == []


async def test_typing_that_is_being_shown_is_not_shown_twice(bench):
    bench.outbox.claims = deque([typing, typing, typing])
    bench.evolution.presence_answer = asyncio.Event()
    await bench.sending.step("c1")
    await bench.sending.step("c1")
    await asyncio.sleep(0)
    assert len(bench.evolution.presences) == 1

    bench.evolution.presence_answer.set()
    while any(task.get_name() == "show typing" for task in asyncio.all_tasks()):
        await asyncio.sleep(0)
    await bench.sending.step("c1")
    await asyncio.sleep(0)

    assert len(bench.evolution.presences) == 2


@pytest.mark.parametrize("failure", [Retryable("away"), Permanent("unknown instance")])
async def test_typing_that_cannot_be_shown_changes_nothing(bench, failure):
    bench.outbox.claims = deque([typing, part])
    bench.evolution.presence_answer = failure

    assert await bench.sending.step("c1") == Typing(4.2)
    await asyncio.sleep(0)
    await bench.sending.step("c1")

    assert len(bench.evolution.posts) == 1


async def test_typing_ends_with_the_process(bench):
    bench.outbox.claims = deque([typing])
    bench.evolution.presence_answer = asyncio.Event()
    await bench.sending.step("c1")
    await asyncio.sleep(0)

    async with asyncio.timeout(30):
        await bench.sending.finish()

    assert [task for task in asyncio.all_tasks() if task.get_name() == "show typing"] == []


async def test_each_claim_has_an_id_of_its_own(bench):
    bench.outbox.claims = deque([part, part])

    await bench.sending.step("c1")
    await bench.sending.step("c1")

    first, second = bench.outbox.asked
    assert first.claim_id != second.claim_id


async def test_a_claim_that_took_longer_than_its_budget_is_given_back_without_a_post(bench):
    bench.outbox.claims = deque([part])
    bench.outbox.claim_seconds = 2.0

    assert await bench.sending.step("c1") == 0

    assert bench.evolution.posts == []
    assert bench.outbox.records == []
    [(claim_id, motivo)] = bench.outbox.released
    assert (claim_id, motivo) == (bench.outbox.asked[0].claim_id, "tarde")


async def test_giving_back_is_repeated_until_the_database_answers(bench):
    bench.outbox.claims = deque([part])
    bench.outbox.claim_seconds = 3.0
    bench.outbox.release_answers = deque([Retryable("away"), Retryable("away")])

    await bench.sending.step("c1")

    assert len(bench.outbox.released) == 1


async def test_a_record_is_repeated_until_the_database_answers_and_nothing_is_posted_again(bench):
    bench.outbox.claims = deque([part])
    bench.outbox.record_answers = deque([Retryable("away")] * 20)

    await bench.sending.step("c1")

    assert len(bench.evolution.posts) == 1
    assert [record.result for record in bench.outbox.records] == ["enviada"]
    assert max(bench.clock.slept) == 5.0


async def test_a_record_that_the_database_refuses_for_good_ends_the_step(bench):
    bench.outbox.claims = deque([part])
    bench.outbox.record_answers = deque([Permanent("no such claim")])

    assert await bench.sending.step("c1") is None
    assert len(bench.evolution.posts) == 1


async def test_a_canary_is_recorded_as_sent_and_never_posted(bench):
    bench.outbox.claims = deque([lambda claim_id: part(claim_id, kind="canary", canary=True)])

    await bench.sending.step("c1")

    assert bench.evolution.posts == []
    [record] = bench.outbox.records
    assert (record.result, record.provider_message_id) == ("enviada", None)


@pytest.mark.parametrize(
    ("outcome", "result", "permanent"),
    [
        (NotSent(permanent=True, reason="not on WhatsApp", status=400), "nao_enviada", True),
        (NotSent(permanent=False, reason="unknown instance", status=404), "nao_enviada", False),
        (NotSent(permanent=False, reason="refused", unreachable=True), "nao_enviada", False),
        (Uncertain("timeout", unreachable=True), "incerta", None),
        (Uncertain("HTTP 500", status=500), "incerta", None),
    ],
)
async def test_what_the_post_proved_is_what_gets_recorded(bench, outcome, result, permanent):
    bench.outbox.claims = deque([part])
    bench.evolution.outcomes = deque([outcome])

    await bench.sending.step("c1")

    [record] = bench.outbox.records
    assert (record.result, record.permanent, record.motivo) == (result, permanent, outcome.reason)
    assert record.http_status == outcome.status
    assert len(bench.evolution.posts) == 1


@pytest.mark.parametrize(
    ("recorded", "wait"),
    [
        (SendRecorded(status="registrada", mais=True), 0),
        (SendRecorded(status="registrada", mais=False), None),
        (SendRecorded(status="registrada", mais=True, retry_in_ms=2500), 2.5),
    ],
)
async def test_the_record_says_when_the_conversation_goes_on(bench, recorded, wait):
    bench.outbox.claims = deque([part])
    bench.outbox.record_answers = deque([recorded])

    assert await bench.sending.step("c1") == wait


@pytest.mark.parametrize(
    ("refusal", "wait"),
    [
        (NotClaimed(status="vazio"), None),
        (NotClaimed(status="recusado", motivo="envio_em_aberto", retry_in_ms=1000), 1),
        (NotClaimed(status="recusado", motivo="teto_hora", retry_in_ms=10_000), 10),
        (NotClaimed(status="recusado", motivo="pausa", retry_in_ms=2000), None),
    ],
)
async def test_a_refusal_says_when_to_look_again_but_a_pause_is_not_waited_out(
    bench, refusal, wait
):
    bench.outbox.claims = deque([lambda _: refusal])

    assert await bench.sending.step("c1") == wait
    assert bench.evolution.posts == []


async def test_a_claim_whose_answer_was_lost_is_given_back_once_it_can_no_longer_commit(bench):
    bench.outbox.claims = deque([Retryable("connection reset")])

    with pytest.raises(Retryable):
        await bench.sending.step("c1")
    await bench.sending.finish()

    assert bench.clock.slept[0] == 3.0
    assert bench.outbox.released == [(bench.outbox.asked[0].claim_id, "resposta_perdida")]


async def test_a_claim_that_was_never_made_needs_no_giving_back(bench):
    bench.outbox.claims = deque([Retryable("connection refused")])
    bench.outbox.release_answers = deque([Permanent("no such claim")])

    with pytest.raises(Retryable):
        await bench.sending.step("c1")
    await bench.sending.finish()

    assert bench.outbox.released == []


async def test_after_five_sends_that_could_not_reach_evolution_nothing_is_claimed(bench):
    bench.outbox.claims = deque([part] * 5)
    bench.evolution.outcomes = deque([NotSent(False, "refused", unreachable=True)] * 5)
    for _ in range(5):
        await bench.sending.step("c1")

    assert await bench.sending.step("c1") == pytest.approx(15)
    assert len(bench.outbox.asked) == 5


async def test_answers_of_evolution_never_open_the_circuit(bench):
    bench.outbox.claims = deque([part] * 10)
    bench.evolution.outcomes = deque([Uncertain("HTTP 500"), NotSent(True, "not there")] * 5)
    for _ in range(10):
        await bench.sending.step("c1")

    assert bench.circuit.snapshot.state is CircuitState.CLOSED
    assert len(bench.evolution.posts) == 10


async def test_the_circuit_closes_with_the_first_send_that_gets_through(bench):
    bench.outbox.claims = deque([part] * 6)
    bench.evolution.outcomes = deque(
        [Uncertain("timeout", unreachable=True)] * 5 + [Sent("K", "j")]
    )
    for _ in range(5):
        await bench.sending.step("c1")
    bench.clock.advance(15)

    await bench.sending.step("c1")

    assert bench.circuit.snapshot.state is CircuitState.CLOSED


async def test_a_claim_that_meets_another_ones_trial_is_given_back(bench):
    bench.outbox.claims = deque([part] * 7)
    bench.evolution.outcomes = deque([Uncertain("timeout", unreachable=True)] * 5)
    for _ in range(5):
        await bench.sending.step("c1")
    bench.clock.advance(15)

    await asyncio.gather(bench.sending.step("c1"), bench.sending.step("c2"))

    assert len(bench.evolution.posts) == 6
    assert [motivo for _, motivo in bench.outbox.released] == ["circuito_aberto"]
