"""Functions by which people take conversations over in Chatwoot, read along and give them back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, JsonValue, TypeAdapter

from julia_common.database.model import Answer, Arguments
from julia_common.database.rpc import Rpc


class SaidInChat(Answer):
    """A message to be shown; `leitura` is what an attachment says, once it was read."""

    autor: Literal["medico", "julia", "gestor"]
    tipo_conteudo: str
    conteudo: str
    leitura: str | None = None
    apagada: bool = False
    em: AwareDatetime


class HandoffTold(Answer):
    """A hand-off as the private note tells it; `duracao_s` once it is over."""

    trigger_type: str
    motivo: str
    por: str | None = None
    resolvido_por: str | None = None
    duracao_s: float | None = None
    resumo: str | None = None
    ultima_mensagem: str | None = None
    mensagens_em_espera: int | None = None
    lembretes: tuple[Mapping[str, JsonValue], ...] = ()
    reservas_nao_avisadas: tuple[Mapping[str, JsonValue], ...] = ()


class DraftTold(Answer):
    """A draft as the private note tells it: what would be said, and what becomes final with it."""

    partes: tuple[str, ...]
    expira_em: AwareDatetime
    reservas: tuple[Mapping[str, JsonValue], ...] = ()
    devolucoes: tuple[Mapping[str, JsonValue], ...] = ()
    lembretes: tuple[Mapping[str, JsonValue], ...] = ()


class ChatwootEffect(Answer):
    """One thing to do in Chatwoot; `tentativa` above 1: it may have been done before.

    `vale`: no newer hand-off or return has taken the place of this one; of a draft (`rascunho`),
    that it still waits; of a `decisao`, that no draft waits any more.
    """

    id: int
    tipo: Literal["mensagem", "assumida", "devolvida", "nota", "rascunho", "decisao", "eliminacao"]
    tentativa: int
    em: AwareDatetime
    vale: bool
    dados: Mapping[str, JsonValue] = {}
    mensagem: SaidInChat | None = None
    handoff: HandoffTold | None = None
    traceparent: str | None = None
    rascunho: DraftTold | None = None


class ChatwootDoctor(Answer):
    """Whom the conversation is with."""

    id: str
    telefone: str | None = None
    nome: str | None = None


class ChatwootConversation(Answer):
    """A conversation lent to the caller, with what is to be done there, in order.

    `contact_id`, `conversation_id`: Chatwoot's, once it has them. `handoff_id`: the hand-off that a
    person has now, if Chatwoot had shown it before the loan.
    """

    conversa_id: str
    instance: str
    controlled_by: Literal["ai", "human"]
    contact_id: int | None = None
    conversation_id: int | None = None
    handoff_id: str | None = None
    medico: ChatwootDoctor
    efeitos: tuple[ChatwootEffect, ...]


class DueChatwoot(Answer):
    """What may be done now, and how many effects wait in all, for how long (seconds)."""

    conversas: tuple[ChatwootConversation, ...]
    esperando: int
    mais_antigo_s: float | None = None


class ChatwootLinked(Answer):
    """The ids are known."""

    status: Literal["ok"]


class ChatwootHeld(Answer):
    """`perdida`: the loan had ended, another process may have the conversation."""

    status: Literal["ok", "perdida"]


class PersonWroteArguments(Arguments):
    """A person's message in Chatwoot; `entrega` is the id of its delivery, `em` Chatwoot's time."""

    entrega: str
    conversation_id: int
    conversa_id: str | None = None
    mensagem_id: int
    conteudo: str
    anexos: int
    por: str
    em: AwareDatetime | None = None


class PersonWroteAnswer(Answer):
    """`assumida`: it took the conversation over; `desconhecida`: it is none of ours (yet).

    `handoff_id`: the hand-off that she has now, if it was taken.
    """

    status: Literal["assumida", "aceita", "duplicada", "encerrada", "desconhecida"]
    conversa_id: str | None = None
    instance: str | None = None
    doorbell: bool
    handoff_id: str | None = None


class PersonReturnedArguments(Arguments):
    """The label was taken off (`etiqueta`) or the conversation resolved, at `em` by Chatwoot.

    `handoff_id`: the hand-off of which the caller has seen in Chatwoot that it ended; without it
    the times decide.
    """

    entrega: str
    conversation_id: int
    conversa_id: str | None = None
    motivo: Literal["etiqueta", "resolvida"]
    em: AwareDatetime
    por: str
    handoff_id: str | None = None


class PersonReturnedAnswer(Answer):
    """`antiga`: it tells of an earlier hand-off than the present one."""

    status: Literal["devolvida", "ja_julia", "antiga", "duplicada", "desconhecida"]
    conversa_id: str | None = None
    instance: str | None = None
    doorbell: bool


class ChatwootWindow(Answer):
    """What may not have been heard: from `since` to `until`, which is now."""

    since: AwareDatetime
    until: AwareDatetime


class EndedHandoff(Answer):
    """A conversation that looks given back in Chatwoot, and the hand-off that a person has."""

    conversation_id: int
    handoff_id: str


class Unheard(Answer):
    """Of what was seen in Chatwoot, that which we do not know."""

    mensagens: tuple[int, ...]
    notas: tuple[int, ...] = ()
    devolvidas: tuple[EndedHandoff, ...]


class PersonDecidedArguments(Arguments):
    """A person's answer to a draft, at `em` by Chatwoot; without `mensagem_id` it was a label."""

    entrega: str
    conversation_id: int
    conversa_id: str | None = None
    mensagem_id: int | None = None
    decisao: Literal["aprovar", "editar", "rejeitar"]
    partes: tuple[str, ...] | None = None
    motivo: str | None = None
    em: AwareDatetime
    por: str


