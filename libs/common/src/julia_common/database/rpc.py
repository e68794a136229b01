"""One call of one database function: deadline, retries, translation of errors, metric."""

import asyncio
import re
from collections.abc import Mapping
from contextvars import ContextVar
from http import HTTPStatus
from time import perf_counter
from typing import Final, NoReturn

import httpx
from postgrest import APIResponse
from postgrest.exceptions import APIError
from prometheus_client import Histogram
from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from supabase import AsyncClient

from julia_common.database.model import Arguments
from julia_common.errors import Misdeployed, Permanent, Retryable, Unreachable
from julia_common.resilience.breaker import CircuitBreaker, CircuitOpen
from julia_common.resilience.retry import retrying
from julia_common.secrets import with_secret
from julia_common.telemetry import tracing
from julia_common.telemetry.work import Stage

CALL_TIMEOUT_S: Final = 3.0
"""Deadline of one attempt; the role's statement_timeout lies below it."""

MAX_CALLS: Final = 20
"""So many calls of a process are under way at a time; the others wait here, outside any deadline.

They must not queue in httpx: a call that is given up there can keep its connection for ever, and
twenty of those made a process deaf (https://github.com/encode/httpcore/issues/1093).
"""

RETRIES: Final = 2
_DEADLINE_S: Final = 12.0

_CALLS: Final = Histogram(
    "julia_banco_chamada_segundos",
    "Duração de cada tentativa de chamada de função do banco",
    ["funcao", "resultado"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0),
)

_STAGE: Final = Stage("banco", "temporario", "permanente", "circuito_aberto")

# SQLSTATE classes and codes that can pass by themselves. 40001 is among them only because class 40
# is: no function of ours raises it.
_PASSING: Final = (
    "08",  # connection
    "25006",  # read only: the database is failing over
    "40",  # deadlock
    "53",  # out of connections, memory or disk
    "55P03",  # lock timeout
    "57",  # statement timeout, shutdown, restart
    "58",  # system
    "XX",  # internal
    "PGRST000",  # the rest: PostgREST cannot reach its database, or has no free connection
    "PGRST001",
    "PGRST002",
    "PGRST003",
    "PGRSTX",
)
# Of those, what says that nobody is there; a deadlock or a slow statement is an answer.
_AWAY: Final = ("08", "53", "57P", "PGRST000", "PGRST001", "PGRST002", "PGRST003")
_PASSING_STATUS: Final = (408, 429)
_SERVER_ERROR: Final = 500
_KEY_REFUSED: Final = ("PGRST300", "PGRST301", "PGRST302", "PGRST303", "42501")
_KEY_REFUSED_STATUS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_CODE: Final = re.compile(r"[0-9A-Z]{5}|PGRST[0-9A-Z]{3}")
# What our functions raise themselves, with the way out as its hint.
_BAD_ARGUMENT: Final = "22023"
# Messages of other errors can quote values (a phone number in a unique key): those stay out.
_MESSAGE_WITHOUT_VALUES: Final = (_BAD_ARGUMENT, "42", "P0002", "PGRST")


_last_status: ContextVar[int] = ContextVar("last_status", default=0)


async def remember_status(response: httpx.Response) -> None:
    """Keep what supabase-py's errors leave out: the HTTP status of the task's last answer."""
    _last_status.set(response.status_code)


