"""Functions by which messages and events come in."""

from typing import Final, Literal

from pydantic import AwareDatetime, JsonValue, TypeAdapter

from julia_common.contracts.messages import ContentKind, Identity, Quoted
from julia_common.database.model import Answer, Arguments
from julia_common.database.rpc import Rpc


class OptOut(Arguments):
    """The message plainly asks to be left alone; `motivo` says by which words.

    `escopo`: for good, or `mes`, until São Paulo's month ends. `juridico`: it speaks of lawyers,
    courts or authorities, too. No turn will read what ends for good, so a person is told.
    """

    motivo: str
    escopo: Literal["definitivo", "mes"] = "definitivo"
    juridico: bool = False


class BotSuspicion(Arguments):
    """The message suspects a machine: the pattern's name and the words that matched."""

    padrao: str
    trecho: str


class ReceiveMessage(Arguments):
    """A doctor's message as it came from WhatsApp.

    `juridico`: it speaks of lawyers, courts or authorities; should the doctor opt out before a turn
    has read it, a person is told. `idade_ms`: how long ago its webhook was accepted.
    """

    instance: str
    key_id: str
    identities: tuple[Identity, ...]
    push_name: str | None = None
    provider_at: AwareDatetime
    tipo_conteudo: ContentKind
    conteudo: str
    anexos: dict[str, JsonValue] | None = None
    quoted: Quoted | None = None
    origin: Literal["webhook", "catchup"] = "webhook"
    idade_ms: int | None = None
    opt_out: OptOut | None = None
    suspeita_bot: BotSuspicion | None = None
    juridico: bool = False


class Received(Answer):
    """`doorbell`: ring the dispatcher (an opt-out confirmation waits)."""

    status: Literal["nova", "duplicada", "historico"]
    conversa_id: str | None = None
    medico_id: str | None = None
    inbox_seq: int | None = None
    controlled_by: str | None = None
    paused: bool = False
    due_in_ms: int | None = None
    doorbell: bool = False


class EditMessage(Arguments):
    """A doctor's change or deletion (`revoke`) of an earlier message."""

    instance: str
    key_id: str
    change: Literal["edit", "revoke"]
    text: str | None = None
    changed_at: AwareDatetime
    opt_out: OptOut | None = None


class Edited(Answer):
    """Whether the change still reached the message before it was answered.

    `doorbell`: ring the dispatcher (an opt-out confirmation waits).
    """

    status: Literal["aplicada", "ja_respondida", "desconhecida"]
    conversa_id: str | None = None
    doorbell: bool = False


class SentEvent(Arguments):
    """A message that left our number."""

    instance: str
    key_id: str
    identities: tuple[Identity, ...] = ()
    source: Literal["send.message", "messages.upsert", "catchup"]
    text_hash: str
    text: str
    tipo_conteudo: ContentKind
    provider_at: AwareDatetime


class SentEventRecorded(Answer):
    """What the event was; with `aguardar`, ask again after `retry_in_ms`."""

    status: Literal["conhecida", "vinculada", "assumida", "ignorada", "aguardar"]
    conversa_id: str | None = None
    doorbell: bool = False
    retry_in_ms: int | None = None


class AckRecorded(Answer):
    """`desconhecida`: no message of ours has this id yet."""

    status: Literal["registrado", "desconhecida"]
    doorbell: bool = False


class ConnectionRecorded(Answer):
    """The state is recorded."""

    status: Literal["ok"]


class TakeOver(Arguments):
    """Hand a conversation to a person; `notify`: tell the doctor so."""

    conversa_id: str
    trigger_type: str
    motivo: str
    notify: bool
    por: str | None = None


class TakenOver(Answer):
    """`ja_humana`: a person had it already."""

    status: Literal["assumida", "ja_humana"]
    control_epoch: int | None = None
    doorbell: bool = False


_RECEIVED: Final = TypeAdapter(Received)
_EDITED: Final = TypeAdapter(Edited)
_SENT: Final = TypeAdapter(SentEventRecorded)
_ACK: Final = TypeAdapter(AckRecorded)
_CONNECTION: Final = TypeAdapter(ConnectionRecorded)
_TAKEN_OVER: Final = TypeAdapter(TakenOver)


class Receiving:
    """See `docs/reference/rpc.md`, Receiving."""

    _rpc: Rpc

    async def receive_message(self, message: ReceiveMessage) -> Received:
        """Store the message once, for ever; the broker's message may be acknowledged after."""
        return await self._rpc.call("receive_message", message, _RECEIVED)

    async def edit_message(self, edit: EditMessage) -> Edited:
        """Apply a change or deletion unless the message was answered already."""
        return await self._rpc.call("edit_message", edit, _EDITED)

    async def record_sent_event(self, event: SentEvent) -> SentEventRecorded:
        """Bind the echo of our own send, or take the conversation over for the person typing."""
        return await self._rpc.call("record_sent_event", event, _SENT)

    async def record_ack(self, *, instance: str, key_id: str, status: str) -> AckRecorded:
        """Record WhatsApp's acknowledgement; a state is never lowered."""
        arguments = {"instance": instance, "key_id": key_id, "status": status}
        return await self._rpc.call("record_ack", arguments, _ACK)

    async def connection_changed(
        self, *, instance: str, state: str, reason: int | None = None
    ) -> ConnectionRecorded:
        """Record the state of the number's connection."""
        arguments = {"instance": instance, "state": state, "reason": reason}
        return await self._rpc.call("connection_changed", arguments, _CONNECTION)

    async def take_over(self, take_over: TakeOver) -> TakenOver:
        """Hand the conversation to a person; drafts under way can no longer be committed."""
        return await self._rpc.call("take_over", take_over, _TAKEN_OVER)
