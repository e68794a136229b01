"""The collectors take what the services write, and index nothing that has no end."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml
from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span

from julia_common.errors import Retryable
from julia_common.telemetry.logging import canonical, configure_logging
from julia_dev.paths import ROOT

pytestmark = pytest.mark.unit

FOLDER = ROOT / "docs" / "how-to" / "logs"
SPAN = NonRecordingSpan(SpanContext(trace_id=1, span_id=2, is_remote=False))
COMPONENTS = {"ingest", "brain", "dispatcher", "scheduler", "operator"}


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """A line with everything that a line may have."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("julia-brain", "INFO")
    ids = {"conversa_id": "c-1", "medico_id": "m-1", "turno_id": "t-1"}
    with structlog.contextvars.bound_contextvars(**ids), use_span(SPAN):
        canonical("Turno encerrado", resultado="resposta", latencia_ms=12)
        logging.getLogger("julia_brain").error("failed", exc_info=Retryable("away"))
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    return first | {"context": first["context"] | second["context"]}


def at(line: dict[str, Any], path: str) -> Any:
    for name in path.split("."):
        line = line[name]
    return line


def block(text: str, name: str) -> str:
    """What stands between the braces of a block of Alloy's language."""
    return re.split(rf"{re.escape(name)} {{", text)[1].split("\n  }\n")[0]


def test_loki_gets_what_a_line_has_and_indexes_only_what_has_few_values(line: dict[str, Any]):
    text = (FOLDER / "loki.alloy").read_text()
    assert text.count("{") == text.count("}")
    extracted = dict(re.findall(r'(\w+)\s*= "([\w.]+)",', block(text, "stage.json")))

    assert all(at(line, path) for path in extracted.values())
    labels = set(re.findall(r'(\w+)\s*= ""', block(text, "stage.labels")))
    beside = set(re.findall(r'(\w+)\s*= ""', block(text, "stage.structured_metadata")))
    assert labels == {"level", "service"}
    assert beside | labels | {"timestamp"} == extracted.keys()


def test_filebeat_renames_what_a_line_has(line: dict[str, Any]):
    config = yaml.safe_load((FOLDER / "filebeat.yml").read_text())
    decoded = {"julia": line}
    *_, choice = config["processors"]

    renamed = [field["from"] for field in choice["then"][1]["rename"]["fields"]]
    typed = [field["name"] for field in config["setup.template"]["append_fields"]]

    assert all(at(decoded, path) for path in renamed + typed)
    assert at(decoded, choice["if"]["has_fields"][0])


def test_datadogs_pipeline_takes_the_fields_that_a_line_has(line: dict[str, Any]):
    pipeline = json.loads((FOLDER / "datadog-pipeline.json").read_text())

    sources = [source for each in pipeline["processors"] for source in each["sources"]]

    assert len(sources) == 5
    assert all(at(line, path) for path in sources)


def test_datadog_is_asked_by_every_service_for_the_container_of_its_name():
    values = yaml.safe_load((FOLDER / "julia-datadog-values.yaml").read_text())

    assert values.keys() == COMPONENTS
    for component, given in values.items():
        [(annotation, asked)] = given["podAnnotations"].items()
        assert annotation == f"ad.datadoghq.com/{component}.logs"
        [collected] = json.loads(asked)
        name = "julia-api" if component == "ingest" else f"julia-{component}"
        assert collected["service"] == name
    agent = yaml.safe_load((FOLDER / "datadog-values.yaml").read_text())
    assert agent["datadog"]["logs"] == {"enabled": True, "containerCollectAll": False}


def test_every_file_is_named_in_the_how_to():
    page = (FOLDER.parent / "collect-logs.md").read_text()

    linked = {Path(link).name for link in re.findall(r"\]\((logs/[\w.-]+)\)", page)}
    assert linked == {file.name for file in FOLDER.iterdir()}
