"""What managers read when a person has a doctor's conversation, and when Júlia has it again."""

from collections.abc import Callable, Mapping
from typing import Final

from julia_common.database import Notice
from julia_scheduler.chatwoot.texts import TRIGGERS, who
from julia_scheduler.commands.buttons import control
from julia_scheduler.managers.card import Card, said, sentence
from julia_scheduler.managers.wording import counted, doctor

_COLOURS: Final = {
    "pedido_humano": "🔵",
    "juridico": "🔴",
    "sentimento_negativo": "🟠",
    "baixa_confianca": "🟣",
    "manual": "🟢",
}
_OTHER: Final = "⚪"


def _taken_over(notice: Notice) -> Card:
    trigger = str(notice.dados.get("trigger_type"))
    # Only a person's words: what Júlia gives as her reason may quote the doctor.
    why = f"\nMotivo: {said(notice, 'motivo')}." if trigger == "manual" else ""
    colour, reason = _COLOURS.get(trigger, _OTHER), TRIGGERS.get(trigger, trigger)
    vip = " (VIP)" if notice.dados.get("vip") else ""
    return Card(
        f"{colour} Conversa com uma pessoa: {reason}{vip}",
        f"{doctor(notice)} fala com a equipe; a Júlia está calada.{why}",
        chat=_chat(notice),
        buttons=control(notice.conversa_id, by_julia=False) if notice.conversa_id else None,
    )


def _given_back(notice: Notice) -> Card:
    seconds = notice.dados.get("duracao_s")
    minutes = round(seconds / 60) if isinstance(seconds, int | float) else 0
    lasted = counted(minutes, "minuto", "minutos") if minutes else "menos de um minuto"
    return Card(
        "🤖 A Júlia retomou uma conversa",
        f"{doctor(notice)} volta a falar com a Júlia, depois de {lasted} com a equipe. "
        f"Quem devolveu: {_who(notice)}.",
        chat=_chat(notice),
    )


TEXTS: Final[Mapping[str, Callable[[Notice], Card]]] = {
    "conversa_assumida": _taken_over,
    "conversa_devolvida": _given_back,
}
"""By `notificacoes_gestor.tipo`."""


def _who(notice: Notice) -> str:
    por = notice.dados.get("por")
    return sentence(who(por if isinstance(por, str) else None))


def _chat(notice: Notice) -> int | None:
    chat = notice.dados.get("chatwoot_conversation_id")
    return chat if isinstance(chat, int) else None
