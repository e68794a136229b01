"""What people read in Chatwoot of Julia's drafts, in Brazilian Portuguese."""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from julia_common.database import DraftTold
from julia_scheduler.chatwoot.texts import booking_in_words, when_reminded
from julia_scheduler.managers.wording import hour

WAITS: Final = "rascunho"
"""The label of a conversation in which a draft waits."""
DECISIONS: Final = ("aprovar", "rejeitar")
"""The labels by which a person decides; they are taken off again."""

_LAPSED: Final = {
    "medico_escreveu": "o médico escreveu de novo; a Júlia prepara outra resposta",
    "medico_mudou": "o médico mudou ou apagou o que tinha escrito",
    "assumida": "uma pessoa assumiu a conversa",
    "encerrada": "a conversa foi encerrada",
    "optout": "o médico pediu para não receber mais mensagens",
    "contato_unificado": "dois cadastros da mesma pessoa foram unidos",
    "reserva_perdida": "a reserva de que ele fala mudou; a Júlia prepara outra resposta",
    "prazo": "ninguém decidiu em 30 minutos; a conversa fica com a equipe",
    "restaurado": "o banco foi restaurado de um backup",
}
"""By `rascunhos_copiloto.motivo`."""

_NOTHING_CHANGED: Final = {
    "sem_rascunho": "Não há rascunho à espera: nada foi enviado.",
    "antigo": (
        "Essa resposta veio antes de o rascunho aparecer aqui. Leiam o que está à espera e "
        "respondam de novo; nada foi enviado."
    ),
    "pausa": (
        "A Júlia está pausada: nada foi enviado, e o rascunho continua à espera. Respondam de "
        "novo quando ela for retomada."
    ),
    "texto_invalido": (
        "Falta o texto depois de `editar:`, ou ele é longo demais (4.000 letras por mensagem). "
        "Nada foi enviado, e o rascunho continua à espera."
    ),
}
"""By the status of `person_decided`."""


def draft(told: DraftTold) -> str:
    """The private note with a draft, what becomes final with it, and how to answer."""
    return "\n".join(_draft(told))


def _draft(told: DraftTold) -> Iterator[str]:
    yield f"📝 Rascunho da Júlia, à espera de aprovação até as {hour(told.expira_em)}:"
    for n, part in enumerate(told.partes):
        if n:
            yield ">"
        for line in part.splitlines():
            yield f"> {line}"
    for booking in told.reservas:
        yield f"Ao aprovar, reserva para o médico: {booking_in_words(booking)}."
    for booking in told.devolucoes:
        yield f"Ao aprovar, devolve o plantão: {booking_in_words(booking)}."
    for reminder in told.lembretes:
        when = when_reminded(reminder)
        yield f"Ao aprovar, promete chamar o médico {when}: {reminder.get('texto')}"
    yield (
        "Respondam em nota privada: `aprovar`, `editar: o texto que deve ir` ou `rejeitar: o "
        "motivo`; ou ponham a etiqueta `aprovar` ou `rejeitar`. Quem rejeita fica com a conversa."
    )
    yield "Se o médico escrever de novo, este rascunho perde a validade."


def decision(data: Mapping[str, JsonValue]) -> str:
    """The private note on what became of a draft, or of a word about it."""
    status = str(data.get("status"))
    by = data.get("por") or "alguém"
    why = data.get("motivo")
    match status:
        case "aprovado":
            return f"✅ Aprovado por {by}: a resposta vai para o médico."
        case "editado":
            return f"✏️ Editado por {by}: o novo texto vai para o médico."
        case "rejeitado":
            reason = f" Motivo: {why}" if why else ""
            return f"🚫 Rejeitado por {by}: nada foi enviado, a conversa fica com a equipe.{reason}"
        case "vencido":
            return f"⌛ O rascunho perdeu a validade: {_LAPSED.get(str(why), str(why))}."
        case _:
            return f"⚠️ {_NOTHING_CHANGED[status]}"
