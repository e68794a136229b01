"""Numbers, times and doctors as managers read them, in Brazilian Portuguese."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from julia_common.database import Notice
from julia_common.slack import bold, escape
from julia_scheduler.jobs.plan import SAO_PAULO

_DAYS: Final = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
_WEEKEND: Final = ("sábado", "domingo")
_SPACE: Final = "\N{NO-BREAK SPACE}"

NOTHING: Final = "\N{EN DASH}"

KINDS: Final = {
    "reply": "resposta",
    "optout_confirmation": "confirmação do pedido de parar",
    "handoff_notice": "aviso de que uma pessoa assume",
    "human_agent": "mensagem de uma pessoa da equipe",
    "lembrete": "lembrete",
    "followup": "retomada de contato",
    "oferta": "oferta de plantão",
    "campanha": "campanha",
}
"""Kinds of sends, by the word of `regras_envio`."""


def money(centavos: int) -> str:
    """`R$ 1.500` or `R$ 1.500,50`."""
    reais, cents = divmod(centavos, 100)
    grouped = f"{reais:,}".replace(",", ".")
    return f"R${_SPACE}{grouped}" + (f",{cents:02}" if cents else "")


def percent(part: int, whole: int) -> str:
    """`33 %`, or a dash where there is nothing to take a share of."""
    return f"{_rounded(part, whole)}{_SPACE}%" if whole else NOTHING


def _rounded(part: int, whole: int) -> int:
    """Half up, as people round."""
    return (200 * part + whole) // (2 * whole)


def counted(n: int, one: str, many: str) -> str:
    """`1 médico`, `2 médicos`."""
    return f"{n} {one if n == 1 else many}"


def day(moment: datetime) -> str:
    """`terça, 01/12`, in São Paulo."""
    return f"{_DAYS[moment.astimezone(SAO_PAULO).weekday()]}, {date(moment)}"


def date(moment: datetime) -> str:
    """`01/12`, in São Paulo."""
    return f"{moment.astimezone(SAO_PAULO):%d/%m}"


def hour(moment: datetime) -> str:
    """`13h` or `13h05`, in São Paulo."""
    local = moment.astimezone(SAO_PAULO)
    return f"{local.hour}h" + (f"{local.minute:02}" if local.minute else "")


def moment(at: datetime) -> str:
    """`terça, 01/12, às 13h05`, in São Paulo: as a date of its own."""
    return f"{day(at)}, às {hour(at)}"


def on(at: datetime) -> str:
    """`na terça-feira, 01/12, às 13h05` or `no sábado, ...`: a moment within a sentence."""
    name = _DAYS[at.astimezone(SAO_PAULO).weekday()]
    article = "no" if name in _WEEKEND else "na"
    return f"{article} {until(at)}"


def until(at: datetime) -> str:
    """`terça-feira, 01/12, às 13h05`: as it stands after "até"."""
    name = _DAYS[at.astimezone(SAO_PAULO).weekday()]
    named = name if name in _WEEKEND else f"{name}-feira"
    return f"{named}, {date(at)}, às {hour(at)}"


def doctor(notice: Notice) -> str:
    """The doctor in bold with the specialty, in mrkdwn."""
    who = notice.medico
    if who is None or who.nome is None:
        return bold("Médico sem nome no cadastro")
    return bold(who.nome) + (f" ({escape(who.especialidade)})" if who.especialidade else "")


def listed(items: Sequence[str]) -> str:
    """One line for each, in mrkdwn."""
    return "\n".join(f"• {item}" for item in items)
