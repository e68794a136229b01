"""Campaigns are fed and follow-ups planned in small calls, until there is nothing left to do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from julia_common.database import CampaignsFed, FollowupsPlanned
from julia_scheduler.jobs.campaigns import campaigns
from julia_scheduler.jobs.followups import followups
from julia_scheduler.jobs.job import Job, Run


@dataclass
class Outbox:
    """A database in which so many recipients and silent doctors are left."""

    left: int
    calls: list[int] = field(default_factory=list)

    async def feed_campaigns(self, *, limit: int) -> CampaignsFed:
        n = self._take(limit)
        return CampaignsFed(enfileiradas=n - 1, adiadas=1, puladas=0, mais=n == limit)

    async def plan_followups(self, *, limit: int) -> FollowupsPlanned:
        n = self._take(limit)
        return FollowupsPlanned(planejados=n, com_plantao=1, recontato=0, mais=n == limit)

    def _take(self, limit: int) -> int:
        n = min(limit, self.left)
        self.left -= n
        self.calls.append(n)
        return n


def a_run(job: Job) -> Run:
    return Run(job.name, datetime(2026, 11, 23, 13, tzinfo=UTC))


async def test_a_run_feeds_until_there_is_nothing_left_and_counts_it() -> None:
    outbox = Outbox(left=120)
    job = campaigns(outbox)

    assert await job.run(a_run(job)) == {"enfileiradas": 113, "adiadas": 7, "puladas": 0}
    assert outbox.calls == [20] * 6 + [0]


async def test_a_run_that_never_comes_to_an_end_leaves_the_rest_to_the_next() -> None:
    outbox = Outbox(left=1_000_000)
    job = campaigns(outbox)

    await job.run(a_run(job))

    assert len(outbox.calls) == 50


async def test_all_follow_ups_of_the_day_are_planned() -> None:
    outbox = Outbox(left=120)
    job = followups(outbox)

    assert await job.run(a_run(job)) == {"planejados": 120, "com_plantao": 3, "recontato": 0}
