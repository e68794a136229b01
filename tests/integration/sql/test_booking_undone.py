"""What a turn did not commit is as if it had never been; what was booked can be given back."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.integration.sql.conftest import PHONE, Julia, lid, phone
from tests.integration.sql.shifts import SAO_PAULO, Shifts

from julia_common.contracts import text_hash

pytestmark = pytest.mark.integration

OTHER = "5511977776666"
THIRD = "5511966665555"
BLOCK = (
    "insert into diretrizes (tipo, conteudo, medico_id) values ('bloqueado', 'não escrever', $1)"
)
RESTRICT = (
    "insert into doctor_context (medico_id, tipo, content) "
    "values ($1, 'restricao', 'não faço plantão noturno')"
)


@pytest.fixture
def shifts(julia: Julia) -> Shifts:
    return Shifts(julia)


def everything(julia: Julia, *, cancels: str, waits_for: str) -> dict[str, Any]:
    """One of each effect that a turn may have."""
    return {
        "fatos": [{"tipo": "vaga", "chave": waits_for, "dados": {}}],
        "memorias": [{"tipo": "preferencia", "conteudo": "prefere noite", "confianca": 0.9}],
        "lembretes": [
            {
                "quando": (julia.now() + timedelta(days=1)).isoformat(),
                "contexto": "pediu",
                "mensagem": "Oi! Conseguiu ver?",
            }
        ],
        "cancelamentos": [{"reserva_id": cancels, "motivo": "viagem"}],
        "lista_espera": [waits_for],
        "opt_out": {"escopo": "vaga", "motivo": "longe", "vaga_id": waits_for},
    }


async def traces(julia: Julia) -> list[int]:
    """How much the effects have left in the tables."""
    return [
        await julia.value(query)
        for query in (
            "select count(*) from turnos",
            "select count(*) from fatos_conversa",
            "select count(*) from doctor_context",
            "select count(*) from fila_mensagens where kind in ('lembrete', 'oferta')",
            "select count(*) from lista_espera",
            "select count(*) from recusas_vagas",
            "select count(*) from notificacoes_gestor where tipo in ('reserva', 'cancelamento')",
            "select count(*) from reservas where status = 'confirmada'",
        )
    ]


async def test_the_effects_of_a_commit_are_all_there(julia: Julia, shifts: Shifts) -> None:
    mine, taken, wanted = [await shifts.offer(days) for days in (3, 5, 7)]
    await shifts.book(taken, OTHER)
    reserva = await shifts.book(mine)
    turn = await shifts.turn()
    held = await shifts.hold(turn, wanted)
    before = await traces(julia)

    done = await julia.commit(
        turn,
        holds=[held["reserva_id"]],
        effects=everything(julia, cancels=reserva, waits_for=taken),
        prompt_id="persona-1",
        rota="padrao",
    )

    assert done["status"] == "confirmado"
    # A turn, a fact, a memory, a reminder, a wait, a refusal, two notices; one booking for another.
    added = [b - a for a, b in zip(before, await traces(julia), strict=True)]
    assert added == [1, 1, 1, 1, 1, 1, 2, 0]
    assert await shifts.claims(mine) == ["cancelada"]
    turno = (await julia.sql("select * from turnos where id = $1", uuid.UUID(turn["turno_id"])))[0]
    assert (turno["prompt_id"], turno["rota"]) == ("persona-1", "padrao")


STALE: dict[str, Callable[[Julia, Any], Awaitable[Any]]] = {
    "newer message": lambda julia, _: julia.receive(text="na verdade não"),
    "taken over": lambda julia, turn: julia.call(
        "take_over",
        conversa_id=turn["conversa_id"],
        trigger_type="juridico",
        motivo="fala de processo",
        notify=False,
    ),
    "taken over by sql": lambda julia, turn: julia.take_over_by_sql(turn["conversa_id"]),
    "typed on the phone": lambda julia, _: julia.echo("Oi, aqui é a Bia"),
    "opt-out": lambda julia, _: julia.receive(text="SAIR", opt_out={"motivo": "sair"}),
    "opt-out by sql": lambda julia, _: julia.opt_out_by_sql(),
    "paused": lambda julia, _: julia.pause(),
    "released": lambda julia, turn: julia.call(
        "release_turn", conversa_id=turn["conversa_id"], token=turn["token"], motivo="teste"
    ),
    "crashed": lambda julia, turn: begun_by_another(julia, turn["conversa_id"]),
    "closed": lambda julia, turn: julia.sql(
        "update conversations set status = 'completed' where id = $1", turn["conversa_id"]
    ),
}


async def begun_by_another(julia: Julia, conversa: str) -> None:
    await julia.later(seconds=20)
    assert (await julia.begin(conversa))["tentativa"] == 2


@pytest.mark.parametrize("how", STALE)
async def test_a_stale_turn_leaves_no_effect_behind(julia: Julia, shifts: Shifts, how: str) -> None:
    """Nothing of the draft stands, and the shift that it held can be had by another."""
    mine, taken, wanted = [await shifts.offer(days) for days in (3, 5, 7)]
    await shifts.book(taken, OTHER)
    reserva = await shifts.book(mine)
    turn = await shifts.turn()
    held = await shifts.hold(turn, wanted)
    before = await traces(julia)

    await STALE[how](julia, turn)
    refused = await julia.commit(
        turn,
        holds=[held["reserva_id"]],
        effects=everything(julia, cancels=reserva, waits_for=taken),
    )

    assert refused["status"] == "recusado"
    assert await traces(julia) == before
    assert await shifts.claims(mine) == ["confirmada"]
    if how == "newer message":
        await julia.begin(turn["conversa_id"], turn["token"])
    elif how == "paused":
        await julia.resume()
    assert await shifts.claims(wanted) == ["liberada"]
    assert (await shifts.hold(await shifts.turn(OTHER), wanted))["status"] == "segurada"


async def test_a_draft_begun_anew_may_hold_another_shift_at_the_same_hours(
    julia: Julia, shifts: Shifts
) -> None:
    first, second = await shifts.offer(3), await shifts.offer(3, hospital="Copa D'Or")
    turn = await shifts.turn()
    dropped = await shifts.hold(turn, first)
    await julia.receive(text="não, o outro")
    refused = await julia.commit(turn, holds=[dropped["reserva_id"]])
    assert refused["motivo"] == "mensagens_novas"

    again = await julia.begin(turn["conversa_id"], turn["token"])
    held = await shifts.hold(again, second)
    done = await julia.commit(again, holds=[held["reserva_id"]])

    assert (held["status"], done["status"]) == ("segurada", "confirmado")
    assert (await shifts.claims(first), await shifts.claims(second)) == (
        ["liberada"],
        ["confirmada"],
    )


@pytest.mark.parametrize("whose", ["nobody's", "another doctor's", "cancelled by a manager"])
async def test_a_hold_that_is_not_the_turns_refuses_softly(
    julia: Julia, shifts: Shifts, whose: str
) -> None:
    vaga = await shifts.offer()
    turn = await shifts.turn()
    match whose:
        case "nobody's":
            reserva = str(uuid.uuid4())
        case "another doctor's":
            reserva = (await shifts.hold(await shifts.turn(OTHER), vaga))["reserva_id"]
        case _:
            reserva = (await shifts.hold(turn, vaga))["reserva_id"]
            await julia.sql("update vagas set status = 'cancelada'")

    refused = await julia.commit(turn, "Fechado!", holds=[reserva])

    assert refused["motivo"] == "reserva_perdida"
    assert await julia.situations(turn["conversa_id"]) == ["pendente"]
    assert (await julia.commit(turn, "Esse já foi, quer ver outro?"))["status"] == "confirmado"


@pytest.mark.parametrize(
    "what", ["cancelled already", "another doctor's", "begun", "waits for a past one"]
)
async def test_an_effect_that_does_not_fit_refuses_softly(
    julia: Julia, shifts: Shifts, what: str
) -> None:
    vaga = await shifts.offer(1)
    reserva = await shifts.book(vaga, OTHER if what == "another doctor's" else PHONE)
    effects: dict[str, Any] = {"cancelamentos": [{"reserva_id": reserva, "motivo": "viagem"}]}
    match what:
        case "cancelled already":
            await julia.sql("update vagas set status = 'aberta'")
        case "begun":
            await julia.sql("update vagas set data = data - 2")
        case "waits for a past one":
            effects = {"lista_espera": [await shifts.offer(-1)]}
    turn = await shifts.turn()
    before = await traces(julia)

    refused = await julia.commit(turn, "Cancelei!", effects=effects)

    assert refused["motivo"] == "efeito_invalido"
    assert await traces(julia) == before
    assert (await julia.commit(turn, "Deixa eu ver."))["status"] == "confirmado"


async def test_a_booking_given_back_is_open_to_others_at_once(julia: Julia, shifts: Shifts) -> None:
    vaga = await shifts.offer()
    reserva = await shifts.book(vaga)
    turn = await shifts.turn(text="não vou poder ir")

    await julia.commit(
        turn, "Tá, cancelei.", effects={"cancelamentos": [{"reserva_id": reserva, "motivo": "x"}]}
    )

    row = await shifts.vaga(vaga)
    assert (row["status"], row["medico_id"]) == ("aberta", None)
    assert await shifts.notices() == ["reserva", "cancelamento"]
    await shifts.book(vaga, OTHER)
    assert await shifts.claims(vaga) == ["cancelada", "confirmada"]


async def test_an_opt_out_by_tool_ends_the_turn_and_is_confirmed(
    julia: Julia, shifts: Shifts
) -> None:
    vaga = await shifts.offer()
    turn = await shifts.turn(text="não me procura mais")
    await shifts.hold(turn, vaga)

    done = await julia.commit(
        turn,
        outcome="sem_resposta",
        effects={"opt_out": {"escopo": "definitivo", "motivo": "não me procura mais"}},
    )

    assert (done["status"], done["doorbell"]) == ("confirmado", True)
    assert await julia.value("select opted_out from medicos")
    assert (await julia.claim(turn["conversa_id"]))["kind"] == "optout_confirmation"
    assert await shifts.claims(vaga) == ["liberada"]


class TestWaitingList:
    """A freed shift is offered to the next who waits."""

    @pytest_asyncio.fixture(loop_scope="session", autouse=True)
    async def at_noon_of_a_monday(self, julia: Julia) -> None:
        now = datetime.now(SAO_PAULO)
        monday = now.replace(hour=12, minute=0) + timedelta(days=7 - now.weekday())
        await julia.later(seconds=(monday - now).total_seconds())

    async def wait(self, shifts: Shifts, vaga: str, *numbers: str) -> None:
        for number in numbers:
            turn = await shifts.turn(number, "me avisa se abrir?")
            await shifts.julia.commit(turn, "Aviso sim!", effects={"lista_espera": [vaga]})

    async def give_back(self, shifts: Shifts, reserva: str) -> None:
        turn = await shifts.turn(text="não vou poder ir")
        cancelled = {"cancelamentos": [{"reserva_id": reserva, "motivo": "viagem"}]}
        assert (await shifts.julia.commit(turn, "Cancelei.", effects=cancelled))[
            "status"
        ] == "confirmado"

    async def offers(self, julia: Julia) -> list[str]:
        rows = await julia.sql(
            "select telefone from fila_mensagens f join medicos m on m.id = f.medico_id "
            "where kind = 'oferta' order by f.created_at"
        )
        return [row["telefone"].lstrip("+") for row in rows]

    async def test_the_first_is_offered_at_once_the_next_half_an_hour_later(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(5, "19:30-07:00", valor_centavos=123456)
        reserva = await shifts.book(vaga)
        await self.wait(shifts, vaga, OTHER, THIRD)
        assert (await julia.call("expire_holds", limit=10))["ofertas"] == 0
        await self.give_back(shifts, reserva)

        first = await julia.call("expire_holds", limit=10)
        await julia.call("expire_holds", limit=10)
        assert await self.offers(julia) == [OTHER]
        await julia.later(minutes=31)
        await julia.call("expire_holds", limit=10)

        assert await self.offers(julia) == [OTHER, THIRD]
        assert first["conversas"][0]["instance"] == "julia-teste"
        text = await julia.value("select conteudo from fila_mensagens where kind = 'oferta'")
        day = shifts.day(5)
        said = ["Hospital São Luiz", f"{day:%d/%m}", "das 19h30 às 7h", "R$ 1.234,56"]
        assert [each for each in said if each not in text] == []

    async def test_who_asks_again_after_naming_a_restriction_is_offered_it(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(5)
        reserva = await shifts.book(vaga)
        await self.wait(shifts, vaga, OTHER)
        medico = await julia.value("select id from medicos where telefone = $1", f"+{OTHER}")
        await julia.sql(RESTRICT, medico)
        await self.wait(shifts, vaga, OTHER)
        await self.give_back(shifts, reserva)

        await julia.call("expire_holds", limit=10)

        assert await self.offers(julia) == [OTHER]

    async def test_an_offer_that_may_have_arrived_is_not_made_again(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(5)
        reserva = await shifts.book(vaga)
        await self.wait(shifts, vaga, OTHER)
        await self.give_back(shifts, reserva)
        offer = (await julia.call("expire_holds", limit=10))["conversas"][0]["conversa_id"]
        await julia.record(await julia.claim(offer))
        await julia.later(minutes=1)
        claim = await julia.uncertain(offer)
        for seconds in (20, 31):
            await julia.later(seconds=seconds)
            settled = await julia.settle(claim, "negativa")
        assert settled["status"] == "reenviar"
        switch = "update conversations set controlled_by = $2 where id = $1"

        await julia.sql(switch, uuid.UUID(offer), "human")
        await julia.claim(offer)
        await julia.sql(switch, uuid.UUID(offer), "ai")
        await julia.call("expire_holds", limit=10)

        assert await self.offers(julia) == [OTHER]

    async def test_the_doctors_yes_finds_the_shift_among_the_facts_and_books_it(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(5)
        await self.give_back(shifts, await self.booked_and_waited_for(shifts, vaga))
        await julia.call("expire_holds", limit=10)

        turn = await shifts.turn(OTHER, "quero!")
        assert [(f["chave"], f["dados"]["id"]) for f in turn["fatos"]] == [(vaga, vaga)]
        held = await shifts.hold(turn, vaga)
        await julia.commit(turn, "Fechado!", holds=[held["reserva_id"]])

        assert await julia.value("select status from lista_espera") == "aceita"

    async def booked_and_waited_for(self, shifts: Shifts, vaga: str) -> str:
        reserva = await shifts.book(vaga)
        await self.wait(shifts, vaga, OTHER)
        return reserva

    @pytest.mark.parametrize(
        "why",
        [
            "opted out",
            "not this month",
            "human",
            "human elsewhere",
            "refused",
            "overlap",
            "blocked",
            "restriction",
            "paused",
        ],
    )
    async def test_who_may_not_be_written_to_or_can_not_come_is_passed_over(
        self, julia: Julia, shifts: Shifts, why: str
    ) -> None:
        vaga = await shifts.offer(5)
        reserva = await shifts.book(vaga)
        await self.wait(shifts, vaga, OTHER, THIRD)
        medico = await julia.value("select id from medicos where telefone = $1", f"+{OTHER}")
        match why:
            case "opted out":
                await julia.opt_out_by_sql(OTHER)
            case "not this month":
                await julia.sql(
                    "update medicos set sem_contato_ate = api.agora() + interval '9 days' "
                    "where id = $1", medico,
                )  # fmt: skip
            case "human":
                await julia.sql(
                    "update conversations set controlled_by = 'human' where medico_id = $1", medico
                )
            case "refused":
                await julia.sql(
                    "insert into recusas_vagas (medico_id, vaga_id, motivo) values ($1, $2, 'x')",
                    medico, uuid.UUID(vaga),
                )  # fmt: skip
            case "overlap":
                await shifts.book(await shifts.offer(5, "20:00-08:00"), OTHER)
            case "blocked":
                await julia.sql(BLOCK, medico)
            case "restriction":
                await julia.sql(RESTRICT, medico)
            case "human elsewhere":
                await self.give_to_a_person_elsewhere(julia, medico)
        await self.give_back(shifts, reserva)
        if why == "paused":
            await julia.pause()

        await julia.call("expire_holds", limit=10)

        assert await self.offers(julia) == ([] if why == "paused" else [THIRD])

    async def test_two_replicas_offer_once(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await shifts.offer(5)
        reserva = await shifts.book(vaga)
        await self.wait(shifts, vaga, OTHER, THIRD)
        await self.give_back(shifts, reserva)

        await asyncio.gather(*(julia.call("expire_holds", limit=10) for _ in range(4)))

        assert await self.offers(julia) == [OTHER]

    async def test_an_offer_not_yet_sent_is_withdrawn_when_the_shift_is_taken(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(5)
        await self.give_back(shifts, await self.booked_and_waited_for(shifts, vaga))
        await julia.call("expire_holds", limit=10)

        await shifts.book(vaga, THIRD)

        status = await julia.value("select status from fila_mensagens where kind = 'oferta'")
        assert status == "cancelada"

    @pytest.mark.parametrize("why", ["blocked", "human elsewhere", "overlap", "restriction"])
    async def test_an_offer_that_waits_is_withdrawn_at_its_claim_and_made_to_the_next(
        self, julia: Julia, shifts: Shifts, why: str
    ) -> None:
        vaga = await shifts.offer(5)
        reserva = await shifts.book(vaga)
        await self.wait(shifts, vaga, OTHER, THIRD)
        await self.give_back(shifts, reserva)
        offer = (await julia.call("expire_holds", limit=10))["conversas"][0]["conversa_id"]
        medico = await julia.value("select id from medicos where telefone = $1", f"+{OTHER}")
        match why:
            case "blocked":
                await julia.sql(BLOCK, medico)
            case "human elsewhere":
                await self.give_to_a_person_elsewhere(julia, medico)
            case "overlap":
                other = await shifts.offer(5, hospital="Outro")
                await julia.sql(
                    "update vagas set medico_id = $2, status = 'reservada' where id = $1",
                    uuid.UUID(other),
                    medico,
                )
            case "restriction":
                await julia.sql(RESTRICT, medico)

        assert await self.sent(julia, offer) == ["reply"]
        await julia.call("expire_holds", limit=10)

        assert await self.offers(julia) == [OTHER, THIRD]
        outcomes = await julia.sql("select outcome from fila_mensagens where kind = 'oferta'")
        assert {row["outcome"] for row in outcomes} == {"SUPERSEDED", None}
        waiting = await julia.value("select status from lista_espera where medico_id = $1", medico)
        assert waiting == "esperando"

    async def test_a_hold_of_the_shift_keeps_no_offer_from_who_waits(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(5)
        await self.give_back(shifts, await self.booked_and_waited_for(shifts, vaga))
        offer = (await julia.call("expire_holds", limit=10))["conversas"][0]["conversa_id"]
        await shifts.hold(await shifts.turn(THIRD), vaga)

        assert await self.sent(julia, offer) == ["reply", "oferta"]

    async def test_what_a_doctor_can_not_do_was_known_when_the_doctor_asked_for_the_shift(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(5)
        reserva = await shifts.book(vaga)
        medico = await shifts.doctor(OTHER)
        await julia.sql(RESTRICT, uuid.UUID(medico))
        await self.wait(shifts, vaga, OTHER)
        await self.give_back(shifts, reserva)
        offer = (await julia.call("expire_holds", limit=10))["conversas"][0]["conversa_id"]

        assert await self.sent(julia, offer) == ["reply", "oferta"]

    async def give_to_a_person_elsewhere(self, julia: Julia, medico: uuid.UUID) -> None:
        """Another number of ours talks with the doctor, and a person has it."""
        await julia.sql("insert into whatsapp_instances (instance) values ('outro')")
        await julia.sql(
            "insert into conversations (medico_id, instance, controlled_by) "
            "values ($1, 'outro', 'human')",
            medico,
        )

    async def sent(self, julia: Julia, conversa: str) -> list[str]:
        """Send whatever may go; return the kinds."""
        kinds = []
        while (claim := await julia.claim(conversa))["status"] == "enviar":
            kinds.append(claim["kind"])
            await julia.record(claim)
        return kinds

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ("valor_centavos = 100000", "R$ 1.000"),
            ("hora_inicio = '07:00', hora_fim = '19:00'", "das 7h às 19h"),
            (
                "hospital_id = (select id from hospitais where nome = 'Copa D''Or')",
                "Copa D'Or",
            ),
            ("origem = 'planilha'", ""),
        ],
        ids=["value", "hours", "hospital", "nothing"],
    )
    async def test_an_offer_not_yet_sent_is_made_anew_on_the_terms_of_now(
        self, julia: Julia, shifts: Shifts, change: str, says: str
    ) -> None:
        await shifts.hospital("Copa D'Or")
        vaga = await shifts.offer(5)
        await self.give_back(shifts, await self.booked_and_waited_for(shifts, vaga))
        await julia.call("expire_holds", limit=10)

        await julia.sql(f"update vagas set {change}")  # noqa: S608 - our own words
        [fact] = await julia.sql("select dados from fatos_conversa")
        await julia.call("expire_holds", limit=10)

        offers = await julia.sql(
            "select status, conteudo from fila_mensagens where kind = 'oferta' order by turn_seq"
        )
        assert [o["status"] for o in offers] == (["cancelada"] if says else []) + ["pendente"]
        assert says in offers[-1]["conteudo"]
        now = await julia.value("select private.shift_json(v) from vagas v")
        assert json.loads(fact["dados"]) == json.loads(now)

    async def test_who_never_got_the_offer_of_a_taken_shift_goes_on_waiting(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(5)
        await self.give_back(shifts, await self.booked_and_waited_for(shifts, vaga))
        await julia.call("expire_holds", limit=10)

        await self.give_back(shifts, await shifts.book(vaga))
        await julia.call("expire_holds", limit=10)

        assert await self.offers(julia) == [OTHER, OTHER]

    async def test_nothing_is_offered_at_night_nor_once_the_shift_is_past(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer(1)
        await self.give_back(shifts, await self.booked_and_waited_for(shifts, vaga))
        await julia.later(hours=9)
        await julia.call("expire_holds", limit=10)
        await julia.later(hours=39)
        await julia.call("expire_holds", limit=10)

        assert await self.offers(julia) == []
        assert await julia.value("select status from lista_espera") == "encerrada"


class TestManagersPlainSql:
    """Whatever a manager writes into `vagas`, bookings and holds follow."""

    @pytest.mark.parametrize("status", ["cancelada", "aberta"])
    async def test_ending_a_booking_frees_the_doctor_and_tells_who_must_tell_the_doctor(
        self, julia: Julia, shifts: Shifts, status: str
    ) -> None:
        vaga = await shifts.offer()
        await shifts.book(vaga)

        await julia.sql("update vagas set status = $1", status)

        assert await shifts.claims(vaga) == ["cancelada"]
        assert await shifts.notices() == ["reserva", "cancelamento"]
        await shifts.book(await shifts.offer(hospital="Copa D'Or"))

    async def test_naming_a_doctor_books_for_the_doctor_and_ends_what_was_held(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        medico = await shifts.doctor(OTHER)
        vaga = await shifts.offer()
        turn = await shifts.turn()
        held = await shifts.hold(turn, vaga)

        await julia.sql("update vagas set medico_id = $1", uuid.UUID(medico))

        assert (await shifts.vaga(vaga))["status"] == "reservada"
        assert await shifts.claims(vaga) == ["liberada", "confirmada"]
        refused = await julia.commit(turn, holds=[held["reserva_id"]])
        assert refused["motivo"] == "reserva_perdida"

    async def test_another_doctor_named_takes_the_place_of_the_first(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        medico = await shifts.doctor(OTHER)
        vaga = await shifts.offer()
        await shifts.book(vaga)

        await julia.sql("update vagas set medico_id = $1", uuid.UUID(medico))

        assert await shifts.claims(vaga) == ["cancelada", "confirmada"]
        assert [b["vaga"]["id"] for b in (await shifts.turn(OTHER))["reservas"]] == [vaga]
        assert (await shifts.turn())["reservas"] == []

    async def test_a_doctor_taken_away_opens_the_shift(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await shifts.offer()
        await shifts.book(vaga)

        await julia.sql("update vagas set medico_id = null")

        assert (await shifts.vaga(vaga))["status"] == "aberta"
        assert await shifts.claims(vaga) == ["cancelada"]

    async def test_a_booking_cancelled_in_its_own_table_opens_the_shift(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer()
        await shifts.book(vaga)

        await julia.sql("update reservas set status = 'cancelada'")

        row = await shifts.vaga(vaga)
        assert (row["status"], row["medico_id"]) == ("aberta", None)

    @pytest.mark.parametrize(
        "statement",
        [
            "update vagas set medico_id = (select medico_id from reservas) where medico_id is null",
            "update vagas set hora_fim = '08:00' where medico_id is not null",
        ],
        ids=["a doctor named", "hours moved"],
    )
    async def test_two_shifts_at_once_are_refused_and_the_doctor_named(
        self, julia: Julia, shifts: Shifts, statement: str
    ) -> None:
        mine = await shifts.offer(3)
        await shifts.book(mine)
        if "hora_fim" in statement:
            await shifts.book(await shifts.offer(4, "08:30-12:00"))
            statement = statement.replace("where", f"where id = '{mine}' and")
        else:
            await shifts.offer(3, hospital="Copa D'Or")

        with pytest.raises(Exception, match="already has a shift that overlaps"):
            await julia.sql(statement)

    async def test_other_hours_move_the_booking_along(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await shifts.offer(3, "19:00-07:00")
        await shifts.book(vaga)

        await julia.sql("update vagas set hora_inicio = '07:00', hora_fim = '13:00'")

        night = await shifts.offer(3, "19:00-07:00", hospital="Copa D'Or")
        assert (await shifts.hold(await shifts.turn(), night))["status"] == "segurada"

    async def test_other_hours_free_what_was_held_at_the_old_ones(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vaga = await shifts.offer()
        turn = await shifts.turn()
        held = await shifts.hold(turn, vaga)

        await julia.sql("update vagas set hora_fim = '08:00'")

        refused = await julia.commit(turn, holds=[held["reserva_id"]])
        assert refused["motivo"] == "reserva_perdida"

    @pytest.mark.parametrize(
        ("change", "field", "terms"),
        [
            ("data = data + 1", "data", None),
            ("hora_fim = '08:00'", "hora_fim", ["07:00:00", "08:00:00"]),
            ("valor_centavos = 90000", "valor_centavos", [150000, 90000]),
            (
                "hospital_id = (select id from hospitais where nome = 'Copa D''Or')",
                "hospital",
                ["Hospital São Luiz", "Copa D'Or"],
            ),
        ],
        ids=["day", "hours", "value", "hospital"],
    )
    async def test_other_terms_are_told_to_managers_and_free_what_is_held(
        self, julia: Julia, shifts: Shifts, change: str, field: str, terms: list[Any] | None
    ) -> None:
        taken, held = await shifts.offer(3), await shifts.offer(6)
        await shifts.hospital("Copa D'Or")
        reserva = await shifts.book(taken)
        turn = await shifts.turn()
        hold = await shifts.hold(turn, held)

        await julia.sql(f"update vagas set {change}")  # noqa: S608 - our own words

        [notice] = await julia.sql(
            "select dados from notificacoes_gestor where tipo = 'plantao_alterado'"
        )
        told = json.loads(notice["dados"])
        assert told["reserva_id"] == reserva
        days = [str(shifts.day(3)), str(shifts.day(4))]
        assert [told["antes"][field], told["depois"][field]] == (terms or days)
        assert told["valor_combinado_centavos"] == 150000
        booked = await julia.sql("select valor_centavos from reservas where status = 'confirmada'")
        assert [row["valor_centavos"] for row in booked] == [150000]
        refused = await julia.commit(turn, holds=[hold["reserva_id"]])
        assert refused["motivo"] == "reserva_perdida"

    async def test_each_change_of_a_taken_shift_is_told(self, julia: Julia, shifts: Shifts) -> None:
        await shifts.book(await shifts.offer())

        for value in (140000, 140000, 130000):
            await julia.sql("update vagas set valor_centavos = $1", value)

        assert await shifts.notices() == ["reserva", "plantao_alterado", "plantao_alterado"]

    async def test_more_rest_than_when_it_was_booked_blocks_no_manager(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        try:
            await julia.sql("update configuracoes set valor = '0' where chave = 'descanso_minutos'")
            first = await shifts.offer(3, "07:00-19:00")
            for vaga in (first, await shifts.offer(3, "19:00-07:00")):
                await shifts.book(vaga)
        finally:
            await julia.sql(
                "update configuracoes set valor = '60' where chave = 'descanso_minutos'"
            )

        await julia.sql("update vagas set status = 'confirmada'")

        assert await shifts.claims(first) == ["confirmada"]

    async def test_the_way_to_done_keeps_the_booking(self, julia: Julia, shifts: Shifts) -> None:
        vaga = await shifts.offer()
        await shifts.book(vaga)

        for status in ("pendente_confirmacao", "confirmada", "realizada"):
            await julia.sql("update vagas set status = $1", status)

        assert await shifts.claims(vaga) == ["confirmada"]
        assert (await shifts.vaga(vaga))["realizada_em"] is not None


class TestUntoldBookings:
    """A booking that stands while its reply never goes is named to a person."""

    async def booked(self, shifts: Shifts, *, told: bool) -> tuple[str, str]:
        """Book; return the conversation and the booking."""
        reserva = await shifts.book(await shifts.offer())
        conversa = str(await shifts.julia.value("select id from conversations"))
        if told:
            await shifts.julia.record(await shifts.julia.claim(conversa))
        return conversa, reserva

    async def on_the_card(self, julia: Julia) -> list[str]:
        card = await julia.value("select metadata -> 'reservas_nao_avisadas' from handoffs")
        return [each["reserva_id"] for each in json.loads(card)]

    @pytest.mark.parametrize("told", [False, True])
    async def test_a_takeover_names_what_the_doctor_was_not_told(
        self, julia: Julia, shifts: Shifts, told: bool
    ) -> None:
        conversa, reserva = await self.booked(shifts, told=told)

        await julia.take_over_by_sql(conversa)

        assert await self.on_the_card(julia) == ([] if told else [reserva])

    async def test_a_turn_that_books_and_hands_over_names_it(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        turn = await shifts.turn()
        held = await shifts.hold(turn, await shifts.offer())

        await julia.commit(turn, outcome="transferir", holds=[held["reserva_id"]])

        assert await self.on_the_card(julia) == [held["reserva_id"]]

    @pytest.mark.parametrize("told", [False, True])
    @pytest.mark.parametrize("how", ["opt-out", "opt-out by sql", "closed"])
    async def test_an_opt_out_or_closing_tells_managers(
        self, julia: Julia, shifts: Shifts, how: str, told: bool
    ) -> None:
        conversa, _ = await self.booked(shifts, told=told)

        await STALE[how](julia, {"conversa_id": conversa})

        untold = [] if told else ["reserva_nao_avisada"]
        still_booked = [] if how == "closed" else ["opt_out_com_reserva"]
        assert await shifts.notices() == ["reserva", *untold, *still_booked]

    async def test_an_opt_out_without_shifts_to_come_tells_nobody(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        await self.booked(shifts, told=True)
        await julia.later(days=5)

        await julia.opt_out_by_sql()

        assert await shifts.notices() == ["reserva"]

    async def test_handing_over_who_opted_out_by_sql_books_nothing(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        mine, wanted = await shifts.offer(3), await shifts.offer(5)
        reserva = await shifts.book(mine)
        turn = await shifts.turn()
        held = await shifts.hold(turn, wanted)
        await julia.opt_out_by_sql()

        cancelled = {"cancelamentos": [{"reserva_id": reserva, "motivo": "viagem"}]}
        await julia.commit(
            turn, outcome="transferir", holds=[held["reserva_id"]], effects=cancelled
        )

        assert (await shifts.claims(mine), await shifts.claims(wanted)) == (
            ["confirmada"],
            ["liberada"],
        )
        assert (await julia.conversation(turn["conversa_id"]))["controlled_by"] == "human"


class TestReminders:
    """A reminder goes at its time, and says nothing of a booking that is not so any more."""

    WORDS = "Lembrando do seu plantão de amanhã"
    NEUTRAL = "Oi! Vc pediu pra eu te chamar agora. Como posso ajudar?"

    async def promise(self, julia: Julia, turn: Any, *holds: str, **effects: Any) -> None:
        """Commit a promise to remind in an hour."""
        at = (julia.now() + timedelta(hours=1)).isoformat()
        reminder = {"quando": at, "contexto": "plantão", "mensagem": self.WORDS}
        await julia.commit(
            turn, "Aviso sim!", holds=holds, effects=effects | {"lembretes": [reminder]}
        )
        await julia.record(await julia.claim(turn["conversa_id"]))

    async def said(self, julia: Julia, conversa: str) -> str:
        """What goes out in an hour."""
        await julia.later(minutes=61)
        claim = await julia.claim(conversa)
        assert claim["kind"] == "lembrete"
        assert claim["text_hash"] == text_hash(claim["conteudo"])
        return claim["conteudo"]

    @pytest.mark.parametrize(
        ("change", "neutral"),
        [
            ("vagas set status = 'cancelada'", True),
            ("vagas set data = data + 1", True),
            ("reservas set status = 'cancelada' where status = 'confirmada'", True),
            ("vagas set status = 'confirmada'", False),
        ],
    )
    async def test_what_was_booked_when_it_was_promised_must_be_so_when_it_goes(
        self, julia: Julia, shifts: Shifts, change: str, neutral: bool
    ) -> None:
        vaga = await shifts.offer()
        turn = await shifts.turn(text="quero, e me lembra")
        held = await shifts.hold(turn, vaga)
        await self.promise(julia, turn, held["reserva_id"])

        await julia.sql(f"update {change}")

        said = await self.said(julia, turn["conversa_id"])
        assert said == (self.NEUTRAL if neutral else self.WORDS)

    async def test_what_the_same_turn_gives_back_is_no_part_of_it(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        reserva = await shifts.book(await shifts.offer())
        turn = await shifts.turn(text="não vou poder, me chama depois?")
        await julia.record(await julia.claim(turn["conversa_id"]))

        given_back = [{"reserva_id": reserva, "motivo": "viagem"}]
        await self.promise(julia, turn, cancelamentos=given_back)

        assert await self.said(julia, turn["conversa_id"]) == self.WORDS


class TestUnitedContacts:
    """One person with two records may have booked by both."""

    async def unite(self, julia: Julia) -> None:
        await julia.receive(identities=[phone(), lid("777")], text="sou eu")

    async def two_records(self, shifts: Shifts, *vagas: str) -> None:
        by_phone, by_lid = vagas
        await shifts.book(by_phone)
        conversa = (await shifts.julia.receive(identities=[lid("777")]))["conversa_id"]
        await shifts.julia.make_due(conversa)
        turn = await shifts.julia.begin(conversa)
        held = await shifts.hold(turn, by_lid)
        await shifts.julia.commit(turn, "Fechado!", holds=[held["reserva_id"]])

    async def test_bookings_that_fit_go_along(self, julia: Julia, shifts: Shifts) -> None:
        vagas = [await shifts.offer(3), await shifts.offer(5)]
        await self.two_records(shifts, *vagas)

        await self.unite(julia)

        doctors = await julia.sql(
            "select medico_id from reservas union select medico_id from vagas"
        )
        assert len(doctors) == 1
        assert [b["vaga"]["id"] for b in (await shifts.turn())["reservas"]] == vagas

    async def test_bookings_that_collide_stay_and_a_person_decides(
        self, julia: Julia, shifts: Shifts
    ) -> None:
        vagas = [await shifts.offer(3), await shifts.offer(3, hospital="Copa D'Or")]
        await self.two_records(shifts, *vagas)

        await self.unite(julia)

        assert [await shifts.claims(vaga) for vaga in vagas] == [["confirmada"], ["confirmada"]]
        assert await julia.value("select trigger_type from handoffs") == "contato_unificado"
