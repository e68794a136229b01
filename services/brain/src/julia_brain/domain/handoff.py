"""Signs that a person should take the conversation, read before Claude is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from julia_brain.domain.wording import Vocabulary, canonical, word_set

type TriggerType = Literal["pedido_humano", "juridico", "sentimento_negativo", "baixa_confianca"]

STRONG_WORDS: Final = 2
"""So many strongly negative words are strong dislike; an insult alone is, too."""

CORRECTIONS: Final = 2
"""So many times may a doctor correct Júlia before a person takes over."""

EARLIER_MESSAGES: Final = 10
"""The doctor's last messages before these in which corrections are counted."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why a person takes over; `motivo` is Portuguese and carries none of the doctor's words."""

    trigger_type: TriggerType
    motivo: str


def trigger_of(pending: Sequence[str], earlier: Sequence[str]) -> Trigger | None:
    """The gravest sign in the messages to be answered, or None.

    `earlier` are the doctor's messages before them, oldest first; only corrections count there.
    """
    said = [f" {canonical(text)} " for text in pending]
    if any(_stands(found) for text in said for found in _found(_LEGAL, text)):
        return Trigger("juridico", "o médico falou em advogado, processo ou denúncia")
    if any(_stands(found) for text in said for found in _found(_OWN_DATA, text)):
        return Trigger("juridico", "o médico pediu os próprios dados ou que sejam apagados (LGPD)")
    if any(_stands(found) for text in said for found in _found(_PERSON, text)):
        return Trigger("pedido_humano", "o médico pediu para falar com uma pessoa")
    if _strong_dislike(" . ".join(said)):
        return Trigger("sentimento_negativo", "o médico mostrou forte insatisfação")
    corrected = sum(map(_corrections, said))
    if corrected:
        corrected += sum(
            min(1, _corrections(f" {canonical(text)} ")) for text in earlier[-EARLIER_MESSAGES:]
        )
    if corrected >= CORRECTIONS:
        return Trigger("baixa_confianca", "o médico corrigiu a Júlia mais de uma vez")
    return None


_WORDS = Vocabulary(
    {
        "TALK": "falar conversar atendimento atendido atendida resolver tratar contato ligar",
        "PERSON": "gente pessoa "
        "humano humana atendente alguem responsavel supervisor supervisora gerente "
        "gestor gestora consultor consultora escalista equipe coordenador coordenadora",
        "REAL": "real reais verdade humano humana osso",
        "WANT": "quero queria gostaria prefiro preciso posso consigo poderia pode podemos exijo "
        "tem como do desejo",
        "PASS": "passar passa passe transferir transfere transfira transferem encaminhar chamar "
        "direcionar direciona conectar",
        "MACHINE": "robo bot maquina ia computador chatbot secretaria assistente",
        "LAWYER": "advogado advogada advogados juridico",
        "AUTHORITY": "procon anpd justica crm cremesp cremerj cfm ministerio policia delegacia "
        "conselho reclameaqui",
        "LEGALLY": "judicial judicialmente extrajudicial trabalhista criminal indenizacao",
        "WILL": "vou irei vamos estou quero pretendo terei vai vao",
        "ERASE": "apagar apaguem apague excluir excluam deletar deletem remover removam eliminar "
        "eliminem descadastrar",
        "ERASED": "apagado apagada apagados apagadas excluido excluidos excluida excluidas "
        "deletado deletados removido removidos eliminado eliminados",
        "ERASURE": "exclusao eliminacao remocao",
        "DATA": "dado dados cadastro informacao informacoes registro registros conta",
        "KEEP": "tem guarda guardam possui possuem armazena armazenam usam coletam coletaram",
    }
)


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(_WORDS.compile, patterns))


_PERSON: Final = _patterns(
    "WANT .3 TALK .2 com/por .2 PERSON",
    "WANT .1 PERSON .1 de? REAL",
    "WANT .2 atendimento humano",
    "me? PASS .2 para .2 PERSON",
    "me? PASS .1 humano/atendente/responsavel/supervisor/gerente/gestor",
    "me? PASS alguem de REAL",
    "falar .1 com .1 humano/atendente/pessoa END",
    "falar .1 com .1 humano/atendente/supervisor/gerente",
    "falar .1 com PERSON de REAL",
    "tem .1 PERSON .3 TALK/atender/ajudar/responder",
    "tem .1 humano/atendente/pessoa/alguem .2 ai/END",
    "alguem .2 me .1 ligar/chamar/atender/ajudar/responder",
    "atendimento humano",
    "nao .1 WANT .2 TALK .2 com .1 MACHINE",
    "cansei/chega/basta .1 de .2 com? MACHINE",
    "humano/atendente END",
)
_LEGAL: Final = _patterns(
    "meu LAWYER .1 vai/ira/entrar/contatar/disse/orientou/mandou/cuidar/tomar/esta/ja",
    "WILL .4 LAWYER",
    "acionar/procurar/consultar/contratar/falar .3 LAWYER",
    "acionar/procurar/chamar/acionei .2 AUTHORITY",
    "procon/anpd/reclameaqui",
    "reclame aqui",
    "reclamar/reclamacao/denunciar/denuncia/denunciei/queixa .4 AUTHORITY",
    "WILL .3 processar .2 voce/empresa/te/hospital/END",
    "WILL .3 processar .2 se/por",
    "eu? te/voce processo",
    "eu processo voce/te",
    "entrar/entrei .1 com .2 acao/processo",
    "mover .1 acao/processo",
    "processo/acao/notificacao/medida/medidas/via/acordo .1 LEGALLY",
    "processo contra",
    "entrar .1 em justica",
    "em justica",
    "medidas .1 legais/cabiveis/judicial",
    "noticia/noticias de/do .1 meu LAWYER",
    "boletim de ocorrencia",
    "dano/danos moral/morais",
)

_OWN_DATA: Final = _patterns(
    "ERASE .2 meu DATA",
    # Whoever takes out a registration (at the CRM) asks us for nothing.
    "tirar .2 meu dado/dados/cadastro/informacao/informacoes",
    "ERASE .4 sobre me/mim/minha",
    "ERASURE .2 meu DATA",
    "ERASURE .1 DATA pessoais",
    "quero/exijo/peco/desejo .3 meu DATA .1 ERASED",
    "direito .2 esquecimento",
    "quero/desejo/exijo .1 ser esquecido/esquecida",
    "revogar/revogo/retirar/retiro .2 consentimento",
    "quais/que dado/dados .1 meu/minha .3 KEEP",
    "quais/que DATA .3 KEEP .1 sobre me/mim/minha",
    "quais/que DATA .2 voce KEEP .1 meu",
    "copia .2 meu DATA",
    "acesso .2 meu dado/dados",
    "portabilidade .2 dado/dados",
    "encarregado .1 de dado/dados",
    "falar .1 com dpo",
    "pela/pelo/conforme/segundo/contra/viola/violando/descumprindo/infringe .1 lgpd",
    "voce .2 lgpd",
)


def _found(patterns: Sequence[re.Pattern[str]], text: str) -> list[re.Match[str]]:
    return [found for pattern in patterns for found in pattern.finditer(text)]


_DENIED = re.compile(r" (?:nao|nunca|nem|sem)(?: [^.?, ]+){0,2} $")
_ABOUT_ONESELF = re.compile(
    r" (?:sou|somos|recursos|ser|corpo|genero|voce e|voce|esposa|marido|irmao|irma|filh[oa])"
    r"(?: e| um| tambem)? $"
)
_ELSEWHERE = re.compile(
    r"^(?:[^.?, ]+ ){0,1}(?:do|de|em) (?:hospital|rh|clinica|upa|plantao|enfermaria)"
)


def _stands(found: re.Match[str]) -> bool:
    """Whether the words are meant: not denied, of oneself or of some hospital's staff."""
    before = found.string[max(0, found.start() - _REACH) : found.start()]
    after = found.string[found.end() : found.end() + _REACH]
    return not (
        (_DENIED.search(before) and "robo" not in found[0])
        or _ABOUT_ONESELF.search(before)
        or _ELSEWHERE.match(after)
    )


