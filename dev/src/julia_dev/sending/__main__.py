"""`python -m julia_dev.sending`: everything that `docs/reference/sending.md` describes.

Environment: `SEED` (drawn and printed when absent), `PARTS` (some of faults, fortnight, campaign,
kills, claim; all when absent). Ends with one line of JSON; exits 1 when a bar was missed.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Protocol

from julia_dev import paths
from julia_dev.sending import bench, campaign, faults, fortnight, under_kills
from julia_dev.stack.errors import StackError

_PARTS: Final = ("faults", "fortnight", "campaign", "kills", "claim")
_KILLING_S: Final = 180.0


class Part(Protocol):
    """What a part ends with."""

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        ...

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        ...


async def _main() -> int:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
    wanted = (os.environ.get("PARTS") or ",".join(_PARTS)).split(",")
    if unknown := set(wanted) - set(_PARTS):
        print(f"no part {', '.join(sorted(unknown))}: there are {', '.join(_PARTS)}")
        return 2
    print(f"seed {seed}", flush=True)
    folder = paths.RUN / "sending"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    done: dict[str, Part] = {}

    async def play(name: str, part: Callable[[Path], Awaitable[Part]]) -> None:
        if name not in wanted:
            return
        print(f"{name}: begins", flush=True)
        started = time.monotonic()
        done[name] = await part(folder / name)
        verdict = "missed a bar" if done[name].missed() else "holds"
        print(f"{name}: {verdict} after {time.monotonic() - started:.0f} s", flush=True)

    async def on_a_moved_clock() -> None:
        await play("fortnight", fortnight.run)
        await play("campaign", lambda at: campaign.run(at, seed))

    # The faults mostly wait for timeouts; what follows measures, or wants the machine for itself.
    await asyncio.gather(play("faults", faults.run), on_a_moved_clock())
    await play("kills", lambda at: under_kills.run(at, seed, lasts_s=_KILLING_S))
    await play("claim", bench.run)
    return _tell(seed, done, time.monotonic() - began)


def _tell(seed: int, done: dict[str, Part], seconds: float) -> int:
    missed = [bar for part in done.values() for bar in part.missed()]
    for bar in missed:
        print(f"MISSED {bar}", flush=True)
    shown = {name: part.figures() for name, part in done.items()}
    counted = shown.pop("faults", {})
    print(
        json.dumps(
            {
                "seed": seed,
                **counted,
                **{
                    name: sum(part.get(name, 0) for part in shown.values())
                    for name in ("doubled", "over_ceiling", "after_opt_out")
                },
                **shown.pop("claim", {}),
                **shown,
                "seconds": round(seconds),
                "passed": not missed,
            }
        ),
        flush=True,
    )
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_main()))
    except StackError as error:
        print(f"a stack did not start: {error}", file=sys.stderr)
        sys.exit(2)
