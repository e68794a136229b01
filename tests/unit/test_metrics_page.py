"""The page of metrics is what the code says, and misses none that a process would expose."""

import pytest
from prometheus_client import REGISTRY

from julia_dev.metrics_page import PAGE, defined, page

pytestmark = pytest.mark.unit


def test_the_page_is_generated_from_the_code():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m julia_dev.metrics_page"


def test_every_metric_that_a_process_would_expose_is_on_the_page():
    listed = {metric.name.removesuffix("_total") for one in defined().values() for metric in one}
    exposed = {family.name for family in REGISTRY.collect() if family.name.startswith("julia_")}

    assert exposed - listed == set()


def test_no_label_could_hold_a_person():
    labels = {label for one in defined().values() for metric in one for label in metric.labels}

    assert labels <= {
        *("ato", "circuit", "comando", "controle", "desfecho", "escopo", "etapa", "event"),
        *(
            "evidencia",
            "falha",
            "ferramenta",
            "fila",
            "funcao",
            "instancia",
            "janela",
            "key",
            "laco",
        ),
        *(
            "modelo",
            "motivo",
            "operation",
            "origem",
            "outcome",
            "padrao",
            "prova",
            "queue",
            "reason",
        ),
        *("result", "resultado", "retida", "sentido", "service", "setting", "situacao", "status"),
        *("tarefa", "tipo", "trabalho", "version"),
    }
