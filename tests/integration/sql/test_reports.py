"""Reports count a window of São Paulo's time; every expectation below was worked out by hand."""

import json
import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.integration.sql.conftest import INSTANCE, PHONE, Julia, lid, phone
from tests.integration.sql.shifts import Shifts

pytestmark = pytest.mark.integration

SAO_PAULO = ZoneInfo("America/Sao_Paulo")

# A Tuesday.
DAY = "2026-12-01"
NIGHT_BEFORE = "2026-11-30"


def at(text: str) -> datetime:
    """A time of São Paulo's, `2026-12-01 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO)


class World:
    """Who wrote what to whom, and when, as the functions leave it in the tables."""

    def __init__(self, julia: Julia) -> None:
        self.julia = julia

    async def clock(self, text: str) -> None:
        """Stop the database's clock at a time."""
        await self.julia.sql(
            "create or replace function api.agora() returns timestamptz language sql volatile "
            f"set search_path = '' as $$ select timestamptz '{at(text).isoformat()}' $$"
        )

    async def doctor(self, n: int, *, canario: bool = False) -> str:
        """A doctor with an open conversation; return the conversation."""
        await self.julia.sql(
            "insert into whatsapp_instances (instance) values ($1) on conflict do nothing", INSTANCE
        )
        doctor = await self.julia.value(
            "insert into medicos (telefone, canario) values ($1, $2) returning id",
            f"+55119999900{n:02}",
            canario,
        )
        return str(
            await self.julia.value(
                "insert into conversations (medico_id, instance) values ($1, $2) returning id",
                doctor,
                INSTANCE,
            )
        )

    async def says(self, conversa: str, when: str, *, situacao: str = "respondida") -> None:
        await self._message(conversa, when, "entrada", "medico", "webhook", situacao)

    async def gets(self, conversa: str, when: str, kind: str = "reply") -> None:
        author = "gestor" if kind == "human_agent" else "julia"
        await self._message(conversa, when, "saida", author, kind, "enviada")

    async def _message(self, conversa: str, when: str, *what: str) -> None:
        await self.julia.sql(
            "insert into interacoes (medico_id, conversa_id, instance, tipo, autor_tipo, origem, "
            "situacao, tipo_conteudo, provider_at, received_at) "
            "select medico_id, id, instance, $2, $3, $4, $5, 'texto', $6, $6 "
            "from conversations where id = $1",
            conversa,
            *what,
            at(when),
        )

    async def suspects(self, conversa: str, when: str, *, false: bool | None = None) -> None:
        await self.says(conversa, when)
        await self.julia.sql(
            "insert into metricas_deteccao_bot (medico_id, conversa_id, interacao_id, "
            "padrao_detectado, trecho, falso_positivo, created_at) "
            "select medico_id, conversa_id, id, 'robo', 'vc é um robô?', $2, received_at "
            "from interacoes where conversa_id = $1 order by id desc limit 1",
            conversa,
            false,
        )

    async def numbers(self, tipo: str, when: str) -> Any:
        return await self.julia.call("report_numbers", tipo=tipo, scheduled_at=at(when).isoformat())


@pytest.fixture
def world(julia: Julia) -> World:
    return World(julia)


@pytest.mark.parametrize(
    ("tipo", "due", "begins", "ends"),
    [
        ("periodo", f"{DAY} 10:00", f"{NIGHT_BEFORE} 20:00", f"{DAY} 10:00"),
        ("periodo", f"{DAY} 13:00", f"{DAY} 10:00", f"{DAY} 13:00"),
        ("periodo", f"{DAY} 17:00", f"{DAY} 13:00", f"{DAY} 17:00"),
        ("periodo", f"{DAY} 20:00", f"{DAY} 17:00", f"{DAY} 20:00"),
        ("diario", f"{DAY} 08:00", f"{NIGHT_BEFORE} 00:00", f"{DAY} 00:00"),
        ("semanal", "2026-11-30 09:00", "2026-11-23 00:00", "2026-11-30 00:00"),
        # Brazil has had no daylight saving since 2019: these zones' days have 24 hours.
        ("diario", "2026-10-19 08:00", "2026-10-18 00:00", "2026-10-19 00:00"),
    ],
)
async def test_windows_are_of_sao_paulos_clock(world: World, tipo, due, begins, ends) -> None:
    found = await world.numbers(tipo, due)

    assert datetime.fromisoformat(found["de"]) == at(begins)
    assert datetime.fromisoformat(found["ate"]) == at(ends)


