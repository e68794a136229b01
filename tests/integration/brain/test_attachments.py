"""Attachments of doctors through the simulated Evolution, Claude and transcription."""

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from julia_brain.settings import Settings
from julia_common.contracts.messages import ContentKind, Media
from julia_dev.brain_scene import INSTANCE, Doctors, until
from julia_simulators import files
from julia_simulators.evolution.app import create_app
from julia_simulators.evolution.settings import Settings as EvolutionSettings
from julia_simulators.evolution.testing import serving
from julia_simulators.transcription.app import build_app
from julia_simulators.transcription.state import World

pytestmark = pytest.mark.integration

KEY = "chave-da-evolution"
PHONE = "5519999900001"
"""Of the only doctor."""


@dataclass(frozen=True)
class Neighbours:
    evolution: httpx.AsyncClient
    transcription: httpx.AsyncClient


@pytest.fixture(scope="module")
def urls() -> Iterator[tuple[str, str]]:
    """Evolution with its doctor, and the transcription service."""
    known = EvolutionSettings(
        evolution_api_key=SecretStr(KEY), evolution_instance=INSTANCE, _env_file=None
    )
    with ExitStack() as stack:
        yield (
            stack.enter_context(serving(create_app(known))),
            stack.enter_context(serving(build_app(World(None)))),
        )


@pytest.fixture
async def neighbours(urls) -> AsyncIterator[Neighbours]:
    async with (
        httpx.AsyncClient(base_url=urls[0], trust_env=False) as evolution,
        httpx.AsyncClient(base_url=urls[1], trust_env=False) as transcription,
    ):
        (await evolution.post("/_sim/doctors", json={"number": PHONE, "name": "Ana"}))
        await transcription.post("/_sim/reset")
        yield Neighbours(evolution, transcription)


@pytest.fixture
def settings(settings, urls) -> Settings:
    return settings.model_copy(
        update={
            "evolution_api_url": urls[0],
            "evolution_api_key": SecretStr(KEY),
            "transcription_url": urls[1],
            "transcription_api_key": SecretStr("chave-de-audio"),
        }
    )


async def sends(
    doctors: Doctors, neighbours: Neighbours, kind: str, data: bytes, text: str = ""
) -> None:
    """Let the doctor send a file, and publish what ingest makes of the webhook."""
    sent = await neighbours.evolution.post(
        f"/_sim/doctors/{PHONE}/messages",
        json={"kind": kind, "base64": base64.b64encode(data).decode(), "text": text},
    )
    mimetype = {"image": "image/png", "audio": "audio/ogg; codecs=opus"}[kind]
    await doctors.write(
        text,
        key_id=str(sent.raise_for_status().json()["key_id"]),
        kind={"image": ContentKind.IMAGE, "audio": ContentKind.AUDIO}[kind],
        media=Media(mimetype=mimetype, size_bytes=len(data), seconds=3),
    )


async def test_a_photo_of_a_crm_is_kept_encrypted_and_its_number_told_to_nobody(
    brain, doctors, claude, neighbours, settings
) -> None:
    photo = files.png("CRM 123456-SP Dra Ana")
    await sends(doctors, neighbours, "image", photo)

    await until(doctors.outbox)

    (kept,) = await doctors.db.fetch("select * from documentos")
    assert (kept["tipo"], kept["mime"], kept["bytes"]) == ("crm", "image/png", len(photo))
    key = settings.documents_key.get_secret_value()
    assert Fernet(key).decrypt(kept["cifrado"].encode()) == photo
    notices = await doctors.db.fetch("select tipo, referencia from notificacoes_gestor")
    assert [tuple(notice) for notice in notices] == [("documento", kept["id"])]
    stored = await doctors.db.fetchval("select leitura from interacoes where tipo = 'entrada'")
    assert stored == "[enviou um documento: CRM; guardado e entregue à equipe]"

    looked, *turns = await claude.requests()
    assert [block["type"] for block in looked["body"]["messages"][0]["content"]] == [
        "image",
        "text",
    ]
    assert turns
    assert stored in repr(turns[-1]["body"])
    assert "123456" not in repr([turn["body"] for turn in turns])
    turn = await doctors.db.fetchrow("select chamadas, input_tokens from turnos")
    assert turn["chamadas"] == len(turns) + 1


async def test_an_opt_out_in_an_audio_silences_julia(brain, doctors, claude, neighbours) -> None:
    await sends(doctors, neighbours, "audio", files.ogg("Não me mande mais mensagens, por favor"))

    await until(lambda: doctors.db.fetchval("select bool_or(opted_out) from medicos"))

    assert await doctors.turns() == ["sem_resposta"]
    assert await doctors.kinds() == ["optout_confirmation"]
    assert await claude.requests() == []


async def test_a_picture_and_an_audio_are_read_and_answered_together(
    brain, doctors, claude, neighbours
) -> None:
    await sends(doctors, neighbours, "image", files.png("Escala de marco"), "olha isso")
    await sends(doctors, neighbours, "audio", files.ogg("Oi, você é um robô?"))

    await until(doctors.outbox)

    shown = repr((await claude.requests())[-1]["body"])
    assert "o que o anexo diz: Imagem com o texto: Escala de marco" in shown
    assert "o que o anexo diz: Oi, você é um robô?" in shown
    assert await doctors.db.fetchval("select count(*) from metricas_deteccao_bot") == 1
    assert await doctors.db.fetchval("select count(*) from documentos") == 0


async def test_without_evolution_the_doctor_is_asked_for_text(
    brain, doctors, claude, neighbours
) -> None:
    fault = {
        "preset": "error_without_delivery",
        "times": None,
        "match": {"route": "getBase64FromMediaMessage"},
    }
    (await neighbours.evolution.post("/_sim/faults", json=fault)).raise_for_status()
    await sends(doctors, neighbours, "audio", files.ogg("quero plantão"))

    await until(doctors.outbox)
    await neighbours.evolution.delete("/_sim/faults")

    shown = repr((await claude.requests())[-1]["body"])
    assert "esse anexo não foi lido: não deu para abrir agora" in shown
    assert (
        await doctors.db.fetchval("select leitura from interacoes where tipo = 'entrada'") is None
    )
