"""A run on the terminal: each scenario with its timeline, each failure in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration
from emulator.errors import Severity
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.errors import Location
    from emulator.faces.output import Output
    from emulator.scenario.results import Detail, Failure, ScenarioResult, TimelineEntry

_WORDS = {
    Status.PASSED: ("PASS", "green"),
    Status.FAILED: ("FAIL", "red"),
    Status.UNREACHABLE: ("FAIL", "red"),
    Status.UNCHECKED: ("FAIL", "red"),
    Status.WARNED: ("WARN", "yellow"),
    Status.SKIPPED: ("SKIP", "yellow"),
}
_NAME_WIDTH = 46
_MOST_LINES = 40
_MOST_BESIDE_A_FAILURE = 10


class ConsoleReport:
    """Prints results as they come. *verbosity* is -1 (failures only), 0, or 1 (every finding)."""

    def __init__(self, output: Output, verbosity: int = 0) -> None:
        self._out = output
        self._verbosity = verbosity

    def scenario(self, result: ScenarioResult) -> None:
        """Print one scenario."""
        if result.status is Status.PASSED and self._verbosity < 0:
            return
        if not result.failures:
            self._head(result.status, result.name, result.at, format_duration(result.duration_s))
        for status, failures in ((result.status, result.failures), (Status.WARNED, result.warned)):
            for name, at, took, failure in failures:
                self._head(status, name, at, took)
                if name != result.name:
                    self._row("in", result.name)
                self._failure(failure)
        self._timeline(result.timeline, _MOST_BESIDE_A_FAILURE if result.failures else _MOST_LINES)
        self._findings(result)
        for warning in result.warnings:
            self._out.line(self._out.styled("  warning: ", fg="yellow") + self._out.styled(warning))
        self._out.line()

    def _head(self, status: Status, name: str, at: Location, took: str) -> None:
        word, color = _WORDS[status]
        self._out.line(
            f"{self._out.styled(word, fg=color, bold=True)}  {self._out.styled(name.ljust(_NAME_WIDTH))}  "
            f"{self._out.styled(f'{at}   {took}')}"
        )

    def _row(self, label: str, text: str) -> None:
        self._out.line(f"  {label:<8}  {self._out.styled(text)}")

    def _failure(self, failure: Failure) -> None:
        self._row("expected", failure.expected)
        self._row("received", failure.received)
        width = max((len(detail.label) for detail in failure.details), default=0)
        for detail in failure.details:
            self._detail(detail, width)
        self._row("mend", f"{failure.mend}        [{failure.code}]")
        if failure.exchange is not None:
            number = failure.exchange
            self._row("see", f"ringo-emu journal show {number} · replay it: ringo-emu journal curl {number}")

    def _detail(self, detail: Detail, width: int) -> None:
        mark = self._out.styled("✗", fg="red") if detail.wrong else " "
        self._out.line(f"    {mark} {self._out.styled(detail.label.ljust(width))}   {self._out.styled(detail.text)}")

    def _timeline(self, timeline: Sequence[TimelineEntry], most: int) -> None:
        shown = timeline[-most:]
        if len(timeline) > len(shown):
            self._out.text(f"              … and {len(timeline) - len(shown)} before: ringo-emu journal list")
        width = max((len(entry.label) for entry in shown), default=0)
        for entry in shown:
            number = f"#{entry.exchange}" if entry.exchange is not None else ""
            at = f"{entry.at_s * 1000:.0f} ms"
            self._out.line(
                f"  {at:>10}  {entry.arrow} {number:<4} {self._out.styled(entry.label.ljust(width))}  "
                f"{self._out.styled(entry.detail)}"
            )

    def _findings(self, result: ScenarioResult) -> None:
        failures = [failure for _, _, _, failure in (*result.failures, *result.warned)]
        told = {text for each in failures for text in (each.received, *(detail.text for detail in each.details))}
        for step in result.steps:
            for finding in step.findings:
                if finding.message in told or (finding.severity is Severity.NOTE and self._verbosity < 1):
                    continue
                word = self._out.styled(f"  {finding.severity.value}: ", fg="yellow")
                self._out.line(word + self._out.styled(f"{finding.message} [{finding.code}]"))

    def finished(self, results: Sequence[ScenarioResult], duration_s: float) -> None:
        """Print the closing line."""
        counts = {status: sum(1 for result in results if result.status is status) for status in Status}
        failed = counts[Status.FAILED] + counts[Status.UNREACHABLE] + counts[Status.UNCHECKED]
        parts = [f"{counts[Status.PASSED]} passed"] + ([f"{failed} failed"] if failed else [])
        color = "red" if failed else "green"
        self._out.line(self._out.styled(f"{', '.join(parts)} in {format_duration(duration_s)}", fg=color, bold=True))
