"""A run on the terminal: each scenario with its timeline, each failure in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration
from emulator.faces.reports.blocks import scenario_lines
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from emulator.faces.output import Output
    from emulator.scenario.model import Scenario
    from emulator.scenario.results import RunResult, ScenarioResult, StepResult

_MOST_PRINTED = 20


class ConsoleReport:
    """Prints results as they come. *verbosity* is -1 (failures only), 0, or 1 (every finding)."""

    def __init__(self, output: Output, verbosity: int = 0) -> None:
        self._out = output
        self._verbosity = verbosity

    def started(self, scenario: Scenario) -> None:
        """Nothing is printed before a scenario has ended."""

    def step(self, scenario: Scenario, result: StepResult) -> None:
        """Nor of a step by itself."""

    def scenario(self, result: ScenarioResult) -> None:
        """Print one scenario."""
        if result.status is Status.PASSED and self._verbosity < 0:
            return
        for line in scenario_lines(result, self._out, notes=self._verbosity > 0):
            self._out.line(line)
        self._out.line()

    def finished(self, run: RunResult) -> None:
        """Print what the provider's process said, if something failed, and the closing lines."""
        if run.failed and run.provider_output:
            self._out.text("the provider printed:")
            for line in run.provider_output[-_MOST_PRINTED:]:
                self._out.text(f"  | {line}")  # a CI system may take a line's beginning for a command
            self._out.line()
        others = ((Status.EXPECTED, "failed as expected"), (Status.SKIPPED, "skipped"))
        parts = [f"{run.passed} passed"] + ([f"{run.failed} failed"] if run.failed else [])
        for status, words in others:
            count = sum(1 for result in run.results if result.status is status)
            parts += [f"{count} {words}"] if count else []
        color = "red" if run.failed or run.stopped else "green"
        closing = f"{', '.join(parts)} in {format_duration(run.duration_s)}"
        self._out.line(self._out.styled(closing, fg=color, bold=True))
        if run.stopped is not None:
            self._out.text(f"stopped {run.stopped}: {len(run.left_out)} of {_scenarios(run)} not begun")


def _scenarios(run: RunResult) -> str:
    total = len(run.left_out) + len(run.results)
    return f"{total} scenario{'s' if total > 1 else ''}"
