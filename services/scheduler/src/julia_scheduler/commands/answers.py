"""What managers read in answer to a command, in Brazilian Portuguese and mrkdwn.

What is not ours (names, reasons, what was typed) is escaped. No phone number is shown but its end.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from julia_common.database import (
    BookingShown,
    ConversationShown,
    CopilotStatus,
    DoctorFound,
    DoctorShown,
    FocusShown,
    MetricsBetween,
    OpenShifts,
    Overview,
    PauseShown,
    Report,
    ScopeFound,
    SendDecided,
    ShiftDecided,
)
from julia_common.slack import (
    Block,
    Context,
    Fields,
    Header,
    Section,
    SlackAnswer,
    SlackMessage,
    bold,
    escape,
)
from julia_scheduler.commands import buttons
from julia_scheduler.commands.language import EXAMPLES
from julia_scheduler.commands.orders import Misunderstood, Verb
from julia_scheduler.commands.pending import (
    Pending,
    PendingBlock,
    PendingCopilot,
    PendingFocus,
    PendingPause,
    PendingResume,
    PendingUnblock,
)
from julia_scheduler.managers import reports
from julia_scheduler.managers.pauses import scope_in_words
from julia_scheduler.managers.wording import counted, day, hour, listed, moment, until

COMMAND: Final = "/julia"
MOST_SHIFTS: Final = 10

_HELP: Final[Mapping[Verb, str]] = {
    Verb.STATUS: "como a Júlia está: pausas, filas, números",
    Verb.PAUSE: "parar tudo, ou uma parte (especialidade, estado, campanha, instancia), até quando "
    "se disser; pede confirmação",
    Verb.RESUME: "deixar seguir tudo, ou uma parte; pede confirmação",
    Verb.TAKE_OVER: "uma pessoa fica com a conversa",
    Verb.GIVE_BACK: "a Júlia volta a responder",
    Verb.METRICS: "números de hoje, ontem, semana, mês, 7 dias, um dia ou um intervalo",
    Verb.DOCTOR: "o que se sabe de um médico, pelo telefone",
    Verb.BLOCK: "a Júlia não escreve mais a um médico; pede confirmação",
    Verb.UNBLOCK: "a Júlia pode voltar a escrever; pede confirmação",
    Verb.SHIFTS: "plantões abertos, por especialidade e região",
    Verb.REPORT: "o relatório mais novo: diario, periodo ou semanal",
    Verb.COPILOT: "onde as respostas esperam aprovação; ligar, desligar ou padrao, de tudo "
    "(global), de uma campanha ou conversa; pede confirmação",
    Verb.FOCUS: "o que a Júlia oferece primeiro, por 7 dias ou até quando se disser; sozinho "
    "mostra, `foco desligar` encerra; pede confirmação",
    Verb.HELP: "esta lista",
}
_HEALTH: Final = {"boa": "bem", "lenta": "lento", "parada": "parado", "banida": "banido"}
_STATES: Final = {"open": "conectado", "connecting": "conectando"}
_SENDS: Final = {
    "nao_estacionada": "Este envio não está mais estacionado; nada foi feito.",
    "recusada": "Não dá para liberar: o médico pediu para parar, ou a oferta não vale mais. O "
    "envio continua estacionado; descartem.",
}


def private(text: str, *blocks: Block) -> SlackAnswer:
    """An answer that only who asked sees; without blocks the text is all."""
    return SlackAnswer(SlackMessage(text, blocks or (Section(text),)))


def in_place(text: str) -> SlackAnswer:
    """The answer to a button, in place of its message."""
    return SlackAnswer(SlackMessage(text, (Section(text),)), replace=True)


def public(text: str) -> SlackAnswer:
    """An answer that the channel sees."""
    return SlackAnswer(SlackMessage(text, (Section(text),)), everybody=True)


def refused(user: str) -> SlackAnswer:
    """To who is no manager."""
    return private(
        "Obrigada pela mensagem! Só gestores cadastrados podem me dar comandos, e você ainda não "
        "está na lista. Peça a quem cuida do sistema para incluir o seu usuário "
        f"({escape(user)}) na tabela `gestores`."
    )


def misunderstood(error: Misunderstood) -> SlackAnswer:
    """What was not understood, and how it is written."""
    return private(
        f"{escape(str(error))}\nPor exemplo: `{COMMAND} {escape(error.example)}`. "
        f"Tudo o que conheço: `{COMMAND} ajuda`."
    )


def failed() -> SlackAnswer:
    """A defect of ours, or of the database's."""
    return private(
        "Não consegui fazer isso, e não sei dizer por quê; quem cuida do sistema acha o motivo no "
        "log. Confira com `status` se algo mudou."
    )


