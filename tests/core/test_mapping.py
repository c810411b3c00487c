"""Reading an answer through response_map."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.mapping import Mapped, apply_response_map
from emulator.core.patterns import compile_pattern

STEPS = st.lists(st.text(alphabet="abc$-. ", min_size=1, max_size=4) | st.just(0), min_size=1, max_size=4)


def mapped(response_map: Any, answer: Any, **more: Any) -> Mapped:
    """What *response_map* reads from *answer*."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return apply_response_map(compile_pattern(response_map), body, **more)


@given(STEPS, st.integers(0, 10**40))
def test_an_id_anywhere_is_read_digit_for_digit(steps: list[str | int], number: int) -> None:
    """Framework 4.16, 4.17: the mapped id is found at any path, digit for digit, beyond 2^53 too."""
    shape: Any = "$messageid$"
    answer: Any = number
    for step in reversed(steps):
        shape, answer = (
            ({step: shape}, {step: answer, "more": 1}) if isinstance(step, str) else ([shape], [answer, None])
        )
    assert {"messageid": str(number)} == mapped(shape, answer).variables


@pytest.mark.parametrize(
    ("response_map", "answer", "expected"),
    [
        (["$messageid$"], ["a", "b"], "a"),
        ([{"id": "$messageid$"}], [{"id": "a"}, {"id": "b"}], "a"),
        ({"id": "$messageid$"}, {"id": 1.10}, "1.1"),
        ({"id": "$messageid$"}, b'{"id": 1.10}', "1.10"),
        ({"id": "msg-$messageid$"}, {"id": "msg-7"}, "7"),
        ({"s": "0", "id": "$messageid$"}, {"s": 0, "id": True}, "true"),
    ],
    ids=["bare-list", "list", "float", "float-as-written", "shape", "literal"],
)
def test_what_is_mapped(response_map: Any, answer: Any, expected: str) -> None:
    """Framework 4.16: a list of one is the pattern of every element and the first counts; keys not named are
    ignored."""
    found = mapped(response_map, answer)
    assert ({"messageid": expected}, (), None) == (found.variables, found.findings, found.failure)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"data": {"ID": "x"}}, "at $.data.id; found nothing; the nearest key is $.data.ID"),
        ({"data": {}}, "at $.data.id; found nothing"),
        ({"data": {"id": None}}, "found null"),
        ({"data": {"id": {}}}, "found an object"),
        ({"data": {"id": ""}}, "found an empty text"),
        ([], "at $.data.id; found a list at $"),
        ({"data": "x"}, "at $.data.id; found 'x' at $.data"),
        ({"data": [{"id": 1}]}, "at $.data.id; found a list at $.data; the nearest key is $.data[0].id"),
    ],
    ids=["case", "nothing", "null", "object", "empty", "list", "text", "in-a-list"],
)
def test_a_missing_id_is_told(answer: Any, message: str) -> None:
    """Framework 4.20: without the mapped id the message is untracked; the path and the nearest key are told."""
    found = mapped({"data": {"id": "$messageid$"}}, answer)
    assert (found.variables, found.failure, [each.code for each in found.findings]) == ({}, None, ["API-101"])
    assert message in found.findings[0].message


@pytest.mark.parametrize(
    "body", [b"", b"<html>error</html>", b"OK", b"{", b"\xff"], ids=["empty", "html", "text", "cut", "bytes"]
)
def test_no_json_is_a_failure(body: bytes) -> None:
    """Framework 4.19: an answer that is not JSON fails the message, and its first bytes are told."""
    found = mapped({"id": "$messageid$"}, body)
    assert [each.code for each in found.findings] == ["API-103"]
    assert (body.decode("utf-8", "backslashreplace") or "empty")[:10] in (found.failure or "")


def test_an_answer_is_decoded_by_the_charset_it_declares() -> None:
    """Framework 4.17: as a webhook is; what cannot be decoded is told with its place."""
    pattern, body = compile_pattern({"id": "$messageid$"}), '{"id": "m-1", "name": "Zo\u00eb"}'.encode("latin-1")
    found = apply_response_map(pattern, body, "application/json; charset=ISO-8859-1")
    assert (found.variables, found.failure) == ({"messageid": "m-1"}, None)
    undeclared = apply_response_map(pattern, body, "application/json")
    assert (undeclared.failure or "").startswith("the answer is not UTF-8: byte 0xeb at line 1, column 26; it begins")
    assert undeclared.findings[0].remedy == "send UTF-8, or say in Content-Type which charset it is"


