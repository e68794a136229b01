"""Bodies that an authenticated sender gave us and that we could not read: kept, sealed, replayed.

`python -m julia_common.messaging.quarantine list` counts what is kept, by reason, and the dead
letters; `... replay --to URL` delivers the bodies again to the webhook, as after a fix.
"""

import argparse
import asyncio
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping

import httpx
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from cryptography.fernet import InvalidToken
from pydantic import SecretStr

from julia_common.errors import Permanent, Retryable
from julia_common.messaging import topology
from julia_common.messaging.connection import open_broker
from julia_common.messaging.delivery import REASON_HEADER
from julia_common.messaging.publisher import Publisher
from julia_common.secrets.sealing import fernet
from julia_common.settings import (
    BrokerSettings,
    QuarantineSettings,
    WebhookSettings,
    load_settings,
)

MAX_BYTES = 1_048_576
PATH_HEADER = "julia-path"
SECRET_HEADER = "x-webhook-secret"  # noqa: S105 - the name of the header

# To the end of a body that was cut off inside the key.
_APIKEY = re.compile(rb'"apikey"\s*:\s*"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NAME = "quarantine tool"


class Quarantine:
    """Seals and publishes what cannot be read."""

    def __init__(self, publisher: Publisher, key: SecretStr) -> None:
        self._publisher = publisher
        self._key = key

    async def put(self, body: bytes, *, reason: str, path: str) -> None:
        """Keep `body` for a person to look at; returns when the broker has it.

        `reason` is one of a few fixed words of the caller; `path` is the webhook that it came to,
        without what its sender put into the URL. Raises `Retryable` as `Publisher.publish` does.
        """
        await self._publisher.publish_raw(
            topology.QUARANTINE_KEY,
            seal(body, self._key),
            event_id=hashlib.sha256(body).hexdigest(),
            headers={REASON_HEADER: reason, PATH_HEADER: path},
        )


def seal(body: bytes, key: SecretStr) -> bytes:
    """Encrypt a body without its API key, cut to `MAX_BYTES`; `key` may hold several."""
    return fernet(key).encrypt(without_apikey(body)[:MAX_BYTES])


def unseal(sealed: bytes, key: SecretStr) -> bytes:
    """Decrypt; raises `Permanent` when `key` does not hold the one that sealed it."""
    try:
        return fernet(key).decrypt(sealed)
    except InvalidToken:
        raise Permanent(
            "a quarantined body was sealed with another key: put the old one behind the others in "
            "QUARANTINE_KEY, after a comma"
        ) from None


def without_apikey(body: bytes) -> bytes:
    """The body without the top-level `apikey` that Evolution puts into its webhooks.

    A body that is no JSON object is searched for it as text instead.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, Mapping):
        if "apikey" not in document:
            return body
        kept = {name: value for name, value in document.items() if name != "apikey"}
        return json.dumps(kept, ensure_ascii=True).encode()
    return _APIKEY.sub(b'"apikey":""', body)


async def tally(channel: AbstractChannel) -> dict[str, Counter[str]]:
    """Count what is quarantined and dead, by queue and reason; nothing is taken away.

    The messages come back to their queues when the channel is closed.
    """
    queues = [str(topology.Queue.INGEST_QUARANTINE)]
    queues += [topology.dead_queue(spec.name) for spec in topology.QUEUES if spec.consumed]
    return {
        queue: Counter([_reason(message) async for message in _messages(channel, queue)])
        for queue in queues
    }


async def replay(
    channel: AbstractChannel, key: SecretStr, http: httpx.AsyncClient, *, to: str
) -> int:
    """POST every quarantined body to the URL `to`, and forget those it accepts.

    Returns how many it accepted. One that still cannot be read is accepted and comes back as a new
    one. Raises `Retryable` when the webhook does not accept a body, which stays as it was, and
    `Permanent` when one was sealed with another key.
    """
    accepted = 0
    async for message in _messages(channel, topology.Queue.INGEST_QUARANTINE):
        body = unseal(message.body, key)
        try:
            answer = await http.post(to, content=body)
        except httpx.HTTPError as error:
            raise Retryable(f"the webhook does not answer: {type(error).__name__}") from error
        if not answer.is_success:
            raise Retryable(f"the webhook answered HTTP {answer.status_code}: nothing was lost")
        await message.ack()
        accepted += 1
    return accepted


async def _messages(channel: AbstractChannel, queue: str) -> AsyncIterator[AbstractIncomingMessage]:
    """Those that are there now; what arrives meanwhile is left for the next time."""
    declared = await channel.declare_queue(queue, passive=True)
    for _ in range(declared.declaration_result.message_count or 0):
        message = await declared.get(fail=False)
        if message is None:
            return
        yield message


def _reason(message: AbstractIncomingMessage) -> str:
    # A message that the broker itself gave up has the broker's header instead of ours.
    reason = message.headers.get(REASON_HEADER) or message.headers.get("x-first-death-reason")
    return reason if isinstance(reason, str) else "unknown"


class _ReplaySettings(BrokerSettings, QuarantineSettings, WebhookSettings):
    pass


async def _list() -> None:
    settings = load_settings(BrokerSettings)
    async with open_broker(settings.rabbitmq_url, name=_NAME) as broker:
        for queue, reasons in (await tally(await broker.channel())).items():
            sys.stdout.write(f"{queue}: {reasons.total()}\n")
            for reason, count in reasons.most_common():
                sys.stdout.write(f"  {count:6} {reason}\n")


async def _replay(url: str) -> None:
    settings = load_settings(_ReplaySettings)
    secret = settings.evolution_webhook_secret.get_secret_value()
    headers = {SECRET_HEADER: secret, "content-type": "application/json"}
    async with (
        open_broker(settings.rabbitmq_url, name=_NAME) as broker,
        httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as http,
    ):
        count = await replay(await broker.channel(), settings.quarantine_key, http, to=url)
    sys.stdout.write(f"{count} delivered again\n")


def main() -> None:
    """Run the command line; exit code 1, with the reason, when it could not finish."""
    parser = argparse.ArgumentParser(prog="python -m julia_common.messaging.quarantine")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="count what is quarantined and dead, by reason")
    again = commands.add_parser("replay", help="deliver the quarantined bodies again")
    again.add_argument("--to", required=True, metavar="URL", help="ingest's webhook")
    arguments = parser.parse_args()
    try:
        asyncio.run(_list() if arguments.command == "list" else _replay(arguments.to))
    except (Retryable, Permanent) as error:
        sys.exit(f"not finished: {error}")


if __name__ == "__main__":
    main()
