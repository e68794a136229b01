"""Whether a draft says that something was done, or will be, with nothing behind it."""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from julia_brain.domain.checks import claims as reading
from julia_brain.domain.checks.amounts import Amount
from julia_brain.domain.checks.claims import Claim, Kind, Reading, local_times, place_fits
from julia_brain.domain.checks.dates import Day
from julia_brain.domain.checks.daytime import Daytime
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.domain.checks.hours import Hours
from julia_brain.domain.checks.places import Address, Place
from julia_brain.domain.checks.stance import is_negated, is_open
from julia_brain.domain.checks.words import Clause, one_of, shown, whole_words
from julia_common.database import Shift

_TO_DOCTOR: Final = (
    r"(?:(?:te|ti|lhe|ja|vc|voce|seu|o seu|a sua|sua|nome|doutora?|dr|dra|esse|essa|o|a)\s+){0,3}"
)

_BOOKED_NOW = whole_words(
    r"""
    reservei | reservamos | confirmei | confirmamos | garanti | garantimos | segurei | seguramos
    agendei o plantao | agendei vc | agendei voce | te agendei
    marquei (?:vc|voce|seu|o seu|teu|o plantao) | te marquei | te escalei | escalei | te inclui
    inclui (?:vc|voce|seu nome) | te inscrevi | inscrevi | te encaixei | encaixei | te coloquei
    coloquei (?:vc|voce|seu nome|teu nome|o seu nome) | botei (?:vc|voce|seu nome|teu nome)
    te botei | te pus | bloqueei | bati o martelo | fechei | fechamos | te cadastrei (?:no|na)
    anotei (?:vc|voce|seu nome|teu nome|o seu nome)
    consegui (?:a|o|essa|esse|sua|seu) (?:vaga|plantao)
    acabei de (?:reservar|confirmar|fechar|garantir)
    consegui (?:reservar|confirmar|fechar|garantir|encaixar|segurar)
    deixei (?:\w+\s+){0,3}(?:reservad|separad|garantid|confirmad|segur|guardad|certo|marcad)\w*
    guardei (?:\w+ ){0,2}(?:vaga|plantao|lugar|data|sabado|domingo|pra vc|pra voce) | carimbei
    (?:vaga|plantao|esse|essa)(?: ja)? ta na (?:mao|sua mao)
    """
)
_BOOKED_STATE = whole_words(
    r"""
    (?:reservad|confirmad|garantid|fechad|agendad|escalad|segurad|acertad)(?:issim)?[oa]s?
    (?:marcad|encaixad|assegurad|inscrit)(?:issim)?[oa]s?
    reserva (?:feita|realizada|efetuada|concluida|registrada|efetivada|ok)
    sua vaga | sua reserva | seu plantao | teu plantao | tua vaga | na sua agenda
    (?:e|eh|ta|sao|fica|ficam|ficou|ficaram|todo|toda)\s+(?:todo |toda )?(?:seu|sua|teu|tua)s?
    (?:plantao|vaga)\s+(?:(?:do|no|da|na|de)\s+\w+\s+){0,3}(?:agora |ja )?ficou (?:seu|sua|teu|tua)
    (?:e|eh|fica|ficou) d[ao] (?:senhora?|doutora?) | (?:e|eh) noss[oa] | (?:ta|esta) contigo
    fic(?:ou|aram) contigo | fic(?:ou|aram) (?:com|pra) (?:vc|voce|o senhor|a senhora|[oa] doutora?)
    (?:seu|teu) nome (?:ja )?(?:consta|esta|ta|foi|entrou|ficou|vai)
    (?:no|em|com) (?:seu|teu) nome
    (?:seu|teu) nome (?:\w+ )?(?:na|no|pr[ao]|para a?|ao?)\s+\w+
    (?:vc|voce) (?:ta|esta) (?:dentro|na escala|no plantao)
    ta na escala | ta dentro | ta no sistema
    considera(?:r|do)?\s+(?:o |a |esse |essa )?(?:plantao|vaga|ja|seu|sua)
    (?:marcar?|anotar?|bloqueia|bloquear|reservar?)\s+(?:ai\s+)?(?:a |na )?(?:sua )?agenda
    (?:pode )?desmar(?:ca|car|que) (?:os |seus |o resto|outros)\w*
    te espera(?:m|mos)? | te aguarda(?:m|mos)? | nos vemos | te vejo
    pode (?:ir|comparecer|contar|aparecer) | (?:e )?so (?:ir|chegar|aparecer|comparecer)
    tudo certo (?:pro|para o|com o|pra) (?:seu |o )?(?:plantao|dia|sabado|domingo|[a-z]+a)
    ta na mao | bateu o martelo | negocio feito | (?:ta|esta|tao|estao) valendo
    """
)
_WILL_BOOK = re.compile(
    r"\b(?:vou|irei|ja vou|to|tou|estou|deixa que eu|deixa eu|pode deixar que eu|vamos)\s+"
    rf"{_TO_DOCTOR}(?:ja\s+)?(?:reserv(?:ar|ando|o)|garant(?:ir|indo|o)|segur(?:ar|ando|o)|escal"
    r"(?:ar|ando)|encaix(?:ar|ando)|fech(?:ar|ando)|coloc(?:ar|ando) (?:vc|voce|seu nome"
    r"|teu nome)"
    r"|bloque(?:ar|ando)|inscrev(?:er|endo)|confirm(?:ar|ando) (?:o\s+|a\s+)?(?:sua|seu|teu|tua"
    r"|vc|voce|sua presenca|plantao|vaga|reserva))\b"
    r"|\b(?:reservo|garanto|te coloco|te escalo|te encaixo)\b"
)
_HOLDS = re.compile(r"confirmad|garantid|fechad|(?:e|eh|ta|ficou|ficam?|sao) (?:seu|sua|teu|tua)")
"""What is not merely a name of the booking that was given back."""
_SAYS_ELSE = whole_words(
    r"""
    continuam? | segue[m]? | permanecem? | mantive | mantenho | mantid[oa]s? | tem | tenho | temos
    quer | posso | prefere | topa | livres? | abert[oa]s? | disponive(?:l|is) | tambem | ainda
    outr[oa]s? | preenchid[oa]s? | cancel\w+ | desmar\w+ | sai | termina | acaba
    \w+[aei]ria | liberei | tirei | reserv\w+
    confirm\w+ | garant\w+ | surgiu | abriu | achei | se (?:quiser|precisar|mudar) | qualquer
    obrigad[oa]
    """
)
"""What makes a clause say something of its own about a shift, perhaps another."""
_DONE = re.compile(r"^\W*(?:prontinho|feito|fechado|confirmado|reservado)\b")
_ALONE = re.compile(r"\W*fechado\W*")
_AGREED = re.compile(r"\bcombinad[oa]\b")
_FIXED_PRICE = re.compile(
    r"\b(?:e|eh|valor|preco|custa|paga)\s+(?:de\s+)?(?:r\$\s*)?[\d.,]+\s+(?:reais\s+)?$"
)
"""Before "fechado": a price that does not move."""
_ASSIGNS = re.compile(
    r"\b(?:vc|voce|o senhor|a senhora)\s+(?:ja\s+)?(?:entra|comeca|pega|cobre|assume|chega|trabalha"
    r"|ficou (?:com|n[oa])|pegou|vai estar"
    r"|vai (?:fazer|cobrir|entrar|trabalhar|assumir))\b"
)
"""That the doctor works a shift, said as a matter of course."""
_TAKEN_BY_OTHERS = whole_words(
    r"""
    ja foi | foi | outr[oa] | preenchid[oa] | infelizmente | acabou | pegaram | nao esta mais
    por outro | colega | alguem | outra pessoa | concorrid
    """
)
_LATER = re.compile(
    r"\b(?:precisa|preciso|precisamos|falta|ainda|depende|so depois|so fica|so e|antes|apos"
    r"|depois de|so vale|quando|assim que|se|caso|pra|para|ate|so)\b"
    r"(?:\s+\w+){0,4}\s*$"
)
_NOT_BOOKING_AFTER = re.compile(
    r"^\s*(?:pra|para|por)\s+(?:outr[oa]|alguem)|^\s+(?:na|em|numa|nessa)\s+(?:lista|fila)|^\s+"
    r"(?:os dados|o valor|o endereco|se|isso|as informacoes|seu interesse|sua disponibilidade"
    r"|seus dados|que tem|que ha|que o valor)\b"
)
_ASKS_LEAVE = whole_words(
    r"""
    quer | posso | topa | prefere | deseja | gostaria | pode | vamos | bora | devo | seria
    podemos | me autoriza | quer que | confirma
    """
)

