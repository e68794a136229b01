"""What managers read when Júlia is stopped, goes on, or soon will."""

from typing import Any

import pytest
from tests.unit.scheduler.managers.samples import PAUSE, notice

from julia_scheduler.managers.notices import Card, card

pytestmark = pytest.mark.unit

EVERYTHING: dict[str, Any] = {
    "motivo": "Emergência.",
    "via": "slack",
    "por": "ana",
    "recurso": None,
    "escopo": {},
    "ate": None,
}


def told(tipo: str, **changes: Any) -> Card:
    """The card of a notice of this kind; `changes` of what it tells."""
    return card(notice(tipo, dados={**PAUSE, "restam": [], **changes}))


def test_a_stop_says_what_why_who_and_until_when_and_how_to_resume() -> None:
    stop = told("julia_pausada", **EVERYTHING)

    assert stop.title == "⏸️ Júlia parada"
    assert stop.text == (
        "Parado: tudo. Motivo: Emergência.\n"
        "Quem decidiu: ana, pelo Slack.\n"
        "Até: alguém retomar.\n"
        "As mensagens dos médicos ficam guardadas; a Júlia não responde nem envia. Para retomar:"
    )
    assert stop.statement == (
        "INSERT INTO julia_status (status, motivo, alterado_via, alterado_por) "
        "VALUES ('ativo', 'MOTIVO', 'manual', 'SEU NOME');"
    )


def test_a_stop_of_a_part_names_the_part_the_resource_and_its_end() -> None:
    stop = told("julia_pausada")

    assert stop.title == "⏸️ Júlia parada em parte"
    assert "Parado: estado SP." in stop.text
    assert "argocd-controller, pelo Kubernetes (JuliaStatus feriado)." in stop.text
    assert "Até: sábado, 05/12, às 8h." in stop.text
    assert "nem envia nessa parte." in stop.text
    assert """'SEU NOME', '{"estado": "SP"}');""" in stop.statement


def test_several_fields_are_all_named_and_a_campaign_by_its_name() -> None:
    scope = {"campanha": "c-id", "instancia": "d'ouro"}
    stop = told("julia_pausada", escopo=scope, campanha="Verão <1>")

    assert "Parado: campanha Verão &lt;1&gt; e número d'ouro." in stop.text
    assert """'{"campanha": "c-id", "instancia": "d''ouro"}'""" in stop.statement


def test_who_left_no_name_is_told_as_that() -> None:
    stop = told("julia_pausada", **{**EVERYTHING, "via": "manual", "por": None})

    assert "Quem decidiu: sem nome, por SQL." in stop.text


def test_a_resume_of_everything_says_what_becomes_of_what_waited() -> None:
    resume = told("julia_retomada", **EVERYTHING)

    assert resume.title == "▶️ Júlia retomada"
    assert resume.text.endswith("vai para pessoas da equipe. Nada mais está parado.")
    assert resume.statement == ""


def test_a_resume_that_ended_nothing_announces_no_resume() -> None:
    wide = {"motivo": "Reunião", "escopo": {}, "ate": None}
    idle = told("julia_retomada", encerrou=False)
    stopped = told("julia_retomada", encerrou=False, restam=[wide])

    assert idle.title == stopped.title == "▶️ Uma retomada que não encerrou pausa nenhuma"
    assert idle.text.startswith("Pedido: estado SP. Motivo: Feriado.\nQuem decidiu: argocd")
    assert idle.text.endswith("\nNada está parado.")
    assert stopped.text.endswith("\nContinua parado:\n• tudo, Reunião")


@pytest.mark.parametrize("tipo", ["julia_retomada", "pausa_encerrada", "pausa_terminando"])
def test_what_is_stopped_all_the_same_is_named(tipo: str) -> None:
    other = {"motivo": "Chip novo", "escopo": {"instancia": "julia-2"}, "ate": PAUSE["ate"]}
    left = told(tipo, restam=[other, {"motivo": "Reunião", "escopo": {}, "ate": None}])

    assert (
        "continua parado:\n• número julia-2, Chip novo, até sábado, 05/12, às 8h\n• tudo, Reunião"
    ) in left.text.replace("Continua", "continua")
    assert "Nada mais" not in left.text


def test_many_pauses_are_counted_and_not_all_named() -> None:
    left = told("julia_retomada", restam=[{"motivo": "x", "escopo": {}}] * 7)

    assert left.text.count("• tudo") == 5
    assert left.text.endswith("• e mais 2")


def test_a_pause_that_soon_ends_says_when_and_how_to_go_on_with_it() -> None:
    ending = told("pausa_terminando")

    assert "Termina no sábado, 05/12, às 8h, se ninguém decidir outra coisa." in ending.text
    assert "VALUES ('pausado', 'MOTIVO', 'manual', 'SEU NOME'" in ending.statement


def test_a_pause_that_has_ended_says_what_was_stopped() -> None:
    over = told("pausa_encerrada")

    assert over.text.startswith("Estava parado: estado SP. Motivo: Feriado.\n")
    assert over.text.endswith("vai para pessoas da equipe.")
