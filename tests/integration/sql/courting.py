"""Doctors who never wrote, campaigns to them, and a dispatcher that sends what may go."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from tests.integration.sql.conftest import INSTANCE, Julia
from tests.integration.sql.shifts import Shifts

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MONDAY, FRIDAY, SATURDAY = 0, 4, 5


class Courting:
    """Managers who write to doctors of their own accord, and what becomes of it."""

    def __init__(self, julia: Julia) -> None:
        self.julia = julia
        self.shifts = Shifts(julia)

    async def move_to(self, weekday: int, hour: int, minute: int = 0) -> None:
        """Move the database's clock to the next such time in São Paulo."""
        now = self.julia.now().astimezone(SAO_PAULO)
        at = (now + timedelta(days=(weekday - now.weekday()) % 7)).replace(
            hour=hour, minute=minute, second=0, microsecond=0
        )
        at += timedelta(days=7) if at <= now else timedelta(0)
        await self.julia.later(seconds=(at.astimezone(UTC) - self.julia.now()).total_seconds())

    async def number(self, instance: str = INSTANCE, **more: Any) -> str:
        """Connect a number of ours."""
        row = {"instance": instance, "state": "open"} | more
        await self._insert("whatsapp_instances", row)
        return instance

    async def doctor(self, n: int = 0, specialty: str = "Anestesiologia", **more: Any) -> str:
        """Import a doctor who never wrote; return the id."""
        row = {
            "id": uuid.uuid4(),
            "telefone": f"+{self.phone(n)}",
            "primeiro_nome": f"Ana{n}",
            "especialidade_id": await self.shifts.specialty(specialty),
            "cidade": "Campinas",
            "estado": "SP",
        } | more
        await self._insert("medicos", row)
        return str(row["id"])

    def phone(self, n: int) -> str:
        return f"55119{n:08d}"

    async def draft(self, **more: Any) -> str:
        """Write a campaign; return its id."""
        row = {
            "id": uuid.uuid4(),
            "nome": "Teste",
            "tipo": "custom",
            "corpo": "Posso te contar dos plantões?",
        } | more
        row["publico"] = json.dumps(row.get("publico", {}))
        await self._insert("campanhas", row)
        return str(row["id"])

    async def start(self, campanha: str | None = None, **more: Any) -> str:
        """Start a campaign; return its id."""
        campanha = campanha or await self.draft(**more)
        await self.manage("campanha_iniciar", campanha)
        return campanha

    async def manage(self, function: str, campanha: str) -> Any:
        return await self.julia.call(function, campanha_id=campanha, por="ana")

    async def progress(self, campanha: str) -> Any:
        (one,) = (await self.julia.call("campanha_progresso", campanha_id=campanha))["campanhas"]
        return one

    async def feed(self, limit: int = 50) -> int:
        """Run the job of the minute; return how many messages it put into the outbox."""
        fed = 0
        while True:
            done = await self.julia.call("feed_campaigns", limit=limit)
            fed += done["enfileiradas"]
            if not done["mais"]:
                return fed

    async def plan(self) -> int:
        """Run the job of the day; return how many follow-ups it planned."""
        return (await self.julia.call("plan_followups", limit=50))["planejados"]

    async def send(self) -> list[str]:
        """Send whatever may go now, but for the time between two sends; return the texts."""
        texts = []
        for row in await self.julia.sql(
            "select distinct conversa_id from fila_mensagens where status = 'pendente' "
            "order by conversa_id"
        ):
            while (claim := await self.claim(str(row["conversa_id"])))["status"] == "enviar":
                await self.julia.record(claim)
                texts.append(claim["conteudo"])
        return texts

    async def claim(self, conversa: str) -> Any:
        """Claim, whatever the time that has to pass between two sends."""
        while (claim := await self.julia.claim(conversa)).get("motivo") in {
            "digitar",
            "espacamento",
        }:
            wait = max(claim.get("digitar_ms") or 0, claim.get("retry_in_ms") or 0)
            await self.julia.later(milliseconds=wait + 1)
        return claim

    async def run(self) -> list[str]:
        """Feed and send; return the texts."""
        await self.feed()
        return await self.send()

    async def reply(self, n: int = 0, text: str = "oi", **p: Any) -> str:
        """The doctor writes and is answered; return the conversation."""
        conversa = (await self.julia.receive(self.phone(n), text, **p))["conversa_id"]
        await self.julia.answer(conversa, "Que bom!")
        claim = await self.claim(conversa)
        assert claim["kind"] == "reply"
        await self.julia.record(claim)
        return conversa

    async def recipients(self, campanha: str) -> dict[tuple[str, str | None], int]:
        """How many recipients are in each state, for each reason."""
        rows = await self.julia.sql(
            "select status, motivo, count(*) as n from campanha_destinatarios "
            "where campanha_id = $1 group by 1, 2",
            uuid.UUID(campanha),
        )
        return {(row["status"], row["motivo"]): row["n"] for row in rows}

    async def outbox(self, kind: str = "campanha") -> list[asyncpg.Record]:
        return await self.julia.sql(
            "select * from fila_mensagens where kind = $1 order by created_at, id", kind
        )

    async def stage(self, medico: str) -> str:
        return await self.julia.value(
            "select stage from conversations where medico_id = $1", uuid.UUID(medico)
        )

    def local(self) -> datetime:
        return self.julia.now().astimezone(SAO_PAULO)

    async def _insert(self, table: str, row: dict[str, Any]) -> None:
        marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await self.julia.sql(
            f"insert into {table} ({', '.join(row)}) values ({marks})",  # noqa: S608 - our own names
            *row.values(),
        )
