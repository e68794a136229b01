"""How shifts, money and times are said to a doctor: Brazilian Portuguese, São Paulo's clock."""

import datetime as dt
from typing import Final

from julia_brain.domain.prompt import SAO_PAULO
from julia_common.database import Hospital, Shift

_WEEKDAYS: Final = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
_CENTAVOS_IN_REAL: Final = 100

_URGENCY: Final = {"alta": "alta", "urgente": "urgente", "critica": "muito urgente"}


def money(centavos: int) -> str:
    """Say an amount: `R$ 1.500`, or `R$ 1.500,50` when there are centavos."""
    reais, rest = divmod(centavos, _CENTAVOS_IN_REAL)
    whole = f"R$ {reais:,}".replace(",", ".")
    return f"{whole},{rest:02d}" if rest else whole


def pay(shift: Shift) -> str:
    """Say what a shift pays, as far as the database knows it."""
    low, high = shift.valor_minimo_centavos, shift.valor_maximo_centavos
    match shift.valor_tipo:
        case "fixo" if shift.valor_centavos is not None:
            return money(shift.valor_centavos)
        case "faixa" if low is not None and high is not None:
            return f"entre {money(low)} e {money(high)}"
        case "faixa" if low is not None:
            return f"a partir de {money(low)}"
        case "faixa" if high is not None:
            return f"até {money(high)}"
        case "a_combinar":
            return "a combinar"
        case _:
            return "não informado"


def day(at: dt.datetime, now: dt.datetime) -> str:
    """Say a date: `sábado, 28/11`, with the year when it is not the current one."""
    local = at.astimezone(SAO_PAULO)
    year = "" if local.year == now.astimezone(SAO_PAULO).year else f"/{local.year}"
    return f"{_WEEKDAYS[local.weekday()]}, {local:%d/%m}{year}"


def moment(at: dt.datetime, now: dt.datetime) -> str:
    """Say a point in time: `sábado, 28/11, às 9h`."""
    return f"{day(at, now)}, {_at(at.astimezone(SAO_PAULO))}"


def period(shift: Shift, now: dt.datetime) -> str:
    """Say when a shift is: `sábado, 28/11, das 19h às 7h`."""
    start, end = shift.inicio.astimezone(SAO_PAULO), shift.fim.astimezone(SAO_PAULO)
    # "das 19h às 7h" says by itself that it ends on the next day; "das 7h às 7h" does not.
    later = end.date() > start.date() and end.time() >= start.time()
    tail = " do dia seguinte" if later else ""
    return f"{day(start, now)}, {_since(start)} {_at(end)}{tail}"


def _hour(local: dt.datetime) -> str:
    return f"{local.hour}h{local.minute:02d}" if local.minute else f"{local.hour}h"


def _since(local: dt.datetime) -> str:
    return f"{'da' if local.hour == 1 else 'das'} {_hour(local)}"


def _at(local: dt.datetime) -> str:
    return f"{'à' if local.hour == 1 else 'às'} {_hour(local)}"


def place(hospital: Hospital) -> str | None:
    """Say a hospital's city: `Campinas/SP`."""
    return "/".join(part for part in (hospital.cidade, hospital.estado) if part) or None


def shift_words(shift: Shift, now: dt.datetime) -> dict[str, str]:
    """A shift in words ready to be said, by Portuguese names; what is unknown is left out.

    `vaga_id` is the only id in it.
    """
    words = {
        "vaga_id": shift.id,
        "hospital": shift.hospital.nome,
        "cidade": place(shift.hospital),
        "especialidade": shift.especialidade,
        "setor": shift.setor,
        "tipo": shift.tipo,
        "quando": period(shift, now),
        "valor": pay(shift),
        "pagamento": shift.forma_recebimento,
        "urgencia": _URGENCY.get(shift.urgencia),
    }
    return {name: value for name, value in words.items() if value}


def hospital_words(hospital: Hospital) -> dict[str, str]:
    """A hospital in words ready to be said; what is unknown is left out."""
    words = {
        "nome": hospital.nome,
        "endereco": hospital.endereco,
        "cidade": place(hospital),
    }
    return {name: value for name, value in words.items() if value}
