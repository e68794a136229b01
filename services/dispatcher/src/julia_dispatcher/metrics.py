"""What the dispatcher counts. Labels hold kinds, never people or texts."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

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
