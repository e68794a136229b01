"""What the simulator's Júlia does next: which tool she calls, or what she says.

Rules over the request alone, so that the same request and seed give the same step. She uses the
words of tools' results and nothing else for shifts, values and addresses, says that something is
done only when a result says so, and never claims to be human.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from julia_simulators.anthropic import wording
from julia_simulators.anthropic.hearing import (
    Heard,
    Wish,
    corrected,
    hospital_in,
    ordinal_in,
    plain,
    price_in,
    time_in,
    wish_in,
)
from julia_simulators.anthropic.replies import SAYS_WHAT_SHE_IS, small_talk
from julia_simulators.anthropic.scene import Scene
from julia_simulators.anthropic.shifts import KnownShift

SEARCH: Final = "buscar_vagas"
BOOK: Final = "reservar_plantao"
CANCEL: Final = "cancelar_reserva"
HOSPITAL: Final = "buscar_info_hospital"
REMIND: Final = "agendar_lembrete"
REMEMBER: Final = "salvar_memoria"
HAND_OVER: Final = "transferir_para_humano"
OPT_OUT: Final = "registrar_opt_out"

_LEAVES = (
    r"\bnao (me )?(chame?|chama|mand[ae]|envi[ae]|procur[ae]|incomod\w+|lig[au]e?)\b.*\bmais\b"
    r"|\bpar(a|e|ar|em) de (me )?(mand|envi|cham)\w+|\bme (tir[ae]|remov[ae]|retir[ae]|exclu[ia])\b"
    r"|\b(sair|sai) da lista|descadastr|\bnao quero (mais )?receber|\bme bloquei"
)
_THIS_MONTH = r"\b(esse|este|nesse|neste) mes\b"
_REFUSES = (
    r"\bnao (quero|posso|topo|rola|da|vai dar|gostei|serve|me interessa|tenho interesse|consigo)\b"
    r"|\bsem interesse\b|\b(dispenso|vou passar)\b"
)
_PERSON = (
    r"\b(atendente|humano|pessoa de verdade|gerente|coordenador\w*|responsavel)\b"
    r"|\bfalar com (alguem|uma pessoa|gente|o gestor|a gestora)"
)
_COMPLAINS = (
    r"\b(advogad[oa]s?|processar|procon|denuncia\w*|reclamacao|absurdo|pessim[oa]|palhacada)\b"
)
_CANCELS = (
    r"\b(cancel[ae]r?|desmarc\w+|desist\w+)\b"
    r"|\bnao vou (mais )?(poder|conseguir) (ir|fazer|cobrir)\b|\bpreciso sair do plantao\b"
)
_REMINDS = r"\b(me (chama|lembra|procura|avisa|manda)|fala comigo|lembrete|volta a falar)\b"
_ASKS_ADDRESS = r"\b(endereco|onde fica|localizacao|como chego|onde e)\b"
_ASKS_VALUE = r"\b(valor|quanto|pagam?|pagamento|remuneracao|preco)\b"
_ACCEPTS = (
    r"\bquero (ess[ea]|est[ea]|fechar|reservar|ficar|[oa] (primeir|segund|terceir|ultim))"
    r"|\bfico com\b|\bvou (querer|ficar com)\b|\bpode (reservar|marcar|fechar|confirmar)\b"
    r"|\breserv[ae] (ess[ea]|[oa]|pra mim|para mim)\b|\bfechad[oa]\b|\bfechou\b|\btopo\b"
    r"|\bto dentro\b"
    r"|\baceito\b|\bbora\b|\bconfirmo\b|\bpode ser (ess[ea]|[oa])\b|\b(ess[ea]) (serve|ta bom)\b"
)
_WAITS = r"\blista de espera\b|\bse (abrir|vagar|liberar|desistirem)\b|\bquero esperar\b"
_ASKS_OWN = (
    r"\b(meus|minhas) (plantoes|reservas|escalas?)\b"
    r"|\b(que|quais|quantos|algum) (plantao|plantoes|reservas?) (eu )?(ja )?tenho\b"
    r"|\bja tenho (algum )?(plantao|reserva)"
)
_YES = r"^\W*(sim|pode|isso|ok|okay|claro|quero|serve|perfeito|com certeza|por favor|uhum|aham)\b"
_PREFERS = (
    r"\b(prefiro|so (faco|trabalho|pego|posso)|nao (faco|trabalho|pego|gosto)|gosto (mais )?de"
    r"|evito|moro em|costumo)\b"
)
_WANTS_SHIFTS = r"\b(plantao|plantoes|vagas?|escala|cobertura)\b"
_MAY_WANT_SHIFTS = (
    r"\b(disponib\w+|disponivel|tem (algo|alguma coisa)|pode ser em|posso (trabalhar|pegar))\b"
)
_MORE = r"\b(outr[oa]s?|mais alguma?|mais opcoes)\b"
_ASKED_ABOUT_SHIFTS = r"cidade|dia|diurno|noturno|12h|procure|preferencia|regiao"
_OFFERED_PERSON = r"(pessoa|alguem|equipe)"
_OFFERS_TO_BOOK = "que eu reserve"
_MOST_CHARACTERS_OF_AN_ANSWER: Final = 60
"""A message that short may be the answer to a question; a longer one speaks for itself."""
_MOST_WORDS_QUOTED: Final = 40


@dataclass(frozen=True)
class Call:
    """Call a tool with these arguments, as far as its schema has them."""

    name: str
    wanted: dict[str, Any]


@dataclass(frozen=True)
class Say:
    """Answer in words."""

    text: str


type Step = Call | Say


def next_step(scene: Scene, rng: random.Random) -> Step:
    """What Júlia does with a request."""
    if scene.results:
        return _after_results(scene, rng)
    for rule in _RULES:
        step = rule(scene, rng)
        if step is not None and (isinstance(step, Say) or scene.tool(step.name)):
            return step
    return Say(small_talk(scene.said, scene.media, rng))


def _after_results(scene: Scene, rng: random.Random) -> Step:
    done = {result.name for result in scene.results}
    last = scene.results[-1]
    if last.name == REMEMBER and SEARCH not in done and _speaks_of_shifts(scene):
        search = _search(scene, rng)
        if isinstance(search, Say) or (search is not None and scene.tool(SEARCH)):
            return search
    return Say(wording.about(last, scene.known, rng))


def _what_she_is(scene: Scene, rng: random.Random) -> Step | None:
    return (
        Say(rng.choice(SAYS_WHAT_SHE_IS.texts)) if scene.said.has(SAYS_WHAT_SHE_IS.when) else None
    )


def _opt_out(scene: Scene, _rng: random.Random) -> Step | None:
    said = scene.said
    if said.has(_THIS_MONTH) and said.has(r"\bnao\b"):
        return Call(OPT_OUT, {"escopo": "mes"} | _ground(said))
    if said.has(_LEAVES):
        return Call(OPT_OUT, {"escopo": "definitivo"} | _ground(said))
    if said.has(_REFUSES) and not said.has(_ACCEPTS) and not wish_in(said, scene.now):
        meant = _meant(scene)
        if meant is not None:
            reason = _reason(said)
            return Call(OPT_OUT, {"escopo": "vaga", "motivo": reason, "vaga_id": meant.vaga_id})
    return None


def _person(scene: Scene, _rng: random.Random) -> Step | None:
    said = scene.said
    kind = next(
        (
            kind
            for pattern, kind in (
                (_PERSON, "pedido_humano"),
                (r"\b(advogad|processar|procon)", "juridico"),
                (_COMPLAINS, "sentimento_negativo"),
            )
            if said.has(pattern)
        ),
        None,
    )
    offered = wording.asks(scene.last_said) and re.search(_OFFERED_PERSON, scene.last_said)
    if kind is None and offered and said.has(_YES):
        kind = "pedido_humano"
    return None if kind is None else Call(HAND_OVER, {"tipo": kind, "motivo": _reason(said)})


def _cancel(scene: Scene, _rng: random.Random) -> Step | None:
    if not scene.said.has(_CANCELS):
        return None
    booked = [shift for shift in scene.bookings if shift.is_named_in(scene.said.text)]
    booked = booked or list(scene.bookings)
    if not booked:
        return Say("Não achei reserva sua aqui. Qual plantão vc quer cancelar?")
    if len(booked) > 1 and (ordinal := ordinal_in(scene.said)) is not None:
        booked = booked[ordinal : ordinal + 1 or None] or booked
    if len(booked) > 1:
        return Say(f"Qual deles vc quer cancelar? {wording.enumerated(booked)}")
    return Call(CANCEL, {"reserva_id": booked[0].reserva_id, "motivo": _reason(scene.said)})


def _remind(scene: Scene, _rng: random.Random) -> Step | None:
    said = scene.said
    asked_when = wording.ASKS_WHEN in scene.last_said and bool(scene.said_before)
    if scene.now is None or not (said.has(_REMINDS) or asked_when):
        return None
    if asked_when:
        said = Heard.of(f"{scene.said_before[-1].text} {said.text}")
    at = time_in(said, scene.now)
    if at is None:
        return None if asked_when else Say(wording.ASKS_WHEN)
    wanted = {
        "data_hora": f"{at:%Y-%m-%dT%H:%M}",
        "contexto": _reason(said),
        "mensagem": "Oi! Como vc pediu, tô te chamando. Vamos falar de plantão?",
    }
    return Call(REMIND, wanted)


def _address(scene: Scene, _rng: random.Random) -> Step | None:
    if not scene.said.has(_ASKS_ADDRESS):
        return None
    meant = _meant(scene)
    spoken_of = meant or next(iter((*scene.presented, *scene.bookings)), None)
    name = hospital_in(scene.said) or (spoken_of.hospital if spoken_of else None)
    if name is None:
        return Say("De qual hospital vc quer o endereço?") if scene.tool(HOSPITAL) else None
    return Call(HOSPITAL, {"nome_hospital": name})


def _book(scene: Scene, rng: random.Random) -> Step | None:
    said = corrected(scene.said)
    yes = said.has(_YES) and _OFFERS_TO_BOOK in scene.last_said
    picks = wording.ASKS_WHICH in scene.last_said and len(scene.presented) > 1
    short = len(said.plain) <= _MOST_CHARACTERS_OF_AN_ANSWER
    names = picks and short and _meant(scene) is not None
    chooses = (names or ordinal_in(said) is not None) and bool(scene.presented)
    bargains = price_in(said) is not None and bool(scene.presented)
    if said.has(_REFUSES) or not (said.has(_ACCEPTS) or yes or chooses or bargains):
        return None
    meant = _meant(scene)
    if meant is None:
        if len(scene.presented) > 1:
            return Say(rng.choice(["Qual deles vc quer?", "Boa! Qual deles eu reservo pra vc?"]))
        return _search(scene, rng)
    price = price_in(said)
    return Call(BOOK, {"vaga_id": meant.vaga_id} | ({"valor": price} if price else {}))


def _own(scene: Scene, _rng: random.Random) -> Step | None:
    if not scene.said.has(_ASKS_OWN):
        return None
    if not scene.bookings:
        return Say("Não tô vendo nenhum plantão reservado pra vc. Quer que eu procure um?")
    return Say(f"Vc tem: {wording.listed(scene.bookings)}.")


def _wait(scene: Scene, _rng: random.Random) -> Step | None:
    meant = _meant(scene)
    if meant is None or not scene.said.has(_WAITS):
        return None
    return Call(BOOK, {"vaga_id": meant.vaga_id, "lista_espera": True})


def _value(scene: Scene, _rng: random.Random) -> Step | None:
    if not scene.said.has(_ASKS_VALUE) or price_in(scene.said) is not None:
        return None
    meant = _meant(scene)
    told = [meant] if meant else list(scene.presented or scene.bookings)
    if told and all(shift.value for shift in told):
        return Say(wording.values(told))
    return None


def _remember(scene: Scene, _rng: random.Random) -> Step | None:
    said = scene.said
    if not said.has(_PREFERS):
        return None
    restricts = said.has(r"\b(nao|so|evito)\b")
    lives = said.has(r"\bmoro em\b")
    kind = "info_pessoal" if lives else "restricao" if restricts else "preferencia"
    return Call(REMEMBER, {"informacao": _reason(said), "tipo": kind, "confianca": 0.9})


def _shifts(scene: Scene, rng: random.Random) -> Step | None:
    return _search(scene, rng) if _speaks_of_shifts(scene) else None


def _speaks_of_shifts(scene: Scene) -> bool:
    said = scene.said
    if said.has(_WANTS_SHIFTS):
        return True
    wishes = bool(wish_in(said, scene.now))
    if wishes and said.has(_MAY_WANT_SHIFTS):
        return True
    short = len(said.plain) <= _MOST_CHARACTERS_OF_AN_ANSWER
    asked = wording.asks(scene.last_said) and re.search(_ASKED_ABOUT_SHIFTS, scene.last_said)
    answers = (bool(asked) and (wishes or said.has(_YES))) or (wishes and bool(scene.presented))
    return short and (answers or (said.has(_MORE) and bool(scene.known)))


def _search(scene: Scene, rng: random.Random) -> Step | None:
    """Look for shifts, or ask for what is missing."""
    if scene.tool(SEARCH) is None:
        return None
    wish = scene.wish
    if not (wish.city or wish.weekdays or wish.period):
        return Say(rng.choice(wording.ASKS_CITY))
    return Call(SEARCH, _arguments_of(wish))


def _arguments_of(wish: Wish) -> dict[str, Any]:
    wanted = {
        "especialidade": wish.specialty,
        "regiao": wish.city,
        "periodo": wish.period,
        "valor_minimo": wish.least_reais,
        "dias_semana": list(wish.weekdays) or None,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _meant(scene: Scene) -> KnownShift | None:
    """The one shift that the doctor speaks of, or None when it is not clear."""
    shown = scene.presented or scene.known
    return next(_candidates(scene, shown), None) if shown else None


def _candidates(scene: Scene, shown: tuple[KnownShift, ...]) -> Iterator[KnownShift]:
    said = corrected(scene.said)
    ordinal = ordinal_in(said)
    if ordinal is not None and -len(shown) <= ordinal < len(shown):
        yield shown[ordinal]
    named = [shift for shift in shown if shift.is_named_in(said.text)] or [
        shift for shift in shown if _resembles(shift, said, shown)
    ]
    if len(named) == 1:
        yield named[0]
    if len(shown) == 1:
        yield shown[0]


def _resembles(shift: KnownShift, said: Heard, shown: Iterable[KnownShift]) -> bool:
    """Whether a word of the shift that no other shift has (its hospital, its day) was said."""
    telling = _words(shift).difference(*(_words(other) for other in shown if other is not shift))
    return any(said.has(rf"\b{word}\b") for word in telling)


def _words(shift: KnownShift) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", plain(f"{shift.hospital or ''} {shift.when or ''}")))


def _ground(said: Heard) -> dict[str, str]:
    """What was said, in few words and as it was written."""
    words = said.text.split()
    return {"motivo": _reason(said), "palavras": " ".join(words[:_MOST_WORDS_QUOTED])}


def _reason(said: Heard) -> str:
    words = re.sub(r"\s*\(?#m\d+\)?", "", said.text)
    return " ".join(words.split())[:200] or "pedido na conversa"


_RULES: Final[tuple[Callable[[Scene, random.Random], Step | None], ...]] = (
    _opt_out,
    _what_she_is,
    _person,
    _cancel,
    _own,
    _wait,
    _remind,
    _address,
    _value,
    _book,
    _remember,
    _shifts,
)
