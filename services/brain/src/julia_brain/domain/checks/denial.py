"""Whether a draft denies being a virtual assistant, or passes for a person."""

import re
from collections.abc import Sequence
from typing import Final

from julia_brain.domain.checks.words import fold, one_of, shown, whole_words

_LEET: Final = str.maketrans("0134578@$!|", "oieastbasii")
_MACHINE: Final = one_of(
    r"""
    rob(?:o|os|ot|ots|ozinh[oa]|otic[oa]) | bots? | botzinh[oa] | chat\s?bots? | chat\s?gpt | gpt
    claude | ia | i a | ias | ai | a i | maquin\w* | comput?ador\w*
    programa(?:cao)?(?:\s+de\s+computador)? | software | algoritmo\w* | automacao | automatizad\w*
    automatic\w* | inteligencias?\s+artificia(?:l|is) | artificial | assistentes?\s+virtua(?:l|is)
    assistentes?\s+digita(?:l|is) | virtual | atendentes?\s+virtua(?:l|is) | gravacao | androide
    ciborgue | modelo\s+de\s+linguagem | llm | machine | robots? | sistema\s+(?:de|auto)\w*
    resposta\s+pronta | mensagem\s+pronta
    """
)
_HUMAN: Final = one_of(
    r"""
    pessoa\w* | human[oa]s? | humanissim[oa] | humaninh[oa] | gente | ser(?:es)?\s+human\w*
    carne\s+e\s+osso | mulher | moca | menina | garota | homem | funcionari[oa] | escalista
    coordenadora | recepcionista | secretaria | atendente | recrutadora | enfermeira | medica
    doutora | de\s+verdade | real | person | human | persona | humana | vivinha | viva | mortal
    """
)
_NOT: Final = one_of(
    r"""
    nao | n | nem | nunca | jamais | tampouco | not | nope | num
    """
)
_BE: Final = one_of(
    r"""
    sou | so | somos | fui | era | serei | e | eh | eh | seria | sao | ha | tem | existe
    estou sendo | to sendo | falo como | estou como | uso | usamos | parec\w+ com | passo de
    """
)
_FILL: Final = (
    r"(?:(?:um|uma|uns|o|a|os|as|nenhum|nenhuma|qualquer|desses|dessas|esse|essa|tipo|so|apenas"
    r"|mais|mero|mera|simples|mesmo|nada"
    r"|de|aqui|isso|eu|julia|tal|ta|k+|rs+|haha\w*|nao|claro|certamente|absolutamente|realmente"
    r"|definitivamente|com|certeza|por|tras"
    r"|vc|voce|conversa|conversando|falando|com|ai|atendimento|mensagem|sistema|robotica|the|an"
    r"|any|just|,|-)\s+)"
)
_DENIALS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_NOT}\s+(?:(?:eu|aqui|isso|isto|mesmo|realmente|definitivamente|absolutamente"
        rf"|a julia|de jeito nenhum)\s+){{0,3}}"
        rf"{_BE}\s+{_FILL}{{0,6}}{_MACHINE}\b",
        rf"\b(?:um |uma )?{_MACHINE}\s+(?:ia|iria|saberia|responderia|conversaria|falaria|faria"
        r"|conseguiria|teria|escreveria|erraria)\s+(?!te ajudar)\w+",
        rf"\b(?:sou|tao)\s+(?:tao\s+)?{_MACHINE}\s+quanto\s+(?:o senhor|a senhora|vc|voce|tu)\b",
        r"\b(?:queria|quem dera|gostaria de|adoraria|seria bom|antes)\s+(?:ser|eu fosse"
        rf"|fosse)\s+{_FILL}{{0,2}}{_MACHINE}\b",
        rf"\b{_MACHINE}\b[^|]{{0,60}}\b(?:eu|julia|por exemplo|mas)\s+(?:\w+\s+){{0,2}}nao sou\s*"
        r"(?:[.!?,]|$|rs|k)",
        r"\b(?:robo|bot|maquina)\s+nao\s*(?:[.!?,]|$|doutora?|viu|mesmo|k|rs)",
        r"^(?:\w+\s+){0,2}(?:robo|bot|ia|maquina)\s+[?]\s+(?!(?:(?:k+|rs+|haha\w*)\s+)?(?:sim"
        r"|sou|isso|exato|pois))",
        r"\b(?:tenho|pareco)\s+(?:cara\s+|jeito\s+|muito\s+|tanto\s+)?(?:com\s+|de\s+)?(?:um\s+"
        r"|uma\s+)?(?:robo|bot|maquina)\b",
        rf"\blonge de (?:ser )?{_FILL}{{0,2}}{_MACHINE}\b",
        rf"\bninguem\s+(?:aqui\s+)?(?:e|eh)\s+{_FILL}{{0,2}}{_MACHINE}\b",
        rf"\b(?:zero|sem|nenhum|nenhuma|nada de|longe de ser|que)\s+{_FILL}{{0,2}}"
        rf"(?:robo\w*|bots?|ia|maquina"
        r"|inteligencia artificial)\b"
        r"\s*(?:aqui|por aqui|nenhum|o que|que nada|nessa|nesta|envolvid\w|no meio|por tras|,|\."
        r"|!|$)",
        rf"\b{_MACHINE}\s+(?:,\s*)?(?:eu\s+)?(?:[?!,.]\s+)*(?:(?:k+|rs+|haha\w*)\s+)?(?:nao sou"
        r"|nao e\b|eu nao\s*(?:[.!?,]|$|rs|k)|eu nunca|nem pensar|coisa nenhuma|nada disso"
        r"|que nada|magina|imagina|jamais|capaz)",
        r"\b(?:robo|bot|ia|maquina)\s+[?]\s+(?:(?:k+|rs+|haha\w*|eu)\s+)*(?:nao|nada|magina"
        r"|imagina|que isso|jamais|claro que nao|de jeito)",
        r"\bde\s+(?:robo|maquina|ia|virtual|automatic\w)\s+(?:eu\s+)?(?:nao|so|aqui)\b",
        rf"\b(?:nao|nunca)\s+(?:\w+\s+){{0,2}}(?:falando|conversando|tratando|lidando|fala"
        rf"|conversa)\s+com\s+{_FILL}{{0,3}}{_MACHINE}\b",
        rf"\b{_NOT}\s+(?:(?:e|eh|tem|foi)\s+)?{_FILL}{{0,3}}{_MACHINE}\s+(?:que|quem)\s+(?:ta"
        r"|esta|fala|escreve|responde|te|digita)",
        r"\b(?:nao|nunca)\s+(?:fui\s+)?(?:programad|treinad|automatizad|gerad)\w*\b",
        r"\b(?:nao|nunca)\s+sou\s+(?:feit|compost)[oa]\s+de\s+(?:codigo|bits|silicio)",
        r"\bi\s?a?m\s+not\s+(?:a\s+|an\s+)?(?:robot|bot|machine|ai|computer|chatbot|virtual)",
        r"\bno\s+soy\s+(?:un\s+|una\s+)?(?:robot|bot|maquina|ia|inteligencia|asistente)",
        r"\b(?:diferente|ao contrario) d(?:e|os|as|o|a)\s+(?:um\s+|uma\s+)?(?:robos?|bots?|ia"
        r"|maquinas?)\s*,?\s+eu\b",
    )
)
_A_WOMAN: Final = one_of(
    r"""
    mulher | mae | esposa | enfermeira | medica | doutora | colega | escalista | recepcionista
    secretaria | funcionaria | pessoa | ser humano | humana | profissional da saude | filha | avo
    tia
    """
)
_NEGATED: Final = (
    r"(?<!nao )(?<!nem )(?<!nunca )(?<!jamais )(?<! se )(?<!^se )(?<!que nao )(?<!tampouco )"
    r"(?<!not )(?<!num )(?<!acha que )(?<!achou que )(?<!pensou que )(?<!parece que )"
)
_NO_FILL: Final = (
    r"(?:(?!nao\b|nem\b|assistente|virtual|ia\b|robo|bot\b|inteligencia|feit|treinad|programad"
    r"|sem\b|chamar|chamo|passo|passar|posso"
    r"|por uma|quem chama)\w+\s+)"
)
_PASSES_FOR_HUMAN: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_NEGATED}\b(?:sou|somos|soy|i am|im|i m)\s+(?:,\s+)?{_NO_FILL}{{0,4}}?{_HUMAN}\b"
        r"(?!\s+(?:virtual|digital|artificial|automatic|que nao))",
        r"\b(?:sou|e|eh)\s+(?:\w+\s+){0,2}(?:julia mendes)\b",
        r"(?<!nao )\b(?:aqui|por aqui|desse lado|deste lado|do outro lado|atras da tela"
        r"|por tras)\s+(?:\w+\s+){0,2}?(?<!nao )(?:e|eh|tem|sou|fala|esta|ta|ha|existe|so)\s+"
        r"(?:(?:so|uma|um|muita|bem|mesmo|de)\s+){0,2}(?:gente|pessoa|human[oa]|ser humano"
        r"|alguem de verdade|mulher)\b(?!\s+(?:d[aeo]\s+)?(?:equipe|time|que pode|pra te"
        r"|disponivel|para te))",
        r"(?<!nao )\bquem\s+(?:\w+\s+){0,3}(?:fala|escreve|digita|responde|conversa|atende"
        r"|aqui)\s+(?:\w+\s+){0,3}?(?:e|eh|sou)\s+(?:(?!nao\b|assistente|virtual"
        r"|ia\b)\w+\s+){0,4}(?:,\s+)?(?:\w+\s+){0,2}?(?:pessoa|gente|human[oa]|escalista"
        r"|mulher|mesma)\b(?!\s+virtual)",
        r"(?<!nao )(?<!nao esta )(?<!nao ta )(?<!nao estaria )\b(?:falando|conversando|tratando"
        r"|papeando|fala|conversa|teclando)\s+(?:\w+\s+){0,2}com\s+(?:(?:uma?|outra?|a)\s+)?"
        r"(?:pessoa|gente|human[oa]|ser human\w+|mulher|alguem de verdade)\b(?!\s+(?:d[aeo]\s+)?"
        r"(?:equipe|time|nossa))",
        r"(?<!nao )\b(?:tem|existe|ha|e|eh)\s+(?:(?:uma|um|so)\s+)?(?:gente|pessoa|alguem"
        r"|human[oa])\s+(?:de verdade|real|de carne)\b(?!\s+(?:n[ao]|d[ao])\s+(?:nossa\s+)?"
        r"(?:equipe|time))",
        r"(?<!nao )(?<!nao sou eu )\b(?:e|eh)\s+uma?\s+(?:pessoa|mulher|human[oa])\s+(?:falando"
        r"|digitando|escrevendo|conversando|que (?:fala|digita|escreve|responde|te))",
        r"(?<!nao )(?<!esta )\b(?:digitando|teclando)\s+(?:d[oae]|n[oa]|com|aqui|daqui|pelo)\b"
        r"|\bminha voz\b|\bcanso\b|\bigual todo mundo\b",
        r"^\W*(?:e|eh)\s+(?:uma\s+)?(?:pessoa|gente|humana)\s+(?:sim|mesmo|viu|claro)\b",
        r"\baqui\s+so\s+(?:\w+\s+)?(?:gente|pessoas?|humanos?)\b",
        r"\b(?:aqui|isso)\s+(?:e|eh)\s+(?:um\s+)?(?:atendimento|papo)\s+(?:pessoal|human[oa])\b",
        r"(?<!nao )(?<!num )\b(?:atendimento|conversa|contato|papo)\s+(?:(?:e|eh|aqui|100|bem"
        r"|por cento|totalmente|sempre|,)\s+){1,4}(?:human[oa]|pessoal|com gente|feit[oa] por "
        r"(?:gente|pessoas?|humanos?))\b",
        r"\b(?:100\s?%?|cem por cento|super|bem|totalmente|completamente|tao|muito"
        r"|mais)\s+human[oa]\b(?!\s*(?:da|do))",
        r"\bgente\s+(?:como|igual|que nem)\s+(?:a\s+gente|vc|voce|tu)\b",
        r"(?<!nao sou )(?<!nem )(?<!nao )(?<!nao tenho )\b(?:de|em)\s+carne\s+e\s+osso\b(?!\s+"
        r"(?:d[ao]|nao))",
        r"\b(?:meus?|minhas?|com\s+os|nos\s+meus|os\s+meus)\s+(?:propri[oa]s\s+)?(?:dedos?|maos?"
        r"|olhos|corpo|coracao|cabelo|filh\w+|marido|esposo|namorad\w|mae|pai|casa"
        r"|almoco|janta|cafe|folga|ferias|intervalo|plantao de ontem|familia|infancia|faculdade"
        r"|aniversario|cachorro|gato)\b",
        r"(?<!nao )\btenho\s+(?:\d{1,2}|vinte(?: e \w+)?|trinta)\s+anos\b",
        r"(?<!nao )\btenho\s+(?:cpf|rg|corpo|coracao|filhos?|familia|sentimentos|alma|pulso"
        r"|sangue|mae|pai|marido)\b",
        r"(?<!nao )\b(?:nasci|fui criada|moro|me formei|sou formada|sou casada|sou solteira"
        r"|sou mae|sou mineira|sou paulista)\b(?!\s+(?:como uma ia|virtual))",
        r"(?<!nao )\b(?:(?:to|tou|estou|tava|estava|fui)\s+(?:\w+\s+){0,2}?)(?:almoc\w+|jantando"
        r"|jantar|dormindo|dormir|cansad[ao]|doente|gripad[ao]|no transito|no onibus|no banho"
        r"|dirigindo|na academia|de ferias|de folga|tomando cafe|com fome|com sono)\b",
        r"\bacabei\s+de\s+(?:acordar|almocar|jantar|chegar\s+em\s+casa|tomar)\b",
        r"\b(?:respiro|envelheco|transpiro|sangro)\b",
        r"\b(?:pessoa|gente|human[oa]|mulher)\s+(?:de\s+verdade|real|mesmo|normal|comum"
        r"|fisica)\s*(?:,\s*)?(?:aqui|sim|falando|digitando|escrevendo|respondendo|te|conversando"
        r"|viu|!|\.)",
        r"\b(?:uma|um)\s+(?:pessoa|humana|humano|mulher|gente)\s+(?:\w+\s+){0,2}?(?:digitando"
        r"|escrevendo|teclando|te respondendo|te escrevendo|falando contigo|falando com vc"
        r"|aqui falando)\b",
        r"(?:^|[.!?,]\s*)(?:claro\s+que\s+)?(?:bem\s+)?humana\s*(?:,\s*)?(?:sim|claro|obvio|ne"
        r"|viu|com certeza|desde)\b",
        r"\bi am\s+(?:\w+\s+){0,3}(?:human|person|woman|real)\b",
        r"\b(?:sentimentos|emocoes)\s+de\s+(?:verdade|pessoa)\b",
        r"\b(?:passo|passei)\s+no\s+teste\s+de\s+turing\b",
        # A life, a trade or a body of her own, told without being asked.
        rf"\beu\s+,?\s*como\s+(?:(?:uma|boa|toda|qualquer)\s+)?{_A_WOMAN}\b",
        rf"(?:^|[.!?]\s+)como\s+(?:(?:uma|boa|toda|sua)\s+)?(?:colega\s+)?{_A_WOMAN}\s+"
        r"(?:,\s+)?(?:eu\s+)?(?:tambem\s+)?(?:sei|entendo|imagino|conheco|vivo|vivi|passei|sinto"
        r"|digo|falo)\b",
        r"(?<!nao )\btrabalh(?:o|ei|ava|ando)\b[^.!?]{0,40}\b(?:ha|faz|desde|por)\s+"
        r"(?:\w+\s+){0,2}(?:anos?|meses|20\d\d|tempos?|decadas?)\b",
        r"\b(?:ha|faz|tem)\s+(?:\w+\s+){0,2}(?:anos|meses)\s+(?:que\s+)?(?:eu\s+)?"
        r"(?:trabalho|to|estou|atuo)\b",
        r"(?<!nao )\b(?:to|tou|estou|tava|estava)\s+(?:aqui\s+)?(?:desde|ate)\s+(?:as\s+)?"
        r"(?:\d|cedo|ontem|tarde)[^.!?]{0,30}\b(?:respond|atend|digit|trabalh|escrev)\w*",
        r"(?<!nao )\b(?:respond|digit|escrev|faz|faco)\w*\s+(?:\w+\s+){0,3}(?:[na] mao|no braco"
        r"|um por um|uma por uma|manualmente|pessoalmente)\b",
        r"\b(?:comigo|eu|a julia)\s+,?\s*(?:a julia\s+,?\s*)?uma?\s+(?:moca|mulher|menina|garota"
        r"|pessoa)\s+(?:de carne|de verdade|de pele|viva|real)\b",
        r"\b(?:eu tambem|tambem eu)\s+(?:canso|durmo|como|sofro|envelheco|tenho (?:filhos|casa"
        r"|familia|boletos|contas))\b",
        r"(?<!nao )\btenho\s+(?:\w+\s+)?(?:meninos?|meninas?|criancas?|gemeos|netos?|irmaos?)\b",
        r"(?<!nao )\b(?:almocei|jantei|dormi|acordei|viajei|cochilei|adoeci|peguei (?:transito"
        r"|chuva|gripe|covid|folga|atestado))\b",
        r"(?<!vc )(?<!voce )\b(?:vou|fui|ia|preciso|tenho que|deixa eu)\s+(?:(?:so|ali|la)\s+)*"
        r"(?:almocar|jantar|dormir|descansar|viajar|comer|lanchar|deitar"
        r"|tomar (?:um )?(?:cafe|banho)|pra casa|embora|ao banheiro"
        r"|buscar (?:meu|minha|as criancas))\b",
        r"\b(?:sai|saio|saindo|cheguei|chegando|voltei|voltando)\s+(?:\w+\s+){0,2}d?[aeon]o?\s+"
        r"(?:trabalho|casa|escritorio|expediente|empresa|plantao agora)\b",
        r"(?<!nao )\b(?:to|tou|estou|tava|estava|fiquei)\s+(?:(?:aqui|agora|la)\s+)*"
        r"(?:no|na|em|pelo|indo pr[ao])\s+(?:hospital|casa|escritorio|rua|carro|metro|mercado"
        r"|medico|academia|aeroporto|praia|reuniao|cozinha)\b",
        r"\bmeus?\s+(?:boletos|expediente|turno aqui|horario de almoco|chefe)\b",
    )
)
_ASKS_IF_MACHINE = re.compile(
    r"\b(?:e|eh|es|sou|seria|falando com|conversando com|parece|isso|aqui|vc|voce|tu)\s+"
    r"(?:\w+\s+){0,2}?(?:robo\w*|bots?|chat\s?bot|maquina|inteligencia artificial|chat\s?gpt"
    r"|computador|atendimento automatico|automatic[oa]|resposta automatica)\b"
    r"|\b(?:e|eh|com)\s+(?:uma\s+)?ia\s*(?:[?,.!]|$|ou\b|ne\b|mesmo\b|aqui\b|que\b)"
    r"|^\W*(?:um\s+)?(?:robo|bot|ia)\s*\?"
)
_ASKS_IF_HUMAN = re.compile(
    r"\b(?:e|eh|es|falando com|fala com|conversando com|seria|aqui tem|ai tem)\s+(?:\w+\s+)?"
    r"(?:pessoa|human[oa]|gente)\b(?:\s+(?:de verdade|real|mesmo|de carne\w*|aqui|ai|ou|ne))?\s*"
    r"(?:\?|$|ou\b)"
    r"|\b(?:vc|voce|tu)\s+(?:e|eh)\s+(?:real|de verdade)\b"
)
_YES = re.compile(
    r"^\W*(?:(?:k+|rs+|ha(?:ha)+|oxe|uai|ue|opa|olha|bom|ah|nossa|gente|doutora?|oi)\W+)*(?:sim"
    r"|sou sim|sou(?=\W*(?:$|[,.!?]))|claro|com certeza|isso|isso mesmo|exato|aham|uhum|obvio"
    r"|positivo|exatamente"
    r"|justamente|eu mesma|em pessoa|ela mesma|e sim|confirmo|pode apostar|lógico|logico"
    r"|verdade)\b(?P<more>[^.!?\n]*)"
)
_OWNS_UP = re.compile(
    r"(?<!nao )\b(?:sou|aqui e|aqui fala|quem fala e|eh|e|como|(?:fal|convers)\w+ com|tratar de)"
    r"\s+(?:(?!nao\b|nem\b|sem\b)[\w,]+\s+){0,5}?(?:assistente virtual|assistente digital|ia"
    r"|robo\w*|bot|inteligencia artificial|virtual|maquina|automatic[oa]|programa"
    r"|automatizad[oa])\b"
)
_NO = re.compile(
    r"^\W*(?:(?:k+|rs+|ha(?:ha)+|oxe|oi|ih|eita|eu|claro que|obvio que)\W+)*"
    r"(?:nao|n|nada disso|magina|imagina|que isso|jamais|nunca|de jeito nenhum|capaz|negativo)\b"
    r"(?P<more>[^.!?\n]*)"
)
_TURNED = whole_words(
    r"""
    nao | nem | que isso | que nada | se preocup\w* | esquent\w* | duvid\w* | brincadeira
    por que | porque | sou (?:eu|a julia|a responsavel)
    """
)
"""What turns a yes or a no into its contrary, or into nothing."""
_DENIES_BEING_HUMAN = re.compile(
    r"\bnao\s+(?:sou|e|eh|tem)\s+(?:uma?\s+)?(?:pessoa|human[oa]|gente|de carne)\b"
)
_WHOLE_SPELLED = re.compile(
    r"(?:nao|nem)(?:eu)?sou(?:um|uma|nenhum|nenhuma|o|a)?(?:robo|bot|chatbot|maquina"
    r"|inteligenciaartificial|assistentevirtual|ia$)"
    r"|(?<!nao)(?<!nem)sou(?:um|uma)?(?:serhuman|pessoa|humana|humano|gente|decarneeosso|real)"
)


