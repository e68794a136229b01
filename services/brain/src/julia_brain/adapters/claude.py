"""Claude through the anthropic SDK: one retry layer, one deadline, one circuit breaker.

What may be cached is marked three times: after the system text, after the history, and after the
tool rounds of this turn, so that each call reads what the one before it wrote.
"""

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Literal, cast

import anthropic
from anthropic import AsyncAnthropic
from anthropic.types import (
    Base64ImageSourceParam,
    Base64PDFSourceParam,
    CacheControlEphemeralParam,
    DocumentBlockParam,
    ImageBlockParam,
    Message,
    MessageParam,
    TextBlockParam,
    ToolParam,
    ToolResultBlockParam,
    ToolUseBlockParam,
)
from anthropic.types.assistant_message_param import AssistantMessageParam
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from anthropic.types.user_message_param import UserMessageParam
from pydantic import SecretStr

from julia_brain import metrics
from julia_brain.domain.draft import Draft, Model
from julia_brain.domain.prompt import Block, File, Prompt
from julia_brain.domain.reply import tidy
from julia_brain.tools.calls import ToolCall, ToolResult
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CircuitBreaker, CircuitOpen
from julia_common.resilience.clock import Clock
from julia_common.secrets import with_secret
from julia_common.telemetry import tracing

MAX_TOKENS: Final = 600
ATTEMPT_SECONDS: Final = 7.0
"""A call that took longer is given up, so that a second one still fits into a turn."""

SHORTEST_ATTEMPT_SECONDS: Final = 1.5
"""With less time left a second call is not begun."""

RETRY_SECONDS: Final = (0.2, 0.5)
"""Bounds of the pause before the second call when Claude names none."""

_SPEND_LIMITS: Final = ("enforced_spend_limit_reached", "contract_spend_limit_reached")
_KEY_REFUSED: Final = (401, 403)
_PASSING: Final = (408, 409, 429)
_SERVER_ERRORS: Final = 500

_CACHED: Final[CacheControlEphemeralParam] = {"type": "ephemeral"}

type _ImageType = Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
type _BlockParam = (
    TextBlockParam | ToolUseBlockParam | ToolResultBlockParam | ImageBlockParam | DocumentBlockParam
)


@dataclass(frozen=True, slots=True)
class ClaudeApi:
    """The SDK's client, with the key that is good when a call is made."""

    client: AsyncAnthropic
    key: SecretStr

    async def create(self, request: MessageCreateParamsNonStreaming) -> object:
        """`POST /v1/messages`."""
        return await self._with_key(lambda client: client.messages.create(**request))

    async def count_tokens(self, model: str) -> object:
        """`POST /v1/messages/count_tokens`, of next to nothing."""
        nothing: list[MessageParam] = [{"role": "user", "content": "."}]
        return await self._with_key(
            lambda client: client.messages.count_tokens(model=model, messages=nothing)
        )

    async def _with_key(self, call: Callable[[AsyncAnthropic], Awaitable[object]]) -> object:
        return await with_secret(
            self.key,
            lambda key: call(self.client.with_options(api_key=key)),
            is_refusal=lambda error: (
                isinstance(error, anthropic.APIStatusError) and error.status_code in _KEY_REFUSED
            ),
        )


class Claude:
    """Writes drafts. The SDK's own retries are off (`open_client`): they know no deadline."""

    def __init__(
        self,
        client: ClaudeApi,
        models: Mapping[Model, str],
        breaker: CircuitBreaker,
        clock: Clock,
    ) -> None:
        """Ask `models` through `client`; `breaker` is shared by all calls of the process."""
        self._clock = clock
        self._client = client
        self._models = models
        self._breaker = breaker

    async def write(self, prompt: Prompt, *, size: Model, tools: bool, within_s: float) -> Draft:
        """Write the next message; see `ports.Writer`."""
        request = _request(prompt, self._models[size], tools=tools)
        deadline = self._clock.monotonic() + within_s
        for last in (False, True):
            left = deadline - self._clock.monotonic()
            try:
                async with self._breaker.guard():
                    return await self._measured(request, min(left, ATTEMPT_SECONDS))
            except CircuitOpen:
                raise
            except Retryable as error:
                wait = error.retry_after or random.uniform(*RETRY_SECONDS)  # noqa: S311 - jitter
                left = deadline - self._clock.monotonic()
                if last or wait + SHORTEST_ATTEMPT_SECONDS > left:
                    raise
                await self._clock.sleep(wait)
        raise AssertionError  # the last attempt returns or raises

    async def check_key(self) -> None:
        """Use the key for what costs nothing; raises whatever the SDK raises."""
        await self._client.count_tokens(self._models[Model.SMALL])

    async def _measured(self, request: MessageCreateParamsNonStreaming, timeout_s: float) -> Draft:
        started = self._clock.monotonic()
        result = "cancelada"
        try:
            with tracing.call(f"chat {request['model']}", _span_of(request)) as span:
                message = await self._call(request, timeout_s)
                span.tell(_told_by(message))
            result = "ok"
        except Retryable:
            result = "temporario"
            raise
        except Permanent:
            result = "permanente"
            raise
        finally:
            elapsed = self._clock.monotonic() - started
            metrics.ANSWER_SECONDS.labels(result).observe(elapsed)
            metrics.CLAUDE.ended(result)
        return _draft(message, elapsed)

    async def _call(self, request: MessageCreateParamsNonStreaming, timeout_s: float) -> Message:
        try:
            # The SDK's timeout bounds each read; only this bounds the whole call.
            async with asyncio.timeout(timeout_s):
                answer = await self._client.create(request)
        except anthropic.APIStatusError as error:
            raise _translated(error) from None
        except (anthropic.APIConnectionError, TimeoutError) as error:
            text = f"Claude could not be reached or did not answer in time ({type(error).__name__})"
            raise Retryable(text) from None
        except (json.JSONDecodeError, anthropic.APIResponseValidationError):
            text = "Claude's endpoint answered something that is not JSON"
            raise Retryable(text) from None
        # The SDK does not check what a 200 carries: with a wrong content type this is a str.
        if not isinstance(answer, Message):
            text = "Claude's endpoint answered text instead of a message"
            raise Retryable(text)
        return answer


