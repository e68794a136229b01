"""What the cluster looks like when something went wrong: kept in a folder, and shown in short."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from julia_dev.kube.kubectl import Kubectl, Refused

_SHOWN_EVENTS: Final = 15
_SHOWN_LINES: Final = 5
_KEPT_LINES: Final = 1_000

_LOOKS: Final = {
    "pods.txt": ("get", "pods", "--output=wide"),
    "events.txt": ("get", "events", "--sort-by=.lastTimestamp"),
    "described.txt": ("describe", "pods"),
    "workloads.txt": ("get", "deployments,statefulsets,jobs,hpa,pdb,pvc", "--output=wide"),
    "statuses.yaml": ("get", "juliastatuses", "--output=yaml"),
}


async def diagnose(kubectl: Kubectl, folder: Path) -> None:
    """Write pods, events and logs into `folder`, and print what matters most.

    Logs hold no personal data: that is a rule of the services.
    """
    said = {name: await _said(kubectl, *arguments) for name, arguments in _LOOKS.items()}
    _write(folder, said)
    print(said["pods.txt"], flush=True)
    print("\n".join(said["events.txt"].splitlines()[-_SHOWN_EVENTS:]), flush=True)
    for pod in (await _said(kubectl, "get", "pods", "--output=name")).split():
        await _keep_log(kubectl, folder, pod.removeprefix("pod/"))
    print(f"    more of it: {folder}", flush=True)


async def _keep_log(kubectl: Kubectl, folder: Path, pod: str) -> None:
    whose = (pod, "--all-containers", f"--tail={_KEPT_LINES}")
    log = await _said(kubectl, "logs", *whose)
    before = await _said(kubectl, "logs", "--previous", *whose)
    _write(folder, {f"{pod}.log": log, f"{pod}.previous.log": before})
    if lines := log.splitlines()[-_SHOWN_LINES:]:
        print(f"  {pod}:", *(line[:300] for line in lines), sep="\n    ", flush=True)


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)


async def _said(kubectl: Kubectl, *arguments: str) -> str:
    try:
        return await kubectl(*arguments)
    except Refused as refusal:
        return f"{refusal}\n"
