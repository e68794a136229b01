"""All tools, in the order in which the API is told of them.

The order and every byte of the schemas belong to the cached prefix of each request: a change here
makes every conversation pay for its prefix once.
"""

from collections.abc import Mapping
from typing import Any, Final

from julia_brain.tools import (
    agendar_lembrete,
    buscar_info_hospital,
    buscar_vagas,
    cancelar_reserva,
    registrar_opt_out,
    reservar_plantao,
    salvar_memoria,
    transferir_para_humano,
)
from julia_brain.tools.calls import ToolSchema
from julia_brain.tools.tool import Tool

# Any: each tool has arguments of its own.
_ALL: Final[tuple[Tool[Any], ...]] = (
    buscar_vagas.TOOL,
    reservar_plantao.TOOL,
    cancelar_reserva.TOOL,
    buscar_info_hospital.TOOL,
    agendar_lembrete.TOOL,
    salvar_memoria.TOOL,
    transferir_para_humano.TOOL,
    registrar_opt_out.TOOL,
)

BY_NAME: Final[Mapping[str, Tool[Any]]] = {tool.name: tool for tool in _ALL}

TOOLS: Final[tuple[ToolSchema, ...]] = tuple(tool.schema for tool in _ALL)
