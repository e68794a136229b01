"""The forms of a statement about a shift: those that claim nothing, and those that give it."""

import re
from typing import Final

from julia_brain.domain.checks.words import one_of, whole_words

DOCTOR: Final = whole_words(
    r"""
    vc | vcs | voce | te | lhe | seu | sua | seus | suas | teu | tua | contigo | conosco
    o senhor | a senhora | [oa] doutora? | a gente se | com a gente
    """
)
_IF: Final = (
    r"(?<!pode )(?<!vc )(?<!voce )(?<!gente )(?<!-)se(?! apresent\w+| program\w+| organiz\w+)"
)
"""A condition, and not "vc se apresenta"."""
_SAID: Final = one_of(
    r"""
    disse | falou | pediu | comentou | perguntou | mencionou | citou | propos
    """
)
_IS_ABLE: Final = one_of(
    r"""
    pode | consegue | gosta | trabalha | atende | costuma | busca | procura | evita
    """
)
_THEIR_WISH: Final = one_of(
    r"""
    pedido | proposta | contraproposta | preferencia | interesse | disponibilidade | pergunta
    """
)
_LOOKING: Final = one_of(
    r"""
    ver | vendo | verificar | verificando | checar | procurar | procurando | buscar | olhar
    tentar | perguntar | conferir | consultar | levar | encaminhar | pesquisar | dar uma olhada
    """
)
_WHO_DECIDES: Final = one_of(
    r"""
    eles | hospital | chefe | chefia | coordenacao | diretoria | escala | equipe
    """
)
_SAYS_YES: Final = (
    r"(?:ja |te |lhe |vc |deu |deram )*(?:aceit\w+|aprov\w+|top(?:ou|aram)|ok|autoriz\w+|liber\w+"
    r"|confirm\w+|conta|contam|espera\w*|aguarda\w*|escolh\w+)"
)
SHIFT_NOUN: Final = whole_words(
    r"""
    (?:o|do|no|pr?o|seu|teu|esse|este|desse|nesse|ao) (?:plantao|turno|lugar|sobreaviso)
    (?:a|da|na|pra|sua|tua|essa|esta|dessa|nessa) (?:vaga|escala|data|presenca|cobertura)
    (?:o|do|no|ao|pro) (?:hospital|chefe|plantonista) | (?:seu|teu|o) (?:aceite|de acordo)
    (?:no|pro|do) sistema | (?:na|da|sua) agenda | plantonista
    """
)
"""Words that mean one shift, and not shifts in general."""

FREEING: Final = whole_words(
    rf"""
    {_IF} | caso | quando | assim que | antes de | so depois | depende | talvez | quem sabe
    infelizmente | quer | quis | queria | quero | prefere | topa | topar | gostaria | pretende
    precisa | preciso | pra reservar | para reservar | aguardo | seu ok | seu sim
    (?:vc|voce|doutora?|senhora?) (?:ja |so |me )?{_SAID}
    (?:vc|voce|senhora?) (?:so |tambem )?{_IS_ABLE}
    (?:seu|sua|teu|tua) {_THEIR_WISH} | (?:que|pois|como) (?:vc|voce) (?:gosta|prefere|pode|quer)
    (?:vou|vamos|posso|deixa eu|to|estou) (?:\w+ )?{_LOOKING} | (?:vou|posso) (?:\w+ )?passar
    deixa eu ver | posso | levo | passo | pergunto | verifico | procuro | busco | confiro
    vejo (?!vc|voce|o doutor|a doutora)\w+ | (?:pra|com|para) a? ?equipe
    a equipe (?:ve|vai|consegue|confere) | \w+ria | \w+riam | entendo | imagino | sei que
    obrigad[oa] | desculpa | boa sorte (?:no plantao|hoje|ai)
    """
)
"""Conditions, wishes, reports, and what is still to be found out."""

