"""What a JuliaStatus resource asks for, and what it never does."""

import uuid
from typing import Any

import asyncpg
import pytest
from tests.integration.sql.conftest import INSTANCE, Julia
from tests.integration.sql.test_pause_by_scope import GONE, with_what_goes

pytestmark = pytest.mark.integration


class Resource:
    """A resource as the operator shows it to the database."""

    def __init__(self, julia: Julia, nome: str = "geral") -> None:
        self.julia = julia
        self.uid = str(uuid.uuid4())
        self.nome = nome
        self.generation = 0

    async def apply(self, *, paused: bool, **spec: Any) -> Any:
        """A changed spec: the API server raises the generation."""
        self.generation = spec.pop("generation", self.generation + 1)
        reason = {"reason": "Fora do ar"} if paused else {}
        self.spec = {"paused": paused} | reason | spec
        return await self.seen()

    async def seen(self) -> Any:
        """The operator looks again, for whatever reason."""
        return await self.julia.call(
            "apply_status",
            uid=self.uid,
            namespace="julia",
            nome=self.nome,
            generation=self.generation,
            por="kubectl-client-side-apply",
            **self.spec,
        )

    async def remove(self) -> Any:
        return await self.julia.call("remove_status", uid=self.uid)

    async def state(self) -> Any:
        return await self.julia.call("status_of", uid=self.uid)


async def rows(julia: Julia) -> list[tuple[str, str]]:
    found = await julia.sql("select status, alterado_via from julia_status order by id")
    return [(row["status"], row["alterado_via"]) for row in found]


async def paused(julia: Julia) -> bool:
    return (await julia.call("backlog"))["paused"]


async def emergency(julia: Julia, status: str = "pausado") -> None:
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via)"
        " values ($1, 'Emergência', 'manual')",
        status,
    )


async def test_a_decision_is_one_row_however_often_it_is_seen(julia: Julia) -> None:
    resource = Resource(julia)

    assert (await resource.apply(paused=True))["status"] == "pausada"
    for _ in range(3):
        assert (await resource.seen())["status"] == "repetida"

    assert await rows(julia) == [("pausado", "kubernetes")]
    assert await paused(julia)
    row = (await julia.sql("select motivo, alterado_por from julia_status"))[0]
    assert tuple(row) == ("Fora do ar", "kubectl-client-side-apply")


async def test_a_pause_and_its_end_are_two_rows(julia: Julia) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True)

    assert (await resource.apply(paused=False))["status"] == "retomada"

    assert await rows(julia) == [("pausado", "kubernetes"), ("ativo", "kubernetes")]
    assert not await paused(julia)


async def test_a_new_resource_that_pauses_nothing_lifts_nothing(julia: Julia) -> None:
    await emergency(julia)

    assert (await Resource(julia).apply(paused=False))["status"] == "observada"

    assert await paused(julia)
    assert await rows(julia) == [("pausado", "manual")]


async def test_what_is_applied_again_unchanged_does_not_lift_an_emergency(julia: Julia) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True)
    await resource.apply(paused=False)
    await emergency(julia)

    assert (await resource.seen())["status"] == "repetida"

    assert await paused(julia)


async def test_what_was_resumed_elsewhere_is_not_paused_again_by_the_same_spec(
    julia: Julia,
) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True)
    await emergency(julia, "ativo")

    assert (await resource.seen())["status"] == "repetida"

    assert not await paused(julia)


async def test_a_request_repeats_a_decision(julia: Julia) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True)
    await emergency(julia, "ativo")

    assert (await resource.apply(paused=True, request="2"))["status"] == "pausada"
    assert await paused(julia)
    await resource.apply(paused=False)
    await emergency(julia)
    assert (await resource.apply(paused=False, request="3"))["status"] == "retomada"
    assert not await paused(julia)


async def test_a_restored_older_spec_may_pause_but_never_resume(julia: Julia) -> None:
    resource = Resource(julia)
    await resource.apply(paused=False)
    await resource.apply(paused=True)

    assert (await resource.apply(paused=False, generation=1))["status"] == "observada"
    assert await paused(julia)
    assert (await resource.apply(paused=True, request="x", generation=1))["status"] == "pausada"


async def test_a_resource_made_again_may_pause_but_never_resume(julia: Julia) -> None:
    first = Resource(julia)
    await first.apply(paused=True)
    await emergency(julia)
    await first.remove()
    again = Resource(julia)

    assert (await again.apply(paused=False))["status"] == "observada"
    assert await paused(julia)


