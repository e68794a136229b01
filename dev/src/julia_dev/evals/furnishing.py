"""What is in the database before a conversation begins."""

from collections.abc import Mapping
from typing import Final

from julia_dev.evals.cast import NO_SHIFTS, SPECIALTIES, Doctor
from julia_dev.evals.loading import Hospital
from julia_dev.evals.scene import Scene, Shift
from julia_dev.evals.world import Database

_ARCHIVE: Final = "Medicina Legal"
"""No doctor's speciality: the shifts of conversations that have ended."""


async def furnish(db: Database, hospitals: Mapping[str, Hospital]) -> None:
    """Make the lookups that all cases share."""
    for name in (*SPECIALTIES, NO_SHIFTS, _ARCHIVE):
        await db.execute(
            "insert into especialidades (nome) values ($1) on conflict do nothing", name
        )
    for hospital in hospitals.values():
        row = await db.fetchval(
            "insert into hospitais (nome, endereco_formatado, cidade, estado)"
            " values ($1, $2, $3, $4) returning id",
            *(hospital.nome, hospital.endereco, hospital.cidade, hospital.estado),
        )
        await db.executemany(
            "insert into hospitais_alias (alias, hospital_id) values ($1, $2)",
            [(alias, row) for alias in hospital.apelidos],
        )


async def send_offers_at_once(db: Database) -> None:
    """Let offers go out on Sundays too, and one right after the other: not judged here.

    A change of this run's own database; production has no switch for the hours.
    """
    await db.execute(
        "create or replace function private.opens_at(p_now timestamptz) returns timestamptz"
        " language sql stable set search_path = '' as 'select null::timestamptz'"
    )
    await db.execute(
        "update configuracoes set valor = '[0, 0]' where chave = 'espacamento_segundos'"
    )


async def set_up(db: Database, scene: Scene) -> None:
    """Make the doctors, shifts, bookings, directives and memories of a case."""
    for doctor in scene.doctors.values():
        await _add_doctor(db, doctor)
    for shift in scene.shifts.values():
        await _add_shift(db, shift)
    for booking in scene.case.reservas:
        await db.execute(
            "update vagas set status = 'reservada', medico_id = $2 where id = $1",
            scene.shifts[booking.vaga].id,
            scene.doctors[booking.medico].id,
        )
    for directive in scene.case.diretrizes:
        await db.execute(
            "insert into diretrizes (tipo, conteudo, medico_id, vaga_id) values ($1, $2, $3, $4)",
            *(directive.tipo, directive.conteudo, scene.main.id),
            scene.shifts[directive.vaga].id if directive.vaga else None,
        )
    for memory in scene.case.memorias:
        await db.execute(
            "insert into doctor_context (medico_id, tipo, content) values ($1, $2, $3)",
            *(scene.main.id, memory.tipo, memory.conteudo),
        )


async def _add_doctor(db: Database, doctor: Doctor) -> None:
    await db.execute(
        "insert into medicos (id, primeiro_nome, sobrenome, telefone, cidade, estado,"
        " especialidade_id) values ($1, $2, 'Moura', $3, $4, $5,"
        " (select id from especialidades where nome = $6))",
        *(doctor.id, doctor.first_name, f"+{doctor.number}", doctor.city, doctor.state),
        doctor.specialty,
    )


async def _add_shift(db: Database, shift: Shift) -> None:
    setup = shift.setup
    low, high = setup.faixa or (setup.minimo, setup.maximo)
    kind = "faixa" if setup.faixa else "a_combinar" if setup.valor is None else "fixo"
    await db.execute(
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


async def clear_away(db: Database, scene: Scene) -> None:
    """Put the shifts of a case where no other conversation looks for any."""
    await db.execute(
        "update vagas set especialidade_id = (select id from especialidades where nome = $2)"
        " where id = any ($1::uuid[])",
        [shift.id for shift in scene.shifts.values()],
        _ARCHIVE,
    )
