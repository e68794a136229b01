"""Alertmanager takes the plain configuration, and Slack is told what the one on call needs."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from julia_dev import paths
from julia_dev.stack import ports, probes
from julia_dev.stack.keeper import Keeper
from julia_dev.stack.output import Output
from julia_dev.stack.probes import NotReady
from julia_dev.stack.program import Program
from julia_simulators.slack.state import WEBHOOK_PATH

pytestmark = pytest.mark.integration

MONITORING = paths.ROOT / "charts" / "julia" / "files" / "monitoring"
CONFIG = MONITORING / "alertmanager.yaml"
CHANNELS = ("aviso", "urgente")
PATIENCE_S = 30


def _amtool(*arguments: str) -> str:
    done = subprocess.run(
        ("amtool", *arguments),  # noqa: S607 - whichever it is
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# --- without a running Alertmanager --------------------------------------------------------------


def test_amtool_takes_the_configuration_with_its_template():
    assert "1 templates" in _amtool("check-config", str(CONFIG))


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["severity=critical", "alertname=JuliaDown", "namespace=julia"], "slack-urgente"),
        (["severity=warning", "alertname=JuliaLatencyHigh"], "slack"),
        (["severity=info", "alertname=JuliaPaused"], "ninguem"),
        (["severity=none", "alertname=JuliaWatchdog", "namespace=julia"], "vigia"),
        # Whoever forgets the label is heard all the same.
        (["alertname=JuliaNova"], "slack"),
    ],
)
def test_what_is_urgent_goes_apart_and_a_pause_to_nobody(labels: list[str], receiver: str):
    routed = _amtool("config", "routes", "test", f"--config.file={CONFIG}", *labels)
    assert routed.split() == [receiver]


def _rendered(tmp_path: Path, name: str, alerts: list[dict[str, Any]]) -> str:
    data = tmp_path / "data.json"
    firing = any(alert["status"] == "firing" for alert in alerts)
    data.write_text(
        json.dumps(
            {
                "status": "firing" if firing else "resolved",
                "alerts": alerts,
                "commonLabels": {"severity": alerts[0]["labels"]["severity"]},
            }
        )
    )
    return _amtool(
        *("template", "render", f"--template.glob={MONITORING}/templates/*.tmpl"),
        f'--template.text={{{{ template "julia.slack.{name}" . }}}}',
        f"--template.data={data}",
    )


def _told(name: str, *, status: str = "firing", severity: str = "critical") -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": name, "severity": severity},
        "annotations": {
            "summary": f"Resumo de {name}",
            "description": f"O que houve com {name}: " + "muitas palavras " * 15,
            "runbook_url": f"https://docs.example.com/julia/runbooks/{name}.md",
        },
        "startsAt": "2031-01-20T13:00:00Z",
        "endsAt": "2031-01-20T13:09:00Z",
    }


def test_one_alert_is_the_title_and_its_text_says_what_to_do(tmp_path: Path):
    alerts = [_told("JuliaDown")]
    assert _rendered(tmp_path, "title", alerts) == ":rotating_light: URGENTE: Resumo de JuliaDown"
    assert _rendered(tmp_path, "color", alerts) == "danger"
    text = _rendered(tmp_path, "text", alerts)
    assert text.startswith("O que houve com JuliaDown")
    assert "<!date^1926680400^{time}|13:00 UTC>" in text
    assert "<https://docs.example.com/julia/runbooks/JuliaDown.md|O que fazer>" in text


def test_of_several_each_has_its_summary_and_what_is_over_is_told_last(tmp_path: Path):
    alerts = [_told("JuliaA"), _told("JuliaB"), _told("JuliaC", status="resolved")]
    assert _rendered(tmp_path, "title", alerts) == ":rotating_light: URGENTE: 2 alertas"
    text = _rendered(tmp_path, "text", alerts)
    assert "*Resumo de JuliaA*" in text
    assert "*Resumo de JuliaB*" in text
    assert text.rstrip().endswith("resolvido às <!date^1926680940^{time}|13:09 UTC>.")


def test_a_resolved_message_is_green_and_names_what_is_over(tmp_path: Path):
    alerts = [_told("JuliaDown", status="resolved")]
    assert (
        _rendered(tmp_path, "title", alerts)
        == ":white_check_mark: Resolvido: Resumo de JuliaDown"
    )  # fmt: skip
    assert _rendered(tmp_path, "color", alerts) == "good"


def test_names_from_outside_become_no_markup(tmp_path: Path):
    alert = _told("JuliaDown", severity="warning")
    alert["annotations"]["description"] = "<!channel> & <http://mal.example|aqui>"
    text = _rendered(tmp_path, "text", [alert])
    assert text.startswith("&lt;!channel&gt; &amp; &lt;http://mal.example|aqui&gt;")


def test_a_storm_of_alerts_fits_into_one_message(tmp_path: Path):
    alerts = [_told(f"JuliaAlerta{number}") for number in range(60)]
    over = [_told(f"JuliaAlerta{number}", status="resolved") for number in range(40)]
    text = _rendered(tmp_path, "text", [*alerts, *over])
    assert "ao todo são 60 alertas" in text
    assert "Ao todo 40 resolvidos" in text
    assert len(text) < 4_000


def test_a_new_alert_is_named_although_many_fire_already(tmp_path: Path):
    text = _rendered(tmp_path, "text", [_told(f"JuliaAlerta{number}") for number in range(12)])
    assert text.count("|O que fazer>") == 5
    assert all(f"*Resumo de JuliaAlerta{number}*\n" in text for number in range(12))
    assert "ao todo" not in text


def test_what_ends_together_is_named_when_nothing_fires_any_more(tmp_path: Path):
    over = [_told(f"JuliaAlerta{number}", status="resolved") for number in range(20)]
    text = _rendered(tmp_path, "text", over)
    assert text.count(": resolvido às") == 15
    assert "Ao todo 20 resolvidos" in text
    assert len(text) < 4_000


# --- a running one, in front of the simulated Slack ----------------------------------------------


@dataclass
class Watch:
    """A running Alertmanager and its two channels."""

    http: httpx.AsyncClient
    alertmanager: str
    channels: dict[str, str]
    heard_outside: list[dict[str, Any]]
    """What whoever watches the alerts from outside was told."""

    async def post(self, name: str, *, over: bool = False, **labels: str) -> None:
        """Tell Alertmanager of an alert, as Prometheus would; `over`: it has just ended."""
        now = datetime.now(UTC)
        alert = {
            "labels": {"alertname": name, "namespace": "julia", **labels},
            "annotations": {
                "summary": f"Resumo de {name}",
                "description": f"Descrição de {name}.",
                "runbook_url": f"https://docs.example.com/julia/runbooks/{name}.md",
            },
            "startsAt": (now - timedelta(minutes=1)).isoformat(),
            "endsAt": (now if over else now + timedelta(minutes=5)).isoformat(),
        }
        answer = await self.http.post(f"{self.alertmanager}/api/v2/alerts", json=[alert])
        answer.raise_for_status()

    async def titles(self, channel: str) -> list[str]:
        """Return the titles of what a channel shows."""
        answer = await self.http.get(f"{self.channels[channel]}/_sim/messages")
        return [
            attachment["title"]
            for message in answer.json()["messages"]
            for attachment in message["attachments"]
        ]

    async def shows(self, channel: str, words: str) -> None:
        """Wait until a title in the channel holds these words."""

        async def probe() -> None:
            titles = await self.titles(channel)
            if not any(words in title for title in titles):
                raise NotReady(f"{channel} shows {titles}, and not {words}")

        await probes.wait_until(probe, PATIENCE_S)

    async def silenced(self) -> set[str]:
        """Return the names of the alerts that others inhibit."""
        answer = await self.http.get(f"{self.alertmanager}/api/v2/alerts")
        return {
            alert["labels"]["alertname"]
            for alert in answer.json()
            if alert["status"]["inhibitedBy"]
        }


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    alertmanager, *channels = ports.free(1 + len(CHANNELS))
    urls = dict(zip(CHANNELS, (f"http://127.0.0.1:{port}" for port in channels), strict=True))
    text = CONFIG.read_text().replace("templates/*", f"{MONITORING}/templates/*")
    for name, url in urls.items():
        webhook = tmp_path / name
        webhook.write_text(url + WEBHOOK_PATH)
        text = text.replace(f"/etc/alertmanager/slack/{name}", str(webhook))
    for shipped, short in (("10s", "100ms"), ("30s", "500ms"), ("1m", "500ms")):
        text = text.replace(f": {shipped}\n", f": {short}\n")
    heard_outside: list[dict[str, Any]] = []
    outside = await asyncio.start_server(partial(_hears, heard_outside), "127.0.0.1", 0)
    # As the page says that it is wired; and a minute is a second here.
    text = text.replace("# webhook_configs", "webhook_configs").replace(
        "    #   - {url", "      - {url"
    )
    text = text.replace(
        "https://where.it.is.watched/…",
        f"http://127.0.0.1:{outside.sockets[0].getsockname()[1]}/",
    ).replace("repeat_interval: 50s", "repeat_interval: 900ms")
    config = tmp_path / "alertmanager.yaml"
    config.write_text(text)
    programs = [
        *(
            Program(
                name=f"slack-{name}",
                argv=(sys.executable, "-m", "julia_simulators.slack"),
                probe=probes.http(port, "/_sim"),
                folder=tmp_path,
                env={"HOST": "127.0.0.1", "PORT": str(port)},
            )
            for name, port in zip(CHANNELS, channels, strict=True)
        ),
        Program(
            name="alertmanager",
            argv=(
                shutil.which("prometheus-alertmanager") or "prometheus-alertmanager",
                f"--config.file={config}",
                f"--storage.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{alertmanager}",
                "--cluster.listen-address=",
            ),
            probe=probes.http(alertmanager, "/-/ready"),
            folder=tmp_path,
        ),
    ]
    output = Output(tmp_path / "logs", console=None)
    async with outside, AsyncExitStack() as stack:
        stack.callback(output.close)
        for program in programs:
            keeper = Keeper(program, output)
            stack.push_async_callback(keeper.stop, at_once=True)
            await keeper.start()
        http = await stack.enter_async_context(httpx.AsyncClient())
        yield Watch(http, f"http://127.0.0.1:{alertmanager}", urls, heard_outside)


async def _hears(
    heard: list[dict[str, Any]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Take a webhook and answer 200."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split()[0])
    heard.append(json.loads(await reader.readexactly(length)))
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_slack_takes_what_alertmanager_sends_and_hears_when_it_is_over(watch: Watch):
    await watch.post("JuliaDown", severity="critical")
    await watch.post("JuliaLatencyHigh", severity="warning")
    await watch.shows("urgente", "URGENTE: Resumo de JuliaDown")
    await watch.shows("aviso", "Atenção: Resumo de JuliaLatencyHigh")
    await watch.post("JuliaDown", severity="critical", over=True)
    await watch.shows("urgente", "Resolvido: Resumo de JuliaDown")
    assert not any("JuliaDown" in title for title in await watch.titles("aviso"))


async def test_a_storm_of_alerts_is_one_message_and_none_is_refused(watch: Watch):
    for number in range(20):
        await watch.post("JuliaTargetAbsent", severity="critical", service=f"julia-{number}")
    await watch.shows("urgente", "20 alertas")
    refused = (await watch.http.get(f"{watch.channels['urgente']}/_sim")).json()["refused"]
    assert refused == {}


async def test_a_pause_silences_what_it_explains_and_nothing_else(watch: Watch):
    await watch.post("JuliaPaused", severity="info")
    await watch.post("JuliaNotAnswering", severity="critical", explained_by="backlog")
    await watch.post("JuliaWhatsAppDisconnected", severity="critical", instancia="julia-1")
    await watch.shows("urgente", "URGENTE: Resumo de JuliaWhatsAppDisconnected")
    assert await watch.silenced() == {"JuliaNotAnswering"}
    # The pause ends, and still nobody is answered.
    await watch.post("JuliaPaused", severity="info", over=True)
    await watch.shows("urgente", "2 alertas")


async def test_what_is_told_as_urgent_is_not_told_again_as_a_warning(watch: Watch):
    await watch.post("JuliaErrorBudgetBurning", severity="critical")
    await watch.post("JuliaErrorBudgetBurning", severity="warning")
    await watch.post("JuliaErrorRateHigh", severity="warning", etapa="envio")
    await watch.shows("urgente", "JuliaErrorBudgetBurning")
    await watch.shows("aviso", "JuliaErrorRateHigh")
    assert not any("Budget" in title for title in await watch.titles("aviso"))


async def test_that_alerts_work_is_told_outside_again_and_again_and_never_to_slack(watch: Watch):
    await watch.post("JuliaWatchdog", severity="none")

    async def thrice() -> None:
        if len(watch.heard_outside) < 3:
            raise NotReady(f"outside was told {len(watch.heard_outside)} times")

    await probes.wait_until(thrice, PATIENCE_S)
    assert {told["status"] for told in watch.heard_outside} == {"firing"}
    assert await watch.titles("aviso") == await watch.titles("urgente") == []
