"""One doctor's message through the whole path: `python -m julia_dev.smoke`.

Brings the stack up if it is not (and then down again). The Evolution simulator plays a doctor and
sends Julia the webhook that Evolution 2.3.7 would; the answer is awaited at the simulated WhatsApp.
The last line is JSON: `{"answered": true, "total_ms": 2750}`.
"""

import asyncio
import json
import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx

from julia_dev.stack.config import StackConfig
from julia_dev.stack.errors import StackError
from julia_dev.stack.session import running_or_started
from julia_dev.stack.stack import Stack

_TEXT = "Oi, tem plantão de anestesia em Campinas sábado?"
_PATIENCE_S = 60.0

_STORED_AND_COMMITTED = """
select i.received_at, t.committed_at, t.llm_ms, e.claimed_at
from public.interacoes i
left join public.turnos t on t.id = i.turno_id
left join public.fila_mensagens f on f.turno_id = t.id and f.part = 1
left join public.envios e on e.fila_id = f.id
where i.key_id = $1
order by e.claimed_at
limit 1
"""


@dataclass(frozen=True)
class _Stage:
    """What had happened `at` (seconds since the epoch)."""

    name: str
    at: float | None


async def main() -> int:
    """Run the smoke test; return the process's exit code."""
    config = StackConfig.of_make_up()
    print("smoke: looking for a running stack, or starting one", flush=True)
    async with running_or_started(config) as stack:
        inbound, answer = await _ask(stack)
        if answer is None:
            _explain_silence(stack)
            print(json.dumps({"answered": False, "total_ms": None}))
            return 1
        await _show(inbound, await _stages(stack, inbound, answer))
        print(f"  Julia: {answer['text']}")
        total_ms = round((answer["at"] - inbound["at"]) * 1000)
        print(json.dumps({"answered": True, "total_ms": total_ms}))
        return 0


async def _ask(stack: Stack) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Let a new doctor write; return the record of her message and that of the answer."""
    number = f"55199{random.randrange(10**8):08}"  # noqa: S311 - a made-up phone number
    async with _evolution(stack) as evolution:
        doctor = {"number": number, "name": "Dra. Teste"}
        (await evolution.post("/_sim/doctors", json=doctor)).raise_for_status()
        written = await evolution.post(f"/_sim/doctors/{number}/messages", json={"text": _TEXT})
        inbound: dict[str, Any] = written.raise_for_status().json()
        print(f"smoke: a doctor writes: {_TEXT}", flush=True)
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            found = await evolution.get(
                "/_sim/records",
                params={"kinds": "delivery", "doctor": number, "wait_s": 5},
            )
            if records := found.raise_for_status().json()["records"]:
                return inbound, records[0]
    return inbound, None


async def _stages(stack: Stack, inbound: dict[str, Any], answer: dict[str, Any]) -> list[_Stage]:
    async with _evolution(stack) as evolution:
        found = await evolution.get("/_sim/records", params={"doctor": inbound["doctor"]})
        records = found.raise_for_status().json()["records"]
    connection = await asyncpg.connect(stack.pg_dsn())
    try:
        row = await connection.fetchrow(_STORED_AND_COMMITTED, inbound["key_id"])
    finally:
        await connection.close()
    accepted = [each["at"] for each in records if each.get("state") == "delivered"]
    typing = [each["at"] for each in records if each["kind"] == "presence"]
    stored, committed, claude_ms, claimed = row or (None,) * 4
    return [
        _Stage("ingest accepted the webhook", min(accepted, default=None)),
        _Stage("brain stored the message", stored and stored.timestamp()),
        _Stage("typing was shown", min(typing, default=None)),
        _Stage(
            f"the turn was committed (Claude: {claude_ms} ms)", committed and committed.timestamp()
        ),
        _Stage("dispatcher claimed the answer", claimed and claimed.timestamp()),
        _Stage("the answer was at WhatsApp", answer["at"]),
    ]


async def _show(inbound: dict[str, Any], stages: list[_Stage]) -> None:
    previous = inbound["at"]
    for stage in stages:
        if stage.at is None:
            print(f"  {'-':>6}         {stage.name}: not seen")
            continue
        since_start, since_last = (1000 * (stage.at - then) for then in (inbound["at"], previous))
        print(f"  {since_start:6.0f} ms  +{since_last:5.0f}  {stage.name}")
        previous = stage.at


def _explain_silence(stack: Stack) -> None:
    print(f"smoke: no answer within {_PATIENCE_S:g} s. What the services said last:")
    for name in ("ingest", "brain", "dispatcher"):
        print(f"  {name}:\n{stack.output.tail(name, 8)}")


def _evolution(stack: Stack) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=stack.url("evolution"), trust_env=False, timeout=30)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        try:
            sys.exit(asyncio.run(main()))
        except StackError as error:
            print(f"\n{error}", file=sys.stderr)
    sys.exit(1)
