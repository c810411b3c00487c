"""A run on the terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from emulator.errors import Location
from emulator.faces.output import Output
from emulator.faces.reports.console import ConsoleReport
from emulator.scenario.results import Failure, RunResult, ScenarioResult, Status

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


@pytest.mark.parametrize(("verbosity", "shown"), [(-1, False), (0, True), (1, True)])
def test_quiet_shows_failures_only(verbosity: int, shown: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """--quiet leaves out what passed."""
    ConsoleReport(Output(), verbosity).scenario(PASSED)
    assert shown == ("PASS  S " in capsys.readouterr().out)


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


def test_why_a_scenario_was_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    """What was not played, or may fail, has its reason beside it."""
    ConsoleReport(Output()).scenario(replace(PASSED, status=Status.SKIPPED, reason="nobody can answer"))
    out = capsys.readouterr().out
    assert "SKIP  S " in out
    assert "nobody can answer" in out
