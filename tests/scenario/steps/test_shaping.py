"""Steps made of steps: events in order, branches at the same time, loops, and scenarios used by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.engine.clock import SystemClock
from emulator.errors import ScenarioError
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

IDS = ("a8d35b94-154a", "b17c02d3-77e1", "c09f44aa-20b6")


def said(stage: Stage) -> list[Any]:
    """The texts that the provider was sent."""
    return [body["content"] for body in stage.provider.bodies if "content" in body]


def scenario(*steps: str, more: str = "") -> str:
    """A scenario of *steps*, each a line or several."""
    return f"scenario: x\n{more}steps:\n" + "".join(
        "  - " + each.strip("\n").replace("\n", "\n    ") + "\n" for each in steps
    )


# -- in_order


@pytest.mark.parametrize(("order", "status"), [((0.1, 0.2), Status.PASSED), ((0.2, 0.1), Status.FAILED)])
async def test_events_come_in_order(stage: Stage, order: tuple[float, float], status: Status) -> None:
    """Inside in_order an event must come after those before it; elsewhere the order does not matter."""
    stage.provider.texts("first", order[0])
    stage.provider.texts("second", order[1])
    steps = "- expect: {message: first}\n  - expect: {message: second}"
    result = await stage.play(scenario("send_message: ping", f"in_order:\n  {steps}"))
    assert status is result.status
    loose = await stage.play(
        scenario("send_message: ping", *steps.replace("  - ", "- ").removeprefix("- ").split("\n- "))
    )
    assert Status.PASSED is loose.status


async def test_what_came_too_early_is_told(stage: Stage) -> None:
    """An event that came before what it should follow has a sentence and a code of its own."""
    stage.provider.texts("second", 0.1)
    stage.provider.texts("first", 0.2)
    result = await stage.play(
        scenario("send_message: ping", "in_order:\n  - expect: {message: first}\n  - expect: {message: second}")
    )
    ((_, _, _, failure),) = result.failures
    assert ("WH-MESSAGE-12", "it came too early: webhook #3 at +100 ms, before #4") == (failure.code, failure.received)


async def test_an_event_comes_after_the_action_before_it(stage: Stage) -> None:
    """Inside in_order what came before an action is not what the action caused."""
    stage.provider.texts("pong", 0.0)
    result = await stage.play(
        scenario(
            "send_message: one",
            "in_order:\n  - send_message: two\n  - expect: {message: pong}",
            more="unexpected: allow\n",
        )
    )
    assert Status.PASSED is result.status
    (step,) = [each for each in result.steps if each.verb == "expect"]
    assert "A message comes in" == step.name
    assert [1, 1] == [each.detail.count("pong") for each in result.timeline if each.arrow == "←"]


# -- parallel


async def test_branches_run_at_the_same_time(stage: Stage) -> None:
    """While one branch waits another goes on: here it causes what the first waits for. Names are known afterwards."""
    stage.provider.reports(IDS[0], 0.0, on="/other")
    result = await stage.play(
        scenario(
            "parallel:\n  - - send_message: one\n      as: first\n    - expect: messageDelivered\n"
            f"  - request: {{POST: {stage.provider.url}/other}}",
            "send_message: after $first.messageid$",
        ),
        SystemClock(),
    )
    assert (Status.PASSED, ["one", f"after {IDS[0]}"]) == (result.status, said(stage))


async def test_all_branches_come_to_their_end(stage: Stage) -> None:
    """A branch that fails does not stop the others; then the step has failed."""
    result = await stage.play(
        scenario("parallel:\n  - request: {POST: nowhere}\n  - [send_message: one, send_message: two]", "note: never")
    )
    assert (Status.FAILED, ["one", "two"]) == (result.status, said(stage))
    assert "note" not in {each.verb for each in result.steps}


def test_branches_do_not_know_each_other(stage: Stage) -> None:
    """What one branch names another cannot use: which comes first nobody knows."""
    with pytest.raises(ScenarioError, match=r"nothing supplies \$a.status\$ here"):
        stage.load(scenario("parallel:\n  - {send_message: one, as: a}\n  - note: $a.status$"))


# -- loops


async def test_repeat(stage: Stage) -> None:
    """The steps are done so many times; the round is known inside, and stands behind the steps' names."""
    result = await stage.play(
        scenario("repeat:\n  times: 3\n  steps:\n    - send_message: round $round$\n      check: {status: 2xx}")
    )
    assert (Status.PASSED, ["round 1", "round 2", "round 3"]) == (result.status, said(stage))
    assert ["SendMessage [1]", "SendMessage [2]", "SendMessage [3]"] == [
        each.name for each in result.steps if each.verb == "send_message"
    ]


async def test_a_loop_ends_with_the_first_failure(stage: Stage) -> None:
    """A round that fails is the last."""
    steps = "steps:\n    - send_message: $x$\n      check: {status: 404}"
    for loop in (
        f"repeat:\n  times: 3\n  {steps.replace('$x$', 'a')}",
        f"for_each:\n  name: x\n  in: [a, b]\n  {steps}",
    ):
        result = await stage.play(scenario(loop))
        assert Status.FAILED is result.status
    assert ["a", "a"] == said(stage)


