"""The reference pages say what the code does."""

import importlib
import re
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram
from pydantic_core import PydanticUndefined

from julia_common.messaging import topology

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
SERVICES = ("ingest", "brain", "dispatcher", "scheduler", "operator")


def rows(page: str, header: str) -> list[list[str]]:
    """The cells of the table that begins with `header`."""
    table = (REFERENCE / page).read_text(encoding="utf-8").split(f"\n| {header} |", 1)[1]
    lines = table.split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("service", SERVICES)
def test_the_settings_page_lists_what_each_service_reads(service: str) -> None:
    settings = importlib.import_module(f"julia_{service}.settings").Settings
    column = 3 + SERVICES.index(service)

    read = {
        name.upper(): "M" if field.is_required() else "x"
        for name, field in settings.model_fields.items()
    }

    assert read == {
        row[0].strip("`"): row[column] for row in rows("settings.md", "variable") if row[column]
    }


@pytest.mark.parametrize("service", SERVICES)
def test_the_settings_page_names_the_defaults(service: str) -> None:
    settings = importlib.import_module(f"julia_{service}.settings").Settings
    documented = {row[0].strip("`"): row[1] for row in rows("settings.md", "variable")}

    for name, field in settings.model_fields.items():
        if field.default in {None, PydanticUndefined}:
            assert documented[name.upper()] == ""
        else:
            default = str(field.default)
            default = default.lower() if isinstance(field.default, bool) else default
            assert f"`{default}`" in documented[name.upper()]


def test_the_messaging_page_lists_the_metrics_of_the_common_library() -> None:
    modules = (
        "messaging.publisher",
        "messaging.consumer",
        "messaging.delivery",
        "resilience.breaker",
        "resilience.shared",
        "evolution.client",
        "telemetry.metrics",
        "telemetry.work",
    )
    defined = {
        metric._name + ("_total" if isinstance(metric, Counter) else "")
        for module in modules
        for metric in vars(importlib.import_module(f"julia_common.{module}")).values()
        if isinstance(metric, Counter | Gauge | Histogram)
    }

    assert {row[0].strip("`") for row in rows("messaging.md", "metric")} == defined


def test_the_messaging_page_lists_queues_and_what_they_take() -> None:
    documented = {row[0].strip("`"): row[1] for row in rows("messaging.md", "queue")}

    for spec in topology.QUEUES:
        assert set(re.findall(r"`([^`]+)`", documented[spec.name])) == set(spec.binds)
    delays = re.findall(r"(\d+)s`", "".join(name + "`" for name in documented if "retry" in name))
    assert tuple(map(int, delays)) == topology.RETRY_DELAYS_SECONDS
