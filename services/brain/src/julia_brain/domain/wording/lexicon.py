"""Words of the trade: verbs by which one orders, shorthand of chats, and what is no typo.

Everything here is without accents. A verb's forms that order, wish or name the act (imperative,
subjunctive, infinitive) stand for its infinitive; forms that tell (past, "mandam") stay as they
are: "não me mande mais" is a request, and "não me mandaram mais" a complaint that wants more.
"""

from collections.abc import Iterator
from typing import Final


def word_set(text: str) -> frozenset[str]:
    """The words of a text that lists them."""
    return frozenset(text.split())


_ORDERED: Final = """
mandar enviar encaminhar disparar oferecer
chamar procurar contatar contactar perturbar incomodar importunar escrever ligar abordar encher
amolar atormentar aborrecer acionar azucrinar insistir entrar falar
avisar notificar repassar compartilhar divulgar convidar cutucar anunciar
receber
parar cessar interromper suspender encerrar cancelar deixar desistir evitar
tirar retirar remover excluir apagar deletar eliminar riscar descadastrar desinscrever desativar
inativar desvincular desligar limpar arrancar descartar anular
esquecer perder sumir desaparecer vazar dispensar poupar livrar
bloquear denunciar reportar processar banir
desconsiderar ignorar incluir adicionar acrescentar colocar botar pausar segurar
"""
"""Verbs of requests; the ones of the second group are done to a person."""

_TOLD_ONLY: Final = """
contratar descrever prescrever inscrever cadastrar pagar passar continuar trabalhar conseguir
pegar largar voltar atirar virar alugar chegar achar
"""
"""Verbs that a typo of another must not be taken for."""

_IRREGULAR: Final[dict[str, str]] = {
    "exclui": "excluir",
    "inclui": "incluir",
    "bote": "botar",
    "exclue": "excluir",
    "exclua": "excluir",
    "excluam": "excluir",
    "excluem": "excluir",
    "some": "sumir",
    "suma": "sumir",
    "sumam": "sumir",
    "perca": "perder",
    "percam": "perder",
    "esqueca": "esquecer",
    "esquecam": "esquecer",
    "mandi": "mandar",
    "encomode": "incomodar",
    "encomodem": "incomodar",
    "encomodar": "incomodar",
    "bloqueia": "bloquear",
    "bloqueie": "bloquear",
    "bloqueiem": "bloquear",
    "block": "bloquear",
    "blok": "bloquear",
    "desapareca": "desaparecer",
    "desaparecam": "desaparecer",
    "ofereca": "oferecer",
    "oferecam": "oferecer",
    "para": "para",  # the preposition; "para de" is settled among the phrases
    "perturba": "perturba",  # "não me perturba, pode mandar" is no order
    "incomoda": "incomoda",
    "importuna": "importuna",
    "ligarem": "ligar",
    "fala": "falar",
    "perde": "perder",
    "limpa": "limpar",
    "vaza": "vazar",
    "desinscreve": "desinscrever",
    "bloquei": "bloquear",
    "descadastramento": "descadastro",
}

SLANG: Final[dict[str, str]] = {
    shorthand: word
    for word, shorthands in {
        "nao": "n nn naum naun noa nau",
        "nunca": "nunk nunka",
        "voce": "vc vcs ce ces oce oces voces vose voceis vces vsc vvc cês tu vossas vosse voc vcz",
        "que": "q qe ke",
        "quando": "qdo qnd qndo qdu",
        "porque": "pq pke pqe porq",
        "para": "pra pro p para pros pras",
        "mais": "maiz maix mai",
        "mensagem": "msg msgs mensagens mensag mssg msn menssagem menssagens mensage mensages sms "
        "mensagi mensaje msgm mgs msgns msgens mensg mensgs mensagenzinha mensagenzinhas mensagis",
        "whatsapp": "wpp whats zap zapp zapzap wats watsap wapp whatsap whatzap watts uats ats",
        "numero": "nro nr numeros nmr nume",
        "telefone": "tel fone cel celular telefones",
        "comigo": "cmg cmigo",
        "tambem": "tb tbm tmb",
        "obrigado": "obg obgd obrigada brigado brigada vlw valeu obgda grato grata agradeco",
        "agora": "agr",
        "hoje": "hj",
        "quero": "qro quro qeuro kero quero qero queor",
        "gostaria": "gostaira gostria",
        "estou": "to tou",
        "esta": "ta",
        "contato": "ctt contto contacto contatos contactos ctto",
        "lista": "listas lsita lst listinha",
        "vaga": "vagas vagass",
        "plantao": "plantoes plantaum plantao pltao plantoe",
        "oferta": "ofertas",
        "proposta": "propostas",
        "oportunidade": "oportunidades",
        "dado": "dados",
        "ligacao": "ligacoes",
        "meu": "minha meus minhas mue",
        "seu": "sua seus suas teu tua teus tuas",
        "esse": "essa esses essas este estes estas ese esa",
        "desse": "dessa desses dessas deste desta destes destas daquele daquela",
        "nesse": "nessa nesses nessas neste nesta nestes nestas naquele naquela",
        "de": "d di",
        "do": "da dos das",
        "em": "no na nos nas",
        "numa": "numas",
        "fds": "findi finde",
        "nenhum": "nenhuma nenhuns nenhumas nemhum nenhu",
        "doutor": "dr dra doutora drs dras",
        "medico": "medica medicos medicas",
        "errado": "errada",
        "nada": "nd ndaa",
        "ninguem": "ngm ngem",
        "interesse": "intereses interece interrese interesses enteresse",
        "daqui": "dakqi daki",
    }.items()
    for shorthand in shorthands.split()
    if shorthand != word
}
"""Shorthand, spelling and number or gender that make no difference, to one word of the rules."""

