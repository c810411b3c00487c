"""Files and folders that their owner alone can read: journals, bundles and tokens are nobody else's business."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = 0o600
FOLDER = 0o700
_OTHERS = 0o077


def make_folder(path: Path) -> None:
    """A folder at *path*, with those above it that are missing; what is there stays as it is.

    Raises:
        OSError: It cannot be made.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """A file at *path*; what is there is closed to others, if it is ours.

    Raises:
        OSError: It cannot be made.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE))
    close_to_others(path)


def close_to_others(path: Path) -> None:
    """Let nobody else read the file or folder at *path*, if it is there and ours."""
    with suppress(OSError):  # somebody else's, or a file system that knows no owners
        mode = path.stat().st_mode
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS & 0o7777)


def write_text(path: Path, text: str, errors: str = "strict") -> None:
    """*text* as the file at *path*, in UTF-8.

    Raises:
        OSError: It cannot be written.
    """
    make_file(path)
    path.write_text(text, "utf-8", errors)
