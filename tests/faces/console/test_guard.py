"""Only the console's own page and programs on this machine are answered; beyond loopback, only who has the token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.faces.console.guard import COOKIE
from emulator.faces.console.server import ConsoleSettings

if TYPE_CHECKING:
    from tests.faces.console.conftest import Client, Open


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:8086", 200),
        ("127.9.9.9", 200),
        ("[::1]:8086", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("10.0.0.1", 403),
        ("localhost:1:2", 403),
        ("user@localhost", 403),
        ("", 403),
    ],
)
async def test_a_host_must_be_this_machine(client: Client, host: str, status: int) -> None:
    """What leads here by a name of its own (DNS rebinding) is refused, and reads nothing of the page either."""
    for path in ("/health", "//", "//js/main.js"):
        answer = await client("GET", path, headers={"Host": host})
        assert answer.status == status, path


async def test_a_name_may_be_added(open_client: Open) -> None:
    client = await open_client(ConsoleSettings(port=0, names=("Console.Example",)))

    assert (await client("GET", "/health", headers={"Host": "console.example:8086"})).status == 200
    assert (await client("GET", "/health", headers={"Host": "other.example"})).status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:5", "Host": "localhost:5"}, 200),
        ({"Origin": "http://localhost:6", "Host": "localhost:5"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_another_page_is_refused(client: Client, headers: dict[str, str], status: int) -> None:
    assert (await client("GET", "/health", headers=headers)).status == status


async def test_what_another_page_can_post_without_asking_is_not_taken(client: Client) -> None:
    """A form, or text that happens to be JSON, needs no preflight: neither is read."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await client("POST", "/messages", data=b'{"content": "x"}', headers={"Content-Type": kind})
        assert answer.status == 415
    preflight = await client("OPTIONS", "/messages", headers={"Access-Control-Request-Method": "POST"})
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert (await client.get("/messages"))["items"] == []


async def test_beyond_loopback_a_token_is_needed(open_client: Open) -> None:
    client = await open_client(ConsoleSettings(host="0.0.0.0", port=0))  # noqa: S104 - that is what is tested
    client.url = f"http://127.0.0.1:{client.url.rpartition(':')[2]}"
    right = client.headers.pop("Authorization")

    assert (await client("GET", "/health")).status == 200
    assert (await client("GET", "//")).status == 200, "the page itself holds nothing"
    for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": right[:-1]}, {"Authorization": right[7:]}):
        refused = await client("GET", "/organization", headers=wrong)
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await client("GET", "/stream", headers=wrong)).status == 401
        assert (await client("POST", "/session", {}, headers=wrong)).status == 401
    assert (await client("GET", "/organization", headers={"Authorization": right})).status == 200


async def test_a_token_becomes_a_cookie_that_no_script_reads(open_client: Open) -> None:
    client = await open_client(ConsoleSettings(host="0.0.0.0", port=0))  # noqa: S104
    client.url = f"http://localhost:{client.url.rpartition(':')[2]}"  # cookies are kept for names only
    right = client.headers.pop("Authorization")

    begun = await client("POST", "/session", {}, headers={"Authorization": right})

    cookie = begun.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert right[7:] not in cookie
    assert (await client("GET", "/organization")).status == 200


async def test_on_loopback_a_session_is_no_cookie(client: Client) -> None:
    answer = await client("POST", "/session", {})

    assert answer.status == 204
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["//", "//index.html", "/health", "/nothing", "//nothing"])
async def test_every_answer_keeps_to_the_page(client: Client, path: str) -> None:
    headers = (await client("GET", path)).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    if path.startswith("/h"):
        assert headers["Cache-Control"] == "no-store"
