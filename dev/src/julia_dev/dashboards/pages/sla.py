"""Whether the promises are kept: 99.5 % up, replies within 5 s, errors under 1 %."""

from typing import Final

from julia_dev.dashboards.model import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    Dashboard,
    Kind,
    Panel,
    Query,
    Row,
    Step,
    Word,
)
from julia_dev.dashboards.promql import (
    WHOLE,
    grown,
    highest,
    quantile,
    quantiles,
    rate,
    total,
)

_OURS: Final = 'retida="nao"'
_FINAL: Final = 'etapa=~"webhook|resposta", tipo!="ilegivel"'
"""The errors of the SLA: a 5xx of ingest, or a message that nobody answered in time."""

_UP: Final = f"avg_over_time(({highest('julia_no_ar')})[{WHOLE}:30s])"
_IN_TIME: Final = (
    f"{grown('julia_resposta_segundos_bucket', _OURS + ', le="5.0"')}"
    f" / {grown('julia_resposta_segundos_count', _OURS)}"
)
_ERRORS: Final = (
    f"{grown('julia_erros_total', _FINAL)}"
    f" / {grown('julia_trabalhos_total', 'etapa=~"webhook|resposta"')}"
)

_GOALS: Final = (
    Panel(
        title="No ar",
        about="Parte do período em que o canário de cada minuto foi respondido. Meta: 99,5 %.",
        queries=(Query(_UP),),
        kind=Kind.STAT,
        unit="percentunit",
        decimals=2,
        color=RED,
        steps=(Step(0.99, YELLOW), Step(0.995, GREEN)),
        width=4,
        height=5,
        alerts=("JuliaDown",),
    ),
    Panel(
        title="Respostas em até 5 s",
        about=(
            "Da chegada do webhook à entrega ao WhatsApp, incluída a espera pela rajada do médico."
            " Não conta o que uma pausa ou um teto segurou de propósito. Meta: 95 %."
        ),
        queries=(Query(_IN_TIME),),
        kind=Kind.STAT,
        unit="percentunit",
        decimals=1,
        color=RED,
        steps=(Step(0.9, YELLOW), Step(0.95, GREEN)),
        width=4,
        height=5,
        alerts=("JuliaLatencyBudgetBurning",),
    ),
    Panel(
        title="Tempo de resposta (p95)",
        about="Tempo em que saíram 95 de cada 100 respostas do período. Meta: 5 s.",
        queries=(Query(quantile(0.95, "julia_resposta_segundos", _OURS, over=WHOLE)),),
        kind=Kind.STAT,
        unit="s",
        decimals=2,
        steps=(Step(4, YELLOW), Step(5, RED)),
        width=4,
        height=5,
        alerts=("JuliaLatencyHigh",),
    ),
    Panel(
        title="Taxa de erros",
        about="5xx do webhook e mensagens que ninguém respondeu a tempo. Meta: menos de 1 %.",
        queries=(Query(_ERRORS),),
        kind=Kind.STAT,
        unit="percentunit",
        decimals=2,
        steps=(Step(0.005, YELLOW), Step(0.01, RED)),
        width=4,
        height=5,
        alerts=("JuliaErrorBudgetBurning",),
    ),
    Panel(
        title="Espera mais longa",
        about="Idade da mensagem de médico que espera há mais tempo; 0: ninguém espera.",
        queries=(Query(highest("julia_turnos_devidos_idade_segundos")),),
        kind=Kind.STAT,
        unit="s",
        decimals=0,
        steps=(Step(30, YELLOW), Step(120, RED)),
        width=4,
        height=5,
        alerts=("JuliaNotAnswering",),
    ),
    Panel(
        title="Orçamento de queda gasto",
        about="Tempo fora do ar em relação ao que a meta de 99,5 % permite no período; acima de"
        " 100 % a meta não foi cumprida.",
        queries=(Query(f"(1 - {_UP}) / (1 - 0.995)"),),
        kind=Kind.STAT,
        unit="percentunit",
        decimals=0,
        steps=(Step(0.5, YELLOW), Step(1, RED)),
        width=4,
        height=5,
        alerts=("JuliaAvailabilityBudgetBurning",),
    ),
)

