"""What can be the id of a message, and what cannot."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.message_ids import id_in_headers, is_no_id, likely_id
from emulator.core.source import jsonpath


@pytest.mark.parametrize(
    "value", ["None", "null", "0", "", "undefined", "N/A", "n/a", True, False, 0, "-1", "000", " ", "nil"]
)
def test_placeholders(value: Any) -> None:
    """Framework 4.20: what programs write where there is no id is none."""
    assert is_no_id(value)


@pytest.mark.parametrize("value", ["m-1", 1, "1", 90071992547409931, "00a0-1234", "nonesuch", "10"])
def test_ids(value: Any) -> None:
    """Ids have every form."""
    assert not is_no_id(value)


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"result": [{"ref": 90071992547409931, "st": "queued", "cost": 1.5, "parts": 1}]}, "$.result[0].ref"),
        ({"data": {"ID": "x"}}, "$.data.ID"),
        ({"data": [{"id": 1}]}, "$.data[0].id"),
        ({"message_uuid": ["db3ce55a"], "api_id": "d1"}, "$.message_uuid[0]"),
        ({"messageid": "90071992547409931"}, "$.messageid"),
        ({"request_id": "r-1", "smsRef": "900"}, "$.smsRef"),
        ({"request_id": "r-1"}, "$.request_id"),
        ({"idd": "00a0-1234-bcde"}, "$.idd"),
    ],
)
def test_a_likely_id(answer: Any, path: str) -> None:
    """Framework 4.20: the key of that name elsewhere, a name for ids, or a name that is nearly it."""
    near = likely_id(answer, ("result", 0, "id"))
    assert near is not None
    assert jsonpath(near) == path


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ({"message-count": "1", "messages": [{"status": "4"}]}, ("messages", 0, "message-id")),
        ({"Data": {"Message": "InvalidSenderId", "Recipients": []}}, ("Data", "Recipients", 0, "messageId")),
        ({"message": "message queued 12345"}, ("messageid",)),
        ({"message_price": "0.0340", "messages": 12345678}, ("messageid",)),
        ({"id_status": "queued1234567"}, ("status_ids",)),
        ({"messageTo": "+61123456789", "mobile_id": "61123456789"}, ("message_to",)),
        ({"sent_id": True, "id": None, "ids": []}, ("id",)),
        ({"id": "None", "uid": "0"}, ("id",)),
        ({"account_id": "a-12345", "api_key": "k-12345"}, ("id",)),
        ({"date": "2026-01-02T00:00:00Z", "idate": "1767312000"}, ("idat",)),
        ({"id": "https://api.example.com/messages/1"}, ("id",)),
        ({"messages": [{"status": {"groupId": 5, "id": 26}}]}, ("messages", 0, "id")),
        ("m-1", ("id",)),
    ],
)
def test_what_is_never_offered(answer: Any, wanted: Any) -> None:
    """A count, a sentence, a word, a price, a phone number, a time, an address, another thing's id."""
    assert likely_id(answer, wanted) is None


def test_ids_in_headers() -> None:
    """Framework 9: a header of an id goes before a Location; others say nothing."""
    assert id_in_headers((("Location", "/messages/1"), ("X-Message-Id", "m-1"))) == ("X-Message-Id", "m-1")
    assert id_in_headers((("location", "/messages/1"),)) == ("location", "/messages/1")
    assert id_in_headers((("X-Request-Id", "r"), ("Message-ID", "None"))) is None
