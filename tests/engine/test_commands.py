"""A command is run to its end, whatever it does: nothing holds us up, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.engine.clock import SystemClock
from emulator.engine.commands import Finished, run_command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.engine.conftest import ManualClock

LONG_S = 30.0
CALLS_US = "import socket, sys, time; line = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
"""A beginning of a script: as long as the process lives, it holds a connection to us."""


class Line:
    """Where processes call us: *called* once one has, *gone* once the first of them is no more."""

    def __init__(self) -> None:
        self.called, self.gone = asyncio.Event(), asyncio.Event()
        self.port = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold the line."""
        self.called.set()
        await reader.read()
        writer.close()
        self.gone.set()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """Where processes call us."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Line]:
        line = Line()
        async with await asyncio.start_server(line.answer, "127.0.0.1", 0) as server:
            line.port = str(server.sockets[0].getsockname()[1])
            yield line

    async with opened() as line:
        yield line


def python(folder: Path, script: str, *arguments: str, clock: ManualClock | None = None) -> asyncio.Task[Finished]:
    """Python runs *script*."""
    command = (sys.executable, "-c", script, *arguments)
    return asyncio.create_task(run_command(command, folder, LONG_S, clock or SystemClock()))


@pytest.mark.parametrize("code", [0, 3])
async def test_a_command(code: int, tmp_path: Path) -> None:
    """Its exit code and all that it printed, its folder and its arguments as they are given: there is no shell."""
    script = f"import os, sys; print(os.getcwd(), sys.argv[1:]); print('oops', file=sys.stderr); sys.exit({code})"
    finished = await python(tmp_path, script, "$HOME `x`", "", "ü")
    assert (code, {f"{tmp_path} ['$HOME `x`', '', 'ü']", "oops"}, None) == (
        finished.exit_code,
        set(finished.output),
        finished.error,
    )


async def test_it_reads_nothing(tmp_path: Path) -> None:
    """A command that asks for input finds none, and does not wait for any."""
    assert Finished(0, ("''",)) == await python(tmp_path, "import sys; print(repr(sys.stdin.read()))")


async def test_one_that_dies(tmp_path: Path) -> None:
    """Of a command that a signal ends, the code is the signal's, negative."""
    assert Finished(-11) == await python(tmp_path, "import os; os.kill(os.getpid(), 11)")


@pytest.mark.parametrize(
    ("command", "folder", "said"),
    [
        (["no-such-command"], ".", "no-such-command: No such file or directory"),
        (["/"], ".", "/: Permission denied"),
        ([""], ".", '"": '),
        ([sys.executable], "gone", "FOLDER/gone: No such file or directory"),
        (["echo", "a\0b"], ".", "echo: embedded null byte"),
        (["echo", "\udc80\ud800"], ".", "echo: 'utf-8' codec can't encode character '\\ud800'"),
        (["echo", "x" * 3_000_000], ".", "echo: Argument list too long"),
    ],
    ids=["unknown", "not-executable", "empty", "no-folder", "null", "surrogate", "too-long"],
)
async def test_one_that_cannot_be_started(command: list[str], folder: str, said: str, tmp_path: Path) -> None:
    """Why is told; it is no exception."""
    finished = await run_command(command, tmp_path / folder, LONG_S, SystemClock())
    assert (None, ()) == finished[:2]
    assert str(finished.error).replace(str(tmp_path), "FOLDER").startswith(said)


async def test_its_environment(tmp_path: Path) -> None:
    """It has ours, and what is given beside that; nothing of it becomes ours."""
    script = "import os; print(os.environ['RINGO_A'], os.environ['PATH'] != '', os.environ['RINGO_B'])"
    env = {"RINGO_A": "a b", "RINGO_B": "é$"}
    finished = await run_command([sys.executable, "-c", script], tmp_path, LONG_S, SystemClock(), env=env)
    assert (0, ("a b True é$",)) == (finished.exit_code, finished.output)
    assert "RINGO_A" not in os.environ


async def test_one_that_hangs(tmp_path: Path, clock: ManualClock, line: Line) -> None:
    """It is killed once its time is over, whatever it does with signals; what it printed is kept."""
    script = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('waiting', flush=True)\n"
        f"{CALLS_US}time.sleep(60)"
    )
    task = python(tmp_path, script, line.port, clock=clock)
    await line.called.wait()
    clock.turn(LONG_S)
    assert Finished(None, ("waiting",)) == await task
    await line.gone.wait()


async def test_one_that_is_interrupted(tmp_path: Path, line: Line) -> None:
    """Who is cancelled leaves no process behind."""
    task = python(tmp_path, f"{CALLS_US}time.sleep(60)", line.port)
    await line.called.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await line.gone.wait()


async def test_one_that_leaves_a_child_behind(tmp_path: Path, line: Line) -> None:
    """What it started in its group ends with it, though it holds the output open."""
    script = (
        "import subprocess, sys, threading\n"
        f"child = subprocess.Popen([sys.executable, '-c', {CALLS_US + 'print(1, flush=True); time.sleep(60)'!r}, "
        "sys.argv[1]], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print('done')\n"
    )
    assert Finished(0, ("done",)) == await python(tmp_path, script, line.port)
    await line.gone.wait()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="nobody tells there what belongs to whom")
@pytest.mark.parametrize(
    "how",
    [
        'setsid "$@" & read -r _ < "$PIPE"',
        '(setsid setsid "$@" &) ; read -r _ < "$PIPE"',
        'setsid nohup sh -c \'"$@"\' sh "$@" & read -r _ < "$PIPE"; exit 3',
        'setsid env -i "$@" & read -r _ < "$PIPE"; sleep 60',
    ],
    ids=["session", "orphan", "nohup", "bare-environment"],
)
async def test_a_child_that_left_the_group_ends_with_it(
    how: str, tmp_path: Path, line: Line, clock: ManualClock
) -> None:
    """Into a session of its own, away from its parent, without its environment: all that a command started ends."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    hold = f"{CALLS_US}open({str(pipe)!r}, 'w').write('x\\n'); time.sleep(60)"
    command = ("sh", "-c", how, "sh", sys.executable, "-c", hold, line.port)
    task = asyncio.create_task(run_command(command, tmp_path, LONG_S, clock, env={"PIPE": str(pipe)}))
    await line.called.wait()
    if "sleep" in how:
        clock.turn(LONG_S)
    await task
    await line.gone.wait()


async def test_others_are_left_alone(tmp_path: Path) -> None:
    """A process that the command has not started lives on."""
    other = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    assert (await python(tmp_path, "print(1)")).exit_code == 0
    assert other.returncode is None
    other.terminate()
    assert await other.wait() == -signal.SIGTERM


@pytest.mark.parametrize("end", ["", "\\n"], ids=["one-line", "lines"])
async def test_one_that_floods(end: str, tmp_path: Path) -> None:
    """Of 100 MB the last lines are kept; one that is longer than 2,000 bytes is cut, and says so."""
    script = f"import sys\nfor _ in range(1000): sys.stdout.write(('x' * 100_000) + '{end}')\nprint('\\nend')"
    finished = await python(tmp_path, script)
    assert (0, "end") == (finished.exit_code, finished.output[-1])
    assert 200 >= len(finished.output)
    cut = "x" * 2000 + " … (cut: the line is longer than 2000 bytes)"
    assert {cut, "", "end"} >= {*finished.output}
