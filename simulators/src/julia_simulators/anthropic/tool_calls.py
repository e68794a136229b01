"""A call of a tool, with arguments that fit the schema in the request."""

import random
from typing import Any

from julia_simulators.anthropic.request import Tool
from julia_simulators.anthropic.schema_values import Schema, fit, value_for

_OTHER_NAMES = {
    "motivo": ("razao", "reason"),
    "data_hora": ("quando", "horario"),
    "mensagem_retorno": ("mensagem", "texto"),
    "informacao": ("conteudo", "memoria"),
    "nome_hospital": ("nome", "hospital"),
    "tipo": ("trigger_type", "gatilho", "categoria"),
    "regiao": ("cidade",),
    "valor_minimo": ("valor_minimo_reais",),
}
"""What a tool may call an argument instead."""


def arguments_for(tool: Tool, wanted: dict[str, Any], said: str) -> dict[str, Any]:
    """What is wanted, as far as the tool's schema has it, and values for all that it requires."""
    properties: dict[str, Schema] = tool.input_schema.get("properties", {})
    required: list[str] = tool.input_schema.get("required", [])
    chosen: dict[str, Any] = {}
    for name, schema in properties.items():
        value = next(
            (
                wanted[known]
                for known in wanted
                if name == known or name in _OTHER_NAMES.get(known, ())
            ),
            None,
        )
        fitted = None if value is None else fit(value, schema)
        if fitted is not None:
            chosen[name] = fitted
        elif name in required:
            chosen[name] = value_for(schema, lambda _name, wants: _said(said, wants), name)
    return chosen


def _said(said: str, schema: Schema) -> Any:
    if schema.get("enum"):
        return None
    defaults = {"boolean": True, "integer": 1, "number": 1.0, "string": said[:80]}
    kind = schema.get("type", "string")
    return defaults.get(kind) if isinstance(kind, str) else said[:80]


def tool_use(name: str, arguments: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The content block of a call."""
    return {
        "type": "tool_use",
        "id": f"toolu_sim{rng.getrandbits(80):020x}",
        "name": name,
        "input": arguments,
    }
