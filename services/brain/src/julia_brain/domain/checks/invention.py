"""Whether all that a draft says of shifts is what tools said, and of the same shift."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from julia_brain.domain.checks import claims as reading
from julia_brain.domain.checks.amounts import Amount, amounts_in
from julia_brain.domain.checks.claims import (
    Claim,
    Kind,
    Reading,
    hospitals_of,
    local_times,
    place_fits,
    tokens_joined,
)
from julia_brain.domain.checks.dates import Day, days_in
from julia_brain.domain.checks.daytime import Daytime, daytimes_in
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.fields import Field
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.domain.checks.gazetteer import HOSPITALS
from julia_brain.domain.checks.hours import Hours, hours_in
from julia_brain.domain.checks.numerals import value
from julia_brain.domain.checks.places import Address, Place
from julia_brain.domain.checks.stance import (
    SHIFT,
    Stance,
    approves,
    is_negated,
    is_open,
    is_wish,
    stance_of,
)
from julia_brain.domain.checks.words import Clause, fold, plain, shown, tokens
from julia_brain.domain.prompt import SAO_PAULO
from julia_common.database import Hospital, Shift

_FLAWS: Final = {
    Kind.AMOUNT: Flaw.INVENTED_VALUE,
    Kind.HOSPITAL: Flaw.INVENTED_PLACE,
    Kind.CITY: Flaw.INVENTED_PLACE,
    Kind.ADDRESS: Flaw.INVENTED_PLACE,
    Kind.DAY: Flaw.INVENTED_DATE,
    Kind.LAST_DAY: Flaw.INVENTED_DATE,
    Kind.HOURS: Flaw.INVENTED_HOURS,
    Kind.DAYTIME: Flaw.INVENTED_HOURS,
    Kind.SPECIALTY: Flaw.INVENTED_SHIFT,
    Kind.SECTOR: Flaw.INVENTED_SHIFT,
}
_MEANT: Final = (Stance.OFFERED, Stance.SAID)

_ABOUT_A_SHIFT = re.compile(
    rf"\b{SHIFT}\b|^\W*(?:e|eh|sera|fica|comeca|entra|inicio|vai ser)\b"
    r"|\b(?:das|ate as|pediatria|anestesia|uti|ps|pronto socorro|enfermaria|ambulatorio)\b"
)
_SHIFT_IS = re.compile(
    rf"\b{SHIFT}\b[^.!?]{{0,30}}\b(?:e|eh|sera|fica|comeca|vai ser)\b(?!\s+(?:que|melhor|bom))"
)
_OFFERS_A_SHIFT = re.compile(
    r"\b(?:tenho|temos|surgi(?:u|ram)|aparece(?:u|ram)|abri(?:u|ram)|saiu|sairam|rolou|pintou"
    r"|sobrou|ach(?:ei|amos)"
    r"|encontr(?:ei|amos)|conse?gui(?:mos)?|separei|olha|vi|chegou|chegaram|tem|ha|existem?"
    r"|estou com|estamos com|to com"
    rf"|tao com|esta com|ta com)\b(?P<between>(?:\s+[\w+]+){{0,5}}?)\s+{SHIFT}\b"
    rf"|\b{SHIFT}\s+(?:\w+\s+){{0,3}}(?:disponive(?:l|is)|em aberto|abert[ao]s?|esperando"
    r"|sobrando|livres?)\b"
)
_NO_OFFER = re.compile(
    r"\b(?:vc|voce|interesse|preferencia|disponibilidade|duvida|informac\w+|acesso|experiencia"
    r"|certeza|que procurar"
    r"|como|cadastro|detalhes?|seu|sua|seus|suas|sobre|outro medico|ver|verificar)\b"
)
_DERIVED_VALUE = re.compile(
    r"\b\d{1,3}(?:[.,]\d+)?\s?%|\b(?:por cento)\b"
    r"|\b(?:pag\w*|consigo|consegui|faco|fazemos|valor|recebe|ganha)\b[^.!?]{0,25}\b(?:o dobro"
    r"|em dobro|dobrad[oa]|o triplo)\b"
    r"|\b(?:bonus|gratificacao|adicional noturno|ajuda de custo|vale[- ]transporte|13o"
    r"|decimo terceiro)\b"
)
_DOZENS: Final = 20
_SEVERAL: Final = 2
_PER_HOUR = re.compile(r"\s*(?:reais\s*)?(?:por|a|/|cada)\s*(?:h\b|hora)")
_TOGETHER = re.compile(
    r"\b(?:total|somando|soma|somam|juntos|juntas|os dois|as duas|os tres|as tres|tudo)\b"
)
_TOGETHER_ONLY = re.compile(r"\b(?:total|som\w+|juntos|juntas|dao|da|fecham)\b")
_COUNT = re.compile(
    rf"\b(?P<count>\d{{1,2}}|dois|duas|tres|quatro|cinco|seis|sete|oito|nove|dez|doze|quinze"
    r"|vinte|dezenas?|varios|varias"
    rf"|muitas|muitos|diversas|diversos)\s+(?:otim[oa]s\s+|boas\s+|bons\s+|outr[oa]s\s+)?{SHIFT}\b"
)
_PAYMENT_TERM = re.compile(
    r"\b(?:pag\w+|receb\w+|cai|deposit\w+|repasse)\b[^.!?]{0,30}?\b(?P<term>a vista|na hora"
    r"|no ato|adiantad[oa]|antecipad[oa]"
    r"|no mesmo dia|(?:no|ao) (?:dia seguinte|outro dia|final do plantao|fim do plantao)|na hora"
    r"|na (?:mesma )?semana|em \d+ horas|cheque|transferencia|semanal|quinzenal|mensal"
    r"|pix|em dinheiro|d\s?\+\s?\d+|(?:em|ate) \d+ dias(?: uteis)?|via pj|como pj|clt)\b"
)
_EACH = re.compile(
    r"\b(?:(?:os|as|d[oa]s)\s+(?P<count>dois|duas|tres|quatro)|ambos|ambas|cada um|cada uma"
    r"|qualquer um|qualquer uma|tod[oa]s)\b"
)
_AFFIRMS = re.compile(
    r"^\W*(?:(?:sim|claro|opa|oi|tem|doutora?)\W+)*(?:tem|tenho|temos|ha|achei|encontrei|surgiu|abriu)"
    r"(?:\s+sim)?\W*$"
)
_ASKED_FOR_SHIFTS = re.compile(rf"\b(?:{SHIFT}|algo|alguma coisa)\b")
_SHIFT_WORD = re.compile(rf"\b{SHIFT}\b")
_FOR_A_FIELD = re.compile(
    r"^\W*(?:e|eh|sera|seria|pra|para)\s+(?:(?:pra|para|de|d[ao]|na|no|em)\s+)*$"
)
_GOOD_LUCK = re.compile(r"^\W*(?:boa sorte|bom plantao|otimo plantao)\b[^\d]*$")
_LOOKS = re.compile(
    r"\b(?:vou|ja vou|deixa eu)\s+(?:\w+\s+)?(?:ver|procurar|olhar|buscar|verificar|pesquisar)\b"
)
_TIREDNESS = re.compile(
    r"\b(?:imagin\w+|cansac\w+|cansativ\w+|puxad\w+|descans\w+|rotina|correria)\b"
)
_SPEAKS_OF_ANOTHER = re.compile(
    r"^\W*(?:o\s+)?\|\s+(?:continua|segue|permanece)\b|\bcom\s+o\s+de\s+\|"
    r"|\b[oa]s?\s+(?:(?:plantao|vaga)\s+)?d[eo]\s+\|\s+(?:[^\s|]+\s+){0,3}?(?:pag\w+|continua"
    r"|segue|e|eh|sai|fica|tem|ta"
    r"|esta|comeca|permanece|vale)\b"
)
"""`o de sábado continua valendo`: another shift, with a verb of its own."""
_COMPARES = re.compile(r"\s*(?:reais\s+)?a\s+(?P<how>mais|menos)\b")
_MOTION_WORDS = re.compile(r"\b(?:lembr\w+|avis\w+|cham\w+|retorn\w+|volto|mando mensagem)\b")


def invention(text: str, evidence: Evidence) -> Flaw | None:
    """What of a text comes from no tool result, or joins what belongs to different shifts."""
    read = reading.read(shown(text), evidence)
    known = _Known(evidence)
    return (
        _unknown_claim(read, known)
        or _unfounded_offer(read, known)
        or _derived_value(read, known)
        or _unknown_terms(read, known)
        or _said_of_each(read, known)
        or _mixed_up(read, known)
    )


class _Known:
    """What the evidence supports."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.today = evidence.now.astimezone(SAO_PAULO).date()
        said = "\n".join(plain(text) for text in evidence.doctor_said)
        self.doctor_words = set(tokens(said))
        self.asked_for_shifts = any(
            _ASKED_FOR_SHIFTS.search(plain(text)) for text in evidence.doctor_said
        )
        self.doctor_text = said
        self.doctor_amounts = {amount.centavos for amount in amounts_in(said)}
        self.doctor_days = days_in(said, self.today)
        self.doctor_hours = hours_in(said)
        self.addresses = [
            f"{hospital.endereco or ''} {hospital.cidade or ''}"
            for hospital in hospitals_of(evidence)
        ]
        self.cities = {
            fold(hospital.cidade) for hospital in hospitals_of(evidence) if hospital.cidade
        }

    def shows(self, claim: Claim, folded: str) -> bool:
        """Whether a tool showed it, for whatever shift."""
        match claim.said:
            case Amount() as amount:
                return self.shows_amount(amount, folded)
            case Place(key=key):
                if claim.kind is Kind.CITY:
                    return key in self.cities or any(
                        key in tokens_joined(a) for a in self.addresses if key
                    )
                return key is not None
            case Address() as address:
                return any(address.is_in(known) for known in self.addresses)
            case _:
                return any(self.shift_fits(shift, claim) for shift in self.evidence.shifts)

    def shows_amount(self, amount: Amount, folded: str) -> bool:
        """Whether the amount is a shift's, agreed on, per hour of one, or the sum of several."""
        if amount.centavos in self.evidence.agreed_centavos:
            return True
        if any(self.pays(shift, amount.centavos) for shift in self.evidence.shifts):
            return True
        if _PER_HOUR.match(folded, amount.end):
            return any(_per_hour(shift, amount.centavos) for shift in self.evidence.shifts)
        return _is_sum(amount, folded, self.evidence.shifts)

    def pays(self, shift: Shift, centavos: int) -> bool:
        """Whether a shift's value is, or its range holds, this amount."""
        low, high = shift.valor_minimo_centavos, shift.valor_maximo_centavos
        if shift.valor_tipo == "faixa" and low is not None and high is not None:
            return low <= centavos <= high
        return centavos in {shift.valor_centavos, low, high} - {None}

    def shift_fits(self, shift: Shift, claim: Claim) -> bool:
        """Whether a claim is true of this shift."""
        begins, ends = local_times(shift)
        match claim.said:
            case Amount(centavos=centavos):
                return (
                    self.pays(shift, centavos)
                    or _per_hour(shift, centavos)
                    or (
                        shift.id in self.evidence.held | self.evidence.booked
                        and centavos in self.evidence.agreed_centavos
                    )
                )
            case Day() as day:
                ends_then = claim.kind is Kind.LAST_DAY and day.fits(ends.date())
                return ends_then or day.fits(shift.data)
            case Hours() | Daytime() as hours:
                return hours.fits(begins, ends)
            case Place() | Address():
                return place_fits(shift.hospital, claim)
            case Field() as field:
                return field.is_in(f"{shift.especialidade} {shift.setor or ''} {shift.tipo or ''}")

    def doctor_named(self, claim: Claim) -> bool:  # noqa: PLR0911 - a kind each
        """Whether the doctor said it first."""
        match claim.said:
            case Amount(centavos=centavos):
                return centavos in self.doctor_amounts
            case Place(key=None, start=start, end=end):
                telling = _telling(claim, start, end)
                return bool(self.doctor_text) and (
                    telling <= self.doctor_words or self._means_the_same(telling)
                )
            case Place(key=key):
                return (key or "-") in self.doctor_text
            case Address(words=words):
                return words <= self.doctor_words
            case Day() as day:
                return any(_meets(day, theirs) for theirs in self.doctor_days)
            case Hours() as hours:
                return any(_alike(hours, theirs) for theirs in self.doctor_hours)
            case Field() as field:
                return field.is_in(self.doctor_text)
            case Daytime() as daytime:
                return any(one.night is daytime.night for one in daytimes_in(self.doctor_text))

    def _means_the_same(self, telling: set[str]) -> bool:
        """Whether the doctor named it by a shorter name: "Einstein" for "Albert Einstein"."""
        return any(
            set(name.split()) <= telling & self.doctor_words
            for name in HOSPITALS
            if any(set(full.split()) == telling for full in HOSPITALS)
        )


