"""What Slack's incoming webhooks answer, as its documentation tells it.

Each is one request with its answer; the suite asks them of the simulator, and of a real webhook
when `SLACK_CONTRACT_WEBHOOK_URL` names one (its channel then shows a handful of messages).
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    name: str
    payload: Any
    status: int
    body: str


def _mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


_DIVIDER = {"type": "divider"}

TAKEN = (
    Exchange("a text alone", {"text": "Teste de contrato da Júlia"}, 200, "ok"),
    Exchange("blocks with a fallback text",
             {"text": "resumo", "blocks": [_header("Título"), _section("*forte*"), _DIVIDER]},
             200, "ok"),
    Exchange("fields and small print",
             {"text": "x", "blocks": [
                 {"type": "section", "fields": [_mrkdwn("*A*\n1"), _mrkdwn("*B*\n2")]},
                 {"type": "context", "elements": [_mrkdwn("letra miúda")]}]},
             200, "ok"),
    Exchange("an attachment alone, as Alertmanager sends it",
             {"attachments": [{"title": "Alerta", "text": "t", "color": "danger"}]}, 200, "ok"),
    Exchange("fifty blocks", {"text": "x", "blocks": [_DIVIDER] * 50}, 200, "ok"),
    Exchange("a section of 3,000 characters", {"text": "x", "blocks": [_section("a" * 3000)]},
             200, "ok"),
)  # fmt: skip

REFUSED = (
    Exchange("nothing to show", {}, 400, "no_text"),
    Exchange("an empty text", {"text": ""}, 400, "no_text"),
    Exchange("a list", ["text"], 400, "invalid_payload"),
    Exchange("fifty-one blocks", {"text": "x", "blocks": [_DIVIDER] * 51}, 400, "invalid_blocks"),
    Exchange("a section of 3,001 characters", {"text": "x", "blocks": [_section("a" * 3001)]},
             400, "invalid_blocks"),
    Exchange("a header of 151 characters", {"text": "x", "blocks": [_header("a" * 151)]},
             400, "invalid_blocks"),
    Exchange("a header in mrkdwn",
             {"text": "x", "blocks": [{"type": "header", "text": _mrkdwn("a")}]},
             400, "invalid_blocks"),
    Exchange("eleven fields",
             {"text": "x", "blocks": [{"type": "section", "fields": [_mrkdwn("a")] * 11}]},
             400, "invalid_blocks"),
    Exchange("a block of no known type", {"text": "x", "blocks": [{"type": "banana"}]},
             400, "invalid_blocks"),
    Exchange("a hundred and one attachments", {"attachments": [{"text": "a"}] * 101},
             400, "too_many_attachments"),
    Exchange("blocks of more than 13,000 characters",
             {"text": "x", "blocks": [_section("a" * 2900)] * 5}, 400, "msg_blocks_too_long"),
)  # fmt: skip
