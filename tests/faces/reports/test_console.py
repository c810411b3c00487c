"""A run on the terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from emulator.core.telling import Told, thing
from emulator.errors import Finding, Location, Severity
from emulator.faces.output import Output
from emulator.faces.reports.console import ConsoleReport
from emulator.scenario.results import Failure, RunResult, ScenarioResult, Status
from tests.faces.reports.conftest import EVERY

FAILURE = Failure(code="X1", expected="a", received="b\x1b[2J", mend="c", exchange=3)
RESULT = ScenarioResult(
    name="S",
    at=Location(file="a.yaml", line=1, column=2),
    status=Status.FAILED,
    duration_s=1.5,
    steps=(),
    timeline=(),
    problem=FAILURE,
)
RUN = RunResult(
    results=(replace(RESULT, status=Status.PASSED, problem=None), RESULT),
    started_at=datetime(2026, 11, 23, tzinfo=UTC),
    duration_s=2.0,
    exit_code=1,
    integration="acme.json",
)
PASSED = replace(RESULT, status=Status.PASSED, problem=None)


def test_a_failure_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure says what was expected, what came, how to mend it and what to look at."""
    ConsoleReport(Output()).scenario(RESULT)
    out = capsys.readouterr().out
    for part in ("FAIL  S ", "a.yaml:1:2", "expected  a", "received  b\\x1b[2J", "mend", "[X1]", "journal show 3"):
        assert part in out


def _printed(
    capsys: pytest.CaptureFixture[str], verbosity: int, *results: ScenarioResult, closing: RunResult | None = None
) -> list[str]:
    report = ConsoleReport(Output(color=False), verbosity)
    for each in results:
        report.scenario(each)
    if closing is not None:
        report.finished(closing)
    return capsys.readouterr().out.splitlines()


def test_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    """What failed is told in full, with its timeline; all else is a line, and what is to be warned of below it."""
    lines = [line for each in EVERY.results for line in _printed(capsys, 0, each)]
    heads = [line for line in lines if re.match("[A-Z]{4}", line)]
    assert ["PASS  Passes", "SKIP  Is skipped", "XFAIL  Fails as expected"] == [
        " ".join(line.split("   ")[0].split(" ")).strip() for line in heads if line[:4] in {"PASS", "SKIP", "XFAI"}
    ]
    assert all("because nothing came" in line for line in heads if line.startswith(("SKIP", "XFAIL")))
    assert 4 == sum("  → #1   SendMessage" in line for line in lines)
    assert 4 == sum(line.startswith("  expected") for line in lines)
    assert ["PASS", "  wa", "  wa", "FAIL"] == [line[:4] for line in lines[:4]]


def test_one_cause_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The first scenario in full, the others in a line each with their place; --verbose tells each in full."""
    others = [replace(RESULT, name=f"S{line}", at=replace(RESULT.at, line=line)) for line in (7, 9)]
    report = ConsoleReport(Output(color=False))
    for each in (RESULT, *others):
        report.scenario(each)
    report.finished(replace(RUN, results=(RESULT, *others)))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("   ")[0] for line in lines if line.startswith("FAIL")] == ["FAIL  S", "FAIL  S7", "FAIL  S9"]
    assert 1 == sum(line.startswith("  mend") for line in lines)
    assert f'FAIL  {"S7":46}  a.yaml:7:2   as in "S": b\\x1b[2J [X1]' in lines
    assert "3 scenarios fail by one cause, told in full at a.yaml:1:2 (ringo-emu journal show 3) [X1]" in lines
    assert 3 == sum(line.startswith("  mend") for line in _printed(capsys, 1, RESULT, *others))


def test_lines_stand_together(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines follow each other; an empty one keeps a failure from what stands around it."""
    lines = _printed(capsys, 0, PASSED, PASSED, RESULT, PASSED)
    assert ["PASS", "PASS", "", "FAIL"] == [line[:4] for line in lines[:4]]
    assert ["", "PASS"] == [line[:4] for line in lines[-2:]]


