"""What the dispatcher counts. Labels hold kinds, never people or texts."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from julia_common.telemetry.work import Stage

# What a doctor waits, up to the half hour after which a person has it.
_WAITS: Final = (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 10, 15, 30, 60, 300, 1800)

REPLY_SECONDS: Final = Histogram(
    "julia_resposta_segundos",
    "Do webhook da mensagem mais antiga respondida até a Evolution aceitar a resposta; retida: uma "
    "pausa ou um teto a segurou de propósito",
    ["retida"],
    buckets=_WAITS,
)
REPLY_WAIT_SECONDS: Final = Histogram(
    "julia_resposta_espera_segundos",
    "Das respostas não retidas, a espera de propósito: o silêncio que junta uma rajada",
    buckets=_WAITS,
)
REPLY_WORK_SECONDS: Final = Histogram(
    "julia_resposta_trabalho_segundos",
    "Das respostas não retidas, o resto: o tempo de trabalho",
    buckets=_WAITS,
)
SENDING: Final = Stage("envio", "nao_enviada", "incerta")
CEILING_USED: Final = Gauge(
    "julia_teto_usado",
    "Mensagens que contam no teto da janela, as reservadas inclusive",
    ["instancia", "janela"],
)
CEILING: Final = Gauge(
    "julia_teto_limite", "Teto de mensagens do número na janela", ["instancia", "janela"]
)

SENDS: Final = Counter(
    "julia_envio_resultados_total",
    "Envios reservados, por resultado (enviada, nao_enviada, incerta, canario, liberada)",
    ["resultado", "tipo"],
)
REFUSED: Final = Counter(
    "julia_envio_recusas_total", "Reservas recusadas pelo banco, por motivo", ["motivo"]
)
RELEASED: Final = Counter(
    "julia_envio_liberadas_total", "Reservas devolvidas sem POST, por motivo", ["motivo"]
)
CLAIM_SECONDS: Final = Histogram(
    "julia_envio_reserva_segundos",
    "Duração da chamada que reserva a próxima parte",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 6, 12),
)
START_SECONDS: Final = Histogram(
    "julia_envio_inicio_segundos",
    "Do início da reserva ao início do POST",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3),
)
POST_SECONDS: Final = Histogram(
    "julia_envio_post_segundos",
    "Duração do POST à Evolution",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20),
)
RECORD_RETRIES: Final = Counter(
    "julia_envio_registro_repeticoes_total", "Repetições do registro de um envio no banco"
)
IN_FLIGHT: Final = Gauge("julia_envio_em_andamento", "Conversas com envio em andamento")
MIRROR_UP: Final = Gauge(
    "julia_tetos_espelho_ativo", "1 enquanto os contadores no Redis são atualizados"
)
RESETS: Final = Counter(
    "julia_tetos_reinicios_total", "Contadores reiniciados porque alguém os apagou", ["janela"]
)
