"""The brain's adapter on a transcription service: what is heard, and every way to fail."""

from collections.abc import AsyncIterator

import httpx
import pytest

from julia_brain.adapters.transcriber import LIMITS, WhisperTranscriber
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CircuitOpen
from julia_common.resilience.clock import SystemClock
from julia_common.secrets import RotatingSecret, SecretHeader
from julia_simulators import files
from julia_simulators.transcription.app import build_app
from julia_simulators.transcription.state import World

AUDIO = files.ogg("tem plantão em Campinas?")


@pytest.fixture
async def service() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build_app(World("chave-de-audio")))
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://transcription",
        headers={"authorization": "Bearer chave-de-audio"},
    ) as client:
        yield client


@pytest.fixture
def transcriber(service) -> WhisperTranscriber:
    return WhisperTranscriber(service, "whisper-1", SystemClock())


async def fails(service: httpx.AsyncClient, kind: str, **more: object) -> None:
    (await service.post("/_sim/faults", json={"kind": kind, **more})).raise_for_status()


async def asked(service: httpx.AsyncClient) -> list[dict[str, object]]:
    return list((await service.get("/_sim/requests")).json())


async def test_an_audio_is_heard_under_a_name_that_says_nothing(service, transcriber) -> None:
    assert await transcriber.transcribe(AUDIO, "audio/ogg", within_s=5) == (
        "tem plantão em Campinas?"
    )
    assert await transcriber.transcribe(AUDIO, "audio/mp4", within_s=5)

    requests = await asked(service)
    assert [one["file_name"] for one in requests] == ["audio.ogg", "audio.m4a"]
    assert (requests[0]["language"], requests[0]["bytes"]) == ("pt", len(AUDIO))


@pytest.mark.parametrize("kind", ["server_error", "bad_json"])
async def test_a_passing_failure_is_tried_once_more(service, transcriber, kind: str) -> None:
    await fails(service, kind)

    assert await transcriber.transcribe(AUDIO, "audio/ogg", within_s=5)
    assert len(await asked(service)) == 2


async def test_a_refusal_is_not_tried_again(service, transcriber) -> None:
    await fails(service, "unauthorized", times=None)

    with pytest.raises(Permanent, match="TRANSCRIPTION_API_KEY"):
        await transcriber.transcribe(AUDIO, "audio/ogg", within_s=5)
    assert len(await asked(service)) == 1


async def test_while_the_key_is_rotated_the_other_one_is_tried_with_the_same_audio() -> None:
    key = RotatingSecret("chave-de-audio")
    key.take("nova")
    transport = httpx.ASGITransport(app=build_app(World("chave-de-audio")))
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://transcription",
        auth=SecretHeader(key, "authorization", "Bearer {}"),
    ) as client:
        heard = await WhisperTranscriber(client, "whisper-1", SystemClock()).transcribe(
            AUDIO, "audio/ogg", within_s=5
        )

    assert heard == "tem plantão em Campinas?"


async def test_a_service_that_hangs_is_given_up_in_time(service, transcriber) -> None:
    await fails(service, "hang", seconds=30)

    with pytest.raises(Retryable):
        await transcriber.transcribe(AUDIO, "audio/ogg", within_s=0.2)


async def test_a_service_that_fails_in_a_row_is_left_alone(service, transcriber) -> None:
    await fails(service, "server_error", times=None)
    with pytest.raises(Retryable):
        await transcriber.transcribe(AUDIO, "audio/ogg", within_s=5)

    with pytest.raises(CircuitOpen):
        await transcriber.transcribe(AUDIO, "audio/ogg", within_s=5)
    assert len(await asked(service)) == LIMITS.failures


async def test_silence_is_an_empty_text(service, transcriber) -> None:
    await fails(service, "empty")

    assert await transcriber.transcribe(AUDIO, "audio/ogg", within_s=5) == ""