def _telling(claim: Claim, start: int, end: int) -> set[str]:
    offset = claim.clause.span.start
    return set(tokens(claim.clause.text[start - offset : end - offset])) - {
        "hospital",
        "hosp",
        "clinica",
    }


def _meets(day: Day, other: Day) -> bool:
    return day.same(other) or bool(
        (day.weekday is not None and day.weekday == other.weekday and not (day.day and other.day))
        or (day.day is not None and day.day == other.day and day.month in {None, other.month})
        or (day.day is not None and day.day == other.day and other.month is None)
    )


def _alike(hours: Hours, other: Hours) -> bool:
    return hours.same(other) or (
        hours.until is None
        and hours.begin is not None
        and hours.begin in {other.begin, other.until}
    )


def _per_hour(shift: Shift, centavos: int) -> bool:
    if not shift.valor_centavos:
        return False
    hours = (shift.fim - shift.inicio).total_seconds() / 3600
    return hours > 0 and abs(shift.valor_centavos / hours - centavos) < 100  # noqa: PLR2004 - rounded to a real


def _is_sum(amount: Amount, folded: str, shifts: Sequence[Shift]) -> bool:
    around = folded[max(0, amount.start - 60) : amount.end + 30]
    if not _TOGETHER.search(around) or len(shifts) < 2:  # noqa: PLR2004
        return False
    sums = {0}
    for shift in shifts[:8]:
        sums |= {already + (shift.valor_centavos or 0) for already in sums}
    return amount.centavos in sums


