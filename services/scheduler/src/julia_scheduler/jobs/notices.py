"""`avisos`: each minute, what waits for managers is brought to Slack."""

from collections.abc import Mapping

from pydantic import JsonValue

from julia_scheduler import metrics
from julia_scheduler.jobs.job import Job, Missed, Run
from julia_scheduler.managers.bringing import Bringer


def notices(bringer: Bringer | None) -> Job:
    """The job; without a `bringer` (no SLACK_WEBHOOK_URL) everything waits, and the gauge says so.

    Tried once: what was not posted is due again in the next minute's run.
    """
    metrics.SLACK_CONFIGURED.set(bringer is not None)

    async def run(_: Run) -> Mapping[str, JsonValue]:
        if bringer is None:
            return {"slack": "não configurado"}
        return {"entregues": await bringer.bring()}

    return Job("avisos", "* * * * *", Missed.SKIP, run, attempts=1)
