"""The statements that the reference gives to managers do what it says."""

import re
from decimal import Decimal

import pytest
from tests.integration.sql.conftest import Julia

from julia_dev.paths import ROOT

pytestmark = pytest.mark.integration


def statements(name: str) -> list[str]:
    page = (ROOT / "docs/reference" / name).read_text()
    blocks = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    # A `;` ends a statement only at the end of a line.
    return [s for block in blocks for s in re.split(r";$", block, flags=re.MULTILINE) if s.strip()]


async def test_every_statement_of_the_reference_runs_in_its_order(julia: Julia) -> None:
    doctor = (
        await julia.receive(
            suspeita_bot={"padrao": "robo", "trecho": "é um robô?"},
            opt_out={"motivo": "esse mês não", "escopo": "mes"},
        )
    )["medico_id"]
    await julia.sql(
        "insert into doctor_context (medico_id, content, tipo) values ($1, 'x', 'historico')",
        doctor,
    )

    for statement in statements("steering.md"):
        await julia.sql(statement.replace(":medico", f"'{doctor}'"))

    prompts = await julia.sql("select id, ativo, peso from prompts order by id")
    assert [tuple(row) for row in prompts] == [
        ("persona-1", False, 3),
        ("persona-2", True, 1),
        ("sombra-3", True, 1),
    ]
    assert await julia.value("select count(*) from doctor_context") == 0
    assert await julia.value("select sem_contato_ate from medicos") is None
    assert await julia.value("select count(*) from diretrizes") == 1


async def test_a_version_becomes_a_shadow_and_then_the_persona_of_all(julia: Julia) -> None:
    for statement in statements("shadow.md"):
        await julia.sql(statement)

    prompts = await julia.sql("select id, ativo, fracao from prompts order by id")
    assert [tuple(row) for row in prompts] == [
        ("persona-1", False, 1),
        ("persona-2", True, 1),
        ("sombra-2", False, Decimal("0.5")),
    ]
    tried = await julia.value("select conteudo from prompts where id = 'sombra-2'")
    assert "Bem curto:" in tried
    assert await julia.value("select conteudo from prompts where id = 'persona-2'") == tried