def _unknown_claim(read: Reading, known: _Known) -> Flaw | None:
    for claim in read.claims:
        if isinstance(claim.said, Day) and not claim.said.exists(known.today):
            return Flaw.INVENTED_DATE
        if known.shows(claim, read.folded):
            continue
        if _may_be_said(claim, read, known) or _is_difference(claim, read, known):
            continue
        return _FLAWS[claim.kind]
    return None


def _may_be_said(  # noqa: PLR0911 - a kind each
    claim: Claim, read: Reading, known: _Known
) -> bool:
    """Whether something that no tool showed may stand there, as the doctor's word or in general."""
    stance = stance_of(claim.clause)
    if stance is Stance.SAID and (is_wish(claim.clause.before) or _looked_for_next(claim, read)):
        stance = Stance.WISHED
    theirs = known.doctor_named(claim)
    if isinstance(claim.said, Field | Daytime):
        tied = stance in _MEANT and _tied_to_a_shift(claim, read)
        return not (known.evidence.shifts and tied and not (theirs and stance is Stance.SAID))
    if _is_of_a_hard_day(claim) or _GOOD_LUCK.search(claim.clause.text):
        return True
    if claim.kind in {Kind.AMOUNT, Kind.HOSPITAL, Kind.ADDRESS}:
        taken_up = claim.kind is Kind.AMOUNT and _approved_later(claim, read)
        return theirs and stance not in _MEANT and not taken_up
    if known.evidence.reminded and _MOTION_WORDS.search(claim.clause.before + claim.clause.text):
        return True
    if stance not in _MEANT:
        return theirs or claim.clause.asks or not _is_exact(claim)
    if theirs and stance is Stance.SAID:
        return not _approved_later(claim, read)
    return _is_loose(claim) and not _is_about_a_shift(claim, read)


