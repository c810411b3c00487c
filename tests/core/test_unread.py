"""What nobody reads: keys of a webhook that no model mentions, of an answer that response_map skips."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.messages import Headers, Reply, Request
from emulator.core.unread import unread_in, unread_places

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument

WEBHOOK = {"method": "delivered", "params": {"messageid": "x", "carrier": "y"}, "at": 1}
JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def _webhook(body: bytes, *headers: tuple[str, str], method: str = "POST", query: str = "") -> Request:
    return Request(method=method, url=f"http://127.0.0.1/services/x/a1{query}", headers=headers, body=body)


def test_keys_that_no_model_mentions(document: IntegrationDocument) -> None:
    """The keys that no model has a use for, each once; what any model mentions is read."""
    payload: Any = [WEBHOOK, {"method": "message", "params": {"from": "1", "a b": 2}, "more": [{"k": 1}, {"k": 2}]}]
    assert ["$.params.carrier", "$.at", '$.params["a b"]', "$.more.k"] == unread_places(payload, document.webhooks)
    assert [] == unread_places({"method": "x", "params": {"url": "u", "content": "c"}}, document.webhooks)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (_webhook(json.dumps(WEBHOOK).encode(), JSON), ["$.params.carrier", "$.at"]),
        (
            _webhook(gzip.compress(json.dumps(WEBHOOK).encode()), JSON, ("Content-Encoding", "gzip")),
            ["$.params.carrier", "$.at"],
        ),
        (_webhook(b"method=delivered&at=1", FORM), ["$.at"]),
        (_webhook(b"", method="GET", query="?method=delivered&at=1"), ["$.at"]),
        (_webhook(b"{", JSON), []),
    ],
    ids=["json", "packed", "form", "query", "unreadable"],
)
def test_a_webhook(request_: Request, expected: list[str], document: IntegrationDocument) -> None:
    """A webhook is read as it was when it came; of one that cannot be read there is nothing to say."""
    assert expected == unread_in("webhook", request_, Reply(status=200), document)


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        ("SendMessage", b'{"data": {"id": "x", "state": "queued"}, "ok": true}', ["$.data.state", "$.ok"]),
        ("SendMessage", b"<ok/>", []),
        ("SendMessage", None, []),
        ("Subscribe", b'{"id": 1}', []),
        ("trigger", b'{"id": 1}', []),
    ],
    ids=["answer", "unreadable", "no-answer", "without-map", "none-of-the-document"],
)
def test_an_answer(kind: str, answer: bytes | None, expected: list[str], document: IntegrationDocument) -> None:
    """Of an answer it is what response_map skips; without that nobody reads answers anyway."""
    headers: Headers = ()
    request = Request(method="POST", url="https://api.x.test/", headers=headers)
    assert expected == unread_in(kind, request, None if answer is None else Reply(status=200, body=answer), document)
