"""An answer that counts as a success may say that it failed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.complaining import failure_inside, told
from emulator.core.source import jsonpath

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["error", "ok"]), below),
    max_leaves=12,
)


def found(answer: Any) -> str | None:
    """Where a failure is seen in *answer*."""
    sign = failure_inside(answer)
    return jsonpath(sign.path) if sign else None


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        # a text, an object or a list of what went wrong
        ({"error": "no credit"}, "$.error"),
        ({"error": {"code": 17, "message": "no credit"}}, "$.error"),
        ({"errors": [{"detail": "x"}], "data": {"id": "1"}}, "$.errors"),
        ({"messages": [{"status": "1", "error-text": "Missing to"}]}, '$.messages[0]["error-text"]'),
        ({"Error_Message": "x"}, "$.Error_Message"),
        ({"errorCode": 21610, "id": "1"}, "$.errorCode"),
        ({"err-code": "501", "id": "1"}, '$["err-code"]'),
        ({"Fault": {"faultstring": "x"}}, "$.Fault"),
        ({"error": True, "message": "x"}, "$.error"),
        ({"a": {"b": {"c": {"error": "as deep as one looks"}}}}, "$.a.b.c.error"),
        ({"invalid_numbers": ["+61000"], "id": "1"}, "$.invalid_numbers"),
        ({"failed": 1, "sent": 0}, "$.failed"),
        # whether it was taken
        ({"ok": False}, "$.ok"),
        ({"ok": False, "error": {"code": 17}}, "$.error"),
        ({"success": "false", "id": "1"}, "$.success"),
        ({"accepted": 0}, "$.accepted"),
        ({"status": False, "id": 9}, "$.status"),
        ({"sent": False}, "$.sent"),
        # words
        ({"status": "ERROR"}, "$.status"),
        ({"data": {"id": "1", "state": "rejected"}}, "$.data.state"),
        ([{"result": "failed"}], "$[0].result"),
        ({"status": "no_funds"}, "$.status"),
        ({"status": "bad_recipient invalid"}, "$.status"),
        ({"outcome": "NotEnoughCredit"}, "$.outcome"),
        ({"result": "Could not be sent"}, "$.result"),
        ({"status": "MessageNotSent"}, "$.status"),
        ({"response_code": "ok", "data": {"texts": [{"status": "INSUFFICIENT_FUNDS"}]}}, "$.data.texts[0].status"),
        ({"texts": [{"status": {"group": 5, "groupName": "REJECTED", "id": 12}}]}, "$.texts[0].status.groupName"),
        ({"R": {"Result": {"+61000": {"DeliveryStatus": "OPT_OUT"}}}}, '$.R.Result["+61000"].DeliveryStatus'),
        ({"status": "OK", "sms": {"61000": {"status": "ERROR", "code": 207}}}, '$.sms["61000"].status'),
        ({"Code": "Operation.InsufficientBalance", "Message": "x"}, "$.Code"),
        ({"reason": "Number is blacklisted", "id": "1"}, "$.reason"),
        ({"status": "Failed: this number is registered with no carrier at all", "id": "1"}, "$.status"),
        ({"status": "E017"}, "$.status"),
        ({"type": "error", "id": 1}, "$.type"),
        # codes
        ({"result_code": -101, "message": "x", "msg_id": 0}, "$.result_code"),
        ({"code": "-3", "id": "x"}, "$.code"),
        ({"retcode": -3, "id": "x"}, "$.retcode"),
        ({"statusCode": 406, "id": "x"}, "$.statusCode"),
        ({"resultCode": 12, "id": "x"}, "$.resultCode"),
    ],
)
def test_a_failure_is_seen(answer: Any, path: str) -> None:
    """Framework 8.22: by the names, words and codes that providers use for it, also in a list for each receiver."""
    assert found(answer) == path


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "1"},
        {"sid": "S1", "status": "queued", "error_code": None, "error_message": None, "num_segments": "1"},
        {"message-count": "1", "messages": [{"message-id": "0A", "status": "0", "remaining-balance": "3.14"}]},
        {"bulk": "b", "texts": [{"id": "2", "status": {"groupId": 1, "groupName": "PENDING", "name": "PENDING_SENT"}}]},
        {"Data": {"Message": "Sent to 1/1", "Recipients": [{"statusCode": 101, "status": "Success", "id": "A"}]}},
        {
            "http_code": 200,
            "code": "SUCCESS",
            "data": {"texts": [{"body": "failed", "status": "SUCCESS"}], "blocked": 0},
        },
        {"status": "success", "sms": 23434},
        {"result_code": 1, "message": "", "msg_id": 123456789, "success_cnt": 1, "error_cnt": 0},
        {"message": "message(s) queued", "message_uuid": ["db3c"], "api_id": "db"},
        {"id": "e8", "recipients": {"totalDeliveryFailedCount": 0, "items": [{"status": "sent"}]}},
        {"data": {"id": "4", "to": [{"status": "queued"}], "errors": [], "valid_until": None}},
        {"status": "OK", "status_code": 100, "sms": {"61000": {"status": "OK", "status_code": 100}}},
        {"Response": {"Result": {"+61000": {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}}}},
        {"Response": {"Set": [{"Serial": "5", "Code": "Ok", "Message": "send success", "Fee": 1}]}},
        {"error": None, "errors": [], "error_code": 0, "error-text": "", "fault": False},
        {"error": {"code": 0, "message": "OK", "details": []}},
        {"error": {"code": 1000, "description": "Success"}},
        {"error": "0", "errorCode": "None"},
        {"errno": 0, "errmsg": "no error"},
        {"errCode": "000", "errText": "No Error"},
        {"error": False, "message": "SMS sent", "id": 1},
        {"ok": True, "success": "true", "accepted": 1},
        {"success": 1, "failed": 0, "failures": []},
        {"status": "ok", "state": "queued", "result": 0, "type": "message"},
        {"status": "accepted", "id": "1"},
        {"status": "SENT", "id": "1"},
        {"status": "scheduled", "id": "1"},
        {"state": "PENDING", "id": "1"},
        {"code": "0", "id": "1"},
        {"code": "200", "id": "1"},
        {"status": 200, "id": "1"},
        {"status": 1, "id": "1"},
        {"status": True, "id": "1"},
        {"responseCode": "1000", "responseDescription": "OK"},
        {"status": "No errors", "result": "sent: 1, failed: 0"},
        {"status": "Message accepted for delivery; errors are reported to your callback", "id": "1"},
        {"status": "not delivered yet", "id": "1"},
        {"id": "1", "callbacks": {"failed": "https://a.example/failed"}, "failed": "https://a.example/failed"},
        {"id": "1", "message": "Your payment failed", "status": "queued"},
        {"text": "error", "content": {"failed": "no"}},
        {"errors": None, "warnings": ["this number is new"], "reason": None},
        {"country_code": 420, "zipcode": "-1", "id": "1"},
        {"a": {"b": {"c": {"d": {"error": "deep in the details"}}}}},
        "error",
        None,
    ],
)
def test_what_is_none(answer: Any) -> None:
    """Keys that stand there all the same with nothing in them, words that mean something else, and other texts."""
    assert found(answer) is None


@pytest.mark.parametrize(
    ("answer", "literal"),
    [
        ({"status": "Could Not Send"}, '"status": "Success"'),
        ({"state": "REJECTED"}, '"state": "SUCCESS"'),
        ({"ok": False}, '"ok": true'),
        ({"error": True}, '"error": false'),
        ({"result_code": -101}, '"result_code": 0'),
        ({"code": "-101"}, '"code": "0"'),
        ({"success": "false"}, '"success": "true"'),
        ({"error": {"code": 1}}, None),
        ({"error-text": "Bad Credentials", "status": "4"}, None),
    ],
)
def test_what_a_success_would_have(answer: Any, literal: str) -> None:
    """Framework 9.4: a literal in response_map makes it visible; the one that is suggested is of the same kind."""
    sign = failure_inside(answer)
    assert sign is not None
    assert sign.literal == literal
    assert f"(acme.json:8:2), such as {literal or 'its status'}" in told(sign, "acme.json:8:2").remedy


def test_what_is_said() -> None:
    """It is quoted, but not without end."""
    sign = failure_inside({"error": "x" * 1000})
    assert sign is not None
    assert told(sign, None).message == f'the answer counts as a success, but $.error is "{"x" * 59}…'


@given(_JSON)
def test_any_answer_is_read(answer: Any) -> None:
    """Whatever comes; and what is seen stands where it is said to."""
    assert found(answer) is None or isinstance(found(answer), str)


def test_a_long_answer_is_not_read_to_its_end() -> None:
    """A failure after two hundred keys is not looked for."""
    assert found([{"id": str(number)} for number in range(10_000)] + [{"error": "x"}]) is None
