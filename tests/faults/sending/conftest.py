"""Everything real, Evolution and Claude simulated; deliveries are counted where they arrive.

Each test ends with the ledger: what its doctors wrote against what reached their phones.
"""

import asyncio
import itertools
import os
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from julia_common.testing import Mount
from julia_dev.ledger.account import Account, Records, balance
from julia_dev.ledger.world import World as Ledger
from julia_dev.ledger.world import gather
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

_numbers = itertools.count(11_900_000_001)
_messages = itertools.count(1)

POST_TIMEOUT_S = 2.0
"""Short: what a test waits for is counted from the end of this timeout."""


@dataclass(frozen=True)
class World:
    """The instance under test, WhatsApp's control API, and the database.

    `doctors` and `written` are this test's own: who joined, and message id to number, doctor and
    WhatsApp's time.
    """

    stack: Stack
    whatsapp: httpx.AsyncClient
    database_faults: httpx.AsyncClient
    pool: asyncpg.Pool
    ledger: Ledger
    secrets: Mount
    """The files of secrets; the environment has them too, and counts while there are none."""
    doctors: list[str] = field(default_factory=list)
    written: dict[str, tuple[int, str, int]] = field(default_factory=dict)

    def signal(self, part: str, number: signal.Signals) -> None:
        """Send a signal to every process of a part."""
        for name in self.stack.processes(part):
            pid = self.stack.pid(name)
            assert pid is not None, name
            os.kill(pid, number)

    @contextmanager
    def frozen(self, part: str) -> Iterator[None]:
        """Nothing of the part moves inside the block."""
        self.signal(part, signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(part, signal.SIGCONT)

    async def doctor(self) -> str:
        """Somebody new; answers the number."""
        number = f"55{next(_numbers)}"
        self.doctors.append(number)
        await self.address_as(number, "none")
        return number

    async def address_as(self, number: str, lid_form: str) -> None:
        """From now on WhatsApp writes the doctor's address in this form."""
        body = {"number": number, "name": "Doutora de Teste", "lid_form": lid_form}
        (await self.whatsapp.post("/_sim/doctors", json=body)).raise_for_status()

    async def write(self, number: str, text: str = "Oi, tem plantão?", **how: Any) -> str:
        """The doctor writes; answers the message's id."""
        n = next(_messages)
        path = f"/_sim/doctors/{number}/messages"
        body = {"text": f"{text} #m{n}", **how}
        record = (await self.whatsapp.post(path, json=body)).raise_for_status().json()
        self.written[record["key_id"]] = (n, number, record["timestamp"])
        return str(record["key_id"])

    async def fault(self, preset: str, **fault: Any) -> None:
        """Script a fault of Evolution."""
        body = {"preset": preset, **fault}
        (await self.whatsapp.post("/_sim/faults", json=body)).raise_for_status()

    async def database_fault(self, **order: Any) -> None:
        """Order a fault of the rpc endpoint; without arguments all end."""
        (await self.database_faults.post("/_sim/faults", json=order)).raise_for_status()

    async def arrived(self, number: str) -> list[str]:
        """What arrived on the doctor's phone, in order."""
        query = {"kinds": "delivery", "doctor": number}
        answer = (await self.whatsapp.get("/_sim/records", params=query)).raise_for_status()
        return [record["text"] for record in answer.json()["records"]]

    async def conversation(self, number: str) -> uuid.UUID | None:
        """The doctor's conversation, once it is known."""
        return await self.pool.fetchval(
            "select c.id from conversations c join contact_identities i using (medico_id)"
            " where i.jid = $1",
            f"{number}@s.whatsapp.net",
        )

    async def outbox(self, number: str) -> list[str]:
        """The states of everything queued for the doctor, in order."""
        return await self._column("status", "fila_mensagens", "turn_seq, part", number)

    async def attempts(self, number: str) -> list[str]:
        """The states of all attempts to send to the doctor, in order."""
        return await self._column("status", "envios", "claimed_at", number)

    async def everything_arrives_once(self, number: str, *, turns: int) -> None:
        """Wait until `turns` turns are sent; each part arrived once, and in order."""

        async def sent_turns() -> tuple[int, set[str]]:
            seqs = await self._column("turn_seq", "fila_mensagens", "turn_seq", number)
            return len(set(seqs)), set(await self.outbox(number))

        await eventually(sent_turns, lambda seen: seen == (turns, {"enviada"}))
        texts = await self._column("conteudo", "fila_mensagens", "turn_seq, part", number)
        assert await self.arrived(number) == texts

    async def account(self) -> Account:
        """Wait until nothing is open any more; the account of this test's doctors."""
        await eventually(self._open, lambda left: left == 0, within_s=120)
        records = await gather(
            self.ledger, written=self.written, by_sql={}, by_phone=set(), stops=[]
        )
        return balance(self._own(records))

    async def _open(self) -> int:
        return await self.ledger.backlog() + (await self.ledger.summary())["webhooks_on_their_way"]

    def _own(self, records: Records) -> Records:
        numbers = {number for number, _, _ in self.written.values()}
        return replace(
            records,
            deliveries=[d for d in records.deliveries if d.doctor in self.doctors],
            thoughts=[t for t in records.thoughts if numbers.issuperset(t.numbers)],
        )

    async def _column(self, name: str, table: str, order: str, number: str) -> list[Any]:
        rows = await self.pool.fetch(
            f"select {name} from {table} where conversa_id = $1 order by {order}",  # noqa: S608
            await self.conversation(number),
        )
        return [row[0] for row in rows]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One instance for all tests of this folder."""
    secrets = Mount(tmp_path_factory.mktemp("secrets"))
    config = StackConfig.apart(
        tmp_path_factory.mktemp("stack"),
        env={
            "EVOLUTION_INSTANCE": "julia-local,julia-cortada,julia-banida",
            "EVOLUTION_TIMEOUT_SECONDS": str(POST_TIMEOUT_S),
            "MAX_MSGS_POR_HORA": "1000",
            "MAX_MSGS_POR_DIA": "1000",
            "LOG_LEVEL": "INFO",
            "SECRETS_DIR": str(secrets.folder),
        },
        replicas={"dispatcher": 2, "scheduler": 2},
        part_env={"supabase": {"SIM_CONTROL": "true"}},
        durable=False,
    )
    async with (
        Stack(config) as stack,
        # The simulator closes what is idle for 5 s; a message must not be written into that.
        httpx.AsyncClient(
            base_url=stack.url("evolution"),
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=2),
        ) as whatsapp,
        httpx.AsyncClient(base_url=stack.url("supabase"), trust_env=False) as database_faults,
        asyncpg.create_pool(stack.pg_dsn(), min_size=1, max_size=4) as pool,
        Ledger(stack) as ledger,
    ):
        yield World(stack, whatsapp, database_faults, pool, ledger, secrets)


@pytest_asyncio.fixture(loop_scope="package")
async def world(running_world: World) -> AsyncIterator[World]:
    """The instance, whole and without faults, before and after the test; then the ledger."""
    world = replace(running_world, doctors=[], written={})
    yield world
    await world.whatsapp.delete("/_sim/faults")
    await world.database_fault()
    await world.stack.wait_ready()
    account = await world.account()
    assert (account.lost, account.doubled, account.out_of_order, account.crossed) == (0,) * 4, (
        account.examples
    )
    assert account.answered + account.handed_over == account.accepted


@pytest_asyncio.fixture(loop_scope="package")
async def answered(world: World) -> str:
    """A doctor who has got an answer: the number has sent something that can be found."""
    number = await world.doctor()
    await world.write(number)
    await world.everything_arrives_once(number, turns=1)
    return number


async def eventually[T](
    look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], *, within_s: float = 100
) -> T:
    """Look until it is as wanted; fail with what was seen last."""
    seen: T | None = None
    try:
        async with asyncio.timeout(within_s):
            while True:
                seen = await look()
                if wanted(seen):
                    return seen
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"not within {within_s:g} s; seen last: {seen}")
