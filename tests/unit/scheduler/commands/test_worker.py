"""What a worker does when something does not go as it should."""

import logging
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from julia_common.contracts.messages import SendRequested
from julia_common.database import (
    AnswerKept,
    CommandAnswered,
    CommandFailed,
    DueCommand,
    DueCommands,
)
from julia_common.errors import Permanent, Retryable
from julia_common.telemetry.logging import configure_logging
from julia_scheduler.commands import answers
from julia_scheduler.commands.doing import Outcome
from julia_scheduler.commands.worker import (
    ATTEMPTS,
    RETRY_SECONDS,
    UNTIL_GIVEN_UP_SECONDS,
    Worker,
    store,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
PHONE = "11988887777"


def asked(**changes: Any) -> DueCommand:
    return DueCommand.model_validate(
        {
            "id": str(uuid.uuid4()),
            "tipo": "comando",
            "usuario": "U0ANA",
            "gestor": "Ana",
            "texto": f"medico {PHONE}",
            "resposta_url": "https://hooks.slack.com/commands/T0/1/x",
            "recebido_em": NOW,
            "agora": NOW,
            "tentativa": 1,
        }
        | changes
    )


@dataclass
class Database:
    """Lends one request, once."""

    waiting: list[DueCommand]
    kept: list[dict[str, Any]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    given_back: list[float] = field(default_factory=list)
    loan_ended: bool = False

    async def due_commands(self, *, owner: str, limit: int, lease_s: int) -> DueCommands:
        assert owner
        assert lease_s
        lent, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return DueCommands(comandos=tuple(lent))

    async def keep_answer(self, **p: Any) -> AnswerKept:
        self.kept.append(p)
        return AnswerKept(status="perdida" if self.loan_ended else "guardada")

    async def command_answered(self, *, id: str) -> CommandAnswered:  # noqa: A002 - the port's
        self.answered.append(id)
        return CommandAnswered(status="ok")

    async def command_failed(self, *, retry_in_s: float, **_: Any) -> CommandFailed:
        self.given_back.append(retry_in_s)
        return CommandFailed(status="devolvido")


@dataclass
class Doing:
    """Answers, or raises."""

    error: Exception | None = None

    async def respond(self, _: DueCommand) -> Outcome:
        if self.error is not None:
            raise self.error
        return Outcome(answers.private("tudo bem"), {"verbo": "status"})


@dataclass
class Slack:
    """Takes answers, or raises."""

    error: Exception | None = None
    taken: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, url: str, payload: dict[str, Any]) -> None:
        assert url
        if self.error is not None:
            raise self.error
        self.taken.append(payload)


async def served(
    command: DueCommand, *, doing: Doing | None = None, slack: Slack | None = None, **how: Any
) -> tuple[Database, Slack]:
    database, slack = Database([command], **how), slack or Slack()
    worker = Worker(database, doing or Doing(), slack, None, owner="o")  # type: ignore[arg-type]
    await worker.work()
    return database, slack


async def test_an_answer_is_kept_before_it_is_posted() -> None:
    database, slack = await served(asked(), slack=Slack(Retryable("away")))

    assert database.kept[0]["resposta"]["text"] == "tudo bem"
    assert (slack.taken, database.answered) == ([], [])
    assert database.given_back == [RETRY_SECONDS]


async def test_what_was_done_before_is_not_done_again() -> None:
    doing = Doing(AssertionError("it was done"))
    database, slack = await served(asked(resposta={"text": "feito"}), doing=doing)

    assert slack.taken == [{"text": "feito"}]
    assert (database.kept, len(database.answered)) == ([], 1)


async def test_who_lost_the_loan_posts_nothing() -> None:
    database, slack = await served(asked(), loan_ended=True)

    assert (slack.taken, database.answered, database.given_back) == ([], [], [])


async def test_slack_says_how_long_to_wait() -> None:
    database, _ = await served(asked(), slack=Slack(Retryable("x", retry_after=42)))

    assert database.given_back == [42]


async def test_an_address_that_takes_no_answer_is_left_until_it_is_given_up() -> None:
    database, _ = await served(asked(), slack=Slack(Permanent("expired_url")))

    assert database.given_back == [UNTIL_GIVEN_UP_SECONDS]


async def test_a_mention_without_a_channel_is_left_until_it_is_given_up() -> None:
    database, _ = await served(asked(tipo="mencao", resposta_url=None))

    assert database.given_back == [UNTIL_GIVEN_UP_SECONDS]


async def test_an_outage_is_waited_out_however_long() -> None:
    doing = Doing(Retryable("the database is away"))
    database, slack = await served(asked(tentativa=500), doing=doing)

    assert (slack.taken, database.given_back) == ([], [RETRY_SECONDS])


@pytest.mark.parametrize(
    ("error", "attempt", "told"),
    [
        (KeyError(PHONE), 1, False),
        (KeyError(PHONE), ATTEMPTS, True),
        (Permanent("the database refused it"), 1, True),
    ],
)
async def test_who_asked_is_told_of_a_defect_in_the_end(
    error: Exception, attempt: int, told: bool
) -> None:
    database, slack = await served(asked(tentativa=attempt), doing=Doing(error))

    assert bool(slack.taken) is told
    assert bool(database.given_back) is not told


async def test_a_defect_is_logged_without_what_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("julia-scheduler", "DEBUG")
    try:
        await served(asked(), doing=Doing(ValueError("medico palavra-secreta")))
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()

    logged = capsys.readouterr().out
    assert "a command failed" in logged
    assert "palavra-secreta" not in logged
    assert PHONE not in logged


async def test_a_message_of_another_kind_is_misrouted() -> None:
    with pytest.raises(Permanent, match="does not belong"):
        await store(
            SendRequested(instance="julia", conversa_id="c"),
            None,  # type: ignore[arg-type]
        )


async def test_a_command_is_in_the_trace_of_the_request_that_brought_it(
    recorded: InMemorySpanExporter,
) -> None:
    trace, stored = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

    await served(asked(traceparent=f"00-{trace}-{stored}-01"))

    (command,) = recorded.get_finished_spans()
    assert (command.name, command.parent.span_id) == ("command", int(stored, 16))
    assert command.attributes == {"julia.pedido": "comando"}
