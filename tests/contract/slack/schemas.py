"""Slack's requests as its documentation tells them, what we read and the rest; our answers too.

Slash commands: https://api.slack.com/interactivity/slash-commands
`block_actions`: https://api.slack.com/reference/interaction-payloads/block-actions
Events: https://api.slack.com/apis/events-api, https://api.slack.com/events/app_mention and
https://api.slack.com/events/message.im
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

User = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")]
Channel = Annotated[str, Field(pattern=r"^[CDG][A-Z0-9]+$")]
Team = Annotated[str, Field(pattern=r"^T[A-Z0-9]+$")]
App = Annotated[str, Field(pattern=r"^A[A-Z0-9]+$")]
Trigger = Annotated[str, Field(pattern=r"^\d+\.\d+\.[0-9a-f]+$")]
Timestamp = Annotated[str, Field(pattern=r"^\d+\.\d{6}$")]
Url = Annotated[str, Field(pattern=r"^https?://")]


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SlashCommand(_Exact):
    """The fields of the form."""

    token: str
    team_id: Team
    team_domain: str
    channel_id: Channel
    channel_name: str
    user_id: User
    user_name: str
    command: Annotated[str, Field(pattern=r"^/\S+$")]
    text: str
    api_app_id: App
    is_enterprise_install: Literal["true", "false"]
    response_url: Url
    trigger_id: Trigger


class _Mention(_Exact):
    type: Literal["app_mention"]
    user: User
    text: str
    ts: Timestamp
    channel: Channel
    event_ts: Timestamp


class _DirectMessage(_Exact):
    type: Literal["message"]
    channel: Annotated[str, Field(pattern=r"^D[A-Z0-9]+$")]
    user: User
    text: str
    ts: Timestamp
    event_ts: Timestamp
    channel_type: Literal["im"]


class _Authorization(_Exact):
    enterprise_id: str | None
    team_id: Team
    user_id: User
    is_bot: bool


class EventCallback(_Exact):
    """The JSON body."""

    token: str
    team_id: Team
    api_app_id: App
    event: Annotated[_Mention | _DirectMessage, Field(discriminator="type")]
    type: Literal["event_callback"]
    event_id: Annotated[str, Field(pattern=r"^Ev[A-Z0-9]+$")]
    event_time: int
    authorizations: list[_Authorization]


class _Person(_Exact):
    id: User
    username: str
    team_id: Team


class _Named(_Exact):
    id: str
    name: str


class _Domain(_Exact):
    id: Team
    domain: str


class _Container(_Exact):
    type: Literal["message"]
    message_ts: Timestamp
    channel_id: Channel
    is_ephemeral: bool


class _PlainText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["plain_text"]
    text: Annotated[str, Field(max_length=75)]
    emoji: bool = True


class _Pressed(_Exact):
    type: Literal["button"]
    action_id: Annotated[str, Field(max_length=255)]
    block_id: Annotated[str, Field(max_length=255)]
    text: _PlainText
    value: Annotated[str, Field(max_length=2000)]
    action_ts: Timestamp


class BlockActions(_Exact):
    """The JSON in the form's field `payload`."""

    type: Literal["block_actions"]
    user: _Person
    api_app_id: App
    token: str
    container: _Container
    trigger_id: Trigger
    team: _Domain
    channel: _Named
    response_url: Url
    actions: Annotated[list[_Pressed], Field(min_length=1)]


class Answer(BaseModel):
    """What we post to a `response_url`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    blocks: Annotated[list[dict[str, object]], Field(max_length=50)] = []
    unfurl_links: bool
    response_type: Literal["ephemeral", "in_channel"]
    replace_original: bool