_REACH: Final = 60

_STRONG: Final = word_set("""
    pessimo pessima pessimos horrivel horriveis ridiculo ridicula ridiculos absurdo absurda
    palhacada vergonha vergonhoso vergonhosa lixo merda porcaria bosta nojo nojento nojenta odeio
    odiei odio golpe golpista golpistas picareta picaretas mentira mentiras mentiroso mentirosa
    mentirosos enganacao enganado enganada enganaram desrespeito desrespeitoso desrespeitosa
    incompetente incompetentes incompetencia revoltado revoltada revoltante indignado indignada
    decepcionado decepcionada decepcao puto puta raiva inaceitavel inadmissivel irresponsavel
    irresponsaveis irresponsabilidade descaso sacanagem insuportavel safado safados ladrao ladroes
    roubo vagabundo vagabunda vagabundos patetico patetica nojeira
    """)
_INSULTS = re.compile(
    r" (?:idiotas?|imbecil|imbecis|otari[oa]s?|burr[oa]s?|palhac[oa]s?|desgracad[oa]s?|fdp|vsf|vtnc"
    r"|retardad[oa]s?|filh[oa] do puta|vai (?:se|te) (?:foder|fuder|ferrar|catar|lascar)"
    r"|va (?:se|te) (?:foder|fuder|ferrar|catar)|vai tomar em|vai a merda|escrot[oa]s?|babacas?) "
)
_NOT_AT_US: Final = word_set("""
    sou fui paciente pacientes colega chefe transito coordenador coordenadora aquele chuva aula
    hospital jogo clima filme vizinho
    """)


