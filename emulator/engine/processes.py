"""Processes: the provider's is started, awaited until it answers, its output kept, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from emulator.core.messages import Request
from emulator.engine.descendants import Descendants
from emulator.errors import TransportError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.engine.client import Transport
    from emulator.engine.clock import Clock

_PROBE_EVERY_S = 0.02
_STOP_WITHIN_S = 5.0
_LAST_WORDS_WITHIN_S = 1.0
_FAILS_WITHIN_S = 3.0
"""Long enough for a program to start and to see that its port is taken."""
_ROUNDS = 3
_KEPT_LINES = 200
_LONGEST_LINE = 2000


class LastLines(asyncio.Protocol):
    """The last lines of what comes through a pipe."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.count = 0
        """How many lines have come; the oldest are forgotten."""
        self._lines: deque[bytes] = deque(maxlen=_KEPT_LINES)
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Keep what *data* adds."""
        *whole, rest = (self._rest + data).split(b"\n")
        self.count += len(whole)
        whole = [line[: _LONGEST_LINE + 1] for line in whole]
        self._lines.extend(whole)
        self._rest = rest[: _LONGEST_LINE + 1]  # whether it was longer must still be seen

    def connection_lost(self, _error: Exception | None) -> None:
        """Nothing more comes."""
        self.ended.set_result(None)

    def texts(self) -> tuple[str, ...]:
        """The lines, and what was printed of the next one."""
        lines = [*self._lines, self._rest] if self._rest else self._lines
        return tuple(map(_shown, lines))


def _shown(line: bytes) -> str:
    """*line* as text; one that is too long says that it was cut."""
    if len(line) <= _LONGEST_LINE:
        return line.decode("utf-8", "replace").rstrip()
    return f"{line[:_LONGEST_LINE].decode('utf-8', 'ignore')} … (cut: the line is longer than {_LONGEST_LINE} bytes)"


class RunningProcess:
    """A running process and the last lines that it printed."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        printed: LastLines,
        shown: Callable[[str], str] = str,
        descendants: Descendants | None = None,
    ) -> None:
        self._process = process
        self._printed = printed
        self._shown = shown
        self._descendants = descendants or Descendants()

    def output(self) -> tuple[str, ...]:
        """The last lines of its standard output and standard error, as they may be shown."""
        return tuple(map(self._shown, self._printed.texts()))

    @property
    def line_count(self) -> int:
        """How many lines it has printed in all."""
        return self._printed.count

    def output_since(self, count: int, most: int) -> tuple[str, ...]:
        """What it printed after *count* lines, at most the last *most* of them; of others a line says how many."""
        lines = self._printed.texts()
        unfinished = len(lines) - min(self._printed.count, _KEPT_LINES)
        fresh = self._printed.count - count + unfinished
        shown = lines[-min(fresh, most) :] if fresh > 0 else ()
        return shown if fresh <= len(shown) else (f"… and {fresh - len(shown)} lines before", *shown)

    @property
    def exit_code(self) -> int | None:
        """Its exit code, once it ended."""
        return self._process.returncode

    async def wait(self) -> None:
        """Return once it ended; what it started may go on."""
        await self._process.wait()

    async def dies_within(self, seconds: float) -> None:
        """Return once it ended, or after so long: one that broke a connection may be about to end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), seconds)

    async def last_words(self) -> None:
        """Return once all that it printed is read, or soon after: a child may hold its output open for ever."""
        await asyncio.wait({self._printed.ended}, timeout=_LAST_WORDS_WITHIN_S)

    async def stop(self, within_s: float = _STOP_WITHIN_S) -> None:
        """End it and all that it started; kill what does not end by itself *within_s* seconds."""
        self._signal(signal.SIGTERM)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), within_s)
        finally:  # whoever is interrupted while waiting leaves nothing behind either
            for _ in range(_ROUNDS):  # what was being started meanwhile is found in the next
                if not self._signal(signal.SIGKILL):
                    break
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> bool:
        """Send a signal to it and all that it started; returns whether any of that has left its process group."""
        # Before their parents have gone.
        are_apart = self._descendants.signal(self._process.pid, number)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
        return are_apart


@asynccontextmanager
async def _pipe() -> AsyncIterator[tuple[LastLines, int]]:
    """A file descriptor to write to, and the last lines of what is written there.

    Of asyncio's own pipes each must be closed, by children too, before a process counts as ended.
    """
    read_end, write_end = os.pipe()
    loop = asyncio.get_running_loop()
    transport, printed = await loop.connect_read_pipe(LastLines, os.fdopen(read_end, "rb", 0))
    try:
        yield printed, write_end
    finally:
        transport.close()


@asynccontextmanager
async def started(
    command: Sequence[str],
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    stop_within_s: float = _STOP_WITHIN_S,
    shown: Callable[[str], str] = str,
) -> AsyncIterator[RunningProcess]:
    """*command*, running in *folder* without a shell; stopped with all that it started when the block ends.

    It has the variables *env* beside those of our own environment. *shown* makes of a line that it prints what may be
    shown of it.

    Raises:
        OSError: It cannot be started.
        ValueError: A word of it cannot be given to a process.
    """
    descendants = Descendants()
    async with _pipe() as (printed, write_end):
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=descendants.environment({**os.environ, **(env or {})}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(write_end)
        descendants.begin(process.pid)
        running = RunningProcess(process, printed, shown, descendants)
        try:
            yield running
        finally:
            await running.stop(stop_within_s)
            await running.last_words()


def why_not_started(error: OSError | ValueError, command: Sequence[str]) -> str:
    """What kept *command* from being started, in words."""
    name = (error.filename if isinstance(error, OSError) else None) or command[0] or '""'
    return f"{name}: {error.strerror if isinstance(error, OSError) else error}"


@asynccontextmanager
async def provider_process(
    command: Sequence[str],
    folder: Path,
    ready: str,
    ready_within_s: float,
    transport: Transport,
    clock: Clock,
    *,
    env: Mapping[str, str] | None = None,
    stop_within_s: float = _STOP_WITHIN_S,
    shown: Callable[[str], str] = str,
) -> AsyncIterator[RunningProcess]:
    """Run *command* in *folder* while the block runs; enters it once *ready*, a URL, answers.

    Where another program answered there before, *command* has some seconds to fail on that: nobody else is tested in
    its place.

    Raises:
        UnreachableError: It cannot be started, ended, or did not answer in time.
    """
    occupied = await answers(ready, transport) is None
    async with AsyncExitStack() as stack:
        try:
            process = started(command, folder, env=env, stop_within_s=stop_within_s, shown=shown)
            running = await stack.enter_async_context(process)
        except (OSError, ValueError) as error:
            raise UnreachableError(
                f"the provider cannot be started: {why_not_started(error, command)}",
                mend="correct provider: run: in ringo-emu.yaml",
            ) from error
        if occupied:
            await running.dies_within(min(ready_within_s, _FAILS_WITHIN_S))
        await _until_ready(running, ready, ready_within_s, transport, clock, occupied=occupied)
        yield running


async def _until_ready(
    running: RunningProcess, ready: str, within_s: float, transport: Transport, clock: Clock, *, occupied: bool
) -> None:
    deadline = clock.now() + within_s
    while True:
        trouble = await answers(ready, transport)
        code = running.exit_code
        if trouble is None and not code:  # one that ended well may have left a service behind
            return
        if code is not None:
            await running.last_words()
            raise UnreachableError(
                f"the provider ended with code {code} before it was ready; {_in_words(running.output())}",
                mend=f"another program answered at {ready} before it was started: stop that one"
                if occupied
                else "run its command by hand",
            )
        if clock.now() >= deadline:
            raise UnreachableError(
                f"the provider was not ready within {within_s:g} s: {trouble}; {_in_words(running.output())}",
                mend="does provider: ready: name the right URL?",
            )
        await clock.sleep(_PROBE_EVERY_S)


def _in_words(output: Sequence[str]) -> str:
    printed = "".join(f"\n    {line}" for line in output[-10:])
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
