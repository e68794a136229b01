"""The Redis side of the ceilings' mirror: one atomic script, nothing decided here.

Keys: `rate:global:hour`, `rate:global:day` (the seed's), `rate:<instance>:hour|day`; beside each
`reset:<its key>`, which expires when the oldest message that it counts leaves the window; and a
sentinel outside that prefix, so that whoever deletes the counters leaves it standing. The
sentinel names the Redis process that wrote it (run id and number of evicted keys) and a
generation. It expires before the counters do: a counter that is missing beside a standing
sentinel was therefore neither expired nor evicted nor lost with the server, but deleted.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from redis.asyncio import Redis

SENTINEL: Final = "sentinel:rate"
_TTL_SECONDS: Final = {"hour": 3_600, "day": 86_400}
_SENTINEL_TTL_SECONDS: Final = 3_000

_SCRIPT: Final = """
local function split(text)
  local parts = {}
  for part in string.gmatch(text, '[^,]+') do parts[part] = true end
  return parts
end

local info = redis.call('INFO', 'everything')
local server = string.match(info, 'run_id:(%x+)') .. ':' .. string.match(info, 'evicted_keys:(%d+)')
local seen, generation = ARGV[1], ARGV[2]
local reset = split(ARGV[3])

local sentinel = redis.call('GET', KEYS[1])
local state = 'rebuilt'
if sentinel then
  local owner, current = string.match(sentinel, '^(.*)/([^/]*)$')
  if owner == server then
    local deleted = {}
    if redis.call('EXISTS', KEYS[2]) == 0 then table.insert(deleted, 'hour') end
    if redis.call('EXISTS', KEYS[3]) == 0 then table.insert(deleted, 'day') end
    local pending = false
    for _, window in ipairs(deleted) do
      if not (reset[window] and seen == current) then pending = true end
    end
    if pending then return {'deleted', current, table.concat(deleted, ',')} end
    state = 'kept'
    if #deleted == 0 then generation = current end
  end
end

for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[2 * i], 'EX', ARGV[2 * i + 1])
end
redis.call('SET', KEYS[1], server .. '/' .. generation, 'EX', ARGV[2 * #KEYS + 2])
return {state, generation, ''}
"""


class Window(StrEnum):
    """A ceiling's window, as its Redis key names it."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Count:
    """Messages counted in both windows, of one number or of all.

    And in how many seconds the oldest of them leaves its window, if there is one.
    """

    hour: int
    day: int
    hour_reset_seconds: float | None = None
    day_reset_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The counters stand as given; `rebuilt` when there was nothing to compare with."""

    rebuilt: bool


@dataclass(frozen=True, slots=True)
class Deleted:
    """Somebody deleted counters; nothing was written. `generation` names what they deleted."""

    generation: str
    windows: tuple[Window, ...]


class RedisMirror:
    """Writes the counters and tells a deletion from a loss. Raises `redis.RedisError`."""

    def __init__(self, redis: "Redis") -> None:
        """`redis` answers `str`."""
        self._script = redis.register_script(_SCRIPT)

    async def write(
        self,
        total: Count,
        instances: "Sequence[tuple[str, Count]]",
        *,
        generation: str,
        reset: Deleted | None = None,
    ) -> Written | Deleted:
        """Write all counters at once, unless one was deleted that `reset` does not answer for.

        `generation` is used when the counters are created anew; a deletion is answered for once
        its windows were reset in the database.
        """
        counts = [("global", total), *instances]
        keys = [SENTINEL]
        values: list[str | int] = []
        for name, count in counts:
            for window, value in ((Window.HOUR, count.hour), (Window.DAY, count.day)):
                keys.append(f"rate:{name}:{window}")
                values += [value, _TTL_SECONDS[window]]
        # After all counters: the script knows those of the total by their place.
        for name, count in counts:
            for window, seconds in (
                (Window.HOUR, count.hour_reset_seconds),
                (Window.DAY, count.day_reset_seconds),
            ):
                if seconds is not None:
                    keys.append(f"reset:rate:{name}:{window}")
                    values += [1, max(1, ceil(seconds))]
        seen, windows = (reset.generation, ",".join(reset.windows)) if reset else ("", "")
        answer = await cast(
            "Awaitable[list[str]]",
            self._script(
                keys=keys, args=[seen, generation, windows, *values, _SENTINEL_TTL_SECONDS]
            ),
        )
        state, current, deleted = answer
        if state == "deleted":
            return Deleted(current, tuple(Window(window) for window in deleted.split(",")))
        return Written(rebuilt=state == "rebuilt")