def _looked_for_next(claim: Claim, read: Reading) -> bool:
    """Whether the next sentence goes looking for it: "Dezembro, a partir de 3 mil. Vou ver"."""
    following = read.sentences[claim.sentence + 1 :][:1]
    return any(_LOOKS.search(clause.text) for sentence in following for clause in sentence)


def _tied_to_a_shift(claim: Claim, read: Reading) -> bool:
    """Whether a specialty, sector or time of day is said of a shift, and not in general."""
    clause = claim.clause
    itself = clause.text[claim.said.start - clause.span.start : claim.said.end - clause.span.start]
    before = clause.text[: claim.said.start - clause.span.start]
    return bool(
        _SHIFT_WORD.search(clause.text.replace(itself, " ")) or _FOR_A_FIELD.match(before)
    ) or any(
        other.sentence == claim.sentence
        and other.kind in {Kind.HOSPITAL, Kind.DAY, Kind.HOURS, Kind.AMOUNT}
        for other in read.claims
    )


def _is_of_a_hard_day(claim: Claim) -> bool:
    """Whether a length is one that the doctor is pitied for: "24h de plantão cansa"."""
    return (
        isinstance(claim.said, Hours)
        and claim.said.begin is None
        and _TIREDNESS.search(claim.clause.text) is not None
    )


