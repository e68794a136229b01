"""The brain's adapter on the API: every way in which Claude can fail, told apart."""

from contextlib import suppress

import pytest
from anthropic import APIStatusError
from pydantic import SecretStr

from julia_brain.adapters.claude import Claude, open_client
from julia_brain.domain.composing import user_of
from julia_brain.domain.draft import Draft, Model
from julia_brain.domain.media import question_about, seen_in
from julia_brain.domain.prompt import Prompt, PromptTurn
from julia_brain.tools.calls import ToolCall, ToolResult
from julia_brain.tools.schemas import TOOLS
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CLAUDE, CircuitBreaker, CircuitOpen, CircuitState
from julia_common.resilience.clock import SystemClock
from julia_common.secrets import RotatingSecret
from julia_simulators import files

CLOCK = SystemClock()
LARGE = "claude-sonnet-5-5"
RULES = "Você é a Júlia e fala de plantões em frases curtas. " * 200
PROMPT = Prompt(
    system=RULES,
    tools=TOOLS,
    history=(PromptTurn("user", ("Oi",)), PromptTurn("assistant", ("Oi!",))),
    situation="[situação, anotada pelo sistema]\nAgora: sábado.",
    pending=("Bom dia #m7", "tudo bem? #m8"),
    user=user_of("uma conversa"),
)


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker("claude", CLAUDE)


@pytest.fixture
async def claude(api, breaker):
    async with open_client(SecretStr(api.key), api.base_url) as client:
        yield claude_of(client, api.model, breaker)


def claude_of(client, model: str, breaker: CircuitBreaker) -> Claude:
    return Claude(client, {Model.SMALL: model, Model.LARGE: LARGE}, breaker, CLOCK)


async def write(
    claude: Claude,
    within_s: float = 8,
    *,
    prompt: Prompt = PROMPT,
    size: Model = Model.SMALL,
    tools: bool = True,
) -> Draft:
    return await claude.write(prompt, size=size, tools=tools, within_s=within_s)


async def calls(control) -> int:
    return len((await control.get("/requests")).json())


async def test_a_draft_carries_text_tokens_and_time(claude) -> None:
    draft = await write(claude, 30)

    assert draft.text
    assert draft.stop_reason == "end_turn"
    assert draft.input_tokens > 0
    assert draft.output_tokens > 0
    assert draft.llm_ms >= 0


async def last_body(control) -> dict:
    return (await control.get("/requests")).json()[-1]["body"]


def marks(body: dict) -> list[str]:
    """Where the cache marks are, in the order of the prompt."""
    places = [("tools", block) for block in body.get("tools", [])]
    places += [("system", block) for block in body["system"]]
    places += [
        (f"{index}.{turn['role']}", block)
        for index, turn in enumerate(body["messages"])
        for block in turn["content"]
    ]
    return [place for place, block in places if "cache_control" in block]


async def test_claude_is_shown_the_pending_messages_apart(claude, control) -> None:
    draft = await write(claude)

    assert "#m7 #m8" in draft.text
    body = await last_body(control)
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user", "user"]
    assert [block["text"] for block in body["messages"][3]["content"]] == list(PROMPT.pending)
    assert body["metadata"] == {"user_id": PROMPT.user}
    assert body["tool_choice"] == {"type": "auto"}


async def test_the_ends_of_the_rules_of_the_history_and_of_the_tool_rounds_are_marked(
    claude, control
) -> None:
    await write(claude)
    assert marks(await last_body(control)) == ["system", "1.assistant"]

    call = ToolCall("toolu_1", "buscar_vagas", {})
    used = PROMPT.with_round("", (call,), (ToolResult("toolu_1", '{"vagas": []}'),))
    await write(claude, prompt=used)
    assert marks(await last_body(control)) == ["system", "1.assistant", "5.user"]


async def test_the_next_turn_reads_what_the_one_before_wrote(claude, control) -> None:
    first = await write(claude)
    longer = (
        *PROMPT.history,
        PromptTurn("user", PROMPT.pending),
        PromptTurn("assistant", ("Tudo ótimo!",)),
    )
    second = await write(
        claude,
        prompt=Prompt(
            system=RULES,
            tools=TOOLS,
            history=longer,
            situation="[situação, anotada pelo sistema]\nAgora: domingo.",
            pending=("e hoje?",),
            user=user_of("outra conversa"),
        ),
    )

    assert first.cache_write_tokens > 3_000
    assert second.cache_read_tokens == first.cache_write_tokens
    assert second.input_tokens + second.cache_write_tokens < 100


async def test_the_size_chooses_the_model(claude, control) -> None:
    await write(claude, size=Model.LARGE)

    assert (await last_body(control))["model"] == LARGE


