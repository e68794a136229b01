"""What a developer's database begins with."""

import pytest
from tests.integration.sql.conftest import Julia

from julia_dev.paths import SEED

pytestmark = pytest.mark.integration


async def test_the_smoke_tests_question_finds_shifts_and_repeating_adds_none(julia: Julia) -> None:
    for _ in range(2):
        await julia.pool.execute(SEED.read_text())
    conversa = (await julia.receive())["conversa_id"]

    found = await julia.call(
        "search_shifts",
        conversa_id=conversa,
        especialidade="anestesia",
        regiao="Campinas",
        dias_semana=[5],
    )

    said = {(v["especialidade"], v["hospital"]["cidade"]) for v in found["vagas"]}
    assert said == {("Anestesiologia", "Campinas")}
    assert await julia.value(
        "select count(*) = count(distinct (hospital_id, especialidade_id, data)) from vagas"
    )
