"""Learning that two contacts are one person loses nothing and says nothing twice."""

import asyncio
import uuid

import asyncpg
import pytest
from tests.integration.sql.conftest import INSTANCE, PHONE, Julia, lid, phone
from tests.integration.sql.courting import MONDAY, Courting
from tests.integration.sql.proactive import offer

from julia_common.whatsapp import canonical_digits

pytestmark = pytest.mark.integration

LID = "77001"
BOTH = [phone(), lid(LID)]
OLD_FORM = "551188887777"
STOP = {"motivo": "pare", "escopo": "definitivo"}


async def test_what_both_had_pending_is_answered_in_one_turn(julia: Julia) -> None:
    by_phone = (await julia.receive(text="um"))["conversa_id"]
    by_lid = (await julia.receive(text="dois", identities=[lid(LID)]))["conversa_id"]

    united = (await julia.receive(text="três", identities=BOTH))["conversa_id"]

    # The one with a phone stays.
    assert united == by_phone
    assert (await julia.conversation(by_lid))["status"] == "completed"
    await julia.make_due(united)
    turn = await julia.begin(united)
    assert [m["conteudo"] for m in turn["pending"]] == ["um", "dois", "três"]
    assert (await julia.commit(turn))["status"] == "confirmado"
    assert await julia.situations(united) == ["respondida"] * 3


async def test_drafts_of_both_are_refused(julia: Julia) -> None:
    turns = []
    for identities in ([phone()], [lid(LID)]):
        conversa = (await julia.receive(identities=identities))["conversa_id"]
        await julia.make_due(conversa)
        turns.append(await julia.begin(conversa))

    await julia.receive(identities=BOTH)

    for turn in turns:
        assert (await julia.commit(turn))["motivo"] == "epoca"


async def test_the_replies_that_wait_are_sent_or_given_anew(julia: Julia) -> None:
    by_phone = await julia.talk("para o telefone")
    by_lid = (await julia.receive(text="pergunta", identities=[lid(LID)]))["conversa_id"]
    await julia.answer(by_lid, "para o lid")

    await julia.receive(text="de novo", identities=BOTH)

    # The loser's question is asked again in the conversation that stays, its unsent answer void.
    assert await julia.states(by_lid) == ["cancelada"]
    await julia.make_due(by_phone)
    turn = await julia.begin(by_phone)
    assert [m["conteudo"] for m in turn["pending"]] == ["pergunta", "de novo"]
    # The winner's answer stands and goes first.
    await julia.commit(turn, "a tudo")
    for text in ("para o telefone", "a tudo"):
        claim = await julia.claim(by_phone)
        assert claim["conteudo"] == text
        await julia.record(claim)


@pytest.mark.parametrize("owner", ["by_phone", "by_lid"])
async def test_a_person_who_has_one_of_them_keeps_both(julia: Julia, owner: str) -> None:
    conversations = {
        "by_phone": (await julia.receive())["conversa_id"],
        "by_lid": (await julia.receive(identities=[lid(LID)]))["conversa_id"],
    }
    await julia.take_over_by_sql(conversations[owner])

    answer = await julia.receive(identities=BOTH)

    united = conversations["by_phone"]
    assert (answer["conversa_id"], answer["controlled_by"]) == (united, "human")
    assert await julia.situations(united) == ["humano"] * 3
    open_ = "select count(*) from handoffs where status = 'pendente' and conversa_id = $1"
    assert await julia.value(open_, united) == 1
    assert await julia.value(open_, conversations["by_lid"]) == 0