DENYING: Final = whole_words(
    r"""
    nao | nem | sem | nada | nenhuma? | nunca
    """
)
OFFERING: Final = re.compile(
    r"(?<!vc )(?<!voce )(?<!vc ja )(?<!senhor )(?<!doutor )\b(?:tem|ha|tinha)\b(?! dono)"
    r"|\b(?:tenho|temos|surgiu|surgiram|apareceu|abriu|abriram|saiu (?:um|uma|essa|esse)|rolou"
    r"|pintou|achei|achamos|encontrei|separei|olha|vi (?:um|uma|aqui um)|paga|pagam|pagando"
    r"|oferece|oferecem|o valor|valor (?:e|fica|de)|que tal|anima|bate com|conflita|abert[oa]s?"
    r"|te (?:mostrei|mandei|passei|falei) (?:o|a|d[oa])"
    r"|livre|livres|disponive(?:l|is)|opcao|opcoes|alternativa|sobrou|interessa|seria"
    r"|combina|encaixa|e em|eh em|fica (?:em|na|no|a|por|pert\w+|longe|melhor|apertado)"
    r"|(?:preenchid|ocupad|lotad)[oa]|outro medico|pelo que vi"
    r"|quem (?:confirma|confirmar|fechar|responder))\b"
)
"""How a shift is offered, described or set beside another."""

WAITING: Final = whole_words(
    r"""
    espera | fila | lista | abrir | vagar | desistir
    """
)
CANCELLING: Final = re.compile(r"cancel|desmar|\b(?:tirei|saiu|liberei|retirei|removi|baixa)\b")
TAKES_BACK: Final = re.compile(r"\b(?:cancelei|desmarquei|tirei|liberei|retirei|removi)\b")
TAG: Final = re.compile(
    r"\b(?:ta|ok|okay|blz|beleza|certo|viu|combinado|show|ne|hein|tudo bem|fechado)\W*$"
)
PAST: Final = re.compile(r"\b[a-z]{2,}(?:ei|amos|emos|imos)\b")
"""First person, singular or plural; and the presents of the plural, which look the same."""

HONEST_PAST: Final = frozenset(
    """
    achei achamos encontrei encontramos procurei procuramos olhei verifiquei conferi consultei
    busquei buscamos chequei tentei perguntei pensei lembrei errei confundi esqueci enganei gostei
    anotei passei repassei levei falei comentei mencionei mandei mostrei enviei separei deixei
    expliquei cancelei desmarquei tirei liberei retirei mantive perdi confirmei citei ofereci
    """.split()  # noqa: SIM905 - easier to read
)
"""What she may have done with no tool, or what `promise` judges."""

NOTHING_DONE: Final = frozenset(
    """
    sei hei lei vamos estamos somos temos podemos precisamos queremos sabemos tivermos teremos
    trabalhamos oferecemos recebemos falamos ficarei terei poderei verei ajudamos buscamos
    """.split()  # noqa: SIM905 - easier to read
)
SETTLED: Final = re.compile(
    r"\b(?:ta|tao|esta|estao|ficou|ficaram|fica|ficam|foi|foram|ja|tudo|segue)\s+"
    r"(?:(?:ja|tudo|super|bem|todo|agora|mais que)\s+){0,2}"
    r"(?!aberto|anunciad|previst|preenchid|ocupad|lotad|cancelad|desmarcad|indicad|passad|parad"
    r"|estado|lado|cuidad|dado|chamad)"
    r"(?:\w+[ai]d(?:inh)?[oa]s?|cert(?:inh)?[oa]s?|ok|salv[oa]|feit[oa]|aceit[oa]|segur[oa]"
    r"|na mao|de pe|marcad\w+)\b"
    r"|^\W*(?!sabado|anotad|entendid|obrigad|cancelad|desmarcad|liberad|passad|preenchid|entrad"
    r"|cuidad)\w{3,}[ai]d[oa]s?\b"
    r"|^\W*escala fechada\b|\bpertence\b|\btem dono\b"
)
"""That something is in order: any participle but those of a shift that is not to be had."""

