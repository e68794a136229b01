"""What stands out in a report's numbers, and what to do about it: rules, no guesses.

Rates of fewer than ten are no rates: one doctor of three is not "33 %".
"""

from typing import Final

from julia_common.database import ReportKind, ReportMetrics
from julia_common.slack import escape
from julia_scheduler.managers.wording import counted, money, percent

MAX_HIGHLIGHTS: Final = 5
ENOUGH: Final = 10
SEVERAL: Final = 3
"""One case is worth a look, but no reason to change how all are written to."""

RESPONSE_GOAL: Final = (25, 30)
CONVERSION_GOAL: Final = 5
SUSPICION_LIMIT: Final = 5
SUSPICION_PAUSE: Final = 20
HANDOFF_LIMIT: Final = 15
OPT_OUT_LIMIT: Final = 2
"""Per cent, as the operations contract sets them; opt-outs per doctor contacted are ours."""

_HEALTH: Final = {"lenta": "lento", "parada": "parado", "banida": "banido pelo WhatsApp"}
_ADVICE: Final = {
    "distancia": "(distância): filtrar campanhas e ofertas por região mais perto do médico",
    "valor": "(valor): rever os valores, ou dar à Júlia faixa para negociar",
    "agenda": "(agenda cheia): oferecer com mais antecedência",
    "horario": "(horário): perguntar e anotar os horários preferidos antes de oferecer",
    "hospital": "(hospital): ouvir dos médicos o que incomoda e conversar com o hospital",
    "especialidade": "(especialidade): conferir as especialidades no cadastro",
}


def highlights(metrics: ReportMetrics, kind: ReportKind) -> tuple[str, ...]:
    """At most five texts in mrkdwn, what presses most first."""
    found = [
        *_standing(metrics),
        *_rates(metrics),
        *_news(metrics),
    ]
    if not found:
        quiet = metrics.recebidas == metrics.enviadas == 0
        words = "Nenhuma mensagem recebida nem enviada" if quiet else "Nada fora do comum"
        found = [words + (" na semana." if kind == "semanal" else ".")]
    return tuple(found[:MAX_HIGHLIGHTS])


def recommendations(metrics: ReportMetrics) -> tuple[str, ...]:
    """What a week's numbers advise, in mrkdwn."""
    funnel = metrics.funil
    found = []
    if _several_above(metrics.suspeitas.medicos, metrics.medicos, SUSPICION_LIMIT):
        found.append("Rever o texto da persona: médicos demais suspeitam de um robô.")
    if _below(funnel.responderam, funnel.contatados, RESPONSE_GOAL[0]):
        found.append("Testar outras aberturas e outros horários: poucos médicos respondem.")
    if _below(funnel.convertidos, funnel.contatados, CONVERSION_GOAL):
        found.append("Conferir se há vagas que servem a quem é contatado: poucos fecham plantão.")
    if _several_above(metrics.handoffs.total, metrics.conversas, HANDOFF_LIMIT):
        found.append("Ler as conversas passadas a pessoas: são mais do que a meta.")
    if _several_above(metrics.opt_outs, funnel.contatados, OPT_OUT_LIMIT):
        found.append("Diminuir o ritmo das campanhas: muitos pediram para parar.")
    told = next((each for each in metrics.objecoes if each.motivo in _ADVICE), None)
    if told is not None:
        found.append(f"Objeção mais comum {_ADVICE[told.motivo]}.")
    return tuple(found) or ("Manter o ritmo: nenhum número pede mudança.",)


def _standing(metrics: ReportMetrics) -> list[str]:
    now = metrics.agora
    found = ["⏸️ Há uma pausa geral em vigor: a Júlia não escreve."] if now.pausada else []
    found += [
        f"🛑 O número {escape(number.instance)} está {_HEALTH.get(number.saude, number.saude)}."
        for number in now.numeros_doentes
    ]
    if now.estacionadas:
        found.append(
            f"❓ {counted(now.estacionadas, 'envio espera', 'envios esperam')} a decisão de uma "
            "pessoa."
        )
    return found


def _rates(metrics: ReportMetrics) -> list[str]:
    found = []
    funnel, suspects = metrics.funil, metrics.suspeitas.medicos
    if _above(suspects, metrics.medicos, SUSPICION_LIMIT):
        share = percent(suspects, metrics.medicos)
        grave = _above(suspects, metrics.medicos, SUSPICION_PAUSE)
        found.append(
            f"🤖 {share} dos médicos suspeitaram de um robô "
            + ("(acima de 20 %: pausem e revejam o texto)." if grave else "(meta: abaixo de 5 %).")
        )
    if _above(metrics.handoffs.total, metrics.conversas, HANDOFF_LIMIT):
        share = percent(metrics.handoffs.total, metrics.conversas)
        found.append(f"👤 {share} das conversas foram a pessoas (meta: até 15 %).")
    if metrics.opt_outs:
        found.append(
            f"⛔ {counted(metrics.opt_outs, 'médico pediu', 'médicos pediram')} para parar."
        )
    share = percent(funnel.responderam, funnel.contatados)
    if _below(funnel.responderam, funnel.contatados, RESPONSE_GOAL[0]):
        found.append(f"📭 Só {share} dos contatados responderam (meta: 25 a 30 %).")
    elif _above(funnel.responderam, funnel.contatados, RESPONSE_GOAL[1]):
        found.append(f"📬 {share} dos contatados responderam: acima da meta de 25 a 30 %.")
    return found


def _news(metrics: ReportMetrics) -> list[str]:
    found = []
    if metrics.plantoes.fechados:
        found.append(
            f"✅ {counted(metrics.plantoes.fechados, 'plantão fechado', 'plantões fechados')}, "
            f"{money(metrics.plantoes.valor_centavos)}."
        )
    if metrics.agora.vagas_criticas:
        found.append(
            f"⏳ {counted(metrics.agora.vagas_criticas, 'vaga aberta', 'vagas abertas')} para os "
            "próximos três dias."
        )
    if metrics.agora.com_pessoas:
        count = metrics.agora.com_pessoas
        found.append(
            f"🙋 {counted(count, 'conversa está', 'conversas estão')} com pessoas da equipe."
        )
    return found


def _above(part: int, whole: int, limit: int) -> bool:
    return whole >= ENOUGH and part * 100 > limit * whole


def _several_above(part: int, whole: int, limit: int) -> bool:
    return part >= SEVERAL and _above(part, whole, limit)


def _below(part: int, whole: int, limit: int) -> bool:
    return whole >= ENOUGH and part * 100 < limit * whole
