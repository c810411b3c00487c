"""The feed as server-sent events: an own small writer over the feed's ring.

It writes many events at once, the same bytes for every page, and gives up on who does not take them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from emulator.faces.console.encoding import encoded
from emulator.faces.console.feed import written
from emulator.faces.console.records import Cursor

if TYPE_CHECKING:
    from emulator.core.redaction import Redactor
    from emulator.engine.clock import Clock
    from emulator.faces.console.feed import Feed

HEARTBEAT_S = 15.0
"""A line of comment after so long without an event, so that nothing on the way thinks that the connection is dead."""
TAKEN_WITHIN_S = 10.0
"""How long a reader may take nothing."""
_PAUSE_S = 0.05
"""Between two writes: under load, events go out some at a time, and fifty pages do not slow the webhooks down."""
_CHECK = b": still here\n\n"


class Streamer:
    """Writes the feed to those who read it."""

    def __init__(self, feed: Feed, clock: Clock, redactor: Redactor) -> None:
        self._feed = feed
        self._clock = clock
        self._redactor = redactor

    async def serve(self, request: web.Request, cursor: str | None) -> web.StreamResponse:
        """Write what comes after *cursor*, or from now on, until the reader goes away or does not keep up."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        response.headers["X-Accel-Buffering"] = "no"
        known = None if cursor is None else self._feed.position_of(cursor)
        position = self._feed.position if known is None else known
        lost = cursor is not None and known is None
        try:
            await response.prepare(request)
            await self._write(response, self._cursor("hello", position) + (self._cursor("resync", position) * lost))
            await self._go_on(response, position)
        except (ConnectionError, TimeoutError):
            # Nobody reads any more. What stands in the buffer must not keep the connection open.
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _go_on(self, response: web.StreamResponse, position: int) -> None:
        while not self._feed.is_closed:
            if not await self._feed.wait(position, self._clock.now() + HEARTBEAT_S):
                await self._write(response, _CHECK)
                continue
            await self._feed.mask(position)
            if not self._feed.is_known(position):
                raise TimeoutError  # it reads too slowly: what it wants next is gone
            chunk = self._feed.chunk(position)
            await self._write(response, chunk.data)
            position = chunk.position
            await self._clock.sleep(_PAUSE_S)

    async def _write(self, response: web.StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(TAKEN_WITHIN_S):
            await response.write(data)

    def _cursor(self, kind: str, position: int) -> bytes:
        cursor = self._feed.cursor(position)
        return written(kind, cursor, encoded(Cursor(cursor=cursor), self._redactor))
