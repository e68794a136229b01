"""Functions that bring notices and reports to managers."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, JsonValue, TypeAdapter

from julia_common.database.model import Answer, Arguments
from julia_common.database.rpc import Rpc

type ReportKind = Literal["diario", "periodo", "semanal"]


class NoticeDoctor(Answer):
    """The doctor a notice is about, as managers know her."""

    id: str
    nome: str | None = None
    especialidade: str | None = None


class NoticeShift(Answer):
    """The shift a notice is about, in words."""

    hospital: str
    especialidade: str
    quando: str
    valor: str


class NoticeSend(Answer):
    """The send a notice is about, without its text and its destination."""

    fila_id: str
    kind: str
    instance: str
    status: str
    tentado_em: AwareDatetime | None = None


class Objection(Answer):
    """How often doctors refused shifts for a kind of reason."""

    motivo: str
    n: int


class Suspicion(Answer):
    """A case in which a doctor suspected a machine."""

    id: int
    padrao: str
    em: AwareDatetime


class Suspicions(Answer):
    """How many doctors suspected a machine, and the newest cases (five at most)."""

    medicos: int
    casos: tuple[Suspicion, ...] = ()


class Funnel(Answer):
    """Doctors written to of our own accord, those of them who answered, who booked; bookings."""

    contatados: int
    responderam: int
    convertidos: int
    plantoes: int


class Bookings(Answer):
    """Bookings made, their value in centavos, and bookings given up."""

    fechados: int
    valor_centavos: int
    cancelados: int


class Handoffs(Answer):
    """Conversations that went to a person, by trigger."""

    total: int
    por_tipo: Mapping[str, int] = {}


class SickNumber(Answer):
    """A number that is slowed, parked or banned."""

    instance: str
    saude: str


class Standing(Answer):
    """How things stand when the report is made, whatever its window."""

    pausada: bool
    estacionadas: int
    com_pessoas: int
    numeros_doentes: tuple[SickNumber, ...] = ()
    vagas_criticas: int


class ReportMetrics(Answer):
    """What is counted over a report's window; see `docs/reference/reports.md`."""

    recebidas: int
    medicos: int
    conversas: int
    enviadas: int
    iniciativa: int
    pessoas: int
    funil: Funnel
    plantoes: Bookings
    handoffs: Handoffs
    suspeitas: Suspicions
    opt_outs: int
    objecoes: tuple[Objection, ...] = ()
    agora: Standing


class ReportNumbers(Answer):
    """A report's window and what was counted over it."""

    de: AwareDatetime
    ate: AwareDatetime
    metricas: ReportMetrics


class Report(Answer):
    """A report that was made."""

    id: str
    tipo: ReportKind
    agendado_para: AwareDatetime
    de: AwareDatetime
    ate: AwareDatetime
    metricas: ReportMetrics
    destaques: tuple[str, ...] = ()
    recomendacoes: tuple[str, ...] = ()


class StoreReport(Arguments):
    """A report to be kept and brought to managers."""

    tipo: ReportKind
    scheduled_at: AwareDatetime
    de: AwareDatetime
    ate: AwareDatetime
    metricas: dict[str, JsonValue]
    destaques: tuple[str, ...] = ()
    recomendacoes: tuple[str, ...] = ()


class ReportStored(Answer):
    """`ja_guardado`: one was made for that time before, and stands."""

    status: Literal["guardado", "ja_guardado"]
    report_id: str


class Notice(Answer):
    """What managers are to be told. `tentativa` is above 1 when it was lent before."""

    id: str
    tipo: str
    created_at: AwareDatetime
    tentativa: int
    conversa_id: str | None = None
    referencia: str | None = None
    medico: NoticeDoctor | None = None
    vaga: NoticeShift | None = None
    envio: NoticeSend | None = None
    relatorio: Report | None = None
    dados: Mapping[str, JsonValue] = {}


class DueNotices(Answer):
    """Notices lent to the caller, the oldest first."""

    avisos: tuple[Notice, ...]


class NoticesDelivered(Answer):
    """How many of them were not delivered before."""

    entregues: int


class NoticesFailed(Answer):
    """How many of them were still the caller's."""

    devolvidas: int


_DUE: Final = TypeAdapter(DueNotices)
_DELIVERED: Final = TypeAdapter(NoticesDelivered)
_FAILED: Final = TypeAdapter(NoticesFailed)
_NUMBERS: Final = TypeAdapter(ReportNumbers)
_STORED: Final = TypeAdapter(ReportStored)


class Managers:
    """See `docs/reference/rpc.md`, Managers."""

    _rpc: Rpc

    async def due_notices(self, *, limit: int, owner: str, lease_s: int) -> DueNotices:
        """Borrow notices that nobody has brought yet."""
        arguments = {"limit": limit, "owner": owner, "lease_s": lease_s}
        return await self._rpc.call("due_notices", arguments, _DUE)

    async def notices_delivered(self, *, ids: Collection[str]) -> NoticesDelivered:
        """Say that managers have these."""
        return await self._rpc.call("notices_delivered", {"ids": list(ids)}, _DELIVERED)

    async def notices_failed(
        self, *, ids: Collection[str], owner: str, erro: str, retry_in_s: float
    ) -> NoticesFailed:
        """Give these back, to be tried again in `retry_in_s` seconds by whoever comes first."""
        arguments = {"ids": list(ids), "owner": owner, "erro": erro, "retry_in_s": retry_in_s}
        return await self._rpc.call("notices_failed", arguments, _FAILED)

    async def report_numbers(self, *, tipo: ReportKind, scheduled_at: datetime) -> ReportNumbers:
        """Count what a report that is due at `scheduled_at` (with zone) tells."""
        arguments = {"tipo": tipo, "scheduled_at": scheduled_at}
        return await self._rpc.call("report_numbers", arguments, _NUMBERS)

    async def store_report(self, report: StoreReport) -> ReportStored:
        """Keep a report and have it brought to managers, once for each time."""
        return await self._rpc.call("store_report", report, _STORED)
