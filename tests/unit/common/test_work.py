"""Work and errors by stage: a share that can be divided from the first second on."""

from prometheus_client import REGISTRY

from julia_common.telemetry.work import Stage


def counted(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_every_series_of_a_stage_begins_at_zero() -> None:
    Stage("prova-inicio", "torta", "falha")

    assert counted("julia_trabalhos_total", etapa="prova-inicio") == 0
    assert counted("julia_erros_total", etapa="prova-inicio", tipo="torta") == 0
    assert counted("julia_erros_total", etapa="prova-inicio", tipo="falha") == 0


def test_all_that_ends_is_work_and_only_what_ends_badly_an_error() -> None:
    stage = Stage("prova-fim", "falha")

    stage.ended("ok")
    stage.ended("falha")
    stage.ended("nunca_vista", 3)

    assert counted("julia_trabalhos_total", etapa="prova-fim") == 5
    assert counted("julia_erros_total", etapa="prova-fim", tipo="falha") == 1
    assert counted("julia_erros_total", etapa="prova-fim", tipo="nunca_vista") is None
