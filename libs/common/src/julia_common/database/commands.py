"""Functions by which managers command Julia from Slack."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, Field, JsonValue, TypeAdapter

from julia_common.database.canary import CanaryStatus
from julia_common.database.health import Backlog
from julia_common.database.managers import (
    NoticeShift,
    Report,
    ReportKind,
    ReportMetrics,
    Standing,
)
from julia_common.database.model import Answer, Arguments
from julia_common.database.rpc import Rpc
from julia_common.database.status import Scope

type RequestKind = Literal["comando", "mencao", "botao"]
type Decision = Literal["confirmar", "cancelar"]


class Button(Answer):
    """A button of ours: its `action_id` and the value that we gave it."""

    acao: str
    valor: str = ""


class ReceiveCommand(Arguments):
    """What a manager asked for. `chave` is Slack's id of it, the same in every delivery."""

    chave: str
    tipo: RequestKind
    usuario: str
    texto: str = ""
    botao: dict[str, str] | None = None
    resposta_url: str | None = None
    recebido_em: AwareDatetime


class CommandReceived(Answer):
    """`repetido`: it was known."""

    status: Literal["novo", "repetido"]
    id: str


class DueCommand(Answer):
    """A request lent to the caller.

    `gestor`: the name of who asks, None who may not. `resposta`: what is to be told, once
    everything else was done. `agora`: the database's time of the loan.
    """

    id: str
    tipo: RequestKind
    usuario: str
    texto: str = ""
    gestor: str | None = None
    botao: Button | None = None
    resposta_url: str | None = None
    resposta: dict[str, JsonValue] | None = None
    recebido_em: AwareDatetime
    agora: AwareDatetime
    tentativa: int
    traceparent: str | None = None


class DueCommands(Answer):
    """Requests lent to the caller, the oldest first."""

    comandos: tuple[DueCommand, ...]


class AnswerKept(Answer):
    """`perdida`: the loan had ended, and somebody else answers."""

    status: Literal["guardada", "perdida"]


class CommandAnswered(Answer):
    """It is over."""

    status: Literal["ok"]


class CommandFailed(Answer):
    """`perdido`: the loan had ended."""

    status: Literal["devolvido", "perdido"]


class CommandDecided(Answer):
    """What became of "are you sure?"; `pedido` is what is to be done, of `decidida` alone.

    `ja_decidida`: by another click, as `decisao` says; `de_outro`: somebody else had asked.
    """

    status: Literal["decidida", "ja_decidida", "de_outro", "vencida", "desconhecida"]
    decisao: Decision | None = None
    pedido: dict[str, JsonValue] | None = None


class ScopeFound(Answer):
    """A scope in the database's own names; or `campo`, of which nothing has the name asked for."""

    status: Literal["ok", "desconhecido"]
    escopo: Scope = Field(default_factory=dict)
    campanha: str | None = None
    campo: str | None = None
    opcoes: tuple[str, ...] = ()


class PauseShown(Answer):
    """A pause that stands; `campanha`: the name of the one in its scope."""

    motivo: str
    via: str
    por: str | None = None
    escopo: Scope = Field(default_factory=dict)
    campanha: str | None = None
    ate: AwareDatetime | None = None


class NumberShown(Answer):
    """One of our numbers."""

    instance: str
    state: str | None = None
    saude: str


class Overview(Answer):
    """How Julia is right now."""

    agora: AwareDatetime
    pausas: tuple[PauseShown, ...]
    situacao: Standing
    fila: Backlog
    canario: CanaryStatus
    numeros: tuple[NumberShown, ...]


class MetricsBetween(Answer):
    """A window and what was counted over it."""

    de: AwareDatetime
    ate: AwareDatetime
    metricas: ReportMetrics


class LastReport(Answer):
    """The newest report of a kind."""

    relatorio: Report | None


class OpenShifts(Answer):
    """Open shifts to come, the soonest first; `especialidade`: none has the name asked for."""

    status: Literal["ok", "especialidade"]
    total: int
    especialidade: str | None = None
    vagas: tuple[NoticeShift, ...] = ()


class DoctorShown(Answer):
    """A doctor as managers know her; `final`: the last four digits of the number."""

    id: str
    nome: str | None = None
    especialidade: str | None = None
    cidade: str | None = None
    estado: str | None = None
    final: str | None = None
    opted_out: bool
    opted_out_at: AwareDatetime | None = None
    sem_contato_ate: AwareDatetime | None = None
    bloqueado_por: str | None = None
    ultima_entrada_em: AwareDatetime | None = None


