"""The files of incoming mms: fetched in the background, one task each, and kept within bounds."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core import received
from emulator.core.media import ReceivedFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.matching import Event
    from emulator.core.source import Path
    from emulator.engine.accounts import Account
    from emulator.engine.clock import Clock
    from emulator.engine.journal import Journal
    from emulator.engine.platform import PlatformSettings
    from emulator.engine.public_listener import PublicListener
    from emulator.errors import Finding

AT_A_TIME = 16
MOST_WAITING = 1000
MOST_FILES = 1000
"""Files that are remembered; the oldest go first."""
MOST_BYTES = 64 * 1024 * 1024
"""Bytes of them that are kept in memory; those of the oldest go first."""

_Key = tuple[int, "Path"]


@dataclass(slots=True, eq=False)
class _Incoming:
    """A file that is fetched, or was."""

    account: Account
    exchange: int
    done: asyncio.Future[ReceivedFile]
    data: bytes | None = None
    asked: frozenset[str] = frozenset()
    """Codes of findings that a step's check asked for."""
    told: bool = False
    """Whether a step has told why it did not come."""


class IncomingFiles:
    """Fetches each file once, without anybody waiting for it who does not ask."""

    def __init__(
        self,
        settings: Callable[[], PlatformSettings],
        listener: PublicListener,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._journal = journal
        self._clock = clock
        self._files: OrderedDict[_Key, _Incoming] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_A_TIME)
        self._bytes = 0
        self._is_closed = False

    def begin(self, account: Account, event: Event, exchange: int) -> None:
        """Fetch the file of *event*, an mms that *exchange* brought; returns at once."""
        if self._is_closed:
            return
        url = event.variables["url"]
        entry = _Incoming(account, exchange, asyncio.get_running_loop().create_future())
        self._files[(exchange, event.path)] = entry
        self._forget()
        if len(self._tasks) >= MOST_WAITING:
            finding = received.unreachable(url, f"{MOST_WAITING} files are waited for already")
            self._end(entry, ReceivedFile(url=url, findings=(finding,)))
            return
        task = asyncio.create_task(self._fetch(entry, url))
        self._tasks.add(task)  # the loop holds tasks only weakly
        task.add_done_callback(self._tasks.discard)

    async def _fetch(self, entry: _Incoming, url: str) -> None:
        from emulator.engine.fetching import MediaFetcher  # cold start, and after the webhook's answer

        try:
            async with self._room:
                fetcher = MediaFetcher(self._settings, self._listener, self._journal, self._clock)
                file, data = await fetcher.fetch(url, entry.account.label)
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits
            entry.done.set_exception(error)  # a bug of ours: who looks at the file gets it
            return
        self._keep(entry, data)
        self._end(entry, file)

    @staticmethod
    def _end(entry: _Incoming, file: ReceivedFile) -> None:
        entry.account.file_came(entry.exchange, file)
        entry.done.set_result(file)

    def _keep(self, entry: _Incoming, data: bytes | None) -> None:
        if entry not in self._files.values():
            return  # it was forgotten meanwhile
        entry.data = data
        self._bytes += len(data or b"")
        for each in self._files.values():
            if self._bytes <= MOST_BYTES:
                break
            self._bytes -= len(each.data or b"")
            each.data = None

    def _forget(self) -> None:
        while len(self._files) > MOST_FILES:
            _, oldest = self._files.popitem(last=False)
            self._bytes -= len(oldest.data or b"")
            oldest.data = None

    # -- looking

    async def wait_for(self, exchange: int, path: Path, deadline: float) -> ReceivedFile | None:
        """What came of the file of an mms, until the clock reads *deadline*; None where it is still being fetched."""
        entry = self._files.get((exchange, path))
        if entry is None:
            return None
        await self._clock.wait(entry.done, deadline)
        file = entry.done.result() if entry.done.done() else None
        entry.told = file is None or not file.came
        return file

    async def settle(self, account: Account) -> None:
        """Return once every file of *account* came or was given up."""
        waiting = {entry.done for entry in self._files.values() if entry.account is account and not entry.done.done()}
        if waiting:
            await asyncio.wait(waiting)

    def asked_for(self, exchange: int, path: Path, codes: frozenset[str]) -> None:
        """A step's check holds that asked for just what findings of these *codes* say."""
        entry = self._files.get((exchange, path))
        if entry is not None:
            entry.asked |= codes

    def untold(self, account: Account) -> tuple[Finding, ...]:
        """What is wrong with the files of *account* so far and no step has told."""
        entries = [entry for entry in self._files.values() if entry.account is account and not entry.told]
        done = [entry for entry in entries if entry.done.done()]
        return tuple(each for entry in done for each in entry.done.result().findings if each.code not in entry.asked)

    def content(self, exchange: int, url: str) -> bytes | None:
        """The bytes of the file at *url* of an mms that *exchange* brought, if they are still kept."""
        for (number, _), entry in reversed(self._files.items()):
            if number == exchange and entry.done.done() and entry.done.result().url == url:
                return entry.data
        return None

    async def close(self) -> None:
        """Fetch nothing any longer."""
        self._is_closed = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for entry in self._files.values():
            entry.done.cancel()
