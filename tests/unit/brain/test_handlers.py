from datetime import UTC, datetime, timedelta

import pytest

from julia_brain.consumers import handle_control, handle_inbound
from julia_brain.handlers import Deps
from julia_brain.testing import FakeDoorbell, SteppedClock
from julia_common.contracts.messages import (
    Connection,
    Content,
    ContentKind,
    Identity,
    IdentityKind,
    Media,
    MessageAcked,
    MessageEdited,
    MessageReceived,
    MessageSent,
    Quoted,
    text_hash,
)
from julia_common.database import (
    AckRecorded,
    ConnectionRecorded,
    Edited,
    EditMessage,
    Received,
    ReceiveMessage,
    SentEvent,
    SentEventRecorded,
)
from julia_common.errors import Permanent, Retryable
from julia_common.testing import MetricsChange

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DOCTOR = (Identity(kind=IdentityKind.PHONE, jid="5519999990000@s.whatsapp.net"),)


class FakeInbox:
    def __init__(self) -> None:
        self.received: list[ReceiveMessage] = []
        self.edits: list[EditMessage] = []
        self.sent: list[SentEvent] = []
        self.other: list[tuple[str, ...]] = []
        self.answer = Received(status="nova", conversa_id="c1", medico_id="m1", due_in_ms=1200)
        self.edit_status = "aplicada"
        self.sent_answer = SentEventRecorded(status="vinculada", conversa_id="c1")

    async def receive_message(self, message: ReceiveMessage) -> Received:
        self.received.append(message)
        return self.answer

    async def edit_message(self, edit: EditMessage) -> Edited:
        self.edits.append(edit)
        return Edited.model_validate({"status": self.edit_status})

    async def record_sent_event(self, event: SentEvent) -> SentEventRecorded:
        self.sent.append(event)
        return self.sent_answer

    async def record_ack(self, *, instance: str, key_id: str, status: str) -> AckRecorded:
        self.other.append((instance, key_id, status))
        return AckRecorded(status="registrado")

    async def connection_changed(
        self, *, instance: str, state: str, reason: int | None = None
    ) -> ConnectionRecorded:
        self.other.append((instance, state, str(reason)))
        return ConnectionRecorded(status="ok")


class FakeAlarm:
    def __init__(self) -> None:
        self.set: list[float] = []

    def due_in(self, seconds: float) -> None:
        self.set.append(seconds)


class Scene:
    def __init__(self) -> None:
        self.inbox = FakeInbox()
        self.doorbell = FakeDoorbell()
        self.alarm = FakeAlarm()
        self.deps = Deps(self.inbox, self.doorbell, self.alarm, SteppedClock(NOW))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def message(text: str = "oi", **content: object) -> MessageReceived:
    return MessageReceived(
        instance="julia",
        key_id="K1",
        identities=DOCTOR,
        push_name="Ana",
        provider_at=NOW,
        received_at=NOW,
        content=Content.model_validate({"kind": ContentKind.TEXT, "text": text} | content),
        quoted=Quoted(key_id="K0", text="Tem plantão"),
    )


async def test_a_message_is_stored_as_it_came(scene: Scene) -> None:
    await handle_inbound(message(), scene.deps)

    stored = scene.inbox.received[0]
    assert (stored.instance, stored.key_id, stored.conteudo) == ("julia", "K1", "oi")
    assert stored.identities == DOCTOR
    assert stored.quoted == Quoted(key_id="K0", text="Tem plantão")
    assert stored.opt_out is None
    assert scene.alarm.set == [1.2]
    assert scene.doorbell.rung == []


@pytest.mark.parametrize(
    ("origin", "status", "only"),
    [
        ("catchup", "nova", 1),
        ("catchup", "duplicada", 0),
        ("catchup", "historico", 0),
        ("webhook", "nova", 0),
    ],
)
async def test_what_only_catch_up_brought_is_counted(
    scene: Scene, origin: str, status: str, only: int
) -> None:
    scene.inbox.answer = Received.model_validate({"status": status, "conversa_id": "c1"})
    change = MetricsChange()

    await handle_inbound(message().model_copy(update={"origin": origin}), scene.deps)

    assert change.of("julia_mensagens_so_recuperadas_total") == only


