"""The newest backup of each kind is known."""

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia

pytestmark = pytest.mark.integration


async def stored(julia: Julia, kind: str, hours_ago: int) -> None:
    em = (julia.now() - timedelta(hours=hours_ago)).isoformat()
    await julia.call("record_backup", tipo=kind, em=em)


async def ages(julia: Julia) -> dict[str, Any]:
    listed = (await julia.call("last_backups"))["backups"]
    return {backup["tipo"]: round(backup["idade_s"] / 3600) for backup in listed}


async def test_a_kind_that_was_never_backed_up_is_not_listed(julia: Julia) -> None:
    assert await ages(julia) == {}


async def test_the_newest_one_counts_whichever_is_told_last(julia: Julia) -> None:
    await stored(julia, "redis", 30)
    await stored(julia, "supabase", 6)
    await stored(julia, "supabase", 12)

    assert await ages(julia) == {"redis": 30, "supabase": 6}


async def test_a_kind_that_nobody_knows_is_refused(julia: Julia) -> None:
    error = await julia.refusal("record_backup", tipo="chatwoot", em=julia.now().isoformat())

    assert error.sqlstate == "22023"
