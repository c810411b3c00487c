"""The reference provider and its own integration document fit each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.provider import payloads
from emulator.provider.accepting import Inbound, order_from, subscription_from
from emulator.provider.state import Order, Subscription

FILE = Path(__file__).parents[2] / "scenarios" / "reference.json"
VALUES = {
    "$from$": "+61855555555",
    "$to$": "+61123456789",
    "$extension$": "101",
    "$domain$": "acme",
    "$content$": "http://x.test/cat.jpg",
    "$text$": "a cat",
    "$url$": "http://x.test/cat.jpg",
    "$messageid$": "9612c4e2",
    "$webhook_url$": "https://shell.example.com/services/reference-sms/a123",
}


def inbound(text: str, url: str | None) -> Inbound:
    """A message from outside between the numbers above."""
    return Inbound(sender=VALUES["$from$"], to=VALUES["$to$"], text=text, url=url, domain=None)


@pytest.fixture
def document() -> dict[str, Any]:
    """The document as it is mailed."""
    read: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return read


def filled(template: Any, values: dict[str, str]) -> Any:
    """*template* with its leaves that are variables replaced; enough for this document."""
    if isinstance(template, dict):
        return {key: filled(value, values) for key, value in template.items()}
    return values.get(template, template)


def test_the_document_is_written_in_the_usual_form(document: dict[str, Any]) -> None:
    """Strict JSON, indented by two spaces, with the head that a portal shows."""
    assert FILE.read_text("utf-8") == json.dumps(document, indent=2) + "\n"
    assert {key: document[key] for key in ("id", "name", "class", "properties", "auth")} == {
        "id": "reference-sms",
        "name": "Reference SMS",
        "class": "sms",
        "properties": ["API key"],
        "auth": {"type": "Bearer", "token": "$API key$"},
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SendMessage", {"content": VALUES["$content$"], "media_url": None}),
        ("SendFile", {"content": None, "media_url": VALUES["$content$"]}),
    ],
)
def test_its_orders_are_accepted(document: dict[str, Any], name: str, expected: dict[str, Any]) -> None:
    """What the document makes of a message is what the provider reads."""
    method = document["API"][name]

    assert (method["request_method"], method["request_url"]) == ("POST", "https://api.example.com/webhook")
    assert method["response_map"] == payloads.created("$messageid$")
    assert order_from(filled(method["request_parameters"], VALUES)) == Order(
        sender="+61855555555", to="+61123456789", extension="101", domain="acme", **expected
    )


def test_its_subscription_is_accepted(document: dict[str, Any]) -> None:
    """What the document makes of the webhook URL is what the provider reads."""
    method = document["API"]["Subscribe"]

    assert method["request_url"] == "https://api.example.com/ns-api/v2/subscriptions"
    assert subscription_from(filled(method["request_parameters"], VALUES)) == Subscription(
        domain="acme", url=VALUES["$webhook_url$"]
    )


@pytest.mark.parametrize(
    ("event_type", "posted"),
    [
        ("message", payloads.arrived(inbound(VALUES["$content$"], None))),
        ("mms", payloads.arrived(inbound("a cat", VALUES["$url$"]))),
        ("messageDelivered", payloads.delivered("9612c4e2")),
    ],
)
def test_its_webhooks_are_what_the_provider_posts(
    document: dict[str, Any], event_type: str, posted: dict[str, Any]
) -> None:
    """Each model, filled, is the very body that the provider posts."""
    (model,) = [model for model in document["Webhook"] if model["event_type"] == event_type]

    assert filled(model["request_parameters"], {**VALUES, "$event_key$": model["event_key"]}) == posted


def test_the_document_with_oauth2_differs_in_how_it_is_authorized(document: dict[str, Any]) -> None:
    """Both documents describe one API."""
    other = json.loads(FILE.with_name("reference-oauth2.json").read_text("utf-8"))
    differing = {key for key in document.keys() | other.keys() if document.get(key) != other.get(key)}
    assert differing == {"id", "name", "properties", "auth", "OAuth2"}
