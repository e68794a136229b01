"""Circuits of several processes made one, through Redis.

Each process decides by itself and asks Redis nothing on the way of a call. In the background it
publishes that a circuit of its own opened or closed, and adopts what others published. Before the
one call that tries an open circuit it asks for the permission that one process at a time gets.
While Redis is away each process is on its own, as if it were alone.

Keys: `circuit:<name>` (JSON; `until` in milliseconds of Redis' clock, so that the clocks of
processes do not matter) and `probe:circuit:<name>`, who may try. A circuit whose key is gone was
reset: whoever has it open may try at once, one at a time.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, cast

from prometheus_client import REGISTRY, Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError

from julia_common.lifecycle import stopped_within
from julia_common.resilience.breaker import (
    CircuitBreaker,
    CircuitSnapshot,
    CircuitState,
    Limits,
)
from julia_common.resilience.clock import Clock, SystemClock

EVERY_SECONDS: Final = 0.5
"""How long it takes at most until a process knows what another one found."""

PROBE_SECONDS: Final = 20
"""After this another process may try: the one that had the permission, and renews it, has died."""

KEEP_SECONDS: Final = 60
"""How long a circuit is shown that no process has any more."""

BANNED_SECONDS: Final = 600
"""When a banned number is looked at again at the earliest (`private.number_gate`)."""

PREFIX: Final = "circuit:"
NEIGHBOURS: Final = ("claude", "evolution", "supabase")
"""What several processes call, each with a circuit of this name."""

_SHARED = Gauge(
    "julia_circuits_shared",
    "1 while this process shares its circuits through Redis, 0 while it is on its own",
    registry=None,  # exposed by `SharedCircuits` alone: who shares none is not on its own
)

_log = logging.getLogger(__name__)

_READ: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local written = redis.call('GET', KEYS[1])
local ok, shown = pcall(cjson.decode, written or '')
if not ok or type(shown) ~= 'table' or not shown.id then shown = nil end
"""

_SYNC: Final = (
    _READ
    + """
local event, id, known, me, trying = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local name, failures, open_ms, keep_ms = ARGV[6], tonumber(ARGV[7]), ARGV[8], ARGV[9]
if redis.call('GET', KEYS[2]) == me then
  if trying == '0' then redis.call('DEL', KEYS[2]) else redis.call('EXPIRE', KEYS[2], ARGV[10]) end
end

-- Mere presence is no news for whoever has the circuit open.
if shown and shown.id == '' and event ~= 'present' then shown = nil end
local told = shown and shown.state == 'open' and shown['until'] > now and shown.id ~= known
local answer = shown and shown.state
if event == 'open' or event == 'closed' then
  if not told then
    answer = event
    shown = {state = event, failures = failures, id = id}
    shown['until'] = event == 'open' and now + tonumber(open_ms) or 0
  end
elseif not shown and event == 'present' then
  answer = 'closed'
  shown = {state = 'closed', failures = 0, id = ''}
elseif not shown then
  answer = 'reset'
  shown = {state = 'open', failures = failures, id = id}
  shown['until'] = now
end
local left = math.max(0, (shown['until'] or 0) - now)
if not shown.name then
  shown.name, shown.at = name, math.floor(now / 1000)
  redis.call('SET', KEYS[1], cjson.encode(shown), 'PX', left + keep_ms)
elseif redis.call('PTTL', KEYS[1]) < left + keep_ms / 2 then
  redis.call('PEXPIRE', KEYS[1], left + keep_ms)
end
return {answer, left, shown.id}
"""
)

