"""The provider as a process: started, awaited until it answers, its output kept, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from emulator.core.messages import Request
from emulator.errors import TransportError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.engine.client import Transport
    from emulator.engine.clock import Clock

_PROBE_EVERY_S = 0.02
_STOP_WITHIN_S = 5.0
_LAST_WORDS_WITHIN_S = 1.0  # a child of its own may hold its output open for ever
_KEPT_LINES = 200
_LONGEST_LINE = 2000


class ProviderProcess:
    """A running process and the last lines that it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def output(self) -> tuple[str, ...]:
        """The last lines of its standard output and standard error."""
        return tuple(self._lines)

    @property
    def exit_code(self) -> int | None:
        """Its exit code, once it ended."""
        return self._process.returncode

    async def read_output(self) -> None:
        """Keep what it prints, until it closes its output."""
        stream = self._process.stdout
        rest = b""
        while stream is not None:
            chunk = await stream.read(65536)
            *lines, rest = (rest + chunk).split(b"\n")
            self._lines.extend(line[:_LONGEST_LINE].decode("utf-8", "replace").rstrip() for line in lines)
            rest = rest[:_LONGEST_LINE]
            if not chunk:
                if rest:
                    self._lines.append(rest.decode("utf-8", "replace"))
                return

    async def stop(self, within_s: float = _STOP_WITHIN_S) -> None:
        """End it and all that it started; kill what does not end by itself *within_s* seconds."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), within_s)
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


@asynccontextmanager
async def provider_process(
    command: Sequence[str],
    folder: Path,
    ready: str,
    ready_within_s: float,
    transport: Transport,
    clock: Clock,
    *,
    stop_within_s: float = _STOP_WITHIN_S,
) -> AsyncIterator[ProviderProcess]:
    """Run *command* in *folder* while the block runs; enters it once *ready*, a URL, answers.

    Raises:
        UnreachableError: It cannot be started, ended, or did not answer in time.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise UnreachableError(
            f"the provider cannot be started: {command[0]}: {error.strerror}",
            mend="correct provider: run: in ringo-emu.yaml",
        ) from error
    running = ProviderProcess(process)
    reading = asyncio.create_task(running.read_output())
    try:
        await _until_ready(running, reading, ready, ready_within_s, transport, clock)
        yield running
    finally:
        await running.stop(stop_within_s)
        with suppress(TimeoutError):
            await asyncio.wait_for(reading, _LAST_WORDS_WITHIN_S)


async def _until_ready(
    running: ProviderProcess,
    reading: asyncio.Task[None],
    ready: str,
    within_s: float,
    transport: Transport,
    clock: Clock,
) -> None:
    deadline = clock.now() + within_s
    while True:
        trouble = await answers(ready, transport)
        code = running.exit_code
        if trouble is None and not code:  # one that ended well may have left a service behind
            return
        if code is not None:
            await asyncio.wait({reading}, timeout=_LAST_WORDS_WITHIN_S)
            raise UnreachableError(
                f"the provider ended with code {code} before it was ready; {_last_words(running)}",
                mend="run its command by hand",
            )
        if clock.now() >= deadline:
            raise UnreachableError(
                f"the provider was not ready within {within_s:g} s: {trouble}; {_last_words(running)}",
                mend="does provider: ready: name the right URL?",
            )
        await clock.sleep(_PROBE_EVERY_S)


def _last_words(running: ProviderProcess) -> str:
    printed = "".join(f"\n    {line}" for line in running.output()[-10:])
    return f"it printed:{printed}" if printed else "it printed nothing"


async def answers(url: str, transport: Transport) -> str | None:
    """None if *url* answers with anything but a server error, else why not."""
    try:
        reply = await transport.send(Request(method="GET", url=url), timeout_s=2.0)
    except TransportError as error:
        return error.message
    return None if reply.status < 500 else f"it answers {reply.status}"


async def wait_until_ready(url: str, within_s: float, transport: Transport, clock: Clock) -> None:
    """Return once *url* answers.

    Raises:
        UnreachableError: It does not within *within_s* seconds.
    """
    deadline = clock.now() + within_s
    while True:
        trouble = await answers(url, transport)
        if trouble is None:
            return
        if clock.now() >= deadline:
            raise UnreachableError(f"{url} did not answer within {within_s:g} s: {trouble}", mend="is it started?")
        await clock.sleep(_PROBE_EVERY_S)
