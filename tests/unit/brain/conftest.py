"""A doctor, a conversation and the engine, all within one process and on a clock of its own."""

import asyncio
from dataclasses import dataclass, field

import pytest

from julia_brain.testing import (
    CONVERSA_ID,
    FakeAttachments,
    FakeConversation,
    FakeDoorbell,
    FakePrompts,
    FakeShifts,
    FakeSigns,
    FakeTranscriber,
    FakeVault,
    ScriptedWriter,
    SteppedClock,
)
from julia_brain.turns.engine import Engine, Finished
from julia_brain.turns.reading import Reader


@dataclass
class Scene:
    clock: SteppedClock = field(default_factory=SteppedClock)
    signs: FakeSigns = field(default_factory=FakeSigns)
    doorbell: FakeDoorbell = field(default_factory=FakeDoorbell)
    shifts: FakeShifts = field(default_factory=FakeShifts)
    prompts: FakePrompts = field(default_factory=FakePrompts)

    def __post_init__(self) -> None:
        self.db = FakeConversation(self.clock)
        self.writer = ScriptedWriter(self.clock)
        self.attachments = FakeAttachments(self.clock)
        self.transcriber = FakeTranscriber()
        self.reader = Reader(
            attachments=self.attachments,
            transcriber=self.transcriber,
            writer=self.writer,
            vault=FakeVault(),
            readings=self.db,
            clock=self.clock,
        )
        self.engine = Engine(
            turns=self.db,
            shifts=self.shifts,
            prompts=self.prompts,
            reader=self.reader,
            writer=self.writer,
            signs=self.signs,
            doorbell=self.doorbell,
            clock=self.clock,
            owner="owner-1",
        )

    def start(self) -> "asyncio.Task[Finished]":
        return asyncio.create_task(self.engine.run(CONVERSA_ID))

    async def run(self) -> Finished:
        return await self.clock.until_done(self.start())

    @property
    def sent(self) -> list[str]:
        return [part for commit in self.db.commits for part in commit.parts]


@pytest.fixture
async def scene() -> Scene:
    """A doctor wrote, and the burst is over."""
    scene = Scene()
    scene.db.doctor_writes("tem plantão?")
    await scene.clock.advance(1.3)
    return scene
