import datetime as dt

import pytest

from julia_brain.domain.prompt import SAO_PAULO
from julia_brain.domain.saying import (
    hospital_words,
    moment,
    money,
    pay,
    period,
    place,
    shift_words,
)
from julia_brain.tools.testing import SANTA_CASA, SATURDAY_NIGHT, a_shift
from julia_common.database import Hospital

NOW = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("centavos", "said"),
    [
        (150_000, "R$ 1.500"),
        (150_050, "R$ 1.500,50"),
        (150_005, "R$ 1.500,05"),
        (99_900, "R$ 999"),
        (123_456_789, "R$ 1.234.567,89"),
        (5, "R$ 0,05"),
    ],
)
def test_money_is_said_in_reais_with_centavos_only_where_there_are_any(
    centavos: int, said: str
) -> None:
    assert money(centavos) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"valor_tipo": "fixo", "valor_centavos": 150_000}, "R$ 1.500"),
        ({"valor_tipo": "a_combinar", "valor_centavos": None}, "a combinar"),
        (
            {
                "valor_tipo": "faixa",
                "valor_minimo_centavos": 120_000,
                "valor_maximo_centavos": 150_000,
            },
            "entre R$ 1.200 e R$ 1.500",
        ),
        ({"valor_tipo": "faixa", "valor_minimo_centavos": 120_000}, "a partir de R$ 1.200"),
        ({"valor_tipo": "faixa", "valor_maximo_centavos": 150_000}, "até R$ 1.500"),
        ({"valor_tipo": "fixo", "valor_centavos": None}, "não informado"),
    ],
)
def test_pay_is_never_more_precise_than_the_database(changes: dict[str, object], said: str) -> None:
    assert pay(a_shift().model_copy(update=changes)) == said


@pytest.mark.parametrize(
    ("start", "hours", "said"),
    [
        (SATURDAY_NIGHT, 12, "sábado, 28/11, das 19h às 7h"),
        (SATURDAY_NIGHT.replace(hour=7), 24, "sábado, 28/11, das 7h às 7h do dia seguinte"),
        (SATURDAY_NIGHT.replace(hour=7), 6.5, "sábado, 28/11, das 7h às 13h30"),
        (SATURDAY_NIGHT.replace(hour=1), 12, "sábado, 28/11, da 1h às 13h"),
        (SATURDAY_NIGHT.replace(hour=13), 12, "sábado, 28/11, das 13h à 1h"),
        (SATURDAY_NIGHT.replace(hour=12), 12, "sábado, 28/11, das 12h às 0h"),
        (
            SATURDAY_NIGHT.replace(month=1, day=2, year=2027),
            12,
            "sábado, 02/01/2027, das 19h às 7h",
        ),
    ],
)
def test_a_period_is_said_as_a_doctor_would(start: dt.datetime, hours: float, said: str) -> None:
    assert period(a_shift(start=start, hours=hours), NOW) == said


def test_times_are_sao_paulos_whatever_zone_the_database_answers_in() -> None:
    in_utc = a_shift(start=dt.datetime(2026, 11, 29, 1, 30, tzinfo=dt.UTC), hours=12)

    assert period(in_utc, NOW) == "sábado, 28/11, das 22h30 às 10h30"
    assert moment(dt.datetime(2026, 11, 29, 1, tzinfo=dt.UTC), NOW) == "sábado, 28/11, às 22h"


def test_the_year_is_left_out_only_while_it_is_sao_paulos_current_one() -> None:
    new_year_in_utc = dt.datetime(2027, 1, 1, 1, tzinfo=dt.UTC)

    assert moment(new_year_in_utc, NOW) == "quinta, 31/12, às 22h"
    assert moment(NOW, new_year_in_utc + dt.timedelta(days=1)) == "domingo, 22/11/2026, às 12h"


def test_a_shift_is_shown_with_its_id_and_without_what_is_unknown() -> None:
    assert shift_words(a_shift(), NOW) == {
        "vaga_id": a_shift().id,
        "hospital": "Santa Casa de Campinas",
        "cidade": "Campinas/SP",
        "especialidade": "Anestesiologia",
        "setor": "Centro cirúrgico",
        "quando": "sábado, 28/11, das 19h às 7h",
        "valor": "R$ 1.500",
    }


@pytest.mark.parametrize(
    ("urgency", "said"),
    [("normal", None), ("alta", "alta"), ("urgente", "urgente"), ("critica", "muito urgente")],
)
def test_urgency_is_said_when_there_is_any(urgency: str, said: str | None) -> None:
    shift = a_shift().model_copy(update={"urgencia": urgency})

    assert shift_words(shift, NOW).get("urgencia") == said


def test_a_hospital_without_an_address_gets_none() -> None:
    unknown = Hospital(id="h", nome="Hospital Novo", estado="SP")

    assert hospital_words(unknown) == {"nome": "Hospital Novo", "cidade": "SP"}
    assert place(SANTA_CASA) == "Campinas/SP"
    assert hospital_words(SANTA_CASA)["endereco"] == "Av. Júlio de Mesquita, 571"


def test_weekdays_are_those_of_the_calendar() -> None:
    monday = dt.datetime(2026, 11, 23, 9, tzinfo=SAO_PAULO)
    said = [moment(monday + dt.timedelta(days=ahead), NOW).split(",")[0] for ahead in range(7)]

    assert said == ["segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"]
