"""Functions of the turns: from due conversation to committed answer."""

from collections.abc import Collection
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Discriminator, TypeAdapter

from julia_common.contracts.messages import Quoted
from julia_common.database.context import (
    Directive,
    Effects,
    Fact,
    Memory,
    PastHandoff,
    PromptChosen,
    Reservation,
    ShadowChosen,
    Spent,
)
from julia_common.database.model import Answer, Arguments
from julia_common.database.rpc import Rpc
from julia_common.database.usage import Usage


class DueTurn(Answer):
    """A conversation with unanswered messages."""

    conversa_id: str
    due_at: AwareDatetime


class DueTurns(Answer):
    """Due conversations, oldest first; `next_due_in_ms` is None when nothing waits."""

    turns: tuple[DueTurn, ...]
    next_due_in_ms: int | None = None


class Doctor(Answer):
    """What the persona may know of the doctor; `canario`: it is nobody, only the canary."""

    id: str
    primeiro_nome: str | None = None
    sobrenome: str | None = None
    especialidade: str | None = None
    cidade: str | None = None
    estado: str | None = None
    canario: bool = False


class PendingMessage(Answer):
    """A message that this turn answers."""

    id: str
    key_id: str
    inbox_seq: int
    tipo_conteudo: str
    conteudo: str
    # Any: attachments are free-form JSON.
    anexos: dict[str, Any] | None = None
    quoted: Quoted | None = None
    provider_at: AwareDatetime
    leitura: str | None = None
    """What an attachment says or shows, once it has been read."""
    traceparent: str | None = None
    """The span that stored it."""


class HistoryMessage(Answer):
    """An earlier message of the conversation; `autor_tipo`: medico, julia or gestor."""

    id: str | None = None
    """None for a reply of ours that is still on its way."""
    autor_tipo: str
    conteudo: str
    tipo_conteudo: str
    at: AwareDatetime
    leitura: str | None = None
    editada: bool = False
    """The doctor changed it after it was answered: what was said then answers other words."""


class TurnBegun(Answer):
    """The turn is ours under the lease, with everything needed to answer.

    `pending_for_ms` is the age of the oldest pending message by the database's clock.
    """

    status: Literal["iniciado"]
    turno_id: str
    turn_seq: int
    control_epoch: int
    inbox_seq: int
    tentativa: int
    instance: str
    pending_for_ms: int | None = None
    destino: str
    medico: Doctor
    pending: tuple[PendingMessage, ...]
    history: tuple[HistoryMessage, ...]
    """Everything since the summary, oldest first."""
    resumo: str | None = None
    resumo_ate: str | None = None
    """The id of the last message that the summary covers."""
    prompt: PromptChosen
    sombra: ShadowChosen | None = None
    memorias: tuple[Memory, ...] = ()
    diretrizes: tuple[Directive, ...] = ()
    reservas: tuple[Reservation, ...] = ()
    fatos: tuple[Fact, ...] = ()
    handoffs: tuple[PastHandoff, ...] = ()
    gasto: Spent = Spent()
    last_key_id: str | None = None
    due_in_ms: int | None = None
    doorbell: bool = False


class TurnNotBegun(Answer):
    """Why there is nothing to answer now; `transferido`: it was handed to a person just now.

    `instance` is said where `doorbell` may be true, `motivo` of what was handed to a person.
    """

    status: Literal["ocupado", "aguardar", "pausado", "humano", "nada", "transferido"]
    due_in_ms: int | None = None
    doorbell: bool = False
    instance: str | None = None
    motivo: Literal["vencida", "retida", "falha_repetida"] | None = None
    """`retida`: its window ended while a pause stood."""


class TurnRenewed(Answer):
    """The lease is extended; the numbers tell whether a draft is still current."""

    status: Literal["renovado"]
    control_epoch: int
    inbox_seq: int
    paused: bool
    quiet_in_ms: int | None = None


class TurnLost(Answer):
    """The lease belongs to somebody else, or the turn has ended: drop the draft."""

    status: Literal["perdido"]


class TurnReleased(Answer):
    """`perdido`: it was no longer ours."""

    status: Literal["liberado", "perdido"]


