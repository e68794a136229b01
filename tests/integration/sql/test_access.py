"""Nobody but the services reaches anything over the network."""

import re

import asyncpg
import pytest
from tests.integration.sql.conftest import Julia

from julia_dev.paths import ROOT

pytestmark = pytest.mark.integration


async def functions(julia: Julia) -> list[str]:
    rows = await julia.sql(
        "select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
        "where nspname = 'api' and proname <> 'agora'"
    )
    return [row["proname"] for row in rows]


async def as_role(julia: Julia, role: str, statement: str) -> None:
    async with julia.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"set local role {role}")
        await connection.fetch(statement)


@pytest.mark.parametrize("role", ["anon", "authenticated"])
async def test_a_browser_may_call_no_function(julia: Julia, role: str) -> None:
    for name in [*await functions(julia), "agora"]:
        arguments = "" if name == "agora" else "'{}'::jsonb"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_role(julia, role, f"select api.{name}({arguments})")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
async def test_no_role_of_the_api_reads_a_table_or_a_helper(julia: Julia, role: str) -> None:
    reachable = await julia.sql(
        "select relname from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind in ('r', 'p', 'v') "
        "and has_table_privilege($1, oid, 'select, insert, update, delete, truncate')",
        role,
    )
    assert reachable == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_role(julia, role, "select private.paused()")


async def test_row_level_security_is_on_everywhere(julia: Julia) -> None:
    open_ = await julia.sql(
        "select relname from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind in ('r', 'p') and not relrowsecurity"
    )
    assert open_ == []


async def test_every_function_is_a_definers_with_one_argument_and_an_empty_path(
    julia: Julia,
) -> None:
    odd = await julia.sql(
        """
        select proname from pg_proc p
         where pronamespace = 'api'::regnamespace and proname <> 'agora'
           and not (prosecdef and proargtypes::text = 'jsonb'::regtype::oid::text
                    and prorettype = 'jsonb'::regtype
                    and 'search_path=""' = any (proconfig))
        """
    )
    assert odd == []


async def test_no_function_waits_longer_for_a_lock_than_its_caller_does(julia: Julia) -> None:
    unbounded = await julia.sql(
        "select proname from pg_proc where pronamespace = 'api'::regnamespace "
        "and proname not in ('agora', 'contract_version') "
        "and not ('lock_timeout=450ms' = any (proconfig))"
    )
    assert unbounded == []


async def test_the_reference_lists_exactly_the_functions_there_are(julia: Julia) -> None:
    reference = (ROOT / "docs/reference/rpc.md").read_text()
    listed = re.findall(r"^\| `([a-z_]+)` \|", reference, re.MULTILINE)

    assert sorted(listed) == sorted(await functions(julia))


async def test_the_version_is_the_contracts(julia: Julia) -> None:
    assert await julia.call("contract_version") == {"version": 1}


async def test_every_foreign_key_has_an_index(julia: Julia) -> None:
    missing = await julia.sql(
        """
        select c.conrelid::regclass, c.conname from pg_constraint c
         where c.contype = 'f' and c.connamespace = 'public'::regnamespace and not exists (
           select from pg_index i
            where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])
           -- Parents that are never deleted, and few: a number, a kind of send, words of shifts.
           and c.confrelid::regclass::text <> all (array[
             'whatsapp_instances', 'regras_envio', 'setores', 'periodos', 'tipos_vaga',
             'formas_recebimento'])
        """
    )
    assert missing == []
