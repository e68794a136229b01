"""From the first message to the booked shift: whom we reach, who leaves, who goes to a person."""

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
from julia_dev.dashboards.promql import grown, highest, rate

_SUSPICION: Final = (
    f"{highest('julia_medicos_suspeitos_24h')} / ({highest('julia_medicos_conversando_24h')} > 0)"
)

_TODAY: Final = (
    Panel(
        title="Médicos conversando (24 h)",
        about="Médicos que nos escreveram nas últimas 24 horas.",
        queries=(Query(highest("julia_medicos_conversando_24h")),),
        kind=Kind.STAT,
        color=BLUE,
        width=6,
        height=5,
    ),
    Panel(
        title="Desconfiam de robô (24 h)",
        about="Dos médicos que escreveram, quantos desconfiaram falar com uma máquina. O alerta é"
        " em 5 %.",
        queries=(Query(_SUSPICION),),
        kind=Kind.STAT,
        unit="percentunit",
        decimals=1,
        steps=(Step(0.03, YELLOW), Step(0.05, RED)),
        width=6,
        height=5,
        alerts=("JuliaBotSuspicionHigh",),
    ),
    Panel(
        title="Conversas com uma pessoa ou à espera dela",
        about="Transferências que ninguém fechou ainda.",
        queries=(Query(highest("julia_transferencias_pendentes")),),
        kind=Kind.STAT,
        color=BLUE,
        width=6,
        height=5,
    ),
    Panel(
        title="Espera mais longa por uma pessoa",
        about="Idade da transferência mais antiga que ainda está aberta.",
        queries=(Query(highest("julia_transferencias_pendentes_idade_segundos")),),
        kind=Kind.STAT,
        unit="s",
        steps=(Step(3600, YELLOW), Step(14400, RED)),
        width=6,
        height=5,
    ),
)

_FUNNEL: Final = (
    Panel(
        title="Funil (24 h)",
        about="Médicos que procuramos, que responderam, que reservaram, e plantões reservados.",
        queries=(Query(highest("julia_funil_24h", by="etapa"), "{{etapa}}"),),
        kind=Kind.BARS,
        color=BLUE,
        width=12,
    ),
    Panel(
        title="Conversas abertas, por quem conduz",
        about="ai: a Júlia. human: uma pessoa.",
        queries=(Query(highest("julia_conversas_abertas", by="controle"), "{{controle}}"),),
        stacked=True,
        width=12,
    ),
    Panel(
        title="Transferências por motivo (24 h)",
        about="Por que conversas foram a uma pessoa. `resposta_vencida` e `falha_repetida` são"
        " falhas nossas.",
        queries=(Query(highest("julia_transferencias_24h", by="motivo"), "{{motivo}}"),),
        kind=Kind.BARS,
        color=BLUE,
    ),
    Panel(
        title="Saídas da lista, por escopo (24 h)",
        about="Médicos que pediram para não receber mais mensagens: para sempre, por um mês, para"
        " uma vaga.",
        queries=(Query(highest("julia_opt_outs_24h", by="escopo"), "{{escopo}}"),),
        kind=Kind.BARS,
        color=YELLOW,
    ),
    Panel(
        title="Suspeitas de robô, pelo que o médico disse (24 h)",
        about="Sem as que um gestor marcou como falso positivo.",
        queries=(Query(highest("julia_suspeitas_bot_24h", by="padrao"), "{{padrao}}"),),
        kind=Kind.BARS,
        color=YELLOW,
        alerts=("JuliaBotSuspicionHigh",),
    ),
)

_TALK: Final = (
    Panel(
        title="Mensagens guardadas por segundo, por tipo",
        about="O que chega dos médicos: texto, áudio, imagem, documento.",
        queries=(Query(rate("julia_mensagens_armazenadas_total", by="tipo"), "{{tipo}}"),),
        stacked=True,
        width=12,
    ),
    Panel(
        title="Turnos do período, por resultado",
        about="`resposta`: respondido. `transferir`: foi a uma pessoa. Os outros: não havia o que"
        " fazer, ou ainda não se podia.",
        queries=(Query(grown("julia_turnos_total", by="resultado"), "{{resultado}}"),),
        kind=Kind.BARS,
        color=GREEN,
        width=12,
    ),
    Panel(
        title="Ferramentas usadas no período",
        about="Buscas, reservas, endereços, lembretes que a Júlia fez.",
        queries=(Query(grown("julia_ferramentas_total", by="ferramenta"), "{{ferramenta}}"),),
        kind=Kind.BARS,
        color=GREEN,
        width=12,
    ),
    Panel(
        title="Plantões segurados e soltos, e vagas livres oferecidas",
        about="Reservas que um turno segurou e não confirmou a tempo, e plantões que ficaram livres"
        " e foram oferecidos a quem esperava.",
        queries=(
            Query(grown("julia_reservas_expiradas_total"), "soltos"),
            Query(grown("julia_ofertas_lista_espera_total"), "oferecidos"),
        ),
        kind=Kind.STAT,
        color=BLUE,
        decimals=0,
        width=12,
    ),
)

PAGE: Final = Dashboard(
    uid="julia-funil",
    title="Júlia: funil de conversas",
    about="Da primeira mensagem ao plantão reservado; quem sai e quem vai a uma pessoa.",
    rows=(Row("Hoje", _TODAY), Row("Funil", _FUNNEL), Row("Conversas", _TALK)),
    since="now-24h",
)
