"""Scripted answers: what tests put into the simulator's mouth."""

import json
import random
import re
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from julia_simulators.anthropic.request import MessagesRequest
from julia_simulators.anthropic.scene import Scene
from julia_simulators.anthropic.tool_calls import tool_use

_SHIFT: Final = re.compile(r"\{\{vaga_id:(\d+)\}\}")


class Step(BaseModel):
    """One answer: text, whole content blocks (they win), or a call of a tool."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = None
    content: list[dict[str, Any]] | None = None
    tool: str | None = None
    """Calls this tool with `input`; `text`, if any, stands before the call."""
    input: dict[str, Any] = Field(default_factory=dict)
    """`{{vaga_id:1}}` in it stands for the id of the first shift that the request mentions."""
    stop_reason: str | None = None
    latency_s: float | None = Field(default=None, ge=0.0)


class ScriptedAnswer(Step):
    """An answer in the queue; the first that matches a request is used up.

    With `steps`, one after another answers a matching request, so that a script can call a tool
    and then speak; other answers that match wait until its last step.
    """

    match: str = ""
    """Only for requests whose last user turn contains this."""
    conversation: str = ""
    """Only for requests that contain this anywhere in the system prompt or the messages."""
    steps: list[Step] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.steps and (self.text is not None or self.content is not None or self.tool):
            message = "an answer with steps has no text, content or tool of its own"
            raise ValueError(message)
        return self

    def fits(self, request: MessagesRequest) -> bool:
        """Whether this answer is meant for the request."""
        return self.match in request.last_user_text() and (
            not self.conversation or self.conversation in _all_text(request)
        )


class Queue:
    """Scripted answers, first in first out for each request that they match."""

    def __init__(self) -> None:
        self._answers: list[ScriptedAnswer] = []

    def add(self, answer: ScriptedAnswer) -> None:
        """Put an answer at the end."""
        self._answers.append(answer)

    def unused(self) -> list[ScriptedAnswer]:
        """What nobody has asked for yet; a script shows the steps that are left."""
        return list(self._answers)

    def clear(self, conversation: str = "") -> None:
        """Forget them all, or those of one conversation."""
        self._answers = [
            each for each in self._answers if conversation and each.conversation != conversation
        ]

    def take(self, request: MessagesRequest) -> Step | None:
        """The step for this request, used up by it."""
        answer = next((each for each in self._answers if each.fits(request)), None)
        if answer is None:
            return None
        step = answer.steps.pop(0) if answer.steps else answer
        if not answer.steps:
            self._answers.remove(answer)
        return step


def content_of(step: Step, request: MessagesRequest, rng: random.Random) -> list[dict[str, Any]]:
    """The content blocks of a step; calls of tools get an id if the script has none."""
    if step.content is not None:
        blocks = [_with_id(block, rng) for block in step.content]
    else:
        blocks = [{"type": "text", "text": step.text}] if step.text else []
        if step.tool is not None:
            blocks.append(tool_use(step.tool, step.input, rng))
    return _with_shifts(blocks, request)


def _with_id(block: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    if block.get("type") != "tool_use" or "id" in block:
        return block
    return tool_use(block["name"], block.get("input", {}), rng)


def _with_shifts(blocks: list[dict[str, Any]], request: MessagesRequest) -> list[dict[str, Any]]:
    text = json.dumps(blocks, ensure_ascii=False)
    if not _SHIFT.search(text):
        return blocks
    known = Scene(request).known

    def shift_id(found: re.Match[str]) -> str:
        nth = int(found.group(1))
        return known[nth - 1].vaga_id if 0 < nth <= len(known) else found.group(0)

    filled: list[dict[str, Any]] = json.loads(_SHIFT.sub(shift_id, text))
    return filled


def _all_text(request: MessagesRequest) -> str:
    texts = [block.text for block in request.system_blocks()]
    for turn in request.messages:
        texts.append(turn.text())
        texts += [json.dumps(call.input, ensure_ascii=False) for call in turn.tool_uses()]
        texts += [
            result.content
            if isinstance(result.content, str)
            else json.dumps(result.content, ensure_ascii=False)
            for result in turn.tool_results()
        ]
    return "\n".join(texts)
