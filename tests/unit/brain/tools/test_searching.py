import datetime as dt
from collections.abc import Callable

import pytest

from julia_brain.tools.testing import SANTA_CASA, FakeShifts, a_shift
from julia_common.database import Hospital


async def test_open_shifts_are_told_in_words_ready_to_be_said(a_desk: Callable) -> None:
    desk = a_desk(FakeShifts([a_shift(1), a_shift(2)]))

    found = await desk.use("buscar_vagas")

    assert found["total"] == 2
    assert [shift["vaga_id"] for shift in found["vagas"]] == [a_shift(1).id, a_shift(2).id]
    assert found["vagas"][0]["quando"] == "sábado, 28/11, das 19h às 7h"


async def test_a_search_is_for_the_doctor_of_the_conversation_with_what_was_asked(desk) -> None:
    await desk.use(
        "buscar_vagas",
        especialidade="pediatria",
        regiao="Campinas",
        hospital="santa casa",
        periodo="noturno",
        valor_minimo=1500.5,
        dias_semana=["domingo", "sabado", "sabado"],
        de="2026-11-22",
        ate="2026-12-31",
        limite=3,
    )

    asked = desk.shifts.searches[0]
    assert asked.conversa_id == "conversa-1"
    assert (asked.especialidade, asked.regiao, asked.hospital) == (
        "pediatria",
        "Campinas",
        "santa casa",
    )
    assert (asked.periodo, asked.valor_minimo_centavos, asked.dias_semana) == (
        "noturno",
        150_050,
        (5, 6),
    )
    assert (asked.de, asked.ate, asked.limite) == (dt.date(2026, 11, 22), dt.date(2026, 12, 31), 3)


async def test_any_period_does_not_restrict(desk) -> None:
    await desk.use("buscar_vagas", periodo="qualquer", regiao=None)

    assert desk.shifts.searches[0].periodo is None


async def test_an_empty_search_says_so_and_promises_nothing(desk) -> None:
    found = await desk.use("buscar_vagas")

    assert (found["total"], found["vagas"]) == (0, [])
    assert "Nenhuma vaga" in found["orientacao"]


async def test_what_was_shown_may_be_relied_on_now_and_in_later_turns(a_desk: Callable) -> None:
    desk = a_desk(FakeShifts([a_shift(1)]))
    await desk.use("buscar_vagas")
    await desk.use("buscar_vagas")

    (fact,) = desk.tools.effects.fatos
    assert (fact.tipo, fact.chave) == ("vaga", a_shift(1).id)
    assert type(a_shift(1)).model_validate(fact.dados) == a_shift(1)
    assert desk.tools.evidence().shifts == (a_shift(1),)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"de": "2025-11-28"}, 'A data em "de" já passou: hoje é 2026-11-22'),
        ({"ate": "2026-11-21"}, 'A data em "ate" já passou'),
        ({"de": "2026-12-02", "ate": "2026-12-01"}, '"ate" fica antes de "de"'),
        ({"de": "sábado"}, '"de" deve ser uma data no formato AAAA-MM-DD'),
        ({"de": "2026-02-30"}, '"de" deve ser uma data'),
        ({"de": 20261128}, '"de" deve ser uma data'),
        ({"valor_minimo": "1.500"}, '"valor_minimo" deve ser um número em reais'),
        ({"valor_minimo": True}, '"valor_minimo" deve ser um número em reais'),
        ({"valor_minimo": 1.5}, '"valor_minimo" deve ficar entre 100 e 100000 reais'),
        ({"valor_minimo": float("nan")}, '"valor_minimo" deve ficar entre'),
        ({"valor_minimo": 1500.555}, '"valor_minimo" tem casas decimais demais'),
        ({"periodo": "manhã"}, "\"periodo\" deve ser um destes valores: 'diurno'"),
        ({"dias_semana": "sabado"}, '"dias_semana" deve ser uma lista'),
        ({"dias_semana": ["sáb"]}, '"dias_semana" deve ser um destes valores'),
        ({"limite": 50}, '"limite" deve ser no máximo 10'),
        ({"limite": "muitas"}, '"limite" deve ser um número inteiro'),
        ({"regiao": "  "}, '"regiao" não pode ficar vazio'),
        ({"regiao": "x" * 101}, '"regiao" passa de 100 caracteres'),
        ({"medico_id": "m-2"}, 'o argumento "medico_id" não existe nesta ferramenta'),
        ({"conversa_id": "c-2"}, 'o argumento "conversa_id" não existe nesta ferramenta'),
    ],
)
async def test_a_search_that_makes_no_sense_is_refused_with_what_to_change(
    desk, arguments: dict[str, object], told: str
) -> None:
    assert told in await desk.misuse("buscar_vagas", **arguments)
    assert not desk.shifts.searches


async def test_today_is_sao_paulos_when_greenwich_is_a_day_ahead(desk) -> None:
    await desk.clock.advance(10 * 3600)  # 22h in São Paulo, 1h of the 23rd in UTC
    await desk.use("buscar_vagas", de="2026-11-22")

    await desk.clock.advance(3 * 3600)  # 1h of the 23rd in São Paulo
    assert "já passou" in await desk.misuse("buscar_vagas", de="2026-11-22")


async def test_a_hospital_is_told_with_the_address_of_its_row(desk) -> None:
    found = await desk.use("buscar_info_hospital", nome_hospital="santa casa")

    assert found == {
        "hospitais": [
            {
                "nome": "Santa Casa de Campinas",
                "endereco": "Av. Júlio de Mesquita, 571",
                "cidade": "Campinas/SP",
            }
        ]
    }
    assert desk.tools.evidence().hospitals == (SANTA_CASA,)
    assert [fact.tipo for fact in desk.tools.effects.fatos] == ["hospital"]


async def test_an_unknown_hospital_gets_no_address(a_desk: Callable) -> None:
    desk = a_desk(FakeShifts(hospitals=[Hospital(id="h", nome="Hospital Novo")]))

    missing = await desk.use("buscar_info_hospital", nome_hospital="São Lucas")
    bare = await desk.use("buscar_info_hospital", nome_hospital="novo")

    assert missing["hospitais"] == []
    assert "Não invente" in missing["orientacao"]
    assert bare["hospitais"] == [{"nome": "Hospital Novo"}]