def too_late() -> SlackAnswer:
    """It waited too long for us to do it now."""
    return private(
        "Este pedido esperou demais até chegar a mim, e a situação pode ser outra: não fiz nada. "
        "Se ainda quiser, peça de novo."
    )


def help_() -> SlackAnswer:
    """Everything that can be asked for."""
    lines = [f"`{escape(EXAMPLES[verb])}`: {meaning}" for verb, meaning in _HELP.items()]
    return private(
        "O que você pode me pedir",
        Header("O que você pode me pedir"),
        Section(listed(lines)),
        Context(
            (
                f"Por `{COMMAND}` só você lê a resposta; me mencionando, o canal todo lê.",
                "Horários são de São Paulo. Motivos e nomes com espaços vão entre aspas se "
                "confundirem.",
            )
        ),
    )


def overview(seen: Overview) -> SlackAnswer:
    """How Julia is."""
    title = _title(seen.pausas)
    now = seen.situacao
    alive = seen.canario.idade_s
    fields = [
        _field("Esperam resposta", counted(seen.fila.inbound_due, "conversa", "conversas")),
        _field("Na fila para sair", counted(seen.fila.outbound_due, "mensagem", "mensagens")),
        _field("Com pessoas", counted(now.com_pessoas, "conversa", "conversas")),
        _field("Envios estacionados", str(now.estacionadas)),
        _field("Vagas críticas (3 dias)", str(now.vagas_criticas)),
        _field("Última resposta de teste", "nenhuma" if alive is None else _ago(alive)),
    ]
    numbers = [
        f"{bold(number.instance)}: {_STATES.get(number.state or '', 'desconectado')}, "
        f"{_HEALTH.get(number.saude, escape(number.saude))}"
        for number in seen.numeros
    ]
    blocks: list[Block] = [Header(title)]
    if seen.pausas:
        blocks.append(Section(listed([_pause(pause) for pause in seen.pausas[:10]])))
    blocks.append(Fields(tuple(fields)))
    if numbers:
        blocks.append(Section(f"{bold('Números')}\n{listed(numbers)}"))
    blocks.append(Context((moment(seen.agora),)))
    return private(title, *blocks)


def metrics(counted_: MetricsBetween, name: str) -> SlackAnswer:
    """What was counted over a period."""
    title = f"📊 Números: {name}"
    window = f"De {moment(counted_.de)}, a {moment(counted_.ate)}"
    return private(
        title, Header(title), Context((window,)), Fields(reports.numbers(counted_.metricas))
    )


def report(found: Report | None) -> SlackAnswer:
    """The newest report as it was posted."""
    if found is None:
        return private("Ainda não há relatório desse tipo.")
    return SlackAnswer(reports.message(found, again=False))