@pytest.mark.parametrize("state", ["open", "uncertain", "half sent"])
async def test_a_send_under_way_brings_a_person(julia: Julia, state: str) -> None:
    by_phone = (await julia.receive())["conversa_id"]
    by_lid = (await julia.receive(identities=[lid(LID)]))["conversa_id"]
    await julia.answer(by_lid, "um", "dois")
    claim = await julia.claim(by_lid)
    if state == "uncertain":
        await julia.record(claim, "incerta")
    if state == "half sent":
        await julia.record(claim)

    answer = await julia.receive(identities=BOTH)

    assert (answer["conversa_id"], answer["controlled_by"]) == (by_phone, "human")
    trigger = await julia.value(
        "select trigger_type from handoffs where conversa_id = $1", by_phone
    )
    assert trigger == "contato_unificado"
    assert (await julia.claim(by_lid))["status"] == "vazio"


async def test_a_send_of_the_one_that_went_is_settled_by_the_other_address(julia: Julia) -> None:
    await julia.receive()
    by_lid = (await julia.receive(identities=[lid(LID)]))["conversa_id"]
    await julia.answer(by_lid, "texto")
    claim = await julia.uncertain(by_lid)
    await julia.receive(identities=BOTH)
    await julia.later(seconds=20)

    sends = (await julia.call("uncertain_sends", limit=10, owner=julia.owner))["sends"]
    settled = await julia.settle(claim, "positiva", provider_message_id="W1", identities=[phone()])

    assert [s["destino"] for s in sends] == [PHONE]
    assert settled["status"] == "enviada"
    assert (await julia.echo("texto", key_id="W1"))["status"] == "conhecida"


async def test_three_contacts_become_one(julia: Julia) -> None:
    ids = [phone(), lid("1"), lid("2")]
    for identity in ids:
        await julia.receive(identities=[identity])

    answer = await julia.receive(identities=ids)

    assert await julia.value("select count(*) from medicos where merged_into is null") == 1
    for identity in ids:
        again = await julia.receive(identities=[identity])
        assert again["conversa_id"] == answer["conversa_id"]
    await julia.make_due(answer["conversa_id"])
    assert len((await julia.begin(answer["conversa_id"]))["pending"]) == 7


async def test_an_opt_out_of_one_holds_for_both(julia: Julia) -> None:
    await julia.receive(provider_at=julia.ago(minutes=3))
    await julia.receive(
        identities=[lid(LID)], provider_at=julia.ago(minutes=2), opt_out={"motivo": "sair"}
    )

    answer = await julia.receive(identities=BOTH, provider_at=julia.ago(minutes=1))

    doctor = (await julia.sql("select * from medicos where merged_into is null"))[0]
    assert doctor["opted_out"]
    # What was written after it is answered.
    await julia.make_due(answer["conversa_id"])
    turn = await julia.begin(answer["conversa_id"])
    await julia.commit(turn)
    assert (await julia.claim(answer["conversa_id"]))["status"] == "enviar"


async def test_a_merge_never_lowers_what_drafts_compare(julia: Julia) -> None:
    united = (await julia.receive(key_id="A"))["conversa_id"]
    for n in range(5):
        await julia.call(
            "edit_message",
            instance="julia-teste",
            key_id="A",
            change="edit",
            text=f"versão {n}",
            changed_at=julia.now().isoformat(),
        )
    before = (await julia.conversation(united))["inbox_seq"]
    await julia.receive(identities=[lid(LID)])

    await julia.receive(identities=BOTH)

    assert (await julia.conversation(united))["inbox_seq"] == before + 2


async def test_the_database_knows_numbers_by_the_form_that_the_services_know(julia: Julia) -> None:
    numbers = [
        f"{country}{area:02d}{subscriber}"
        for country in ("55", "54", "1")
        for area in range(100)
        for first in range(10)
        for subscriber in (f"{first}8887777", f"9{first}8887777", f"{first}888777")
    ]
    expected = [canonical_digits(number) for number in numbers]
    changed = [pair for pair in zip(numbers, expected, strict=True) if pair[0] != pair[1]]
    assert (OLD_FORM, PHONE) in changed

    for form in ("{}", "+{}", "{}@s.whatsapp.net"):
        rows = await julia.sql(
            "select private.canonical_phone(n) as known from unnest($1::text[]) with ordinality "
            "as t (n, place) order by place",
            [form.format(number) for number in numbers],
        )
        assert [row["known"] for row in rows] == [form.format(number) for number in expected]
    # A LID is no phone, whatever its digits.
    alike = f"{OLD_FORM}@lid"
    assert await julia.value("select private.canonical_phone($1)", alike) == alike


