"""Asks the person at the terminal to do something, and waits until they press enter."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.faces.output import Output
    from emulator.scenario.steps.base import Ask

_LONGEST_ANSWER = 4096


def make_ask(output: Output, before: Callable[[], None] = lambda: None) -> Ask | None:
    """Asks whoever is at the terminal, after *before* was called; None where nobody is.

    Nobody is asked two things at a time.
    """
    if not (sys.stdin and sys.stdin.isatty()):
        return None
    terminal = sys.stdin.fileno()
    # The question goes where it is seen: standard output may go into a file.
    to_stderr = sys.stderr.isatty() or not sys.stdout.isatty()
    one_at_a_time = asyncio.Lock()

    async def ask(question: str) -> bool:
        async with one_at_a_time:
            before()
            with suppress(termios.error):  # what was typed before the question is no answer to it
                termios.tcflush(terminal, termios.TCIFLUSH)
            output.text(f"? {question}", err=to_stderr)
            return await _line(terminal)

    return ask


async def _line(terminal: int) -> bool:
    """Wait until a line was typed; False where the terminal was closed instead. Everything else goes on meanwhile."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[bool] = loop.create_future()

    def read() -> None:
        try:
            answer = os.read(terminal, _LONGEST_ANSWER)
        except OSError:  # the terminal is gone
            answer = b""
        if not typed.done():
            typed.set_result(bool(answer))

    loop.add_reader(terminal, read)
    try:
        return await typed
    finally:
        loop.remove_reader(terminal)
