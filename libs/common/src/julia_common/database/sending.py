"""Functions of the outbox: claim, record, settle."""

from collections.abc import Collection
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Discriminator, TypeAdapter

from julia_common.contracts.messages import Identity
from julia_common.database.model import Answer, Arguments, Doorbell
from julia_common.database.rpc import Rpc


class ClaimNext(Arguments):
    """Who asks for what; `claim_id` is chosen by the caller, a new one for each attempt.

    `sem_redis`: the caller cannot reach Redis, so nothing goes of our own accord.
    """

    conversa_id: str
    claim_id: str
    max_hora: int
    max_dia: int
    post_timeout_s: float
    owner: str
    sem_redis: bool = False


class CeilingUse(Answer):
    """Messages that count towards the ceilings of the sliding hour and day."""

    hora: int
    dia: int


class Attachment(Answer):
    """The file of a part; its bytes are in `base64`."""

    tipo: Literal["image", "video", "document", "audio"]
    mimetype: str
    nome: str
    base64: str


class Claimed(Answer):
    """Send this part now: the POST starts within `budget_ms`, counted from before the call."""

    status: Literal["enviar"]
    fila_id: str
    claim_id: str
    turno_id: str | None = None
    medico_id: str | None = None
    kind: str
    instance: str
    destino: str
    conteudo: str
    anexo: Attachment | None = None
    text_hash: str
    tentativa: int
    budget_ms: int
    mais: bool = False
    canary: bool = False
    usage: CeilingUse | None = None
    traceparent: str | None = None
    """The span that wrote the part."""


class NotClaimed(Answer):
    """Nothing may go now; `recusado` says why and when to look again.

    `digitar`: all may go but for the time that a person would type; show it for `digitar_ms` to
    `destino`, and claim again.
    """

    status: Literal["vazio", "recusado"]
    motivo: str | None = None
    retry_in_ms: int | None = None
    digitar_ms: int | None = None
    instance: str | None = None
    destino: str | None = None
    mais: bool = False
    usage: CeilingUse | None = None


class ClaimReleased(Answer):
    """`ja_resolvida`: the claim was recorded or settled before."""

    status: Literal["liberada", "ja_resolvida"]


class RecordSend(Arguments):
    """The outcome of one POST. `permanent`: repeating it cannot help."""

    claim_id: str
    result: Literal["enviada", "nao_enviada", "incerta"]
    provider_message_id: str | None = None
    remote_jid: str | None = None
    permanent: bool | None = None
    motivo: str | None = None
    start_delay_ms: int
    http_status: int | None = None


class ReplyTimes(Answer):
    """How long a doctor has waited for a reply, in milliseconds, by the database's clock.

    `idade_ms`: since the webhook of the oldest message that it answers; `espera_ms`: how much of
    that was the quiet in which a burst is merged; `retida`: a pause or a ceiling held it up.
    """

    idade_ms: int
    espera_ms: int
    retida: bool


class SendRecorded(Answer):
    """`fila_status`: what became of the outbox row; `mais`: the next part waits.

    `resposta`: of the first part of a reply, when it was sent.
    """

    status: Literal["registrada", "ja_resolvida"]
    fila_status: str | None = None
    mais: bool = False
    retry_in_ms: int | None = None
    resposta: ReplyTimes | None = None


class DueDoorbells(Answer):
    """Conversations with a due send that nobody rang for."""

    conversas: tuple[Doorbell, ...]


class UncertainSend(Answer):
    """A send whose fate is unknown, with what is needed to look for evidence."""

    claim_id: str
    fila_id: str
    conversa_id: str
    instance: str
    destino: str
    text_hash: str
    claimed_at: AwareDatetime
    post_ended_by: AwareDatetime
    checks: int
    negativas: int
    last_known_key_id: str | None = None
    last_known_at: AwareDatetime | None = None
    bound_key_ids: tuple[str, ...] = ()
    traceparent: str | None = None
    """The span that wrote the part."""


class UncertainSends(Answer):
    """Each is lent to the caller for 5 s."""

    sends: tuple[UncertainSend, ...]