_TIMES: Final = (
    Panel(
        title="Tempo de resposta",
        about="Do webhook ao WhatsApp, em tudo o que não foi segurado de propósito.",
        queries=quantiles("julia_resposta_segundos", _OURS),
        unit="s",
        steps=(Step(5, RED),),
        width=12,
        alerts=("JuliaLatencyHigh",),
    ),
    Panel(
        title="Espera deliberada e trabalho (p95)",
        about="A espera junta as mensagens de uma rajada; o resto é trabalho, em boa parte do"
        " Claude.",
        queries=(
            Query(quantile(0.95, "julia_resposta_espera_segundos"), "espera"),
            Query(quantile(0.95, "julia_resposta_trabalho_segundos"), "trabalho"),
        ),
        unit="s",
        width=12,
        alerts=("JuliaLatencyHigh",),
    ),
    Panel(
        title="Onde o tempo passa (p95)",
        about="Cada trecho do caminho: até a mensagem estar guardada, uma chamada do Claude, o"
        " turno inteiro, a entrega à Evolution.",
        queries=(
            Query(quantile(0.95, "julia_entrada_segundos"), "entrada"),
            Query(quantile(0.95, "julia_tempo_resposta_segundos"), "Claude"),
            Query(quantile(0.95, "julia_turno_segundos"), "turno"),
            Query(quantile(0.95, "julia_envio_post_segundos"), "Evolution"),
        ),
        unit="s",
        width=12,
    ),
    Panel(
        title="Mensagens recebidas e respondidas por segundo",
        about="Mensagens de médicos aceitas, e respostas entregues ao WhatsApp (uma resposta pode"
        " servir a várias mensagens).",
        queries=(
            Query(rate("julia_mensagens_recebidas_total"), "recebidas"),
            Query(rate("julia_resposta_segundos_count"), "respostas"),
        ),
        width=12,
        alerts=("JuliaNotAnswering",),
    ),
)

_ERRORS_ROW: Final = (
    Panel(
        title="Parcela de erros por etapa",
        about="Do que cada etapa terminou, quanto terminou mal. O alerta é em 5 %.",
        queries=(
            Query(
                f"{rate('julia_erros_total', by='etapa')}"
                f" / ({rate('julia_trabalhos_total', by='etapa')} > 0)",
                "{{etapa}}",
            ),
        ),
        unit="percentunit",
        steps=(Step(0.05, RED),),
        width=12,
        alerts=("JuliaErrorRateHigh",),
    ),
    Panel(
        title="Erros por segundo, por etapa e tipo",
        about="O que falhou, onde; as palavras estão em docs/reference/metrics.md.",
        queries=(Query(rate("julia_erros_total", by="etapa, tipo"), "{{etapa}}: {{tipo}}"),),
        stacked=True,
        width=12,
        alerts=("JuliaErrorRateHigh",),
    ),
    Panel(
        title="Circuitos",
        about="Aberto: as chamadas a este vizinho falham na hora, até uma tentativa dar certo.",
        queries=(Query(highest("julia_circuit_state", by="circuit"), "{{circuit}}"),),
        kind=Kind.STATES,
        words=(
            Word(0, "fechado", GREEN),
            Word(1, "em prova", YELLOW),
            Word(2, "aberto", RED),
        ),
        width=12,
        alerts=("JuliaCircuitOpen",),
    ),
    Panel(
        title="Júlia no ar, e pausada",
        about="No ar: o canário foi respondido. Uma pausa é uma decisão de alguém; quem e por quê"
        " está no Slack e em `kubectl get juliastatus`.",
        queries=(
            Query(highest("julia_no_ar"), "no ar"),
            Query(highest("julia_pausada"), "pausada"),
            Query(f"clamp_max({highest('julia_pausas_de_parte')}, 1)", "pausada em parte"),
        ),
        kind=Kind.STATES,
        color=BLUE,
        words=(Word(0, "não", "text"), Word(1, "sim", BLUE)),
        width=12,
        alerts=("JuliaDown", "JuliaPaused"),
    ),
    Panel(
        title="Mensagens sem desfecho",
        about="Nem respondidas nem entregues a uma pessoa 30 minutos depois de chegarem. Deve ser"
        " 0 sempre.",
        queries=(Query(highest("julia_mensagens_sem_desfecho")),),
        kind=Kind.STAT,
        steps=(Step(1, RED),),
        height=5,
        alerts=("JuliaMessagesWithoutEnd",),
    ),
    Panel(
        title="Circuitos que abriram no período",
        about="Também os que fecharam antes de alguém olhar.",
        queries=(Query(grown("julia_circuit_openings_total")),),
        kind=Kind.STAT,
        decimals=0,
        steps=(Step(1, YELLOW),),
        height=5,
        alerts=("JuliaCircuitOpen",),
    ),
    Panel(
        title="Turnos em andamento",
        about="Conversas que estão sendo respondidas agora.",
        queries=(Query(total("julia_turnos_em_andamento")),),
        kind=Kind.STAT,
        color=BLUE,
        height=5,
    ),
)

PAGE: Final = Dashboard(
    uid="julia-sla",
    title="Júlia: SLA",
    about="As metas (99,5 % no ar, 5 s, 1 % de erros), e onde o tempo e os erros estão.",
    rows=(Row("Metas", _GOALS), Row("Tempo", _TIMES), Row("Erros", _ERRORS_ROW)),
)
