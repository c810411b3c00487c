"""The lines in which a scenario, a failure and a timeline are told, wherever they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration
from emulator.errors import Severity
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from emulator.errors import Location
    from emulator.faces.output import Output
    from emulator.scenario.results import Detail, Failure, RunResult, ScenarioResult, TimelineEntry

_WORDS = {
    Status.PASSED: ("PASS", "green"),
    Status.FAILED: ("FAIL", "red"),
    Status.UNREACHABLE: ("FAIL", "red"),
    Status.UNCHECKED: ("FAIL", "red"),
    Status.WARNED: ("WARN", "yellow"),
    Status.SKIPPED: ("SKIP", "yellow"),
    Status.EXPECTED: ("XFAIL", "yellow"),
    Status.INTERRUPTED: ("STOP", "red"),
}
_NAME_WIDTH = 46
_MOST_LINES = 40
MOST_BESIDE_A_FAILURE = 10


def untold_stop(run: RunResult) -> str | None:
    """Why *run* was stopped, where no scenario's failure says so: a provider that never started, for instance.

    A report that only had scenarios would call such a run a good one, of which all was skipped.
    """
    return None if run.stopped is None or run.failed else f"stopped {run.stopped}"


def scenario_lines(result: ScenarioResult, out: Output, *, notes: bool, journal: str = "") -> Iterator[str]:
    """A scenario as it went: its failures in full, its timeline, and what was found, notes if wanted.

    *journal* is the file's name where ``ringo-emu journal`` would not find it by itself.
    """
    if not result.failures:
        yield _head(result.status, result.name, result.at, format_duration(result.duration_s), out)
    if result.reason:
        yield _row("because", result.reason, out)
    for status, failures in ((result.status, result.failures), (Status.WARNED, result.warned)):
        for name, at, took, failure in failures:
            yield _head(status, name, at, took, out)
            if name != result.name:
                yield _row("in", result.name, out)
            yield from failure_lines(failure, out, journal=journal)
    most = MOST_BESIDE_A_FAILURE if result.failures else _MOST_LINES
    yield from timeline_lines(result.timeline, most, out)
    yield from _findings(result, out, notes=notes)
    for warning in result.warnings:
        yield out.styled("  warning: ", fg="yellow") + out.styled(warning)


def _head(status: Status, name: str, at: Location, took: str, out: Output) -> str:
    word, color = _WORDS[status]
    where = out.styled(f"{at}   {took}")
    return f"{out.styled(word, fg=color, bold=True)}  {out.styled(name.ljust(_NAME_WIDTH))}  {where}"


def _row(label: str, text: str, out: Output) -> str:
    return f"  {label:<8}  {out.styled(text)}"


def failure_lines(failure: Failure, out: Output, *, journal: str = "") -> Iterator[str]:
    """What was expected, what was received, what is wrong with it, how to mend it and where to look."""
    yield _row("expected", failure.expected, out)
    yield _row("received", failure.received, out)
    width = max((len(detail.label) for detail in failure.details), default=0)
    for detail in failure.details:
        yield _detail(detail, width, out)
    yield _row("mend", f"{failure.mend}        [{failure.code}]", out)
    if failure.exchange is not None:
        which = f"{failure.exchange} --journal {journal}" if journal else str(failure.exchange)
        yield _row("see", f"ringo-emu journal show {which} · replay it: ringo-emu journal curl {which}", out)


def _detail(detail: Detail, width: int, out: Output) -> str:
    mark = out.styled("✗", fg="red") if detail.wrong else " "
    return f"    {mark} {out.styled(detail.label.ljust(width))}   {out.styled(detail.text)}"


def timeline_lines(timeline: Sequence[TimelineEntry], most: int, out: Output) -> Iterator[str]:
    """The latest entries of a timeline, a line each."""
    shown = timeline[-most:]
    if len(timeline) > len(shown):
        yield f"              … and {len(timeline) - len(shown)} before: ringo-emu journal list"
    width = max((len(entry.label) for entry in shown), default=0)
    for entry in shown:
        number = f"#{entry.exchange}" if entry.exchange is not None else ""
        at = f"{entry.at_s * 1000:.0f} ms"
        yield (
            f"  {at:>10}  {entry.arrow} {number:<4} {out.styled(entry.label.ljust(width))}  {out.styled(entry.detail)}"
        )


def _findings(result: ScenarioResult, out: Output, *, notes: bool) -> Iterator[str]:
    failures = [failure for _, _, _, failure in (*result.failures, *result.warned)]
    told = {text for each in failures for text in (each.received, *(detail.text for detail in each.details))}
    for step in result.steps:
        for finding in step.findings:
            if finding.message in told or (finding.severity is Severity.NOTE and not notes):
                continue
            yield (
                out.styled(f"  {finding.severity.value}: ", fg="yellow")
                + out.styled(f"{finding.message} [{finding.code}]")
            )