_CANCELLED = whole_words(
    r"""
    cancelamento (?:feito|realizado|concluido|efetuado|registrado|ok)
    tirei (?:\w+ ){0,4}(?:da sua|da|do seu) (?:escala|agenda) | cancelei | cancelamos
    cancelad[oa]s? | desmarquei | desmarcamos | desmarcad[oa]s?
    liberei (?:a|sua|seu|o|essa|esse) (?:vaga|plantao|data)
    tirei (?:vc|voce|seu nome|teu nome) (?:da escala|do plantao|da vaga|desse|da)
    te tirei (?:da|do|desse) | removi (?:vc|voce|seu nome) (?:da escala|do plantao|da vaga)
    desisti por vc | dei baixa | vou (?:ja )?(?:te )?(?:cancelar|desmarcar) | cancelando
    to cancelando | retirei (?:vc|voce|seu nome)
    vc (?:nao )?(?:esta|ta) (?:mais )?fora da escala
    """
)
_WAITING = re.compile(
    r"\b(?:lista de espera|fila de espera|lista de reserva|lista de interessad\w+)\b|\bna (?:fila"
    r"|lista)\b|\b(?:vc|voce) (?:e|eh|sera|vai ser) (?:o|a) (?:proxim[oa]|primeir[oa])\b"
    r"|\b(?:se|caso|assim que|quando)\s+(?:alguem|outro|o medico|a medica|essa|esse|ele|ela)\s+"
    r"(?:\w+\s+){0,2}(?:desist\w+|cancel\w+|abr\w+|lib\w+|vag\w+)\b(?=.{0,40}\b(?:te|aviso|chamo"
    r"|sua|seu)\b)"
)
_WAITING_SAID = whole_words(
    r"""
    coloquei | pus | botei | entrou | incluid[oa] | inclui | esta | ta | ja | anotei | ficou
    vou (?:te )?(?:colocar|por|incluir) | te coloco | te inclui | te adicionei | adicionei
    proxim[oa] | primeir[oa] | aviso | chamo | te
    """
)
_REMINDER = whole_words(
    r"""
    vou te lembrar | te lembro | te lembrarei | lembro vc | lembro voce
    (?:agendei|marquei|criei|programei|deixei)\s+(?:\w+\s+){0,3}(?:lembrete|alarme|aviso|alerta)
    (?:anotei|coloquei|ativei|configurei)\s+(?:\w+\s+){0,3}(?:lembrete|alarme|aviso|alerta)
    lembrete (?:agendado|criado|marcado|programado|ativado|anotado|ta|esta)
    vou (?:criar|agendar|programar|deixar|por) (?:um |o )?(?:lembrete|alarme)
    """
)
_RETURN_AT = re.compile(
    r"\b(?:te\s+(?:chamo|aviso|retorno|respondo|mando|escrevo|ligo|procuro|falo|cutuco"
    r"|dou um toque|dou retorno)|(?:te\s+)?(?:volto|retorno|retornarei|chamarei)|falo com (?:vc"
    r"|voce)|vou te (?:chamar|avisar|retornar|mandar|escrever|ligar|procurar|responder)|te "
    r"(?:chamarei|avisarei|ligarei)|volto a (?:te )?(?:falar|chamar))\b"
)
_VAGUE_TIME = whole_words(
    r"""
    amanha | hoje (?:a noite|a tarde|mais tarde|ainda) | ainda hoje | mais tarde
    daqui a (?:pouco|\w+)
    em (?:\d+|uns|dez|cinco|alguns|poucos) (?:min\w*|minutos|horas?|h|dias) | semana que vem
    na (?:segunda|terca|quarta|quinta|sexta) | no (?:sabado|domingo)
    (?:segunda|terca|quarta|quinta|sexta)[- ]feira
    as \d{1,2}(?:h\d*|:\d\d)? | depois do almoco | a noite
    de manha
    """
)
_SOMEBODY: Final = one_of(
    r"""
    equipe | time | pessoa | humano | atendente | gestora? | coordenadora? | coordenacao | gerente
    supervisora? | colega | diretoria | juridico | financeiro | responsavel | alguem | suporte
    """
)
_TOWARDS: Final = (
    r"(?:\s+\w+){0,5}?\s*\b(?:com|pr[ao]|para|ao?|n[oa]|uma?|noss[oa])?\s*"
    r"(?:[ao] |noss[oa] |uma? )?"
)
_ASKED_SOMEBODY: Final = one_of(
    r"""
    chamei | acionei | avisei | notifiquei | transferi | encaminhei | repassei | passei | mandei
    comuniquei | falei | conversei | alinhei | chequei | verifiquei | confirmei | consultei
    combinei | acertei | tratei | perguntei | negociei | pedi | solicitei
    """
)
_ASKING_SOMEBODY: Final = one_of(
    r"""
    cham(?:ar|ando) | acion(?:ar|ando) | transfer(?:ir|indo) | encaminh(?:ar|ando) | pass(?:ar|ando)
    conect(?:ar|ando) | colocar | pedir pra | pedir para
    """
)
_SOMEBODY_NAMED: Final = one_of(
    r"""
    alguem | uma pessoa | uma colega | um colega | a equipe | o time | a coordenacao | nosso time
    nossa equipe | a gestora | o gestor | um humano | um atendente | uma atendente | o financeiro
    o juridico | a coordenadora | o coordenador
    """
)
_OF_OURS: Final = r"(?:\s+d[aoe]\s+(?:noss[ao]\s+)?\w+)?"
_DOES: Final = (
    r"(?:ja\s+)?(?:te\s|ciente|sabendo|avisad|entrar|em\b|assumir|seguir|continuar|responder|falar"
    r"|ligar|chamar|cuidar|resolver|retornar)\w*"
)
_PERSON = whole_words(
    rf"""
    {_ASKED_SOMEBODY}\b{_TOWARDS}(?:{_SOMEBODY}|hospital|chefe|escala)
    (?:vou|irei|tou?|estou)\s+(?:te\s+)?(?:ja\s+)?{_ASKING_SOMEBODY}\b{_TOWARDS}{_SOMEBODY}
    (?:te (?:passo|transfiro|encaminho|conecto)|chamo|transfiro)\b{_TOWARDS}{_SOMEBODY}
    cadastro (?:ja )?(?:foi|esta|ta) aprovado
    documentos? (?:ja )?(?:foram|estao) (?:aprov|valid)ados
    {_SOMEBODY_NAMED}{_OF_OURS}\s+(?:ja\s+)?(?:vai|vao|ira|irao|entra|esta|ta)\s+{_DOES}
    """
)
_OPTED_OUT = re.compile(
    r"\b(?:tirei|removi|exclui|apaguei|retirei|bloqueei)\s+(?:o\s+)?(?:seu|teu)\s+(?:contato|numero"
    r"|telefone|cadastro)\b|\bnao (?:vai|ira) (?:mais )?receber\b|"
    r"\b(?:tirei|removi|exclui|apaguei|retirei|bloqueei)\s+(?:o\s+)?(?:vc|voce|seu|teu|sua)\s*"
    r"(?:contato|numero|nome|telefone|cadastro)?\s*(?:da|das|do|dos)\s+(?:nossa\s+|minha\s+)?"
    r"(?:lista|base|cadastro|contatos|envios|sistema)\b"
    r"|\b(?:nao|nunca mais)\s+(?:vou\s+|vamos\s+|iremos\s+)?(?:mais\s+)?(?:te\s+|lhe\s+)?"
    r"(?:mand\w+|envi\w+|incomod\w+|cham\w+|perturb\w+|procur\w+|contat\w+|receb\w+)\s+(?:mais"
    r"|nenhuma|mensage\w+|nada|te)\b"
    r"|\bninguem\s+(?:daqui\s+)?(?:mais\s+)?(?:vai|ira)\s+(?:mais\s+)?te\s+"
    r"(?:mandar|enviar|incomodar|chamar|perturbar|procurar|escrever|ligar)\b"
    r"|\bvc nao (?:vai|ira) (?:mais )?receber\b|\bpode deixar,? nao te (?:chamo|mando|procuro"
    r"|incomodo) mais\b"
)

