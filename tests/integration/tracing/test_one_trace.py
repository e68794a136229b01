"""What a doctor writes and what she is answered is one trace, whatever lies between."""

import signal
import time

import httpx
from tests.integration.tracing.conftest import NAME, NUMBER, World

from julia_common.messaging import topology
from julia_dev.brain_scene import until
from julia_dev.collector import Seen

CPF = "529.982.247-25"
WORDS = "jabuticaba"
TEXTS = (f"Oi, aqui é a {NAME}", f"meu CPF é {CPF}", f"tem plantão de {WORDS} sábado?")

STORED = [
    "POST /webhook/evolution",
    "publish whatsapp.message.received.v1",
    "process brain.inbound",
    "api.receive_message",
]
TURN = [*STORED, "turn"]
SENT = [*TURN, "api.commit_turn", "send"]
POSTED = [*SENT, "POST /message/sendText/{instance}"]


async def answered(world: World) -> Seen:
    """The span that recorded the first send, with all that led to it."""

    async def whole() -> Seen | None:
        recorded = world.named("api.record_send")
        return recorded[0] if recorded and world.path(recorded[0])[0] == POSTED[0] else None

    return await until(whole)


async def all_arrived(world: World) -> None:
    """Every span's parent and every doorbell is there."""

    async def complete() -> bool:
        spans = world.collector.spans()
        known = {(span.trace, span.id) for span in spans}
        linked = {link for span in spans for link in span.links}
        above = {(span.trace, span.parent) for span in spans if span.parent}
        return linked | above <= known

    await until(complete)


async def test_three_messages_that_get_one_answer_have_all_their_edges(world: World) -> None:
    await world.write(*TEXTS)
    recorded = await answered(world)
    await all_arrived(world)

    stored = world.named("api.receive_message")
    (turn,) = world.named("turn")
    send = world.named("send")[0]
    posted = world.named("POST /message/sendText/{instance}")[0]
    rung = world.named("process dispatcher.outbound")[0]
    assert [world.path(one) for one in stored] == [STORED] * 3
    assert len({one.trace for one in stored}) == 3
    assert world.path(turn) == TURN
    assert world.path(posted) == POSTED
    assert world.path(recorded) == [*SENT, "api.record_send"]
    assert world.path(world.named("api.claim_next")[0]) == [
        *(*TURN, "publish conversation.send.requested.v1"),
        *("process dispatcher.outbound", "api.claim_next"),
    ]
    assert all(world.path(one)[:-1] == TURN for one in _calls_of_claude(world))
    assert turn.trace == send.trace == posted.trace
    assert {turn.trace, *(trace for trace, _ in turn.links)} == {one.trace for one in stored}
    assert {span for _, span in turn.links} == {one.id for one in stored if one.trace != turn.trace}
    assert send.links == ((rung.trace, rung.id),)
    assert turn.attributes["julia.mensagens"] == 3


async def test_spans_say_where_they_were_made_and_nothing_of_whom(world: World) -> None:
    await world.write(*TEXTS)
    await answered(world)
    await _provoke_errors(world)

    async def errors_have_arrived() -> bool:
        failed = [span for span in world.collector.spans() if span.failed]
        return (
            any(span.name.startswith("chat ") for span in failed)
            and len(world.named(f"publish {topology.QUARANTINE_KEY}")) > 0
            and len(world.named("api.record_send")) > 1
        )

    await until(errors_have_arrived)

    everything = b"".join(world.collector.requests)
    for personal in (NAME, *NAME.split(), NUMBER, NUMBER[2:], CPF, CPF.replace(".", ""), WORDS):
        assert personal.encode() not in everything
    services = {span.service: span.resource for span in world.collector.spans()}
    assert set(services) == {"julia-api", "julia-brain", "julia-dispatcher"}
    for resource in services.values():
        assert resource["k8s.pod.name"] == "pod-de-teste"
        assert resource["service.instance.id"]
        assert resource["service.version"]


async def test_what_a_killed_process_leaves_is_a_trace_and_goes_on_in_it(world: World) -> None:
    slow = {"kind": "hang", "seconds": 60, "times": 1}
    (await world.claude.post("/_sim/faults", json=slow)).raise_for_status()
    await world.write(TEXTS[0])

    async def asked() -> bool:
        requests = (await world.claude.get("/_sim/requests")).raise_for_status()
        return len(requests.json()) > 0 and len(world.named("api.receive_message")) > 0

    await until(asked)
    killed_ns = time.time_ns()
    world.stack.kill("brain", signal.SIGKILL)
    left = world.collector.spans()
    (stored,) = world.named("api.receive_message")
    assert not world.named("turn")

    recorded = await answered(world)

    assert world.path(stored) == STORED
    assert all(span.began_ns <= span.ended_ns for span in left)
    assert world.path(recorded) == [*SENT, "api.record_send"]
    (turn,) = world.named("turn")
    assert turn.trace == stored.trace
    orphans = [span for span in world.collector.spans() if world.path(span)[0] == "?"]
    of_before = {span.service for span in orphans if span.began_ns < killed_ns}
    assert of_before <= {"julia-brain"}


def _calls_of_claude(world: World) -> list[Seen]:
    calls = [span for span in world.collector.spans() if span.name.startswith("chat ")]
    assert calls
    return calls


async def _provoke_errors(world: World) -> None:
    """A body that cannot be read, an unknown caller, a Claude that fails; with her data in each."""
    said = f'{{"event": "messages.upsert", "data": "{NAME} {NUMBER} {CPF} {WORDS}'
    secret = {"x-webhook-secret": world.stack.secrets.webhook_secret}
    async with httpx.AsyncClient(base_url=world.stack.url("ingest"), trust_env=False) as http:
        broken = await http.post("/webhook/evolution", content=said, headers=secret)
        assert broken.status_code == httpx.codes.ACCEPTED
        stranger = await http.post(f"/webhook/evolution/{NUMBER}?nome={NAME}", content=said)
        assert stranger.status_code == httpx.codes.UNAUTHORIZED
    failing = {"kind": "server_error", "times": 1}
    (await world.claude.post("/_sim/faults", json=failing)).raise_for_status()
    await world.write(f"{NAME} de novo, {CPF}, {WORDS}?")
