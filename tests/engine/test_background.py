"""What runs on the emulator's own thread, and what is told to those who call it."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from emulator.engine.background import Background
from emulator.engine.journal import open_journal
from emulator.engine.platform import PlatformSettings, open_platform
from emulator.errors import UnreachableError, UsageError

if TYPE_CHECKING:
    from emulator.core.conversations import Organization
    from emulator.core.document import Integration
    from emulator.engine.platform import Platform

    Integrate = Callable[[Mapping[str, Any]], Integration]


@asynccontextmanager
async def _nothing() -> AsyncIterator[list[str]]:
    yield []


async def _thread_name() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every thread that a test starts has ended with it."""
    before = set(threading.enumerate())
    yield
    assert [each for each in threading.enumerate() if each not in before and each.name == "ringo-emu"] == []


@pytest.fixture
def background() -> Iterator[Background[list[str]]]:
    """A thread that owns a list."""
    with Background(_nothing) as running:
        yield running


def test_a_call_runs_on_the_thread_and_returns(background: Background[list[str]]) -> None:
    """A program without an event loop waits for what a coroutine function returns."""
    assert background.call(_thread_name) == "ringo-emu"
    assert background.owned == []


def test_what_a_call_raises_comes_back(background: Background[list[str]]) -> None:
    """An error is the caller's, and the thread goes on."""

    async def fails() -> None:
        raise UsageError("no")

    with pytest.raises(UsageError, match="no"):
        background.call(fails)
    assert background.call(_thread_name) == "ringo-emu"


async def test_an_awaited_call_leaves_the_callers_loop_running(background: Background[list[str]]) -> None:
    """What the thread waits for may be done by the caller's own loop: nobody stands still."""
    callers_loop = asyncio.get_running_loop()

    async def waits_for_the_caller() -> str:
        answering = asyncio.run_coroutine_threadsafe(_thread_name(), callers_loop)
        return await asyncio.wrap_future(answering)

    assert await background.acall(waits_for_the_caller) == threading.current_thread().name


async def test_a_call_that_waits_is_refused_in_a_running_loop() -> None:
    """It would stop the loop that may have to answer; the coroutine is not even made."""
    with Background(_nothing, instead="ringo_async") as background, pytest.raises(UsageError) as caught:
        background.call(_thread_name)
    assert caught.value.message.startswith("use ringo_async here: an event loop runs in this thread")


async def test_what_waits_for_nothing_may_be_asked_anywhere(background: Background[list[str]]) -> None:
    """A look at what the thread owns is done at once."""
    assert background.ask(lambda: threading.current_thread().name) == "ringo-emu"


def test_awaiting_needs_asyncio(background: Background[list[str]]) -> None:
    """In an event loop of another kind there is nothing that could be awaited."""
    awaited = background.acall(_thread_name)
    with pytest.raises(UsageError, match="event loop of asyncio"):
        awaited.send(None)


def test_it_is_started_once(background: Background[list[str]]) -> None:
    """A thread has one life."""
    with pytest.raises(UsageError, match="started once"), background:
        pass


def test_after_the_end_nothing_is_taken() -> None:
    """Who comes too late is told so, and does not wait for ever."""
    with Background(_nothing) as background:
        pass
    with pytest.raises(UsageError, match="not running"):
        background.call(_thread_name)


def test_the_end_cancels_what_is_under_way() -> None:
    """Another thread that still waits is set free."""
    begun = threading.Event()

    async def never() -> None:
        begun.set()
        await asyncio.Event().wait()

    with ThreadPoolExecutor(1) as pool:
        with Background(_nothing) as background:
            waiting = pool.submit(background.call, never)
            begun.wait()
        with pytest.raises(CancelledError):
            waiting.result()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, whatever runs the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_the_wait_and_the_work(background: Background[list[str]]) -> None:
    """Nothing goes on in the background that nobody waits for."""
    ended = threading.Event()
    caller = threading.get_ident()

    def interrupt() -> None:
        if sys._current_frames()[caller].f_code.co_name == "wait":  # the caller waits for the result
            signal.pthread_kill(caller, signal.SIGINT)
        else:
            asyncio.get_running_loop().call_soon(interrupt)

    async def never() -> None:
        interrupt()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with _interruptible(), pytest.raises(KeyboardInterrupt):
        background.call(never)
    assert ended.wait(5)


def test_what_goes_wrong_at_the_end_is_told() -> None:
    """What the thread owns could not be closed: that is no secret."""

    @asynccontextmanager
    async def sticks() -> AsyncIterator[None]:
        yield
        raise OSError("it sticks")

    background = Background(sticks)
    background.__enter__()
    with pytest.raises(OSError, match="it sticks"):
        background.__exit__(None, None, None)


# -- with a platform


@pytest.fixture
def opened(document: dict[str, Any], integrate: Integrate) -> Callable[..., Background[Platform]]:
    """A platform on a thread of its own, at any free port unless told otherwise."""

    def made(port: int = 0) -> Background[Platform]:
        @asynccontextmanager
        async def platform() -> AsyncIterator[Platform]:
            settings = PlatformSettings(integration=integrate(document), properties={"API key": "abcd"}, port=port)
            with open_journal() as journal:
                async with open_platform(settings, journal) as running:
                    yield running

        return Background(platform)

    return made


def test_a_platform_listens_until_the_end(
    opened: Callable[..., Background[Platform]], organization: Organization
) -> None:
    """Its socket is closed with the block."""
    with opened() as background:
        account = background.ask(background.owned.open_account, organization)
        address = urlsplit(account.webhook_url)
        with pytest.raises(HTTPError, match="405"):
            urlopen(account.webhook_url)  # noqa: S310 - our own
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname or "", address.port or 0))


def test_what_cannot_be_opened_is_told_and_leaves_no_thread(opened: Callable[..., Background[Platform]]) -> None:
    """The port is taken: the caller hears it as if there were no thread."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UnreachableError, match="in use"), opened(port=taken.getsockname()[1]):
            pass
