"""Where the log is written to: a stream whose reader may be slow, or gone, and that holds nobody up.

A pipe that nobody reads is full at some time, and a write to it would wait for ever: the whole event loop would stand.
So only so much is written as the other end takes at once; the rest waits, within bounds, and what is too much is
counted.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from emulator.faces.pipes import PIPES

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_WAITING = 1024 * 1024
"""Bytes that may wait for a slow reader; what comes then is dropped."""
_CHUNK = select.PIPE_BUF
"""What a pipe takes as a whole, once it says that it takes anything."""
_LAST_MS = 500
"""How long the end of the log waits for its reader."""


class LogStream:
    """Writes lines to *stream*; *told* makes the line that says how many lines are missing."""

    def __init__(self, stream: TextIO, told: Callable[[int], str]) -> None:
        self._stream = stream
        self._told = told
        self._waiting = bytearray()
        self._dropped = 0
        self._is_whole = True
        self._is_cut = False
        self._is_gone = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poll: select.poll | None = None
        self._descriptor = -1
        with suppress(OSError, ValueError, AttributeError):  # a stream of Python's alone waits for nobody
            self._descriptor = stream.fileno()
            self._poll = select.poll()
            self._poll.register(self._descriptor, select.POLLOUT)

    def write(self, text: str) -> int:
        """Write *text*, which is whole lines, now or later, or not at all."""
        if self._poll is None:
            return self._stream.write(text)
        if self._is_gone:
            return len(text)
        data = text.encode(self._stream.encoding or "utf-8", "backslashreplace")
        if self._waiting and len(self._waiting) + len(data) > MOST_WAITING:
            self._dropped += text.count("\n")
            return len(text)
        self._waiting += b"\n" + data if self._is_cut else data
        self._is_cut = False
        self._drain()
        return len(text)

    def flush(self) -> None:
        """Nothing is held back that could be written."""
        if self._poll is None:
            self._stream.flush()

    def close(self) -> None:
        """The log ends: give a slow reader a moment for what is left."""
        self._drain(_LAST_MS)
        self._listen(wanted=False)

    def _drain(self, patience_ms: int = 0) -> None:
        try:
            while self._waiting and self._poll is not None and self._poll.poll(patience_ms):
                count = os.write(self._descriptor, self._waiting[:_CHUNK])
                self._is_whole = self._waiting.endswith(b"\n", 0, count)
                del self._waiting[:count]
                if not self._waiting and self._dropped:
                    dropped, self._dropped = self._dropped, 0
                    self._waiting += (self._told(dropped) + "\n").encode("utf-8", "backslashreplace")
        except BrokenPipeError:
            self._end()
        except OSError:  # a full disk, most likely: what comes later may find room
            self._dropped += self._waiting.count(b"\n")
            self._waiting.clear()
            self._is_cut = not self._is_whole
        self._listen(wanted=bool(self._waiting))

    def _listen(self, *, wanted: bool) -> None:
        """Go on as soon as the reader does."""
        if wanted and self._loop is None:
            with suppress(RuntimeError):  # without an event loop the next line takes this one along
                loop = asyncio.get_running_loop()
                loop.add_writer(self._descriptor, self._drain)
                self._loop = loop
        elif not wanted and self._loop is not None:
            self._loop.remove_writer(self._descriptor)
            self._loop = None

    def _end(self) -> None:
        """The reader has gone. Where it reads what is printed, too, all ends; else only the log does."""
        self._is_gone = True
        self._waiting.clear()
        if _is_same(self._stream, sys.stdout):
            PIPES.close(self._stream)


def _is_same(one: TextIO, other: TextIO) -> bool:
    with suppress(OSError, ValueError, AttributeError):
        return os.path.sameopenfile(one.fileno(), other.fileno())
    return False