FILLERS: Final = word_set("""
    o a os as um uma uns umas seu ai la ne viu hein hem hei tambem realmente simplesmente
    gentilmente educadamente encarecidamente imediatamente urgente urgentemente logo entao
    favor gentileza obsequio pf pfv pfvr plis please porfavor
    julia ju querida querido moca moco pessoal galera cara
    mano rapaz obrigado ok blz beleza tudo mesmo mto muito kkk kkkk rs rsrs aff affs afff putz poxa
    flw abs bj bjs beijo beijos abraco abracos att atenciosamente tchau
    porra caralho cacete droga jesus senhor senhora sr sra ola oi definitivamente
    """)
"""Words that change nothing of a request."""

OTHER_WORDS: Final = word_set("""
    acorda acordar abordagem cadastros autoriza interessa contada contou contos disparos faltar
    ligarei chamarei medida medidas parque promessa promessas processo processos registros registra
    lidando extras codigo partes quiser fossem numeros mandarei
    autorizou autorizar autorizado autorizaram largar larga resposta
    contrato contratos contrata parede mandato mandado chamada chamado chamados parada procura
    cadastro cadastrado numeral inscricao recepcao recebimento recebimentos interessada interessado
    interessante cancelamento remocao exclusao autorizacao autorizo autorizei permissao
    consentimento mailing sistema grupo base bloqueio denuncia removido excluido retirado tirado
    apagado descadastrado contatado contatada procurado incomodado perturbado escala escalas sabado
    semana semanas noturno noturna diurno diurna madrugada hospital hospitais clinica pediatria
    anestesia enfermaria residencia mensal mensais listagem paciente pacientes aposentado ligado
    desligado enviado enviada recebido recebida esquecido largado deixado tirando parado parados
    contador contagem contado anotado conteudo converso conversa conversas celula escrito escrita
    entrada entrado entregar entrega salario horario horarios endereco documento documentos foto
    fotos curriculo pagamento pagamentos outro outros outra outras quando quanto quantas
    """)
"""Words near enough to one of the rules' words to be taken for its typo, and yet no typo."""


def _ordering_forms(verb: str) -> Iterator[str]:
    stem, ending = verb[:-2], verb[-2:]
    if ending == "ar":
        yield from (stem + end for end in ("a", "ar", "arem", "armos", "as", "asse", "assem"))
        soft = {"g": "gu", "c": "qu"}
        subjunctive = stem[:-1] + soft[stem[-1]] if stem[-1] in soft else stem
        yield from (subjunctive + end for end in ("e", "em", "es", "emos"))
    else:
        yield from (stem + end for end in ("e", "a", "am", ending, ending + "em", "as", "amos"))
        yield from (stem + ending[0] + end for end in ("sse", "ssem"))


def _doing_form(verb: str) -> str:
    return verb[:-1] + "ndo"


def _telling_forms(verb: str) -> Iterator[str]:
    stem, vowel = verb[:-2], verb[-2]
    first = stem[:-1] + {"c": "qu", "g": "gu"}.get(stem[-1], stem[-1])
    yield from (stem + "o", stem + vowel + "m", stem + vowel + "va")
    yield from (stem + vowel + "vam", stem + vowel + "ram", stem + vowel + "mos")
    yield from (
        stem + vowel + end for end in ("do", "da", "dos", "das", "ria", "riam", "rao", "ra")
    )
    yield from (stem + ("ou" if vowel == "a" else vowel + "u"), first + "ei", stem + "i")
    yield from (stem + "ia", stem + "iam", stem + "ido", stem + "idos", stem + "em")


ORDERS: Final[dict[str, str]] = {
    form: verb for verb in _ORDERED.split() for form in (*_ordering_forms(verb), _doing_form(verb))
} | _IRREGULAR
"""Form of a verb that orders, to its infinitive."""

KNOWN: Final = (
    OTHER_WORDS
    | FILLERS
    | {form for verb in (_ORDERED + _TOLD_ONLY).split() for form in _telling_forms(verb)}
    | {form for verb in _TOLD_ONLY.split() for form in _ordering_forms(verb)}
) - set(ORDERS)
"""Words that are right as they are."""