def test_columns_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever word a line begins with, what comes behind the name begins at the same column."""
    lines = _printed(capsys, 0, *(replace(PASSED, status=each) for each in (Status.PASSED, Status.EXPECTED)))
    assert ["PASS", "XFAIL"] == [line.split()[0] for line in lines]
    assert 1 == len({line.index("a.yaml") for line in lines})


def test_verbose_shows_every_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    """-v brings the timeline of each, and the failure of what is known to fail."""
    lines = _printed(capsys, 1, *EVERY.results)
    assert len(EVERY.results) == sum("  → #1   SendMessage" in line for line in lines)
    assert 5 == sum(line.startswith("  expected") for line in lines)


def test_quiet_shows_failures_only(capsys: pytest.CaptureFixture[str]) -> None:
    """-q leaves out whatever does not fail the run."""
    lines = _printed(capsys, -1, *EVERY.results)
    assert {"FAIL", "STOP"} == {line[:4] for line in lines if re.match("[A-Z]{4}", line)}
    assert [] == _printed(capsys, -1, PASSED, replace(PASSED, warnings=("odd",)))


def test_all_ends_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """The closing line's numbers are all scenarios that were begun, each once; what was interrupted has not failed."""
    ConsoleReport(Output(color=False)).finished(EVERY)
    closing = next(line for line in capsys.readouterr().out.splitlines() if " passed" in line)
    assert "1 passed, 3 failed, 1 interrupted, 1 failed as expected, 1 skipped in 12.5 s" == closing
    assert len(EVERY.results) == sum(map(int, re.findall(r"(\d+) [a-z]{4}", closing)))


def test_the_closing_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The closing line counts what passed and what failed, and what neither did."""
    ConsoleReport(Output()).finished(RUN)
    assert "1 passed, 1 failed in 2 s\n" == capsys.readouterr().out
    others = (replace(PASSED, status=Status.EXPECTED), replace(PASSED, status=Status.SKIPPED), PASSED)
    ConsoleReport(Output()).finished(replace(RUN, results=others))
    assert "1 passed, 1 failed as expected, 1 skipped in 2 s\n" == capsys.readouterr().out


def test_a_run_that_was_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    """It says why, and what was left out; what the provider printed helps with a failure."""
    ConsoleReport(Output()).finished(
        replace(RUN, stopped="by a signal", left_out=("a", "b"), provider_output=("Traceback",))
    )
    out = capsys.readouterr().out
    assert "the provider printed:\n  | Traceback\n" in out
    assert out.endswith("stopped by a signal: 2 of 4 scenarios not begun\n")
    ConsoleReport(Output()).finished(replace(RUN, stopped="at --timeout, after 5 s"))
    assert capsys.readouterr().out.endswith("\nstopped at --timeout, after 5 s\n")


def test_why_a_scenario_was_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    """What was not played, or may fail, has its reason beside it."""
    ConsoleReport(Output()).scenario(replace(PASSED, status=Status.SKIPPED, reason="nobody can answer"))
    out = capsys.readouterr().out
    assert "SKIP  S " in out
    assert "nobody can answer" in out


def _with_findings(name: str, number: int) -> ScenarioResult:
    """A scenario in which a step and a webhook found the same as in any other, with another value."""
    about = thing("WH-102", f"$.items[{number}].ref", "")
    heard = Finding(
        code="API-110",
        severity=Severity.WARNING,
        path="$.id",
        message=f"the id is a number, {number}",
        remedy="quote it",
    )
    step = replace(EVERY.results[0].steps[0], failure=None, status=Status.PASSED, findings=(heard, heard))
    warning = Told(f"$.items[{number}].ref is a number, {number} (#3, #5); send it in quotes [WH-102]", about, 2)
    return replace(RESULT, name=name, status=Status.PASSED, problem=None, steps=(step,), warnings=(warning,))


def test_what_is_so_at_a_place_is_told_once_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Framework 8.17: once, whatever the value, and at the end how often it came and how to hear no more of it."""
    lines = _printed(
        capsys, 0, _with_findings("one", 1), _with_findings("two", 2), _with_findings("three", 3), closing=EVERY
    )
    assert [line.strip() for line in lines if "WH-102" in line or "API-110" in line] == [
        "warning: the id is a number, 1 [API-110]",
        "warning: $.items[1].ref is a number, 1 (#3, #5); send it in quotes [WH-102]",
        "API-110 at $.id came 6 times; ignore_findings: [API-110] in the project file keeps it quiet",
        "WH-102 at $.items[*].ref came 6 times; ignore_findings: [WH-102] in the project file keeps it quiet",
    ]
    long = _printed(capsys, 1, _with_findings("one", 1), _with_findings("two", 2))
    assert 2 == sum("[WH-102]" in line for line in long)
