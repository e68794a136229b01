"""The HTTP application: `POST /v1/audio/transcriptions` and the control API under `/_sim`.

- `GET /_sim` what this is and what it can do
- `GET|POST|DELETE /_sim/answers` scripted texts, first in first out; what is listed is unused
- `GET|POST|DELETE /_sim/faults` one fault or a list of them
- `GET /_sim/requests` what was asked, without the audio
- `POST /_sim/reset` forget everything
"""

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from julia_simulators import files
from julia_simulators.transcription import multipart
from julia_simulators.transcription.state import (
    DEFAULT_TEXT,
    Fault,
    FaultKind,
    Record,
    ScriptedText,
    World,
)

MAX_FILE_BYTES: Final = 25 * 1024 * 1024

_FORMATS: Final = (*("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"),)


@dataclass(frozen=True)
class ApiError(Exception):
    """A refusal in the API's words."""

    status: int
    message: str
    code: str | None = None

    def response(self) -> JSONResponse:
        """The error body."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"  # noqa: PLR2004 - HTTP
        error = {"message": self.message, "type": kind, "param": None, "code": self.code}
        return JSONResponse({"error": error}, self.status)


def build_app(world: World) -> Starlette:
    """The simulator as an ASGI application."""

    async def transcribe(request: Request) -> Response:
        try:
            response = await _transcribe(world, request)
        except ApiError as error:
            response = error.response()
        response.headers["x-julia-simulator"] = "transcription"
        return response

    control = _Control(world)
    return Starlette(
        routes=[
            Route("/v1/audio/transcriptions", transcribe, methods=["POST"]),
            Route("/_sim", control.about),
            Route("/_sim/answers", control.answers, methods=["GET", "POST", "DELETE"]),
            Route("/_sim/faults", control.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sim/requests", control.requests),
            Route("/_sim/reset", control.reset, methods=["POST"]),
        ]
    )


async def _transcribe(world: World, request: Request) -> Response:
    _authenticate(world, request)
    try:
        form = multipart.parse(request.headers.get("content-type", ""), await request.body())
    except ValueError as error:
        raise ApiError(400, f"Could not parse multipart form: {error}") from error
    audio, model = form.get("file"), _text(form, "model")
    if audio is None or audio.file_name is None:
        raise ApiError(400, "you must provide a file parameter")
    if not model:
        raise ApiError(400, "you must provide a model parameter")
    world.requests_seen += 1
    record = Record(
        world.requests_seen,
        audio.file_name,
        len(audio.content),
        model,
        _text(form, "language") or None,
    )
    world.records.append(record)
    try:
        response = await _answer(world, audio, record, as_format=_text(form, "response_format"))
    except ApiError as error:
        record.status = error.status
        raise
    record.status = response.status_code
    return response


def _authenticate(world: World, request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ApiError(401, "You didn't provide an API key.")
    if world.api_key is not None and not secrets.compare_digest(key.strip(), world.api_key):
        raise ApiError(401, "Incorrect API key provided.", "invalid_api_key")


async def _answer(
    world: World, audio: multipart.Field, record: Record, *, as_format: str
) -> Response:
    fault = world.take_fault(record.file_name)
    await _break(fault)
    if record.bytes > MAX_FILE_BYTES:
        raise ApiError(
            413,
            f"Maximum content size limit ({MAX_FILE_BYTES}) exceeded ({record.bytes} bytes read)",
        )
    if PurePath(record.file_name).suffix.lower().removeprefix(".") not in _FORMATS:
        raise ApiError(400, f"Invalid file format. Supported formats: {list(_FORMATS)}")
    if not audio.content:
        raise ApiError(400, "Audio file is too short. Minimum audio length is 0.1 seconds.")
    if fault is not None and fault.kind is FaultKind.EMPTY:
        record.text = ""
    else:
        scripted = world.take_text(record.file_name)
        record.text = scripted if scripted is not None else _heard(audio.content)
    if fault is not None and fault.kind is FaultKind.BAD_JSON:
        return Response('{"text": ', media_type="application/json")
    if as_format == "text":
        return PlainTextResponse(f"{record.text}\n")
    return JSONResponse({"text": record.text})


async def _break(fault: Fault | None) -> None:
    match fault.kind if fault else None:
        case FaultKind.UNAUTHORIZED:
            raise ApiError(401, "Incorrect API key provided.", "invalid_api_key")
        case FaultKind.TOO_LARGE:
            raise ApiError(413, f"Maximum content size limit ({MAX_FILE_BYTES}) exceeded")
        case FaultKind.SERVER_ERROR:
            raise ApiError(500, "The server had an error while processing your request")
        case FaultKind.HANG if fault is not None:
            await asyncio.sleep(fault.seconds)
            raise ApiError(500, "The server had an error while processing your request")


def _heard(audio: bytes) -> str:
    return files.text_of_ogg(audio) or DEFAULT_TEXT


def _text(form: dict[str, multipart.Field], name: str) -> str:
    field = form.get(name)
    return field.content.decode("utf-8", "replace").strip() if field else ""


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    async def about(self, _request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "simulator": "transcription",
                "note": "Nothing is heard: texts are scripted, carried by the file, or fixed.",
                "faults": [kind.value for kind in FaultKind],
                "requests_seen": self._world.requests_seen,
            }
        )

    async def answers(self, request: Request) -> JSONResponse:
        return await _listed(request, ScriptedText, self._world.scripted)

    async def faults(self, request: Request) -> JSONResponse:
        return await _listed(request, Fault, self._world.faults)

    async def requests(self, _request: Request) -> JSONResponse:
        return JSONResponse([record.as_json() for record in self._world.records])

    async def reset(self, _request: Request) -> JSONResponse:
        self._world.reset()
        return JSONResponse({"status": "ok"})


async def _listed[T: BaseModel](request: Request, model: type[T], entries: list[T]) -> JSONResponse:
    """Show, add to (one entry or a list) or empty a list of entries."""
    if request.method == "DELETE":
        entries.clear()
    elif request.method == "POST":
        body: Any = await request.json()
        try:
            entries += [
                model.model_validate(x) for x in (body if isinstance(body, list) else [body])
            ]
        except ValidationError as error:
            raise HTTPException(422, str(error)) from error
    return JSONResponse([entry.model_dump(mode="json") for entry in entries])
