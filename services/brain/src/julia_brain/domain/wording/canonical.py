"""One spelling for the many ways in which the same thing is written."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from julia_brain.domain.wording.lexicon import FILLERS, KNOWN, ORDERS, SLANG, word_set

BREAKS: Final = frozenset({".", "?", ","})
"""What stands between sentences, questions and parts of one in a canonical text."""

SENTENCES: Final = re.compile(r"[^.?]+(?:[.?]|$)")
"""Each sentence of a canonical text, with what ends it."""

_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]{1,400})[\"“”«»]")
_TITLE = re.compile(r"\b(dra?s?|sra?)\.")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[.,](?=\d)")
_ENDS = (
    (re.compile(r"[?!]*\?[?!]*"), " ? "),
    (re.compile(r"\.{2,}|…"), " , "),
    (re.compile(r"[.!\n]+"), " . "),
    (re.compile(r"[,;:()\u2013\u2014]+|\s-+\s"), " , "),
    (re.compile(r"\+"), " mais "),
    (re.compile(r"[^a-z0-9.,? ]+"), " "),
)
_OFFERS_IN_GENERAL = re.compile(
    r"\b(?:ess|dess|ness|est|dest|nest|aquel|daquel|naquel)[ae]s"
    r"(?= (?:ofertas|propostas|oportunidades|vagas|plantoes|escalas|mensagens|msgs)\b)"
)
_SPELLED_OUT = re.compile(r"\b[a-z](?: [a-z]){3,}\b")
_THRICE = re.compile(r"([a-z])\1{2,}")
_TWICE = re.compile(r"([a-z])\1")

_PHRASES: Final = tuple(
    (re.compile(rf"(?<!\S)(?:{pattern})(?!\S)"), replacement)
    for pattern, replacement in (
        (r"(?:por favor|por gentileza|pelo amor(?: de deus)?|faz favor|se faca favor)", ""),
        (r"(?:muito|mto) obrigado|bom dia|boa tarde|boa noite", ""),
        (r"por que", "porque"),
        (r"(?:ok|okay|blz|beleza|viu) \?", "."),
        (r"de (?:jeito|forma|maneira|modo) (?:nenhum|algum|alguma)|em hipotese alguma", "nunca"),
        (r"(?:por|do|de) parte(?= (?:de|do) )", ""),
        (r"obrigado(?= se )", "agradeceria"),
        (r"quem(?= (?:te |lhe )?(?:autorizou|deu|passou|permitiu|mandou) )", ""),
        (
            r"(?:posso|podia|poderia|queria|gostaria de|quero|venho|vim|gostaria)(?: te)? "
            r"(?:pedir|solicitar)",
            "peco",
        ),
        (r"(?:(?<=^)|(?<=[.?,] ))(?:e|era) para(?: voce)?(?= parar )", "podem"),
        (r"(?:(?<=^)|(?<=[.?,] ))(?:do|daria)(?: como)? para(?= )", "podem"),
        (r"daqui (?:para|por|em) (?:a )?(?:frente|diante)|de agora em diante|doravante", ""),
        (r"a partir de (?:hoje|agora|ja)|de uma vez(?: por todas)?|para sempre", ""),
        (r"de vez|em definitivo|sob nenhum circunstancia", ""),
        (r"a nao ser|a menos|com excecao|salvo se|exceto se", "exceto"),
        (r"mes que (?:vem|vim|entra)|(?:o )?proximo mes|mes seguinte", "proximomes"),
        (
            r"[dn]?esse mes(?: atual| todo| inteiro)?|(?:em|do|o) mes (?:atual|corrente)",
            "essemes",
        ),
        (
            r"(?:ate|em|o|nesse|esse)? ?(?:o )?(?:fim|final|resto|restante) (?:d[oe] |desse )?"
            r"(?:mes|essemes)",
            "essemes",
        ),
        (
            r"(?:ate|quando|depois que|antes de)?(?: esse| o)* ?(?:virar|acabar|terminar|fechar"
            r"|virada|termino|encerramento|virasse) (?:d?o |esse |desse )*mes",
            "essemes",
        ),
        (r"ate (?:o |em )?(?:comeco |inicio )?(?:do |de )?proximomes", "essemes"),
        (
            r"(?:depois|partir|em) d[oe] (?:dia )?(?:1|01|primeiro|comeco|inicio)(?: dia)? d[oe] "
            r"proximomes",
            "proximomes",
        ),
        (r"agenda(?= de (?:voce|contato) )", "lista"),
        (r"(?:grupo|relacao) de (?:vaga|oferta|oportunidade|divulgacao|disparos?)", "lista"),
        (r"banco de dado", "base"),
        (r"meu num", "meu numero"),
        (r"lista de espera", "espera"),
        (
            r"lista de (?:transmissao|contato|plantonistas?|medico|envios?|emails?|disparos?"
            r"|distribuicao|mensagem|divulgacao|voce|whatsapp|plantao|vaga|oferta)",
            "lista",
        ),
        (
            r"(?:entrar|entre|entrem|entrarem|entra|fazer|faca|facam|fazerem|manter|mantenham"
            r"|tentar|tentem|tente|ter|tenham)((?: mais| novamente| de novo| nenhum)?)"
            r"(?: em)? contato",
            r"contatar\1",
        ),
        (r"para(?= (?:de|com) )", "parar"),
        (r"para ja(?= (?:de|com) )", "parar"),
        (r"(?<=, )para(?= ?$)", "parar"),
        (r"(?:ja )?chega(?= (?:de|desse|disso) )", "basta"),
        (
            r"num(?= (?:me|quero|manda|mande|precisa|tenho|aguento|para|autorizo|chama|chame) ?)",
            "nao",
        ),
        (r"nao mas(?= )", "nao mais"),
        (r"mas(?= (?:mensagem|nada|receber|mandar|mande|nenhum|contato|vaga|me) ?)", "mais"),
        (r"mas(?= ?$)", "mais"),
        (r"estou (?:a fim|afim) de|tenho (?:a )?intencao de|faco questao de", "quero"),
        (r"estou (?:a fim|afim|interessad[oa])|tenho vontade", "quero"),
        (r"(?:o )?pai|mim", "me"),
    )
)


def canonical(text: str) -> str:
    """Lower case, no accents, one space between words, and `BREAKS` as words of their own.

    Shorthand and typos become the words of the rules, verb forms that order become infinitives,
    words without weight are left out, and so is what is quoted within a longer text.
    """
    plain = spelled(text)
    for pattern, replacement in _PHRASES:
        plain = pattern.sub(replacement, plain)
    words = (ORDERS.get(word, word) for word in plain.split() if word not in FILLERS)
    return " ".join(words)


def spelled(text: str) -> str:
    """Lower case, no accents, shorthand and typos settled, `BREAKS` apart; no word left out."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    letters = _TITLE.sub(r"\1 ", _without_quotes(letters))
    letters = _BETWEEN_DIGITS.sub("", letters)
    for pattern, replacement in _ENDS:
        letters = pattern.sub(replacement, letters)
    letters = _OFFERS_IN_GENERAL.sub(_preposition, letters)
    letters = _SPELLED_OUT.sub(lambda found: found[0].replace(" ", ""), " ".join(letters.split()))
    return " ".join(_respelled(word) for word in letters.split())


