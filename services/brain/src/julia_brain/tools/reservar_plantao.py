"""`reservar_plantao`: hold a shift for the doctor until the commit, or join its waiting list."""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from julia_brain.domain.checks.amounts import amounts_in
from julia_brain.domain.checks.words import fold
from julia_brain.domain.saying import money, shift_words
from julia_brain.tools.arguments import Centavos, ToolArguments, Word
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import Hold, NotDone, Work
from julia_brain.turns.before_claude import doctors_words
from julia_brain.turns.lease import Loss, TurnDropped
from julia_common.database import HoldShift, Shift, ShiftHeld

_ALTERNATIVES: Final = 3

_DESCRIPTION: Final = """\
Reserva um plantão para a pessoa desta conversa. Use só quando ela aceitou claramente um plantão \
específico que você mostrou ("quero", "pode fechar", "fico com esse"). Não use para perguntas, \
interesse ou dúvida, nem por conta própria.
Só diga que está reservado se "status" for "reservada" ou "ja_reservada". A reserva vale com o \
envio da sua resposta. Nos outros casos nada foi reservado: siga a "orientacao" do resultado.
Se a pessoa pedir outro valor, passe-o em "valor": só há acordo se "status" for "reservada". Em \
"valor_recusado" não diga qual seria o limite; ofereça alguém da equipe.
Para trocar um plantão por outro que bate com ele, primeiro cancelar_reserva; a reserva do outro \
fica para a próxima mensagem."""


class Arguments(ToolArguments):
    """The shift, and what was agreed on beside it."""

    vaga_id: Annotated[Word, Field(description="O vaga_id que uma ferramenta mostrou.")]
    valor: Annotated[
        Centavos | None,
        Field(
            description="Só se a pessoa pediu um valor diferente do anunciado, ou o valor é uma "
            "faixa ou a combinar: em reais, 1600 para R$ 1.600."
        ),
    ] = None
    lista_espera: Annotated[
        bool,
        Field(
            description='true só depois de um "preenchida", quando a pessoa quer ser avisada se '
            "a vaga abrir de novo."
        ),
    ] = False


_NOT_AVAILABLE: Final = "Esta vaga não está mais disponível. Diga isso e ofereça buscar outra."
_ADVICE: Final = {
    "preenchida": (
        "Outra pessoa acabou de ficar com esta vaga. Diga isso com sinceridade e ofereça uma das "
        "alternativas, se houver. Se quiserem esperar por esta, chame de novo com "
        "lista_espera=true."
    ),
    "valor_recusado": (
        "Nada foi reservado: esse valor não pode ser fechado por aqui. Não prometa e não diga "
        "limites. Pergunte se o valor anunciado serve ou ofereça passar para alguém da equipe "
        "(transferir_para_humano)."
    ),
    "inexistente": _NOT_AVAILABLE,
    "encerrada": _NOT_AVAILABLE,
}
_NO_MORE_BIDS: Final = (
    "Nada foi reservado: um valor para esta vaga já foi recusado e outros não são aceitos nesta "
    "resposta. Ofereça passar para alguém da equipe (transferir_para_humano)."
)
_CONFLICT: Final = (
    "Nada foi reservado: bate com um plantão que a pessoa já tem, ou fica sem o descanso entre os "
    "dois. Diga com qual e ofereça uma alternativa, se houver."
)
_CONFLICT_GIVEN_BACK: Final = (
    "Nada foi reservado ainda: o cancelamento do outro plantão só vale com o envio desta resposta. "
    "Confirme o cancelamento e peça à pessoa que confirme este na próxima mensagem."
)


_NEVER_NAMED: Final = (
    'A pessoa não disse esse valor, então nada foi reservado. Reserve sem "valor" pelo anunciado, '
    "ou pergunte quanto ela quer."
)
_BELOW: Final = (
    'Esse valor é menor que o anunciado e nada foi reservado. Reserve sem "valor": vale o '
    "anunciado."
)


async def _run(asked: Arguments, work: Work) -> Result:
    shown = work.shown(asked.vaga_id)
    if asked.valor is not None and asked.valor != shown.valor_centavos:
        _must_be_a_bid(asked.valor, shown, work)
        if shown.id in work.bids_refused:
            return _refusal(work, shown, "valor_recusado", _NO_MORE_BIDS)
    held = await work.shifts.hold_shift(
        HoldShift(
            conversa_id=work.conversa_id,
            token=work.token,
            turno_id=work.begun.turno_id,
            control_epoch=work.begun.control_epoch,
            vaga_id=shown.id,
            valor_centavos=asked.valor,
        )
    )
    shift = held.vaga or shown
    others = held.alternativas[:_ALTERNATIVES]
    work.known.show((shift, *others))
    if held.status != "segurada":  # an earlier hold of this turn is not ours any more
        work.held.pop(shown.id, None)
    if held.status == "valor_recusado":
        work.bids_refused.add(shown.id)
    return _told(asked, work, shift, held)


