"""7: a wrong or missing secret is named by its pod and harms nobody; a new one is picked up."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import httpx

from julia_dev.e2e import observed
from julia_dev.e2e.cluster import Cluster, HelmFailed
from julia_dev.e2e.pods import SERVICES, Pod, Pods
from julia_dev.e2e.scene import Scene, timed
from julia_dev.e2e.second import second
from julia_dev.stopping.scene import Wrong, eventually, require

_GIVEN_UP_AFTER_S: Final = 75
"""What `helm install --wait` gets as its timeout."""
_GRACE_S: Final = 30
"""Helm's own work before and after it waits."""
_TAKEN_WITHIN_S: Final = 150
"""A kubelet looks at a pod's Secrets once a minute, unless it is told otherwise."""
_AFTERWARDS_S: Final = 10
_FAILED: Final = frozenset(
    {
        ("julia_turnos_total", "falha"),
        ("julia_turnos_total", "indisponibilidade"),
        # What Claude refuses for good, as a call with a wrong key.
        ("julia_tempo_resposta_segundos_count", "permanente"),
    }
)

_UNHARMED_WITHIN_S: Final = 60
_MISSING, _WRONG = "QUARANTINE_KEY", "DOCUMENTS_KEY"
_NEEDS: Final = {_MISSING: "ingest", _WRONG: "brain"}
_UNHARMED: Final = ("dispatcher", "scheduler", "redis", "rabbitmq")


async def play(scene: Scene) -> None:
    """Install a second Julia with bad secrets while the first one gets new ones, under load."""
    async with scene.loads.running():
        ended = await asyncio.gather(_bad_install(scene), _rotation(scene), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error


async def _bad_install(scene: Scene) -> None:
    given = {_WRONG: "nenhuma chave"}
    values = {"secrets": {"keys": {"existingSecret": "dados"}}, "operator": {"enabled": True}}
    async with second(scene, given, values) as other:
        cluster, release = other
        began = time.monotonic()
        try:
            await release.install(within_s=_GIVEN_UP_AFTER_S)
        except HelmFailed:
            pass
        else:
            raise Wrong(f"an install without {_MISSING} succeeded")
        took = time.monotonic() - began
        require(
            took < _GIVEN_UP_AFTER_S + _GRACE_S,
            f"helm install --wait gave up after {took:.0f} s, not {_GIVEN_UP_AFTER_S} s",
        )
        print(f"    helm install --wait failed after {took:.0f} s, as it should", flush=True)
        await _each_names_its_secret(cluster)
        # With its hooks: what lets resources go needs nothing of the rest.
        await timed("the uninstall of what failed", release.uninstall())


async def _each_names_its_secret(cluster: Cluster) -> None:
    pods = Pods(cluster.kubectl)
    for setting, component in _NEEDS.items():
        found = await pods.of(component)
        require(len(found) == 1, f"{len(found)} pods of {component}, and not one")
        (pod,) = found
        said = await observed.complaints(cluster.kubectl, pod.name)
        require(not pod.ready, f"{pod.name} is ready with a bad {setting}")
        require(setting in said, f"{pod.name} does not name {setting}:\n{said}")
        print(f"    {component} says: {_line_with(setting, said)}", flush=True)

    async def unharmed() -> bool:
        return {pod.component for pod in await pods.of(*_UNHARMED) if pod.ready} == set(_UNHARMED)

    await eventually(f"{', '.join(_UNHARMED)} ready", unharmed, within_s=_UNHARMED_WITHIN_S)


async def _rotation(scene: Scene) -> None:
    """Give Claude, Supabase and the webhook new secrets; then take Claude's old one away."""
    keys = scene.neighbours.secrets
    before = await scene.pods.of(*SERVICES)
    failed = await _failed_turns(scene, before)
    key, secret = (f"nova-{secrets.token_hex(16)}" for _ in range(2))
    await _accept(scene, keys.anthropic_api_key, key)
    await timed(
        "the upgrade that rotates",
        scene.release.upgrade(
            {
                "secrets": {
                    "anthropic": {"apiKey": key},
                    "supabase": {"serviceKey": keys.another_service_key()},
                    "webhook": {"secret": secret, "previousSecret": keys.webhook_secret},
                }
            }
        ),
    )
    await timed("until every pod has the new values", _taken(scene, before))
    await _accept(scene, key)
    await asyncio.sleep(_AFTERWARDS_S)
    now = await scene.pods.of(*SERVICES)
    gone = {(pod.name, pod.restarts) for pod in before} - {(pod.name, pod.restarts) for pod in now}
    require(not gone, f"a rotation restarted or replaced {gone}")
    require(await _failed_turns(scene, before) == failed, "turns failed while the key changed")
    # As another run will find it.
    await _accept(scene, keys.anthropic_api_key, key)


async def _taken(scene: Scene, pods: Sequence[Pod]) -> None:
    database = "SUPABASE_SERVICE_KEY"
    wanted = {
        "ingest": ("EVOLUTION_WEBHOOK_SECRET",),
        "brain": ("ANTHROPIC_API_KEY", database),
    }
    for pod in pods:
        for setting in wanted.get(pod.component, (database,)):
            await eventually(
                f"{pod.name} with the new {setting}",
                partial(_rotated, scene, pod, setting),
                within_s=_TAKEN_WITHIN_S,
            )


async def _rotated(scene: Scene, pod: Pod, setting: str) -> bool:
    samples = await observed.metrics(scene.cluster.kubectl, pod.name)
    return any(
        each.name == "julia_secret_rotations_total"
        and each.labels["setting"] == setting
        and each.value > 0
        for each in samples
    )


async def _failed_turns(scene: Scene, pods: Sequence[Pod]) -> Mapping[str, float]:
    """Count, for each pod of the brain, the turns that did not come about for want of Claude."""
    found: dict[str, float] = {}
    for pod in pods:
        if pod.component == "brain":
            samples = await observed.metrics(scene.cluster.kubectl, pod.name)
            found[pod.name] = sum(
                each.value
                for each in samples
                if (each.name, each.labels.get("resultado")) in _FAILED
            )
    return found


async def _accept(scene: Scene, *keys: str) -> None:
    """Let the simulated Claude accept these keys and no others."""
    async with httpx.AsyncClient(base_url=await scene.neighbours.url("anthropic")) as claude:
        (await claude.put("/_sim/keys", json=list(keys))).raise_for_status()


def _line_with(setting: str, said: str) -> str:
    return next(line.strip()[:200] for line in said.splitlines() if setting in line)