async def test_an_opt_out_is_named_and_its_confirmation_rung_for(scene: Scene) -> None:
    scene.inbox.answer = Received(status="nova", conversa_id="c1", doorbell=True)

    await handle_inbound(message("Pare!"), scene.deps)

    assert scene.inbox.received[0].opt_out is not None
    assert scene.doorbell.rung == ["c1"]
    assert scene.alarm.set == []


async def test_an_opt_out_for_the_month_says_so(scene: Scene) -> None:
    await handle_inbound(message("esse mês não, obrigada!"), scene.deps)

    assert scene.inbox.received[0].opt_out is not None
    assert scene.inbox.received[0].opt_out.escopo == "mes"


@pytest.mark.parametrize(
    ("text", "juridico"),
    [
        ("Vou denunciar vocês na ANPD por usarem meu telefone sem autorização", True),
        ("me tira da lista, isso é um absurdo", False),
    ],
)
async def test_an_opt_out_that_threatens_with_law_says_so(
    scene: Scene, text: str, *, juridico: bool
) -> None:
    await handle_inbound(message(text), scene.deps)
    await handle_inbound(edit(text=text), scene.deps)

    asked = [scene.inbox.received[0].opt_out, scene.inbox.edits[0].opt_out]
    assert [one and one.juridico for one in asked] == [juridico, juridico]
    assert scene.inbox.received[0].juridico == juridico


async def test_a_message_that_speaks_of_law_says_so_without_an_opt_out(scene: Scene) -> None:
    await handle_inbound(message("vou acionar meu advogado"), scene.deps)

    assert scene.inbox.received[0].opt_out is None
    assert scene.inbox.received[0].juridico


async def test_a_suspicion_of_a_machine_is_stored_with_the_message(scene: Scene) -> None:
    await handle_inbound(message("você é um robô?"), scene.deps)
    await handle_inbound(message("eu ia no sábado"), scene.deps)

    suspicions = [received.suspeita_bot for received in scene.inbox.received]
    assert [found and found.padrao for found in suspicions] == ["robo", None]


async def test_a_caption_is_an_opt_out_like_a_text(scene: Scene) -> None:
    await handle_inbound(message("pare", kind=ContentKind.IMAGE), scene.deps)

    assert scene.inbox.received[0].opt_out is not None


async def test_a_place_that_is_shared_asks_for_nothing(scene: Scene) -> None:
    await handle_inbound(message("pare", kind=ContentKind.LOCATION), scene.deps)

    assert scene.inbox.received[0].opt_out is None


async def test_a_request_that_may_go_on_is_left_for_the_turn(scene: Scene) -> None:
    await handle_inbound(message("me tira"), scene.deps)
    await handle_inbound(edit(text="quero sair"), scene.deps)

    assert scene.inbox.received[0].opt_out is None
    assert scene.inbox.edits[0].opt_out is None


async def test_attachments_are_stored_as_metadata(scene: Scene) -> None:
    await handle_inbound(
        message("", kind=ContentKind.AUDIO, media=Media(mimetype="audio/ogg", seconds=12)),
        scene.deps,
    )

    assert scene.inbox.received[0].anexos == {"mimetype": "audio/ogg", "seconds": 12}


async def test_a_reaction_says_what_it_reacts_to(scene: Scene) -> None:
    await handle_inbound(message("👍", kind=ContentKind.REACTION, reacts_to="K0"), scene.deps)

    assert scene.inbox.received[0].anexos == {"reacts_to": "K0"}


def edit(age: timedelta = timedelta(seconds=1), text: str = "oi!") -> MessageEdited:
    return MessageEdited(
        instance="julia", key_id="K1", change="edit", text=text, changed_at=NOW - age
    )


