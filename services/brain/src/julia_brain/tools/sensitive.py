"""What must not be remembered of a doctor (LGPD, art. 5, II, and what a memory has no use for).

Errs on the side of refusing: a refusal costs the model one rewording, a stored diagnosis cannot be
unknown again. Names of hospitals ("Hospital Adventista") and specialties are no such data.
"""

import re
from typing import Final

from julia_brain.domain.checks.words import tokens
from julia_brain.domain.masking import MASK, masked

_HOSPITALS: Final = re.compile(
    r"\b(?:hospital|clinica|instituto|maternidade|beneficencia|santa casa|casa de saude)"
    r"(?: \w+){0,2}? (?:adventista|evangelic[oa]|israelita|espirita|catolic[oa]|metodista|cancer"
    r"|judaic[oa]|sindicat\w+|deficien\w+)\b"
)

_WORDS: Final = {
    "informação de saúde": (
        r"doen(?:ca|cas|te|tes)|diabet\w+|hipertens[oa]|depress\w+|deprimid[oa]|ansiedade|burnout"
        r"|bipolar|autis\w+|tdah|epilep\w+|hiv|aids|hepatite|enxaqueca|alergi\w+|deficien\w+"
        r"|gravid\w*|gestacao|gestando|amament\w+|aborto|puerperio|internad[oa]|afastad[oa]"
        r"|cadeirante|mobilidade reduzida|fibromialgia|hernia|fratur\w+|lesao|dependente quimic\w+"
        r"|alcoolatra|alcoolism\w+|diagnostic(?:o|ad[oa]) (?:de|com)|ordem medica|atestado"
        r"|(?:problema|motivo|questao|questoes|razao|razoes|estado|condicao)s? (?:de|da|na) saude"
        r"|saude (?:mental|fragil|debilitada|del[ea]|da medica|do medico)"
        r"|licenca (?:medica|maternidade|paternidade|saude)|(?:em|faz|fez|fazendo) (?:um )?"
        r"(?:tratamento|terapia|quimioterapia|radioterapia|dialise|acompanhamento psi\w+)"
        r"|(?:tem|teve|com|contra) (?:um |o )?(?:cancer|tumor|covid|infarto|avc)"
        r"|(?:fez|fara|vai fazer|passou por|sofreu|recupera\w+ d[ea]) (?:uma )?"
        r"(?:cirurgia|operacao)"
        r"|(?:foi|vai ser|ser) operad[oa]|operou|(?:tom[ao]|tomando|usa) (?:um |uns )?"
        r"(?:remedio|medicamento|medicacao|antidepressivo|ansiolitico|insulina)\w*"
        r"|dor(?:es)? (?:na|nas|no|nos|de|cronica)\b"
    ),
    "religião": (
        r"religi\w+|igreja|culto|missa|evangelic[oa]|catolic[oa]|adventista|sabatista|judeu|judia"
        r"|judaism\w+|shabat\w*|muculman[oa]|isla\w*|ramada|espirita|espiritism\w+|umband\w+"
        r"|candomble\w*|testemunha de jeova|ateu|ateia|crente|protestante|budista|metodista|mormon"
    ),
    "opinião política ou filiação a sindicato": (
        r"petista|lulista|bolsonar\w+|esquerdista|direitista|comunista|vota|votou|voto|eleitor[a]?"
        r"|partido|politicamente|(?:opiniao|posicao|preferencia|militancia|conviccao) politica"
        r"|de (?:esquerda|direita)|sindicato|sindicalista|sindicalizad[oa]"
    ),
    "vida sexual": (
        r"gay|lesbica|homossexua\w+|bissexua\w+|heterossexua\w+|transexua\w+|transgener\w+"
        r"|travesti|lgbt\w*|orientacao sexual|sexualidade|vida sexual|(?:mulher|homem|pessoa) trans"
        r"|identidade de genero"
    ),
    "origem racial ou étnica": (
        r"raca|etnia|quilombola|(?:e|eh|como|pessoa|mulher|homem) "
        r"(?:negr[oa]|pret[oa]|pard[oa]|branc[oa]|indigena|amarel[oa])"
    ),
    "documento, contato ou dado bancário": (
        r"cpf|rg|cnpj|cnh|passaporte|titulo de eleitor|senha|cartao de (?:credito|debito)"
        r"|chave (?:do )?pix|conta (?:corrente|poupanca|bancaria|no|do)"
        r"|dados bancarios|agencia \d+"
    ),
}
_PATTERNS: Final = {kind: re.compile(rf"\b(?:{words})\b") for kind, words in _WORDS.items()}
_ADDRESS: Final = re.compile(r"\S@\S")
_IDENTIFIES: Final = "documento, contato ou dado bancário"


def sensitive_kind(text: str) -> str | None:
    """What kind of data a text holds that must not be remembered, in Portuguese, or None."""
    if MASK in text or masked(text) != text or _ADDRESS.search(text):
        return _IDENTIFIES
    told = _HOSPITALS.sub("hospital", " ".join(tokens(text)))
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.search(told)), None)
