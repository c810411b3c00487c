"""Does to a webhook's connection what a fault says; which fault that is was decided before."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

from emulator.core.messages import Reply
from emulator.engine.faults import HOLD_S

if TYPE_CHECKING:
    from aiohttp import web

    from emulator.engine.clock import Clock
    from emulator.engine.faults import Fault, Faults

MOST_HELD = 100
"""Connections that are held at once; the one that is held longest goes first."""
_ERRORS = {"timeout": "never answered, on purpose", "reset": "connection reset, on purpose"}
_LINGER_NOT = struct.pack("ii", 1, 0)  # closing sends RST
_BODILESS = frozenset({204, 205, 304})


def reply_of(fault: Fault, usual: Reply) -> Reply | None:
    """What is answered, if anything."""
    match fault.kind:
        case "timeout" | "reset":
            return None
        case "slow":
            return usual
        case "empty":
            return Reply(status=200)
    return Reply(status=fault.status) if fault.status in _BODILESS else usual._replace(status=fault.status)


def error_of(fault: Fault) -> str | None:
    """Why there is no answer."""
    return _ERRORS.get(fault.kind)


class Holder:
    """Keeps connections waiting: until their time is up, the client gives up, or nobody is held any longer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[asyncio.Future[None], Faults] = {}

    async def hold(self, transport: asyncio.Transport, seconds: float, faults: Faults) -> None:
        """Return after *seconds*, or as soon as there is no reason to wait any more."""
        released = asyncio.get_running_loop().create_future()
        self._held[released] = faults
        if len(self._held) > MOST_HELD:
            _release(next(iter(self._held)))
        faults.on_end = lambda: self.let_go(faults)
        protocol = transport.get_protocol()
        transport.set_protocol(cast("asyncio.BaseProtocol", _Watching(protocol, released)))
        try:
            await self._clock.wait(released, self._clock.now() + seconds)
        finally:
            transport.set_protocol(protocol)
            del self._held[released]

    def let_go(self, faults: Faults | None = None) -> None:
        """Hold nobody any longer, or only nobody because of *faults*."""
        for released, why in self._held.items():
            if faults is None or why is faults:
                _release(released)


def _release(released: asyncio.Future[None]) -> None:
    if not released.done():
        released.set_result(None)


class _Watching:
    """Stands before aiohttp's protocol, which tells a handler that waits nothing of a client that went away."""

    # No asyncio.Protocol: what that does not do would hide what aiohttp's does.

    def __init__(self, protocol: asyncio.BaseProtocol, gone: asyncio.Future[None]) -> None:
        self._protocol = protocol
        self._gone = gone

    def __getattr__(self, name: str) -> object:
        """All else is the other's."""
        return getattr(self._protocol, name)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away."""
        self._protocol.connection_lost(exc)
        _release(self._gone)


async def make_trouble(fault: Fault, request: web.Request, holder: Holder, faults: Faults) -> None:
    """Wait before the answer is sent, or see to it that none can be."""
    if request.transport is None:
        return  # the client has gone away already
    if fault.kind in {"slow", "timeout"}:
        await holder.hold(request.transport, HOLD_S if fault.kind == "timeout" else fault.pause_s, faults)
    if fault.kind in _ERRORS and request.transport is not None:
        if fault.kind == "reset":
            connection = request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        request.transport.abort()
