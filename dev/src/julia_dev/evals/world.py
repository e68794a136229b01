"""The neighbours of one run: the simulated WhatsApp and Claude, and the database."""

import asyncio
import base64
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Self

import asyncpg
import httpx

from julia_dev.evals.case import Media, ScriptedAnswer
from julia_dev.evals.cast import Doctor
from julia_dev.evals.scene import Shift
from julia_dev.stack.environment import DATABASE
from julia_dev.stack.stack import Stack
from julia_simulators import files

_PAGE = 10_000
_LONGEST_FILE_S = 60
# Julia is at rest with a doctor when what he wrote has arrived, nothing of it waits for an answer,
# and nothing is on its way to him. What goes out at a time of its own is no part of an answer.
_AT_REST = """
select (select count(*) from interacoes where key_id = any ($2)) = cardinality($2)
   and not exists (select from interacoes where medico_id = $1 and situacao = 'pendente')
   and not exists (
     select from fila_mensagens
      where medico_id = $1 and kind not in ('lembrete', 'oferta')
        and (status in ('processando', 'incerta')
             or status = 'pendente' and coalesce(agendar_para, now()) <= now()))
   and not exists (
     select from conversations where medico_id = $1 and lease_until > now())
"""
_BOOKED = """
select exists (select from reservas
                where medico_id = $1 and status in ('confirmada', 'cancelada'))
"""
_COST = """
select c.medico_id::text as medico, coalesce(sum(t.custo_usd), 0) as usd
  from conversations c left join turnos t on t.conversa_id = c.id
 group by c.medico_id
"""


type Database = asyncpg.Pool[asyncpg.Record]
"""The run's database, as its owner."""


