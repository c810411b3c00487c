"""Near misses: what differs from the nearest model, in data and in words, and how to mend it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.document import EventType, WebhookModel
from emulator.core.matching import NearMiss, compile_models, match
from emulator.core.near_misses import in_short, near_miss_data, rows
from emulator.core.patterns import Mismatch
from emulator.core.remedies import MOST_LISTED, listed


def _model(event_type: EventType, parameters: Any, event_key: str, verb: Any = "POST") -> WebhookModel:
    return WebhookModel(event_key=event_key, event_type=event_type, verb=verb, parameters=parameters)


PARTIES = {"From": "$from$", "To": "$to$"}
NESTED = [
    _model("messageDelivered", {"method": "$event_key$", "params": {"messageid": "$messageid$"}}, "delivered"),
    _model(
        "message",
        {"messages": [{"kind": "$event_key$", "from": "$from$", "to": "$to$", "text": "$content$"}]},
        "message",
    ),
]
FLAT = [
    _model("messageDelivered", {"Sid": "$messageid$", "Status": "$event_key$"}, "delivered"),
    _model("mms", {**PARTIES, "Body": "$text$", "Url": "$url$"}, "mms"),
    _model("message", {**PARTIES, "Body": "$content$"}, "message"),
]
STATES = [
    _model("messageDelivered", {"messages": [{"method": "$event_key$", "kind": "dlr", "from": "$messageid$"}]}, "done"),
    _model("messageDelivered", "$event_key$", "delivered", "GET"),
    _model("messageDelivered", [{"kind": "$event_key$", "text": {"messageid": "$messageid$"}}], "delivered"),
]
KEYS = st.sampled_from(["method", "params", "messageid", "messageId", "messages", "kind", "from", "To", "text"])
PAYLOADS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["delivered", "message", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def _miss(*mismatches: Mismatch, path: tuple[str | int, ...] = ()) -> NearMiss:
    """A near miss of the first model."""
    return NearMiss(path, 0, "delivered", "messageDelivered", mismatches)


def _nearest(models: list[WebhookModel], payload: Any, method: str = "POST") -> tuple[NearMiss, dict[str, Any]]:
    (miss,) = match(compile_models(models), method, payload).unmatched
    return miss, near_miss_data(miss, payload, models[miss.model or 0])


# -- which model is the nearest


@pytest.mark.parametrize(
    ("payload", "event_type"),
    [
        ({"from": "+15550100002", "to": "+15550100001", "body": "hi"}, "message"),
        ({"From": "+15550100002", "To": "+15550100001", "Body": None}, "message"),
        ({"From": "+15550100002", "To": "+15550100001", "Body": {"text": "hi"}}, "message"),
        ({"data": {"From": "+15550100002", "To": "+15550100001", "Body": "hi"}}, "message"),
        ({"From": "+1", "To": "+2", "url": "https://x.test/a.jpg"}, "mms"),
        ({"Sid": "m-1", "Status": "undelivered", "From": "+1", "To": "+2"}, "messageDelivered"),
        ({"sid": "m-1", "status": "delivered", "to": "+2"}, "messageDelivered"),
        ({"Status": "delivered"}, "messageDelivered"),
    ],
    ids=["other-case", "null", "other-type", "wrapped", "file", "state-with-numbers", "report", "event-key"],
)
def test_the_nearest_model_is_the_one_most_of_which_is_there(payload: Any, event_type: str) -> None:
    """Framework 6.19: a model of few keys is not the nearest for having few to miss."""
    assert event_type == _nearest(FLAT, payload)[0].event_type


# -- as data


def test_a_webhook_that_is_like_no_model() -> None:
    """Framework 6.19: where no model comes near, there is a place and nothing else."""
    data = near_miss_data(NearMiss((2,), None, None, None, ()), [1, 2, 3], None)
    assert {"path": "$[2]", "nearest": None} == data
    assert ([], "like no webhook model") == (rows(data), in_short(data))


@pytest.mark.parametrize(
    ("payload", "mismatch", "found", "near"),
    [
        ({"id": 7}, Mismatch(("id",), "'x'", 7, True), "7", None),
        ({"id": "7"}, Mismatch(("id",), "'x'", "7", True), "'7'", None),
        ({"id": None, "ID": 1}, Mismatch(("id",), "$id$", None, True), "null", None),
        ({"id": {}}, Mismatch(("id",), "$id$", {}, True), "an object", None),
        ({"ID": 7}, Mismatch(("id",), "$id$", None, False), "nothing", "$.ID"),
        ({"a": [{"i d": 7}]}, Mismatch(("id",), "$id$", None, False), "nothing", '$.a[0]["i d"]'),
        ({"xyz": 7}, Mismatch(("id",), "$id$", None, False), "nothing", None),
        ([], Mismatch((0,), "$id$", None, False), "nothing", None),
    ],
    ids=["number", "text", "null", "object", "capitals", "elsewhere", "nothing-like-it", "no-key"],
)
def test_a_mismatch(payload: Any, mismatch: Mismatch, found: str, near: str | None) -> None:
    """Framework 6.19, 8.3: a mismatch says what was expected, what was found, and for a missing key the one most
    like it."""
    (data,) = near_miss_data(_miss(mismatch), payload, NESTED[0])["nearest"]["mismatches"]
    path = "$.id" if mismatch.path == ("id",) else "$[0]"
    assert (path, mismatch.expected, found, near) == tuple(data[key] for key in ("path", "expected", "found", "near"))


def test_the_keys_that_programs_rely_on() -> None:
    """Framework 6.19: a near miss has the nearest model, each mismatch and the remedy."""
    payload = {"method": "delivered", "params": {"messageId": "x"}}
    assert {
        "path": "$",
        "nearest": {
            "model": 0,
            "event_key": "delivered",
            "event_type": "messageDelivered",
            "state": None,
            "mismatches": [
                {
                    "path": "$.params.messageid",
                    "expected": "$messageid$",
                    "found": "nothing",
                    "near": "$.params.messageId",
                    "same_value": False,
                    "why": "keys are case-sensitive",
                }
            ],
            "remedy": (
                'if the provider is right, rename "messageid" to "messageId" in the document '
                '($.Webhook[0].request_parameters); else send "params": {"messageid": …} in place of "messageId"'
            ),
        },
    } == _nearest(NESTED, payload)[1]


def test_a_key_is_looked_for_in_its_own_element() -> None:
    """Framework 6.19: in a batch the key like a missing one is one of the same element, named from the root."""
    text = {"kind": "message", "from": "+1", "to": "+2", "text": "hi"}
    payload: Any = {"from": 0, "messages": [text, {"kind": "message", "FROM": "+1", "to": "+2", "text": "hi"}]}
    data = _nearest(NESTED, payload)[1]
    (mismatch,) = data["nearest"]["mismatches"]
    assert ("$.messages[1]", "$.messages[1].from", "$.messages[1].FROM") == (
        data["path"],
        mismatch["path"],
        mismatch["near"],
    )


# -- in words


def test_rows() -> None:
    """The event key's row tells which webhook is meant; then all that differs, in the model's order."""
    payload: Any = {"Method": "delivered", "params": {"messageid": None}}
    miss, data = _nearest(NESTED, payload)
    assert [
        ("Method", "delivered", False),
        ("method", 'missing: found "Method" with this very value; keys are case-sensitive', True),
        ("params.messageid", "expected $messageid$; found null", True),
    ] == rows(data, payload, miss.path)
    assert rows(data) == rows(data, payload, miss.path)[1:]


def test_the_value_that_is_waited_for() -> None:
    """A key that holds the very value that is waited for is known, whatever it is called."""
    payload: Any = {"method": "delivered", "params": {"ref": "m-1"}}
    (miss,) = match(compile_models(NESTED), "POST", payload).unmatched
    data = near_miss_data(miss, payload, NESTED[0], lambda name, value: (name, value) == ("messageid", "m-1"))
    assert [("params.messageid", 'missing: found "params.ref" with this very value', True)] == rows(data)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (
            {"from": "+15550100002", "to": "+15550100001", "body": "hi"},
            "like message, but From, To and Body are missing: found from, to, body (keys are case-sensitive)",
        ),
        ({"Sid": "m-1", "Status": "dlr"}, "like messageDelivered, but Status: expected 'delivered'; found 'dlr'"),
        ({"Sid": None, "Status": "delivered"}, "like messageDelivered, but Sid: expected $messageid$; found null"),
        ({"From": "+1", "To": "+2"}, "like message, but Body is missing"),
    ],
    ids=["case", "value", "null", "missing"],
)
def test_in_short(payload: Any, expected: str) -> None:
    """What differs fits into a line of a log."""
    assert expected == in_short(_nearest(FLAT, payload)[1])


def test_names_in_one_line() -> None:
    """Of many names the first few are told."""
    assert ("a", "a, b and c") == (listed(["a"]), listed(["a", "b", "c"]))
    assert f"{', '.join('x' * MOST_LISTED)} and 3 more" == listed(["x"] * (MOST_LISTED + 3))


@given(PAYLOADS, st.sampled_from([NESTED, STATES]), st.sampled_from(["POST", "GET"]))
def test_whatever_comes_is_presented_as_json(payload: Any, models: list[WebhookModel], method: str) -> None:
    """Framework 6.19: near misses of any webhook are JSON, and each can be shown in a line."""
    matched = match(compile_models(models), method, payload)
    misses = [
        near_miss_data(each, payload, None if each.model is None else models[each.model]) for each in matched.unmatched
    ]
    assert misses == json.loads(json.dumps(misses))
    for each in misses:
        assert in_short(each).isprintable()
        for mismatch in each["nearest"]["mismatches"] if each["nearest"] else []:
            assert mismatch["path"].startswith(each["path"])
            assert mismatch["near"] is None or mismatch["near"].startswith(each["path"])
            assert mismatch["near"] is None or mismatch["found"] == "nothing"


# -- states of a message


@pytest.mark.parametrize(
    ("state", "is_failure"),
    [
        ("undelivered", True),
        ("UNDELIV", True),
        ("delivery_failed", True),
        ("Not Delivered", True),
        ("REJECTD", True),
        ("expired", True),
        ("queued", False),
        ("EN_ROUTE", False),
        ("read", False),
    ],
)
def test_a_state_for_which_there_is_no_event(state: str, is_failure: bool) -> None:
    """Framework 9.3: a report of a failure is no misspelt delivery: nobody is told to claim one."""
    data = _nearest(NESTED, {"method": state, "params": {"messageid": "x"}})[1]
    assert state == data["nearest"]["state"]
    assert f"a report that a message is {state!r}, for which the format has no event" == in_short(data)
    assert data["nearest"]["remedy"].startswith("nothing to send")
    assert ("for a failure" in data["nearest"]["remedy"]) == is_failure


@pytest.mark.parametrize(
    "payload",
    [
        {"method": "dlr", "params": {"messageid": "x"}},
        {"method": "Delivered", "params": {"messageid": "x"}},
        {"method": "failed", "params": {}},
        {"method": {"failed": 1}, "params": {"messageid": "x"}},
    ],
    ids=["other-word", "other-case", "no-id", "object"],
)
def test_what_is_no_such_state(payload: Any) -> None:
    """Another word for delivered, or a report that does not say of which message, is a near miss like all others."""
    assert _nearest(NESTED[:1], payload)[1]["nearest"]["state"] is None
