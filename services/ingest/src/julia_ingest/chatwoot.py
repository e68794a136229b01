"""`/webhook/chatwoot`: what people do in Chatwoot."""

import asyncio
import hashlib
import logging
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from opentelemetry.trace import SpanKind
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from julia_common.errors import Retryable
from julia_common.telemetry import tracing
from julia_common.telemetry.logging import canonical
from julia_common.whatsapp import UnreadableError
from julia_common.whatsapp.wire import cleaned
from julia_ingest import metrics
from julia_ingest.body import BodyError, Share, read_body
from julia_ingest.domain.chatwoot import Ignored, read_event
from julia_ingest.domain.chatwoot_credentials import ChatwootCredentials
from julia_ingest.domain.credentials import Verdict
from julia_ingest.domain.decoding import decode
from julia_ingest.handlers import conversation_key
from julia_ingest.http import Deps, State, Told, refusal, unauthorized

PUBLISH_SECONDS = 4
"""Chatwoot gives a delivery up after five, and may never repeat it."""

_NOT_SIGNED: Final = "not signed with CHATWOOT_WEBHOOK_SECRET: see x-chatwoot-signature"

_SPAN: Final[dict[str, tracing.Attribute | None]] = {
    "http.request.method": "POST",
    "http.route": "/webhook/chatwoot",
}

_log = logging.getLogger(__name__)


def routes() -> list[Route]:
    """Return the route; it finds its `Deps` in `request.state`."""
    return [Route("/webhook/chatwoot", webhook, methods=["POST"])]


async def webhook(request: Request[State]) -> Response:
    """Answer 202 when the broker has what the delivery brings, or it is of no concern.

    Otherwise 401 (not signed with CHATWOOT_WEBHOOK_SECRET; of a flood most get 429), 408, 413 or
    415 (see `read_body`), or 503 with Retry-After.
    """
    started = time.monotonic()
    with (
        tracing.span("POST /webhook/chatwoot", _SPAN, kind=SpanKind.SERVER) as span,
        request.state["deps"].buffers.share() as share,
    ):
        response, told = await _answer(request, share)
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
        metrics.REQUESTS.labels(response.status_code).inc()
        # Who floods ingest does not flood the log.
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            canonical(
                "Webhook do Chatwoot recebido",
                status=response.status_code,
                latencia_ms=round((time.monotonic() - started) * 1000),
                bytes=share.held,
                **told,
            )
        return response


async def _answer(request: Request[State], share: Share) -> tuple[Response, Told]:
    deps = request.state["deps"]
    presented = ChatwootCredentials(
        timestamp=request.headers.get("x-chatwoot-timestamp"),
        signature=request.headers.get("x-chatwoot-signature"),
        token=request.query_params.get("token"),
    )
    if not deps.chatwoot.is_ready or presented.is_empty:
        return _unread(deps)
    try:
        body = await read_body(request, share)
    except BodyError as error:
        return refusal(error.status, str(error), "body")
    except ClientDisconnect:
        return refusal(HTTPStatus.REQUEST_TIMEOUT, "the body has no end", "disconnected")
    now = deps.clock.now()
    verdict = deps.chatwoot.judge(presented, body, now=now)
    if verdict is not Verdict.TRUSTED:
        return unauthorized(deps, "chatwoot", verdict, _NOT_SIGNED)
    try:
        async with asyncio.timeout(PUBLISH_SECONDS):
            told = await _accept(
                body,
                deps,
                # Old versions name no delivery; the same body is the same one.
                delivery=request.headers.get("x-chatwoot-delivery")
                or hashlib.sha256(body).hexdigest()[:32],
                sent_at=_time_of(presented.timestamp, now),
                received_at=now,
            )
    except (Retryable, TimeoutError) as error:
        _log.warning("a webhook was not accepted: %s", error or "the broker took too long")
        message = "the broker is in trouble: deliver again"
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, message, "broker")
    return JSONResponse(told, status_code=202), told


async def _accept(
    body: bytes, deps: Deps, *, delivery: str, sent_at: datetime, received_at: datetime
) -> Told:
    try:
        found = read_event(
            cleaned(decode(body)).value,
            inbox_id=deps.chatwoot_inbox_id,
            delivery=delivery,
            sent_at=sent_at,
            received_at=received_at,
        )
    except UnreadableError as error:
        await deps.outlet.quarantine(body, reason=error.reason, path="/webhook/chatwoot")
        metrics.QUARANTINED.labels(error.reason).inc()
        _log.error(
            "a webhook of Chatwoot could not be read and is in quarantine",
            extra={"motivo": error.reason},
        )
        return {"quarentena": 1}
    if isinstance(found, Ignored):
        metrics.CHATWOOT.labels(found).inc()
        return {"ignoradas": 1, "motivo": str(found)}
    await deps.outlet.publish(found, key=conversation_key(found))
    metrics.CHATWOOT.labels("publicada").inc()
    return {"publicadas": 1, "evento": found.TYPE}


def _unread(deps: Deps) -> tuple[Response, Told]:
    if deps.chatwoot.is_ready:
        return unauthorized(deps, "chatwoot", Verdict.MISSING, _NOT_SIGNED)
    message = "CHATWOOT_WEBHOOK_SECRET is not set: Chatwoot's webhooks cannot be checked"
    return refusal(HTTPStatus.SERVICE_UNAVAILABLE, message, "secret")


def _time_of(timestamp: str | None, now: datetime) -> datetime:
    # A signed one has been found to be a number near ours.
    if timestamp is None or not timestamp.isdecimal():
        return now
    return min(datetime.fromtimestamp(int(timestamp), UTC), now)
