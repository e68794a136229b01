"""What Julia relies on in an OpenAI-compatible transcription service, asked of the simulator."""

from collections.abc import AsyncIterator

import httpx
import pytest

from julia_simulators import files
from julia_simulators.transcription.app import MAX_FILE_BYTES, build_app
from julia_simulators.transcription.state import World

KEY = "chave-de-audio"


@pytest.fixture
async def service() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build_app(World(KEY)))
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://transcription", headers=headers
    ) as client:
        yield client


async def transcribe(
    service: httpx.AsyncClient,
    audio: bytes = b"OggS audio",
    name: str = "voz.ogg",
    **form: str,
) -> httpx.Response:
    return await service.post(
        "/v1/audio/transcriptions",
        files={"file": (name, audio, "audio/ogg")},
        data={"model": "whisper-1", "language": "pt"} | form,
    )


async def test_what_a_file_carries_is_what_is_heard(service) -> None:
    answer = await transcribe(service, files.ogg("tem plantão em Campinas?"))

    assert answer.status_code == 200
    assert answer.json()["text"] == "tem plantão em Campinas?"
    assert answer.headers["x-julia-simulator"] == "transcription"


async def test_scripted_texts_go_to_their_file_else_in_order(service) -> None:
    await service.post(
        "/_sim/answers",
        json=[
            {"text": "para a Bia", "file_name": "bia"},
            {"text": "primeiro"},
            {"text": "segundo"},
        ],
    )

    heard = [
        (await transcribe(service, name=name)).json()["text"]
        for name in ("ana.ogg", "bia.ogg", "ana.ogg")
    ]

    assert heard == ["primeiro", "para a Bia", "segundo"]
    assert (await service.get("/_sim/answers")).json() == []


async def test_bytes_of_any_kind_arrive_as_they_were_sent(service) -> None:
    audio = bytes(range(256)) * 4 + b"\r\n--nearly a boundary\r\n"

    await transcribe(service, audio)

    [record] = (await service.get("/_sim/requests")).json()
    assert record["bytes"] == len(audio)
    assert (record["model"], record["language"]) == ("whisper-1", "pt")


@pytest.mark.parametrize("headers", [{"authorization": ""}, {"authorization": "Bearer errada"}])
async def test_a_wrong_key_is_refused(service, headers) -> None:
    service.headers.update(headers)

    answer = await transcribe(service)

    assert answer.status_code == 401
    assert answer.json()["error"]["message"]


async def test_a_file_that_is_too_large_is_refused(service) -> None:
    answer = await transcribe(service, b"\0" * (MAX_FILE_BYTES + 1))

    assert answer.status_code == 413


async def test_a_form_without_file_or_model_or_of_another_format_is_refused(service) -> None:
    bad = [
        await service.post("/v1/audio/transcriptions", json={"model": "whisper-1"}),
        await service.post("/v1/audio/transcriptions", data={"model": "whisper-1"}),
        await transcribe(service, model=""),
        await transcribe(service, name="foto.png"),
        await transcribe(service, b""),
    ]

    assert [answer.status_code for answer in bad] == [400] * 5


@pytest.mark.parametrize(
    ("kind", "status"),
    [("unauthorized", 401), ("too_large", 413), ("server_error", 500), ("hang", 500)],
)
async def test_a_fault_strikes_once_and_names_its_status(service, kind, status) -> None:
    await service.post("/_sim/faults", json={"kind": kind, "seconds": 0.01})

    assert (await transcribe(service)).status_code == status
    assert (await transcribe(service)).status_code == 200


async def test_silence_is_an_empty_text(service) -> None:
    await service.post("/_sim/faults", json={"kind": "empty"})

    assert (await transcribe(service)).json() == {"text": ""}


async def test_it_says_that_it_hears_nothing(service) -> None:
    about = (await service.get("/_sim")).json()

    assert about["simulator"] == "transcription"
    assert "Nothing is heard" in about["note"]
