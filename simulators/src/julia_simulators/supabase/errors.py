"""Errors as PostgREST 14 tells them: HTTP status, code, message, details, hint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, NoReturn

import asyncpg

_BEARER: Final = {"WWW-Authenticate": "Bearer"}


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is not a result."""

    status: int
    code: str
    message: str
    details: str | None = None
    hint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, str | None]:
        """Build the JSON object that the client reads."""
        return {
            "code": self.code,
            "message": self.message,
            "details": self.details,
            "hint": self.hint,
        }


def cannot_connect(details: str) -> ApiError:
    """Say that no connection to PostgreSQL could be made."""
    message = "Database connection error. Retrying the connection."
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "PGRST000", message, details)


def connection_lost(details: str) -> ApiError:
    """Say that the connection broke in the middle; what was under way may have been applied."""
    message = "Database client error. Retrying the connection."
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "PGRST001", message, details)


def no_schema_cache() -> ApiError:
    """Say that PostgreSQL was not reachable since this process started."""
    message = "Could not query the database for the schema cache. Retrying."
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "PGRST002", message)


def pool_exhausted() -> ApiError:
    """Say that every connection stayed busy for the whole acquisition timeout."""
    message = "Timed out acquiring connection from connection pool."
    return ApiError(HTTPStatus.GATEWAY_TIMEOUT, "PGRST003", message)


def wrong_method(method: str) -> ApiError:
    """Say that functions are called by POST here."""
    message = f"Cannot use the {method} method on RPC"
    return ApiError(HTTPStatus.METHOD_NOT_ALLOWED, "PGRST101", message)


def refuse_body(message: str) -> NoReturn:
    """Raise: the request's body is not what its content type says."""
    raise ApiError(HTTPStatus.BAD_REQUEST, "PGRST102", message)


def schema_not_exposed(schema: str, exposed: tuple[str, ...]) -> ApiError:
    """Say that Content-Profile names a schema that is not served."""
    hint = f"Only the following schemas are exposed: {', '.join(exposed)}"
    return ApiError(HTTPStatus.NOT_ACCEPTABLE, "PGRST106", f"Invalid schema: {schema}", hint=hint)


def invalid_path() -> ApiError:
    """Say that nothing is served at this path."""
    message = "Invalid path specified in request URL"
    return ApiError(HTTPStatus.NOT_FOUND, "PGRST125", message)


def refuse_token(message: str, details: str | None = None) -> NoReturn:
    """Raise: the JWT's form or signature is wrong."""
    raise _unauthorized(code="PGRST301", message=message, details=details)


def refuse_claims(message: str) -> NoReturn:
    """Raise: the JWT is genuine, but its claims say no."""
    raise _unauthorized(code="PGRST303", message=message)


def _unauthorized(*, code: str, message: str, details: str | None = None) -> ApiError:
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    headers = {"WWW-Authenticate": challenge}
    return ApiError(HTTPStatus.UNAUTHORIZED, code, message, details, headers=headers)


def from_postgres(error: asyncpg.PostgresError, *, authenticated: bool) -> ApiError:
    """Translate what PostgreSQL raised inside the transaction."""
    code = error.sqlstate or "XX000"
    message = error.message or str(error)
    status = _status(code, message, authenticated=authenticated)
    headers = _BEARER if status == HTTPStatus.UNAUTHORIZED else {}
    return ApiError(status, code, message, error.detail, error.hint, headers)


# The table of PostgREST's reference, "Errors": a whole SQLSTATE wins over its class.
_STATUS_BY_CODE: Final = {
    "21000": 500,
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "53400": 500,
    "57P01": 503,
    "P0001": 400,
}
_STATUS_BY_CLASS: Final = {
    "08": 503,
    "09": 500,
    "0L": 403,
    "0P": 403,
    "25": 500,
    "28": 403,
    "2D": 500,
    "38": 500,
    "39": 500,
    "3B": 500,
    "40": 500,
    "53": 503,
    "54": 500,
    "55": 500,
    "57": 500,
    "58": 500,
    "F0": 500,
    "HV": 500,
    "P0": 500,
    "XX": 500,
}


def _status(code: str, message: str, *, authenticated: bool) -> int:
    if code == "42501":
        return HTTPStatus.FORBIDDEN if authenticated else HTTPStatus.UNAUTHORIZED
    if code == "22023" and message.startswith("role") and message.endswith("does not exist"):
        return HTTPStatus.UNAUTHORIZED
    if code.startswith("PT") and code[2:].isdigit():
        return int(code[2:])
    return _STATUS_BY_CODE.get(code) or _STATUS_BY_CLASS.get(code[:2], HTTPStatus.BAD_REQUEST)
