import datetime as dt

import pytest

from julia_brain.domain.checks.dates import days_in
from julia_brain.domain.checks.hours import hours_in
from julia_brain.domain.checks.words import fold, shown

TUESDAY = dt.date(2026, 11, 24)
SATURDAY = dt.date(2026, 11, 28)


@pytest.mark.parametrize(
    "text",
    [
        "28/11",
        "28/11/2026",
        "28.11",
        "dia 28",
        "28 de novembro",
        "dia vinte e oito de novembro",
        "sábado",
        "sábado, 28/11",
        "sábado (28/11)",
        "sábado dia 28",
        "sáb 28/11",
        "2026-11-28",
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    (day,) = days_in(fold(shown(text)), TUESDAY)

    assert day.fits(SATURDAY)
    assert day.exists(TUESDAY)
    assert not day.fits(SATURDAY + dt.timedelta(days=1))


@pytest.mark.parametrize(("text", "ahead"), [("hoje", 0), ("amanhã", 1), ("depois de amanhã", 2)])
def test_days_near_today_are_exact(text: str, ahead: int) -> None:
    (day,) = days_in(fold(text), TUESDAY)

    assert day.exact == TUESDAY + dt.timedelta(days=ahead)


def test_a_date_with_another_days_weekday_does_not_exist() -> None:
    (day,) = days_in("domingo, 28/11", TUESDAY)

    assert not day.exists(TUESDAY)


def test_the_day_on_which_a_night_ends_is_told_apart() -> None:
    first, last = days_in("das 19h de sabado as 7h de domingo", TUESDAY)

    assert first.weekday == 5
    assert last.weekday == 6
    assert last.ending


@pytest.mark.parametrize("text", ["bom domingo!", "segunda opcao", "de manha", "1.500", "12x36"])
def test_other_words_are_no_days(text: str) -> None:
    assert days_in(text, TUESDAY) == ()


@pytest.mark.parametrize(
    "text",
    [
        "das 19h às 7h",
        "19h-7h",
        "19:00 às 07:00",
        "das 19 às 7",
        "de 19h até 7h",
        "sete da noite às sete da manhã",
        "7 da noite até 7 da manhã",
    ],
)
def test_the_hours_of_a_night_are_read_however_they_are_written(text: str) -> None:
    (hours,) = hours_in(fold(text))

    assert (hours.begin, hours.until) == (dt.time(19), dt.time(7))


def test_a_length_is_no_time_of_day() -> None:
    (hours,) = hours_in("plantao de 12h")

    assert (hours.begin, hours.length) == (None, 12)


def test_a_single_hour_knows_which_end_it_is() -> None:
    assert [hours.edge for hours in hours_in("entra as 19h. ate as 7h")] == ["begin", "end"]


@pytest.mark.parametrize("text", ["dia 28", "1.500", "em 2h", "2 plantoes", "daqui a 3 horas"])
def test_other_numbers_are_no_hours(text: str) -> None:
    assert hours_in(text) == ()
