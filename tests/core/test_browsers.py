"""What a web page had a browser send is told by headers that no server sends."""

from __future__ import annotations

import pytest

from emulator.core.browsers import sent_by_page


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Origin": "https://evil.example"}, "it has Origin: https://evil.example, which"),
        ({"Origin": "null"}, "it has Origin: null, which"),
        ({"Origin": ""}, "it has Origin: , which"),
        ({"Sec-Fetch-Site": "cross-site"}, "it has Sec-Fetch-Site: cross-site, which"),
        ({"Sec-Fetch-Site": "same-site"}, "it has Sec-Fetch-Site: same-site, which"),
        ({"Sec-Fetch-Site": "same-origin"}, "it has Sec-Fetch-Site: same-origin, which"),
        ({"Origin": "x" * 5000}, "x…"),
        ({"Origin": "\ud800"}, "it has Origin: ?"),
    ],
)
def test_what_a_page_sends(headers: dict[str, str], told: str) -> None:
    """Framework 6.37: the header is told, and the setting that lets it in."""
    error = sent_by_page(headers)
    assert error is not None
    assert told in error.message
    assert len(error.message) < 250
    assert str(error.mend).endswith("profile: {webhooks_from_pages: take}")
    assert error.status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-Agent": "Mozilla/5.0", "Referer": "https://a.example/"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Mode": "cors"},
    ],
    ids=["nothing", "a-name", "typed", "node"],
)
def test_what_others_send(headers: dict[str, str]) -> None:
    """Servers send none of it; Node's fetch names a mode, and a typed address is a person's own."""
    assert sent_by_page(headers) is None