def shifts(found: OpenShifts, asked: str | None, region: str | None) -> SlackAnswer:
    """Open shifts, the soonest first."""
    if found.status == "especialidade":
        return private(
            f"Não conheço a especialidade “{escape(asked or '')}”. "
            f"Por exemplo: `{COMMAND} {EXAMPLES[Verb.SHIFTS]}`."
        )
    of = f" de {escape(found.especialidade)}" if found.especialidade else ""
    where = f" em {escape(region)}" if region else ""
    title = f"{counted(found.total, 'vaga aberta', 'vagas abertas')}{of}{where}"
    if not found.total:
        return private(f"Nenhuma vaga aberta{of}{where}.")
    lines = [
        escape(f"{shift.especialidade}, {shift.hospital}, {shift.quando}, {shift.valor}")
        for shift in found.vagas
    ]
    more = found.total - len(lines)
    return private(
        title,
        Section(f"*{title}*\n{listed(lines)}"),
        *((Context((f"e mais {more}; filtre por especialidade e região",)),) if more else ()),
    )


def doctor(found: DoctorFound) -> SlackAnswer:
    """What we know of a doctor, and what can be done about the conversation."""
    if found.medico is None:
        return unknown_doctor()
    who = found.medico
    place = "/".join(filter(None, (who.cidade, who.estado)))
    lines = [
        _contact(who),
        *([f"Última mensagem do médico: {moment(who.ultima_entrada_em)}"]
          if who.ultima_entrada_em else []),
        _conversation(found.conversa),
        *[f"Plantão: {_booking(booking)}" for booking in found.reservas],
    ]  # fmt: skip
    about = " · ".join(filter(None, (who.especialidade, place, f"final {who.final}")))
    blocks: list[Block] = [Section(f"{_name(who)}\n{escape(about)}\n{listed(lines)}")]
    if found.conversa is not None:
        blocks.append(
            buttons.control(found.conversa.id, by_julia=found.conversa.controlled_by == "ai")
        )
        blocks.append(Context((f"conversa {escape(found.conversa.id)}",)))
    return private(f"{_name(who)}: {_contact(who)}", *blocks)


def copilot(seen: CopilotStatus) -> SlackAnswer:
    """Where answers wait for a person's word, and how many do."""
    waits = counted(seen.esperando, "resposta espera", "respostas esperam")
    oldest = f", a mais antiga {_ago(seen.mais_antigo_s)}" if seen.mais_antigo_s else ""
    lines = [
        f"Em geral: {'ligado' if seen.ligado else 'desligado'}",
        *(
            f"Campanha {bold(campaign.nome)}: {'ligado' if campaign.ligado else 'desligado'}"
            for campaign in seen.campanhas[:20]
        ),
        f"Conversas com ajuste próprio: {seen.conversas_ligadas} com, "
        f"{seen.conversas_desligadas} sem",
        f"{waits} aprovação{oldest}",
    ]
    return private(f"{bold('Copiloto')}\n{listed(lines)}")


def focus(standing: Sequence[FocusShown]) -> SlackAnswer:
    """What is put first."""
    if not standing:
        return private(
            f"Nenhum foco em vigor. Para pôr um: `{COMMAND} {escape(EXAMPLES[Verb.FOCUS])}`."
        )
    return private(f"{bold('Foco em vigor')}\n{listed([_focus(one) for one in standing])}")


def unknown_doctor() -> SlackAnswer:
    """Nobody has this number or id; neither is repeated."""
    return private(
        "Não achei médico com esse telefone ou número de conversa. Confira o DDD e os dígitos."
    )


def no_conversation(who: DoctorShown) -> SlackAnswer:
    """She never wrote, or it was closed."""
    return private(f"{_name(who)} não tem conversa aberta: não há o que assumir nem devolver.")


def unknown_scope(found: ScopeFound) -> SlackAnswer:
    """Nothing has the name that the scope names."""
    options = ", ".join(escape(option) for option in found.opcoes[:30])
    known = f" Conheço: {options}." if options else ""
    return private(
        f"Não conheço esse valor de {bold(found.campo or 'escopo')}; nada mudou.{known}\n"
        f"Por exemplo: `{COMMAND} {EXAMPLES[Verb.PAUSE]}`."
    )


