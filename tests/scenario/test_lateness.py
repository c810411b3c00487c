"""What comes too late for its step belongs to its own scenario, and is called late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.engine.platform import open_platform
from emulator.faces.output import Output
from emulator.faces.reports.console import ConsoleReport
from emulator.faces.session import settings_of
from emulator.scenario.results import Status
from emulator.scenario.suite import Plan, Suite

if TYPE_CHECKING:
    from emulator.scenario.results import RunResult
    from tests.scenario.conftest import Stage

ID = "a8d35b94-154a"
LATE = "scenario: Late\ngrace: 1s\nsteps:\n  - send_message: ping\n  - expect: messageDelivered\n    within: 5s\n"
INNOCENT = "---\nscenario: Innocent\nsteps:\n  - expect_none: message\n    within: 5s\n"


async def _run(stage: Stage, text: str) -> RunResult:
    scenarios, project = stage.load(text), stage.project()
    async with open_platform(settings_of(project), stage.journal, clock=stage.clock) as platform:
        suite = Suite(Plan(scenarios=tuple(scenarios)), project, stage.clock)
        await suite.play(platform)
        return suite.result()


@pytest.mark.parametrize("isolation", ["account", "none"])
async def test_a_report_after_its_scenario(isolation: str, stage: Stage) -> None:
    """Framework 8.5: a report that comes when its scenario has ended, to the URL that was subscribed last, was late;
    the scenario that is played then hears nothing of it."""
    stage.options["isolation"] = isolation
    stage.provider.reports(ID, 7.0)
    run = await _run(stage, LATE + INNOCENT)
    late, innocent = run.results
    assert [Status.FAILED, Status.PASSED] == [late.status, innocent.status]
    failure = late.steps[-1].failure
    assert failure is not None
    number = failure.exchange
    said = f"it came 2 s after the deadline: webhook #{number} at +7 s, when the scenario had ended"
    assert ("WH-DELIVERED-07", said) == (failure.code, failure.received)
    assert (f'roundtrip.yaml:5:5  "The provider reports delivery": {said}',) == run.late
    assert ((), None) == (innocent.warnings, innocent.problem)
    assert number not in [entry.exchange for entry in innocent.timeline]


async def test_a_report_that_never_comes(stage: Stage) -> None:
    """What has not come when the run ends is not called late."""
    run = await _run(stage, LATE + INNOCENT)
    failure = run.results[0].steps[-1].failure
    assert failure is not None
    assert ("WH-DELIVERED-01", ()) == (failure.code, run.late)


async def test_the_teardown_hears_it(stage: Stage) -> None:
    """A report that comes while the scenario's own teardown is done was late too, and the scenario had not ended."""
    stage.provider.reports(ID, 7.0)
    run = await _run(stage, f"{LATE}teardown:\n  - wait: 5s\n")
    failure = run.results[0].steps[2].failure
    assert failure is not None
    assert "it came 2 s after the deadline: webhook #3 at +7 s" == failure.received


async def test_late_after_all_is_printed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """The failure was printed before anybody could know: the end of the run says so."""
    stage.provider.reports(ID, 7.0)
    run = await _run(stage, LATE + INNOCENT)
    capsys.readouterr()
    ConsoleReport(Output()).finished(run)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "late after all:"
    assert shown[1].endswith("when the scenario had ended")