_PERMIT: Final = (
    _READ
    + """
if shown and shown.state == 'open' and shown['until'] > now then return 0 end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'EX', ARGV[2]) then return 1 end
return redis.call('GET', KEYS[2]) == ARGV[1] and 1 or 0
"""
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What stands in Redis: `open`, `closed` or `reset`, for how many ms yet, and by which id."""

    state: str
    left_ms: int
    id: str


class _Circuit:
    """One circuit of this process and what it knows of the others'."""

    def __init__(self, redis: Redis, name: str, owner: str) -> None:
        self._keys = [f"{PREFIX}{name}", f"probe:{PREFIX}{name}"]
        self._sync = redis.register_script(_SYNC)
        self._permit = redis.register_script(_PERMIT)
        self._owner = owner
        self._known = ""
        self._found: CircuitState | None = None
        self.breaker: CircuitBreaker  # set by SharedCircuits.breaker: each needs the other

    def found(self, snapshot: CircuitSnapshot) -> bool:
        """Note what this process found out; true when the others have to know."""
        if snapshot.state is CircuitState.HALF_OPEN:
            return False
        self._found = snapshot.state
        return True

    async def permit(self) -> bool:
        """Ask whether this process may try; while Redis is away it may."""
        try:
            return bool(await self._permit(keys=self._keys, args=[self._owner, PROBE_SECONDS]))
        except RedisError:
            return True

    async def sync(self) -> None:
        """Publish what was found, or adopt what others found. Raises `RedisError`."""
        found, self._found = self._found, None
        new = uuid.uuid4().hex
        try:
            shown = await self._call(found, new)
        except BaseException:
            self._found = self._found or found
            raise
        if self._found is not None:
            return  # something newer was found meanwhile: the next round tells it
        if shown.state == "reset" or shown.id not in {new, self._known}:
            self._adopt(shown)
        self._known = shown.id

    async def _call(self, found: CircuitState | None, new: str) -> _Shown:
        circuit = self.breaker.snapshot
        event = found.value if found else ""
        if not event and circuit.state is CircuitState.CLOSED:
            event = "present"
        answer = await cast(
            "Awaitable[tuple[str, int, str]]",
            self._sync(
                keys=self._keys,
                args=[
                    event,
                    new,
                    self._known,
                    self._owner,
                    int(self.breaker.trial_under_way),
                    circuit.name,
                    circuit.failures,
                    round(circuit.retry_in_seconds * 1000),
                    KEEP_SECONDS * 1000,
                    PROBE_SECONDS,
                ],
            ),
        )
        return _Shown(*answer)

    def _adopt(self, shown: _Shown) -> None:
        breaker = self.breaker
        if breaker.trial_under_way and shown.left_ms == 0:
            return  # what the trial finds is newer
        closed = breaker.snapshot.state is CircuitState.CLOSED
        if shown.state == "closed" and not closed:
            breaker.adopt_closed()
            _log.info("circuit %s is closed again, another process found", breaker.name)
        elif shown.state == "open":
            breaker.adopt_open(shown.left_ms / 1000)
            _log.warning("circuit %s is open, another process found", breaker.name)
        elif shown.state == "reset":
            breaker.adopt_open(0)
            _log.warning("circuit %s was reset: one call will try", breaker.name)


@cache
def _expose() -> None:
    REGISTRY.register(_SHARED)


class SharedCircuits:
    """The circuits of this process that others have too; a `Background`."""

    name = "circuits"

    def __init__(self, redis: Redis, *, clock: Clock | None = None) -> None:
        """Share through `redis`, which answers `str`; nothing is asked of it before `run`."""
        self._redis = redis
        self._clock = clock or SystemClock()
        self._owner = uuid.uuid4().hex
        self._circuits: list[_Circuit] = []
        self._news = asyncio.Event()
        self._redis_up = True
        _expose()

    def breaker(self, name: str, limits: Limits) -> CircuitBreaker:
        """Make this process's part of the circuit `name`."""
        circuit = _Circuit(self._redis, name, self._owner)

        def tell(snapshot: CircuitSnapshot) -> None:
            if circuit.found(snapshot):
                self._news.set()

        circuit.breaker = CircuitBreaker(
            name, limits, clock=self._clock, on_change=tell, permit_trial=circuit.permit
        )
        self._circuits.append(circuit)
        return circuit.breaker

    async def run(self, stop: asyncio.Event) -> None:
        """Keep in step with the others, at once after each change, until `stop` is set."""
        while not stop.is_set():
            self._news.clear()
            await self.sync()
            waiting = asyncio.create_task(self._news.wait())
            stopping = asyncio.create_task(stopped_within(stop, EVERY_SECONDS))
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            stopping.cancel()

    async def sync(self) -> None:
        """Publish and adopt once; that Redis is away is said once."""
        try:
            for circuit in self._circuits:
                await circuit.sync()
        except RedisError as error:
            if self._redis_up:
                _log.warning(
                    "Redis is away (%s): this process is on its own with its circuits",
                    type(error).__name__,
                )
            self._redis_up = False
        else:
            if not self._redis_up:
                _log.info("Redis is back: circuits are shared again")
            self._redis_up = True
        _SHARED.set(self._redis_up)


async def reset_neighbours(redis: Redis) -> None:
    """Let one call try each neighbour at once. Raises `RedisError`.

    Numbers that are banned stay as they are: they have keys of their own.
    """
    await redis.delete(*(PREFIX + name for name in NEIGHBOURS))


async def show_numbers(redis: Redis, banned: Mapping[str, bool]) -> None:
    """Show numbers that WhatsApp has banned as open circuits, and no others. Raises `RedisError`.

    Nothing asks them: the database refuses the sends of such a number.
    """
    seconds, _ = await redis.time()
    for instance, is_banned in banned.items():
        key = f"{PREFIX}evolution:{instance}"
        if not is_banned:
            await redis.delete(key)
            continue
        shown = {
            "state": CircuitState.OPEN,
            "failures": 0,
            "id": "ban",
            "at": seconds,
            "until": (seconds + BANNED_SECONDS) * 1000,
        }
        await redis.set(key, json.dumps(shown), ex=KEEP_SECONDS)


async def read_circuits(redis: Redis) -> dict[str, object]:
    """Read every circuit by name as it stands now. Raises `RedisError`.

    An open one whose time is up is `half_open`: the next call tries. What was not written by this
    module is answered as it stands, or as `ilegivel`.
    """
    seconds, microseconds = await redis.time()
    now_ms = seconds * 1000 + microseconds // 1000
    found: dict[str, object] = {}
    async for key in redis.scan_iter(match=PREFIX + "*", count=500):
        written = await redis.get(key)
        if written is not None:
            found[key.removeprefix(PREFIX)] = _as_shown(written, now_ms)
    return dict(sorted(found.items()))


def _as_shown(written: bytes | str, now_ms: int) -> object:
    try:
        circuit = json.loads(written)
    except ValueError:
        return {"state": "ilegivel"}
    if not isinstance(circuit, Mapping) or "id" not in circuit:
        return circuit
    until_ms = circuit.get("until", 0)
    over = circuit["state"] == CircuitState.OPEN and until_ms <= now_ms
    return _facts(
        CircuitState.HALF_OPEN if over else circuit["state"],
        failures=circuit["failures"],
        since=datetime.fromtimestamp(circuit["at"], UTC),
        left_seconds=max(0, until_ms - now_ms) / 1000,
        now=datetime.fromtimestamp(now_ms / 1000, UTC),
    )


def shown(circuit: CircuitSnapshot) -> dict[str, object]:
    """Describe a circuit of this process as `read_circuits` does those of all."""
    return _facts(
        circuit.state,
        failures=circuit.failures,
        since=circuit.since,
        left_seconds=circuit.retry_in_seconds,
        now=datetime.now(UTC),
    )


def _facts(
    state: str, *, failures: int, since: datetime, left_seconds: float, now: datetime
) -> dict[str, object]:
    next_try = now + timedelta(seconds=left_seconds) if left_seconds else None
    return {
        "state": state,
        "failures": failures,
        "since": since.isoformat(timespec="seconds"),
        "retry_in_seconds": round(left_seconds, 1),
        "next_try": next_try and next_try.isoformat(timespec="seconds"),
    }
