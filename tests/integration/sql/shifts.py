"""Shifts, and doctors who book them, through the same functions as the brain's."""

import uuid
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from tests.integration.sql.conftest import PHONE, Julia

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
TERMS = ("conversa_id", "token", "turno_id", "control_epoch")


class Shifts:
    """Hospitals and shifts as managers enter them, and what turns do with them."""

    def __init__(self, julia: Julia) -> None:
        self.julia = julia

    async def specialty(self, nome: str = "Anestesiologia") -> int:
        await self.julia.sql(
            "insert into especialidades (nome) values ($1) on conflict do nothing", nome
        )
        return await self.julia.value("select id from especialidades where nome = $1", nome)

    async def hospital(self, nome: str = "Hospital São Luiz", **more: Any) -> str:
        row = {"cidade": "Campinas", "estado": "SP", "endereco_formatado": "Rua A, 1"} | more
        await self.julia.sql(
            "insert into hospitais (nome, cidade, estado, endereco_formatado) "
            "values ($1, $2, $3, $4) on conflict do nothing",
            nome, row["cidade"], row["estado"], row["endereco_formatado"],
        )  # fmt: skip
        return str(await self.julia.value("select id from hospitais where nome = $1", nome))

    async def offer(
        self,
        days: int = 3,
        hours: str = "19:00-07:00",
        *,
        hospital: str = "Hospital São Luiz",
        specialty: str = "Anestesiologia",
        **more: Any,
    ) -> str:
        """Enter a shift `days` from today in São Paulo; return its id."""
        begins, _, ends = hours.partition("-")
        row = {
            "hospital_id": await self.hospital(hospital),
            "especialidade_id": await self.specialty(specialty),
            "data": self.day(days),
            "hora_inicio": time.fromisoformat(begins),
            "hora_fim": time.fromisoformat(ends),
        } | ({"valor_centavos": 150000} | more)
        names = ", ".join(row)
        marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        return str(
            await self.julia.value(
                f"insert into vagas ({names}) values ({marks}) returning id",  # noqa: S608 - our own names
                *row.values(),
            )
        )

    def day(self, days: int) -> date:
        return self.julia.now().astimezone(SAO_PAULO).date() + timedelta(days=days)

    async def doctor(self, number: str = PHONE, specialty: str = "Anestesiologia") -> str:
        """Make a doctor known by this number; return the doctor's id."""
        return str(
            await self.julia.value(
                "insert into medicos (telefone, especialidade_id) values ($1, $2) returning id",
                f"+{number}",
                await self.specialty(specialty),
            )
        )

    async def turn(self, number: str = PHONE, text: str = "quero esse") -> Any:
        """Let the doctor write, and begin the turn that answers."""
        conversa = (await self.julia.receive(number, text))["conversa_id"]
        await self.julia.make_due(conversa)
        turn = await self.julia.begin(conversa)
        assert turn["status"] == "iniciado"
        return turn

    async def search(self, turn: Any, **p: Any) -> Any:
        return await self.julia.call("search_shifts", conversa_id=turn["conversa_id"], **p)

    async def hold(self, turn: Any, vaga: str, **p: Any) -> Any:
        fence = {name: turn[name] for name in TERMS}
        return await self.julia.call("hold_shift", **fence, vaga_id=vaga, **p)

    async def book(self, vaga: str, number: str = PHONE, **p: Any) -> str:
        """Book a shift in a turn of its own; return the booking's id."""
        turn = await self.turn(number)
        held = await self.hold(turn, vaga, **p)
        assert held["status"] == "segurada", held
        done = await self.julia.commit(turn, "Fechado!", holds=[held["reserva_id"]])
        assert done["status"] == "confirmado"
        return held["reserva_id"]

    async def vaga(self, vaga: str) -> asyncpg.Record:
        return (await self.julia.sql("select * from vagas where id = $1", uuid.UUID(vaga)))[0]

    async def claims(self, vaga: str) -> list[str]:
        """What became of each claim on the shift, in order."""
        rows = await self.julia.sql(
            "select status from reservas where vaga_id = $1 order by created_at, id",
            uuid.UUID(vaga),
        )
        return [row["status"] for row in rows]

    async def notices(self) -> list[str]:
        """What managers were told, in order."""
        rows = await self.julia.sql("select tipo from notificacoes_gestor order by created_at")
        return [row["tipo"] for row in rows]

    async def check_the_books(self) -> None:
        """I6: one holder for each shift, no overlap for any doctor, rest included."""
        assert await self.julia.sql(_TWO_HOLDERS) == []
        assert await self.julia.sql(_OUT_OF_STEP) == []
        assert await self.julia.sql(_OVERLAPS) == []


_TWO_HOLDERS = """
    select vaga_id from reservas where status in ('segurada', 'confirmada')
    group by vaga_id having count(*) > 1
"""
_OUT_OF_STEP = """
    select v.id from vagas v
      left join reservas r on r.vaga_id = v.id and r.status = 'confirmada'
     where (v.status = 'reservada') <> (r.id is not null)
        or v.medico_id is distinct from r.medico_id
"""
# By the hours of the shifts themselves, not by what the functions made of them.
_OVERLAPS = """
    select a.id, b.id from vagas a join vagas b on a.medico_id = b.medico_id and a.id < b.id
     where a.inicio < b.fim + interval '60 minutes' and b.inicio < a.fim + interval '60 minutes'
"""
