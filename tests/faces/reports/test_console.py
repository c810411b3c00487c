"""A run on the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.errors import Location
from emulator.faces.output import Output
from emulator.faces.reports.console import ConsoleReport
from emulator.scenario.results import Failure, ScenarioResult, Status

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
    """The closing line counts what passed and what failed."""
    ConsoleReport(Output()).finished([PASSED, RESULT], 1.0)
    assert capsys.readouterr().out.startswith("1 passed, 1 failed in ")