AGREED: Final = whole_words(
    rf"""
    {_WHO_DECIDES} {_SAYS_YES} | (?:deu|deram) (?:ok|sinal verde|o aval) | bom plantao
    te (?:espero|aguardo|esperam|aguardam|esperamos|aprovaram|escolheram)
    bem.?vind[oa] a(?:o|os)? \w+ | parabens pel[oa] (?:plantao|vaga|nov[oa]|sabado|domingo)
    (?:segue|mandando|mando|envio) (?:a|sua|o|seu) (?:confirmacao|comprovante|contrato)
    """
)
"""That those who run the shift said yes; "bom plantão" with a day is said to who will work it."""

WELCOMES: Final = re.compile(r"\bbem.?vind|\bparabens")
ORDERED: Final = re.compile(
    r"^\W*(?:entao |ja )?pode\s+(?!me\b|ser\b|mandar|deixar|ficar|confiar|falar|perguntar"
    r"|contar comigo|responder|escrever|continuar|chamar|pedir|enviar|passar|dizer|tirar|ter\b"
    r"|sim\b|demorar|levar|mudar|variar|acontecer|parecer|ajudar|usar|pensar|ver\b|olhar"
    r"|avaliar|conversar|anotar (?:meu|o numero)|procurar (?:a gente|aqui))(?:se\s+)?\w+[aei]r\b"
    r"|^\W*segue (?:a|sua) confirmacao\b"
)
"""Leave to do what only who has a shift does."""

TOLD_TO: Final = re.compile(
    r"^\W*(?:apresente|procura|procure|chega|chegue|separa|separe|bloqueia|bloqueie|anota|anote"
    r"|marca|marque|leva|leve|esteja|vem|venha|va|risca|guarda|guarde|reserva|reserve|prepara"
    r"|prepare|compareca|aparece|apareca|leve|so levar|chegando)\b"
    r"|^.*\b(?:procura|procure) (?:a|o) \w+"
)
CONTACTS: Final = re.compile(
    r"\b(?:(?:eu|te|lhe)\s+(?:te\s+)?(?:ja\s+)?(?:chamo|aviso|falo|mando|escrevo|lembro|retorno"
    r"|respondo|procuro|ligo|cutuco|chamarei|aviso|dou (?:um |uma )?(?:alo|oi|toque|retorno"
    r"|posicao|ligada))|volto|retorno|apareco|passo (?:por )?aqui"
    r"|(?:te|um|o) (?:chamar|avisar|escrever|ligar|procurar|mandar|lembrar|lembrete)|de volta"
    r"|mando (?:uma )?mensagem)\b"
)
SOON: Final = whole_words(
    r"""
    depois d[oae] \w+ | mais tarde | amanha | cedo | cedinho | logo cedo | semana que vem
    """
)
ASSENTING: Final = re.compile(
    r"^\W*(?:ok|okay|show|perfeito|beleza|blz|fechou|fechado|combinado|deu certo|bora(?: entao)?"
    r"|maravilha|otimo|top|(?!sabado|entendid|obrigad|anotad|cancelad)\w{3,}[ai]d[oa]|boa"
    r"|isso|feito|certo|pronto|prontinho|joia|massa)\b[^?]{0,12}?[!.,:]"
)
"""A yes to begin with: what is named after it, and not offered or asked, reads as settled."""
IS: Final = re.compile(r"\b(?:ta|esta|e|eh|foi|vai|ficou|fica|pegou|entra|comeca|cobre|estara)\b")
PUT_TO_DOCTOR: Final = re.compile(
    r"^\W*(?:e ai )?(?:topa|encara|quer|pode ser|(?:te )?interessa|que tal|serve|o que "
    r"(?:vc )?acha|anima|fecha|reservo|posso reservar|confirma|da pra vc|rola|consegue)\b"
    r"[^.!]{0,30}\?"
)
