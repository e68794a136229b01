"""`python -m julia_dev.evals`: play every conversation of `evals/`, judge, print, exit.

Environment: `SEED` (the order and the ids; drawn and printed when absent), `CASES` (words: only
cases whose name or topic contains one), `QUICK=1` (a share of what no bar counts:
`docs/reference/quick.md`), `CLAUDE=real` (the real Claude answers, with `ANTHROPIC_API_KEY`;
scripted cases are left out). Ends with one line of JSON; exits 1 when a bar is
missed, 2 when nothing could be played.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from julia_dev import extent, paths
from julia_dev.evals import by_model, drawing, furnishing, loading
from julia_dev.evals.billing import Billing, billing, users_by_doctor
from julia_dev.evals.cast import Cast
from julia_dev.evals.loading import EvalsError, Kind, Listed
from julia_dev.evals.play import Player
from julia_dev.evals.played import Played, transcript
from julia_dev.evals.verdict import Verdict, judge, wanted
from julia_dev.evals.world import World
from julia_dev.stack.config import StackConfig
from julia_dev.stack.errors import StackError
from julia_dev.stack.stack import Stack

_CEILINGS = {"MAX_MSGS_POR_HORA": "20000", "MAX_MSGS_POR_DIA": "20000"}
_REAL = (
    *("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "ANTHROPIC_MODEL_LARGE"),
    *("HTTPS_PROXY", "SSL_CERT_FILE"),
)
_TELL_EVERY = 25


async def _main(environ: Mapping[str, str]) -> int:
    seed = int(environ.get("SEED") or random.SystemRandom().randrange(2**31))
    real = environ.get("CLAUDE") == "real"
    if real and not environ.get("ANTHROPIC_API_KEY"):
        raise EvalsError("CLAUDE=real needs ANTHROPIC_API_KEY")
    print(f"seed {seed}", flush=True)
    listed = _chosen(environ.get("CASES", ""), real=real)
    rng, asked = random.Random(seed), extent.wanted(environ)  # noqa: S311 - an order, no secret
    listed = drawing.drawn(listed, rng, asked.evals.share)
    rng.shuffle(listed)
    folder = _folder_of_our_own()
    claude = {name: environ[name] for name in _REAL if real and environ.get(name)}
    config = StackConfig.apart(folder, env={**_CEILINGS, **claude}, durable=False)
    began = time.monotonic()
    async with Stack(config) as stack:
        world = await World.open(stack)
        try:
            print(f"the stack is up; {len(listed)} conversations", flush=True)
            played = await _play(world, listed, seed, simulated=not real)
            deliveries = await world.all_deliveries()
            bill = None if real else await _billing(world, played)
        finally:
            await world.close()
    verdict = Verdict(
        judged=judge(played, deliveries),
        billing=bill,
        seconds=time.monotonic() - began,
        partial=bool(environ.get("CASES")),
    )
    _write_down(folder / "conversations.txt", played)
    opinions = await by_model.opinions(_talks(played)) if environ.get("ANTHROPIC_API_KEY") else {}
    for line in verdict.complaints():
        print(line, flush=True)
    print(verdict.table(opinions), flush=True)
    missed = verdict.missed()
    for bar in missed:
        print(f"MISSED {bar}", flush=True)
    print(json.dumps({"seed": seed, **asked.mark(), **verdict.figures()}), flush=True)
    return 1 if missed else 0


def _folder_of_our_own() -> Path:
    """Make a folder that no run beside this one uses; those of runs that have ended go."""
    runs = paths.RUN / "evals"
    for left in runs.glob("*"):
        if not Path(f"/proc/{left.name}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = runs / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _write_down(path: Path, played: list[Played]) -> None:
    """Leave what was said where whoever looks into a failure can read it."""
    texts = (f"== {one.listed.case.nome}\n{transcript(one)}\n" for one in played)
    path.write_text("\n".join(texts), encoding="utf-8")
    print(f"what was said: {path.relative_to(paths.ROOT)}", flush=True)


def _chosen(words: str, *, real: bool) -> list[Listed]:
    listed = loading.cases()
    if real:
        # A script would be spoken past the model; the wordings are decided before it is asked.
        listed = [one for one in listed if not one.case.scripted]
    if words:
        names = wanted((f"{one.case.tema} {one.case.nome}" for one in listed), words)
        listed = [one for one in listed if f"{one.case.tema} {one.case.nome}" in names]
    if not listed:
        raise EvalsError(f"no case for CASES={words}")
    return listed


async def _play(world: World, listed: list[Listed], seed: int, *, simulated: bool) -> list[Played]:
    hospitals = loading.hospitals()
    await furnishing.furnish(world.db, hospitals)
    await furnishing.send_offers_at_once(world.db)
    if simulated:
        await world.quicken()
    ended = 0

    def tell(_: Played) -> None:
        nonlocal ended
        ended += 1
        if ended % _TELL_EVERY == 0:
            print(f"  {ended} of {len(listed)} conversations ended", flush=True)

    return await Player(world, hospitals, Cast(str(seed)), tell).play(listed)


async def _billing(world: World, played: list[Played]) -> Billing:
    doctors = {
        doctor.id: (one.listed.case.nome, doctor)
        for one in played
        for doctor in one.scene.doctors.values()
    }
    return billing(
        by_model=await world.bill(by="model"),
        by_user=await world.bill(by="user"),
        booked=await world.costs(),
        user_of=users_by_doctor(await world.requests(), [doctor for _, doctor in doctors.values()]),
        doctors={id_: case for id_, (case, _) in doctors.items()},
    )


def _talks(played: list[Played]) -> list[Played]:
    return [one for one in played if one.listed.kind is Kind.CONVERSATION]


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_main(os.environ)))
    except (EvalsError, StackError) as error:
        print(f"the evals did not run: {error}", file=sys.stderr)
        sys.exit(2)
