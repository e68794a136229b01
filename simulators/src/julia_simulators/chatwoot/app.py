"""The HTTP application: Chatwoot's API, the coordinator's page, and the control API under `/_sim`.

- `GET /` the page
- `GET /_sim` what this is and what it holds
- `GET|POST|DELETE /_sim/faults` one fault or a list of them
- `POST /_sim/conversations/{id}/reply` `{content, private?}` a person writes
- `POST /_sim/conversations/{id}/labels` `{labels}` a person sets the labels
- `POST /_sim/conversations/{id}/status` `{status}` a person sets the status
- `POST /_sim/reset` forget everything
"""

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from julia_simulators.chatwoot import schema
from julia_simulators.chatwoot.state import (
    ACCOUNT,
    AGENT,
    INBOX,
    MESSAGE_TYPES,
    SECRET,
    TOKEN,
    US,
    Conversation,
    Fault,
    FaultKind,
    World,
)
from julia_simulators.chatwoot.webhooks import Webhooks

_STATIC: Final = Path(__file__).parent / "static"
_POLICY: Final = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
_PAGE: Final = 20
_CONTACTS: Final = 15
_LISTED: Final = 25

type Answer = tuple[int, dict[str, Any] | None]


def build_app(
    world: World, *, webhook_url: str = "", token: str = TOKEN, secret: str = SECRET
) -> Starlette:
    """The simulator as an ASGI application that tells `webhook_url` what happens."""
    http = httpx.AsyncClient(trust_env=False)
    webhooks = Webhooks(world, http, webhook_url, secret)
    api = _Api(world, webhooks, token)
    control = _Control(world, webhooks)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with http:
            yield

    async def index(_: Request) -> Response:
        return FileResponse(
            _STATIC / "index.html",
            headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"},
        )

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", index),
            # As people's links have it; the page opens that conversation.
            Route(f"/app/accounts/{ACCOUNT}/conversations/{{id:int}}", index),
            Mount("/static", StaticFiles(directory=_STATIC)),
            Mount(f"/api/v1/accounts/{ACCOUNT}", routes=api.routes()),
            *control.routes(),
        ],
    )