async def test_for_each(stage: Stage) -> None:
    """Each value of a list has its turn, typed as it is; the list may come from a variable."""
    steps = 'steps:\n    - send_message: "$each.text$"\n      check: {status: 2xx}'
    result = await stage.play(
        scenario(f"for_each:\n  name: each\n  in: $rows$\n  {steps}", more="vars: {rows: [{text: 007}, {text: b}]}\n")
    )
    assert (Status.PASSED, ["007", "b"]) == (result.status, said(stage))


async def test_what_is_no_list_fails_the_step(stage: Stage) -> None:
    """A placeholder that holds no list, or an empty one, fails in the run."""
    for value, found in (("word", "'word'"), ("[]", "0 values")):
        result = await stage.play(
            scenario("for_each: {name: x, in: $rows$, steps: [note: $x$]}", more=f"vars: {{rows: {value}}}\n")
        )
        ((_, _, _, failure),) = result.failures
        assert f"for_each needs a list of 1 to 10000 values; found {found}" == failure.received


# -- use


async def test_use(stage: Stage) -> None:
    """A used scenario has variables of its own, filled by with; what its steps named is found under as."""
    (stage.folder / "part.yaml").write_text(
        "scenario: part\nvars: {text: usual, tail: $text$!}\nsetup:\n  - note: begins\n"
        "steps:\n  - send_message: $tail$\n    as: sms\nteardown:\n  - send_message: bye\n"
    )
    result = await stage.play(
        scenario(
            "use: part.yaml",
            "use: part.yaml\nwith: {text: $mine$}\nas: part",
            "send_message: got $part.sms.messageid$\ncheck: {status: 2xx}",
            more="vars: {mine: special}\n",
        )
    )
    assert Status.PASSED is result.status
    assert ["usual!", "bye", "special!", "bye", f"got {IDS[2]}"] == said(stage)


async def test_the_teardown_of_a_used_scenario(stage: Stage) -> None:
    """It is done when its steps are, also when one of them failed."""
    (stage.folder / "part.yaml").write_text(
        "scenario: part\nsteps:\n  - send_message: one\n    check: {status: 404}\nteardown:\n  - send_message: bye\n"
    )
    result = await stage.play(scenario("use: part.yaml", "send_message: never"))
    assert (Status.FAILED, ["one", "bye"]) == (result.status, said(stage))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("use: no.yaml", "there is no file no.yaml | paths are relative to the scenario file"),
        ("use: two.yaml", "two.yaml has 2 scenarios | name one of them"),
        ("use: {file: two.yaml, scenario: c}", 'two.yaml has 0 scenarios called "c"'),
        ("use: round.yaml", "round.yaml:2:8  self.yaml uses itself"),
        ("use: part.yaml\nwith: {txet: a}", 'part.yaml has no "txet" among its vars | did you mean "text"?'),
        ("use: broken.yaml", 'broken.yaml:3:5  unknown verb "send_massage"'),
        ("use: {scenario: a}", '"file" is missing'),
        ("use: $x$.yaml", "use needs the name of a file"),
        ("in_order: []", "in_order is empty"),
        ("parallel: []", "parallel is empty"),
        ("repeat: {times: 0, steps: [note: a]}", "times"),
        ("repeat: {times: 2, steps: []}", "repeat is empty"),
        ("for_each: {name: x, in: [], steps: [note: a]}", "for_each is empty"),
        ("for_each: {name: x, in: word, steps: [note: a]}", "in is a list, or a placeholder that holds one"),
        ("for_each: {name: a.b, in: [1], steps: [note: a]}", "'a.b' cannot stand in a placeholder"),
        ("for_each: {name: x, in: [1], steps: [note: $y$]}", "nothing supplies $y$ here"),
        ("in_order: [send_massage: a]", 'unknown verb "send_massage" | did you mean "send_message"?'),
        ("in_order: [note: a]\nseverity: warning", '"severity" does not go with in_order'),
    ],
)
def test_what_is_wrong_is_told_while_loading(stage: Stage, step: str, message: str) -> None:
    """Empty loops, circles, names that nobody supplies: told at their place, in whichever file, and nothing is run."""
    for name, text in {
        "part": "scenario: part\nvars: {text: a}\nsteps:\n  - note: $text$\n",
        "two": "scenario: a\nsteps:\n  - note: a\n---\nscenario: b\nsteps:\n  - note: b\n",
        "self": "scenario: self\nsteps:\n  - use: round.yaml\n",
        "round": "scenario: round\nsteps: [use: self.yaml]\n",
        "broken": "scenario: broken\nsteps:\n  - send_massage: a\n",
    }.items():
        (stage.folder / f"{name}.yaml").write_text(text)
    with pytest.raises(ScenarioError) as caught:
        stage.load(scenario(step))
    told = [f"{each.where}  {each.message} | {each.remedy}" for each in caught.value.findings]
    assert any(message.replace("round.yaml:2:8  self.yaml", "") in each for each in told), told


def test_used_names_are_known(stage: Stage) -> None:
    """A used scenario may not use its user's variables: it could not be played elsewhere."""
    (stage.folder / "part.yaml").write_text("scenario: part\nsteps:\n  - note: $mine$\n")
    with pytest.raises(ScenarioError, match=r"nothing supplies \$mine\$ here"):
        stage.load(scenario("use: part.yaml", more="vars: {mine: a}\n"))