class PersonDecidedAnswer(Answer):
    """`vencido`: what it rested on is gone; `antigo`: said before this draft could be read."""

    status: Literal[
        "aprovado",
        "editado",
        "rejeitado",
        "vencido",
        "sem_rascunho",
        "antigo",
        "pausa",
        "texto_invalido",
        "duplicada",
        "desconhecida",
    ]
    conversa_id: str | None = None
    instance: str | None = None
    doorbell: bool


class DraftsExpired(Answer):
    """How many drafts a person got, undecided, and of how many managers were told."""

    transferidos: int
    avisados: int


class SetCopilot(Arguments):
    """Who says whether answers wait for a person's word; `padrao`: as the wider setting says."""

    op_id: str
    alvo: Literal["global", "campanha", "conversa"]
    id: str | None = None
    modo: Literal["ligado", "desligado", "padrao"]
    motivo: str
    por: str


class CopilotSet(Answer):
    """The mode that holds now; `desconhecida`: there is no such campaign or conversation."""

    status: Literal["ligado", "desligado", "padrao", "repetida", "desconhecida"]


class CampaignCopilot(Answer):
    """A campaign with a setting of its own."""

    nome: str
    ligado: bool


class CopilotStatus(Answer):
    """Where answers wait for a person's word (`ligado`: everywhere), how many do, how long (s)."""

    ligado: bool
    campanhas: tuple[CampaignCopilot, ...] = ()
    conversas_ligadas: int
    conversas_desligadas: int
    esperando: int
    mais_antigo_s: float | None = None


class GivenBack(Answer):
    """`ja_julia`: nobody had it; `encerrada`: it is over. `duracao_s`: how long people had it."""

    status: Literal["devolvida", "ja_julia", "encerrada"]
    conversa_id: str
    instance: str
    handoff_id: str | None = None
    duracao_s: float | None = None
    doorbell: bool


_DUE: Final = TypeAdapter(DueChatwoot)
_LINKED: Final = TypeAdapter(ChatwootLinked)
_HELD: Final = TypeAdapter(ChatwootHeld)
_WROTE: Final = TypeAdapter(PersonWroteAnswer)
_RETURNED: Final = TypeAdapter(PersonReturnedAnswer)
_DECIDED: Final = TypeAdapter(PersonDecidedAnswer)
_DRAFTS_EXPIRED: Final = TypeAdapter(DraftsExpired)
_COPILOT_SET: Final = TypeAdapter(CopilotSet)
_COPILOT: Final = TypeAdapter(CopilotStatus)
_GIVEN_BACK: Final = TypeAdapter(GivenBack)
_WINDOW: Final = TypeAdapter(ChatwootWindow)
_UNHEARD: Final = TypeAdapter(Unheard)


