"""Binds an application to a port, and says plainly when that cannot be."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any, NamedTuple

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.http_exceptions import LineTooLong

from emulator.core.no_http import LONGEST_LINE, NoHttp, no_http
from emulator.core.rendering import json_bytes
from emulator.core.scalars import duration_literal
from emulator.engine.connections import NO_ROOM, PATIENCE, USUAL, Connections, Patience, heed_full
from emulator.errors import UnreachableError

BACKLOG = 1024
"""Connections that may wait to be accepted: the usual 128 stalls a burst of 256 by a second."""
ACCEPTED_AT_ONCE = 16
"""Connections that are accepted before anything else goes on; as often asyncio tries where no file can be opened."""
_MAX_HEADER = LONGEST_LINE
_AT_ONCE = 16 * 1024  # asyncio buffers four times as much before anybody has to wait
_MOST_KEPT = 4096  # of what is no request, for whoever wants to see it
_HEAD_ENDS = b"\r\n\r\n"
_LOG = logging.getLogger(__name__)


def _is_a_bug_of_ours(record: logging.LogRecord) -> bool:
    """Whoever sends what is not HTTP, or goes away in the middle, is answered 400; a traceback would be noise."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.RequestPayloadError | ConnectionError)


_LOG.addFilter(_is_a_bug_of_ours)

OnNoHttp = Callable[[NoHttp], Awaitable[object]]
"""Told of what came and is no HTTP request: no handler ever sees that."""


