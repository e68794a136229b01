"""Facts that no tool of hers can know: the office's, a hospital's comforts, a life of her own."""

import re
from typing import Final

from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.domain.checks.words import Clause, plain, tokens, whole_words

_IF: Final = whole_words(
    r"""
    se | caso | quando | depende | talvez | quer | queria | pediu | perguntou
    """
)
_HANDED_OVER: Final = whole_words(
    r"""
    (?:pra|com|para) a? ?equipe | a equipe (?:ve|vai|confere|olha) | quem ve | perguntar | verificar
    infelizmente | nao (?:sei|tenho|consigo|vejo|saberia) | posso (?:ver|levar|passar|perguntar)
    vou (?:ver|levar|passar|perguntar|tentar|verificar)
    """
)
_NOT: Final = whole_words(
    r"""
    nao | nem | sem | nada | nenhuma? | nunca | ninguem
    """
)
_OFFICE: Final = (
    r"(?:pagamentos?|pix|depositos?|repasses?|honorarios?|transferencia|nota fiscal|cadastro"
    r"|documentos?|documentacao|crm|registro|contrato|credenciamento|ficha)"
)
_STATUS: Final = re.compile(
    rf"\b{_OFFICE}\b[^.!?]*\b(?:ja|foi|foram|ta|tao|esta|estao|cai|caiu|caem|saiu|entra"
    r"|entrou|liberad\w|aprovad\w|validad\w|agendad\w|em dia|ok|complet\w|regular|pendente"
    r"|conferid\w|assinad\w|feit\w|atrasad\w)\b"
    rf"|\b(?:ja|foi|ta|esta|tudo|liberou|liberaram|aprovou|aprovaram|validei|aprovei|falta)\b"
    rf"[^.!?]*\b(?:seu|sua|seus|suas|teu|o|os)\s+{_OFFICE}\b"
    rf"|\b(?:seu|sua|teu|tua)s?\s+{_OFFICE}\s+(?:\w+\s+)?\w+(?:ou|eu|iu|aram|eram|iram)\b"
    r"|\b(?:vc|voce|senhora?)\s+(?:ja\s+)?recebe\s+(?:n[oa]|ate|dia|amanha|hoje|logo)\b"
)
_ALL_FINE: Final = re.compile(
    rf"\b{_OFFICE}\b[^.!?]*\btudo (?:ok|certo|em dia|aprovado|em ordem|conferido)\b"
)
_TAKEN_IN: Final = whole_words(
    r"""
    recebi | recebid[oa]s? | guardei | anotei | anotad[oa] | passei | chegou | chegaram | por pix
    costuma\w* | me manda | manda | preciso | precisa
    """
)
_COMFORT: Final = re.compile(
    r"\b(?:estacionamento|refeic\w+|uber|taxi|transporte|translado|hospedagem|wi-?\s?fi|gasolina"
    r"|combustivel|pedagio|ajuda de custo|quarto (?:de|individual|proprio)|sala de descanso"
    r"|conforto medico|residentes?|vestiario|alimentacao|lanche|cafe da manha)\b"
    r"|\b(?:almoco|jantar?)\b[^.!?]*\b(?:por conta|inclus\w|hospital|la)\b"
    r"|\b(?:tem|da|inclui|com|oferece|paga|cobre)\b[^.!?]*\b(?:almoco|jantar?|passagem)\b"
    r"|\b(?:plantao|la|hospital|setor|movimento|equipe)\b[^.!?]{0,25}\b(?:tranquil|calm|sossegad)"
    r"[oa]\b"
    r"|\b(?:volume|demanda|movimento)\b[^.!?]*\b(?:baix|alt|pequen|pouc|grande)\w*"
    r"|^\W*la (?:vc|voce|tem|eles|o pessoal|a equipe|e|eh)\b"
    r"|\beles (?!veem|vao|falam|entram|respondem|conseguem|retornam|olham)\w+[ae]m\b"
)
_RIVALS: Final = re.compile(
    r"\b(?:colegas?|medic[oa]s?|pessoas?|gente|outr[oa]s?|alguem|mais \w+)\b[^.!?]*\b(?:interessad"
    r"|de olho|querendo|na frente|disputand|pergunt(?:ou|aram|and)|pediram|na fila)\w*"
    r"|\b(?:e|eh) a ultima\b|\bultima (?:vaga|chance)\b|\bsa(?:indo|i) rapido\b|\bvoando\b"
    r"|\bnao vai durar\b|\bprimeir[oa] da fila\b|\b(?:vc|voce) tem (?:preferencia|prioridade)\b"
)
_AT_ONCE: Final = re.compile(
    r"\b(?:pix|pag\w+|cai|conta|recebe\w*|dinheiro)\b[^.!?]*\b(?P<term>na hora|no ato|a vista"
    r"|(?:n[oe]\w* )?mesmo dia|dia seguinte|adiantad\w|antecipad\w|em dinheiro|semanal|quinzenal"
    r"|na saida|no fim do plantao)\b"
)
_BARGAIN: Final = re.compile(
    r"\b(?:da pra|da para|consigo|conseguimos|posso|podemos|tem como|rola)\s+(?:\w+\s+){0,2}?"
    r"(?:subir|melhorar|aumentar|negociar|esticar|puxar|mexer|melhorada|chegar (?:n?um|mais|a))\b"
    r"|\b(?:limite|teto|maximo|piso)\s+(?:\w+\s+)?(?:e|eh|fica|ta|vai)\b|\b(?:margem|folga)\b"
    r"|\b(?:eles|hospital|equipe|gente)\b[^.!?]*\b(?:pagam? mais|aument\w+|sobem?|melhora\w*)\b"
    r"|\b(?:valor|preco)\s+(?:\w+\s+)?(?:pode|deve|consegue)\s+(?:\w+\s+)?(?:melhor|sub|aument)\w+"
    r"|\bum (?:pouco|pouquinho) (?:a )?mais\b|\bqualquer proposta\b"
    r"|\b(?:valor|preco) (?:melhor|maior)\b|\bda uma melhorada\b"
)
_AMOUNT_IS_FINE: Final = re.compile(
    r"\b(?P<amount>\d[\d.]*)\s*(?:k|mil|reais)?\s+(?:ta|esta|fica|e|eh)?\s*(?:ok|otimo|bom|certo"
    r"|tranquilo|suave|beleza|de boa|viavel)\s+(?:pra|para)\s+(?:a\s+)?(?:gente|nos|mim|equipe)\b"
)
_OWN_LIFE: Final = re.compile(
    r"\btenho\s+(?:um|uma|uns|dois|duas|tres|\d)?\s*(?:menin|filh|crianc|gat[oa]|cachorr|irma"
    r"|sobrinh|net[oa])\w*|\b(?:meu|minha|meus|minhas)\s+(?:marid|espos|filh|mae|pai\b|irm|namorad"
    r"|sogr|avo|familia|cachorr|gat[oa]|casa|carro)\w*"
    r"|\b(?:digitad|escrit)[oa]s? (?:\w+ )?(?:a mao|por mim)\b|\b(?:nenhum|zero) (?:bot|robo)\b"
    r"|\bquem (?:digita|escreve|fala) (?:aqui )?sou eu\b|\baqui quem (?:digita|escreve)\b"
    r"|\b(?:acabei de|voltei|cheguei|sai)\s+(?:voltar\s+|chegar\s+|sair\s+)?(?:d[oa]\s+)?(?:almoc"
    r"|acord|tarde|cedo|academia|escritorio|casa|ferias|banho|mercado|reuniao|jant)\w*"
    r"|\b(?:to|tou|estou)\s+(?:aqui\s+)?(?:tomando|comendo|no transito|em casa|almocando|jantando"
    r"|dirigindo|no escritorio|deitada|cansada|no onibus|no metro|de folga|de ferias)\b"
    r"|\bja (?:dei|fiz|tirei|peguei)\s+(?:\w+\s+){0,2}(?:plantao|plantoes|residencia)\b"
    r"|\b(?:fiz (?:faculdade|residencia|medicina|enfermagem)|me formei|estudei|moro|morei|nasci"
    r"|(?:aqui|la|daqui) (?:em|de) casa|cresci|acordei|dormi|viajei|almocei|jantei)\b"
)
_ALOUD: Final = re.compile(
    r"\b(?:busca|consulta|pesquisa|ferramenta|sistema|funcao|chamada)\b[^.!?]*\b(?:retorn\w+|voltou"
    r"|veio|deu)\b[^.!?]*\b(?:status|vazi[oa]|zero|total|erro|lista|resultados?)\b"
    r"|\bparametros?\b|\bstatus\b\s*(?:\w+\s+)?(?:vazi|aberta|e\b|eh\b|:)|\btotal\s*:\s*\d"
    r"|\bcampo \w+ (?:veio|esta|ta)\b|\bcontexto (?:da conversa|mostra|diz|informa|interno)\b"
    r"|\bmeu contexto\b|\bmemorias? registrad"
    r"|\bnota (?:de|da) situacao\b|\ba (?:situacao|nota) (?:diz|mostra|informa)\b"
    r"|\b(?:retorno|resultado|resposta) d[ao] (?:busca|pesquisa|consulta|sistema)\b"
    r"|\bfiltros? informad|\bnenhum registro\b|\bregistros? encontrad|\blista vazia\b"
    r"|\bferramenta\b[^.!?]*\berro\b|\bdeu erro de validacao\b|\bid d[ao] vaga\b"
)


