"""A run on the terminal: each scenario with its timeline, each failure in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration
from emulator.faces.reports.blocks import scenario_lines
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.faces.output import Output
    from emulator.scenario.results import ScenarioResult


class ConsoleReport:
    """Prints results as they come. *verbosity* is -1 (failures only), 0, or 1 (every finding)."""

    def __init__(self, output: Output, verbosity: int = 0) -> None:
        self._out = output
        self._verbosity = verbosity

    def scenario(self, result: ScenarioResult) -> None:
        """Print one scenario."""
        if result.status is Status.PASSED and self._verbosity < 0:
            return
        for line in scenario_lines(result, self._out, notes=self._verbosity > 0):
            self._out.line(line)
        self._out.line()

    def finished(self, results: Sequence[ScenarioResult], duration_s: float) -> None:
        """Print the closing line."""
        counts = {status: sum(1 for result in results if result.status is status) for status in Status}
        failed = counts[Status.FAILED] + counts[Status.UNREACHABLE] + counts[Status.UNCHECKED]
        parts = [f"{counts[Status.PASSED]} passed"] + ([f"{failed} failed"] if failed else [])
        color = "red" if failed else "green"
        self._out.line(self._out.styled(f"{', '.join(parts)} in {format_duration(duration_s)}", fg=color, bold=True))
