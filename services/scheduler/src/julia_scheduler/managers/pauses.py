"""What managers read when Júlia is stopped, goes on, or soon will."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from julia_common.database import Notice
from julia_common.slack import escape
from julia_scheduler.managers.card import Card, mapping, sentence
from julia_scheduler.managers.wording import listed, on, until

_MOST: Final = 5
"""Pauses named in one notice."""
_VIA: Final = {
    "slack": "pelo Slack",
    "api": "pela API",
    "manual": "por SQL",
    "kubernetes": "pelo Kubernetes",
    "sistema": "pelo sistema",
}
_FIELDS: Final = {
    "especialidade": "especialidade",
    "estado": "estado",
    "campanha": "campanha",
    "instancia": "número",
}
_MEANWHILE: Final = "As mensagens dos médicos ficam guardadas; a Júlia não responde nem envia"
_AFTERWARDS: Final = (
    "A Júlia responde na ordem o que esperou; o que esperou mais de meia hora vai para pessoas da "
    "equipe."
)


def _stopped(notice: Notice) -> Card:
    row = notice.dados
    partly = bool(row.get("escopo"))
    return Card(
        "⏸️ Júlia parada em parte" if partly else "⏸️ Júlia parada",
        f"{_what('Parado', row)}\n{_who(row)}\n{_until(row)}\n"
        f"{_MEANWHILE}{' nessa parte' if partly else ''}. Para retomar:",
        _row("ativo", row),
    )


def _resumed(notice: Notice) -> Card:
    row = notice.dados
    left = _left(row)
    if row.get("encerrou") is False:
        return Card(
            "▶️ Uma retomada que não encerrou pausa nenhuma",
            f"{_what('Pedido', row)}\n{_who(row)}\n"
            + (f"Continua parado:\n{left}" if left else "Nada está parado."),
        )
    title = "▶️ Júlia retomada, mas não de todo" if left else "▶️ Júlia retomada"
    return Card(
        title,
        f"{_what('Retomado', row)}\n{_who(row)}\n{_AFTERWARDS}"
        + (f"\nContinua parado:\n{left}" if left else " Nada mais está parado."),
    )


def _ending(notice: Notice) -> Card:
    row = notice.dados
    left = _left(row)
    afterwards = f"Mesmo depois continua parado:\n{left}\n" if left else ""
    return Card(
        "⏳ Uma pausa termina em breve",
        f"{_what('Parado', row)}\n{_who(row)}\n"
        f"Termina {on(_end(row))}, se ninguém decidir outra coisa.\n{afterwards}"
        "Para continuar parado, uma pausa nova:",
        _row("pausado", row),
    )


def _over(notice: Notice) -> Card:
    row = notice.dados
    left = _left(row)
    return Card(
        "▶️ Pausa encerrada pelo prazo",
        f"{_what('Estava parado', row)}\n{_who(row)}\n"
        + (f"Continua parado:\n{left}" if left else _AFTERWARDS),
    )


TEXTS: Final[Mapping[str, Callable[[Notice], Card]]] = {
    "julia_pausada": _stopped,
    "julia_retomada": _resumed,
    "pausa_terminando": _ending,
    "pausa_encerrada": _over,
}
"""By `notificacoes_gestor.tipo`."""


def _what(label: str, row: Mapping[str, JsonValue]) -> str:
    return f"{label}: {_scope(row)}. Motivo: {sentence(row.get('motivo'))}."


def _scope(row: Mapping[str, JsonValue]) -> str:
    campaign = row.get("campanha")
    fields = {name: str(value) for name, value in mapping(row.get("escopo")).items()}
    return scope_in_words(fields, str(campaign) if campaign else None)


def scope_in_words(fields: Mapping[str, str], campaign: str | None) -> str:
    """`especialidade Pediatria e estado SP`, or `tudo`, in mrkdwn; a campaign by its name."""
    told = {**fields, "campanha": campaign} if campaign and "campanha" in fields else fields
    return " e ".join(
        f"{_FIELDS.get(name, name)} {escape(value)}" for name, value in told.items()
    ) or ("tudo")


def _who(row: Mapping[str, JsonValue]) -> str:
    via = _VIA.get(str(row.get("via")), "")
    resource = f" (JuliaStatus {escape(str(row['recurso']))})" if row.get("recurso") else ""
    return f"Quem decidiu: {escape(str(row.get('por') or 'sem nome'))}, {via}{resource}."


def _until(row: Mapping[str, JsonValue]) -> str:
    return f"Até: {until(_end(row))}." if row.get("ate") else "Até: alguém retomar."


def _end(row: Mapping[str, JsonValue]) -> datetime:
    return datetime.fromisoformat(str(row["ate"]))


def _left(row: Mapping[str, JsonValue]) -> str:
    pauses = row.get("restam")
    standing = [mapping(one) for one in pauses] if isinstance(pauses, list) else []
    told = [
        f"{_scope(one)}, {sentence(one.get('motivo'))}"
        + (f", até {until(_end(one))}" if one.get("ate") else "")
        for one in standing[:_MOST]
    ]
    more = len(standing) - _MOST
    return listed([*told, f"e mais {more}"] if more > 0 else told)


def _row(status: str, row: Mapping[str, JsonValue]) -> str:
    """A row of `julia_status` of the same scope, ready to copy."""
    columns = ["status", "motivo", "alterado_via", "alterado_por"]
    values = [status, "MOTIVO", "manual", "SEU NOME"]
    if scope := mapping(row.get("escopo")):
        columns.append("escopo")
        values.append(json.dumps(scope, ensure_ascii=False).replace("'", "''"))
    quoted = ", ".join(f"'{value}'" for value in values)
    return f"INSERT INTO julia_status ({', '.join(columns)}) VALUES ({quoted});"  # noqa: S608 - for people
