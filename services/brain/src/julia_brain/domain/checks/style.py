"""Whether a draft reads like a message of Júlia's: length, language, plain text, questions."""

import re
import unicodedata
from typing import Final

from julia_brain.domain.checks.claims import hospitals_of
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.domain.checks.words import fold, sentences, shown, tokens

MAX_CHARACTERS: Final = 1_200
"""Three parts of 400 (`domain.reply`)."""

MAX_QUESTIONS: Final = 2
"""The persona asks one; a second ("..., tá?") happens and harms nobody."""

_LAST_LATIN: Final = 0x24F
_MARKUP = re.compile(
    r"^\s{0,3}#{1,6}\s|^\s*[-*•‣◦▪●·\u2013—➤➜✔✅☑→]️?\s*\S(?=[^\n]*\n\s*[-*•‣◦▪●·\u2013—➤➜✔✅☑→])"
    r"|^\s*[-*•‣◦▪●·➤➜]\s+\S|^\s*(?:\d{1,2}|[a-e])\s?[.)]\s+\S(?=.*\n\s*(?:\d{1,2}"
    r"|[a-e])\s?[.)]\s)"
    r"|\*\*|__\w|\*[^\s*][^*\n]{0,300}\*|(?<![\w])_[^\s_][^_\n]{0,300}_(?!\w)"
    r"|~[^\s~][^~\n]{0,300}~|`|^\s*\|.*\|\s*$|^\s*>\s|^\s*(?:-{3,}|={3,}|\*{3,}|_{3,})\s*$|\]\("
    r"|https?:|www\.|\bwa\.me\b|\bbit\.ly\b"
    r"|\b[\w-]+\.(?:com|com\.br|org|net|med\.br|app|gov\.br|io|dev|br)\b(?!\w)"
    r"|\[[^\]\n]*\w[^\]\n]*\]|\[\s*$|^\s*\[|【|<br>|&nbsp;|\\n|\\u[0-9a-f]{4}|\|[^|\n]+\|",
    re.MULTILINE | re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]+@[\w.-]+")
_QUESTIONS = re.compile(r"\?+[!?]*")

_PORTUGUESE: Final = frozenset(
    """
    a as que nao e o os um uma do da dos das em no na nos nas por pra para com se eu voce vc te ta
    tem tenho temos isso esse essa aqui ja mais mas como quando qual tambem ate bem sim ou ao vou
    ver quer pode seu sua meu minha obrigada obrigado oi ola bom boa dia tarde noite plantao vaga
    equipe hoje amanha agora sobre alguma algum posso entao ai so sao foi ser estou esta claro
    certo beleza blz desculpa entendi pela pelo sou combinado fechado show perfeito imagina valeu
    abraco tranquilo tudo nada muito la depois hospital cidade sabado domingo segunda terca quarta
    quinta sexta doutor doutora dr dra julia assistente virtual dou retorno
    """.split()  # noqa: SIM905 - easier to read
)
_ENGLISH: Final = frozenset(
    """
    the you your is are am was were and to of for have has had with this that we they he she it can
    will would could should not do does did don't hi hello hey please thanks thank sorry sure yes
    yeah course shift shifts available what when where how who which there here from at on by about
    let know my our i im i'm ill need want like welcome great morning night hospital's assistant
    pay pays saturday sunday monday tuesday wednesday thursday friday tomorrow today okay perfect
    be been if but or an
    """.split()  # noqa: SIM905 - easier to read
)
_SPANISH: Final = frozenset(
    """
    el los las usted ustedes hola gracias pero muy tambien quiero tengo puedo puede turno turnos
    hay y con es lo mi tu su una unos del al le les nos esta este esto eso ese estoy soy eres bueno
    buenos buenas dias tardes noches cuando donde como porque si ya mas para hasta hacer quieres
    quiere tienes tiene tenemos guardia medico disponible manana sabado hospital ver voy podemos
    favor gusto necesito aqui ahora entonces vale claro
    """.split()  # noqa: SIM905 - easier to read
)
_ONLY_SPANISH: Final = _SPANISH - _PORTUGUESE - frozenset(
    """
    y es tu para como ver hospital sabado claro favor vale medico entonces guardia mi su le del al
    lo si nos este mas hasta
    """.split()  # noqa: SIM905 - easier to read
) | frozenset({"usted"})
_OTHERS: Final = (
    frozenset(
        """
        bonjour merci vous je suis avec pour est une les des dans oui nous votre bonsoir garde
        disponible ich bin nicht und der die das ist ein eine sie wir guten danke bitte mit für
        hallo verfugbar sono ciao grazie per favore il della questo buongiorno posso abbiamo turno
        disponibile
        """.split()  # noqa: SIM905 - easier to read
    )
    - _PORTUGUESE
    - frozenset({"per", "die", "des", "turno", "il", "est", "das"})
)


def style(text: str, evidence: Evidence) -> Flaw | None:
    """How a text offends the form of a message."""
    seen = shown(text)
    if not _is_portuguese(text, seen, evidence):
        return Flaw.WRONG_LANGUAGE
    if _MARKUP.search(_MAIL.sub("", seen)):
        return Flaw.MARKUP
    if len(_QUESTIONS.findall(seen)) > MAX_QUESTIONS:
        return Flaw.TOO_MANY_QUESTIONS
    return None


def _is_portuguese(text: str, seen: str, evidence: Evidence) -> bool:
    if any(_is_foreign(char) for char in seen) or re.search(r"[¿¡ñ]", text, re.IGNORECASE):
        return False
    names = {word for hospital in hospitals_of(evidence) for word in tokens(hospital.nome)}
    folded = fold(seen)
    stretches = [folded, *(folded[span.start : span.end] for span in sentences(folded))]
    return not any(_is_other_language(stretch, names) for stretch in stretches)


def _is_foreign(char: str) -> bool:
    return ord(char) > _LAST_LATIN and unicodedata.category(char).startswith("L")


def _is_other_language(folded: str, names: set[str]) -> bool:
    words = [word for word in re.findall(r"[a-z']+", folded) if word not in names]
    home = sum(word in _PORTUGUESE for word in words)
    for language, least in ((_ENGLISH, 2), (_ONLY_SPANISH, 2), (_OTHERS, 2)):
        foreign = sum(word in language and word not in _PORTUGUESE for word in words)
        if foreign >= least and foreign > home:
            return True
    return False
