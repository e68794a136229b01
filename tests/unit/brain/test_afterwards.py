"""What follows a turn: begun at once, waited for by nobody, dropped at the end."""

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from julia_brain import metrics
from julia_brain.testing import CONVERSA_ID
from julia_brain.tools.testing import a_begun_turn
from julia_brain.turns.afterwards import Afterwards, CommittedTurn, Work
from julia_common.database import Doctor, Spent
from julia_common.errors import Retryable

TURN = CommittedTurn(a_begun_turn("oi"), "conversa-1", Decimal("0.01"), claude_answered=True)


@dataclass
class Errand:
    name: str = "resumo"
    at_once: int = 2
    wants: bool = True
    error: Exception | None = None
    begun: int = 0
    cancelled: int = 0
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def work(self, _: CommittedTurn) -> Work | None:
        return self.run if self.wants else None

    async def run(self) -> str:
        self.begun += 1
        if self.error is not None:
            raise self.error
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return "guardado"


def counted(errand: Errand, result: str) -> float:
    return metrics.AFTERWARDS.labels(errand.name, result)._value.get()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_each_kind_has_its_own_places_and_what_finds_none_is_left_undone() -> None:
    crowded, other = Errand("cheio"), Errand("outro")
    afterwards = Afterwards(crowded, other)
    for _ in range(2):
        afterwards.begin(TURN)
    other.wants = False
    afterwards.begin(TURN)
    await settle()

    assert (crowded.begun, other.begun) == (2, 0)
    assert counted(crowded, "ocupado") == 1
    crowded.may_end.set()
    await settle()
    afterwards.begin(TURN)
    await settle()
    assert crowded.begun == 3
    assert counted(crowded, "guardado") == 3


@pytest.mark.parametrize("error", [Retryable("away"), ValueError("a bug")])
async def test_what_fails_is_counted_and_gives_its_place_back(error: Exception) -> None:
    errand = Errand(f"falho {type(error).__name__}", at_once=1, error=error)
    afterwards = Afterwards(errand)

    for _ in range(2):
        afterwards.begin(TURN)
        await settle()

    assert errand.begun == 2
    assert counted(errand, "falha") == 2


async def test_at_the_end_everything_is_dropped_and_nothing_begins_any_more() -> None:
    errand = Errand()
    afterwards = Afterwards(errand)
    stop = asyncio.Event()
    running = asyncio.create_task(afterwards.run(stop))
    afterwards.begin(TURN)
    await settle()

    stop.set()
    await running

    assert errand.cancelled == 1
    afterwards.begin(TURN)
    await settle()
    assert errand.begun == 1


def test_what_the_turn_itself_cost_is_spent_too() -> None:
    before = Spent(
        conversa_usd=Decimal("0.2"), medico_dia_usd=Decimal("0.1"), dia_usd=Decimal("3.5")
    )
    turn = replace(TURN, begun=TURN.begun.model_copy(update={"gasto": before}))

    assert turn.spent == Spent(
        conversa_usd=Decimal("0.21"), medico_dia_usd=Decimal("0.11"), dia_usd=Decimal("3.51")
    )


async def test_a_turn_ends_without_waiting_for_what_follows(scene) -> None:
    errand = Errand()
    afterwards = Afterwards(errand)
    scene.engine = replace(scene.engine, begin_afterwards=afterwards.begin)

    finished = await scene.run()

    assert (finished.outcome, errand.begun) == ("resposta", 1)
    assert not errand.may_end.is_set()


async def test_only_a_committed_turn_is_followed(scene) -> None:
    followed: list[CommittedTurn] = []
    scene.engine = replace(scene.engine, begin_afterwards=followed.append)
    scene.writer.script = [scene.db.person_takes_over, "Oi!"]

    await scene.run()

    assert followed == []
    assert scene.sent == []


async def test_who_follows_knows_what_claude_cost_and_whether_rules_decided(scene) -> None:
    followed: list[CommittedTurn] = []
    scene.engine = replace(scene.engine, begin_afterwards=followed.append)
    await scene.run()
    scene.db.doctor_writes("vou acionar meu advogado e processar vocês")
    await scene.clock.advance(3)
    await scene.run()

    by_claude, by_rule = followed
    usage = scene.db.commits[0].usage
    assert (by_claude.usd, by_claude.claude_answered) == (usage.custo_usd, True)
    assert (by_rule.usd, by_rule.claude_answered) == (0, False)


async def test_the_canary_is_answered_without_claude_and_costs_nothing_afterwards(scene) -> None:
    followed: list[CommittedTurn] = []
    scene.engine = replace(scene.engine, begin_afterwards=followed.append)
    scene.db.medico = Doctor(id="canario", canario=True)

    finished = await scene.run()

    assert finished.outcome == "resposta"
    [commit] = scene.db.commits
    assert (commit.rota, commit.parts) == ("regra_canario", ("Canário respondido",))
    assert scene.doorbell.rung == [CONVERSA_ID]
    assert (scene.writer.prompts, scene.signs.shown, followed) == ([], [], [])
