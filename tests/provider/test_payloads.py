"""The JSON shapes of the provider, as the framework's page prints them."""

from __future__ import annotations

import pytest

from emulator.provider import payloads
from emulator.provider.accepting import Inbound
from emulator.provider.state import Answered, Fetched, Message, Order, Outcome, Unreachable


def test_created_and_failure() -> None:
    """Ids stand where response_map looks for them, errors where people do."""
    assert payloads.created("1") == {"data": {"id": "1"}}
    assert payloads.failure("no") == {"error": {"message": "no"}}


def test_delivered() -> None:
    """The report is the page's own sample."""
    assert payloads.delivered("9612c4e2") == {"method": "delivered", "params": {"messageid": "9612c4e2"}}


def test_arrived() -> None:
    """A text and a file have the shapes of the page's samples."""
    text = Inbound(sender="+61855555555", to="+61123456789", text="Hello there!", url=None, domain=None)
    file = Inbound(sender="+61855555555", to="+61123456789", text="", url="https://x.test/8.jpeg", domain="acme")

    assert payloads.arrived(text) == {
        "method": "message",
        "params": {"from": "+61855555555", "to": "+61123456789", "content": "Hello there!"},
    }
    assert payloads.arrived(file) == {
        "method": "file",
        "params": {"from": "+61855555555", "to": "+61123456789", "text": "", "url": "https://x.test/8.jpeg"},
    }


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(None, None), (Answered(503, "later"), {"status": 503}), (Unreachable("refused"), {"error": "refused"})],
)
def test_listed(outcome: Outcome | None, expected: dict[str, object] | None) -> None:
    """A listed message holds the order's own keys and how its report ended."""
    order = Order(sender="+1", to="2", extension=None, domain="acme", content="hi", media_url=None)
    message = Message(id="7", accepted_at="2026-01-01", order=order, webhook_url="http://x.test/", report=outcome)

    assert payloads.listed(message) == {
        "id": "7",
        "accepted_at": "2026-01-01",
        "from": "+1",
        "to": "2",
        "extension": None,
        "domain": "acme",
        "content": "hi",
        "media_url": None,
        "webhook_url": "http://x.test/",
        "report": expected,
        "media": None,
    }


@pytest.mark.parametrize(
    ("fetched", "expected"),
    [
        (
            Fetched(200, None, "image/png", 3, "00"),
            {"status": 200, "content_type": "image/png", "size": 3, "sha256": "00"},
        ),
        (Fetched(404, "gone"), {"status": 404, "error": "gone"}),
        (Fetched(error="nobody there"), {"error": "nobody there"}),
    ],
)
def test_what_came_of_a_file(fetched: Fetched, expected: dict[str, object]) -> None:
    """What is not known is left out."""
    assert payloads.media(fetched) == expected