def question(
    pending: Pending,
    command_id: str,
    *,
    about: DoctorShown | None,
    ends: Sequence[FocusShown] = (),
) -> SlackAnswer:
    """Are you sure? Nothing is done yet. `ends`: what holds now and would not any more."""
    match pending:
        case PendingPause():
            what, yes = _ask_pause(pending), "Pausar"
        case PendingResume():
            what = (
                f"Retomar {bold_scope(pending.escopo, pending.campanha)}? Encerra toda pausa desse "
                f"escopo e dos que cabem nele.\nMotivo: {escape(pending.motivo)}."
            )
            yes = "Retomar"
        case PendingBlock():
            what = (
                f"Bloquear {_known(about)}? A Júlia não escreve mais por iniciativa própria e o "
                f"que esperava para sair é cancelado.\nMotivo: {escape(pending.motivo)}."
            )
            yes = "Bloquear"
        case PendingUnblock():
            own = about is not None and about.opted_out and about.bloqueado_por is None
            warning = (
                "\n:warning: Foi o próprio médico que pediu para parar. Só desbloqueiem se ele "
                "mesmo disse que quer voltar."
            )
            what = (
                f"Desbloquear {_known(about)}? A Júlia pode voltar a escrever por iniciativa "
                f"própria.\nMotivo: {escape(pending.motivo)}.{warning if own else ''}"
            )
            yes = "Desbloquear"
        case PendingCopilot():
            what = f"{_ask_copilot(pending, about)}\nMotivo: {escape(pending.motivo)}."
            yes = "Mudar"
        case PendingFocus():
            what, yes = _ask_focus(pending, ends), "Encerrar" if pending.conteudo is None else "Pôr"
    return private(
        what,
        Section(what),
        buttons.confirmation(command_id, yes),
        Context(("Nada foi feito ainda. A pergunta vale por 30 minutos.",)),
    )


def done(pending: Pending, *, about: DoctorShown | None, left: Sequence[PauseShown]) -> SlackAnswer:
    """It is done; `left`: the pauses that stand all the same."""
    match pending:
        case PendingPause():
            text = (
                f"⏸️ Parado: {bold_scope(pending.escopo, pending.campanha)}, {_until(pending.ate)}. "
                "Nada mais é reservado para sair; o que já tinha saído da fila começa em dois "
                "segundos ou nunca."
            )
        case PendingResume():
            stands = f"\nContinua parado:\n{listed([_pause(one) for one in left[:10]])}"
            text = (
                f"▶️ Retomado: {bold_scope(pending.escopo, pending.campanha)}."
                f"{stands if left else ' Nada está parado.'}"
            )
        case PendingBlock():
            text = f"⛔ {_known(about)} está bloqueado: a Júlia não escreve mais."
        case PendingUnblock():
            text = f"✅ {_known(about)} está desbloqueado."
        case PendingCopilot():
            text = f"📝 Copiloto {_COPILOT[pending.modo]}: {_target(pending)}."
        case PendingFocus(conteudo=None):
            text = "🎯 Foco encerrado: a Júlia não põe mais nada à frente."
        case PendingFocus():
            text = (
                f"🎯 Foco, {_lasts(pending.ate)}: {escape(pending.conteudo or '')}\n"
                "Vale a partir da próxima resposta."
            )
    return in_place(text)


def was_so(pending: Pending, about: DoctorShown | None) -> SlackAnswer:
    """There was nothing to change."""
    word = "bloqueado" if isinstance(pending, PendingBlock) else "desbloqueado"
    return in_place(f"{_known(about)} já estava {word}; nada mudou.")


def cancelled() -> SlackAnswer:
    """Who asked said no."""
    return in_place("Cancelado: nada foi feito.")


def over() -> SlackAnswer:
    """The end of the pause or focus has passed while it waited for its confirmation."""
    return in_place("Esse prazo já passou: nada foi feito. Peça de novo se for preciso.")


