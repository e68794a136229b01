"""What people read in Chatwoot, in Brazilian Portuguese."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from julia_common.database import HandoffTold, SaidInChat
from julia_scheduler.managers.wording import counted, moment

TRIGGERS: Final = {
    "pedido_humano": "o médico pediu uma pessoa",
    "juridico": "assunto jurídico",
    "sentimento_negativo": "médico irritado",
    "baixa_confianca": "a Júlia não tinha certeza",
    "manual": "alguém assumiu",
    "indisponibilidade": "a Júlia estava fora do ar",
    "falha_repetida": "a resposta falhou três vezes",
    "resposta_vencida": "a resposta se atrasou",
    "envio_incerto": "não se sabe se um envio chegou",
    "falha_envio": "um envio falhou",
    "contato_unificado": "dois cadastros da mesma pessoa",
}
"""Why a person has the conversation, by `handoffs.trigger_type`."""

_SOMEBODY: Final = {"julia": "a Júlia", "whatsapp": "alguém, pelo celular do número"}

_KINDS: Final = {
    "audio": "áudio",
    "imagem": "imagem",
    "video": "vídeo",
    "documento": "documento",
    "figurinha": "figurinha",
    "reacao": "reação",
    "contato": "contato",
    "localizacao": "localização",
    "enquete": "enquete",
    "outro": "mensagem que só o WhatsApp mostra",
}
_OUTCOMES: Final = {
    "BLOCKED_OPTED_OUT": "o médico pediu para não receber mais mensagens",
    "EXPIRED": "não pôde sair em 24 horas",
    "FAILED_VALIDATION": "o WhatsApp não a aceitou",
    "PARKED": "não se sabe se chegou, e alguém decidiu não mandar de novo",
}


def who(por: str | None) -> str:
    """Who took a conversation over or gave it back, by what was written down."""
    return _SOMEBODY.get(por, por) if por else "alguém"


def message(said: SaidInChat) -> str:
    """A message as it is shown: what is no text is named."""
    if said.apagada:
        return "[mensagem apagada]"
    kind = _KINDS.get(said.tipo_conteudo)
    lines = [f"[{kind}]"] if kind else []
    lines += [text for text in (said.conteudo, said.leitura) if text]
    return "\n".join(lines) or "[mensagem vazia]"


def taken_over(handoff: HandoffTold) -> str:
    """The private note of a hand-off: why, and what to know."""
    return "\n".join(_taken_over(handoff))


def _taken_over(handoff: HandoffTold) -> Iterator[str]:
    why = TRIGGERS.get(handoff.trigger_type, handoff.trigger_type)
    yield f"👤 Uma pessoa assume: {why}."
    yield f"Motivo: {handoff.motivo}"
    if handoff.por:
        yield f"Quem passou: {who(handoff.por)}"
    if handoff.resumo:
        yield f"Resumo: {handoff.resumo}"
    if handoff.ultima_mensagem:
        yield f"Última mensagem do médico: {handoff.ultima_mensagem}"
    if handoff.mensagens_em_espera:
        waiting = counted(handoff.mensagens_em_espera, "mensagem", "mensagens")
        yield f"Sem resposta: {waiting}."
    for booking in handoff.reservas_nao_avisadas:
        yield f"O médico pode não saber da reserva: {booking_in_words(booking)}."
    for reminder in handoff.lembretes:
        yield f"Foi prometido chamar o médico {when_reminded(reminder)}: {reminder.get('texto')}"
    yield (
        "A Júlia está calada. Tirar a etiqueta `humano` ou resolver a conversa a devolve à Júlia."
    )


def given_back(handoff: HandoffTold) -> str:
    """The private note of a return."""
    minutes = round((handoff.duracao_s or 0) / 60)
    lasted = counted(minutes, "minuto", "minutos") if minutes else "menos de um minuto"
    by = who(handoff.resolvido_por)
    return f"🤖 A Júlia retoma a conversa. Devolvida por: {by}, depois de {lasted}."


def note(data: Mapping[str, JsonValue]) -> str:
    """The private note that tells a person what did not reach the doctor."""
    match data.get("assunto"):
        case "anexos":
            return (
                "⚠️ O arquivo não foi enviado ao médico: por aqui só vai texto. Mandem o arquivo "
                "pelo celular do número."
            )
        case "encerrada":
            why = "esta conversa está encerrada"
        case "decisao_publica":
            why = "parece a resposta a um rascunho; escrevam-na em nota privada"
        case _:
            outcome = str(data.get("outcome"))
            why = _OUTCOMES.get(outcome, f"não pôde ser entregue ({outcome})")
    return f"⚠️ Esta mensagem não foi enviada ao médico: {why}.\n> {data.get('texto')}"


def booking_in_words(booking: Mapping[str, JsonValue]) -> str:
    """Where and when, as the database puts it."""
    return f"{booking.get('hospital')}, {booking.get('quando')}"


def when_reminded(reminder: Mapping[str, JsonValue]) -> str:
    """When the doctor is to be called."""
    when = reminder.get("quando")
    return moment(datetime.fromisoformat(when)) if isinstance(when, str) else "mais tarde"
