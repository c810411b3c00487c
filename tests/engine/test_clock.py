"""The machine's clocks behind the seam."""

from __future__ import annotations

import asyncio
from datetime import UTC

from emulator.engine.clock import SystemClock

CLOCK = SystemClock()


async def test_now_only_goes_forward() -> None:
    """Two readings can be subtracted: the later one is never smaller, sleep or not."""
    first = CLOCK.now()
    await CLOCK.sleep(0.001)

    assert CLOCK.now() - first >= 0.001


def test_wall_is_utc() -> None:
    """The journal's times mean the same everywhere."""
    assert CLOCK.wall().tzinfo is UTC


async def test_wait_ends_when_the_future_is_done() -> None:
    """The deadline is far away; nobody waits for it."""
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(CLOCK.wait(future, CLOCK.now() + 3600))
    future.set_result("came")

    assert await waiting is True


async def test_wait_does_not_look_at_the_deadline_of_a_future_that_is_done() -> None:
    """What came in time counts, however late somebody looks."""
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    future.set_result("came")

    assert await CLOCK.wait(future, CLOCK.now() - 1) is True


async def test_wait_gives_up_at_the_deadline_and_leaves_the_future_alone() -> None:
    """The future may still be done later: it is neither cancelled nor lost."""
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    assert await CLOCK.wait(future, CLOCK.now() + 0.001) is False
    assert await CLOCK.wait(future, CLOCK.now() - 1) is False
    future.set_result("late")
