"""Everything that a scenario needs; one after the other they use the same release."""

import random
import time
from base64 import b64decode
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

import httpx

from julia_dev.e2e.accounts import Tally
from julia_dev.e2e.cluster import Cluster
from julia_dev.e2e.images import Images
from julia_dev.e2e.install import NAME, NUMBERS, Release
from julia_dev.e2e.load import Loads
from julia_dev.e2e.neighbours import Neighbours
from julia_dev.e2e.pods import PACE_S, SERVICES, Pods
from julia_dev.ledger.world import World
from julia_dev.stopping.scene import Resource, eventually

_EVOLUTION, _EVOLUTION_PORT = f"{NAME}-evolution", 8080
_RABBITMQ, _MANAGEMENT_PORT = f"{NAME}-rabbitmq", 15672
_SEND_S: Final = 0.15
"""So long a send takes at Evolution: something is under way when something happens."""
_RETRY_SCALE: Final = 0.1
"""Evolution tries a webhook again after 5 s, 10 s, and so on; here ten times as soon."""
_RECOVERED_WITHIN_S: Final = 180.0


@dataclass(frozen=True)
class _Found:
    """Where things are in the cluster at present."""

    urls: dict[str, str]
    broker: str
    dsn: str

    def url(self, part: str) -> str:
        return self.urls[part]

    def broker_url(self) -> str:
        return self.broker

    def pg_dsn(self) -> str:
        return self.dsn


@dataclass
class Scene:
    """A cluster with Julia's neighbours in it, and Julia, unless a scenario took her away.

    Attributes:
        rng: what is drawn in the run, from its seed.
        rate: messages in a second that doctors write under load.
        install_minutes: from the start of `helm install` to the first answer, once it was measured.
    """

    cluster: Cluster
    images: Images
    neighbours: Neighbours
    release: Release
    rng: random.Random
    rate: float
    install_minutes: float | None = None
    _world: World | None = None
    _loads: Loads | None = None
    _held: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def world(self) -> World:
        """Doctors' phones, what Evolution and Claude saw, and the SQL console."""
        assert self._world is not None, "nothing is installed yet"  # noqa: S101 - a scenario's slip
        return self._world

    @property
    def loads(self) -> Loads:
        """Doctors who write: `async with scene.loads.running(): ...`."""
        assert self._loads is not None, "nothing is installed yet"  # noqa: S101 - likewise
        return self._loads

    @property
    def tallies(self) -> list[Tally]:
        """What became of all loads so far."""
        return [] if self._loads is None else self._loads.tallies

    @property
    def pods(self) -> Pods:
        """The pods of the release."""
        return Pods(self.cluster.kubectl)

    def status(self, name: str) -> Resource:
        """Return the `JuliaStatus` of this name, whether it exists or not."""
        return Resource(self.cluster.kubectl, name)

    async def install(self) -> None:
        """`helm install --wait`, unless the release stands well, and find the ways into it.

        Raises:
            HelmFailed: it did not come about.
        """
        if await self.release.state() != "deployed":
            await self.release.uninstall()
            await self.release.install()
        await self.find()

    async def find(self) -> None:
        """Find the ways to what is installed, anew after an install, and set the simulator up."""
        await self._held.aclose()
        self._world = await self._held.enter_async_context(World(await self._places()))
        if self._loads is None:
            self._loads = Loads(self._world, self.rng, self.rate, NUMBERS)
        self._loads.world = self._world
        await self.tune()

    async def tune(self) -> None:
        """Set the simulated WhatsApp up; it forgets this when its pod starts again."""
        world = self.world
        await eventually("the simulated WhatsApp", lambda: _answers(world), within_s=60)
        await world.tune(webhook_time_scale=_RETRY_SCALE)
        await world.clear_faults()
        await world.slow_sends(_SEND_S)
        for number in NUMBERS:
            await world.connect(number)

    async def settle(self) -> None:
        """Leave nothing behind for the next scenario: no pause, no pod that is not ready.

        Raises:
            Wrong: a service does not get ready.
        """
        kubectl = self.cluster.kubectl
        await kubectl("delete", "juliastatus", "--all", "--wait", "--timeout=60s")
        if await self.world.sql("select from pausas"):
            await self.world.sql(
                "INSERT INTO julia_status (status, motivo, alterado_via)"
                " VALUES ('ativo', 'Fim do cenário', 'manual')"
            )
        await eventually(
            "all pods ready", self._all_ready, within_s=_RECOVERED_WITHIN_S, every_s=PACE_S
        )

    async def close(self) -> None:
        """Let go of the ways."""
        await self._held.aclose()

    async def _all_ready(self) -> bool:
        pods = await self.pods.of(*SERVICES)
        return {pod.component for pod in pods} == set(SERVICES) and all(p.ready for p in pods)

    async def _places(self) -> _Found:
        evolution = await self.cluster.address(_EVOLUTION, _EVOLUTION_PORT)
        broker = await self.cluster.address(_RABBITMQ, _MANAGEMENT_PORT)
        secret = (await self.cluster.kubectl.get("secret", _RABBITMQ))["data"]
        user, password = (b64decode(secret[key]).decode() for key in ("username", "password"))
        return _Found(
            urls={
                "evolution": f"http://{evolution}",
                "anthropic": await self.neighbours.url("anthropic"),
            },
            broker=f"http://{user}:{password}@{broker}",
            dsn=await self.neighbours.dsn(),
        )


@dataclass(frozen=True)
class Scenario:
    """One of the issue's scenarios.

    Attributes:
        number: as the issue counts them, and `SCENARIOS` chooses them.
        title: what is shown.
        play: raises `Wrong` when something is not as it should be.
        installs: whether it installs the release itself; otherwise it finds it there.
    """

    number: int
    title: str
    play: Callable[[Scene], Awaitable[None]]
    installs: bool = False


async def timed(what: str, doing: Awaitable[object]) -> float:
    """Do it, print how long it took, and return the seconds."""
    began = time.monotonic()
    await doing
    seconds = time.monotonic() - began
    print(f"    {what}: {seconds:.0f} s", flush=True)
    return seconds


async def _answers(world: World) -> bool:
    try:
        await world.summary()
    except httpx.HTTPError:
        return False
    return True
