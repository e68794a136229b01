"""How resources are looked after, with a database and an API server that do what the test says."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from prometheus_client import REGISTRY

from julia_common.errors import Unreachable
from julia_operator import tending
from julia_operator.domain.happenings import Happening
from julia_operator.domain.resource import FINALIZER, RELEASED
from julia_operator.reconciling import Absent, Outcome
from julia_operator.tending import Tending

pytestmark = pytest.mark.unit


def body(generation: int = 1, version: str = "1", **status: Any) -> dict[str, Any]:
    metadata = {
        "uid": "u1",
        "name": "geral",
        "generation": generation,
        "resourceVersion": version,
        "finalizers": [FINALIZER],
    }
    return {"metadata": metadata, "status": status}


class FakeReconciling:
    """Gives the outcomes of a list, one for each look, and the last of them for ever."""

    def __init__(self, *outcomes: Outcome | Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.looked_at: list[tuple[int, str]] = []
        self.removed: list[str] = []
        self.refusals: list[Exception] = []

    async def remove(self, uid: str) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.removed.append(uid)

    async def look(self, seen: Mapping[str, Any]) -> Outcome | None:
        self.looked_at.append((seen["metadata"]["generation"], seen["metadata"]["resourceVersion"]))
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class FakeCluster:
    """Takes every status, unless the test says that somebody was faster.

    `found` is what it knows of the resource: itself, unless the test says otherwise; None: gone.
    """

    def __init__(self, *, faster: int = 0, found: Any = "as it was seen") -> None:
        self.faster = faster
        self.found = found
        self.put_back = False
        self.mute = False
        self.done: list[Any] = []

    async def read(self, metadata: Mapping[str, Any]) -> Any:
        if isinstance(self.found, Exception):
            raise self.found
        return {"metadata": metadata} if self.found == "as it was seen" else self.found

    async def was_put_back(self, metadata: Mapping[str, Any]) -> bool:
        del metadata
        return self.put_back

    async def hold(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        self.done.append("held")
        return {"metadata": {**metadata, "resourceVersion": "held"}, "status": {}}

    async def tell(self, seen: Mapping[str, Any], happening: Happening) -> bool:
        del seen
        if self.mute:
            message = "the API server answers 403"
            raise Absent(message)
        self.done.append(happening.reason)
        return True

    async def write_status(
        self, seen: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        if self.faster:
            self.faster -= 1
            return None
        self.done.append(dict(changes))
        return {**seen, "status": {**seen["status"], **changes}}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tending, "_BEHIND_SECONDS", 0.001)
    monkeypatch.setattr(tending, "AGAIN_SECONDS", 0.001)


@pytest.fixture
async def start() -> AsyncIterator[Any]:
    started: list[Tending] = []

    def begin(reconciling: FakeReconciling, cluster: FakeCluster) -> Tending:
        started.append(Tending(reconciling, cluster))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for one in started:
        await one.leave_all()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask before each look whether the resource is there."""
    monkeypatch.setattr(tending, "_ASSURED_EVERY_SECONDS", 0.0)


async def looks(reconciling: FakeReconciling, count: int) -> None:
    while len(reconciling.looked_at) < count:
        await asyncio.sleep(0)


SOON = 0.001
NEWS = Outcome({"phase": "Paused"}, (Happening("Normal", "Paused", "…", "record 1"),), SOON)
NOTHING = Outcome({}, (), SOON)


async def test_what_happened_is_told_before_it_is_written(start: Any) -> None:
    reconciling, cluster = FakeReconciling(NEWS, NOTHING), FakeCluster()

    start(reconciling, cluster).see(body())
    await looks(reconciling, 2)

    assert cluster.done == ["Paused", {"phase": "Paused"}]


async def test_a_new_spec_is_looked_at_at_once_and_a_new_status_is_not(start: Any) -> None:
    reconciling = FakeReconciling(Outcome({}, (), 3600.0))
    tended = start(reconciling, FakeCluster())

    tended.see(body(1))
    await looks(reconciling, 1)
    tended.see(body(1, "2", phase="Paused"))
    await asyncio.sleep(0.01)
    tended.see(body(2, "3"))
    await looks(reconciling, 2)

    assert reconciling.looked_at == [(1, "1"), (2, "3")]


async def test_a_status_that_somebody_else_wrote_first_is_looked_at_again(start: Any) -> None:
    reconciling, cluster = FakeReconciling(NEWS, NEWS, NOTHING), FakeCluster(faster=1)

    start(reconciling, cluster).see(body())
    await looks(reconciling, 3)

    assert cluster.done == ["Paused", "Paused", {"phase": "Paused"}]


async def test_a_backlog_alone_is_not_written_at_every_look(start: Any) -> None:
    count = Outcome({"backlog": {"inbound": 1}}, (), SOON)
    reconciling, cluster = FakeReconciling(count), FakeCluster()

    start(reconciling, cluster).see(body())
    await looks(reconciling, 4)

    assert len(cluster.done) == 1


async def test_the_only_one_who_cannot_reach_the_database_does_not_insist(start: Any) -> None:
    away = Outcome({"conditions": ["away"]}, (), SOON, away=True)
    back = Outcome({"conditions": ["back"]}, (), SOON)
    reconciling, cluster = FakeReconciling(away, away, away, back, away, NOTHING), FakeCluster()

    start(reconciling, cluster).see(body())
    await looks(reconciling, 6)

    assert [one["conditions"] for one in cluster.done] == [["away"], ["back"], ["away"]]