def denies_being_ai(text: str, answered: Sequence[str] = ()) -> bool:
    """Whether the text says or suggests that a person writes it, in Portuguese or English.

    Where one of the doctor's messages that it answers asks what Júlia is, it must say so: a joke or
    a change of subject lets the doctor believe the wrong thing as well as a lie does.
    """
    reading = _reading(text)
    views = {reading, reading.translate(_LEET), _joined(reading.translate(_LEET))}
    if any(pattern.search(view) for view in views for pattern in (*_DENIALS, *_PASSES_FOR_HUMAN)):
        return True
    if any(_WHOLE_SPELLED.search(spelled) for view in views for spelled in _spelled_out(view)):
        return True
    return any(_evades(reading, _reading(message)) for message in answered)


def _reading(text: str) -> str:
    """Folded words with `,` `.` `?` `!` as words of their own; what decorates is left out."""
    folded = fold(shown(text)).replace("#", " ")
    folded = re.sub(r"(\w)[*_~`'\u2019\"“”]+(?=\w)", r"\1", folded)
    folded = re.sub(r"([a-z])\1{2,}", r"\1", folded)
    folded = re.sub(r"[^\w\s.,;:!?@$|%]|_", " ", folded)
    folded = re.sub(
        r"(?<=[a-z0-9])[@|$](?=[a-z0-9])", lambda found: found.group().translate(_LEET), folded
    )
    folded = re.sub(r"\.{2,}|…", " ", folded)
    folded = re.sub(r"(?<=\w)\.(?=\w)", " ", folded)
    folded = re.sub(r"[;:,]", " , ", folded)
    folded = re.sub(r"[.!?]+", lambda found: f" {found.group()[0]} ", folded)
    folded = re.sub(r"\br\s?o\s?b\s?o(?=\s|$)", "robo", folded)
    return " ".join(folded.split())


