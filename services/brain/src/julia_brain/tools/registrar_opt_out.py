"""`registrar_opt_out`: the doctor does not want this shift, this month, or any contact."""

from typing import Annotated, Final, Literal

from pydantic import Field

from julia_brain.tools.arguments import Sentence, ToolArguments, Word
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import NotDone, Work
from julia_common.database import ScopedOptOut

_DESCRIPTION: Final = """\
Registra um não da pessoa desta conversa. O escopo é o que ela disse, nunca mais:
- "vaga": não quer este plantão ("não tenho interesse nessa vaga"). Passe o vaga_id; \
se recusou várias, uma chamada para cada.
- "mes": não quer convites por enquanto ("este mês não", "agora não posso, fala comigo depois").
- "definitivo": não quer mais mensagens ("não me mande mais nada", "me tira da lista").
Quem só recusa uma oferta não pede para parar. Se ela disser quando chamar de novo, use \
agendar_lembrete. Para desistir de um plantão já reservado existe cancelar_reserva."""

_ADVICE: Final = {
    "vaga": "Esta vaga não volta a ser oferecida. Aceite o não sem insistir.",
    "mes": "A pessoa não recebe convites até o fim do mês, mas pode escrever quando quiser. "
    "Confirme em uma frase, sem insistir.",
    "definitivo": "A confirmação é enviada automaticamente. Não escreva mais nada e não tente "
    "convencer.",
}


class Arguments(ToolArguments):
    """How far the refusal goes."""

    escopo: Annotated[
        Literal["vaga", "mes", "definitivo"], Field(description="Até onde vai o não.")
    ]
    motivo: Annotated[Sentence, Field(description="O que a pessoa disse, em poucas palavras.")]
    vaga_id: Annotated[
        Word | None, Field(description='Obrigatório com escopo "vaga", e só com ele.')
    ] = None


async def _run(asked: Arguments, work: Work) -> Result:
    if asked.escopo == "vaga":
        if asked.vaga_id is None:
            raise NotDone('Com escopo "vaga", passe o vaga_id do plantão recusado.')
        vaga_id = work.shown(asked.vaga_id).id
        work.refused[vaga_id] = ScopedOptOut(escopo="vaga", motivo=asked.motivo, vaga_id=vaga_id)
    elif work.opt_out is None or asked.escopo == "definitivo":  # the widest of a turn counts
        work.opt_out = ScopedOptOut(escopo=asked.escopo, motivo=asked.motivo)
    return {"status": "registrado", "orientacao": _ADVICE[asked.escopo]}


TOOL: Final = Tool("registrar_opt_out", _DESCRIPTION, Arguments, _run)
