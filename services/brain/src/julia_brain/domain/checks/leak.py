"""Whether a draft tells what is not for the doctor: instructions, machinery, others' data."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from julia_brain.domain.checks.claims import hospitals_of
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.domain.checks.words import clauses, fold, shown, tokens

PASSAGE_WORDS: Final = 7
"""So many words in a row, as they stand in the prompt, are no coincidence."""

_TELLING_WORDS: Final = 5
"""Of these, at least so many that are not names of hospitals, places or days."""

_MAY_BE_TOLD: Final = frozenset(
    """
    segunda terca quarta quinta sexta sabado domingo feira julia assistente virtual empresa equipe
    pessoa plantao plantoes
    """.split()  # noqa: SIM905 - easier to read
)
"""Days, and what Júlia says of herself."""

_MACHINE_TEXT = re.compile(
    r"```|</?[a-z][\w-]*(?:\s[^<>\n]{0,80})?/?>|\{[^{}\n]{0,200}[:}]|\}\s*$"
    r"|[\"“'][\w-]+[\"”']\s*:\s*|^\s*[{\[]\s*[\"{\[]"
    r"|\b(?:toolu|msg|req|call)_[0-9a-z]{4,}|\b[a-z]+_[a-z]+(?:_[a-z]+)*\b|\b\w+\([^)\n]{0,60}\)\s*(?:;|->|=>)|=>|->\s*\w|\$\{|<\|"
    r"|\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b|\b(?=[0-9a-f]*\d)"
    r"(?=[0-9a-f]*[a-f])[0-9a-f]{10,}\b"
    r"|\b[A-Za-z0-9+/]{32,}={0,2}(?!\w)|\b(?:null|undefined|traceback|stack trace|exception|nan"
    r"|http \d{3}|status code|error \d{3}|erro \d{3}|timeout|localhost)\b"
    r"|\b(?:system|user|assistant|human|tool|function)\s*(?:prompt|message|result|call|use"
    r"|output)?\s*:\s|\btool[\s-](?:use|call|result)\b|\bfunction call\b"
    r"|^\s*(?:julia|júlia|medico|médico|doutor|doutora|assistente|usuario|usuário|sistema"
    r"|resposta|rascunho|mensagem)\s*:\s"
    r"|\b(?:a|da|minha|essa|pela|na|com a)\s+(?:ferramentas?|funcoes|funcao)\s+(?:retorn\w+|disse"
    r"|mostr\w+|de busca|respond\w+|deu|nao|trouxe|falhou|que)|\b(?:usei|chamei|rodei|executei"
    r"|acionei|vou usar|usando|usar|chamar)\s+(?:a|uma|minha)\s+(?:ferramenta|funcao|função)"
    r"|\b(?:resultado|retorno|resposta|saida)\s+d[ao]\s+(?:busca|consulta|sistema|ferramenta|chamada)"
    r"\s*:|\bstatus\s*[:=]?\s*(?:ok|200|erro|\d{3})\b"
    r"|\b(?:busca|consulta|sistema)\s+(?:retornou|devolveu)\b|\bpar[aâ]metro\s+de\b|\btotal\s*:\s*\d+\s*,"
    r"|\bid\s+(?:da|do)\s+(?:vaga|plantao|reserva|conversa|hospital)|\bvaga\s+(?:id|n[º°o.]"
    r"|#)\s*[:#]?\s*\w*\d|\b(?:banco de dados|endpoint|webhook|api|json|sql|select \*|query"
    r"|backend|supabase|prompt|tokens?)\b"
    r"|\b(?:buscar|reservar|cancelar|agendar|salvar|transferir|registrar)[\s-](?:vagas|plantao"
    r"|reserva|info hospital|lembrete|memoria|para humano|opt out)\s*[(:]"
    r"|\br\$\s*x+\b|\bx{2}/x{2}\b|\b_{3,}|\bxx+h\b|\bnome do (?:hospital|medico)\b\s*[\])}]",
    re.MULTILINE | re.IGNORECASE,
)
_ERROR = re.compile(r"\berro\s*:")
_INSTRUCTIONS = re.compile(
    r"\b(?:(?:minhas?|meus?|as|nas|das|pelas|os|nos|estas|essas|seguintes|na|a|da|pela)\s+)?"
    r"(?:instruc(?:ao|oes)|diretriz(?:es)?|system prompt|prompt|regras?\s+(?:internas?|que "
    r"(?:recebi|me deram|eu sigo|sigo))|minhas regras|orientac(?:ao|oes) (?:intern\w+|da gestao"
    r"|dos gestores|que recebi)"
    r"|configurac(?:ao|oes) (?:interna|do sistema)|programacao interna|comandos? intern\w+)\b"
    r"|\b(?:fui|estou|sou|to)\s+(?:instruid|orientad|programad|configurad|treinad|proibid"
    r"|autorizad|mandad)[oa]\s+(?:a|para|pra|de|pela)\b|\bme\s+(?:instruiram|orientaram|mandaram"
    r"|pediram|programaram|proibiram)\s+(?:a|para|pra|de|que|nao)\b"
    r"|\b(?:orientac(?:ao|oes)|orde(?:m|ns)|script|roteiro|manual|treinamento|politica interna"
    r"|protocolo interno|recomendac(?:ao|oes))\b[^.!?]{0,30}?\b(?:diz|dizem|manda|mandam|pede|pedem"
    r"|fala|falam|proibe|proibem|determina|determinam|e|eh|sao)\s+(?:pra|para|que|pro|nao|\w+[aei]r)\b"
    r"|\b(?:recebi|tenho|segui|sigo)\s+(?:\w+\s+){0,2}(?:ordem|ordens|orientac\w+|roteiro|script)\b"
    r"|\b(?:minha|nossa|a|de|da|uma)\s+margem\b|\bmargem\s+(?:de|para|pra|e|eh|intern\w+"
    r"|maxim\w+)|\b(?:teto|valor maximo|maximo|limite|orcamento|piso|valor minimo)\s+"
    r"(?:\w+\s+){0,3}(?:autorizad\w|que (?:posso|eu posso|me deram|tenho|temos)|intern\w"
    r"|pra negociar|para negociar|de negociacao|da negociacao)"
    r"|\b(?:posso|consigo|da pra|tenho autorizacao pra|tenho autonomia pra)\s+(?:chegar|ir|subir"
    r"|negociar|baixar|oferecer)\s+(?:ate|no maximo)\b|\b(?:ate quanto)\s+posso\b"
    r"|\b(?:prioridade interna|meta (?:interna|da semana|do mes|do dia)|nossa meta|foco da semana"
    r"|vip|pressure score|score|grupo piloto|teste a/?b|modo sombra|versao do prompt|persona)\b"
    r"|\b(?:lucr\w+|comissao|markup|repasse do hospital|o hospital (?:nos )?paga (?:pra|para) "
    r"(?:nos|gente|empresa))\b"
)
_REFUSES = re.compile(
    r"\b(?:nao|nem)\s+(?:\w+\s+){0,3}?(?:posso|consigo|compartilh\w+|fal\w+|revel\w+|tenho"
    r"|mostr\w+|pass\w+|diz\w+|abr\w+|divulg\w+|da pra|vou|saberia|sei|faz|sou|fui)\b"
)
_CPF = r"\b\d{3}[.\s]?\d{3}[.\s]?\d{3}[-.\s]?\d{2}\b"
_PHONE = (
    r"(?<!\d)(?:\+?55[\s-]?)?\(?\d{2}\)?[\s.-]{0,2}9?[\s.-]?\d{4}[\s.-]?\d{4}(?!\d)|"
    r"(?<![\d.,])9?\d{4}-\d{4}(?!\d)"
)
_COUNCIL = (
    r"\bcrm\b\W{0,3}(?:[a-z]{2}\W{1,3})?(?:n[º°o.]?\W{0,2}|numero\W|e\W|eh\W)?"
    r"(?:[a-z]{2}\W{1,3})?\d[\d.]{3,}|\bcrm\b[^.!?\n]{0,30}?\b\d{4,}"
)
_MAIL = r"[\w.+-]+\s?(?:@|\(at\)|\[at\]|\sarroba\s)\s?[\w-]+\s?(?:\.|\sponto\s)\s?[\w.-]+"
_ACCOUNT = (
    r"\b(?:agencia|ag\.?|conta(?: corrente)?|c/c|cc|chave pix|pix|rg|cnpj|cep|rqe|pis)\b\W{0,4}"
    r"(?:e|eh|n[o.]?|:)?\W{0,3}\d[\d.\-/]{2,}"
)
_DOCUMENT_DIGITS: Final = 9
_LONG_NUMBER = r"(?<![\d.,])\d[\d\s.\-]{7,}\d(?!\d)"
_PERSONAL = tuple(re.compile(pattern) for pattern in (_CPF, _PHONE, _COUNCIL, _ACCOUNT))
_MAIL_ADDRESS = re.compile(_MAIL)
_LONG = re.compile(_LONG_NUMBER)
_COLLEAGUE = re.compile(
    r"\b(?P<title>dr|dra|doutora?|medic[oa]|colega|enfermeir[oa]|coordenador[a]?|gestor[a]?"
    r"|gerente|diretor[a]?|plantonista|anestesista|pediatra|cirurgi[ao])\b"
    r"(?:(?<=\bdr)\.|(?<=\bdra)\.)?ª?\s+(?:d[aeo]\s+)?"
    r"(?P<name>[\w'\u2019]+)"
)
_NAME_PARTICLES: Final = frozenset(
    """
    julia crm plantao sim nao que de da do em no na se por pra para e a o tudo ok qual quer oi bom
    boa obrigada obrigado
    """.split()  # noqa: SIM905 - easier to read
)


def leak(text: str, evidence: Evidence) -> Flaw | None:
    """What a text reveals that is not for the doctor."""
    seen = shown(text)
    folded = fold(seen)
    if _MACHINE_TEXT.search(seen) or _MACHINE_TEXT.search(folded) or _ERROR.search(folded):
        return Flaw.MACHINE_TEXT
    if _tells_instructions(seen) or _repeats_prompt(folded, evidence):
        return Flaw.LEAKS_INSTRUCTIONS
    if _personal_data(folded, evidence) or _names_others(seen, folded, evidence):
        return Flaw.LEAKS_PERSONAL_DATA
    return None


def _tells_instructions(seen: str) -> bool:
    for sentence in clauses(seen):
        for clause in sentence:
            told = _INSTRUCTIONS.search(clause.text)
            if told is None:
                continue
            refuses = _REFUSES.search(clause.before[-80:] + clause.text[: told.start()])
            if not (
                refuses
                and not re.search(
                    r"\b(?:dizem|diz|sao|mandam|falam|pedem|incluem)\b|:",
                    clause.text + clause.after,
                )
            ):
                return True
    return False


def _repeats_prompt(folded: str, evidence: Evidence) -> bool:
    words = tokens(folded)
    passages = _passages(evidence.prompt_texts)
    facts = _MAY_BE_TOLD | {
        word
        for hospital in hospitals_of(evidence)
        for word in tokens(f"{hospital.nome} {hospital.cidade or ''} {hospital.endereco or ''}")
    }
    said = {word for text in evidence.doctor_said for word in tokens(text)}
    for start in range(len(words) - PASSAGE_WORDS + 1):
        passage = tuple(words[start : start + PASSAGE_WORDS])
        if passage in passages:
            telling = [word for word in passage if word not in facts and not word.isdigit()]
            if len(telling) >= _TELLING_WORDS and not set(passage) <= said:
                return True
    return False


@lru_cache(maxsize=64)
def _passages(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(passage for text in texts for passage in _runs(tokens(text)))


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    for start in range(len(words) - PASSAGE_WORDS + 1):
        yield tuple(words[start : start + PASSAGE_WORDS])


def _personal_data(folded: str, evidence: Evidence) -> bool:
    theirs = " ".join(fold(shown(text)) for text in evidence.doctor_said)
    their_digits = re.sub(r"\D", "", theirs)
    addresses = " ".join(
        re.sub(r"\D", "", hospital.endereco or "") for hospital in hospitals_of(evidence)
    )
    for pattern in _PERSONAL:
        for found in pattern.finditer(folded):
            digits = re.sub(r"\D", "", found.group())
            if digits not in their_digits and digits not in addresses:
                return True
    for found in _LONG.finditer(folded):
        digits = re.sub(r"\D", "", found.group())
        if (
            len(digits) >= _DOCUMENT_DIGITS
            and digits not in their_digits
            and not re.search(r"\d{1,2}/|20\d\d-", found.group())
        ):
            return True
    return any(found.group() not in theirs for found in _MAIL_ADDRESS.finditer(folded))


def _names_others(seen: str, folded: str, evidence: Evidence) -> bool:
    known = set(_NAME_PARTICLES) | set(tokens(evidence.doctor_name or ""))
    for hospital in hospitals_of(evidence):
        known |= set(tokens(f"{hospital.nome} {hospital.endereco or ''}"))
    for text in evidence.doctor_said:
        known |= set(tokens(text))
    for found in _COLLEAGUE.finditer(folded):
        titled = found["title"] in {"dr", "dra"} and len(found["name"]) > 2  # noqa: PLR2004
        capital = seen[found.start("name")].isupper()
        if (capital or titled) and found["name"] not in known:
            return True
    return False
