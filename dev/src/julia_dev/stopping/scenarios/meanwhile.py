"""What goes on during a stop, other ways to stop, and what is kept of all of them."""

import uuid
from collections.abc import Sequence
from typing import Final, Literal

from julia_common.database import ChangeStatus
from julia_dev.stopping.scenarios.play import Scenario
from julia_dev.stopping.scene import Scene, eventually, refused_by_database, require

_BY_A_PERSON: Final = """
with c as (
  update conversations set turn_seq = turn_seq + 1 where id = $1::uuid returning *
)
insert into fila_mensagens
  (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, control_epoch,
   next_ring_at)
select medico_id, id, instance, turn_seq, 1, 'human_agent', 'human_agent', $2, control_epoch,
       api.agora() from c
"""


async def ingest_goes_on_during_a_pause(scene: Scene) -> None:
    """Webhooks are answered 2xx and stored; the backlog shows them."""
    resource = scene.resource("geral")
    await resource.pause("Manutenção")
    await scene.says(resource, paused=True)
    doctors = [await scene.doctor() for _ in range(5)]
    numbers = await scene.letters.write(*doctors)
    for doctor, number in zip(doctors, numbers, strict=True):
        await scene.stored(number)
        await scene.unanswered(doctor, number)
    accepted = await scene.world.first_accepted()
    keys = [key for key, written in scene.letters.written.items() if written[0] in numbers]
    require(len(keys) == len(doctors) and set(keys) <= accepted.keys(), "a webhook was not taken")
    await scene.says(resource, backlog={"inbound": 5, "outbound": 0})
    await resource.resume()
    for doctor, number in zip(doctors, numbers, strict=True):
        await scene.answered(doctor, number)


async def a_person_writes_on_during_a_pause(scene: Scene) -> None:
    """The doctor whom a person has taken over hears from that person."""
    doctor = await scene.doctor()
    (number,) = await scene.letters.write(doctor)
    await scene.answered(doctor, number)
    conversation = await scene.world.conversation_of(doctor)
    await scene.world.sql(
        "UPDATE conversations SET controlled_by = 'human', escalation_reason = 'Handoff manual'"
        " WHERE id = $1::uuid",
        conversation,
    )
    await scene.by_sql("pausado", "Emergencia - pausado manualmente")
    await scene.world.sql(_BY_A_PERSON, conversation, "Oi, aqui é a Carla da equipe")

    async def arrived() -> bool:
        return "Oi, aqui é a Carla da equipe" in await scene.answers(doctor)

    await eventually("the person's message", arrived, within_s=30)
    require(await scene.paused(), "the pause was lifted meanwhile")


async def a_managers_command_happens_once(scene: Scene) -> None:
    """Repeated with the same `op_id`, by an API and by Slack, it is one row."""
    ways: Sequence[tuple[Literal["slack", "api"], str]] = (("api", "ana"), ("slack", "U07PAULA"))
    for via, by in ways:
        before = await scene.last_id()
        stop = ChangeStatus(
            op_id=str(uuid.uuid4()), status="pausado", motivo="Pelo celular", via=via, por=by
        )
        first = await scene.database.change_status(stop)
        again = await scene.database.change_status(stop)
        require((first.status, again.status) == ("registrada", "repetida"), f"{first}, {again}")
        require(first.id == again.id and again.paused, f"{first}, {again}")
        rows = await scene.rows_after(before)
        require([(row.via, row.by) for row in rows] == [(via, by)], f"the rows are {rows}")
        resume = ChangeStatus(
            op_id=str(uuid.uuid4()), status="ativo", motivo="Pode seguir", via=via, por=by
        )
        require(not (await scene.database.change_status(resume)).paused, "it is still paused")


async def every_change_is_a_row_that_nobody_can_change(scene: Scene) -> None:
    """Of the whole run: who, by which way, why, of what; and no way to rewrite it."""
    rows = await scene.rows_after(0)
    require(
        [row.id for row in rows] == sorted({row.id for row in rows}) and len(rows) > 0,
        "the rows are not in one order",
    )
    # Kubernetes keeps no field manager of a deletion, and the runbook's SQL need name nobody.
    unnamed = [
        row
        for row in rows
        if not row.by and row.via != "manual" and not row.reason.endswith("foi removido")
    ]
    require(not unnamed, f"{len(unnamed)} rows name nobody, such as {unnamed[:1]}")
    require(all(row.reason for row in rows), "a row says no reason")
    ways = {row.via for row in rows}
    require(ways >= {"kubernetes", "manual", "api", "slack"}, f"the ways are {ways}")
    for statement in (
        "update julia_status set status = 'ativo'",
        "delete from julia_status",
        "truncate julia_status",
    ):
        words = await refused_by_database(scene, statement)
        require("append-only" in words, f"{statement}: {words}")
    require(await scene.rows_after(0) == rows, "the rows are not what they were")


ALL: Final[Sequence[Scenario]] = (
    ingest_goes_on_during_a_pause,
    a_person_writes_on_during_a_pause,
    a_managers_command_happens_once,
)