async def test_the_opt_out_of_one_who_was_imported_without_the_ninth_digit_binds(
    julia: Julia,
) -> None:
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    doctor = await courting.doctor(telefone=f"+{OLD_FORM}")
    await courting.start()
    await courting.feed()
    claim = await courting.claim(str((await courting.outbox())[0]["conversa_id"]))
    await julia.record(claim, remote_jid=f"{OLD_FORM}@s.whatsapp.net")

    heard = await julia.receive(PHONE, "pare", opt_out=STOP)

    assert claim["destino"] == PHONE
    assert heard["medico_id"] == doctor
    stopped = await julia.sql("select id::text, opted_out from medicos")
    assert [tuple(row) for row in stopped] == [(doctor, True)]


async def test_a_list_cannot_bring_a_doctor_a_second_time_by_leaving_out_the_ninth_digit(
    julia: Julia,
) -> None:
    await julia.receive(PHONE, "pare", opt_out=STOP)

    with pytest.raises(asyncpg.UniqueViolationError):
        await julia.sql("insert into medicos (telefone) values ($1)", f"+{OLD_FORM}")


async def test_an_address_without_the_ninth_digit_leads_to_the_same_contact(julia: Julia) -> None:
    by_lid = (await julia.receive(identities=[lid(LID)]))["conversa_id"]
    await julia.answer(by_lid, "oi")
    claim = await julia.claim(by_lid)
    await julia.record(claim, remote_jid=f"{OLD_FORM}@s.whatsapp.net")

    for number in (PHONE, OLD_FORM):
        assert (await julia.receive(number))["conversa_id"] == by_lid
    assert await julia.value("select array_agg(telefone) from medicos") == [f"+{PHONE}"]


async def test_what_was_written_to_both_counts_for_the_one_that_stays(julia: Julia) -> None:
    await Courting(julia).move_to(MONDAY, 10)
    by_lid = (await julia.receive(identities=[lid(LID)]))["conversa_id"]
    await julia.answer(by_lid, "oi")
    await julia.record(await julia.claim(by_lid))
    # As many as a doctor may get in a week.
    for text in ("um", "dois", "três", "quatro", "cinco"):
        await offer(julia, by_lid, text)
        await julia.record(await julia.claim(by_lid))
        await julia.later(hours=1, minutes=1)
    await julia.receive()

    united = (await julia.receive(identities=BOTH))["conversa_id"]
    await julia.answer(united, "tudo bem")
    await julia.record(await julia.claim(united))
    await offer(julia, united)

    assert (await julia.claim(united))["motivo"] == "teto_medico"
    # A campaign heeds it as well, once the talk is over.
    excluded = await julia.value(
        "select (private.campaign_exclusion(m, null, api.agora() + interval '6 days')).motivo "
        "from medicos m where merged_into is null"
    )
    assert excluded == "limite_semanal"


