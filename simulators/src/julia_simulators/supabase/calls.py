"""One call: one transaction with the caller's role, settings and claims."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

from julia_simulators.supabase.database import Database
from julia_simulators.supabase.errors import from_postgres
from julia_simulators.supabase.functions import Function
from julia_simulators.supabase.tokens import Caller

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.pool import PoolConnectionProxy

_LOG: Final = logging.getLogger(__name__)
SERIALIZATION_ATTEMPTS: Final = 20
"""PostgREST up to version 14 repeats a transaction that failed with 40001 without end."""


@dataclass(frozen=True)
class Request:
    """What came over HTTP, as far as functions can see it."""

    schema: str
    function: str
    method: str
    path: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: str
    arguments: frozenset[str]


async def call(database: Database, request: Request, caller: Caller) -> str | None:
    """Call the function in a transaction of its own and return its answer as JSON.

    None means that it returns nothing (void). Raises `ApiError`.
    """
    function, cache = await database.find(request.schema, request.function, request.arguments)
    settings = _transaction_settings(
        request, caller, function, cache.role_settings.get(caller.role, {})
    )
    query = _query(function, request.arguments)
    attempt = 1
    while True:
        try:
            async with database.connection() as connection:
                return await _transaction(connection, function, settings, query, request.body)
        except asyncpg.SerializationError as error:
            if attempt == SERIALIZATION_ATTEMPTS:
                _LOG.exception(
                    "%s failed with 40001 %d times: PostgREST would repeat it without end",
                    request.function,
                    attempt,
                )
                raise from_postgres(error, authenticated=caller.authenticated) from error
            attempt += 1
        except asyncpg.PostgresError as error:
            raise from_postgres(error, authenticated=caller.authenticated) from error


async def _transaction(
    connection: "PoolConnectionProxy[Record]",
    function: Function,
    settings: Mapping[str, str],
    query: str,
    body: str,
) -> str | None:
    async with connection.transaction(readonly=function.read_only):
        places = range(1, 2 * len(settings), 2)
        assignments = ", ".join(f"set_config(${i}, ${i + 1}, true)" for i in places)
        values = (text for setting in settings.items() for text in setting)
        await connection.execute(f"SELECT {assignments}", *values)
        answer: str | None = await connection.fetchval(query, body)
    return None if function.returns_void else answer


def _transaction_settings(
    request: Request, caller: Caller, function: Function, role_settings: Mapping[str, str]
) -> dict[str, str]:
    """Order them as PostgREST does: the role's settings before the role itself."""
    hoisted = function.statement_timeout
    return {
        "search_path": f"{_quoted(request.schema)}, public",
        **role_settings,
        "role": caller.role,
        "request.jwt.claims": json.dumps(caller.claims),
        "request.method": request.method,
        "request.path": request.path,
        "request.headers": json.dumps(request.headers),
        "request.cookies": json.dumps(request.cookies),
        **({} if hoisted is None else {"statement_timeout": hoisted}),
    }


def _query(function: Function, arguments: frozenset[str]) -> str:
    """Build the statement; $1 is the request's body."""
    name = f"{_quoted(function.schema)}.{_quoted(function.name)}"
    given = [p for p in function.parameters if p.name in arguments]
    if function.takes_whole_body():
        source = f"LATERAL {name}(payload.data::{function.parameters[0].type}) AS answer"
    elif not given:
        source = f"LATERAL {name}() AS answer"
    else:
        columns = ", ".join(f"{_quoted(p.name)} {p.type}" for p in given)
        named = ", ".join(f"{_quoted(p.name)} := body.{_quoted(p.name)}" for p in given)
        source = (
            f"LATERAL (SELECT * FROM json_to_record(payload.data) AS _({columns})) AS body, "  # noqa: S608
            f"LATERAL {name}({named}) AS answer"
        )
    result = "coalesce(json_agg(answer), '[]')" if function.returns_set else "to_json(answer)"
    return (
        f"SELECT coalesce({result}::text, 'null') "  # noqa: S608 - names come quoted
        f"FROM (SELECT $1::json AS data) AS payload, {source}"
    )


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
