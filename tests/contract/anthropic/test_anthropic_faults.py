"""What the SDK makes of each fault of the simulator: the shapes that the brain must survive."""

import json
from decimal import Decimal

import anthropic
import httpx
import pytest
from anthropic import AsyncAnthropic
from anthropic.types import Message

from julia_brain.domain.pricing import cost_usd
from julia_simulators.anthropic import pricing

ASK = {"max_tokens": 200, "messages": [{"role": "user", "content": "Tem vaga? #m7"}]}
TOOL = {"name": "buscar_vagas", "description": "", "input_schema": {"type": "object"}}


async def ask(client: AsyncAnthropic, **more: object) -> Message:
    return await client.messages.create(model="claude-haiku-5-5", **(ASK | more))


async def switch_on(control: httpx.AsyncClient, kind: str, **more: object) -> None:
    assert (await control.post("/faults", json={"kind": kind, **more})).status_code == 200


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limited", anthropic.RateLimitError),
        ("spend_limit", anthropic.RateLimitError),
        ("overloaded", anthropic.OverloadedError),
        ("server_error", anthropic.InternalServerError),
        ("unavailable", anthropic.ServiceUnavailableError),
        ("stream_error", anthropic.OverloadedError),
        ("reset", anthropic.APIConnectionError),
        ("bad_json", json.JSONDecodeError),
    ],
)
async def test_a_fault_raises_what_the_sdk_raises_for_it(client, control, kind, error) -> None:
    await switch_on(control, kind)

    with pytest.raises(error):
        await ask(client)
    assert (await ask(client)).stop_reason == "end_turn"


async def test_a_rate_limit_says_when_to_come_back(client, control) -> None:
    await switch_on(control, "rate_limited", retry_after=7)

    with pytest.raises(anthropic.RateLimitError) as caught:
        await ask(client)

    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.type == "rate_limit_error"


async def test_a_spend_limit_carries_its_error_code(client, control) -> None:
    await switch_on(control, "spend_limit")

    with pytest.raises(anthropic.RateLimitError) as caught:
        await ask(client)

    assert caught.value.error_code == "enforced_spend_limit_reached"


async def test_a_hanging_call_ends_by_the_callers_timeout(api, control) -> None:
    await switch_on(control, "hang", seconds=3)

    async with api.client(timeout=0.2) as client:
        with pytest.raises(anthropic.APITimeoutError):
            await ask(client)


async def test_text_instead_of_json_comes_back_as_a_string(client, control) -> None:
    await switch_on(control, "plain_text")

    assert isinstance(await ask(client), str)


async def test_a_cut_stream_raises_nothing_and_has_no_stop_reason(client, control) -> None:
    await switch_on(control, "cut_stream")

    async with client.messages.stream(model="claude-haiku-5-5", **ASK) as stream:
        final = await stream.get_final_message()

    assert final.stop_reason is None


async def test_an_error_inside_a_stream_has_status_200(client, control) -> None:
    await switch_on(control, "stream_error")

    with pytest.raises(anthropic.APIStatusError) as caught:
        async with client.messages.stream(model="claude-haiku-5-5", **ASK) as stream:
            await stream.get_final_message()

    assert caught.value.status_code == 200


async def test_an_empty_answer_has_no_blocks(client, control) -> None:
    await switch_on(control, "empty")

    assert (await ask(client)).content == []


async def test_a_truncated_answer_says_so(client, control) -> None:
    await switch_on(control, "truncated")

    answer = await ask(client)

    assert answer.stop_reason == "max_tokens"
    assert answer.content[0].text


async def test_a_refusal_says_so(client, control) -> None:
    await switch_on(control, "refusal")

    answer = await ask(client)

    assert answer.stop_reason == "refusal"
    assert answer.stop_details.type == "refusal"


async def test_a_huge_answer_is_fifty_kilobytes(client, control) -> None:
    await switch_on(control, "huge")

    answer = await ask(client, max_tokens=20_000)

    assert len(answer.content[0].text) == 50_000


async def test_a_tool_loop_asks_for_a_tool_whatever_it_is_told(client, control) -> None:
    await switch_on(control, "tool_loop", times=None)

    answer = await ask(client, tools=[TOOL])

    assert answer.stop_reason == "tool_use"


async def test_a_counted_fault_is_used_up_only_by_requests_that_match(client, control) -> None:
    await switch_on(control, "overloaded", match="#m9")

    assert (await ask(client)).stop_reason == "end_turn"
    with pytest.raises(anthropic.OverloadedError):
        await ask(client, messages=[{"role": "user", "content": "Oi #m9"}])
    assert (await control.get("/faults")).json() == []


