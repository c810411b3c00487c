"""Files that are served under links that nobody can guess, and every fetch of them (framework 10)."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from emulator.core.ranges import Span, covered
from emulator.engine.retries import Refusals

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.engine.accounts import Account
    from emulator.engine.clock import Clock
    from emulator.engine.faults import Trap

PREFIX = "/media/"
MOST_FILES = 10_000
"""Links that are good at the same time; the oldest go first."""
MOST_FETCHES = 10_000
_MOST_SPANS = 1000

Bytes = Literal["complete", "partial", "none"]


class Link(NamedTuple):
    """A file that is shared. *expires* is on the engine's clock; *account* is whose message names it, if one does."""

    token: str
    path: Path
    url: str
    expires: float
    lifetime_s: float
    account: Account | None = None
    trap: Trap | None = None
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A request for a shared file, and what was sent of it. Times are on the engine's clock."""

    exchange: int
    at: float
    ended: float
    method: str
    token: str
    path: str
    """That of the address."""
    status: int
    sent: int = 0
    size: int = 0
    bytes: Bytes = "none"
    """Whether the file's very bytes were sent, all of them with this fetch, or with this and those before it."""
    total: int = 0
    """How many of the file's bytes were sent by now, by this link."""
    attempt: int = 1
    """The how many-th request for this link it is."""
    reason: str | None = None
    """Why it was answered so, where that is no success."""
    trap: Trap | None = None
    """What was done on purpose."""
    is_broken: bool = False
    """Whether the connection was closed before all was read: *sent* is then the most that can have been."""


Fits = Callable[[Fetch], bool]


@dataclass(slots=True)
class _Use:
    """What became of one link."""

    attempts: int = 0
    spans: list[Span] = field(default_factory=list)


class Shelf:
    """The links that are good, and the fetches of them; each fetch is consumed once, as events are."""

    def __init__(self) -> None:
        self.refusals = Refusals()
        """The latest refusal of each link."""
        self._links: OrderedDict[str, Link] = OrderedDict()
        self._uses: dict[str, _Use] = {}
        self._fetches: deque[Fetch] = deque(maxlen=MOST_FETCHES)
        self._unconsumed: deque[Fetch] = deque(maxlen=MOST_FETCHES)
        self._ending: set[asyncio.Future[None]] = set()
        self._waiters: list[tuple[Fits, asyncio.Future[Fetch]]] = []

    def share(
        self,
        path: Path,
        url_of: Callable[[str], str],
        now: float,
        lifetime_s: float,
        *,
        account: Account | None = None,
        trap: Trap | None = None,
        pause_s: float = 0.0,
    ) -> Link:
        """A new link to the file at *path*; *url_of* makes the address of its token."""
        token = secrets.token_urlsafe(16)
        expires = now if trap == "expired" else now + lifetime_s
        link = Link(token, path, url_of(token), expires, lifetime_s, account, trap, pause_s)
        self._links[token] = link
        self._uses[token] = _Use()
        if len(self._links) > MOST_FILES:
            oldest, _ = self._links.popitem(last=False)
            del self._uses[oldest]
        return link

    def unshare(self, path: Path) -> None:
        """Serve the file at *path* no longer."""
        for token in [token for token, link in self._links.items() if link.path == path]:
            del self._links[token], self._uses[token]

    def find(self, token: str) -> Link | None:
        """The link of that token."""
        return self._links.get(token)

    def at(self, url: str) -> Link | None:
        """The link at *url*; a query behind it does not matter."""
        _, found, rest = url.partition(PREFIX)
        return self.find(rest.partition("/")[0]) if found else None

    # -- fetches

    def begin(self, token: str) -> int:
        """A request for a link begins; returns the how many-th it is."""
        use = self._uses.get(token, _Use())
        use.attempts += 1
        return use.attempts

    def sent(self, token: str, span: Span | None, size: int) -> tuple[Bytes, int]:
        """Bytes were sent: what that amounts to, and how many of the file's bytes were sent by now."""
        use = self._uses.get(token, _Use())
        if span is not None and len(use.spans) < _MOST_SPANS:
            use.spans.append(span)
        total = covered(use.spans)
        if span is None or (span.length == 0 and size):
            return "none", total
        return ("complete" if total == size else "partial"), total

    def ending(self) -> asyncio.Future[None]:
        """The last byte of a fetch has gone; whoever sets the future has put what was read of it."""
        ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending

    async def _ended(self) -> None:
        """Return once it is known of every fetch whose last byte has gone what was read of it."""
        if self._ending:
            await asyncio.wait(set(self._ending))

    def put(self, fetch: Fetch) -> None:
        """Take in *fetch*; the first waiter that it fits has it."""
        self._fetches.append(fetch)
        self._hand_out(fetch)

    def _hand_out(self, fetch: Fetch) -> None:
        for fits, future in self._waiters:
            if not future.done() and fits(fetch):
                future.set_result(fetch)
                return
        self._unconsumed.append(fetch)

    def claim(self, fits: Fits) -> Fetch | None:
        """Consume the first fetch that fits, if one has come."""
        found = next((fetch for fetch in self._unconsumed if fits(fetch)), None)
        if found is not None:
            self._unconsumed.remove(found)
        return found

    async def wait_for(self, fits: Fits, deadline: float, clock: Clock) -> Fetch | None:
        """Consume the first fetch that fits, until the clock reads *deadline*; None if none came."""
        await self._ended()
        found = self.claim(fits)
        if found is not None:
            return found
        future: asyncio.Future[Fetch] = asyncio.get_running_loop().create_future()
        waiter = (fits, future)
        self._waiters.append(waiter)
        try:
            if not await clock.wait(future, deadline):
                await self._ended()
        except asyncio.CancelledError:
            if future.done():  # it came in the same turn: nobody consumed it
                self._hand_out(future.result())
            raise
        finally:
            self._waiters.remove(waiter)
        return future.result() if future.done() else None

    def unconsumed(self) -> tuple[Fetch, ...]:
        """The fetches that nobody consumed."""
        return tuple(self._unconsumed)

    def since(self, at: float) -> tuple[Fetch, ...]:
        """Every fetch that began at or after *at*, consumed or not, by good links and by others."""
        return tuple(fetch for fetch in self._fetches if fetch.at >= at)
