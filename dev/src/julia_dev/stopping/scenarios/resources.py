"""A `JuliaStatus` in the hands of a manager with kubectl."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from julia_dev.kube.kubectl import Refused
from julia_dev.stopping.scenarios.play import Scenario
from julia_dev.stopping.scene import Scene, Wrong, require

_DRAINS: Final = "90s"


async def apply_pauses_and_shows_it(scene: Scene) -> None:
    """The row says who, how and why; the resource and its columns say the same."""
    resource = scene.resource("geral")
    before = await scene.last_id()
    await resource.pause("Chip suspeito")
    row = await scene.row_after(before, "pausado")
    require(
        (row.via, row.by, row.reason, row.scope)
        == ("kubernetes", "kubectl-client-side-apply", "Chip suspeito", {}),
        f"the row says {row}",
    )
    require(await scene.paused(), "the row is there and Julia is not stopped")
    await scene.says(
        resource,
        paused=True,
        phase="Paused",
        reason="Chip suspeito",
        changedVia="kubernetes",
        scope="everything",
    )
    table = await scene.kubectl("get", "js", "geral")
    header, line = table.splitlines()
    wanted = "NAME PAUSED SCOPE SINCE REASON BY IN FLIGHT LATE STARTS BACKLOG AGE"
    require(header.split() == wanted.split(), f"kubectl get shows the columns {header.split()}")
    require("true" in line and "Chip suspeito" in line, f"kubectl get shows {line!r}")
    events = await scene.kubectl.get("events")
    told = {each["reason"] for each in events["items"] if each["involvedObject"]["name"] == "geral"}
    require("Paused" in told, f"the events are {told}")


async def enforced_means_that_nothing_is_in_flight(scene: Scene) -> None:
    """`kubectl wait` returns, and from then on Evolution receives nothing."""
    resource = scene.resource("geral")
    await resource.resume()
    await scene.holds(resource, "Enforced")
    async with scene.load.running():
        if not await scene.load.flowing(claimed=2, open_now=3, within_s=60):
            raise Wrong("doctors write and nothing is sent")
        await resource.pause("Parada sob carga")
        await scene.kubectl("wait", "js/geral", "--for=condition=Enforced", f"--timeout={_DRAINS}")
        returned_at = time.time()
        still_open = await scene.open_sends()
        await asyncio.sleep(2.5)
        late = [
            call
            for call in await scene.world.records("call")
            if call["route"] == "sendText" and call["at"] > returned_at
        ]
        require(await scene.paused(), "it was resumed meanwhile")
        await resource.resume()
    require(still_open == 0, f"{still_open} sends were open when kubectl wait returned")
    require(not late, f"{len(late)} POSTs ended after kubectl wait had returned")


async def resume_answers_the_backlog_in_order(scene: Scene) -> None:
    """What was written during a pause is answered after it, first things first."""
    resource = scene.resource("geral")
    await resource.pause("Manutenção")
    await scene.says(resource, paused=True)
    doctors = [await scene.doctor() for _ in range(3)]
    asked: dict[str, list[int]] = {doctor: [] for doctor in doctors}
    for _ in range(3):
        for doctor, number in zip(doctors, await scene.letters.write(*doctors), strict=True):
            asked[doctor].append(number)
        await asyncio.sleep(1.1)  # WhatsApp's time is in whole seconds
    for doctor, numbers in asked.items():
        await scene.stored(numbers[-1])
        await scene.unanswered(doctor, numbers[0])
    await resource.resume()
    for doctor, numbers in asked.items():
        await scene.answered(doctor, numbers[-1])
        said = " ".join(await scene.answers(doctor))
        places = [said.find(f"#m{number}") for number in numbers]
        require(-1 not in places and places == sorted(places), f"{numbers} answered as {said!r}")


async def a_change_is_one_row_with_two_replicas(scene: Scene) -> None:
    """Both replicas see every change; the database acts on it once."""
    resource = scene.resource("geral")
    before = await scene.last_id()
    for n in range(4):
        await resource.pause(f"Troca {n}")
        await scene.says(resource, paused=True, reason=f"Troca {n}")
        await resource.resume()
        await scene.says(resource, paused=False)
    await asyncio.sleep(4.5)  # each replica looks again every two seconds
    said = [(row.status, row.reason) for row in await scene.rows_after(before)]
    paused = [("pausado", f"Troca {n}") for n in range(4)]
    require([each for each in said if each[0] == "pausado"] == paused, f"the rows are {said}")
    require(len(said) == 2 * len(paused), f"{len(said)} rows for {2 * len(paused)} changes")


async def request_repeats_a_decision(scene: Scene) -> None:
    """Somebody else paused after our resume; a new `request` resumes once more."""
    resource = scene.resource("geral")
    await resource.pause("Primeira")
    await scene.says(resource, paused=True)
    await resource.resume()
    await scene.says(resource, paused=False)
    emergency = await scene.by_sql("pausado", "Emergencia - pausado manualmente", by="paula")
    await resource.resume(request="de novo")
    row = await scene.row_after(emergency.id, "ativo")
    require(row.via == "kubernetes", f"the row says {row}")
    require(not await scene.paused(), "the repeated decision resumed nothing")
    await scene.says(resource, paused=False)


async def invalid_specs_are_refused_by_the_api_server(scene: Scene) -> None:
    """Each with words that a person understands; nothing of it reaches the database."""
    before = await scene.last_id()
    refusals: list[tuple[dict[str, object], str]] = [
        ({"paused": True}, "a pause needs a reason"),
        ({"paused": True, "reason": "  "}, "a pause needs a reason"),
        ({"paused": False, "until": "2099-01-01T00:00:00Z"}, "says when a pause ends"),
        ({"paused": True, "reason": "x", "until": "amanhã"}, "day and time with its zone"),
        ({"paused": True, "reason": "x", "scope": {}}, "scope"),
        ({"paused": True, "reason": "x", "scope": {"estado": "São Paulo"}}, "scope.estado"),
        ({"paused": True, "reason": "x", "scope": {"campanha": "dez mil"}}, "scope.campanha"),
        ({"paused": True, "reason": "x", "scope": {"hospital": "x"}}, "unknown field"),
        ({"reason": "x"}, "paused"),
    ]
    for spec, words in refusals:
        try:
            await scene.resource("errado").apply(**spec)
        except Refused as error:
            require(words in str(error), f"{spec}: {error}")
        else:
            raise Wrong(f"the API server took {spec}")
    require(not await scene.rows_after(before), "an invalid spec became a row")


async def a_scope_that_nothing_has_is_told(scene: Scene) -> None:
    """Its form is right, so the API server takes it; the condition says that nothing is stopped."""
    resource = scene.resource("errado")
    before = await scene.last_id()
    await resource.pause("Número errado", scope={"instancia": "julia-99"})
    condition = await scene.holds(resource, "Applied", "False")
    require("julia-99" in condition.message, f"the condition says {condition}")
    require(not await scene.rows_after(before), "it became a row")


ALL: Final[Sequence[Scenario]] = (
    apply_pauses_and_shows_it,
    enforced_means_that_nothing_is_in_flight,
    resume_answers_the_backlog_in_order,
    a_change_is_one_row_with_two_replicas,
    request_repeats_a_decision,
    invalid_specs_are_refused_by_the_api_server,
    a_scope_that_nothing_has_is_told,
)
