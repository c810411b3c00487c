"""Reads the files that a user names: whatever stands there, it ends, and in an error that says what is wrong.

A name may mean anything: a device that never ends, a pipe that nobody writes to, links that lead in a circle, more
characters than the system takes. Whatever opens a user's file does so here.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MOST = 1024 * 1024
"""Bytes of a file that somebody writes by hand: a document, a project, a webhook."""
PIPE_WITHIN_S = 30.0
"""How long a pipe may have nothing to read, such as that of ``lint <(…)``."""
_CHUNK = 64 * 1024


def read_file(path: Path, most: int = MOST, *, pipes: bool = False) -> bytes:
    """What the file at *path* holds; of one with more than *most* bytes one more, so that this can be told.

    With *pipes* it may be a pipe, which is waited for: never inside an event loop.

    Raises:
        OSError: It cannot be read; its ``strerror`` says why, whatever it is.
    """
    descriptor = _opened(path, pipes=pipes)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return _from_pipe(file, most) if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else _read(file, most)


def open_file(path: Path) -> BinaryIO:
    """The file at *path*, which must be one, open to be read.

    Raises:
        OSError: As `read_file` does.
    """
    return os.fdopen(_opened(path), "rb")


def read_input(most: int = MOST) -> bytes:
    """Standard input; of more than *most* bytes one more."""
    return sys.stdin.buffer.read(most + 1)


def is_file(path: Path) -> bool:
    """Whether *path* is a file; a name that can be none is none."""
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def is_folder(path: Path) -> bool:
    """Whether *path* is a folder; a name that can be none is none."""
    with suppress(OSError, ValueError):
        return path.is_dir()
    return False


def is_there(path: Path) -> bool:
    """Whether anything is at *path*, be it a link that leads nowhere."""
    with suppress(OSError, ValueError):
        return path.is_symlink() or path.exists()
    return False


def absolute(path: Path) -> Path:
    """*path* from the root, links followed, if they lead anywhere."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # a circle of links
        return path.absolute()


def _opened(path: Path, *, pipes: bool = False) -> int:
    try:
        # A pipe that nobody writes to is opened at once.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise OSError(errno.EINVAL, "no name of a file holds a NUL character") from error
    try:
        _refuse_no_file(os.fstat(descriptor), pipes=pipes)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_no_file(found: os.stat_result, *, pipes: bool) -> None:
    if stat.S_ISREG(found.st_mode) or (
        stat.S_ISCHR(found.st_mode) and found.st_rdev == Path(os.devnull).stat().st_rdev
    ):
        return
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    is_pipe = stat.S_ISFIFO(found.st_mode)
    if is_pipe and pipes:
        return
    what = "a pipe" if is_pipe else "a device"
    raise OSError(errno.EINVAL, f"it is {what}, not a file")


def _from_pipe(file: BinaryIO, most: int) -> bytes:
    poll = select.poll()
    poll.register(file, select.POLLIN)
    data = bytearray()
    while len(data) <= most:
        if not poll.poll(PIPE_WITHIN_S * 1000):
            raise OSError(errno.ETIMEDOUT, f"nothing came through the pipe for {PIPE_WITHIN_S:g} s")
        chunk = file.read(min(_CHUNK, most + 1 - len(data)))
        if not chunk:
            break
        data += chunk
    return bytes(data)


def _read(file: BinaryIO, most: int) -> bytes:
    data = bytearray()
    while len(data) <= most and (chunk := file.read(min(_CHUNK, most + 1 - len(data)))):
        data += chunk
    return bytes(data)
