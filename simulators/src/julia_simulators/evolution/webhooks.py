"""Webhooks as Evolution 2.3.7 delivers them: each event on its own, in memory, ten attempts."""

import asyncio
import itertools
import json
import random
import ssl
import time
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx
import jwt

from julia_simulators.evolution import shapes
from julia_simulators.evolution.faults import Faults, WebhookFault
from julia_simulators.evolution.records import Journal
from julia_simulators.evolution.state import Instance, WebhookConfig
from julia_simulators.evolution.tuning import Tuning

NEVER_RETRIED = frozenset({400, 401, 403, 404, 422})
"""Answers at which Evolution gives the event up at once."""

_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 300.0
_JITTER = 0.2
_TOKEN_LIFETIME_S = 600
_CONNECTIONS = 100
_UNFINISHED = frozenset({"queued", "failed"})


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one address."""

    webhook_id: str
    event: str
    instance: str
    doctor: str | None
    key_id: str | None
    url: str
    headers: dict[str, str]
    body: bytes


class Webhooks:
    """Sends events and records what became of every attempt."""

    def __init__(self, journal: Journal, faults: Faults, tuning: Tuning, server_url: str) -> None:
        """Start with nothing on its way; what an earlier process had on its way is lost."""
        self._journal = journal
        self._faults = faults
        self._tuning = tuning
        self._server_url = server_url
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=_CONNECTIONS), verify=_tls(), trust_env=False
        )
        # Waiting for a place happens here: in httpx's pool each request that waits makes every
        # other one slower, and a few thousand of them stop the process.
        self._places = asyncio.Semaphore(_CONNECTIONS)
        self._ids = itertools.count(journal.count("webhook") + 1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._lose_unfinished()

    @property
    def on_their_way(self) -> int:
        """How many deliveries are neither done nor given up."""
        return len(self._tasks)

    def emit(
        self,
        instance: Instance,
        event: str,
        data: Any,
        *,
        doctor: str | None = None,
        key_id: str | None = None,
        plan: WebhookFault | None = None,
    ) -> list[asyncio.Task[None]]:
        """Send an event to the number's webhook; `plan` is a fault the caller asks for.

        Returns the deliveries, one per copy; none when nobody listens or the event is dropped.
        """
        config = instance.webhook
        if not config or not config.enabled or _upper_snake(event) not in config.events:
            return []
        fault = (
            self._faults.for_webhook(event=event, instance=instance.name, doctor=doctor)
            or plan
            or WebhookFault()
        )
        body = shapes.webhook_body(instance, config, event, data, self._server_url)
        delivery = Delivery(
            webhook_id=f"wh{next(self._ids)}",
            event=event,
            instance=instance.name,
            doctor=doctor,
            key_id=key_id,
            url=f"{config.url}/{event.replace('.', '-')}" if config.by_events else config.url,
            headers=_headers(config),
            body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        )
        if fault.drop:
            self._record(delivery, "dropped")
            return []
        copies = (
            replace(delivery, webhook_id=f"{delivery.webhook_id}.{copy}")
            for copy in range(1, fault.copies + 1)
        )
        return [self._start(self._deliver(copy, fault.delay_s)) for copy in copies]

    async def close(self) -> None:
        """Forget what is on its way, as a stop of Evolution does."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, delivery: Delivery, delay_s: float) -> None:
        self._record(delivery, "queued")
        await asyncio.sleep(delay_s)
        attempt = 0
        while True:
            attempt += 1
            async with self._places:
                started = time.monotonic()
                status, error = await self._post(delivery)
            outcome = self._outcome(status, attempt)
            self._record(
                delivery,
                outcome,
                attempt=attempt,
                status=status,
                error=error,
                ms=round((time.monotonic() - started) * 1000),
            )
            if outcome != "failed":
                return
            await asyncio.sleep(_wait_s(attempt) * self._tuning.webhook_time_scale)

    async def _post(self, delivery: Delivery) -> tuple[int | None, str | None]:
        try:
            async with asyncio.timeout(self._tuning.webhook_timeout_s):
                answer = await self._client.post(
                    delivery.url,
                    content=delivery.body,
                    headers=delivery.headers,
                    timeout=httpx.Timeout(None),
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return None, type(error).__name__
        return answer.status_code, None

    def _outcome(self, status: int | None, attempt: int) -> str:
        if status is not None and httpx.codes.is_success(status):
            return "delivered"
        if status in NEVER_RETRIED:
            return "refused"
        return "exhausted" if attempt >= self._tuning.webhook_attempts else "failed"

    def _record(self, delivery: Delivery, state: str, **fields: Any) -> None:
        self._journal.append(
            "webhook",
            doctor=delivery.doctor,
            webhook_id=delivery.webhook_id,
            event=delivery.event,
            instance=delivery.instance,
            key_id=delivery.key_id,
            state=state,
            **fields,
        )

    def _lose_unfinished(self) -> None:
        last = {
            record["webhook_id"]: record
            for record in self._journal.since(kinds=frozenset({"webhook"}))
        }
        for record in last.values():
            if record["state"] in _UNFINISHED:
                fields = ("doctor", "webhook_id", "event", "instance", "key_id")
                self._journal.append(
                    "webhook",
                    state="lost_in_restart",
                    **{name: record.get(name) for name in fields},
                )


@cache
def _tls() -> ssl.SSLContext:
    """Return the machine's trust, read once: reading it takes longer than starting."""
    return ssl.create_default_context()


def _wait_s(attempt: int) -> float:
    wait = min(_FIRST_WAIT_S * 2.0 ** (attempt - 1), _LONGEST_WAIT_S)
    return wait * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - jitter


def _headers(config: WebhookConfig) -> dict[str, str]:
    """Return the headers as set; `jwt_key` becomes a token, signed once for all attempts."""
    headers = {name: value for name, value in config.headers.items() if name != "jwt_key"}
    if key := config.headers.get("jwt_key"):
        now = int(time.time())
        claims = {
            "iat": now,
            "exp": now + _TOKEN_LIFETIME_S,
            "app": "evolution",
            "action": "webhook",
        }
        headers["Authorization"] = f"Bearer {jwt.encode(claims, key, algorithm='HS256')}"
    return {"Content-Type": "application/json", **headers}


def _upper_snake(event: str) -> str:
    return event.replace(".", "_").replace("-", "_").upper()
