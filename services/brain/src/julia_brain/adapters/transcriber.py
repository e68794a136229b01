"""Transcription by any service that speaks OpenAI's `/v1/audio/transcriptions`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from pydantic import SecretStr

from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CircuitBreaker, Limits
from julia_common.resilience.clock import Clock
from julia_common.resilience.retry import retrying
from julia_common.secrets import SecretHeader
from julia_common.telemetry import tracing

ATTEMPTS: Final = 2
LIMITS: Final = Limits(failures=3, reset_seconds=30)
CONNECT_TIMEOUT_SECONDS: Final = 2.0
LANGUAGE: Final = "pt"
_PATH: Final = "/v1/audio/transcriptions"

_SUFFIXES: Final = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/aac": "m4a",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/webm": "webm",
    "audio/flac": "flac",
}
_VOICE_NOTE: Final = "ogg"
_PASSING: Final = (408, 409, 429)
_SERVER_ERRORS: Final = 500


class WhisperTranscriber:
    """Sends audio to the configured service and to nobody else."""

    def __init__(self, http: httpx.AsyncClient, model: str, clock: Clock) -> None:
        """`http` has the base URL and, where there is one, the key; see `open_transcriber`."""
        self._http = http
        self._model = model
        self._clock = clock
        self._breaker = CircuitBreaker("transcricao", LIMITS, clock=clock)

    async def transcribe(self, audio: bytes, mimetype: str, *, within_s: float) -> str:
        """Hear an audio; see `ports.Transcriber`."""
        ends = self._clock.monotonic() + within_s
        async for attempt in retrying(attempts=ATTEMPTS, deadline_seconds=within_s):
            with attempt:
                async with self._breaker.guard():
                    text = await self._ask(audio, mimetype, ends - self._clock.monotonic())
        return text

    async def _ask(self, audio: bytes, mimetype: str, within_s: float) -> str:
        # The name is made up: only its suffix counts, and the doctor's own could say who it is.
        name = f"audio.{_SUFFIXES.get(mimetype, _VOICE_NOTE)}"
        within_s = max(0.001, within_s)
        try:
            with tracing.call(f"POST {_PATH}", {"gen_ai.request.model": self._model}):
                async with asyncio.timeout(within_s):
                    response = await self._http.post(
                        _PATH,
                        files={"file": (name, audio, mimetype)},
                        data={
                            "model": self._model,
                            "language": LANGUAGE,
                            "response_format": "json",
                        },
                        timeout=httpx.Timeout(within_s, connect=CONNECT_TIMEOUT_SECONDS),
                    )
        except (TimeoutError, httpx.HTTPError) as error:
            message = f"the transcription service did not answer in time ({type(error).__name__})"
            raise Retryable(message) from None
        return _text_of(response)


@asynccontextmanager
async def open_transcriber(
    url: str, api_key: SecretStr | None, model: str, clock: Clock
) -> AsyncIterator[WhisperTranscriber]:
    """A transcriber on a connection pool, closed at the end of the block."""
    key = SecretHeader(api_key, "authorization", "Bearer {}") if api_key else None
    async with httpx.AsyncClient(base_url=url, auth=key) as http:
        yield WhisperTranscriber(http, model, clock)


def _text_of(response: httpx.Response) -> str:
    status = response.status_code
    if status in _PASSING or status >= _SERVER_ERRORS:
        message = f"the transcription service failed with HTTP {status}"
        raise Retryable(message)
    if not response.is_success:
        message = (
            f"the transcription service refused with HTTP {status}: "
            "check TRANSCRIPTION_URL, TRANSCRIPTION_API_KEY and TRANSCRIPTION_MODEL"
        )
        raise Permanent(message)
    try:
        answer = response.json()
    except json.JSONDecodeError:
        answer = None
    text = answer.get("text") if isinstance(answer, dict) else None
    if not isinstance(text, str):
        message = "the transcription service answered without a text"
        raise Retryable(message)
    return text
