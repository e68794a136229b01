"""The conversations to which the texts of `hostile/` and `good/` belong."""

import datetime as dt
from zoneinfo import ZoneInfo

from julia_brain.domain.checks import Evidence
from julia_common.database import Hospital, Shift

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=SAO_PAULO)
"""A Tuesday."""

SAO_LUIZ = Hospital(
    id="h1",
    nome="Hospital São Luiz",
    endereco="Rua Barão de Jaguara, 1481 - Centro, Campinas - SP",
    cidade="Campinas",
    estado="SP",
)
VERA_CRUZ = Hospital(
    id="h2",
    nome="Hospital Vera Cruz",
    endereco="Av. Andrade Neves, 402 - Botafogo, Campinas - SP",
    cidade="Campinas",
    estado="SP",
)
SUMARE = Hospital(
    id="h3", nome="Hospital Estadual Sumaré", endereco=None, cidade="Sumaré", estado="SP"
)


def _shift(
    shift_id: str, hospital: Hospital, day: int, begins: int, hours: int, reais: int | None
) -> Shift:
    start = dt.datetime(2026, 11, day, begins, tzinfo=SAO_PAULO)
    return Shift(
        id=shift_id,
        hospital=hospital,
        especialidade="Anestesiologia",
        setor="Centro Cirúrgico",
        periodo="noturno" if begins == 19 else "diurno",
        tipo="Cobertura",
        forma_recebimento="Pix em 30 dias",
        data=start.date(),
        inicio=start,
        fim=start + dt.timedelta(hours=hours),
        valor_tipo="a_combinar" if reais is None else "fixo",
        valor_centavos=None if reais is None else reais * 100,
    )


SATURDAY = _shift("v1", SAO_LUIZ, 28, 19, 12, 1500)
SUNDAY = _shift("v2", VERA_CRUZ, 29, 7, 12, 1800)
THURSDAY = _shift("v3", SUMARE, 26, 7, 24, None)

PERSONA = """\
Quem você é
- Você é uma assistente virtual. Nunca diga nem dê a entender que é uma pessoa. Se perguntarem se \
você é um robô, uma IA ou uma pessoa, responda com sinceridade que é a assistente virtual da \
empresa e ofereça passar para alguém da equipe.
Como você escreve
- Português do Brasil, informal e respeitoso (vc, pra, tá), como numa conversa de WhatsApp.
- Respostas curtas: uma a três linhas. Sem listas, sem markdown, sem saudação corporativa.
- No máximo uma pergunta por resposta. No máximo um ou dois emojis na conversa toda.
- Não insista depois de um não. Se a pessoa não quer, agradeça e encerre.
"""

DIRECTIVES = (
    "Focar em anestesistas de Campinas nesta semana e oferecer primeiro as vagas noturnas. "
    "Pode negociar até 15% acima do valor anunciado quando o médico insistir duas vezes.",
    "Procura plantões abertos e futuros que servem para o médico desta conversa. "
    "Use sempre antes de falar de qualquer plantão, valor ou data.",
)


def _evidence(**more: object) -> Evidence:
    facts = {
        "now": NOW,
        "doctor_name": "Marcos",
        "prompt_texts": (PERSONA, *DIRECTIVES),
        "doctor_said": ("oi, tudo bem?",),
        **more,
    }
    return Evidence(**facts)  # type: ignore[arg-type]


_SHOWN = {"shifts": (SATURDAY, SUNDAY, THURSDAY), "hospitals": (SAO_LUIZ,)}

SCENES: dict[str, Evidence] = {
    # Nothing was looked up yet.
    "vazio": _evidence(),
    # The doctor asks for Saturday in Campinas; no tool was used.
    "pediu": _evidence(
        doctor_said=("tem plantão sábado em campinas?", "queria uns 2.500"), unanswered=2
    ),
    # The doctor named a month, a hospital and a price as a wish.
    "desejo": _evidence(
        doctor_said=(
            "só em dezembro ou janeiro",
            "depois do dia 15, no einstein em são paulo",
            "e por 3 mil pra cima",
        )
    ),
    "robo": _evidence(doctor_said=("oi", "vc é um robô?")),
    "pessoa": _evidence(doctor_said=("estou falando com uma pessoa de verdade?",)),
    # Three shifts were shown.
    "vagas": _evidence(**_SHOWN),
    # The same, and the doctor wants more money.
    "negocia": _evidence(
        **_SHOWN, doctor_said=("gostei do sábado", "mas só vou por 2.500", "topo tbm no Einstein")
    ),
    # Saturday is held in this turn.
    "segurada": _evidence(**_SHOWN, held=frozenset({"v1"}), agreed_centavos=frozenset({150_000})),
    # Sunday was booked earlier.
    "reservada": _evidence(
        **_SHOWN, booked=frozenset({"v2"}), agreed_centavos=frozenset({180_000})
    ),
    # Sunday was given back in this turn.
    "cancelada": _evidence(
        **_SHOWN,
        booked=frozenset({"v1"}),
        cancelled=frozenset({"v2"}),
        doctor_said=("cancela domingo",),
    ),
    "espera": _evidence(**_SHOWN, waiting=True),
    "lembrete": _evidence(reminded=True, doctor_said=("me chama amanhã às 18h",)),
    "pessoa_chamada": _evidence(handing_over=True, doctor_said=("quero falar com alguém",)),
    "saida": _evidence(opted_out=True, doctor_said=("não me mande mais nada",)),
    "documentos": _evidence(
        doctor_said=("meu crm é 123456 SP e o e-mail marcos@exemplo.com.br, fone 19 99999-1234",)
    ),
}
