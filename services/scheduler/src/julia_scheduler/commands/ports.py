"""What commands need of the database; see `docs/reference/rpc.md`, Commands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

from pydantic import JsonValue

from julia_common.database import (
    AnswerKept,
    ChangeDoctor,
    ChangeStatus,
    CommandAnswered,
    CommandDecided,
    CommandFailed,
    CommandReceived,
    CopilotSet,
    CopilotStatus,
    Decision,
    DoctorChanged,
    DoctorFound,
    DueCommands,
    Focus,
    FocusSet,
    GivenBack,
    LastReport,
    MetricsBetween,
    OpenShifts,
    Overview,
    ReceiveCommand,
    ReportKind,
    ScopeFound,
    SendDecided,
    SetCopilot,
    ShiftDecided,
    StatusChanged,
    TakenOver,
    TakeOver,
)


class Inbox(Protocol):
    """Where what was asked for is stored first."""

    async def receive_command(self, command: ReceiveCommand) -> CommandReceived:
        """Store it, once."""
        ...


class Waiting(Protocol):
    """What was asked for and is not answered yet."""

    async def due_commands(self, *, owner: str, limit: int, lease_s: int) -> DueCommands:
        """Borrow some."""
        ...

    async def keep_answer(
        self,
        *,
        id: str,  # noqa: A002 - as in the database
        owner: str,
        resposta: Mapping[str, JsonValue],
        pedido: Mapping[str, JsonValue],
    ) -> AnswerKept:
        """Everything is done but the answer."""
        ...

    async def command_answered(self, *, id: str) -> CommandAnswered:  # noqa: A002 - as above
        """It is over."""
        ...

    async def command_failed(
        self,
        *,
        id: str,  # noqa: A002 - as above
        owner: str,
        erro: str,
        retry_in_s: float,
    ) -> CommandFailed:
        """Give it back."""
        ...


class Governing(Protocol):
    """What managers may see and decide."""

    async def decide_command(
        self,
        *,
        id: str,  # noqa: A002 - as above
        clique: str,
        usuario: str,
        decisao: Decision,
    ) -> CommandDecided:
        """Take the answer to a question of ours."""
        ...

    async def find_scope(
        self, *, escopo: dict[str, str], status: Literal["ativo", "pausado"]
    ) -> ScopeFound:
        """Find what was named."""
        ...

    async def change_status(self, change: ChangeStatus) -> StatusChanged:
        """Stop or resume."""
        ...

    async def overview(self) -> Overview:
        """How she is."""
        ...

    async def metrics_between(self, *, de: datetime, ate: datetime) -> MetricsBetween:
        """Count."""
        ...

    async def last_report(self, *, tipo: ReportKind | None = None) -> LastReport:
        """The newest report."""
        ...

    async def open_shifts(
        self, *, limite: int, especialidade: str | None = None, regiao: str | None = None
    ) -> OpenShifts:
        """Open shifts to come."""
        ...

    async def find_doctor(self, *, referencia: str) -> DoctorFound:
        """Find a doctor."""
        ...

    async def change_doctor(self, change: ChangeDoctor) -> DoctorChanged:
        """Block or unblock."""
        ...

    async def decidir_envio(
        self, *, fila_id: str, decisao: Literal["liberar", "descartar"], por: str
    ) -> SendDecided:
        """Decide on a parked send."""
        ...

    async def decidir_plantao(
        self, *, vaga_id: str, decisao: Literal["aconteceu", "nao_aconteceu"], por: str
    ) -> ShiftDecided:
        """Say whether a shift took place."""
        ...

    async def set_copilot(self, wanted: SetCopilot) -> CopilotSet:
        """Switch co-pilot mode."""
        ...

    async def copilot_status(self) -> CopilotStatus:
        """Where it is on."""
        ...

    async def focus(self) -> Focus:
        """What is put first."""
        ...

    async def set_focus(
        self, *, op_id: str, conteudo: str | None, ate: datetime | None, por: str
    ) -> FocusSet:
        """Put something first, or nothing."""
        ...

    async def take_over(self, take_over: TakeOver) -> TakenOver:
        """A person has the conversation."""
        ...

    async def give_back(self, *, conversa_id: str, por: str) -> GivenBack:
        """Julia has it again."""
        ...
