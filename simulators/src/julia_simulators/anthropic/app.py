"""The HTTP application: `/v1/messages`, `/v1/messages/count_tokens` and the control API."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from julia_simulators.anthropic import control
from julia_simulators.anthropic.answers import Answer, compose, message_body, rng_for
from julia_simulators.anthropic.caching import InputUsage, segments
from julia_simulators.anthropic.errors import ApiError
from julia_simulators.anthropic.faults import Fault, FaultKind
from julia_simulators.anthropic.request import CountRequest, MessagesRequest, parse
from julia_simulators.anthropic.state import Record, World
from julia_simulators.anthropic.stream import encode, events

MAX_BODY_BYTES = 32 * 1024 * 1024


class ConnectionCutError(Exception):
    """Raised inside a body on purpose: the server then drops the connection."""


@dataclass(frozen=True)
class Ready:
    """One answer, composed and not yet sent."""

    model: str
    user: str
    record: Record
    answer: Answer
    usage: InputUsage
    fault: Fault | None

    @cached_property
    def message(self) -> dict[str, Any]:
        """The whole answer as JSON."""
        message_id = f"msg_sim{secrets.token_hex(10)}"
        return message_body(message_id, self.model, self.answer, self.usage)


def build_app(world: World) -> Starlette:
    """The simulator as an ASGI application."""

    async def messages(request: Request) -> Response:
        return await _answering(request, lambda request_id: _messages(world, request, request_id))

    async def count(request: Request) -> Response:
        async def answer(_request_id: str) -> Response:
            _authenticate(world, request)
            counted = parse(CountRequest, await _body(request))
            return JSONResponse({"input_tokens": segments(counted)[-1].tokens_so_far})

        return await _answering(request, answer)

    return Starlette(
        routes=[
            Route("/v1/messages", messages, methods=["POST"]),
            Route("/v1/messages/count_tokens", count, methods=["POST"]),
            *control.routes(world),
        ]
    )


async def _answering(request: Request, answer: Callable[[str], Awaitable[Response]]) -> Response:
    request_id = f"req_sim{secrets.token_hex(10)}"
    try:
        _require_version(request)
        response = await answer(request_id)
    except ApiError as error:
        response = JSONResponse(error.body(request_id), error.status, headers=error.headers)
    response.headers["request-id"] = request_id
    response.headers["x-julia-simulator"] = "anthropic"
    return response


def _require_version(request: Request) -> None:
    if not request.headers.get("anthropic-version"):
        raise ApiError(400, "anthropic-version: header is required")


def _authenticate(world: World, request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ApiError(401, "Authorization: a Bearer token is required")
    if world.keys is not None and key.strip() not in world.keys:
        raise ApiError(401, "invalid bearer token")


async def _body(request: Request) -> object:
    raw = await request.body()
    if len(raw) > MAX_BODY_BYTES:
        raise ApiError(413, "Request exceeds the maximum size")
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(400, f"The request body is not valid JSON: {error}") from error


def _without_files(part: Any) -> Any:
    """The request without the bytes of its files: twenty thousand of them are kept."""
    if isinstance(part, list):
        return [_without_files(each) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "base64" and isinstance(part.get("data"), str):
        return {**part, "data": f"<{len(part['data'])} characters>"}
    return {name: _without_files(value) for name, value in part.items()}


async def _messages(world: World, request: Request, request_id: str) -> Response:
    _authenticate(world, request)
    body = await _body(request)
    asked = parse(MessagesRequest, body)
    said = asked.last_user_text()
    world.requests_seen += 1
    record = Record(
        n=world.requests_seen,
        request_id=request_id,
        at=time.time(),
        body=_without_files(body) if isinstance(body, dict) else {},
        last_user_text=said,
        user_agent=request.headers.get("user-agent", ""),
        retry_count=int(request.headers.get("x-stainless-retry-count", "0")),
    )
    world.remember(record)
    fault = world.faults.take(said, world.fault_rng)
    record.fault = fault.kind.value if fault else None
    try:
        _refuse(fault, streamed=asked.stream)
    except ApiError as error:
        record.status, record.ended_at = error.status, time.time()
        raise
    if fault is not None and fault.kind is FaultKind.HANG:
        await asyncio.sleep(fault.seconds)
        record.ended_at = time.time()
        return StreamingResponse(_cut_body(b""), headers={"content-length": "1000"})

    scripted = world.scripted.take(asked)
    rng = rng_for(world.behaviour.seed, asked)
    answer = compose(asked, fault.kind if fault else None, scripted, rng)
    first_token_s = world.behaviour.first_token_s(rng)
    if scripted is not None and scripted.latency_s is not None:
        first_token_s = scripted.latency_s
    if fault is not None and fault.kind is FaultKind.SLOW:
        first_token_s += fault.seconds
    await asyncio.sleep(first_token_s)

    ready = Ready(asked.model, asked.user, record, answer, world.cache.use(asked), fault)
    if asked.stream:
        return StreamingResponse(_stream(world, ready), media_type="text/event-stream")
    await asyncio.sleep(world.behaviour.seconds_per_token * answer.output_tokens)
    if await request.is_disconnected():
        record.ended_at = time.time()
    else:
        _finish(world, ready)
    return _whole(ready)


def _refuse(fault: Fault | None, *, streamed: bool) -> None:
    """Raise the error answer that the fault asks for, if it asks for one."""
    if fault is None:
        return
    wait = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
    match fault.kind:
        case FaultKind.RATE_LIMITED:
            raise ApiError(429, "Number of requests has exceeded your rate limit", headers=wait)
        case FaultKind.SPEND_LIMIT:
            raise ApiError(429, "Spend limit reached", error_code="enforced_spend_limit_reached")
        case FaultKind.OVERLOADED:
            raise ApiError(529, "Overloaded", headers=wait)
        case FaultKind.STREAM_ERROR if not streamed:
            raise ApiError(529, "Overloaded", headers=wait)
        case FaultKind.SERVER_ERROR:
            raise ApiError(500, "Internal server error")
        case FaultKind.UNAVAILABLE:
            raise ApiError(503, "Service unavailable")


def _whole(ready: Ready) -> Response:
    match ready.fault.kind if ready.fault else None:
        case FaultKind.PLAIN_TEXT:
            return PlainTextResponse("upstream said something else")
        case FaultKind.BAD_JSON:
            return Response('{"type": "message", "content": [', media_type="application/json")
        case FaultKind.RESET | FaultKind.CUT_STREAM:
            raw = json.dumps(ready.message).encode()
            return StreamingResponse(
                _cut_body(raw[: len(raw) // 2]),
                headers={"content-length": str(len(raw))},
                media_type="application/json",
            )
        case _:
            return JSONResponse(ready.message)


async def _cut_body(start: bytes) -> AsyncIterator[bytes]:
    yield start
    raise ConnectionCutError


async def _stream(world: World, ready: Ready) -> AsyncIterator[bytes]:
    sequence = list(events(ready.message))
    pause = world.behaviour.seconds_per_token * ready.answer.output_tokens / len(sequence)
    for position, (name, data) in enumerate(sequence):
        if ready.fault is not None and position == len(sequence) // 2:
            match ready.fault.kind:
                case FaultKind.CUT_STREAM:
                    return
                case FaultKind.RESET:
                    raise ConnectionCutError
                case FaultKind.STREAM_ERROR:
                    overloaded = ApiError(529, "Overloaded").body(ready.record.request_id)
                    yield encode("error", overloaded)
                    return
        await asyncio.sleep(pause)
        yield encode(name, data)
    _finish(world, ready)


def _finish(world: World, ready: Ready) -> None:
    world.bill(ready.model, ready.user, ready.usage, ready.answer.output_tokens)
    record = ready.record
    record.status = 200
    record.answer = ready.answer.text()
    record.stop_reason = ready.answer.stop_reason
    record.usage = ready.message["usage"]
    record.ended_at = time.time()
