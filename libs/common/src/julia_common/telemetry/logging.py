"""Structured logs: one JSON object per line on stdout, in the form that operations expect.

`{timestamp, level, service, message, context{medico_id, conversa_id, latencia_ms, ...}}`. What is
bound with `structlog.contextvars` joins the context of every line, stdlib loggers included. Every
string passes `redact` last, should any caller have forgotten what must never be in a log.
"""

import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from opentelemetry import trace
from pydantic import SecretStr
from structlog.typing import EventDict

from julia_common.errors import Permanent, Refused, Retryable
from julia_common.telemetry.redaction import Redactor

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_CANONICAL = "julia.canonical"
_TOO_TALKATIVE = ("aio_pika", "httpcore", "httpx", "hpack", "anthropic", "asyncio", "urllib3")
"""Below WARNING these write URLs, frames and whole bodies."""

_REPEATS_US = "aiormq"
"""Logs every failed attempt to connect as an error with a traceback; ours says it in one line."""

_canonical = logging.getLogger(_CANONICAL)


def configure_logging(
    service: str, level: str, *, secrets: Iterable[SecretStr] = ()
) -> Callable[[str], None]:
    """Send all logs of the process to stdout as JSON, from `level` on; canonical lines always.

    The values of `secrets` are masked wherever they turn up, and so is what the returned function
    is called with later.
    """
    redactor = Redactor(secret.get_secret_value() for secret in secrets)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonFormatter(service, redactor))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    set_level(level)
    _canonical.setLevel(logging.INFO)
    logging.getLogger(_REPEATS_US).setLevel(logging.CRITICAL)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return redactor.remember


def set_level(level: str) -> None:
    """Write from `level` on, one of `LEVELS`, from now."""
    root = logging.getLogger()
    root.setLevel(level)
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def canonical(message: str, **context: Any) -> None:
    """Write the one line that tells what became of a unit of work, whatever LOG_LEVEL says.

    Context names are those of the operations contract where one fits: `medico_id`, `conversa_id`,
    `latencia_ms`.
    """
    _canonical.info(message, extra={"context": context})


def _to_log_kwargs(_: Any, __: str, event: EventDict) -> EventDict:
    """Hand all keys over as one: one called `args` or `name` would clash with the record's."""
    own = {name: event.pop(name) for name in ("exc_info", "stack_info") if name in event}
    return {"msg": event.pop("event"), "extra": {"context": dict(event)}, **own}


class _JsonFormatter(logging.Formatter):
    def __init__(self, service: str, redactor: Redactor) -> None:
        super().__init__()
        self._service = service
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        context = {
            **structlog.contextvars.get_contextvars(),
            **_extra(record),
        }
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            context.setdefault("trace_id", trace.format_trace_id(span.trace_id))
            context.setdefault("span_id", trace.format_span_id(span.span_id))
        if not record.name.startswith(("julia", "__main__")):
            context.setdefault("logger", record.name)
        if record.exc_info and record.exc_info[1] is not None:
            context["erro"] = _describe(record.exc_info[1])
        line = {
            "timestamp": _timestamp(record.created),
            "level": record.levelname,
            "service": self._service,
            "message": self._redactor.text(record.getMessage()),
            "context": self._redactor.value(context),
        }
        return json.dumps(line, ensure_ascii=False, default=str)


def _timestamp(created: float) -> str:
    moment = datetime.fromtimestamp(created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_RECORD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    extra = {name: value for name, value in vars(record).items() if name not in _RECORD_FIELDS}
    extra.pop("color_message", None)  # uvicorn's
    nested = extra.pop("context", None)
    return {**extra, **nested} if isinstance(nested, dict) else extra


def _describe(error: BaseException) -> dict[str, Any]:
    """An exception without its message, unless it is one of ours.

    Other people's messages quote their input: pydantic's, PostgREST's and httpx's may hold what a
    doctor wrote.
    """
    described: dict[str, Any] = {
        "type": type(error).__qualname__,
        "at": [
            f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-8:]
        ],
    }
    if isinstance(error, (Retryable, Permanent, Refused)):
        described["message"] = str(error)
    if isinstance(error, BaseExceptionGroup):
        described["errors"] = [_describe(inner) for inner in error.exceptions]
    if error.__cause__ is not None:
        described["cause"] = _describe(error.__cause__)
    return described