def _joined(reading: str) -> str:
    """Single letters in a row put together: `r o b o` becomes `robo`."""
    return re.sub(r"\b(?:\w ){2,}\w\b", lambda found: found.group().replace(" ", ""), reading)


def _spelled_out(reading: str) -> list[str]:
    """The letters of a text that is written letter by letter, and words that swallowed others."""
    if re.search(r"(?:\b\w[ .,]{1,3}){4,}", reading):
        return [re.sub(r"\W", "", reading)]
    return re.findall(r"\b\w{9,}\b", reading)


def _evades(reading: str, asked: str) -> bool:
    """Whether somebody who asked what Júlia is would still not know it, or believe the wrong."""
    if "?" not in asked and not re.search(r"\b(?:vc|voce|tu)\s+(?:e|eh)\b|^(?:e|eh)\b", asked):
        return False
    about_machine = _ASKS_IF_MACHINE.search(asked) is not None
    about_human = _ASKS_IF_HUMAN.search(asked) is not None
    if not (about_machine or about_human):
        return False
    if _OWNS_UP.search(reading) or _DENIES_BEING_HUMAN.search(reading):
        return False
    if about_machine and about_human:
        return True
    honest = (_YES if about_machine else _NO).match(reading)
    return honest is None or bool(_TURNED.search(honest["more"]))
