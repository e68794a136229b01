"""`cancelar_reserva`: the doctor gives back a shift."""

from typing import Annotated, Final

from pydantic import Field

from julia_brain.domain.saying import shift_words
from julia_brain.tools.arguments import Sentence, ToolArguments, Word
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import NotDone, Work
from julia_common.database import Cancellation, Shift

_DESCRIPTION: Final = """\
Cancela um plantão reservado pela própria pessoa desta conversa. Use só quando ela disser \
claramente que desiste ou que não pode mais ir, e souber de qual plantão se trata; se houver \
dúvida, pergunte antes. Não use quando ela só recusa uma oferta (isso é registrar_opt_out com \
escopo "vaga").
Indique reserva_id ou vaga_id, como estão no contexto. O cancelamento vale com o envio da sua \
resposta; a vaga volta a ficar aberta e a equipe é avisada."""


class Arguments(ToolArguments):
    """One of the two ids, and why."""

    reserva_id: Annotated[Word | None, Field(description="O reserva_id do contexto.")] = None
    vaga_id: Annotated[Word | None, Field(description="Ou o vaga_id do plantão reservado.")] = None
    motivo: Annotated[
        Sentence, Field(description="O que a pessoa disse, em poucas palavras, para a equipe.")
    ]


async def _run(asked: Arguments, work: Work) -> Result:
    if asked.reserva_id is None and asked.vaga_id is None:
        raise NotDone("Diga qual reserva: passe reserva_id ou vaga_id.")
    for vaga_id, hold in work.held.items():
        if _means(asked, hold.reserva_id, vaga_id):
            # Held in this turn only: what the commit does not name is freed.
            del work.held[vaga_id]
            work.released.add(vaga_id)
            return _given_back(work, work.known.shifts[vaga_id])
    for booking in work.bookings.values():
        if _means(asked, booking.reserva_id, booking.vaga.id):
            if booking.vaga.inicio <= work.now:
                raise NotDone(
                    "Esse plantão já começou e não se cancela por aqui: chame alguém da equipe "
                    "agora (transferir_para_humano)."
                )
            work.cancelled[booking.vaga.id] = Cancellation(
                reserva_id=booking.reserva_id, motivo=asked.motivo
            )
            return _given_back(work, booking.vaga)
    raise NotDone(_unknown(work))


def _means(asked: Arguments, reserva_id: str, vaga_id: str) -> bool:
    """Whether every id that was passed is this booking's."""
    return (asked.reserva_id is None or asked.reserva_id.lower() == reserva_id) and (
        asked.vaga_id is None or asked.vaga_id.lower() == vaga_id
    )


def _given_back(work: Work, shift: Shift) -> Result:
    return {
        "status": "cancelada",
        "vaga": shift_words(shift, work.now),
        "orientacao": "Confirme o cancelamento citando o plantão, sem cobrar a pessoa.",
    }


def _unknown(work: Work) -> str:
    own = "; ".join(
        " ".join((f"reserva_id {booking.reserva_id}:", _named(booking.vaga, work)))
        for booking in work.bookings.values()
    )
    if not own:
        return "A pessoa não tem plantão reservado. Não diga que cancelou."
    return f"Esse id não é de uma reserva desta pessoa. As dela são: {own}."


def _named(shift: Shift, work: Work) -> str:
    words = shift_words(shift, work.now)
    return f"{words['hospital']}, {words['quando']}"


TOOL: Final = Tool("cancelar_reserva", _DESCRIPTION, Arguments, _run)
