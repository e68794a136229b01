"""`python -m julia_dev.sending`: everything that `docs/reference/sending.md` describes.

Environment: `SEED` (drawn and printed when absent), `PARTS` (some of faults, fortnight, campaign,
kills, claim; all when absent), `QUICK=1` (less of each: `docs/reference/quick.md`). Ends with one
line of JSON; exits 1 when a bar was missed.
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

from julia_dev import extent, paths
from julia_dev.sending import bench, campaign, faults, fortnight, under_kills
from julia_dev.stack.errors import StackError

_PARTS: Final = ("faults", "fortnight", "campaign", "kills", "claim")


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
    asked = extent.wanted(os.environ)
    sending = asked.sending
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
        await play("campaign", lambda at: campaign.run(at, seed, doctors=sending.campaign_doctors))

    async def under_faults() -> None:
        await play("faults", lambda at: faults.run(at, seed, sending))

    async def killed() -> None:
        await play("kills", lambda at: under_kills.run(at, seed, lasts_s=sending.killing_s))

    # Faults and kills mostly wait for timeouts; what is measured last has the machine for itself.
    if sending.one_at_a_time:
        await asyncio.gather(under_faults(), on_a_moved_clock())
        await killed()
    else:
        await asyncio.gather(under_faults(), on_a_moved_clock(), killed())
    await play("claim", lambda _: bench.run(sending))
    return _tell({"seed": seed, **asked.mark()}, done, time.monotonic() - began)


def _tell(run: dict[str, Any], done: dict[str, Part], seconds: float) -> int:
    missed = [bar for part in done.values() for bar in part.missed()]
    for bar in missed:
        print(f"MISSED {bar}", flush=True)
    shown = {name: part.figures() for name, part in done.items()}
    counted = shown.pop("faults", {})
    print(
        json.dumps(
            {
                **run,
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