class _Api:
    def __init__(self, world: World, webhooks: Webhooks, token: str) -> None:
        self._world = world
        self._webhooks = webhooks
        self._token = token

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[Request], Awaitable[Answer]]]] = [
            ("GET", "/contacts/search", self._search),
            ("POST", "/contacts", self._create_contact),
            ("DELETE", "/contacts/{id:int}", self._delete_contact),
            ("GET", "/contacts/{id:int}/conversations", self._conversations_of),
            ("POST", "/conversations", self._create_conversation),
            ("GET", "/conversations/{id:int}/messages", self._messages),
            ("POST", "/conversations/{id:int}/messages", self._create_message),
            ("GET", "/conversations", self._conversations),
            ("GET", "/conversations/{id:int}", self._conversation),
            ("GET", "/conversations/{id:int}/labels", self._labels),
            ("POST", "/conversations/{id:int}/labels", self._set_labels),
            ("POST", "/conversations/{id:int}/toggle_status", self._toggle_status),
        ]
        return [
            Route(path, self._guarded(f"{method} {path.rsplit('/', 1)[1]}", act), methods=[method])
            for method, path, act in table
        ]

    def _guarded(
        self, operation: str, act: Callable[[Request], Awaitable[Answer]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            response = await self._answer(operation, act, request)
            response.headers["x-julia-simulator"] = "chatwoot"
            return response

        return handle

    async def _answer(
        self, operation: str, act: Callable[[Request], Awaitable[Answer]], request: Request
    ) -> Response:
        fault = self._world.take_fault(operation, webhook=False)
        if request.headers.get("api_access_token") != self._token or (
            fault is not None and fault.kind is FaultKind.UNAUTHORIZED
        ):
            return JSONResponse({"error": "Invalid Access Token"}, 401)
        broken = await _break(fault) if fault is not None else None
        if broken is not None:
            return broken
        try:
            status, body = await act(request)
        except ValidationError as error:
            places = [".".join(map(str, each["loc"])) for each in error.errors()]
            self._world.refused.append(f"{operation}: {', '.join(places)}")
            return JSONResponse({"message": "Invalid parameters"}, 422)
        except HTTPException as error:
            return JSONResponse({"error": error.detail}, error.status_code)
        if fault is not None and fault.kind is FaultKind.DONE_UNHEARD:
            await asyncio.sleep(fault.seconds)
            return _trouble()
        return Response(status_code=status) if body is None else JSONResponse(body, status)

    async def _search(self, request: Request) -> Answer:
        wanted = request.query_params.get("q", "")
        found = [
            contact
            for contact in self._world.contacts.values()
            if any(
                wanted in (contact.get(field) or "")
                for field in ("name", "phone_number", "identifier")
            )
        ]
        meta = {"count": len(found), "current_page": 1}
        return 200, {"meta": meta, "payload": found[:_CONTACTS]}

    async def _create_contact(self, request: Request) -> Answer:
        body = await _read(request, schema.NewContact)
        _in_our_inbox(body.inbox_id)
        contact = self._world.add_contact(
            name=body.name, phone_number=body.phone_number, identifier=body.identifier
        )
        if contact is None:
            raise HTTPException(422, "Phone number has already been taken")
        inbox = {"inbox": {"id": INBOX}, "source_id": f"origem-{contact['id']}"}
        return 200, {"payload": {"contact": contact, "contact_inbox": inbox}}

    async def _delete_contact(self, request: Request) -> Answer:
        """With all conversations; the answer has no body, as Chatwoot's."""
        if not self._world.delete_contact(request.path_params["id"]):
            raise HTTPException(404, "Resource could not be found")
        return 200, None

    async def _conversations_of(self, request: Request) -> Answer:
        contact = request.path_params["id"]
        if contact not in self._world.contacts:
            raise HTTPException(404, "Resource could not be found")
        found = [
            _shown(each)
            for each in self._world.conversations.values()
            if each.contact_id == contact
        ]
        return 200, {"payload": found[-_PAGE:]}

    async def _conversations(self, request: Request) -> Answer:
        """Those of one status (`open` unless said), the one of the last activity first."""
        asked = request.query_params
        status = asked.get("status", "open")
        found = [
            each for each in self._world.conversations.values() if status in ("all", each.status)
        ]
        if asked.get("inbox_id", str(INBOX)) != str(INBOX):
            found = []
        found.sort(key=lambda each: each.updated_at, reverse=True)
        begin = (int(asked.get("page", "1")) - 1) * _LISTED
        payload = [_shown(each) for each in found[begin : begin + _LISTED]]
        return 200, {"data": {"meta": {"all_count": len(found)}, "payload": payload}}

    async def _conversation(self, request: Request) -> Answer:
        return 200, _shown(self._one(request))

    async def _create_conversation(self, request: Request) -> Answer:
        body = await _read(request, schema.NewConversation)
        _in_our_inbox(body.inbox_id)
        if body.contact_id not in self._world.contacts:
            raise HTTPException(404, "Resource could not be found")
        made = self._world.add_conversation(body.contact_id, body.status, body.custom_attributes)
        return 200, _shown(made)

    async def _messages(self, request: Request) -> Answer:
        messages = self._one(request).messages
        before = int(request.query_params.get("before", "0"))
        if before:
            messages = [each for each in messages if each["id"] < before]
        return 200, {"meta": {}, "payload": messages[-_PAGE:]}

    async def _create_message(self, request: Request) -> Answer:
        conversation = self._one(request)
        body = await _read(request, schema.NewMessage)
        sender = US
        if body.message_type == "incoming":
            contact = self._world.contacts[conversation.contact_id]
            sender = {"id": contact["id"], "name": contact["name"], "type": "contact"}
        message = self._world.add_message(
            conversation,
            content=body.content,
            content_type=body.content_type,
            content_attributes=body.content_attributes,
            message_type=MESSAGE_TYPES[body.message_type],
            private=body.private,
            sender=sender,
        )
        self._webhooks.message_created(conversation, message)
        if body.message_type == "incoming" and conversation.status == "resolved":
            set_status(conversation, "open", self._webhooks)
        return 200, message

    async def _labels(self, request: Request) -> Answer:
        return 200, {"payload": list(self._one(request).labels)}

    async def _set_labels(self, request: Request) -> Answer:
        conversation = self._one(request)
        body = await _read(request, schema.NewLabels)
        set_labels(conversation, body.labels, self._webhooks)
        return 200, {"payload": list(conversation.labels)}

    async def _toggle_status(self, request: Request) -> Answer:
        conversation = self._one(request)
        body = await _read(request, schema.ToggleStatus)
        flipped = "open" if conversation.status == "resolved" else "resolved"
        set_status(conversation, body.status or flipped, self._webhooks)
        told = {"success": True, "current_status": conversation.status}
        return 200, {"meta": {}, "payload": {**told, "conversation_id": conversation.id}}

    def _one(self, request: Request) -> Conversation:
        return _conversation(self._world, request)


class _Control:
    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self._world = world
        self._webhooks = webhooks

    def routes(self) -> list[Route]:
        return [
            Route("/_sim", self.about),
            Route("/_sim/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sim/conversations/{id:int}/reply", self.reply, methods=["POST"]),
            Route("/_sim/conversations/{id:int}/labels", self.labels, methods=["POST"]),
            Route("/_sim/conversations/{id:int}/status", self.status, methods=["POST"]),
            Route("/_sim/reset", self.reset, methods=["POST"]),
        ]

    async def about(self, _: Request) -> JSONResponse:
        world = self._world
        return JSONResponse(
            {
                "simulator": "chatwoot",
                "note": "Nothing leaves this machine: the page shows what the team would read.",
                "faults": [kind.value for kind in FaultKind],
                "refused": world.refused,
                "deliveries": world.deliveries[-200:],
                "contacts": list(world.contacts.values()),
                "conversations": [
                    {
                        **_shown(each),
                        "contact": world.contacts[each.contact_id],
                        "messages": each.messages,
                    }
                    for each in world.conversations.values()
                ],
            }
        )

    async def faults(self, request: Request) -> JSONResponse:
        faults = self._world.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            body = await _json(request)
            try:
                wanted = body if isinstance(body, list) else [body]
                faults += [Fault.model_validate(fault) for fault in wanted]
            except ValidationError as error:
                raise HTTPException(422, str(error)) from error
        return JSONResponse([fault.model_dump(mode="json") for fault in faults])

    async def reply(self, request: Request) -> JSONResponse:
        conversation = _conversation(self._world, request)
        body = await _json(request)
        message = self._world.add_message(
            conversation,
            content=str(body["content"]),
            content_type="text",
            content_attributes={},
            message_type=MESSAGE_TYPES["outgoing"],
            private=bool(body.get("private")),
            sender=AGENT,
        )
        self._webhooks.message_created(conversation, message)
        return JSONResponse(message)

    async def labels(self, request: Request) -> JSONResponse:
        conversation = _conversation(self._world, request)
        set_labels(conversation, list((await _json(request))["labels"]), self._webhooks)
        return JSONResponse(_shown(conversation))

    async def status(self, request: Request) -> JSONResponse:
        conversation = _conversation(self._world, request)
        set_status(conversation, str((await _json(request))["status"]), self._webhooks)
        return JSONResponse(_shown(conversation))

    async def reset(self, _: Request) -> JSONResponse:
        self._world.reset()
        return JSONResponse({"status": "ok"})


def set_labels(conversation: Conversation, labels: list[str], webhooks: Webhooks) -> None:
    """Replace the whole list, as Chatwoot does."""
    before, conversation.labels = conversation.labels, list(dict.fromkeys(labels))
    if before != conversation.labels:
        conversation.touch()
        webhooks.labels_changed(conversation, before)


def set_status(conversation: Conversation, status: str, webhooks: Webhooks) -> None:
    """Set the status and tell it, if it is another."""
    before, conversation.status = conversation.status, status
    if before != status:
        conversation.touch()
        webhooks.status_changed(conversation, before)


def _conversation(world: World, request: Request) -> Conversation:
    found = world.conversations.get(request.path_params["id"])
    if found is None:
        raise HTTPException(404, "Resource could not be found")
    return found


def _shown(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "inbox_id": INBOX,
        "status": conversation.status,
        "labels": list(conversation.labels),
        "custom_attributes": conversation.custom_attributes,
        "last_activity_at": int(conversation.updated_at),
    }


def _in_our_inbox(inbox_id: int) -> None:
    if inbox_id != INBOX:
        raise HTTPException(404, "Resource could not be found")


async def _break(fault: Fault) -> Response | None:
    match fault.kind:
        case FaultKind.RATE_LIMITED:
            headers = {"retry-after": str(math.ceil(fault.seconds))}
            return JSONResponse({"error": "Retry later"}, 429, headers)
        case FaultKind.HANG:
            await asyncio.sleep(fault.seconds)
            return _trouble()
        case FaultKind.SERVER_ERROR:
            return _trouble()
        case _:
            return None


def _trouble() -> JSONResponse:
    return JSONResponse({"status": 500, "error": "Internal Server Error"}, 500)


async def _read[B: BaseModel](request: Request, model: type[B]) -> B:
    return model.model_validate_json(await request.body())


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise HTTPException(422, "the body is no JSON") from error
