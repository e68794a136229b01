"""Requests to Chatwoot and Slack are spans of whatever led to them, and say nothing of whom."""

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from julia_common.chatwoot import Chatwoot, Direction, Missing, Post
from julia_common.errors import Permanent
from julia_common.resilience.clock import SystemClock
from julia_common.slack import Drawn, SlackResponses, SlackWebhook
from julia_common.telemetry import tracing

ORIGIN = "https://hooks.slack.test"
ADDRESS = f"{ORIGIN}/commands/T0/capability"


def answering(status: int, body: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(status, json=body)),
        base_url="http://chatwoot.test",
    )


async def test_a_request_to_chatwoot_is_a_span_without_id_and_text(
    recorded: InMemorySpanExporter,
) -> None:
    async with answering(200, {"id": 7}) as http:
        with tracing.span("chatwoot"):
            await Chatwoot(http, inbox_id=1).post(
                4711, Post("um segredo", Direction.NOTE, "efeito:1")
            )

    request, _ = recorded.get_finished_spans()
    assert request.name == "POST /conversations/{id}/messages"
    assert request.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.template": "/conversations/{id}/messages",
        "peer.service": "chatwoot",
    }
    assert "um segredo" not in request.to_json()


async def test_what_chatwoot_does_not_have_is_a_failed_span(recorded: InMemorySpanExporter) -> None:
    async with answering(404, {}) as http:
        with tracing.span("chatwoot"), pytest.raises(Missing):
            await Chatwoot(http, inbox_id=1).chat(4711)

    request, _ = recorded.get_finished_spans()
    assert request.attributes["http.response.status_code"] == 404
    assert request.attributes["error.type"] == "Missing"


async def test_an_answer_in_slack_is_a_span_without_its_address(
    recorded: InMemorySpanExporter,
) -> None:
    async with answering(200, {"ok": True}) as http:
        with tracing.span("command"):
            await SlackResponses(http, ORIGIN).answer(ADDRESS, {"text": "um segredo"})
    async with answering(404, "used_url") as http:
        with tracing.span("command"), pytest.raises(Permanent):
            await SlackResponses(http, ORIGIN).answer(ADDRESS, {"text": "um segredo"})

    taken, _, refused, _ = recorded.get_finished_spans()
    assert (taken.name, taken.attributes["http.response.status_code"]) == (
        "POST {response_url}",
        200,
    )
    assert refused.attributes["error.type"] == "Permanent"
    for span in (taken, refused):
        assert "capability" not in span.to_json()
        assert "segredo" not in span.to_json()


async def test_a_post_to_the_channel_is_a_span_without_the_webhook(
    recorded: InMemorySpanExporter,
) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text="ok"))
    async with httpx.AsyncClient(transport=transport) as http:
        webhook = SlackWebhook(http, SecretStr(ADDRESS), SystemClock())
        with tracing.span("command"):
            await webhook.post(Drawn({"text": "um segredo"}))

    posted, _ = recorded.get_finished_spans()
    assert posted.name == "POST /services/{webhook}"
    assert "capability" not in posted.to_json()


async def test_outside_a_trace_requests_are_no_spans(recorded: InMemorySpanExporter) -> None:
    async with answering(200, {"payload": []}) as http:
        await Chatwoot(http, inbox_id=1).chats_of(7)

    assert recorded.get_finished_spans() == ()