@asynccontextmanager
async def open_client(api_key: SecretStr, base_url: str) -> AsyncIterator[ClaudeApi]:
    """A client without retries of its own, closed at the end of the block."""
    async with AsyncAnthropic(
        api_key=api_key.get_secret_value(),
        base_url=base_url,
        max_retries=0,
        timeout=ATTEMPT_SECONDS,
    ) as client:
        yield ClaudeApi(client, api_key)


def _translated(error: anthropic.APIStatusError) -> Retryable | Permanent:
    # The error's text may quote the request, thus the conversation: only codes are kept.
    what = f"Claude refused with {error.status_code} {error.type} (request {error.request_id})"
    if getattr(error, "error_code", None) in _SPEND_LIMITS:
        return Permanent(f"{what}: the spend limit is reached; raise it in the Anthropic console")
    if error.status_code in _KEY_REFUSED:
        return Permanent(f"{what}: check ANTHROPIC_API_KEY")
    if error.status_code == 404:  # noqa: PLR2004 - HTTP
        return Permanent(f"{what}: check ANTHROPIC_MODEL and ANTHROPIC_MODEL_LARGE")
    if error.status_code in _PASSING or error.status_code >= _SERVER_ERRORS:
        return Retryable(what, retry_after=_retry_after(error))
    return Permanent(what)


def _span_of(request: MessageCreateParamsNonStreaming) -> dict[str, tracing.Attribute | None]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": str(request["model"]),
        "gen_ai.request.max_tokens": request["max_tokens"],
    }


def _told_by(message: Message) -> dict[str, tracing.Attribute | None]:
    usage = message.usage
    return {
        "gen_ai.response.model": message.model,
        "gen_ai.response.finish_reasons": [message.stop_reason or ""],
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_input_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_creation_input_tokens,
    }


def _retry_after(error: anthropic.APIStatusError) -> float | None:
    try:
        return max(0.0, float(error.response.headers["retry-after"])) or None
    except (KeyError, ValueError):
        return None


def _request(prompt: Prompt, model: str, *, tools: bool) -> MessageCreateParamsNonStreaming:
    request: MessageCreateParamsNonStreaming = {
        "model": model,
        "max_tokens": MAX_TOKENS,
        "system": [{"type": "text", "text": prompt.system, "cache_control": _CACHED}],
        "messages": _messages(prompt),
    }
    if prompt.user:
        request["metadata"] = {"user_id": prompt.user}
    if prompt.output is not None:
        request["output_config"] = {
            "format": {"type": "json_schema", "schema": dict(prompt.output)}
        }
    if prompt.tools:
        request["tools"] = [
            ToolParam(
                name=tool.name,
                description=tool.description,
                input_schema=dict(tool.input_schema),
            )
            for tool in prompt.tools
        ]
        request["tool_choice"] = {"type": "auto"} if tools else {"type": "none"}
    return request


def _messages(prompt: Prompt) -> list[MessageParam]:
    """The turns; the end of the history is marked, and the end of the tool rounds."""
    turns = prompt.turns
    marked = {len(prompt.history) - 1} if prompt.history else set()
    if prompt.rounds:
        marked.add(len(turns) - 1)
    messages: list[MessageParam] = []
    for position, turn in enumerate(turns):
        blocks = [_block(block) for block in turn.blocks]
        if position in marked:
            blocks[-1]["cache_control"] = _CACHED
        # Told apart for the type checker, which knows each role as a class of its own.
        if turn.role == "user":
            messages.append(UserMessageParam(role="user", content=blocks))
        else:
            messages.append(AssistantMessageParam(role="assistant", content=blocks))
    return messages


def _block(block: Block) -> _BlockParam:
    match block:
        case ToolCall():
            return {
                "type": "tool_use",
                "id": block.id,
                "name": block.name,
                "input": dict(block.arguments),
            }
        case ToolResult():
            return {
                "type": "tool_result",
                "tool_use_id": block.call_id,
                "content": block.content,
                "is_error": block.is_error,
            }
        case File(mimetype="application/pdf"):
            pdf = Base64PDFSourceParam(
                type="base64", media_type="application/pdf", data=_encoded(block)
            )
            return {"type": "document", "source": pdf}
        case File():
            image = Base64ImageSourceParam(
                type="base64", media_type=cast("_ImageType", block.mimetype), data=_encoded(block)
            )
            return {"type": "image", "source": image}
        case str():
            return {"type": "text", "text": block}


def _encoded(file: File) -> str:
    return base64.b64encode(file.data).decode()


def _draft(message: Message, elapsed_s: float) -> Draft:
    usage = message.usage
    return Draft(
        text=tidy("".join(block.text for block in message.content if block.type == "text")),
        stop_reason=message.stop_reason,
        model=message.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_input_tokens or 0,
        cache_write_tokens=usage.cache_creation_input_tokens or 0,
        llm_ms=round(elapsed_s * 1000),
        tool_calls=tuple(
            ToolCall(id=block.id, name=block.name, arguments=block.input)
            for block in message.content
            if block.type == "tool_use"
        ),
    )
