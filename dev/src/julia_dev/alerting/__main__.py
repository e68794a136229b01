"""`python -m julia_dev.alerting`: what `docs/reference/alerting.md` describes.

Environment: `SEED` (drawn and printed when absent), `QUICK=1` (shorter intervals:
`docs/reference/quick.md`), `PICTURE` (a file to copy the picture of the first page to). Ends with
one line of JSON; exits 1 when a bar was missed.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path

from julia_dev import extent, paths
from julia_dev.alerting.run import run
from julia_dev.stack.errors import StackError


async def _main() -> int:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
    asked = extent.wanted(os.environ)
    print(f"seed {seed}", flush=True)
    folder = paths.RUN / "alerts"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    verdict = await run(folder, seed, asked.alerts)
    if picture := os.environ.get("PICTURE"):
        shutil.copyfile(folder / "sla.svg", Path(picture))
    missed = verdict.missed()
    for bar in missed:
        print(f"MISSED {bar}", flush=True)
    print(
        json.dumps(
            {
                "seed": seed,
                **asked.mark(),
                **verdict.figures(),
                "seconds": round(time.monotonic() - began),
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
        print(f"the stack did not start: {error}", file=sys.stderr)
        sys.exit(2)
