"""`python -m julia_dev.stopping`: everything that `docs/reference/stopping.md` describes.

Environment: `SEED` (drawn and printed when absent), `QUICK=1` (fewer stops under load:
`docs/reference/quick.md`). Ends with one line of JSON; exits 1 when a figure misses its bar.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import time

from julia_dev import extent, paths
from julia_dev.stack.errors import StackError
from julia_dev.stopping import run


async def _main() -> int:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
    print(f"seed {seed}", flush=True)
    folder = paths.RUN / "stopping"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    asked = extent.wanted(os.environ)
    verdict = await run.run(folder, seed, asked.operator)
    for name, examples in verdict.account.examples.items():
        print(f"  {name}: {', '.join(examples)}", flush=True)
    missed = verdict.missed()
    for bar in missed:
        print(f"MISSED {bar}", flush=True)
    shown = {
        "seed": seed,
        **asked.mark(),
        **verdict.figures(),
        "seconds": round(time.monotonic() - began),
        "held": not missed,
    }
    print(json.dumps(shown), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_main()))
    except StackError as error:
        print(f"what stops are tried on did not start: {error}", file=sys.stderr)
        sys.exit(2)
