"""Reading what the provider is asked."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.provider.accepting import (
    Inbound,
    Refusal,
    inbound_from,
    is_json,
    object_from,
    order_from,
    subscription_from,
)
from emulator.provider.state import Order, Subscription

HALF_A_PAIR = "\ud800"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("application/json", True), ("application/vnd.acme+json", True), ("text/plain", False), ("text/json", False)],
)
def test_json_content_types(content_type: str, expected: bool) -> None:
    """JSON is application/json and everything that ends in +json."""
    assert expected is is_json(content_type)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "NaN is not a JSON value"),
        (b'{"a": "\xff"}', "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"null", "not a JSON object"),
    ],
    ids=["empty", "torn", "NaN", "not-utf-8", "too-deep", "array", "text", "null"],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes, problem: str) -> None:
    """Whatever the bytes are, the refusal says what is wrong with them."""
    refusal = object_from(body)

    assert isinstance(refusal, Refusal)
    assert refusal.status == 400
    assert problem in refusal.message


def test_a_json_object_is_read_with_a_byte_order_mark_too() -> None:
    """A byte order mark before the object changes nothing."""
    assert object_from(b'\xef\xbb\xbf{"a": "\xc3\xa9"}') == {"a": "é"}


def test_an_order_of_a_text() -> None:
    """All that the sample request holds is read."""
    payload = {"from": "+61855555555", "to": "61123456789", "extension": "101", "domain": "acme", "content": "hi\n👋"}

    assert order_from(payload) == Order(
        sender="+61855555555", to="61123456789", extension="101", domain="acme", content="hi\n👋", media_url=None
    )


def test_an_order_of_a_file_without_extension_and_domain() -> None:
    """An automatic reply has no user, so no extension; unknown keys do no harm."""
    payload = {"from": "+1", "to": "2", "media_url": "http://x.test/a.jpg", "domain": "", "more": 1}

    assert order_from(payload) == Order(
        sender="+1", to="2", extension=None, domain=None, content=None, media_url="http://x.test/a.jpg"
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"from": None}, '"from" is missing'),
        ({"to": ""}, '"to" is empty'),
        ({"to": 61123456789}, '"to" is not text'),
        ({"to": "ACME"}, '"to" is not digits with an optional plus before them'),
        ({"to": "+"}, '"to" is not digits with an optional plus before them'),
        ({"to": "+1\n"}, '"to" is not digits with an optional plus before them'),
        ({"to": "١٢٣"}, '"to" is not digits with an optional plus before them'),
        ({"extension": 101}, '"extension" is not text'),
        ({"domain": ["acme"]}, '"domain" is not text'),
        ({"content": 5}, '"content" is not text'),
        ({"content": HALF_A_PAIR}, '"content" holds half of a surrogate pair'),
        ({"media_url": {}}, '"media_url" is not text'),
        ({"content": None}, 'neither "content" nor "media_url" holds anything'),
        ({"content": "", "media_url": ""}, 'neither "content" nor "media_url" holds anything'),
    ],
)
def test_an_order_with_a_mistake_is_refused(changes: dict[str, Any], problem: str) -> None:
    """Each mistake has a sentence that names its key."""
    payload = {"from": "+1", "to": "2", "content": "hi", **changes}

    assert order_from(payload) == Refusal(400, problem)


def test_all_mistakes_of_an_order_are_named_at_once() -> None:
    """One request is enough to learn of them all."""
    assert order_from({"to": "x"}) == Refusal(
        400,
        '"from" is missing; "to" is not digits with an optional plus before them; '
        'neither "content" nor "media_url" holds anything',
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/services/reference-sms/a123",
        "HTTPS://hooks.example.com/x?y=1",
        "http://[::1]:80/",
        "http://münchen.example/",
        "http://my_host/",
    ],
)
def test_a_subscription_takes_absolute_http_urls(url: str) -> None:
    """http and https URLs with a host are taken as they are."""
    payload = {"domain": "acme", "user": "*", "model": "message", "post-url": url}

    assert subscription_from(payload) == Subscription(domain="acme", url=url)


def test_a_subscription_may_lack_a_domain() -> None:
    """Without a domain it is the webhook for whatever has no other."""
    assert subscription_from({"post-url": "http://x.test/"}) == Subscription(domain=None, url="http://x.test/")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (None, "is missing"),
        ("", "is empty"),
        (5, "is not text"),
        *(
            (url, "is not an absolute http or https URL")
            for url in (
                "/services/x",
                "//x.test/hook",
                "ftp://x.test/",
                "http:///hook",
                "http://[::1/",
                "http://x.test:99999/",
                "http://x.test:0/",
                "http://a..b/",
                f"http://{'a' * 64}.test/",
                "http://x.test/a b",
                "http://x.test/\r\nX: y",
                "$webhook_url$",
            )
        ),
    ],
)
def test_a_subscription_to_no_url_is_refused(url: object, problem: str) -> None:
    """What could never be posted to is refused when it is given, not when it fails."""
    assert subscription_from({"post-url": url}) == Refusal(400, f'"post-url" {problem}')


def test_a_subscription_of_a_strange_domain_is_refused() -> None:
    """A domain is text."""
    assert subscription_from({"domain": 5, "post-url": "http://x.test/"}) == Refusal(400, '"domain" is not text')


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"text": "hi"}, {"text": "hi", "url": None, "domain": None}),
        ({"text": ""}, {"text": "", "url": None, "domain": None}),
        ({"url": "http://x.test/a.jpg"}, {"text": "", "url": "http://x.test/a.jpg", "domain": None}),
        (
            {"text": "cap", "url": "u", "domain": "acme"},
            {"text": "cap", "url": "u", "domain": "acme"},
        ),
    ],
)
def test_an_inbound_message(extra: dict[str, Any], expected: dict[str, Any]) -> None:
    """Text and file are told apart by the URL; a number may have any format."""
    payload = {"from": "ACME Shop", "to": "0855 555 555", **extra}

    assert inbound_from(payload) == Inbound(sender="ACME Shop", to="0855 555 555", **expected)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"from": None}, '"from" is missing'),
        ({"to": 5}, '"to" is not text'),
        ({"text": 5}, '"text" is not text'),
        ({"text": HALF_A_PAIR}, '"text" holds half of a surrogate pair'),
        ({"url": ""}, '"url" is empty'),
        ({"domain": 5}, '"domain" is not text'),
        ({"text": None}, 'neither "text" nor "url" is there'),
    ],
)
def test_an_inbound_message_with_a_mistake_is_refused(changes: dict[str, Any], problem: str) -> None:
    """Each mistake has a sentence that names its key."""
    payload = {"from": "+1", "to": "2", "text": "hi", **changes}

    assert inbound_from(payload) == Refusal(400, problem)
