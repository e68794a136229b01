"""Brings what waits for managers to Slack: borrowed from the database, posted, marked delivered.

A kill between a post and its mark has it posted again once the loan has ended: Slack knows no
idempotency, and a notice that comes twice is better than one that never came.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, Protocol

import structlog

from julia_common.database import DueNotices, Notice, NoticesDelivered, NoticesFailed
from julia_common.errors import Permanent, Retryable
from julia_common.slack import SlackMessage, WebhookRefused
from julia_scheduler import metrics
from julia_scheduler.managers import notices, reports

AT_ONCE: Final = 30
"""Notices borrowed in one round: even posted one by one, a second each, they fit into the loan."""
IN_ONE_MESSAGE: Final = 9
"""Of at most five blocks each, the line between included; Slack takes fifty."""
LOAN_SECONDS: Final = 180
RETRY_SECONDS: Final = 45.0
"""Below a minute: the next round of the job finds it."""
RETRY_REFUSED_SECONDS: Final = 3600.0

REPORT: Final = "relatorio"

log = structlog.get_logger(__name__)


class Undrawable(Permanent):
    """No message can be made of what these notices tell."""


class Waiting(Protocol):
    """The database's notices (`docs/reference/rpc.md`, Managers)."""

    async def due_notices(self, *, limit: int, owner: str, lease_s: int) -> DueNotices:
        """Borrow notices that nobody has brought yet."""
        ...

    async def notices_delivered(self, *, ids: Collection[str]) -> NoticesDelivered:
        """Say that managers have these."""
        ...

    async def notices_failed(
        self, *, ids: Collection[str], owner: str, erro: str, retry_in_s: float
    ) -> NoticesFailed:
        """Give these back."""
        ...


class Channel(Protocol):
    """See `julia_common.slack.SlackWebhook`."""

    async def post(self, message: SlackMessage) -> None:
        """Post once; raise `Retryable`, `Permanent` or `WebhookRefused`."""
        ...


class Bringer:
    """Posts notices and reports to one channel."""

    def __init__(
        self, database: Waiting, channel: Channel, *, owner: str, chats: str | None = None
    ) -> None:
        """Borrow as `owner`, which is this process alone.

        `chats`: the address of the conversations in Chatwoot, for links.
        """
        self._chats = chats
        self._database = database
        self._channel = channel
        self._owner = owner

    async def bring(self) -> int:
        """Post what is due, at most `AT_ONCE`; return how many notices were delivered.

        Raises what Slack raised when nothing more can be posted now; what was not is given back.
        """
        due = await self._database.due_notices(
            limit=AT_ONCE, owner=self._owner, lease_s=LOAN_SECONDS
        )
        waiting = list(_bundles(due.avisos))
        delivered = 0
        while waiting:
            bundle = waiting.pop(0)
            try:
                await self._post(bundle)
            except (Retryable, WebhookRefused) as error:
                left = [notice for group in [bundle, *waiting] for notice in group]
                wait = getattr(error, "retry_after", None) or RETRY_SECONDS
                await self._give_back(left, error, retry_in_s=wait)
                raise
            except Permanent as error:
                if len(bundle) > 1:
                    # One of them is what cannot be drawn, or what Slack does not like; the others
                    # shall not suffer for it.
                    waiting[:0] = [(notice,) for notice in bundle]
                    continue
                notice = bundle[0]
                if isinstance(error, Undrawable) or not await self._taken_as_plain_text(notice):
                    log.warning(
                        "a notice cannot be brought",
                        aviso=notice.id,
                        tipo=notice.tipo,
                        erro=str(error),
                    )
                    await self._give_back(bundle, error, retry_in_s=RETRY_REFUSED_SECONDS)
                    continue
            await self._delivered(bundle)
            delivered += len(bundle)
        return delivered

    async def _post(self, bundle: Sequence[Notice]) -> None:
        await self._counted(self._drawn(bundle))

    async def _taken_as_plain_text(self, notice: Notice) -> bool:
        try:
            await self._counted(self._drawn((notice,)).plain())
        except Permanent:
            return False
        return True

    async def _counted(self, message: SlackMessage) -> None:
        outcome = "falha"
        try:
            await self._channel.post(message)
            outcome = "ok"
        except WebhookRefused:
            outcome = "webhook_recusado"
            raise
        except Permanent:
            outcome = "mensagem_recusada"
            raise
        except Retryable:
            outcome = "temporario"
            raise
        finally:
            metrics.SLACK_POSTS.labels(outcome).inc()
            metrics.SLACK.ended(outcome)

    async def _delivered(self, bundle: Sequence[Notice]) -> None:
        await self._database.notices_delivered(ids=[notice.id for notice in bundle])
        for notice in bundle:
            metrics.NOTICES.labels(notice.tipo).inc()

    async def _give_back(
        self, unsent: Sequence[Notice], error: Exception, *, retry_in_s: float
    ) -> None:
        await self._database.notices_failed(
            ids=[notice.id for notice in unsent],
            owner=self._owner,
            erro=str(error),
            retry_in_s=retry_in_s,
        )

    def _drawn(self, bundle: Sequence[Notice]) -> SlackMessage:
        try:
            return _message(bundle, self._chats)
        except Exception as error:  # noqa: BLE001 - what one notice tells must not hold up the others
            # Not what the error says: it may quote what the notice tells.
            raise Undrawable(f"no message can be made of it: {type(error).__name__}") from None


def _bundles(due: Sequence[Notice]) -> Iterator[tuple[Notice, ...]]:
    """Reports alone, notices up to ten in one message: what comes in a flood is read as a list."""
    bundle: list[Notice] = []
    for notice in due:
        if notice.tipo == REPORT:
            yield (notice,)
            continue
        bundle.append(notice)
        if len(bundle) == IN_ONE_MESSAGE:
            yield tuple(bundle)
            bundle = []
    if bundle:
        yield tuple(bundle)


def _message(bundle: Sequence[Notice], chats: str | None) -> SlackMessage:
    first = bundle[0]
    if first.tipo == REPORT and first.relatorio is not None:
        return reports.message(first.relatorio, again=first.tentativa > 1)
    return notices.message(bundle, chats=chats)
