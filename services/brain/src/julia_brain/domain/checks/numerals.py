"""Portuguese number words."""

import re
from typing import Final

SMALL: Final = {
    "um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6,
    "meia": 6, "sete": 7, "oito": 8, "nove": 9, "dez": 10, "onze": 11, "doze": 12, "treze": 13,
    "quatorze": 14, "catorze": 14, "quinze": 15, "dezesseis": 16, "dezessete": 17, "dezoito": 18,
    "dezenove": 19,
}  # fmt: skip
TENS: Final = {
    "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70,
    "oitenta": 80, "noventa": 90,
}  # fmt: skip
HUNDREDS: Final = {
    "cem": 100, "cento": 100, "duzentos": 200, "duzentas": 200, "trezentos": 300, "trezentas": 300,
    "quatrocentos": 400, "quinhentos": 500, "quinhentas": 500, "quinhentao": 500,
    "seiscentos": 600, "setecentos": 700, "oitocentos": 800, "novecentos": 900,
}  # fmt: skip
THOUSAND: Final = {"mil": 1000, "milao": 1000}

_WORD = "|".join([*SMALL, *TENS, *HUNDREDS, *THOUSAND])
WORDS: Final = rf"(?:{_WORD})(?:\s+(?:e\s+)?(?:{_WORD}))*"
"""Pattern of a spelled number in folded text; what matches may still be none (`value`)."""

_SMALL_WORD = "|".join([*SMALL, *TENS])
SMALL_WORDS: Final = rf"(?:{_SMALL_WORD})(?:\s+e\s+(?:{'|'.join(SMALL)}))?"
"""Pattern of a spelled number below a hundred."""

MAX_SLANG_THOUSANDS: Final = 9


def value(words: str) -> int | None:
    """The number that folded words spell: `mil e quinhentos` is 1500, as is `um e quinhentos`."""
    total, part, said = 0, 0, 0
    for word in re.findall(r"[a-z]+", words):
        if word == "e":
            continue
        if word in THOUSAND:
            total, part = total + (part or 1) * THOUSAND[word], 0
        elif word in HUNDREDS and 0 < part <= MAX_SLANG_THOUSANDS and not total:
            total, part = part * 1000, HUNDREDS[word]
        else:
            number = SMALL.get(word) or TENS.get(word) or HUNDREDS.get(word)
            if number is None:
                return None
            part += number
        said += 1
    return total + part if said else None
