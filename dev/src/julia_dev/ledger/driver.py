"""Playing a plan against a running stack."""

import asyncio
import time
from collections.abc import Mapping

from julia_dev.ledger.account import Period
from julia_dev.ledger.plan import Plan, PlannedMessage, PlannedStop, PlannedTakeover
from julia_dev.ledger.world import World

_TICK_S = 0.05


class Driver:
    """Doctors, coordinators and a manager, doing what the plan says and remembering when."""

    def __init__(
        self, world: World, plan: Plan, number_of: Mapping[str, str] | None = None
    ) -> None:
        """Prepare; nothing happens yet.

        `number_of`: which of our numbers a doctor writes to; the first one, if not named.
        """
        self.written: dict[str, tuple[int, str, int]] = {}
        self.by_sql: dict[str, float] = {}
        self.by_phone: set[str] = set()
        self.stops: list[Period] = []
        self._world = world
        self._plan = plan
        self._number_of = number_of or {}
        self._began = 0.0
        self._enough = False

    async def run(self) -> None:
        """Play the whole plan."""
        self._began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write())
            for takeover in self._plan.takeovers:
                group.create_task(self._take_over(takeover))
            for stop in self._plan.stops:
                group.create_task(self._stop(stop))

    def enough(self) -> None:
        """Let doctors write no more; what they are just writing is still sent."""
        self._enough = True

    async def _until(self, at_s: float) -> None:
        await asyncio.sleep(max(0.0, self._began + at_s - time.monotonic()))

    async def _write(self) -> None:
        waiting = list(self._plan.messages)
        while waiting and not self._enough:
            now = time.monotonic() - self._began
            due = [message for message in waiting if message.at_s <= now]
            waiting = waiting[len(due) :]
            if due:
                await self._send(due)
            await asyncio.sleep(_TICK_S)

    async def _send(self, due: list[PlannedMessage]) -> None:
        at = int(time.time())
        records = await self._world.write(
            [
                {
                    "doctor": message.doctor,
                    "text": message.text,
                    "timestamp": at,
                    "instance": self._number_of.get(message.doctor),
                    "webhook": {"copies": message.copies, "delay_s": message.late_s},
                }
                for message in due
            ]
        )
        for message, record in zip(due, records, strict=True):
            self.written[record["key_id"]] = (message.number, message.doctor, at)

    async def _take_over(self, takeover: PlannedTakeover) -> None:
        await self._until(takeover.at_s)
        while (conversation := await self._world.conversation_of(takeover.doctor)) is None:
            await asyncio.sleep(1)
        if takeover.by_phone:
            await self._world.type_on_phone(takeover.doctor, "Oi, aqui é a Paula da equipe")
            self.by_phone.add(takeover.doctor)
            return
        # The runbook's statement.
        await self._world.sql(
            "UPDATE conversations SET controlled_by = 'human',"
            " escalation_reason = 'Handoff manual' WHERE id = $1::uuid",
            conversation,
        )
        self.by_sql[takeover.doctor] = time.time()

    async def _stop(self, stop: PlannedStop) -> None:
        await self._until(stop.at_s)
        await self._status("pausado", "Emergencia - pausado manualmente")
        since = time.time()
        await asyncio.sleep(stop.lasts_s)
        until = time.time()
        await self._status("ativo", "Retomando operacao")
        self.stops.append(Period(since, until))

    async def _status(self, status: str, reason: str) -> None:
        """Insert as the runbook does."""
        await self._world.sql(
            "INSERT INTO julia_status (status, motivo, alterado_via) VALUES ($1, $2, 'manual')",
            status,
            reason,
        )
