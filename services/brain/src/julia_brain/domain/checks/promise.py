"""Whether a draft says that something was done, or will be, with nothing behind it."""

import re
from typing import Final

from julia_brain.domain.checks import claims as reading
from julia_brain.domain.checks.claims import Claim, Kind, Reading, local_times
from julia_brain.domain.checks.dates import Day
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.domain.checks.places import Place
from julia_brain.domain.checks.stance import is_negated, is_open
from julia_brain.domain.checks.words import Clause, shown
from julia_common.database import Shift

_TO_DOCTOR: Final = (
    r"(?:(?:te|ti|lhe|ja|vc|voce|seu|o seu|a sua|sua|nome|doutora?|dr|dra|esse|essa|o|a)\s+){0,3}"
)

_BOOKED_NOW = re.compile(
    r"\b(?:reservei|reservamos|confirmei|confirmamos|garanti|garantimos|segurei|seguramos"
    r"|agendei o plantao|agendei vc|agendei voce|te agendei|marquei (?:vc|voce|seu|o seu|teu"
    r"|o plantao)"
    r"|te marquei|te escalei|escalei|te inclui|inclui (?:vc|voce|seu nome)|te inscrevi|inscrevi"
    r"|te encaixei|encaixei|te coloquei|coloquei (?:vc|voce|seu nome|teu nome|o seu nome)"
    r"|botei (?:vc|voce|seu nome|teu nome)|te botei|te pus|bloqueei|bati o martelo|fechei"
    r"|fechamos|te cadastrei (?:no|na)|anotei (?:vc|voce|seu nome|teu nome|o seu nome)|consegui "
    r"(?:a|o|essa|esse|sua|seu) (?:vaga|plantao)|acabei de (?:reservar|confirmar|fechar|garantir)"
    r"|consegui (?:reservar|confirmar|fechar|garantir|encaixar|segurar)|deixei (?:\w+\s+){0,3}"
    r"(?:reservad|separad|garantid|confirmad|segur|guardad|certo|marcad)\w*|guardei|carimbei"
    r"|(?:vaga|plantao|esse|essa)(?: ja)? ta na (?:mao|sua mao))\b"
)
_BOOKED_STATE = re.compile(
    r"\b(?:reservad[oa]s?|reservadissim[oa]|confirmad[oa]s?|confirmadissim[oa]|garantid[oa]s?"
    r"|garantidissim[oa]|fechad[oa]s?|agendad[oa]s?|escalad[oa]s?|segurad[oa]s?|inscrit[oa]"
    r"|marcad[oa]s?|encaixad[oa]|assegurad[oa]"
    r"|(?:e|eh|fica|ficou) d[ao] (?:senhora?|doutora?)|(?:seu|teu) nome (?:ja )?(?:consta|esta|ta)"
    r"|reserva (?:feita|realizada|efetuada|concluida|registrada|efetivada|ok)"
    r"|sua vaga|sua reserva|seu plantao|teu plantao|tua vaga|(?:e|eh|ta|ja e|ja eh|ficou|agora e"
    r"|todo|toda|ficam?)\s+(?:seu|sua|teu|tua|todo seu|toda sua)|(?:plantao|vaga)\s+(?:(?:do|no"
    r"|da|na|de)\s+\w+\s+){0,3}(?:(?:agora|ja)\s+)?(?:e|eh|ficou)\s+(?:seu|sua|teu|tua)"
    r"|acertad[oa]s?|(?:plantao|vaga)\s+(?:(?:do|no|da|na|de)\s+\w+\s+){0,3}ficou (?:pra|com) "
    r"(?:vc|voce)|considera(?:r|do)?\s+(?:o |a |esse |essa )?(?:plantao|vaga|ja|seu|sua)|(?:marca"
    r"|anota|marcar|anotar|bloqueia|bloquear|reserva|reservar)\s+(?:ai\s+)?(?:a |na |sua |a sua "
    r"|na sua )agenda|te espera(?:m|mos)?|te aguarda(?:m|mos)?|pode (?:ir|comparecer|contar"
    r"|aparecer)|e so (?:ir|chegar|aparecer|comparecer)|so (?:chegar|aparecer|comparecer)|vc "
    r"(?:ta|esta) (?:dentro|na escala|escalad\w|confirmad\w|no plantao)"
    r"|voce (?:ta|esta) (?:dentro|na escala|escalad\w|confirmad\w|no plantao)|ta na escala"
    r"|ta dentro|na sua agenda|tudo certo (?:pro|para o|com o|pra) (?:seu |o )?(?:plantao|sabado"
    r"|domingo|dia|segunda|terca|quarta|quinta|sexta)|ta no sistema|ta na mao|bateu o martelo"
    r"|negocio feito|nos vemos|te vejo|nos vemos la)\b"
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
_DONE = re.compile(r"^\W*(?:prontinho|feito|fechado|confirmado|reservado)\b")
_AGREED = re.compile(r"\bcombinad[oa]\b")
_TAKEN_BY_OTHERS = re.compile(
    r"\b(?:ja foi|foi|outr[oa]|preenchid[oa]|infelizmente|acabou|pegaram|nao esta mais|por outro"
    r"|colega|alguem|outra pessoa|concorrid)\b"
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
_ASKS_LEAVE = re.compile(
    r"\b(?:quer|posso|topa|prefere|deseja|gostaria|pode|vamos|bora|devo|seria|podemos|me autoriza"
    r"|quer que|confirma)\b"
)

_CANCELLED = re.compile(
    r"\b(?:cancelamento (?:feito|realizado|concluido|efetuado|registrado|ok)"
    r"|tirei (?:\w+ ){0,4}(?:da sua|da|do seu) (?:escala|agenda)|cancelei|cancelamos"
    r"|cancelad[oa]s?|desmarquei|desmarcamos|desmarcad[oa]s?|liberei (?:a"
    r"|sua|seu|o|essa|esse) (?:vaga|plantao|data)|tirei (?:vc|voce|seu nome|teu nome) "
    r"(?:da escala|do plantao|da vaga|desse|da)|te tirei (?:da|do|desse)"
    r"|removi (?:vc|voce|seu nome) (?:da escala|do plantao|da vaga)|desisti por vc|dei baixa|vou "
    r"(?:ja )?(?:te )?(?:cancelar|desmarcar)|cancelando|to cancelando|retirei (?:vc|voce"
    r"|seu nome)|vc (?:nao )?(?:esta|ta) (?:mais )?fora da escala)\b"
)
_WAITING = re.compile(
    r"\b(?:lista de espera|fila de espera|lista de reserva|lista de interessad\w+)\b|\bna (?:fila"
    r"|lista)\b|\b(?:vc|voce) (?:e|eh|sera|vai ser) (?:o|a) (?:proxim[oa]|primeir[oa])\b"
    r"|\b(?:se|caso|assim que|quando)\s+(?:alguem|outro|o medico|a medica|essa|esse|ele|ela)\s+"
    r"(?:\w+\s+){0,2}(?:desist\w+|cancel\w+|abr\w+|lib\w+|vag\w+)\b(?=.{0,40}\b(?:te|aviso|chamo"
    r"|sua|seu)\b)"
)
_WAITING_SAID = re.compile(
    r"\b(?:coloquei|pus|botei|entrou|incluid[oa]|inclui|esta|ta|ja|anotei|ficou|vou (?:te )?"
    r"(?:colocar|por|incluir)|te coloco|te inclui|te adicionei|adicionei|proxim[oa]|primeir[oa]"
    r"|aviso|chamo|te)\b"
)
_REMINDER = re.compile(
    r"\b(?:vou te lembrar|te lembro|te lembrarei|lembro vc|lembro voce|(?:agendei|marquei|criei"
    r"|programei|deixei|anotei|coloquei|ativei|configurei)\s+(?:\w+\s+){0,3}(?:lembrete|alarme"
    r"|aviso|alerta)|lembrete (?:agendado|criado|marcado|programado|ativado|anotado|ta|esta)|vou "
    r"(?:criar|agendar|programar|deixar|por) (?:um |o )?(?:lembrete|alarme))\b"
)
_RETURN_AT = re.compile(
    r"\b(?:te\s+(?:chamo|aviso|retorno|respondo|mando|escrevo|ligo|procuro|falo|cutuco"
    r"|dou um toque|dou retorno)|(?:te\s+)?(?:volto|retorno|retornarei|chamarei)|falo com (?:vc"
    r"|voce)|vou te (?:chamar|avisar|retornar|mandar|escrever|ligar|procurar|responder)|te "
    r"(?:chamarei|avisarei|ligarei)|volto a (?:te )?(?:falar|chamar))\b"
)
_VAGUE_TIME = re.compile(
    r"\b(?:amanha|hoje (?:a noite|a tarde|mais tarde|ainda)|ainda hoje|mais tarde|daqui a "
    r"(?:pouco|\w+)|em (?:\d+|uns|dez|cinco|alguns|poucos) (?:min\w*|minutos|horas?|h|dias)"
    r"|semana que vem|na (?:segunda|terca|quarta|quinta|sexta)|no (?:sabado|domingo)|(?:segunda"
    r"|terca|quarta|quinta|sexta)[- ]feira|as \d{1,2}h?|depois do almoco|a noite|de manha)\b"
)
_PERSON = re.compile(
    r"\b(?:(?:ja )?(?:chamei|acionei|avisei|notifiquei|transferi|encaminhei|repassei|passei"
    r"|mandei|comuniquei|falei|conversei|alinhei|chequei|verifiquei|confirmei|consultei|perguntei"
    r"|negociei|pedi|solicitei)\b(?:\s+\w+){0,5}?\s+(?:com|pr[ao]|para|a|ao|o|na|no|um|uma"
    r"|nossa?)?\s*(?:a |o |nossa |nosso |um |uma )?(?:equipe|time|pessoa|humano|atendente"
    r"|gestora?|coordenadora?|coordenacao|gerente|supervisora?|colega|hospital|diretoria|juridico"
    r"|financeiro|responsavel|alguem|chefe|escala|suporte))\b"
    r"|\b(?:vou|irei|to|tou|estou|ja vou|ja to)\s+(?:te\s+)?(?:ja\s+)?(?:chamar|chamando|acionar"
    r"|acionando|transferir|transferindo|encaminhar|encaminhando|passar|passando|conectar"
    r"|conectando|colocar|pedir pra|pedir para)\b(?:\s+\w+){0,5}?\s*(?:com|pr[ao]|para|a|ao)?\s*"
    r"(?:a |o |nossa |nosso |um |uma )?(?:equipe|time|pessoa|humano|atendente|gestora?"
    r"|coordenadora?|coordenacao|gerente|supervisora?|colega|diretoria|juridico|financeiro"
    r"|responsavel|alguem|suporte)\b"
    r"|\b(?:te (?:passo|transfiro|encaminho|conecto)|chamo|transfiro)\b(?:\s+\w+){0,4}?\s*"
    r"(?:pr[ao]|para|a|ao|com)?\s*(?:a |o |um |uma )?(?:equipe|time|pessoa|humano|atendente"
    r"|gestora?|coordenadora?|alguem|colega)\b"
    r"|\b(?:alguem|uma pessoa|uma colega|um colega|a equipe|o time|a coordenacao|nosso time"
    r"|nossa equipe|a gestora|o gestor|um humano|um atendente|uma atendente|o financeiro"
    r"|o juridico|a coordenadora|o coordenador)(?:\s+(?:da|do|de)\s+(?:nossa\s+|nosso\s+)?"
    r"(?:equipe|time|escalas?|suporte|empresa|coordenacao))?\s+(?:ja\s+)?(?:vai|vao|ira|irao"
    r"|entra|esta|ta)\s+(?:ja\s+)?(?:te\s+|ciente|sabendo|avisad\w+|entrar|em|assumir|seguir"
    r"|continuar|responder|falar|ligar|chamar|cuidar|resolver|retornar)"
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
    r"|\bvc nao (?:vai|ira) (?:mais )?receber\b|\bpode deixar,? nao te (?:chamo|mando|procuro"
    r"|incomodo) mais\b"
)

_NOT_RIGHT_BEFORE = re.compile(r"\bnao\s+\w*\s*$")
_CONDITION = re.compile(r"\b(?:se|caso|quando|assim que|so depois|depende|antes)\b[^.!?]{0,40}$")
_WANTS = re.compile(r"\bquer(?: que)?\b")
_ASKED_BEFORE = re.compile(r"\b(?:quer|posso|prefere|topa|deseja|gostaria|podemos|devo)\b")
_AS_THEY_LIKE = re.compile(
    r"\b(?:se|caso)\s+(?:vc\s+|voce\s+)?(?:quis|quer|prefer|precis|desej|achar)\w*"
)
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
        Flaw.PROMISED_PERSON: not evidence.handing_over and _says(_PERSON, clause),
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
    for found in _BOOKED_STATE.finditer(clause.text):
        if not _asserted(clause, found) or _TAKEN_BY_OTHERS.search(clause.before + clause.text):
            continue
        if _LATER.search(clause.text[: found.start()]):
            continue
        if not _stands(clause, read, evidence, mine):
            return Flaw.PROMISED_BOOKING
    return Flaw.PROMISED_BOOKING if _closes_a_deal(clause, read, evidence) else None


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
    if _DONE.match(clause.text) and not something_done:
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
    tag = re.search(r"\b(?:ta|ok|blz|certo|ne|tudo bem|beleza)\W*$", clause.text)
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
    start = clause.span.start - len(clause.before)
    days = [
        claim
        for claim in read.claims
        if start <= claim.said.start < clause.span.end + len(clause.after)
        and claim.kind in {Kind.HOSPITAL, Kind.DAY}
    ]
    return all(any(_names(claim, shift) for shift in shifts) for claim in days)


def _names(claim: Claim, shift: Shift) -> bool:
    match claim.said:
        case Place(key=key):
            return shift.hospital.nome in (key or "").split("|")
        case Day() as day:
            _, ends = local_times(shift)
            return day.fits(shift.data) or day.fits(ends.date())
    return True
