"""The rules and the way to Slack as the chart ships them, with shorter intervals.

What is looked at how often, and how long Alertmanager gathers, is divided by a factor. Nothing else
is changed: no expression, no `for`, no window, no grouping, no template.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from julia_dev import paths

_CHART: Final = paths.ROOT / "charts" / "julia"
_MONITORING: Final = _CHART / "files" / "monitoring"
TEMPLATES: Final = _MONITORING / "templates"

_UNITS_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_GATHERING: Final = ("group_wait", "group_interval")


@dataclass(frozen=True)
class Target:
    """A process whose metrics are read, by the labels that the PodMonitor would give it."""

    service: str
    port: int


def shorter(duration: str, factor: float) -> str:
    """Return a Prometheus duration divided by the factor, in whole milliseconds."""
    return f"{round(_ms(duration) / factor)}ms"


def scrape_s(factor: float) -> float:
    """Return the seconds between two readings of a process's metrics, divided by the factor."""
    return _ms(_scrape_interval()) / 1000 / factor


def rule_files(factor: float) -> dict[str, str]:
    """Return every rule file by its name."""
    return {path.name: _rules(path, factor) for path in sorted((_MONITORING / "rules").glob("*"))}


def summaries() -> dict[str, str]:
    """Return what Slack says of each alert: its name and the template of its summary."""
    return {
        rule["alert"]: rule["annotations"]["summary"]
        for path in sorted((_MONITORING / "rules").glob("*"))
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }


def prometheus(
    factor: float,
    *,
    rules: Path,
    alertmanager_port: int,
    targets: Sequence[Target],
    kubelet_port: int,
) -> str:
    """Return Prometheus' configuration; the rule files lie in the folder `rules`."""
    every = shorter(_scrape_interval(), factor)
    return _dump(
        {
            "global": {
                "scrape_interval": every,
                "scrape_timeout": every,
                "evaluation_interval": every,
            },
            "rule_files": [f"{rules}/*.yaml"],
            "alerting": {
                "alertmanagers": [
                    {"static_configs": [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]}
                ]
            },
            "scrape_configs": [
                {
                    "job_name": "julia",
                    "static_configs": [
                        {
                            "targets": [f"127.0.0.1:{target.port}"],
                            "labels": {
                                "namespace": "julia",
                                "pod": f"julia-{target.service}-0",
                                "container": target.service,
                            },
                        }
                        for target in targets
                    ],
                },
                {
                    "job_name": "kubelet-recorded",
                    # The namespace is the recorded one, as the kubelet told it.
                    "honor_labels": True,
                    "static_configs": [{"targets": [f"127.0.0.1:{kubelet_port}"]}],
                },
            ],
        }
    )


def alertmanager(factor: float, webhook_files: Mapping[str, Path]) -> str:
    """Return Alertmanager's configuration.

    Args:
        factor: what the times in which it gathers alerts are divided by.
        webhook_files: files that hold a webhook's URL, by the last part of the shipped path
            (`aviso`, `urgente`).
    """
    config = yaml.safe_load((_MONITORING / "alertmanager.yaml").read_text())
    config["templates"] = [f"{TEMPLATES}/*.tmpl"]
    for receiver in config["receivers"]:
        for slack in receiver.get("slack_configs", ()):
            slack["api_url_file"] = str(webhook_files[Path(slack["api_url_file"]).name])
    for route in (config["route"], *config["route"].get("routes", ())):
        for name in _GATHERING:
            if name in route:
                route[name] = shorter(route[name], factor)
    return _dump(config)


def _rules(path: Path, factor: float) -> str:
    content = yaml.safe_load(path.read_text())
    for group in content["groups"]:
        if "interval" in group:
            group["interval"] = shorter(group["interval"], factor)
    return _dump(content)


def _ms(duration: str) -> int:
    found = re.fullmatch(r"(\d+)(ms|s|m|h)", duration)
    if found is None:
        raise ValueError(f"{duration!r} is no duration such as 15s or 1m")
    return int(found[1]) * _UNITS_MS[found[2]]


def _scrape_interval() -> str:
    values = yaml.safe_load((_CHART / "values.yaml").read_text())
    return str(values["podMonitor"]["interval"])


def _dump(content: Any) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100_000)
