"""The brain's metrics; names and meaning are listed in the reference documentation."""

from prometheus_client import Counter, Gauge, Histogram

from julia_common.telemetry.work import Stage

INBOUND_SECONDS = Histogram(
    "julia_entrada_segundos",
    "Da aceitação do webhook até a mensagem estar no banco",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
TURN = Stage("turno", "falha", "sem_modelo")
CLAUDE = Stage("claude", "temporario", "permanente")
TOOL = Stage("ferramenta", "erro")
REPLY = Stage("resposta", "vencida", "falha_repetida")

ANSWER_SECONDS = Histogram(
    "julia_tempo_resposta_segundos",
    "Segundos até a resposta do Claude, por chamada",
    ["resultado"],
    buckets=(0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12),
)
TURN_SECONDS = Histogram(
    "julia_turno_segundos",
    "Segundos de um turno, do início ao fim",
    buckets=(0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20),
)
TURNS = Counter("julia_turnos_total", "Turnos por resultado", ["resultado"])
TURNS_RUNNING = Gauge("julia_turnos_em_andamento", "Turnos em andamento neste processo")
REGENERATIONS = Counter(
    "julia_turnos_regenerados_total", "Rascunhos refeitos porque chegou mensagem nova"
)
FLAWS = Counter("julia_rascunhos_recusados_total", "Rascunhos que não puderam sair", ["falha"])
CALLS = Counter(
    "julia_chamadas_total",
    "Respostas do Claude por modelo e motivo da escolha",
    ["modelo", "motivo"],
)
TOKENS = Counter("julia_tokens_total", "Tokens cobrados por modelo e tipo", ["modelo", "tipo"])
COST_USD = Counter("julia_custo_usd_total", "Custo estimado em dólares por modelo", ["modelo"])
TOOL_CALLS = Counter(
    "julia_ferramentas_total",
    "Ferramentas pedidas pelo Claude, por resultado",
    ["ferramenta", "resultado"],
)
SAFE_ANSWERS = Counter("julia_respostas_seguras_total", "Respostas fixas no lugar de um rascunho")
READINGS = Counter(
    "julia_leituras_total",
    "Anexos de médicos por tipo e resultado da leitura",
    ["tipo", "resultado"],
)
READING_SECONDS = Histogram(
    "julia_leitura_segundos",
    "Segundos para buscar e ler um anexo",
    ["tipo"],
    buckets=(0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8),
)
AFTERWARDS = Counter(
    "julia_depois_do_turno_total",
    "Trabalhos que se seguem a um turno, por resultado",
    ["trabalho", "resultado"],
)
STORED = Counter(
    "julia_mensagens_armazenadas_total",
    "Mensagens de médicos por tipo de conteúdo e situação no banco",
    ["tipo", "situacao"],
)
ONLY_CAUGHT_UP = Counter(
    "julia_mensagens_so_recuperadas_total",
    "Mensagens de médicos que nenhum webhook trouxe, só a recuperação",
)
DUE = Gauge("julia_brain_turnos_devidos", "Mensagens de médicos à espera de resposta")
OLDEST_DUE_SECONDS = Gauge(
    "julia_turno_mais_antigo_segundos", "Idade da mensagem sem resposta mais antiga"
)
PEOPLE = Counter(
    "julia_pessoas_total",
    "O que pessoas fizeram no Chatwoot (mensagem, devolucao, decisao), por resultado",
    ["ato", "resultado"],
)