def beyond_her_knowledge(clause: Clause, evidence: Evidence) -> Flaw | None:
    """Which fact a clause states that she cannot know."""
    life = _OWN_LIFE.search(clause.text)
    said = {
        Flaw.MACHINE_TEXT: _ALOUD.search(clause.text) is not None,
        Flaw.DENIES_BEING_AI: life is not None and not _NOT.search(clause.text[: life.start()]),
        Flaw.INVENTED_STATUS: not clause.asks and _tells_status(clause),
        Flaw.INVENTED_DETAIL: not clause.asks
        and (_told(_COMFORT, clause) or _told(_RIVALS, clause)),
        Flaw.INVENTED_VALUE: not clause.asks
        and (_bargains(clause) or _other_terms(clause, evidence) or _agrees(clause, evidence)),
    }
    return next((flaw for flaw, told in said.items() if told), None)


def _tells_status(clause: Clause) -> bool:
    """Whether it says how pay or papers fare, and not only that they were received or noted."""
    told = _STATUS.search(clause.text) is not None and _told(_STATUS, clause)
    return _told(_ALL_FINE, clause) or (told and not _TAKEN_IN.search(clause.text))


def _bargains(clause: Clause) -> bool:
    """Whether there is said to be more to be had; "se vc insistir" makes it no better."""
    found = _BARGAIN.search(clause.text)
    return found is not None and not _NOT.search(clause.before + clause.text[: found.end()])


