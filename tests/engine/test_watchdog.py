"""What held the event loop is told."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

import pytest

from emulator.engine.watchdog import HELD_S, TICK_S, is_worth_a_warning, told, watch


@pytest.mark.parametrize(
    ("before", "after", "during"),
    [(3, 3, "during no exchange"), (3, 4, "during exchange 4"), (3, 6, "during the exchanges 4 to 6")],
)
def test_it_is_told_in_a_sentence(before: int, after: int, during: str) -> None:
    """How long, by whose work, and what came meanwhile."""
    assert told(0.341, 0.3, before, after) == (
        f"the event loop was held for 340 ms (300 ms of that by work of its own), {during}; nobody was answered"
    )


class _Told(logging.Handler):
    """Sets an event with the first record."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.first: asyncio.Future[logging.LogRecord] = asyncio.get_running_loop().create_future()

    def emit(self, record: logging.LogRecord) -> None:
        if not self.first.done():
            self.first.set_result(record)


@pytest.mark.parametrize(
    ("held", "worked", "came", "warned"),
    [(0.3, 0.29, True, True), (0.3, 0.29, False, False), (3, 2.9, False, True), (0.3, 0.01, True, False)],
    ids=["by-an-exchange", "by-an-import", "for-long", "by-the-machine"],
)
def test_what_is_a_warning(held: float, worked: float, came: bool, warned: bool) -> None:
    """What the machine did meanwhile is none, nor what is imported once."""
    assert is_worth_a_warning(held, worked, came=came) == warned


async def test_work_that_holds_the_loop_is_logged() -> None:
    """The exchange that it began is named; where the loop turns, nothing is said."""
    numbers = [7]
    log = logging.getLogger("emulator.engine.watchdog")
    heard, level = _Told(), log.level
    log.addHandler(heard)
    log.setLevel(logging.INFO)
    log.propagate = False
    watching = asyncio.create_task(watch(lambda: numbers[-1]))
    try:
        await asyncio.sleep(0)  # it has looked once
        until = time.thread_time() + HELD_S + 2 * TICK_S
        while time.thread_time() < until:
            pass
        numbers.append(8)
        record = await asyncio.wait_for(heard.first, 20)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        log.removeHandler(heard)
        log.setLevel(level)
        log.propagate = True
    assert "during exchange 8; nobody was answered" in record.getMessage()
