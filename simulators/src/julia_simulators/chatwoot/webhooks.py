"""Telling the webhook's URL, as a version that signs and repeats what failed does."""

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from julia_common.chatwoot import sign
from julia_simulators.chatwoot.state import ACCOUNT, INBOX, Conversation, Fault, FaultKind, World

TIMEOUT_SECONDS: Final = 5.0
_ATTEMPTS: Final = 5
_REPEAT_SECONDS: Final = 0.5
"""Between attempts; the real one waits longer and longer."""


class Webhooks:
    """Delivers events in the background; without a URL nothing is told."""

    def __init__(self, world: World, http: httpx.AsyncClient, url: str, secret: str) -> None:
        self._world = world
        self._http = http
        self._url = url
        self._secret = secret
        self._tasks: set[asyncio.Task[None]] = set()

    def message_created(self, conversation: Conversation, message: dict[str, Any]) -> None:
        """A message was added, by whomever, private or not."""
        kinds = ("incoming", "outgoing", "activity", "template")
        self._tell(
            {
                **message,
                "event": "message_created",
                "message_type": kinds[message["message_type"]],
                "created_at": datetime.fromtimestamp(message["created_at"], UTC).isoformat(),
                "inbox": {"id": INBOX, "name": "WhatsApp"},
                "account": {"id": ACCOUNT, "name": "Julia"},
                "conversation": self._shown(conversation),
            }
        )

    def status_changed(self, conversation: Conversation, before: str) -> None:
        """The status is another."""
        change = {"previous_value": before, "current_value": conversation.status}
        self._tell(
            {
                **self._shown(conversation),
                "event": "conversation_status_changed",
                "changed_attributes": [{"status": change}],
            }
        )

    def labels_changed(self, conversation: Conversation, before: list[str]) -> None:
        """The list of labels is another."""
        change = {"previous_value": before, "current_value": list(conversation.labels)}
        self._tell(
            {
                **self._shown(conversation),
                "event": "conversation_updated",
                "changed_attributes": [{"label_list": change}],
            }
        )

    def _shown(self, conversation: Conversation) -> dict[str, Any]:
        contact = self._world.contacts[conversation.contact_id]
        return {
            "id": conversation.id,
            "inbox_id": INBOX,
            "status": conversation.status,
            "labels": list(conversation.labels),
            "custom_attributes": conversation.custom_attributes,
            "additional_attributes": {},
            "meta": {"sender": contact, "assignee": None, "team": None},
            "updated_at": conversation.updated_at,
        }

    def _tell(self, event: dict[str, Any]) -> None:
        if not self._url:
            return
        task = asyncio.create_task(self._deliver(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, event: dict[str, Any]) -> None:
        fault = self._world.take_fault(event["event"], webhook=True)
        kind = fault.kind if fault else None
        if fault is not None and kind is FaultKind.WEBHOOK_LATE:
            await asyncio.sleep(fault.seconds)
        if kind is FaultKind.WEBHOOK_LOST:
            return
        delivery = str(uuid.uuid4())
        await self._repeat(event, delivery, fault)
        if kind is FaultKind.WEBHOOK_TWICE:
            await self._repeat(event, str(uuid.uuid4()), fault)
        if kind is FaultKind.WEBHOOK_AGAIN:
            await self._repeat(event, delivery, fault)

    async def _repeat(self, event: dict[str, Any], delivery: str, fault: Fault | None) -> None:
        signed = fault is None or fault.kind is not FaultKind.WEBHOOK_UNSIGNED
        body = json.dumps(event, ensure_ascii=False).encode()
        for _ in range(_ATTEMPTS):
            status = await self._post(body, delivery, signed=signed)
            self._world.deliveries.append(
                {"delivery": delivery, "event": event["event"], "status": status}
            )
            if status is not None and status < 300:  # noqa: PLR2004 - HTTP
                return
            await asyncio.sleep(_REPEAT_SECONDS)

    async def _post(self, body: bytes, delivery: str, *, signed: bool) -> int | None:
        headers = {"content-type": "application/json", "x-chatwoot-delivery": delivery}
        params = {}
        if signed:
            timestamp = str(int(time.time()))
            headers["x-chatwoot-timestamp"] = timestamp
            headers["x-chatwoot-signature"] = sign(body, timestamp, self._secret)
        else:
            params["token"] = self._secret
        try:
            answer = await self._http.post(
                self._url, content=body, headers=headers, params=params, timeout=TIMEOUT_SECONDS
            )
        except httpx.HTTPError:
            return None
        return answer.status_code
