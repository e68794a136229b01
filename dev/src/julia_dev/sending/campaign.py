"""A campaign to thousands of doctors over 20 numbers at production's ceilings, and opt-outs.

Two weeks of working days pass on the moved clock (10,000 doctors). Doctors opt out at the very
moment at which numbers send: some have had the message, some have it in the queue, some are not
reached yet. Half of them write it, half are entered by a manager.
"""

import asyncio
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from julia_dev.sending.clock import SAO_PAULO
from julia_dev.sending.simulated import Simulated, simulated
from julia_dev.sending.windows import most_within
from julia_scheduler.jobs.campaigns import campaigns

NUMBERS: Final = tuple(f"julia-{n:02}" for n in range(20))
PER_HOUR, PER_DAY = 15, 80
_SHARE: Final = 0.6
"""What we write of our own accord may use so much of the ceilings."""

_START: Final = datetime(2026, 8, 3, 8, 0, tzinfo=SAO_PAULO)
"""A Monday, before weeks without a holiday."""
_CLOSES: Final = 20
_STEP: Final = timedelta(seconds=400)
"""An hour's nine places, one at each step; each number sends one."""
_IDLE_STEPS: Final = 9
"""An hour in which no number sent: the day's ceilings are reached."""
_FEED_BELOW: Final = 3 * len(NUMBERS)
_OPT_OUTS_A_STEP: Final = 2
_POST_STARTS_WITHIN_S: Final = 2.0
_WORDS: Final = "Temos plantões"

_JOIN: Final = """
insert into medicos (primeiro_nome, telefone, especialidade_id)
select 'Doutor ' || n, '+' || (5511950000000 + n), (select min(id) from especialidades)
  from generate_series(1, $1::int) n
"""
_CLAIMED_AFTER_OPT_OUT: Final = """
select count(*) from envios e join paradas_contato s using (medico_id)
 where e.kind = 'campanha' and s.tipo = 'definitiva' and e.claimed_at > s.desde
"""
_SOMEBODY: Final = """
select m.id::text, substr(m.telefone, 2) as number, m.instance
  from campanha_destinatarios d join medicos m on m.id = d.medico_id
 where d.status = $1 and not m.opted_out
 offset $2 limit 1
"""


@dataclass(frozen=True)
class OptOut:
    """Committed by `known_at` (monotonic)."""

    number: str
    where: str
    known_at: float


@dataclass(frozen=True)
class Campaign:
    """The figures of the run."""

    progress: dict[str, Any]
    opt_outs: dict[str, int]
    """How many opted out, by how far the message had got."""
    unreached: int
    """How many of them never had it."""
    after_opt_out: int
    doubled: int
    over_ceiling: int
    outside_hours: int
    most_queued: int
    memory_growth: float
    days: int
    seconds: float

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        shown = ("destinatarios", "enviadas", "puladas", "opt_outs", "status")
        return {
            **{name: self.progress[name] for name in shown},
            "opted_out": self.opt_outs,
            "after_opt_out": self.after_opt_out,
            "doubled": self.doubled,
            "over_ceiling": self.over_ceiling,
            "outside_hours": self.outside_hours,
            "most_queued": self.most_queued,
            "memory_growth": round(self.memory_growth, 2),
            "days": self.days,
            "seconds": round(self.seconds),
        }

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        p = self.progress
        skipped = sum(p["puladas"].values())
        zero = {
            "after_opt_out": self.after_opt_out,
            "doubled": self.doubled,
            "over_ceiling": self.over_ceiling,
            "outside_hours": self.outside_hours,
        }
        bars = {f"campaign: {name} is {n}, not 0": n == 0 for name, n in zero.items()}
        bars |= {
            f"campaign: {p['enviadas']} sent and {skipped} left out of {p['destinatarios']}": (
                p["enviadas"] + skipped == p["destinatarios"] and p["status"] == "concluida"
            ),
            f"campaign: left out are {p['puladas']}, where {self.unreached} opted out unreached": (
                p["puladas"] == {"opt_out": self.unreached}
            ),
            "campaign: nobody opted out in the queue": self.opt_outs.get("na_fila", 0) > 0,
            f"campaign: {self.most_queued} messages waited at once": (
                self.most_queued <= 10 * len(NUMBERS)
            ),
            f"campaign: memory grew to {self.memory_growth:.2f} times its size": (
                self.memory_growth <= 1.25  # noqa: PLR2004 - what the notes of the scene take
            ),
        }
        return [bar for bar, kept in bars.items() if not kept]


@dataclass
class _Notes:
    opt_outs: list[OptOut] = field(default_factory=list)
    most_queued: int = 0
    memory_early: int = 0
    days: int = 0


