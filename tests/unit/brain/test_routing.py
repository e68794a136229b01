import pytest

from julia_brain.domain.draft import Model
from julia_brain.domain.routing import Reason, Route, route


@pytest.mark.parametrize(
    "text",
    [
        "tem plantão?",
        "tem plantão de anestesia em Campinas sábado?",
        "quero esse",
        "qual o valor?",
        "tem algo acima de 1500?",
        "pode ser dia 28",
        "consegue só sábado?",
        "vou 12 de dezembro",
        "obrigada!",
        "vc é um robô?",
        "me chama amanhã às 9h",
    ],
)
def test_most_messages_are_for_the_smaller_model(text: str) -> None:
    assert route([text]) == Route(Model.SMALL, Reason.DEFAULT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("consegue melhorar o valor?", Reason.NEGOTIATION),
        ("faz por R$ 1.800?", Reason.NEGOTIATION),
        ("tá baixo esse valor", Reason.NEGOTIATION),
        ("fecho por 2 mil", Reason.NEGOTIATION),
        ("vocês são um absurdo", Reason.COMPLAINT),
        ("meu pagamento ainda não caiu", Reason.COMPLAINT),
        ("ninguém me respondeu", Reason.COMPLAINT),
        ("não foi isso que eu pedi", Reason.LOW_CONFIDENCE),
        ("já falei que sexta não", Reason.LOW_CONFIDENCE),
        ("olha, " + "é uma história longa " * 40, Reason.LOW_CONFIDENCE),
    ],
)
def test_negotiation_complaints_and_corrections_are_for_the_larger(
    text: str, reason: Reason
) -> None:
    assert route(["oi", text]) == Route(Model.LARGE, reason)


def test_configuration_says_what_the_larger_model_is_for() -> None:
    assert route(["faz por 1800?"], large_for=()).size is Model.SMALL
    assert route(["oi"], large_for=[Reason.DEFAULT]).size is Model.LARGE
