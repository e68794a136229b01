"""After an erasure nothing yields the person, whatever was under way; the ids stay."""

import json
import uuid
from typing import Any

import asyncpg
import pytest
from tests.integration.sql.a_life import NUMBER, OLD_FORM, Life
from tests.integration.sql.conftest import Julia, lid
from tests.integration.sql.shifts import Shifts

pytestmark = pytest.mark.integration

HELD_HER = {
    f"public.{name}"
    for name in (
        "chatwoot_efeitos", "contact_identities", "conversations", "decisoes_copiloto",
        "decisoes_medicos", "diretrizes", "doctor_context", "documentos", "envios",
        "fatos_conversa", "fila_mensagens", "handoffs", "interacoes", "medicos",
        "metricas_deteccao_bot", "notificacoes_gestor", "rascunhos_copiloto", "rascunhos_sombra",
        "recusas_vagas", "slack_comandos",
    )
}  # fmt: skip
"""Where words of hers stand after the life that the test gives her."""


async def erase(julia: Julia, **p: Any) -> Any:
    """A person's request, as the owner of the tables makes it."""
    asked = {"por": "ana", "protocolo": "LGPD-17", **p}
    if not {"medico_id", "supressao"} & asked.keys():
        asked.setdefault("telefone", f"+{NUMBER}")
    for _ in range(40):
        try:
            answer = await julia.value("select api.erase_doctor($1)", json.dumps(asked))
        except asyncpg.LockNotAvailableError:
            continue
        return json.loads(answer)
    raise AssertionError


async def data(julia: Julia, **p: Any) -> Any:
    return json.loads(await julia.value("select api.doctor_data($1)", json.dumps(p)))


async def test_no_table_yields_the_person_any_more(julia: Julia) -> None:
    life = Life(julia)
    await life.live()
    turn = await life.turn()
    ids = "select (select count(*) from inbox_keys) + (select count(*) from envios)"
    kept = await julia.value(ids), await julia.value("select count(*) from sent_ids")
    assert await life.found() == HELD_HER

    done = await erase(julia, cancelar_reservas=True)

    assert (done["status"], done["reservas_canceladas"]) == ("eliminado", 1)
    # What is being posted is known by the hash of its words until it is known to have arrived.
    assert await life.found() == {"public.envios"}
    # Whoever was at work finds out.
    refused = await julia.commit(turn, "Zoraide cafubira")
    assert (refused["status"], refused["motivo"]) == ("recusado", "epoca")
    recorded = await julia.record(life.open_claim, remote_jid=f"{OLD_FORM}@s.whatsapp.net")
    assert recorded["fila_status"] == "enviada"
    for message in life.received:
        assert (await julia.receive(NUMBER, **message))["status"] == "duplicada"
    assert await life.found() == set()
    assert await julia.value("select count(*) from fila_mensagens where status = 'pendente'") == 0
    assert (await julia.value(ids), await julia.value("select count(*) from sent_ids")) == (
        kept[0],
        kept[1] + 1,
    )
    await Shifts(julia).check_the_books()


async def test_all_that_is_held_is_told_before_and_nothing_after(julia: Julia) -> None:
    life = Life(julia)
    await life.live()

    told = await data(julia, telefone="(31) 98765-0192")

    assert told["status"] == "encontrado"
    assert set(told["dados"]) >= {name.removeprefix("public.") for name in HELD_HER} - {
        # Requests and decisions of managers, found by her name or another's id.
        "slack_comandos",
        "decisoes_copiloto",
    }
    assert "cifrado" not in json.dumps(told)
    assert told["dados"]["documentos"][0]["tipo"] == "crm"
    await erase(julia, cancelar_reservas=True)
    assert await data(julia, telefone=NUMBER) == {"status": "desconhecido"}
    assert await data(julia, medico_id=life.medico) == {"status": "desconhecido"}


async def test_what_stays_says_what_was_done_and_not_of_whom(julia: Julia) -> None:
    life = Life(julia)
    await life.live()

    await erase(julia, cancelar_reservas=True)

    (row,) = await julia.sql("select * from eliminacoes")
    assert (row["protocolo"], row["por"], row["reservas_canceladas"]) == ("LGPD-17", "ana", 1)
    assert json.loads(row["linhas"])["interacoes"] > 5
    (notice,) = await julia.sql(
        "select tipo, medico_id, conversa_id, dados from notificacoes_gestor"
    )
    assert (notice["tipo"], notice["medico_id"], notice["conversa_id"]) == (
        "dados_eliminados", None, None,
    )  # fmt: skip
    (booking,) = json.loads(notice["dados"])["reservas"]
    assert booking["hospital"] == "Hospital São Luiz"
    assert "segurada" not in await life.shifts.claims(booking["vaga_id"])
    assert (await life.shifts.vaga(booking["vaga_id"]))["status"] == "aberta"