async def run(folder: Path, seed: int, *, doctors: int) -> Campaign:
    """Play it in a process of its own, whose memory is nobody else's; returns the figures."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(process, _alone, folder, seed, doctors)


def _alone(folder: Path, seed: int, doctors: int) -> Campaign:
    return asyncio.run(_run(folder, seed, doctors))


async def _run(folder: Path, seed: int, doctors: int) -> Campaign:
    rng, began, notes = random.Random(seed), time.monotonic(), _Notes()  # noqa: S311
    async with simulated(folder, _START, per_hour=PER_HOUR, per_day=PER_DAY) as scene:
        campaign = await _furnish(scene, doctors)
        runner = scene.runner((campaigns(scene.database),))
        status = "ativa"
        while status == "ativa":
            idle, sent_before = 0, len(scene.phones.arrived)
            while idle < _IDLE_STEPS and scene.clock.now().hour < _CLOSES and status == "ativa":
                # Each minute in truth; it has something to do when the queue has shrunk.
                if await _queued(scene) < _FEED_BELOW:
                    await runner.step()
                notes.most_queued = max(notes.most_queued, await _queued(scene))
                already = len(scene.phones.arrived)
                async with asyncio.TaskGroup() as together:
                    together.create_task(scene.send_due(most=1))
                    for _ in range(_OPT_OUTS_A_STEP):
                        together.create_task(_opt_out(scene, rng, notes))
                idle = 0 if len(scene.phones.arrived) > already else idle + 1
                status = await _status(scene, campaign)
                await scene.clock.move(scene.clock.now() + _STEP)
            notes.days += 1
            notes.memory_early = notes.memory_early or _memory()
            await _show(scene, campaign, len(scene.phones.arrived) - sent_before)
            await scene.clock.move(_next_morning(scene.clock.now()))
        progress = (await scene.call("campanha_progresso", campanha_id=campaign))["campanhas"][0]
        claimed_after = int(await scene.pool.fetchval(_CLAIMED_AFTER_OPT_OUT))
        return _figures(scene, progress, notes, claimed_after, time.monotonic() - began)


async def _furnish(scene: Simulated, doctors: int) -> str:
    await scene.add_numbers(*NUMBERS)
    await scene.pool.execute("insert into especialidades (nome) values ('Anestesiologia')")
    await scene.pool.execute(_JOIN, doctors)
    campaign: str = await scene.pool.fetchval(
        "insert into campanhas (nome, tipo, corpo) values ('Dez mil', 'discovery', $1)"
        " returning id::text",
        f"{_WORDS} na sua região.",
    )
    preview = await scene.call("campanha_previa", campanha_id=campaign)
    print(f"  {preview['alvo']} doctors, {preview['por_dia']} a day", flush=True)
    await scene.call("campanha_iniciar", campanha_id=campaign, por="cena")
    return campaign


async def _opt_out(scene: Simulated, rng: random.Random, notes: _Notes) -> None:
    """Let somebody opt out, while sends are under way."""
    where = rng.choice(("enviada", "na_fila", "pendente"))
    row = await scene.pool.fetchrow(_SOMEBODY, where, rng.randrange(100))
    if row is None:
        return
    if rng.random() < 0.5:  # noqa: PLR2004
        instance = row["instance"] or rng.choice(NUMBERS)
        await scene.doctor_writes(row["number"], "Pare", instance=instance, opts_out=True)
    else:
        await scene.pool.execute(
            "UPDATE medicos SET opted_out = true WHERE id = $1::uuid", row["id"]
        )
    notes.opt_outs.append(OptOut(row["number"], where, time.monotonic()))


async def _queued(scene: Simulated) -> int:
    return int(
        await scene.pool.fetchval(
            "select count(*) from fila_mensagens where status = 'pendente' and kind = 'campanha'"
        )
    )


async def _status(scene: Simulated, campaign: str) -> str:
    return str(
        await scene.pool.fetchval("select status from campanhas where id = $1::uuid", campaign)
    )


async def _show(scene: Simulated, campaign: str, sent: int) -> None:
    progress = (await scene.call("campanha_progresso", campanha_id=campaign))["campanhas"][0]
    print(
        f"  {scene.clock.now():%d/%m}: {sent} sent; {progress['enviadas']} of"
        f" {progress['destinatarios']}, {progress['na_fila']} waiting,"
        f" {progress['opt_outs']} opted out afterwards",
        flush=True,
    )


def _next_morning(now: datetime) -> datetime:
    return (now + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)


def _memory() -> int:
    """Return the most that this process has taken since it is this program, in KiB.

    (`getrusage` begins with what the parent had taken: proc(5), VmHWM.)
    """
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    return int(line.split()[1])


def _figures(
    scene: Simulated, progress: dict[str, Any], notes: _Notes, claimed_after: int, seconds: float
) -> Campaign:
    arrived = [arrival for arrival in scene.phones.arrived if _WORDS in arrival.text]
    known = {each.number: each.known_at for each in notes.opt_outs}
    by_number: dict[str, list[float]] = {name: [] for name in NUMBERS}
    for arrival in arrived:
        by_number[arrival.instance].append(arrival.at.timestamp())
    return Campaign(
        progress=progress,
        opt_outs=dict(Counter(each.where for each in notes.opt_outs)),
        unreached=len(known.keys() - {arrival.number for arrival in arrived}),
        after_opt_out=claimed_after
        + sum(
            arrival.true_at > known.get(arrival.number, float("inf")) + _POST_STARTS_WITHIN_S
            for arrival in arrived
        ),
        doubled=len(arrived) - len({arrival.number for arrival in arrived}),
        over_ceiling=sum(
            max(0, most_within(moments, length) - int(_SHARE * ceiling))
            for moments in by_number.values()
            for length, ceiling in ((3_600, PER_HOUR), (86_400, PER_DAY))
        ),
        outside_hours=sum(
            arrival.at.hour not in range(8, _CLOSES) or arrival.at.weekday() > 4  # noqa: PLR2004
            for arrival in arrived
        ),
        most_queued=notes.most_queued,
        memory_growth=_memory() / notes.memory_early,
        days=notes.days,
        seconds=seconds,
    )