async def test_an_edit_is_applied(scene: Scene) -> None:
    await handle_inbound(edit(), scene.deps)

    assert scene.inbox.edits[0].text == "oi!"
    assert scene.inbox.edits[0].opt_out is None


async def test_an_edit_may_turn_a_message_into_an_opt_out(scene: Scene) -> None:
    await handle_inbound(edit(text="me tira da lista"), scene.deps)

    assert scene.inbox.edits[0].opt_out is not None
    assert scene.inbox.edits[0].opt_out.escopo == "definitivo"


async def test_an_edit_that_overtook_its_message_is_tried_again(scene: Scene) -> None:
    scene.inbox.edit_status = "desconhecida"

    with pytest.raises(Retryable):
        await handle_inbound(edit(), scene.deps)


async def test_an_old_edit_of_an_unknown_message_is_let_go(scene: Scene) -> None:
    scene.inbox.edit_status = "desconhecida"

    await handle_inbound(edit(timedelta(minutes=5)), scene.deps)


def sent(text: str = " Oi! ") -> MessageSent:
    return MessageSent(
        instance="julia",
        key_id="K2",
        identities=DOCTOR,
        source="send.message",
        text=text,
        provider_at=NOW,
        received_at=NOW,
    )


async def test_an_echo_is_recorded_with_the_hash_of_its_text(scene: Scene) -> None:
    await handle_control(sent(), scene.deps)

    assert scene.inbox.sent[0].text_hash == text_hash("Oi!")


async def test_a_takeover_rings_for_its_notice(scene: Scene) -> None:
    scene.inbox.sent_answer = SentEventRecorded(status="assumida", conversa_id="c1", doorbell=True)

    await handle_control(sent(), scene.deps)

    assert scene.doorbell.rung == ["c1"]


async def test_an_echo_that_cannot_be_told_yet_is_asked_again_when_the_database_says(
    scene: Scene,
) -> None:
    scene.inbox.sent_answer = SentEventRecorded(status="aguardar", retry_in_ms=1500)

    with pytest.raises(Retryable) as caught:
        await handle_control(sent(), scene.deps)

    assert caught.value.retry_after == 1.5


async def test_acks_and_connection_states_are_recorded(scene: Scene) -> None:
    await handle_control(
        MessageAcked(instance="julia", key_id="K2", status="READ", received_at=NOW), scene.deps
    )
    await handle_control(
        Connection(instance="julia", state="close", reason=401, received_at=NOW), scene.deps
    )

    assert scene.inbox.other == [("julia", "K2", "READ"), ("julia", "close", "401")]


async def test_a_message_on_the_wrong_queue_is_a_permanent_error(scene: Scene) -> None:
    with pytest.raises(Permanent, match="bindings"):
        await handle_inbound(sent(), scene.deps)
    with pytest.raises(Permanent, match="bindings"):
        await handle_control(message(), scene.deps)


async def test_how_long_ago_its_webhook_came_is_stored_with_a_message(scene: Scene) -> None:
    change = MetricsChange()
    came = message().model_copy(update={"received_at": NOW - timedelta(seconds=2.5)})

    await handle_inbound(came, scene.deps)
    await handle_inbound(came.model_copy(update={"origin": "catchup"}), scene.deps)

    assert [stored.idade_ms for stored in scene.inbox.received] == [2500, None]
    assert change.of("julia_entrada_segundos_sum") == 2.5
    assert change.of("julia_entrada_segundos_count") == 1


async def test_a_message_that_comes_again_is_not_measured_again(scene: Scene) -> None:
    change = MetricsChange()
    scene.inbox.answer = Received(status="duplicada", conversa_id="c1")

    await handle_inbound(message(), scene.deps)

    assert change.of("julia_entrada_segundos_count") == 0


async def test_a_clock_behind_ingests_makes_no_message_younger_than_new(scene: Scene) -> None:
    ahead = message().model_copy(update={"received_at": NOW + timedelta(seconds=9)})

    await handle_inbound(ahead, scene.deps)

    assert scene.inbox.received[0].idade_ms == 0
