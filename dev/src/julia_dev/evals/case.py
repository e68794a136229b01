"""What a file of `evals/` may say. Keys are Portuguese, as the people who write cases are.

`evals/README.md` explains each key with an example; a key that is not known here is an error.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from julia_dev.evals.words import fill, unaccented

MAIN = "medico"
"""The doctor of a case who is meant where none is named."""


def _is_pattern(text: str) -> str:
    try:
        re.compile(unaccented(fill(text, lambda _: "x")))
    except re.error as error:
        raise ValueError(f"not a regular expression: {text} ({error})") from error
    return text


Pattern = Annotated[str, AfterValidator(_is_pattern)]
"""A regular expression; accents and case do not matter, `{{v1.valor}}` is filled in."""

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DoctorSetup(_Part):
    """A doctor who writes. What is left out is chosen by the runner."""

    nome: str | None = None
    genero: Literal["f", "m"] = "f"
    especialidade: str | None = None
    """Left out: one that no other conversation uses meanwhile."""
    cidade: str = "Campinas"
    estado: str = "SP"


class ShiftSetup(_Part):
    """A shift that is there when the conversation begins. Money in whole reais."""

    hospital: str
    """A key of `hospitais.yaml`."""
    dia: str | int
    """A weekday (`sabado`: the next one that is at least two days away) or `+5` (days from now)."""
    das: Clock = "19:00"
    ate: Clock = "07:00"
    """Not after `das`: the next day."""
    valor: int | None = None
    faixa: tuple[int, int] | None = None
    """Neither: `a_combinar`."""
    minimo: int | None = None
    maximo: int | None = None
    """The bounds of a negotiation about a fixed `valor`."""
    setor: str | None = None
    status: Literal["aberta", "cancelada"] = "aberta"


class BookingSetup(_Part):
    """A booking that stands when the conversation begins."""

    vaga: str
    medico: str = MAIN


class DirectiveSetup(_Part):
    """What managers want of the conversation with the first doctor."""

    tipo: Literal["foco", "tom", "meta", "vip", "bloqueado", "vaga_prioritaria"]
    conteudo: str
    vaga: str | None = None


class MemorySetup(_Part):
    """Something remembered of the first doctor."""

    tipo: Literal["preferencia", "restricao", "info_pessoal", "historico", "comportamento"]
    conteudo: str


class ToolUse(_Part):
    """A tool that the scripted model calls; `com` are its arguments."""

    nome: str
    com: dict[str, Any] = Field(default_factory=dict)


class ScriptedAnswer(_Part):
    """One answer of the model. A plain string in the file is `{texto: ...}`."""

    texto: str = ""
    ferramentas: tuple[ToolUse, ...] = ()
    hostil: bool = False
    """Must never reach a doctor (`texto`), or have the effect that it asks for (`ferramentas`)."""
    vezes: int = Field(default=1, ge=1, le=12)

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: object) -> object:
        if isinstance(value, str):
            return {"texto": value}
        if isinstance(value, dict) and isinstance(value.get("hostil"), str):
            return {**value, "texto": value["hostil"], "hostil": True}
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.texto and not self.ferramentas:
            raise ValueError("an answer needs `texto` or `ferramentas`")
        return self


class Media(_Part):
    """An attachment that the doctor sends."""

    tipo: Literal["audio", "image", "document", "video", "sticker", "contact", "location", "poll"]
    legenda: str = ""
    segundos: int = 7
    arquivo: str | None = None
    mime: str | None = None
    diz: str = ""
    """What an audio says, or what is written on an image or a document."""


class ManagerAct(_Part):
    """A manager changes a shift by plain SQL."""

    vaga: str
    status: Literal["aberta", "cancelada"]


class Step(_Part):
    """One thing that happens, and what must be seen of it before the next."""

    quem: str = MAIN
    diz: tuple[str, ...] = ()
    """Several: a burst of messages, a moment apart."""
    envia: Media | None = None
    edita: str | None = None
    """The doctor changes his last message into this."""
    apaga: bool = False
    """The doctor deletes his last message."""
    pessoa_escreve: str | None = None
    """A person types on the company's phone, and so takes the conversation over."""
    pessoa_assume: bool = False
    pessoa_devolve: bool = False
    gestor: ManagerAct | None = None
    silencio: float = Field(default=0, ge=0, le=60)
    """Seconds in which nothing is done; with `recebe`, only until something arrives."""
    sem_esperar: bool = False
    """Go on with the next step at once."""

    claude: tuple[ScriptedAnswer, ...] = ()
    """Answers in this order; when they are used up the simulator's own rules answer."""
    podem_sobrar: bool = False
    """Scripted answers need not all be asked for."""

    resposta: Literal["sim", "nao", "livre"] = "sim"
    """Whether something must, must not or may arrive; only asked where the doctor writes."""
    recebe: tuple[Pattern, ...] = ()
    nunca: tuple[Pattern, ...] = ()
    mensagens: int | None = Field(default=None, ge=0)
    """Exactly this many arrive."""

    @model_validator(mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        lists = {
            name: (value[name],)
            for name in ("diz", "recebe", "nunca")
            if isinstance(value.get(name), str)
        }
        return {**value, **lists}

    @property
    def writes(self) -> bool:
        """Whether the doctor says something here."""
        return bool(self.diz) or self.envia is not None


class Reminder(_Part):
    """A reminder that must have been arranged."""

    texto: Pattern = ""
    hora: Clock | None = None
    """São Paulo's."""


class End(_Part):
    """What must be true when the conversation has ended. What is None is not asked."""

    transferida: str = "nao"
    """The hand-off's `trigger_type` (several allowed, divided by `|`), or `qualquer`, `nao`,
    `livre`."""
    opt_out: Literal["nao", "definitivo", "mes", "livre"] = "nao"
    recusa_vaga: tuple[str, ...] | None = None
    """Shifts that must not be offered again."""
    reservas: dict[str, tuple[str, ...]] | None = None
    """Doctor to the shifts that are booked, no more and no fewer; {} means nobody has any."""
    valores: dict[str, int] = Field(default_factory=dict)
    """Shift to the price agreed, in reais."""
    vagas: dict[str, str] = Field(default_factory=dict)
    """Shift to its status."""
    memorias: tuple[Pattern, ...] | None = None
    """Each must be found among the memories; an empty list: there must be none."""
    lembretes: tuple[Reminder, ...] | None = None
    lista_espera: dict[str, tuple[str, ...]] | None = None
    """Doctor to the shifts that are waited for."""
    ofertas: dict[str, tuple[str, ...]] | None = None
    """Doctor to the shifts that were offered from a waiting list and are not decided yet."""
    suspeita_bot: bool | None = None
    documentos: int | None = None
    avisos: tuple[str, ...] = ()
    """Kinds of notices to managers that must be there."""
    claude: bool | None = None
    """Whether Claude was asked at all."""
    nunca: tuple[Pattern, ...] = ()
    """In nothing that any doctor of this case received."""

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: object) -> object:
        if isinstance(value, dict) and isinstance(value.get("reservas"), list):
            booked = value["reservas"]
            return {**value, "reservas": {MAIN: booked} if booked else {}}
        return value


