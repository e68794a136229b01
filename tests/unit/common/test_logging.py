"""One JSON object per line, in the form that operations expect, with nobody in it."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from opentelemetry.trace import format_span_id, format_trace_id, get_current_span
from pydantic import BaseModel, SecretStr, ValidationError

from julia_common.errors import Retryable
from julia_common.telemetry.logging import canonical, configure_logging
from julia_common.telemetry.tracing import span

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("aiormq", "httpx", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_has_the_form_that_operations_expect(lines: Lines) -> None:
    configure_logging("julia-api", "INFO")

    canonical("Mensagem processada", medico_id="m-1", conversa_id="c-1", latencia_ms=1234)

    (line,) = lines()
    assert set(line) == {"timestamp", "level", "service", "message", "context"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert (line["level"], line["service"]) == ("INFO", "julia-api")
    assert line["message"] == "Mensagem processada"
    assert line["context"] == {"medico_id": "m-1", "conversa_id": "c-1", "latencia_ms": 1234}


def test_canonical_lines_are_written_at_any_level(lines: Lines) -> None:
    configure_logging("julia-api", "CRITICAL")

    logging.getLogger("julia_ingest").error("not this one")
    canonical("Mensagem processada")

    assert [line["message"] for line in lines()] == ["Mensagem processada"]


def test_what_is_bound_joins_every_line_of_the_block(lines: Lines) -> None:
    configure_logging("julia-brain", "INFO")

    with structlog.contextvars.bound_contextvars(conversa_id="c-1"), span("test"):
        logging.getLogger("julia_brain").info("thinking")
        structlog.stdlib.get_logger("julia_brain").info("answered", partes=2)
        here = get_current_span().get_span_context()

    ids = {"trace_id": format_trace_id(here.trace_id), "span_id": format_span_id(here.span_id)}
    first, second = lines()
    assert first["context"] == {"conversa_id": "c-1", **ids}
    assert second["context"] == {"conversa_id": "c-1", "partes": 2, **ids}


def test_people_and_secrets_are_masked_in_messages_and_context(lines: Lines) -> None:
    configure_logging("julia-api", "INFO", secrets=[SecretStr("s3cret-value")])

    logging.getLogger("x").info("to %s with %s", "5511999998888", "s3cret-value")
    canonical("Mensagem", numero="+55 11 99999-8888", chave="s3cret-value")

    said = json.dumps(lines())
    assert "8888" not in said
    assert "s3cret" not in said


def test_an_exception_is_told_without_the_input_that_it_quotes(lines: Lines) -> None:
    class Body(BaseModel):
        age: int

    configure_logging("julia-api", "INFO")
    try:
        try:
            Body.model_validate({"age": "meu nome e Joana"})
        except ValidationError as error:
            raise Retryable("the body was odd") from error
    except Retryable:
        logging.getLogger("julia_ingest").exception("failed")

    (line,) = lines()
    assert line["context"]["erro"]["type"] == "Retryable"
    assert line["context"]["erro"]["message"] == "the body was odd"
    assert line["context"]["erro"]["cause"]["type"] == "ValidationError"
    assert "test_logging.py" in line["context"]["erro"]["at"][-1]
    assert "Joana" not in json.dumps(line)


def test_libraries_that_write_whole_bodies_are_kept_quiet_in_debug(lines: Lines) -> None:
    configure_logging("julia-api", "DEBUG")

    logging.getLogger("aiormq.connection").debug("Prepare to send b'Oi, sou a Joana'")
    logging.getLogger("aiormq.connection").error("error when creating transport")
    logging.getLogger("httpx").info("HTTP Request: POST http://user:pass@host/")

    assert lines() == []


def test_access_logs_are_off(lines: Lines) -> None:
    configure_logging("julia-api", "DEBUG")

    logging.getLogger("uvicorn.access").info("GET /webhook")
    logging.getLogger("uvicorn.error").info("started")

    assert [line["message"] for line in lines()] == ["started"]


def test_an_object_that_json_does_not_know_is_logged_as_text(lines: Lines) -> None:
    configure_logging("julia-api", "INFO")

    canonical("Mensagem", quem=object, quando=b"\xff")

    assert lines()[0]["message"] == "Mensagem"
