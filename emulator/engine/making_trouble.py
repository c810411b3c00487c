"""Does to a webhook's connection what a fault says; which fault that is was decided before."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.engine.faults import HOLD_S

if TYPE_CHECKING:
    from aiohttp import web

    from emulator.core.messages import Reply
    from emulator.engine.clock import Clock
    from emulator.engine.faults import Fault

_ERRORS = {"timeout": "never answered, on purpose", "reset": "connection reset, on purpose"}
_LINGER_NOT = struct.pack("ii", 1, 0)  # closing sends RST


def reply_of(fault: Fault, usual: Reply) -> Reply | None:
    """What is answered, if anything."""
    if fault.kind in _ERRORS:
        return None
    if fault.kind == "empty":
        return replace(usual, body=b"")
    return replace(usual, status=fault.status) if fault.kind == "status" else usual


def error_of(fault: Fault) -> str | None:
    """Why there is no answer."""
    return _ERRORS.get(fault.kind)


async def make_trouble(fault: Fault, request: web.Request, clock: Clock, ended: asyncio.Future[None]) -> None:
    """Wait before the answer is sent, or see to it that none can be; a listener that has *ended* keeps nobody."""
    if fault.kind == "slow":
        await clock.wait(ended, clock.now() + fault.pause_s)
    elif fault.kind == "timeout":
        await clock.wait(ended, clock.now() + HOLD_S)
    if fault.kind in _ERRORS and request.transport is not None:
        if fault.kind == "reset":
            connection = request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        request.transport.abort()
