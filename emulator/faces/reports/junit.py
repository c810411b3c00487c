"""A run as JUnit XML: a test suite for each file, a test case for each scenario."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING, Any

from emulator.faces.output import Output
from emulator.faces.reports.blocks import course_lines, untold_stop, verdict_lines
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.engine.exchanges import Exchange
    from emulator.scenario.results import RunResult, ScenarioResult

# XML 1.0 has no way to write these.
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ERRORS = frozenset({Status.UNREACHABLE, Status.INTERRUPTED})
_FAILURES = frozenset({Status.FAILED, Status.UNCHECKED})


def render(run: RunResult, exchanges: Callable[[int], Exchange | None], output: Output) -> str:
    """*run*, which is masked, as XML."""
    del exchanges
    junit: Any = import_module("junitparser")  # half of its functions have no types

    report = junit.JUnitXml("ringo-emu")
    for file, results in groupby(run.results, key=lambda each: each.at.file):
        suite = junit.TestSuite(_clean(file))
        suite.timestamp = run.started_at.isoformat()
        for name, value in _properties(run):
            suite.add_property(name, _clean(value))
        suite.add_testcases([_case(result, output) for result in results])  # one at a time it counts all each time
        report.add_testsuite(suite)
    stop = untold_stop(run)
    if run.left_out or stop is not None:
        suite = junit.TestSuite("not played")
        not_played = [("The run", junit.Error(_clean(stop)))] if stop is not None else []
        not_played += [(each, junit.Skipped(_clean(f"stopped {run.stopped}"))) for each in run.left_out]
        cases = []
        for name, end in not_played:
            cases.append(junit.TestCase(_clean(name), "not played", 0))
            cases[-1].result = [end]
        suite.add_testcases(cases)
        report.add_testsuite(suite)
    report.update_statistics()
    report.time = round(run.duration_s, 3)
    return str(report.tostring().decode())


def _properties(run: RunResult) -> Iterator[tuple[str, str]]:
    yield "integration", run.integration
    if run.seed is not None:
        yield "seed", str(run.seed)


def _case(result: ScenarioResult, output: Output) -> Any:
    junit: Any = import_module("junitparser")  # half of its functions have no types

    # No further: a reader that knows the schema takes no 1e-05.
    case = junit.TestCase(_clean(result.name), _clean(result.at.file), round(result.duration_s, 3))
    case._elem.set("file", _clean(result.at.file))  # noqa: SLF001 - a known attribute that the library has no name for
    case._elem.set("line", str(result.at.line or 1))  # noqa: SLF001
    plain = output.plain()
    verdict = "\n".join(verdict_lines(result, plain, detail=True))
    course = "\n".join(course_lines(result, plain, detail=True, notes=True))
    covers = dict.fromkeys(rule for step in result.steps for rule in step.covers)
    pairs = [(name, each) for name, values in (("tag", result.tags), ("covers", covers)) for each in values]
    if pairs:
        properties = junit.Properties()
        for name, value in pairs:
            properties.add_property(junit.Property(name, _clean(value)))
        case.append(properties)
    outcome = _outcome(result, _clean(verdict))
    if outcome is not None:
        case.result = [outcome]
    # A failure holds what it says itself; nothing is in the file twice.
    case.system_out = _clean(course if outcome is not None and outcome.text else f"{verdict}\n{course}".rstrip("\n"))
    return case


def _outcome(result: ScenarioResult, text: str) -> Any:
    junit: Any = import_module("junitparser")  # half of its functions have no types

    if result.status in {Status.SKIPPED, Status.EXPECTED}:
        why = result.reason or "" if result.status is Status.SKIPPED else f"failed as expected: {result.reason}"
        return junit.Skipped(_clean(why))
    if result.status not in _ERRORS | _FAILURES:
        return None
    first = next((failure for _, _, _, failure in result.failures), None)
    kind = junit.Error if result.status in _ERRORS else junit.Failure
    message = first.sentence if first else result.status.value
    if result.status is Status.INTERRUPTED:
        why = " ".join(first.cause.split()) if first else "somebody stopped the run"
        message = f"interrupted before its end: {why}"
    outcome = kind(_clean(message), _clean(first.code) if first else "")
    outcome.text = text
    return outcome


def _clean(text: str) -> str:
    """*text* as XML can hold it: what it cannot is written as an escape."""
    return _NOT_IN_XML.sub(lambda match: match.group().encode("unicode_escape").decode(), text)
