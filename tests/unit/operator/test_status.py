"""What a resource says and what is said of it, without an API server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from julia_common.database import ApplyStatus, StatusApplied, StatusOf, StatusRemoved
from julia_common.errors import Permanent, Retryable
from julia_operator.domain.resource import author, wanted
from julia_operator.reconciling import Outcome, Reconciling

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 13, tzinfo=UTC)


def resource(spec: Mapping[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "uid": "u1",
            "namespace": "julia",
            "name": "geral",
            "generation": 3,
            "managedFields": [
                {"manager": "helm", "time": "2026-11-23T10:00:00Z", "fieldsV1": {"f:spec": {}}},
                {"manager": "kubectl", "time": "2026-11-23T11:00:00Z", "fieldsV1": {"f:spec": {}}},
                {"manager": "kopf", "time": "2026-11-23T11:30:00Z", "fieldsV1": {"f:status": {}}},
            ],
        },
        "spec": spec or {"paused": True, "reason": "Manutenção"},
        "status": status,
    }


def pause(*, propria: bool = True, **known: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "escopo": {},
        "motivo": "Manutenção",
        "via": "kubernetes" if propria else "manual",
        "desde": NOW,
        "propria": propria,
    } | known


def last(*, propria: bool, status: str = "ativo", **known: Any) -> dict[str, Any]:
    return {
        "id": "2",
        "status": status,
        "motivo": "voltamos",
        "via": "kubernetes" if propria else "slack",
        "em": NOW,
        "propria": propria,
    } | known


@dataclass
class FakeDatabase:
    standing: dict[str, Any] = field(default_factory=dict)
    applied: str = "repetida"
    error: Exception | None = None
    asked: list[ApplyStatus] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    async def apply_status(self, wanted: ApplyStatus) -> StatusApplied:
        if self.error is not None:
            raise self.error
        self.asked.append(wanted)
        return StatusApplied.model_validate({"status": self.applied, "id": "7"})

    async def remove_status(self, *, uid: str, por: str | None = None) -> StatusRemoved:
        if self.error is not None:
            raise self.error
        self.removed.append(uid)
        return StatusRemoved.model_validate({"status": "removida", "id": "8"})

    async def status_of(self, *, uid: str) -> StatusOf:
        assert uid == "u1"
        return StatusOf.model_validate({"status": "conhecida", "pausa": True} | self.standing)


async def look(database: FakeDatabase, body: Mapping[str, Any], now: datetime = NOW) -> Outcome:
    return await Reconciling(database, lambda: now).look(body)


def said(outcome: Outcome) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one["reason"]) for one in outcome.changes["conditions"]}


def test_the_author_is_who_wrote_the_spec_last() -> None:
    assert author(resource()["metadata"]["managedFields"]) == "kubectl"
    assert author([]) is None


def test_a_spec_is_told_to_the_database_as_it_is() -> None:
    spec = {
        "paused": True,
        "reason": "Manutenção",
        "until": "2026-12-01T08:00:00-03:00",
        "scope": {"estado": "SP"},
        "request": "2",
    }

    asked = wanted(resource(spec))

    assert (asked.uid, asked.generation, asked.por) == ("u1", 3, "kubectl")
    assert (asked.scope, asked.request) == ({"estado": "SP"}, "2")
    assert asked.until == datetime(2026, 12, 1, 11, tzinfo=UTC)


async def test_a_stop_with_sends_in_flight_is_not_enforced_yet() -> None:
    outcome = await look(FakeDatabase({"pausas": [pause()], "em_voo": 2}, "pausada"), resource())

    assert (outcome.changes["phase"], outcome.changes["inFlight"]) == ("Draining", 2)
    assert said(outcome) == {
        "Applied": ("True", "Recorded"),
        "Enforced": ("False", "InFlight"),
        "Overridden": ("False", "AsAskedFor"),
    }
    assert outcome.event is not None
    assert outcome.event[:2] == ("Normal", "Paused")


async def test_a_stop_with_nothing_in_flight_is_enforced() -> None:
    outcome = await look(FakeDatabase({"pausas": [pause()]}), resource())

    assert (outcome.changes["phase"], outcome.changes["since"]) == (
        "Paused",
        "2026-11-23T12:00:00Z",
    )
    assert said(outcome)["Enforced"] == ("True", "Stopped")
    assert outcome.event is None


async def test_a_resume_by_somebody_else_shows_with_its_author() -> None:
    database = FakeDatabase({"ultima": last(propria=False, por="ana")})

    outcome = await look(database, resource())

    assert said(outcome)["Overridden"] == ("True", "ResumedElsewhere")
    assert said(outcome)["Enforced"] == ("False", "Overridden")
    message = outcome.changes["conditions"][2]["message"]
    assert message == "Resumed via slack by ana: voltamos"


async def test_a_pause_by_somebody_else_shows_on_a_resource_that_pauses_nothing() -> None:
    database = FakeDatabase({"pausa": False, "pausas": [pause(propria=False, por="ana")]})

    outcome = await look(database, resource({"paused": False}))

    assert outcome.changes["paused"]
    assert said(outcome)["Overridden"] == ("True", "PausedElsewhere")


async def test_a_pause_whose_time_is_up_is_not_called_overridden() -> None:
    database = FakeDatabase({"ultima": last(propria=True, status="pausado")})

    outcome = await look(database, resource())

    assert said(outcome)["Overridden"] == ("False", "Expired")
    assert outcome.changes["phase"] == "Active"


async def test_nothing_is_written_while_nothing_changes() -> None:
    database = FakeDatabase({"pausas": [pause()]})
    first = await look(database, resource())

    again = await look(database, resource(**first.changes), LATER)

    assert again == Outcome({})


async def test_a_condition_keeps_its_time_until_its_status_changes() -> None:
    database = FakeDatabase({"pausas": [pause()], "em_voo": 1})
    first = await look(database, resource())
    database.standing["em_voo"] = 0

    again = await look(database, resource(**first.changes), LATER)

    times = {one["type"]: one["lastTransitionTime"] for one in again.changes["conditions"]}
    assert times["Applied"] == "2026-11-23T12:00:00Z"
    assert times["Enforced"] == "2026-11-23T13:00:00Z"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Retryable("the database is away"), "DatabaseUnavailable"),
        (Permanent("there is no state XX"), "Refused"),
    ],
)
async def test_a_spec_that_the_database_does_not_take_says_so_once(
    error: Exception, reason: str
) -> None:
    database = FakeDatabase(error=error)

    outcome = await look(database, resource())
    again = await look(database, resource(**outcome.changes), LATER)

    assert said(outcome)["Applied"] == ("False", reason)
    assert said(outcome)["Enforced"] == ("Unknown", reason)
    assert outcome.event == ("Warning", reason, str(error))
    assert again == Outcome({})


@pytest.mark.parametrize(("known", "told"), [(False, False), (True, True)])
async def test_a_spec_that_may_not_resume_warns_unless_it_is_new(
    *, known: bool, told: bool
) -> None:
    database = FakeDatabase({"pausa": False}, "observada")
    before = {"phase": "Paused"} if known else {}

    outcome = await look(database, resource({"paused": False}, **before))

    assert (outcome.event is not None) == told


async def test_a_resource_that_is_deleted_ends_its_own_pauses() -> None:
    database = FakeDatabase()

    await Reconciling(database, lambda: NOW).remove("u1")

    assert database.removed == ["u1"]


async def test_a_deletion_that_does_not_reach_the_database_is_tried_again() -> None:
    with pytest.raises(Retryable):
        await Reconciling(FakeDatabase(error=Retryable("away")), lambda: NOW).remove("u1")