async def test_a_day_is_counted_as_by_hand(world: World, julia: Julia) -> None:
    a, b, c, d = [await world.doctor(n) for n in range(4)]
    # The night: not of the day, but of the 10 o'clock report.
    await world.says(a, f"{NIGHT_BEFORE} 23:59:59")
    # A was invited at 9:00 and answered; B was, and did not; C wrote by herself; D answered what
    # was sent to her before the window.
    await world.gets(a, f"{DAY} 09:00", "campanha")
    await world.gets(b, f"{DAY} 09:05", "followup")
    await world.says(a, f"{DAY} 09:30")
    await world.gets(a, f"{DAY} 09:30:04")
    await world.says(c, f"{DAY} 09:40")
    await world.says(c, f"{DAY} 09:41")
    await world.gets(c, f"{DAY} 09:41:05")
    await world.says(d, f"{DAY} 11:00")
    await world.gets(d, f"{DAY} 11:20", "human_agent")
    await world.gets(b, f"{DAY} 11:30", "lembrete")
    # A reminder was asked for: answering it is no answer to what we began.
    await world.says(b, f"{NIGHT_BEFORE} 08:00")
    # History that a new number brought, and the day after: neither counts.
    await world.says(d, f"{DAY} 12:00", situacao="historico")
    await world.says(d, "2026-12-02 00:00")

    morning = (await world.numbers("periodo", f"{DAY} 10:00"))["metricas"]
    noon = (await world.numbers("periodo", f"{DAY} 13:00"))["metricas"]
    day = (await world.numbers("diario", "2026-12-02 08:00"))["metricas"]

    assert (morning["recebidas"], morning["medicos"], morning["enviadas"]) == (4, 2, 4)
    assert (morning["iniciativa"], morning["pessoas"]) == (2, 0)
    assert morning["funil"] == {
        "contatados": 2,
        "responderam": 1,
        "convertidos": 0,
        "plantoes": 0,
    }
    assert (noon["recebidas"], noon["enviadas"], noon["pessoas"]) == (1, 1, 1)
    assert noon["funil"]["contatados"] == 0
    assert (day["recebidas"], day["medicos"], day["conversas"]) == (4, 3, 3)
    assert (day["enviadas"], day["iniciativa"], day["pessoas"]) == (5, 2, 1)
    assert (day["funil"]["contatados"], day["funil"]["responderam"]) == (2, 1)


async def test_the_canary_counts_nowhere(world: World, julia: Julia) -> None:
    canary = await world.doctor(1, canario=True)
    await world.suspects(canary, f"{DAY} 09:00")
    await world.gets(canary, f"{DAY} 09:01", "campanha")
    await julia.sql(
        "insert into handoffs (conversa_id, medico_id, trigger_type, motivo, control_epoch, "
        "created_at) select id, medico_id, 'manual', 'x', 0, $2 from conversations where id = $1",
        canary,
        at(f"{DAY} 09:02"),
    )

    found = (await world.numbers("periodo", f"{DAY} 10:00"))["metricas"]

    assert (found["recebidas"], found["enviadas"], found["handoffs"]["total"]) == (0, 0, 0)
    assert found["suspeitas"] == {"medicos": 0, "casos": []}
    assert found["funil"]["contatados"] == 0


async def test_suspicions_are_doctors_and_what_a_person_cleared_is_none(
    world: World, julia: Julia
) -> None:
    a, b, c = [await world.doctor(n) for n in range(3)]
    await world.suspects(a, f"{DAY} 09:00")
    await world.suspects(a, f"{DAY} 09:10")
    await world.suspects(b, f"{DAY} 09:20", false=True)
    await world.suspects(c, f"{DAY} 09:30", false=False)

    found = (await world.numbers("periodo", f"{DAY} 10:00"))["metricas"]

    assert found["medicos"] == 3
    assert found["suspeitas"]["medicos"] == 2
    assert [case["padrao"] for case in found["suspeitas"]["casos"]] == ["robo"] * 3
    assert "vc é um robô?" not in json.dumps(found)