class People:
    """See `docs/reference/rpc.md`, People."""

    _rpc: Rpc

    async def person_wrote(self, message: PersonWroteArguments) -> PersonWroteAnswer:
        """Take the conversation over for who wrote, and send her words to the doctor."""
        return await self._rpc.call("person_wrote", message, _WROTE)

    async def person_returned(self, returned: PersonReturnedArguments) -> PersonReturnedAnswer:
        """Give the conversation back, as was done in Chatwoot."""
        return await self._rpc.call("person_returned", returned, _RETURNED)

    async def person_decided(self, decided: PersonDecidedArguments) -> PersonDecidedAnswer:
        """Approve, change or refuse the draft that waits."""
        return await self._rpc.call("person_decided", decided, _DECIDED)

    async def expire_drafts(self, *, limit: int) -> DraftsExpired:
        """Give drafts that nobody decided on to a person; tell managers of those that wait long."""
        return await self._rpc.call("expire_drafts", {"limit": limit}, _DRAFTS_EXPIRED)

    async def set_copilot(self, wanted: SetCopilot) -> CopilotSet:
        """Switch co-pilot mode on or off for everything, a campaign or a conversation."""
        return await self._rpc.call("set_copilot", wanted, _COPILOT_SET)

    async def copilot_status(self) -> CopilotStatus:
        """Where it is on, and what waits."""
        return await self._rpc.call("copilot_status", {}, _COPILOT)

    async def give_back(self, *, conversa_id: str, por: str) -> GivenBack:
        """Give a conversation back to Julia for the manager `por`."""
        arguments = {"conversa_id": conversa_id, "por": por}
        return await self._rpc.call("give_back", arguments, _GIVEN_BACK)

    async def due_chatwoot(self, *, owner: str, limit: int, lease_s: int) -> DueChatwoot:
        """Borrow conversations of which something is to be done in Chatwoot."""
        arguments = {"owner": owner, "limit": limit, "lease_s": lease_s}
        return await self._rpc.call("due_chatwoot", arguments, _DUE)

    async def chatwoot_linked(
        self, *, conversa_id: str, contact_id: int, conversation_id: int
    ) -> ChatwootLinked:
        """Remember the ids that Chatwoot gave."""
        arguments = {
            "conversa_id": conversa_id,
            "contact_id": contact_id,
            "conversation_id": conversation_id,
        }
        return await self._rpc.call("chatwoot_linked", arguments, _LINKED)

    async def chatwoot_done(
        self, *, efeito_id: int, owner: str, lease_s: int, desistiu: str | None = None
    ) -> ChatwootHeld:
        """Say that an effect is done, or why it never will be; the loan begins anew."""
        arguments = {
            "efeito_id": efeito_id,
            "owner": owner,
            "lease_s": lease_s,
            "desistiu": desistiu,
        }
        return await self._rpc.call("chatwoot_done", arguments, _HELD)

    async def chatwoot_released(
        self, *, conversa_id: str, owner: str, retry_in_s: float, erro: str | None = None
    ) -> ChatwootHeld:
        """Give the conversation back, to be lent again in `retry_in_s` seconds."""
        arguments = {
            "conversa_id": conversa_id,
            "owner": owner,
            "retry_in_s": retry_in_s,
            "erro": erro,
        }
        return await self._rpc.call("chatwoot_released", arguments, _HELD)

    async def chatwoot_window(self, *, job: str) -> ChatwootWindow:
        """Say since when to look in Chatwoot for what no webhook told; `job` is who looks."""
        return await self._rpc.call("chatwoot_window", {"job": job}, _WINDOW)

    async def chatwoot_unheard(
        self,
        *,
        antes: datetime,
        mensagens: Sequence[int],
        conversas: Sequence[int],
        conversa: int,
        notas: Sequence[int],
    ) -> Unheard:
        """Sort out what is news: of messages, and of conversations that look given back.

        `antes`: a time of the database's before Chatwoot was asked. `notas`: what decides on a
        draft in the conversation `conversa`; it is news while one waits there.
        """
        arguments = {
            "antes": antes.isoformat(),
            "mensagens": list(mensagens),
            "conversas": list(conversas),
            "conversa": conversa,
            "notas": list(notas),
        }
        return await self._rpc.call("chatwoot_unheard", arguments, _UNHEARD)
