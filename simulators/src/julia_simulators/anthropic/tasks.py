"""Requests that are no turn of Júlia's: reading an attachment, summing a conversation up.

They offer no tools. With `output_config.format` the answer is JSON that fits the schema.
"""

import json
import re
from typing import Any, Final

from julia_simulators.anthropic.attachments import File
from julia_simulators.anthropic.hearing import WEEKDAYS, Heard, plain, wish_in
from julia_simulators.anthropic.request import MessagesRequest
from julia_simulators.anthropic.scene import MARKER
from julia_simulators.anthropic.schema_values import Schema, value_for

_ASKS_SUMMARY: Final = re.compile(r"\bresum(a|ir|o|e|indo)\b", re.IGNORECASE)
_NONE_OF_THESE: Final = ("nenhum", "outro", "outra", "nao", "desconhecido")
_MOST_CHARACTERS: Final = 600
_QUOTED_CHARACTERS: Final = 160


def answer_to_task(request: MessagesRequest) -> str | None:
    """What is answered to a request of this kind; None when it is a turn like others."""
    if request.tools:
        return None
    files = request.files()
    text = _reading(files) if files else _summary(request)
    schema = request.output_schema()
    if schema is not None:
        return json.dumps(_filled(schema, text, files), ensure_ascii=False)
    if files or _ASKS_SUMMARY.search(_instructions(request)):
        return text
    return None


def _filled(schema: Schema, text: str, files: list[File]) -> Any:
    words = plain(" ".join(file.text() for file in files) if files else text)

    def wording(_name: str, wanted: Schema) -> Any:
        if choices := wanted.get("enum"):
            return _choice(choices, words)
        match wanted.get("type"):
            case "boolean":
                return bool(words.strip())
            case "number" if wanted.get("maximum") == 1:
                return 0.9 if words.strip() else 0.3
            case "string":
                return text
            case _:
                return None

    return value_for(schema, wording)


def _choice(choices: list[Any], words: str) -> Any:
    """The choice whose word is in the text, else the one that stands for none of them."""
    named = (each for each in choices if re.search(rf"\b{plain(str(each))}\b", words))
    other = (each for each in choices if plain(str(each)) in _NONE_OF_THESE)
    return next(named, next(other, choices[-1]))


def _reading(files: list[File]) -> str:
    read = []
    for file in files:
        name = "Documento em PDF" if file.is_pdf else "Imagem"
        text = file.text()
        read.append(f"{name} com o texto: {text}" if text else f"{name} sem texto legível")
    return ". ".join(read)[:_MOST_CHARACTERS]


def _summary(request: MessagesRequest) -> str:
    """Who said what last, and what is looked for: only words of the request."""
    said = [turn.text() for turn in request.messages if turn.role == "user"]
    lines = [line.strip() for text in said for line in text.splitlines()]
    spoken = [line for line in lines if line and not line.startswith("[")]
    wish = wish_in(Heard.of("\n".join(spoken)), None)
    parts = [
        wish.specialty,
        f"em {wish.city}" if wish.city else None,
        ", ".join(WEEKDAYS[day] for day in wish.weekdays),
        wish.period,
    ]
    looked_for = " ".join(part for part in parts if part)
    start = f"A pessoa procura plantão: {looked_for}. " if looked_for else ""
    last = MARKER.sub("", spoken[-1])[:_QUOTED_CHARACTERS].strip() if spoken else ""
    return f"{start}Por último na conversa: {last}"[:_MOST_CHARACTERS]


def _instructions(request: MessagesRequest) -> str:
    system = "\n".join(block.text for block in request.system_blocks())
    return f"{system}\n{request.last_user_text()}"
