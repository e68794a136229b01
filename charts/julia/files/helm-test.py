"""`helm test`: a message from a number that cannot exist is answered at the outbox, and never sent.

It goes the way of the scheduler's canary (docs/reference/scheduler.md): through ingest, broker,
brain and database; the dispatcher records its answer as sent and posts nothing. The scheduler says
whether this very message was answered; of doctors' messages it tells nobody.
"""

import json
import os
import sys
import time
import urllib.request

NUMBER = "5500000000000"
KEY = "CANARIO"
TIMEOUT_SECONDS = 120
PAUSED = "julia_pausada"


def deliver(key_id: str, sent_at: float) -> None:
    """Post the message to ingest as Evolution would."""
    message = {
        "event": "messages.upsert",
        "instance": os.environ["EVOLUTION_INSTANCE"].split(",")[0].strip(),
        "data": {
            "key": {"remoteJid": f"{NUMBER}@s.whatsapp.net", "fromMe": False, "id": key_id},
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
            "x-webhook-secret": os.environ["EVOLUTION_WEBHOOK_SECRET"].strip(),
        },
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def ask_scheduler(path: str) -> str:
    """Return what the scheduler answers."""
    with urllib.request.urlopen(os.environ["SCHEDULER_URL"] + path, timeout=10) as answer:
        return answer.read().decode()


def paused() -> bool:
    """Whether everything is paused; a canary would wait."""
    lines = (line.partition(" ") for line in ask_scheduler("/metrics").splitlines())
    return any(name == PAUSED and float(value) > 0 for name, _, value in lines)


def answered(key_id: str) -> bool:
    """Whether the answer to this message is in the outbox, recorded as sent."""
    return json.loads(ask_scheduler(f"/canario/{key_id}"))["respondido_em"] is not None


def main() -> str | None:
    """Return what is wrong, or nothing."""
    sent_at = time.time()
    key_id = f"{KEY}{int(sent_at * 1000)}"
    try:
        if paused():
            return "Julia is paused: resume her and run the test again"
        deliver(key_id, sent_at)
        while time.time() < sent_at + TIMEOUT_SECONDS:
            if answered(key_id):
                seconds = time.time() - sent_at
                print(f"{key_id} was answered within {seconds:.0f} s; nothing went to WhatsApp")
                return None
            time.sleep(1)
    except OSError as error:
        return f"a service of Julia does not answer: {error}"
    return (
        f"no answer to {key_id} within {TIMEOUT_SECONDS} s: "
        "see the logs of brain, dispatcher and scheduler"
    )


if __name__ == "__main__":
    sys.exit(main())