class TestOneByAnAnswer:
    """WhatsApp answers a send by an address that is another contact's: both are one person."""

    async def learnt(self, julia: Julia, *, between: str | None = None) -> tuple[Courting, str]:
        """A list brings a doctor whom we know by LID; a campaign to her is answered by that LID."""
        courting = Courting(julia)
        await courting.move_to(MONDAY, 10)
        await julia.sql(
            "insert into whatsapp_instances (instance) values ($1) on conflict do nothing", INSTANCE
        )
        await julia.sql("update whatsapp_instances set state = 'open'")
        imported = await courting.doctor()
        if between:
            await julia.sql(between)
        await courting.start(publico={"especialidades": ["Anestesiologia"]})
        await courting.feed()
        claim = await courting.claim(str((await courting.outbox())[0]["conversa_id"]))
        await julia.record(claim, remote_jid=f"{LID}@lid")
        return courting, imported

    async def test_the_opt_out_of_the_one_binds_the_other_at_once(self, julia: Julia) -> None:
        await julia.receive(identities=[lid(LID)], text="SAIR", opt_out=STOP)

        courting, imported = await self.learnt(julia)

        assert await julia.value("select opted_out from medicos where id = $1", uuid.UUID(imported))
        reason = await julia.value("select count(distinct opted_out_reason) from medicos")
        assert reason == 1
        await julia.later(days=3)
        assert await courting.plan() == 0
        with pytest.raises(asyncpg.PostgresError, match="leave nobody"):
            await courting.start()

    async def test_what_waits_for_the_other_is_withdrawn(self, julia: Julia) -> None:
        heard = await julia.receive(identities=[lid(LID)], text="SAIR", opt_out=STOP)
        courting, imported = await self.learnt(julia)
        other = str((await courting.outbox())[0]["conversa_id"])
        await offer(julia, other)

        assert await courting.send() == []
        assert heard["medico_id"] != imported
        states = [(part["kind"], part["outcome"]) for part in await julia.parts(other)]
        assert states == [("campanha", "SENT"), ("oferta", "BLOCKED_OPTED_OUT")]

    async def test_so_does_a_month_of_silence(self, julia: Julia) -> None:
        heard = await julia.receive(
            identities=[lid(LID)], text="esse mês não", opt_out=STOP | {"escopo": "mes"}
        )
        await self.learnt(julia)

        silent = await julia.sql("select distinct sem_contato_ate from medicos")
        assert [row["sem_contato_ate"] is not None for row in silent] == [True]
        assert heard["status"] == "nova"

    async def test_the_opt_out_of_who_was_written_to_binds_whose_address_it_is(
        self, julia: Julia
    ) -> None:
        await julia.receive(identities=[lid(LID)])
        heard = await julia.receive(PHONE, "SAIR", opt_out=STOP)
        claim = await julia.claim(heard["conversa_id"])
        await julia.record(claim, remote_jid=f"{LID}@lid")

        assert await julia.value("select bool_and(opted_out) from medicos")

    @pytest.mark.parametrize("who", ["telefone is null", "telefone is not null"])
    async def test_a_managers_opt_out_of_either_binds_both_before_they_are_united(
        self, julia: Julia, who: str
    ) -> None:
        await julia.receive(identities=[lid(LID)])
        await self.learnt(julia)

        await julia.sql(f"UPDATE medicos SET opted_out = true WHERE {who}")  # noqa: S608 - our own words

        assert await julia.value("select bool_and(opted_out) from medicos")
        await julia.sql("UPDATE medicos SET opted_out = false")
        assert not await julia.value("select bool_or(opted_out) from medicos")

    @pytest.mark.parametrize("form", ["lid", "phone"])
    async def test_the_next_message_from_either_address_unites_them(
        self, julia: Julia, form: str
    ) -> None:
        heard = await julia.receive(identities=[lid(LID)])
        courting, imported = await self.learnt(julia)

        address = lid(LID) if form == "lid" else phone(courting.phone(0))
        again = await julia.receive(identities=[address], text="SAIR", opt_out=STOP)

        assert again["medico_id"] == imported
        standing = await julia.sql("select id, opted_out from medicos where merged_into is null")
        assert [(str(row["id"]), row["opted_out"]) for row in standing] == [(imported, True)]
        assert heard["medico_id"] != imported

    async def test_whom_a_manager_unblocks_the_other_does_not_block_again(
        self, julia: Julia
    ) -> None:
        await julia.receive(identities=[lid(LID)])
        heard = await julia.receive(PHONE, "SAIR", opt_out=STOP)
        await julia.record(await julia.claim(heard["conversa_id"]), remote_jid=f"{LID}@lid")
        await julia.sql("UPDATE medicos SET opted_out = false WHERE telefone IS NOT NULL")
        await julia.later(minutes=5)

        await julia.receive(PHONE, "quero sim")

        assert not await julia.value("select bool_or(opted_out) from medicos")

    async def test_an_address_that_is_certainly_somebody_elses_unites_nobody(
        self, julia: Julia
    ) -> None:
        """The phone has a new owner, who does not want to hear of us."""
        await julia.receive(identities=[lid(LID)], text="SAIR", opt_out=STOP)
        await self.learnt(
            julia,
            between="insert into contact_identities (instance, jid, kind, medico_id) "
            "select 'julia-teste', '88002@lid', 'lid', id from medicos where telefone is not null",
        )

        await julia.receive(identities=[lid(LID)], text="oi")

        assert await julia.value("select count(*) from medicos where merged_into is not null") == 0
        assert await julia.value("select bool_and(opted_out) from medicos")


