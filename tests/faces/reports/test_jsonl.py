"""A run as JSON Lines."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from emulator.errors import Location
from emulator.faces.output import Output
from emulator.faces.reports.jsonl import JsonLinesReport
from emulator.scenario.results import Failure, RunResult, ScenarioResult, Status

AT = Location(file="a.yaml", line=1, column=2)
FAILURE = Failure(code="X1", expected="a", received="b", mend="c", exchange=3)
RESULT = ScenarioResult(name="S", at=AT, status=Status.FAILED, duration_s=1.5, steps=(), timeline=(), problem=FAILURE)

RUN = RunResult(
    results=(replace(RESULT, status=Status.PASSED, problem=None), RESULT),
    started_at=datetime(2026, 11, 23, tzinfo=UTC),
    duration_s=2.0,
    exit_code=1,
    integration="acme.json",
)


def test_a_scenario_and_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """A finished scenario is a line with its failure, the run's end one with its counts."""
    report = JsonLinesReport(Output())
    report.scenario(RESULT)
    report.finished(RUN)
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
        "reason": None,
        "warnings": [],
        "timeline": [],
    } == scenario
    assert {
        "event": "run_finished",
        "passed": 1,
        "failed": 1,
        "duration_s": 2.0,
        "exit_code": 1,
        "stopped": None,
        "left_out": [],
    } == end
