"""An event loop on a thread of its own, which owns something asynchronous: for callers with another loop, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from threading import Lock, Thread
from typing import Any, Generic, ParamSpec, Self, TypeVar, cast

from emulator.errors import RingoError, UsageError

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")


class Background(Generic[T]):
    """Keeps what *opened* yields, such as a platform, open on a daemon thread while the block runs.

    *opened* is entered and left on the thread; everything that is called runs there, so nothing needs a lock.
    *instead* names what to use inside a running event loop.
    """

    def __init__(self, opened: Callable[[], AbstractAsyncContextManager[T]], *, instead: str = "acall") -> None:
        self._opened = opened
        self._instead = instead
        self._lock = Lock()
        self._is_open = False
        self._begun: Future[tuple[T, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._ended: Future[None] = Future()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = Thread(target=self._main, name="ringo-emu", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread; returns once what it owns is open.

        Raises:
            UsageError: It was started before.
            RingoError: What it owns cannot be opened.
        """
        with self._lock:
            if self._thread.ident is not None:
                raise UsageError("the emulator's thread is started once", mend="make another one")
            self._thread.start()
        try:
            self.owned, self._loop, self._closing = self._begun.result()
        except RingoError as error:
            self._thread.join()
            raise error.with_traceback(None) from error.__cause__
        self._is_open = True
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel what is under way, close what is owned, and end the thread."""
        with self._lock:
            self._is_open = False
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._ended.result()

    # -- on the thread

    def _main(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._live())
        except BaseException as error:  # noqa: BLE001 - the thread that waits for it is told
            (self._ended if self._begun.done() else self._begun).set_exception(error)
        else:
            self._ended.set_result(None)

    async def _live(self) -> None:
        closing = asyncio.Event()
        async with self._opened() as owned:
            self._begun.set_result((owned, asyncio.get_running_loop(), closing))
            await closing.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tracked(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._tasks.add(task)
        try:
            return await work()
        finally:
            self._tasks.discard(task)

    # -- from any other thread

    def call(self, function: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """What *function*, a coroutine function, returns; waits for it.

        Raises:
            UsageError: An event loop runs in this thread, which would stand still; or the block has ended.
        """
        if _loop_runs():
            raise UsageError(
                f"use {self._instead} here: an event loop runs in this thread, and a call that waits would stop it",
                mend=f"await the same method of {self._instead}",
            )
        future = self._submitted(lambda: function(*args, **kwargs))
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C ends the wait, and with it the work
            raise

    async def acall(self, function: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """What *function*, a coroutine function, returns; the caller's event loop goes on meanwhile.

        Raises:
            UsageError: The caller's event loop is not asyncio's; or the block has ended.
        """
        if not _loop_runs():
            raise UsageError("this needs a running event loop of asyncio", mend="run the test on asyncio")
        return await asyncio.wrap_future(self._submitted(lambda: function(*args, **kwargs)))

    def ask(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What *function*, which waits for nothing, returns: may be called inside a running event loop too.

        Raises:
            UsageError: The block has ended.
        """

        async def asked() -> R:
            return function(*args, **kwargs)

        return self._submitted(asked).result()

    def _submitted(self, work: Callable[[], Coroutine[Any, Any, R]]) -> Future[R]:
        with self._lock:  # what is submitted before the end is begun before the end, and so is ended
            if not self._is_open:
                raise UsageError("the emulator is not running", mend="use it while its fixture or block lasts")
            return asyncio.run_coroutine_threadsafe(self._tracked(work), self._loop)


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
