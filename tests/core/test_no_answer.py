"""Why bytes are no HTTP answer, seen in the bytes themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.no_answer import no_answer

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "more", "reason", "closed"),
    [
        (b"", 0, "closed the connection without an answer", True),
        (b"HTTP/1.", 0, "closed the connection inside the head of its answer", True),
        (OK + b"Content-Length: 20\r\n\r\nhalf", 6, "closed the connection after 10 of 20 bytes", True),
        (OK + b"Content-Length: 2\r\n\r\nabc", 0, "announced a Content-Length of 2 and sent 3 bytes or more", False),
        (CHUNKED + b"5\r\nabc", 0, "closed the connection before the last chunk of its answer", True),
        (CHUNKED + b"3\r\nabc\r\n", 0, "closed the connection before the last chunk of its answer", True),
        (CHUNKED + b"3;a=b\r\nabc\r\nZ\r\n", 0, "sent 'Z' in place of a chunk's length", False),
        (CHUNKED + b"2\r\nabc\r\n", 0, "sent a chunk that is longer than its length, 2", False),
        (OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 0, "answered a Content-Length that is none", False),
        (OK + b"\r\nfine", 0, "answered what HTTP does not allow", False),
        (b"HTTP/2 200\r\n\r\n", 0, "does not answer as HTTP does: 'HTTP/2 200'", False),
    ],
)
def test_each_way_has_a_sentence_of_its_own(data: bytes, more: int, reason: str, *, closed: bool) -> None:
    """Framework 4.14: where the answer stopped being one, and what mends just that."""
    found = no_answer(data, more)
    assert found.reason.startswith(reason)
    assert found.closed is closed


BITS = st.lists(
    st.sampled_from([OK, CHUNKED, b"Content-Length: 3\r\n", b"\r\n", b"3\r\nabc\r\n", b"0", b":", b"\x00", b"x"])
)


@given(st.binary(max_size=200) | BITS.map(b"".join))
def test_whatever_comes_has_a_reason(data: bytes) -> None:
    """Framework 4.14: nothing that comes is left without one."""
    found = no_answer(data)
    assert all((found.reason, found.mend))
