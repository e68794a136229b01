"""`agendar_lembrete`: write again at a time that the doctor named."""

import datetime as dt
from typing import Annotated, Final

from pydantic import Field

from julia_brain.domain.prompt import SAO_PAULO
from julia_brain.domain.saying import moment
from julia_brain.tools.arguments import Moment, Sentence, ToolArguments
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import NotDone, Work
from julia_common.database import NewReminder

_LONGEST: Final = dt.timedelta(days=180)
_FIRST: Final = dt.time(7)
_LAST: Final = dt.time(22)

_DESCRIPTION: Final = """\
Agenda uma mensagem sua para esta pessoa numa data e hora que ela pediu ("me chama amanhã às 10h", \
"me lembra na segunda"). Não use por conta própria para insistir nem depois de um não. Sem hora \
clara, pergunte antes. Só entre 7h e 22h de São Paulo, e em até 180 dias. Um segundo lembrete para \
o mesmo momento substitui o primeiro.
Em "mensagem" não prometa vaga, valor nem reserva: até lá tudo pode mudar."""


class Arguments(ToolArguments):
    """When, what for, and with which words."""

    data_hora: Annotated[
        Moment,
        Field(description="AAAA-MM-DDTHH:MM no horário de São Paulo, sem fuso."),
    ]
    contexto: Annotated[
        Sentence, Field(description="O que retomar, para você mesma ler nesse dia.")
    ]
    mensagem: Annotated[
        Sentence, Field(description="O texto curto que a pessoa vai receber nessa hora.")
    ]


async def _run(asked: Arguments, work: Work) -> Result:
    _check(asked.data_hora, work.now)
    work.reminders[asked.data_hora] = NewReminder(
        quando=asked.data_hora, contexto=asked.contexto, mensagem=asked.mensagem
    )
    return {
        "status": "agendado",
        "quando": moment(asked.data_hora, work.now),
        "orientacao": "Confirme o dia e a hora em uma frase.",
    }


def _check(at: dt.datetime, now: dt.datetime) -> None:
    if at <= now:
        raise NotDone(f"Esse momento já passou: agora é {moment(now, now)}. Confira a data.")
    if at > now + _LONGEST:
        raise NotDone(
            "Só dá para agendar em até 180 dias. Proponha uma data mais próxima, ou diga que a "
            "pessoa pode chamar quando quiser."
        )
    local = at.astimezone(SAO_PAULO).time()
    if not _FIRST <= local <= _LAST:
        raise NotDone(
            "Lembretes só saem entre 7h e 22h de São Paulo. Proponha um horário nesse intervalo, "
            "por exemplo às 7h, e pergunte se serve."
        )


TOOL: Final = Tool("agendar_lembrete", _DESCRIPTION, Arguments, _run)