async def test_a_removed_resource_ends_its_own_pauses_and_no_others(julia: Julia) -> None:
    one, other = Resource(julia, "um"), Resource(julia, "dois")
    await one.apply(paused=True)
    await other.apply(paused=True)

    assert (await one.remove())["status"] == "removida"
    assert await paused(julia)
    assert (await other.remove())["status"] == "removida"

    assert not await paused(julia)
    assert (await one.remove())["status"] == "desconhecida"
    assert (await rows(julia))[2:] == [("ativo", "kubernetes")] * 2


@pytest.mark.parametrize(("escopo", "delete"), GONE)
@pytest.mark.parametrize("how", ["removed", "resumed", "expired"])
async def test_a_resource_lets_go_of_what_was_deleted(
    julia: Julia, escopo: dict[str, str], delete: str, how: str
) -> None:
    await with_what_goes(julia)
    resource = Resource(julia)
    await resource.apply(paused=True, scope=escopo)
    await julia.sql(delete)

    if how == "removed":
        await resource.remove()
    elif how == "resumed":
        await resource.apply(paused=False, scope=escopo)
    else:
        await resource.apply(paused=True, scope=escopo, until=julia.ago(hours=1).isoformat())

    assert await julia.value("select count(*) from pausas") == 0
    assert (await rows(julia))[1:] == [("ativo", "kubernetes")]


async def test_removing_a_resource_that_pauses_nothing_is_no_change(julia: Julia) -> None:
    resource = Resource(julia)
    await resource.apply(paused=False)
    await emergency(julia)

    await resource.remove()

    assert await rows(julia) == [("pausado", "manual")]


async def test_another_scope_takes_the_place_of_the_former(julia: Julia) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"estado": "sp"})

    await resource.apply(paused=True, scope={"estado": "RJ"})

    scopes = await julia.sql("select escopo ->> 'estado' uf from pausas")
    assert [row["uf"] for row in scopes] == ["RJ"]


async def test_a_resume_of_one_scope_leaves_a_wider_pause(julia: Julia) -> None:
    await emergency(julia)
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"estado": "SP"})

    await resource.apply(paused=False, scope={"estado": "SP"})

    assert await paused(julia)


async def test_a_pause_whose_time_is_up_pauses_nothing(julia: Julia) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True, until=julia.ago(hours=-1).isoformat())
    assert await paused(julia)

    answer = await resource.apply(paused=True, until=julia.ago(hours=1).isoformat())

    assert answer["status"] == "vencida"
    assert not await paused(julia)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"scope": {"estado": "XX"}}, "no state XX"),
        ({"scope": {"cidade": "Campinas"}}, "not understood"),
        ({"reason": None}, "reason"),
        ({"until": "9999-12-31T23:59:59-05:00"}, "no end that can be told"),
    ],
)
async def test_a_spec_that_cannot_be_meant_is_refused_and_changes_nothing(
    julia: Julia, spec: dict[str, Any], said: str
) -> None:
    with pytest.raises(asyncpg.PostgresError, match=said) as refused:
        await Resource(julia).apply(paused=True, **spec)

    assert refused.value.sqlstate == "22023"
    assert await rows(julia) == []
    assert await julia.value("select count(*) from recursos_status") == 0


async def test_the_state_tells_who_stopped_what_is_in_flight_and_what_waits(
    julia: Julia,
) -> None:
    flying = (await julia.receive(text="um"))["conversa_id"]
    await julia.answer(flying, "resposta")
    claim = await julia.claim(flying)
    waiting = (await julia.receive("5521977776666", text="dois"))["conversa_id"]
    await julia.answer(waiting, "outra resposta")
    await julia.receive("5531966665555", text="três")
    resource = Resource(julia)
    await resource.apply(paused=True)
    await emergency(julia)

    state = await resource.state()

    assert (state["em_voo"], state["saida"], state["entrada"]) == (1, 1, 1)
    assert (state["inicios_tardios"], state["reservas_apos"]) == (0, 0)
    assert [(one["via"], one["propria"]) for one in state["pausas"]] == [
        ("kubernetes", True),
        ("manual", False),
    ]
    assert (state["ultima"]["via"], state["ultima"]["propria"]) == ("manual", False)
    await julia.record(claim)
    assert (await resource.state())["em_voo"] == 0


async def test_the_state_names_who_ended_its_own_pause_whoever_wrote_since(julia: Julia) -> None:
    resource, other = Resource(julia), Resource(julia, "outro")
    await resource.apply(paused=True)
    assert (await resource.state())["encerrada"] is None
    await emergency(julia)
    await other.apply(paused=True)

    await emergency(julia, "ativo")
    await other.apply(paused=True, request="2")
    await other.remove()

    state = await resource.state()
    assert (state["encerrada"]["via"], state["encerrada"]["motivo"]) == ("manual", "Emergência")
    assert state["encerrada"]["status"] == "ativo"
    assert not state["encerrada"]["propria"]
    assert int(state["encerrada"]["id"]) < int(state["ultima"]["id"])


