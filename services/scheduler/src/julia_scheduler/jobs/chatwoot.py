"""`recuperacao_chatwoot`: each minute, what people did in Chatwoot and no webhook told is done."""

from collections.abc import Mapping

from pydantic import JsonValue

from julia_scheduler.chatwoot.catchup import JOB, ChatwootCatchUp
from julia_scheduler.jobs.job import Job, Missed, Run


def chatwoot(catch_up: ChatwootCatchUp) -> Job:
    """The job. Tried once: the next minute's run looks as far back."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        return {"encontradas": await catch_up.run()}

    return Job(JOB, "* * * * *", Missed.SKIP, run, attempts=1)