_DOCUMENT_RECEIVED = re.compile(
    r"\brecebi\b[^.!?]*\b(?:documento|crm|rqe|foto|cpf|diploma|certificado|comprovante|arquivo)"
)
"""What was sent is kept for the team, with nobody called."""
_NOT_RIGHT_BEFORE = re.compile(r"\bnao\s+\w*\s*$")
_CONDITION = re.compile(r"\b(?:se|caso|quando|assim que|so depois|depende|antes)\b[^.!?]{0,40}$")
_WANTS = re.compile(r"\bquer(?: que)?\b")
_ASKED_BEFORE = whole_words(
    r"""
    quer | posso | prefere | topa | deseja | gostaria | podemos | devo
    """
)
_AS_THEY_LIKE = re.compile(
    r"\b(?:se|caso)\s+(?:vc\s+|voce\s+)?(?:quis|quer|prefer|precis|desej|achar)\w*"
)
_TAG = re.compile(r"\b(?:ta|ok|blz|certo|ne|tudo bem|beleza)\W*$")
"""A question that asks nothing: "reservei pra vc, tá?"."""
_PAST = re.compile(r"(?:ja )?(?:\w+ei|\w+amos|te coloquei)\b")


def unfounded_promise(text: str, evidence: Evidence) -> Flaw | None:
    """Which promise is made that no tool of this turn and no booking stands behind."""
    read = reading.read(shown(text), evidence)
    for sentence in read.sentences:
        for clause in sentence:
            flaw = _in_clause(clause, read, evidence)
            if flaw is not None:
                return flaw
    return None


