"""What is to be said of the file of an incoming mms: each way not to come has a sentence and a remedy of its own."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.addresses import is_loopback
from emulator.core.media import HEAD_BYTES, HTML, TEXT, UNSPECIFIC, ReceivedFile, canonical, is_true, sniff
from emulator.core.scalars import duration_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.errors import Finding

MOST_REDIRECTS = 3
_LONGEST = 100
_PLACE = re.compile(r"(\A[^/?#]*//)([^/?#]*)")
_OK = 200
_NO_LOGIN = frozenset({401, 403, 407})
_GONE = frozenset({404, 410})
_SERVER = 500


def shown(url: str) -> str:
    """*url* without what may be a secret, a login or its query, short enough to be told.

    The host is the one that is asked: nothing behind it, such as an ``@`` in the path, makes another look like it.
    """
    plain = _PLACE.sub(lambda match: match[1] + match[2].rpartition("@")[2], url.partition("?")[0], count=1)
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "…"


def unreachable(url: str, reason: str) -> Finding:
    """Nobody answers there."""
    mend = "serve files where the platform can reach them, or map their address to your process by hosts:"
    return rules.FILE_UNREACHABLE.on("$", f"the file {shown(url)} cannot be reached: {reason}", mend)


def refused(url: str, status: int) -> Finding:
    """It is answered, but with no success."""
    mend = "answer a GET of the posted address with 200 and the file"
    if status in _NO_LOGIN:
        mend = "serve files without a login: the platform has none; let the address itself hold a token that expires"
    elif status in _GONE:
        mend = "post the very address of the file, and keep the file until it has been fetched"
    elif status >= _SERVER:
        mend = "see the log of whoever serves it"
    return rules.FILE_REFUSED.on("$", f"the file {shown(url)} was answered {status}", mend)


def too_large(url: str, limit: int, *, packed: bool = False) -> Finding:
    """It is longer than what is taken."""
    how = "unpacked it is" if packed else "it is"
    message = f"the file {shown(url)} is too large: {how} more than {limit} bytes"
    return rules.FILE_TOO_LARGE.on("$", message, "make pictures smaller before they are posted, or raise max_media")


def too_slow(url: str, within_s: float) -> Finding:
    """It did not come in time."""
    message = f"the file {shown(url)} was not there within {duration_literal(within_s)}"
    return rules.FILE_TOO_SLOW.on("$", message, "have the file ready when you post it, or raise media_timeout")


def redirected(url: str, why: str) -> Finding:
    """Its redirects lead nowhere."""
    mend = "post the address where the file is"
    return rules.FILE_REDIRECTED.on("$", f"the file {shown(url)} {why}", mend)


def scheme(url: str, via: str | None) -> Finding:
    """It has an address that is no http(s) URL."""
    whose = f"the file {shown(via)} is redirected to {shown(url)}" if via else f"the file has the address {shown(url)}"
    return rules.FILE_SCHEME.on("$", f"{whose}, which is no http(s) URL", "post an absolute http(s) URL")


def address(url: str, found: str, origin: str, exposed: str, via: str | None) -> Finding:
    """It lies where only this machine or its network reaches, while others can post webhooks, *exposed* says how."""
    whose = f"the file {shown(via)} is redirected to {shown(url)}, which" if via else f"the file {shown(url)}"
    kind = "loopback" if is_loopback(found) else "private"
    message = f"{whose} lies at the {kind} address {found}: not fetched while others reach the listener ({exposed})"
    mend = f"serve files at a public address; if {origin} is your provider's, write hosts: {{{origin}: {origin}}}"
    return rules.FILE_ADDRESS.on("$", message, mend)


def broken(url: str, reason: str) -> Finding:
    """It began to come, and ended otherwise than it should."""
    return rules.FILE_BROKEN.on("$", f"the file {shown(url)} did not come as a whole: {reason}", "send all of the file")


def judged(url: str, data: bytes, declared: str | None, *, exchange: int, status: int) -> ReceivedFile:
    """The file that came, with what is to be said of its bytes and its type."""
    found = sniff(data[:HEAD_BYTES])
    said = canonical(declared) if declared and canonical(declared) != UNSPECIFIC else None
    return ReceivedFile(
        url=url,
        exchange=exchange,
        status=status,
        declared=declared,
        type=found or said,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        findings=tuple(_about(url, data, declared, said, found)),
    )


_LAYOUT = re.compile(rb"<(?:[a-z]+:)?smil\b", re.IGNORECASE)


def _part(data: bytes, said: str | None, found: str | None) -> str | None:
    """The part of an MMS that a file is, where it is none that people look at."""
    if said in {"application/smil", "application/smil+xml"} or (found == TEXT and _LAYOUT.search(data[:HEAD_BYTES])):
        return "a layout (SMIL)"
    if found != TEXT:
        return None
    if said in {"application/xml", "text/xml"} or (said is None and data.lstrip()[:5] == b"<?xml"):
        return "XML"
    return "text" if said in {None, TEXT} else None


def _about(url: str, data: bytes, declared: str | None, said: str | None, found: str | None) -> Iterator[Finding]:
    what = f"the file {shown(url)}"
    if not data:
        mend = "answer with the file's bytes; was it written before it was posted?"
        yield rules.FILE_EMPTY.on("$", f"{what} is empty", mend)
    elif found == HTML:
        mend = "serve the file itself, without a login and without a page around it"
        yield rules.FILE_IS_A_PAGE.on("$", f"{what} is a web page; is it one to log in with?", mend)
    elif (part := _part(data, said, found)) is not None:
        mend = "post the address of the picture, and its text as the caption ($text$)"
        yield rules.FILE_IS_A_PART.on("$", f"{what} is {part}, not a picture", mend)
    elif said is None:
        is_what = found or "of no kind that is known"
        message = f"{what} is declared as {declared or 'nothing'}; by its bytes it is {is_what}"
        yield rules.FILE_TYPE_MISSING.on("$", message, f"send Content-Type: {found or 'with its type'}")
    elif not is_true(said, found):
        message = f"{what} is declared as {said}, but by its bytes it is {found or 'nothing that is known'}"
        yield rules.FILE_TYPE_DIFFERS.on("$", message, f"send Content-Type: {found or 'with its true type'}")
