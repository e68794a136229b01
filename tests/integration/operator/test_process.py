"""The operator as a process among others: its rights, its probes, its log, its end."""

import asyncio
import os
import sys

import httpx
import pytest

from julia_dev.kube.kubectl import Kubectl, Refused
from julia_dev.kube.scene import Bed, Scene, manifest

PAUSE = {"paused": True, "reason": "Manutenção do hospital"}
FINALIZER = "whats-agents.dev/ends-its-pauses"
MAY = {
    "juliastatuses.whats-agents.dev": {"get", "list", "watch", "patch"},
    "juliastatuses.whats-agents.dev/status": {"patch"},
    "events.events.k8s.io": {"create"},
}


async def test_its_rights_are_those_it_uses_in_its_own_namespace(bed: Bed, scene: Scene) -> None:
    own, other = Kubectl(bed.kubeconfig, bed.namespace), Kubectl(bed.kubeconfig, "default")
    rules = await own("auth", "can-i", "--list", "--no-headers")

    granted: dict[str, set[str]] = {}
    for line in rules.splitlines():
        resource, verbs = line.split()[0], line.rpartition("[")[2].rstrip("] \n").split()
        if not resource.startswith(("[", "selfsubject")):
            granted[resource] = set(verbs)

    assert granted == MAY
    with pytest.raises(Refused, match="Forbidden"):
        await other("get", "js")
    with pytest.raises(Refused, match="Forbidden"):
        await own("get", "js", "--all-namespaces")


async def test_its_log_is_like_that_of_the_other_services_and_repeats_no_reasons(
    bed: Bed, scene: Scene
) -> None:
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=("True", "Stopped"))
    await scene.kubectl("delete", "js", "geral", "--timeout=60s")

    lines = bed.said()

    for line in lines:
        assert set(line) == {"timestamp", "level", "service", "message", "context"}
        assert line["service"] == "julia-operator"
    assert "told" in [line["message"] for line in lines]
    assert PAUSE["reason"] not in bed.log.read_text()
    # Neither refused by the API server nor otherwise in trouble.
    assert not [line for line in lines if line["level"] not in ("DEBUG", "INFO")]


async def test_it_answers_probes_and_shows_what_it_does(bed: Bed, scene: Scene) -> None:
    await scene.apply("geral", **PAUSE)
    await scene.until("geral", Enforced=("True", "Stopped"))

    async with httpx.AsyncClient(base_url=bed.operator_url, trust_env=False) as client:
        assert (await client.get("/livez")).is_success
        assert (await client.get("/readyz")).is_success
        metrics = (await client.get("/metrics")).text

    assert 'julia_operador_decisoes_total{desfecho="pausada"}' in metrics
    assert "\njulia_operador_recursos 1.0\n" in metrics
    assert "\njulia_inicios_tardios 0.0\n" in metrics
    assert "\njulia_reservas_apos_parada 0.0\n" in metrics
    assert "julia_operador_aplicar_segundos_bucket" in metrics


async def release(bed: Bed) -> str:
    """Run the command that a Helm hook runs; return what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "julia_operator.release",
        env={
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(bed.kubeconfig),
            "WATCH_NAMESPACE": bed.namespace,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said
    return said.decode()


async def test_before_it_is_uninstalled_it_lets_go_of_all_resources_and_resumes_nothing(
    bed: Bed, scene: Scene
) -> None:
    await scene.kubectl.apply(manifest("um", **PAUSE), manifest("dois", paused=False))
    await scene.until("um", Enforced=("True", "Stopped"))
    await scene.until("dois", Overridden=("True", "PausedElsewhere"))
    rows = await scene.rows()

    assert '"recursos": 2' in await release(bed)
    # An operator that still runs leaves it so.
    await bed.looked_again()
    assert '"recursos": 0' in await release(bed)

    assert "finalizers" not in (await scene.resource("um"))["metadata"]
    assert "finalizers" not in (await scene.resource("dois"))["metadata"]
    assert (await scene.rows(), await scene.standing()) == (rows, 1)

    # Installed anew, it keeps what is decided anew.
    await scene.apply("um", paused=False)
    await scene.until("um", Enforced=("True", "Running"))
    assert (await scene.resource("um"))["metadata"]["finalizers"] == [FINALIZER]
