"""Requests as people read them: HTTP text, and a curl line that makes the same request."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from emulator.core.messages import Reply, Request

_OF_THE_CONNECTION = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "accept"}
)


def curl_line(request: Request) -> str:
    """A command for a POSIX shell that makes *request*; a body that is no text needs bash."""
    words = ["curl", "-sS", "-X", shlex.quote(request.method), shlex.quote(request.url)]
    for name, value in request.headers:
        if name.lower() not in _OF_THE_CONNECTION:
            words += ["-H", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    if request.body:
        words += ["--data-raw", _quoted(request.body)]
    return " ".join(words)


def _quoted(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if all(char in "\n\t" or char.isprintable() for char in text):
        return shlex.quote(text)
    return (
        "$'" + "".join(f"\\x{byte:02x}" if not 32 <= byte < 127 or byte in b"'\\" else chr(byte) for byte in body) + "'"
    )


def request_text(request: Request) -> str:
    """*request* as HTTP text."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{request.method} {target} HTTP/1.1"]
    if not request.header("Host"):
        lines.append(f"Host: {parts.netloc}")
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\n".join(lines) + _body(request.body)


def reply_text(reply: Reply) -> str:
    """*reply* as HTTP text."""
    lines = [f"HTTP/1.1 {reply.status}", *(f"{name}: {value}" for name, value in reply.headers)]
    return "\n".join(lines) + _body(reply.body)


def _body(body: bytes) -> str:
    return "\n\n" + body.decode("utf-8", "backslashreplace") if body else ""
