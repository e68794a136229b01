"""Hospitals, cities and addresses that a text names, beside those that it may name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from julia_brain.domain.checks.gazetteer import AMBIGUOUS_CITIES, CITIES, HOSPITALS
from julia_brain.domain.checks.words import fold, tokens
from julia_common.database import Hospital

_KINDS: Final = frozenset(
    """
    hospital hospitais hosp clinica clinicas maternidade santa casa pronto socorro upa ubs ama
    instituto policlinica centro medico complexo unidade saude geral municipal estadual regional
    universitario infantil e da de do das dos sao santo nossa senhora dr dra
    """.split()  # noqa: SIM905 - easier to read
)
"""Words that alone tell no hospital from another."""

_KIND = (
    r"(?:hospital(?:\s+e\s+maternidade)?|hosp\.?|clinica|maternidade|santa\s+casa|upa|ubs|ama"
    r"|pronto[\s-]+socorro|casa\s+de\s+saude|policlinica|centro\s+medico|instituto|beneficencia)"
)
_NAMED_PLACE = re.compile(rf"\b{_KIND}\b[ \"'“]*")
_GENERIC: Final = frozenset(
    """
    e eh que fica paga pagam em no na nos nas pra pro para com tem ta esta confirmou confirma
    publico publica particular privado privada grande pequeno novo nova perto proximo proxima mais
    especifico especifica aqui ainda nao vai so ou mesmo medica medico geral cirurgica certo certa
    bom boa la ai se por pede pediu quer precisa disse avisa liberou liberado preferido preferida
    tambem seja ja quando onde sua seu meu minha nosso nossa ate as a o os ao das dos um uma acima
    abaixo desse dessa vc voce foi mandou aceita aceitou respondeu retornou fechou atende responde
    parceiro conveniado deles entre muito bem sim mas porque pois entao qualquer preferencia
    escolhido indicado escolheu citado citou mencionou mencionado falou informou informado pelo
    pela como sobre neste nesse tudo costuma exige solicita trabalha funciona oferece cobra manda
    libera permite entra quis achou ofereceu deve recebe segue cancelou desmarcou passou informa
    tinha teve era sera da dao faz fez tava estava estao deu mudou vem veio precisou costumam anda
    continua nessa nesta hoje amanha depois vou pode posso infantil adulto pediatrica ta nenhum
    nenhuma algum alguma
    """.split()  # noqa: SIM905 - easier to read
)
_GENERIC_OF: Final = frozenset(
    """
    regiao cidade rede sua seu zona vaga plantao qual vc voce sabado domingo segunda terca quarta
    quinta sexta interior capital preferencia referencia porte grande medio pequeno campanha escala
    equipe onde hoje amanha que mesmo mesma outro outra um uma convenio
    """.split()  # noqa: SIM905 - easier to read
)
_WORD = re.compile(r"[\w'\u2019]+")

_STREET = re.compile(
    r"\b(?:(?:na|no|a|o|da|do|pela|:)\s+)?(rua|r\.|av\.?|avenida|alameda|al\.|travessa|tv\."
    r"|rodovia|rod\."
    r"|estrada|praca|largo|viaduto|marginal|bairro|jardim|jd\.?|vila|parque|distrito)\s+"
    r"(?!(?:que|e|eh|do hospital|da unidade|certa|completa|exata|em)\b)([\w'\u2019]+)"
)
_STREET_KIND = re.compile(r"rua|avenida|bairro|jardim|vila|parque|distrito|largo|praca")
_PARTICLE: Final = 3
_POSTCODE = re.compile(r"\b\d{5}-?\d{3}\b(?!-?\d)")
_LANDMARK = re.compile(
    r"\b(?:ao lado|do lado|em frente|atras|pert(?:o|inho)|proximo|pegado|colado|vizinho|saindo)"
    r"\s+(?:d[oae]s?|ao?|n[oa])\s+"
    r"(?:metro|shopping|rodoviaria|aeroporto|estacao|terminal|parque|praca|lagoa|prefeitura|mercado"
    r"|universidade|unicamp|rodovia|anhanguera|bandeirantes|castelo|dutra|praia|av|avenida"
    r"|marginal|trem"
    r"|cptm|estadio|catedral|igreja|posto)\w*"
    r"|\b(?:a|uns|umas|em|fica a|cerca de)\s+\d{1,3}\s*(?:min|minutos|minutinhos|km|quilometros"
    r"|quadras"
    r"|quarteiroes)\b(?=[^.!?]{0,40}\b(?:do|da|de|centro|carro|metro|casa|voce|vc|rodoviaria)\b)"
    r"|\bzona\s+(?:sul|norte|leste|oeste)\b|\bkm\s+\d+"
)
_HOUSE_NUMBER = re.compile(
    r"(?:,\s*|\s+)(?:n[o.]?\s*|numero\s*)?(\d{1,5})\b(?!\s*(?:h\b|horas|/|reais|mil))"
)


_CAPITALISED = re.compile(
    r"\b(?:[Nn][oa]|[Pp]el[oa]|NO|NA)\s+((?:[A-ZÀ-Ý][\w'\u2019]+)(?:\s+"
    r"(?:d[aeo]s?\s+)?[A-ZÀ-Ý][\w'\u2019]+)*)"
)
"""What stands like the name of a place: "no Mater Dei", "na PUC"."""

_CAPITALS: Final = frozenset(
    """
    julia whatsapp pix crm cpf rg uti ps pa sus clt pj nf rqe cnpj inss brasil deus centro
    cirurgico pronto socorro enfermaria ambulatorio ok am pm segunda terca quarta quinta sexta
    sabado domingo feira janeiro fevereiro marco abril maio junho julho agosto setembro outubro
    novembro dezembro natal ano novo carnaval pascoa reveillon zap google maps waze emergencia
    anestesia anestesiologia pediatria geral adulto real verdade proximo
    """.split()  # noqa: SIM905 - easier to read
)


@dataclass(frozen=True, slots=True)
class Place:
    """A hospital or a city as named: `key` is its folded name; None as key: known to nobody."""

    start: int
    end: int
    key: str | None

    def same(self, other: "Place") -> bool:
        """Whether both name the same."""
        return self.key == other.key


class Hospitals:
    """The hospitals that may be named."""

    def __init__(self, known: Iterable[Hospital], words: Iterable[str] = ()) -> None:
        """Read their names; `words` may stand with a capital letter and are no hospital's."""
        self._words = {*_CAPITALS, *words}
        self._names = {name: tokens(name) for name in {hospital.nome for hospital in known}}

    def named(self, words: str) -> set[str]:
        """The full names that folded words can stand for: part of the name, or its initials."""
        said = re.findall(r"[a-z0-9]+", words)
        telling = [word for word in said if word not in _KINDS]
        return {
            name
            for name, parts in self._names.items()
            if (telling and set(said) <= {*parts, *_KINDS} and set(telling) <= set(parts))
            or (len(said) == 1 and said[0] in _initials(parts))
            or said == parts
        }

    def mentions(self, text: str, folded: str) -> tuple[Place, ...]:
        """Every hospital of a text; the key of one that nobody knows is None."""
        found: list[Place] = []
        for match in _NAMED_PLACE.finditer(folded):
            place = self._after_kind(text, folded, match)
            if place is not None:
                found.append(place)
        for start, end, words in self._bare(folded):
            if not any(place.start < end and start < place.end for place in found):
                found.append(Place(start, end, self._key(words)))
        for match in _CAPITALISED.finditer(text):
            place = Place(match.start(1), match.end(1), None)
            if set(tokens(match[1])) <= self._words or any(
                other.start < place.end and place.start < other.end for other in found
            ):
                continue
            found.append(Place(place.start, place.end, self._key(folded[place.start : place.end])))
        return tuple(sorted(found, key=lambda place: place.start))

    def _key(self, words: str) -> str | None:
        return "|".join(sorted(self.named(words))) or None

    def _after_kind(self, text: str, folded: str, match: re.Match[str]) -> Place | None:
        words = list(_WORD.finditer(folded, match.end(), min(len(folded), match.end() + 70)))
        taken: list[re.Match[str]] = []
        for word in words:
            gap = folded[taken[-1].end() if taken else match.end() : word.start()]
            if gap.strip(" '\"“-") or not self._may_continue(text, taken, word):
                break
            taken.append(word)
        while taken and taken[-1].group() in {"de", "da", "do", "das", "dos", "e", "d"}:
            taken.pop()
        kind_alone = match.group().strip(" \"'“")
        if not taken:
            telling = kind_alone.startswith(("santa", "beneficencia"))
            if telling:
                return Place(match.start(), match.end(), self._key(kind_alone))
            return None
        end = taken[-1].end()
        for last in range(len(taken), 0, -1):
            key = self._key(folded[match.start() : taken[last - 1].end()])
            rest = taken[last:]
            if key and not (
                rest and (text[rest[0].start()].isupper() or _is_name(rest[0].group()))
            ):
                return Place(match.start(), taken[last - 1].end(), key)
        return Place(match.start(), end, None)

    def _may_continue(self, text: str, taken: list[re.Match[str]], word: re.Match[str]) -> bool:
        said = word.group()
        capital = text[word.start()].isupper()
        if said in {"de", "da", "do", "das", "dos", "e", "d"}:
            return not (said == "e" and not taken)
        if taken and taken[-1].group() in {"de", "da", "do", "das", "dos", "e"} and not capital:
            known = any(said in parts for parts in self._names.values())
            in_lists = any(said in name.split() for name in (*HOSPITALS, *CITIES))
            return (known or in_lists or len(taken) == 1) and said not in _GENERIC_OF
        if said in _GENERIC and not capital:
            return False
        if said.isdigit():
            return any(said in parts for parts in self._names.values())
        return capital or len(taken) < 2 or any(said in parts for parts in self._names.values())  # noqa: PLR2004 - two words make a name, also in lower case

    @staticmethod
    def _tells_alone(word: str) -> bool:
        """Whether a word of a name may stand for it: no city, no "vila", no particle."""
        return len(word) > _PARTICLE and word not in CITIES and not _STREET_KIND.fullmatch(word)

    def _bare(self, folded: str) -> Iterable[tuple[int, int, str]]:
        names = set(HOSPITALS)
        for parts in self._names.values():
            telling = [word for word in parts if word not in _KINDS]
            names |= {word for word in telling if self._tells_alone(word)}
            names |= {
                " ".join(pair)
                for pair in pairwise(parts)
                if any(word not in _KINDS for word in pair)
            }
            if " ".join(telling) not in CITIES:
                names.add(" ".join(telling))
            names |= {initials for initials in _initials(parts) if len(initials) > 1}
        names.discard("")
        pattern = "|".join(
            r"\W{1,2}".join(map(re.escape, tokens(name)))
            for name in sorted(names, key=len, reverse=True)
        )
        for match in re.finditer(rf"\b(?:{pattern})\b", folded):
            if not re.search(
                r"\b(?:rua|av|avenida|alameda|praca|bairro|jardim|vila)\W+(?:\w+\W+)?$",
                folded[: match.start()][-30:],
            ):
                yield match.start(), match.end(), match.group()


