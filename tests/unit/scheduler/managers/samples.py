"""Notices and reports as the database lends them."""

from datetime import UTC, datetime
from typing import Any

from julia_common.database import Notice, Report, ReportMetrics

# Ten past one in the afternoon in São Paulo, a Tuesday.
NOON = datetime(2026, 12, 1, 16, 10, tzinfo=UTC)

HELENA = {"id": "m1", "nome": "Helena Prado", "especialidade": "Anestesiologia"}
SHIFT = {
    "hospital": "Hospital São Luiz",
    "especialidade": "Anestesiologia",
    "quando": "sexta, 04/12, das 19h às 7h",
    "valor": "R$ 1.500",
}
SEND = {
    "fila_id": "11111111-1111-1111-1111-111111111111",
    "kind": "reply",
    "instance": "julia-1",
    "status": "estacionada",
    "tentado_em": NOON,
}
PAUSE = {
    "id": 7,
    "motivo": "Feriado",
    "via": "kubernetes",
    "por": "argocd-controller",
    "recurso": "feriado",
    "escopo": {"estado": "SP"},
    "campanha": None,
    "ate": "2026-12-05T11:00:00+00:00",
}
BOOKING = {"reserva_id": "r", "hospital": "Hospital São Luiz", "quando": SHIFT["quando"]}

# What each kind of notice brings; a kind that the migrations write and this lacks fails a test.
SAMPLES: dict[str, dict[str, Any]] = {
    "conversa_assumida": {"dados": {"trigger_type": "pedido_humano", "motivo": "Pediu uma pessoa",
                                    "por": "julia", "chatwoot_conversation_id": 17}},
    "conversa_devolvida": {"dados": {"trigger_type": "pedido_humano", "duracao_s": 420,
                                     "por": "Bia", "chatwoot_conversation_id": 17}},
    "rascunho_esperando": {"dados": {"chatwoot_conversation_id": 17}},
    "reserva": {"vaga": SHIFT, "dados": {"vaga_id": "v", "valor_centavos": 165000}},
    "cancelamento": {"vaga": SHIFT, "dados": {"vaga_id": "v", "por": "medico"}},
    "plantao_alterado": {
        "vaga": SHIFT,
        "dados": {
            "vaga_id": "v",
            "valor_combinado_centavos": 150000,
            "antes": {"hospital": "Hospital São Luiz", "data": "2026-12-04",
                      "hora_inicio": "19:00:00", "hora_fim": "07:00:00",
                      "valor_centavos": 150000, "setor": "UTI"},
            "depois": {"hospital": "Hospital São Luiz", "data": "2026-12-05",
                       "hora_inicio": "19:30:00", "hora_fim": "07:00:00",
                       "valor_centavos": 150000, "setor": "UTI"},
        },
    },
    "plantao_terminado": {
        "vaga": SHIFT, "dados": {"vaga_id": "22222222-2222-2222-2222-222222222222"}
    },
    "reserva_nao_avisada": {"dados": BOOKING},
    "opt_out_com_reserva": {"dados": {"reservas": [BOOKING]}},
    "lembrete_nao_enviado": {
        "dados": {"quando": "2026-12-01T12:00:00+00:00", "motivo": "Não saiu até doze horas depois"}
    },
    "documento": {"dados": {"tipo": "crm"}},
    "envio_estacionado": {"envio": SEND, "dados": {}},
    "numero_doente": {
        "medico": None,
        "conversa_id": None,
        "dados": {"instance": "julia-2", "antes": "boa", "depois": "banida",
                  "motivo": "o WhatsApp bloqueou o número (código 403)", "medicos": 12},
    },
    "numero_recuperado": {
        "medico": None,
        "conversa_id": None,
        "dados": {"instance": "julia-2", "depois": "boa", "motivo": "recuperado"},
    },
    "numero_novo": {"medico": None, "conversa_id": None, "dados": {"instance": "julia-3"}},
    "prova_falhou": {
        "medico": None,
        "conversa_id": None,
        "dados": {"violacoes": {"envio_apos_optout": 2}},
    },
    "dados_eliminados": {
        "medico": None,
        "conversa_id": None,
        "dados": {"protocolo": "LGPD-17", "por": "ana", "reservas": [BOOKING]},
    },
    "resposta_nao_entregue": {
        "medico": None,
        "conversa_id": None,
        "dados": {"usuario": "U0ANA", "verbo": "status"},
    },
    "julia_pausada": {"medico": None, "conversa_id": None, "dados": PAUSE | {"restam": []}},
    "julia_retomada": {"medico": None, "conversa_id": None, "dados": PAUSE | {"restam": []}},
    "pausa_terminando": {"medico": None, "conversa_id": None, "dados": PAUSE | {"restam": []}},
    "pausa_encerrada": {"medico": None, "conversa_id": None, "dados": PAUSE | {"restam": []}},
}  # fmt: skip


def notice(tipo: str = "reserva", **changes: Any) -> Notice:
    """A notice of this kind, with everything that its text names."""
    row = {
        "id": f"n-{tipo}",
        "tipo": tipo,
        "created_at": NOON,
        "tentativa": 1,
        "conversa_id": "c1",
        "medico": HELENA,
        **SAMPLES.get(tipo, {}),
        **changes,
    }
    return Notice.model_validate(row)


def metrics(**changes: Any) -> ReportMetrics:
    """A quiet day; `changes` go two levels deep, as `funil__contatados=12`."""
    row: dict[str, Any] = {
        "recebidas": 0, "medicos": 0, "conversas": 0,
        "enviadas": 0, "iniciativa": 0, "pessoas": 0,
        "funil": {"contatados": 0, "responderam": 0, "convertidos": 0, "plantoes": 0},
        "plantoes": {"fechados": 0, "valor_centavos": 0, "cancelados": 0},
        "handoffs": {"total": 0, "por_tipo": {}},
        "suspeitas": {"medicos": 0, "casos": []},
        "opt_outs": 0,
        "objecoes": [],
        "agora": {"pausada": False, "estacionadas": 0, "com_pessoas": 0,
                  "numeros_doentes": [], "vagas_criticas": 0},
    }  # fmt: skip
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        if inner:
            row[outer][inner] = value
        else:
            row[outer] = value
    return ReportMetrics.model_validate(row)


def report(tipo: str = "periodo", **changes: Any) -> Report:
    """The report of 13h, of that Tuesday's day before, or of the week before."""
    windows = {
        "periodo": ("2026-12-01T13:00:00Z", "2026-12-01T16:00:00Z"),
        "diario": ("2026-11-30T03:00:00Z", "2026-12-01T03:00:00Z"),
        "semanal": ("2026-11-23T03:00:00Z", "2026-11-30T03:00:00Z"),
    }
    begins, ends = windows[tipo]
    row = {
        "id": "r1",
        "tipo": tipo,
        "agendado_para": NOON,
        "de": begins,
        "ate": ends,
        "metricas": changes.pop("metricas", metrics()),
        "destaques": ["Nada fora do comum."],
        **changes,
    }
    return Report.model_validate(row)
