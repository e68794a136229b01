"""What Claude costs, how fast it is, and how good what it writes."""

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
)
from julia_dev.dashboards.promql import WHOLE, grown, quantile, rate

_PROMPT: Final = 'tipo=~"entrada|cache_lido|cache_escrito"'


def _from_cache(over: str) -> str:
    return (
        f"{grown('julia_tokens_total', 'tipo="cache_lido"', over=over)}"
        f" / {grown('julia_tokens_total', _PROMPT, over=over)}"
    )


_COST: Final = (
    Panel(
        title="Custo no período",
        about="Pelos preços de tabela, do que os processos gastaram no período mostrado.",
        queries=(Query(grown("julia_custo_usd_total")),),
        kind=Kind.STAT,
        unit="currencyUSD",
        decimals=2,
        color=BLUE,
        width=6,
        height=5,
    ),
    Panel(
        title="Custo por resposta",
        about="O que custou, no período, cada resposta entregue.",
        queries=(
            Query(f"{grown('julia_custo_usd_total')} / {grown('julia_resposta_segundos_count')}"),
        ),
        kind=Kind.STAT,
        unit="currencyUSD",
        decimals=4,
        color=BLUE,
        width=6,
        height=5,
    ),
    Panel(
        title="Do cache",
        about="Parte do que o Claude leu que veio do cache, a um décimo do preço.",
        queries=(Query(_from_cache(WHOLE)),),
        kind=Kind.STAT,
        unit="percentunit",
        decimals=0,
        color=YELLOW,
        steps=(Step(0.5, GREEN),),
        width=6,
        height=5,
    ),
    Panel(
        title="Respostas seguras no período",
        about="Vezes em que nada do que o Claude escreveu passou nas regras e a Júlia respondeu com"
        " uma frase pronta.",
        queries=(Query(grown("julia_respostas_seguras_total")),),
        kind=Kind.STAT,
        decimals=0,
        steps=(Step(1, YELLOW), Step(10, RED)),
        width=6,
        height=5,
    ),
    Panel(
        title="Custo por hora, por modelo",
        about="Dólares por hora no ritmo de agora.",
        queries=(Query(f"3600 * {rate('julia_custo_usd_total', by='modelo')}", "{{modelo}}"),),
        unit="currencyUSD",
        stacked=True,
        width=12,
    ),
    Panel(
        title="Tokens por segundo, por tipo",
        about="Saída e escrita no cache são os caros.",
        queries=(Query(rate("julia_tokens_total", by="tipo"), "{{tipo}}"),),
        stacked=True,
        width=12,
    ),
)

_SPEED: Final = (
    Panel(
        title="Tempo de uma chamada",
        about="O tempo de resposta do Claude (métrica julia_tempo_resposta_segundos).",
        queries=(
            Query(quantile(0.5, "julia_tempo_resposta_segundos"), "p50"),
            Query(quantile(0.95, "julia_tempo_resposta_segundos"), "p95"),
        ),
        unit="s",
        steps=(Step(5, RED),),
        alerts=("JuliaLatencyHigh",),
    ),
    Panel(
        title="Chamadas por segundo, por resultado",
        about="`temporario` é repetido; `cancelada`: o médico escreveu mais, e ela é refeita.",
        queries=(
            Query(rate("julia_tempo_resposta_segundos_count", by="resultado"), "{{resultado}}"),
        ),
        stacked=True,
        alerts=("JuliaCircuitOpen",),
    ),
    Panel(
        title="Chamadas no período, por modelo e motivo",
        about="Por que o modelo grande ou o pequeno foi escolhido.",
        queries=(
            Query(grown("julia_chamadas_total", by="modelo, motivo"), "{{modelo}}: {{motivo}}"),
        ),
        kind=Kind.BARS,
        color=BLUE,
    ),
)

_QUALITY: Final = (
    Panel(
        title="Rascunhos recusados no período, pela regra",
        about="O que o Claude escreveu e não podia sair; é escrito de novo.",
        queries=(Query(grown("julia_rascunhos_recusados_total", by="falha"), "{{falha}}"),),
        kind=Kind.BARS,
        color=YELLOW,
        width=12,
    ),
    Panel(
        title="Ferramentas que falharam, por segundo",
        about="Chamadas de ferramentas por resultado.",
        queries=(Query(rate("julia_ferramentas_total", by="resultado"), "{{resultado}}"),),
        stacked=True,
        width=12,
    ),
    Panel(
        title="Turnos refeitos por segundo",
        about="O médico escreveu de novo enquanto a resposta era escrita.",
        queries=(Query(rate("julia_turnos_regenerados_total")),),
        width=12,
    ),
    Panel(
        title="Duração de um turno",
        about="Do começo do turno ao seu fim, com as ferramentas.",
        queries=(
            Query(quantile(0.5, "julia_turno_segundos"), "p50"),
            Query(quantile(0.95, "julia_turno_segundos"), "p95"),
        ),
        unit="s",
        width=12,
    ),
)

PAGE: Final = Dashboard(
    uid="julia-claude",
    title="Júlia: custo e qualidade do Claude",
    about="Quanto o Claude custa, quanto demora, e quanto do que escreve pode sair.",
    rows=(Row("Custo", _COST), Row("Tempo", _SPEED), Row("Qualidade", _QUALITY)),
    since="now-24h",
)