class SendSettled(Answer):
    """What the evidence led to.

    `outro_contato`, `id_de_outro`: the message found is not this send; try the next one.
    """

    status: Literal[
        "enviada",
        "aguardar",
        "reenviar",
        "estacionada",
        "ja_resolvida",
        "outro_contato",
        "id_de_outro",
    ]
    next_in_ms: int | None = None
    conversa_id: str | None = None
    instance: str | None = None
    doorbell: bool = False


class InstanceUse(CeilingUse):
    """Use of the ceilings by one number.

    `hora_livre_s`, `dia_livre_s`: in how many seconds the oldest of it leaves the window.
    """

    instance: str
    hora_livre_s: float | None = None
    dia_livre_s: float | None = None


class RateUsage(CeilingUse):
    """Use of the ceilings in total and by number."""

    instances: tuple[InstanceUse, ...]


class CeilingReset(Answer):
    """The counter starts again; audited in `tetos_reinicios`."""

    status: Literal["reiniciado"]


_CLAIMED: Final[TypeAdapter[Claimed | NotClaimed]] = TypeAdapter(
    Annotated[Claimed | NotClaimed, Discriminator("status")]
)
_RELEASED: Final = TypeAdapter(ClaimReleased)
_RECORDED: Final = TypeAdapter(SendRecorded)
_DOORBELLS: Final = TypeAdapter(DueDoorbells)
_UNCERTAIN: Final = TypeAdapter(UncertainSends)
_SETTLED: Final = TypeAdapter(SendSettled)
_RATE: Final = TypeAdapter(RateUsage)
_RESET: Final = TypeAdapter(CeilingReset)


class Sending:
    """See `docs/reference/rpc.md`, Sending."""

    _rpc: Rpc

    async def claim_next(self, claim: ClaimNext) -> Claimed | NotClaimed:
        """Decide whether the conversation's next part may go now, and claim it."""
        return await self._rpc.call("claim_next", claim, _CLAIMED)

    async def release_claim(self, *, claim_id: str, motivo: str) -> ClaimReleased:
        """Give back a claim whose POST did not start; the ceiling is refunded."""
        arguments = {"claim_id": claim_id, "motivo": motivo}
        return await self._rpc.call("release_claim", arguments, _RELEASED)

    async def record_send(self, send: RecordSend) -> SendRecorded:
        """Record how the POST ended."""
        return await self._rpc.call("record_send", send, _RECORDED)

    async def due_doorbells(self, *, limit: int) -> DueDoorbells:
        """List sends that nobody rang for; each rings again later by itself."""
        return await self._rpc.call("due_doorbells", {"limit": limit}, _DOORBELLS)

    async def uncertain_sends(self, *, limit: int, owner: str) -> UncertainSends:
        """Borrow sends to settle; claims that expired become uncertain here."""
        arguments = {"limit": limit, "owner": owner}
        return await self._rpc.call("uncertain_sends", arguments, _UNCERTAIN)

    async def settle_send(
        self,
        *,
        claim_id: str,
        evidence: Literal["positiva", "negativa", "nenhuma"],
        provider_message_id: str | None = None,
        identities: Collection[Identity] = (),
        strict: bool = False,
        reachable: bool = True,
    ) -> SendSettled:
        """Settle an uncertain send.

        `identities` are those of the message found. Claim `negativa` only when the instance stayed
        open and the last known id was findable; `strict` parks where a resend would be allowed;
        without evidence, `reachable=False` (Evolution does not answer) waits longer.
        """
        arguments = {
            "claim_id": claim_id,
            "evidence": evidence,
            "provider_message_id": provider_message_id,
            "identities": list(identities) or None,
            "strict": strict,
            "reachable": reachable,
        }
        return await self._rpc.call("settle_send", arguments, _SETTLED)

    async def rate_usage(self, *, post_timeout_s: float = 10) -> RateUsage:
        """Use of the ceilings now, as `claim_next` with the same timeout counts it."""
        return await self._rpc.call("rate_usage", {"post_timeout_s": post_timeout_s}, _RATE)

    async def reset_ceiling(
        self, *, window: Literal["hora", "dia"], op_id: str, por: str
    ) -> CeilingReset:
        """Start a counter again on a person's wish (`por`); `op_id` makes it happen once."""
        arguments = {"window": window, "op_id": op_id, "por": por}
        return await self._rpc.call("reset_ceiling", arguments, _RESET)
