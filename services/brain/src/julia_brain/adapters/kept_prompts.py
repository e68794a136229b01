"""Prompt versions, each read once: the text of an id never changes."""

from julia_brain.ports import Prompts
from julia_common.database import PromptText


class KeptPrompts:
    """Reads from `prompts` and keeps what it read for the life of the process."""

    def __init__(self, prompts: Prompts) -> None:
        """Nothing is read yet."""
        self._prompts = prompts
        self._kept: dict[str, PromptText] = {}

    async def get_prompt(self, *, id: str) -> PromptText:  # noqa: A002 - the port's name
        """Read one version."""
        if id not in self._kept:
            self._kept[id] = await self._prompts.get_prompt(id=id)
        return self._kept[id]
