"""A manager's Portuguese, understood: text to order, or what was not understood and an example.

Words are compared without accents and capitals. Nothing here asks whether what is named exists.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from julia_scheduler.commands import orders, when
from julia_scheduler.commands.orders import CopilotMode, Misunderstood, Order, ReportKind, Verb

MAX_REASON: Final = 300
MAX_FOCUS: Final = 300
"""It is read in every turn."""
FOCUS_LASTS: Final = timedelta(days=7)
"""Unless a time is given: nobody remembers to end one."""

EXAMPLES: Final[Mapping[Verb, str]] = {
    Verb.STATUS: "status",
    Verb.PAUSE: "pausar especialidade=Anestesiologia estado=SP até amanhã 8h Escala em revisão",
    Verb.RESUME: "retomar estado=SP Escala revisada",
    Verb.TAKE_OVER: "assumir 11 98888-7777 Caso delicado",
    Verb.GIVE_BACK: "devolver 11 98888-7777",
    Verb.METRICS: "metricas semana passada",
    Verb.DOCTOR: "medico 11 98888-7777",
    Verb.BLOCK: "bloquear 11 98888-7777 Pediu por telefone",
    Verb.UNBLOCK: "desbloquear 11 98888-7777 Voltou a ter interesse",
    Verb.SHIFTS: "vagas anestesia em Campinas",
    Verb.REPORT: "relatorio diario",
    Verb.COPILOT: "copiloto ligar conversa 11 98888-7777 Primeiras respostas",
    Verb.FOCUS: "foco UTI em Campinas primeiro até sexta",
    Verb.HELP: "ajuda",
}

_WORDS: Final[Mapping[str, Verb]] = {
    word: verb
    for verb, words in {
        Verb.STATUS: "status situacao estado",
        Verb.PAUSE: "pausar pause pausa parar pare",
        Verb.RESUME: "retomar retome retoma voltar volte reativar ativar",
        Verb.TAKE_OVER: "assumir assume assuma",
        Verb.GIVE_BACK: "devolver devolve devolva",
        Verb.METRICS: "metricas metrica numeros",
        Verb.DOCTOR: "medico medica doutor doutora",
        Verb.BLOCK: "bloquear bloqueie bloqueia",
        Verb.UNBLOCK: "desbloquear desbloqueie desbloqueia",
        Verb.SHIFTS: "vagas vaga plantoes plantao",
        Verb.REPORT: "relatorio relatorios",
        Verb.COPILOT: "copiloto rascunhos aprovacao",
        Verb.FOCUS: "foco focar foque prioridade",
        Verb.HELP: "ajuda help socorro ? comandos",
    }.items()
    for word in words.split()
}

_SCOPE_FIELDS: Final[Mapping[str, str]] = {
    "especialidade": "especialidade",
    "estado": "estado",
    "uf": "estado",
    "campanha": "campanha",
    "instancia": "instancia",
    "numero": "instancia",
}
_REPORTS: Final[Mapping[str, ReportKind]] = {
    "diario": "diario",
    "do dia": "diario",
    "periodo": "periodo",
    "do periodo": "periodo",
    "semanal": "semanal",
    "da semana": "semanal",
}

_COPILOT_MODES: Final[Mapping[str, CopilotMode]] = {
    "ligar": "ligado",
    "liga": "ligado",
    "desligar": "desligado",
    "desliga": "desligado",
    "padrao": "padrao",
}
_NAME: Final = re.compile(r"\"[^\"]+\"|'[^']+'|\S+")

_REFERENCE: Final = re.compile(r"<([@#!][^<>]+|(?:tel:|mailto:|https?://)[^<>]+)>")
_QUOTES: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\u2019": "'"})
_FIELD: Final = re.compile(r"(?<!\S)([^\W\d]+)\s?=\s?(\"[^\"]*\"|'[^']*'|\S+)\s*")
_UNTIL: Final = re.compile(r"(?<!\S)(ate|por)\s+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_PHONE: Final = re.compile(r"(?:\+?55[\s.-]*)?\(?0?\d{2}\)?[\s.-]*9?[\s.-]?\d{4}[\s.-]?\d{4}(?!\d)")
_LEADING: Final = re.compile(r"(?:(?:a|o|da|do|de|com|dr|dra|conversa|medico|medica)\.?\s+)+")
_ALL: Final = re.compile(r"tudo(?:\s*[,:;.]\s*|\s+(?=(?:ate|por)\s)|$)")
"""The widest scope, said aloud; "tudo" may begin a reason as well."""
_STATE: Final = re.compile(r"[a-z]{2}")


def understand(written: str, *, now: datetime) -> Order:
    """The order that was written. Raises `Misunderstood`, whose text may quote one word of it."""
    text = _as_typed(written)
    word, _, rest = text.partition(" ")
    verb = _WORDS.get(_plain(word).rstrip(":,.!"), Verb.HELP if not text else None)
    if verb is None:
        message = "Não conheço esse comando."
        raise Misunderstood(message, example=EXAMPLES[Verb.HELP])
    return _READERS[verb](rest.strip(), now)


def _as_typed(written: str) -> str:
    """The text without what Slack makes of it: mentions, links, entities, curly quotes."""
    seen = _REFERENCE.sub(_unlinked, written)
    return " ".join(html.unescape(seen).translate(_QUOTES).split()).lstrip(" ,:;")


def _unlinked(found: re.Match[str]) -> str:
    target, _, label = found[1].partition("|")
    if target.startswith(("@", "#", "!")):
        return " "
    return label or target.removeprefix("tel:").removeprefix("mailto:")


def _plain(text: str) -> str:
    """Without accents and capitals; as long as the text, which NFC makes sure of."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(unicodedata.normalize("NFD", char)[0] for char in composed).casefold()


