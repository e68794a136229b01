"""How our WhatsApp numbers are: connected, healthy, and how much of their ceilings is used."""

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
    Variable,
    Word,
)
from julia_dev.dashboards.promql import grown, highest, quantile, rate

_CHOSEN: Final = 'instancia=~"$instancia"'


def _used(window: str) -> str:
    labels = f'{_CHOSEN}, janela="{window}"'
    return (
        f"{highest('julia_teto_usado', labels, by='instancia')}"
        f" / ({highest('julia_teto_limite', labels, by='instancia')} > 0)"
    )


_HEALTH: Final = (
    Panel(
        title="Conectado ao WhatsApp",
        about="Desconectado: nada sai e nada chega por este número até alguém ler o QR code.",
        queries=(
            Query(highest("julia_numero_conectado", _CHOSEN, by="instancia"), "{{instancia}}"),
        ),
        kind=Kind.STATES,
        words=(Word(0, "não", RED), Word(1, "sim", GREEN)),
        width=12,
        alerts=("JuliaWhatsAppDisconnected",),
    ),
    Panel(
        title="Saúde",
        about="Pelo que o WhatsApp faz com o que enviamos: lenta e parada reduzem o que sai por"
        " iniciativa nossa.",
        queries=(Query(highest("julia_numero_saude", _CHOSEN, by="instancia"), "{{instancia}}"),),
        kind=Kind.STATES,
        words=(
            Word(0, "boa", GREEN),
            Word(1, "lenta", YELLOW),
            Word(2, "parada", RED),
            Word(3, "banida", "dark-red"),
        ),
        width=12,
        alerts=("JuliaNumberUnhealthy",),
    ),
    Panel(
        title="Teto da hora usado",
        about="Mensagens da última hora sobre o teto (MAX_MSGS_POR_HORA). O alerta é em 90 %.",
        queries=(Query(_used("hora"), "{{instancia}}"),),
        unit="percentunit",
        steps=(Step(0.9, RED),),
        alerts=("JuliaRateLimitNearlyUsed",),
    ),
    Panel(
        title="Teto do dia usado",
        about="Mensagens das últimas 24 horas sobre o teto (MAX_MSGS_POR_DIA).",
        queries=(Query(_used("dia"), "{{instancia}}"),),
        unit="percentunit",
        steps=(Step(0.9, RED),),
        alerts=("JuliaRateLimitNearlyUsed",),
    ),
    Panel(
        title="Parcela para iniciativa própria",
        about="Quanto dos tetos o número pode usar para procurar médicos: cresce no aquecimento,"
        " cai quando a saúde cai.",
        queries=(Query(highest("julia_numero_parcela", _CHOSEN, by="instancia"), "{{instancia}}"),),
        kind=Kind.BARS,
        unit="percentunit",
        color=BLUE,
    ),
)

_SENDS: Final = (
    Panel(
        title="Envios por segundo, por resultado",
        about="`incerta`: não se sabe se chegou, e nada é repetido antes de se saber.",
        queries=(Query(rate("julia_envio_resultados_total", by="resultado"), "{{resultado}}"),),
        stacked=True,
        width=12,
        alerts=("JuliaErrorRateHigh",),
    ),
    Panel(
        title="Envios que ainda não podiam sair, por motivo",
        about="Pausa, teto, horário, conversa com uma pessoa: tudo isso é de propósito.",
        queries=(Query(rate("julia_envio_recusas_total", by="motivo"), "{{motivo}}"),),
        stacked=True,
        width=12,
    ),
    Panel(
        title="Incertos e estacionados",
        about="Estacionado: as provas não bastaram, e uma pessoa decide se envia de novo.",
        queries=(
            Query(highest("julia_envios_incertos"), "incertos"),
            Query(highest("julia_envios_estacionados"), "estacionados"),
        ),
        steps=(Step(1, YELLOW),),
        alerts=(
            "JuliaSendsParked",
            "JuliaSendsUncertain",
        ),
    ),
    Panel(
        title="Incertos resolvidos (24 h)",
        about="Envios que foram incertos, e quantos deles se sabe que chegaram.",
        queries=(
            Query(highest("julia_incertas_24h"), "resolvidos"),
            Query(highest("julia_incertas_comprovadas_24h"), "comprovados"),
        ),
        kind=Kind.STAT,
        color=BLUE,
    ),
    Panel(
        title="Entrega à Evolution",
        about="O POST de uma mensagem, do início à resposta.",
        queries=(
            Query(quantile(0.5, "julia_envio_post_segundos"), "p50"),
            Query(quantile(0.95, "julia_envio_post_segundos"), "p95"),
        ),
        unit="s",
    ),
    Panel(
        title="Evolution por operação (p95)",
        about="Mensagem, digitando, lido, busca de mensagens.",
        queries=(
            Query(
                quantile(0.95, "julia_evolution_request_seconds", by="operation"), "{{operation}}"
            ),
        ),
        unit="s",
        width=12,
    ),
    Panel(
        title="Mensagens recuperadas no período",
        about="Mensagens que o webhook perdeu e que foram buscadas na Evolution, e as ilegíveis.",
        queries=(
            Query(grown("julia_recuperacao_mensagens_total", by="sentido"), "{{sentido}}"),
            Query(grown("julia_recuperacao_ilegiveis_total"), "ilegíveis"),
        ),
        kind=Kind.STAT,
        color=BLUE,
        decimals=0,
        width=6,
    ),
    Panel(
        title="Conferido até (há quanto tempo)",
        about="Até quando as mensagens de cada número foram comparadas com as da Evolution.",
        queries=(
            Query(
                "time() - "
                + highest("julia_recuperacao_ultima_timestamp_segundos", _CHOSEN, by="instancia"),
                "{{instancia}}",
            ),
        ),
        kind=Kind.STAT,
        unit="s",
        decimals=0,
        steps=(Step(900, YELLOW), Step(3600, RED)),
        width=6,
    ),
)

PAGE: Final = Dashboard(
    uid="julia-numeros",
    title="Júlia: números de WhatsApp",
    about="Se os números estão conectados e sãos, quanto dos tetos foi usado, o que saiu.",
    rows=(Row("Números", _HEALTH), Row("Envios", _SENDS)),
    variables=(Variable("instancia", "Número", "label_values(julia_numero_conectado, instancia)"),),
)
