"""Tells what held the event loop: while it is held, nobody is answered."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

TICK_S = 0.1
"""How often is looked. Nothing is done for a webhook."""
HELD_S = 0.2
"""Longer than this nothing may hold the loop."""
_LONG_S = 1.0
_LOG = logging.getLogger(__name__)


async def watch(latest: Callable[[], int]) -> None:
    """Log each time that the loop was held, with the exchanges that came meanwhile, until this is cancelled.

    *latest* gives the number of the exchange that began last.
    """
    loop = asyncio.get_running_loop()
    while True:
        began, worked, before = loop.time(), time.thread_time(), latest()
        await asyncio.sleep(TICK_S)
        held, worked = loop.time() - began - TICK_S, time.thread_time() - worked
        if held < HELD_S:
            continue
        await asyncio.sleep(TICK_S)  # what held it has its number by now
        after = latest()
        level = logging.WARNING if is_worth_a_warning(held, worked, came=after > before) else logging.INFO
        _LOG.log(level, "%s", told(held, worked, before, after))


def is_worth_a_warning(held: float, worked: float, *, came: bool) -> bool:
    """Whether who runs this should know. *came*: whether an exchange began meanwhile.

    A machine that was busy with something else, or asleep, holds the loop too; and so does, once, what is imported.
    """
    return worked >= held / 2 and (came or held >= _LONG_S)


def told(held: float, worked: float, before: int, after: int) -> str:
    """What happened, in a sentence; *before* and *after* are the numbers of exchanges."""
    during = "during no exchange"
    if after > before:
        during = f"during exchange {after}" if after == before + 1 else f"during the exchanges {before + 1} to {after}"
    lasted, busy = format_duration(round(held, 2)), format_duration(round(worked, 2))
    return f"the event loop was held for {lasted} ({busy} of that by work of its own), {during}; nobody was answered"