NEW = "5511966665555"
IMPORT = (
    "INSERT INTO medicos (telefone) VALUES ($1) "
    "ON CONFLICT (telefone) WHERE telefone IS NOT NULL DO NOTHING"
)


class TestNewNumber:
    """Who has another phone than before is answered there, and is nobody new."""

    async def moved(self, julia: Julia) -> str:
        """A doctor known by phone and LID writes from another phone; return the conversation."""
        await julia.receive(identities=BOTH)
        return str((await julia.receive(identities=[phone(NEW), lid(LID)]))["conversa_id"])

    async def test_who_writes_from_another_phone_is_answered_there(self, julia: Julia) -> None:
        await julia.sql(IMPORT, f"+{PHONE}")
        conversa = await self.moved(julia)
        await julia.answer(conversa, "oi")

        assert (await julia.claim(conversa))["destino"] == NEW
        assert await julia.value("select array_agg(telefone) from medicos") == [f"+{NEW}"]
        assert await source(julia) == ("whatsapp", "contato_do_titular")

    async def test_evidence_of_a_send_is_looked_for_at_the_phone_it_went_to(
        self, julia: Julia
    ) -> None:
        """At the new one nothing would be found, and the same would go there once more."""
        conversa = (await julia.receive(identities=BOTH))["conversa_id"]
        await julia.answer(conversa, "oi")
        await julia.uncertain(conversa)
        await julia.receive(identities=[phone(NEW), lid(LID)])
        await julia.later(seconds=30)

        (send,) = (await julia.call("uncertain_sends", limit=10))["sends"]
        assert send["destino"] == PHONE

    async def test_a_list_that_brings_the_new_phone_meanwhile_unites_them(
        self, julia: Julia
    ) -> None:
        await julia.receive(identities=BOTH)
        async with julia.pool.acquire() as connection, connection.transaction():
            await connection.execute("insert into medicos (telefone) values ($1)", f"+{NEW}")
            writes = asyncio.create_task(julia.receive(identities=[phone(NEW), lid(LID)]))
            await asyncio.sleep(0.2)

        assert (await writes)["status"] == "nova"
        standing = await julia.sql("select telefone from medicos where merged_into is null")
        assert len(standing) == 1

    async def test_a_number_that_a_person_types_is_not_from_whatsapp(self, julia: Julia) -> None:
        await julia.receive()
        await julia.sql("update medicos set telefone = $1", f"+{NEW}")

        assert await source(julia) == ("lista", "legitimo_interesse")

    async def test_an_older_message_that_comes_late_brings_the_old_phone_not_back(
        self, julia: Julia
    ) -> None:
        conversa = await self.moved(julia)
        for late in ({"minutes": 5}, {"days": 2}):
            await julia.receive(identities=BOTH, provider_at=julia.ago(**late))
        await julia.answer(conversa, "oi")

        assert (await julia.claim(conversa))["destino"] == NEW

    async def test_a_message_that_names_no_phone_changes_nothing(self, julia: Julia) -> None:
        conversa = await self.moved(julia)
        await julia.receive(identities=[lid(LID)])
        await julia.answer(conversa, "oi")

        assert (await julia.claim(conversa))["destino"] == NEW

    async def test_a_list_with_the_phone_of_before_brings_nobody_new(self, julia: Julia) -> None:
        await julia.sql(IMPORT, f"+{PHONE}")
        sent = await julia.talk("oi")
        await julia.record(await julia.claim(sent), remote_jid=f"{LID}@lid")
        await julia.receive(identities=[phone(NEW), lid(LID)])
        await julia.receive(NEW, "SAIR", opt_out=STOP)

        for number in (PHONE, OLD_FORM, NEW):
            await julia.sql(IMPORT, f"+{number}")

        doctors = await julia.sql("select telefone, opted_out from medicos")
        assert [tuple(row) for row in doctors] == [(f"+{NEW}", True)]

    async def test_a_list_brings_neither_phone_of_two_who_were_united(self, julia: Julia) -> None:
        for number in (PHONE, NEW):
            await julia.sql(IMPORT, f"+{number}")
        await julia.receive(identities=BOTH)
        await julia.receive(identities=[phone(NEW), lid(LID)])
        await julia.receive(identities=[lid(LID)], text="SAIR", opt_out=STOP)

        for number in (PHONE, NEW):
            await julia.sql(IMPORT, f"+{number}")

        doctors = "select opted_out from medicos where merged_into is null"
        assert [row["opted_out"] for row in await julia.sql(doctors)] == [True]

    async def test_the_phone_of_before_leads_to_the_same_contact_by_every_number_of_ours(
        self, julia: Julia
    ) -> None:
        conversa = await self.moved(julia)
        elsewhere = await julia.receive(PHONE, instance="outro")

        medico = (await julia.conversation(conversa))["medico_id"]
        assert elsewhere["medico_id"] == str(medico)