def _unquoted(text: str) -> str:
    bare = text.strip().strip(",;")
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        bare = bare[1:-1]
    return bare.strip()


def _status(_: str, __: datetime) -> Order:
    return orders.Status()


def _help(_: str, __: datetime) -> Order:
    return orders.Help()


def _pause(rest: str, now: datetime) -> Order:
    scope, rest = _scope(rest, Verb.PAUSE)
    until, rest = _end(rest, now, Verb.PAUSE)
    return orders.Pause(_reason(rest, Verb.PAUSE), scope, until)


def _resume(rest: str, _: datetime) -> Order:
    scope, rest = _scope(rest, Verb.RESUME)
    return orders.Resume(_unquoted(rest)[:MAX_REASON] or "Retomada por um gestor no Slack", scope)


def _take_over(rest: str, _: datetime) -> Order:
    who, rest = _who(rest, Verb.TAKE_OVER)
    return orders.TakeOver(who, _unquoted(rest)[:MAX_REASON] or "Assumida por um gestor no Slack")


def _give_back(rest: str, _: datetime) -> Order:
    return orders.GiveBack(_who(rest, Verb.GIVE_BACK)[0])


def _metrics(rest: str, now: datetime) -> Order:
    try:
        period = when.read_period(_plain(rest), now)
    except when.NoSuchTime:
        period = None
    if period is None:
        message = (
            "Não entendi o período. Conheço hoje, ontem, semana, semana passada, mês, mês passado, "
            "7 dias, um dia (05/12) e um intervalo (01/12 a 07/12), de até 92 dias."
        )
        raise Misunderstood(message, example=EXAMPLES[Verb.METRICS])
    return orders.Metrics(period.name, period.since, period.until)


def _doctor(rest: str, _: datetime) -> Order:
    return orders.Doctor(_who(rest, Verb.DOCTOR)[0])


def _block(rest: str, _: datetime) -> Order:
    who, rest = _who(rest, Verb.BLOCK)
    return orders.Block(who, _reason(rest, Verb.BLOCK))


def _unblock(rest: str, _: datetime) -> Order:
    who, rest = _who(rest, Verb.UNBLOCK)
    return orders.Unblock(who, _reason(rest, Verb.UNBLOCK))


def _shifts(rest: str, _: datetime) -> Order:
    named = {_plain(name): _unquoted(value) for name, value in _FIELD.findall(rest)}
    free = re.sub(r"^de ", "", _FIELD.sub(" ", rest).strip())
    specialty, region = _split_at(free, " em ")
    return orders.Shifts(
        specialty=named.get("especialidade") or specialty or None,
        region=named.get("regiao") or named.get("cidade") or named.get("estado") or region or None,
    )


def _report(rest: str, _: datetime) -> Order:
    name = _plain(rest)
    if name and name not in _REPORTS:
        message = "Conheço o relatório diário, o do período e o semanal."
        raise Misunderstood(message, example=EXAMPLES[Verb.REPORT])
    return orders.Report(_REPORTS.get(name))


def _copilot(rest: str, _: datetime) -> Order:
    if not rest:
        return orders.CopilotStatus()
    word, _space, rest = rest.partition(" ")
    mode = _COPILOT_MODES.get(_plain(word))
    # Either `campanha "Nome"` or, as in a pause, `campanha="Nome"`.
    target, _space, rest = re.sub(r"^(\w+)\s?=\s?", r"\1 ", rest.strip()).partition(" ")
    target, rest = _plain(target), rest.strip()
    if mode is not None and target == "conversa":
        who, rest = _who(rest, Verb.COPILOT)
        return orders.SwitchCopilot("conversa", who, mode, _why(rest))
    if mode is not None and target == "campanha" and (found := _NAME.match(rest)):
        reason = _why(rest[found.end() :])
        return orders.SwitchCopilot("campanha", _unquoted(found[0]), mode, reason)
    if mode in ("ligado", "desligado") and target in ("global", "tudo"):
        return orders.SwitchCopilot("global", "", mode, _why(rest))
    message = (
        "Diga ligar, desligar ou padrao, e onde: global, conversa com o telefone do médico, ou "
        "campanha com o nome entre aspas. Só `copiloto` mostra como está."
    )
    raise Misunderstood(message, example=EXAMPLES[Verb.COPILOT])


