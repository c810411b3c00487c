"""Why what came to the webhook port is no HTTP request: seen in its bytes, in words that say how to mend it."""

from __future__ import annotations

import re
from typing import NamedTuple

from emulator.core.bodies import first_bytes

LONGEST_LINE = 16 * 1024
"""Bytes of a request line, or of a header, that are read."""
_TLS = b"\x16\x03"
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) (\S+) HTTP/(\d)\.(\d)\Z")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_LENGTH = re.compile(rb"[0-9]{1,18}\Z")
_AS_THE_URL = "send Host: with the host and port of the webhook URL"


class NoHttp(NamedTuple):
    """What came, and why it is no request."""

    data: bytes
    """Its beginning."""
    reason: str
    mend: str
    method: str = ""
    target: str = "/"
    answered: bool = True
    """With 400; nobody is there any more to answer where it is cut off."""


def no_http(data: bytes, *, too_long: bool = False, cut_off: bool = False, closed_because: str = "") -> NoHttp:
    """Why *data*, which an HTTP server could not read, is no request; *too_long* and *cut_off* are known already.

    *closed_because* says why we closed the connection, where the other end did not.
    """
    if data.startswith(_TLS):
        mend = "post to the webhook URL as it is, http://…; for https:// put a TLS proxy before it, and set public_url"
        return NoHttp(data, "HTTPS, spoken to a port that has plain HTTP", mend)
    head, complete, _ = data.partition(b"\r\n\r\n")
    request_line, *lines = head.split(b"\r\n")
    line = _REQUEST_LINE.match(request_line)
    method, target = (line.group(1).decode(), line.group(2).decode("ascii", "replace")) if line else ("", "/")
    reason, mend = _wrong(request_line, line, lines if complete or too_long else lines[:-1])
    if too_long:
        reason, mend = f"a line of its head is longer than {LONGEST_LINE} bytes", "send shorter URLs and headers"
    elif closed_because:
        reason, mend = (
            f"the head of the request was cut off by ringo-emu: {closed_because}",
            "send the whole head at once",
        )
    elif cut_off:
        reason, mend = "the connection ended before the head of the request did", "send the whole request"
    return NoHttp(data, reason, mend, method, target if target.startswith("/") else "/", not cut_off)


def _wrong(request_line: bytes, line: re.Match[bytes] | None, lines: list[bytes]) -> tuple[str, str]:
    if line is None:
        reason = f"it does not begin as an HTTP request does: '{first_bytes(request_line)}'"
        return reason, "post by HTTP/1.1; does something else than the provider speak to this port?"
    if line.group(3) != b"1":
        return f"HTTP/{line.group(3).decode()}", "post by HTTP/1.1"
    wrong = wrong_header(lines)
    if wrong is not None:
        return wrong
    hosts = sum(each.partition(b":")[0].lower() == b"host" for each in lines)
    if hosts != 1:
        return "no Host header" if not hosts else f"{hosts} Host headers", _AS_THE_URL
    reason = f"what HTTP does not allow; it begins with '{first_bytes(request_line)}'"
    return reason, "send a request as RFC 9112 has it"


def wrong_header(lines: list[bytes]) -> tuple[str, str] | None:
    """What is wrong with the header *lines* of a request or an answer, and how to mend it."""
    names: dict[bytes, list[bytes]] = {}
    for each in lines:
        name, colon, value = each.partition(b":")
        if not colon or not _NAME.match(name):
            shown = first_bytes(each.split(b":")[0])
            return f"a header that is none: '{shown}'", "send each header as Name: value, on a line of its own"
        if any(char < 32 and char != 9 for char in value):
            shown = name.decode()
            return f"a control character in the header {shown}", "take it out, line ends above all"
        names.setdefault(name.lower(), []).append(value.strip())
    lengths = names.get(b"content-length", [])
    if b"transfer-encoding" in names and lengths:
        return (
            "Content-Length and Transfer-Encoding together",
            "send one of the two, never both",
        )
    if len(lengths) > 1 or any(not _LENGTH.match(each) for each in lengths):
        shown = first_bytes(b", ".join(lengths))
        return f"a Content-Length that is none: '{shown}'", "send the body's length in bytes, once"
    return None
