"""How `julia_common.database` calls: retries, translation of errors, deadlines."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
import stamina
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from julia_common.database import Database
from julia_common.errors import Misdeployed, Permanent, Retryable
from julia_common.resilience.breaker import SUPABASE, CircuitBreaker, CircuitOpen, CircuitState
from julia_common.secrets import RotatingSecret
from julia_dev.pytest_plugin import SupabaseEndpoint
from julia_dev.stack import ports
from julia_simulators.evolution.testing import serving

if TYPE_CHECKING:
    from asyncpg import Connection, Record

# A function of the contract that does as it is told: `key_id` is an SQLSTATE, `status` the message,
# raised by the first `instance` executions. The sequence survives rollbacks.
OBEDIENT = """
create sequence if not exists public.execucoes;
create or replace function api.record_ack(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '200ms' as $$
begin
  if nextval('public.execucoes') <= (p ->> 'instance')::integer then
    if p ->> 'key_id' = 'sleep' then
      perform pg_catalog.pg_sleep(20);
    elsif p ->> 'key_id' = 'other' then
      return '{"status": "telefone 5511999990000"}';
    end if;
    raise exception using errcode = p ->> 'key_id', message = p ->> 'status',
      detail = 'telefone 5511999990000';
  end if;
  return '{"status": "registrado", "doorbell": true, "a_newer_field": 1}';
end $$;
grant execute on function api.record_ack to service_role;
"""

PHONE = "5511999990000"


class Obedient:
    """The function's side: how often it was executed."""

    def __init__(self, owner: "Connection[Record]") -> None:
        self._owner = owner

    async def executions(self) -> int:
        value: int = await self._owner.fetchval(
            "select case when is_called then last_value else 0 end from public.execucoes"
        )
        return value


@pytest.fixture
async def obedient(owner: "Connection[Record]") -> Obedient:
    await owner.execute(OBEDIENT)
    await owner.execute("select setval('public.execucoes', 1, false)")
    return Obedient(owner)


@pytest.fixture
async def database(simulator: SupabaseEndpoint) -> AsyncIterator[Database]:
    database = await Database.create(simulator.url, simulator.service_key)
    yield database
    await database.aclose()


@pytest.fixture(autouse=True)
def _no_pauses_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


async def told(database: Database, sqlstate: str, times: int, message: str = "assim não") -> str:
    answer = await database.record_ack(instance=str(times), key_id=sqlstate, status=message)
    return answer.status


async def test_an_answer_is_typed_and_newer_fields_are_ignored(
    database: Database, obedient: Obedient
) -> None:
    answer = await database.record_ack(instance="0", key_id="x", status="READ")
    assert (answer.status, answer.doorbell) == ("registrado", True)


@pytest.mark.parametrize(
    "sqlstate", ["08006", "25006", "40P01", "53300", "55P03", "57014", "57P01", "XX000"]
)
async def test_what_can_pass_is_tried_twice_more(
    database: Database, obedient: Obedient, sqlstate: str
) -> None:
    assert await told(database, sqlstate, times=2) == "registrado"
    assert await obedient.executions() == 3


async def test_what_does_not_pass_is_retryable_and_names_the_function(
    database: Database, obedient: Obedient
) -> None:
    with pytest.raises(Retryable, match="record_ack failed with 55P03"):
        await told(database, "55P03", times=9)
    assert await obedient.executions() == 3


@pytest.mark.parametrize("sqlstate", ["22023", "22P02", "23505", "42P01", "P0001", "P0002"])
async def test_a_fault_of_ours_is_permanent_and_not_repeated(
    database: Database, obedient: Obedient, sqlstate: str
) -> None:
    with pytest.raises(Permanent, match=sqlstate):
        await told(database, sqlstate, times=9)
    assert await obedient.executions() == 1


@pytest.mark.parametrize("sqlstate", ["22023", "P0002"])
async def test_a_bad_argument_is_named(
    database: Database, obedient: Obedient, sqlstate: str
) -> None:
    with pytest.raises(Permanent, match="argument instance: a non-empty text is required"):
        await told(database, sqlstate, 9, "argument instance: a non-empty text is required")


@pytest.mark.parametrize("sqlstate", ["23505", "22P02", "55P03"])
async def test_values_in_an_error_reach_no_log(
    database: Database, obedient: Obedient, sqlstate: str
) -> None:
    with pytest.raises((Permanent, Retryable)) as caught:
        await told(database, sqlstate, 9, f"recebeu {PHONE}")
    assert PHONE not in "".join(traceback.format_exception(caught.value))


async def test_an_answer_outside_the_contract_is_permanent_without_its_values(
    database: Database, obedient: Obedient
) -> None:
    with pytest.raises(Permanent, match="status: literal_error") as caught:
        await told(database, "other", times=9)
    assert PHONE not in "".join(traceback.format_exception(caught.value))


async def test_a_lost_answer_is_asked_for_again(
    database: Database, obedient: Obedient, simulated: httpx.AsyncClient
) -> None:
    await simulated.post("/_sim/faults", json={"lost_responses": {"record_ack": 2}})
    assert await told(database, "x", times=0) == "registrado"
    assert await obedient.executions() == 3


async def test_answers_lost_for_ever_are_retryable(
    database: Database, obedient: Obedient, simulated: httpx.AsyncClient
) -> None:
    await simulated.post("/_sim/faults", json={"lost_responses": {"record_ack": 9}})
    with pytest.raises(Retryable, match="could not be reached"):
        await told(database, "x", times=0)


async def test_a_statement_timeout_is_retryable(database: Database, obedient: Obedient) -> None:
    with pytest.raises(Retryable, match="57014"):
        await told(database, "sleep", times=9)


async def test_an_endpoint_that_hangs_is_given_up(
    simulator: SupabaseEndpoint, obedient: Obedient, simulated: httpx.AsyncClient
) -> None:
    await simulated.post("/_sim/faults", json={"latency_s": 5})
    database = await Database.create(simulator.url, simulator.service_key, retries=0)
    with pytest.raises(Retryable, match=r"did not answer within 3\.0 s"):
        await told(database, "x", times=0)
    await database.aclose()


async def test_an_outage_ends_by_itself(
    database: Database, obedient: Obedient, simulated: httpx.AsyncClient
) -> None:
    await simulated.post("/_sim/faults", json={"unavailable_s": 1})
    with pytest.raises(Retryable, match="PGRST001"):
        await told(database, "x", times=0)
    async with asyncio.timeout(30):
        while True:
            try:
                assert await told(database, "x", times=0) == "registrado"
            except Retryable:
                await asyncio.sleep(0.1)
            else:
                break


async def test_no_endpoint_at_all_is_retryable_and_names_the_setting() -> None:
    database = await Database.create(f"http://127.0.0.1:{ports.free(1)[0]}", "key")
    with pytest.raises(Retryable, match="SUPABASE_URL"):
        await database.contract_version()
    await database.aclose()


async def test_a_forged_key_names_the_setting(
    simulator: SupabaseEndpoint, mint: Callable[..., str]
) -> None:
    key = mint("a-secret-that-the-server-does-not-know")
    database = await Database.create(simulator.url, key)
    with pytest.raises(Retryable, match=r"PGRST301.*SUPABASE_SERVICE_KEY"):
        await database.contract_version()
    await database.aclose()


async def test_while_the_key_is_rotated_the_other_one_is_tried(
    simulator: SupabaseEndpoint, mint: Callable[..., str], obedient: Obedient
) -> None:
    key = RotatingSecret(simulator.service_key)
    key.take(mint("a-secret-that-the-server-does-not-know"))
    database = await Database.create(simulator.url, key, retries=0)
    await told(database, "x", times=0)
    await database.aclose()

    assert key.is_refused


@pytest.mark.parametrize("status", [401, 403])
async def test_a_gateway_that_refuses_the_key_loses_no_message(status: int) -> None:
    """It is retryable: a permanent error would bury what the call was about."""

    async def refuse(_: Request) -> Response:
        return Response("{}", status)

    with serving(Starlette(routes=[Route("/{path:path}", refuse, methods=["POST"])])) as url:
        database = await Database.create(url, "refused", retries=0)
        with pytest.raises(Retryable, match="SUPABASE_SERVICE_KEY"):
            await database.contract_version()
        await database.aclose()


async def test_the_key_of_anon_names_the_setting(
    simulator: SupabaseEndpoint, mint: Callable[..., str], obedient: Obedient
) -> None:
    database = await Database.create(simulator.url, mint(role="anon"))
    with pytest.raises(Retryable, match=r"42501.*SUPABASE_SERVICE_KEY"):
        await told(database, "x", times=0)
    await database.aclose()


async def test_a_function_that_is_missing_points_to_the_migrations(database: Database) -> None:
    with pytest.raises(Retryable, match=r"PGRST202.*supabase/migrations"):
        await database.catchup_windows()


async def test_a_schema_that_is_not_exposed_loses_no_message_and_names_the_setting(
    database: Database, obedient: Obedient, simulated: httpx.AsyncClient
) -> None:
    await simulated.post("/_sim/faults", json={"exposed": ["public", "graphql_public"]})
    with pytest.raises(Misdeployed, match=r"PGRST106: Invalid schema: api; .*Exposed schemas"):
        await told(database, "x", times=0)
    await simulated.post("/_sim/faults", json={})
    assert await told(database, "x", times=0) == "registrado"


async def test_another_version_of_the_contract_is_refused(
    database: Database, owner: "Connection[Record]"
) -> None:
    await owner.execute(
        "create or replace function api.contract_version(p jsonb) returns jsonb language sql"
        """ as 'select ''{"version": 99}''::jsonb';"""
        " grant execute on function api.contract_version to service_role"
    )
    with pytest.raises(Permanent, match="version 99"):
        await database.check_contract()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("502 Bad Gateway", "<html>bad gateway</html>", Retryable),
        ("503 Service Unavailable", '{"message": "name resolution failed"}', Retryable),
        ("429 Too Many Requests", '{"message": "slow down"}', Retryable),
        ("401 Unauthorized", '{"message": "Invalid API key"}', Retryable),
        ("404 Not Found", "<html>no such project</html>", Permanent),
    ],
)
async def test_a_gateway_without_codes_is_judged_by_its_status(
    status: str, body: str, error: type[Exception]
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        database = await Database.create(f"http://127.0.0.1:{port}", "key")
        with pytest.raises(error, match=f"HTTP {status[:3]}"):
            await database.contract_version()
        await database.aclose()


async def test_every_attempt_is_measured(database: Database, obedient: Obedient) -> None:
    def count(result: str) -> float:
        labels = {"funcao": "record_ack", "resultado": result}
        return REGISTRY.get_sample_value("julia_banco_chamada_segundos_count", labels) or 0

    before = {result: count(result) for result in ("ok", "temporario", "permanente")}
    await told(database, "55P03", times=1)
    with pytest.raises(Permanent):
        await told(database, "22023", times=9)
    after = {result: count(result) - before[result] for result in before}
    assert after == {"ok": 1, "temporario": 1, "permanente": 1}


async def test_a_database_that_cannot_be_reached_opens_its_circuit() -> None:
    circuit = CircuitBreaker("supabase", SUPABASE)
    nowhere = f"http://127.0.0.1:{ports.free(1)[0]}"
    database = await Database.create(nowhere, "key", circuit=circuit)

    for _ in range(2):
        with pytest.raises(Retryable):
            await database.contract_version()

    assert circuit.snapshot.state is CircuitState.OPEN
    with pytest.raises(CircuitOpen):
        await database.contract_version()
    await database.aclose()


async def test_a_database_that_answers_keeps_its_circuit_closed(
    simulator: SupabaseEndpoint, obedient: Obedient
) -> None:
    circuit = CircuitBreaker("supabase", SUPABASE)
    database = await Database.create(simulator.url, simulator.service_key, circuit=circuit)

    for _ in range(3):
        with pytest.raises(Retryable, match="55P03"):
            await told(database, "55P03", times=99)

    assert circuit.snapshot.state is CircuitState.CLOSED
    await database.aclose()