NOT_DECIDED: Final = {
    "ja_decidida": "Este pedido já foi decidido.",
    "de_outro": "Só quem fez o pedido pode confirmar. Se for preciso, faça o seu.",
    "vencida": "A pergunta valia por 30 minutos: nada foi feito. Peça de novo.",
    "desconhecida": "Não conheço mais este pedido: nada foi feito. Peça de novo.",
}
"""By the status of `api.decide_command`."""


def taken_over(who: DoctorShown, *, already: bool) -> SlackAnswer:
    """A person has the conversation."""
    if already:
        return private(f"A conversa com {_name(who)} já estava com uma pessoa.")
    return private(
        f"🙋 A conversa com {_name(who)} é sua: a Júlia não responde mais nela e avisa o médico de "
        "que uma pessoa assume."
    )


def given_back(who: DoctorShown, *, already: bool, seconds: float | None) -> SlackAnswer:
    """Julia has it again."""
    if already:
        return private(f"A conversa com {_name(who)} já estava com a Júlia.")
    lasted = f" depois de {_duration(seconds)}" if seconds is not None else ""
    return private(f"🤖 A Júlia voltou à conversa com {_name(who)}{lasted}.")


def send_decided(decided: SendDecided, manager: str) -> SlackAnswer:
    """What became of a parked send: the channel sees who decided it."""
    match decided.status:
        case "liberada":
            return public(f"🔁 {bold(manager)} liberou o envio: a Júlia tenta mais uma vez.")
        case "descartada":
            return public(f"🗑️ {bold(manager)} descartou o envio: ele não sai mais.")
        case "ja_decidida":
            what = {"liberar": "liberado", "descartar": "descartado"}.get(decided.decisao or "")
            return private(f"Este envio já foi {what} por {escape(decided.por or 'alguém')}.")
        case "nao_estacionada" | "recusada":
            return private(_SENDS[decided.status])


def shift_decided(decided: ShiftDecided, manager: str) -> SlackAnswer:
    """What became of a shift that is over: the channel sees who said so."""
    shift = escape(f"{decided.vaga.hospital}, {decided.vaga.quando}")
    match decided.status:
        case "realizada":
            return public(f"✅ {bold(manager)}: o plantão aconteceu ({shift}).")
        case "nao_aconteceu":
            return public(
                f"❌ {bold(manager)}: o plantão não aconteceu ({shift}). Ele fica como cancelado."
            )
        case "ja_decidida":
            what = {"aconteceu": "que aconteceu", "nao_aconteceu": "que não aconteceu"}.get(
                decided.decisao or "", "o que houve"
            )
            return private(
                f"{escape(decided.por or 'Alguém')} já disse deste plantão ({shift}) {what}; nada "
                "mudou."
            )
        case "resolvida":
            return private(
                f"Este plantão ({shift}) já não espera resposta: está como "
                f"{bold(decided.vaga_status)}. Nada mudou."
            )
        case "cedo":
            return private(
                f"O horário deste plantão mudou ({shift}), e ele ainda não terminou: nada foi "
                "feito. Duas horas depois do fim eu pergunto de novo."
            )


def bold_scope(scope: Mapping[str, str], campaign: str | None) -> str:
    """The scope in words, in bold."""
    return f"*{scope_in_words(scope, campaign)}*"


def _ask_pause(pending: PendingPause) -> str:
    return (
        f"Pausar {bold_scope(pending.escopo, pending.campanha)}, {_until(pending.ate)}?\n"
        f"Motivo: {escape(pending.motivo)}."
    )


def _ask_focus(pending: PendingFocus, ends: Sequence[FocusShown]) -> str:
    now = f"\nEncerra:\n{listed([_focus(one) for one in ends])}" if ends else ""
    if pending.conteudo is None:
        return f"Encerrar o foco?{now}"
    return f"Foco para todas as conversas, {_lasts(pending.ate)}?\n{escape(pending.conteudo)}{now}"


