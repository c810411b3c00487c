"""A person is asked at a terminal, and everything goes on until they press enter."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import pty
import select
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.redaction import Redactor
from emulator.faces.asking import make_ask
from emulator.faces.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
SCENARIO = """
scenario: By hand
steps:
  - trigger: phone
    with: {content: ping}
  - expect: {message: {content: hello}}
    within: 1s
teardown:
  - note: bye
"""


class Terminal:
    """A terminal: what is typed there, and what is printed."""

    def __init__(self) -> None:
        self.keyboard, self.line = pty.openpty()

    def types(self, text: str) -> None:
        """Somebody types."""
        os.write(self.keyboard, text.encode())

    def arrive(self) -> None:
        """Wait until what was typed can be read."""
        select.select([self.line], [], [])

    def prints(self, text: str) -> str:
        """Wait until *text* is printed; returns all that was until then."""
        printed = ""
        while text not in printed:
            printed += os.read(self.keyboard, 4096).decode()
        return printed

    def close(self) -> None:
        """The window is closed."""
        for each in (self.keyboard, self.line):
            with suppress(OSError):
                os.close(each)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A terminal."""
    opened = Terminal()
    yield opened
    opened.close()


@pytest.fixture
def at_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """We read from a terminal."""
    with open(os.dup(terminal.line)) as stdin:  # noqa: PTH123 - a file descriptor
        monkeypatch.setattr(sys, "stdin", stdin)
        yield terminal


def test_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard input is no terminal, or is closed, nobody can be asked."""
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert make_ask(Output()) is None
    monkeypatch.setattr(sys, "stdin", None)
    assert make_ask(Output()) is None


class Asked:
    """A question that was put."""

    def __init__(self, output: Output | None = None) -> None:
        self.begun = asyncio.Event()
        ask = make_ask(output or Output(), self.begun.set)
        assert ask is not None
        self._ask = ask

    async def __call__(self, question: str = "Ready?") -> asyncio.Future[bool]:
        """Put it; returns what will be the answer."""
        self.begun.clear()
        answer = asyncio.ensure_future(self._ask(question))
        await self.begun.wait()
        return answer


async def test_somebody_presses_enter(at_terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    """The question is printed without secrets and control characters; what goes on meanwhile goes on."""
    answer = await Asked(Output(Redactor(["s3cret"])))("Send s3cret\x1b[2J")
    assert "? Send ***\\x1b[2J\n" == capsys.readouterr().err
    at_terminal.types("yes")
    await asyncio.sleep(0)
    assert not answer.done()
    at_terminal.types("\n")
    assert await answer


async def test_what_was_typed_before_is_no_answer(at_terminal: Terminal) -> None:
    """Who was impatient is asked all the same."""
    at_terminal.types("\n\n")
    at_terminal.arrive()
    answer = await Asked()()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not answer.done()
    at_terminal.types("\n")
    assert await answer


async def test_one_question_at_a_time(at_terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several scenarios at the same time, the second asks when the first was answered."""
    asked = Asked()
    one = await asked("One")
    two = asyncio.ensure_future(asked("Two"))
    await asyncio.sleep(0)
    assert "? One\n" == capsys.readouterr().err
    at_terminal.types("\n")
    assert await one
    answer = await two
    assert ("? Two\n", False) == (capsys.readouterr().err, answer.done())
    at_terminal.types("\n")
    assert await answer


async def test_the_end_of_the_input(at_terminal: Terminal) -> None:
    """Ctrl-D: nobody answers any more."""
    answer = await Asked()()
    at_terminal.types("\x04")
    assert not await answer


async def test_the_terminal_is_closed(at_terminal: Terminal) -> None:
    """Reading from it fails: nobody answers any more."""
    answer = await Asked()()
    at_terminal.close()
    assert not await answer


async def test_who_is_interrupted_asks_no_more(at_terminal: Terminal) -> None:
    """Nobody reads the terminal afterwards."""
    answer = await Asked()()
    answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert not asyncio.get_running_loop().remove_reader(sys.stdin.fileno())


