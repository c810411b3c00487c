"""``run`` runs a command, which by itself must end with exit code 0; a trigger that does so is judged the same way."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from emulator.engine.clock import SystemClock
from emulator.errors import ScenarioError
from emulator.faces.output import Output
from emulator.faces.reports.blocks import failure_lines
from emulator.scenario.results import Failure, ScenarioResult, Status
from emulator.scenario.steps.commands import _signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

    from tests.scenario.conftest import Stage

    Play = Callable[..., Any]

NUMBER, CONTACT, KEY = "+61855555555", "+61123456789", "s3cret-API-key"
TOOL = """
import os, sys, time
match sys.argv[1:]:
    case ["print", *words]:
        print(*words, sep="\\n")
    case ["fail", code, *words]:
        print(*words, sep="\\n", file=sys.stderr)
        sys.exit(int(code))
    case ["die", number]:
        os.kill(os.getpid(), int(number))
    case ["hang"]:
        print("waiting", flush=True)
        time.sleep(60)
    case ["where"]:
        print(os.path.basename(os.getcwd()))
"""
TRIGGERS = "{go: {run: [$python$, tool.py, print, from $from$ to $to$, $content$, $n$, $$5], within: $w$}}"


@pytest.fixture
def play(stage: Stage) -> Play:
    """Plays a scenario of these steps, where the project has a tool; on the machine's own clock unless told."""
    (stage.folder / "tool.py").write_text(TOOL)
    (stage.folder / "below").mkdir()

    async def played(steps: str, clock: Any = None) -> ScenarioResult:
        return await stage.play(f"scenario: Commands\nsteps:\n{steps}", clock or SystemClock())

    return played


def _run(arguments: str, more: str = "") -> str:
    return f"  - run: [$python$, tool.py, {arguments}]\n{more}"


def _failure(result: ScenarioResult) -> Failure:
    ((_, _, _, failure),) = result.failures
    return failure


