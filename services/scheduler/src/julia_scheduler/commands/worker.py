"""Takes what was asked for from the database, has it done, and brings the answer.

Kept first, then done, then the answer kept, then posted: a kill anywhere has the next replica go on
from there once the loan has ended. Only the answer may come twice: Slack knows no idempotency.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import structlog

from julia_common.contracts.messages import Message, SlackRequest
from julia_common.database import DueCommand, ReceiveCommand
from julia_common.errors import Permanent, Retryable
from julia_common.slack import Drawn
from julia_common.telemetry import tracing
from julia_scheduler import metrics
from julia_scheduler.commands import answers
from julia_scheduler.commands.doing import Doing, Outcome
from julia_scheduler.commands.ports import Inbox, Waiting

LOAN_SECONDS: Final = 30
"""Longer than one command and its post take unless the database or Slack hangs; then another
replica may do it too, which is harmless."""
RETRY_SECONDS: Final = 3.0
UNTIL_GIVEN_UP_SECONDS: Final = 1800.0
"""The address takes no answer any more: the channel is told when the window has passed."""
ATTEMPTS: Final = 3
"""After so many defects who asked is told that it did not work."""

log = structlog.get_logger(__name__)


class Responses(Protocol):
    """See `julia_common.slack.SlackResponses`."""

    async def answer(self, url: str, payload: dict[str, Any]) -> None:
        """Post once; raise `Retryable` or `Permanent`."""
        ...


class Channel(Protocol):
    """See `julia_common.slack.SlackWebhook`."""

    async def post(self, message: Drawn) -> None:
        """Post once; raise `Retryable` or `Permanent`."""
        ...


async def store(message: Message, inbox: Inbox) -> None:
    """Take a request off the broker; it is the database's from here on."""
    if not isinstance(message, SlackRequest):
        error = f"{message.TYPE} does not belong on scheduler.slack: check the bindings"
        raise Permanent(error)
    button = message.button
    received = await inbox.receive_command(
        ReceiveCommand(
            chave=message.key,
            tipo=message.kind,
            usuario=message.user,
            texto=message.text,
            botao={"acao": button.action_id, "valor": button.value} if button else None,
            resposta_url=message.response_url,
            recebido_em=message.received_at,
        )
    )
    metrics.SLACK_REQUESTS.labels(message.kind, received.status).inc()


class Worker:
    """Any number of replicas may run one."""

    def __init__(
        self,
        database: Waiting,
        doing: Doing,
        responses: Responses,
        channel: Channel | None,
        *,
        owner: str,
    ) -> None:
        """Borrow as `owner`; `channel` is where mentions are answered, if there is one."""
        self._database = database
        self._doing = doing
        self._responses = responses
        self._channel = channel
        self._owner = owner

    async def work(self) -> None:
        """Serve what is due now, one after the other: a loan is for one."""
        while due := (
            await self._database.due_commands(owner=self._owner, limit=1, lease_s=LOAN_SECONDS)
        ).comandos:
            asked = due[0]
            parent = tracing.context_of(asked.traceparent)
            with tracing.span("command", {"julia.pedido": asked.tipo}, parent=parent):
                await self._serve(asked)

    async def _serve(self, asked: DueCommand) -> None:
        try:
            payload = asked.resposta or await self._done(asked)
            if payload is None:
                return
        except Retryable as error:
            await self._give_back(asked, error, retry_in_s=error.retry_after or RETRY_SECONDS)
            return
        try:
            await self._bring(asked, payload)
        except Retryable as error:
            metrics.SLACK_ANSWERS.labels("temporario").inc()
            await self._give_back(asked, error, retry_in_s=error.retry_after or RETRY_SECONDS)
        except Permanent as error:
            metrics.SLACK_ANSWERS.labels("recusada").inc()
            log.warning("an answer cannot be brought", comando=asked.id, erro=str(error))
            await self._give_back(asked, error, retry_in_s=UNTIL_GIVEN_UP_SECONDS)
        else:
            metrics.SLACK_ANSWERS.labels("ok").inc()
            await self._database.command_answered(id=asked.id)

    async def _done(self, asked: DueCommand) -> dict[str, Any] | None:
        """The answer's payload, kept; None when somebody else has it by now."""
        outcome = await self._outcome(asked)
        payload = outcome.answer.payload()
        kept = await self._database.keep_answer(
            id=asked.id, owner=self._owner, resposta=payload, pedido=outcome.order
        )
        metrics.COMMANDS.labels(str(outcome.order.get("verbo"))).inc()
        return payload if kept.status == "guardada" else None

    async def _outcome(self, asked: DueCommand) -> Outcome:
        try:
            return await self._doing.respond(asked)
        except Retryable:
            raise
        except Exception as error:
            # Neither the text nor what an error of others says: they may hold a number.
            log.exception("a command failed", comando=asked.id, tentativa=asked.tentativa)
            if asked.tentativa < ATTEMPTS and not isinstance(error, Permanent):
                message = f"a command failed because of a defect ({type(error).__name__})"
                raise Retryable(message) from None
            return Outcome(answers.failed(), {"verbo": "falhou"})

    async def _bring(self, asked: DueCommand, payload: Mapping[str, Any]) -> None:
        if asked.resposta_url is not None:
            await self._responses.answer(asked.resposta_url, dict(payload))
            return
        if self._channel is None:
            message = "a mention is answered in the channel: set SLACK_WEBHOOK_URL"
            raise Permanent(message)
        await self._channel.post(Drawn.to_channel(payload, mention=asked.usuario))

    async def _give_back(self, asked: DueCommand, error: Exception, *, retry_in_s: float) -> None:
        await self._database.command_failed(
            id=asked.id, owner=self._owner, erro=str(error), retry_in_s=retry_in_s
        )