class Rpc:
    """Calls functions of the schema `api` as service_role.

    Every function is idempotent (`docs/reference/rpc.md`), so a call whose answer was lost is
    simply made again.
    """

    def __init__(
        self,
        client: AsyncClient,
        key: SecretStr,
        *,
        retries: int = RETRIES,
        circuit: CircuitBreaker | None = None,
    ) -> None:
        """`client` speaks to `api`, does not retry, calls `remember_status`, limits nothing."""
        self._client = client
        self._key = key
        self._retries = retries
        self._circuit = circuit
        self._slots = asyncio.Semaphore(MAX_CALLS)

    async def call[T](
        self, function: str, arguments: Arguments | Mapping[str, object], answer: TypeAdapter[T]
    ) -> T:
        """Call `function` and read its answer.

        Raises `Retryable` when the database did not answer in time after all retries (the call may
        have been applied), `Misdeployed` when a person must set something right first, `Permanent`
        when repeating it cannot help.
        """
        body = {"p": _payload(arguments)}
        attempts = 1 + self._retries
        async for attempt in retrying(attempts=attempts, deadline_seconds=_DEADLINE_S):
            with attempt:
                async with self._slots:
                    data = await self._measured(function, body)
        return _read(function, data, answer)

    async def _measured(self, function: str, body: dict[str, object]) -> object:
        started = perf_counter()
        result = "cancelada"
        try:
            with tracing.call(f"api.{function}", _span_of(function)):
                data = await self._through_circuit(function, body)
            result = "ok"
        except CircuitOpen:
            result = "circuito_aberto"
            raise
        except Retryable:
            result = "temporario"
            raise
        except Permanent:
            result = "permanente"
            raise
        else:
            return data
        finally:
            _CALLS.labels(function, result).observe(perf_counter() - started)
            _STAGE.ended(result)

    async def _through_circuit(self, function: str, body: dict[str, object]) -> object:
        if self._circuit is None:
            return await self._attempt(function, body)
        async with self._circuit.guard(failures=(Unreachable,)):
            return await self._attempt(function, body)

    async def _attempt(self, function: str, body: dict[str, object]) -> object:
        try:
            # httpx limits each phase of a request; only this limits the whole.
            async with asyncio.timeout(CALL_TIMEOUT_S):
                response = await with_secret(
                    self._key,
                    lambda key: self._execute(function, body, key),
                    is_refusal=_is_refusal,
                )
        except APIError as error:
            # `from None`: a traceback in a log would show the error's details, thus values.
            raise _translated(function, error, _last_status.get()) from None
        except TimeoutError:
            message = f"database function {function} did not answer within {CALL_TIMEOUT_S} s"
            raise Unreachable(message) from None
        except httpx.HTTPError as error:
            message = (
                f"database function {function} could not be reached ({type(error).__name__}); "
                "check SUPABASE_URL and whether the database is up"
            )
            raise Unreachable(message) from error
        return response.data

    async def _execute(self, function: str, body: dict[str, object], key: str) -> APIResponse:
        call = self._client.rpc(function, body)
        call.request.headers.update({"apikey": key, "authorization": f"Bearer {key}"})
        if (traceparent := tracing.traceparent()) is not None:
            # What the function writes keeps it: see private.traceparent() in the migrations.
            call.request.headers["traceparent"] = traceparent
        return await call.execute()


def _span_of(function: str) -> dict[str, tracing.Attribute | None]:
    return {"db.system.name": "postgresql", "db.stored_procedure.name": f"api.{function}"}


def _payload(arguments: Arguments | Mapping[str, object]) -> object:
    if isinstance(arguments, Arguments):
        return arguments.model_dump(mode="json", exclude_none=True)
    return to_jsonable_python({k: v for k, v in arguments.items() if v is not None})


def _is_refusal(error: Exception) -> bool:
    """Whether the key was refused; a gateway in front of PostgREST has no codes."""
    if not isinstance(error, APIError):
        return False
    code = _code(error)
    return code in _KEY_REFUSED if code else _last_status.get() in _KEY_REFUSED_STATUS


def _code(error: APIError) -> str:
    return error.code if error.code and _CODE.fullmatch(error.code) else ""


def _translated(function: str, error: APIError, status: int) -> Retryable | Permanent:
    code = _code(error)
    what = f"database function {function} failed with {code or f'HTTP {status}'}"
    if code.startswith(_MESSAGE_WITHOUT_VALUES):
        what = f"{what}: {error.message}"
    if code == _BAD_ARGUMENT and error.hint:
        what = f"{what}; {error.hint}"
    if code.startswith(_AWAY) if code else status >= _SERVER_ERROR:
        return Unreachable(what)
    if code.startswith(_PASSING) if code else status in _PASSING_STATUS or status >= _SERVER_ERROR:
        return Retryable(what)
    # Nothing is thrown away because of what a person has to mend in the deployment.
    if _is_refusal(error):
        return Misdeployed(f"{what}; SUPABASE_SERVICE_KEY must be the key of service_role")
    if code == "PGRST106":
        return Misdeployed(
            f"{what}; add api to the project's Exposed schemas (Project Settings, Data API)"
        )
    if code in ("PGRST202", "PGRST203"):
        return Misdeployed(f"{what}; apply supabase/migrations, then NOTIFY pgrst, 'reload schema'")
    return Permanent(what)


def _read[T](function: str, data: object, answer: TypeAdapter[T]) -> T:
    try:
        return answer.validate_python(data)
    except ValidationError as error:
        _refuse_answer(function, error)


def _refuse_answer(function: str, error: ValidationError) -> NoReturn:
    problems = ", ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'answer'}: {problem['type']}"
        for problem in error.errors(include_input=False, include_url=False, include_context=False)
    )
    message = (
        f"database function {function} answered outside its contract ({problems}); "
        "compare the migrations with docs/reference/rpc.md"
    )
    # `from None`: the validation error quotes the values.
    raise Permanent(message) from None
