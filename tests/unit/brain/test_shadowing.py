"""A shadow's draft: made like the real one, judged, kept, and without any effect."""

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from julia_brain.domain.budget import Budgets
from julia_brain.domain.checks.flaws import Flaw
from julia_brain.ports import Model
from julia_brain.testing import PERSONA, FakePrompts, ScriptedWriter, SteppedClock, asking, draft
from julia_brain.tools.calls import ToolResult
from julia_brain.tools.testing import FakeShifts, a_begun_turn, a_fact, a_shift
from julia_brain.turns.afterwards import CommittedTurn
from julia_brain.turns.shadowing import Shadowing
from julia_common.database import ShadowChosen, ShadowStored, Spent, StoreShadow
from julia_common.errors import Retryable

SHIFT = a_shift(1)
SEARCH = asking("buscar_vagas")
BOOK = asking("reservar_plantao", vaga_id=SHIFT.id)
PERSON = asking("transferir_para_humano", tipo="pedido_humano", motivo="quer falar com alguém")
DENIAL = "Não sou um robô, sou uma pessoa!"
BOOKED = "Prontinho, reservei o plantão da Santa Casa de Campinas pra vc!"


@dataclass
class FakeShadows:
    stored: list[StoreShadow] = field(default_factory=list)

    async def store_shadow(self, shadow: StoreShadow) -> ShadowStored:
        self.stored.append(shadow)
        return ShadowStored(status="guardado")


@dataclass
class Desk:
    """A turn that was answered, and its shadow."""

    said: str = "tem plantão?"
    model: str | None = None
    known: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = SteppedClock()
        self.writer = ScriptedWriter(self.clock, takes=0.1)
        self.shifts = FakeShifts([SHIFT])
        self.shadows = FakeShadows()
        self.prompts = FakePrompts()
        self.models: list[str | None] = []
        begun = a_begun_turn(self.said).model_copy(
            update={"sombra": ShadowChosen(prompt_id="sombra-1", modelo=self.model), **self.known}
        )
        self.turn = CommittedTurn(begun, "conversa-1", Decimal("0.01"), claude_answered=True)
        self.errand = Shadowing(
            writer_of=self.writer_of,
            prompts=self.prompts,
            shifts=self.shifts,
            shadows=self.shadows,
            clock=self.clock,
        )

    def writer_of(self, model: str | None) -> ScriptedWriter:
        self.models.append(model)
        return self.writer

    async def run(self) -> str:
        work = self.errand.work(self.turn)
        assert work is not None
        return await self.clock.until_done(asyncio.ensure_future(work()))

    async def stored(self) -> StoreShadow:
        assert await self.run() == "guardado"
        (stored,) = self.shadows.stored
        return stored


async def test_the_shadow_answers_the_same_messages_with_its_own_text() -> None:
    desk = Desk()
    desk.writer.script = ["Oi, Ana! Em qual região vc procura?"]

    stored = await desk.stored()

    prompt = desk.writer.prompts[0]
    assert desk.prompts.read == ["sombra-1"]
    assert prompt.system == PERSONA
    assert prompt.pending == ("tem plantão?",)
    assert (stored.turno_id, stored.prompt_id) == ("turno-1", "sombra-1")
    assert (stored.texto, stored.falha) == ("Oi, Ana! Em qual região vc procura?", None)
    assert stored.ferramentas == ()
    assert (stored.usage.chamadas, stored.usage.input_tokens) == (1, 100)


@pytest.mark.parametrize("model", [None, "claude-outro"])
async def test_the_shadow_may_name_a_model(model: str | None) -> None:
    desk = Desk(model=model)

    await desk.stored()

    assert desk.models == [model]


async def test_without_a_model_of_its_own_the_route_of_the_turn_counts() -> None:
    desk = Desk("por esse valor não compensa, consegue melhorar a proposta?")

    await desk.stored()

    assert desk.writer.asked[0].size is Model.LARGE


