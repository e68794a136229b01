"""How a clause means what it says: as an offer, a wish, a question or its contrary."""

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Final

from julia_brain.domain.checks.words import Clause, one_of, whole_words

SHIFT: Final = one_of(
    r"""
    plantao | plantoes | plantaozinho | vagas? | vaguinhas? | oportunidades? | coberturas?
    escalas? | turnos? | opcao | opcoes | sobreaviso | noturnos? | diurnos?
    """
)
"""Pattern of words for a shift, in folded text."""

_SAINT: Final = one_of(
    r"""
    bernardo | caetano | camilo | carlos | francisco | goncalo | joao | jorge | jose | lucas
    luis | luiz | paulo | pedro | rafael | roque | sebastiao | vicente
    """
)
"""After "são" these make a name."""
_OFFER = re.compile(
    r"\b(?:tenho|temos|tinha|surgi(?:u|ram)|aparece(?:u|ram)|abri(?:u|ram)|saiu|sairam|rolou|pintou"
    r"|sobrou|ach(?:ei|amos)|encontr(?:ei|amos)|conse?g(?:ui|uimos|o|uimos)|separei|reservei|olha"
    r"|pag(?:a|am|ando|ou|amos|ariam)|oferec\w+|ofert\w+|que tal|topa|bora|anima|liber(?:ou|aram"
    r"|ado)"
    r"|aprov(?:ou|aram|ado|ada)|autoriz(?:ou|aram|ado)|aceit(?:ou|aram|a|am|aria)|fech(?:a|ado|ei"
    r"|amos|o|ou|aram)"
    r"|faco|fazemos|posso fazer|da pra fazer|chego|chega a|chegamos|sub(?:iram|iu|o|imos)|aument"
    r"(?:ou|aram|o)"
    r"|combinad[oa]|garant\w+|disponive(?:l|is)|em aberto|te passo|mando|fica (?:em|por|no|na|a)"
    r"|fica|sai (?:por|a)"
    r"|o valor|valor (?:e|eh|de|fica|seria|ta)|remunera\w*|recebe|ganha|leva|vale|custa|deu certo"
    rf"|sao(?!\s+{_SAINT}\b)|seria|vai ser|e"
    r"|eh|comeca|comecando|entra|inicio|termina|sera|esta por|ta por|saindo por|esperando (?:vc"
    r"|voce)|por)\b"
)
_EXISTS = whole_words(
    r"""
    tem | ha | existe | existem | teria | vai ter | tao com | estao com | esta com | ta com
    ta tendo | chegou | chegaram
    """
)
_NOT_OURS = re.compile(
    r"\b(?:vc|voce|doutora?|dra?|quem|onde|como|que|cadastro|preferencia)\s(?:ja |nao |ainda )?$"
)
_NOT_EXISTING = re.compile(
    r"^\s+(?:interesse|como|que|certeza|disponibilidade|preferencia|problema|experiencia|titulo"
    r"|rqe|crm"
    r"|algum|alguma|de|duvida|razao|toda|todo|um tempinho|tempo|alguem)\b"
)
_NOT = whole_words(
    r"""
    nao | nem | sem | nenhum | nenhuma | nunca | jamais | nada | tampouco
    """
)
_IF = re.compile(
    r"\b(?:se|caso|quando|assim que|ate que|logo que)\s+(?!(?:quis\w*|pud\w*|top\w*|prefer\w*|der"
    r"|vc|voce|"
    r"tiver interesse|importa|anima|interess\w+)\b)(?:\w+\s+){0,2}\w*$"
    r"|\b(?:ver|verificar|verifico|checar|checo|procurar|buscar|busco|olhar|tentar|perguntar"
    r"|conferir|confiro|consultar|saber"
    r"|pesquisar|confirmar|levar|levo|encaminhar|sugerir|pedir|propor|passar|passo"
    r"|negociar)\b[^.!?]{0,60}$"
)
_WISH = re.compile(
    r"\b(?:vc|voce|doutora?)\s+(?:me\s+)?(?:pediu|quer|queria|falou|disse|mencionou|citou"
    r"|comentou|propos|sugeriu|gostaria|precisa"
    r"|prefere|perguntou|pode|consegue|procura|busca|tinha (?:dito|pedido|falado)|ta querendo"
    r"|esta querendo|espera"
    r"|pretende|topa(?:ria)?|aceita(?:ria)?|passou|marcou|escreveu)\b"
    r"|\b(?:seu|sua)\s+(?:pedido|proposta|contraproposta|preferencia|pretensao|expectativa"
    r"|sugestao|ideia)\b"
    r"|\b(?:prefere|pediu|queria|gostaria|que pediu|procurando|buscando)\b"
    r"|\b(?:pedido|proposta|contraproposta) (?:de|dos)\b"
    r"|\b(?:vou|posso|deixa eu|deixa que eu|vamos)\s+(?:te\s+)?(?:ver|verificar|checar|procurar"
    r"|buscar|olhar|tentar|perguntar"
    r"|conferir|levar|passar|consultar|pedir|pesquisar|dar uma olhada|negociar|encaminhar|sugerir"
    r"|propor|confirmar)\b"
    r"|\b(?:verifico|checo|busco|procuro|confiro|consulto|levo|tento|pergunto)\b"
    r"|\b(?:anotei|anotado|entendi|certo|beleza|blz|ok|legal)\b"
)
_BEYOND = re.compile(
    r"\b(?:fica|e|eh|ta|esta|seria|passa|vai|ficou|ficaria)\s+(?:\w+\s+)?(?:acima|fora|alem|longe)"
    r"\s+(?:d[aeo]|pr[ao] )"
)
"""What is more than there is to give is not given."""
_ASKING = whole_words(
    r"""
    prefere | quer | qual | quais | pode | consegue | gostaria | melhor | seria | ou
    """
)
_APPROVED = whole_words(
    r"""
    consegui | conseguimos | fechad[oa] | fechamos | fechei | aprovad[oa] | aprovaram | aprovou
    liberaram | liberou | liberado | autorizaram | autorizou | autorizado | combinad[oa]
    deu certo | pode ser | toparam | topou | aceitaram | aceitou | aceito | ok com | sem problema
    ta otimo | perfeito | tranquilo | da sim | rola | rolou | foi aceit[oa] | pagam | paga | pago
    fechou | feito | ta feito | ta valendo | garanto | garantid[oa] | confirmaram | confirmou
    confirmad[oa] | concordaram | concordou | bateram o martelo | bora
    """
)


