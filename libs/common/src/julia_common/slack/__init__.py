"""Messages to managers through a Slack incoming webhook: `docs/reference/slack.md`."""

from julia_common.slack.blocks import (
    Block,
    Context,
    Divider,
    Fields,
    Header,
    Section,
    SlackMessage,
)
from julia_common.slack.client import SlackWebhook, WebhookRefused, open_slack
from julia_common.slack.mrkdwn import bold, code, escape

__all__ = [
    "Block",
    "Context",
    "Divider",
    "Fields",
    "Header",
    "Section",
    "SlackMessage",
    "SlackWebhook",
    "WebhookRefused",
    "bold",
    "code",
    "escape",
    "open_slack",
]
