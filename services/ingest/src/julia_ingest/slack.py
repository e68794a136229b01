"""`/webhook/slack`: what managers ask for, taken to the broker before Slack is answered.

Slack waits three seconds. What is asked for is done and answered by the scheduler; nothing here
knows what a command means.
"""

import asyncio
import logging
import time
from http import HTTPStatus
from typing import Any, Final, Protocol

from opentelemetry.trace import SpanKind
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from julia_common.contracts.messages import SlackRequest
from julia_common.errors import Retryable
from julia_common.resilience.clock import Clock
from julia_common.telemetry import tracing
from julia_common.telemetry.logging import canonical
from julia_ingest import metrics
from julia_ingest.body import BodyError, Buffers, Share, read_body
from julia_ingest.domain.slack import (
    Challenge,
    Nothing,
    Signature,
    Signing,
    UnreadableRequest,
    Verdict,
    read_request,
)
from julia_ingest.domain.strangers import Strangers
from julia_ingest.handlers import conversation_key
from julia_ingest.ports import Outlet

PUBLISH_SECONDS: Final = 2.0
"""Below Slack's three, with time to say that it did not work."""
MAX_BYTES: Final = 1024 * 1024

NOT_STORED: Final = (
    "A Júlia não conseguiu guardar este pedido agora, e nada foi feito. Tente de novo em um "
    "minuto. Para parar tudo com urgência use o SQL do guia de pausa."
)

_SPAN: Final[dict[str, tracing.Attribute | None]] = {
    "http.request.method": "POST",
    "http.route": "/webhook/slack",
}

_log = logging.getLogger(__name__)


def routes() -> list[Route]:
    """Return the route; it finds its `Deps` in `request.state`."""
    return [Route("/webhook/slack", slack, methods=["POST"])]


class Deps(Protocol):
    """What the route needs of ingest's."""

    @property
    def signing(self) -> Signing:
        """Who is Slack."""
        ...

    @property
    def strangers(self) -> Strangers:
        """How many of the others are heard."""
        ...

    @property
    def outlet(self) -> Outlet:
        """The broker."""
        ...

    @property
    def buffers(self) -> Buffers:
        """What all bodies share."""
        ...

    @property
    def clock(self) -> Clock:
        """Our time."""
        ...


async def slack(request: Request[Any]) -> Response:
    """Answer 200 when the broker has what was asked for.

    401 (not signed by Slack, or too long ago; of a flood most get 429), 408, 413, 415 (see
    `read_body`), 422 (unreadable), 503 (no signing secret is set, or the broker is away; Slack
    delivers events again, but not commands: who gave one reads that nothing was done).
    """
    started = time.monotonic()
    deps: Deps = request.state["deps"]
    with (
        tracing.span("POST /webhook/slack", _SPAN, kind=SpanKind.SERVER) as span,
        deps.buffers.share() as share,
    ):
        kind, response = await _answer(request, deps, share)
        span.tell(
            {
                "http.response.status_code": response.status_code,
                "http.request.body.size": share.held,
                "julia.pedido": kind,
            }
        )
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.failed(str(response.status_code))
        metrics.SLACK_REQUESTS.labels(kind, response.status_code).inc()
        # Who floods ingest does not flood the log.
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            canonical(
                "Pedido do Slack recebido",
                tipo=kind,
                status=response.status_code,
                latencia_ms=round((time.monotonic() - started) * 1000),
            )
        return response


async def _answer(request: Request[Any], deps: Deps, share: Share) -> tuple[str, Response]:
    try:
        verdict, body = await _authentic(request, deps, share)
        if verdict is not Verdict.TRUSTED:
            return "recusado", _refused(verdict, deps.strangers)
        read = read_request(
            body, request.headers.get("content-type", ""), received_at=deps.clock.now()
        )
    except BodyError as error:
        return "ilegivel", PlainTextResponse(str(error), error.status)
    except UnreadableRequest:
        _log.error("a request that Slack signed could not be read")
        return "ilegivel", PlainTextResponse("not understood", HTTPStatus.UNPROCESSABLE_CONTENT)
    match read:
        case Challenge(value):
            return "desafio", PlainTextResponse(value)
        case Nothing():
            return "ignorado", Response()
        case SlackRequest():
            return read.kind, await _stored(read, deps.outlet)


async def _authentic(request: Request[Any], deps: Deps, share: Share) -> tuple[Verdict, bytes]:
    """The body and what its signature is worth; a body that cannot be authentic is not read."""
    signature = Signature(
        request.headers.get("x-slack-request-timestamp"), request.headers.get("x-slack-signature")
    )
    verdict = deps.signing.judge_headers(signature, now=deps.clock.now())
    if verdict is not Verdict.TRUSTED:
        return verdict, b""
    try:
        body = await read_body(request, share, limit=MAX_BYTES)
    except ClientDisconnect:
        raise BodyError(HTTPStatus.REQUEST_TIMEOUT, "the body has no end") from None
    return deps.signing.judge(signature, body, now=deps.clock.now()), body


def _refused(verdict: Verdict, strangers: Strangers) -> Response:
    if not strangers.admits(time.monotonic()):
        return PlainTextResponse("come later", HTTPStatus.TOO_MANY_REQUESTS)
    if verdict is Verdict.UNCONFIGURED:
        return PlainTextResponse("SLACK_SIGNING_SECRET is not set", HTTPStatus.SERVICE_UNAVAILABLE)
    _log.warning("a request to /webhook/slack was refused", extra={"motivo": verdict})
    return PlainTextResponse(f"signature: {verdict}", HTTPStatus.UNAUTHORIZED)


async def _stored(asked: SlackRequest, outlet: Outlet) -> Response:
    try:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await outlet.publish(asked, key=conversation_key(asked))
    except (Retryable, TimeoutError) as error:
        _log.warning("a request of Slack's was not stored: %s", error or "the broker took too long")
        if asked.kind == "comando":
            # Slack does not deliver a command again, and would show nothing but an error's name.
            return JSONResponse({"response_type": "ephemeral", "text": NOT_STORED})
        return PlainTextResponse("deliver again", HTTPStatus.SERVICE_UNAVAILABLE)
    return Response()
