"""The chart's values and the services' settings are of one mind."""

import importlib
import inspect
import json
import re
from functools import cache
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from julia_common.secrets.files import DEFAULT_FOLDER
from julia_common.serve import Service
from julia_dev import paths

CHART = paths.ROOT / "charts" / "julia"
SERVICES = ("ingest", "brain", "dispatcher", "scheduler", "operator")
TEMPLATES_SET = {
    "HOST": "the image",
    "PORT": "the Deployment",
    "JULIA_API_URL": "the ConfigMap, of the Service's name",
    "EVOLUTION_API_URL": "the ConfigMap, of the Service's name",
    "WATCH_NAMESPACE": "the operator's Deployment",
    "OTEL_TRACES_EXPORTER": "the ConfigMap, of `tracing`",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "the ConfigMap, of `tracing`",
    "SECRETS_DIR": "nobody: its default is where they are mounted",
}
URLS_OF_NEIGHBOURS = {"RABBITMQ_URL", "REDIS_URL"}


def test_every_setting_that_is_no_secret_can_be_given() -> None:
    plain = {name for service in SERVICES for name in _settings(service, secret=False)}

    assert _config() == plain - set(TEMPLATES_SET)


def test_every_secret_setting_is_in_the_table() -> None:
    secret = {name for service in SERVICES for name in _settings(service, secret=True)}

    assert set(_table()) == secret - URLS_OF_NEIGHBOURS | {"PGPASSWORD"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_the_secrets_that_it_reads_and_no_others(service: str) -> None:
    given = {name for name, row in _table().items() if service in row["readers"]}

    assert given == set(_settings(service, secret=True)) - URLS_OF_NEIGHBOURS


@pytest.mark.parametrize("service", SERVICES)
def test_secrets_without_which_a_service_does_not_start_are_required(service: str) -> None:
    needed = {
        name for name, field in _settings(service, secret=True).items() if field.is_required()
    }

    required = {name for name, row in _table().items() if row.get("required") is True}
    assert needed - URLS_OF_NEIGHBOURS <= required


def test_secrets_are_mounted_where_services_look_for_them() -> None:
    assert f"mountPath: {DEFAULT_FOLDER}," in _template("_workload.tpl")


def test_what_keda_asks_for_is_measured_by_the_scheduler() -> None:
    metrics = inspect.getsource(importlib.import_module("julia_scheduler.metrics"))
    due = {
        found[1]
        for service in SERVICES
        if (found := re.search(r'"due" "(\w+)"', _template(f"{service}/{service}.yaml")))
    }

    assert due == {"turnos", "envios"}
    for what in due:
        assert f'"julia_{what}_liberados"' in metrics
        assert f'"julia_{what}_liberados_idade_segundos"' in metrics
    asked = re.findall(r'printf "(julia_\S+)"', _template("_autoscaling.tpl"))
    assert set(asked) == {"julia_%s_liberados", "julia_%s_liberados_idade_segundos"}


def test_pods_have_time_to_drain() -> None:
    drains = _template("_workload.tpl").split('define "julia.drainSeconds"')[1].split("define")[0]

    assert 'eq .component "dispatcher" -}}{{- add $evolution 10' in drains
    assert 'eq .component "scheduler" -}}{{- add $evolution 5' in drains
    assert re.search(r"else -}}(\d+)", drains)[1] == str(Service().drain_seconds)
    assert _drain("dispatcher") == "settings.evolution_timeout_seconds + _DRAIN_MARGIN_SECONDS"
    assert importlib.import_module("julia_dispatcher.bootstrap")._DRAIN_MARGIN_SECONDS == 10
    assert _drain("scheduler") == "settings.evolution_timeout_seconds + 5"
    assert [_drain(name) for name in ("ingest", "brain", "operator")] == [None] * 3


def _settings(service: str, *, secret: bool) -> dict[str, FieldInfo]:
    settings = importlib.import_module(f"julia_{service}.settings").Settings
    return {
        name.upper(): field
        for name, field in settings.model_fields.items()
        if ("SecretStr" in repr(field.annotation) or field.annotation is SecretStr) is secret
    }


@cache
def _table() -> dict[str, Any]:
    rows = re.findall(r"^[A-Z_]+: \{group.*$", _template("_secrets.tpl"), re.MULTILINE)
    # What is required depends on other values for some.
    return yaml.safe_load("\n".join(re.sub(r"\{\{.*?\}\}", "perhaps", row) for row in rows))


def _template(name: str) -> str:
    return (CHART / "templates" / name).read_text()


def _config() -> set[str]:
    schema = json.loads((CHART / "values.schema.json").read_text())
    return set(schema["properties"]["config"]["properties"])


def _drain(service: str) -> str | None:
    code = inspect.getsource(importlib.import_module(f"julia_{service}.bootstrap"))
    found = re.search(r"drain_seconds=(.+),$", code, re.MULTILINE)
    return found and found[1]