class Stance(Enum):
    """What a clause does with what it names."""

    OFFERED = auto()
    SAID = auto()
    WISHED = auto()
    ASKED = auto()
    DENIED = auto()


def stance_of(clause: Clause) -> Stance:
    """Read a clause on its own; what surrounds it counts only where it binds it grammatically."""
    if _BEYOND.search(clause.text):
        return Stance.DENIED
    told = clause.text if not clause.goes_on else clause.text.replace("e", " ", 1)
    offers = list(_OFFER.finditer(told))
    offers += [
        match
        for match in _EXISTS.finditer(clause.text)
        if not _NOT_OURS.search(clause.text[: match.start()])
        and not _NOT_EXISTING.match(clause.text[match.end() :])
        and not (clause.asks and _ASKING.search(clause.text[: match.start()]))
    ]
    strong = [match for match in offers if match.group() not in _WEAK]
    if any(not is_negated(clause, match) and not is_open(clause, match) for match in strong):
        return Stance.OFFERED
    if any(is_negated(clause, match) for match in strong):
        return Stance.DENIED
    if strong or is_wish(clause.text):
        return Stance.WISHED
    return _without_verb_of_offering(clause, offers)


def _without_verb_of_offering(clause: Clause, weak: Sequence[re.Match[str]]) -> Stance:
    if _NOT.search(clause.text):
        return Stance.DENIED
    if clause.asks and not _WEAK_START.match(clause.text):
        return Stance.ASKED
    if is_open(clause, None):
        return Stance.WISHED
    return Stance.OFFERED if weak else Stance.SAID


_WEAK: Final = frozenset({"e", "eh", "por", "sao", "fica", "seria", "mando", "olha", "leva"})
_WEAK_START = re.compile(r"^\W*(?:por|que tal)\b")


def is_negated(clause: Clause, match: re.Match[str] | None) -> bool:
    """Whether a word before, not far off in the clause, turns the match into its contrary."""
    before = clause.text if match is None else clause.text[: match.start()]
    near = " ".join(before.split()[-5:])
    return bool(_NOT.search(near)) and not re.search(r"\bnao\s+(?:se preocup|esquec|perc)\w*", near)


def is_open(clause: Clause, match: re.Match[str] | None) -> bool:
    """Whether it stands under a condition or is still to be found out."""
    before = clause.text if match is None else clause.text[: match.start()]
    return bool(_IF.search(before))


def is_wish(folded: str) -> bool:
    """Whether words tell what the doctor wants, or that it is noted or will be looked for."""
    return bool(_WISH.search(folded))


def approves(folded: str) -> bool:
    """Whether words say yes to what was named before them."""
    for match in _APPROVED.finditer(folded):
        near = " ".join(folded[: match.start()].split()[-5:])
        if not _NOT.search(near) and not _IF.search(folded[: match.start()]):
            return True
    return False
