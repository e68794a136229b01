"""Who was erased and comes back, by a list or by her own words, hears nothing of our own accord."""

import json
from typing import Any

import pytest
from tests.integration.sql.a_life import CRM, LID, NUMBER, OLD_FORM
from tests.integration.sql.conftest import Julia, lid, phone
from tests.integration.sql.courting import MONDAY, Courting
from tests.integration.sql.shifts import Shifts
from tests.integration.sql.test_erasure import erase

pytestmark = pytest.mark.integration

REASON = "Pediu a eliminação dos dados (LGPD)"


async def erased(julia: Julia, **more: Any) -> Courting:
    """A doctor was known by phone, LID and registration, and is no more."""
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(telefone=f"+{NUMBER}", crm=CRM, **more)
    await julia.receive(NUMBER, identities=[phone(NUMBER), lid(LID)])
    assert (await erase(julia))["status"] == "eliminado"
    return courting


@pytest.mark.parametrize(
    "row",
    [
        {"telefone": f"+{NUMBER}"},
        {"telefone": f"+{OLD_FORM}"},
        {"telefone": None, "crm": "crmmg778899"},
    ],
    ids=["her number", "without its ninth digit", "her registration"],
)
async def test_a_list_that_has_her_again_brings_her_back_opted_out(
    julia: Julia, row: dict[str, Any]
) -> None:
    courting = await erased(julia)

    medico = await courting.doctor(**row)

    (found,) = await julia.sql("select * from medicos where id::text = $1", medico)
    assert (found["opted_out"], found["opted_out_reason"]) == (True, REASON)
    assert found["stage_jornada"] == "opt_out"


@pytest.mark.parametrize("crm", ["778899/MG", "CRM 778899 MG", "mg-0778899"])
async def test_however_a_list_writes_her_registration(julia: Julia, crm: str) -> None:
    courting = await erased(julia)

    medico = await courting.doctor(telefone=None, crm=crm)

    assert await julia.value("select opted_out from medicos where id::text = $1", medico)


@pytest.mark.parametrize("learnt_by", ["our answer", "her message", "another number of ours"])
async def test_what_a_person_decided_since_stands_whatever_address_is_learnt(
    julia: Julia, learnt_by: str
) -> None:
    await julia.receive(NUMBER, identities=[phone(NUMBER), lid(LID)])
    await erase(julia)
    await julia.later(seconds=90)
    conversa = (await julia.receive(NUMBER, "quero ofertas de novo"))["conversa_id"]
    await julia.sql("UPDATE medicos SET opted_out = false WHERE eliminado_em IS NULL")

    if learnt_by == "our answer":
        await julia.answer(conversa, "Que bom!")
        await julia.record(await julia.claim(conversa), remote_jid=f"{LID}@lid")
    elif learnt_by == "her message":
        await julia.receive(NUMBER, identities=[phone(NUMBER), lid(LID)])
    else:
        await julia.receive(NUMBER, instance="outro")

    assert not await julia.value("select opted_out from medicos where eliminado_em is null")


async def test_who_gets_a_suppressed_number_has_said_stop_like_anybody(julia: Julia) -> None:
    """The night's proof counts it, and managers hear of the shift that is booked."""
    shifts = Shifts(julia)
    await erase(julia, telefone=f"+{NUMBER}")
    vaga = await shifts.offer()
    await shifts.doctor("5511900000001")
    await shifts.book(vaga, "5511900000001")

    await julia.sql("update medicos set telefone = $1", f"+{NUMBER}")

    stops = "select count(*) from paradas_contato where tipo = 'definitiva'"
    assert await julia.value(stops) == 1
    assert "opt_out_com_reserva" in await shifts.notices()


async def test_a_number_abroad_is_named_with_its_country(julia: Julia) -> None:
    await julia.receive("59891234567")

    assert (await erase(julia, telefone="+598 9123 4567"))["status"] == "eliminado"


async def test_a_request_about_another_whose_name_begins_alike_is_left_alone(julia: Julia) -> None:
    await julia.receive(NUMBER, push_name="Ana M")
    await julia.sql(
        "insert into slack_comandos (chave, tipo, usuario, texto) "
        "values ('k', 'comando', 'U', 'bloquear Ana Martins')"
    )

    await erase(julia)

    assert await julia.value("select texto from slack_comandos") == "bloquear Ana Martins"
    assert await julia.value("select feito_em from slack_comandos") is None


async def test_a_row_that_gets_her_number_later_is_opted_out_then(julia: Julia) -> None:
    courting = await erased(julia)
    medico = await courting.doctor(telefone="+5511900000001")
    change = "update medicos set telefone = $2 where id::text = $1"

    await julia.sql(change, medico, f"+{NUMBER}")

    assert await julia.value("select opted_out from medicos where id::text = $1", medico)
    # A person's decision afterwards stands, also when a list writes the same number again.
    await julia.sql("update medicos set opted_out = false where id::text = $1", medico)
    await julia.sql(change, medico, f"+{NUMBER}")
    assert not await julia.value("select opted_out from medicos where id::text = $1", medico)


async def test_a_campaign_does_not_reach_her(julia: Julia) -> None:
    courting = await erased(julia)
    await courting.doctor(telefone=f"+{NUMBER}")
    await courting.doctor(2)

    campanha = await courting.start()

    assert len(await courting.run()) == 1
    assert await courting.recipients(campanha) == {("enviada", None): 1}


async def test_a_campaign_that_had_begun_leaves_her_out(julia: Julia) -> None:
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(telefone=f"+{NUMBER}")
    await courting.doctor(2)
    campanha = await courting.start()
    assert await courting.feed() == 2

    await erase(julia)

    assert len(await courting.run()) == 1
    assert await courting.recipients(campanha) == {("enviada", None): 1, ("pulada", "opt_out"): 1}


