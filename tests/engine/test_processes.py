"""The provider as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.messages import Reply, Request
from emulator.engine.client import HttpTransport
from emulator.engine.clock import SystemClock
from emulator.engine.processes import LastLines, RunningProcess, answers, provider_process, wait_until_ready
from emulator.errors import TransportError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from emulator.engine.client import Transport
    from emulator.engine.clock import Clock
    from tests.engine.conftest import ManualClock

NOBODY = "http://127.0.0.1:9/"  # the discard port: nothing listens there
LONG_S = 30.0
OK = Reply(status=200)

PROVIDER = """
import os, signal, subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        print("asked", flush=True)

if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "parent" in sys.argv:
    hold = "import socket, sys, time; held = socket.create_connection(('127.0.0.1', sys.argv[1])); time.sleep(60)"
    subprocess.Popen([sys.executable, "-c", hold, sys.argv[-1]])
server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Healthy)
print("serving", os.getcwd(), flush=True)
server.serve_forever()
"""


class Replying:
    """A transport that gives what was prepared, then reaches nobody; *before* each reply it waits for something."""

    def __init__(self, *replies: Reply, before: Callable[[], Awaitable[object]] | None = None) -> None:
        self.replies = list(replies)
        self.before = before

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        """The next reply."""
        if self.before is not None:
            await self.before()
        if self.replies:
            return self.replies.pop(0)
        raise TransportError("refused", "nothing answers")


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    """A transport over real sockets."""
    async with HttpTransport() as opened:
        yield opened


@pytest.fixture
def port(unused_tcp_port: int) -> int:
    """Where the process may listen."""
    return unused_tcp_port


def running(
    folder: Path,
    transport: Transport,
    *command: str,
    ready: str = NOBODY,
    within_s: float = LONG_S,
    clock: Clock | None = None,
    stop_within_s: float = 5.0,
) -> AbstractAsyncContextManager[RunningProcess]:
    """A process of Python, or of another *command*."""
    return provider_process(
        command, folder, ready, within_s, transport, clock or SystemClock(), stop_within_s=stop_within_s
    )


async def test_a_provider_is_started_awaited_and_stopped(tmp_path: Path, transport: HttpTransport, port: int) -> None:
    """The block is entered once it answers; its folder is the one asked for; afterwards nobody listens."""
    url = f"http://127.0.0.1:{port}/"
    async with running(tmp_path, transport, sys.executable, "-c", PROVIDER, str(port), ready=url) as process:
        assert process.exit_code is None
        assert await answers(url, transport) is None

    assert process.exit_code == -15
    assert process.output()[0] == f"serving {tmp_path}"
    assert "asked" in process.output()
    assert await answers(url, transport) == f"nothing answers at 127.0.0.1:{port}: Connection refused"


async def test_its_children_are_stopped_with_it(tmp_path: Path, transport: HttpTransport, port: int) -> None:
    """A shell, a reloader, a worker: none is left behind."""
    born, gone = asyncio.Event(), asyncio.Event()

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        born.set()
        await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(held, "127.0.0.1", 0)
    command = (sys.executable, "-c", PROVIDER, str(port), "parent", str(server.sockets[0].getsockname()[1]))
    async with server:
        async with running(tmp_path, transport, *command, ready=f"http://127.0.0.1:{port}/"):
            await born.wait()
            assert not gone.is_set()
        await gone.wait()


async def test_one_that_ignores_sigterm_is_killed(tmp_path: Path, transport: HttpTransport, port: int) -> None:
    """After a grace time, which is some seconds unless a test says otherwise."""
    url = f"http://127.0.0.1:{port}/"
    stubborn = (sys.executable, "-c", PROVIDER, str(port), "stubborn")
    async with running(tmp_path, transport, *stubborn, ready=url, stop_within_s=0.05) as process:
        pass

    assert process.exit_code == -9


async def test_one_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path, transport: HttpTransport) -> None:
    """The last ten lines, standard error too, and the unfinished one: usually they say why."""
    script = "import sys; [print(n) for n in range(20)]; sys.stderr.write('no database'); raise SystemExit(3)"
    with pytest.raises(UnreachableError) as caught:
        async with running(tmp_path, transport, sys.executable, "-c", script):
            pass

    lines = [*map(str, range(11, 20)), "no database"]
    said = "the provider ended with code 3 before it was ready; it printed:"
    assert caught.value.message == "\n    ".join([said, *lines])


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.subprocess.Process]:
    """The processes that asyncio starts, as they are started."""
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def noted(*command: Any, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*command, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    return started


async def test_one_that_failed_is_not_taken_for_another_that_answers(
    tmp_path: Path, transport: HttpTransport, port: int
) -> None:
    """An old instance holds the port: the new one needs a while to fail, and the old one is not tested in its place."""
    url = f"http://127.0.0.1:{port}/"
    async with running(tmp_path, transport, sys.executable, "-c", PROVIDER, str(port), ready=url):
        with pytest.raises(UnreachableError, match="ended with code 1 before it was ready; it printed:") as caught:
            async with running(tmp_path, transport, sys.executable, "-c", PROVIDER, str(port), ready=url):
                pass

    assert "Address already in use" in caught.value.message
    assert caught.value.mend == f"another program answered at {url} before it was started: stop that one"


async def test_one_that_shares_its_address_with_another_is_taken(
    tmp_path: Path, started: list[asyncio.subprocess.Process]
) -> None:
    """Behind a proxy that always answers, say: one that does not end is not waited for."""
    script = "import time; time.sleep(60)"
    async with running(tmp_path, Replying(OK, OK), sys.executable, "-c", script, within_s=0.05) as process:
        assert process.exit_code is None


async def test_one_that_ended_well_may_have_left_a_service_behind(
    tmp_path: Path, started: list[asyncio.subprocess.Process]
) -> None:
    """Such as a command that starts containers: it counts as ready once they answer."""

    async def ended() -> None:
        if started:
            await started[0].wait()

    async with running(tmp_path, Replying(OK, OK, before=ended), sys.executable, "-c", "") as process:
        assert process.exit_code == 0


async def test_one_that_never_becomes_ready_is_told(
    tmp_path: Path, transport: HttpTransport, clock: ManualClock
) -> None:
    """With what it printed and what the last probe saw; it is stopped."""
    script = "import time; print('starting', flush=True); time.sleep(60)"
    with pytest.raises(UnreachableError) as caught:
        async with running(tmp_path, transport, sys.executable, "-c", script, within_s=10, clock=clock):
            pass

    assert caught.value.message.startswith(
        "the provider was not ready within 10 s: nothing answers at 127.0.0.1:9: Connection refused; it printed"
    )
    assert caught.value.mend == "does provider: ready: name the right URL?"
    assert sum(clock.slept) == pytest.approx(10, abs=0.1)


async def test_a_probe_that_answers_a_server_error_is_not_ready(tmp_path: Path, clock: ManualClock) -> None:
    """It is told what it answered; a 404 would do, as somebody is there."""
    transport = Replying(*[Reply(status=503)] * 1000)
    script = "import time; time.sleep(60)"
    with pytest.raises(UnreachableError, match="it answers 503; it printed nothing"):
        async with running(tmp_path, transport, sys.executable, "-c", script, within_s=1, clock=clock):
            pass

    assert await answers(NOBODY, Replying(Reply(status=404))) is None


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-command", "no-such-command: No such file or directory"),
        ("/", "/: Permission denied"),
    ],
    ids=["unknown", "not-executable"],
)
async def test_a_command_that_cannot_be_run_is_told(tmp_path: Path, command: str, said: str) -> None:
    """By its name, with where to correct it."""
    with pytest.raises(UnreachableError) as caught:
        async with running(tmp_path, Replying(), command):
            pass

    assert caught.value.message == f"the provider cannot be started: {said}"
    assert caught.value.mend == "correct provider: run: in ringo-emu.yaml"


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The folder is named, not the command."""
    with pytest.raises(UnreachableError, match=f"{tmp_path}/gone: No such file"):
        async with running(tmp_path / "gone", Replying(), sys.executable):
            pass


