"""The query of the page on stopping Júlia by which a manager proves that she stopped."""

import re

import pytest
from tests.integration.sql.conftest import Julia

from julia_dev.paths import ROOT

pytestmark = pytest.mark.integration

PAGE = (ROOT / "docs/how-to/pause.md").read_text()
SECTION = PAGE.split("\n## Prove that she stopped\n")[1]
(BLOCK,) = re.findall(r"```sql\n(.*?)```", SECTION.split("\n## ")[0], re.DOTALL)
QUERY = BLOCK[BLOCK.index("WITH ") :]
RESOURCE = {"uid": "00000000-0000-4000-8000-000000000009", "namespace": "julia", "nome": "x"}


@pytest.mark.parametrize(
    ("resumed", "counted"), [("nothing", 1), ("another pause", 1), ("everything", 0)]
)
async def test_a_claim_counts_until_a_resume_that_ended_this_very_stop(
    julia: Julia, resumed: str, counted: int
) -> None:
    conversa = await julia.talk("Oi!")
    await julia.record(await julia.claim(conversa))
    asked = {**RESOURCE, "paused": "true", "generation": 1, "reason": "teste"}
    await julia.call("apply_status", **asked)
    await julia.pause()
    await julia.later(seconds=5)
    if resumed == "nothing":
        await julia.sql(
            "insert into julia_status (status, motivo, alterado_via, escopo)"
            " values ('ativo', 'teste', 'manual', $1)",
            '{"estado": "RJ"}',
        )
    elif resumed == "another pause":
        await julia.call("remove_status", uid=RESOURCE["uid"])
    else:
        await julia.resume()
    await julia.later(seconds=5)
    await julia.sql("update envios set claimed_at = $1", julia.now())

    (shown,) = await julia.sql(QUERY)

    assert (shown["reservas_apos"], shown["inicios_tardios"]) == (counted, 0)
