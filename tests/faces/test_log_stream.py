"""The log's stream: a reader that is slow, or gone, holds nobody up."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

import pytest

from emulator.faces.log_stream import MOST_WAITING, LogStream
from emulator.faces.pipes import PIPES

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE = "x" * 999 + "\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """The end that is read, and the stream that is written."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        yield reading, stream
    os.close(reading)


def read(descriptor: int, end: bytes) -> bytes:
    """What comes, until it ends so."""
    data = b""
    while not data.endswith(end):
        data += os.read(descriptor, 65536)
    return data


async def test_what_is_read_at_once_is_written_at_once(pipe: tuple[int, TextIO]) -> None:
    """Whatever it is, and lone halves of surrogate pairs too."""
    log = LogStream(pipe[1], str)
    log.write("ümlaut \ud800\n")
    assert os.read(pipe[0], 100) == "ümlaut \\ud800\n".encode()


async def test_a_reader_that_does_not_read(pipe: tuple[int, TextIO]) -> None:
    """Writing returns at once; what waits is bounded, what is lost is counted, and all goes on with the reader."""
    log = LogStream(pipe[1], lambda count: f"{count} are missing")
    for _ in range(3000):
        log.write(LINE)
    assert len(log._waiting) <= MOST_WAITING + len(LINE)
    data = await asyncio.to_thread(read, pipe[0], b" are missing\n")
    *lines, told = data.decode().splitlines()
    assert set(lines) == {LINE.strip()}
    assert told == f"{3000 - len(lines)} are missing"
    log.write("again\n")
    assert os.read(pipe[0], 100) == b"again\n"


async def test_a_disk_that_is_full_for_a_while(pipe: tuple[int, TextIO]) -> None:
    """That is no reader who has gone: what finds no room is counted, and the log goes on when there is room."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: ASYNC230, PTH123 - it is no file
        log = LogStream(full, lambda count: f"{count} are missing")
        log.write(LINE)
        log.write(LINE)
        os.dup2(pipe[1].fileno(), full.fileno())
        log.write("again\n")
        assert os.read(pipe[0], 100) == b"again\n2 are missing\n"


async def test_a_reader_that_has_gone(pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the log ends; all does where it is the reader of what is printed, too."""
    stopped: list[str] = []
    monkeypatch.setattr(PIPES, "stop", lambda: stopped.append("stopped"))
    monkeypatch.setattr(PIPES, "is_closed", False)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        log = LogStream(stream, str)
        for _ in range(3):
            assert log.write(LINE) == len(LINE)
        assert stopped == []
        monkeypatch.setattr(sys, "stdout", stream)
        LogStream(stream, str).write(LINE)
        assert stopped == ["stopped"]


async def test_the_end_is_not_waited_for_long(pipe: tuple[int, TextIO]) -> None:
    """What is left is written if somebody reads it, and else given up."""
    log = LogStream(pipe[1], str)
    for _ in range(200):
        log.write(LINE)
    log.close()
    assert log._waiting
    reading = asyncio.get_running_loop().run_in_executor(None, read, pipe[0], b"last\n")
    log.write("last\n")
    log.close()
    assert (await asyncio.wait_for(reading, 5)).count(b"\n") == 201


def test_a_stream_of_pythons() -> None:
    """It has no descriptor, and waits for nobody."""
    stream = io.StringIO()
    log = LogStream(stream, str)
    log.write("hello\n")
    log.flush()
    log.close()
    assert stream.getvalue() == "hello\n"


def test_without_an_event_loop_the_next_line_takes_the_rest_along(pipe: tuple[int, TextIO]) -> None:
    """As before anything is played."""
    log = LogStream(pipe[1], str)
    for _ in range(100):
        log.write(LINE)
    first = os.read(pipe[0], 65536)
    log.write("last\n")
    assert (first + read(pipe[0], b"last\n")).count(b"\n") == 101
