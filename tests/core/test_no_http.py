"""Why bytes are no HTTP request, seen in the bytes themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.no_http import no_http

LINE = b"POST /services/acme/a1?b=c HTTP/1.1\r\n"
HOST = b"Host: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    ("data", "reason", "mend"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", "HTTPS, spoken to a port", "post to the webhook URL as it is"),
        (LINE + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
         "Content-Length and Transfer-Encoding together", "send one of the two"),
        (LINE + b"Content-Length: 0\r\n\r\n", "no Host header", "send Host:"),
        (LINE + HOST + HOST + b"\r\n", "2 Host headers", "send Host:"),
        (LINE + HOST + b"Content-Length: ten\r\n\r\n", "a Content-Length that is none: 'ten'", "send the body"),
        (LINE + HOST + b"Content-Length: 1\r\ncontent-length: 2\r\n\r\n",
         "a Content-Length that is none: '1, 2'", "send the body's length"),
        (LINE + HOST + b"no header\r\n\r\n", "a header that is none: 'no header'", "send each header as Name: value"),
        (LINE + HOST + b"X Y: 1\r\n\r\n", "a header that is none: 'X Y'", "send each header as Name: value"),
        (LINE + HOST + b"X: a\x01b\r\n\r\n", "a control character in the header X", "take it out"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2", "post by HTTP/1.1"),
        (b"hello\r\n\r\n", "it does not begin as an HTTP request does: 'hello'", "post by HTTP/1.1"),
        (b"", "it does not begin as an HTTP request does: ''", "post by HTTP/1.1"),
        (LINE + HOST + b"\r\n", "what HTTP does not allow", "RFC 9112"),
    ],
    ids=["tls", "two-lengths", "no-host", "two-hosts", "no-length", "lengths", "no-colon", "name", "control", "http-2",
         "words", "nothing", "unknown"],
)  # fmt: skip
def test_each_way_has_a_sentence_of_its_own(data: bytes, reason: str, mend: str) -> None:
    """Framework 6.27: what cannot be read is told with its reason, and with what mends just that."""
    found = no_http(data)
    assert found.reason.startswith(reason)
    assert mend in found.mend
    assert found.data == data


def test_what_is_known_of_the_request_is_kept() -> None:
    """The method and the target show who posted, as far as they came."""
    found = no_http(LINE + HOST + b"X: " + b"y" * 20_000, too_long=True)
    assert ("POST", "/services/acme/a1?b=c") == (found.method, found.target)
    assert found.reason == "a line of its head is longer than 16384 bytes"
    assert no_http(LINE, cut_off=True).reason == "the connection ended before the head of the request did"


@given(
    st.binary(max_size=200) | st.lists(st.sampled_from([LINE, HOST, b"\r\n", b":", b" ", b"a", b"\xff"])).map(b"".join)
)
def test_whatever_comes_has_a_reason(data: bytes) -> None:
    """Framework 6.27: nothing that comes is left without one."""
    found = no_http(data)
    assert all((found.reason, found.mend))
    assert found.target.startswith("/")
