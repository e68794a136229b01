"""How the rules of opting out behave beyond single wordings, which are in `wordings/`."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from julia_brain.domain.opt_out import OptOutFound, opt_out_of

_SPOKEN = """
não nao me manda mande mais mensagem para parar de que quero receber tira da lista vou bloquear se
esse mês só , . ? ! pare chega dr. vc vcs pra pq - 👍 UTI sair meu número 123 … " '
"""
WORDS = st.sampled_from((*_SPOKEN.split(), "\n"))
TEXTS = st.text(max_size=200) | st.lists(WORDS, max_size=40).map(" ".join)


@pytest.mark.parametrize(
    "around",
    [
        "Bom dia! {}",
        "{}, por favor",
        "Oi Júlia, tudo bem?\n{}\nobrigada",
        "Desculpa a demora. {}. Abraço!",
        "  {} 🙏🙏",
    ],
)
@pytest.mark.parametrize(
    "request_", ["não me mande mais mensagens", "me tira da lista", "PAREM de me procurar"]
)
def test_greetings_and_politeness_around_a_request_change_nothing(
    around: str, request_: str
) -> None:
    assert opt_out_of(around.format(request_)) is not None


def test_a_reason_carries_none_of_the_doctors_words() -> None:
    found = opt_out_of("Sou a Ana 19 99999-0000, não me mande mais mensagens")

    assert found == OptOutFound("definitivo", "pediu para não receber mais mensagens")


def test_a_request_for_good_counts_before_one_for_the_month() -> None:
    found = opt_out_of("Esse mês não. Aliás, me tira da lista")

    assert found is not None
    assert found.escopo == "definitivo"


def test_somebody_elses_words_are_not_the_doctors() -> None:
    assert opt_out_of('Um amigo escreveu "não me mande mais mensagens" e riu') is None


@given(TEXTS)
@settings(deadline=None, max_examples=100)
@example("")
@example("\ud800 não me mande")
def test_no_text_makes_the_rules_fail(text: str) -> None:
    found = opt_out_of(text)

    assert found is None or found.escopo in {"definitivo", "mes"}


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    ["não ", "a", "me tira da lista, ", "não quero mais ", '"', "a.b.", "esse mês ", "? , ", "\n"],
)
def test_a_text_of_twenty_thousand_characters_is_read_to_its_end(piece: str) -> None:
    text = (piece * 20_000)[:20_000]

    assert opt_out_of(f"{text}\n. Não me mandem mais mensagens!") is not None
