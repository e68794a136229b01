"""What must be 0 at the end, counted from what was recorded by all sides."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from julia_dev.people.scene import Scene

_TAKEOVERS = "select count(*) from handoffs"
_RETURNS = "select count(*) from handoffs where resolvido_por <> 'encerramento'"
_SENT_AFTER = """
select count(*)
  from envios e
  join regras_envio r on r.kind = e.kind and r.controle = 'ai'
  join handoffs h on h.conversa_id = e.conversa_id
 where e.claimed_at > h.created_at and e.claimed_at < coalesce(h.resolvido_em, 'infinity')
"""
_UNAPPROVED = """
select count(*)
  from envios e
  join fila_mensagens f on f.id = e.fila_id and f.kind = 'reply'
  join turnos t on t.id = f.turno_id
  join decisoes_copiloto m on m.alvo_id = f.conversa_id and m.created_at < t.committed_at
 where not exists (select from rascunhos_copiloto d
                    where d.turno_id = f.turno_id and d.status in ('aprovado', 'editado')
                      and d.decidido_em <= e.claimed_at)
"""
_SHOWN = """
select e.id, c.chatwoot_conversation_id as chat
  from chatwoot_efeitos e join conversations c on c.id = e.conversa_id
 where e.tipo = 'mensagem'
"""
_UNREAD = """
select count(*) from interacoes i
 where not exists (select from chatwoot_efeitos e where e.interacao_id = i.id)
   and not exists (select from fila_mensagens f
                    where f.id = i.fila_id and f.metadata ? 'chatwoot_mensagem_id')
   and not exists (select from medicos m where m.id = i.medico_id and m.canario)
"""
_LEFT_TO_NOBODY = """
select greatest(0, count(*) - (
         select coalesce(sum((metadata ->> 'mensagens_em_espera')::integer), 0) from handoffs))
  from interacoes i
 where i.tipo = 'entrada' and i.situacao = 'humano'
   and not exists (select from handoffs h
                    where h.conversa_id = i.conversa_id and h.created_at <= i.received_at
                      and i.received_at < coalesce(h.resolvido_em, 'infinity'))
"""
"""Passed to a person who did not have the conversation, beyond those that waited at a takeover."""


@dataclass(frozen=True)
class Verdict:
    """`unapproved`: claims of answers in co-pilot mode without a person's word before them.

    `lost`, `doubled`: messages, both ways; `out_of_order`: within a conversation of Chatwoot.
    """

    takeovers: int
    returns: int
    sent_after_takeover: int
    unapproved: int
    lost: int
    doubled: int
    out_of_order: int

    @property
    def held(self) -> bool:
        """Whether nothing happened that must not."""
        return not any(
            (
                self.sent_after_takeover,
                self.unapproved,
                self.lost,
                self.doubled,
                self.out_of_order,
            )
        )


async def judge(scene: Scene, replies: Counter[tuple[str, str]], *, writings: int) -> Verdict:
    """Count.

    `replies`: how often a text of the coordinator's was written to a doctor's number; `writings`:
    how many messages doctors wrote.
    """
    chats = await scene.chats()
    marks = Counter(mark for chat in chats.values() for mark in _marks(chat))
    wanted = await scene.database.fetch(_SHOWN)
    lost = sum(marks[f"efeito:{row['id']}"] == 0 for row in wanted)
    doubled = sum(n - 1 for n in marks.values())
    for number in {number for number, _ in replies}:
        read = Counter(await scene.read_by(number))
        for (whose, text), n in replies.items():
            if whose == number:
                lost += max(0, n - read[text])
                doubled += max(0, read[text] - n)
    heard = await scene.heard()
    lost += max(0, writings - heard.stored) + heard.open
    doubled += max(0, heard.stored - writings)
    for question in (_UNREAD, _LEFT_TO_NOBODY):
        lost += await scene.database.fetchval(question)
    return Verdict(
        takeovers=await scene.database.fetchval(_TAKEOVERS),
        returns=await scene.database.fetchval(_RETURNS),
        sent_after_takeover=await scene.database.fetchval(_SENT_AFTER),
        unapproved=await scene.database.fetchval(_UNAPPROVED),
        lost=lost,
        doubled=doubled,
        out_of_order=sum(_disorder(chat) for chat in chats.values()),
    )


def _marks(chat: dict[str, Any]) -> list[str]:
    return [
        message["content_attributes"]["julia_id"]
        for message in chat["messages"]
        if "julia_id" in message["content_attributes"]
    ]


def _disorder(chat: dict[str, Any]) -> int:
    order = [int(mark.removeprefix("efeito:")) for mark in _marks(chat)]
    return sum(later < earlier for earlier, later in pairwise(order))
