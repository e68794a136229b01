"""A real Prometheus, a real Alertmanager, and Slack's two channels beside a running stack."""

import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from julia_dev.alerting import recording, shipped
from julia_dev.alerting.shipped import Target
from julia_dev.stack import ports
from julia_dev.stack.config import SERVICES
from julia_dev.stack.errors import StackError
from julia_dev.stack.keeper import Keeper
from julia_dev.stack.probes import http
from julia_dev.stack.program import Program
from julia_dev.stack.stack import Stack
from julia_simulators.slack.state import WEBHOOK_PATH

CHANNELS: Final = ("aviso", "urgente")
"""As the shipped configuration names them."""

_TELLS: Final = re.compile(r"level=(warn|error)")


@dataclass(frozen=True)
class Monitors:
    """Where they are."""

    prometheus_url: str
    channel_urls: Mapping[str, str]


@asynccontextmanager
async def watching(stack: Stack, folder: Path, factor: float) -> AsyncIterator[Monitors]:
    """Run them for the block; intervals are divided by the factor.

    Raises:
        StackError: one is not installed, or does not start.
    """
    prometheus_port, alertmanager_port, kubelet_port, *channel_ports = ports.free(3 + len(CHANNELS))
    urls = {
        name: f"http://127.0.0.1:{port}" for name, port in zip(CHANNELS, channel_ports, strict=True)
    }
    programs = (
        *(_channel(folder, name, port) for name, port in zip(CHANNELS, channel_ports, strict=True)),
        _alertmanager(folder / "alertmanager", alertmanager_port, factor, urls),
        _prometheus(
            folder / "prometheus",
            prometheus_port,
            factor,
            alertmanager_port=alertmanager_port,
            targets=[Target(name, stack.config.ports[name]) for name in SERVICES],
            kubelet_port=kubelet_port,
        ),
    )
    async with recording.served(kubelet_port), AsyncExitStack() as running:
        for program in programs:
            keeper = Keeper(program, stack.output)
            running.push_async_callback(keeper.stop, at_once=True)
            await keeper.start()
        yield Monitors(f"http://127.0.0.1:{prometheus_port}", urls)


def _prometheus(
    folder: Path,
    port: int,
    factor: float,
    *,
    alertmanager_port: int,
    targets: list[Target],
    kubelet_port: int,
) -> Program:
    rules = folder / "rules"
    rules.mkdir(parents=True)
    for name, text in shipped.rule_files(factor).items():
        (rules / name).write_text(text)
    config = folder / "prometheus.yaml"
    config.write_text(
        shipped.prometheus(
            factor,
            rules=rules,
            alertmanager_port=alertmanager_port,
            targets=targets,
            kubelet_port=kubelet_port,
        )
    )
    return Program(
        name="prometheus",
        argv=(
            _installed("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ),
        probe=http(port, "/-/ready"),
        folder=folder,
        tells=_TELLS,
    )


def _alertmanager(folder: Path, port: int, factor: float, urls: Mapping[str, str]) -> Program:
    folder.mkdir(parents=True)
    webhooks = {name: folder / name for name in urls}
    for name, url in urls.items():
        webhooks[name].write_text(f"{url}{WEBHOOK_PATH}")
    config = folder / "alertmanager.yaml"
    config.write_text(shipped.alertmanager(factor, webhooks))
    return Program(
        name="alertmanager",
        argv=(
            _installed("prometheus-alertmanager"),
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ),
        probe=http(port, "/-/ready"),
        folder=folder,
        tells=_TELLS,
    )


def _channel(folder: Path, name: str, port: int) -> Program:
    return Program(
        name=f"slack-{name}",
        argv=(sys.executable, "-m", "julia_simulators.slack"),
        probe=http(port, "/_sim"),
        folder=folder,
        env={"HOST": "127.0.0.1", "PORT": str(port), "SIM_SLACK_CHANNEL": f"julia-{name}"},
    )


def _installed(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise StackError(
            f"{program} is not installed; `dev/bootstrap` as root installs it, "
            f"or: apt-get install {program}"
        )
    return found
