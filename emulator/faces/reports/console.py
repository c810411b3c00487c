"""A run on the terminal: a line for each scenario, each failure in full, with its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration
from emulator.core.telling import OnceEach
from emulator.faces.reports.blocks import known_line, scenario_lines
from emulator.scenario.grouping import Causes
from emulator.scenario.results import FAILING

if TYPE_CHECKING:
    from emulator.faces.output import Output
    from emulator.scenario.grouping import Cause
    from emulator.scenario.model import Scenario
    from emulator.scenario.results import RunResult, ScenarioResult, StepResult

_MOST_PRINTED = 20


class ConsoleReport:
    """Prints results as they come. *verbosity* is -1 (failures only), 0, or 1 (every timeline and finding)."""

    def __init__(self, output: Output, verbosity: int = 0) -> None:
        self._out = output
        self._verbosity = verbosity
        self._causes = Causes()
        self._once = OnceEach()
        self._after: str | None = None
        """What was printed last: a ``line``, a ``block`` of several, or nothing."""

    def started(self, scenario: Scenario) -> None:
        """Nothing is printed before a scenario has ended."""

    def step(self, scenario: Scenario, result: StepResult) -> None:
        """Nor of a step by itself."""

    def scenario(self, result: ScenarioResult) -> None:
        """Print one scenario."""
        if result.status not in FAILING and self._verbosity < 0:
            return
        is_long = self._verbosity > 0
        known = self._causes.known(result) if result.status in FAILING else None
        if known is not None and not is_long:
            self._block([known_line(result, known, self._out)])
            return
        self._block(
            list(scenario_lines(result, self._out, detail=is_long, notes=is_long, once=None if is_long else self._once))
        )

    def _block(self, lines: list[str]) -> None:
        """Print *lines*; an empty line keeps several that belong together from what stands around them."""
        kind = "block" if len(lines) > 1 else "line"
        if self._after is not None and "block" in {kind, self._after}:
            self._out.line()
        for line in lines:
            self._out.line(line)
        self._after = kind

    def finished(self, run: RunResult) -> None:
        """Print what the provider's process said, if something failed, and the closing lines."""
        if (run.failed or run.interrupted) and run.provider_output:
            said = [f"  | {line}" for line in run.provider_output[-_MOST_PRINTED:]]
            # A CI system may take a line's beginning for a command.
            self._block([self._out.styled(line) for line in ("the provider printed:", *said)])
        for cause in self._causes.shared:
            self._block([self._out.styled(_shared(cause, self._out))])
        again = self._once.again()
        if again and self._verbosity >= 0:
            self._block([self._out.styled(each, dim=True) for each in again])
        if run.late:
            self._block([self._out.styled(each) for each in ("late after all:", *(f"  {each}" for each in run.late))])
        if self._after is not None:
            self._out.line()
        parts = [f"{count} {words}" for words, count in run.counts if count or words == "passed"]
        color = "red" if run.failed or run.interrupted or run.stopped else "green"
        closing = f"{', '.join(parts)} in {format_duration(run.duration_s)}"
        self._out.line(self._out.styled(closing, fg=color, bold=True))
        if run.stopped is not None:
            left_out = f": {len(run.left_out)} of {_scenarios(run)} not begun" if run.left_out else ""
            self._out.text(f"stopped {run.stopped}{left_out}")


def _shared(cause: Cause, out: Output) -> str:
    number = cause.failure.exchange
    more = "" if number is None else f" ({out.journal_command('show', number)})"
    return f"{len(cause.results)} scenarios fail by one cause, told in full at {cause.at}{more} [{cause.failure.code}]"


def _scenarios(run: RunResult) -> str:
    total = len(run.left_out) + len(run.results)
    return f"{total} scenario{'s' if total > 1 else ''}"
