"""`buscar_vagas`: which open shifts there are."""

from typing import Annotated, Final, Literal

from pydantic import Field

from julia_brain.domain.prompt import SAO_PAULO
from julia_brain.domain.saying import shift_words
from julia_brain.tools.arguments import Centavos, Day, ToolArguments, Word
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import NotDone, Work
from julia_common.database import SearchShifts

_WEEKDAYS: Final = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")

_DESCRIPTION: Final = """\
Busca plantões abertos, futuros, que servem para a pessoa desta conversa. Use sempre que ela \
perguntar por vagas ou disser que quer trabalhar, e de novo quando mudar o que procura: o que foi \
mostrado antes pode já ter sido preenchido. Só existe o que esta ferramenta devolver; nunca cite \
hospital, data, horário ou valor de cabeça.
Plantões que a pessoa recusou ou que batem com os dela já ficam de fora. Não use para saber dos \
plantões que a pessoa já reservou: eles estão no contexto da conversa.
O resultado traz os melhores primeiro, com as palavras prontas para dizer; "total" conta todos os \
que servem. Mostre um por vez (no máximo três), sem o vaga_id, que serve só para as outras \
ferramentas. "valor" pode ser uma faixa ou "a combinar": não transforme em um número."""


class Arguments(ToolArguments):
    """What is absent does not restrict."""

    especialidade: Annotated[
        Word | None,
        Field(description="Só se a pessoa pedir outra que não a dela, como no cadastro."),
    ] = None
    regiao: Annotated[
        Word | None, Field(description="Cidade, estado ou região, como a pessoa disse.")
    ] = None
    hospital: Annotated[
        Word | None, Field(description="Nome ou apelido, se a pessoa quer um só.")
    ] = None
    periodo: Annotated[
        Literal["diurno", "noturno", "12h", "24h", "qualquer"] | None,
        Field(description="Parte do dia ou duração."),
    ] = None
    valor_minimo: Annotated[
        Centavos | None,
        Field(description="O mínimo que a pessoa aceita, em reais: 1500 para R$ 1.500."),
    ] = None
    dias_semana: Annotated[
        tuple[Literal["segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo"], ...],
        Field(max_length=7, description="Só nestes dias da semana (o do início do plantão)."),
    ] = ()
    de: Annotated[Day | None, Field(description="Primeiro dia, AAAA-MM-DD.")] = None
    ate: Annotated[Day | None, Field(description="Último dia, AAAA-MM-DD.")] = None
    limite: Annotated[int, Field(ge=1, le=10, description="Quantas mostrar; sem dizer, 5.")] = 5


async def _run(asked: Arguments, work: Work) -> Result:
    _check_days(asked, work)
    found = await work.shifts.search_shifts(
        SearchShifts(
            conversa_id=work.conversa_id,
            especialidade=asked.especialidade,
            regiao=asked.regiao,
            hospital=asked.hospital,
            periodo=None if asked.periodo == "qualquer" else asked.periodo,
            valor_minimo_centavos=asked.valor_minimo,
            dias_semana=tuple(sorted({_WEEKDAYS.index(name) for name in asked.dias_semana})),
            de=asked.de,
            ate=asked.ate,
            limite=asked.limite,
        )
    )
    work.known.show(found.vagas)
    if not found.vagas:
        return {
            "total": 0,
            "vagas": [],
            "orientacao": "Nenhuma vaga aberta com esses critérios. Diga isso e, se ajudar, "
            "pergunte o que pode mudar (dia, região ou período). Não prometa que vai aparecer.",
        }
    return {"total": found.total, "vagas": [shift_words(one, work.now) for one in found.vagas]}


def _check_days(asked: Arguments, work: Work) -> None:
    today = work.now.astimezone(SAO_PAULO).date()
    for name, asked_day in (("de", asked.de), ("ate", asked.ate)):
        if asked_day is not None and asked_day < today:
            raise NotDone(f'A data em "{name}" já passou: hoje é {today}. Confira o ano e o mês.')
    if asked.de is not None and asked.ate is not None and asked.ate < asked.de:
        raise NotDone('"ate" fica antes de "de": troque as datas.')


TOOL: Final = Tool("buscar_vagas", _DESCRIPTION, Arguments, _run)
