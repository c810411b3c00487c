"""What has come in for one account, and who waits for more: an arrival wakes only those it concerns."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.matching import Event, NearMiss

if TYPE_CHECKING:
    from emulator.core.document import EventType
    from emulator.core.messages import Json
    from emulator.engine.clock import Clock

MOST_ARRIVALS = 10_000
"""Arrivals that are remembered for diagnosis, and events that may stay unconsumed; the oldest go first."""
MOST_BYTES = 4 * 1024 * 1024
"""What they may have come in, all together; what was read of a body takes many times as much memory."""

Fits = Callable[["Arrival"], bool]


class Arrival(NamedTuple):
    """A webhook, or one element of a batch, at the moment it came.

    *at* is seconds on the engine's clock. One of *event* and *near* is set; neither, for a webhook that could not
    be read, has *problem*.
    """

    exchange: int
    at: float
    payload: Json = None
    event: Event | None = None
    near: NearMiss | None = None
    problem: str | None = None
    mend: str | None = None
    """How to put the problem right, where that is known."""
    attempts: int = 1
    """The how many-th post of its event this is, those that were refused on purpose counted."""
    is_same_body: bool = True
    """Whether all of these had the very same body."""
    refused: tuple[int, ...] = ()
    """The exchanges of those that were refused."""
    size: int = 0
    """Its part of the bytes of the webhook."""


class _Remembered:
    """The latest arrivals, bounded by their number and by their bytes; the latest is kept in any case."""

    def __init__(self) -> None:
        self.arrivals: deque[Arrival] = deque()
        self._bytes = 0

    def append(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        self._bytes += arrival.size
        while len(self.arrivals) > 1 and (len(self.arrivals) > MOST_ARRIVALS or self._bytes > MOST_BYTES):
            self._bytes -= self.arrivals.popleft().size

    def remove(self, arrival: Arrival) -> None:
        self.arrivals.remove(arrival)
        self._bytes -= arrival.size


@dataclass(slots=True, eq=False)
class _Waiter:
    fits: Fits
    future: asyncio.Future[Arrival]


class Inbox:
    """Each event is consumed once, in any order, whether it came before or after somebody waits for it."""

    def __init__(self, clock: Clock, *, remembers: bool = True) -> None:
        """Without *remembers*, what nobody waits for is forgotten at once: nobody will ask for it."""
        self._clock = clock
        self._remembers = remembers
        self._arrivals = _Remembered()
        self._unconsumed: dict[str, _Remembered] = {}
        self._waiters: dict[str, list[_Waiter]] = {}

    def put(self, arrival: Arrival) -> None:
        """Take in *arrival*; the first waiter that it fits has it."""
        if self._remembers:
            self._arrivals.append(arrival)
        if arrival.event is not None:
            self._hand_out(arrival.event.event_type, arrival)

    def _hand_out(self, event_type: str, arrival: Arrival) -> None:
        for waiter in self._waiters.get(event_type, []):
            if not waiter.future.done() and waiter.fits(arrival):
                waiter.future.set_result(arrival)
                return
        if self._remembers:
            self._unconsumed.setdefault(event_type, _Remembered()).append(arrival)

    def claim(self, event_type: EventType, fits: Fits) -> Arrival | None:
        """Consume the first event of that type that fits, if one has come."""
        waiting = self._unconsumed.get(event_type)
        if waiting is None:
            return None
        found = next((arrival for arrival in waiting.arrivals if fits(arrival)), None)
        if found is not None:
            waiting.remove(found)
        return found

    async def wait_for(self, event_type: EventType, fits: Fits, deadline: float) -> Arrival | None:
        """Consume the first event of that type that fits, until the clock reads *deadline*; None if none came."""
        found = self.claim(event_type, fits)
        if found is not None:
            return found
        waiter = _Waiter(fits, asyncio.get_running_loop().create_future())
        waiters = self._waiters.setdefault(event_type, [])
        waiters.append(waiter)
        try:
            await self._clock.wait(waiter.future, deadline)
        except asyncio.CancelledError:
            if waiter.future.done():  # it came in the same turn: nobody consumed it
                self._hand_out(event_type, waiter.future.result())
            raise
        finally:
            waiters.remove(waiter)
        return waiter.future.result() if waiter.future.done() else None

    def unconsumed(self) -> tuple[Arrival, ...]:
        """The events that nobody consumed, in the order in which they came."""
        left = [arrival for waiting in self._unconsumed.values() for arrival in waiting.arrivals]
        return tuple(sorted(left, key=lambda arrival: arrival.exchange))

    def since(self, at: float) -> tuple[Arrival, ...]:
        """Everything that came at or after *at* on the clock, consumed or not."""
        return tuple(arrival for arrival in self._arrivals.arrivals if arrival.at >= at)
