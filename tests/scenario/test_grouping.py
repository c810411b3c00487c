"""Failures by their cause."""

from __future__ import annotations

import pytest

from emulator.errors import Location
from emulator.scenario.grouping import Causes, by_cause, shape_of
from emulator.scenario.results import Detail, Failure, ScenarioResult, Status, StepResult

NEVER = Failure(code="WH-DELIVERED-01", expected="messageDelivered {messageid: a-1}", received="nothing came", mend="m")


def failure(received: str = "nothing came", *details: Detail, code: str = "WH-DELIVERED-01") -> Failure:
    """One that a step amounts to."""
    return Failure(code=code, expected="messageDelivered", received=received, details=details, mend="m")


def result(line: int, *failures: Failure, status: Status = Status.FAILED) -> ScenarioResult:
    """A scenario at a *line* whose steps failed so."""
    at = Location(file="a.yaml", line=line, column=1)
    steps = tuple(
        StepResult(verb="expect", name="E", at=at, status=status, began_s=0.0, duration_s=1.0, failure=each)
        for each in failures
    )
    return ScenarioResult(name=f"S{line}", at=at, status=Status.FAILED, duration_s=1.0, steps=steps, timeline=())


WRONG = Detail("params.messageid", 'missing: found "params.messageId"', wrong=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (failure("no answer from 127.0.0.1:8080 within 30 s"), failure("no answer from 127.0.0.1:9000 within 5 s")),
        (failure("the answer begins with '<html>'"), failure("the answer begins with 'OK'")),
        (failure("1 webhook in that time: #3", WRONG), failure("7 webhooks; closest is #9 at +1 s", WRONG)),
        (
            failure("it differs", Detail("$.content", "expected 'a b'; found 'a'", wrong=True)),
            failure(
                "it differs",
                Detail("$.content", "expected 'c'; found nothing 7".replace("nothing 7", "''"), wrong=True),
            ),
        ),
        (
            NEVER,
            Failure(
                code=NEVER.code, expected="messageDelivered {messageid: b, x: y}", received="nothing came", mend=""
            ),
        ),
    ],
)
def test_one_cause(one: Failure, other: Failure) -> None:
    """Ids, numbers, quoted values and how many came are not what tells causes apart."""
    assert shape_of(one) == shape_of(other)


@pytest.mark.parametrize(
    "other",
    [
        failure("nothing came", code="WH-DELIVERED-07"),
        failure("something else came"),
        failure("nothing came", WRONG),
        failure("nothing came", Detail("params.messageid", "missing", wrong=True)),
    ],
)
def test_another_cause(other: Failure) -> None:
    """The code, the sentence, the place and what is wrong there do."""
    assert shape_of(failure()) != shape_of(other)


def test_the_first_is_told_in_full() -> None:
    """Of one cause the first scenario, of each cause; what comes after is known."""
    causes = Causes()
    first, other, again = result(1, failure()), result(2, failure("it was late")), result(3, failure())
    assert [causes.known(each) for each in (first, other)] == [None, None]
    cause = causes.known(again)
    assert cause is not None
    assert (cause.at.line, cause.failure, cause.results) == (1, failure(), [first, again])
    assert [cause] == causes.shared == by_cause([first, other, again])


def test_what_fails_in_several_ways_is_told_in_full() -> None:
    """Nobody would know what the other ways are."""
    causes = Causes()
    causes.known(result(1, failure()))
    assert causes.known(result(2, failure(), failure("it was late"))) is None
    assert causes.known(result(3, failure(), failure())) is None
    warned = result(4, failure(), status=Status.WARNED)
    assert causes.known(warned) is None


def test_passing_scenarios_share_nothing() -> None:
    """There is nothing to be told of them."""
    assert by_cause([result(1), result(2), result(3, failure())]) == []
