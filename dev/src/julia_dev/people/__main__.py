"""`python -m julia_dev.people`: everything that `docs/reference/people.md` describes.

Environment: `SEED` (drawn and printed when absent), `QUICK=1` (`docs/reference/quick.md`).
Ends with one line of JSON; exits 1 when a scenario fails or a figure misses its bar.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import asdict

from julia_dev import extent, paths
from julia_dev.people.scenarios import SCENARIOS, Play
from julia_dev.people.scene import Failed, scene, until
from julia_dev.people.verdict import judge
from julia_dev.stack.config import StackConfig
from julia_dev.stack.errors import StackError
from julia_dev.stack.stack import Stack

_NO_CEILING = {"MAX_MSGS_POR_HORA": "100000", "MAX_MSGS_POR_DIA": "100000"}


async def _played(play: Play, limit_s: float) -> int:
    """Play everything within the limit; return how many scenarios came to their end."""
    passed = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            for name, perform in SCENARIOS.items():
                began = time.monotonic()
                try:
                    await perform(play)
                except Failed as error:
                    print(f"FAILED {name}: {error}", flush=True)
                else:
                    passed += 1
                    print(f"passed {name} in {time.monotonic() - began:.0f} s", flush=True)
            await until("all heard", play.all_heard)
            await until("all in Chatwoot", play.all_shown)
            return passed
    print(f"FAILED: not all was played within {limit_s:g} s", flush=True)
    return passed


async def _main() -> int:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
    asked = extent.wanted(os.environ)
    much = asked.people
    print(f"seed {seed}", flush=True)
    folder = paths.RUN / "people"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    config = StackConfig.apart(folder, env=_NO_CEILING, durable=False)
    async with Stack(config) as stack, scene(stack) as opened:
        play = Play(
            opened,
            random.Random(seed),  # noqa: S311 - what is played can be played again
            takeovers=much.takeovers,
            outage_s=much.outage_s,
        )
        passed = await _played(play, much.limit_s)
        verdict = await judge(opened, play.replies, writings=play.writings)
    figures = {
        "seed": seed,
        **asked.mark(),
        **asdict(verdict),
        "scenarios": len(SCENARIOS),
        "passed": passed,
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(figures), flush=True)
    enough = min(verdict.takeovers, verdict.returns) >= much.takeovers
    return 0 if verdict.held and enough and passed == len(SCENARIOS) else 1


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_main()))
    except StackError as error:
        print(f"the stack did not start: {error}", file=sys.stderr)
        sys.exit(2)
