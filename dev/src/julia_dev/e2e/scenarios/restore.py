"""8: database, Redis and Evolution's sessions are lost and restored; nothing is sent twice.

The backup is made while answers are on their way, so that it knows of them and not of their end.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Final

from julia_dev.e2e import jobs, observed, redis_mark
from julia_dev.e2e.accounts import Tally, answers, only
from julia_dev.e2e.install import NAME, NUMBERS
from julia_dev.e2e.scene import Scene, timed
from julia_dev.ledger import plan
from julia_dev.ledger.account import Records, balance
from julia_dev.ledger.draining import drain
from julia_dev.ledger.world import gather
from julia_dev.stopping.scene import eventually, require

_KINDS: Final = ("supabase", "redis", "evolution")
_DOCTORS: Final = 90
"""So many that answers are on their way until the backup has begun."""
_LATER: Final = 5
"""Doctors of whom the backup knows nothing."""
_SEND_S: Final = 7.0
"""So long a send takes: below what the dispatcher waits for."""
_JOB_WITHIN_S: Final = 180
_DRAIN_S: Final = 150
_SHOWN_WITHIN_S: Final = 90
_SETTLED_WITHIN_S: Final = 180
_BEFORE, _AFTER = "antes", "depois"
"""Words in Redis, as the backup was made and since."""
_BETWEEN: Final = 950_000
"""Above the doctors of all loads."""


@dataclass
class _Messages:
    """What doctors wrote in this scenario: by message id, as the ledger wants it."""

    doctors: Sequence[str]
    written: dict[str, tuple[int, str, int]]


async def play(scene: Scene) -> None:
    """Back up, go on, lose everything, restore, resume, and make the account."""
    since = (await scene.world.summary())["last"]
    first = _BETWEEN + scene.rng.randrange(400) * 100
    messages = _Messages(plan.doctors(_DOCTORS + _LATER, first=first), {})
    await scene.world.join(messages.doctors, plain=True)
    # Of several the first one counts.
    await scene.world.clear_faults()
    await scene.world.slow_sends(_SEND_S)
    await _write(scene, messages, messages.doctors[:_DOCTORS], first)
    await eventually("answers on their way", lambda: _unsettled(scene), within_s=60)
    await redis_mark.leave(scene.cluster, _BEFORE)
    await timed("the backups", _back_up(scene))
    await redis_mark.leave(scene.cluster, _AFTER)
    in_backup = frozenset(messages.written)
    await scene.tune()
    await _write(scene, messages, messages.doctors[_DOCTORS:], first)
    await drain(scene.world, within_s=_DRAIN_S)
    await timed("until the scheduler shows the backups", _shown(scene))
    before = await _records(scene, messages)
    webhooks = answers(await scene.world.records("webhook", after=since))

    await timed("to lose the database, Redis and the sessions", _lose(scene))
    latest = dict.fromkeys(_KINDS, "latest")
    restoring: dict[str, Any] = {"backup": {"restore": {"enabled": True, **latest}}}
    # Not waiting for Evolution's claim, which nobody uses before the Job that restores it.
    await timed("the upgrade that restores", scene.release.upgrade(restoring, wait=False))
    await _require_paused(scene)
    over = {"backup": {"restore": {"enabled": False}}}
    await timed("the upgrade after it", scene.release.upgrade(over))
    await scene.find()
    await _require_restored(scene, messages, in_backup, since)
    await scene.world.join(messages.doctors, plain=True)
    began = time.monotonic()
    await eventually("no doubt left", lambda: _certain(scene), within_s=_SETTLED_WITHIN_S)
    await _resume(scene)
    pending = await drain(scene.world, within_s=_DRAIN_S)
    after = await _records(scene, messages)
    tally = Tally(
        account=balance(only(together(before, after), messages.doctors)),
        answers=webhooks,
        pending=pending,
        drained_s=time.monotonic() - began,
    )
    scene.tallies.append(tally)
    missed = tally.missed()
    require(not missed, "; ".join(missed))
    print(f"    all {tally.account.accepted} messages are accounted for", flush=True)


async def _write(scene: Scene, messages: _Messages, doctors: Sequence[str], first: int) -> None:
    at = int(time.time())
    numbered = [
        (first + n, doctor) for n, doctor in enumerate(doctors, start=len(messages.written))
    ]
    records = await scene.world.write(
        [
            {
                "doctor": doctor,
                "text": f"Oi, tem plantão? #m{number}",
                "timestamp": at,
                "instance": NUMBERS[number % len(NUMBERS)],
            }
            for number, doctor in numbered
        ]
    )
    for (number, doctor), record in zip(numbered, records, strict=True):
        messages.written[record["key_id"]] = (number, doctor, at)


async def _unsettled(scene: Scene) -> bool:
    """Answers are being sent."""
    (row,) = await scene.world.sql(
        "select count(*) as n from fila_mensagens where status = 'processando' and kind = 'reply'"
    )
    return bool(row["n"])


async def _back_up(scene: Scene) -> None:
    """All three at once: the database's sees what is on its way just now."""
    kubectl = scene.cluster.kubectl
    await asyncio.gather(
        *(jobs.run(kubectl, f"{NAME}-backup-{kind}", within_s=_JOB_WITHIN_S) for kind in _KINDS)
    )