SOURCE = "select telefone_origem, telefone_base_legal from medicos where merged_into is null"


async def source(julia: Julia) -> tuple[str, str]:
    """Of the only contact: where its number is from, and by which right we have it."""
    (row,) = await julia.sql(SOURCE)
    return tuple(row)


async def test_a_number_that_wrote_to_us_is_its_owners_own_word(julia: Julia) -> None:
    await julia.receive()

    assert await source(julia) == ("whatsapp", "contato_do_titular")
    assert await julia.value("select telefone_desde from medicos") is not None


async def test_a_number_that_one_of_ours_wrote_to_is_that_only_once_it_answers(
    julia: Julia,
) -> None:
    await julia.echo("Oi, tudo bem?")
    assert await source(julia) == ("whatsapp", "legitimo_interesse")

    await julia.receive()

    assert await source(julia) == ("whatsapp", "contato_do_titular")


async def test_a_number_that_comes_after_the_first_message_has_a_source(julia: Julia) -> None:
    await julia.receive(identities=[lid(LID)])
    assert await source(julia) == (None, None)

    await julia.receive(identities=BOTH)

    assert await source(julia) == ("whatsapp", "contato_do_titular")


async def test_a_list_is_the_source_unless_it_names_another(julia: Julia) -> None:
    await julia.sql("insert into medicos (telefone) values ($1)", f"+{PHONE}")
    assert await source(julia) == ("lista", "legitimo_interesse")

    # Who is on a list and writes is still known from the list.
    await julia.receive()
    assert await source(julia) == ("lista", "legitimo_interesse")

    await julia.sql("update medicos set telefone = null")
    assert await source(julia) == (None, None)


async def test_the_source_goes_along_when_two_become_one(julia: Julia) -> None:
    await julia.receive(identities=[lid(LID)])
    await julia.sql(
        "insert into medicos (telefone, telefone_origem, telefone_base_legal) "
        "values ($1, 'congresso', 'consentimento')",
        f"+{PHONE}",
    )
    await julia.receive(identities=BOTH)

    assert await source(julia) == ("congresso", "consentimento")