async def test_an_answer_that_comes_too_late(at_terminal: Terminal) -> None:
    """Enter is pressed at the very moment of an interruption: that stays one."""
    answer = await Asked()()
    at_terminal.types("\n")
    at_terminal.arrive()
    asyncio.get_running_loop().call_soon(answer.cancel)
    with pytest.raises(asyncio.CancelledError):
        await answer


async def test_a_terminal_that_may_not_be_read(at_terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is somebody else's now: nobody answers us any more."""
    answer = await Asked()()

    def refuse(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "read", refuse)
    at_terminal.types("\n")
    assert not await answer


# -- the program


@pytest.fixture
def by_hand(project: Path) -> Path:
    """A project whose trigger is a person."""
    file = project / "ringo-emu.yaml"
    text = file.read_text("utf-8").replace(
        "triggers:\n", "triggers:\n  phone: {ask: Send '$content$' from $from$ to $webhook_url$}\n"
    )
    assert "phone" in text
    file.write_text(text, "utf-8")
    (project / "by-hand.yaml").write_text(SCENARIO, "utf-8")
    return project


@contextmanager
def playing(folder: Path, terminal: Terminal, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The scenario, played by a person."""
    call = [PROGRAM, "run", "-v", "by-hand.yaml", *options]
    with subprocess.Popen(
        call, cwd=folder, stdin=terminal.line, stderr=terminal.line, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _asked(terminal: Terminal) -> str:
    """Wait for the question; returns the webhook URL that it holds."""
    *_, question = terminal.prints("\n").strip().splitlines()
    assert question.startswith("? Send 'ping' from +61123456789 to http://"), question
    return question.rpartition(" ")[2]


def test_a_person_plays(by_hand: Path, terminal: Terminal) -> None:
    """What comes while the person is asked is taken and counts; the scenario goes on when they press enter."""
    with playing(by_hand, terminal) as process:
        url = _asked(terminal)
        said = {"from": "+61123456789", "to": "+61855555555", "content": "hello"}
        body = json.dumps({"method": "message", "params": said}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - our own URL
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert answer.status == 200
        terminal.types("\n")
        out, _ = process.communicate()
    assert (0, True) == (process.returncode, "PASS  By hand" in out), out
    assert "asked: Send 'ping'" in out


def test_ctrl_c_while_a_person_is_asked(by_hand: Path, terminal: Terminal) -> None:
    """The run stops as it always does, teardown and all."""
    with playing(by_hand, terminal) as process:
        _asked(terminal)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
    assert 130 == process.returncode
    assert "bye" in out
    assert 'it was stopped during "Trigger phone"' in out


@pytest.mark.parametrize("option", [[], ["--json"]], ids=["no-terminal", "json"])
def test_nobody_to_ask(option: list[str], by_hand: Path, command: Any) -> None:
    """The scenario is skipped with the reason, its teardown is done, and nothing was checked."""
    assert 5 == command("run", "-v", "by-hand.yaml", *option)
    assert "nobody is there to ask: Send 'ping' from +61123456789" in command.out
    assert "bye" in command.out
    if option:
        finished = next(each for each in map(json.loads, command.out.splitlines()) if "timeline" in each)
        assert "skipped" == finished["status"]
    else:
        assert "SKIP  By hand" in command.out
        assert "0 passed, 1 skipped" in command.out


def test_what_is_skipped_stays_known_as_failed(by_hand: Path, command: Any) -> None:
    """Only a scenario that was played to its end is taken out of what failed the last time."""
    (by_hand / ".ringo-emu").mkdir()
    known = by_hand / ".ringo-emu/last-failed.json"
    known.write_text('[["by-hand.yaml", "By hand"]]')
    command("run", "by-hand.yaml")
    assert [["by-hand.yaml", "By hand"]] == json.loads(known.read_text())