def _told(pattern: re.Pattern[str], clause: Clause) -> bool:
    """Whether the sentence up to here states it, with nothing that denies it or leaves it open."""
    said = clause.before + clause.text
    return any(
        found.end() > len(clause.before)
        and not _NOT.search(said[: found.end()])
        and not _IF.search(said[: found.end()])
        and not _HANDED_OVER.search(said + clause.after)
        for found in pattern.finditer(said)
    )


def _other_terms(clause: Clause, evidence: Evidence) -> bool:
    """Whether pay is said to come sooner or otherwise than any shift's own terms say."""
    found = _AT_ONCE.search(clause.text)
    if found is None or not _told(_AT_ONCE, clause):
        return False
    own = {word for shift in evidence.shifts for word in tokens(shift.forma_recebimento or "")}
    return not set(tokens(plain(found["term"]))) <= own


def _agrees(clause: Clause, evidence: Evidence) -> bool:
    """Whether an amount that no shift pays is said to be fine."""
    found = _AMOUNT_IS_FINE.search(clause.text)
    if found is None or not _told(_AMOUNT_IS_FINE, clause):
        return False
    reais = int(found["amount"].replace(".", ""))
    paid = {shift.valor_centavos for shift in evidence.shifts} | evidence.agreed_centavos
    return reais * 100 not in paid
