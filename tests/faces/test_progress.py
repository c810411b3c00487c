"""How far a long run is: one line, on a terminal only, that never stands in the way of what is printed."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from emulator.core.redaction import Redactor
from emulator.errors import Location
from emulator.faces.progress import Progress, wants_progress
from emulator.scenario.model import Scenario
from emulator.scenario.results import ScenarioResult, Status, StepResult

AT = Location(file="x.yaml", line=1, column=1)
SCENARIO = Scenario(
    name="Round trip",
    description="",
    tags=(),
    variables={},
    row={},
    setup=(),
    steps=(),
    teardown=(),
    unexpected="fail",
    at=AT,
)
STEP = StepResult(verb="note", name="Say\ns3cret-key \x1b[2J", at=AT, status=Status.PASSED, began_s=0, duration_s=0)
FAILED = ScenarioResult(name="x", at=AT, status=Status.FAILED, duration_s=1, steps=(), timeline=())


class Stopped:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A progress on a terminal of 60 columns, its clock and what it wrote."""
    monkeypatch.setenv("COLUMNS", "60")
    clock, stream = Stopped(), io.StringIO()
    return Progress(200, clock, Redactor(["s3cret-key"]), stream), clock, stream  # type: ignore[arg-type]


def test_a_short_run_needs_none(shown: Any) -> None:
    """Nothing is written in the first second."""
    progress, clock, stream = shown
    progress.started(SCENARIO)
    clock.time = 0.9
    progress.step(SCENARIO, STEP)
    progress.scenario(FAILED)
    progress.clear()
    assert "" == stream.getvalue()


def test_one_line_that_is_taken_away(shown: Any) -> None:
    """It counts, names what is going on without secrets and control characters, and goes before others print."""
    progress, clock, stream = shown
    clock.time = 2.0
    progress.started(SCENARIO)
    assert "\r\x1b[2K0 of 200 · Round trip" == stream.getvalue()
    progress.scenario(FAILED)
    assert stream.getvalue().endswith("Round trip\r\x1b[2K")
    clock.time = 3.0
    progress.step(SCENARIO, STEP)
    assert stream.getvalue().endswith("\r\x1b[2K1 of 200 · 1 failed · Round trip: Say *** \\x1b[2J")


def test_it_is_written_ten_times_a_second_at_most(shown: Any) -> None:
    """A terminal is slower than a run, and lines wrap unless they are cut."""
    progress, clock, stream = shown
    for number in range(100):
        clock.time = 2.0 + number / 1000
        progress.started(SCENARIO)
    assert 1 == stream.getvalue().count("of 200")


def test_who_is_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a terminal gets it: neither a file nor a pipe."""
    assert not wants_progress()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert wants_progress()
