"""What we send of our own accord, put into the outbox as the services put it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.integration.sql.conftest import PHONE, Julia

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MONDAY, FRIDAY = 0, 4


async def move_to(julia: Julia, weekday: int, hour: int, minute: int, second: int = 0) -> None:
    """Move the database's clock to the next such time in São Paulo."""
    now = julia.now().astimezone(SAO_PAULO)
    at = (now + timedelta(days=(weekday - now.weekday()) % 7)).replace(
        hour=hour, minute=minute, second=second, microsecond=0
    )
    at += timedelta(days=7) if at <= now else timedelta(0)
    await julia.later(seconds=(at.astimezone(UTC) - julia.now()).total_seconds())


def reminder(quando: datetime, mensagem: str = "Oi! Você pediu pra te chamar hoje.") -> Any:
    return {"quando": quando.isoformat(), "contexto": "ver a escala", "mensagem": mensagem}


async def sent(julia: Julia, conversa: str) -> list[str]:
    """Send whatever may go; return the kinds."""
    kinds = []
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        kinds.append(claim["kind"])
        await julia.record(claim)
    return kinds


async def promise(julia: Julia, *reminders: Any, number: str = PHONE, text: str = "Oi") -> str:
    """A turn that promised to remind; its reply is sent. Return the conversation."""
    conversa = (await julia.receive(number, text))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    done = await julia.commit(turn, "Pode deixar!", effects={"lembretes": list(reminders)})
    assert done["status"] == "confirmado"
    assert await sent(julia, conversa) == ["reply"]
    return conversa


async def remind(julia: Julia, mensagem: str = "Já saiu a escala?", number: str = PHONE) -> str:
    """A reminder is due now; return the conversation."""
    at = julia.now() + timedelta(minutes=1)
    conversa = await promise(julia, reminder(at, mensagem), number=number)
    await julia.later(minutes=1)
    return conversa


async def offer(
    julia: Julia,
    conversa: str,
    text: str = "Abriu um plantão",
    kind: str = "oferta",
    expires: datetime | None = None,
    **metadata: str,
) -> None:
    await julia.sql(
        "select private.enqueue_proactive(gen_random_uuid(), $1, $5, $2, api.agora(), $4, $3)",
        conversa,
        text,
        json.dumps(metadata),
        expires,
        kind,
    )


async def silent_month(julia: Julia, conversa: str) -> None:
    await julia.sql(
        "select private.opt_out_of_month(medico_id, api.agora()) from conversations where id = $1",
        conversa,
    )