def test_an_id_that_most_readers_would_round_is_warned_of() -> None:
    """Framework 4.17: every digit is kept here; that the live platform does so too is only inferred."""
    for number in (2**53 + 1, 90071992547409931):
        (finding,) = mapped({"data": [{"id": "$messageid$"}]}, {"data": [{"id": number}]}).findings
        assert ("API-110", "$.data[0].id") == (finding.code, finding.path)
    assert finding.remedy.startswith("answer it as text, in quotes")
    assert () == mapped({"id": "$messageid$"}, {"id": 2**53}).findings
    assert () == mapped({"id": "$messageid$"}, {"id": str(2**60)}).findings


def test_an_answer_that_breaks_late_is_told_by_its_place() -> None:
    """Framework 4.19: where the answer stops being JSON, and why, stands before its beginning."""
    found = mapped({"id": "$messageid$"}, b'{"state": "sending", "text": "a "b" c"}')
    assert (found.failure or "").startswith(
        "the answer is not JSON: a quote inside a text that is not escaped at line 1, column 33; it begins with"
    )
    assert found.findings[0].remedy.startswith("escape the texts")


@pytest.mark.parametrize(
    ("response_map", "answer", "message"),
    [
        ([{"id": "$messageid$"}], [{"ok": 1}, {}], "at $[0].id; found nothing"),
        ({"m": [{"id": "<$messageid$>"}]}, {"m": [{"id": "7"}]}, "at $.m[0].id; found '7'"),
        ({"m": ["x", "$messageid$"]}, {"m": ["x"]}, "at $.m[1]; found nothing"),
        ({"part": {"s": "0", "id": "$messageid$"}}, {"part": 5}, "at $.part.id; found 5 at $.part"),
    ],
    ids=["list", "shape", "place", "beside-a-literal"],
)
def test_where_a_missing_id_should_stand(response_map: Any, answer: Any, message: str) -> None:
    """Framework 4.20: the warning shows the path expected and what stood there, or around it."""
    found = mapped(response_map, answer, literals_must_equal=False)
    assert (None, ["API-101"]) == (found.failure, [each.code for each in found.findings])
    assert found.findings[0].message.endswith(message)


@pytest.mark.parametrize(
    ("response_map", "answer"),
    [
        ({"s": {"code": "0"}, "id": "$messageid$"}, {"s": None, "id": "x"}),
        ({"s": {"code": "0"}, "id": "$messageid$"}, {"id": "x"}),
        ({"s": [{"code": "0"}], "id": "$messageid$"}, {"s": [], "id": "x"}),
        ({"s": ["0", "1"], "id": "$messageid$"}, {"s": ["0"], "id": "x"}),
        ({"s": ["0", "1"], "id": "$messageid$"}, {"s": "01", "id": "x"}),
    ],
    ids=["null", "absent", "empty-list", "too-short", "no-list"],
)
def test_a_literal_that_is_not_reached_is_not_equal(response_map: Any, answer: Any) -> None:
    """Framework 4.18: a literal in a part that the answer lacks fails the message like one that differs."""
    found = mapped(response_map, answer)
    assert ["API-102"] == [each.code for each in found.findings]
    assert found.failure == found.findings[0].message


def test_a_literal_must_be_equal() -> None:
    """Framework 4.18: a literal that differs fails the message, id or not; the profile can ignore literals."""
    shape, answer = {"status": "0", "id": "$messageid$"}, {"status": "1", "id": "x"}
    assert mapped(shape, answer).failure == "response_map wants $.status = '0'; found '1'"
    ignored = mapped(shape, answer, literals_must_equal=False)
    assert (ignored.variables, ignored.failure) == ({"messageid": "x"}, None)


def test_a_map_without_id_asks_for_none() -> None:
    """Framework 4.20: a response_map that names no id has nothing to complain of."""
    assert Mapped({}) == mapped({"ok": True}, {"ok": True})
