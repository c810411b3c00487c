"""The connections of a listener: how many there may be, how long each may take to say what it wants."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE_S = 75.0
"""How long a connection may be without the whole head of a request: nothing, half a line, half the headers.

As long it is kept between two requests, which is longer than the pools of clients and proxies usually keep theirs.
"""
BODY_S = 60.0
"""How long the body of a request may take, all of it."""
ANSWER_S = 60.0
"""How long an answer may wait for who has asked to read it; and what was closed, for its last bytes to be read."""
FILES_FOR_ONE_CONNECTION = 4
"""Of so many files that the process may open, one is a connection of a listener: it needs others, too."""
SELDOM_S = 60.0
"""How often what goes on and on is told."""
NO_ROOM = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_OUT_OF_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_LOG = logging.getLogger(__name__)


class Patience(NamedTuple):
    """How long requests may take to come, and how many connections may be open."""

    idle_s: float = IDLE_S
    body_s: float = BODY_S
    answer_s: float = ANSWER_S
    connections: int | None = None
    """By default as many as the files that the process may open allow."""

    @property
    def most(self) -> int:
        """How many connections may be open."""
        if self.connections is not None:
            return self.connections
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return 2**31 if allowed == resource.RLIM_INFINITY else max(1, allowed // FILES_FOR_ONE_CONNECTION)


USUAL = Patience()
PATIENCE = web.AppKey("patience", Patience)


def body_time(request: web.Request) -> asyncio.Timeout:
    """As long as the body of *request* may take; one that is there already takes none."""
    return asyncio.timeout(None if request.content.is_eof() else request.app[PATIENCE].body_s)


class Seldom:
    """Tells of what goes on and on once in a while."""

    def __init__(self) -> None:
        self._next = -1.0

    def tell(self, sentence: str) -> None:
        """Log *sentence*, unless something was told a short while ago."""
        now = asyncio.get_running_loop().time()
        if now >= self._next:
            self._next = now + SELDOM_S
            _LOG.warning("%s", sentence)


class Connection(Protocol):
    """One of them."""

    @property
    def is_idle(self) -> bool:
        """Whether it has no whole request that is not answered."""
        ...

    @property
    def waits_for_body(self) -> bool:
        """Whether it has a request whose body has not come as a whole."""
        ...

    def make_room(self) -> None:
        """Close it for another."""
        ...

    def end_if_stuck(self) -> None:
        """Break it off, if it was being closed the last time already: nobody reads what is left of it."""
        ...


class Connections:
    """The open connections of a listener; where there are too many, the oldest that asks for nothing makes room.

    Where all ask for something, it is the oldest whose body is still to come: nobody keeps others out by being slow.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[Connection, None] = {}
        self._seldom = Seldom()

    def has_room(self, handler: Connection) -> bool:
        """Whether *handler* may stay; if so it is one of them."""
        if len(self._open) >= self._most:
            idle = next((each for each in self._open if each.is_idle), None)
            idle = idle or next((each for each in self._open if each.waits_for_body), None)
            what = "the oldest with no whole request was closed" if idle else "a request was answered 503, unread"
            self._seldom.tell(
                f"more than {self._most} connections to the listener are open: {what} (told once a minute at most); if "
                "they are the provider's, raise the limit of open files (ulimit -n)"
            )
            if idle is None:
                return False
            idle.make_room()
        self._open[handler] = None
        return True

    async def watch(self, every_s: float) -> None:
        """Break off what does not end by itself, for ever."""
        while True:
            await asyncio.sleep(every_s)
            for each in tuple(self._open):
                each.end_if_stuck()

    def left(self, handler: Connection) -> None:
        """It is closed."""
        self._open.pop(handler, None)


def heed_full(loop: asyncio.AbstractEventLoop) -> None:
    """Say in a sentence, now and then, that no connection can be accepted: asyncio prints a traceback for each try."""
    before = loop.get_exception_handler()
    if not isinstance(before, _WhenFull):
        loop.set_exception_handler(_WhenFull(before))


class _WhenFull:
    """Handles what asyncio cannot accept; all else is left to who was *before*."""

    def __init__(self, before: Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None) -> None:
        self._before = before
        self._seldom = Seldom()

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _OUT_OF_FILES and "accept" in context["message"]:
            self._seldom.tell(
                f"no connection can be accepted: {error.strerror}; webhooks wait until there is room (told once a "
                "minute at most); raise the limit of open files (ulimit -n)"
            )
        elif self._before is not None:
            self._before(loop, context)
        else:
            loop.default_exception_handler(context)
