"""What is posted, and what becomes of what could not be."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.unit.scheduler.managers.samples import PAUSE, notice, report

from julia_common.database import DueNotices, Notice, NoticesDelivered, NoticesFailed
from julia_common.errors import Permanent, Retryable
from julia_common.slack import SlackMessage, WebhookRefused
from julia_scheduler.jobs.job import Run
from julia_scheduler.jobs.notices import notices
from julia_scheduler.managers.bringing import RETRY_SECONDS, Bringer

pytestmark = pytest.mark.unit


@dataclass
class FakeDatabase:
    """Lends what it was given, once."""

    due: list[Notice]
    delivered: list[str] = field(default_factory=list)
    failed: list[tuple[str, str, float]] = field(default_factory=list)

    async def due_notices(self, *, limit: int, owner: str, lease_s: int) -> DueNotices:
        lent, self.due = self.due[:limit], self.due[limit:]
        return DueNotices(avisos=tuple(lent))

    async def notices_delivered(self, *, ids: Any) -> NoticesDelivered:
        self.delivered += ids
        return NoticesDelivered(entregues=len(ids))

    async def notices_failed(
        self, *, ids: Any, owner: str, erro: str, retry_in_s: float
    ) -> NoticesFailed:
        self.failed += [(each, erro, retry_in_s) for each in ids]
        return NoticesFailed(devolvidas=len(ids))


@dataclass
class FakeSlack:
    """Takes messages, or raises what `dislikes` says of them."""

    dislikes: Any = lambda _: None
    posted: list[SlackMessage] = field(default_factory=list)

    async def post(self, message: SlackMessage) -> None:
        error = self.dislikes(message)
        if error is not None:
            raise error
        self.posted.append(message)


def many(count: int) -> list[Notice]:
    return [notice("documento", id=f"n{n}") for n in range(count)]


async def bring(due: list[Notice], slack: FakeSlack) -> tuple[FakeDatabase, int]:
    database = FakeDatabase(due)
    return database, await Bringer(database, slack, owner="eu").bring()


async def test_a_flood_of_notices_is_a_few_messages() -> None:
    slack = FakeSlack()

    database, delivered = await bring(many(25), slack)

    assert delivered == 25
    assert [message.text for message in slack.posted] == [
        "📄 Documento recebido (9 vezes)",
        "📄 Documento recebido (9 vezes)",
        "📄 Documento recebido (7 vezes)",
    ]
    assert database.delivered == [f"n{n}" for n in range(25)]


async def test_a_report_is_a_message_of_its_own() -> None:
    slack = FakeSlack()
    due = [notice("documento"), notice("relatorio", id="r", relatorio=report())]

    await bring(due, slack)

    assert sorted(message.text.split()[1] for message in slack.posted) == ["Documento", "Relatório"]


async def test_when_slack_is_away_everything_is_given_back_for_the_next_minute() -> None:
    slack = FakeSlack(lambda _: Retryable("Slack did not answer"))
    database = FakeDatabase(many(12))

    with pytest.raises(Retryable):
        await Bringer(database, slack, owner="eu").bring()

    assert database.delivered == []
    assert [each for each, _, _ in database.failed] == [f"n{n}" for n in range(12)]
    assert {wait for _, _, wait in database.failed} == {RETRY_SECONDS}


async def test_slack_says_how_long_the_notices_wait() -> None:
    slack = FakeSlack(lambda _: Retryable("HTTP 429", retry_after=120))
    database = FakeDatabase(many(1))

    with pytest.raises(Retryable):
        await Bringer(database, slack, owner="eu").bring()

    assert database.failed == [("n0", "HTTP 429", 120)]


async def test_what_was_posted_before_slack_went_away_is_not_posted_again() -> None:
    slack = FakeSlack()
    slack.dislikes = lambda _: Retryable("away") if slack.posted else None
    database = FakeDatabase(many(12))

    with pytest.raises(Retryable):
        await Bringer(database, slack, owner="eu").bring()

    assert database.delivered == [f"n{n}" for n in range(9)]
    assert [each for each, _, _ in database.failed] == ["n9", "n10", "n11"]


async def test_a_webhook_that_slack_refuses_loses_no_notice() -> None:
    slack = FakeSlack(lambda _: WebhookRefused("HTTP 404, no_service"))
    database = FakeDatabase(many(2))

    with pytest.raises(WebhookRefused):
        await Bringer(database, slack, owner="eu").bring()

    assert [each for each, _, _ in database.failed] == ["n0", "n1"]


async def test_a_notice_that_slack_does_not_like_holds_up_no_other() -> None:
    bad = notice("coisa_estranha", id="ruim")
    slack = FakeSlack(
        lambda message: Permanent("invalid_blocks") if "estranha" in message.text else None
    )

    database, delivered = await bring([*many(2), bad, notice("reserva", id="boa")], slack)

    assert delivered == 3
    assert database.delivered == ["n0", "n1", "boa"]
    assert [(each, wait) for each, _, wait in database.failed] == [("ruim", 3600.0)]


async def test_a_notice_that_cannot_be_drawn_holds_up_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = notice("julia_pausada", id="ruim", dados={**PAUSE, "ate": "Helena"})

    database, delivered = await bring([*many(2), bad, notice("reserva", id="boa")], FakeSlack())

    assert delivered == 3
    assert database.delivered == ["n0", "n1", "boa"]
    ((each, said, wait),) = database.failed
    assert (each, wait) == ("ruim", 3600.0)
    assert said == "no message can be made of it: ValueError"
    logged = capsys.readouterr().out
    assert "ruim" in logged
    assert "Helena" not in logged


async def test_a_notice_whose_blocks_are_not_liked_goes_as_plain_text() -> None:
    slack = FakeSlack(lambda message: Permanent("invalid_blocks") if message.blocks else None)

    database, delivered = await bring(many(1), slack)

    assert (delivered, database.failed) == (1, [])
    assert slack.posted[0].blocks == ()
    assert "Helena Prado" in slack.posted[0].text


async def test_without_a_webhook_the_job_takes_nothing(now) -> None:
    job = notices(None)

    assert await job.run(Run(job.name, now)) == {"slack": "não configurado"}


async def test_what_an_outage_has_left_waiting_is_brought_in_one_run(now) -> None:
    database, slack = FakeDatabase(many(70)), FakeSlack()
    job = notices(Bringer(database, slack, owner="eu"))

    assert await job.run(Run(job.name, now)) == {"entregues": 70}
    assert len(database.delivered) == 70