async def test_nobody_ended_a_pause_whose_time_was_up(julia: Julia) -> None:
    resource = Resource(julia)
    await resource.apply(paused=True, until=julia.ago(hours=-1).isoformat())
    await julia.later(hours=2)

    await emergency(julia, "ativo")

    assert (await resource.state())["encerrada"] is None


async def test_who_resumed_a_specialty_that_got_another_name_ended_its_pause(julia: Julia) -> None:
    await julia.sql("insert into especialidades (nome) values ('Nuvens')")
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"especialidade": "Nuvens"})
    await julia.sql("update especialidades set nome = 'Céus'")

    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo)"
        """ values ('ativo', 'volta', 'manual', '{"especialidade": "Céus"}')"""
    )

    assert (await resource.state())["encerrada"]["motivo"] == "volta"


async def test_a_start_long_after_the_stop_is_counted(julia: Julia) -> None:
    conversa = (await julia.receive(text="um"))["conversa_id"]
    await julia.answer(conversa, "resposta")
    claim = await julia.claim(conversa)
    resource = Resource(julia)
    await resource.apply(paused=True)

    await julia.record(claim, start_delay_ms=9000)

    assert (await resource.state())["inicios_tardios"] == 1


@pytest.mark.parametrize(
    ("scope", "counted"),
    [
        ({}, 1),
        ({"estado": "SP", "especialidade": "Pediatria"}, 1),
        ({"estado": "RJ"}, 0),
        ({"especialidade": "Pediatria", "instancia": INSTANCE}, 1),
        ({"campanha": "0b9d0c3e-1111-4222-8333-444455556666"}, 0),
    ],
)
async def test_a_claim_after_the_stop_would_be_counted_in_its_scope(
    julia: Julia, scope: dict[str, str], counted: int
) -> None:
    await julia.sql(
        "insert into campanhas (id, nome, tipo, corpo)"
        " values ('0b9d0c3e-1111-4222-8333-444455556666', 'Maio', 'discovery', 'Oi')"
    )
    await julia.sql("insert into especialidades (nome) values ('Pediatria')")
    conversa = await julia.talk("um")
    await julia.sql(
        "update medicos set estado = 'SP', especialidade_id = (select id from especialidades)"
    )
    await julia.claim(conversa)
    person = (await julia.receive("5521977776666"))["conversa_id"]
    await julia.sql(
        "update medicos set estado = 'SP', especialidade_id = (select id from especialidades)"
    )
    await julia.take_over_by_sql(person)
    await julia.write_as_person(person, "Aqui é a Carla")
    assert (await julia.claim(person))["kind"] == "human_agent"
    resource = Resource(julia)
    await resource.apply(paused=True, scope=scope)

    # As if it had come before them.
    await julia.sql("update pausas set desde = desde - interval '1 minute'")

    state = await resource.state()
    assert (state["reservas_apos"], state["em_voo"]) == (counted, counted)


async def test_what_is_learned_of_a_doctor_later_makes_no_claim_one_after_the_stop(
    julia: Julia,
) -> None:
    conversa = await julia.talk("um")
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"estado": "SP"})
    assert (await julia.claim(conversa))["status"] == "enviar"

    await julia.sql("update medicos set estado = 'SP'")

    state = await resource.state()
    assert (state["reservas_apos"], state["em_voo"]) == (0, 0)


async def test_the_state_is_that_of_its_scope(julia: Julia) -> None:
    await julia.receive(text="um")
    await julia.receive("5521977776666", text="dois")
    await julia.sql("update medicos set estado = case telefone when '+5521977776666' then 'RJ' end")
    resource = Resource(julia)
    await resource.apply(paused=True, scope={"estado": "RJ"})
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo)"
        " values ('pausado', 'outro', 'manual', jsonb_build_object('instancia', $1::text))",
        INSTANCE,
    )

    state = await resource.state()

    assert (state["entrada"], len(state["pausas"])) == (1, 1)


async def test_a_resource_that_nobody_applied_has_no_state(julia: Julia) -> None:
    assert (await Resource(julia).state()) == {"status": "desconhecida"}


async def test_a_managers_word_counts_once_however_often_it_is_repeated(julia: Julia) -> None:
    word = {"op_id": str(uuid.uuid4()), "motivo": "Reunião", "via": "slack", "por": "ana"}

    first = await julia.call("change_status", status="pausado", **word)
    await emergency(julia, "ativo")
    again = await julia.call("change_status", status="pausado", **word)

    assert (first["status"], first["paused"]) == ("registrada", True)
    assert (again["status"], again["id"], again["paused"]) == ("repetida", first["id"], False)
    assert await rows(julia) == [("pausado", "slack"), ("ativo", "manual")]