async def test_a_tool_is_asked_for_by_name_and_its_result_is_answered_in_words(
    claude, control
) -> None:
    await control.post(
        "/answers",
        json={
            "content": [
                {"type": "text", "text": "Vou olhar"},
                {"type": "tool_use", "id": "toolu_a", "name": "buscar_vagas", "input": {"de": "x"}},
                {"type": "tool_use", "id": "toolu_b", "name": "buscar_vagas", "input": {}},
            ]
        },
    )
    asked = await write(claude)
    assert asked.stop_reason == "tool_use"
    assert asked.tool_calls == (
        ToolCall("toolu_a", "buscar_vagas", {"de": "x"}),
        ToolCall("toolu_b", "buscar_vagas", {}),
    )

    results = tuple(ToolResult(call.id, '{"total": 0}', is_error=True) for call in asked.tool_calls)
    answered = await write(claude, prompt=PROMPT.with_round(asked.text, asked.tool_calls, results))

    assert answered.stop_reason == "end_turn"
    assert answered.text


async def test_without_tools_they_stay_described_but_are_not_used(claude, control) -> None:
    shifts = Prompt(system=RULES, tools=TOOLS, pending=("Tem plantão em Campinas?",))

    draft = await write(claude, prompt=shifts, tools=False)

    body = await last_body(control)
    assert draft.tool_calls == ()
    assert body["tool_choice"] == {"type": "none"}
    assert len(body["tools"]) == len(TOOLS)


async def test_a_prompt_without_tools_names_none(claude, control) -> None:
    await write(claude, prompt=Prompt(system="Resuma.", pending=("Oi",)))

    body = await last_body(control)
    assert "tools" not in body
    assert "metadata" not in body


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
    assert (await write(claude)).text

    await control.post("/faults", json={"kind": kind, "retry_after": 0.1, "times": 2})
    with pytest.raises(Retryable):
        await write(claude)
    assert await calls(control) == 4


async def test_a_wait_that_does_not_fit_into_the_turn_is_not_waited(claude, control) -> None:
    await control.post("/faults", json={"kind": "rate_limited", "retry_after": 30})

    with pytest.raises(Retryable) as caught:
        await write(claude)

    assert caught.value.retry_after == 30
    assert await calls(control) == 1


async def test_a_hanging_call_ends_with_the_turns_time(claude, control) -> None:
    await control.post("/faults", json={"kind": "hang", "seconds": 5})

    with pytest.raises(Retryable, match="in time"):
        await write(claude, 0.3)


async def test_a_spend_limit_is_permanent_and_says_the_way_out(claude, control) -> None:
    await control.post("/faults", json={"kind": "spend_limit"})

    with pytest.raises(Permanent, match="spend limit"):
        await write(claude)
    assert await calls(control) == 1


async def test_a_wrong_key_is_permanent_and_names_the_variable(api, breaker) -> None:
    async with open_client(SecretStr("errada"), api.base_url) as client:
        with pytest.raises(Permanent, match="ANTHROPIC_API_KEY"):
            await write(claude_of(client, api.model, breaker))


async def test_while_the_key_is_rotated_the_other_one_is_tried(api, breaker) -> None:
    key = RotatingSecret(api.key)
    key.take("errada")
    async with open_client(key, api.base_url) as client:
        draft = await write(claude_of(client, api.model, breaker))

    assert draft.text
    assert key.is_refused
    assert breaker.snapshot.failures == 0


async def test_a_key_is_checked_for_nothing(api, breaker, control) -> None:
    good, wrong = RotatingSecret(api.key), RotatingSecret("errada")
    for key in (good, wrong):
        async with open_client(key, api.base_url) as client:
            with suppress(APIStatusError):
                await claude_of(client, api.model, breaker).check_key()

    assert good.is_accepted
    assert wrong.is_refused
    assert await calls(control) == 0


async def test_an_unknown_model_is_permanent_and_names_the_variable(api, breaker) -> None:
    async with open_client(SecretStr(api.key), api.base_url) as client:
        with pytest.raises(Permanent, match="ANTHROPIC_MODEL"):
            await write(claude_of(client, "nenhum", breaker))


async def test_after_three_failures_claude_is_not_asked_any_more(claude, control, breaker) -> None:
    await control.post("/faults", json={"kind": "server_error", "times": None})

    for _ in range(2):
        with pytest.raises(Retryable):
            await write(claude)
    asked = await calls(control)

    with pytest.raises(CircuitOpen):
        await write(claude)
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

    assert (await write(claude)).stop_reason == stop_reason


async def test_no_error_quotes_the_conversation(claude, control) -> None:
    for kind in ("rate_limited", "server_error", "spend_limit", "bad_json", "plain_text", "reset"):
        await control.post("/faults", json={"kind": kind, "times": 2, "retry_after": 20})
        with pytest.raises((Retryable, Permanent)) as caught:
            await write(claude, 1.6)
        assert "plantão" not in str(caught.value)
        await control.delete("/faults")


@pytest.mark.parametrize(
    ("mimetype", "data"),
    [("image/png", files.png("CRM 123456")), ("application/pdf", files.pdf("CRM 123456"))],
)
async def test_a_file_is_looked_at_and_answered_in_the_shape_asked_for(
    claude, mimetype: str, data: bytes
) -> None:
    draft = await write(claude, 30, prompt=question_about(mimetype, data, "alguem"), tools=False)

    seen = seen_in(draft.text)
    assert seen is not None
    assert seen.documento == "crm"
    assert seen.descricao
