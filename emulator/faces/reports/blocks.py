"""The lines in which a scenario, a failure and a timeline are told, wherever they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration
from emulator.core.telling import OnceEach, Told, thing
from emulator.errors import Severity
from emulator.scenario.results import FAILING, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from emulator.errors import Location
    from emulator.faces.output import Output
    from emulator.scenario.grouping import Cause
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
_LONGEST_KNOWN = 100
MOST_BESIDE_A_FAILURE = 10


def untold_stop(run: RunResult) -> str | None:
    """Why *run* was stopped, where no scenario says so: a provider that never started, for instance.

    A report that only had scenarios would call such a run a good one, of which all was skipped.
    """
    return None if run.stopped is None or run.failed or run.interrupted else f"stopped {run.stopped}"


def scenario_lines(
    result: ScenarioResult,
    out: Output,
    *,
    detail: bool,
    notes: bool,
    once: OnceEach | None = None,
) -> Iterator[str]:
    """A scenario as it went: a line, or its failures in full with the timeline, and what is to be warned of.

    With *detail* the timeline comes in any case, with *notes* what is only worth knowing. What *once* knows was told
    already is left out.
    """
    yield from verdict_lines(result, out, detail=detail)
    yield from course_lines(result, out, detail=detail, notes=notes, once=once)


def verdict_lines(result: ScenarioResult, out: Output, *, detail: bool) -> Iterator[str]:
    """How a scenario ended: a line, or its failures in full; of one that is known, with *detail* only."""
    failures = result.failures if detail or result.status in FAILING else ()
    if not failures:
        reason = f"   {result.reason}" if result.reason else ""
        yield _head(result.status, result.name, result.at, format_duration(result.duration_s) + reason, out)
    elif result.reason:
        yield _row("because", result.reason, out)
    for status, each in ((result.status, failures), (Status.WARNED, result.warned)):
        for name, at, took, failure in each:
            yield _head(status, name, at, took, out)
            if name != result.name:
                yield f"  {'in':<8}  {out.named(result.name)}"
            yield from failure_lines(failure, out)


def known_line(result: ScenarioResult, cause: Cause, out: Output) -> str:
    """A scenario that failed by a *cause* that was told in full before."""
    ((_, at, _, failure),) = result.failures
    said = " ".join(failure.cause.split())
    said = said if len(said) <= _LONGEST_KNOWN else said[:_LONGEST_KNOWN] + "…"
    return _head(result.status, result.name, at, f'as in "{cause.results[0].name}": {said} [{failure.code}]', out)


def course_lines(
    result: ScenarioResult, out: Output, *, detail: bool, notes: bool, once: OnceEach | None = None
) -> Iterator[str]:
    """What happened in a scenario, where there is reason to look, and what was found out."""
    has_failed = result.status in FAILING
    if detail or has_failed or result.warned:
        yield from timeline_lines(result.timeline, MOST_BESIDE_A_FAILURE if has_failed else _MOST_LINES, out)
    if detail or result.status not in {Status.EXPECTED, Status.SKIPPED}:
        once = once or OnceEach()
        yield from _findings(result, out, notes=notes, once=once)
        for warning in result.warnings:
            if isinstance(warning, Told) and not once.is_first(warning.thing, warning.times):
                continue
            yield out.styled("  warning: ", fg="yellow") + out.styled(warning)


def _head(status: Status, name: str, at: Location, more: str, out: Output) -> str:
    word, color = _WORDS[status]
    where = f"{out.named(str(at))}   {out.styled(more)}"
    return f"{out.named(word, fg=color, bold=True)}  {out.named(name.ljust(_NAME_WIDTH + 4 - len(word)))}  {where}"


def _row(label: str, text: str, out: Output) -> str:
    return f"  {label:<8}  {out.styled(text)}"


def failure_lines(failure: Failure, out: Output) -> Iterator[str]:
    """What was expected, what was received, what is wrong with it, how to mend it and where to look."""
    yield _row("expected", failure.expected, out)
    yield _row("received", failure.received, out)
    width = max((len(detail.label) for detail in failure.details), default=0)
    for detail in failure.details:
        yield _detail(detail, width, out)
    yield _row("mend", f"{failure.mend}        [{failure.code}]", out)
    if failure.exchange is not None:
        see = out.journal_command("show", failure.exchange)
        again = f" · replay it: {out.journal_command('replay', failure.exchange)}" if failure.replayable else ""
        yield _row("see", see + again, out)


def _detail(detail: Detail, width: int, out: Output) -> str:
    mark = out.styled("✗", fg="red") if detail.wrong else " "
    return f"    {mark} {out.named(detail.label.ljust(width))}   {out.styled(detail.text)}"


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
            f"  {at:>10}  {entry.arrow} {number:<4} {out.named(entry.label.ljust(width))}  {out.styled(entry.detail)}"
        )


def _findings(result: ScenarioResult, out: Output, *, notes: bool, once: OnceEach) -> Iterator[str]:
    failures = [failure for _, _, _, failure in (*result.failures, *result.warned)]
    told = {text for each in failures for text in (each.received, *(detail.text for detail in each.details))}
    for step in result.steps:
        for finding in step.findings:
            if finding.message in told or (finding.severity is Severity.NOTE and not notes):
                continue
            if not once.is_first(thing(finding.code, finding.path, finding.message)):
                continue
            yield (
                out.styled(f"  {finding.severity.value}: ", fg="yellow")
                + out.styled(f"{finding.message} [{finding.code}]")
            )