class World:
    """One run's neighbours; `db` is for what no phone shows, and for managers' SQL."""

    def __init__(self, stack: Stack, db: Database) -> None:
        """Use `open`."""
        self._whatsapp = _client(stack.url("evolution"))
        self._claude = _client(stack.url("anthropic"))
        self.db = db

    @classmethod
    async def open(cls, stack: Stack) -> Self:
        """Connect to the simulators and, as its owner, to the database."""
        pool = await asyncpg.create_pool(stack.postgres.dsn(DATABASE), min_size=2, max_size=8)
        return cls(stack, pool)

    async def close(self) -> None:
        """Let go of everything."""
        await self._whatsapp.aclose()
        await self._claude.aclose()
        await self.db.close()

    async def join(self, doctor: Doctor) -> None:
        """Make a doctor known to WhatsApp."""
        await self._post(
            "/_sim/doctors", {"number": doctor.number, "name": f"{doctor.first_name} Moura"}
        )

    async def quicken(self) -> None:
        """Let the simulated Claude answer at once; how long it thinks is not judged here."""
        speed = {"first_token_median_s": 0.05, "first_token_sigma": 0.1, "seconds_per_token": 0}
        (await self._claude.patch("/_sim/behaviour", json=speed)).raise_for_status()

    async def write(self, doctor: Doctor, text: str) -> str:
        """Let a doctor write; answers the message's id."""
        record = await self._post(f"/_sim/doctors/{doctor.number}/messages", {"text": text})
        return str(record["key_id"])

    async def send_media(self, doctor: Doctor, media: Media, says: str) -> str:
        """Let a doctor send an attachment that says something; answers the message's id."""
        body: dict[str, Any] = {
            "kind": media.tipo,
            "text": media.legenda,
            "seconds": media.segundos,
            "mimetype": media.mime,
            "file_name": media.arquivo,
        }
        match media.tipo:
            case "audio":
                file = files.ogg(says, seconds=min(media.segundos, _LONGEST_FILE_S))
            case "document":
                file = files.pdf(says)
            case _:
                file = files.png(says)
                body["mimetype"] = media.mime or ("image/png" if media.tipo == "image" else None)
        body["base64"] = base64.b64encode(file).decode()
        record = await self._post(f"/_sim/doctors/{doctor.number}/messages", body)
        return str(record["key_id"])

    async def edit(self, doctor: Doctor, key: str, text: str) -> None:
        """Let a doctor change a message."""
        await self._post(f"/_sim/doctors/{doctor.number}/edits", {"key_id": key, "text": text})

    async def delete(self, doctor: Doctor, key: str) -> None:
        """Let a doctor delete a message."""
        await self._post(f"/_sim/doctors/{doctor.number}/deletions", {"key_id": key})

    async def type_on_phone(self, doctor: Doctor, text: str) -> None:
        """Let a person type to the doctor on the company's phone."""
        await self._post(f"/_sim/doctors/{doctor.number}/phone", {"text": text})

    async def take_over(self, doctor: Doctor) -> None:
        """Take the doctor's conversation over as the runbook does."""
        await self.db.execute(
            "update conversations set controlled_by = 'human',"
            " escalation_reason = 'Handoff manual' where medico_id = $1 and closed_at is null",
            doctor.id,
        )

    async def give_back(self, doctor: Doctor) -> None:
        """Give the doctor's conversation back to Julia."""
        await self.db.execute(
            "update conversations set controlled_by = 'ai'"
            " where medico_id = $1 and closed_at is null",
            doctor.id,
        )

    async def change_shift(self, shift: Shift, status: str) -> None:
        """Change a shift as managers do."""
        await self.db.execute("update vagas set status = $2 where id = $1", shift.id, status)

    async def script(self, doctor: Doctor, answers: Iterable[ScriptedAnswer]) -> None:
        """Put answers into Claude's mouth, for the conversation with this doctor."""
        rows = [
            {"conversation": doctor.first_name, "content": _blocks(answer)}
            for answer in answers
            for _ in range(answer.vezes)
        ]
        (await self._claude.post("/_sim/answers", json=rows)).raise_for_status()

    async def unscript(self, doctor: Doctor) -> int:
        """Take back what was not asked for; answers how much that was."""
        queued = (await self._claude.get("/_sim/answers")).raise_for_status().json()
        left = len([each for each in queued if each["conversation"] == doctor.first_name])
        if left:
            answer = await self._claude.delete(
                "/_sim/answers", params={"conversation": doctor.first_name}
            )
            answer.raise_for_status()
        return left

    async def until_at_rest(self, doctor: Doctor, keys: Sequence[str], *, within_s: float) -> bool:
        """Wait until all that the doctor wrote is dealt with and all answers have arrived."""
        deadline = asyncio.get_running_loop().time() + within_s
        while asyncio.get_running_loop().time() < deadline:
            if await self.db.fetchval(_AT_REST, doctor.id, list(keys)):
                return True
            await asyncio.sleep(0.25)
        return False

    async def deliveries(self, doctor: Doctor, *, after: int) -> tuple[list[str], int]:
        """Return what arrived on the doctor's phone since record `after`, and the last record."""
        answer = await self._whatsapp.get(
            "/_sim/records", params={"kinds": "delivery", "doctor": doctor.number, "after": after}
        )
        records = answer.raise_for_status().json()["records"]
        return [str(each["text"]) for each in records], records[-1]["seq"] if records else after

    async def has_booked(self, doctor: Doctor) -> bool:
        """Tell whether the doctor has a booking, or had one."""
        return bool(await self.db.fetchval(_BOOKED, doctor.id))

    # Afterwards

    async def costs(self) -> dict[str, Decimal]:
        """Return the cost of each doctor's conversations, as `turnos` has it, in US dollars."""
        rows = await self.db.fetch(_COST)
        return {row["medico"]: row["usd"] for row in rows}

    async def bill(self, *, by: str) -> dict[str, dict[str, Any]]:
        """Return what the simulated Claude billed, by `model` or by `user`."""
        answer = await self._claude.get("/_sim/tally", params={"by": by})
        return dict(answer.raise_for_status().json())

    async def requests(self) -> list[dict[str, Any]]:
        """Return all requests that the simulated Claude was asked."""
        answer = await self._claude.get("/_sim/requests")
        return list(answer.raise_for_status().json())

    async def all_deliveries(self) -> list[tuple[str, str]]:
        """Return everything that WhatsApp received from Julia: number and text."""
        found: list[tuple[str, str]] = []
        after = 0
        while True:
            answer = await self._whatsapp.get(
                "/_sim/records", params={"kinds": "delivery", "after": after, "limit": _PAGE}
            )
            page = answer.raise_for_status().json()["records"]
            found += [(str(each["doctor"]), str(each["text"])) for each in page]
            if len(page) < _PAGE:
                return found
            after = page[-1]["seq"]

    async def _post(self, path: str, body: object) -> dict[str, Any]:
        answer = await self._whatsapp.post(path, json=body)
        return dict(answer.raise_for_status().json())


def _blocks(answer: ScriptedAnswer) -> list[dict[str, Any]]:
    text = [{"type": "text", "text": answer.texto}] if answer.texto else []
    calls = [{"type": "tool_use", "name": t.nome, "input": t.com} for t in answer.ferramentas]
    return [*text, *calls]


def _client(url: str) -> httpx.AsyncClient:
    # Idle connections are given up before the simulator closes them, so that no call meets one
    # that is just being closed.
    limits = httpx.Limits(keepalive_expiry=2)
    return httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, limits=limits)