async def _shown(scene: Scene) -> None:
    """The scheduler's metrics name the newest backup of each kind."""

    async def look() -> bool:
        (scheduler, *_) = await scene.pods.of("scheduler")
        shown = {
            each.labels["tipo"]
            for each in await observed.metrics(scene.cluster.kubectl, scheduler.name)
            if each.name == "julia_backup_ultimo_sucesso_timestamp_segundos"
        }
        return shown == set(_KINDS)

    await eventually("metrics of all backups", look, within_s=_SHOWN_WITHIN_S)


async def _lose(scene: Scene) -> None:
    """Take away PostgreSQL with its disk, and the volumes of Redis and Evolution."""
    kubectl = scene.cluster.kubectl
    await kubectl("delete", "pvc", f"{NAME}-evolution", f"data-{NAME}-redis-0", "--wait=false")
    for component in ("evolution", "redis"):
        await kubectl(
            *("delete", "pod", "--grace-period=0", "--force"),
            f"--selector=app.kubernetes.io/instance={NAME},app.kubernetes.io/component={component}",
        )
    # Its disk goes with its pod. What comes is a database as a new project has it.
    await kubectl("delete", "pod", "--selector=app=postgres", "--grace-period=0", "--force")
    await kubectl("rollout", "status", "deployment/postgres", "--timeout=90s")
    await scene.neighbours.start()


async def _require_paused(scene: Scene) -> None:
    rows = await scene.world.sql(
        "select (select count(*) from pausas) as pauses,"
        " (select count(*) from fila_mensagens where status in ('incerta', 'estacionada'))"
        " as doubtful,"
        " (select count(*) from fila_mensagens where status = 'processando') as claimed"
    )
    (found,) = rows
    require(found["pauses"] > 0, "the restored database is not paused")
    require(found["claimed"] == 0, f"{found['claimed']} sends are still taken for under way")
    require(found["doubtful"] > 0, "the backup knew of no unsettled send, so it shows nothing")
    print(f"    restored, paused, {found['doubtful']} sends in doubt", flush=True)


async def _require_restored(
    scene: Scene, messages: _Messages, in_backup: AbstractSet[str], since: int
) -> None:
    """Redis and Evolution are as the backups knew them: neither empty nor spared."""
    word = await redis_mark.found(scene.cluster)
    require(word == _BEFORE, f"Redis has {word!r}, and had {_BEFORE!r} when it was backed up")
    inbound = await scene.world.records("inbound", after=since)
    wrong = unlike_backup(
        (each["key_id"] for each in inbound),
        in_backup=in_backup,
        later=messages.written.keys() - in_backup,
    )
    require(wrong is None, f"Evolution's volume {wrong}")


def unlike_backup(
    known: Iterable[str], *, in_backup: AbstractSet[str], later: AbstractSet[str]
) -> str | None:
    """Say by the messages that Evolution knows why its volume cannot be the backup's."""
    ids = frozenset(known)
    if missing := in_backup - ids:
        return f"lacks {len(missing)} messages of {len(in_backup)} that were in the backup"
    if kept := later & ids:
        return f"was not lost: it has {len(kept)} messages that came after the backup"
    return None


async def _certain(scene: Scene) -> bool:
    """Evidence or a person has the word on each send."""
    (row,) = await scene.world.sql(
        "select count(*) as n from fila_mensagens where status = 'incerta'"
    )
    return bool(row["n"] == 0)


async def _resume(scene: Scene) -> None:
    await scene.world.sql(
        "INSERT INTO julia_status (status, motivo, alterado_via)"
        " VALUES ('ativo', 'Restauração conferida', 'manual')"
    )


async def _records(scene: Scene, messages: _Messages) -> Records:
    return await gather(scene.world, written=messages.written, by_sql={}, by_phone=set(), stops=())


def together(before: Records, after: Records) -> Records:
    """What happened in both lives of the simulated WhatsApp; phones forget nothing."""
    return replace(
        before,
        deliveries=[*dict.fromkeys((*before.deliveries, *after.deliveries))],
        thoughts=after.thoughts,
        worklist=after.worklist,
    )
