"""A run as JSON Lines."""

from __future__ import annotations

import json

import pytest

from emulator.errors import Location
from emulator.faces.output import Output
from emulator.faces.reports.jsonl import JsonLinesReport
from emulator.scenario.results import Failure, ScenarioResult, Status

AT = Location(file="a.yaml", line=1, column=2)
FAILURE = Failure(code="X1", expected="a", received="b", mend="c", exchange=3)
RESULT = ScenarioResult(name="S", at=AT, status=Status.FAILED, duration_s=1.5, steps=(), timeline=(), problem=FAILURE)


def test_a_scenario_and_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """A finished scenario is a line with its failure, the run's end one with its counts."""
    report = JsonLinesReport(Output())
    report.scenario(RESULT)
    report.finished([RESULT], 2.0, 1)
    scenario, end = map(json.loads, capsys.readouterr().out.splitlines())
    assert {"code": "X1", "expected": "a", "received": "b", "details": [], "mend": "c", "exchange": 3} == scenario.pop(
        "failure"
    )
    assert {
        "event": "scenario_finished",
        "scenario": "S",
        "file": "a.yaml",
        "line": 1,
        "column": 2,
        "status": "failed",
        "duration_s": 1.5,
        "warnings": [],
        "timeline": [],
    } == scenario
    assert {"event": "run_finished", "passed": 0, "failed": 1, "duration_s": 2.0, "exit_code": 1} == end