def _is_name(word: str) -> bool:
    """Whether a word after a hospital's name would make it another hospital's."""
    return word not in _GENERIC | _GENERIC_OF | _CAPITALS


def _initials(parts: list[str]) -> set[str]:
    telling = [part for part in parts if part not in {"de", "da", "do", "das", "dos", "e"}]
    whole = "".join(part[0] for part in telling)
    return {whole} if len(whole) > 1 else set()


def cities_in(text: str, folded: str, known: Iterable[str]) -> tuple[Place, ...]:
    """The cities that a text names; the key is the folded name."""
    certain = {*CITIES, *(fold(city) for city in known if city)} - AMBIGUOUS_CITIES
    pattern = "|".join(map(re.escape, sorted(certain, key=len, reverse=True)))
    found = [
        Place(match.start(), match.end(), match.group())
        for match in re.finditer(rf"\b(?:{pattern})\b", folded)
    ]
    unsure = "|".join(sorted(AMBIGUOUS_CITIES))
    found += [
        Place(match.start(1), match.end(1), match[1])
        for match in re.finditer(rf"\bem\s+({unsure})\b", folded)
        if text[match.start(1)].isupper() and text[match.end(1) - 1].islower()
    ]
    return tuple(sorted(found, key=lambda place: place.start))


@dataclass(frozen=True, slots=True)
class Address:
    """A stretch of text that tells where something is, and the words that must be true."""

    start: int
    end: int
    words: frozenset[str]

    def is_in(self, address: str) -> bool:
        """Whether a known address says the same."""
        return self.words <= set(tokens(address))


def addresses_in(text: str, folded: str) -> tuple[Address, ...]:
    """Streets with their numbers, postcodes, landmarks and distances."""
    found: list[Address] = []
    for match in _STREET.finditer(folded):
        kind = match[1]
        capital = text[match.start(2)].isupper() or match[2].isdigit()
        if not capital and not kind.startswith(("rua", "av", "alameda", "rodovia", "travessa")):
            continue
        end = match.end(2)
        while (word := re.compile(r"\s+([\w'\u2019]+)").match(folded, end)) and (
            text[word.start(1)].isupper() or word[1] in {"de", "da", "do", "das", "dos"}
        ):
            end = word.end()
        number = _HOUSE_NUMBER.match(folded, end)
        if number:
            end = number.end()
        words = frozenset(tokens(folded[match.start(2) : end])) - {
            "de",
            "da",
            "do",
            "das",
            "dos",
            "n",
            "no",
            "numero",
        }
        found.append(Address(match.start(), end, words))
    found += [
        Address(match.start(), match.end(), frozenset(tokens(match.group())))
        for pattern in (_POSTCODE, _LANDMARK)
        for match in pattern.finditer(folded)
    ]
    return tuple(sorted(found, key=lambda address: address.start))