def _focus(one: FocusShown) -> str:
    who = escape(one.por) if one.por else f"por {escape(one.origem)}"
    return f"{escape(one.conteudo)} ({who}, {_lasts(one.ate)})"


def _lasts(end: datetime | None) -> str:
    return f"até {until(end)}" if end is not None else "sem prazo"


_COPILOT: Final = {
    "ligado": "ligado",
    "desligado": "desligado",
    "padrao": "sem ajuste próprio",
}


def _ask_copilot(pending: PendingCopilot, about: DoctorShown | None) -> str:
    where = f"a conversa com {_known(about)}" if pending.alvo == "conversa" else _target(pending)
    match pending.modo:
        case "ligado":
            effect = "Cada resposta da Júlia passa a esperar a aprovação de uma pessoa no Chatwoot."
        case "desligado":
            effect = "A Júlia passa a responder sem esperar; o que já espera continua à espera."
        case "padrao":
            effect = "Passa a valer o ajuste da campanha, ou o geral."
    return f"Copiloto {_COPILOT[pending.modo]} para {where}? {effect}"


def _target(pending: PendingCopilot) -> str:
    match pending.alvo:
        case "global":
            return "todas as conversas sem ajuste próprio"
        case "campanha":
            return f"a campanha {bold(pending.campanha or pending.id or '')}"
        case "conversa":
            return f"a conversa {escape(pending.id or '')}"


def _until(end: datetime | None) -> str:
    return f"até {until(end)}" if end is not None else "até alguém retomar"


def _title(pauses: Sequence[PauseShown]) -> str:
    if any(not pause.escopo for pause in pauses):
        return "⏸️ A Júlia está parada"
    return "⏸️ A Júlia está parada em parte" if pauses else "▶️ A Júlia está ativa"


def _pause(pause: PauseShown) -> str:
    by = f", por {escape(pause.por)}" if pause.por else ""
    scope = scope_in_words(pause.escopo, pause.campanha)
    return f"{scope}, {_until(pause.ate)}: {escape(pause.motivo)}{by}"


def _field(name: str, value: str) -> str:
    return f"*{escape(name)}*\n{escape(value)}"


def _ago(seconds: float) -> str:
    return f"há {_duration(seconds)}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "menos de um minuto"
    if minutes < 60:  # noqa: PLR2004 - an hour
        return counted(minutes, "minuto", "minutos")
    return f"{minutes // 60}h{minutes % 60:02}"


def _name(who: DoctorShown) -> str:
    return bold(who.nome) if who.nome else bold(f"Médico sem nome, final {who.final}")


def _known(who: DoctorShown | None) -> str:
    return _name(who) if who is not None else "o médico"


def _contact(who: DoctorShown) -> str:
    if who.bloqueado_por is not None:
        return f"bloqueado por {escape(who.bloqueado_por)}"
    if who.opted_out:
        since = f" em {day(who.opted_out_at)}" if who.opted_out_at else ""
        return f"pediu para não receber mensagens{since}"
    if who.sem_contato_ate is not None:
        return f"pediu para não ser procurado até {day(who.sem_contato_ate)}"
    return "pode receber mensagens"


def _conversation(conversation: ConversationShown | None) -> str:
    if conversation is None:
        return "Sem conversa aberta"
    has = "com a Júlia" if conversation.controlled_by == "ai" else "com uma pessoa"
    why = f" ({escape(conversation.motivo)})" if conversation.motivo else ""
    last = conversation.ultima_em
    when = f", a última {day(last)}, {hour(last)}" if last else ""
    return f"Conversa {has}{why}: {counted(conversation.mensagens, 'mensagem', 'mensagens')}{when}"


def _booking(booking: BookingShown) -> str:
    return escape(f"{booking.hospital}, {booking.quando}")
