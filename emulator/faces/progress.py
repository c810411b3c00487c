"""One line on the terminal that says how far a long run is; it is gone once something else is printed."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, TextIO

from emulator.faces.colors import can_redraw
from emulator.faces.output import inert, visible
from emulator.scenario.results import FAILING

if TYPE_CHECKING:
    from emulator.core.redaction import Redactor
    from emulator.engine.clock import Clock
    from emulator.scenario.model import Scenario
    from emulator.scenario.results import ScenarioResult, StepResult

_QUIET_S = 1.0
"""A run that is over by then needs no progress."""
_EVERY_S = 0.1
_ERASE = "\r\x1b[2K"


def wants_progress() -> bool:
    """Whether a person is looking, at a terminal that understands what takes the line away again."""
    return sys.stdout.isatty() and can_redraw(sys.stderr)


class Progress:
    """Writes ``12 of 200 · 1 failed · Round trip: Expect``; a listener of the run, before all that print."""

    def __init__(self, total: int, clock: Clock, redactor: Redactor, stream: TextIO | None = None) -> None:
        self._total = total
        self._clock = clock
        self._redactor = redactor
        self._stream = stream or sys.stderr
        self._began = self._written = clock.now()
        self._done = self._failed = 0
        self._is_shown = False

    def started(self, scenario: Scenario) -> None:
        """A scenario begins."""
        self._show(scenario.name)

    def step(self, scenario: Scenario, result: StepResult) -> None:
        """A step has ended."""
        self._show(f"{scenario.name}: {result.name}")

    def scenario(self, result: ScenarioResult) -> None:
        """A scenario has ended: what is printed of it comes next."""
        self._done += 1
        self._failed += result.status in FAILING
        self.clear()

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._is_shown = False

    def _show(self, doing: str) -> None:
        now = self._clock.now()
        if now - self._began < _QUIET_S or now - self._written < _EVERY_S:
            return
        self._written, self._is_shown = now, True
        failed = f" · {self._failed} failed" if self._failed else ""
        text = f"{self._done} of {self._total}{failed} · {self._redactor.name(doing)}".replace("\n", " ")
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(_ERASE + inert(visible(text))[:width])
        self._stream.flush()