def _told(asked: Arguments, work: Work, shift: Shift, held: ShiftHeld) -> Result:
    others = held.alternativas[:_ALTERNATIVES]
    match held.status:
        case "perdido":
            raise TurnDropped(Loss.LEASE)
        case "pausa":
            raise TurnDropped(Loss.PAUSE)
        case "segurada":
            return _held(asked, work, shift, held)
        case "ja_sua":
            return _already(work, shift)
        case "conflito":
            return _conflict(work, shift, held.conflito_com, others)
        case "preenchida" if asked.lista_espera:
            return _waits(work, shift)
        case status:
            return _refusal(work, shift, status, _ADVICE[status], others)


def _must_be_a_bid(centavos: int, shift: Shift, work: Work) -> None:
    """Raise `NotDone` for a price that the doctor did not name or that is below the announced."""
    if centavos not in _named_by_the_doctor(work):
        raise NotDone(_NEVER_NAMED)
    if shift.valor_centavos is not None and centavos < shift.valor_centavos:
        raise NotDone(_BELOW)


def _named_by_the_doctor(work: Work) -> frozenset[int]:
    """Centavos of all amounts that the doctor wrote or said, as far back as history is shown."""
    theirs = (one for one in work.begun.history if one.autor_tipo == "medico")
    said = doctors_words((*theirs, *work.begun.pending))
    return frozenset(amount.centavos for text in said for amount in amounts_in(fold(text)))


def _held(asked: Arguments, work: Work, shift: Shift, held: ShiftHeld) -> Result:
    if asked.lista_espera and shift.id not in work.held:
        # Asking to wait is no acceptance: the hold stays unnamed, so the commit frees it.
        return {
            "status": "livre",
            "vaga": shift_words(shift, work.now),
            "orientacao": "A vaga está aberta e nada foi reservado. Pergunte se a pessoa quer e, "
            "se ela aceitar, chame sem lista_espera.",
        }
    if held.reserva_id is None:
        raise NotDone("A vaga não pôde ser reservada agora. Ofereça alguém da equipe.")
    agreed = shift.valor_centavos if asked.valor is None else asked.valor
    work.held[shift.id] = Hold(held.reserva_id, agreed)
    work.released.discard(shift.id)
    work.waiting.pop(shift.id, None)
    words = shift_words(shift, work.now)
    if agreed is not None:
        words["valor"] = money(agreed)
    return {
        "status": "reservada",
        "vaga": words,
        "orientacao": "Confirme citando hospital, data, horário e valor como estão aqui."
        if agreed is not None
        else "Confirme citando hospital, data e horário. O valor ainda vai ser combinado com a "
        "equipe: não prometa nenhum.",
    }


def _already(work: Work, shift: Shift) -> Result:
    # Asked for again in the turn that gave it back: the doctor keeps it.
    work.cancelled.pop(shift.id, None)
    work.found_booked.add(shift.id)
    return {
        "status": "ja_reservada",
        "vaga": shift_words(shift, work.now),
        "orientacao": "Este plantão já era da pessoa; não foi feita uma segunda reserva.",
    }


def _waits(work: Work, shift: Shift) -> Result:
    work.waiting[shift.id] = None
    return {
        "status": "lista_espera",
        "vaga": shift_words(shift, work.now),
        "orientacao": "Ficou na lista: se a vaga abrir, pode receber uma oferta. Não prometa que "
        "vai abrir nem que será a primeira.",
    }


def _conflict(work: Work, shift: Shift, other: Shift | None, others: Sequence[Shift]) -> Result:
    if other is None:
        return _refusal(work, shift, "conflito", _CONFLICT, others)
    work.known.show((other,))
    given_back = other.id in work.cancelled.keys() | work.released
    advice = _CONFLICT_GIVEN_BACK if given_back else _CONFLICT
    return {
        **_refusal(work, shift, "conflito", advice, others),
        "conflito_com": shift_words(other, work.now),
    }


def _refusal(
    work: Work, shift: Shift, status: str, advice: str, others: Sequence[Shift] = ()
) -> Result:
    result: dict[str, object] = {
        "status": status,
        "vaga": shift_words(shift, work.now),
        "orientacao": advice,
    }
    if others:
        result["alternativas"] = [shift_words(other, work.now) for other in others]
    return result


TOOL: Final = Tool("reservar_plantao", _DESCRIPTION, Arguments, _run)
