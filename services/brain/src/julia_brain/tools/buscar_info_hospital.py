"""`buscar_info_hospital`: what is known of a hospital."""

from typing import Annotated, Final

from pydantic import Field

from julia_brain.domain.saying import hospital_words
from julia_brain.tools.arguments import ToolArguments, Word
from julia_brain.tools.tool import Result, Tool
from julia_brain.tools.work import Work

_DESCRIPTION: Final = """\
Busca o nome certo, a cidade e o endereço de um hospital no cadastro. Use quando a pessoa \
perguntar onde fica ou como se chama. Só diga endereço que venha deste resultado; se não vier \
"endereco", diga que vai confirmar com a equipe. O cadastro não tem estrutura, equipe, refeitório \
nem estacionamento: sobre isso ofereça alguém da equipe.
Podem vir até três parecidos, o mais provável primeiro: na dúvida, pergunte qual é."""


class Arguments(ToolArguments):
    """A name, as the doctor says it."""

    nome_hospital: Annotated[Word, Field(description="Nome ou apelido do hospital.")]


async def _run(asked: Arguments, work: Work) -> Result:
    found = await work.shifts.hospital_info(nome=asked.nome_hospital)
    work.known.show_hospitals(found.hospitais)
    if not found.hospitais:
        return {
            "hospitais": [],
            "orientacao": "Não há hospital com esse nome no cadastro. Não invente: confira o nome "
            "com a pessoa ou diga que vai confirmar com a equipe.",
        }
    return {"hospitais": [hospital_words(hospital) for hospital in found.hospitais]}


TOOL: Final = Tool("buscar_info_hospital", _DESCRIPTION, Arguments, _run)
