"""What the database says is due: unrung sends, replies too late, holds run out, gauges."""

from typing import Final

from julia_common.errors import Permanent, Retryable
from julia_scheduler import metrics
from julia_scheduler.bell import ring_all
from julia_scheduler.ports import Canary, Due, Publish

_BATCH: Final = 200

_SILENCE_SECONDS: Final = 120
"""Two canaries unanswered: the answer to the second comes later than this, by what a canary takes.
The alert waits for longer than that, so that one canary lost on its way tells nobody."""


async def sweep_doorbells(database: Due, publisher: Publish) -> None:
    """Ring for every send that nobody rang for."""
    while True:
        due = (await database.due_doorbells(limit=_BATCH)).conversas
        await ring_all(publisher, due, origin="varredura")
        if len(due) < _BATCH:
            return


async def expire_replies(database: Due, publisher: Publish) -> None:
    """Hand replies older than the reply window to a person."""
    while True:
        expired = await database.expire_replies(limit=_BATCH)
        metrics.EXPIRED.inc(expired.transferidas)
        metrics.REPLY.ended("vencida", expired.transferidas - expired.retidas)
        metrics.REPLY.ended("retida", expired.retidas)
        await ring_all(publisher, expired.conversas, origin="expiracao")
        if expired.transferidas < _BATCH:
            return


async def expire_drafts(database: Due) -> None:
    """Hand conversations whose draft nobody decided on to a person; remind managers before."""
    while True:
        expired = await database.expire_drafts(limit=_BATCH)
        metrics.DRAFTS_GIVEN_UP.inc(expired.transferidos)
        if expired.transferidos + expired.avisados < _BATCH:
            return


async def expire_holds(database: Due, publisher: Publish) -> None:
    """Free holds whose time is up, and offer free shifts to whoever waits for them."""
    while True:
        expired = await database.expire_holds(limit=_BATCH)
        metrics.HOLDS_EXPIRED.inc(expired.liberadas)
        metrics.OFFERS.inc(expired.ofertas)
        await ring_all(publisher, expired.conversas, origin="oferta")
        if max(expired.liberadas, expired.ofertas) < _BATCH:
            return


async def measure_backlog(database: Due) -> None:
    """Bring the gauges up to date."""
    backlog = await database.backlog()
    metrics.INBOUND_DUE.set(backlog.inbound_due)
    metrics.INBOUND_OLDEST.set(backlog.inbound_oldest_s or 0)
    metrics.OUTBOUND_DUE.set(backlog.outbound_due)
    metrics.OUTBOUND_OLDEST.set(backlog.outbound_oldest_s or 0)
    # What a pause of everything holds wants no pods: more of them would do nothing until its end.
    held = backlog.paused
    metrics.INBOUND_FREE.set(0 if held else backlog.inbound_due)
    metrics.INBOUND_FREE_OLDEST.set(0 if held else backlog.inbound_oldest_s or 0)
    metrics.OUTBOUND_FREE.set(0 if held else backlog.outbound_due)
    metrics.OUTBOUND_FREE_OLDEST.set(0 if held else backlog.outbound_oldest_s or 0)
    metrics.UNCERTAIN.set(backlog.uncertain)
    metrics.PARKED.set(backlog.parked)
    metrics.SETTLED_TODAY.set(backlog.uncertain_settled_24h)
    metrics.EVIDENCED_TODAY.set(backlog.uncertain_evidenced_24h)
    metrics.SETTLING_SECONDS.set(backlog.uncertain_median_s or 0)
    metrics.PAUSED.set(backlog.paused)
    metrics.PAUSED_SCOPES.set(backlog.paused_scopes)
    metrics.NOTICES_WAITING.set(backlog.notices)
    metrics.NOTICES_OLDEST.set(backlog.notices_oldest_s or 0)
    metrics.DRAFTS_WAITING.set(backlog.drafts)
    metrics.DRAFTS_OLDEST.set(backlog.drafts_oldest_s or 0)


async def measure_canary(database: Canary) -> None:
    """Say whether Julia is up: the canary was answered lately."""
    try:
        status = await database.canary_status()
    except (Retryable, Permanent):
        metrics.UP.set(0)
        raise
    metrics.UP.set(status.idade_s is not None and status.idade_s < _SILENCE_SECONDS)
    if status.respondido_em is not None:
        metrics.CANARY_ANSWERED.set(status.respondido_em.timestamp())
    if status.segundos is not None:
        metrics.CANARY_SECONDS.set(status.segundos)
