"""What the webhooks missed: asks Evolution what it remembers and publishes what we do not know."""

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Final

import structlog

from julia_common.contracts.messages import MessageReceived, MessageSent
from julia_common.database import CatchupWindow, FinishJob
from julia_common.errors import Permanent, Retryable
from julia_common.evolution import StoredMessage
from julia_common.resilience.clock import Clock
from julia_common.whatsapp import UnreadableError, read_record
from julia_scheduler import metrics
from julia_scheduler.loops import IDLE, Round
from julia_scheduler.ports import Jobs, Memory, Publish

log = structlog.get_logger(__name__)

JOB: Final = "catchup"
_LEASE_SECONDS: Final = 120
_KEYS_PER_CALL: Final = 500


class CatchUp:
    """Runs at most once a minute, whatever the number of replicas."""

    def __init__(
        self,
        jobs: Jobs,
        memory: Memory,
        publisher: Publish,
        clock: Clock,
        *,
        instances: Sequence[str],
        owner: str,
    ) -> None:
        """Prepare; `instances` are checked even if never heard of, `owner` is this process."""
        self._jobs = jobs
        self._memory = memory
        self._publisher = publisher
        self._clock = clock
        self._instances = instances
        self._owner = owner

    async def run(self) -> Round:
        """Take this minute's run and check every number; `IDLE` when it is not ours or done.

        A number that cannot be checked keeps its window open and fails the run after the others
        were checked.
        """
        minute = self._clock.now().astimezone(UTC).replace(second=0, microsecond=0)
        claimed = await self._jobs.claim_job(
            job=JOB, scheduled_at=minute, owner=self._owner, lease_s=_LEASE_SECONDS
        )
        if claimed.status != "seu":
            return IDLE
        failures: list[Exception] = []
        found = 0
        for window in await self._windows(failures):
            try:
                found += await self._check(window)
            except (Retryable, Permanent) as error:
                failures.append(error)
        await self._jobs.finish_job(
            FinishJob(
                job=JOB,
                scheduled_at=minute,
                owner=self._owner,
                ok=not failures,
                detalhes={"encontradas": found, "falhas": len(failures)},
            )
        )
        if failures:
            message = "catch-up could not check every number"
            raise ExceptionGroup(message, failures)
        return None

    async def _windows(self, failures: list[Exception]) -> Sequence[CatchupWindow]:
        windows = (await self._jobs.catchup_windows()).instances
        unheard = set(self._instances) - {window.instance for window in windows}
        if not unheard:
            return windows
        for instance in sorted(unheard):
            # No webhook of this number has ever arrived. That may be just what is wrong.
            try:
                state = await self._memory.connection_state(instance)
                await self._jobs.connection_changed(instance=instance, state=state)
            except (Retryable, Permanent) as error:
                failures.append(error)
        return (await self._jobs.catchup_windows()).instances

    async def _check(self, window: CatchupWindow) -> int:
        records = await self._memory.find_messages(window.instance, window.since, window.until)
        metrics.CATCHUP_SEEN.inc(len(records))
        messages = self._read(window.instance, records)
        missing = await self._missing(window.instance, [message.key_id for message in messages])
        found = [message for message in messages if message.key_id in missing]
        for message in found:
            await self._publisher.publish(message)
            metrics.CATCHUP_FOUND.labels(
                "entrada" if isinstance(message, MessageReceived) else "saida"
            ).inc()
        await self._jobs.catchup_done(
            instance=window.instance, until=window.until, found=len(found)
        )
        metrics.CATCHUP_LAST.labels(window.instance).set(window.until.timestamp())
        if found:
            log.info(
                "found what no webhook has brought yet", instance=window.instance, found=len(found)
            )
        return len(found)

    def _read(
        self, instance: str, records: Iterable[StoredMessage]
    ) -> Sequence[MessageReceived | MessageSent]:
        """Oldest first, each id once; edits and what is nobody's business are left out."""
        messages: dict[str, MessageReceived | MessageSent] = {}
        for record in records:
            try:
                message = read_record(
                    record.raw, instance=instance, source="catchup", received_at=self._clock.now()
                )
            except UnreadableError as error:
                metrics.CATCHUP_UNREADABLE.inc()
                log.warning("a stored message is unreadable", instance=instance, error=str(error))
                continue
            if isinstance(message, MessageReceived | MessageSent):
                messages[message.key_id] = message
        return sorted(messages.values(), key=lambda message: message.provider_at)

    async def _missing(self, instance: str, key_ids: Sequence[str]) -> set[str]:
        missing: set[str] = set()
        for start in range(0, len(key_ids), _KEYS_PER_CALL):
            batch = key_ids[start : start + _KEYS_PER_CALL]
            answer = await self._jobs.missing_keys(instance=instance, key_ids=batch)
            missing.update(answer.missing)
        return missing