async def test_tools_that_look_really_look() -> None:
    desk = Desk()
    desk.writer.script = [SEARCH, "Tem um na Santa Casa de Campinas. Te interessa?"]

    stored = await desk.stored()

    assert len(desk.shifts.searches) == 1
    result = desk.writer.prompts[1].rounds[1].blocks[0]
    assert isinstance(result, ToolResult)
    assert SHIFT.id in result.content
    assert stored.ferramentas == ("buscar_vagas",)
    assert stored.usage.chamadas == 2


async def test_tools_that_act_are_answered_as_if_they_had_and_do_nothing() -> None:
    desk = Desk(known={"fatos": (a_fact(SHIFT),)})
    desk.writer.script = [BOOK, BOOKED]

    stored = await desk.stored()

    assert desk.shifts.holds == []
    result = desk.writer.prompts[1].rounds[1].blocks[0]
    assert isinstance(result, ToolResult)
    assert '"status":"reservada"' in result.content
    assert stored.ferramentas == ("reservar_plantao (simulado)",)
    assert (stored.texto, stored.falha) == (BOOKED, None)


async def test_a_draft_that_calls_a_person_has_no_text() -> None:
    desk = Desk()
    desk.writer.script = [PERSON]

    stored = await desk.stored()

    assert (stored.texto, stored.falha) == ("", None)
    assert stored.ferramentas == ("transferir_para_humano (simulado)",)


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        (DENIAL, Flaw.DENIES_BEING_AI),
        (BOOKED, Flaw.PROMISED_BOOKING),
        (draft("Oi, a", "max_tokens"), Flaw.TRUNCATED),
    ],
)
async def test_what_is_wrong_with_the_draft_is_recorded_and_not_repaired(written, flaw) -> None:
    desk = Desk()
    desk.writer.script = [written]

    stored = await desk.stored()

    assert stored.falha == flaw
    assert len(desk.writer.prompts) == 1


async def test_a_draft_that_breaks_off_is_recorded_with_what_it_cost() -> None:
    desk = Desk()
    desk.writer.script = [SEARCH, Retryable("Claude is away")]

    stored = await desk.stored()

    assert (stored.texto, stored.falha) == ("", "indisponivel")
    assert stored.usage.chamadas == 1


async def test_a_shadow_that_cost_nothing_is_not_recorded() -> None:
    desk = Desk()
    desk.writer.script = [Retryable("Claude is away")]

    with pytest.raises(Retryable):
        await desk.run()
    assert desk.shadows.stored == []


async def test_after_four_rounds_of_tools_the_shadow_has_to_answer() -> None:
    desk = Desk()
    desk.writer.script = [SEARCH] * 4 + ["Te interessa?"]

    await desk.stored()

    assert [one.tools for one in desk.writer.asked] == [True] * 4 + [False]


async def test_a_shadow_leaves_the_last_fifth_of_the_days_budget_to_doctors() -> None:
    desk = Desk(known={"gasto": Spent(dia_usd=Decimal("3.99"))})

    assert await desk.run() == "sem_orcamento"
    assert desk.writer.prompts == []


async def test_budgets_of_doctor_and_conversation_do_not_concern_a_shadow() -> None:
    spent = Spent(conversa_usd=Decimal(9), medico_dia_usd=Decimal(9))
    desk = Desk(known={"gasto": spent})

    assert await desk.run() == "guardado"


async def test_a_shadow_without_money_left_for_a_turn_uses_no_more_tools() -> None:
    desk = Desk()
    desk.errand = replace(desk.errand, budgets=Budgets(turn_tokens=130))
    desk.writer.script = [SEARCH, "Te interessa?"]

    await desk.stored()

    assert [one.tools for one in desk.writer.asked] == [True, False]


def test_no_shadow_is_wanted_where_none_was_named_or_rules_answered() -> None:
    desk = Desk()
    none = replace(desk.turn, begun=desk.turn.begun.model_copy(update={"sombra": None}))

    assert desk.errand.work(desk.turn) is not None
    assert desk.errand.work(none) is None
    assert desk.errand.work(replace(desk.turn, claude_answered=False)) is None