async def test_scripted_answers_come_in_the_order_of_the_queue(client, control) -> None:
    await control.post("/answers", json=[{"text": "primeira"}, {"text": "segunda"}])

    said = [(await ask(client)).content[0].text for _ in range(2)]

    assert said == ["primeira", "segunda"]


async def test_every_request_is_recorded_and_billed(client, control) -> None:
    answer = await ask(client)

    record = (await control.get("/requests")).json()[0]
    tally = (await control.get("/tally")).json()["claude-haiku-5-5"]
    assert record["last_user_text"] == "Tem vaga? #m7"
    assert record["answer"] == answer.content[0].text
    assert tally["requests"] == 1
    assert tally["input_tokens"] == answer.usage.input_tokens
    assert tally["output_tokens"] == answer.usage.output_tokens


async def test_a_scripted_answer_waits_for_its_conversation(client, control) -> None:
    await control.post(
        "/answers",
        json=[
            {"conversation": "conversa da Ana", "text": "para a Ana"},
            {"conversation": "conversa da Bia", "text": "para a Bia"},
        ],
    )
    history = [
        {"role": "user", "content": "isto é a conversa da Bia"},
        {"role": "assistant", "content": "Oi!"},
    ]

    said = await ask(client, messages=[*history, *ASK["messages"]])

    assert said.content[0].text == "para a Bia"
    unused = (await control.get("/answers")).json()
    assert [answer["text"] for answer in unused] == ["para a Ana"]


async def test_a_script_of_steps_calls_a_tool_and_then_speaks(client, control) -> None:
    steps = [
        {"tool": "buscar_vagas", "input": {"regiao": "Campinas"}},
        {"text": "Tem sim!"},
    ]
    await control.post("/answers", json={"match": "#m7", "steps": steps})

    asked = await ask(client, tools=[TOOL])
    [call] = asked.content
    left = (await control.get("/answers")).json()
    result = {"type": "tool_result", "tool_use_id": call.id, "content": '{"total": 0}'}
    said = await ask(
        client,
        tools=[TOOL],
        messages=[
            *ASK["messages"],
            {"role": "assistant", "content": asked.content},
            {"role": "user", "content": [result]},
        ],
    )

    assert (asked.stop_reason, call.name, call.input) == (
        "tool_use",
        "buscar_vagas",
        {"regiao": "Campinas"},
    )
    assert len(left) == 1
    assert said.content[0].text == "Tem sim!"
    assert (await control.get("/answers")).json() == []


async def test_a_script_can_name_a_shift_that_a_tool_showed(client, control) -> None:
    await control.post(
        "/answers", json={"tool": "reservar_plantao", "input": {"vaga_id": "{{vaga_id:1}}"}}
    )
    shift = {"vaga_id": "vaga-que-existe", "hospital": "Hospital Vera Cruz"}
    call = {"type": "tool_use", "id": "toolu_1", "name": "buscar_vagas", "input": {}}
    result = {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": json.dumps({"vagas": [shift]}),
    }

    asked = await ask(
        client,
        tools=[TOOL],
        messages=[
            *ASK["messages"],
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ],
    )

    assert asked.content[0].input == {"vaga_id": "vaga-que-existe"}


async def test_bills_are_kept_by_user_and_by_model_with_what_they_cost(client, control) -> None:
    small = await ask(client, metadata={"user_id": "ana"})
    large = await client.messages.create(
        model="claude-sonnet-5-5", metadata={"user_id": "ana"}, **ASK
    )
    await ask(client, metadata={"user_id": "bia"})

    by_user = (await control.get("/tally?by=user")).json()
    by_model = (await control.get("/tally")).json()

    expected = [
        cost_usd(
            model,
            input_tokens=answer.usage.input_tokens,
            output_tokens=answer.usage.output_tokens,
            cache_read=0,
            cache_write=0,
        )
        for model, answer in (("claude-haiku-5-5", small), ("claude-sonnet-5-5", large))
    ]
    assert Decimal(by_user["ana"]["cost_usd"]) == sum(expected)
    assert by_user["ana"]["requests"] == 2
    assert by_user["bia"]["requests"] == 1
    assert sum(Decimal(row["cost_usd"]) for row in by_user.values()) == sum(
        Decimal(row["cost_usd"]) for row in by_model.values()
    )
    assert (await control.get("/tally?by=city")).status_code == 422


async def test_the_simulator_charges_what_the_brain_expects_for_cached_tokens() -> None:
    for model in ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-2"):
        billed = pricing.cost_usd(
            model, plain=1_000, read=20_000, written_5m=3_000, written_1h=0, output=400
        )
        expected = cost_usd(
            model, input_tokens=1_000, output_tokens=400, cache_read=20_000, cache_write=3_000
        )
        assert billed == expected
