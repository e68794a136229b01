"""After an install, upgrade or rollback: each number has an instance that tells ingest of all.

What is there already stays: an instance keeps its session, and a webhook is only set anew, for all
events, with the secret that ingest asks for. A new secret reaches ingest's pods some time after the
upgrade, and Evolution drops for good what is answered 401: so ingest is tried first, and Evolution
told when every pod of it takes the secret. Evolution itself is given time to start with a new key.
Pairing a new instance with its phone is left to a person.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http import HTTPStatus

TIMEOUT_SECONDS = 180
TRIES = 30
"""In a row, each on a connection of its own: with three pods, one that is behind is met by then."""

REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def ask(path: str, body: object = None) -> tuple[int, object]:
    """Ask Evolution; return status and answer. Raises `OSError` when it is not reached."""
    request = urllib.request.Request(
        os.environ["EVOLUTION_API_URL"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "content-type": "application/json",
            "apikey": os.environ["EVOLUTION_API_KEY"].strip(),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read(500).decode(errors="replace")


def ask_patiently(path: str) -> tuple[int, object]:
    """Ask until Evolution has started, with the key that we have, and gives an answer of its own.

    Ends with a message when it refuses the key in the end.
    """
    give_up_at = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            status, answer = ask(path)
        except OSError as error:
            status, answer = HTTPStatus.SERVICE_UNAVAILABLE, error
        late = time.monotonic() > give_up_at
        if late and status in REFUSED:
            home = urllib.parse.urlsplit(os.environ["EVOLUTION_API_URL"]).hostname
            sys.exit(
                f"Evolution refuses EVOLUTION_API_KEY ({status}), which it reads at its start: "
                f"`kubectl rollout restart deployment/{home}`, and upgrade again"
            )
        if late or (status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in REFUSED):
            return status, answer
        time.sleep(2)


def accepted() -> bool:
    """Whether ingest takes the secret; the event that is posted is one that it only counts."""
    request = urllib.request.Request(
        os.environ["WEBHOOK_URL"],
        data=json.dumps({"event": "application.startup", "data": {}}).encode(),
        headers={
            "content-type": "application/json",
            "x-webhook-secret": os.environ["EVOLUTION_WEBHOOK_SECRET"].strip(),
            # Refused for a while after a rotation, it is no lost webhook.
            "x-julia-probe": "1",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30):
            return True
    except OSError:
        return False


def await_ingest() -> None:
    """End with a message when ingest does not take the secret in the end."""
    give_up_at = time.monotonic() + TIMEOUT_SECONDS
    in_a_row = 0
    while in_a_row < TRIES:
        in_a_row = in_a_row + 1 if accepted() else 0
        if time.monotonic() > give_up_at:
            sys.exit(
                "ingest does not take EVOLUTION_WEBHOOK_SECRET, so Evolution keeps the one before; "
                "see ingest's log, and upgrade again"
            )
        if not in_a_row:
            time.sleep(2)


def must(instance: str, what: str, status: int, answer: object) -> None:
    """End with a message when Evolution refused. Its answers hold no secret of ours."""
    if status >= HTTPStatus.BAD_REQUEST:
        sys.exit(f"Evolution refused to {what} {instance!r} ({status}): {answer}")


def connect(instance: str) -> None:
    """Make the instance if it is not there, and set its webhook."""
    status, answer = ask_patiently(f"/instance/connectionState/{instance}")
    if status == HTTPStatus.NOT_FOUND:
        made = {"instanceName": instance, "integration": "WHATSAPP-BAILEYS", "qrcode": False}
        must(instance, "create", *ask("/instance/create", made))
        print(f"{instance}: created; pair it with its phone")
    else:
        must(instance, "tell the state of", status, answer)
    webhook = {
        "enabled": True,
        "url": os.environ["WEBHOOK_URL"],
        "byEvents": False,
        "base64": False,
        "headers": {"x-webhook-secret": os.environ["EVOLUTION_WEBHOOK_SECRET"].strip()},
        # None named means all of them; ingest counts and ignores what it has no use for.
        "events": [],
    }
    must(instance, "set the webhook of", *ask(f"/webhook/set/{instance}", {"webhook": webhook}))
    print(f"{instance}: its webhooks go to {os.environ['WEBHOOK_URL']}")


if __name__ == "__main__":
    await_ingest()
    for name in os.environ["EVOLUTION_INSTANCE"].split(","):
        connect(name.strip())
