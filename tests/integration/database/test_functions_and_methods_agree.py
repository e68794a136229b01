"""The typed module and the migrations describe the same functions, for service_role alone."""

import inspect
import re

import asyncpg
import httpx
import jwt
import pytest

from julia_common.database import Database
from julia_dev.paths import ROOT
from julia_dev.pytest_plugin import SupabaseEndpoint

NOT_FUNCTIONS = {"create", "aclose", "check_contract"}
INTERNAL = {"agora"}
"""Lives in schema api, is called by other functions only."""


def for_people() -> set[str]:
    """Functions that managers call by SQL: rpc.md lists them under "For people"."""
    page = (ROOT / "docs" / "reference" / "rpc.md").read_text()
    section = page.partition("\n## For people\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def methods() -> set[str]:
    found = inspect.getmembers(Database, inspect.iscoroutinefunction)
    return {name for name, _ in found if not name.startswith("_")} - NOT_FUNCTIONS


async def signatures(dsn: str) -> dict[str, tuple[str, str]]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select proname, pg_get_function_arguments(p.oid) as arguments,"
            " pg_get_function_result(p.oid) as result"
            " from pg_proc p where pronamespace = 'api'::regnamespace"
        )
    finally:
        await connection.close()
    assert len({row["proname"] for row in rows}) == len(rows), "a function is overloaded"
    return {row["proname"]: (row["arguments"], row["result"]) for row in rows}


async def test_every_method_names_a_function_and_every_function_has_a_method(
    pg_dsn: str,
) -> None:
    assert methods() == set(await signatures(pg_dsn)) - INTERNAL - for_people()


async def test_every_function_takes_one_jsonb_and_returns_one(pg_dsn: str) -> None:
    found = await signatures(pg_dsn)
    wrong = {name: found[name] for name in methods() if found[name] != ("p jsonb", "jsonb")}
    assert wrong == {}


@pytest.mark.parametrize("role", ["anon", "authenticated", None])
async def test_nobody_but_the_services_may_execute_a_function(
    supabase_endpoint: SupabaseEndpoint, pg_dsn: str, role: str | None
) -> None:
    headers = {}
    if role is not None:
        token = jwt.encode({"role": role}, supabase_endpoint.jwt_secret, algorithm="HS256")
        headers = {"Authorization": f"Bearer {token}"}
    names = set(await signatures(pg_dsn))
    codes = {}
    async with httpx.AsyncClient(
        base_url=supabase_endpoint.url, headers=headers, timeout=30, trust_env=False
    ) as client:
        for name in names:
            arguments = {} if name in INTERNAL else {"p": {}}
            codes[name] = (await client.post(f"/rpc/{name}", json=arguments)).json().get("code")
    assert codes == dict.fromkeys(names, "42501")
