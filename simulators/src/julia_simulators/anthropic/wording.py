"""How the simulator's Júlia words what a tool answered, in nothing but the answer's own words."""

import random
import re
from collections.abc import Sequence
from typing import Any, Final

from julia_simulators.anthropic.hearing import plain
from julia_simulators.anthropic.scene import MARKER, Result
from julia_simulators.anthropic.shifts import KnownShift, shifts_in_json

ASKS_CITY: Final = (
    "Claro! Qual cidade fica melhor pra vc?",
    "Boa! Em qual cidade vc quer pegar?",
    "Vamos lá! Em qual cidade vc atende?",
)
ASKS_WHEN: Final = "Claro! Que dia e horário ficam bons pra vc?"
ASKS_WHICH: Final = "Qual vc prefere?"
MOST_SHOWN: Final = 3
_MOST_CHARACTERS: Final = 330
"""Of an offer; fewer shifts are shown rather than a longer text."""

_ORDINALS = ("O primeiro", "O segundo", "O terceiro")
_OFFERS_PERSON = "Quer que eu chame uma pessoa da equipe?"
_ADDRESS_KEYS = ("endereco", "endereço", "endereco_formatado")


def asks(text: str) -> bool:
    """Whether a text of Júlia's ends with a question (markers aside)."""
    return re.sub(r"\s*\([^)]*\)\s*$", "", MARKER.sub("", text)).rstrip(" ()").endswith("?")


def about(  # noqa: PLR0911 - a tool each
    result: Result, known: Sequence[KnownShift], rng: random.Random
) -> str:
    """What the doctor is told after a tool's result."""
    if result.is_error:
        return _failed(result)
    match result.name:
        case "buscar_vagas":
            return _offer(result.shifts(), rng)
        case "reservar_plantao":
            return _booked(result, known, rng)
        case "cancelar_reserva":
            return _cancelled(result, known)
        case "buscar_info_hospital":
            return _address(result)
        case "agendar_lembrete":
            return _reminded(result, rng)
        case "salvar_memoria":
            return rng.choice(
                ["Entendi! Quer que eu procure algum plantão assim?", "Boa, entendi!"]
            )
        case "transferir_para_humano":
            return "Claro! Já chamei uma pessoa da equipe pra falar com vc por aqui."
        case "registrar_opt_out":
            return _left(result)
        case _:
            return f"Olha o que encontrei: {result.text[:200]}. Faz sentido pra vc?"


def enumerated(shifts: Sequence[KnownShift]) -> str:
    """Up to three shifts as sentences with ordinals that the doctor can use."""
    shown = list(shifts[:MOST_SHOWN])
    while True:
        text = " ".join(
            f"{ordinal}: {shift.told()}." for ordinal, shift in zip(_ORDINALS, shown, strict=False)
        )
        if len(text) <= _MOST_CHARACTERS or len(shown) == 1:
            return text
        shown.pop()


def listed(shifts: Sequence[KnownShift]) -> str:
    """Up to three shifts in one sentence."""
    return "; ".join(shift.told() for shift in shifts[:MOST_SHOWN])


def values(shifts: Sequence[KnownShift]) -> str:
    """What the shifts pay."""
    if len(shifts) == 1:
        return f"{shifts[0].hospital}: {shifts[0].value}. Quer que eu reserve?"
    told = "; ".join(f"{shift.hospital}: {shift.value}" for shift in shifts[:MOST_SHOWN])
    return f"Os valores são: {told}. Algum te interessa?"


def _offer(shifts: Sequence[KnownShift], rng: random.Random) -> str:
    if not shifts:
        return rng.choice(
            [
                "Não achei plantão assim agora. Quer que eu procure em outro dia ou cidade?",
                "Por enquanto não tem nada assim. Quer que eu veja outro dia ou outra cidade?",
            ]
        )
    if len(shifts) == 1:
        found = rng.choice(["Achei esse plantão", "Olha, tem esse aqui", "Tem esse plantão"])
        return f"{found}: {shifts[0].told()}. Quer que eu reserve pra vc?"
    found = rng.choice(["Achei esses.", "Olha o que tem.", "Tem essas opções."])
    return f"{found} {enumerated(shifts)} {ASKS_WHICH}"