def _in_clause(clause: Clause, read: Reading, evidence: Evidence) -> Flaw | None:
    heard = {
        Flaw.PROMISED_OPT_OUT: not evidence.opted_out
        and any(
            _asserted(clause, found, negation=False) for found in _OPTED_OUT.finditer(clause.text)
        ),
        Flaw.PROMISED_WAITING: not evidence.waiting and _says_waiting(clause),
        Flaw.PROMISED_CANCELLATION: _says(_CANCELLED, clause)
        and not _stands(clause, read, evidence, evidence.cancelled),
        Flaw.PROMISED_PERSON: not evidence.handing_over
        and not _DOCUMENT_RECEIVED.search(clause.before)
        and _says(_PERSON, clause),
        Flaw.PROMISED_REMINDER: not evidence.reminded
        and (_says(_REMINDER, clause) or (not evidence.handing_over and _says_return(clause))),
    }
    return next((flaw for flaw, said in heard.items() if said), None) or _booking(
        clause, read, evidence
    )


def _says(pattern: re.Pattern[str], clause: Clause) -> bool:
    return any(_asserted(clause, found) for found in pattern.finditer(clause.text))


def _says_waiting(clause: Clause) -> bool:
    sentence = clause.before + clause.text
    if re.search(
        r"\b(?:se|caso|assim que|quando)\s+(?:alguem|outro|o medico|a medica)\b", clause.text
    ):
        whole = clause.text + clause.after
        return (
            bool(
                _WAITING.search(whole)
                and re.search(
                    r"\b(?:te (?:aviso|chamo|falo|mando)|(?:e|eh|fica) (?:sua|seu)|vc (?:e"
                    r"|entra))\b",
                    whole,
                )
            )
            and not clause.asks
        )
    return any(
        _asserted(clause, found) and bool(_WAITING_SAID.search(sentence))
        for found in _WAITING.finditer(clause.text)
    )


