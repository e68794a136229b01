"""What Julia relies on in the Messages API; holds for the simulator and for the real one."""

import base64
import json

import anthropic
import httpx
import pytest
from anthropic import AsyncAnthropic

from julia_simulators import files

SYSTEM = "Você responde em português, em uma frase curta."
LONG_PREFIX = "A escala de plantões do hospital segue regras. " * 600
WEATHER = {
    "name": "previsao",
    "description": "Previsão do tempo de uma cidade.",
    "input_schema": {
        "type": "object",
        "properties": {"cidade": {"type": "string"}},
        "required": ["cidade"],
    },
}


async def test_an_answer_has_text_usage_and_a_request_id(client: AsyncAnthropic, api) -> None:
    message = await client.messages.create(
        model=api.model,
        max_tokens=200,
        system=SYSTEM,
        messages=[{"role": "user", "content": "Oi, tudo bem?"}],
    )

    assert message.role == "assistant"
    assert message.stop_reason == "end_turn"
    assert message.content[0].type == "text"
    assert message.content[0].text.strip()
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0
    assert message._request_id


async def test_a_streamed_answer_arrives_in_pieces_and_ends_with_a_stop_reason(
    client: AsyncAnthropic, api
) -> None:
    async with client.messages.stream(
        model=api.model,
        max_tokens=200,
        system=SYSTEM,
        messages=[{"role": "user", "content": "Tem plantão em Campinas?"}],
    ) as stream:
        pieces = [piece async for piece in stream.text_stream]
        final = await stream.get_final_message()

    assert len(pieces) > 1
    assert "".join(pieces) == final.content[0].text
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens > 0


async def test_an_answer_over_max_tokens_is_marked_as_truncated(
    client: AsyncAnthropic, api
) -> None:
    message = await client.messages.create(
        model=api.model,
        max_tokens=3,
        messages=[{"role": "user", "content": "Conte como foi a semana no hospital."}],
    )

    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens <= 3


async def test_a_forced_tool_is_called_and_its_result_is_answered_in_words(
    client: AsyncAnthropic, api
) -> None:
    question = {"role": "user", "content": "Vai chover em Santos?"}
    asked = await client.messages.create(
        model=api.model,
        max_tokens=300,
        tools=[WEATHER],
        tool_choice={"type": "tool", "name": "previsao"},
        messages=[question],
    )
    call = next(block for block in asked.content if block.type == "tool_use")
    assert asked.stop_reason == "tool_use"
    assert isinstance(call.input["cidade"], str)

    answered = await client.messages.create(
        model=api.model,
        max_tokens=300,
        tools=[WEATHER],
        messages=[
            question,
            {"role": "assistant", "content": asked.content},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": call.id, "content": "sol, 28 graus"}
                ],
            },
        ],
    )

    assert answered.stop_reason == "end_turn"
    assert answered.content[0].type == "text"


async def test_a_marked_prefix_is_written_once_and_then_read(client: AsyncAnthropic, api) -> None:
    async def ask(question: str):
        return (
            await client.messages.create(
                model=api.model,
                max_tokens=50,
                system=[
                    {
                        "type": "text",
                        "text": LONG_PREFIX,
                        "cache_control": {"type": "ephemeral"},
                    }
                ],
                messages=[{"role": "user", "content": question}],
            )
        ).usage

    first = await ask("Bom dia")
    second = await ask("Boa noite")

    assert first.cache_creation_input_tokens > 1000 or first.cache_read_input_tokens > 1000
    assert second.cache_read_input_tokens > 1000
    assert second.cache_creation_input_tokens == 0
    assert second.input_tokens < 100


async def test_tokens_are_counted_before_anything_is_asked(client: AsyncAnthropic, api) -> None:
    short = await client.messages.count_tokens(
        model=api.model, messages=[{"role": "user", "content": "Oi"}]
    )
    long = await client.messages.count_tokens(
        model=api.model, messages=[{"role": "user", "content": LONG_PREFIX}]
    )

    assert 0 < short.input_tokens < 100 < long.input_tokens


async def test_a_wrong_key_is_an_authentication_error(api) -> None:
    async with AsyncAnthropic(api_key="errada", base_url=api.base_url, max_retries=0) as client:
        with pytest.raises(anthropic.AuthenticationError) as caught:
            await client.messages.create(
                model=api.model, max_tokens=10, messages=[{"role": "user", "content": "Oi"}]
            )

    assert caught.value.type == "authentication_error"
    assert caught.value.request_id