def _complaints(stage: Stage, steps: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Wrong\nsteps:\n{steps}")
    return [f"{each.where}  {each.message} | {each.remedy}" for each in caught.value.findings]


# -- run


async def test_a_command(stage: Stage, play: Play) -> None:
    """Its exit code and what it printed may be checked, and used by later steps; the timeline tells of it."""
    result = await play(
        _run("print, a b, $number$", "    as: tool\n    check: {exit_code: 0, output: {contains: a b}, within: 30s}\n")
        + "  - send_message: $tool.exit_code$ $tool.output$\n"
    )
    assert Status.PASSED is result.status
    assert f"0 a b\n{NUMBER}" == stage.provider.bodies[-1]["content"]
    assert "Run $python$ tool.py print a b $number$" == result.steps[1].name
    (note,) = [each.detail for each in result.timeline if each.label == "note"]
    assert note.endswith(f"tool.py print 'a b' {NUMBER}: exit code 0")


async def test_every_argument_is_filled_by_itself(stage: Stage, play: Play) -> None:
    """There is no shell: what a placeholder brings is one argument, whatever it holds."""
    result = await play(
        "  - run: {command: [$python$, tool.py, print, $text$, 007, true], within: 20s}\n    as: tool\n"
        "    check: {output: {contains: $text$}}\n"
        "  - send_message: $tool.output$\n".replace("$text$", '"$$HOME; echo `x` > $number$"')
    )
    assert Status.PASSED is result.status
    assert f"$HOME; echo `x` > {NUMBER}\n007\ntrue" == stage.provider.bodies[-1]["content"]


@pytest.mark.parametrize(
    ("folder", "name"), [("below", "below"), ("$place$", "below"), (".", None)], ids=["named", "filled", "project"]
)
async def test_its_folder(folder: str, name: str | None, stage: Stage, play: Play) -> None:
    """It is run beside the project file, or in a folder named relative to that."""
    step = f"  - run: {{command: [$python$, {stage.folder}/tool.py, where], folder: {folder}}}\n"
    check = f"    check: {{output: {name or stage.folder.name}}}\n"
    scenario = f"scenario: Folder\nvars: {{place: below}}\nsteps:\n{step}{check}"
    assert Status.PASSED is (await stage.play(scenario, SystemClock())).status


FAILURES = {
    "exit-code": _run("fail, 3, one, two"),
    "many-lines": _run(f"fail, 1, {', '.join(map(str, range(1, 13)))}"),
    "silent": "  - run: {command: ['false']}\n",
    "killed-by-a-signal": _run("die, 9"),
    "missing": "  - run: [no-such-command, x]\n",
    "output-differs": _run("print, pong", "    check: {output: ping}\n"),
    "no-output": _run("print", "    check: {output: {matches: .}}\n"),
    "other-exit-code": _run("fail, 3", "    check: {exit_code: 4}\n"),
    "forbidden": _run("print, Traceback", "    fail_if: {output: {contains: Traceback}}\n"),
    "no-such-folder": "  - run: {command: [ls], folder: $text$}\n",
    "long": f"  - run: ['false', {'x' * 200}]\n",
}


@pytest.mark.parametrize("case", FAILURES)
async def test_a_command_that_fails(case: str, stage: Stage, play: Play, golden: SnapshotAssertion) -> None:
    """The last lines that it printed are told, and where to run it by hand."""
    scenario = f"scenario: Commands\nvars: {{text: gone}}\nsteps:\n{FAILURES[case]}".replace("$python$, tool.py", "./x")
    (stage.folder / "x").write_text(f'#!/bin/sh\nexec {sys.executable} tool.py "$@"\n')
    (stage.folder / "x").chmod(0o755)
    result = await stage.play(scenario, SystemClock())
    assert Status.FAILED is result.status
    lines = "\n".join(failure_lines(_failure(result), Output())) + "\n"
    assert golden == lines.replace(str(stage.folder), "FOLDER")


async def test_a_command_that_hangs(stage: Stage, play: Play, golden: SnapshotAssertion) -> None:
    """It is killed once its time is over, and fails the step whatever is checked."""
    result = await play("  - run: {command: [sleep, 60], within: 2m}\n    check: {exit_code: {not: 0}}\n", stage.clock)
    assert Status.FAILED is result.status
    assert 120.0 == result.steps[-1].duration_s
    assert golden == "\n".join(failure_lines(_failure(result), Output())) + "\n"
    assert "ran sleep 60: killed" in [each.detail for each in result.timeline]


async def test_a_command_that_is_too_slow_for_its_check(stage: Stage, play: Play) -> None:
    """``check: within`` kills nothing: it judges."""
    result = await play(_run("print", "    check: {within: 0ms}\n"))
    failure = _failure(result)
    assert ("CHK-01", "within 0 ms") == (failure.code, failure.expected)


async def test_another_exit_code_may_be_right(play: Play) -> None:
    """A check of the exit code says what is right in place of 0; what must not be may be told too."""
    result = await play(_run("fail, 3", "    check: {exit_code: {one_of: [3, 4]}}\n    fail_if: {output: x}\n"))
    assert Status.PASSED is result.status


async def test_an_event_counts_from_the_end_of_a_command(stage: Stage, play: Play) -> None:
    """Nobody knows when it made the provider act: what came meanwhile counts, and time runs from its end."""
    stage.provider.texts("early", 0.0, on="/in")
    text = f"import urllib.request; urllib.request.urlopen('{stage.provider.url}/in').close()"
    result = await play(f'  - run: [$python$, -c, "{text}"]\n  - expect: {{message: early}}\n    within: 1ms\n')
    assert Status.PASSED is result.status


async def test_what_came_during_a_command_is_looked_at(stage: Stage, play: Play) -> None:
    """An event that is nearly the one came before the command ended: that is told."""
    stage.provider.texts("earli", 0.0, on="/in")
    text = f"import urllib.request; urllib.request.urlopen('{stage.provider.url}/in').close()"
    result = await play(f'  - run: [$python$, -c, "{text}"]\n  - expect: {{message: early}}\n    within: 1ms\n')
    assert "earli" in str(_failure(result))
    assert "of run " in _failure(result).expected


WRONG = {
    "text": "run: python x.py",
    "empty": "run: []",
    "nothing": "run:",
    "no-folder": "run: {command: [x], folder: gone}",
    "no-unit": "run: {command: [x], within: 5}",
    "within-beside": "run: [x]\n    within: 5s",
    "check-of-an-answer": "run: [x]\n    check: {status: 200}",
    "list-in-list": "run: [[x], null]",
}


@pytest.mark.parametrize("case", WRONG)
def test_a_step_that_is_wrong(case: str, stage: Stage, golden: SnapshotAssertion) -> None:
    """All that can be known is told when the scenario is loaded."""
    assert golden == "\n".join(_complaints(stage, f"  - {WRONG[case]}\n")) + "\n"


def test_signals_by_name() -> None:
    """Those that have none are told by their number."""
    assert ("SIGKILL", "signal 36") == (_signal(9), _signal(36))


# -- trigger: run


async def test_a_trigger_that_runs_a_command(stage: Stage, play: Play) -> None:
    """Placeholders are filled argument by argument; what it printed may be used."""
    stage.triggers = TRIGGERS
    result = await play(
        "  - trigger: go\n    with: {content: 'a $$b$$ c', n: 7, w: 20s}\n    as: it\n"
        "  - send_message: $it.exit_code$ $it.output$\n    check: {status: 200}\n"
    )
    assert Status.PASSED is result.status, result.failures
    assert f"0 from {CONTACT} to {NUMBER}\na $b$ c\n7\n$5" == stage.provider.bodies[-1]["content"]
    assert "Trigger go" == result.steps[1].name


async def test_environment_and_folder(stage: Stage, play: Play) -> None:
    """A trigger and a step have both, filled when they are played."""
    show = "[$python$, -c, 'import os; print(os.environ[\"WHO\"], os.path.basename(os.getcwd()))']"
    stage.triggers = f"{{go: {{run: {show}, folder: $place$, env: {{WHO: from $from$}}}}}}"
    result = await play(
        "  - trigger: go\n    with: {place: below}\n    as: it\n"
        f"  - run: {{command: {show}, folder: below, env: {{WHO: $it.output$}}}}\n"
        f"    check: {{output: from {CONTACT} below below}}\n"
    )
    assert Status.PASSED is result.status, result.failures


async def test_a_trigger_whose_command_fails(stage: Stage, play: Play, golden: SnapshotAssertion) -> None:
    """It fails as a run step does."""
    stage.triggers = "{go: {run: [sh, -c, 'echo no; exit 2']}}"
    result = await play("  - trigger: go\n")
    assert golden == "\n".join(failure_lines(_failure(result), Output())).replace(str(stage.folder), "FOLDER") + "\n"


async def test_a_trigger_whose_command_hangs(stage: Stage, play: Play) -> None:
    """It is given 30 seconds, unless the project file says otherwise."""
    stage.triggers = "{go: {run: [sleep, 60]}, slow: {run: [sleep, 60], within: 2m}}"
    result = await play("  - trigger: go\n    severity: warning\n  - trigger: slow\n", stage.clock)
    assert [30.0, 120.0] == [step.duration_s for step in result.steps[1:]]


async def test_an_event_counts_from_the_end_of_a_triggers_command(stage: Stage, play: Play) -> None:
    """What is late is late after the trigger by its name."""
    stage.triggers = "{go: {run: ['true']}}"
    failure = _failure(await play("  - trigger: go\n  - expect: message\n    within: 1ms\n"))
    assert 'message   within 1ms of trigger "go"' == failure.expected


async def test_a_wrong_duration_that_a_placeholder_brings(stage: Stage, play: Play) -> None:
    """What the step gives is looked at when the trigger is pulled."""
    stage.triggers = TRIGGERS
    failure = _failure(await play("  - trigger: go\n    with: {content: x, n: 7, w: 20}\n"))
    assert (
        "the trigger \"go\": within: '20' is no duration: a duration needs a number and a unit",
        'write "20s" or "20ms"',
    ) == (failure.received, failure.mend)


def test_what_a_command_needs_is_given(stage: Stage) -> None:
    """A placeholder of any argument must have a value, as one of a request's."""
    stage.triggers = TRIGGERS
    assert [
        'roundtrip.yaml:3:14  the trigger "go" needs $content$ | write with: {content: …}',
        'roundtrip.yaml:3:14  the trigger "go" needs $n$ | write with: {n: …}',
        'roundtrip.yaml:3:14  the trigger "go" needs $w$ | write with: {w: …}',
    ] == _complaints(stage, "  - trigger: go\n")


@pytest.mark.parametrize("way", ["run: ['true']", "ask: Send it"], ids=["run", "ask"])
@pytest.mark.parametrize("key", ["check", "fail_if"])
async def test_there_is_no_answer_to_check(way: str, key: str, stage: Stage, play: Play) -> None:
    """A trigger that makes no request has none: told when loading, or where its name comes late when it is pulled."""
    stage.triggers = f"{{go: {{{way}}}}}"
    said = 'the trigger "go" makes no request: there is nothing to check'
    check = f"    {key}: {{status: 200}}\n"
    assert [f"roundtrip.yaml:4:5  {said} | take {key} out"] == _complaints(stage, f"  - trigger: go\n{check}")
    result = await stage.play(f"scenario: Late\nvars: {{name: go}}\nsteps:\n  - trigger: $name$\n{check}")
    assert said == _failure(result).received