class ConversationShown(Answer):
    """Her open conversation, without what was said in it."""

    id: str
    instance: str
    controlled_by: Literal["ai", "human"]
    motivo: str | None = None
    mensagens: int
    ultima_em: AwareDatetime | None = None


class BookingShown(Answer):
    """A shift that she has."""

    hospital: str
    quando: str


class DoctorFound(Answer):
    """The doctor who is meant, and her open conversation if there is one."""

    status: Literal["encontrado", "desconhecido"]
    medico: DoctorShown | None = None
    conversa: ConversationShown | None = None
    reservas: tuple[BookingShown, ...] = ()


class ChangeDoctor(Arguments):
    """A manager's word on whether we write to a doctor; `op_id` makes it happen once."""

    op_id: str
    medico_id: str
    decisao: Literal["bloqueado", "desbloqueado"]
    motivo: str
    por: str


class DoctorChanged(Answer):
    """`ja_estava`: nothing was to be changed."""

    status: Literal["bloqueado", "desbloqueado", "ja_estava", "repetida"]


class SendDecided(Answer):
    """What became of a parked send; of `ja_decidida`, who decided what before."""

    status: Literal["liberada", "descartada", "recusada", "ja_decidida", "nao_estacionada"]
    fila_status: str
    motivo: str | None = None
    decisao: str | None = None
    por: str | None = None
    conversa_id: str | None = None
    instance: str | None = None
    doorbell: bool


class ShiftsAsked(Answer):
    """Of how many shifts managers were asked now; `mais`: there may be more."""

    perguntadas: int
    mais: bool


class ShiftDecided(Answer):
    """What became of a shift whose time is over; of `ja_decidida`, who decided what before.

    `resolvida`: a manager had settled it by SQL, or nobody has it; `cedo`: it is not over.
    """

    status: Literal["realizada", "nao_aconteceu", "ja_decidida", "resolvida", "cedo"]
    vaga_status: str
    vaga: NoticeShift
    decisao: str | None = None
    por: str | None = None


class FocusShown(Answer):
    """A focus that holds for all doctors; `por` of those from Slack."""

    conteudo: str
    origem: str
    por: str | None = None
    ate: AwareDatetime | None = None
    desde: AwareDatetime


class Focus(Answer):
    """What managers want Julia to put first."""

    focos: tuple[FocusShown, ...]


class FocusSet(Answer):
    """`sem_foco`: there was none to end."""

    status: Literal["registrado", "encerrado", "sem_foco", "repetida"]


_RECEIVED: Final = TypeAdapter(CommandReceived)
_DUE: Final = TypeAdapter(DueCommands)
_KEPT: Final = TypeAdapter(AnswerKept)
_ANSWERED: Final = TypeAdapter(CommandAnswered)
_FAILED: Final = TypeAdapter(CommandFailed)
_DECIDED: Final = TypeAdapter(CommandDecided)
_SCOPE: Final = TypeAdapter(ScopeFound)
_OVERVIEW: Final = TypeAdapter(Overview)
_METRICS: Final = TypeAdapter(MetricsBetween)
_REPORT: Final = TypeAdapter(LastReport)
_SHIFTS: Final = TypeAdapter(OpenShifts)
_DOCTOR: Final = TypeAdapter(DoctorFound)
_CHANGED: Final = TypeAdapter(DoctorChanged)
_SEND: Final = TypeAdapter(SendDecided)
_ASKED: Final = TypeAdapter(ShiftsAsked)
_SHIFT: Final = TypeAdapter(ShiftDecided)
_FOCUS: Final = TypeAdapter(Focus)
_FOCUS_SET: Final = TypeAdapter(FocusSet)


