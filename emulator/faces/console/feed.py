"""What happens, in order: a bounded ring of events that every reader reads at its own pace.

There is one ring, not a queue for each reader: a reader is a position in it. So fifty open pages cost no more memory
than one, an event is written as JSON once, and who reads too slowly finds what comes next gone: nobody else notices.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from emulator.engine.beside import AT_ONCE, Beside
from emulator.faces.console.encoding import as_json, masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.core.redaction import Redactor
    from emulator.engine.clock import Clock

MOST_EVENTS = 10_000
MOST_BYTES = 32 * 1024 * 1024
_MOST_IN_A_CHUNK = 256 * 1024


@dataclass(slots=True)
class Happened:
    """An event: *text* is JSON, *data* the same with every secret masked, *event_types* what a webhook brought."""

    number: int
    kind: str
    text: str
    event_types: frozenset[str]
    data: bytes | None = None

    def mask(self, redactor: Redactor) -> bytes:
        """Once for all who read it."""
        if self.data is None:
            self.data = masked(self.text, redactor)
            self.text = self.data.decode("ascii")
        return self.data


class Chunk(NamedTuple):
    """Events as the stream writes them, and the position after them."""

    data: bytes
    position: int


class Feed:
    """Numbers events from 1 and keeps the latest; a cursor is ``RUN-NUMBER``, as another run numbers anew."""

    def __init__(
        self,
        clock: Clock,
        redactor: Redactor,
        beside: Beside | None = None,
        *,
        most: int = MOST_EVENTS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._clock = clock
        self._beside = beside or Beside()
        self._redactor = redactor
        self._most = most
        self._most_bytes = most_bytes
        self._run = secrets.token_hex(4)
        self._events: list[Happened] = []
        self._bytes = 0
        self._position = 0
        self._news: asyncio.Future[None] | None = None
        self._latest: tuple[tuple[int, int], Chunk] | None = None
        self.is_closed = False

    def publish(self, kind: str, record: object, event_types: frozenset[str] = frozenset()) -> None:
        """Something has happened: keep it, and wake all who wait."""
        self._position += 1
        event = Happened(self._position, kind, as_json(record), event_types)
        self._events.append(event)
        self._bytes += len(event.text)
        if len(self._events) > self._most or self._bytes > self._most_bytes:
            self._drop()
        self._wake()

    def _drop(self) -> None:
        # A tenth more than must go: taking from the front of a list moves all the rest.
        gone = 0
        most, most_bytes = self._most * 9 // 10, self._most_bytes * 9 // 10
        while len(self._events) - gone > most or self._bytes > most_bytes:
            self._bytes -= len(self._events[gone].text)
            gone += 1
        del self._events[:gone]

    def close(self) -> None:
        """Nothing will happen any more: nobody waits any longer."""
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, None
        if news is not None:
            news.set_result(None)

    # -- reading

    @property
    def position(self) -> int:
        """The number of the latest event."""
        return self._position

    def cursor(self, position: int) -> str:
        """What clients call *position*."""
        return f"{self._run}-{position}"

    def position_of(self, cursor: str) -> int | None:
        """The position that *cursor* names, if all that came after it is still known."""
        run, _, number = cursor.partition("-")
        if run != self._run or not (number.isascii() and number.isdecimal()) or len(number) > len(str(self._position)):
            return None
        position = int(number)
        return position if position <= self._position and self.is_known(position) else None

    def is_known(self, position: int) -> bool:
        """Whether all that came after *position* is still there."""
        return position >= self._position - len(self._events)

    def after(self, position: int) -> Sequence[Happened]:
        """The events after *position*, which must be known."""
        return self._events[len(self._events) - (self._position - position) :]

    async def mask(self, position: int) -> None:
        """Mask the next events after *position*, beside the event loop where they are large."""
        while self.is_known(position) and (event := self._not_masked(position)) is not None:
            await self._beside.do(len(event.text), partial(event.mask, self._redactor))

    def _not_masked(self, position: int) -> Happened | None:
        """The first large one of the next chunk that is not masked yet."""
        size = 0
        for event in self.after(position):
            if event.data is None and len(event.text) > AT_ONCE:
                return event
            size += len(event.text)
            if size > _MOST_IN_A_CHUNK:
                break
        return None

    def chunk(self, position: int) -> Chunk:
        """The next events after *position*, which must be known, as the stream writes them."""
        wanted = position, self._position
        if self._latest is None or self._latest[0] != wanted:  # most readers are at the same place
            self._latest = wanted, self._chunk(position)
        return self._latest[1]

    def _chunk(self, position: int) -> Chunk:
        parts, size = [], 0
        for event in self.after(position):
            data = event.mask(self._redactor)
            parts.append(written(event.kind, self.cursor(event.number), data))
            size += len(data)
            position = event.number
            if size > _MOST_IN_A_CHUNK:
                break
        return Chunk(b"".join(parts), position)

    async def wait(self, position: int, deadline: float) -> bool:
        """Until there is an event after *position*, the feed ends, or the clock reads *deadline*; whether there is."""
        while position == self._position and not self.is_closed and self._clock.now() < deadline:
            if self._news is None:
                self._news = asyncio.get_running_loop().create_future()
            await self._clock.wait(self._news, deadline)
        return position != self._position


def written(kind: str, cursor: str, data: bytes) -> bytes:
    """An event as a stream of server-sent events has it; *data* is one line."""
    return b"event: %s\nid: %s\ndata: %s\n\n" % (kind.encode(), cursor.encode(), data)