def _is_difference(claim: Claim, read: Reading, known: _Known) -> bool:
    """Whether an amount is by how much one named shift pays more than the other: "300 a mais"."""
    compares = _COMPARES.match(read.folded, claim.said.end)
    if not isinstance(claim.said, Amount) or compares is None:
        return False
    same = [one for one in read.claims if one.sentence == claim.sentence and one is not claim]
    first = [one for one in same if one.said.start < claim.said.start]
    second = [one for one in same if one.said.start > claim.said.start]
    sign = 1 if compares["how"] == "mais" else -1
    return any(
        (one.valor_centavos or 0) - (other.valor_centavos or 0) == sign * claim.said.centavos
        for one in known.evidence.shifts
        for other in known.evidence.shifts
        if all(known.shift_fits(one, each) for each in first)
        and all(known.shift_fits(other, each) for each in second)
    )


def _said_of_each(read: Reading, known: _Known) -> Flaw | None:
    """Whether what is said of "os dois" is true of one shift only."""
    for sentence in read.sentences:
        for clause in sentence:
            each = _EACH.search(clause.text)
            if each is None or clause.asks or stance_of(clause) not in _MEANT:
                continue
            going_on = takewhile(_adds_hours, sentence[sentence.index(clause) + 1 :])
            about = [claim for one in (clause, *going_on) for claim in read.in_clause(one)]
            named = [claim for claim in about if known.shows(claim, read.folded)]
            kinds = [claim.kind for claim in named]
            told = [
                claim
                for claim in named
                if kinds.count(claim.kind) == 1
                and not (claim.kind is Kind.AMOUNT and _TOGETHER_ONLY.search(clause.text))
            ]
            fitting = [
                shift
                for shift in known.evidence.shifts
                if all(known.shift_fits(shift, claim) for claim in told)
            ]
            if told and len(fitting) < _number(each["count"] or "dois"):
                return Flaw.MIXED_UP
    return None


def _adds_hours(clause: Clause) -> bool:
    """Whether a clause is nothing but the hours of what the one before tells of."""
    return re.match(r"\W*(?:(?:todos|ambos)\s+)?(?:das|de|entre|com|\d)\b", clause.text) is not None


def _is_exact(claim: Claim) -> bool:
    return isinstance(claim.said, Day) and claim.said.is_date


def _is_loose(claim: Claim) -> bool:
    """A city, a weekday or a single hour, which people also name when they talk of other things."""
    match claim.said:
        case Day() as day:
            return not day.is_date
        case Hours(until=until):
            return until is None
    return claim.kind is Kind.CITY


def _approved_later(claim: Claim, read: Reading) -> bool:
    """Whether what follows says yes to it, before anything else of its kind is named."""
    later = [other.said.start for other in read.claims if other.kind is claim.kind]
    end = min((start for start in later if start > claim.said.start), default=0)
    between = read.folded[claim.said.end : end or len(read.folded)]
    if end:  # what leads up to the next one is about that one
        between = between[: max(between.rfind(mark) for mark in ",;.:!?\n") + 1]
    return approves(between)


def _is_about_a_shift(claim: Claim, read: Reading) -> bool:
    clause = claim.clause
    if _ABOUT_A_SHIFT.search(clause.text) or _SHIFT_IS.search(clause.before):
        return True
    strong = {Kind.AMOUNT, Kind.HOSPITAL, Kind.ADDRESS, Kind.LAST_DAY}
    if any(
        other.sentence == claim.sentence
        and (other.kind in strong or (isinstance(other.said, Hours) and other.said.until))
        for other in read.claims
    ):
        return True
    sentence = clause.before + clause.text
    return any(
        not is_open(part, None) and stance_of(part) is Stance.OFFERED
        for part in read.sentences[claim.sentence]
        if part.span.start <= clause.span.start
        and not _MOTION_WORDS.search(sentence)
        and re.search(
            r"\b(?:tenho|temos|surgiu|apareceu|consegui|achei|encontrei|separei|que tal|bora|topa"
            r"|rolou|pintou)\b",
            part.text,
        )
    )


