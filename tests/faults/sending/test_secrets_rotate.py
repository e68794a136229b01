"""Every secret gets another value while doctors write; nobody notices.

Of each secret the two sides learn at different times, in either order, and for a while only one of
the two values is good.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

import httpx
import jwt
import pytest
from prometheus_client.parser import text_string_to_metric_families

from julia_common.secrets.following import LOOK_SECONDS

from .conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(240),
]

_BETWEEN_MESSAGES_S = 0.4
_LOOKED_S = 3 * LOOK_SECONDS
"""After so long every process has what the files say."""
_FAILED_TURNS = ("falha", "indisponibilidade")
"""Not those put off: a slow machine does that too."""
_NUMBERS = ("julia-local", "julia-cortada", "julia-banida")


@dataclass(frozen=True)
class Values:
    """One value of each secret, by the names of the settings."""

    ANTHROPIC_API_KEY: str
    EVOLUTION_API_KEY: str
    SUPABASE_SERVICE_KEY: str
    EVOLUTION_WEBHOOK_SECRET: str


@pytest.fixture
def first(world: World) -> Values:
    """What the instance was started with."""
    known = world.stack.secrets
    claudes = world.stack.environment()["ANTHROPIC_API_KEY"]
    return Values(claudes, known.evolution_api_key, known.service_key, known.webhook_secret)


@pytest.fixture
def second(world: World) -> Values:
    claims = {"iss": "julia-local", "role": "service_role", "iat": int(time.time())}
    token = jwt.encode(claims, world.stack.secrets.jwt_secret, algorithm="HS256")
    return Values("sk-ant-the-second", "the-second-key", token, "the-second-secret")


async def test_every_secret_is_rotated_under_load_and_no_turn_fails(
    world: World, first: Values, second: Values
) -> None:
    world.secrets.hold(**asdict(first))
    failed = await failures(world)

    async with writing(world) as doctors:
        await only_good(world, first, before=second)
        # Ours change first, and are refused for a while.
        world.secrets.hold(**asdict(second))
        await asyncio.sleep(_LOOKED_S)
        assert await rotations(world) == 3
        await only_good(world, second, before=first)
        await asyncio.sleep(2)
        # The other side changes first: what was replaced is still known.
        await only_good(world, first, before=second)
        await asyncio.sleep(2)
        # Files that hold no value change nothing.
        world.secrets.hold(
            ANTHROPIC_API_KEY="", EVOLUTION_API_KEY=b"\xff", SUPABASE_SERVICE_KEY=None
        )
        await asyncio.sleep(_LOOKED_S)
        assert await rotations(world) == 3
        world.secrets.hold(**asdict(first))
        await asyncio.sleep(_LOOKED_S)
        assert await rotations(world) == 6

    await balanced(world, doctors)
    assert await failures(world) == failed


async def test_a_process_killed_in_the_middle_of_a_rotation_starts_with_the_new_values(
    world: World, first: Values, second: Values
) -> None:
    old, new = first.EVOLUTION_WEBHOOK_SECRET, second.EVOLUTION_WEBHOOK_SECRET
    async with writing(world) as doctors:
        # A new ingest does not remember the value before, so it is given.
        world.secrets.hold(EVOLUTION_WEBHOOK_SECRET=new, EVOLUTION_WEBHOOK_SECRET_PREVIOUS=old)
        for part in ("ingest", "brain", "dispatcher"):
            world.signal(part, signal.SIGKILL)
        await world.stack.wait_ready()
        await asyncio.sleep(2)
        await webhooks_bring(world, new, key=first.EVOLUTION_API_KEY)
        await asyncio.sleep(2)
        world.secrets.hold(EVOLUTION_WEBHOOK_SECRET=old, EVOLUTION_WEBHOOK_SECRET_PREVIOUS=new)
        await webhooks_bring(world, old, key=first.EVOLUTION_API_KEY)

    await balanced(world, doctors)


@asynccontextmanager
async def writing(world: World) -> AsyncIterator[list[str]]:
    """Inside the block, four doctors write in turn."""
    doctors = [await world.doctor() for _ in range(4)]

    async def write() -> None:
        while True:
            for number in doctors:
                await world.write(number)
                await asyncio.sleep(_BETWEEN_MESSAGES_S)

    task = asyncio.create_task(write())
    try:
        yield doctors
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def only_good(world: World, good: Values, *, before: Values) -> None:
    """The neighbours know both, and soon only `good`.

    Both at first, as with real keys: a call under way may have been refused with one of them.
    """
    await accept(world, good, before)
    await webhooks_bring(world, good.EVOLUTION_WEBHOOK_SECRET, key=good.EVOLUTION_API_KEY)
    await asyncio.sleep(1)
    await accept(world, good, revoked=before)


async def accept(world: World, *values: Values, revoked: Values | None = None) -> None:
    claude = f"{world.stack.url('anthropic')}/_sim/keys"
    async with httpx.AsyncClient(trust_env=False) as http:
        keys = [each.ANTHROPIC_API_KEY for each in values]
        (await http.put(claude, json=keys)).raise_for_status()
    accepted = {"accepted": [each.EVOLUTION_API_KEY for each in values]}
    (await world.whatsapp.put("/_sim/keys", json=accepted)).raise_for_status()
    known = [] if revoked is None else [revoked.SUPABASE_SERVICE_KEY]
    (await world.database_faults.put("/_sim/revoked", json=known)).raise_for_status()


async def webhooks_bring(world: World, secret: str, *, key: str) -> None:
    """From now on; those that are on their way bring what they have."""
    for number in _NUMBERS:
        webhook = {
            "enabled": True,
            "url": f"{world.stack.url('ingest')}/webhook/evolution",
            "events": [],
            "headers": {"x-webhook-secret": secret},
        }
        answer = await world.whatsapp.post(
            f"/webhook/set/{number}", json={"webhook": webhook}, headers={"apikey": key}
        )
        answer.raise_for_status()


async def balanced(world: World, doctors: list[str]) -> None:
    """Every message was answered, and no webhook was refused."""
    # What a killed process has left in the broker is not counted as open at once.
    await eventually(world.account, lambda account: account.answered == len(world.written))
    for doctor in doctors:
        query = {"kinds": "webhook", "doctor": doctor}
        records = (await world.whatsapp.get("/_sim/records", params=query)).json()["records"]
        assert {record["status"] for record in records if record.get("status")} == {202}


async def failures(world: World) -> float:
    """Turns of the brain that failed, and calls that Claude refused for good."""
    turns = await counted(world, "brain", "julia_turnos_total", resultado=_FAILED_TURNS)
    calls = "julia_tempo_resposta_segundos_count"
    return turns + await counted(world, "brain", calls, resultado=("permanente",))


async def rotations(world: World) -> float:
    """New values that the brain has taken; it uses three of the secrets."""
    return await counted(world, "brain", "julia_secret_rotations_total", setting=None)


async def counted(world: World, part: str, name: str, **labels: tuple[str, ...] | None) -> float:
    async with httpx.AsyncClient(trust_env=False) as http:
        page = (await http.get(f"{world.stack.url(part)}/metrics")).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name
        and all(
            wanted is None or sample.labels[label] in wanted for label, wanted in labels.items()
        )
    )