def _says_return(clause: Clause) -> bool:
    whole = clause.text + clause.after
    return any(
        _asserted(clause, found) and bool(_VAGUE_TIME.search(_near(whole, clause, found)))
        for found in _RETURN_AT.finditer(clause.text)
    )


def _near(whole: str, clause: Clause, found: re.Match[str]) -> str:
    before = (clause.before + clause.text[: found.start()])[-25:]
    return f"{before} | {whole[found.end() :][:45]}"


def _booking(clause: Clause, read: Reading, evidence: Evidence) -> Flaw | None:
    mine = evidence.held | evidence.booked
    for found in (*_BOOKED_NOW.finditer(clause.text), *_WILL_BOOK.finditer(clause.text)):
        rest = clause.text[found.end() :]
        asked_others = found.group().startswith("confirm") and rest.startswith(" com")
        if asked_others or not _asserted(clause, found) or _NOT_BOOKING_AFTER.match(rest):
            continue
        behind = mine if re.search(r"\bja\b", clause.text) and evidence.booked else evidence.held
        if not _stands(clause, read, evidence, behind):
            return Flaw.PROMISED_BOOKING
    given_back = _stands(clause, read, evidence, evidence.cancelled) and _says(_CANCELLED, clause)
    booked = any(
        _says_booked(clause, found) and not (given_back and not _HOLDS.search(found.group()))
        for found in _BOOKED_STATE.finditer(clause.text)
    )
    if (
        (booked and not _stands(clause, read, evidence, mine))
        or _assigns_another(clause, read, evidence, mine)
        or _closes_a_deal(clause, read, evidence)
    ):
        return Flaw.PROMISED_BOOKING
    return None