def _preposition(found: re.Match[str]) -> str:
    """What is left of "dessas" when "these" are all of their kind."""
    return {"d": "de", "n": "em"}.get(found[0][0], "")


def _without_quotes(text: str) -> str:
    """The text without quotations; single words in quotes, or a quotation alone, stay."""
    outside = _QUOTED.sub(" ", text)
    if len(outside.split()) <= 1:
        return text
    return _QUOTED.sub(lambda found: found[0] if len(found[1].split()) <= 2 else " , ", text)  # noqa: PLR2004 - "lista", "não perturbe"


def _respelled(word: str) -> str:
    if len(word) <= 1 or word in _SETTLED:
        return SLANG.get(word, word)
    word = _THRICE.sub(r"\1", word)
    if word not in _SETTLED and (single := _TWICE.sub(r"\1", word)) in _SETTLED:
        word = single
    if word not in _SETTLED:
        word = _meant(word)
    return SLANG.get(word, word)


def _meant(word: str) -> str:
    """The word of the rules that this one is a slip of, or itself.

    One letter too many, too few, wrong or swapped with its neighbour, in words long enough for
    that to be no other word.
    """
    if not _SHORTEST_SLIP <= len(word) <= _LONGEST_WORD or word.isdigit():
        return word
    found = _SLIPS.get(word) or next(
        (_SLIPS[shorter] for shorter in _shortened(word) if shorter in _SLIPS), None
    )
    if found is None or word[0] != found[0] or abs(len(found) - len(word)) > 1:
        return word
    swapped = sorted(word) == sorted(found)
    return found if swapped or len(word) > _SHORTEST_SLIP else word


def _shortened(word: str) -> Iterator[str]:
    """The word and what it is without one of its letters."""
    yield word
    for index in range(len(word)):
        yield word[:index] + word[index + 1 :]


_SHORTEST_SLIP: Final = 5
_LONGEST_WORD: Final = 16
_MISSPELLED: Final = (
    {form for form in ORDERS if not form.endswith("s")}
    | (set(SLANG.values()) - {"medico", "doutor", "porque"})
    | word_set(
        """
        mensagens plantoes cadastro mailing inscricao registro autorizo autorizei consentimento
        remocao exclusao cancelamento interesse
        """
    )
)
"""Words of the rules that are looked for in slips."""

_SETTLED: Final = _MISSPELLED | set(ORDERS) | set(SLANG) | set(SLANG.values()) | KNOWN
_SLIPS: Final[dict[str, str]] = {
    shorter: word
    for word in sorted(_MISSPELLED, reverse=True)
    if len(word) >= _SHORTEST_SLIP
    for shorter in _shortened(word)
}
