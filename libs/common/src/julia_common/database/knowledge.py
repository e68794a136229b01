"""Functions of what is known and noted beside a commit: prompts, summaries, costs, shadows."""

from typing import Final, Literal

from pydantic import AwareDatetime, TypeAdapter

from julia_common.database.model import Answer, Arguments
from julia_common.database.receiving import BotSuspicion
from julia_common.database.rpc import Rpc
from julia_common.database.usage import Usage


class PromptText(Answer):
    """One version of a prompt. The text of an id never changes, so it may be kept for ever."""

    id: str
    nome: str
    versao: str
    conteudo: str


class StoreSummary(Arguments):
    """Sum up everything until message `ate`; `anterior` is the end of the summary built upon."""

    conversa_id: str
    op_id: str
    ate: str
    anterior: str | None = None
    resumo: str
    usage: Usage


class SummaryStored(Answer):
    """`desatualizado`: somebody was faster; only the cost was recorded."""

    status: Literal["guardado", "desatualizado"]


class ProtectedDocument(Arguments):
    """A personal document, encrypted by us (`cifrado`: a Fernet token). `sha256` is the plain's."""

    tipo: Literal["crm", "cpf", "identidade", "comprovante", "certificado", "outro"]
    cifrado: str
    sha256: str
    mime: str
    bytes: int


class StoreReading(Arguments):
    """What an attachment of a pending message says, so that no rerun reads it again."""

    conversa_id: str
    token: str
    interacao_id: str
    leitura: str
    documento: ProtectedDocument | None = None
    suspeita_bot: BotSuspicion | None = None
    """Voiced in an audio; noted with the reading."""


class ReadingStored(Answer):
    """`perdido`: the turn is not ours any more; the document is kept nevertheless."""

    status: Literal["guardada", "ja_guardada", "perdido"]
    documento_id: str | None = None


class RecordSpent(Arguments):
    """The cost of a turn that ended without a commit, or of a call outside any turn."""

    conversa_id: str
    op_id: str
    """The turn's id, so that a commit and this cannot both count."""
    motivo: str
    usage: Usage


class SpentRecorded(Answer):
    """`ja_registrado`: the turn was committed after all, or this is a repetition."""

    status: Literal["registrado", "ja_registrado"]


class StoreShadow(Arguments):
    """A draft that nobody sends, beside the turn that was really answered."""

    turno_id: str
    conversa_id: str
    prompt_id: str
    texto: str
    falha: str | None = None
    ferramentas: tuple[str, ...] = ()
    usage: Usage


class ShadowStored(Answer):
    """`desconhecido`: that turn was not committed."""

    status: Literal["guardado", "ja_guardado", "desconhecido"]


class ShadowPair(Answer):
    """What was sent and what the shadow would have sent; texts only for the report's reader."""

    turno_id: str
    at: AwareDatetime
    prompt_id: str | None
    model: str | None
    rota: str | None = None
    """Why that model was asked; with `reparo` the first draft was unfit."""
    chamadas: int = 1
    enviado: str
    custo_usd: float
    llm_ms: int
    sombra_prompt_id: str
    sombra_model: str
    sombra_texto: str
    sombra_falha: str | None = None
    sombra_ferramentas: tuple[str, ...] = ()
    sombra_chamadas: int = 1
    sombra_custo_usd: float
    sombra_llm_ms: int


class ShadowReport(Answer):
    """Pairs, the newest first."""

    pares: tuple[ShadowPair, ...] = ()


_PROMPT: Final = TypeAdapter(PromptText)
_SUMMARY: Final = TypeAdapter(SummaryStored)
_READING: Final = TypeAdapter(ReadingStored)
_SPENT: Final = TypeAdapter(SpentRecorded)
_SHADOW: Final = TypeAdapter(ShadowStored)
_REPORT: Final = TypeAdapter(ShadowReport)


class Knowledge:
    """See `docs/reference/rpc.md`, Knowledge."""

    _rpc: Rpc

    async def get_prompt(self, *, id: str) -> PromptText:  # noqa: A002 - the column's name
        """Read one version of a prompt."""
        return await self._rpc.call("get_prompt", {"id": id}, _PROMPT)

    async def store_summary(self, summary: StoreSummary) -> SummaryStored:
        """Replace the conversation's summary if nobody else did."""
        return await self._rpc.call("store_summary", summary, _SUMMARY)

    async def store_reading(self, reading: StoreReading) -> ReadingStored:
        """Note what an attachment says."""
        return await self._rpc.call("store_reading", reading, _READING)

    async def record_spent(self, spent: RecordSpent) -> SpentRecorded:
        """Record the cost of an uncommitted turn."""
        return await self._rpc.call("record_spent", spent, _SPENT)

    async def store_shadow(self, shadow: StoreShadow) -> ShadowStored:
        """Keep a shadow's draft."""
        return await self._rpc.call("store_shadow", shadow, _SHADOW)

    async def shadow_report(self, *, since: str, limit: int = 100) -> ShadowReport:
        """Pairs since an ISO time."""
        return await self._rpc.call("shadow_report", {"since": since, "limit": limit}, _REPORT)
