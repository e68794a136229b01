"""Notices and reports, from the real database to the channel of the Slack simulator."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from julia_common.database import Database, NoticesDelivered
from julia_common.errors import Retryable
from julia_common.slack import SlackWebhook, open_slack
from julia_dev.pytest_plugin import SupabaseEndpoint
from julia_scheduler.jobs.job import Run
from julia_scheduler.jobs.plan import SAO_PAULO
from julia_scheduler.jobs.reports import reports
from julia_scheduler.managers.bringing import LOAN_SECONDS, Bringer
from julia_simulators.evolution.testing import serving
from julia_simulators.slack.app import build_app
from julia_simulators.slack.state import WEBHOOK_PATH, Fault, FaultKind, World

pytestmark = pytest.mark.integration

DUE = datetime(2026, 12, 1, 13, tzinfo=SAO_PAULO)


class DiesAfterPosting:
    """The database as a process sees it that is killed before it can tell what it posted."""

    def __init__(self, database: Database) -> None:
        self.due_notices = database.due_notices
        self.notices_failed = database.notices_failed

    async def notices_delivered(self, *, ids: object) -> NoticesDelivered:
        raise ConnectionAbortedError


@pytest.fixture
async def database(supabase_endpoint: SupabaseEndpoint) -> AsyncIterator[Database]:
    opened = await Database.create(supabase_endpoint.url, supabase_endpoint.service_key)
    yield opened
    await opened.aclose()


@pytest.fixture
def channel() -> World:
    world = World()
    world.limited = False
    return world


@pytest.fixture
def webhook_url(channel: World) -> Iterator[SecretStr]:
    with serving(build_app(channel)) as url:
        yield SecretStr(url + WEBHOOK_PATH)


@pytest.fixture
async def slack(webhook_url: SecretStr) -> AsyncIterator[SlackWebhook]:
    async with open_slack(webhook_url) as opened:
        yield opened


async def later(pg_dsn: str, by: timedelta) -> None:
    """Move the database's clock."""
    connection = await asyncpg.connect(pg_dsn)
    try:
        await connection.execute(
            "create or replace function api.agora() returns timestamptz language sql volatile "
            "set search_path = '' as $$ select clock_timestamp() + "
            f"interval '{by.total_seconds()} seconds' $$"
        )
    finally:
        await connection.close()


async def test_a_report_is_posted_once_for_its_time_through_outage_kill_and_repetition(
    database: Database, slack: SlackWebhook, channel: World, pg_dsn: str
) -> None:
    period = next(job for job in reports(database) if job.name == "relatorio_periodo")
    made = [await period.run(Run(period.name, DUE)) for _ in range(2)]
    assert [each["status"] for each in made] == ["guardado", "ja_guardado"]

    channel.faults.append(Fault(kind=FaultKind.SERVER_ERROR))
    bringer = Bringer(database, slack, owner="11111111-1111-1111-1111-111111111111")
    with pytest.raises(Retryable, match="rollup_error"):
        await bringer.bring()
    assert await bringer.bring() == 0, "Slack was asked for patience"
    await later(pg_dsn, timedelta(minutes=1))

    killed = Bringer(
        DiesAfterPosting(database), slack, owner="22222222-2222-2222-2222-222222222222"
    )
    with pytest.raises(ConnectionAbortedError):
        await killed.bring()
    assert await bringer.bring() == 0, "it is still the other's"
    await later(pg_dsn, timedelta(minutes=1, seconds=LOAN_SECONDS + 1))

    assert await bringer.bring() == 1
    assert await bringer.bring() == 0
    said = [message.blocks[-1]["elements"][0]["text"] for message in channel.messages]
    assert len(said) == 2, "a kill between the post and its mark repeats it, and says so"
    assert all("se este relatório já apareceu, é o mesmo" in text for text in said)
    assert {message.text.splitlines()[0] for message in channel.messages} == {
        "📊 Relatório das 13h, terça, 01/12"
    }
