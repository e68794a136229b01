"""The HTTP side: PostgREST's `/rpc/` and the gateway's `/rest/v1/rpc/`."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, TypedDict

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from julia_simulators.supabase.calls import Request, call
from julia_simulators.supabase.database import Database
from julia_simulators.supabase.errors import (
    ApiError,
    invalid_path,
    refuse_body,
    schema_not_exposed,
    wrong_method,
)
from julia_simulators.supabase.faults import FaultOrder, Faults
from julia_simulators.supabase.settings import Settings
from julia_simulators.supabase.tokens import identify

KEEP_ALIVE_S: Final = 75
"""Longer than clients keep idle connections: they must not write into one that is closing."""

_JSON: Final = "application/json"
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Deps:
    """What the handlers need."""

    settings: Settings
    database: Database
    faults: Faults
    revoked: set[str] = field(default_factory=set)
    """Keys that the gateway does not know any more."""


class State(TypedDict):
    """Starlette's state of every request."""

    deps: Deps


def create_app(settings: Settings) -> Starlette:
    """Build the application; `/_sim/` exists only with SIM_CONTROL."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        async with Database.open(settings) as database:
            yield {"deps": Deps(settings, database, Faults())}

    control = [
        Route("/_sim/faults", _order_faults, methods=["POST"]),
        Route("/_sim/revoked", _revoke, methods=["PUT"]),
    ]
    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/health", _health),
            Route("/rest/v1/rpc/{function}", _gateway, methods=_METHODS),
            Route("/rpc/{function}", _postgrest, methods=_METHODS),
            *(control if settings.sim_control else []),
            Route("/{path:path}", _nothing_here, methods=_METHODS),
        ],
        exception_handlers={ApiError: _api_error},
    )


async def _gateway(request: HttpRequest[State]) -> Response:
    """Do what Supabase's gateway does before PostgREST: ask for an API key."""
    key = request.headers.get("apikey")
    if key is None:
        return JSONResponse({"message": "No API key found in request"}, HTTPStatus.UNAUTHORIZED)
    deps: Deps = request.state["deps"]
    if key in deps.revoked:
        return JSONResponse({"message": "Invalid API key"}, HTTPStatus.UNAUTHORIZED)
    return await _rpc(request, _bearer(request) or key)


async def _postgrest(request: HttpRequest[State]) -> Response:
    return await _rpc(request, _bearer(request))


async def _rpc(http: HttpRequest[State], token: str | None) -> Response:
    deps: Deps = http.state["deps"]
    if http.method != "POST":
        raise wrong_method(http.method)
    await deps.faults.before_call()
    caller = identify(
        token,
        secret=deps.settings.jwt_secret.get_secret_value(),
        anon_role=deps.settings.db_anon_role,
        now=time.time(),
    )
    request = await _read(http, deps.faults.exposed(deps.settings.db_schemas))
    answer = await call(deps.database, request, caller)
    if deps.faults.loses_response(request.function):
        return _Cut()
    if answer is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return Response(answer, media_type=f"{_JSON}; charset=utf-8")


async def _read(http: HttpRequest[State], exposed: tuple[str, ...]) -> Request:
    schema = http.headers.get("content-profile", exposed[0])
    if schema not in exposed:
        raise schema_not_exposed(schema, exposed)
    content_type = http.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if content_type != _JSON:
        refuse_body(f"Content-Type not acceptable: {content_type}")
    try:
        body = (await http.body()).decode() or "{}"
        payload = json.loads(body)
    except ValueError:
        refuse_body("Empty or invalid json")
    return Request(
        schema=schema,
        function=http.path_params["function"],
        method=http.method,
        path=http.url.path,
        headers=dict(http.headers),
        cookies=http.cookies,
        body=body,
        arguments=frozenset(payload) if isinstance(payload, dict) else frozenset(),
    )


def _bearer(http: HttpRequest[State]) -> str | None:
    scheme, _, token = http.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class _Cut(Response):
    """Promises a body and closes the connection: the client never learns the result."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1"), (b"content-type", _JSON.encode())]
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})


async def _health(http: HttpRequest[State]) -> Response:
    """Answer 200 when a call could be served now."""
    deps: Deps = http.state["deps"]
    cache = await deps.database.reload()
    return JSONResponse({"status": "ok", "functions": len(cache.functions)})


async def _order_faults(http: HttpRequest[State]) -> Response:
    deps: Deps = http.state["deps"]
    try:
        order = FaultOrder.model_validate_json(await http.body())
    except ValidationError as error:
        return JSONResponse({"message": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
    deps.faults.apply(order)
    return JSONResponse(order.model_dump())


async def _revoke(http: HttpRequest[State]) -> Response:
    deps: Deps = http.state["deps"]
    try:
        keys = TypeAdapter(list[str]).validate_json(await http.body())
    except ValidationError as error:
        return JSONResponse({"message": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
    deps.revoked.clear()
    deps.revoked.update(keys)
    return JSONResponse(keys)


async def _nothing_here(_http: HttpRequest[State]) -> Response:
    raise invalid_path()


async def _api_error(_http: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for nothing else
    headers = {"Proxy-Status": f"PostgREST; error={error.code}", **error.headers}
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return JSONResponse(error.body(), error.status, headers, media_type=f"{_JSON}; charset=utf-8")