async def test_its_output_is_bounded() -> None:
    """The last 200 lines, each no longer than 2,000 bytes, whatever it prints and however it comes."""
    printed = LastLines()
    for data in (b"x" * 5000, b"x" * 5000 + b"\n", b"".join(b"%d\n" % n for n in range(199)), b"\xff" * 5000):
        printed.data_received(data)

    cut = " … (cut: the line is longer than 2000 bytes)"
    first, *middle, last = printed.texts()
    assert ("x" * 2000 + cut, cut) == (first, last), "half a character at the cut is no character"
    assert list(map(str, range(199))) == middle
    printed.data_received(b"\n" * 201)
    assert printed.texts() == ("",) * 200


async def test_a_child_that_left_the_group_does_not_hold_up_the_end(
    tmp_path: Path, transport: HttpTransport, port: int
) -> None:
    """It keeps the output open for as long as it lives; nobody waits for it."""
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
        "print('child', child.pid, flush=True)\n"
    )
    url = f"http://127.0.0.1:{port}/"
    async with running(
        tmp_path, transport, sys.executable, "-c", script + PROVIDER, str(port), ready=url, stop_within_s=20
    ) as process:
        child = int(process.output()[0].removeprefix("child "))
    try:
        assert process.exit_code == -15
    finally:
        os.kill(child, signal.SIGKILL)


async def test_an_exception_in_the_block_stops_it_too(tmp_path: Path, transport: HttpTransport, port: int) -> None:
    """However the block ends."""
    url = f"http://127.0.0.1:{port}/"
    with pytest.raises(LookupError):
        async with running(tmp_path, transport, sys.executable, "-c", PROVIDER, str(port), ready=url) as process:
            raise LookupError

    assert process.exit_code == -15


async def test_wait_until_ready(clock: ManualClock) -> None:
    """For a provider that somebody else starts: it is asked until it answers."""
    transport = Replying(Reply(status=502), Reply(status=502), Reply(status=401))
    await wait_until_ready(NOBODY, 5, transport, clock)

    assert transport.replies == []
    assert len(clock.slept) == 2


async def test_wait_until_ready_gives_up(clock: ManualClock) -> None:
    """With the URL, the time and the last trouble."""
    with pytest.raises(UnreachableError, match=f"{NOBODY} did not answer within 5 s: nothing answers"):
        await wait_until_ready(NOBODY, 5, Replying(), clock)

    assert sum(clock.slept) == pytest.approx(5, abs=0.1)
