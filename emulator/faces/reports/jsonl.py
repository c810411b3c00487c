"""A run as JSON Lines: an event a line, as it happens."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from emulator.core.presenting import finding_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.engine.exchanges import Exchange
    from emulator.errors import Location
    from emulator.faces.output import Output
    from emulator.scenario.results import Failure, RunResult, ScenarioResult, StepResult


def _place(at: Location) -> dict[str, Any]:
    return {"file": at.file, "line": at.line, "column": at.column}


def _failure(failure: Failure | None) -> dict[str, Any] | None:
    return None if failure is None else asdict(failure)


class Lines(Protocol):
    """Takes a line at a time."""

    def json(self, value: Any) -> None:
        """Write *value*."""


class Named(Protocol):
    """A scenario, or its result."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def at(self) -> Location:
        """Where it stands."""


def render(run: RunResult, exchanges: Callable[[int], Exchange | None], output: Output) -> str:
    """*run*, which is masked, as the lines that are printed while it goes on; scenario after scenario."""
    del exchanges, output
    written = _Written()
    report = JsonLinesReport(written)
    for result in run.results:
        report.started(result)
        for step in result.steps:
            report.step(result, step)
        report.scenario(result)
    report.finished(run)
    return "".join(f"{line}\n" for line in written.lines)


class _Written:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def json(self, value: Any) -> None:
        self.lines.append(json.dumps(value))


class JsonLinesReport:
    """Prints ``{"event": "scenario_started|step|scenario_finished|run_finished", …}``; times are seconds."""

    def __init__(self, output: Lines) -> None:
        self._out = output

    def started(self, scenario: Named) -> None:
        """A scenario begins."""
        self._out.json({"event": "scenario_started", "scenario": scenario.name, **_place(scenario.at)})

    def step(self, scenario: Named, result: StepResult) -> None:
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
                "covers": list(result.covers),
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
                "interrupted": run.interrupted,
                "duration_s": round(run.duration_s, 6),
                "exit_code": run.exit_code,
                "stopped": run.stopped,
                "left_out": list(run.left_out),
                "late": list(run.late),
            }
        )
