"""What the scheduler counts, and the gauges that alerts on silence read."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from julia_common.telemetry.work import Stage

LOOP: Final = Stage("laco", "falha")
JOB: Final = Stage("tarefa", "falha", "perdida", "interrompida")
SLACK: Final = Stage("slack", "temporario", "mensagem_recusada", "webhook_recusado", "falha")
REPLY: Final = Stage("resposta", "vencida")

LOOP_SECONDS: Final = Histogram(
    "julia_scheduler_loop_segundos",
    "Duração de uma volta de cada laço",
    ["laco"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60),
)
LOOP_ERRORS: Final = Counter(
    "julia_scheduler_loop_erros_total", "Voltas que falharam, por laço", ["laco"]
)
LOOP_LAST_SUCCESS: Final = Gauge(
    "julia_scheduler_loop_ultimo_sucesso_timestamp_segundos",
    "Quando cada laço terminou bem pela última vez (Unix); antes disso, quando começou",
    ["laco"],
)

JOB_RUNS: Final = Counter(
    "julia_tarefas_total", "Execuções de cada tarefa, por resultado", ["tarefa", "resultado"]
)
JOB_SECONDS: Final = Histogram(
    "julia_tarefa_segundos",
    "Duração de uma execução de cada tarefa",
    ["tarefa"],
    buckets=(0.05, 0.25, 1, 5, 15, 60, 300),
)
JOB_LAST_SUCCESS: Final = Gauge(
    "julia_tarefa_ultimo_sucesso_timestamp_segundos",
    "Quando cada tarefa terminou bem pela última vez (Unix)",
    ["tarefa"],
)

JOB_LATE: Final = Gauge(
    "julia_tarefa_atraso_segundos",
    "Há quanto tempo devia ter terminado bem a execução mais antiga que falta de cada tarefa; "
    "0: nenhuma falta",
    ["tarefa"],
)

DOORBELLS: Final = Counter(
    "julia_campainhas_total", "Campainhas tocadas pelo scheduler, por origem", ["origem"]
)
EXPIRED: Final = Counter(
    "julia_respostas_expiradas_total", "Respostas que esperaram demais e foram a uma pessoa"
)
HOLDS_EXPIRED: Final = Counter(
    "julia_reservas_expiradas_total", "Plantões segurados por um turno que não os confirmou a tempo"
)
OFFERS: Final = Counter(
    "julia_ofertas_lista_espera_total", "Plantões livres oferecidos a quem esperava por eles"
)

SETTLED: Final = Counter(
    "julia_incertas_resolvidas_total",
    "Verificações de envios incertos, por evidência e desfecho",
    ["evidencia", "desfecho"],
)

CATCHUP_FOUND: Final = Counter(
    "julia_recuperacao_mensagens_total",
    "Mensagens perdidas pelo webhook e recuperadas da Evolution, por sentido",
    ["sentido"],
)
for _direction in ("entrada", "saida"):
    # From 0 on: of a series that begins at 1 the alert would not see the change.
    CATCHUP_FOUND.labels(_direction)
CATCHUP_SEEN: Final = Counter(
    "julia_recuperacao_vistas_total",
    "Registros que a Evolution mostrou à recuperação, conhecidos ou não, a cada conferência",
)
CATCHUP_UNREADABLE: Final = Counter(
    "julia_recuperacao_ilegiveis_total", "Registros da Evolution que não puderam ser lidos"
)
CATCHUP_LAST: Final = Gauge(
    "julia_recuperacao_ultima_timestamp_segundos",
    "Até quando as mensagens de cada número foram conferidas (Unix)",
    ["instancia"],
)

NUMBER_HEALTH: Final = Gauge(
    "julia_numero_saude",
    "Saúde de cada número: 0 boa, 1 lenta, 2 parada, 3 banida",
    ["instancia"],
)
NUMBER_OPEN: Final = Gauge(
    "julia_numero_conectado", "1 enquanto o número está conectado ao WhatsApp", ["instancia"]
)
NUMBER_SHARE: Final = Gauge(
    "julia_numero_parcela",
    "Parcela (0 a 1) dos tetos que o número pode usar por iniciativa própria",
    ["instancia"],
)

SLACK_CONFIGURED: Final = Gauge(
    "julia_slack_configurado", "1 se há um webhook do Slack; 0: nenhum aviso chega aos gestores"
)
SLACK_POSTS: Final = Counter(
    "julia_slack_envios_total", "Mensagens mandadas ao Slack, por resultado", ["resultado"]
)
NOTICES: Final = Counter(
    "julia_avisos_entregues_total", "Avisos que chegaram aos gestores, por tipo", ["tipo"]
)
NOTICES_WAITING: Final = Gauge("julia_avisos_pendentes", "Avisos que ninguém levou aos gestores")
NOTICES_OLDEST: Final = Gauge(
    "julia_avisos_pendentes_idade_segundos", "Idade do aviso pendente mais antigo"
)

DRAFTS_WAITING: Final = Gauge(
    "julia_copiloto_rascunhos", "Respostas da Júlia à espera da palavra de uma pessoa"
)
DRAFTS_OLDEST: Final = Gauge(
    "julia_copiloto_rascunhos_idade_segundos",
    "Idade da resposta mais antiga à espera de aprovação",
)
DRAFTS_GIVEN_UP: Final = Counter(
    "julia_copiloto_rascunhos_vencidos_total",
    "Rascunhos sobre os quais ninguém decidiu a tempo; a conversa foi para uma pessoa",
)

CHATWOOT_CONFIGURED: Final = Gauge(
    "julia_chatwoot_configurado", "1 se há um Chatwoot; 0: ninguém lê as conversas por lá"
)
CHATWOOT_EFFECTS: Final = Counter(
    "julia_chatwoot_efeitos_total",
    "O que foi feito no Chatwoot (mensagem, assumida, devolvida, nota), por resultado",
    ["tipo", "resultado"],
)
CHATWOOT_WAITING: Final = Gauge("julia_chatwoot_pendentes", "O que falta fazer no Chatwoot")
CHATWOOT_OLDEST: Final = Gauge(
    "julia_chatwoot_pendentes_idade_segundos", "Idade do que falta fazer há mais tempo no Chatwoot"
)
CHATWOOT_CAUGHT_UP: Final = Counter(
    "julia_recuperacao_chatwoot_total",
    "O que pessoas fizeram no Chatwoot (mensagem, devolucao, decisao) sem que um webhook contasse",
    ["ato", "resultado"],
)

SLACK_REQUESTS: Final = Counter(
    "julia_slack_pedidos_total",
    "Pedidos de gestores guardados, por tipo e se eram novos",
    ["tipo", "situacao"],
)
COMMANDS: Final = Counter(
    "julia_slack_comandos_total", "Pedidos de gestores atendidos, por comando", ["comando"]
)
SLACK_ANSWERS: Final = Counter(
    "julia_slack_respostas_total", "Respostas levadas a gestores, por resultado", ["resultado"]
)

INBOUND_DUE: Final = Gauge(
    "julia_turnos_devidos",
    "Mensagens de médicos à espera de resposta, sem as que uma pausa de parte cobre",
)
INBOUND_OLDEST: Final = Gauge(
    "julia_turnos_devidos_idade_segundos", "Idade da mensagem sem resposta mais antiga"
)
OUTBOUND_DUE: Final = Gauge("julia_envios_devidos", "Envios vencidos, sem os pausados")
OUTBOUND_OLDEST: Final = Gauge(
    "julia_envios_devidos_idade_segundos", "Idade do envio vencido mais antigo"
)
INBOUND_FREE: Final = Gauge(
    "julia_turnos_liberados",
    "Mensagens de médicos à espera de resposta; 0 enquanto tudo está pausado",
)
INBOUND_FREE_OLDEST: Final = Gauge(
    "julia_turnos_liberados_idade_segundos",
    "Idade da mais antiga delas; 0 enquanto tudo está pausado",
)
OUTBOUND_FREE: Final = Gauge(
    "julia_envios_liberados", "Envios vencidos; 0 enquanto tudo está pausado"
)
OUTBOUND_FREE_OLDEST: Final = Gauge(
    "julia_envios_liberados_idade_segundos",
    "Idade do envio vencido mais antigo; 0 enquanto tudo está pausado",
)
UNCERTAIN: Final = Gauge("julia_envios_incertos", "Envios de que não se sabe se chegaram")
PARKED: Final = Gauge("julia_envios_estacionados", "Envios que esperam a decisão de uma pessoa")
SETTLED_TODAY: Final = Gauge(
    "julia_incertas_24h", "Envios que foram incertos, resolvidos nas últimas 24 horas"
)
EVIDENCED_TODAY: Final = Gauge(
    "julia_incertas_comprovadas_24h", "Destes, os que se sabe que chegaram"
)
SETTLING_SECONDS: Final = Gauge(
    "julia_incertas_mediana_segundos", "Mediana do tempo até resolver um envio incerto, em 24 horas"
)
PAUSED: Final = Gauge("julia_pausada", "1 enquanto tudo está pausado")
PAUSED_SCOPES: Final = Gauge(
    "julia_pausas_de_parte", "Pausas em vigor de uma parte: estado, especialidade, número, campanha"
)

QUEUE_READY: Final = Gauge(
    "julia_fila_mensagens", "Mensagens à espera em cada fila do RabbitMQ", ["fila"]
)
QUEUE_CONSUMERS: Final = Gauge(
    "julia_fila_consumidores", "Consumidores de cada fila que tem quem a consuma", ["fila"]
)

UNSETTLED: Final = Gauge(
    "julia_mensagens_sem_desfecho",
    "Mensagens nem respondidas nem passadas a uma pessoa em 30 minutos, sem as pausadas",
)
TALKING: Final = Gauge(
    "julia_medicos_conversando_24h", "Médicos que nos escreveram nas últimas 24 horas"
)
SUSPICIOUS: Final = Gauge(
    "julia_medicos_suspeitos_24h",
    "Médicos que suspeitaram de uma máquina nas últimas 24 horas, sem os falsos positivos",
)
SUSPICIONS: Final = Gauge(
    "julia_suspeitas_bot_24h", "Suspeitas de máquina nas últimas 24 horas, por padrão", ["padrao"]
)
HANDOFFS: Final = Gauge(
    "julia_transferencias_24h",
    "Conversas passadas a uma pessoa nas últimas 24 horas, por motivo",
    ["motivo"],
)
ANSWERED_LAST_HOUR: Final = Gauge(
    "julia_turnos_respondidos_60min", "Turnos respondidos nos últimos 60 minutos"
)
HANDED_OVER_LAST_HOUR: Final = Gauge(
    "julia_transferencias_60min",
    "Conversas que a Júlia passou a pessoas nos últimos 60 minutos, sem as que elas assumiram",
)
WITH_PEOPLE: Final = Gauge(
    "julia_transferencias_pendentes", "Conversas que estão com uma pessoa ou esperam por ela"
)
WITH_PEOPLE_OLDEST: Final = Gauge(
    "julia_transferencias_pendentes_idade_segundos", "Idade da mais antiga delas"
)
OPT_OUTS: Final = Gauge(
    "julia_opt_outs_24h",
    "Pedidos de não receber mais mensagens nas últimas 24 horas, por alcance",
    ["escopo"],
)
FUNNEL: Final = Gauge(
    "julia_funil_24h",
    "Das últimas 24 horas: médicos contatados por nós, os que responderam, os que reservaram, e os "
    "plantões reservados",
    ["etapa"],
)
OPEN_CONVERSATIONS: Final = Gauge(
    "julia_conversas_abertas", "Conversas abertas, por quem as conduz", ["controle"]
)

UP: Final = Gauge("julia_no_ar", "1 enquanto o canário é respondido")
CANARY_ANSWERED: Final = Gauge(
    "julia_canario_ultima_resposta_timestamp_segundos",
    "Quando o canário foi respondido pela última vez (Unix)",
)
CANARY_SECONDS: Final = Gauge(
    "julia_canario_segundos", "Quanto o último canário respondido esperou pela resposta"
)

BACKUP_LAST_SUCCESS: Final = Gauge(
    "julia_backup_ultimo_sucesso_timestamp_segundos",
    "De quando é o último backup guardado, por tipo (Unix)",
    ["tipo"],
)
BACKUP_AGE: Final = Gauge(
    "julia_backup_idade_segundos", "Idade do último backup guardado, por tipo", ["tipo"]
)

PROOF_VIOLATIONS: Final = Gauge(
    "julia_provas_violacoes", "Violações que as provas da última noite acharam", ["prova"]
)
PROOFS_UNTIL: Final = Gauge(
    "julia_provas_ate_timestamp_segundos", "Até quando as provas conferiram (Unix)"
)
