"""`python -m julia_dev.ledger`: the run under fire, the run at production's ceilings, the verdict.

Environment: `SEED` (drawn and printed when absent), `LEDGER_SECONDS` (how long doctors write),
`QUICK=1` (less of everything: `docs/reference/quick.md`).
Ends with one line of JSON; exits 1 when a figure misses its bar.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import time
from dataclasses import asdict, replace

from julia_dev import extent, paths
from julia_dev.ledger import ceilings, under_fire
from julia_dev.stack.errors import StackError


async def _main() -> int:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
    asked = extent.wanted(os.environ)
    ledger = replace(
        asked.ledger, lasts_s=float(os.environ.get("LEDGER_SECONDS") or asked.ledger.lasts_s)
    )
    print(f"seed {seed}", flush=True)
    folder = paths.RUN / "ledger"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    ceilings_may_begin = asyncio.Event()

    async def under_ceilings() -> ceilings.Ceilings:
        await ceilings_may_begin.wait()
        return await ceilings.run(folder / "ceilings")

    async def under_kills() -> under_fire.Verdict:
        fought = None if ledger.one_at_a_time else ceilings_may_begin
        verdict = await under_fire.run(folder / "fire", seed, ledger, fought=fought)
        ceilings_may_begin.set()
        return verdict

    first, second = await asyncio.gather(under_kills(), under_ceilings())
    missed = [*first.missed(), *second.missed()]
    for name, examples in first.account.examples.items():
        print(f"  {name}: {', '.join(examples)}", flush=True)
    for bar in missed:
        print(f"MISSED {bar}", flush=True)
    print(
        json.dumps(
            {
                "seed": seed,
                **asked.mark(),
                **first.figures(),
                "at_15_and_80": asdict(second),
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
        print(f"the ledger's stack did not start: {error}", file=sys.stderr)
        sys.exit(2)
