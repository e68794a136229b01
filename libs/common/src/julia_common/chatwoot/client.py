"""One attempt per call, never retried here: whoever keeps the effect knows when to try again.

Chatwoot knows no idempotency. What is made bears a mark of ours (`content_attributes.julia_id`,
`custom_attributes.conversa_id`), so that it can be looked for before it is made a second time.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import httpx
from prometheus_client import Histogram
from pydantic import SecretStr

from julia_common.chatwoot.markup import as_whatsapp
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CircuitBreaker
from julia_common.secrets import SecretHeader
from julia_common.telemetry import tracing

TIMEOUT_SECONDS: Final = 10.0
UNCERTAIN_RETRY_SECONDS: Final = 30.0
"""A request that was not answered may still be at work: Chatwoot gives it up after 15 s."""

_MAX_CONTENT: Final = 20_000
"""Chatwoot refuses longer messages (150,000); nobody reads these."""
_MAX_PAGES: Final = 25
"""Of twenty messages each, in which our marks are looked for."""
_NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_IDS: Final = re.compile(r"\b[0-9]+\b")
"""In a path: what a span's name must not have one of for each conversation."""
_OUTGOING: Final = 1
_REFUSALS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

_SECONDS: Final = Histogram(
    "julia_chatwoot_request_seconds",
    "Seconds per request to Chatwoot",
    ["operation"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class ChatwootRefused(Permanent):
    """Chatwoot refuses us altogether: nothing will pass until somebody sets another token."""


class Missing(Permanent):
    """The contact or the conversation is not there (any more)."""


class Direction(StrEnum):
    """How Chatwoot shows a message."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    NOTE = "note"


class ChatStatus(StrEnum):
    """`PENDING`: a bot has it; `OPEN`: people have it."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation in Chatwoot; `conversa_id` is what we wrote into it, if it is ours.

    `active_at`: its last message or change that Chatwoot shows among them, by Chatwoot's clock.
    """

    id: int
    inbox_id: int
    conversa_id: str | None
    status: str
    labels: tuple[str, ...]
    active_at: datetime


@dataclass(frozen=True, slots=True)
class PersonsMessage:
    """What a person wrote to the doctor, at `at` by Chatwoot; `attachments` counts files.

    `text` has WhatsApp's marks. `private`: a note, which is for other people and never leaves.
    """

    id: int
    at: datetime
    text: str
    by: str | None
    attachments: int
    private: bool


@dataclass(frozen=True, slots=True)
class Post:
    """A message; `mark` is ours, and of each mark there is one."""

    content: str
    direction: Direction
    mark: str


class Chatwoot:
    """One account's API-channel inbox (Chatwoot 4.x), seen by a user's token.

    Every method raises `Retryable` when Chatwoot is away, slow or asks for patience,
    `ChatwootRefused` when it refuses the token, `Missing` for what is gone, and `Permanent` when it
    refuses the one request.
    """

    def __init__(
        self, http: httpx.AsyncClient, *, inbox_id: int, circuit: CircuitBreaker | None = None
    ) -> None:
        """`http` has the account's base URL and sends the token; see `open_chatwoot`."""
        self._http = http
        self._inbox_id = inbox_id
        self._circuit = circuit

    async def find_contact(self, *, phone: str | None, identifier: str) -> int | None:
        """The contact with exactly this number (E.164) or this identifier of ours."""
        for wanted, field in ((phone, "phone_number"), (identifier, "identifier")):
            if wanted is None:
                continue
            answer = await self._call(
                "find_contact", "GET", "/contacts/search", query={"q": wanted}
            )
            # The search is by substring: one number may be part of another.
            for contact in _objects(answer, "payload"):
                if contact.get(field) == wanted:
                    return _id(contact)
        return None

    async def create_contact(self, *, name: str, phone: str | None, identifier: str) -> int:
        """Make a contact, or find the one that somebody made meanwhile."""
        body = {
            "inbox_id": self._inbox_id,
            "name": name,
            "phone_number": phone,
            "identifier": identifier,
        }
        try:
            answer = await self._call("create_contact", "POST", "/contacts", body)
        except Permanent as error:
            found = None
            if not isinstance(error, ChatwootRefused | Missing):
                found = await self.find_contact(phone=phone, identifier=identifier)
            if found is None:
                raise
            return found
        return _id(_object(_object(answer, "payload"), "contact"))

    async def delete_contact(self, contact_id: int) -> None:
        """Delete a contact and all its conversations; done already, there is nothing to do.

        Raises `ChatwootRefused` for a token that is not an administrator's.
        """
        try:
            await self._call("delete_contact", "DELETE", f"/contacts/{contact_id}")
        except Missing:
            return
        except ChatwootRefused:
            message = "delete_contact: only an administrator's token may delete a contact"
            raise ChatwootRefused(message) from None

    async def chats_of(self, contact_id: int) -> tuple[Chat, ...]:
        """The contact's conversations in our inbox."""
        path = f"/contacts/{contact_id}/conversations"
        answer = await self._call("chats_of", "GET", path)
        chats = tuple(_chat(each) for each in _objects(answer, "payload"))
        return tuple(chat for chat in chats if chat.inbox_id == self._inbox_id)

    async def chat(self, chat_id: int) -> Chat:
        """The conversation as it is now."""
        return _chat(await self._call("chat", "GET", f"/conversations/{chat_id}"))

    async def active_since(self, since: datetime) -> tuple[Chat, ...]:
        """The inbox's conversations, whatever their status, in which anything happened since."""
        found: dict[int, Chat] = {}
        query = {
            "inbox_id": str(self._inbox_id),
            "status": "all",
            "assignee_type": "all",
            "sort_by": "last_activity_at_desc",
        }
        page = 1
        while True:
            answer = await self._call(
                "active_since", "GET", "/conversations", query=query | {"page": str(page)}
            )
            chats = [_chat(each) for each in _objects(_object(answer, "data"), "payload")]
            recent = [chat for chat in chats if chat.active_at >= since]
            found |= {chat.id: chat for chat in recent}
            if not chats or len(recent) < len(chats):
                return tuple(found.values())
            page += 1

    async def written_by_people(self, chat_id: int, since: datetime) -> tuple[PersonsMessage, ...]:
        """What people have written there since, notes included, the oldest first.

        Neither what bears a mark of ours, nor what was deleted again.
        """
        found: list[PersonsMessage] = []
        before: int | None = None
        while True:
            path = f"/conversations/{chat_id}/messages"
            answer = await self._call("written", "GET", path, query=_before(before))
            page = _objects(answer, "payload")
            recent = [each for each in page if _at(each.get("created_at")) >= since]
            found += [_persons(each) for each in recent if _is_persons(each)]
            if not page or len(recent) < len(page):
                return tuple(sorted(found, key=lambda message: message.id))
            before = min(_id(message) for message in page)

    async def create_chat(self, contact_id: int, *, conversa_id: str, instance: str) -> int:
        """Make a conversation that bears the id of ours; Julia has it (`PENDING`)."""
        body = {
            "inbox_id": self._inbox_id,
            "contact_id": contact_id,
            "status": ChatStatus.PENDING,
            "custom_attributes": {"conversa_id": conversa_id, "instance": instance},
        }
        return _id(await self._call("create_chat", "POST", "/conversations", body))

    async def post(self, chat_id: int, post: Post) -> int:
        """Post a message; returns its id."""
        note = post.direction is Direction.NOTE
        body = {
            "content": post.content[:_MAX_CONTENT],
            "message_type": Direction.OUTGOING if note else post.direction,
            "private": note,
            "content_type": "text",
            "content_attributes": {"julia_id": post.mark},
        }
        path = f"/conversations/{chat_id}/messages"
        return _id(await self._call("post", "POST", path, body))

    async def marks(self, chat_id: int, *, wanted: Collection[str]) -> frozenset[str]:
        """Which of the `wanted` marks are on messages there; looks back a few hundred messages."""
        found: set[str] = set()
        before: int | None = None
        for _ in range(_MAX_PAGES):
            path = f"/conversations/{chat_id}/messages"
            page = _objects(
                await self._call("marks", "GET", path, query=_before(before)), "payload"
            )
            found |= {mark for each in page if (mark := _mark(each)) is not None and mark in wanted}
            if not page or len(found) == len(set(wanted)):
                break
            before = min(_id(message) for message in page)
        return frozenset(found)

    async def label(
        self, chat_id: int, *, on: Collection[str] = (), off: Collection[str] = ()
    ) -> None:
        """Put labels on and take labels off; the others stay as they are."""
        path = f"/conversations/{chat_id}/labels"
        answer = await self._call("labels", "GET", path)
        payload = answer.get("payload")
        now = (
            [each for each in payload if isinstance(each, str)] if isinstance(payload, list) else []
        )
        wanted = [each for each in now if each not in off]
        wanted += [each for each in on if each not in now]
        if wanted == now:
            return
        # The list that is posted replaces all of it.
        await self._call("label", "POST", path, {"labels": wanted})

    async def set_status(self, chat_id: int, status: ChatStatus) -> None:
        """Set the status by name: without one Chatwoot would flip it."""
        path = f"/conversations/{chat_id}/toggle_status"
        await self._call("set_status", "POST", path, {"status": status})

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        query: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        if self._circuit is None:
            return await self._ask(operation, method, path, body, query or {})
        async with self._circuit.guard():
            return await self._ask(operation, method, path, body, query or {})

    async def _ask(
        self,
        operation: str,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        query: dict[str, str],
    ) -> dict[str, Any]:
        template = _IDS.sub("{id}", path)
        with tracing.call(f"{method} {template}", _span_of(method, template)) as span:
            try:
                with _SECONDS.labels(operation).time():
                    async with asyncio.timeout(TIMEOUT_SECONDS):
                        response = await self._http.request(method, path, json=body, params=query)
            except _NEVER_LEFT as error:
                raise Retryable(f"{operation}: Chatwoot is away ({type(error).__name__})") from None
            except (TimeoutError, httpx.HTTPError) as error:
                raise Retryable(
                    f"{operation}: Chatwoot did not answer ({type(error).__name__})",
                    retry_after=UNCERTAIN_RETRY_SECONDS,
                ) from None
            span.tell({"http.response.status_code": response.status_code})
            return _judge(operation, response)


@asynccontextmanager
async def open_chatwoot(
    url: str,
    token: SecretStr,
    *,
    account_id: int,
    inbox_id: int,
    circuit: CircuitBreaker | None = None,
) -> AsyncIterator[Chatwoot]:
    """The inbox on a connection pool, closed at the end of the block; connects on first use."""
    async with httpx.AsyncClient(
        base_url=f"{url}/api/v1/accounts/{account_id}",
        # With underscores: a proxy that drops such headers must not be in between.
        auth=SecretHeader(token, "api_access_token"),
        timeout=TIMEOUT_SECONDS,
        follow_redirects=False,
        trust_env=False,  # Chatwoot is a neighbour: never through a proxy
    ) as http:
        yield Chatwoot(http, inbox_id=inbox_id, circuit=circuit)


def _span_of(method: str, template: str) -> dict[str, tracing.Attribute | None]:
    return {
        "http.request.method": method,
        "url.template": template,
        "peer.service": "chatwoot",
    }


def _judge(operation: str, response: httpx.Response) -> dict[str, Any]:
    status = response.status_code
    what = f"{operation}: HTTP {status}"
    if status in _REFUSALS:
        raise ChatwootRefused(
            f"{what}: Chatwoot refuses CHATWOOT_API_TOKEN: it must be a user's token (a bot's may "
            "neither search contacts nor label) that is an agent of the inbox"
        )
    if status == HTTPStatus.NOT_FOUND:
        raise Missing(f"{what}: Chatwoot does not have it")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Retryable(f"{what}: Chatwoot asks for patience", retry_after=_retry_after(response))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Retryable(f"{what}: Chatwoot is in trouble")
    if status >= HTTPStatus.BAD_REQUEST:
        raise Permanent(f"{what}: Chatwoot refused the request")
    if response.is_success and response.request.method == "DELETE":
        return {}
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not response.is_success or not isinstance(answer, dict):
        raise Retryable(f"{what}: what answered is not Chatwoot")
    return answer


def _retry_after(response: httpx.Response) -> float:
    try:
        return max(1.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return UNCERTAIN_RETRY_SECONDS


def _before(message_id: int | None) -> dict[str, str]:
    return {} if message_id is None else {"before": str(message_id)}


def _object(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _objects(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _id(value: dict[str, Any]) -> int:
    found = value.get("id")
    if not isinstance(found, int) or isinstance(found, bool):
        message = "Chatwoot answered without an id"
        raise Retryable(message)
    return found


def _chat(value: dict[str, Any]) -> Chat:
    inbox, labels = value.get("inbox_id"), value.get("labels")
    ours = _object(value, "custom_attributes").get("conversa_id")
    return Chat(
        _id(value),
        inbox if isinstance(inbox, int) else 0,
        ours if isinstance(ours, str) else None,
        str(value.get("status")),
        tuple(map(str, labels)) if isinstance(labels, list) else (),
        _at(value.get("last_activity_at")),
    )


def _at(seconds: object) -> datetime:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        message = "Chatwoot answered without a time"
        raise Retryable(message)
    return datetime.fromtimestamp(seconds, UTC)


def _is_persons(message: dict[str, Any]) -> bool:
    content = _object(message, "content_attributes")
    return (
        message.get("message_type") == _OUTGOING
        and _object(message, "sender").get("type") == "user"
        and not content.get("deleted")
        and "julia_id" not in content
    )


def _persons(message: dict[str, Any]) -> PersonsMessage:
    text, by = message.get("content"), _object(message, "sender").get("name")
    return PersonsMessage(
        id=_id(message),
        at=_at(message.get("created_at")),
        text=as_whatsapp(text) if isinstance(text, str) else "",
        by=by if isinstance(by, str) else None,
        attachments=len(_objects(message, "attachments")),
        # Whatever does not say that it is for the doctor is not.
        private=message.get("private") is not False,
    )


def _mark(message: dict[str, Any]) -> str | None:
    mark = _object(message, "content_attributes").get("julia_id")
    return mark if isinstance(mark, str) else None
