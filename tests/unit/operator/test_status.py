"""What a resource says and what is said of it, without an API server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import REGISTRY

from julia_common.database import ApplyStatus, StatusApplied, StatusOf, StatusRemoved
from julia_common.errors import Permanent, Retryable, Unreachable
from julia_operator import metrics
from julia_operator.domain.resource import author, released, wanted
from julia_operator.reconciling import Outcome, Reconciling

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


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
        "id": "7",
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
    answers: list[str] = field(default_factory=list)
    """In place of `applied`, one for each call."""
    asked: list[ApplyStatus] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    async def apply_status(self, wanted: ApplyStatus) -> StatusApplied:
        if self.error is not None:
            raise self.error
        self.asked.append(wanted)
        answer = self.answers.pop(0) if self.answers else self.applied
        return StatusApplied.model_validate({"status": answer, "id": "7"})

    async def remove_status(self, *, uid: str, por: str | None = None) -> StatusRemoved:
        if self.error is not None:
            raise self.error
        self.removed.append(uid)
        return StatusRemoved.model_validate({"status": "removida", "id": "8"})

    async def status_of(self, *, uid: str) -> StatusOf:
        assert uid == "u1"
        return StatusOf.model_validate({"status": "conhecida", "pausa": True} | self.standing)


@dataclass
class FakeCluster:
    fresh: dict[str, Any] | None = None

    async def read(self, metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
        assert metadata["uid"] == "u1"
        return self.fresh


async def look(
    database: FakeDatabase, body: Mapping[str, Any], fresh: dict[str, Any] | None = None
) -> Outcome:
    outcome = await Reconciling(database, FakeCluster(fresh)).look(body)
    assert outcome is not None
    return outcome


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.reason, one.message) for one in outcome.happenings]


def said(outcome: Outcome) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one["reason"]) for one in outcome.changes["conditions"]}


def test_the_author_is_who_wrote_the_spec_last() -> None:
    assert author(resource()["metadata"]["managedFields"]) == "kubectl"
    assert author([]) is None


@pytest.mark.parametrize("fields", [{"f:reason": {}}, {"f:paused": {}, "f:request": {}}])
def test_of_two_authors_in_one_second_it_is_who_owns_the_decision(fields: dict[str, Any]) -> None:
    def wrote(manager: str, fields: dict[str, Any]) -> dict[str, Any]:
        time = "2026-11-23T11:00:00Z"
        return {"manager": manager, "time": time, "fieldsV1": {"f:spec": fields}}

    ana = wrote("ana", {"f:reason": {}})

    assert author([ana, wrote("bruno", {"f:paused": {}}), ana]) == "bruno"
    assert author([ana, wrote("bruno", {"f:request": {}}), ana]) == "bruno"
    assert author([wrote("ana", {"f:request": {}}), wrote("bruno", {"f:paused": {}})]) == "bruno"
    later = wrote("carla", fields) | {"time": "2026-11-23T11:00:01Z"}
    assert author([later, wrote("bruno", {"f:paused": {}, "f:request": {}})]) == "carla"


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


@pytest.mark.parametrize("end", ["2031-12-01t08:00:00z", "2031-12-01T08:00:00Z"])
async def test_an_end_is_read_once_for_the_database_and_for_the_status(end: str) -> None:
    body = resource({"paused": True, "reason": "x", "until": end})

    outcome = await look(FakeDatabase({"pausas": [pause()]}), body)

    assert said(outcome)["Enforced"] == ("True", "Stopped")


async def test_a_spec_that_cannot_be_read_is_refused_in_words() -> None:
    database = FakeDatabase()
    body = resource({"paused": True, "reason": "x", "until": "2031-12-01T08:00:00+25:00"})

    outcome = await look(database, body)

    assert said(outcome)["Applied"] == ("False", "Refused")
    assert outcome.changes["conditions"][0]["message"] == (
        "spec.until is not understood: write a time with its zone, such as"
        " 2026-12-01T08:00:00-03:00, or leave it out"
    )
    assert database.asked == []
    with pytest.raises(Permanent, match=r"^spec.reason is not understood: see kubectl explain"):
        wanted(resource({"paused": True, "reason": 5}))


async def test_a_stop_with_sends_in_flight_is_not_enforced_yet() -> None:
    outcome = await look(FakeDatabase({"pausas": [pause()], "em_voo": 2}, "pausada"), resource())

    assert (outcome.changes["phase"], outcome.changes["inFlight"]) == ("Draining", 2)
    assert said(outcome) == {
        "Applied": ("True", "Recorded"),
        "Enforced": ("False", "InFlight"),
        "Overridden": ("False", "AsAskedFor"),
    }
    assert outcome.happenings == ()


async def test_a_stop_with_nothing_in_flight_is_enforced() -> None:
    outcome = await look(FakeDatabase({"pausas": [pause()]}), resource())

    assert (outcome.changes["phase"], outcome.changes["since"]) == (
        "Paused",
        "2026-11-23T12:00:00Z",
    )
    assert said(outcome)["Enforced"] == ("True", "Stopped")
    assert told(outcome) == [("Stopped", "Nothing is in flight, nothing is claimed")]


async def test_a_pause_that_took_the_place_of_another_has_stood_since_that_one_began() -> None:
    began = datetime(2026, 11, 23, 9, tzinfo=UTC)

    outcome = await look(FakeDatabase({"pausas": [pause()], "desde": began}), resource())

    assert outcome.changes["since"] == "2026-11-23T09:00:00Z"


async def test_a_resume_by_somebody_else_shows_with_its_author() -> None:
    database = FakeDatabase({"encerrada": last(propria=False, por="ana")})

    outcome = await look(database, resource())

    assert said(outcome)["Overridden"] == ("True", "ResumedElsewhere")
    assert said(outcome)["Enforced"] == ("False", "Overridden")
    message = outcome.changes["conditions"][2]["message"]
    assert message == "Resumed via slack by ana: voltamos"


async def test_who_resumed_is_named_also_when_somebody_decided_on_a_part_later() -> None:
    later = last(propria=False, status="pausado", por="bruno", id="8", escopo={"estado": "SP"})
    database = FakeDatabase({"encerrada": last(propria=False, por="ana"), "ultima": later})

    outcome = await look(database, resource())

    assert outcome.changes["conditions"][2]["message"] == "Resumed via slack by ana: voltamos"
    assert said(outcome)["Overridden"] == ("True", "ResumedElsewhere")


async def test_a_pause_without_an_end_is_never_said_to_have_expired() -> None:
    database = FakeDatabase({"ultima": last(propria=False, status="pausado")})

    outcome = await look(database, resource())

    assert said(outcome)["Overridden"] == ("True", "ResumedElsewhere")
    assert outcome.changes["conditions"][2]["message"] == "The pause of this resource was ended"


async def test_a_pause_by_somebody_else_shows_on_a_resource_that_pauses_nothing() -> None:
    database = FakeDatabase({"pausa": False, "pausas": [pause(propria=False, por="ana")]})

    outcome = await look(database, resource({"paused": False}))

    assert outcome.changes["paused"]
    assert said(outcome)["Overridden"] == ("True", "PausedElsewhere")


async def test_a_pause_whose_time_is_up_is_not_called_overridden() -> None:
    database = FakeDatabase({"ultima": last(propria=True, status="pausado")})
    body = resource({"paused": True, "reason": "x", "until": "2026-11-23T11:59:00Z"})

    outcome = await look(database, body)

    assert said(outcome)["Overridden"] == ("False", "Expired")
    assert said(outcome)["Enforced"] == ("False", "Expired")
    assert outcome.changes["phase"] == "Active"


async def test_a_pause_whose_time_was_up_before_somebody_resumed_has_expired() -> None:
    body = resource({"paused": True, "reason": "x", "until": "2026-11-23T11:59:00Z"})

    expired = await look(FakeDatabase({"encerrada": last(propria=False)}), body)
    body["spec"]["until"] = "2026-11-23T12:01:00Z"
    resumed = await look(FakeDatabase({"encerrada": last(propria=False)}), body)

    assert said(expired)["Overridden"] == ("False", "Expired")
    assert said(resumed)["Overridden"] == ("True", "ResumedElsewhere")


async def test_nothing_is_written_while_nothing_changes() -> None:
    database = FakeDatabase({"pausas": [pause()]})
    first = await look(database, resource())

    again = await look(database, resource(**first.changes))

    assert again == Outcome({})


async def test_a_condition_keeps_its_time_until_its_status_changes() -> None:
    database = FakeDatabase({"pausas": [pause()], "em_voo": 1})
    first = dict((await look(database, resource())).changes)
    long_ago = "2026-01-01T00:00:00Z"
    first["conditions"] = [one | {"lastTransitionTime": long_ago} for one in first["conditions"]]
    database.standing["em_voo"] = 0

    again = await look(database, resource(**first))

    times = {one["type"]: one["lastTransitionTime"] for one in again.changes["conditions"]}
    assert times["Applied"] == long_ago
    assert times["Enforced"] > long_ago


@pytest.mark.parametrize(
    ("error", "reason", "message"),
    [
        (Retryable("SUPABASE_SERVICE_KEY is wrong"), "DatabaseUnavailable", "SERVICE_KEY is wrong"),
        (Unreachable("ConnectError"), "DatabaseUnavailable", "asked again every few seconds"),
        (Permanent("there is no state XX"), "Refused", "there is no state XX"),
    ],
)
async def test_a_spec_that_the_database_does_not_take_says_so_once(
    error: Exception, reason: str, message: str
) -> None:
    database = FakeDatabase(error=error)

    outcome = await look(database, resource())
    again = await look(database, resource(**outcome.changes))

    assert said(outcome)["Applied"] == ("False", reason)
    assert said(outcome)["Enforced"] == ("Unknown", reason)
    assert [event for event, _ in told(outcome)] == [reason]
    assert message in told(outcome)[0][1]
    assert again.happenings == ()
    assert again.changes == {}


async def test_what_was_refused_is_tried_more_calmly_than_a_database_that_is_away() -> None:
    refused = await look(FakeDatabase(error=Permanent("there is no state XX")), resource())
    away = await look(FakeDatabase(error=Unreachable("away")), resource())

    assert refused.again_seconds > away.again_seconds


async def test_a_database_that_is_back_is_told_once() -> None:
    database = FakeDatabase({"pausas": [pause()]}, error=Unreachable("away"))
    first = await look(database, resource())
    database.error = None

    again = await look(database, resource(**first.changes))

    assert ("Recorded", "The database has taken this spec now") in told(again)
    assert said(again)["Applied"] == ("True", "Recorded")


async def test_a_decision_is_told_with_its_author_and_without_its_reason() -> None:
    database = FakeDatabase({"pausa": False, "ultima": last(propria=False, por="ana")})
    first = await look(database, resource({"paused": False}))
    database.standing["ultima"] |= {"id": "8", "escopo": {"estado": "SP"}}

    again = await look(database, resource({"paused": False}, **first.changes))

    assert told(first) == []
    assert told(again) == [
        (
            "ResumeRecorded",
            "Resumed via slack by ana (estado=SP), record 8; this scope as a whole was not stopped",
        )
    ]


async def test_a_resume_is_told_as_one_when_nothing_stops_the_scope_any_more() -> None:
    stopped = {"pausas": [pause(propria=False)], "ultima": last(propria=False, status="pausado")}
    database = FakeDatabase({"pausa": False} | stopped)
    first = await look(database, resource({"paused": False}))
    database.standing |= {"ultima": last(propria=False, por="ana", id="8")}

    still = await look(database, resource({"paused": False}, **first.changes))
    database.standing["pausas"] = []
    resumed = await look(database, resource({"paused": False}, **first.changes))

    assert told(still) == [
        (
            "ResumeRecorded",
            "Resumed via slack by ana (everything), record 8; another pause of this scope stands",
        )
    ]
    assert told(resumed) == [("Resumed", "Resumed via slack by ana (everything), record 8")]


async def test_replicas_that_see_the_same_change_tell_it_under_the_same_key() -> None:
    standing = {"pausas": [pause()], "ultima": last(propria=True, status="pausado")}

    one = await look(FakeDatabase(standing, "pausada"), resource())
    other = await look(FakeDatabase(standing, "repetida"), resource())

    assert len(one.happenings) == 2
    assert one.happenings == other.happenings


async def test_a_pause_whose_time_is_up_is_told() -> None:
    database = FakeDatabase({"pausas": [pause()], "ultima": last(propria=True, status="pausado")})
    first = await look(database, resource())
    database.standing["pausas"] = []

    again = await look(database, resource(**first.changes))

    assert told(again) == [("Expired", "The time of the pause is up")]


async def test_a_spec_that_may_not_resume_says_how_to() -> None:
    database = FakeDatabase(
        {"pausa": False, "pausas": [pause(propria=False)], "ultima": last(propria=False)},
        "observada",
    )

    outcome = await look(database, resource({"paused": False}))

    assert [reason for reason, _ in told(outcome)] == ["NotResumed"]
    assert told(outcome)[0][1].endswith("change spec.request to repeat the decision")


@pytest.mark.parametrize("propria", [False, True])
async def test_after_a_restore_of_the_cluster_a_spec_says_from_which_generation_on_it_decides(
    *, propria: bool
) -> None:
    known = {"pausa": False, "pausas": [pause(propria=propria)], "generation": 7}

    outcome = await look(FakeDatabase(known, "observada"), resource({"paused": False}))

    way_out = "resume by SQL or the API, or change spec.request again and again until"
    assert f"{way_out} metadata.generation is above 7" in told(outcome)[0][1]
    overridden = outcome.changes["conditions"][2]["message"]
    assert ("above 7" in overridden) == propria


async def test_a_pause_of_a_part_shows_on_a_resource_that_pauses_nothing() -> None:
    outcome = await look(FakeDatabase({"pausa": False, "parciais": 2}), resource({"paused": False}))

    assert said(outcome)["Overridden"] == ("True", "PausedInPart")
    assert said(outcome)["Enforced"] == ("False", "Overridden")
    assert not outcome.changes["paused"]


async def test_a_restored_resource_whose_own_pause_stands_is_not_as_asked_for() -> None:
    database = FakeDatabase({"pausa": False, "pausas": [pause()]}, "observada")

    outcome = await look(database, resource({"paused": False}))

    assert said(outcome)["Overridden"] == ("True", "NotResumed")


async def test_a_pause_that_was_replaced_by_somebody_elses_is_overridden_and_enforced() -> None:
    database = FakeDatabase({"pausas": [pause(propria=False, por="ana")]})

    outcome = await look(database, resource())

    assert said(outcome)["Overridden"] == ("True", "PausedElsewhere")
    assert said(outcome)["Enforced"] == ("True", "Stopped")


async def test_late_news_is_asked_for_anew_before_it_counts() -> None:
    database = FakeDatabase({"pausas": [pause()]}, answers=["antiga", "pausada"])

    await look(database, resource(), fresh=resource())

    assert [one.confirmed for one in database.asked] == [False, True]


@pytest.mark.parametrize("goes", [False, True])
async def test_late_news_of_a_resource_that_has_gone_or_goes_pauses_nothing(*, goes: bool) -> None:
    database = FakeDatabase(answers=["antiga"])
    fresh = resource()
    fresh["metadata"]["deletionTimestamp"] = "2026-11-23T12:00:00Z"

    outcome = await Reconciling(database, FakeCluster(fresh if goes else None)).look(resource())

    assert outcome is None
    assert len(database.asked) == 1


async def test_of_several_resources_the_worst_is_shown_until_it_is_gone() -> None:
    for uid, late in (("u1", 0), ("u2", 3), ("u3", 1)):
        metrics.know(uid, StatusOf.model_validate({"status": "conhecida", "inicios_tardios": late}))
    assert shown("julia_inicios_tardios") == 3

    metrics.forget("u2")
    assert shown("julia_inicios_tardios") == 1

    metrics.forget("u1")
    metrics.forget("u3")
    assert shown("julia_inicios_tardios") == 0


def test_a_released_resource_is_kept_again_once_its_spec_changes() -> None:
    metadata = resource()["metadata"] | {"annotations": {"whats-agents.dev/released": "3"}}

    assert released(metadata)
    assert not released(metadata | {"generation": 4})
    assert not released(resource()["metadata"])


async def test_a_resource_that_is_deleted_ends_its_own_pauses() -> None:
    database = FakeDatabase()

    await Reconciling(database, FakeCluster()).remove("u1")

    assert database.removed == ["u1"]


async def test_a_deletion_that_does_not_reach_the_database_says_so() -> None:
    error = Unreachable("away")
    reconciling = Reconciling(FakeDatabase(error=error), FakeCluster())

    with pytest.raises(Retryable):
        await reconciling.remove("u1")
    outcome = reconciling.unremoved(resource(), error)

    assert said(outcome)["Applied"] == ("False", "DatabaseUnavailable")


def shown(gauge: str) -> float | None:
    return REGISTRY.get_sample_value(gauge)
