"""What the one on call reads in Slack."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx

from julia_dev.alerting import shipped


@dataclass(frozen=True)
class Wording:
    """How Slack speaks of one alert."""

    fires: re.Pattern[str]
    """A line that tells of it as firing."""
    ends: re.Pattern[str]
    """A line that tells that it is resolved."""

    @classmethod
    def of(cls, alert: str, labels: Mapping[str, str]) -> Self:
        """Return that of an alert with these labels, by the summary that its rule ships."""
        summary = shipped.summaries()[alert]
        for name, value in labels.items():
            summary = summary.replace("{{ $labels." + name + " }}", value)
        words = ".+".join(re.escape(part) for part in re.split(r"\{\{.*?\}\}", summary))
        return cls(
            # One alert alone is told in the message's title; several are told in its text.
            fires=re.compile(
                rf"^(?:\*{words}\*|:(?:rotating_light|warning): [^:\n]+: {words})$", re.MULTILINE
            ),
            ends=re.compile(rf"^:white_check_mark: {words}: resolvido", re.MULTILINE),
        )


@dataclass(frozen=True)
class Told:
    """A message in a channel."""

    at: float
    """Seconds since the epoch."""
    channel: str
    text: str


class Slack:
    """The channels to which Alertmanager writes."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        """Read the simulated channels at these base URLs, by name."""
        self._channels = {
            name: httpx.AsyncClient(base_url=url, trust_env=False, timeout=10)
            for name, url in urls.items()
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._channels.values():
            await client.aclose()

    async def messages(self) -> list[Told]:
        """Return all messages of all channels, in order of time."""
        return sorted(
            [
                Told(message["at"], name, _text(message))
                for name, client in self._channels.items()
                for message in (await client.get("/_sim/messages")).json()["messages"]
            ],
            key=lambda told: told.at,
        )

    async def first(self, wording: re.Pattern[str], *, channel: str, after: float) -> Told | None:
        """Return the first message of a channel since then that has such a line."""
        return next(
            (
                told
                for told in await self.messages()
                if told.at >= after and told.channel == channel and wording.search(told.text)
            ),
            None,
        )

    async def refused(self) -> dict[str, int]:
        """Return how often Slack refused a message, by its reason."""
        refused: dict[str, int] = {}
        for client in self._channels.values():
            for reason, times in (await client.get("/_sim")).json()["refused"].items():
                refused[reason] = refused.get(reason, 0) + times
        return refused


def _text(message: Mapping[str, Any]) -> str:
    parts = [message["text"]]
    for attachment in message["attachments"]:
        parts += [attachment.get("title", ""), attachment.get("text", "")]
    return "\n".join(parts)
