import json

import pytest
from pydantic import Field, create_model

from julia_brain.tools import schemas
from julia_brain.tools.arguments import ToolArguments, schema_of
from julia_brain.tools.calls import ToolSchema
from julia_brain.tools.schemas import BY_NAME, TOOLS

BY_TOOL = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def test_the_tools_stand_in_a_fixed_order() -> None:
    assert [tool.name for tool in TOOLS] == [
        "buscar_vagas",
        "reservar_plantao",
        "cancelar_reserva",
        "buscar_info_hospital",
        "agendar_lembrete",
        "salvar_memoria",
        "transferir_para_humano",
        "registrar_opt_out",
    ]
    assert list(BY_NAME) == [tool.name for tool in TOOLS]


def test_the_schemas_are_the_same_bytes_each_time_they_are_made() -> None:
    def written(tools: tuple[ToolSchema, ...]) -> bytes:
        return json.dumps(
            [(tool.name, tool.description, tool.input_schema) for tool in tools],
            ensure_ascii=False,
        ).encode()

    made_again = tuple(tool.schema for tool in schemas._ALL)

    assert written(TOOLS) == written(made_again)
    assert written(TOOLS) == written(TOOLS)


_TYPES = {"string", "number", "integer", "boolean", "array"}
_KEYWORDS = {
    "type",
    "description",
    "enum",
    "items",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "maxItems",
}


@BY_TOOL
def test_a_schema_is_a_closed_json_schema_object(tool: ToolSchema) -> None:
    schema = tool.input_schema

    assert set(schema) <= {"type", "properties", "required", "additionalProperties"}
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert set(schema.get("required", [])) <= set(schema["properties"])
    for rules in schema["properties"].values():
        assert set(rules) <= _KEYWORDS
        assert rules["type"] in _TYPES
        assert rules["description"].strip()
        assert rules["type"] != "array" or rules["items"]["type"] in _TYPES


@BY_TOOL
def test_no_tool_can_name_a_recipient_a_doctor_or_a_conversation(tool: ToolSchema) -> None:
    asked_for = set(tool.input_schema["properties"])

    assert not asked_for & {"medico_id", "conversa_id", "telefone", "destino", "para", "token"}


@BY_TOOL
def test_a_name_is_one_that_the_api_takes_and_the_description_says_what_for(
    tool: ToolSchema,
) -> None:
    assert tool.name.replace("_", "").isalpha()
    assert tool.name.islower()
    assert len(tool.name) <= 64
    assert 100 < len(tool.description) < 1_100


def test_a_schema_of_arguments_says_nothing_that_only_pydantic_needs() -> None:
    kind = create_model(
        "Exemplo", __base__=ToolArguments, a=(str | None, Field(None, description="um a"))
    )

    assert schema_of(kind) == {
        "type": "object",
        "additionalProperties": False,
        "properties": {"a": {"type": "string", "description": "um a"}},
    }