class Commands:
    """See `docs/reference/rpc.md`, Commands."""

    _rpc: Rpc

    async def receive_command(self, command: ReceiveCommand) -> CommandReceived:
        """Store what was asked for, once for each `chave`."""
        return await self._rpc.call("receive_command", command, _RECEIVED)

    async def due_commands(self, *, owner: str, limit: int, lease_s: int) -> DueCommands:
        """Borrow what is to be done or answered."""
        p = {"owner": owner, "limit": limit, "lease_s": lease_s}
        return await self._rpc.call("due_commands", p, _DUE)

    async def keep_answer(
        self,
        *,
        id: str,  # noqa: A002 - the argument's name
        owner: str,
        resposta: Mapping[str, JsonValue],
        pedido: Mapping[str, JsonValue],
    ) -> AnswerKept:
        """Say that everything is done but the answer, or that `pedido` waits to be confirmed."""
        p = {"id": id, "owner": owner, "resposta": dict(resposta), "pedido": dict(pedido)}
        return await self._rpc.call("keep_answer", p, _KEPT)

    async def command_answered(self, *, id: str) -> CommandAnswered:  # noqa: A002 - as above
        """Say that who asked has the answer, which is forgotten."""
        return await self._rpc.call("command_answered", {"id": id}, _ANSWERED)

    async def command_failed(
        self,
        *,
        id: str,  # noqa: A002 - as above
        owner: str,
        erro: str,
        retry_in_s: float,
    ) -> CommandFailed:
        """Give it back, to be taken up again in `retry_in_s` seconds."""
        p = {"id": id, "owner": owner, "erro": erro, "retry_in_s": retry_in_s}
        return await self._rpc.call("command_failed", p, _FAILED)

    async def decide_command(
        self,
        *,
        id: str,  # noqa: A002 - as above
        clique: str,
        usuario: str,
        decisao: Decision,
    ) -> CommandDecided:
        """Take the answer to "are you sure?", by the request `clique` of that user."""
        p = {"id": id, "clique": clique, "usuario": usuario, "decisao": decisao}
        return await self._rpc.call("decide_command", p, _DECIDED)

    async def find_scope(self, *, escopo: Scope, status: Literal["ativo", "pausado"]) -> ScopeFound:
        """Find what a manager named in the database's own names."""
        return await self._rpc.call("find_scope", {"escopo": escopo, "status": status}, _SCOPE)

    async def overview(self) -> Overview:
        """How Julia is right now."""
        return await self._rpc.call("overview", {}, _OVERVIEW)

    async def metrics_between(self, *, de: datetime, ate: datetime) -> MetricsBetween:
        """Count from `de` to before `ate` (with zone)."""
        return await self._rpc.call("metrics_between", {"de": de, "ate": ate}, _METRICS)

    async def last_report(self, *, tipo: ReportKind | None = None) -> LastReport:
        """The newest report, of that kind if one is named."""
        return await self._rpc.call("last_report", {"tipo": tipo}, _REPORT)

    async def open_shifts(
        self, *, limite: int, especialidade: str | None = None, regiao: str | None = None
    ) -> OpenShifts:
        """Count the open shifts to come, and tell the first of them."""
        p = {"limite": limite, "especialidade": especialidade, "regiao": regiao}
        return await self._rpc.call("open_shifts", p, _SHIFTS)

    async def find_doctor(self, *, referencia: str) -> DoctorFound:
        """Find a doctor by phone, or by the id of the doctor or of a conversation."""
        return await self._rpc.call("find_doctor", {"referencia": referencia}, _DOCTOR)

    async def change_doctor(self, change: ChangeDoctor) -> DoctorChanged:
        """Block or unblock a doctor on a manager's word."""
        return await self._rpc.call("change_doctor", change, _CHANGED)

    async def decidir_envio(
        self, *, fila_id: str, decisao: Literal["liberar", "descartar"], por: str
    ) -> SendDecided:
        """Decide what becomes of a parked send."""
        p = {"fila_id": fila_id, "decisao": decisao, "por": por}
        return await self._rpc.call("decidir_envio", p, _SEND)

    async def ask_of_shifts(self, *, limit: int) -> ShiftsAsked:
        """Ask managers whether shifts took place that ended two hours ago, of each once."""
        return await self._rpc.call("ask_of_shifts", {"limit": limit}, _ASKED)

    async def decidir_plantao(
        self, *, vaga_id: str, decisao: Literal["aconteceu", "nao_aconteceu"], por: str
    ) -> ShiftDecided:
        """Say whether a shift whose time is over took place."""
        p = {"vaga_id": vaga_id, "decisao": decisao, "por": por}
        return await self._rpc.call("decidir_plantao", p, _SHIFT)

    async def focus(self) -> Focus:
        """What managers want Julia to put first."""
        return await self._rpc.call("focus", {}, _FOCUS)

    async def set_focus(
        self, *, op_id: str, conteudo: str | None, ate: datetime | None, por: str
    ) -> FocusSet:
        """Put a focus in place of the one before, or none; once for each `op_id`."""
        p = {"op_id": op_id, "conteudo": conteudo, "ate": ate, "por": por}
        return await self._rpc.call("set_focus", p, _FOCUS_SET)