@pytest.mark.parametrize("identities", [[phone(NUMBER)], [phone(NUMBER), lid(LID)], [lid(LID)]])
async def test_she_writes_again_and_is_answered_and_nothing_more(
    julia: Julia, identities: list[dict[str, str]]
) -> None:
    courting = await erased(julia)
    await julia.later(seconds=5)

    conversa = (await julia.receive(text="mudei de ideia", identities=identities))["conversa_id"]
    await julia.answer(conversa, "Oi!")

    claim = await courting.claim(conversa)
    assert (claim["status"], claim["conteudo"]) == ("enviar", "Oi!")
    await julia.record(claim)
    assert await julia.value("select opted_out from medicos where eliminado_em is null")
    await courting.doctor(2)
    await courting.start()
    await julia.later(days=7)
    assert len(await courting.run()) == 1
    await julia.sql(
        "update conversations set stage = 'msg_enviada', stage_at = api.agora() - interval '9 days'"
        " where id = $1",
        conversa,
    )
    await courting.plan()
    assert [part["kind"] for part in await julia.parts(conversa)] == ["reply"]


async def test_who_came_back_is_erased_again(julia: Julia) -> None:
    courting = await erased(julia)
    await julia.later(days=30)
    await courting.reply(text="oi de novo")
    conversa = (await julia.receive(NUMBER, "voltei"))["conversa_id"]

    assert (await erase(julia, protocolo="LGPD-18"))["status"] == "eliminado"

    assert await julia.value("select count(*) from medicos where telefone = $1", f"+{NUMBER}") == 0
    assert (await julia.conversation(conversa))["eliminada_em"] is not None
    late = await julia.receive(NUMBER, "antes", provider_at=julia.ago(hours=2))
    assert late["status"] == "duplicada"


async def test_what_she_wrote_before_and_comes_late_is_an_id_and_nothing_else(julia: Julia) -> None:
    await erased(julia)
    message = {"key_id": "LATE", "provider_at": julia.ago(seconds=30), "push_name": "Zozó"}

    first = await julia.receive(NUMBER, "sou a Zoraide", **message)

    assert first == {"status": "duplicada", "doorbell": False}
    assert await julia.receive(NUMBER, "sou a Zoraide", **message) == first
    assert await julia.value("select count(*) from inbox_keys where key_id = 'LATE'") == 1
    assert await julia.value("select count(*) from interacoes") == 0
    assert await julia.value("select count(*) from medicos where eliminado_em is null") == 0
    missing = await julia.call("missing_keys", instance="julia-teste", key_ids=["LATE", "OTHER"])
    assert missing["missing"] == ["OTHER"]
    edited = await julia.call(
        "edit_message", instance="julia-teste", key_id="LATE", change="edit", text="Zoraide",
        changed_at=julia.now().isoformat(),
    )  # fmt: skip
    assert edited["status"] == "desconhecida"


async def test_what_people_typed_to_her_and_comes_late_makes_no_doctor(julia: Julia) -> None:
    await erased(julia)

    told = await julia.echo("Oi, Zoraide", NUMBER, key_id="TYPED", source="messages.upsert")

    assert told["status"] == "ignorada"
    assert await julia.value("select count(*) from medicos where eliminado_em is null") == 0
    assert await julia.value("select count(*) from inbox_keys where key_id = 'TYPED'") == 1


async def test_an_erasure_is_repeated_by_its_hashes_where_a_backup_brought_her_back(
    julia: Julia,
) -> None:
    courting = Courting(julia)
    await courting.doctor(telefone=f"+{NUMBER}", crm=CRM)
    done = await erase(julia)
    # As a backup of before has it.
    await julia.sql("delete from private.supressoes")
    await julia.sql("delete from eliminacoes")
    await courting.doctor(telefone=f"+{NUMBER}")

    again = await erase(julia, supressao=done["supressao"])

    assert again["status"] == "eliminado"
    assert await julia.value("select count(*) from medicos where telefone is not null") == 0
    # By what the backup did not know of her, too.
    await courting.doctor(telefone=None, crm=CRM)
    assert await julia.value("select opted_out from medicos where crm is not null")


async def test_hashes_are_keyed_and_say_no_number(julia: Julia) -> None:
    await erased(julia)

    hashes = {row["hash"] for row in await julia.sql("select hash from private.supressoes")}
    unkeyed = await julia.value(
        "select array_agg(sha256(convert_to(a, 'UTF8'))) from unnest($1::text[]) a",
        [NUMBER, f"+{NUMBER}", f"{NUMBER}@s.whatsapp.net", f"{LID}@lid"],
    )

    assert len(hashes) == 3
    assert hashes.isdisjoint(unkeyed)
    assert await julia.value("select length(chave) from private.supressao_chave") == 32


async def test_a_united_doctor_is_erased_whole(julia: Julia) -> None:
    by_lid = await julia.receive(identities=[lid(LID)], push_name="Zoraide")
    await julia.receive(NUMBER, push_name="Zoraide")
    await julia.receive(NUMBER, identities=[phone(NUMBER), lid(LID)])
    assert await julia.value("select count(*) from medicos where merged_into is not null") == 1

    await erase(julia, medico_id=by_lid["medico_id"])

    left = await julia.sql("select to_jsonb(m)::text as row from medicos m")
    assert not any("Zoraide" in row["row"] for row in left)
    assert await julia.value("select count(*) from private.supressoes") == 2
    assert json.loads(await julia.value("select linhas from eliminacoes"))["medicos"] == 2
