"""Jobs with everything real: the canary is answered, no WhatsApp hears it; holidays are known."""

import httpx
import pytest
from tests.faults.sending.conftest import World, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="package"),
]

NUMBER = "5500000000000"


async def is_up(world: World) -> bool:
    async with httpx.AsyncClient(base_url=world.stack.url("scheduler"), trust_env=False) as http:
        return "\njulia_no_ar 1.0\n" in (await http.get("/metrics")).text


async def test_the_canary_is_answered_by_everything_but_whatsapp(world: World) -> None:
    await eventually(lambda: is_up(world), bool)

    [row] = await world.pool.fetch(
        "select count(*) as runs, (select count(*) from interacoes i join medicos m"
        " on m.id = i.medico_id where m.canario) as written,"
        " (select count(*) from envios where kind = 'canary' and conta) as counted"
        " from execucoes where job = 'canario'"
    )
    assert row["written"] <= row["runs"]
    assert row["counted"] == 0
    query = {"doctor": NUMBER}
    seen = (await world.whatsapp.get("/_sim/records", params=query)).raise_for_status().json()
    assert seen["records"] == []


async def test_the_holidays_are_known_from_the_first_start_on(world: World) -> None:
    christmas = "select nome from feriados where extract(month from dia) = 12"

    await eventually(lambda: world.pool.fetchval(christmas), lambda name: name == "Natal")
