"""What the simulator writes: rules over the doctor's last words, in plain WhatsApp Portuguese.

The same request and seed always give the same answer. Nothing is invented: without a tool result
every shift, value and address is "to be checked with the team". It never claims to be human.
"""

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

MARKER = re.compile(r"#m\d+")

_SPECIALTIES = {
    "anestesi": "anestesia",
    "cardiolog": "cardiologia",
    "cirurgi": "cirurgia",
    "clinica medica": "clínica médica",
    "clinico": "clínica médica",
    "emergenc": "emergência",
    "ginecolog": "ginecologia",
    "neurolog": "neurologia",
    "obstetri": "obstetrícia",
    "ortoped": "ortopedia",
    "pediatr": "pediatria",
    "psiquiatr": "psiquiatria",
    "uti": "UTI",
}
_DAYS = {
    "segunda": "na segunda",
    "terca": "na terça",
    "quarta": "na quarta",
    "quinta": "na quinta",
    "sexta": "na sexta",
    "sabado": "no sábado",
    "domingo": "no domingo",
    "fim de semana": "no fim de semana",
    "amanha": "amanhã",
    "hoje": "hoje",
}
_CITY = re.compile(
    r"\b[eE]m\s+([A-ZÁÂÃÉÊÍÓÔÕÚÇ][\wáâãéêíóôõúç]+(?:\s+(?:d[aeo]s?\s+)?[A-ZÁÂÃÉÊÍÓÔÕÚÇ][\wáâãéêíóôõúç]+)*)"
)


@dataclass(frozen=True)
class _Heard:
    """The doctor's words, as written and without accents and case."""

    text: str
    plain: str

    def has(self, pattern: str) -> bool:
        return re.search(pattern, self.plain) is not None


def plain(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _wish(heard: _Heard) -> str:
    """What the doctor looks for, such as "de anestesia em Campinas no sábado"."""
    parts = []
    specialty = next((name for stem, name in _SPECIALTIES.items() if heard.has(rf"\b{stem}")), None)
    if specialty:
        parts.append(f"de {specialty}")
    city = _CITY.search(heard.text)
    if city:
        parts.append(f"em {city.group(1)}")
    day = next((said for word, said in _DAYS.items() if heard.has(rf"\b{word}\b")), None)
    if day:
        parts.append(day)
    return " ".join(parts)


def _shift(heard: _Heard, rng: random.Random) -> str:
    wish = _wish(heard)
    what = f"plantão {wish}" if wish else "plantão"
    first = rng.choice(
        [
            f"Vou ver com a equipe se tem {what} e te falo",
            f"Deixa eu checar {what} com a equipe, já te retorno",
            f"Boa! Vou confirmar com a equipe sobre {what}",
        ]
    )
    if "em " not in wish:
        question = rng.choice(["Qual cidade fica melhor pra vc?", "Em qual cidade vc atende?"])
    elif not any(day in wish for day in _DAYS.values()):
        question = rng.choice(["Tem algum dia de preferência?", "Qual dia fica bom pra vc?"])
    else:
        question = rng.choice(["Prefere diurno ou noturno?", "Vc prefere 12h ou 24h?"])
    return f"{first}. {question}"


def _one_of(*options: str) -> Callable[[_Heard, random.Random], str]:
    return lambda _heard, rng: rng.choice(options)


_RULES: tuple[tuple[str, Callable[[_Heard, random.Random], str]], ...] = (
    (
        r"\b(robo|bot|(e|uma) ia|inteligencia artificial|chatgpt|maquina|automatic[ao])\b",
        _one_of(
            "Sou a Júlia, assistente virtual da empresa, não sou uma pessoa. "
            "Se preferir, te passo pra alguém da equipe, quer?",
            "Isso, sou uma assistente virtual aqui da empresa. "
            "Posso te ajudar por aqui ou prefere falar com uma pessoa da equipe?",
        ),
    ),
    (
        r"\b(atendente|humano|falar com (alguem|uma pessoa|gente))\b",
        _one_of(
            "Claro! Vou pedir pra uma pessoa da equipe falar com vc por aqui.",
            "Sem problema, vou chamar alguém da equipe pra continuar com vc.",
        ),
    ),
    (
        r"\[(audio|imagem|video|documento|figurinha)",
        _one_of(
            "Ainda não consigo abrir mídia por aqui. Pode me escrever em texto?",
            "Por aqui eu só consigo ler texto, pode me mandar escrito?",
        ),
    ),
    (
        r"\b(valor|quanto|pagam?|pagamento|remuneracao|preco)\b",
        _one_of(
            "Sobre valor eu prefiro confirmar com a equipe pra não te passar errado. "
            "É pra qual plantão?",
            "Vou checar o valor certinho com a equipe. Qual plantão te interessou?",
        ),
    ),
    (
        r"\b(endereco|onde fica|localizacao|como chego)\b",
        _one_of(
            "Vou confirmar o endereço com a equipe e te mando. É de qual hospital?",
            "Deixa eu confirmar o endereço certinho com a equipe. Qual hospital?",
        ),
    ),
    (r"\b(plantao|plantoes|vagas?|escala|cobertura)\b", _shift),
    (
        r"\b(nao tenho interesse|nao quero|nao posso|nao consigo|sem interesse)\b",
        _one_of(
            "Tranquilo, sem problema! Se mudar de ideia é só me chamar.",
            "Sem problema, obrigada por avisar! Fico à disposição.",
        ),
    ),
    (
        r"\b(obrigad[ao]|valeu|brigad[ao]|agradeco|blz|beleza)\b",
        _one_of("Imagina! Qualquer coisa me chama", "De nada! Tô por aqui se precisar"),
    ),
    (
        r"\b(oi|ola|bom dia|boa tarde|boa noite|opa|e ai|tudo bem)\b",
        _one_of(
            "Oi! Aqui é a Júlia, assistente virtual da empresa. "
            "Tá procurando plantão em qual região?",
            "Oi! Sou a Júlia, assistente virtual da empresa. Como posso te ajudar?",
        ),
    ),
)
_OTHERWISE = _one_of(
    "Entendi! Vou ver isso com a equipe e te retorno. Tem mais algum detalhe que eu deva passar?",
    "Certo, anotei aqui. Vou confirmar com a equipe, tá? É sobre algum plantão específico?",
)


def reply_to(last_user_text: str, tool_results: list[str], rng: random.Random) -> str:
    """The answer to the doctor's last words.

    Every marker `#m<digits>` that the doctor wrote is repeated at the end, so that a checker can
    see which messages an answer covers. Lines in square brackets are the caller's notes (a quoted
    message, a media placeholder): they are understood, but their markers are not repeated.
    """
    written = "\n".join(
        line for line in last_user_text.splitlines() if not line.lstrip().startswith("[")
    )
    markers = dict.fromkeys(MARKER.findall(written))
    heard = _Heard(last_user_text, plain(last_user_text))
    if tool_results:
        text = f"Olha o que encontrei: {tool_results[-1][:300]}. Faz sentido pra vc?"
    else:
        rule = next((make for pattern, make in _RULES if heard.has(pattern)), _OTHERWISE)
        text = rule(heard, rng)
    return f"{text} ({' '.join(markers)})" if markers else text
