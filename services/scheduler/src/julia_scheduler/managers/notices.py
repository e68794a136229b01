"""The text of each notice.

Only what a text names comes from the notice: a field that somebody adds to it is not published by
that. What a doctor wrote and her number are not among them.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from julia_common.database import Notice
from julia_common.slack import (
    Block,
    Context,
    Divider,
    Header,
    Section,
    SlackMessage,
    bold,
    code,
    escape,
)
from julia_scheduler.commands import buttons
from julia_scheduler.managers import handoffs, pauses
from julia_scheduler.managers.card import Card, mapping, said
from julia_scheduler.managers.wording import (
    KINDS,
    NOTHING,
    counted,
    doctor,
    listed,
    moment,
    money,
    on,
)


def message(notices: Sequence[Notice], *, chats: str | None = None) -> SlackMessage:
    """One message for all of these notices, the oldest first.

    `chats`: the address of the conversations in Chatwoot.
    """
    cards = [card(notice) for notice in notices]
    blocks: list[Block] = []
    if len(notices) > 1:
        blocks.append(Header(f"🔔 {len(notices)} avisos da Júlia"))
    for notice, told in zip(notices, cards, strict=True):
        if blocks:
            blocks.append(Divider())
        blocks += _drawn(notice, told, chats)
    return SlackMessage(_notification(cards), tuple(blocks))


def card(notice: Notice) -> Card:
    """The notice in words; one of a kind that nobody gave words says so."""
    write = TEXTS.get(notice.tipo)
    if write is not None:
        return write(notice)
    return Card(
        f"🔔 Aviso: {notice.tipo}",
        "Este aviso ainda não tem texto próprio. Os dados estão no banco:",
        f"select * from notificacoes_gestor where id = '{notice.id}';",  # noqa: S608 - for people
    )


def _notification(cards: Sequence[Card]) -> str:
    if len(cards) == 1:
        return f"{cards[0].title}\n{cards[0].text}"
    titles = Counter(told.title for told in cards)
    return "\n".join(title if n == 1 else f"{title} ({n} vezes)" for title, n in titles.items())


def _drawn(notice: Notice, told: Card, chats: str | None) -> list[Block]:
    blocks: list[Block] = [Section(f"{bold(told.title)}\n{told.text}")]
    if chats is not None and told.chat is not None:
        blocks.append(Section(f"<{chats}/{told.chat}|Abrir no Chatwoot>"))
    if told.statement:
        blocks.append(Section(code(told.statement)))
    if told.buttons is not None:
        blocks.append(told.buttons)
    small = [moment(notice.created_at)]
    if notice.conversa_id is not None:
        small.append(f"conversa {escape(notice.conversa_id)}")
    return [*blocks, Context((" · ".join(small),))]


def _booked(notice: Notice) -> Card:
    return Card(
        "✅ Plantão reservado",
        f"{doctor(notice)} ficou com: {_shift(notice)}.\nFalta confirmar com o hospital.",
    )


def _cancelled(notice: Notice) -> Card:
    if notice.dados.get("por") == "medico":
        return Card(
            "↩️ Plantão devolvido",
            f"{doctor(notice)} desistiu de: {_shift(notice)}.\n"
            "A vaga está aberta de novo, e quem está na lista de espera recebe a oferta. "
            "O motivo está na conversa.",
        )
    return Card(
        "⚠️ Reserva desfeita: falta avisar o médico",
        f"Uma mudança na vaga tirou de {doctor(notice)} o plantão: {_shift(notice)}.\n"
        "A Júlia não avisa disso: alguém da equipe precisa falar com o médico.",
    )


def _changed(notice: Notice) -> Card:
    before, after = (mapping(notice.dados.get(name)) for name in ("antes", "depois"))
    changes = [
        f"{label}: {escape(_term(before, names))} → {escape(_term(after, names))}"
        for label, names in _TERMS.items()
        if _term(before, names) != _term(after, names)
    ]
    agreed = notice.dados.get("valor_combinado_centavos")
    value = f"\nO valor combinado continua {money(agreed)}." if isinstance(agreed, int) else ""
    return Card(
        "⚠️ Plantão reservado mudou: falta avisar o médico",
        f"{doctor(notice)} tem este plantão: {_shift(notice)}.\n{listed(changes)}{value}\n"
        "A Júlia não avisa disso: alguém da equipe precisa falar com o médico.",
    )


_TERMS: Final = {
    "Hospital": ("hospital",),
    "Setor": ("setor",),
    "Data": ("data",),
    "Horário": ("hora_inicio", "hora_fim"),
    "Valor": ("valor_centavos", "valor_minimo_centavos", "valor_maximo_centavos"),
}


def _term(terms: Mapping[str, JsonValue], names: tuple[str, ...]) -> str:
    shown = []
    for name in names:
        value = terms.get(name)
        if isinstance(value, int) and name.endswith("_centavos"):
            shown.append(money(value))
        elif name == "data" and isinstance(value, str):
            shown.append("/".join(reversed(value.split("-"))))
        elif isinstance(value, str):
            shown.append(value.removesuffix(":00") if name.startswith("hora") else value)
    return " a ".join(shown) or NOTHING


def _untold(notice: Notice) -> Card:
    return Card(
        "⚠️ Reserva que o médico pode não saber",
        f"{doctor(notice)} tem uma reserva, mas a resposta que contava isso não saiu: "
        f"{_booking(notice.dados)}.\nAlguém da equipe precisa falar com o médico.",
    )


def _opted_out(notice: Notice) -> Card:
    bookings = notice.dados.get("reservas")
    kept = [_booking(mapping(each)) for each in bookings] if isinstance(bookings, list) else []
    return Card(
        "⛔ Pediu para parar e tem plantão marcado",
        f"{doctor(notice)} pediu para não receber mais mensagens e ainda tem:\n{listed(kept)}\n"
        "A Júlia não escreve mais: combinem com o médico por outro meio.",
    )


def _reminder(notice: Notice) -> Card:
    when = notice.dados.get("quando")
    asked = f" {on(datetime.fromisoformat(when))}" if isinstance(when, str) else ""
    return Card(
        "⏰ Lembrete que não saiu",
        f"{doctor(notice)} pediu para ser chamado{asked}, e a Júlia não conseguiu. "
        f"Motivo: {said(notice, 'motivo')}.\nSe ainda fizer sentido, chamem.",
    )


_DOCUMENTS: Final = {
    "crm": "CRM",
    "cpf": "CPF",
    "identidade": "documento de identidade",
    "comprovante": "comprovante",
    "certificado": "certificado",
    "outro": "documento",
}


def _document(notice: Notice) -> Card:
    kind = _DOCUMENTS.get(str(notice.dados.get("tipo")), "documento")
    return Card(
        "📄 Documento recebido",
        f"{doctor(notice)} mandou: {kind}.\n"
        "Está guardado com criptografia; alguém da equipe precisa conferir.",
    )


def _parked(notice: Notice) -> Card:
    sent = notice.envio
    fila = sent.fila_id if sent else notice.referencia
    kind = KINDS.get(sent.kind, sent.kind) if sent else "mensagem"
    through = f" pelo número {bold(sent.instance)}" if sent else ""
    since = f" {on(sent.tentado_em)}" if sent and sent.tentado_em else ""
    decision = json.dumps(
        {"fila_id": fila, "decisao": "descartar", "por": "SEU NOME"}, ensure_ascii=False
    )
    return Card(
        "❓ Envio estacionado: não se sabe se chegou",
        f"Uma mensagem para {doctor(notice)} ({escape(kind)}){through}{since} pode ou não ter "
        "chegado, e a Júlia não manda de novo sem saber. Confiram no celular do número e decidam: "
        "`descartar` se chegou ou não faz mais falta, `liberar` para ela tentar mais uma vez.",
        f"select api.decidir_envio('{decision}');",
        buttons=buttons.parked(fila) if fila is not None else None,
    )


def _over(notice: Notice) -> Card:
    vaga = notice.dados.get("vaga_id")
    by_hand = json.dumps(
        {"vaga_id": vaga, "decisao": "aconteceu", "por": "SEU NOME"}, ensure_ascii=False
    )
    return Card(
        "🏥 O plantão aconteceu?",
        f"Terminou há mais de duas horas: {_shift(notice)}. Era de {doctor(notice)}.\n"
        "Confiram com o hospital e respondam: vale a primeira resposta. Ou por SQL, com "
        "`aconteceu` ou `nao_aconteceu`:",
        f"select api.decidir_plantao('{_quoted(by_hand)}');",
        buttons=buttons.took_place(vaga) if isinstance(vaga, str) else None,
    )


_HEALTH: Final = {
    "lenta": (
        "📉 Número mais lento",
        "Respostas seguem; por iniciativa própria a Júlia escreve a metade por este número.",
    ),
    "parada": (
        "🛑 Número parado",
        "Por iniciativa própria a Júlia não escreve por este número; se ele está conectado, as "
        "respostas seguem.",
    ),
    "banida": (
        "🚫 Número banido pelo WhatsApp",
        "Nada sai por este número. Os médicos dele esperam, ou alguém decide passá-los a outro:",
    ),
}


def _draft(notice: Notice) -> Card:
    chat = notice.dados.get("chatwoot_conversation_id")
    return Card(
        "📝 Uma resposta espera aprovação há dez minutos",
        f"A Júlia preparou uma resposta para {doctor(notice)}, e ninguém decidiu ainda. Aprovem, "
        "editem ou rejeitem no Chatwoot; trinta minutos depois de preparada ela perde a validade, "
        "e a conversa fica com a equipe.",
        chat=chat if isinstance(chat, int) else None,
        buttons=(
            buttons.control(notice.conversa_id, by_julia=True) if notice.conversa_id else None
        ),
    )


def _sick(notice: Notice) -> Card:
    state = str(notice.dados.get("depois"))
    title, effect = _HEALTH.get(state, ("📉 Número com problema", ""))
    number = str(notice.dados.get("instance"))
    doctors = notice.dados.get("medicos")
    count = counted(doctors if isinstance(doctors, int) else 0, "médico", "médicos")
    statement = ""
    if state == "banida":
        move = json.dumps({"de": number, "para": "OUTRO", "por": "SEU NOME"}, ensure_ascii=False)
        statement = f"select api.mover_medicos('{_quoted(move)}');"
    return Card(
        title,
        f"{bold(number)}: {said(notice, 'motivo')}. {count} por este número.\n{effect}",
        statement,
    )


def _recovered(notice: Notice) -> Card:
    state = str(notice.dados.get("depois"))
    left = "" if state == "boa" else f" Ainda não de todo: agora {escape(state)}."
    return Card(
        "📈 Número melhor",
        f"{bold(str(notice.dados.get('instance')))}: {said(notice, 'motivo')}.{left}",
    )


def _new_number(notice: Notice) -> Card:
    number = str(notice.dados.get("instance"))
    declare = json.dumps(
        {"instance": number, "antigo": True, "por": "SEU NOME"}, ensure_ascii=False
    )
    return Card(
        "🌱 Número novo conectado",
        f"{bold(number)} começa o aquecimento: por 28 dias a Júlia escreve por ele, por iniciativa "
        "própria, pouco e cada vez mais. Se o número já é usado há tempo, digam isso:",
        f"select api.definir_numero('{_quoted(declare)}');",
    )


def _unheard(notice: Notice) -> Card:
    user, verb = notice.dados.get("usuario"), notice.dados.get("verbo")
    return Card(
        "💬 Uma resposta não chegou a quem pediu",
        f"<@{escape(str(user))}> pediu `{escape(str(verb or 'algo'))}`, e o Slack não aceitou mais "
        "a resposta. Veja com `status` o que ficou, e peça de novo se for preciso.",
    )


PROOFS: Final = {
    "envio_apos_optout": "mensagem depois de o médico pedir para parar",
    "envio_apos_parada": "mensagem durante uma pausa ou com uma pessoa no controle",
    "fora_de_horario": "mensagem por iniciativa própria fora do horário",
    "acima_do_teto": "número acima do teto por hora ou por dia",
    "enviada_duas_vezes": "mensagem enviada duas vezes",
    "fora_de_ordem": "mensagens fora de ordem",
    "reserva_dupla": "plantão com dois médicos",
    "plantoes_sobrepostos": "médico com dois plantões ao mesmo tempo",
    "turnos_por_mensagem": "mensagem guardada duas vezes ou dada por respondida sem resposta",
}
"""By the name of `api.nightly_proofs`."""


def _failed_proof(notice: Notice) -> Card:
    found = [
        f"{escape(PROOFS.get(name, name))}: {value}"
        for name, value in mapping(notice.dados.get("violacoes")).items()
        if isinstance(value, int)
    ]
    return Card(
        "🚨 A conferência da noite achou um erro",
        "Algo que não pode acontecer aconteceu; pausem se for grave e chamem quem cuida do "
        f"sistema.\n{listed(found)}",
        "select ate, resultado from provas order by ate desc limit 1;",
    )


def _erased(notice: Notice) -> Card:
    bookings = notice.dados.get("reservas")
    freed = [_booking(mapping(each)) for each in bookings] if isinstance(bookings, list) else []
    shifts = (
        f"\nEstes plantões ficaram abertos de novo; combinem com os hospitais:\n{listed(freed)}"
        if freed
        else ""
    )
    return Card(
        "🗑️ Dados de um médico eliminados",
        f"{said(notice, 'por')} eliminou do banco os dados de quem fez o pedido "
        f"{said(notice, 'protocolo')}. O que falta fora dele está no guia de LGPD.{shifts}",
        "select * from eliminacoes order by created_at desc limit 1;",
    )


TEXTS: Final[Mapping[str, Callable[[Notice], Card]]] = {
    "reserva": _booked,
    "cancelamento": _cancelled,
    "plantao_alterado": _changed,
    "reserva_nao_avisada": _untold,
    "opt_out_com_reserva": _opted_out,
    "lembrete_nao_enviado": _reminder,
    "documento": _document,
    "envio_estacionado": _parked,
    "plantao_terminado": _over,
    "rascunho_esperando": _draft,
    "numero_doente": _sick,
    "numero_recuperado": _recovered,
    "numero_novo": _new_number,
    "prova_falhou": _failed_proof,
    "dados_eliminados": _erased,
    "resposta_nao_entregue": _unheard,
    **handoffs.TEXTS,
    **pauses.TEXTS,
}
"""By `notificacoes_gestor.tipo`; reports have their own page."""


def _shift(notice: Notice) -> str:
    shift = notice.vaga
    if shift is None:
        return "plantão que não está mais no banco"
    agreed = notice.dados.get("valor_centavos")
    value = money(agreed) if isinstance(agreed, int) else shift.valor
    return escape(f"{shift.especialidade}, {shift.hospital}, {shift.quando}, {value}")


def _booking(booking: Mapping[str, JsonValue]) -> str:
    return escape(f"{booking.get('hospital')}, {booking.get('quando')}")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
