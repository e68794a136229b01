"""Shifts in the small world of the soak: turns hold, book and give back; managers interfere."""

import random
import uuid
from contextlib import suppress
from typing import Any

import asyncpg
from tests.integration.sql.conftest import Julia
from tests.integration.sql.shifts import Shifts

HOURS = ("07:00-19:00", "13:00-19:00", "19:00-07:00")
DAYS = 40  # the soak's clock goes forward by days


class Market:
    """A few shifts that everybody wants, many of them at the same hours."""

    def __init__(self, julia: Julia, chance: random.Random) -> None:
        self.julia = julia
        self.chance = chance
        self.shifts = Shifts(julia)
        self.vagas: list[str] = []

    async def open(self) -> None:
        for n in range(24):
            self.vagas.append(
                await self.shifts.offer(DAYS + n // 8, HOURS[n % 3], hospital=f"Hospital {n}")
            )

    async def draft(self, turn: Any) -> dict[str, Any]:
        """What the tools of a turn held, gave back and asked for, now and then."""
        holds: list[str] = []
        while self.chance.random() < 0.5:
            held = await self.shifts.hold(turn, self.chance.choice(self.vagas))
            if held["status"] == "segurada" and self.chance.random() < 0.8:
                holds.append(held["reserva_id"])
        given_back = [r["reserva_id"] for r in turn["reservas"] if self.chance.random() < 0.3]
        waited_for = [v for v in self.chance.sample(self.vagas, 1) if self.chance.random() < 0.3]
        return {
            "holds": holds,
            "effects": {
                "cancelamentos": [{"reserva_id": r, "motivo": "x"} for r in given_back],
                "lista_espera": waited_for,
            },
        }

    async def manage(self) -> None:
        """A manager changes a shift by plain SQL."""
        vaga = uuid.UUID(self.chance.choice(self.vagas))
        change = self.chance.choice(
            [
                "status = 'cancelada'",
                "status = 'aberta'",
                "status = 'aberta'",
                "data = data + 1",
                "medico_id = (select id from medicos where merged_into is null "
                "order by md5(id::text || now()::text) limit 1)",
            ]
        )
        # Two shifts at once are refused.
        with suppress(asyncpg.ExclusionViolationError):
            await self.julia.sql(f"update vagas set {change} where id = $1", vaga)  # noqa: S608

    async def expire(self) -> None:
        await self.julia.call("expire_holds", limit=10)

    async def check(self) -> None:
        """I6, and no hold outlives its turn."""
        await self.shifts.check_the_books()
        assert await self.julia.sql("select id from reservas where status = 'segurada'") == []
        assert await self.julia.value("select count(*) from reservas where status = 'confirmada'")