class Case(_Part):
    """One conversation, sometimes with more than one doctor."""

    nome: str = Field(pattern=r"^[a-z0-9-]+$")
    sobre: str = ""
    tema: str = ""
    """The topic; the file's, unless given."""
    medico: DoctorSetup = DoctorSetup()
    outros: dict[str, DoctorSetup] = Field(default_factory=dict)
    """More doctors, of the first one's speciality unless they have their own."""
    hospitais: tuple[str, ...] = ()
    """Hospitals that may be named beside those of the shifts."""
    vagas: dict[str, ShiftSetup] = Field(default_factory=dict)
    reservas: tuple[BookingSetup, ...] = ()
    diretrizes: tuple[DirectiveSetup, ...] = ()
    memorias: tuple[MemorySetup, ...] = ()
    valores_ditos: tuple[int, ...] = ()
    """Amounts in reais that may be named although no shift has them."""
    passos: tuple[Step, ...] = Field(min_length=1)
    fim: End = End()

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Self:
        people = {MAIN, *self.outros}
        shifts = set(self.vagas)
        named_people = {step.quem for step in self.passos} | {r.medico for r in self.reservas}
        named_people |= (
            set(self.fim.reservas or {})
            | set(self.fim.lista_espera or {})
            | set(self.fim.ofertas or {})
        )
        named_shifts = {r.vaga for r in self.reservas}
        named_shifts |= {step.gestor.vaga for step in self.passos if step.gestor}
        named_shifts |= {v for booked in (self.fim.reservas or {}).values() for v in booked}
        named_shifts |= set(self.fim.valores) | set(self.fim.vagas)
        if unknown := sorted((named_people - people) | (named_shifts - shifts)):
            raise ValueError(f"{self.nome}: not set up: {', '.join(unknown)}")
        return self

    @property
    def people(self) -> dict[str, DoctorSetup]:
        """All doctors by the names that the steps use, the first one first."""
        return {MAIN: self.medico, **self.outros}

    @property
    def scripted(self) -> tuple[ScriptedAnswer, ...]:
        """All that the model is made to say."""
        return tuple(answer for step in self.passos for answer in step.claude)

    @property
    def hostile(self) -> bool:
        """Whether the model is made to do harm."""
        return any(answer.hostil for answer in self.scripted)


class Wording(_Part):
    """One message that is, or is not, a request to be left alone."""

    texto: str
    escopo: Literal["definitivo", "mes"] = "definitivo"

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, value: object) -> object:
        return {"texto": value} if isinstance(value, str) else value


class File(_Part):
    """A file of cases, or of wordings."""

    tema: str
    casos: tuple[Case, ...] = ()
    pedidos: tuple[Wording, ...] = ()
    """Requests to be left alone."""
    nao_pedidos: tuple[str, ...] = ()
    """Messages that are none."""