class _Handler(web.RequestHandler):
    """One connection; it keeps the beginning of what comes until that was answered."""

    __slots__ = ("_answer_s", "_closed_because", "_connections", "_seen", "_since", "_tell", "_was_closing", "_wire")

    def __init__(
        self,
        server: web.Server,
        tell: Callable[[NoHttp], None],
        connections: Connections,
        answer_s: float,
        **settings: Any,
    ) -> None:
        super().__init__(server, **settings)
        self._answer_s = answer_s
        self._was_closing = False
        self._wire: asyncio.Transport | None = None
        self._seen = b""
        self._since = 0.0
        self._tell = tell
        self._connections = connections
        self._closed_because = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, if there is room."""
        super().connection_made(transport)
        self._since = self._loop.time()
        self._wire = self.transport
        if not self._connections.has_room(self):
            if self.transport is not None:
                self.transport.write(NO_ROOM)
            self.force_close()

    @property
    def is_idle(self) -> bool:
        """Whether it has no whole request that is not answered."""
        return not self._request_count or (self._waiter is not None and not self._waiter.done())

    @property
    def waits_for_body(self) -> bool:
        """Whether it has a request whose body has not come as a whole."""
        return self._current_request is not None and not self._current_request.content.is_eof()

    def make_room(self) -> None:
        """Close it for another."""
        self._closed_because = "too many connections were open, and it had not come as a whole"
        self._connections.left(self)
        self.force_close()
        if self._wire is not None:
            self._wire.abort()  # closing waits for who may never read

    def end_if_stuck(self) -> None:
        """Break it off, if it was being closed the last time already: nobody reads what is left of it."""
        if self._wire is not None and self._wire.is_closing():
            if self._was_closing:
                self._wire.abort()
            self._was_closing = True

    def data_received(self, data: bytes) -> None:
        """Keep it and read it."""
        if len(self._seen) < _MAX_HEADER:
            self._seen += data[:_MAX_HEADER]
        super().data_received(data)

    async def finish_response(self, *arguments: Any) -> Any:
        """The request is answered: what comes now is another."""
        self._seen = b""
        self._since = self._loop.time()
        if self._takes_at_once(arguments[1]):  # as it mostly is: a timer costs more than the answer
            return await super().finish_response(*arguments)
        try:
            async with asyncio.timeout(self._answer_s):
                answered = await super().finish_response(*arguments)
                await self._drain_helper()  # no further request of who does not read the answers
        except TimeoutError:
            if self._wire is not None:
                self._wire.abort()
            return arguments[1], True
        return answered

    def _takes_at_once(self, response: object) -> bool:
        """Whether the socket takes *response* without waiting for who reads it."""
        if self._wire is None or self._wire.get_write_buffer_size() or not isinstance(response, web.Response):
            return False
        return not response.prepared and isinstance(response.body, bytes) and len(response.body) <= _AT_ONCE

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is no request in our words, and tell of it."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        found = no_http(self._seen, too_long=isinstance(exc, LineTooLong))
        self._told(found)
        error = {"message": f"no HTTP request: {found.reason}", "mend": found.mend}
        response = web.Response(status=400, body=json_bytes({"error": error}), content_type="application/json")
        response.force_close()
        return response

    def connection_lost(self, exc: BaseException | None) -> None:
        """The other end is gone, in the middle of a head perhaps."""
        self._connections.left(self)
        if self._seen and _HEAD_ENDS not in self._seen:
            waited = self._loop.time() - self._since
            # aiohttp closes it; its clock began to run a little before ours.
            if not self._closed_because and waited >= 0.9 * self.keepalive_timeout:
                self._closed_because = f"it had not come as a whole after {duration_literal(self.keepalive_timeout)}"
            self._told(no_http(self._seen, cut_off=True, closed_because=self._closed_because))
        super().connection_lost(exc)

    def _told(self, found: NoHttp) -> None:
        self._seen = b""
        self._tell(found._replace(data=found.data[:_MOST_KEPT]))


class Bound(NamedTuple):
    """Where something listens: the URL that reaches it from this machine, and all the *addresses*."""

    url: str
    addresses: tuple[str, ...]


@asynccontextmanager
async def listening(
    app: web.Application,
    host: str,
    port: int,
    option: str = "--port",
    on_no_http: OnNoHttp | None = None,
    patience: Patience = USUAL,
) -> AsyncIterator[Bound]:
    """Serve *app* while the block runs; yields where, once the sockets accept. Port 0 picks a free one.

    *option* is the one that says which port.

    Raises:
        UnreachableError: The port cannot be had.
    """
    # Bodies are kept as they were sent, so nothing unpacks them on the way; our own record replaces the access log.
    settings: dict[str, Any] = {"auto_decompress": False, "max_field_size": _MAX_HEADER, "max_line_size": _MAX_HEADER}
    settings |= {"logger": _LOG, "access_log": None, "keepalive_timeout": patience.idle_s}
    app[PATIENCE] = patience
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0, **settings)
    await runner.setup()
    server, loop = runner.server, asyncio.get_running_loop()
    assert server is not None  # noqa: S101 - there is one after setup
    telling: set[asyncio.Task[Any]] = set()
    connections = Connections(patience.most)
    heed_full(loop)

    def tell(found: NoHttp) -> None:
        if on_no_http is not None:
            task = asyncio.ensure_future(_awaited(on_no_http(found)))
            telling.add(task)  # the loop holds tasks only weakly
            task.add_done_callback(telling.discard)

    def connection() -> _Handler:
        return _Handler(server, tell, connections, patience.answer_s, loop=loop, **settings)

    try:
        try:
            socket = await loop.create_server(connection, host, port, backlog=ACCEPTED_AT_ONCE)
            for each in socket.sockets:  # asyncio takes one number for what may wait and for what is accepted at once
                with each.dup() as same:
                    same.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            raise unreachable(host, port, error, option) from error
        watching = asyncio.create_task(connections.watch(patience.answer_s))
        try:
            bound = [each.getsockname() for each in socket.sockets]
            yield Bound(_base_url(bound[0]), tuple(str(each[0]) for each in bound))
        finally:
            watching.cancel()
            socket.close()
    finally:
        await runner.cleanup()
        await asyncio.gather(*telling)


async def _awaited(telling: Awaitable[object]) -> None:
    await telling


def _base_url(address: Sequence[Any]) -> str:
    """The URL that reaches a bound socket's *address* from this machine."""
    host, port = ip_address(address[0]), address[1]
    if host.is_unspecified:
        host = ip_address("127.0.0.1" if host.version == 4 else "::1")
    return f"http://{host}:{port}" if host.version == 4 else f"http://[{host}]:{port}"


def unreachable(host: str, port: int, error: OSError | OverflowError, option: str = "--port") -> UnreachableError:
    """Why nobody can listen there, in our words; *option* picks another port."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return UnreachableError(
            f"port {port} of {host} is in use",
            mend=f"stop what listens there, or pick another by {option} (0: any free one)",
        )
    if number == errno.EACCES:
        return UnreachableError(f"port {port} of {host} may not be used", mend=f"pick one above 1023 by {option}")
    mend = f"use {option.replace('port', 'host')} 127.0.0.1 {option} 0"
    return UnreachableError(f"cannot listen at {host}:{port}: {error}", mend=mend)