async def test_a_booking_counts_when_it_became_one_and_when_it_was_given_up(
    world: World, julia: Julia
) -> None:
    shifts = Shifts(julia)
    booking = await shifts.book(await shifts.offer(valor_centavos=180_000))
    await shifts.book(await shifts.offer(9, valor_centavos=120_000))
    await julia.sql(
        "update reservas set confirmada_em = $1, cancelada_em = null", at(f"{DAY} 09:00")
    )
    # Held at 9:59 and confirmed in the next period, it is the next period's.
    await julia.sql(
        "update reservas set created_at = $1, confirmada_em = $2 where id = $3",
        at(f"{DAY} 09:59"),
        at(f"{DAY} 10:00"),
        uuid.UUID(booking),
    )
    await world.clock(f"{DAY} 11:00")
    await julia.sql("update reservas set status = 'cancelada' where id = $1", uuid.UUID(booking))

    morning = (await world.numbers("periodo", f"{DAY} 10:00"))["metricas"]["plantoes"]
    noon = (await world.numbers("periodo", f"{DAY} 13:00"))["metricas"]["plantoes"]

    assert morning == {"fechados": 1, "valor_centavos": 120_000, "cancelados": 0}
    assert noon == {"fechados": 1, "valor_centavos": 180_000, "cancelados": 1}


async def test_a_booking_gets_its_time_whichever_way_it_was_made(julia: Julia) -> None:
    shifts = Shifts(julia)
    await shifts.book(await shifts.offer())
    doctor = await shifts.doctor("5511977776666")
    await julia.sql(
        "update vagas set medico_id = $1 where id = $2",
        uuid.UUID(doctor),
        uuid.UUID(await shifts.offer(9)),
    )

    times = await julia.sql("select confirmada_em, cancelada_em from reservas")

    assert [(row["confirmada_em"] is None, row["cancelada_em"]) for row in times] == [
        (False, None),
        (False, None),
    ]


async def test_the_funnel_ends_with_who_booked_after_we_wrote(world: World, julia: Julia) -> None:
    shifts = Shifts(julia)
    await shifts.book(await shifts.offer())
    conversa = str(await julia.value("select id from conversations"))
    await world.gets(conversa, f"{DAY} 09:00", "oferta")
    await world.says(conversa, f"{DAY} 09:10")
    await julia.sql("update reservas set confirmada_em = $1", at(f"{DAY} 09:11"))
    # A manager's own booking is not ours.
    other = await world.doctor(7)
    await world.gets(other, f"{DAY} 09:00", "oferta")
    await julia.sql(
        "update vagas set medico_id = (select medico_id from conversations where id = $1) "
        "where id = $2",
        other,
        uuid.UUID(await shifts.offer(9)),
    )

    found = (await world.numbers("periodo", f"{DAY} 10:00"))["metricas"]

    assert found["funil"] == {
        "contatados": 2,
        "responderam": 1,
        "convertidos": 1,
        "plantoes": 1,
    }


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Achou longe de casa", "distancia"),
        ("Não atende em outra cidade", "distancia"),
        ("O valor está baixo", "valor"),
        ("Diária paga pouco", "valor"),
        ("Está com a agenda cheia", "agenda"),
        ("Vai viajar nesse dia", "agenda"),
        ("Não faz plantão noturno", "horario"),
        ("Não trabalha aos domingos", "horario"),
        ("Não gosta desse hospital", "hospital"),
        ("Não faz pediatria, não é a área dela", "especialidade"),
        ("Sem interesse", "outro"),
        ("", "outro"),
    ],
)
async def test_an_objection_is_told_as_a_kind_not_in_words(julia: Julia, said, meant) -> None:
    assert await julia.value("select private.objection($1)", said) == meant


async def test_refusals_opt_outs_and_handovers_are_those_of_the_window(
    world: World, julia: Julia
) -> None:
    shifts = Shifts(julia)
    first, second = await shifts.offer(3), await shifts.offer(4)
    conversa = await world.doctor(1)
    for vaga, motivo, when in (
        (first, "muito longe", f"{DAY} 09:00"),
        (second, "longe demais", f"{DAY} 11:00"),
    ):
        await julia.sql(
            "insert into recusas_vagas (medico_id, vaga_id, motivo, created_at) "
            "select medico_id, $2, $3, $4 from conversations where id = $1",
            conversa,
            uuid.UUID(vaga),
            motivo,
            at(when),
        )
    await world.clock(f"{DAY} 09:30")
    await julia.sql("update medicos set opted_out = true")
    await julia.take_over_by_sql(conversa)

    found = (await world.numbers("periodo", f"{DAY} 10:00"))["metricas"]
    later = (await world.numbers("periodo", f"{DAY} 13:00"))["metricas"]

    assert found["objecoes"] == [{"motivo": "distancia", "n": 1}]
    assert found["opt_outs"] == 1
    assert found["handoffs"] == {"total": 1, "por_tipo": {"manual": 1}}
    assert found["agora"]["com_pessoas"] == 1
    assert (later["opt_outs"], later["handoffs"]["total"]) == (0, 0)
    assert later["objecoes"] == [{"motivo": "distancia", "n": 1}]


