"""The neighbours of one run: the simulated WhatsApp and Claude, and the database."""

import asyncio
import base64
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

import asyncpg
import httpx

from julia_dev.evals.case import Media, ScriptedAnswer
from julia_dev.evals.loading import Hospital
from julia_dev.evals.played import Rows
from julia_dev.evals.scene import NO_SHIFTS, SPECIALTIES, Doctor, Scene, Shift
from julia_dev.stack.environment import DATABASE
from julia_dev.stack.stack import Stack
from julia_simulators import files

_PAGE = 10_000
_LONGEST_FILE_S = 60
_ARCHIVE = "Medicina Legal"
"""No doctor's speciality: the shifts of conversations that have ended."""

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
_RESERVED_COST = """
select c.medico_id::text as medico, coalesce(sum(t.custo_usd), 0) as usd
  from conversations c left join turnos t on t.conversa_id = c.id
 group by c.medico_id
"""


class World:
    """One run's neighbours."""

    def __init__(self, stack: Stack, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        """Use `open`."""
        self._whatsapp = _client(stack.url("evolution"))
        self._claude = _client(stack.url("anthropic"))
        self._pool = pool
        self._instance = stack.environment()["EVOLUTION_INSTANCE"]

    @classmethod
    async def open(cls, stack: Stack) -> Self:
        """Connect to the simulators and, as its owner, to the database."""
        pool = await asyncpg.create_pool(stack.postgres.dsn(DATABASE), min_size=2, max_size=8)
        return cls(stack, pool)

    async def close(self) -> None:
        """Let go of everything."""
        await self._whatsapp.aclose()
        await self._claude.aclose()
        await self._pool.close()

    # Before the conversations

    async def furnish(self, hospitals: Mapping[str, Hospital]) -> None:
        """Make the lookups that all cases share."""
        for name in (*SPECIALTIES, NO_SHIFTS, _ARCHIVE):
            await self._pool.execute(
                "insert into especialidades (nome) values ($1) on conflict do nothing", name
            )
        for hospital in hospitals.values():
            row = await self._pool.fetchval(
                "insert into hospitais (nome, endereco_formatado, cidade, estado)"
                " values ($1, $2, $3, $4) returning id",
                *(hospital.nome, hospital.endereco, hospital.cidade, hospital.estado),
            )
            await self._pool.executemany(
                "insert into hospitais_alias (alias, hospital_id) values ($1, $2)",
                [(alias, row) for alias in hospital.apelidos],
            )

    async def open_at_all_hours(self) -> None:
        """Let offers go out on Sundays too: when they may is not judged here.

        A change of this run's own database; production has no such switch.
        """
        await self._pool.execute(
            "create or replace function private.opens_at(p_now timestamptz) returns timestamptz"
            " language sql immutable set search_path = '' as 'select null::timestamptz'"
        )

    async def quicken(self) -> None:
        """Let the simulated Claude answer at once; how long it thinks is not judged here."""
        speed = {"first_token_median_s": 0.05, "first_token_sigma": 0.1, "seconds_per_token": 0}
        (await self._claude.patch("/_sim/behaviour", json=speed)).raise_for_status()

    async def set_up(self, scene: Scene) -> None:
        """Make the doctors, shifts, bookings, directives and memories of a case."""
        for doctor in scene.doctors.values():
            await self._join(doctor)
        for shift in scene.shifts.values():
            await self._add_shift(shift)
        for booking in scene.case.reservas:
            await self._pool.execute(
                "update vagas set status = 'reservada', medico_id = $2 where id = $1",
                scene.shifts[booking.vaga].id,
                scene.doctors[booking.medico].id,
            )
        for directive in scene.case.diretrizes:
            await self._pool.execute(
                "insert into diretrizes (tipo, conteudo, medico_id, vaga_id)"
                " values ($1, $2, $3, $4)",
                *(directive.tipo, directive.conteudo, scene.main.id),
                scene.shifts[directive.vaga].id if directive.vaga else None,
            )
        for memory in scene.case.memorias:
            await self._pool.execute(
                "insert into doctor_context (medico_id, tipo, content) values ($1, $2, $3)",
                *(scene.main.id, memory.tipo, memory.conteudo),
            )

    async def _join(self, doctor: Doctor) -> None:
        await self._post(
            "/_sim/doctors", {"number": doctor.number, "name": f"{doctor.first_name} Moura"}
        )
        await self._pool.execute(
            "insert into medicos (id, primeiro_nome, sobrenome, telefone, cidade, estado,"
            " especialidade_id) values ($1, $2, 'Moura', $3, $4, $5,"
            " (select id from especialidades where nome = $6))",
            *(doctor.id, doctor.first_name, f"+{doctor.number}", doctor.city, doctor.state),
            doctor.specialty,
        )

    async def _add_shift(self, shift: Shift) -> None:
        setup = shift.setup
        low, high = setup.faixa or (setup.minimo, setup.maximo)
        kind = "faixa" if setup.faixa else "a_combinar" if setup.valor is None else "fixo"
        await self._pool.execute(
            "insert into vagas (id, hospital_id, especialidade_id, setor_id, data, hora_inicio,"
            " hora_fim, valor_tipo, valor_centavos, valor_minimo_centavos, valor_maximo_centavos,"
            " status) values ($1, (select id from hospitais where nome = $2),"
            " (select id from especialidades where nome = $3),"
            " (select id from setores where nome = $4), $5, $6, $7, $8, $9, $10, $11, $12)",
            *(shift.id, shift.hospital.nome, shift.specialty, setup.setor, shift.start.date()),
            *(shift.start.time(), shift.end.time(), kind),
            *(None if amount is None else amount * 100 for amount in (setup.valor, low, high)),
            setup.status,
        )

    async def clear_away(self, scene: Scene) -> None:
        """Put the shifts of a case where no other conversation looks for any."""
        await self._pool.execute(
            "update vagas set especialidade_id = (select id from especialidades where nome = $2)"
            " where id = any ($1::uuid[])",
            [shift.id for shift in scene.shifts.values()],
            _ARCHIVE,
        )

    # During a conversation

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
        await self._pool.execute(
            "update conversations set controlled_by = 'human',"
            " escalation_reason = 'Handoff manual' where medico_id = $1 and closed_at is null",
            doctor.id,
        )

    async def give_back(self, doctor: Doctor) -> None:
        """Give the doctor's conversation back to Julia."""
        await self._pool.execute(
            "update conversations set controlled_by = 'ai'"
            " where medico_id = $1 and closed_at is null",
            doctor.id,
        )

    async def change_shift(self, shift: Shift, status: str) -> None:
        """Change a shift as managers do."""
        await self._pool.execute("update vagas set status = $2 where id = $1", shift.id, status)

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
            if await self._pool.fetchval(_AT_REST, doctor.id, list(keys)):
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
        return bool(await self._pool.fetchval(_BOOKED, doctor.id))

    # Afterwards

    async def rows(self, scene: Scene) -> Rows:
        """Read what the outside cannot see of a conversation."""
        main = scene.main.id
        person = await self._one("select * from medicos where id = $1", main)
        bookings = await self._by_doctor(
            scene, "select medico_id, vaga_id from reservas where status = 'confirmada'"
        )
        waiting = await self._by_doctor(
            scene,
            "select medico_id, vaga_id from lista_espera"
            " where status in ('esperando', 'oferecida')",
        )
        offered = await self._by_doctor(
            scene, "select medico_id, vaga_id from lista_espera where status = 'oferecida'"
        )
        key_of = {shift.id: shift.key for shift in scene.shifts.values()}
        shifts = await self._all(
            "select id::text, status from vagas where id = any ($1::uuid[])", list(key_of)
        )
        prices = await self._all(
            "select vaga_id::text, coalesce(r.valor_centavos, v.valor_centavos) as centavos"
            " from reservas r join vagas v on v.id = r.vaga_id"
            " where r.status = 'confirmada' and v.id = any ($1::uuid[])",
            list(key_of),
        )
        refused = await self._all(
            "select vaga_id::text from recusas_vagas where medico_id = $1", main
        )
        return Rows(
            handoffs=await self._words(
                "select trigger_type from handoffs where medico_id = $1", main
            ),
            opt_out="definitivo"
            if person["opted_out"]
            else "mes"
            if person["sem_contato_ate"]
            else "nao",
            refused=frozenset(
                key_of[row["vaga_id"]] for row in refused if row["vaga_id"] in key_of
            ),
            bookings=bookings,
            waiting=waiting,
            offered=offered,
            shifts={key_of[row["id"]]: row["status"] for row in shifts},
            prices={key_of[r["vaga_id"]]: r["centavos"] / 100 for r in prices if r["centavos"]},
            memories=await self._words(
                "select content from doctor_context where medico_id = $1 and source = 'julia'", main
            ),
            reminders=await self._reminders(main),
            bot_suspected=bool(
                await self._words(
                    "select trecho from metricas_deteccao_bot where medico_id = $1", main
                )
            ),
            documents=len(
                await self._words("select tipo from documentos where medico_id = $1", main)
            ),
            notices=frozenset(
                await self._words(
                    "select n.tipo from notificacoes_gestor n where medico_id = any ($1::uuid[])",
                    [doctor.id for doctor in scene.doctors.values()],
                )
            ),
            claude_asked=bool(
                await self._words(
                    "select t.model from turnos t join conversations c on c.id = t.conversa_id"
                    " where c.medico_id = $1 and t.model is not null",
                    main,
                )
            ),
        )

    async def costs(self) -> dict[str, Decimal]:
        """Return the cost of each doctor's conversations, as `turnos` has it, in US dollars."""
        rows = await self._all(_RESERVED_COST)
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

    async def _reminders(self, doctor: str) -> tuple[tuple[str, dt.datetime], ...]:
        rows = await self._all(
            "select conteudo, agendar_para from fila_mensagens where medico_id = $1"
            " and kind = 'lembrete' and status = 'pendente' order by agendar_para",
            doctor,
        )
        return tuple((row["conteudo"], row["agendar_para"]) for row in rows)

    async def _by_doctor(self, scene: Scene, statement: str) -> dict[str, frozenset[str]]:
        shift_of = {shift.id: shift.key for shift in scene.shifts.values()}
        found: dict[str, set[str]] = {}
        for key, doctor in scene.doctors.items():
            for row in await self._all(f"{statement} and medico_id = $1", doctor.id):
                found.setdefault(key, set()).add(shift_of.get(str(row["vaga_id"]), "another shift"))
        return {key: frozenset(shifts) for key, shifts in found.items()}

    async def _words(self, statement: str, *arguments: object) -> tuple[str, ...]:
        return tuple(str(row[0]) for row in await self._all(statement, *arguments))

    async def _one(self, statement: str, *arguments: object) -> asyncpg.Record:
        (row,) = await self._all(statement, *arguments)
        return row

    async def _all(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        return list(await self._pool.fetch(statement, *arguments))

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
