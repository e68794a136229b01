"""What a manager decides with kubectl becomes a row, and what stands becomes the status."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from julia_dev.kube.scene import Bed, Scene, manifest

PAUSE = {"paused": True, "reason": "Manutenção do hospital"}
STOPPED = ("True", "Stopped")
RUNNING = ("True", "Running")


def table(text: str) -> dict[str, str]:
    """The header of a table with one row, and what stands below; cells hold no two blanks."""
    head, row = text.splitlines()
    starts = [name.start() for name in re.finditer(r"\S+( \S+)*", head)]
    ends = [*starts[1:], None]
    return {head[a:b].strip(): row[a:b].strip() for a, b in zip(starts, ends, strict=True)}


async def test_a_pause_becomes_a_row_and_shows_when_nothing_is_in_flight(scene: Scene) -> None:
    before = await scene.rows()

    await scene.apply("geral", **PAUSE)
    await scene.kubectl("wait", "juliastatus/geral", "--for=condition=Enforced", "--timeout=60s")

    assert await scene.rows() == [*before, ("pausado", "kubernetes")]
    assert await scene.conditions("geral") == {
        "Applied": ("True", "Recorded"),
        "Enforced": STOPPED,
        "Overridden": ("False", "AsAskedFor"),
    }
    shown = table(await scene.kubectl("get", "js"))
    assert " ".join(shown) == (
        "NAME PAUSED SCOPE SINCE REASON BY IN FLIGHT LATE STARTS BACKLOG AGE"
    )
    assert (shown["PAUSED"], shown["SCOPE"]) == ("true", "everything")
    assert (shown["IN FLIGHT"], shown["LATE STARTS"], shown["BACKLOG"]) == ("0", "0", "0")
    assert shown["REASON"] == PAUSE["reason"]
    assert shown["SINCE"].endswith("s")


async def test_a_resume_names_its_author_and_ends_whatever_paused_the_scope(scene: Scene) -> None:
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=STOPPED)
    await scene.decide("pausado", "emergência")
    await scene.until("geral", Overridden=("False", "AlsoPausedElsewhere"))

    await scene.kubectl.apply(manifest("geral", paused=False), arguments=("--field-manager=ana",))
    await scene.until("geral", Enforced=RUNNING, Overridden=("False", "AsAskedFor"))

    assert await scene.standing() == 0
    status = (await scene.resource("geral"))["status"]
    assert (status["changedBy"], status["changedVia"]) == ("ana", "kubernetes")
    assert (status["phase"], status["paused"]) == ("Active", False)
    assert "reason" not in status
    assert [reason for _, reason, _ in await scene.events("geral")] == [
        "Paused",
        "Stopped",
        "Paused",
        "Resumed",
    ]


async def test_an_unchanged_apply_repeats_nothing_and_a_request_repeats_the_decision(
    scene: Scene, bed: Bed
) -> None:
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=STOPPED)
    await scene.decide("ativo", "voltamos", by="ana")
    await scene.until(
        "geral", Overridden=("True", "ResumedElsewhere"), Enforced=("False", "Overridden")
    )
    # Of a part, which ended nothing: it does not become the author of the resume.
    await scene.database.execute(
        "insert into julia_status (status, motivo, alterado_via, alterado_por, escopo)"
        " values ('pausado', 'chuva', 'manual', 'bruno', '{\"estado\": \"SP\"}')"
    )
    rows = await scene.rows()

    await scene.apply("geral", **PAUSE)
    await scene.kubectl("label", "js", "geral", "gitops=sim")
    await bed.looked_again()
    assert await scene.rows() == rows
    overridden = (await scene.resource("geral"))["status"]["conditions"][2]
    assert overridden["message"] == "Resumed via manual by ana: voltamos"

    await scene.apply("geral", **PAUSE, request="2")
    await scene.until("geral", Enforced=STOPPED)
    assert await scene.rows() == [*rows, ("pausado", "kubernetes")]


async def test_a_pause_by_sql_shows_with_its_author_and_nothing_old_or_new_lifts_it(
    scene: Scene,
) -> None:
    await scene.apply("geral", paused=False)
    await scene.until("geral", Enforced=RUNNING)

    await scene.decide("pausado", "emergência", by="plantonista")
    await scene.until("geral", Overridden=("True", "PausedElsewhere"))
    overridden = (await scene.resource("geral"))["status"]["conditions"][2]
    assert overridden["message"] == "Paused via manual by plantonista: emergência"

    await scene.kubectl("delete", "js", "geral", "--timeout=60s")
    await scene.apply("geral", paused=False)
    await scene.until("geral", Overridden=("True", "PausedElsewhere"))
    assert await scene.standing() == 1
    events = await scene.events("geral")
    assert [(kind, reason) for kind, reason, _ in events][-2:] == [
        ("Normal", "Removed"),
        ("Warning", "NotResumed"),
    ]
    assert "spec.request" in events[-1][2]


async def test_a_deletion_ends_the_pauses_of_that_resource_and_no_others(scene: Scene) -> None:
    await scene.decide("pausado", "emergência")
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Overridden=("False", "AlsoPausedElsewhere"))
    assert await scene.standing() == 2

    await scene.kubectl("delete", "js", "geral", "--timeout=60s")

    assert (await scene.rows())[-1] == ("ativo", "kubernetes")
    assert await scene.standing() == 1


async def test_resources_with_different_scopes_leave_each_other_alone(scene: Scene) -> None:
    await scene.apply("sul", **PAUSE, scope={"estado": "RS"})
    await scene.apply("norte", **PAUSE, scope={"estado": "PA"})
    await scene.until("sul", Enforced=STOPPED)
    await scene.until("norte", Enforced=STOPPED)
    await scene.apply("geral", paused=False)
    await scene.until(
        "geral", Overridden=("True", "PausedInPart"), Enforced=("False", "Overridden")
    )

    await scene.apply("sul", paused=False, scope={"estado": "RS"})
    await scene.until("sul", Enforced=RUNNING)

    assert (await scene.conditions("norte"))["Enforced"] == STOPPED
    assert (await scene.resource("norte"))["status"]["scope"] == "estado=PA"
    assert await scene.standing() == 1


async def test_a_pause_ends_by_itself_and_says_so(scene: Scene) -> None:
    end = datetime.now(UTC) + timedelta(seconds=3)

    await scene.apply("geral", **PAUSE, until=end.isoformat())
    await scene.until("geral", Enforced=STOPPED)
    rows = await scene.rows()
    await scene.until("geral", Enforced=("False", "Expired"), Overridden=("False", "Expired"))

    status = (await scene.resource("geral"))["status"]
    assert (status["phase"], status["paused"]) == ("Active", False)
    assert "until" not in status
    assert [reason for _, reason, _ in await scene.events("geral")][-1] == "Expired"
    assert await scene.rows() == rows


async def test_what_nobody_knows_is_refused_in_words_until_somebody_adds_it(scene: Scene) -> None:
    await scene.apply("geral", **PAUSE, scope={"especialidade": "Teleportação"})
    await scene.until("geral", Applied=("False", "Refused"), Enforced=("Unknown", "Refused"))

    (event,) = await scene.events("geral")
    assert event[:2] == ("Warning", "Refused")
    assert "there is no specialty Teleportação" in event[2]
    assert "especialidades" in event[2]
    assert await scene.standing() == 0

    await scene.database.execute("insert into especialidades (nome) values ('Teleportação')")
    await scene.until("geral", Applied=("True", "Recorded"), Enforced=STOPPED)
    assert await scene.standing() == 1
    assert ("Normal", "Recorded") in [event[:2] for event in await scene.events("geral")]


async def test_sends_in_flight_are_counted_down_before_a_pause_is_enforced(
    scene: Scene,
) -> None:
    claim = await claimed(scene)

    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=("False", "InFlight"))
    status = (await scene.resource("geral"))["status"]
    assert (status["phase"], status["inFlight"], status["paused"]) == ("Draining", 1, True)

    await call(
        scene,
        "record_send",
        claim_id=claim,
        result="enviada",
        provider_message_id="m1",
        start_delay_ms=5,
    )
    await scene.kubectl("wait", "js/geral", "--for=condition=Enforced", "--timeout=60s")
    status = (await scene.resource("geral"))["status"]
    assert (status["phase"], status["inFlight"]) == ("Paused", 0)
    assert (status["lateStarts"], status["claimsAfterStop"]) == (0, 0)


async def claimed(scene: Scene) -> str:
    """Let a doctor write, Julia answer and the answer be claimed; return the claim."""
    received = await call(
        scene,
        "receive_message",
        instance="julia-teste",
        key_id="k1",
        identities=[{"kind": "phone", "jid": "5511988887777@s.whatsapp.net"}],
        provider_at=datetime.now(UTC).isoformat(),
        tipo_conteudo="texto",
        conteudo="Oi",
        origin="webhook",
    )
    await scene.database.execute(
        "update conversations set quiet_at = api.agora(), due_at = api.agora();"
        "update configuracoes set valor = '0' where chave = 'digitacao_ms_por_caractere'"
    )
    own = {
        "conversa_id": received["conversa_id"],
        "token": "00000000-0000-4000-8000-000000000001",
        "owner": "00000000-0000-4000-8000-000000000002",
    }
    turn = await call(scene, "begin_turn", **own)
    committed = {key: turn[key] for key in ("turno_id", "control_epoch", "inbox_seq")}
    del own["owner"]
    await call(scene, "commit_turn", **own, **committed, outcome="resposta", parts=["Olá"])
    claim = {"claim_id": "00000000-0000-4000-8000-000000000003"}
    answer = await call(
        scene,
        "claim_next",
        conversa_id=own["conversa_id"],
        owner="00000000-0000-4000-8000-000000000002",
        max_hora=100,
        max_dia=100,
        post_timeout_s=10,
        **claim,
    )
    assert answer["status"] == "enviar"
    return claim["claim_id"]


async def call(scene: Scene, function: str, **p: Any) -> Any:
    """Call a function of the database as services do."""
    async with scene.database.transaction():
        await scene.database.execute("set local role service_role")
        answer = await scene.database.fetchval(f"select api.{function}($1::jsonb)", json.dumps(p))
    return json.loads(answer)
