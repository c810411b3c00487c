"""An answer that counts as a success may say that it failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.complaining import failure_inside

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["error", "ok"]), below),
    max_leaves=12,
)


def told(answer: Any) -> str | None:
    """Where a failure is seen in *answer*."""
    finding = failure_inside(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
    return finding.path if finding else None


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"error": "no credit"}, "$.error"),
        ({"error": {"code": 17, "message": "no credit"}}, "$.error"),
        ({"errors": [{"detail": "x"}], "data": {"id": "1"}}, "$.errors"),
        ({"messages": [{"status": "1", "error-text": "Missing to"}]}, '$.messages[0]["error-text"]'),
        ({"Error_Message": "x"}, "$.Error_Message"),
        ({"ok": False}, "$.ok"),
        ({"ok": False, "error": {"code": 17}}, "$.error"),
        ({"success": "false", "id": "1"}, "$.success"),
        ({"accepted": 0}, "$.accepted"),
        ({"status": "ERROR"}, "$.status"),
        ({"data": {"id": "1", "state": "rejected"}}, "$.data.state"),
        ([{"result": "failed"}], "$[0].result"),
    ],
)
def test_a_failure_is_seen(answer: Any, path: str) -> None:
    """Framework 8.22: by the names and words that providers use for it."""
    assert told(answer) == path


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "1"},
        {"error": None, "errors": [], "error_code": 0, "error-text": "", "fault": False},
        {"error": {"code": 0, "message": "OK", "details": []}},
        {"error": "0", "errorCode": "None"},
        {"ok": True, "success": "true", "accepted": 1},
        {"status": "ok", "state": "queued", "result": 0, "type": "message"},
        {"text": "error", "content": {"failed": "no"}},
        {"a": {"b": {"c": {"error": "deep in the details"}}}},
        "error",
        None,
        b"error: no credit",
        b"",
        b"<html>error</html>",
    ],
)
def test_what_is_none(answer: Any) -> None:
    """Keys that stand there all the same with nothing in them, words that mean something else, and no JSON at all."""
    assert told(answer) is None


def test_what_is_said() -> None:
    """It is quoted, but not without end."""
    finding = failure_inside(json.dumps({"error": "x" * 1000}).encode())
    assert finding is not None
    assert finding.message == f'the answer counts as a success, but $.error is "{"x" * 59}…'


@given(_JSON)
def test_any_answer_is_read(answer: Any) -> None:
    """Whatever comes; and what is seen stands where it is said to."""
    assert told(answer) is None or isinstance(told(answer), str)


def test_a_long_answer_is_not_read_to_its_end() -> None:
    """A failure after two hundred keys is not looked for."""
    assert told([{"id": str(number)} for number in range(10_000)] + [{"error": "x"}]) is None