async def test_shifts_to_come_are_not_given_back_unasked(julia: Julia) -> None:
    shifts = Shifts(julia)
    vaga = await shifts.offer()
    await shifts.doctor(NUMBER)
    await shifts.book(vaga, NUMBER)

    with pytest.raises(asyncpg.PostgresError, match=r"1 booked shift.*to come") as caught:
        await erase(julia)

    assert "cancelar_reservas" in str(caught.value.hint)
    assert await shifts.claims(vaga) == ["confirmada"]
    assert await julia.value("select count(*) from eliminacoes") == 0
    await erase(julia, cancelar_reservas=True)
    assert await shifts.claims(vaga) == ["cancelada"]
    assert (await shifts.vaga(vaga))["status"] == "aberta"


async def test_a_shift_that_was_worked_stays_without_a_person(julia: Julia) -> None:
    shifts = Shifts(julia)
    vaga = await shifts.offer()
    await shifts.doctor(NUMBER)
    await shifts.book(vaga, NUMBER)
    await julia.later(days=10)

    assert (await erase(julia))["status"] == "eliminado"

    (had,) = await julia.sql(
        "select m.telefone, m.primeiro_nome, r.status from reservas r"
        " join medicos m on m.id = r.medico_id"
    )
    assert tuple(had) == (None, None, "confirmada")


async def test_an_erasure_is_done_once(julia: Julia) -> None:
    medico = (await julia.receive(NUMBER))["medico_id"]

    first = await erase(julia, medico_id=medico)

    for again in ({"medico_id": medico}, {"telefone": OLD_FORM}, {"supressao": first["supressao"]}):
        assert (await erase(julia, **again))["status"] == "repetido"
    assert await julia.value("select count(*) from eliminacoes") == 1
    assert await julia.value("select count(*) from notificacoes_gestor") == 1


async def test_who_was_only_imported_leaves_no_row(julia: Julia) -> None:
    medico = await Shifts(julia).doctor(NUMBER)

    await erase(julia, medico_id=medico)

    assert await julia.value("select count(*) from medicos") == 0
    assert (await erase(julia, medico_id=medico))["status"] == "repetido"


@pytest.mark.parametrize("named", ["imported", "heard"])
async def test_two_that_were_found_to_be_one_are_erased_together(julia: Julia, named: str) -> None:
    heard = (await julia.receive(identities=[lid("77770001")]))["medico_id"]
    imported = await Shifts(julia).doctor(NUMBER)
    await julia.sql("update contact_identities set tambem_de = $1", uuid.UUID(imported))

    await erase(julia, medico_id={"imported": imported, "heard": heard}[named])

    assert await julia.value("select count(*) from medicos where eliminado_em is null") == 0
    assert await julia.value("select count(*) from contact_identities") == 0


async def test_a_number_that_nobody_has_is_suppressed_all_the_same(julia: Julia) -> None:
    assert (await erase(julia))["status"] == "suprimido"

    await Shifts(julia).doctor(NUMBER)

    assert await julia.value("select opted_out from medicos")
    # One request may name more than one number.
    assert (await erase(julia, telefone="5531900000001"))["status"] == "suprimido"


async def test_an_unknown_doctor_is_no_erasure(julia: Julia) -> None:
    with pytest.raises(asyncpg.PostgresError, match="does not exist"):
        await erase(julia, medico_id=str(uuid.uuid4()))
    with pytest.raises(asyncpg.PostgresError, match="phone number"):
        await erase(julia, telefone="123")
    with pytest.raises(asyncpg.PostgresError, match="medico_id"):
        await julia.sql('select api.erase_doctor(\'{"por": "ana", "protocolo": "1"}\')')


async def test_no_service_may_erase_or_read_a_person(julia: Julia) -> None:
    for function in ("erase_doctor", "doctor_data"):
        error = await julia.refusal(function, telefone=NUMBER, por="x", protocolo="x")
        assert isinstance(error, asyncpg.InsufficientPrivilegeError)


async def test_other_doctors_are_left_as_they_are(julia: Julia) -> None:
    await julia.talk("Tem sim.", number="5521988881111")
    await julia.take_over_by_sql(await julia.value("select id from conversations"))
    tables = ("medicos", "conversations", "interacoes", "fila_mensagens", "handoffs",
              "notificacoes_gestor", "contact_identities", "chatwoot_efeitos")  # fmt: skip

    async def rows() -> list[str]:
        return [
            await julia.value(f"select jsonb_agg(to_jsonb(t))::text from {table} t")  # noqa: S608 - ours
            for table in tables
        ]

    before = await rows()
    medico = await Shifts(julia).doctor(NUMBER)

    await erase(julia, medico_id=medico)

    await julia.sql("delete from notificacoes_gestor where tipo = 'dados_eliminados'")
    assert await rows() == before