def _says_booked(clause: Clause, found: re.Match[str]) -> bool:
    before = clause.text[: found.start()]
    fixed = found.group() == "fechado" and _FIXED_PRICE.search(before)
    taken = _TAKEN_BY_OTHERS.search(clause.before + clause.text)
    alone = _ALONE.fullmatch(clause.text)  # judged by what was done at all
    return _asserted(clause, found) and not (alone or fixed or taken or _LATER.search(before))


def _assigns_another(
    clause: Clause, read: Reading, evidence: Evidence, mine: frozenset[str]
) -> bool:
    """Whether a doctor who has a shift is told to work another."""
    named = {claim.kind for claim in read.in_clause(clause)} & {Kind.DAY, Kind.HOSPITAL}
    assigned = any(_asserted(clause, found) for found in _ASSIGNS.finditer(clause.text))
    return bool(mine and named) and assigned and not _stands(clause, read, evidence, mine)


def _closes_a_deal(clause: Clause, read: Reading, evidence: Evidence) -> bool:
    """Whether a clause says "prontinho" with nothing done, or "combinado" of a shift not booked."""
    if clause.asks:
        return False
    mine = evidence.held | evidence.booked
    something_done = (
        mine
        or evidence.cancelled
        or evidence.waiting
        or evidence.reminded
        or evidence.opted_out
        or evidence.handing_over
    )
    if _DONE.match(clause.text):
        if not something_done:
            return True
        shifts = mine | evidence.cancelled
        if evidence.held and not _stands(clause, read, evidence, shifts):
            return True
    agreed = _AGREED.search(clause.text)
    tied = any(
        claim.kind is not Kind.CITY and _same_sentence(claim, clause) for claim in read.claims
    )
    return (
        agreed is not None
        and tied
        and not is_negated(clause, agreed)
        and not (evidence.reminded or _stands(clause, read, evidence, mine))
    )


def _asserted(clause: Clause, found: re.Match[str], *, negation: bool = True) -> bool:
    """Whether the words stand as a fact: no question for leave, no condition, no negation."""
    before = clause.text[: found.start()]
    if negation and (is_negated(clause, found) or _NOT_RIGHT_BEFORE.search(before)):
        return False
    if is_open(clause, found) or _CONDITION.search(before):
        return False
    if _AS_THEY_LIKE.search((clause.before + before)[-50:]) and not _PAST.match(found.group()):
        return False
    return not _asks_leave(clause, found, before)