def _booked(  # noqa: PLR0911 - a status each
    result: Result, known: Sequence[KnownShift], rng: random.Random
) -> str:
    alternatives = _under(result.data, "alternativas")
    shift = _asked_for(result, known)
    of_it = f": {shift.told()}" if shift else ""
    match _status(result):
        case "preenchida":
            taken = "Poxa, essa vaga acabou de ser preenchida."
            if alternatives:
                return f"{taken} {_offer(alternatives, rng)}"
            return f"{taken} Quer que eu procure outra?"
        case "conflito":
            other = next(iter(_under(result.data, "conflito_com")), None)
            with_it = f": {other.told()}" if other else ""
            clash = f"Esse horário bate com um plantão que vc já tem{with_it}."
            return f"{clash} {_offer(alternatives, rng) if alternatives else 'Quer ver outro dia?'}"
        case "valor_recusado":
            return f"Nesse valor eu não consigo reservar. {_OFFERS_PERSON}"
        case "indisponivel":
            return "Essa vaga não tá mais disponível. Quer que eu procure outra?"
        case "ja_sua":
            return f"Esse plantão já tá reservado pra vc{of_it}."
        case "lista_espera":
            return "Combinado! Se essa vaga abrir de novo, te aviso por aqui."
        case "livre":
            return f"Essa vaga tá aberta{of_it}. Quer que eu reserve pra vc?"
        case "segurada":
            return f"{rng.choice(['Fechado, reservei pra vc', 'Prontinho, tá reservado'])}{of_it}."
        case _:
            return f"Não consegui reservar agora. {_OFFERS_PERSON}"


_STATUS_WORDS: Final = (
    ("preenchida", r"preenchid"),
    ("conflito", r"conflit"),
    ("valor_recusado", r"valor_recusado|valor recusado"),
    ("indisponivel", r"inexistente|encerrad|indisponivel|nao encontrad"),
    ("ja_sua", r"\bja_sua|\bja_reservad"),
    ("lista_espera", r"\blista_espera"),
    ("livre", r"\blivre"),
    ("segurada", r"\bsegurad|\breservad"),
)


def _status(result: Result) -> str | None:
    """What became of a booking, by the result's status or, without one, by its text."""
    data = result.data if isinstance(result.data, dict) else {}
    words = plain(str(data.get("status") or result.text))
    return next((status for status, stem in _STATUS_WORDS if re.search(stem, words)), None)


def _asked_for(result: Result, known: Sequence[KnownShift]) -> KnownShift | None:
    vaga_id = result.arguments.get("vaga_id")
    shifts = (*result.shifts(), *known)
    return next((shift for shift in shifts if shift.vaga_id == vaga_id), None)


def _under(data: Any, key: str) -> list[KnownShift]:
    return list(shifts_in_json(data.get(key))) if isinstance(data, dict) else []


def _cancelled(result: Result, known: Sequence[KnownShift]) -> str:
    shift = next(iter(result.shifts()), _asked_for(result, known))
    return f"Pronto, cancelei o plantão{f': {shift.told()}' if shift else ''}."


def _reminded(result: Result, rng: random.Random) -> str:
    when = result.data.get("quando") if isinstance(result.data, dict) else None
    at = f" {when}" if isinstance(when, str) else " nesse horário"
    return rng.choice([f"Combinado, te chamo{at}!", f"Pronto, te chamo{at}."])


def _address(result: Result) -> str:
    for hospital in _objects(result.data):
        address = next((hospital[key] for key in _ADDRESS_KEYS if hospital.get(key)), None)
        name = hospital.get("nome") or hospital.get("hospital")
        if isinstance(address, str) and isinstance(name, str):
            return f"{name} fica em: {address}."
    return f"Não tenho o endereço desse hospital aqui. {_OFFERS_PERSON}"


def _objects(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, dict):
        return [data, *(found for value in data.values() for found in _objects(value))]
    if isinstance(data, list):
        return [found for item in data for found in _objects(item)]
    return []


def _left(result: Result) -> str:
    match result.arguments.get("escopo"):
        case "definitivo":
            return "Tudo bem, não vou mais te mandar mensagem. Obrigada!"
        case "mes":
            return "Tranquilo, não te chamo mais esse mês."
        case _:
            return "Tranquilo, sem problema! Qualquer coisa me chama."


def _failed(result: Result) -> str:
    match result.name:
        case "salvar_memoria":
            return "Entendi! Quer que eu procure um plantão pra vc?"
        case "agendar_lembrete":
            return "Não consegui marcar esse horário. Que dia e hora ficam bons pra vc?"
        case "buscar_vagas":
            return "Não consegui ver as vagas agora. Quer que eu chame uma pessoa da equipe?"
        case _:
            return f"Não consegui fazer isso agora. {_OFFERS_PERSON}"
