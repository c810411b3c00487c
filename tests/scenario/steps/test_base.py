"""What a step leaves for those after it, whatever it stands in: branches, loops and used scenarios change nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import fields
from itertools import product
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.engine.clock import SystemClock
from emulator.scenario.results import Status
from emulator.scenario.running import ScenarioInterruptedError
from emulator.scenario.steps.base import Turn
from tests.scenario.conftest import CONTACT, IDS, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.scenario.results import ScenarioResult
    from tests.scenario.conftest import Stage

    Steps = list[dict[str, Any]]

NEVER_CHANGED = {"grace", "platform", "account", "project", "given", "ask", "play"}
SHARED = {"asked", "sendings"}
PLACED = {"ordered", "round"}
JOINED = {"variables", "dates", "cause", "latest", "latest_file", "acted", "seen"}


def test_every_field_has_its_rule() -> None:
    """A field that is added to a turn needs a rule of how branches of it join, and a row below."""
    assert NEVER_CHANGED | SHARED | PLACED | JOINED == {each.name for each in fields(Turn)}


# -- one branch is as good as none

SHAPES = ("parallel", "beside", "repeat", "for_each", "use", "in_order")


class Nest:
    """Puts steps into shapes; a scenario that is used needs a file, and a name for what its steps name."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.prefix = ""
        self._files = 0

    def put(self, shape: str, steps: Steps) -> Steps:
        """One step of that *shape* around *steps*."""
        match shape:
            case "parallel":
                return [{"parallel": [steps]}]
            case "beside":
                return [{"parallel": [[{"note": "first"}], steps, [{"note": "last"}]]}]
            case "repeat":
                return [{"repeat": {"times": 1, "steps": steps}}]
            case "for_each":
                return [{"for_each": {"name": "each", "in": ["a"], "steps": steps}}]
            case "in_order":
                return [{"in_order": steps}]
        self._files += 1
        part = {"scenario": "part", "steps": steps, "teardown": [{"note": "tidied"}]}
        (self.stage.folder / f"part{self._files}.yaml").write_text(json.dumps(part), "utf-8")
        self.prefix = f"part.{self.prefix}"
        return [{"use": f"part{self._files}.yaml", "as": "part"}]


