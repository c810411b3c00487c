"""Secrets inside packed bodies: masking the bytes as they are would leave them there.

A body in which a secret is packed is kept unpacked, with the secret masked, and a header says so in place of
``Content-Encoding``; so it can still be read, shown and sent. Any other is kept as it was sent.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.bodies import MAX_ENCODINGS, MAX_MEMBERS

if TYPE_CHECKING:
    from emulator.core.messages import Headers, Reply, Request
    from emulator.core.redaction import Redactor

UNPACKED = "X-Ringo-Emu-Unpacked"
"""Stands in place of ``Content-Encoding`` where a body is kept unpacked."""
MOST_UNPACKED = 16 * 1024 * 1024
"""Bytes that are looked through; of a body that is larger unpacked none is kept."""
MOST_OF_A_REQUEST = 2 * 1024 * 1024
"""The same, of what others send: a few kilobytes are not to fill the journal, nor to hold who writes it."""
_PIECE = 16 * 1024
_ENCODING = "content-encoding"
_GZIP = b"\x1f\x8b"
_KNOWN = frozenset({"gzip", "x-gzip", "deflate"})
_AS_IT_IS = frozenset({"", "identity"})


class _Opened(NamedTuple):
    """What came out of a packed body; *is_whole* unless it holds more that cannot be looked into."""

    data: bytes
    is_whole: bool


def may_be_packed(headers: str, *bodies: bytes | None) -> bool:
    """Whether one of *bodies* may be packed, which came with *headers*, written in lines."""
    for body in bodies:
        if body is not None and body[:2] == _GZIP:
            return True
    return _ENCODING in headers.lower()


def mask_request(request: Request, redactor: Redactor) -> Request:
    """*request* with every secret masked, also those that are packed."""
    known = redactor.foreseen(request)
    if known is not None:
        return known
    declared = [value.strip().lower() for value in (request.header("Content-Encoding") or "").split(",")]
    names = [name for name in declared if name not in _AS_IT_IS]
    headers, body = _masked(request.headers, request.body, names, redactor, MOST_OF_A_REQUEST)
    return redactor.request(request._replace(headers=headers, body=body))


def mask_reply(reply: Reply, redactor: Redactor) -> Reply:
    """*reply* with every secret masked; it was unpacked as it was read, but it may be a packed file itself."""
    known = redactor.foreseen(reply)
    if known is not None:
        return known
    headers, body = _masked(reply.headers, reply.body, [], redactor, MOST_UNPACKED)
    return redactor.reply(reply._replace(headers=headers, body=body))


def _masked(headers: Headers, body: bytes, names: list[str], redactor: Redactor, most: int) -> tuple[Headers, bytes]:
    """The headers and the body, unpacked where a secret is packed in it."""
    if not names and body[:2] == _GZIP:
        names = ["gzip"]
    if not body or not names or not redactor.has_secrets:
        return headers, body
    opened = _open(body, names, most)
    if opened is None:
        return headers, body
    how = ", ".join(names)
    if not opened.is_whole and not opened.data:
        note = f"({len(body)} bytes in {how}: not kept, as ringo-emu cannot look for secrets in them)"
        return _marked(headers, how), note.encode()
    if not redactor.finds([opened.data]):
        return headers, body
    return _marked(headers, how), opened.data


def _marked(headers: Headers, how: str) -> Headers:
    return (*((name, value) for name, value in headers if name.lower() != _ENCODING), (UNPACKED, how))


def _open(body: bytes, names: list[str], most: int) -> _Opened | None:
    """What is packed in *body*, as far as it can be unpacked, up to *most* bytes; None if it is not packed at all."""
    if len(names) > MAX_ENCODINGS:
        return _Opened(b"", is_whole=False)
    for name in reversed(names):
        if name not in _KNOWN:
            return _Opened(b"", is_whole=False)
        opened = _inflated(body, name, most)
        if opened is None:
            return None
        if not opened.is_whole:
            return opened
        body = opened.data
    return _Opened(body, is_whole=True)


def _inflated(body: bytes, name: str, most: int) -> _Opened | None:
    """What is packed in *body*, all that follows the first of several parts included; None if nothing is."""
    ways = (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS) if name == "deflate" else (zlib.MAX_WBITS | 32,)
    return next((opened for opened in (_by(body, way, most) for way in ways) if opened is not None), None)


def _by(body: bytes, way: int, most: int) -> _Opened | None:
    parts: list[bytes] = []
    left, at, members = most, 0, 0
    unpacker = zlib.decompressobj(way)
    try:
        while at < len(body) and left and members < MAX_MEMBERS:
            piece = body[at : at + _PIECE]  # in pieces: of one that is broken the beginning counts too
            parts.append(unpacker.decompress(piece, left))
            left -= len(parts[-1])
            at += len(piece) - len(unpacker.unused_data)
            if unpacker.eof:
                unpacker, members = zlib.decompressobj(way), members + 1
    except zlib.error:
        at = len(body)  # what follows is not packed
    if at < len(body) or not left:
        return _Opened(b"", is_whole=False)
    data = b"".join(parts)
    return _Opened(data, is_whole=True) if data else None