async def test_who_cannot_reach_the_database_says_so_of_each_spec(start: Any) -> None:
    away = Outcome({"conditions": ["away"]}, (), SOON, away=True)
    reconciling, cluster = FakeReconciling(away), FakeCluster(faster=1)
    tended = start(reconciling, cluster)

    tended.see(body(1))
    await looks(reconciling, 4)
    assert len(cluster.done) == 1

    tended.see(body(2, "2"))
    await looks(reconciling, 6)
    assert len(cluster.done) == 2


@pytest.mark.parametrize("error", [Absent("the API server is away"), RuntimeError("a bug")])
async def test_a_look_that_fails_does_not_end_the_looks(start: Any, error: Exception) -> None:
    reconciling, cluster = FakeReconciling(error, NEWS, NOTHING), FakeCluster()

    start(reconciling, cluster).see(body())
    await looks(reconciling, 3)

    assert cluster.done == ["Paused", {"phase": "Paused"}]


async def test_a_resource_that_is_gone_is_not_looked_at_any_more_until_it_is_seen_again(
    start: Any,
) -> None:
    reconciling = FakeReconciling(None, NOTHING)
    tended = start(reconciling, FakeCluster())

    tended.see(body())
    await looks(reconciling, 1)
    await asyncio.sleep(0.01)
    assert len(reconciling.looked_at) == 1

    tended.see(body())
    await looks(reconciling, 2)


async def test_when_it_is_left_nothing_is_under_way(start: Any) -> None:
    reconciling = FakeReconciling(NOTHING)
    tended = start(reconciling, FakeCluster())
    tended.see(body())
    await looks(reconciling, 2)

    await tended.leave("u1")

    count = len(reconciling.looked_at)
    await asyncio.sleep(0.01)
    assert len(reconciling.looked_at) == count


async def test_a_resource_is_held_before_its_spec_is_acted_on(start: Any) -> None:
    reconciling, cluster = FakeReconciling(NOTHING), FakeCluster()
    unheld = body()
    del unheld["metadata"]["finalizers"]

    start(reconciling, cluster).see(unheld)
    await looks(reconciling, 2)

    assert cluster.done == ["held"]
    assert reconciling.looked_at[0] == (1, "held")


@pytest.mark.parametrize(
    "own",
    [
        {"finalizers": ["another.dev/one", FINALIZER]},
        {"annotations": {RELEASED: "1"}},
        {"deletionTimestamp": "2026-11-23T12:00:00Z"},
    ],
)
async def test_what_is_held_or_let_go_or_goes_is_not_held(start: Any, own: Any) -> None:
    unheld = body()
    del unheld["metadata"]["finalizers"]
    cluster = FakeCluster(found={"metadata": {**unheld["metadata"], **own}})
    reconciling = FakeReconciling(NOTHING)

    start(reconciling, cluster).see(unheld)
    await looks(reconciling, 2)

    assert cluster.done == []


@pytest.mark.usefixtures("often")
async def test_a_resource_whose_deletion_the_watch_has_lost_ends_its_pauses(start: Any) -> None:
    reconciling, cluster = FakeReconciling(NOTHING), FakeCluster()
    reconciling.refusals = [Unreachable("away")]
    start(reconciling, cluster).see(body())
    await looks(reconciling, 2)

    cluster.found = None
    async with asyncio.timeout(30):
        while not reconciling.removed:
            await asyncio.sleep(0)

    count = len(reconciling.looked_at)
    await asyncio.sleep(0.01)
    assert (reconciling.removed, len(reconciling.looked_at)) == (["u1"], count)


@pytest.mark.usefixtures("often")
async def test_a_restored_api_server_that_does_not_know_a_resource_yet_lifts_no_pause(
    start: Any,
) -> None:
    reconciling, cluster = FakeReconciling(NOTHING), FakeCluster()
    cluster.put_back = True
    start(reconciling, cluster).see(body())
    await looks(reconciling, 2)

    cluster.found = None
    await asyncio.sleep(0.02)
    count = len(reconciling.looked_at)
    await asyncio.sleep(0.02)

    assert (reconciling.removed, len(reconciling.looked_at)) == ([], count)


@pytest.mark.parametrize("answer", [Absent("away"), TimeoutError()])
async def test_an_api_server_that_does_not_say_whether_it_is_there_holds_up_no_stop(
    start: Any, answer: Exception
) -> None:
    reconciling, cluster = FakeReconciling(NEWS, NOTHING), FakeCluster(found=answer)

    start(reconciling, cluster).see(body())
    await looks(reconciling, 2)

    assert cluster.done == ["Paused", {"phase": "Paused"}]
    assert reconciling.removed == []


@pytest.mark.usefixtures("often")
async def test_a_status_is_written_also_when_nothing_can_be_told_and_that_is_told_later(
    start: Any,
) -> None:
    reconciling, cluster = FakeReconciling(NEWS, NOTHING), FakeCluster()
    cluster.mute = True
    before = untold()

    start(reconciling, cluster).see(body())
    await looks(reconciling, 4)
    assert cluster.done == [{"phase": "Paused"}]
    assert untold() > before

    cluster.mute = False
    await looks(reconciling, 8)
    assert cluster.done == [{"phase": "Paused"}, "Paused"]


def untold() -> float:
    return REGISTRY.get_sample_value("julia_operador_eventos_falhos_total") or 0