async def latest(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``latest``: a report is that of the message inside."""
    stage.provider.reports(IDS[1])
    return [{"send_message": "A"}, *shaped([{"send_message": "B"}]), {"expect": "messageDelivered"}]


async def latest_file(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``latest_file``: a fetch is that of the file inside."""
    (stage.folder / "a.bin").write_bytes(b"first")
    (stage.folder / "b.bin").write_bytes(b"the second file")

    async def fetch() -> None:
        async with aiohttp.ClientSession() as session, session.get(stage.provider.bodies[-1]["media_url"]) as answer:
            await answer.read()

    def sent(path: str) -> None:
        if path == "/webhook":
            stage.clock.later(0.2, fetch)

    stage.provider.on_request = sent
    files: Steps = [{"send_file": "a.bin"}, {"expect": "media_fetch"}, *shaped([{"send_file": "b.bin"}])]
    return [*files, {"expect": "media_fetch"}]


async def cause(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``cause``: time counts from the message inside."""
    stage.provider.texts("pong", 0.2, on="/later")
    request = {"request": {"POST": f"{stage.provider.url}/later"}}
    return [*shaped([{"wait": "3s"}, request]), {"expect": {"message": "pong"}, "within": "300ms"}]


async def variables(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``variables``: what the step inside named is known."""
    inside = shaped([{"send_message": "B", "as": "sms"}])
    prefix = inside[0].get("as", "")
    name = f"{prefix}.sms" if prefix else "sms"
    return [*inside, {"request": {"GET": f"{stage.provider.url}/said/${name}.messageid$"}, "check": {"status": "2xx"}}]


async def dates(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``dates``: ``$messageid$`` is that of the message inside."""
    said = {"request": {"GET": f"{stage.provider.url}/said/$messageid$"}, "check": {"status": "2xx"}}
    return [{"send_message": "A"}, *shaped([{"send_message": "B"}]), said]


@pytest.mark.parametrize("shapes", [(each,) for each in SHAPES] + [*product(SHAPES, repeat=2)], ids="-in-".join)
@pytest.mark.parametrize("situation", [latest, latest_file, cause, dates], ids=lambda each: each.__name__)
async def test_what_is_left_is_known_after(stage: Stage, shapes: tuple[str, ...], situation: Any) -> None:
    """A shape around steps changes nothing for those after it."""
    result = await play(stage, shapes, situation)
    assert (Status.PASSED, ()) == (result.status, result.failures)
    if situation is dates:
        assert [f"/said/{IDS[1]}"] == [each.path for each in stage.provider.requests if "/said/" in each.path]


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_is_named_is_known_after(stage: Stage, shape: str) -> None:
    """What steps inside name is known, of a used scenario under its own name."""
    result = await play(stage, (shape,), variables)
    assert (Status.PASSED, ()) == (result.status, result.failures)
    assert [f"/said/{IDS[0]}"] == [each.path for each in stage.provider.requests if "/said/" in each.path]


async def acted(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``acted``: what came before the message inside came too early."""
    stage.provider.texts("early", 0.05, on="/early")
    early = {"request": {"POST": f"{stage.provider.url}/early"}}
    order = [*shaped([{"send_message": "X"}]), {"expect": {"message": "early"}, "within": "1s"}]
    return [early, {"wait": "300ms"}, {"in_order": order}]


async def acted_by_a_command(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``acted``: what came before the command inside came too early, too."""
    stage.provider.texts("early", 0.0, on="/early")
    early = {"request": {"POST": f"{stage.provider.url}/early"}}
    order = [*shaped([{"run": ["echo", "x"]}]), {"expect": {"message": "early"}, "within": "50ms"}]
    return [early, {"in_order": order}]


async def seen(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``seen``: what came before the event inside came too early."""
    stage.provider.texts("first", 0.1)
    stage.provider.texts("second", 0.2)
    order = [*shaped([{"expect": {"message": "second"}}]), {"expect": {"message": "first"}, "within": "1s"}]
    return [{"send_message": "X"}, {"in_order": order}]


async def ordered(stage: Stage, shaped: Callable[[Steps], Steps]) -> Steps:
    """``ordered``: steps in a shape in ``in_order`` are in order themselves."""
    stage.provider.texts("first", 0.1)
    stage.provider.texts("second", 0.2)
    both: Steps = [{"expect": {"message": "second"}}, {"expect": {"message": "first"}, "within": "1s"}]
    return [{"send_message": "X"}, {"in_order": shaped(both)}]


@pytest.mark.parametrize("shapes", [(each,) for each in SHAPES] + [*product(SHAPES, repeat=2)], ids="-in-".join)
@pytest.mark.parametrize(
    "situation", [acted, acted_by_a_command, seen, ordered], ids=lambda each: each.__name__.replace("_", "-")
)
async def test_order_is_kept_through_shapes(stage: Stage, shapes: tuple[str, ...], situation: Any) -> None:
    """Inside in_order an early event is too early, whatever the steps before it stand in."""
    result = await play(stage, shapes, situation)
    assert ["WH-MESSAGE-12"] == [failure.code for *_, failure in result.failures]
    ((*_, failure),) = result.failures
    end = "before run echo began" if situation is acted_by_a_command else "before #"
    assert end in failure.received


async def play(stage: Stage, shapes: tuple[str, ...], situation: Any) -> ScenarioResult:
    """Play a situation with its steps in *shapes*, the innermost first."""
    nest = Nest(stage)

    def shaped(steps: Steps) -> Steps:
        for shape in shapes:
            steps = nest.put(shape, steps)
        return steps

    steps = await situation(stage, shaped)
    text = json.dumps({"scenario": "x", "unexpected": "allow", "steps": steps})
    return await stage.play(text, SystemClock() if situation is acted_by_a_command else None)


# -- several branches


async def play_branches(
    stage: Stage, branches: list[Steps], *after: dict[str, Any], first: Steps | None = None
) -> ScenarioResult:
    """Play *branches* at the same time, in real time, then what comes *after*."""
    steps = [*(first or ()), {"parallel": branches}, *after]
    return await stage.play(json.dumps({"scenario": "x", "unexpected": "allow", "steps": steps}), SystemClock())


async def test_the_latest_message_of_several_branches(stage: Stage) -> None:
    """It is the one whose request left last, wherever its branch stands."""
    stage.provider.reports(IDS[1], 0.0)
    late: Steps = [{"wait": "200ms"}, {"send_message": "late"}]
    result = await play_branches(stage, [late, [{"send_message": "soon"}]], {"expect": "messageDelivered"})
    assert (Status.PASSED, ()) == (result.status, result.failures)
    assert ["soon", "late"] == [each["content"] for each in stage.provider.bodies if "content" in each]


async def test_an_event_may_be_the_doing_of_any_branch(stage: Stage) -> None:
    """After branches an event must come after what one of them did: which of them caused it nobody knows."""
    stage.provider.texts("answer to the first", 0.0, on="/first")
    first: Steps = [{"request": {"POST": f"{stage.provider.url}/first"}}]
    second: Steps = [{"wait": "200ms"}, {"request": {"POST": f"{stage.provider.url}/second"}}]
    order = {"in_order": [{"parallel": [first, second]}, {"expect": {"message": "answer to the first"}}]}
    result = await stage.play(json.dumps({"scenario": "x", "steps": [order]}), SystemClock())
    assert (Status.PASSED, ()) == (result.status, result.failures)


async def test_the_time_of_several_branches(stage: Stage) -> None:
    """Time counts from the latest action of all; what went wrong since the earliest is told."""
    nearly = {"method": "message", "params": {"from": CONTACT, "to": NUMBER, "contentt": "x"}}
    stage.provider.posts_on("/first", nearly, 0.0)
    stage.provider.texts("pong", 0.0, on="/second")
    first: Steps = [{"request": {"POST": f"{stage.provider.url}/first"}}]
    second: Steps = [{"wait": "400ms"}, {"request": {"POST": f"{stage.provider.url}/second"}}]
    fine = await play_branches(stage, [second, first], {"expect": {"message": "pong"}, "within": "300ms"})
    assert Status.PASSED is fine.status
    wrong = await play_branches(stage, [first, second], {"expect": {"message": "ping"}, "within": "50ms"})
    ((*_, failure),) = wrong.failures
    assert "WH-MESSAGE-02" == failure.code
    assert any("contentt" in row.text for row in failure.details)


async def test_a_branch_takes_nothing_back(stage: Stage) -> None:
    """A name that one branch gave a new value keeps it, though the other branch knows the old one."""
    said = {"request": {"GET": f"{stage.provider.url}/said/$sms.messageid$"}, "check": {"status": "2xx"}}
    again: Steps = [{"send_message": "new", "as": "sms"}]
    for branches in ([again, [{"note": "beside"}]], [[{"note": "beside"}], again]):
        stage.provider.sent = 0
        result = await play_branches(stage, branches, said, first=[{"send_message": "old", "as": "sms"}])
        assert Status.PASSED is result.status
    assert [f"/said/{IDS[1]}"] * 2 == [each.path for each in stage.provider.requests if "/said/" in each.path]


async def test_of_one_name_the_last_branch_counts(stage: Stage) -> None:
    """Of a name that several branches give, the branch that stands last counts, however long each takes."""
    said = {"request": {"GET": f"{stage.provider.url}/said/$sms.messageid$"}, "check": {"status": "2xx"}}
    late: Steps = [{"wait": "200ms"}, {"send_message": "late", "as": "sms"}]
    await play_branches(stage, [late, [{"send_message": "soon", "as": "sms"}]], said)
    assert [f"/said/{IDS[0]}"] == [each.path for each in stage.provider.requests if "/said/" in each.path]


async def test_the_teardown_knows_what_stopped_branches_named(stage: Stage) -> None:
    """Branches that are stopped leave what they named too: the teardown can clean up after them."""
    said = {"request": {"GET": f"{stage.provider.url}/said/$sms.messageid$"}}
    sent: Steps = [{"send_message": "A", "as": "sms"}, {"request": {"GET": f"{stage.provider.url}/go"}}]
    steps = [{"parallel": [sent, [{"wait": "50s"}]]}]
    task = asyncio.create_task(
        stage.play(json.dumps({"scenario": "x", "steps": steps, "teardown": [said]}), SystemClock())
    )

    def stop(path: str) -> None:
        if path == "/go":
            task.cancel()

    stage.provider.on_request = stop
    with pytest.raises(ScenarioInterruptedError):
        await task
    assert f"/said/{IDS[0]}" == stage.provider.requests[-1].path


async def test_copies_are_one_action(stage: Stage) -> None:
    """Inside in_order the event of the first copy is not too early because another copy left after it."""
    stage.provider.texts("pong", 0.0)
    copies = {"send_message": {"content": "twice", "copies": 3}}
    order = {"in_order": [copies, {"expect": {"message": "pong"}, "times": 3}]}
    result = await stage.play(json.dumps({"scenario": "x", "steps": [order]}))
    assert (Status.PASSED, ()) == (result.status, result.failures)


# -- loops


async def test_a_loop_leaves_its_names_as_they_were(stage: Stage) -> None:
    """After an inner loop the outer one's round and value are its own again, and after both nothing is named so."""
    inner = {"repeat": {"times": 3, "steps": [{"note": "inner $round$"}]}}
    each = {"for_each": {"name": "text", "in": ["inner"], "steps": [{"note": "$text$"}]}}
    outer = {"repeat": {"times": 2, "steps": [inner, each, {"note": "outer $round$ $text$"}]}}
    result = await stage.play(
        json.dumps(
            {
                "scenario": "x",
                "vars": {"text": "of the scenario"},
                "steps": [outer, {"send_message": "$text$", "check": {"status": "2xx"}}],
            }
        )
    )
    assert Status.PASSED is result.status
    said = [entry.detail for entry in result.timeline if entry.arrow == "·"]
    assert ["outer 1 of the scenario", "outer 2 of the scenario"] == [each for each in said if "outer" in each]
    assert "SendMessage" == result.steps[-1].name
    assert "of the scenario" == stage.provider.bodies[-1]["content"]
