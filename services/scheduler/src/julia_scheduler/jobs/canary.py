"""`canario`: each minute a message goes the way of a doctor's, from a number that cannot exist.

Everything answers it but Claude; the dispatcher records it as sent and posts nothing. While it is
answered Julia is up, whatever else is silent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from pydantic import JsonValue

from julia_common.contracts.canary import CANARY_KEY
from julia_common.database import CanaryPrepared
from julia_scheduler.jobs.job import Job, Missed, Run

_TEXT: Final = "Canário"


class Preparing(Protocol):
    """The database's side of it."""

    async def prepare_canary(self, *, instance: str) -> CanaryPrepared:
        """Say from which number to write."""
        ...


class Delivering(Protocol):
    """Ingest, as Evolution sees it."""

    async def deliver(self, body: Mapping[str, JsonValue]) -> None:
        """Return when the webhook was accepted; raise `Retryable` otherwise."""
        ...


def canary(database: Preparing, ingest: Delivering, *, instance: str) -> Job:
    """The job; it writes to our number `instance`, unless a pause would leave it unanswered."""

    async def run(run: Run) -> Mapping[str, JsonValue]:
        prepared = await database.prepare_canary(instance=instance)
        if not prepared.pausada:
            await ingest.deliver(_webhook(instance, prepared.numero, run, prepared.agora))
        return {"pausada": prepared.pausada}

    # A minute later there is another: one attempt each.
    return Job("canario", "* * * * *", Missed.SKIP, run, lease_s=45, attempts=1)


def _webhook(instance: str, number: str, run: Run, now: datetime) -> Mapping[str, JsonValue]:
    return {
        "event": "messages.upsert",
        "instance": instance,
        "data": {
            "key": {
                "remoteJid": f"{number}@s.whatsapp.net",
                "fromMe": False,
                # One a minute, however often it is delivered.
                "id": f"{CANARY_KEY}{run.scheduled_at:%Y%m%d%H%M}",
            },
            "pushName": _TEXT,
            "message": {"conversation": _TEXT},
            "messageType": "conversation",
            "messageTimestamp": int(now.timestamp()),
        },
    }
