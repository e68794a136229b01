"""`registrar_opt_out`: the doctor does not want this shift, this month, or any contact."""

from typing import Annotated, Final, Literal

from pydantic import Field

from julia_brain.domain.masking import masked
from julia_brain.tools.arguments import Sentence, ToolArguments, Word
from julia_brain.tools.refusing import agrees_to_stop, is_quoted, postpones, refuses
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import NotDone, Work, texts_of
from julia_common.database import ScopedOptOut

_DESCRIPTION: Final = """\
Registra um não da pessoa desta conversa. O escopo é o que ela disse, nunca mais:
- "vaga": não quer este plantão ("não tenho interesse nessa vaga"). Passe o vaga_id; \
se recusou várias, uma chamada para cada.
- "mes": não quer convites por enquanto ("este mês não", "agora não posso, fala comigo depois").
- "definitivo": não quer mais mensagens ("não me mande mais nada", "me tira da lista").
Quem só recusa uma oferta não pede para parar; quem pede plantão, muito menos. Com "mes" e \
"definitivo", copie em palavras o trecho em que a pessoa disse isso; sem trecho, não \
registre. Se ela disser quando chamar de novo, use agendar_lembrete. Para desistir de um plantão \
já reservado existe cancelar_reserva."""

_ADVICE: Final = {
    "vaga": "Esta vaga não volta a ser oferecida. Aceite o não sem insistir.",
    "mes": "A pessoa não recebe convites até o fim do mês, mas pode escrever quando quiser. "
    "Confirme em uma frase, sem insistir.",
    "definitivo": "A confirmação é enviada automaticamente. Não escreva mais nada e não tente "
    "convencer.",
}


_NOT_SAID: Final = (
    'Nada foi registrado. Com escopo "mes" ou "definitivo", "palavras" deve ser um trecho copiado, '
    "sem mudar nada, das mensagens que você está respondendo, e nele a pessoa tem que recusar ou "
    "pedir para parar. Se ela não pediu isso, responda ao que ela pediu. Na dúvida, pergunte com "
    'todas as letras ("Vc quer que eu pare de te mandar mensagens?") e só registre depois da '
    "resposta."
)


class Arguments(ToolArguments):
    """How far the refusal goes."""

    escopo: Annotated[
        Literal["vaga", "mes", "definitivo"], Field(description="Até onde vai o não.")
    ]
    motivo: Annotated[Sentence, Field(description="O que a pessoa disse, em poucas palavras.")]
    palavras: Annotated[
        Sentence | None,
        Field(
            description='Obrigatório com escopo "mes" e "definitivo": trecho copiado da mensagem '
            "da pessoa, sem mudar nada."
        ),
    ] = None
    vaga_id: Annotated[
        Word | None, Field(description='Obrigatório com escopo "vaga", e só com ele.')
    ] = None


async def _run(asked: Arguments, work: Work) -> Result:
    if asked.escopo == "vaga":
        if asked.vaga_id is None:
            raise NotDone('Com escopo "vaga", passe o vaga_id do plantão recusado.')
        vaga_id = work.shown(asked.vaga_id).id
        work.refused[vaga_id] = ScopedOptOut(escopo="vaga", motivo=asked.motivo, vaga_id=vaga_id)
    elif not _was_said(asked, work):
        raise NotDone(_NOT_SAID)
    elif work.opt_out is None or asked.escopo == "definitivo":  # the widest of a turn counts
        work.opt_out = ScopedOptOut(escopo=asked.escopo, motivo=asked.motivo)
    return {"status": "registrado", "orientacao": _ADVICE[asked.escopo]}


def _was_said(asked: Arguments, work: Work) -> bool:
    """Whether the model shows the doctor's words for a refusal of more than a shift."""
    words = asked.palavras
    shown = [masked(text) for text in texts_of(work.begun.pending)]  # as the model reads them
    if words is None or not is_quoted(words, shown):
        return False
    ours = (one.conteudo for one in reversed(work.begun.history) if one.autor_tipo == "julia")
    return (
        refuses(words)
        or (asked.escopo == "mes" and postpones(words))
        or agrees_to_stop(words, next(ours, ""))
    )


TOOL: Final = Tool("registrar_opt_out", _DESCRIPTION, Arguments, _run)
