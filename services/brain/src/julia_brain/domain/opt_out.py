"""Plain words by which a doctor asks to be left alone.

Only unmistakable requests count here, because they take effect at once and for good. What is less
plain ("não tenho interesse nessa vaga") is a refusal of one shift and goes on to the conversation.
"""

import re
import unicodedata

_WHOLE = frozenset(
    {
        "pare",
        "parar",
        "sair",
        "stop",
        "descadastrar",
        "descadastre",
        "cancelar inscricao",
        "unsubscribe",
        "me remove",
        "me remova",
        "remover",
        "me bloqueia",
    }
)
"""Requests only when they are all that was said: "pare" is one, "pare na entrada B" is not."""

_WISH = r"(?:quero|desejo|gostaria de|autorizo)"
_MESSAGES = r"(?:mensage(?:m|ns)|msgs?|contatos?|whatsapps?|zaps?)"
_LISTS = r"(?:listas?|cadastro|contatos|grupo|base|mailing)"
_ANYWHERE = (
    rf"nao {_WISH} (?:mais )?receber (?:mais )?(?:suas |essas |as )?{_MESSAGES}",
    rf"nao {_WISH} (?:mais )?ser (?:mais )?contatad[oa]",
    r"nao (?:quero|desejo) mais contatos?(?! com)",
    rf"nao {_WISH} que (?:voces )?me (?:contatem|procurem|mandem (?:mais )?{_MESSAGES})",
    rf"nao (?:me )?(?:mand|envi)(?:e|em|a) mais(?: (?:nenhuma? )?(?:{_MESSAGES}|nada|isso)|$)",
    r"nao me (?:cham|procur|contat|perturb|incomod|escrev)(?:e|em|a|am) mais(?! d[eoa]s?)",
    r"(?:pare|parem|para|deixe|deixem) de me (?:incomodar|perturbar|escrever|contatar)",
    rf"(?:pare|parem|para|deixe|deixem) de (?:me )?(?:mandar|enviar) "
    rf"(?:essas |tantas |mais )?{_MESSAGES}",
    r"me (?:tir|remov|exclu)(?:e|em|a|am|i) daqui",
    rf"me (?:tir|remov|exclu)(?:e|em|a|am|i) d(?:a|o|e|ess[ae]|est[ae]|[ao]s) "
    rf"(?:su[ao]s? |seus? |tua )?{_LISTS}",
    r"(?:tir|remov|exclu|apagu)(?:e|a|i) (?:o )?meu (?:numero|contato|telefone|cadastro)",
    rf"quero (?:sair|ser removid[oa]|ser excluid[oa]) d(?:a|o|e|ess[ae]|est[ae]) "
    rf"(?:sua |seu )?{_LISTS}",
    rf"{_WISH} (?:me )?descadastrar",
)
_PATTERN = re.compile(rf"\b(?:{'|'.join(_ANYWHERE)})\b")

_POLITE = re.compile(
    r"^(?:oi|ola|bom dia|boa tarde|boa noite|por favor|por gentileza|favor|pfv?|julia)\b[\s,]*"
    r"|[\s,]*\b(?:por favor|por gentileza|pfv?|obrigad[oa]|julia|agora|ja)$"
)


def opt_out_reason(text: str) -> str | None:
    """Why the text is an opt-out, in words for `opted_out_reason`, or None when it is not one."""
    plain = _plain(text)
    if _only_request(plain) in _WHOLE or _PATTERN.search(plain):
        return "pedido do médico por palavra de saída"
    return None


def _plain(text: str) -> str:
    """Lower case, no accents, no punctuation, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()


def _only_request(plain: str) -> str:
    """The text without greetings and politeness around it."""
    while (shorter := _POLITE.sub("", plain).strip()) != plain:
        plain = shorter
    return plain
