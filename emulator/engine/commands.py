"""A command that is run to its end: nothing that it does, prints or starts can hold us up or outlive it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from emulator.engine.processes import started, why_not_started

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from emulator.engine.clock import Clock


class Finished(NamedTuple):
    """How a command ended."""

    exit_code: int | None
    """None where it was killed because it took too long, or never started."""
    output: tuple[str, ...] = ()
    """The last lines of its standard output and standard error."""
    error: str | None = None
    """Why it could not be started."""


async def run_command(
    command: Sequence[str], folder: Path, within_s: float, clock: Clock, *, env: Mapping[str, str] | None = None
) -> Finished:
    """Run *command* in *folder* without a shell, for at most *within_s* seconds, with *env* beside our environment.

    What it started ends with it; so does it when we are cancelled.
    """
    try:
        # Killed at once: it has had its time, and who interrupts a run does not want to wait.
        async with started(command, folder, env=env, stop_within_s=0.0) as running:
            ended = asyncio.ensure_future(running.wait())
            try:
                in_time = await clock.wait(ended, clock.now() + within_s)
            finally:
                ended.cancel()
    except (OSError, ValueError) as error:
        return Finished(None, error=why_not_started(error, command))
    return Finished(running.exit_code if in_time else None, running.output())
