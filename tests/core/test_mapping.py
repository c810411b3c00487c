"""Reading an answer through response_map."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.mapping import Mapped, apply_response_map
from emulator.core.messages import Reply
from emulator.core.patterns import compile_pattern
from emulator.core.source import jsonpath
from emulator.errors import Location

STEPS = st.lists(st.text(alphabet="abc$-. ", min_size=1, max_size=4) | st.just(0), min_size=1, max_size=4)


def mapped(response_map: Any, answer: Any, **more: Any) -> Mapped:
    """What *response_map* reads from *answer*, or from one with other headers."""
    if not isinstance(answer, Reply):
        answer = Reply(200, (), answer if isinstance(answer, bytes) else json.dumps(answer).encode())
    return apply_response_map(compile_pattern(response_map), answer, **more)


def place(path: Any) -> Location:
    """A place in a document for each path of response_map."""
    return Location(file=f"acme.json{jsonpath(path)[1:]}", line=3, column=9)


@given(STEPS, st.integers(1, 10**40))
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
        ({"s": "0", "id": "$messageid$"}, {"s": 0, "id": 7}, "7"),
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
        ({"data": {"ID": "x"}}, "at $.data.id; found nothing; there is $.data.ID = x"),
        ({"data": {}}, "at $.data.id; found nothing"),
        ({"data": {"id": None}}, "found null"),
        ({"data": {"id": {}}}, "found an object"),
        ({"data": {"id": ""}}, "found an empty text"),
        ([], "at $.data.id; found an empty list at $"),
        ({"data": "x"}, "at $.data.id; found 'x' at $.data"),
        ({"data": [{"id": 1}]}, "at $.data.id; found a list at $.data; there is $.data[0].id = 1"),
    ],
    ids=["case", "nothing", "null", "object", "empty", "list", "text", "in-a-list"],
)
def test_a_missing_id_is_told(answer: Any, message: str) -> None:
    """Framework 4.20: without the mapped id the message is untracked; the path and what may be the id are told."""
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
    shape, body = {"id": "$messageid$"}, '{"id": "m-1", "name": "Zo\u00eb"}'.encode("latin-1")
    found = mapped(shape, Reply(200, (("Content-Type", "application/json; charset=ISO-8859-1"),), body))
    assert (found.variables, found.failure) == ({"messageid": "m-1"}, None)
    undeclared = mapped(shape, Reply(200, (("Content-Type", "application/json"),), body))
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


@pytest.mark.parametrize("value", ["None", "null", "0", "undefined", "N/A", True, False, 0])
def test_a_placeholder_is_no_id(value: Any) -> None:
    """Framework 4.20: what stands there where there is no id does not track a message."""
    read = mapped({"id": "$messageid$"}, {"id": value})
    shown = repr(value) if isinstance(value, str) else json.dumps(value)
    assert ({}, None, ["API-101"]) == (read.variables, read.failure, [each.code for each in read.findings])
    assert f"response_map looks for $messageid$ at $.id; found {shown}, which is no id" == read.findings[0].message


def test_the_document_may_be_wrong() -> None:
    """Framework 4.20: its place comes first, and what else may be the id; then the provider."""
    answer = {"result": [{"ref": 90071992547409931, "st": "queued"}]}
    (finding,) = mapped({"result": [{"id": "$messageid$"}]}, answer, places=place).findings
    assert finding.message == (
        "response_map looks for $messageid$ at $.result[0].id (acme.json.result[0].id:3:9); found nothing; "
        "there is $.result[0].ref = 90071992547409931"
    )
    assert finding.remedy == (
        "if that is the id, write $.result[0].ref into response_map (acme.json.result[0].id:3:9); "
        "else let the provider answer with the id at $.result[0].id"
    )
    (finding,) = mapped({"id": "$messageid$"}, {"status": "queued"}, places=place).findings
    assert finding.remedy == (
        "write the place where your API names the id into response_map (acme.json.id:3:9); "
        "or let the provider answer with the id at $.id"
    )


def test_no_key_is_offered_where_the_send_failed() -> None:
    """Framework 4.20, 8.22: the id is absent because of that, and a count or sentence beside it is none."""
    answer = {"message-count": "1", "messages": [{"ref": "abc-12345", "status": "4", "error-text": "Bad Credentials"}]}
    (finding,) = mapped({"messages": [{"message-id": "$messageid$"}]}, answer, places=place).findings
    said = '$.messages[0]["error-text"] is "Bad Credentials"'
    assert finding.message.endswith("found nothing")
    assert finding.remedy == f"there is no id because the send failed: {said}; mend that"


def test_an_id_in_a_header() -> None:
    """Framework 9: the format cannot read it, whatever the body is."""
    said = "; the header Location is '/messages/7', but the format reads ids from the JSON body only"
    headers = (("Location", "/messages/7"),)
    for body in (b'{"status": "queued"}', b""):
        (finding,) = mapped({"id": "$messageid$"}, Reply(201, headers, body)).findings
        assert finding.message.endswith(said)
    assert mapped({"id": "$messageid$"}, Reply(201, headers, b'{"id": "7"}')).findings == ()


def test_a_literal_that_the_document_has_wrong() -> None:
    """Framework 4.18: it may be a success of another kind; the document's line comes first."""
    (finding,) = mapped({"s": "0", "id": "$messageid$"}, {"s": "00", "id": "7"}, places=place).findings
    assert finding.remedy == (
        "if an answer with $.s = '00' is a success too, correct that literal in response_map (acme.json.s:3:9); "
        "else the message was refused, and the answer tells why"
    )


def test_a_map_without_id_asks_for_none() -> None:
    """Framework 4.20: a response_map that names no id has nothing to complain of."""
    assert Mapped({}) == mapped({"ok": True}, {"ok": True})
