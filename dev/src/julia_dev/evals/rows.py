"""Reads the rows that the outside cannot see."""

import datetime as dt

from julia_dev.evals.played import Rows
from julia_dev.evals.scene import Scene
from julia_dev.evals.world import Database


async def rows_of(db: Database, scene: Scene) -> Rows:
    """Read what the outside cannot see of a conversation."""
    main = scene.main.id
    opt_out = await db.fetchval(
        "select case when opted_out then 'definitivo' when sem_contato_ate is not null then 'mes'"
        " else 'nao' end from medicos where id = $1",
        main,
    )
    bookings = await _by_doctor(
        db, scene, "select medico_id, vaga_id from reservas where status = 'confirmada'"
    )
    waiting = await _by_doctor(
        db,
        scene,
        "select medico_id, vaga_id from lista_espera where status in ('esperando', 'oferecida')",
    )
    offered = await _by_doctor(
        db, scene, "select medico_id, vaga_id from lista_espera where status = 'oferecida'"
    )
    key_of = {shift.id: shift.key for shift in scene.shifts.values()}
    shifts = await db.fetch(
        "select id::text, status from vagas where id = any ($1::uuid[])", list(key_of)
    )
    prices = await db.fetch(
        "select vaga_id::text, coalesce(r.valor_centavos, v.valor_centavos) as centavos"
        " from reservas r join vagas v on v.id = r.vaga_id"
        " where r.status = 'confirmada' and v.id = any ($1::uuid[])",
        list(key_of),
    )
    refused = await db.fetch("select vaga_id::text from recusas_vagas where medico_id = $1", main)
    return Rows(
        handoffs=await _words(db, "select trigger_type from handoffs where medico_id = $1", main),
        opt_out=opt_out,
        refused=frozenset(key_of[row["vaga_id"]] for row in refused if row["vaga_id"] in key_of),
        bookings=bookings,
        waiting=waiting,
        offered=offered,
        shifts={key_of[row["id"]]: row["status"] for row in shifts},
        prices={key_of[r["vaga_id"]]: r["centavos"] / 100 for r in prices if r["centavos"]},
        memories=await _words(
            db, "select content from doctor_context where medico_id = $1 and source = 'julia'", main
        ),
        reminders=await _reminders(db, main),
        bot_suspected=bool(
            await _words(db, "select trecho from metricas_deteccao_bot where medico_id = $1", main)
        ),
        documents=len(await _words(db, "select tipo from documentos where medico_id = $1", main)),
        notices=frozenset(
            await _words(
                db,
                "select n.tipo from notificacoes_gestor n where medico_id = any ($1::uuid[])",
                [doctor.id for doctor in scene.doctors.values()],
            )
        ),
        claude_asked=bool(
            await _words(
                db,
                "select t.model from turnos t join conversations c on c.id = t.conversa_id"
                " where c.medico_id = $1 and t.model is not null",
                main,
            )
        ),
    )


async def _reminders(db: Database, doctor: str) -> tuple[tuple[str, dt.datetime], ...]:
    rows = await db.fetch(
        "select conteudo, agendar_para from fila_mensagens where medico_id = $1"
        " and kind = 'lembrete' and status = 'pendente' order by agendar_para",
        doctor,
    )
    return tuple((row["conteudo"], row["agendar_para"]) for row in rows)


async def _by_doctor(db: Database, scene: Scene, statement: str) -> dict[str, frozenset[str]]:
    shift_of = {shift.id: shift.key for shift in scene.shifts.values()}
    found: dict[str, set[str]] = {}
    for key, doctor in scene.doctors.items():
        for row in await db.fetch(f"{statement} and medico_id = $1", doctor.id):
            found.setdefault(key, set()).add(shift_of.get(str(row["vaga_id"]), "another shift"))
    return {key: frozenset(shifts) for key, shifts in found.items()}


async def _words(db: Database, statement: str, *arguments: object) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in await db.fetch(statement, *arguments))
