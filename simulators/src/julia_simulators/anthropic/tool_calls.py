"""Which tool the simulator calls, and with what."""

import random
from typing import Any

from julia_simulators.anthropic.replies import plain
from julia_simulators.anthropic.request import MessagesRequest, Tool

_WORDS_FOR = {
    "vaga": ("plantao", "vaga", "escala"),
    "hospital": ("hospital", "endereco", "onde fica"),
    "lembrete": ("lembra", "me chama", "depois"),
    "reserv": ("quero esse", "pode reservar", "fechado", "confirmo"),
}
"""A tool whose name has the key is called when the doctor uses one of the words."""


def choose_tool(request: MessagesRequest, said: str) -> Tool | None:
    """The tool to call for this turn, or None to answer in words."""
    choice = request.tool_choice.type if request.tool_choice else "auto"
    if choice == "none" or not request.tools:
        return None
    if request.tool_choice is not None and choice == "tool":
        return next((tool for tool in request.tools if tool.name == request.tool_choice.name), None)
    words = plain(said)
    for tool in request.tools:
        for stem, triggers in _WORDS_FOR.items():
            if stem in tool.name and any(trigger in words for trigger in triggers):
                return tool
    return request.tools[0] if choice == "any" else None


def arguments_for(tool: Tool, said: str, rng: random.Random) -> dict[str, Any]:
    """Values for the tool's required arguments that fit its JSON schema."""
    properties: dict[str, Any] = tool.input_schema.get("properties", {})
    return {
        name: _value(properties.get(name, {}), said, rng)
        for name in tool.input_schema.get("required", [])
    }


def _value(schema: dict[str, Any], said: str, rng: random.Random) -> Any:
    if schema.get("enum"):
        return rng.choice(schema["enum"])
    least = schema.get("minimum", 1)
    by_type = {"integer": least, "number": float(least), "boolean": True, "array": [], "object": {}}
    return by_type.get(schema.get("type", "string"), said[:80])
