"""`transferir_para_humano`: call a person."""

from typing import Annotated, Final, Literal

from pydantic import Field

from julia_brain.tools.arguments import Sentence, ToolArguments
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import Work
from julia_common.database import Handoff

_DESCRIPTION: Final = """\
Passa a conversa para uma pessoa da equipe, que continua no seu lugar. Use quando a pessoa pedir \
para falar com alguém, reclamar a sério, falar em advogado ou processo, quiser um valor que não \
pôde ser fechado, tratar de pagamento atrasado, contrato ou documentos, ou quando você não souber \
responder. Não use para o que as outras ferramentas resolvem.
Depois disso você não escreve mais nesta conversa até a equipe devolvê-la. A pessoa recebe um \
aviso; não prometa prazo nem diga o que a equipe vai decidir."""


class Arguments(ToolArguments):
    """Why, as a word and in words."""

    tipo: Annotated[
        Literal["pedido_humano", "juridico", "sentimento_negativo", "baixa_confianca"],
        Field(
            description="pedido_humano: quer falar com alguém; juridico: advogado, processo, "
            "denúncia, os próprios dados (LGPD); sentimento_negativo: reclamação; baixa_confianca: "
            "todo o resto, como negociação e assuntos que você não resolve."
        ),
    ]
    motivo: Annotated[
        Sentence, Field(description="O que a pessoa quer e o que já foi dito, para a equipe.")
    ]


async def _run(asked: Arguments, work: Work) -> Result:
    if work.handoff is None:  # the first reason of a turn is the doctor's own
        work.handoff = Handoff(trigger_type=asked.tipo, motivo=asked.motivo, notify=True)
    return {
        "status": "chamando_pessoa",
        "orientacao": "A pessoa é avisada automaticamente. Não escreva mais nada.",
    }


TOOL: Final = Tool("transferir_para_humano", _DESCRIPTION, Arguments, _run)
