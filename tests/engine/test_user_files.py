"""Whatever a name means, it is read to an end or refused in words."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from emulator.core.reading import MAX_BYTES
from emulator.engine import user_files
from emulator.engine.user_files import MOST, absolute, is_file, is_folder, is_there, open_file, read_file
from emulator.scenario import yaml_text

LONG = "x" * 300


@pytest.fixture
def loop(tmp_path: Path) -> Path:
    """A link to itself."""
    link = tmp_path / "loop"
    link.symlink_to(link)
    return link


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A pipe that nobody writes to."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_file_is_read_up_to_a_bound(tmp_path: Path) -> None:
    """One byte more says that there is more."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert read_file(path, 100) == b"x" * 100
    assert read_file(path, 99) == b"x" * 100
    assert read_file(path, 9) == b"x" * 10
    with open_file(path) as file:
        assert file.read() == b"x" * 100


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/urandom", "/dev/full"])
def test_devices_are_refused(path: str) -> None:
    """They never end."""
    for read in (read_file, open_file):
        with pytest.raises(OSError, match="it is a device, not a file"):
            read(Path(path))


def test_nothing_is_an_empty_file() -> None:
    """As it is everywhere."""
    assert read_file(Path(os.devnull)) == b""


def test_what_is_no_file_is_refused(tmp_path: Path, loop: Path, pipe: Path) -> None:
    """Each says why; none waits."""
    for path, why in (
        (tmp_path, "Is a directory"),
        (pipe, "it is a pipe, not a file"),
        (loop, "Too many levels of symbolic links"),
        (tmp_path / LONG, "File name too long"),
        (tmp_path / ("y/" * 2500), "File name too long"),
        (tmp_path / "a\0b", "no name of a file holds a NUL character"),
        (tmp_path / "none", "No such file or directory"),
        (tmp_path / "none" / "x", "No such file or directory"),
    ):
        for read in (read_file, open_file):
            with pytest.raises(OSError) as caught:  # noqa: PT011 - its strerror is what is shown
                read(path)
            assert caught.value.strerror == why


def test_a_socket_is_refused(tmp_path: Path) -> None:
    """Nothing can be read from it by name."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        with pytest.raises(OSError, match="No such device or address"):
            read_file(tmp_path / "s")


def test_a_pipe_is_read_where_it_may_be(pipe: Path) -> None:
    """Such as that of ``lint <(…)``; up to the bound, too."""
    for most, expected in ((MOST, b"x" * 100_000), (10, b"x" * 11)):
        writer = threading.Thread(target=lambda: _written(pipe, b"x" * 100_000))
        writer.start()
        assert read_file(pipe, most, pipes=True) == expected
        writer.join()


def _written(pipe: Path, data: bytes) -> None:
    try:
        pipe.write_bytes(data)
    except BrokenPipeError:
        return  # enough was read


def test_a_pipe_that_nobody_writes_to_is_given_up(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason."""
    monkeypatch.setattr(user_files, "PIPE_WITHIN_S", 0.01)
    with pytest.raises(OSError, match=r"nothing came through the pipe for 0\.01 s"):
        read_file(pipe, pipes=True)


def test_names_that_can_be_none_are_none(tmp_path: Path, loop: Path) -> None:
    """No question about a name is an exception."""
    for path in (tmp_path / LONG, tmp_path / "a\0b", tmp_path / ("y/" * 2500), loop / "x"):
        assert not is_file(path)
        assert not is_folder(path)
        assert not is_there(path)
        assert absolute(path).is_absolute()
    assert is_there(loop)
    assert not is_file(loop)
    assert absolute(loop) == loop


def test_one_size_for_what_is_written_by_hand() -> None:
    """Documents, projects and scenarios have the same bound."""
    assert MOST == MAX_BYTES == yaml_text.MAX_BYTES
