"""A recorded request becomes a line that makes the same request, and text that people read."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.curl import curl_line, reply_text, request_text
from emulator.core.messages import Reply, Request

_BASH = shutil.which("bash") or "bash"
_IN_HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
_TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])).map(str.encode)


def said_to_curl(line: str) -> list[bytes]:
    """The arguments that curl gets when a shell reads *line*."""
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}\n{line}"
    done = subprocess.run([_BASH, "-c", script.encode()], capture_output=True, check=True)
    return done.stdout.split(b"\0")[:-1]


@settings(max_examples=100)
@given(
    method=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126)),
    value=_IN_HEADERS.map(str.strip).filter(bool),
    body=st.one_of(_TEXTS, st.binary().map(lambda each: each.replace(b"\0", b""))).filter(bool),
)
def test_a_shell_gives_curl_what_was_sent(method: str, path: str, value: str, body: bytes) -> None:
    """Whatever stands in it, quotes, dollars, newlines and bytes that are no text too: nothing is executed."""
    url = f"http://127.0.0.1/{path}"
    line = curl_line(Request(method=method, url=url, headers=(("X-One", value),), body=body))

    words = [b"-sS", b"-X", method.encode(), url.encode(), b"-H", f"X-One: {value}".encode(), b"--data-raw", body]
    assert said_to_curl(line) == words


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection", "Accept-Encoding"])
def test_what_curl_says_by_itself_is_left_out(name: str) -> None:
    line = curl_line(Request(method="GET", url="http://localhost/", headers=((name, "x"),)))

    assert line == "curl -sS -X GET http://localhost/"


def test_a_header_without_a_value_stays() -> None:
    """``-H 'X-Empty:'`` would take the header away."""
    line = curl_line(Request(method="GET", url="http://localhost/", headers=(("X-Empty", ""),)))

    assert line.endswith("-H 'X-Empty;'")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(method="GET", url="http://api.x.test:8080"), "GET / HTTP/1.1\nHost: api.x.test:8080"),
        (
            Request(method="POST", url="http://x.test/a?b=c", headers=(("Host", "y.test"),), body=b"hi \xff"),
            "POST /a?b=c HTTP/1.1\nHost: y.test\n\nhi \\xff",
        ),
    ],
    ids=["bare", "with-a-body"],
)
def test_a_request_as_text(request_: Request, expected: str) -> None:
    assert request_text(request_) == expected


def test_an_answer_as_text() -> None:
    assert reply_text(Reply(status=204)) == "HTTP/1.1 204"
    assert reply_text(Reply(status=200, headers=(("A", "b"),), body=b"{}")) == "HTTP/1.1 200\nA: b\n\n{}"
