"""What the simulator says without tools: rules over the doctor's last words.

Plain WhatsApp Portuguese that invents no shift, value or address, promises nothing, and never
claims to be human.
"""

import random
from dataclasses import dataclass

from julia_simulators.anthropic.hearing import Heard, wish_in

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


@dataclass(frozen=True)
class Reply:
    """What is said when the words match: one of these texts."""

    when: str
    texts: tuple[str, ...]


SAYS_WHAT_SHE_IS = Reply(
    r"\b(robo|bot|(e|uma) ia|inteligencia artificial|chatgpt|maquina|automatic[ao]"
    r"|automatizad[ao]|humana|ser humano|programa de computador|assistente virtual)\b"
    r"|\b(pessoa (mesmo|real)|gente mesmo|existe mesmo|(e|uma|vc) de verdade)\b",
    (
        "Sou a Júlia, assistente virtual da empresa, não sou uma pessoa. "
        "Se preferir, te passo pra alguém da equipe, quer?",
        "Isso, sou uma assistente virtual aqui da empresa. "
        "Posso te ajudar por aqui ou prefere falar com uma pessoa da equipe?",
    ),
)
_REPLIES = (
    SAYS_WHAT_SHE_IS,
    Reply(
        r"\b(ignor[ae]r?|esquec[ae]) .*\b(instruc|regra|prompt)|\b(prompt|system|instrucoes)\b",
        (
            "Por aqui eu só cuido de plantões. Quer que eu procure algum pra vc?",
            "Nisso eu não consigo ajudar, só com plantões mesmo. Tá procurando algum?",
        ),
    ),
    Reply(
        r"\b(atendente|humano|falar com (alguem|uma pessoa|gente))\b",
        (
            "Sem problema! Posso passar a conversa pra uma pessoa da equipe, pode ser?",
            "Claro, posso passar pra alguém da equipe. Quer?",
        ),
    ),
    Reply(
        r"\b(valor|quanto|pagam?|pagamento|remuneracao|preco)\b",
        (
            "Não tenho o valor aqui e não quero te passar errado. É de qual plantão?",
            "O valor depende do plantão. Qual te interessou?",
        ),
    ),
    Reply(
        r"\b(endereco|onde fica|localizacao|como chego)\b",
        (
            "Não tenho esse endereço aqui. É de qual hospital?",
            "Pra te passar o endereço certinho: qual hospital?",
        ),
    ),
)
_LATER_REPLIES = (
    Reply(
        r"\b(vou (ver|pensar|olhar|checar|confirmar)|te (falo|aviso|confirmo)|depois eu)\b",
        (
            "Tranquilo! Quando decidir é só me chamar.",
            "Sem pressa! Me chama quando souber.",
        ),
    ),
    Reply(
        r"^\W*(nao|agora nao|hoje nao|n)\W*(obrigad[ao])?\W*(#m\d+\W*)*$",
        ("Tranquilo! Qualquer coisa me chama.", "Sem problema! Tô por aqui se precisar."),
    ),
    Reply(
        r"\b(nao tenho interesse|nao quero|nao posso|nao consigo|sem interesse)\b",
        (
            "Tranquilo, sem problema! Se mudar de ideia é só me chamar.",
            "Sem problema, obrigada por avisar! Fico à disposição.",
        ),
    ),
    Reply(
        r"\b(obrigad[ao]|valeu|brigad[ao]|agradeco|blz|beleza)\b",
        ("Imagina! Qualquer coisa me chama", "De nada! Tô por aqui se precisar"),
    ),
    Reply(
        r"\b(oi|ola|bom dia|boa tarde|boa noite|opa|e ai|tudo bem)\b",
        (
            "Oi! Aqui é a Júlia, assistente virtual da empresa. "
            "Tá procurando plantão em qual região?",
            "Oi! Sou a Júlia, assistente virtual da empresa. Como posso te ajudar?",
        ),
    ),
)
_UNREADABLE = Reply(
    r"\[(audio|imagem|video|documento|figurinha)[^:\]]*\]",
    (
        "Não consegui abrir o que vc mandou. Pode me escrever em texto?",
        "Esse arquivo eu não consegui abrir, pode me mandar escrito?",
    ),
)
_READ = (
    "Recebi aqui, obrigada! Quer que eu procure algum plantão pra vc?",
    "Recebi o que vc mandou! Tá procurando algum plantão?",
)
_OTHERWISE = (
    "Entendi! Tá procurando plantão em alguma cidade específica?",
    "Certo! Quer que eu procure algum plantão pra vc?",
)


def small_talk(said: Heard, notes: Heard, rng: random.Random) -> str:
    """What is answered in words alone.

    `notes` are the caller's lines beside the doctor's words, such as `[áudio de 12 s]`.
    """
    for reply in _REPLIES:
        if said.has(reply.when):
            return rng.choice(reply.texts)
    if notes.has(r"o que o anexo diz|guardado e entregue a equipe"):
        return rng.choice(_READ)
    if notes.has(_UNREADABLE.when):
        return rng.choice(_UNREADABLE.texts)
    if said.has(r"\b(plantao|plantoes|vagas?|escala|cobertura)\b"):
        return _about_shifts(said, rng)
    texts = next((r.texts for r in _LATER_REPLIES if said.has(r.when)), _OTHERWISE)
    return rng.choice(texts)


def _about_shifts(said: Heard, rng: random.Random) -> str:
    """Repeat what is looked for and ask for what is missing."""
    wish = wish_in(said, None)
    day = next((phrase for word, phrase in _DAYS.items() if said.has(rf"\b{word}\b")), None)
    parts = (
        f"de {wish.specialty}" if wish.specialty else None,
        f"em {wish.city}" if wish.city else None,
        day,
    )
    what = " ".join(("plantão", *(part for part in parts if part)))
    first = rng.choice([f"Entendi, {what}", f"Boa, {what} então", f"Certo, {what}"])
    if not wish.city:
        question = rng.choice(["Qual cidade fica melhor pra vc?", "Em qual cidade vc atende?"])
    elif not day:
        question = rng.choice(["Tem algum dia de preferência?", "Qual dia fica bom pra vc?"])
    else:
        question = rng.choice(["Prefere diurno ou noturno?", "Vc prefere 12h ou 24h?"])
    return f"{first}. {question}"
