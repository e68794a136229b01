"""`helm test`: a message from a number that cannot exist is answered at the outbox, and never sent.

It goes the way of the scheduler's canary (docs/reference/scheduler.md): through ingest, broker,
brain and database; the dispatcher records its answer as sent and posts nothing. The scheduler
measures the answer, and its metrics are read here.
"""

import json
import os
import sys
import time
import urllib.request

NUMBER = "5500000000000"
KEY = "CANARIO"
TIMEOUT_SECONDS = 120
ANSWERED = "julia_canario_ultima_resposta_timestamp_segundos"
PAUSED = "julia_pausada"


def deliver(sent_at: float) -> None:
    """Post the message to ingest as Evolution would."""
    message = {
        "event": "messages.upsert",
        "instance": os.environ["EVOLUTION_INSTANCE"].split(",")[0].strip(),
        "data": {
            "key": {
                "remoteJid": f"{NUMBER}@s.whatsapp.net",
                "fromMe": False,
                "id": f"{KEY}{int(sent_at * 1000)}",
            },
            "pushName": "Canário",
            "message": {"conversation": "Canário"},
            "messageType": "conversation",
            "messageTimestamp": int(sent_at),
        },
    }
    request = urllib.request.Request(
        os.environ["JULIA_API_URL"] + "/webhook/evolution",
        data=json.dumps(message).encode(),
        headers={
            "content-type": "application/json",
            "x-webhook-secret": os.environ["EVOLUTION_WEBHOOK_SECRET"],
        },
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def measured() -> dict[str, float]:
    """Read the scheduler's gauges that count here."""
    with urllib.request.urlopen(os.environ["SCHEDULER_URL"] + "/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {
        name: float(value)
        for name, _, value in (line.partition(" ") for line in lines)
        if name in {ANSWERED, PAUSED}
    }


def main() -> str | None:
    """Return what is wrong, or nothing."""
    sent_at = time.time()
    try:
        before = measured()
        if before.get(PAUSED):
            return "Julia is paused: resume her and run the test again"
        deliver(sent_at)
        while time.time() < sent_at + TIMEOUT_SECONDS:
            # Compared with itself: the database's clock need not be this pod's.
            if measured()[ANSWERED] > before[ANSWERED]:
                print(f"answered within {time.time() - sent_at:.0f} s; nothing went to WhatsApp")
                return None
            time.sleep(1)
    except OSError as error:
        return f"a service of Julia does not answer: {error}"
    return f"no answer within {TIMEOUT_SECONDS} s: see the logs of brain, dispatcher and scheduler"


if __name__ == "__main__":
    sys.exit(main())
