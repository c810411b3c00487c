"""A run as JSON Lines: an event a line, as it happens."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from emulator.core.presenting import finding_data

if TYPE_CHECKING:
    from emulator.errors import Location
    from emulator.faces.output import Output
    from emulator.scenario.model import Scenario
    from emulator.scenario.results import Failure, RunResult, ScenarioResult, StepResult


def _place(at: Location) -> dict[str, Any]:
    return {"file": at.file, "line": at.line, "column": at.column}


def _failure(failure: Failure | None) -> dict[str, Any] | None:
    return None if failure is None else asdict(failure)


class JsonLinesReport:
    """Prints ``{"event": "scenario_started|step|scenario_finished|run_finished", …}``; times are seconds."""

    def __init__(self, output: Output) -> None:
        self._out = output

    def started(self, scenario: Scenario) -> None:
        """A scenario begins."""
        self._out.json({"event": "scenario_started", "scenario": scenario.name, **_place(scenario.at)})

    def step(self, scenario: Scenario, result: StepResult) -> None:
        """A step has ended."""
        self._out.json(
            {
                "event": "step",
                "scenario": scenario.name,
                "step": result.name,
                "verb": result.verb,
                **_place(result.at),
                "status": result.status.value,
                "began_s": round(result.began_s, 6),
                "duration_s": round(result.duration_s, 6),
                "reason": result.reason,
                "failure": _failure(result.failure),
                "findings": [finding_data(finding) for finding in result.findings],
            }
        )

    def scenario(self, result: ScenarioResult) -> None:
        """A scenario has ended."""
        self._out.json(
            {
                "event": "scenario_finished",
                "scenario": result.name,
                **_place(result.at),
                "status": result.status.value,
                "duration_s": round(result.duration_s, 6),
                "reason": result.reason,
                "failure": _failure(result.problem),
                "warnings": list(result.warnings),
                "timeline": [asdict(entry) for entry in result.timeline],
            }
        )

    def finished(self, run: RunResult) -> None:
        """The run has ended."""
        self._out.json(
            {
                "event": "run_finished",
                "passed": run.passed,
                "failed": run.failed,
                "duration_s": round(run.duration_s, 6),
                "exit_code": run.exit_code,
                "stopped": run.stopped,
                "left_out": list(run.left_out),
            }
        )
