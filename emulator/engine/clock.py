"""Time behind a seam: code that waits takes a Clock, and a test turns its own."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> float:
        """Seconds that only go forward; comparable with each other alone."""
        ...

    def wall(self) -> datetime:
        """The date and time, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds*."""
        ...

    async def wait(self, future: asyncio.Future[Any], deadline: float) -> bool:
        """Wait for *future*, at most until `now` reaches *deadline*; tells whether it is done."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()  # noqa: TID251 - this is the Clock

    def wall(self) -> datetime:
        """The date and time, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds*."""
        await asyncio.sleep(seconds)

    async def wait(self, future: asyncio.Future[Any], deadline: float) -> bool:
        """Wait for *future*, at most until `now` reaches *deadline*; tells whether it is done."""
        if not future.done():
            await asyncio.wait({future}, timeout=max(0.0, deadline - self.now()))
        return future.done()
