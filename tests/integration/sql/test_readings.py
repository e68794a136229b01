"""What attachments say is read once; personal documents are kept where only people look."""

import hashlib
from typing import Any

import asyncpg
import pytest
from tests.integration.sql.conftest import Julia, lid, phone

pytestmark = pytest.mark.integration

DOCUMENT = {
    "tipo": "crm",
    "cifrado": "gAAAAAB-cifrado",
    "sha256": hashlib.sha256(b"carteira").hexdigest(),
    "mime": "application/pdf",
    "bytes": 8,
}


async def begin(julia: Julia, **p: Any) -> Any:
    got = await julia.receive(text="[imagem]", tipo="imagem", **p)
    await julia.make_due(got["conversa_id"])
    return await julia.begin(got["conversa_id"])


async def read(julia: Julia, turn: Any, leitura: str = "foto do CRM", **p: Any) -> Any:
    return await julia.call(
        "store_reading",
        conversa_id=turn["conversa_id"],
        token=turn["token"],
        interacao_id=str(turn["pending"][0]["id"]),
        leitura=leitura,
        **p,
    )


async def test_an_attachment_is_read_once_and_told_to_later_turns(julia: Julia) -> None:
    turn = await begin(julia)

    assert await read(julia, turn) == {"status": "guardada", "documento_id": None}
    assert (await read(julia, turn, "outra leitura"))["status"] == "ja_guardada"

    await julia.commit(turn)
    await julia.receive(text="recebeu?")
    await julia.make_due(turn["conversa_id"])
    again = await julia.begin(turn["conversa_id"])
    assert [m["leitura"] for m in again["history"] if m["autor_tipo"] == "medico"] == [
        "foto do CRM"
    ]


async def test_a_suspicion_voiced_in_an_audio_is_noted_once_with_its_reading(
    julia: Julia,
) -> None:
    turn = await begin(julia)
    suspicion = {"padrao": "robo", "trecho": "é um robô"}

    for _ in range(2):
        await read(julia, turn, "é um robô falando?", suspeita_bot=suspicion)

    rows = await julia.sql("select interacao_id, trecho from metricas_deteccao_bot")
    assert [tuple(r) for r in rows] == [(turn["pending"][0]["id"], "é um robô")]


async def test_a_document_is_kept_once_even_if_the_turn_is_lost(julia: Julia) -> None:
    turn = await begin(julia)
    await julia.take_over_by_sql(turn["conversa_id"])

    first, again = [await read(julia, turn, documento=DOCUMENT) for _ in range(2)]

    assert first == again
    assert first["status"] == "perdido"
    (row,) = await julia.sql("select * from documentos")
    assert (str(row["id"]), row["cifrado"]) == (first["documento_id"], DOCUMENT["cifrado"])
    notices = await julia.sql(
        "select tipo, referencia::text from notificacoes_gestor where tipo = 'documento'"
    )
    assert [tuple(n) for n in notices] == [("documento", first["documento_id"])]
    assert await julia.value("select count(*) from interacoes where leitura is not null") == 0


async def test_a_document_goes_along_when_its_sender_is_united_with_another(julia: Julia) -> None:
    await julia.receive()
    turn = await begin(julia, identities=[lid("77001")])
    await read(julia, turn, documento=DOCUMENT, leitura="CRM")

    united = await julia.receive(identities=[phone(), lid("77001")])
    # Stored again by a turn that had lost its conversation: found where it is now.
    assert (await read(julia, turn, documento=DOCUMENT))["status"] == "perdido"

    for table in ("documentos", "notificacoes_gestor"):
        (row,) = await julia.sql(f"select * from {table}")  # noqa: S608 - one of two names
        assert str(row["conversa_id"]) == united["conversa_id"]
        assert str(row["medico_id"]) == united["medico_id"]


async def test_what_the_doctor_deletes_is_forgotten_with_what_was_read(julia: Julia) -> None:
    turn = await begin(julia, key_id="K1")
    await read(julia, turn)

    await julia.call(
        "edit_message",
        instance="julia-teste",
        key_id="K1",
        change="revoke",
        changed_at=julia.now().isoformat(),
    )

    assert await julia.value("select leitura from interacoes") is None
    # Nor may it come back by a turn that was reading it meanwhile.
    await read(julia, turn)
    assert await julia.value("select leitura from interacoes") is None


async def test_a_message_that_does_not_exist_is_a_permanent_error(julia: Julia) -> None:
    turn = await begin(julia)
    turn["pending"][0]["id"] = 1 << 60

    with pytest.raises(asyncpg.PostgresError) as refused:
        await read(julia, turn)
    assert refused.value.sqlstate == "P0002"


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
async def test_nobody_on_the_network_reads_a_document(julia: Julia, role: str) -> None:
    await read(julia, await begin(julia), documento=DOCUMENT)

    async with julia.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"set local role {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select cifrado from public.documentos")
