"""HTTP: webhooks in, and what operators ask for."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, TypedDict

from opentelemetry.trace import SpanKind
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from julia_common.errors import Retryable
from julia_common.resilience.clock import Clock
from julia_common.telemetry import tracing
from julia_common.telemetry.logging import canonical
from julia_ingest import handlers, metrics, slack
from julia_ingest.body import BodyError, Buffers, Share, read_body
from julia_ingest.domain.chatwoot_credentials import ChatwootAuthenticator
from julia_ingest.domain.credentials import Authenticator, Credentials, Verdict
from julia_ingest.domain.slack import Signing
from julia_ingest.domain.strangers import Strangers
from julia_ingest.health import Health
from julia_ingest.ports import Outlet

RETRY_AFTER_SECONDS = 5
PUBLISH_SECONDS = 15
PROBE = "x-julia-probe"
"""What of Julia's own posts a webhook sends this header."""

_SPAN: dict[str, tracing.Attribute | None] = {
    "http.request.method": "POST",
    "http.route": "/webhook/evolution",
}

type Told = dict[str, str | int]
"""What the log and the span say of a webhook."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deps:
    """What the routes need."""

    authenticator: Authenticator
    strangers: Strangers
    signing: Signing
    outlet: Outlet
    buffers: Buffers
    clock: Clock
    health: Health
    chatwoot: ChatwootAuthenticator
    chatwoot_inbox_id: int


class State(TypedDict):
    """What the lifespan puts into `request.state`."""

    deps: Deps


def routes() -> list[Route]:
    """Return the routes; all of them find their `Deps` in `request.state`."""
    return [
        # Evolution appends the event where hooks are set per event. Everything below is caught,
        # because it never retries what was answered 404.
        Route("/webhook/evolution", webhook, methods=["POST"]),
        Route("/webhook/evolution/{event:path}", webhook, methods=["POST"]),
        *slack.routes(),
        Route("/health", health),
        Route("/health/rate", rate),
        Route("/health/circuit", circuit),
    ]


async def webhook(request: Request[State]) -> Response:
    """Answer 202 when the broker has all that the webhook brought.

    Otherwise 401 (bad credentials; of a flood most get 429, and no line in the log), 408, 413 or
    415 (see `read_body`), or 503 with Retry-After: never another 4xx, because Evolution drops
    events that are answered so.
    """
    started = time.monotonic()
    with (
        tracing.span("POST /webhook/evolution", _SPAN, kind=SpanKind.SERVER) as span,
        request.state["deps"].buffers.share() as share,
    ):
        try:
            response, told = await _answer(request, share)
        except Exception:
            _count(HTTPStatus.INTERNAL_SERVER_ERROR, {})
            raise
        span.tell(
            {
                "http.response.status_code": response.status_code,
                "http.request.body.size": share.held,
                "julia.evento": told.get("evento"),
                "julia.motivo": told.get("motivo"),
            }
        )
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.failed(str(response.status_code))
        seconds = time.monotonic() - started
        _count(HTTPStatus(response.status_code), told)
        metrics.SECONDS.observe(seconds)
        # Who floods ingest does not flood the log.
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            canonical(
                "Webhook recebido",
                status=response.status_code,
                latencia_ms=round(seconds * 1000),
                bytes=share.held,
                **told,
            )
        return response


def _count(status: HTTPStatus, told: Mapping[str, object]) -> None:
    """Count an answer; what is not authenticated is nobody's work."""
    metrics.REQUESTS.labels(status.value).inc()
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.TOO_MANY_REQUESTS:
            return
        case HTTPStatus.SERVICE_UNAVAILABLE:
            outcome = "indisponivel"
        case HTTPStatus.INTERNAL_SERVER_ERROR:
            outcome = "interno"
        case _:
            outcome = "ilegivel" if told.get("quarentena") else "ok"
    metrics.WEBHOOK.ended(outcome)


async def _answer(request: Request[State], share: Share) -> tuple[Response, Told]:
    deps = request.state["deps"]
    presented = Credentials(
        request.headers.get("x-webhook-secret"), request.headers.get("authorization")
    )
    verdict = deps.authenticator.judge(presented, now=deps.clock.now())
    if verdict is not Verdict.TRUSTED:
        message = "wrong or missing credentials: see x-webhook-secret"
        probe = PROBE in request.headers
        return unauthorized(deps, "evolution", verdict, message, probe=probe)
    try:
        body = await read_body(request, share)
    except BodyError as error:
        return refusal(error.status, str(error), "body")
    except ClientDisconnect:
        return refusal(HTTPStatus.REQUEST_TIMEOUT, "the body has no end", "disconnected")
    arrived = handlers.Webhook(
        body=body,
        path_event=request.path_params.get("event", ""),
        received_at=deps.clock.now(),
    )
    try:
        async with asyncio.timeout(PUBLISH_SECONDS):
            receipt = await handlers.accept(arrived, deps.outlet)
    except (Retryable, TimeoutError) as error:
        _log.warning("a webhook was not accepted: %s", error or "the broker took too long")
        return refusal(
            HTTPStatus.SERVICE_UNAVAILABLE, "the broker is in trouble: deliver again", "broker"
        )
    counts = {
        "publicadas": receipt.published,
        "ignoradas": receipt.ignored,
        "quarentena": receipt.quarantined,
    }
    return JSONResponse(counts, status_code=202), {"evento": receipt.event, **counts}


def unauthorized(
    deps: Deps,
    origin: Literal["evolution", "chatwoot"],
    verdict: Verdict,
    message: str,
    *,
    probe: bool = False,
) -> tuple[Response, Told]:
    """Return the answer to who is not trusted: 401, or 429 to most of a flood.

    A `probe` of ours, which tries a secret out, is counted apart: nothing is lost by its refusal.
    """
    metrics.UNAUTHORIZED.labels(origin, "probe" if probe else verdict).inc()
    if not deps.strangers.admits(time.monotonic()):
        return refusal(
            HTTPStatus.TOO_MANY_REQUESTS, "too many without credentials: come later", verdict
        )
    return refusal(HTTPStatus.UNAUTHORIZED, message, verdict)


def refusal(status: HTTPStatus, message: str, reason: str) -> tuple[Response, Told]:
    """Return the answer that refuses, and what the canonical line tells of it."""
    headers = {}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        # What is still on its way would be read as the next request.
        headers["connection"] = "close"
    return JSONResponse({"error": message}, status, headers), {"motivo": reason}


async def health(request: Request[State]) -> Response:
    """Answer 200 while webhooks can be accepted, otherwise 503; the body tells per dependency."""
    report = await request.state["deps"].health.dependencies()
    return JSONResponse(report, status_code=503 if report["status"] == "indisponivel" else 200)


async def rate(request: Request[State]) -> Response:
    """Tell how much of each number's ceilings is used."""
    return JSONResponse(await request.state["deps"].health.rate())


async def circuit(request: Request[State]) -> Response:
    """Tell how the circuits of all services stand."""
    return JSONResponse(await request.state["deps"].health.circuits())
