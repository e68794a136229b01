"""What a turn is told of its conversation beside the messages, and what it leaves behind."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import AwareDatetime

from julia_common.database.booking import Shift
from julia_common.database.model import Answer, Arguments


class PromptChosen(Answer):
    """The prompt version of this doctor, sticky; its text never changes (`get_prompt`)."""

    id: str
    versao: str


class ShadowChosen(Answer):
    """A second version that drafts along unseen; `modelo` None: the model of the turn."""

    prompt_id: str
    modelo: str | None = None


class Memory(Answer):
    """Something remembered of the doctor, relevant to what was just written."""

    id: str
    tipo: str
    conteudo: str
    confianca: float


class Directive(Answer):
    """What managers want, the most important first."""

    tipo: str
    conteudo: str
    vaga_id: str | None = None


class Reservation(Answer):
    """A future shift that the doctor has. `valor_centavos` is what was agreed."""

    reserva_id: str
    vaga: Shift
    valor_centavos: int | None = None


class Fact(Answer):
    """A tool's result of an earlier turn: `tipo` vaga or hospital, `dados` as the tool had it."""

    tipo: Literal["vaga", "hospital"]
    chave: str
    # Any: a Shift or a Hospital as JSON.
    dados: dict[str, Any]


class PastHandoff(Answer):
    """A hand-off of this conversation."""

    trigger_type: str
    motivo: str
    created_at: AwareDatetime
    resolvido_em: AwareDatetime | None = None


class Spent(Answer):
    """US dollars and tokens spent so far; the day is São Paulo's."""

    conversa_usd: Decimal = Decimal(0)
    conversa_tokens: int = 0
    medico_dia_usd: Decimal = Decimal(0)
    dia_usd: Decimal = Decimal(0)


class NewFact(Arguments):
    """A tool's result that later turns may rely on."""

    tipo: Literal["vaga", "hospital"]
    chave: str
    dados: dict[str, Any]


class NewMemory(Arguments):
    """`tipo`: preferencia, restricao, info_pessoal, historico or comportamento."""

    tipo: Literal["preferencia", "restricao", "info_pessoal", "historico", "comportamento"]
    conteudo: str
    confianca: float = 0.8


class NewReminder(Arguments):
    """A message for a time that the doctor named; `quando` is in the future."""

    quando: AwareDatetime
    contexto: str
    mensagem: str


class Cancellation(Arguments):
    """A booking that the doctor gives back."""

    reserva_id: str
    motivo: str


class ScopedOptOut(Arguments):
    """`vaga` (then `vaga_id`), `mes` (until the month ends) or `definitivo`."""

    escopo: Literal["vaga", "mes", "definitivo"]
    motivo: str
    vaga_id: str | None = None
    outras_vagas: tuple[str, ...] = ()
    """Refused in the same turn."""


class Effects(Arguments):
    """What the tools of a turn did; applied by its commit, or never."""

    fatos: tuple[NewFact, ...] = ()
    memorias: tuple[NewMemory, ...] = ()
    lembretes: tuple[NewReminder, ...] = ()
    cancelamentos: tuple[Cancellation, ...] = ()
    lista_espera: tuple[str, ...] = ()
    """Shift ids whose waiting list the doctor wants to join."""
    opt_out: ScopedOptOut | None = None
