"""Steps that only pass time or say something: ``wait``, ``note``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from emulator.core.plain import source_text
from emulator.core.scalars import Duration, Text
from emulator.scenario.steps.base import Common, Outcome, StepKind, Turn


class Wait(StepKind):
    """Lets time pass. To wait for a webhook, expect it: that wakes when it comes."""

    duration: Duration
    """How long."""

    verb: ClassVar[str] = "wait"
    title: ClassVar[str] = "Wait"
    shorthand: ClassVar[str | None] = "duration"

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Says how long."""
        return f"Wait {source_text(arguments.get('duration'))}"

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Sleep."""
        await turn.platform.clock.sleep(self.duration)
        return Outcome()


class Note(StepKind):
    """Says something in the timeline."""

    text: Text
    """What to say."""

    verb: ClassVar[str] = "note"
    title: ClassVar[str] = "Note"
    shorthand: ClassVar[str | None] = "text"

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Say it."""
        return Outcome(note=self.text)