class Handoff(Arguments):
    """Hand the conversation to a person; `notify`: tell the doctor so."""

    trigger_type: str
    motivo: str
    notify: bool


class CommitTurn(Arguments):
    """The end of a turn. `force`: commit although newer messages came meanwhile."""

    conversa_id: str
    token: str
    turno_id: str
    control_epoch: int
    inbox_seq: int
    force: bool = False
    outcome: Literal["resposta", "transferir", "sem_resposta"]
    parts: tuple[str, ...] = ()
    handoff: Handoff | None = None
    holds: tuple[str, ...] = ()
    """Reservations to confirm (`hold_shift`); the others of this conversation are freed."""
    effects: Effects = Effects()
    prompt_id: str | None = None
    rota: str | None = None
    """Why this model was asked (`docs/reference/brain.md`)."""
    usage: Usage | None = None


class TurnCommitted(Answer):
    """`repetido`: an earlier attempt of this call was already applied."""

    status: Literal["confirmado", "recusado"]
    repetido: bool = False
    motivo: (
        Literal["lease", "epoca", "pausa", "mensagens_novas", "reserva_perdida", "efeito_invalido"]
        | None
    ) = None
    """The last two are soft like `mensagens_novas`: begin again with the same token. A hold named
    in `holds` is gone, or an effect does not fit any more (a booking was cancelled meanwhile)."""
    rascunho: bool = False
    """In co-pilot mode: the answer waits for a person's word."""
    fila_ids: tuple[str, ...] = ()
    doorbell: bool = False
    more_due_in_ms: int | None = None


_DUE: Final = TypeAdapter(DueTurns)
_BEGUN: Final[TypeAdapter[TurnBegun | TurnNotBegun]] = TypeAdapter(
    Annotated[TurnBegun | TurnNotBegun, Discriminator("status")]
)
_RENEWED: Final[TypeAdapter[TurnRenewed | TurnLost]] = TypeAdapter(
    Annotated[TurnRenewed | TurnLost, Discriminator("status")]
)
_RELEASED: Final = TypeAdapter(TurnReleased)
_COMMITTED: Final = TypeAdapter(TurnCommitted)


class Turns:
    """See `docs/reference/rpc.md`, Turns."""

    _rpc: Rpc

    async def due_turns(self, *, owner: str, limit: int, exclude: Collection[str] = ()) -> DueTurns:
        """List due conversations, without paused ones and `exclude`; notes that `owner` lives."""
        arguments = {"owner": owner, "limit": limit, "exclude": sorted(exclude)}
        return await self._rpc.call("due_turns", arguments, _DUE)

    async def begin_turn(
        self, *, conversa_id: str, token: str, owner: str, lease_s: int = 15
    ) -> TurnBegun | TurnNotBegun:
        """Take the conversation under a lease; may be repeated with the same `token`."""
        arguments = {
            "conversa_id": conversa_id,
            "token": token,
            "owner": owner,
            "lease_s": lease_s,
        }
        return await self._rpc.call("begin_turn", arguments, _BEGUN)

    async def renew_turn(
        self, *, conversa_id: str, token: str, lease_s: int = 15
    ) -> TurnRenewed | TurnLost:
        """Extend the lease."""
        arguments = {"conversa_id": conversa_id, "token": token, "lease_s": lease_s}
        return await self._rpc.call("renew_turn", arguments, _RENEWED)

    async def release_turn(
        self,
        *,
        conversa_id: str,
        token: str,
        motivo: str,
        retry_in_s: float = 0,
        falhou: bool = False,
    ) -> TurnReleased:
        """Give the turn back unanswered; it is due again after `retry_in_s`.

        `falhou` counts it like a crash: the third hands the conversation to a person.
        """
        arguments = {
            "conversa_id": conversa_id,
            "token": token,
            "motivo": motivo,
            "retry_in_s": retry_in_s,
            "falhou": falhou,
        }
        return await self._rpc.call("release_turn", arguments, _RELEASED)

    async def commit_turn(self, turn: CommitTurn) -> TurnCommitted:
        """End the turn: reply into the outbox, messages answered, usage recorded."""
        return await self._rpc.call("commit_turn", turn, _COMMITTED)
