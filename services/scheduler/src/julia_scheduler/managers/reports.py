"""A report as managers read it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from julia_common.database import Report, ReportMetrics
from julia_common.slack import (
    Block,
    Context,
    Divider,
    Fields,
    Header,
    Section,
    SlackMessage,
    bold,
    code,
    escape,
)
from julia_scheduler.managers.wording import counted, date, day, hour, listed, money, percent

TRIGGERS: Final = {
    "pedido_humano": "pediram uma pessoa",
    "juridico": "assunto jurídico",
    "sentimento_negativo": "médico irritado",
    "baixa_confianca": "Júlia sem certeza",
    "manual": "alguém assumiu",
    "indisponibilidade": "Júlia fora do ar",
    "falha_repetida": "falha repetida",
    "resposta_vencida": "resposta atrasada",
    "envio_incerto": "envio incerto",
    "falha_envio": "falha no envio",
    "contato_unificado": "contatos unificados",
}
_OBJECTIONS: Final = {
    "distancia": "distância",
    "valor": "valor",
    "agenda": "agenda",
    "horario": "horário",
    "hospital": "hospital",
    "especialidade": "especialidade",
    "outro": "outro motivo",
}
_PATTERNS: Final = {
    "robo": "falou em robô",
    "inteligencia_artificial": "falou em inteligência artificial",
    "maquina": "falou em máquina",
    "automatico": "falou em mensagem automática",
    "pessoa_de_verdade": "perguntou se é uma pessoa",
}

_CLEARED: Final = (
    "update metricas_deteccao_bot set falso_positivo = true, revisado_por = 'SEU NOME' "
    "where id = {id};"
)


def message(report: Report, *, again: bool) -> SlackMessage:
    """The report as one message; `again`: it may have been posted before."""
    metrics = report.metricas
    title = _title(report)
    blocks: list[Block] = [
        Header(title),
        Context((_window(report),)),
        Fields(numbers(metrics)),
        Section(f"{bold('Destaques')}\n{listed(report.destaques)}"),
    ]
    if report.tipo == "semanal":
        blocks += _week(report)
    if metrics.suspeitas.casos:
        blocks += _cases(metrics)
    small = "Contatos de teste ficam de fora."
    if again:
        small += " Nova tentativa de envio: se este relatório já apareceu, é o mesmo."
    return SlackMessage(f"{title}\n{_short(metrics)}", (*blocks, Context((small,))))


def _title(report: Report) -> str:
    match report.tipo:
        case "diario":
            return f"📊 Resumo de {day(report.de)}"
        case "semanal":
            return f"🗓️ Resumo da semana de {date(report.de)} a {date(_last_minute(report))}"
        case "periodo":
            return f"📊 Relatório das {hour(report.ate)}, {day(report.ate)}"


def _last_minute(report: Report) -> datetime:
    return report.ate - timedelta(minutes=1)


def _window(report: Report) -> str:
    if report.tipo == "periodo":
        since = hour(report.de)
        before = "" if day(report.de) == day(report.ate) else f" de {day(report.de)}"
        return f"Das {since}{before} às {hour(report.ate)}"
    if report.tipo == "diario":
        return "O dia inteiro, das 0h às 24h"
    return f"De {day(report.de)}, 0h, a {day(_last_minute(report))}, 24h"


def numbers(metrics: ReportMetrics) -> tuple[str, ...]:
    """What was counted, as fields in mrkdwn."""
    funnel, bookings, handoffs = metrics.funil, metrics.plantoes, metrics.handoffs
    suspects = metrics.suspeitas.medicos
    given_up = f", {counted(bookings.cancelados, 'desfeito', 'desfeitos')}"
    contacted = counted(funnel.contatados, "contatado", "contatados")
    return (
        _field("Recebidas", f"{counted(metrics.recebidas, 'mensagem', 'mensagens')} de "
               f"{counted(metrics.medicos, 'médico', 'médicos')}"),
        _field("Enviadas pela Júlia", f"{metrics.enviadas} ({metrics.iniciativa} por iniciativa "
               "própria)"),
        _field("Taxa de resposta", f"{percent(funnel.responderam, funnel.contatados)} "
               f"({funnel.responderam} de {contacted})"),
        _field("Plantões fechados", f"{bookings.fechados} · {money(bookings.valor_centavos)}"
               + (given_up if bookings.cancelados else "")),
        _field("Passadas a pessoas", f"{handoffs.total} de "
               f"{counted(metrics.conversas, 'conversa', 'conversas')}"
               + _triggers(handoffs.por_tipo)),
        _field("Suspeita de robô", f"{percent(suspects, metrics.medicos)} "
               f"({suspects} de {counted(metrics.medicos, 'médico', 'médicos')})"),
        _field("Pediram para parar", str(metrics.opt_outs)),
        _field("Enviadas por pessoas", str(metrics.pessoas)),
    )  # fmt: skip


def _field(name: str, value: str) -> str:
    return f"{bold(name)}\n{value}"


def _triggers(by_kind: Mapping[str, int]) -> str:
    ordered = sorted(by_kind.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{escape(TRIGGERS.get(kind, kind))} {n}" for kind, n in ordered)
    return f"\n{told}" if told else ""


def _week(report: Report) -> list[Block]:
    funnel, objections = report.metricas.funil, report.metricas.objecoes
    steps = (
        f"{counted(funnel.contatados, 'contatado', 'contatados')} → "
        f"{counted(funnel.responderam, 'respondeu', 'responderam')} "
        f"({percent(funnel.responderam, funnel.contatados)}) → "
        f"{counted(funnel.convertidos, 'fechou', 'fecharam')} "
        f"({percent(funnel.convertidos, funnel.contatados)}) → "
        f"{counted(funnel.plantoes, 'plantão', 'plantões')}"
    )
    total = sum(each.n for each in objections)
    reasons = [
        f"{_OBJECTIONS.get(each.motivo, each.motivo)}: {each.n} ({percent(each.n, total)})"
        for each in objections
    ] or ["nenhum plantão recusado"]
    return [
        Divider(),
        Section(f"{bold('Funil')}\n{steps}"),
        Section(f"{bold('Por que recusaram plantões')}\n{listed(reasons)}"),
        Section(f"{bold('Recomendações')}\n{listed(report.recomendacoes)}"),
    ]


def _cases(metrics: ReportMetrics) -> list[Block]:
    cases = [
        f"nº {case.id}, {day(case.em)}, {hour(case.em)}: "
        f"{escape(_PATTERNS.get(case.padrao, case.padrao))}"
        for case in metrics.suspeitas.casos
    ]
    statement = _CLEARED.format(id=metrics.suspeitas.casos[0].id)
    title = bold("Casos de suspeita de robô")
    return [
        Section(f"{title}\n{listed(cases)}\nSe um deles não era suspeita:"),
        Section(code(statement)),
    ]


def _short(metrics: ReportMetrics) -> str:
    return (
        f"{metrics.recebidas} recebidas, {metrics.enviadas} enviadas, "
        f"{counted(metrics.plantoes.fechados, 'plantão fechado', 'plantões fechados')}"
    )
