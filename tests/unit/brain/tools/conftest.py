import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from julia_brain.testing import SteppedClock
from julia_brain.tools.calls import ToolCall
from julia_brain.tools.testing import FakeShifts, a_begun_turn
from julia_brain.tools.toolbox import Toolbox
from julia_common.database import TurnBegun

SUNDAY_NOON = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)  # 12h in São Paulo


@dataclass
class Desk:
    """A toolbox whose results are read as JSON."""

    shifts: FakeShifts = field(default_factory=FakeShifts)
    begun: TurnBegun = field(default_factory=a_begun_turn)

    def __post_init__(self) -> None:
        self.clock = SteppedClock(SUNDAY_NOON)
        self.tools = Toolbox(
            self.shifts, self.begun, conversa_id="conversa-1", token="token-1", clock=self.clock
        )

    async def use(self, name: str, **arguments: object) -> dict[str, Any]:
        """What the tool answered."""
        result = await self.tools.run(ToolCall("toolu_1", name, arguments))
        assert not result.is_error, result.content
        return json.loads(result.content)

    async def misuse(self, name: str, **arguments: object) -> str:
        """What the model is told of its mistake."""
        result = await self.tools.run(ToolCall("toolu_1", name, arguments))
        assert result.is_error, result.content
        return json.loads(result.content)["erro"]


@pytest.fixture
def a_desk() -> Callable[..., Desk]:
    """Toolboxes at noon of a Sunday in São Paulo, 22 November 2026."""
    return Desk


@pytest.fixture
def desk() -> Desk:
    """A toolbox in a conversation in which nothing was shown yet."""
    return Desk()
