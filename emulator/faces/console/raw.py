"""The handlers of requests that are not JSON on both sides."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web

from emulator.faces.console import asking
from emulator.faces.console.http import JSON, body_of, console_of, json_response, parameters
from emulator.faces.console.problems import ApiError
from emulator.faces.console.uploads import MOST_FILE_BYTES, safe_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_OCTETS = "application/octet-stream"
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that a browser may show: SVG and HTML, which can hold scripts, are none."""
_ALONE = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""The policy of a file that somebody else made: even opened by itself, it may do nothing."""


async def upload(request: web.Request) -> web.StreamResponse:
    """Keep a file, so that it can be sent."""
    console, where = console_of(request), parameters(request, asking.FileWhere)
    with console.turnstiles.uploads.passed():
        data = await body_of(request, _OCTETS, MOST_FILE_BYTES)
        if not data:
            raise ApiError(400, "the file is empty", f"send its bytes as {_OCTETS}")
        kept = await console.uploads.add(where.name, where.type.lower(), data)
    return json_response(kept, console, 201)


async def file_bytes(request: web.Request) -> web.StreamResponse:
    """The bytes of an upload: pictures to be shown, all else to be saved."""
    console, where = console_of(request), parameters(request, asking.ByKey)
    kept = console.uploads.get(where.id)
    if kept is None:
        raise ApiError(404, "there is no such upload", "see GET /api/v1/files")
    return web.FileResponse(kept.path, headers=_file_headers(kept.upload.type, kept.path.name))


async def received_bytes(request: web.Request) -> web.StreamResponse:
    """The bytes of the file of an incoming mms: pictures to be shown, all else to be saved."""
    console, where = console_of(request), parameters(request, asking.ById)
    message = console.account.find(where.id)
    if message is None or message.exchange is None or message.outgoing or not message.is_file:
        raise ApiError(404, f"no incoming message with a file has the number {where.id}", "see GET /api/v1/messages")
    data = console.platform.incoming.content(message.exchange, message.content)
    if message.file is None or data is None:
        raise ApiError(404, "the file did not come, or is not kept any longer", "see what the message says of it")
    kind = message.file.type or _OCTETS
    return web.Response(body=data, headers=_file_headers(kind, safe_name(f"message-{message.id}", kind)))


def _file_headers(kind: str, name: str) -> dict[str, str]:
    """How a file is given that may hold anything; *name* is a safe one."""
    is_shown = kind in _SHOWN
    return {
        "Content-Type": kind if is_shown else _OCTETS,
        "Content-Disposition": f'{"inline" if is_shown else "attachment"}; filename="{name}"',
        "Content-Security-Policy": _ALONE,
    }


async def stream(request: web.Request) -> web.StreamResponse:
    """All that happens, live, as server-sent events."""
    console, where = console_of(request), parameters(request, asking.StreamWhere)
    with console.turnstiles.streams.passed():
        return await console.streamer.serve(request, request.headers.get("Last-Event-ID") or where.after)


async def session(request: web.Request) -> web.StreamResponse:
    """Give who has the token a cookie in place of it."""
    parameters(request, asking.Nowhere)
    response = web.Response(status=204)
    console_of(request).guard.begin_session(response)
    return response


async def openapi_json(request: web.Request) -> web.StreamResponse:
    """This description."""
    parameters(request, asking.Nowhere)
    return web.json_response(_description(), content_type=JSON)


@cache
def _description() -> Mapping[str, object]:
    from emulator.faces.console.openapi import describe

    return describe()