def _unfounded_offer(read: Reading, known: _Known) -> Flaw | None:
    shown_shifts = len(known.evidence.shifts)
    for sentence in read.sentences:
        for clause in sentence:
            affirmed = not clause.asks and _AFFIRMS.match(clause.text)
            if affirmed and known.asked_for_shifts and not shown_shifts:
                return Flaw.INVENTED_SHIFT
            for match in _OFFERS_A_SHIFT.finditer(clause.text):
                if _is_no_offer(clause, match):
                    continue
                if not shown_shifts:
                    return Flaw.INVENTED_SHIFT
                count = _COUNT.search(clause.text)
                if count and _number(count["count"]) > shown_shifts:
                    return Flaw.INVENTED_SHIFT
    return None


def _is_no_offer(clause: Clause, match: re.Match[str]) -> bool:
    if is_negated(clause, match) or is_open(clause, match) or _NO_OFFER.search(match.group()):
        return True
    if re.search(r"\b(?:nao|nenhum|nenhuma|nada)\b", match.group()):
        return True
    if re.search(r"\b(?:se|quando|caso|vc|voce)\b", clause.text[: match.start()][-25:]):
        return True
    asked = clause.asks and match.group().split()[0] in {"tem", "ha", "existe", "existem", "vi"}
    return asked or bool(re.match(r"\s*(?:marcad|confirmad|reservad)", clause.text[match.end() :]))


def _number(said: str) -> int:
    if said.startswith("dezena"):
        return _DOZENS
    return int(said) if said.isdigit() else value(said) or _SEVERAL


def _derived_value(read: Reading, known: _Known) -> Flaw | None:
    for sentence in read.sentences:
        for clause in sentence:
            for match in _DERIVED_VALUE.finditer(clause.text):
                if match.group().startswith("100") or "cem por cento" in clause.text:
                    continue
                if (
                    stance_of(clause) in {Stance.DENIED, Stance.WISHED}
                    and match.group() in known.doctor_text
                ):
                    continue
                if is_negated(clause, match) or (
                    clause.asks and match.group() in known.doctor_text
                ):
                    continue
                return Flaw.INVENTED_VALUE
    return None


def _unknown_terms(read: Reading, known: _Known) -> Flaw | None:
    terms = " ".join(plain(shift.forma_recebimento or "") for shift in known.evidence.shifts)
    for sentence in read.sentences:
        for clause in sentence:
            for match in _PAYMENT_TERM.finditer(clause.text):
                if is_negated(clause, match) or is_open(clause, match) or clause.asks:
                    continue
                telling = set(tokens(match["term"])) - {"em", "a", "no", "na", "ate", "via", "como"}
                if not telling <= set(tokens(terms)):
                    return Flaw.INVENTED_VALUE
    return None


@dataclass(slots=True)
class _Group:
    """Claims that a reader takes to be about one shift; `passed_on` came from the one before."""

    own: dict[Kind, Claim]
    passed_on: dict[Kind, Claim]

    def all(self) -> Iterable[Claim]:
        return (self.passed_on | self.own).values()


def _mixed_up(read: Reading, known: _Known) -> Flaw | None:
    meant = [
        claim
        for claim in read.claims
        if known.shows(claim, read.folded) and _is_tied(claim, read, known)
    ]
    hospitals = hospitals_of(known.evidence)
    for group in groups_of(meant, hospitals):
        if len(group) > 1 and not _holds(group, known):
            return Flaw.MIXED_UP
    return None


def _is_tied(claim: Claim, read: Reading, known: _Known) -> bool:
    if stance_of(claim.clause) in {Stance.DENIED, Stance.WISHED}:
        return False
    if isinstance(claim.said, Field | Daytime):
        return _tied_to_a_shift(claim, read)
    if isinstance(claim.said, Amount):
        return (
            any(known.pays(shift, claim.said.centavos) for shift in known.evidence.shifts)
            or not _is_sum(claim.said, read.folded, known.evidence.shifts)
        ) and not _is_difference(claim, read, known)
    return True


