"""Why what a server said is no HTTP answer: seen in its bytes, in words that say how to mend it."""

from __future__ import annotations

import re
from typing import NamedTuple

from emulator.core.bodies import first_bytes
from emulator.core.no_http import wrong_header

LONGEST_LINE = 8190
"""Bytes of a status line, or of a header, that are read."""
MOST_HEARD = 64 * 1024
"""Bytes of an answer that are kept until it is known whether it can be read."""
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-9]\d\d(?: |\Z)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r\n")
_TLS = (b"\x15\x03", b"\x16\x03")
_HTTP_2 = re.compile(rb"\x00..\x04", re.DOTALL)
HOSTS = "hosts: in ringo-emu.yaml"
"""Where an address is usually written that a request goes to; who knows better says so in its place."""
_ELSE = "does something else than the provider listen there?"
_LENGTH = "send Content-Length as the number of bytes, not of characters, or leave it to your framework"
_LOG = "look into the provider's log: it closed the connection in the middle"


class NoAnswer(NamedTuple):
    """Why an answer cannot be read; *closed* where it was good as far as it came."""

    reason: str
    mend: str
    closed: bool = False


def no_answer(data: bytes, more: int = 0) -> NoAnswer:
    """Why *data*, and as many bytes *more* as came behind it, is no answer."""
    if not data:
        return NoAnswer("closed the connection without an answer", _LOG, closed=True)
    if data.startswith(_TLS):
        return NoAnswer("speaks TLS, but was asked in plain HTTP", f"write https:// in {HOSTS}, or ask its plain port")
    if _HTTP_2.match(data):
        return NoAnswer("speaks HTTP/2 only", "let it answer HTTP/1.1 too")
    head, complete, body = data.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    if not _STATUS_LINE.match(status) and (complete or lines or not b"HTTP/1.1 ".startswith(data[:9])):
        return NoAnswer(f"does not answer as HTTP does: '{first_bytes(status)}'", _ELSE)
    if max(map(len, (status, *lines))) > LONGEST_LINE:
        return NoAnswer(f"answered a header of more than {LONGEST_LINE} bytes", "answer with shorter headers")
    if not complete:
        return NoAnswer("closed the connection inside the head of its answer", _LOG, closed=True)
    return _wrong_head(lines) or _wrong_body(_fields(lines), body, len(body) + more)


def _fields(lines: list[bytes]) -> dict[bytes, bytes]:
    pairs = (each.partition(b":") for each in lines)
    return {name.lower(): value.strip() for name, _, value in pairs}


def _wrong_head(lines: list[bytes]) -> NoAnswer | None:
    found = wrong_header(lines)
    return None if found is None else NoAnswer(f"answered {found[0]}", found[1])


def _wrong_body(fields: dict[bytes, bytes], body: bytes, came: int) -> NoAnswer:
    if b"transfer-encoding" in fields:
        return _wrong_chunk(body)
    length = fields.get(b"content-length")
    if length is not None and int(length) < came:
        return NoAnswer(f"announced a Content-Length of {int(length)} and sent {came} bytes or more", _LENGTH)
    if length is not None and int(length) > came:
        told = f"closed the connection after {came} of {int(length)} bytes that its Content-Length announced"
        return NoAnswer(told, f"{_LOG}; or its Content-Length is wrong", closed=True)
    return NoAnswer("answered what HTTP does not allow", _ELSE)


def _wrong_chunk(body: bytes) -> NoAnswer:
    position = 0
    while (size := _CHUNK.match(body, position)) is not None:
        length = int(size.group(1), 16)
        position = size.end() + length
        if length == 0:
            break
        if position < len(body) and body[position : position + 2] not in {b"\r\n", b"\r"}:
            return NoAnswer(
                f"sent a chunk that is longer than its length, {length}", _LENGTH.replace("Content-Length", "it")
            )
        position += 2
    left = body[position:]
    if size is None and left and (b"\r\n" in left or not re.match(rb"[0-9A-Fa-f]*\r?\Z", left)):
        shown = first_bytes(left.split(b"\r\n")[0])
        return NoAnswer(
            f"sent '{shown}' in place of a chunk's length", "send each chunk behind its length in hexadecimal digits"
        )
    return NoAnswer("closed the connection before the last chunk of its answer", _LOG, closed=True)
