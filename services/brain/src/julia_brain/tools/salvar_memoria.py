"""`salvar_memoria`: remember what helps to find fitting shifts."""

from typing import Annotated, Final, Literal

from pydantic import Field

from julia_brain.tools.arguments import Sentence, ToolArguments
from julia_brain.tools.sensitive import sensitive_kind
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import NotDone, Work
from julia_common.database import NewMemory

_DESCRIPTION: Final = """\
Guarda, para as próximas conversas, algo que a própria pessoa disse e que ajuda a achar plantões \
para ela: preferência de região, período, valor ou hospital, restrição de dias, como quer ser \
chamada. Use na hora em que ela disser, uma informação por chamada, em uma frase curta.
Nunca guarde saúde, religião, política, sexualidade, CPF, telefone ou dados bancários, nem nada \
sobre outras pessoas: guarde só a consequência ("não faz plantão aos sábados"), sem o porquê. Não \
comente com a pessoa que guardou."""


class Arguments(ToolArguments):
    """What to remember, and of which kind it is."""

    informacao: Annotated[Sentence, Field(description="Uma frase, em terceira pessoa.")]
    tipo: Annotated[
        Literal["preferencia", "restricao", "info_pessoal", "historico", "comportamento"],
        Field(
            description="preferencia: o que gosta; restricao: o que não faz; info_pessoal: como "
            "chamar, onde mora; historico: onde trabalhou; comportamento: como conversa."
        ),
    ]
    confianca: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="1 se disse com todas as letras, 0.5 se dá a entender; sem dizer, 0.8.",
        ),
    ] = 0.8


async def _run(asked: Arguments, work: Work) -> Result:
    kind = sensitive_kind(asked.informacao)
    if kind is not None:
        raise NotDone(
            f"Não foi guardado: {kind} não fica na memória. Se servir, guarde só a consequência "
            "para a escala, sem o porquê (por exemplo: não faz plantão aos sábados)."
        )
    work.memories[asked.informacao] = NewMemory(
        tipo=asked.tipo, conteudo=asked.informacao, confianca=asked.confianca
    )
    return {"status": "guardado"}


TOOL: Final = Tool("salvar_memoria", _DESCRIPTION, Arguments, _run)
