"""What waits, who works on it, and whether everything that is due is done."""

from typing import Final

from julia_dev.dashboards.model import (
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
from julia_dev.dashboards.promql import grown, highest, quantile, rate, series, total

_DEAD: Final = 'fila=~".+dead|.+quarantine"'

_WAITING: Final = (
    Panel(
        title="Mensagens nas filas",
        about="Prontas para serem levadas, por fila do RabbitMQ.",
        queries=(Query(highest("julia_fila_mensagens", by="fila"), "{{fila}}"),),
        stacked=True,
        width=12,
        alerts=("JuliaQueueGrowing",),
    ),
    Panel(
        title="Consumidores",
        about="Processos que leem cada fila. Zero: nada anda.",
        queries=(Query(highest("julia_fila_consumidores", by="fila"), "{{fila}}"),),
        kind=Kind.BARS,
        color=RED,
        steps=(Step(1, GREEN),),
        width=6,
        alerts=("JuliaConsumerMissing",),
    ),
    Panel(
        title="Cartas mortas e quarentena",
        about="O que ninguém conseguiu tratar e espera alguém olhar. Deve ser 0.",
        queries=(Query(f"sum ({highest('julia_fila_mensagens', _DEAD, by='fila')})"),),
        kind=Kind.STAT,
        steps=(Step(1, RED),),
        width=6,
        alerts=("JuliaDeadLetters",),
    ),
    Panel(
        title="Devidos agora",
        about="Conversas que esperam resposta e envios que já podiam ter saído.",
        queries=(
            Query(highest("julia_turnos_devidos"), "respostas"),
            Query(highest("julia_envios_devidos"), "envios"),
        ),
        width=12,
        alerts=("JuliaQueueGrowing",),
    ),
    Panel(
        title="Idade do mais antigo",
        about="Há quanto tempo esperam a mensagem e o envio mais antigos.",
        queries=(
            Query(highest("julia_turnos_devidos_idade_segundos"), "mensagem sem resposta"),
            Query(highest("julia_envios_devidos_idade_segundos"), "envio"),
        ),
        unit="s",
        steps=(Step(120, RED),),
        width=12,
        alerts=("JuliaNotAnswering", "JuliaSendsWaiting"),
    ),
)

_BROKER: Final = (
    Panel(
        title="Publicadas por segundo, por desfecho",
        about="`confirmed` é o bom; o resto é repetido por quem publicou.",
        queries=(Query(rate("julia_broker_published_total", by="outcome"), "{{outcome}}"),),
        stacked=True,
    ),
    Panel(
        title="Consumidas por segundo, por fila e desfecho",
        about="`ok` é o bom; `delayed` volta mais tarde, `dead` espera alguém.",
        queries=(
            Query(
                rate("julia_broker_consumed_total", by="queue, outcome"), "{{queue}} {{outcome}}"
            ),
        ),
        stacked=True,
    ),
    Panel(
        title="Tratamento de uma mensagem (p95)",
        about="Da entrega pelo RabbitMQ à confirmação.",
        queries=(Query(quantile(0.95, "julia_broker_handle_seconds", by="queue"), "{{queue}}"),),
        unit="s",
    ),
    Panel(
        title="Em tratamento",
        about="Turnos e envios que estão sendo feitos, e mensagens na mão de cada consumidor.",
        queries=(
            Query(total("julia_turnos_em_andamento"), "turnos"),
            Query(total("julia_envio_em_andamento"), "envios"),
            Query(total("julia_broker_in_flight", by="queue"), "{{queue}}"),
        ),
        width=12,
    ),
    Panel(
        title="Webhooks por segundo, por resposta",
        about="O que a Evolution ouviu de nós. 503: o RabbitMQ não confirmou, e ela repete.",
        queries=(Query(rate("julia_ingest_webhook_requests_total", by="status"), "{{status}}"),),
        stacked=True,
        width=12,
        alerts=("JuliaErrorRateHigh",),
    ),
)

_WORK: Final = (
    Panel(
        title="Atraso das tarefas",
        about="Há quanto tempo cada tarefa com hora marcada devia ter terminado; 0: em dia.",
        queries=(Query(highest("julia_tarefa_atraso_segundos", by="tarefa"), "{{tarefa}}"),),
        kind=Kind.BARS,
        unit="s",
        steps=(Step(300, YELLOW), Step(900, RED)),
        height=12,
        alerts=("JuliaJobLate",),
    ),
    Panel(
        title="Última volta boa de cada laço",
        about="Há quanto tempo cada laço do agendador terminou bem uma volta; uma que falha é"
        " repetida. O alerta é em 3 minutos.",
        queries=(
            Query(
                "time() - "
                + highest("julia_scheduler_loop_ultimo_sucesso_timestamp_segundos", by="laco"),
                "{{laco}}",
            ),
        ),
        kind=Kind.BARS,
        unit="s",
        decimals=0,
        steps=(Step(90, YELLOW), Step(180, RED)),
        height=12,
        alerts=("JuliaSchedulerLoopStuck",),
    ),
    Panel(
        title="Chamadas ao banco (p95, as dez funções mais lentas)",
        about="Cada tentativa de chamar uma função do banco.",
        queries=(
            Query(
                f"topk(10, {quantile(0.95, 'julia_banco_chamada_segundos', by='funcao')})",
                "{{funcao}}",
            ),
        ),
        unit="s",
        steps=(Step(3, RED),),
        height=12,
    ),
    Panel(
        title="Chamadas ao banco por segundo, por resultado",
        about="`ok` é o bom; `temporario` é repetido; `circuito_aberto` nem saiu.",
        queries=(
            Query(rate("julia_banco_chamada_segundos_count", by="resultado"), "{{resultado}}"),
        ),
        stacked=True,
    ),
    Panel(
        title="Campainhas por segundo, por origem",
        about="Envios que o agendador teve de lembrar ao despachante.",
        queries=(Query(rate("julia_campainhas_total", by="origem"), "{{origem}}"),),
    ),
    Panel(
        title="Avisos aos gestores à espera",
        about="Avisos que ainda não chegaram ao Slack.",
        queries=(Query(highest("julia_avisos_pendentes")),),
        kind=Kind.STAT,
        steps=(Step(5, YELLOW), Step(20, RED)),
        alerts=("JuliaNoticesWaiting",),
    ),
    Panel(
        title="Respostas à espera de aprovação",
        about="No modo copiloto, quantas esperam a palavra de uma pessoa no Chatwoot.",
        queries=(Query(highest("julia_copiloto_rascunhos")),),
        kind=Kind.STAT,
        steps=(Step(10, YELLOW), Step(50, RED)),
    ),
    Panel(
        title="Consumidores conectados",
        about="Cada processo que consome, e se está inscrito na fila.",
        queries=(
            Query(f"min by (pod, queue) ({series('julia_broker_consuming')})", "{{pod}} {{queue}}"),
        ),
        kind=Kind.STATES,
        words=(Word(0, "não", RED), Word(1, "sim", GREEN)),
        width=12,
        alerts=("JuliaConsumerMissing",),
    ),
    Panel(
        title="Execuções de tarefas no período, por resultado",
        about="`falha` e `perdida` atrasam a tarefa; a próxima execução a põe em dia.",
        queries=(Query(grown("julia_tarefas_total", by="resultado"), "{{resultado}}"),),
        kind=Kind.BARS,
        width=12,
        alerts=("JuliaJobLate",),
    ),
)

PAGE: Final = Dashboard(
    uid="julia-filas",
    title="Júlia: filas e processos",
    about="O que espera, quem trabalha nisso, e se o que tem hora marcada é feito.",
    rows=(Row("Espera", _WAITING), Row("RabbitMQ", _BROKER), Row("Trabalho", _WORK)),
)
