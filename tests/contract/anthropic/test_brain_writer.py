"""The brain's adapter on the API: every way in which Claude can fail, told apart."""

import pytest

from julia_brain.adapters.claude import Claude, open_client
from julia_brain.domain.prompt import DoctorFacts, Said, build_prompt
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CLAUDE, CircuitBreaker, CircuitOpen, CircuitState
from julia_common.resilience.clock import SystemClock

CLOCK = SystemClock()
PROMPT = build_prompt(
    DoctorFacts("Ana", "Pediatria"),
    (Said("julia", "texto", "Oi!"),),
    (Said("medico", "texto", "Tem plantão? #m7"), Said("medico", "texto", "sábado #m8")),
    CLOCK.now(),
)


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker("claude", CLAUDE)


@pytest.fixture
async def claude(api, breaker):
    async with open_client(api.key, api.base_url) as client:
        yield Claude(client, api.model, breaker, CLOCK)


async def calls(control) -> int:
    return len((await control.get("/requests")).json())


async def test_a_draft_carries_text_tokens_and_time(claude) -> None:
    draft = await claude.write(PROMPT, within_s=30)

    assert draft.text
    assert draft.stop_reason == "end_turn"
    assert draft.input_tokens > 0
    assert draft.output_tokens > 0
    assert draft.llm_ms >= 0


async def test_claude_is_shown_the_pending_messages_apart(claude, control) -> None:
    draft = await claude.write(PROMPT, within_s=5)

    assert "#m7 #m8" in draft.text
    body = (await control.get("/requests")).json()[0]["body"]
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in body["system"][1]


@pytest.mark.parametrize(
    "kind",
    [
        "rate_limited",
        "overloaded",
        "server_error",
        "unavailable",
        "reset",
        "plain_text",
        "bad_json",
    ],
)
async def test_a_passing_fault_is_tried_once_more(claude, control, kind) -> None:
    await control.post("/faults", json={"kind": kind, "retry_after": 0.1})
    assert (await claude.write(PROMPT, within_s=8)).text

    await control.post("/faults", json={"kind": kind, "retry_after": 0.1, "times": 2})
    with pytest.raises(Retryable):
        await claude.write(PROMPT, within_s=8)
    assert await calls(control) == 4


async def test_a_wait_that_does_not_fit_into_the_turn_is_not_waited(claude, control) -> None:
    await control.post("/faults", json={"kind": "rate_limited", "retry_after": 30})

    with pytest.raises(Retryable) as caught:
        await claude.write(PROMPT, within_s=8)

    assert caught.value.retry_after == 30
    assert await calls(control) == 1


async def test_a_hanging_call_ends_with_the_turns_time(claude, control) -> None:
    await control.post("/faults", json={"kind": "hang", "seconds": 5})

    with pytest.raises(Retryable, match="in time"):
        await claude.write(PROMPT, within_s=0.3)


async def test_a_spend_limit_is_permanent_and_says_the_way_out(claude, control) -> None:
    await control.post("/faults", json={"kind": "spend_limit"})

    with pytest.raises(Permanent, match="spend limit"):
        await claude.write(PROMPT, within_s=8)
    assert await calls(control) == 1


async def test_a_wrong_key_is_permanent_and_names_the_variable(api, breaker) -> None:
    async with open_client("errada", api.base_url) as client:
        with pytest.raises(Permanent, match="ANTHROPIC_API_KEY"):
            await Claude(client, api.model, breaker, CLOCK).write(PROMPT, within_s=8)


async def test_an_unknown_model_is_permanent_and_names_the_variable(api, breaker) -> None:
    async with open_client(api.key, api.base_url) as client:
        with pytest.raises(Permanent, match="ANTHROPIC_MODEL"):
            await Claude(client, "nenhum", breaker, CLOCK).write(PROMPT, within_s=8)


async def test_after_three_failures_claude_is_not_asked_any_more(claude, control, breaker) -> None:
    await control.post("/faults", json={"kind": "server_error", "times": None})

    for _ in range(2):
        with pytest.raises(Retryable):
            await claude.write(PROMPT, within_s=8)
    asked = await calls(control)

    with pytest.raises(CircuitOpen):
        await claude.write(PROMPT, within_s=8)
    assert asked == await calls(control) == 3
    assert breaker.snapshot.state is CircuitState.OPEN


@pytest.mark.parametrize(
    ("kind", "stop_reason"),
    [("empty", "end_turn"), ("truncated", "max_tokens"), ("refusal", "refusal")],
)
async def test_a_flawed_answer_comes_through_with_its_stop_reason(
    claude, control, kind, stop_reason
) -> None:
    await control.post("/faults", json={"kind": kind})

    assert (await claude.write(PROMPT, within_s=8)).stop_reason == stop_reason


async def test_no_error_quotes_the_conversation(claude, control) -> None:
    for kind in ("rate_limited", "server_error", "spend_limit", "bad_json", "plain_text", "reset"):
        await control.post("/faults", json={"kind": kind, "times": 2, "retry_after": 20})
        with pytest.raises((Retryable, Permanent)) as caught:
            await claude.write(PROMPT, within_s=1.6)
        assert "plantão" not in str(caught.value)
        await control.delete("/faults")
