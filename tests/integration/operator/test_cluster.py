"""The operator's dealings with a real API server, where a database that only notes down is enough.

Everything runs in the test's own process, under the rights that the chart gives the operator.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from julia_common.database import ApplyStatus, StatusApplied, StatusOf, StatusRemoved
from julia_dev.kube.access import Access
from julia_dev.kube.kubectl import Kubectl
from julia_dev.kube.scene import manifest, new_namespace, until
from julia_operator import tending
from julia_operator.cluster import Cluster
from julia_operator.domain.resource import FINALIZER, RELEASED
from julia_operator.reconciling import Reconciling
from julia_operator.release import release
from julia_operator.watching import Watching

PAUSE = {"paused": True, "reason": "Manutenção do hospital"}


@dataclass
class Notes:
    """A database that takes everything, and says that what is asked for stands."""

    applied: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    async def apply_status(self, wanted: ApplyStatus) -> StatusApplied:
        self.applied.append(wanted.nome)
        return StatusApplied(status="repetida")

    async def remove_status(self, *, uid: str, por: str | None = None) -> StatusRemoved:
        del por
        self.removed.append(uid)
        return StatusRemoved(status="removida")

    async def status_of(self, *, uid: str) -> StatusOf:
        del uid
        pause = {
            "id": "1",
            "escopo": {},
            "motivo": PAUSE["reason"],
            "via": "kubernetes",
            "por": None,
            "desde": "2026-11-23T12:00:00Z",
            "propria": True,
        }
        known = {"status": "conhecida", "pausa": True, "pausas": [pause]}
        return StatusOf.model_validate(known)


@dataclass(frozen=True)
class Home:
    """A namespace with the operator's account; nobody watches unless the test does."""

    kubectl: Kubectl
    cluster: Cluster
    notes: Notes = field(default_factory=Notes)

    async def apply(self, name: str, **spec: Any) -> Any:
        await self.kubectl.apply(manifest(name, **spec))
        return await self.kubectl.get("js", name)

    async def metadata(self, name: str) -> Any:
        return (await self.kubectl.get("js", name))["metadata"]

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Watching]:
        """Watch it until the block ends."""
        reconciling = Reconciling(self.notes, self.cluster)
        watching = Watching(reconciling, self.cluster, namespace=self.kubectl.namespace)
        stop = asyncio.Event()
        run = asyncio.create_task(watching.run(stop))
        try:
            yield watching
        finally:
            stop.set()
            await run


@pytest.fixture
async def home(kubernetes: Access, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Home]:
    namespace = new_namespace()
    kubeconfig = await kubernetes.home_of_operator(namespace)
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    cluster = Cluster(namespace, instance="test")
    yield Home(kubernetes.kubectl(namespace), cluster)
    await cluster.aclose()


async def test_a_status_is_written_only_over_what_was_seen(home: Home) -> None:
    seen = await home.apply("geral", **PAUSE)
    await home.kubectl("label", "js", "geral", "visto=depois")

    assert await home.cluster.write_status(seen, {"reason": "velho"}) is None
    body = await home.kubectl.get("js", "geral")
    assert "status" not in body

    written = await home.cluster.write_status(body, {"reason": "novo"})
    assert written is not None
    assert (await home.kubectl.get("js", "geral"))["status"] == {"reason": "novo"}


async def test_a_status_is_not_written_on_another_resource_of_that_name(home: Home) -> None:
    seen = await home.apply("geral", **PAUSE)
    await home.kubectl("delete", "js", "geral")
    await home.apply("geral", **PAUSE)

    assert await home.cluster.write_status(seen, {"reason": "velho"}) is None
    assert await home.cluster.read(seen["metadata"]) is None
    assert "status" not in await home.kubectl.get("js", "geral")


async def test_an_api_server_that_knows_less_than_it_has_shown_was_put_back(home: Home) -> None:
    metadata = (await home.apply("geral", paused=False))["metadata"]

    assert not await home.cluster.was_put_back(metadata)
    from_the_future = {**metadata, "resourceVersion": str(int(metadata["resourceVersion"]) + 10**6)}
    assert await home.cluster.was_put_back(from_the_future)


async def test_it_is_held_as_it_was_seen_beside_whoever_else_holds_it(home: Home) -> None:
    await home.apply("geral", **PAUSE)
    other = json.dumps({"metadata": {"finalizers": ["outro.dev/um"]}})
    seen = await home.metadata("geral")
    await home.kubectl("patch", "js", "geral", "--type=merge", "-p", other)
    assert await home.cluster.hold(seen) is None

    held = await home.cluster.hold(await home.metadata("geral"))

    assert held is not None
    assert held["metadata"]["finalizers"] == ["outro.dev/um", FINALIZER]
    assert (await home.metadata("geral"))["finalizers"] == ["outro.dev/um", FINALIZER]


async def test_installed_anew_it_keeps_what_was_let_go_of_the_same_spec(home: Home) -> None:
    await home.apply("geral", **PAUSE)
    assert await release(home.cluster) == 1
    assert RELEASED in (await home.metadata("geral"))["annotations"]

    async with home.watched():
        kept = await until(lambda: home.metadata("geral"), lambda now: "finalizers" in now)
        assert kept["finalizers"] == [FINALIZER]
        assert RELEASED not in kept.get("annotations", {})

    await home.kubectl("delete", "js", "geral", "--wait=false")
    assert home.notes.removed == []
    async with home.watched():
        # Done again until the resource is seen to be gone: the database knows what it has done.
        await until(_of(home.notes.removed), lambda uids: set(uids) == {kept["uid"]})


async def test_what_is_let_go_while_it_watches_stays_let_go(home: Home) -> None:
    async with home.watched():
        await home.apply("geral", **PAUSE)
        await until(lambda: home.metadata("geral"), lambda now: "finalizers" in now)
        assert await release(home.cluster) == 1
        looks = len(home.notes.applied)
        await until(_of(home.notes.applied), lambda applied: len(applied) > looks + 1)

        assert "finalizers" not in await home.metadata("geral")


async def test_a_deletion_that_no_watch_brings_ends_its_pauses(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tending, "_ASSURED_EVERY_SECONDS", 0.0)
    body = await home.apply("geral", **PAUSE)
    await release(home.cluster)
    tended = tending.Tending(Reconciling(home.notes, home.cluster), home.cluster)
    tended.see(await home.kubectl.get("js", "geral"))
    await until(_of(home.notes.applied), bool)
    assert home.notes.removed == []

    await home.kubectl("delete", "js", "geral", "--timeout=5s")
    await home.apply("geral", **PAUSE)
    await until(_of(home.notes.removed), lambda uids: uids == [body["metadata"]["uid"]])
    await tended.leave_all()


async def test_without_the_right_to_tell_the_status_is_written(home: Home) -> None:
    without = [{"op": "remove", "path": "/rules/2"}]
    await home.kubectl("patch", "role", "julia-operator", "--type=json", "-p", json.dumps(without))
    async with home.watched():
        await home.apply("geral", **PAUSE)

        async def status() -> Any:
            return (await home.kubectl.get("js", "geral")).get("status", {})

        # Of which "Stopped" would be told.
        await until(status, lambda now: now.get("phase") == "Paused")


def _of(noted: list[Any]) -> Any:
    async def ask() -> list[Any]:
        return noted

    return ask
