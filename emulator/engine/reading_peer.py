"""Whether the other end of a connection has read what it was sent, as well as a server can tell.

What a socket has taken may lie in its kernel, or in the kernel of the other end, which closes the connection without
having read it. Such a close is told by a reset; a clean one comes when all that arrived was read, and then the kernel
says what has not arrived. An end that stays open and silent is believed to have read what arrived there.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from aiohttp import web

WITHIN_S = 1.0
"""How long it may take to close the connection after the last byte; real time, however a test turns its clock."""
_NWRITE = 0x1024  # SO_NWRITE of macOS


class PeerWatch:
    """Stands between a connection and aiohttp from the first byte on, and sees how the other end leaves."""

    def __init__(self, request: web.Request) -> None:
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport = request.transport
        self._left: int | None = None
        self._is_reset = False
        if self._transport is not None:
            self._protocol = self._transport.get_protocol()
            self._transport.set_protocol(cast("asyncio.BaseProtocol", self))

    def __getattr__(self, name: str) -> object:
        """All else is aiohttp's."""
        return getattr(self._protocol, name)

    def eof_received(self) -> bool | None:
        """The other end has closed its side: what has not arrived by now never will be read."""
        self._left = self._unsent()
        return cast("asyncio.Protocol", self._protocol).eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._is_reset = exc is not None
        self._protocol.connection_lost(exc)
        if not self._ended.done():
            self._ended.set_result(None)

    async def unread(self) -> int:
        """How many of the bytes sent were not read, at least; waits for the other end to close, but not for long."""
        if self._transport is None:
            return 0
        await asyncio.wait({self._ended}, timeout=WITHIN_S)
        if self._is_reset:
            return max(1, self._left or 0)
        return self._unsent() if self._left is None else self._left

    @property
    def has_left(self) -> bool:
        """Whether the other end has closed the connection."""
        return self._ended.done()

    def stop(self) -> None:
        """Leave the connection to aiohttp alone."""
        if self._transport is not None and self._transport.get_protocol() is cast("asyncio.BaseProtocol", self):
            self._transport.set_protocol(self._protocol)

    def _unsent(self) -> int:
        """Bytes that the kernel of the other end has not got."""
        if self._transport is None:
            return 0
        connection = self._transport.get_extra_info("socket")
        waiting = self._transport.get_write_buffer_size()
        return waiting + (0 if connection is None else _in_kernel(connection))


def _in_kernel(connection: socket.socket) -> int:
    try:
        if sys.platform == "darwin":
            return connection.getsockopt(socket.SOL_SOCKET, _NWRITE)
        if sys.platform.startswith("linux"):
            import fcntl
            import termios

            return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
    except OSError:  # it is closed
        return 0
    return 0
