"""The statements of the page on co-pilot mode do what it says, as a manager would type them."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.integration.sql.conftest import Julia
from tests.integration.sql.test_copilot import drafted

from julia_dev.paths import ROOT

pytestmark = pytest.mark.integration

PAGE = (ROOT / "docs/how-to/copilot.md").read_text()
SWITCH, LOOK, LEARN = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def switched_off_again(julia: Julia) -> AsyncIterator[None]:
    """The setting outlives the test's rows."""
    yield
    await julia.sql("update configuracoes set valor = 'false' where chave = 'copiloto'")


def statements(block: str, **named: str) -> list[str]:
    """Split a block, with what the page leaves to the reader filled in."""
    for elided, value in named.items():
        block = block.replace(elided, value)
    return [each.strip() for each in block.split(";\n") if each.strip()]


async def test_the_mode_is_switched_on_by_sql(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    for statement in statements(SWITCH, **{"…": conversa}):
        await julia.sql(statement)

    assert (await julia.call("copilot_status"))["ligado"]
    assert (await julia.call("copilot_status"))["conversas_ligadas"] == 1


async def test_a_draft_is_seen_approved_and_learned_from_by_sql(julia: Julia) -> None:
    await julia.sql("update configuracoes set valor = 'true' where chave = 'copiloto'")
    conversa = await drafted(julia, "Tem sim!")
    see, approve = statements(LOOK)
    (waiting,) = await julia.sql(see)
    assert (str(waiting["conversa_id"]), waiting["partes"]) == (conversa, ["Tem sim!"])

    answer = await julia.sql(approve.replace("…", str(waiting["turno_id"])))
    assert '"status": "aprovado"' in str(answer[0][0])

    changed, of_each_prompt = statements(LEARN)
    assert await julia.sql(changed) == []
    (counted,) = await julia.sql(of_each_prompt)
    assert (counted["decididos"], counted["sem_mudanca"]) == (1, 1)
