"""Metrics of ingest. Labels come from closed lists: no instance, no number, no text."""

from prometheus_client import Counter, Histogram

from julia_common.telemetry.work import Stage
from julia_ingest.domain.credentials import Verdict

RECEIVED = Counter(
    "julia_mensagens_recebidas_total",
    "Doctors' messages that the broker has, repetitions included, by kind of content",
    ["tipo"],
)
REQUESTS = Counter(
    "julia_ingest_webhook_requests_total", "Webhooks answered, by HTTP status", ["status"]
)
SECONDS = Histogram(
    "julia_ingest_webhook_seconds",
    "Seconds from the end of a webhook's headers to its answer",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
WEBHOOK = Stage("webhook", "indisponivel", "interno", "ilegivel")
EVENTS = Counter("julia_ingest_events_total", "Authenticated events by name", ["event"])
IGNORED = Counter(
    "julia_ingest_ignored_total", "Parts of events understood and not passed on", ["reason"]
)
QUARANTINED = Counter(
    "julia_ingest_quarantined_total", "Parts of events that could not be read", ["reason"]
)
UNAUTHORIZED = Counter(
    "julia_ingest_unauthorized_total",
    "Webhooks of Evolution and Chatwoot answered 401 or 429, by what was wrong",
    ["origem", "reason"],
)
for _origin in ("evolution", "chatwoot"):
    for _reason in Verdict:
        if _reason is not Verdict.TRUSTED:
            # From 0 on: of a series that begins at 1 the alert would not see the increase.
            UNAUTHORIZED.labels(_origin, _reason)
REPAIRED = Counter(
    "julia_ingest_repaired_strings_total", "Strings with NULs or lone surrogates made storable"
)
CHATWOOT = Counter(
    "julia_ingest_chatwoot_total",
    "Deliveries of Chatwoot: published, or why they were of no concern",
    ["result"],
)
SLACK_REQUESTS = Counter(
    "julia_ingest_slack_requests_total",
    "Requests to /webhook/slack by what they were and HTTP status",
    ["tipo", "status"],
)
