"""Presenting: what was made of a webhook, as plain JSON that says where, what was expected and what was there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.document import WebhookModel
from emulator.core.matching import Event, NearMiss, compile_models, match
from emulator.core.patterns import Mismatch
from emulator.core.presenting import event_data, finding_data, mismatch_in_words, near_miss_data
from emulator.errors import Edit, Finding, Location, Severity

MODELS = compile_models(
    [
        WebhookModel(
            event_key="delivered",
            event_type="messageDelivered",
            parameters={"method": "$event_key$", "params": {"messageid": "$messageid$"}},
        ),
        WebhookModel(
            event_key="message",
            event_type="message",
            parameters={"messages": [{"kind": "$event_key$", "from": "$from$", "to": "$to$", "text": "$content$"}]},
        ),
    ]
)
KEYS = st.sampled_from(["method", "params", "messageid", "messageId", "messages", "kind", "from", "To", "text"])
PAYLOADS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["delivered", "message", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def miss(*mismatches: Mismatch, path: tuple[str | int, ...] = ()) -> NearMiss:
    """A near miss of the first model."""
    return NearMiss(path, 0, "delivered", "messageDelivered", mismatches)


def test_an_event() -> None:
    """Framework 6.19: an event is told with its type, its model's place in the file, where it stood and its
    variables."""
    variables = {"from": "+61123456789", "to": "+61855555555", "content": "hi"}
    data = event_data(Event("message", 2, ("messages", 1), variables))
    assert {"event_type": "message", "model": 2, "path": "$.messages[1]", "variables": variables} == data


def test_the_variables_of_an_event_are_its_own() -> None:
    """Whoever changes what was presented does not change the event."""
    event = Event("messageDelivered", 0, (), {"messageid": "7"})
    event_data(event)["variables"]["messageid"] = "8"
    assert {"messageid": "7"} == event.variables


def test_a_webhook_that_is_like_no_model() -> None:
    """Framework 6.19: where no model comes near, there is a place and nothing else."""
    data = near_miss_data(NearMiss((2,), None, None, None, ()), [1, 2, 3])
    assert {"path": "$[2]", "nearest": None} == data


def test_the_nearest_model_is_named() -> None:
    """Framework 6.19: a webhook that fits no model is told with the nearest, the first of the file too."""
    assert {
        "path": "$",
        "nearest": {"model": 0, "event_key": "delivered", "event_type": "messageDelivered", "mismatches": []},
    } == near_miss_data(miss(), {})


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
    path = "$.id" if mismatch.path == ("id",) else "$[0]"
    expected = {"path": path, "expected": mismatch.expected, "found": found, "near": near}
    assert [expected] == near_miss_data(miss(mismatch), payload)["nearest"]["mismatches"]


def test_a_key_is_looked_for_in_its_own_element() -> None:
    """Framework 6.19: in a batch the key like a missing one is one of the same element, named from the root."""
    at = ("messages", 1)
    mismatch = Mismatch((*at, "from"), "$from$", None, False)
    payload: Any = {"from": 0, "messages": [{"from": 1}, {"FROM": 2}]}
    expected = {
        "path": "$.messages[1].from",
        "expected": "$from$",
        "found": "nothing",
        "near": "$.messages[1].FROM",
    }
    data = near_miss_data(miss(mismatch, path=at), payload)
    assert ("$.messages[1]", [expected]) == (data["path"], data["nearest"]["mismatches"])


def test_every_mismatch_is_told_in_order() -> None:
    """Framework 6.19: all that keeps a webhook from fitting is told, in the model's order."""
    mismatches = [Mismatch((key,), "'x'", key, True) for key in ("b", "a", "c")]
    data = near_miss_data(miss(*mismatches), {"a": "a", "b": "b", "c": "c"})
    assert [("$.b", "'b'"), ("$.a", "'a'"), ("$.c", "'c'")] == [
        (each["path"], each["found"]) for each in data["nearest"]["mismatches"]
    ]


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        (None, "$.id   expected $messageid$; found nothing"),
        ("$.ID", "$.id   expected $messageid$; found nothing; $.ID is there"),
    ],
    ids=["alone", "near"],
)
def test_a_mismatch_in_words(near: str | None, expected: str) -> None:
    """A mismatch is one line, which names the key that is there instead if there is one."""
    data = {"path": "$.id", "expected": "$messageid$", "found": "nothing", "near": near}
    assert expected == mismatch_in_words(data)


def test_a_finding_with_a_place() -> None:
    """A finding of a file is told with file, line and column, and with its own path."""
    where = Location(file="a.json", line=2, column=3, path="$.other", width=4, text="x")
    finding = Finding(
        code="DOC-001",
        severity=Severity.WARNING,
        message="wrong",
        remedy="mend it",
        path="$.id",
        where=where,
        edit=Edit(0, 1, ""),
    )
    assert {
        "code": "DOC-001",
        "severity": "warning",
        "file": "a.json",
        "line": 2,
        "column": 3,
        "path": "$.id",
        "message": "wrong",
        "remedy": "mend it",
    } == finding_data(finding)


@pytest.mark.parametrize("severity", Severity, ids=list(Severity))
def test_a_finding_without_a_place(severity: Severity) -> None:
    """A finding of a body has nulls for file, line and column, and its severity is a plain word."""
    data = finding_data(Finding(code="WH-101", severity=severity, message="m", remedy="r"))
    assert (None, None, None, "$") == (data["file"], data["line"], data["column"], data["path"])
    assert (str, severity.value) == (type(data["severity"]), data["severity"])


@given(PAYLOADS)
def test_whatever_comes_is_presented_as_json(payload: Any) -> None:
    """Framework 6.19: events and near misses of any webhook are JSON, and every mismatch is a line
    that can be shown."""
    matched = match(MODELS, "POST", payload)
    data = [event_data(each) for each in matched.events]
    assert data == json.loads(json.dumps(data))
    misses = [near_miss_data(each, payload) for each in matched.unmatched]
    assert misses == json.loads(json.dumps(misses))
    for each in misses:
        for mismatch in each["nearest"]["mismatches"] if each["nearest"] else []:
            assert mismatch["path"].startswith(each["path"])
            assert mismatch["near"] is None or mismatch["near"].startswith(each["path"])
            assert mismatch["near"] is None or mismatch["found"] == "nothing"
            assert mismatch_in_words(mismatch).isprintable()
