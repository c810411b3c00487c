"""Requests go to another host than the document names, and to no other by accident."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.hosts import rewrite

API = "https://api.example.com"


@pytest.mark.parametrize(
    ("url", "hosts", "expected"),
    [
        (f"{API}/sms?a=1", {API: "http://127.0.0.1:8086"}, "http://127.0.0.1:8086/sms?a=1"),
        (API, {API: "http://127.0.0.1:8086"}, "http://127.0.0.1:8086"),
        (f"{API}?a=1", {API: "http://127.0.0.1:8086"}, "http://127.0.0.1:8086?a=1"),
        (f"{API}#a", {API: "http://127.0.0.1:8086"}, "http://127.0.0.1:8086#a"),
        (f"{API}/sms", {f"{API}/": "http://127.0.0.1:8086/"}, "http://127.0.0.1:8086/sms"),
        ("HTTPS://API.example.com/SMS", {API: "http://127.0.0.1:8086"}, "http://127.0.0.1:8086/SMS"),
        (f"{API}/v2/sms", {API: "http://one", f"{API}/v2": "http://two/api"}, "http://two/api/sms"),
        (f"{API}/v20/sms", {API: "http://one", f"{API}/v2": "http://two"}, "http://one/v20/sms"),
        (f"{API}.evil.test/sms", {API: "http://127.0.0.1:8086"}, f"{API}.evil.test/sms"),
        (f"{API}:8443/sms", {API: "http://127.0.0.1:8086"}, f"{API}:8443/sms"),
        (f"{API}@evil.test/sms", {API: "http://127.0.0.1:8086"}, f"{API}@evil.test/sms"),
    ],
    ids=[
        "path-and-query-stay",
        "nothing-but-the-host",
        "query",
        "fragment",
        "slashes-at-the-ends",
        "capitals",
        "the-longest-wins",
        "a-part-is-whole",
        "another-domain",
        "another-port",
        "a-user",
    ],
)
def test_a_prefix_is_replaced(url: str, hosts: dict[str, str], expected: str) -> None:
    """Where it ends with a part of the URL, and nowhere else."""
    assert rewrite(url, hosts) == expected


@given(url=st.text(), path=st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_all_else_stays(url: str, path: str) -> None:
    """Without hosts nothing changes; what follows the prefix is kept to the letter."""
    assert rewrite(url, {}) == url
    assert rewrite(f"{API}/{path}", {API: "http://127.0.0.1:1"}) == f"http://127.0.0.1:1/{path}"
