"""`python -m julia_dev.e2e`: the chart on a real cluster, upgraded, broken and paused under load.

Environment:
    KUBECONFIG: the cluster; without it `tests/cluster` is brought up.
    SCENARIOS: which of them, `2,3`; all, when absent.
    RATE: messages in a second under load (20).
    SEED: drawn and printed when absent.
    IMAGE_REGISTRY, IMAGE_TAG, IMAGE_TAG_OTHER: where a given cluster gets the images from
        (`localhost`, `dev`, and the tag of the same code to which upgrades go, `dev2`).
    E2E_NAMESPACE: where all of it happens (`julia-e2e`).
    HELM: `helm3` or `helm4` (the latter).
    KEEP: `1` plays on what another run left there, and leaves it there.

Ends with one line of JSON; exits 1 when a figure misses its bar.
"""

import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path

from julia_dev.chart import programs
from julia_dev.e2e import ready, scenarios
from julia_dev.e2e.cluster import Cluster, own_kubeconfig
from julia_dev.e2e.images import Images
from julia_dev.e2e.run import run
from julia_dev.e2e.scene import Scenario
from julia_dev.kube.kubectl import Refused
from julia_dev.stack.errors import StackError
from julia_dev.stopping.scene import Wrong


async def _main() -> int:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**31))
    rate = float(os.environ.get("RATE") or 20)
    print(f"seed {seed}, {rate:g} messages a second", flush=True)
    began = time.monotonic()
    given = os.environ.get("KUBECONFIG")
    images = _images()
    programs.build()
    if given is None:
        await ready.cluster(images)
    kubeconfig = Path(given) if given else own_kubeconfig()
    cluster = Cluster(
        kubeconfig=kubeconfig,
        namespace=os.environ.get("E2E_NAMESPACE") or "julia-e2e",
        direct=kubeconfig == own_kubeconfig(),
        helm_name=os.environ.get("HELM") or "helm4",
    )
    async with cluster:
        verdict = await run(
            cluster,
            _chosen(),
            images=images,
            seed=seed,
            rate=rate,
            keep=os.environ.get("KEEP") == "1",
        )
    missed = verdict.missed()
    for bar in missed:
        print(f"MISSED {bar}", flush=True)
    shown = {
        "seed": seed,
        **verdict.figures(),
        "rate": rate,
        "seconds": round(time.monotonic() - began),
        "held": not missed,
    }
    print(json.dumps(shown), flush=True)
    return 1 if missed else 0


def _images() -> Images:
    names = {"registry": "IMAGE_REGISTRY", "tag": "IMAGE_TAG", "other": "IMAGE_TAG_OTHER"}
    return Images(
        **{field: os.environ[name] for field, name in names.items() if name in os.environ}
    )


def _chosen() -> list[Scenario]:
    wanted = os.environ.get("SCENARIOS")
    if not wanted:
        return list(scenarios.ALL)
    known = {str(scenario.number): scenario for scenario in scenarios.ALL}
    unknown = [each for each in wanted.split(",") if each.strip() not in known]
    if unknown:
        raise StackError(f"SCENARIOS: {', '.join(unknown)} is none of {', '.join(known)}")
    return [known[each.strip()] for each in wanted.split(",")]


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_main()))
    except (StackError, programs.Failed, Refused, Wrong) as error:
        print(f"the cluster's part did not start: {error}", file=sys.stderr)
        sys.exit(2)