def _why(rest: str) -> str:
    return _unquoted(rest)[:MAX_REASON] or "Mudado por um gestor no Slack"


_NO_FOCUS: Final = ("desligar", "desliga", "nenhum", "encerrar", "tirar")


def _focus(rest: str, now: datetime) -> Order:
    if not rest:
        return orders.FocusStatus()
    if _plain(rest) in _NO_FOCUS:
        return orders.EndFocus()
    until, rest = _end(rest, now, Verb.FOCUS)
    text = _unquoted(" ".join(rest.split()))
    if not any(char.isalnum() for char in text):
        message = "Diga qual é o foco."
        raise Misunderstood(message, example=EXAMPLES[Verb.FOCUS])
    if len(text) > MAX_FOCUS:
        message = f"O foco tem {len(text)} letras; cabem {MAX_FOCUS}. Encurte e peça de novo."
        raise Misunderstood(message, example=EXAMPLES[Verb.FOCUS])
    return orders.SetFocus(text, until or now + FOCUS_LASTS)


_READERS: Final[Mapping[Verb, Callable[[str, datetime], Order]]] = {
    Verb.STATUS: _status,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.TAKE_OVER: _take_over,
    Verb.GIVE_BACK: _give_back,
    Verb.METRICS: _metrics,
    Verb.DOCTOR: _doctor,
    Verb.BLOCK: _block,
    Verb.UNBLOCK: _unblock,
    Verb.SHIFTS: _shifts,
    Verb.REPORT: _report,
    Verb.COPILOT: _copilot,
    Verb.FOCUS: _focus,
    Verb.HELP: _help,
}


def _scope(rest: str, verb: Verb) -> tuple[dict[str, str], str]:
    scope: dict[str, str] = {}
    for name, value in _FIELD.findall(rest):
        field = _SCOPE_FIELDS.get(_plain(name))
        if field is None or field in scope:
            message = (
                f"O escopo “{name}” aparece duas vezes."
                if field
                else f"Não conheço o escopo “{name}”. Conheço especialidade, estado, campanha e "
                "instancia."
            )
            raise Misunderstood(message, example=EXAMPLES[verb])
        scope[field] = _unquoted(value)
        if field == "estado" and not _STATE.fullmatch(_plain(scope[field])):
            message = "O estado vai pela sigla de duas letras, como SP."
            raise Misunderstood(message, example=EXAMPLES[verb])
    left = _FIELD.sub(" ", rest).strip()
    everything = _ALL.match(_plain(left)) if not scope else None
    return scope, left[everything.end() :] if everything else left


def _end(rest: str, now: datetime, verb: Verb) -> tuple[datetime | None, str]:
    """Take the end out of a text; words in quotes are part of what is said."""
    quoted = [found.span() for found in re.finditer(r"\"[^\"]*\"", rest)]
    for found in _UNTIL.finditer(_plain(rest)):
        if any(begin < found.start() < end for begin, end in quoted):
            continue
        after = _plain(rest)[found.end() :]
        read = when.read_until if found[1] == "ate" else when.read_for
        try:
            moment = read(after, now)
        except when.NoSuchTime:
            message = "Essa data ou hora não existe."
            raise Misunderstood(message, example=EXAMPLES[verb]) from None
        if moment is None and found[1] == "ate":
            message = (
                "Não entendi até quando. Conheço “até 18h”, “até amanhã 8h”, “até sexta”, "
                "“até 25/12 às 18h30” e “por 2 horas”. Se o “até” faz parte do texto, ponha o "
                "texto entre aspas."
            )
            raise Misunderstood(message, example=EXAMPLES[verb])
        if moment is None:
            continue  # "por" begins many reasons
        if moment.at <= now:
            message = "Esse prazo já passou: não valeria para nada."
            raise Misunderstood(message, example=EXAMPLES[verb])
        return moment.at, f"{rest[: found.start()]} {rest[found.end() + moment.length :]}"
    return None, rest


def _who(rest: str, verb: Verb) -> tuple[str, str]:
    begin = _LEADING.match(_plain(rest))
    named = rest[begin.end() :] if begin else rest
    found = _UUID.match(named) or _PHONE.match(named)
    if found is None:
        message = (
            "Diga de quem: o telefone com DDD, ou o número da conversa que aparece nos avisos."
        )
        raise Misunderstood(message, example=EXAMPLES[verb])
    return found[0].lower(), named[found.end() :]


def _reason(rest: str, verb: Verb) -> str:
    reason = _unquoted(" ".join(rest.split()))
    if not any(char.isalnum() for char in reason):
        message = "Falta o motivo: ele fica registrado com o seu nome."
        raise Misunderstood(message, example=EXAMPLES[verb])
    return reason[:MAX_REASON]


def _split_at(text: str, word: str) -> tuple[str, str]:
    """What stands before and after a word between spaces; a text may begin with it."""
    before, _, after = f" {text} ".partition(word)
    return before.strip(), after.strip()