_ASKED_ABOUT: Final = frozenset({"golpe", "mentira", "golpista"})
"""A question for these shows distrust, not dislike."""

_SENTENCE = re.compile(r"([^.?]+)([.?]|$)")


def _strong_dislike(said: str) -> bool:
    """Whether insults or several strong words are said to us, and not of others or oneself."""
    strong: set[str] = set()
    for sentence, end in _SENTENCE.findall(said):
        words = sentence.split()
        if _NOT_AT_US & set(words) and "voce" not in words:
            continue
        if _INSULTS.search(f" {sentence} "):
            return True
        strong |= {
            word
            for index, word in enumerate(words)
            if word in (_STRONG - _ASKED_ABOUT if end == "?" else _STRONG)
            and not {"nao", "nada", "nem", "sem"} & set(words[max(0, index - 2) : index])
        }
    return len(strong) >= STRONG_WORDS


_CORRECTING = re.compile(
    r" (?:nao (?:foi|e|era) (?:nada )?(?:isso|esse|essa)(?: nao)?(?= *$| que eu| mas)"
    r"|nao (?:foi )?isso (?:nao )?(?:que )?(?:eu )?(?:pedi|falei|disse|perguntei|quis)"
    r"|(?:voce )?errou|(?:voce )?(?:entendeu|leu|respondeu|marcou|anotou|viu) (?:tudo )?errado"
    r"|voce nao (?:entendeu|leu|ouviu|esta entendendo)|nao entendeu"
    r"|(?:eu )?ja (?:te )?(?:falei|disse|expliquei|respondi|informei|avisei)"
    r"(?: \w+ vezes| \d+x)? (?:isso|que)(?! sim| gost)"
    r"|(?:eu )?nao (?:falei|disse|pedi|perguntei) (?:isso|nada)"
    r"|(?:esta|continua) (?:tudo )?errado|errado de novo|presta atencao|leia direito|le direito"
    r"|(?:eu )?(?:falei|disse|pedi) [^.?]{1,30}nao ) ?"
)
_AGAIN = re.compile(
    r" (?:de novo|outra vez|novamente|segunda vez|duas vezes|tres vezes|\d+ ?x|vezes) "
)


def _corrections(said: str) -> int:
    """How often a message corrects us; "errou de novo" says itself that it is the second time."""
    if not any(
        _CORRECTING.search(f" {sentence} ")
        for sentence, end in _SENTENCE.findall(said)
        if end != "?"
    ):
        return 0
    return CORRECTIONS if _AGAIN.search(said) else 1
