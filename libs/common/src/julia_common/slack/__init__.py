"""Messages to managers in Slack, and answers to theirs: `docs/reference/slack.md`."""

from julia_common.slack.blocks import (
    Actions,
    Block,
    Button,
    Confirm,
    Context,
    Divider,
    Fields,
    Header,
    Section,
    SlackMessage,
)
from julia_common.slack.client import SlackWebhook, WebhookRefused, open_slack
from julia_common.slack.mrkdwn import bold, code, escape
from julia_common.slack.responses import (
    SLACK_ORIGIN,
    Drawn,
    SlackAnswer,
    SlackResponses,
    open_responses,
)

__all__ = [
    "SLACK_ORIGIN",
    "Actions",
    "Block",
    "Button",
    "Confirm",
    "Context",
    "Divider",
    "Drawn",
    "Fields",
    "Header",
    "Section",
    "SlackAnswer",
    "SlackMessage",
    "SlackResponses",
    "SlackWebhook",
    "WebhookRefused",
    "bold",
    "code",
    "escape",
    "open_responses",
    "open_slack",
]
