"""``check`` holds an answer, or the webhook that brought an event, against matchers and tells every difference."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.comparing import Difference
from emulator.core.messages import Reply, Request
from emulator.core.plain import Plain
from emulator.engine.calling import CallResult
from emulator.engine.exchanges import Exchange
from emulator.engine.inbox import Arrival
from emulator.scenario.results import Detail, Status
from emulator.scenario.steps.checking import (
    ArrivalCheck,
    ReplyCheck,
    check_arrival,
    check_failure,
    check_reply,
    matcher_complaints,
)

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

ID = "a8d35b94-154a"
HEADERS = (("Content-Type", "application/json"), ("X-Id", "a1"), ("x-id", "b2"))
BODY: Any = {"data": {"id": ID, "tags": ["a", "b"]}, "n": 7}


def _call(
    status: int = 200, body: bytes = json.dumps(BODY).encode(), took_s: float = 0.25, messageid: str | None = ID
) -> CallResult:
    return CallResult(
        name="SendMessage",
        exchange=2,
        began=1000.0,
        ended=1000.0 + took_s,
        reply=Reply(status=status, headers=HEADERS, body=body),
        variables={} if messageid is None else {"messageid": messageid},
    )


NO_ANSWER = CallResult(name="SendMessage", exchange=2, began=1000.0, ended=1030.0, variables={})


def _differs(check: dict[str, Any], call: CallResult | None = None, state: str | None = "sent") -> list[str]:
    found = check_reply(ReplyCheck.model_validate(check), call or _call(), state)
    return [f"{each.path}: {each.expected} / {each.found}" for each in found]


# -- an answer


@pytest.mark.parametrize(
    "check",
    [
        {},
        {"status": Plain("200", 200)},
        {"status": 200},
        {"status": "2xx"},
        {"status": {"lt": 300}},
        {"status": {"one_of": [Plain("200", 200), Plain("202", 202)]}},
        {"within": "250ms"},
        {"headers": {"content-TYPE": "application/json", "x-Id": "a1"}},
        {"headers": {"X-Other": {"present": False}}},
        {"messageid": {"length": 13}},
        {"state": "sent"},
        {"body": {"$.data.id": ID, "$.n": Plain("7", 7)}},
        {"body": {"$.data.tags[*]": {"length": 1}}},
        {"body": {"equals": BODY}},
        {"body": {"type": "object"}},
    ],
    ids=str,
)
def test_an_answer_that_is_as_checked(check: dict[str, Any]) -> None:
    """Status, time, headers whatever their case, id, state and body can be checked, each by a value or a matcher."""
    assert [] == _differs(check)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ({"status": Plain("201", 201)}, ["status: 201 / 200"]),
        ({"status": "4xx"}, ["status: 4xx / 200"]),
        ({"status": {"gte": 300}}, ["status: at least 300 / 200"]),
        ({"within": "200ms"}, ["within: 200 ms / 250 ms"]),
        ({"headers": {"X-Id": "b2"}}, ["header X-Id: b2 / a1"]),
        ({"headers": {"X-Other": {"present": True}}}, ["header X-Other: something / nothing"]),
        ({"messageid": "m-1"}, [f"messageid: m-1 / {ID}"]),
        ({"state": {"not": "sent"}}, ["state: not sent / sent"]),
        ({"body": {"$.data.id": {"format": "uuid"}}}, [f"$.data.id: a UUID / {ID}"]),
        ({"body": {"$.data.tags[*]": "a"}}, ["$.data.tags[1]: a at each of 2 places (for one of them: any) / b"]),
        ({"body": {"$.data.nobody": "x"}}, ["$.data.nobody: x / nothing"]),
        ({"body": {"type": "array"}}, [f": a value of type array / {json.dumps(BODY)}"]),
    ],
    ids=str,
)
def test_an_answer_that_is_not(check: dict[str, Any], told: list[str]) -> None:
    """A difference says where it is, what was wanted and what is there; of a header sent twice the first counts."""
    assert told == _differs(check)


def test_every_difference_at_once() -> None:
    """A check is held against the answer as a whole: no difference hides another."""
    told = _differs(
        {
            "status": 202,
            "within": "1ms",
            "messageid": "m-1",
            "state": "delivered",
            "headers": {"X-Id": "c3", "X-Other": "y"},
            "body": {"$.n": 8, "$.data.id": "m-1"},
        }
    )
    assert [
        "status: 202 / 200",
        "within: 1 ms / 250 ms",
        f"messageid: m-1 / {ID}",
        "state: delivered / sent",
        "header X-Id: c3 / a1",
        "header X-Other: y / nothing",
        "$.n: 8 / 7",
        f"$.data.id: m-1 / {ID}",
    ] == told


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ({"status": 200}, ["status: 200 / no answer"]),
        ({"status": {"lt": 300}}, ["status: less than 300 / nothing"]),
        ({"headers": {"X-Id": "a1"}}, ["header X-Id: a1 / nothing"]),
        ({"messageid": ID}, [f"messageid: {ID} / nothing"]),
        ({"state": "sent"}, ["state: sent / nothing"]),
        ({"body": {"$.n": 7}}, ["body: JSON with $.n: 7 / nothing"]),
        ({"messageid": {"present": False}, "state": {"present": False}, "status": {"present": False}}, []),
    ],
    ids=str,
)
def test_no_answer(check: dict[str, Any], told: list[str]) -> None:
    """Where there is no answer, nothing is there: neither a status, a header, an id, a state nor a body."""
    assert told == _differs(check, NO_ANSWER, None)


@pytest.mark.parametrize(
    ("body", "found"),
    [(b"", "nothing"), (b"<html>", "<html>"), (b'{"n": 7', '{"n": 7'), (b"O\n" * 500, "O\\n" * 30 + "…")],
    ids=["empty", "html", "broken", "long"],
)
def test_a_body_that_is_no_json(body: bytes, found: str) -> None:
    """A body that is no JSON has nothing to look at: its beginning is shown in place of differences."""
    (told,) = _differs({"body": {"$.n": 7}}, _call(body=body))
    assert f"body: JSON with $.n: 7 / {found}" == told


def test_a_text_as_body() -> None:
    """A JSON text or number is a body too."""
    assert [] == _differs({"body": "ok"}, _call(body=b'"ok"'))
    assert [": ok / 7"] == _differs({"body": "ok"}, _call(body=b"7"))


# -- a webhook

WEBHOOK = Exchange(
    id=3,
    direction="in",
    kind="webhook",
    account="1",
    at=datetime(2026, 1, 1, tzinfo=UTC),
    clock=1000.0,
    request=Request(method="POST", url="http://127.0.0.1:1/services/x/a1", headers=HEADERS, body=b"{}"),
    outcome={},
)
ARRIVAL = Arrival(exchange=3, at=1000.0, payload=BODY, attempts=3, is_same_body=False)


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({}, ()),
        ({"attempts": {"gte": 3}, "same_body": False}, ()),
        (
            {"attempts": 1, "same_body": True},
            (Difference("attempts", "1", "3"), Difference("same_body", "true", "false")),
        ),
        (
            {"method": "POST", "headers": {"content-type": {"contains": "json"}}, "body": {"$.n": {"gt": 6}}},
            (),
        ),
        ({"method": {"one_of": ["GET", "PUT"]}}, (Difference("method", "one of GET, PUT", "POST"),)),
        ({"headers": {"X-Id": "b2"}}, (Difference("header X-Id", "b2", "a1"),)),
        ({"body": {"$.n": 8}}, (Difference("$.n", "8", "7"),)),
        (
            {"method": "GET", "headers": {"X-Key": "k"}, "body": {"$.m": 1}},
            (
                Difference("method", "GET", "POST"),
                Difference("header X-Key", "k", "nothing"),
                Difference("$.m", "1", "nothing"),
            ),
        ),
    ],
    ids=["nothing", "attempts-fit", "attempts", "all-fits", "method", "header", "body", "all-differs"],
)
def test_a_webhook(check: dict[str, Any], expected: tuple[Difference, ...]) -> None:
    """Method, headers and body of the webhook that brought an event can be checked."""
    assert expected == tuple(check_arrival(ArrivalCheck.model_validate(check), WEBHOOK.request, ARRIVAL))


# -- the failure


def _rows(count: int) -> tuple[Difference, ...]:
    return tuple(Difference(f"$.n{number}", str(number), "nothing") for number in range(count))


def test_one_difference() -> None:
    """One difference: the failure says what was wanted, where, and of which exchange."""
    failure = check_failure((Difference("", "7", "8"),), what="webhook", exchange=4)
    assert ("CHK-01", "$ 7", "webhook #4 differs in 1 place:", 4) == (
        failure.code,
        failure.expected,
        failure.received,
        failure.exchange,
    )
    assert (Detail("$", "expected 7; found 8", wrong=True),) == failure.details


@pytest.mark.parametrize(
    ("count", "expected", "rows", "last"),
    [
        (3, "$.n0 0; $.n1 1; $.n2 2", 3, Detail("$.n2", "expected 2; found nothing", wrong=True)),
        (4, "$.n0 0; $.n1 1; $.n2 2; …", 4, Detail("$.n3", "expected 3; found nothing", wrong=True)),
        (8, "$.n0 0; $.n1 1; $.n2 2; …", 8, Detail("$.n7", "expected 7; found nothing", wrong=True)),
        (9, "$.n0 0; $.n1 1; $.n2 2; …", 9, Detail("", "and 1 more")),
        (50, "$.n0 0; $.n1 1; $.n2 2; …", 9, Detail("", "and 42 more")),
    ],
    ids=str,
)
def test_many_differences(count: int, expected: str, rows: int, last: Detail) -> None:
    """Three are named in the sentence and eight in rows; all are counted."""
    failure = check_failure(_rows(count), what="the answer to SendMessage", exchange=2)
    assert (expected, f"the answer to SendMessage #2 differs in {count} places:") == (
        failure.expected,
        failure.received,
    )
    assert (rows, last) == (len(failure.details), failure.details[-1])


# -- what loading tells


@pytest.mark.parametrize(
    "check",
    [
        {},
        {"status": Plain("200", 200)},
        {"status": "2xx"},
        {"status": "$status$"},
        {"status": {"lt": 300}},
        {"within": "anything: the schema looks at it"},
        {"headers": {"X-Id": {"present": True}}},
        {"headers": "no map: the schema tells"},
        {"body": {"$.n": 7}, "messageid": "x", "state": {"one_of": ["sent"]}, "method": "POST"},
    ],
    ids=str,
)
def test_nothing_to_complain_of(check: dict[str, Any]) -> None:
    """A check of statuses and matchers can be held against an answer; what else may be wrong is the schema's."""
    assert [] == list(matcher_complaints(check))


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ({"status": Plain("600", 600)}, [(("status",), "'600' is no status")]),
        ({"status": "2x"}, [(("status",), "'2x' is no status")]),
        ({"status": "ok"}, [(("status",), "'ok' is no status")]),
        ({"status": "2xx "}, [(("status",), "'2xx ' is no status")]),
        ({"status": {"under": 300}}, [(("status", "under"), 'unknown operator "under"')]),
        (
            {"headers": {"A": {"is": "x"}, "B": "y", "C": {"matches": "("}}},
            [
                (("headers", "A", "is"), 'unknown operator "is"'),
                (
                    ("headers", "C", "matches"),
                    "'(' is no regular expression: missing ), unterminated subpattern at position 0",
                ),
            ],
        ),
        (
            {"body": {"$.n": {"is": 7}, "m": 1}, "state": {"one_of": []}},
            [
                (("body", "$.n", "is"), 'unknown operator "is"'),
                (("body", "m"), '"m" beside a JSONPath'),
                (("state", "one_of"), "one_of needs a list"),
            ],
        ),
    ],
    ids=["number", "half-a-class", "word", "space", "operator", "headers", "body-and-state"],
)
def test_complaints(check: dict[str, Any], told: list[tuple[tuple[str, ...], str]]) -> None:
    """Everything that can hold for no answer at all is told while the scenario is loaded, each at its place."""
    assert told == [(each.path, each.message) for each in matcher_complaints(check)]


# -- in a scenario


async def test_a_check_of_a_send(stage: Stage) -> None:
    """An answer that is as checked lets the scenario go on; placeholders in a check are filled."""
    stage.provider.answers("/webhook", {"data": {"id": ID}, "to": "+61123456789"}, 202, headers={"X-Cost": "7"})
    result = await stage.play(
        "scenario: As checked\nvars: {cost: 7}\nsteps:\n  - send_message: ping\n"
        "    check: {status: 202, within: 1s, headers: {x-cost: $cost$}, messageid: {length: 13}, state: sent,"
        " body: {$.to: $contact$}}\n"
    )
    assert (Status.PASSED, ()) == (result.status, result.failures)


async def test_within_of_an_answer(stage: Stage) -> None:
    """``within`` of a check is how long the answer may take."""
    stage.provider.answers("/webhook", {"data": {"id": ID}}, took_s=2.5)
    result = await stage.play("scenario: Slow\nsteps:\n  - send_message: ping\n    check: {within: 2s}\n")
    assert Status.FAILED is result.status
    ((_, _, _, failure),) = result.failures
    assert (Detail("within", "expected 2 s; found 2.5 s", wrong=True),) == failure.details