async def test_the_key_must_come_as_a_bearer_token(api) -> None:
    if not api.simulated:
        pytest.skip("the real API also accepts the older header")
    async with httpx.AsyncClient(base_url=api.base_url) as http:
        answer = await http.post(
            "/v1/messages",
            headers={"x-api-key": api.key, "anthropic-version": "2026-10-21"},
            json={"model": api.model, "max_tokens": 5, "messages": []},
        )

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"messages": []}, "messages"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "text"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "toolu_x"}],
                    }
                ]
            },
            "tool_use_id",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": "Oi"},
                    {"role": "assistant", "content": "Oi, aqui é"},
                ]
            },
            "prefill",
        ),
    ],
)
async def test_a_bad_request_names_the_field(client: AsyncAnthropic, api, change, named) -> None:
    good = {
        "model": api.model,
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "Oi"}],
    }

    with pytest.raises(anthropic.BadRequestError) as caught:
        await client.messages.create(**(good | change))

    assert caught.value.type == "invalid_request_error"
    assert named in str(caught.value)


async def test_an_unknown_model_is_not_found(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        await client.messages.create(
            model="nenhum-modelo", max_tokens=10, messages=[{"role": "user", "content": "Oi"}]
        )


READING = {
    "type": "object",
    "properties": {
        "descricao": {"type": "string"},
        "documento": {"type": "string", "enum": ["crm", "cpf", "nenhum"]},
        "legivel": {"type": "boolean"},
    },
    "required": ["descricao", "documento", "legivel"],
    "additionalProperties": False,
}


def file_block(kind: str, media_type: str, data: bytes) -> dict:
    encoded = base64.b64encode(data).decode()
    return {
        "type": kind,
        "source": {"type": "base64", "media_type": media_type, "data": encoded},
    }


async def look_at(client: AsyncAnthropic, model: str, block: dict, **more):
    question = {"type": "text", "text": "Descreva o anexo em português, em uma frase."}
    return await client.messages.create(
        model=model,
        max_tokens=300,
        messages=[{"role": "user", "content": [block, question]}],
        **more,
    )


@pytest.mark.parametrize(
    "block",
    [
        file_block("image", "image/png", files.png("CRM 123456 SP")),
        file_block("document", "application/pdf", files.pdf("CRM 123456 SP")),
    ],
)
async def test_an_image_or_a_pdf_is_described(client: AsyncAnthropic, api, block) -> None:
    message = await look_at(client, api.model, block)

    assert message.stop_reason == "end_turn"
    assert message.content[0].text.strip()
    assert message.usage.input_tokens < 5_000


async def test_an_answer_fits_the_schema_that_was_asked_for(client: AsyncAnthropic, api) -> None:
    block = file_block("document", "application/pdf", files.pdf("CRM 123456 SP"))

    message = await look_at(
        client,
        api.model,
        block,
        output_config={"format": {"type": "json_schema", "schema": READING}},
    )

    read = json.loads(message.content[0].text)
    assert set(read) == {"descricao", "documento", "legivel"}
    assert read["documento"] == "crm"
    assert read["descricao"]


@pytest.mark.parametrize(
    "block",
    [
        file_block("image", "image/jpeg", files.png()),
        file_block("image", "image/png", b"not a picture at all"),
        file_block("image", "image/bmp", files.png()),
        file_block("image", "image/png", files.png() + b"\0" * (5 * 1024 * 1024)),
        file_block("document", "application/pdf", b"not a document"),
        file_block("document", "application/pdf", b""),
    ],
)
async def test_a_file_that_is_not_what_it_says_or_too_large_is_refused(
    client: AsyncAnthropic, api, block
) -> None:
    with pytest.raises(anthropic.BadRequestError):
        await look_at(client, api.model, block)


async def test_an_open_output_schema_is_refused(client: AsyncAnthropic, api) -> None:
    schema = {"type": "object", "properties": {"resumo": {"type": "string"}}}
    with pytest.raises(anthropic.BadRequestError, match="additionalProperties"):
        await client.messages.create(
            model=api.model,
            max_tokens=100,
            messages=[{"role": "user", "content": "Oi"}],
            output_config={"format": {"type": "json_schema", "schema": schema}},
        )


async def test_a_conversation_is_summed_up(client: AsyncAnthropic, api) -> None:
    message = await client.messages.create(
        model=api.model,
        max_tokens=300,
        system="Resuma a conversa em português, em até três frases.",
        messages=[
            {
                "role": "user",
                "content": "médico: procuro plantão de anestesia em Campinas\nJúlia: Qual dia?",
            }
        ],
    )

    assert message.stop_reason == "end_turn"
    assert "Campinas" in message.content[0].text
