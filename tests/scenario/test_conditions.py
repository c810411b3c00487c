"""``when`` does a step or skips it, and says why: by a value that is there and not empty, or by a map of matchers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.plain import Plain
from emulator.scenario.conditions import condition_complaints, reason_to_skip
from emulator.scenario.placeholders import UnfilledError, in_data
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

VALUES: dict[str, Any] = {
    "yes": True,
    "no": False,
    "word": "hello",
    "empty": "",
    "nothing": Plain("", None),
    "off": Plain("false", False),
    "three": Plain("3", 3),
    "list": [],
    "map": {"a": 1},
    "limit": 5,
    "api": {"SendFile": True, "Subscribe": False},
    "sms": {"state": "delivered", "messageid": "m-1", "answer": {"data": {"n": 7}}},
}


def _lookup(name: str) -> Any:
    return in_data(VALUES, name)


@pytest.mark.parametrize(
    "condition",
    [
        None,
        True,
        Plain("true", True),
        "always",
        "$yes$",
        "$word$",
        "$three$",
        "$map$",
        "$api.SendFile$",
        "$sms.answer.data.n$",
        "-$empty$-",
    ],
    ids=str,
)
def test_a_value_that_does_the_step(condition: Any) -> None:
    """A step without ``when``, or with a value that is neither false nor empty, is done."""
    assert reason_to_skip(condition, _lookup) is None


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (False, "when: false is false"),
        (Plain("false", False), "when: false is false"),
        ("", "when: '' is ''"),
        ("$no$", "when: '$no$' is false"),
        ("$empty$", "when: '$empty$' is ''"),
        ("$nothing$", "when: '$nothing$' is null"),
        ("$off$", "when: '$off$' is false"),
        ("$list$", "when: '$list$' is []"),
        ("$api.Subscribe$", "when: '$api.Subscribe$' is false"),
        ("$skipped.state$", "when: '$skipped.state$' is nothing"),
        ("-$skipped.state$-", "when: '-$skipped.state$-' is nothing"),
    ],
    ids=str,
)
def test_a_value_that_skips_the_step(condition: Any, reason: str) -> None:
    """False, empty and what a skipped step would have supplied skip a step, and the reason names the value."""
    assert reason == reason_to_skip(condition, _lookup)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"$sms.state$": "delivered"},
        {"$sms.state$": {"one_of": ["sent", "delivered"]}},
        {"$sms.state$": "delivered", "$three$": Plain("3", 3)},
        {"$skipped.state$": {"present": False}},
        {"$empty$": ""},
        {"$no$": False},
        {"$three$": {"lt": "$limit$"}},
        {"$sms.answer$": {"$.data.n": 7}},
    ],
    ids=str,
)
def test_a_map_that_does_the_step(condition: dict[str, Any]) -> None:
    """A map does the step if every matcher holds for its placeholder's value, be that false or not there at all."""
    assert reason_to_skip(condition, _lookup) is None


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"$sms.state$": "sent"}, "when: $sms.state$ should be sent; it is delivered"),
        ({"$sms.state$": {"one_of": ["sent"]}}, "when: $sms.state$ should be one of sent; it is delivered"),
        ({"$three$": Plain("3", 3), "$word$": "bye"}, "when: $word$ should be bye; it is hello"),
        ({"$word$": "bye", "$three$": 4}, "when: $word$ should be bye; it is hello"),
        ({"$skipped.state$": "sent"}, "when: $skipped.state$ should be sent; it is nothing"),
        ({"$sms.state$": {"present": False}}, "when: $sms.state$ should be nothing; it is delivered"),
        ({"$three$": {"gt": "$limit$"}}, "when: $three$ should be more than 5; it is 3"),
        ({"$sms.answer$": {"$.data.n": 8}}, "when: $sms.answer$ should be 8; it is 7"),
    ],
    ids=str,
)
def test_a_map_that_skips_the_step(condition: dict[str, Any], reason: str) -> None:
    """The first matcher that does not hold skips the step, and the reason says what was wanted and what is there."""
    assert reason == reason_to_skip(condition, _lookup)