def _asks_leave(clause: Clause, found: re.Match[str], before: str) -> bool:
    """Whether the doctor is asked first: "posso reservar?", "quer que eu chame alguém?"."""
    if _WANTS.search(before[-25:]):
        return True
    offers = _ASKS_LEAVE.search(before) or re.match(r"\s*(?:vou|posso|te)\b", found.group())
    if offers and clause.asks:
        return True
    if re.search(r"\b(?:quer que|posso|prefere)\b", before):
        return True
    if clause.asks and not clause.after.strip(" ?!") and _is_question(clause, found):
        return True
    asked_before = clause.asks and _ASKED_BEFORE.search(clause.before[-60:])
    return bool(asked_before) and not _PAST.match(found.group())


def _is_question(clause: Clause, found: re.Match[str]) -> bool:
    """Whether the clause itself asks; "reservei pra vc, tá?" tells."""
    tag = _TAG.search(clause.text)
    told = re.match(r"(?:\w+ei|\w+amos|te coloquei)\b", found.group())
    return not told or (not tag and bool(re.match(r"^\W*(?:ja|vc|voce)\b", clause.text)))


def _same_sentence(claim: Claim, clause: Clause) -> bool:
    start = clause.span.start - len(clause.before)
    return start <= claim.said.start < clause.span.end + len(clause.after)


def _stands(clause: Clause, read: Reading, evidence: Evidence, ids: frozenset[str]) -> bool:
    """Whether one of these shifts is the one that the sentence talks of, as far as it says."""
    if not ids:
        return False
    shifts = [shift for shift in evidence.shifts if shift.id in ids]
    if not shifts:
        return True
    meant = [claim for part in _about(clause, read) for claim in read.in_clause(part)]
    return all(any(_names(claim, shift, evidence) for shift in shifts) for claim in meant)


def _about(clause: Clause, read: Reading) -> Iterator[Clause]:
    """The clauses that tell which shift a clause is about.

    Itself; its neighbours, as far as they say nothing else of a shift; and where none of these
    names one, what the next sentence goes on to tell: "Reservado! Domingo, das 7h às 19h."
    """
    number, place = next(
        (number, place)
        for number, sentence in enumerate(read.sentences)
        for place, one in enumerate(sentence)
        if one.span == clause.span
    )
    sentence = read.sentences[number]
    near = [
        *takewhile(_goes_along, reversed(sentence[:place])),
        clause,
        *takewhile(_goes_along, sentence[place + 1 :]),
    ]
    yield from near
    if not any(
        claim.kind in {Kind.HOSPITAL, Kind.DAY} for one in near for claim in read.in_clause(one)
    ):
        for following in read.sentences[number + 1 :]:
            asks = following[-1].asks and not _TAG.search(following[-1].text)
            if asks or not all(_goes_along(one) for one in following):
                return
            yield from following


def _goes_along(clause: Clause) -> bool:
    """Whether a clause may only add to what its neighbour says of a shift."""
    return not _SAYS_ELSE.search(clause.text)


def _names(claim: Claim, shift: Shift, evidence: Evidence) -> bool:
    begins, ends = local_times(shift)
    match claim.said:
        case Place() | Address():
            return place_fits(shift.hospital, claim)
        case Day() as day:
            return day.fits(ends.date() if claim.kind is Kind.LAST_DAY else shift.data)
        case Hours() | Daytime() as hours:
            return hours.fits(begins, ends)
        case Amount(centavos=centavos):
            return _may_pay(shift, centavos, evidence)
    return True


def _may_pay(shift: Shift, centavos: int, evidence: Evidence) -> bool:
    """Whether an amount is no other shift's: what it is at all is for `invention` to judge."""
    others = {other.valor_centavos for other in evidence.shifts if other.id != shift.id}
    theirs = {shift.valor_centavos, shift.valor_minimo_centavos, shift.valor_maximo_centavos}
    return centavos in evidence.agreed_centavos | theirs or centavos not in others