def _holds(group: Sequence[Claim], known: _Known) -> bool:
    kinds = {claim.kind for claim in group}
    if kinds <= {Kind.HOSPITAL, Kind.CITY, Kind.ADDRESS}:
        return any(
            all(place_fits(hospital, claim) for claim in group)
            for hospital in hospitals_of(known.evidence)
        )
    return any(
        all(known.shift_fits(shift, claim) for claim in group) for shift in known.evidence.shifts
    )


def groups_of(
    claims: Sequence[Claim], hospitals: Sequence[Hospital]
) -> Iterator[tuple[Claim, ...]]:
    """Claims put together as a reader would: a second hospital, date or value begins a new shift.

    Enumerations are read side by side: "sábado e domingo, 1.500 e 1.800" pairs first with first.
    """
    pairs = _side_by_side(claims)
    if pairs is not None:
        yield from pairs
        return
    group = _Group({}, {})
    for claim in claims:
        before = group.own.get(claim.kind)
        if before is not None and not claim.repeats(before):
            yield tuple(group.all())
            group = _Group({}, _passed_on(group, claim))
        group.own[claim.kind] = claim
        if (
            claim.kind is Kind.HOSPITAL
            and Kind.HOSPITAL in group.passed_on
            and not claim.repeats(group.passed_on[Kind.HOSPITAL])
        ):
            group.passed_on.clear()
        if claim.kind is Kind.CITY and not _lies_in(
            group.passed_on.get(Kind.HOSPITAL), claim, hospitals
        ):
            group.passed_on.pop(Kind.HOSPITAL, None)
        group.passed_on.pop(claim.kind, None)
    if group.own:
        yield tuple(group.all())


def _lies_in(named: Claim | None, city: Claim, hospitals: Sequence[Hospital]) -> bool:
    return named is not None and any(
        place_fits(hospital, named) and place_fits(hospital, city) for hospital in hospitals
    )


def _passed_on(group: _Group, claim: Claim) -> dict[Kind, Claim]:
    if claim.kind is Kind.HOSPITAL:
        first = next(iter(group.own.values()))
        return (
            {first.kind: first}
            if first.kind is Kind.DAY and first.sentence == claim.sentence
            else {}
        )
    if _SPEAKS_OF_ANOTHER.search(_around(claim)):
        return {}
    keep = {Kind.HOSPITAL} if claim.kind in {Kind.DAY, Kind.LAST_DAY} else {Kind.HOSPITAL, Kind.DAY}
    return {
        kind: other
        for kind, other in (group.passed_on | group.own).items()
        if kind in keep and kind is not claim.kind
    }


def _ends_at_night(runs: Sequence[Sequence[Claim]]) -> bool:
    """Whether a time of day is said of the last day only: "sexta e sábado à noite"."""
    return any(len(run) == 1 and run[0].kind is Kind.DAYTIME for run in runs)


def _around(claim: Claim) -> str:
    """The clause of a claim, with `|` in its place."""
    clause = claim.clause
    start, end = claim.said.start - clause.span.start, claim.said.end - clause.span.start
    return f"{clause.text[:start]}|{clause.text[end:]}"


def _side_by_side(claims: Sequence[Claim]) -> list[tuple[Claim, ...]] | None:
    if any(_SPEAKS_OF_ANOTHER.search(_around(claim)) for claim in claims):
        return None
    runs: list[list[Claim]] = []
    for claim in claims:
        if runs and runs[-1][0].kind is claim.kind:
            if not any(claim.repeats(other) for other in runs[-1]):
                runs[-1].append(claim)
        else:
            runs.append([claim])
    if any(len({claim.sentence for claim in run}) > 1 for run in runs):
        return None
    lengths = {len(run) for run in runs} - {1}
    kinds = [run[0].kind for run in runs]
    if len(lengths) != 1 or len(set(kinds)) != len(kinds) or _ends_at_night(runs):
        return None
    length = lengths.pop()
    return [
        tuple(run[index] if len(run) == length else run[0] for run in runs)
        for index in range(length)
    ]