def test_a_matcher_that_cannot_be_filled() -> None:
    """A matcher that needs what a skipped step would have supplied is no condition: that is an error, not a skip."""
    with pytest.raises(UnfilledError) as caught:
        reason_to_skip({"$sms.state$": "$skipped.state$"}, _lookup)
    assert "skipped.state" == caught.value.name


@pytest.mark.parametrize(
    "condition",
    [None, False, "word", "$word$", {}, {"$word$": "x"}, {"$sms.state$": {"not": "sent"}, "$three$": 3}],
    ids=str,
)
def test_nothing_to_complain_of(condition: Any) -> None:
    """Any scalar, and a map of matchers under placeholders, can be a condition."""
    assert [] == list(condition_complaints(condition))


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"state": "sent"}, [(("state",), True, '"state" is no placeholder')]),
        ({"$state": "sent"}, [(("$state",), True, '"$state" is no placeholder')]),
        ({"state$": "sent"}, [(("state$",), True, '"state$" is no placeholder')]),
        ({"$": "sent"}, [(("$",), True, '"$" is no placeholder')]),
        ({"$$": "sent"}, [(("$$",), True, '"$$" is no placeholder')]),
        ({"$state$": {"is": "sent"}}, [(("$state$", "is"), True, 'unknown operator "is"')]),
        ({"$state$": {"one_of": "sent"}}, [(("$state$", "one_of"), False, "one_of needs a list")]),
        (
            {"state": {"is": "sent"}, "$n$": {"gt": "many"}},
            [
                (("state",), True, '"state" is no placeholder'),
                (("state", "is"), True, 'unknown operator "is"'),
                (("$n$", "gt"), False, "gt needs a number; found many"),
            ],
        ),
    ],
    ids=str,
)
def test_complaints(condition: dict[str, Any], told: list[tuple[tuple[str, ...], bool, str]]) -> None:
    """A key that is no placeholder and a matcher that cannot be read are told together, each at its place."""
    assert told == [(each.path, each.on_key, each.message) for each in condition_complaints(condition)]


def test_the_mend_of_a_key_that_is_no_placeholder() -> None:
    """Who writes a bare name is shown how a condition looks."""
    (complaint,) = condition_complaints({"state": "sent"})
    assert "write such as when: {$sms.state$: delivered}" == complaint.mend


async def test_a_step_that_is_skipped_does_nothing(stage: Stage) -> None:
    """A step whose condition does not hold is skipped with its reason, and the scenario goes on and can pass."""
    result = await stage.play(
        "scenario: A picture where the provider takes pictures\n"
        "steps:\n"
        "  - send_message: one\n"
        "    when: $api.SendFile$\n"
        "    check: {status: 200}\n"
        "  - send_message: two\n"
        "    when: {$state$: {not: sent}}\n"
        "    as: two\n"
        "  - send_message: three\n"
        "    when: $two.messageid$\n"
        "  - note: still here\n"
        "    when: {$two.messageid$: {present: false}}\n"
    )
    assert Status.PASSED is result.status
    assert [Status.PASSED, Status.PASSED, Status.SKIPPED, Status.SKIPPED, Status.PASSED] == [
        step.status for step in result.steps
    ]
    assert [None, None, "when: $state$ should be not sent; it is sent", "when: '$two.messageid$' is nothing", None] == [
        step.reason for step in result.steps
    ]
    assert ["one"] == [body["content"] for body in stage.provider.bodies if "content" in body]


async def test_a_condition_on_what_a_skipped_step_would_have_supplied(stage: Stage) -> None:
    """A matcher filled from a step that was skipped fails its own step: nobody can say whether it holds."""
    result = await stage.play(
        "scenario: Nobody can say\n"
        "steps:\n"
        "  - send_message: one\n"
        "    when: false\n"
        "    as: one\n"
        "  - note: here\n"
        "    when: {$number$: $one.messageid$}\n"
    )
    assert Status.FAILED is result.status
    failure = result.steps[-1].failure
    assert failure is not None
    assert ("SCN-504", "a value for $one.messageid$") == (failure.code, failure.expected)