async def test_an_opt_out_counts_once_when_it_is_heard_of(world: World, julia: Julia) -> None:
    stop = {"opt_out": {"motivo": "pare", "escopo": "definitivo"}}

    async def counted(when: str) -> int:
        return int((await world.numbers("periodo", when))["metricas"]["opt_outs"])

    async def says_stop(when: str, said: str, **who: Any) -> None:
        await world.clock(when)
        await julia.receive(text="pare", provider_at=at(said), **stop, **who)

    # Said before the report of 10 o'clock was made, and heard of after it.
    await says_stop(f"{DAY} 10:00:30", f"{DAY} 09:59:55")
    await says_stop(f"{DAY} 10:10", f"{DAY} 10:10", identities=[lid("777")])
    # Said again; from an address that turns out to be the same doctor's; and withdrawn.
    await says_stop(f"{DAY} 13:30", f"{DAY} 13:30")
    await says_stop(f"{DAY} 17:30", f"{DAY} 17:30", identities=[phone(PHONE), lid("777")])
    await world.clock(f"{DAY} 19:00")
    await julia.sql("update medicos set opted_out = false where merged_into is null")

    periods = [await counted(f"{DAY} {hour}:00") for hour in (10, 13, 17, 20)]
    assert periods == [0, 2, 0, 0]


async def test_opt_outs_that_were_known_before_are_nobodys_news(world: World, julia: Julia) -> None:
    await world.clock(f"{DAY} 09:00")
    await julia.sql(
        "insert into medicos (telefone, opted_out, opted_out_at) values "
        "('+5511999990001', true, api.agora() - interval '1 year'), ('+5511999990002', true, null)"
    )
    # One opted out by an address that becomes one with a contact who had not.
    early, late = at(f"{DAY} 09:00"), at(f"{DAY} 11:00")
    stop = {"motivo": "pare", "escopo": "definitivo"}
    await julia.receive(identities=[lid("777")], provider_at=early, opt_out=stop)
    await julia.receive(provider_at=early)
    await world.clock(f"{DAY} 11:00")
    await julia.receive(identities=[phone(PHONE), lid("777")], provider_at=late)
    assert await julia.value("select opted_out from medicos where telefone = $1", f"+{PHONE}")

    morning = (await world.numbers("periodo", f"{DAY} 10:00"))["metricas"]
    noon = (await world.numbers("periodo", f"{DAY} 13:00"))["metricas"]

    assert (morning["opt_outs"], noon["opt_outs"]) == (2, 0)


async def test_a_report_is_made_once_for_its_time_and_brought_to_managers(
    world: World, julia: Julia
) -> None:
    numbers = await world.numbers("periodo", f"{DAY} 10:00")
    report = {
        "tipo": "periodo",
        "scheduled_at": at(f"{DAY} 10:00").isoformat(),
        "destaques": ["Nada fora do comum"],
        **numbers,
    }

    made = await julia.call("store_report", **report)
    again = await julia.call("store_report", **(report | {"destaques": ["outro"]}))

    assert (made["status"], again["status"]) == ("guardado", "ja_guardado")
    assert made["report_id"] == again["report_id"]
    due = await julia.call("due_notices", owner=str(uuid.uuid4()), limit=9, lease_s=60)
    [notice] = due["avisos"]
    assert notice["tipo"] == "relatorio"
    assert notice["relatorio"]["destaques"] == ["Nada fora do comum"]
    assert notice["relatorio"]["metricas"] == numbers["metricas"]


async def test_an_unknown_kind_of_report_is_refused_by_name(julia: Julia) -> None:
    error = await julia.refusal("report_numbers", tipo="anual", scheduled_at=f"{DAY}T10:00Z")

    assert "diario, periodo, semanal" in str(error)
