"""What only the simulator can be asked: a changing schema, a full pool, ordered faults."""

import asyncio
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from asyncpg import Connection, Record


@pytest.fixture
def function() -> str:
    """A name that no other test uses."""
    return f"contrato_{uuid.uuid4().hex}"


async def test_the_settings_of_the_role_hold_in_the_call(
    simulated: httpx.AsyncClient, owner: "Connection[Record]"
) -> None:
    wanted = await owner.fetchval(
        "select split_part(s, '=', 2) from pg_roles, unnest(rolconfig) as s"
        " where rolname = 'service_role' and s like 'statement_timeout=%'"
    )
    seen = (await simulated.post("/rpc/contrato_contexto", json={})).json()
    assert seen["statement_timeout"] == wanted


async def test_nothing_of_a_call_stays_on_its_connection(
    simulated: httpx.AsyncClient, simulated_anonymous: httpx.AsyncClient
) -> None:
    for _ in range(4):
        await simulated.post("/rpc/contrato_contexto", json={}, headers={"X-Secret": "abc"})
    seen = (await simulated_anonymous.post("/rpc/contrato_contexto", json={})).json()
    assert seen["role"] == "anon"
    assert "x-secret" not in seen["headers"]


async def test_a_new_function_can_be_called_at_once(
    simulated: httpx.AsyncClient, owner: "Connection[Record]", function: str
) -> None:
    missing = await simulated.post(f"/rpc/{function}", json={"p": {}})
    await owner.execute(
        f"create function api.{function}(p jsonb) returns jsonb language sql as 'select p';"
        f" grant execute on function api.{function} to service_role"
    )
    found = await simulated.post(f"/rpc/{function}", json={"p": {"a": 1}})
    assert (missing.status_code, found.json()) == (404, {"a": 1})


async def test_a_notification_replaces_what_is_known_of_a_function(
    simulated: httpx.AsyncClient, owner: "Connection[Record]", function: str
) -> None:
    create = f"create function api.{function}(p jsonb) returns "
    grant = f"; grant execute on function api.{function} to service_role"
    await owner.execute(create + "jsonb language sql as 'select p'" + grant)
    first = await simulated.post(f"/rpc/{function}", json={"p": 1})
    await owner.execute(
        f"drop function api.{function}; {create} void language sql as 'select'{grant};"
        " notify pgrst, 'reload schema'"
    )
    async with asyncio.timeout(20):
        while (await simulated.post(f"/rpc/{function}", json={"p": 1})).status_code != 204:
            await asyncio.sleep(0.05)
    assert first.json() == 1


async def test_a_pool_that_stays_busy_is_a_gateway_timeout(simulated: httpx.AsyncClient) -> None:
    sleepers = [
        asyncio.create_task(simulated.post("/rpc/contrato_dorme", json={"p": {"segundos": 2}}))
        for _ in range(4)
    ]
    await asyncio.sleep(0.5)
    refused = await simulated.post("/rpc/contrato_texto", json={})
    assert (refused.status_code, refused.json()["code"]) == (504, "PGRST003")
    assert {(await sleeper).status_code for sleeper in sleepers} == {200}
    assert (await simulated.post("/rpc/contrato_texto", json={})).status_code == 200


async def test_a_serialization_failure_is_repeated_as_postgrest_does(
    simulated: httpx.AsyncClient, owner: "Connection[Record]"
) -> None:
    await owner.execute("select setval('public.contrato_tentativas', 1, false)")
    passes = await simulated.post("/rpc/contrato_serializacao", json={"p": {"ate": 3}})
    assert passes.json() == 3
    stays = await simulated.post("/rpc/contrato_serializacao", json={"p": {"ate": 10_000}})
    assert (stays.status_code, stays.json()["code"]) == (500, "40001")
    assert await owner.fetchval("select last_value from public.contrato_tentativas") == 20


async def test_health_counts_the_functions(simulated: httpx.AsyncClient) -> None:
    response = await simulated.get("/health")
    assert response.status_code == 200
    assert response.json()["functions"] > 10


async def test_other_paths_are_not_served(simulated: httpx.AsyncClient) -> None:
    response = await simulated.get("/medicos")
    assert (response.status_code, response.json()["code"]) == (404, "PGRST125")


async def test_an_ordered_outage_is_a_503_that_ends(simulated: httpx.AsyncClient) -> None:
    await simulated.post("/_sim/faults", json={"unavailable_s": 0.5})
    during = await simulated.post("/rpc/contrato_texto", json={})
    assert (during.status_code, during.headers["retry-after"]) == (503, "1")
    async with asyncio.timeout(20):
        while (await simulated.post("/rpc/contrato_texto", json={})).status_code != 200:
            await asyncio.sleep(0.05)


async def test_an_ordered_lost_response_was_committed(simulated: httpx.AsyncClient) -> None:
    order = {"p": {"id": uuid.uuid4().hex}}
    await simulated.post("/_sim/faults", json={"lost_responses": {"contrato_grava": 1}})
    with pytest.raises(httpx.RemoteProtocolError):
        await simulated.post("/rpc/contrato_grava", json=order)
    assert (await simulated.post("/rpc/contrato_grava", json=order)).json() == {"chamadas": 2}


async def test_a_schema_is_hidden_as_a_new_project_hides_all_but_two(
    simulated: httpx.AsyncClient,
) -> None:
    await simulated.post("/_sim/faults", json={"exposed": ["public", "graphql_public"]})
    headers = {"Content-Profile": "api"}
    hidden = await simulated.post("/rpc/contrato_texto", json={}, headers=headers)
    assert (hidden.status_code, hidden.json()) == (
        406,
        {
            "code": "PGRST106",
            "message": "Invalid schema: api",
            "details": None,
            "hint": "Only the following schemas are exposed: public, graphql_public",
        },
    )
    await simulated.post("/_sim/faults", json={})
    assert (await simulated.post("/rpc/contrato_texto", json={}, headers=headers)).is_success


async def test_a_fault_that_does_not_exist_is_refused(simulated: httpx.AsyncClient) -> None:
    response = await simulated.post("/_sim/faults", json={"earthquake": True})
    assert response.status_code == 422
