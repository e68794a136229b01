"""Hours without any scheduler: each job makes up for what was missed as its policy says."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from pydantic import JsonValue

from julia_common.database import Database
from julia_dev.pytest_plugin import SupabaseEndpoint
from julia_scheduler.jobs.job import Job, Missed, Run
from julia_scheduler.jobs.runner import Runner

pytestmark = pytest.mark.faults


@pytest.fixture
async def database(supabase_endpoint: SupabaseEndpoint) -> AsyncIterator[Database]:
    database = await Database.create(supabase_endpoint.url, supabase_endpoint.service_key)
    yield database
    await database.aclose()


async def test_after_five_hours_each_job_makes_up_as_its_policy_says(
    database: Database, pg_dsn: str
) -> None:
    done: defaultdict[str, list[int]] = defaultdict(list)

    async def note(run: Run) -> Mapping[str, JsonValue]:
        done[run.job].append(run.scheduled_at.hour)
        return {}

    def replica() -> Runner:
        grace = timedelta(hours=6)
        jobs = [Job(kind.value, "0 * * * *", kind, note, grace=grace) for kind in Missed]
        return Runner(database, jobs, owner=str(uuid4()))

    async def work_at(local: str) -> dict[str, list[int]]:
        await connection.execute(
            "create or replace function api.agora() returns timestamptz language sql volatile"
            f" as $$ select timestamptz '2026-11-23 {local}-03' $$"
        )
        done.clear()
        runner = replica()
        for _ in range(8):
            await runner.step()
        return dict(done)

    connection = await asyncpg.connect(pg_dsn)
    try:
        began = await work_at("08:00:30")
        assert (began["skip"], began["latest"], began["each"][-1]) == ([8], [8], 8)

        assert await work_at("13:10:00") == {"latest": [13], "each": [9, 10, 11, 12, 13]}
        assert await work_at("13:11:00") == {}
    finally:
        await connection.close()
