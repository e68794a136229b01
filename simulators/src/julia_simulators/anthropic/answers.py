"""Builds the answer of one request: rules, scripted answers and the faults that change content."""

import hashlib
import random
from dataclasses import dataclass, replace
from typing import Any

from julia_simulators.anthropic.caching import InputUsage, count_tokens
from julia_simulators.anthropic.faults import FaultKind
from julia_simulators.anthropic.julia import Call, Step, next_step
from julia_simulators.anthropic.request import MessagesRequest, Tool
from julia_simulators.anthropic.scene import Scene
from julia_simulators.anthropic.scripts import Step as ScriptedStep
from julia_simulators.anthropic.scripts import content_of
from julia_simulators.anthropic.tasks import answer_to_task
from julia_simulators.anthropic.tool_calls import arguments_for, tool_use

_HUGE_BYTES = 50_000
_TRUNCATED_TOKENS = 6


@dataclass(frozen=True)
class Answer:
    """What the model said."""

    content: list[dict[str, Any]]
    stop_reason: str
    output_tokens: int
    stop_sequence: str | None = None
    stop_details: dict[str, Any] | None = None

    def text(self) -> str:
        """The text blocks, joined."""
        return "".join(block["text"] for block in self.content if block["type"] == "text")


def say(text: str, stop_reason: str = "end_turn") -> Answer:
    """An answer of one text block (of none when the text is empty)."""
    content = [{"type": "text", "text": text}] if text else []
    return Answer(content, stop_reason, max(1, count_tokens(text)))


def rng_for(seed: int, request: MessagesRequest) -> random.Random:
    """Randomness that depends on the seed and on what was said, never on timing or order."""
    said = "\x00".join(f"{turn.role}:{turn.text()}" for turn in request.messages)
    digest = hashlib.sha256(f"{seed}\x00{said}".encode()).hexdigest()
    return random.Random(digest)  # noqa: S311 - plausible variety, not a secret


def compose(
    request: MessagesRequest,
    fault: FaultKind | None,
    scripted: ScriptedStep | None,
    rng: random.Random,
) -> Answer:
    """The answer to a request, cut at `max_tokens` and at stop sequences."""
    if request.max_tokens == 0:  # warms the cache
        return Answer([], "max_tokens", 0)
    answer = (
        _faulty(request, fault, rng) or _scripted(scripted, request, rng) or _by_rules(request, rng)
    )
    return _cut(answer, request)


def _faulty(request: MessagesRequest, fault: FaultKind | None, rng: random.Random) -> Answer | None:
    match fault:
        case FaultKind.EMPTY:
            return Answer([], "end_turn", 1)
        case FaultKind.TRUNCATED:
            whole = _by_rules(request.model_copy(update={"tools": []}), rng)
            return _truncated(whole, _TRUNCATED_TOKENS)
        case FaultKind.REFUSAL:
            details = {"type": "refusal", "category": None, "explanation": None}
            return Answer([], "refusal", 1, stop_details=details)
        case FaultKind.HUGE:
            sentence = "Esse texto é longo demais para uma conversa de WhatsApp. "
            return say((sentence * (_HUGE_BYTES // len(sentence) + 1))[:_HUGE_BYTES])
        case FaultKind.TOOL_LOOP if request.tools:
            return _call(request, request.tools[0], Call(request.tools[0].name, {}), rng)
        case _:
            return None


def _scripted(
    step: ScriptedStep | None, request: MessagesRequest, rng: random.Random
) -> Answer | None:
    if step is None:
        return None
    content = content_of(step, request, rng)
    asks = any(block.get("type") == "tool_use" for block in content)
    spoken = "".join(str(block.get("text", block)) for block in content)
    return Answer(
        content,
        step.stop_reason or ("tool_use" if asks else "end_turn"),
        max(1, count_tokens(spoken)),
    )


def _by_rules(request: MessagesRequest, rng: random.Random) -> Answer:
    task = answer_to_task(request)
    if task is not None:
        return say(task)
    scene = Scene(request)
    forced = _forced(scene)
    if forced is not None:
        return _call(request, forced, Call(forced.name, {}), rng)
    step: Step = next_step(scene, rng)
    if isinstance(step, Call):
        tool = next(tool for tool in request.tools if tool.name == step.name)
        return _call(request, tool, step, rng)
    markers = f" ({' '.join(scene.markers)})" if scene.markers else ""
    return say(f"{step.text}{markers}")


def _forced(scene: Scene) -> Tool | None:
    """The tool that `tool_choice` demands, if it demands one."""
    choice = scene.request.tool_choice
    if choice is None or not scene.request.tools or choice.type not in ("tool", "any"):
        return None
    if choice.type == "tool":
        return next((tool for tool in scene.request.tools if tool.name == choice.name), None)
    step = next_step(scene, random.Random(0))  # noqa: S311 - only asked whether it calls a tool
    return None if isinstance(step, Call) else scene.request.tools[0]


def _call(request: MessagesRequest, tool: Tool, call: Call, rng: random.Random) -> Answer:
    arguments = arguments_for(tool, call.wanted, request.last_user_text())
    block = tool_use(tool.name, arguments, rng)
    return Answer([block], "tool_use", count_tokens(str(block)))


def _cut(answer: Answer, request: MessagesRequest) -> Answer:
    text = answer.text()
    found = [(text.find(stop), stop) for stop in request.stop_sequences if stop and stop in text]
    if found:
        at, stop = min(found)
        answer = replace(say(text[:at], "stop_sequence"), stop_sequence=stop)
    if answer.output_tokens > request.max_tokens:
        return _truncated(answer, request.max_tokens)
    return answer


def _truncated(answer: Answer, tokens: int) -> Answer:
    keep = max(1, int(len(answer.text()) * tokens / max(1, answer.output_tokens)))
    return replace(say(answer.text()[:keep], "max_tokens"), output_tokens=tokens)


def message_body(message_id: str, model: str, answer: Answer, usage: InputUsage) -> dict[str, Any]:
    """The JSON of a whole `Message`."""
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": answer.content,
        "stop_reason": answer.stop_reason,
        "stop_sequence": answer.stop_sequence,
        "stop_details": answer.stop_details,
        "usage": usage_body(usage, answer.output_tokens),
    }


def usage_body(usage: InputUsage, output_tokens: int) -> dict[str, Any]:
    """The JSON of `usage`."""
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.written_5m + usage.written_1h,
        "cache_read_input_tokens": usage.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.written_5m,
            "ephemeral_1h_input_tokens": usage.written_1h,
        },
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }
