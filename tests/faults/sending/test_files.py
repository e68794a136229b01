"""A file whose send is uncertain: with words it is known by them, without by its bytes."""

import base64
import json
import uuid

import pytest

from julia_simulators import files

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(180),
]


async def queue_file(world: World, number: str, words: str, data: bytes) -> uuid.UUID:
    """Put a file into the outbox, as a reply of a turn of its own."""
    encoded = base64.b64encode(data).decode()
    anexo = {"tipo": "document", "mimetype": "application/pdf", "nome": "ficha.pdf"}
    fila: uuid.UUID = await world.pool.fetchval(
        """
        with c as (
          update conversations set turn_seq = turn_seq + 1 where id = $1 returning *
        )
        insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo,
                                    conteudo, anexo, control_epoch, next_ring_at)
        select medico_id, id, instance, turn_seq, 1, 'reply', 'reply', $2, $3, control_epoch,
               api.agora() from c returning id
        """,
        await world.conversation(number),
        words,
        json.dumps(anexo | {"base64": encoded}),
    )
    return fila


@pytest.mark.parametrize("words", ["Segue a ficha.", ""])
async def test_a_file_that_was_delivered_before_the_timeout_is_not_sent_again(
    world: World, answered: str, words: str
):
    fault = {"echo": "never", "acks": "never"}
    match = {"doctor": answered, "route": "sendMedia"}
    await world.fault("timeout_after_delivery", match=match, change=fault)

    await queue_file(world, answered, words, files.pdf())

    await eventually(lambda: world.outbox(answered), lambda seen: seen == ["enviada"] * 2)
    assert await world.attempts(answered) == ["enviado"] * 2
    query = {"kinds": "delivery", "doctor": answered}
    records = (await world.whatsapp.get("/_sim/records", params=query)).json()["records"]
    assert [record["text"] for record in records[1:]] == [words]
    assert records[1]["file"]["file_name"] == "ficha.pdf"
    kinds = await world.pool.fetch(
        "select tipo_conteudo from interacoes where conversa_id = $1 and tipo = 'saida'"
        " order by id",
        await world.conversation(answered),
    )
    assert [row["tipo_conteudo"] for row in kinds] == ["texto", "documento"]
