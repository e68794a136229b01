"""`avisos`: each minute, what waits for managers is brought to Slack."""

import time
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from julia_scheduler import metrics
from julia_scheduler.jobs.job import Job, Missed, Run
from julia_scheduler.managers.bringing import AT_ONCE, Bringer

ROUNDS_SECONDS: Final = 30.0
"""No round begins later: the longest one still ends within the run's lease."""


def notices(bringer: Bringer | None) -> Job:
    """The job; without a `bringer` (no SLACK_WEBHOOK_URL) everything waits, and the gauge says so.

    Tried once: what was not posted is due again in the next minute's run.
    """
    metrics.SLACK_CONFIGURED.set(bringer is not None)

    async def run(_: Run) -> Mapping[str, JsonValue]:
        if bringer is None:
            return {"slack": "não configurado"}
        began, delivered = time.monotonic(), 0
        while True:
            brought = await bringer.bring()
            delivered += brought
            # After an outage, or in a flood, more waits than one round takes.
            if brought < AT_ONCE or time.monotonic() - began > ROUNDS_SECONDS:
                return {"entregues": delivered}

    return Job("avisos", "* * * * *", Missed.SKIP, run, attempts=1)
