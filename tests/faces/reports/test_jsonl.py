"""A run as JSON Lines."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from syrupy.assertion import SnapshotAssertion

from emulator.errors import Location
from emulator.faces.output import Output
from emulator.faces.reports import jsonl
from emulator.faces.reports.jsonl import JsonLinesReport
from emulator.scenario.results import Failure, RunResult, ScenarioResult, Status
from tests.faces.reports.conftest import EVERY, Reporting

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
    failure = {"code": "X1", "expected": "a", "received": "b", "details": [], "mend": "c", "exchange": 3}
    assert {**failure, "replayable": True} == scenario.pop("failure")
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
        "interrupted": 0,
        "duration_s": 2.0,
        "exit_code": 1,
        "stopped": None,
        "left_out": [],
        "late": [],
    } == end


def test_the_file(reporting: Reporting, golden: SnapshotAssertion, capsys: pytest.CaptureFixture[str]) -> None:
    """It holds what --json prints, a line for each event."""
    text = jsonl.render(EVERY, reporting.exchanges, reporting.output)
    assert golden == text
    report = JsonLinesReport(reporting.output)
    for result in EVERY.results:
        report.started(result)
        for step in result.steps:
            report.step(result, step)
        report.scenario(result)
    report.finished(EVERY)
    assert capsys.readouterr().out == text
