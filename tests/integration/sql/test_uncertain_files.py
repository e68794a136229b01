"""A file has no words of its own to be known by; its caption has."""

import base64
import hashlib
import json
from typing import Any

import pytest
from tests.integration.sql.conftest import INSTANCE, Julia, phone

pytestmark = pytest.mark.integration

PDF = b"%PDF-1.7 ficha"


async def file_claimed(julia: Julia, words: str) -> tuple[str, Any]:
    """A file of ours is on its way; the conversation and the claim."""
    conversa = (await julia.receive())["conversa_id"]
    await julia.answer(conversa, "um")
    await julia.record(await julia.claim(conversa))
    anexo = {"tipo": "document", "mimetype": "application/pdf", "nome": "ficha.pdf"}
    await julia.sql(
        """
        insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo,
                                    conteudo, anexo, control_epoch, next_ring_at)
        select medico_id, id, instance, turn_seq + 1, 1, 'reply', 'reply', $2, $3, control_epoch,
               api.agora() from conversations where id = $1
        """,
        conversa,
        words,
        json.dumps(anexo | {"base64": base64.b64encode(PDF).decode()}),
    )
    claim = await julia.claim(conversa)
    assert claim["status"] == "enviar"
    return conversa, claim


async def echo(julia: Julia, file_hash: str, tipo: str = "documento") -> str:
    answer = await julia.call(
        "record_sent_event",
        instance=INSTANCE,
        key_id="W1",
        identities=[phone()],
        source="send.message",
        text_hash=file_hash,
        text="",
        tipo_conteudo=tipo,
        provider_at=julia.now().isoformat(),
    )
    return str(answer["status"])


@pytest.mark.parametrize(
    ("words", "outcome"), [("Segue a ficha", "reenviar"), (" \n", "estacionada")]
)
async def test_a_file_without_words_that_is_not_found_is_parked_and_not_sent_again(
    julia: Julia, words: str, outcome: str
) -> None:
    _, claim = await file_claimed(julia, words)
    await julia.record(claim, "incerta")

    await julia.later(seconds=20)
    await julia.settle(claim, "negativa")
    await julia.later(seconds=31)

    assert (await julia.settle(claim, "negativa"))["status"] == outcome


async def test_the_echo_of_a_file_without_words_is_bound_by_its_bytes(julia: Julia) -> None:
    conversa, claim = await file_claimed(julia, "")
    assert claim["text_hash"] == hashlib.sha256(PDF).hexdigest()

    assert await echo(julia, claim["text_hash"]) == "vinculada"

    assert await julia.states(conversa) == ["enviada", "enviada"]


async def test_a_file_that_was_recoded_on_its_way_is_not_taken_for_a_persons(
    julia: Julia,
) -> None:
    conversa, claim = await file_claimed(julia, "")
    recoded = hashlib.sha256(b"recoded").hexdigest()

    assert await echo(julia, recoded) == "aguardar"
    await julia.record(claim, provider_message_id="W1")

    assert await echo(julia, recoded) == "conhecida"
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


async def test_a_persons_file_to_whom_no_file_of_ours_is_on_its_way_takes_over(
    julia: Julia,
) -> None:
    conversa = (await julia.receive())["conversa_id"]

    assert await echo(julia, hashlib.sha256(b"a photo").hexdigest(), "imagem") == "assumida"

    assert (await julia.conversation(conversa))["controlled_by"] == "human"
