"""The journal's file: how it is opened, who may read it, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

from emulator.engine import private
from emulator.engine.journal_rows import COUNTED, SCHEMA
from emulator.errors import JournalError

_APPLICATION_ID = 0x52494E47  # "RING": tells our files from other people's databases
_VERSION = 1
_ENDINGS = ("", "-wal", "-shm")
_HEAD: Final = 72  # so far goes the application id in a file of SQLite's
_IN_MEMORY_KIB = 16 * 1024
_Identity = tuple[int, int]
"""What tells a file from one that takes its place."""
PATIENCE_S = 5.0
"""How long a record waits while another program keeps the journal to itself."""


def connect(path: Path | None, patience_s: float = PATIENCE_S) -> sqlite3.Connection:
    """The database at *path*, or one without a file; a new file is its owner's alone.

    It waits *patience_s* for other programs.

    Raises:
        sqlite3.Error, OSError: It cannot be opened.
    """
    if path is None:  # in memory as long as it is small; what is more goes to a file that nobody else can open
        database = sqlite3.connect("", isolation_level=None)
        database.execute(f"PRAGMA cache_size = -{_IN_MEMORY_KIB}")
        return database
    private.make_folder(path.parent)
    if not path.exists():
        private.make_file(path)
    return sqlite3.connect(path, timeout=patience_s, isolation_level=None)


class _Part:
    """One of the files that SQLite has for a journal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity: _Identity | None = None
        self._size = 0

    def changed(self) -> str | None:
        """What has become of it since it was seen first."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - asked before each transaction: it takes half as long
        except OSError:
            return "was deleted" if self.identity is not None else None
        identity = found.st_dev, found.st_ino
        if self.identity is None:
            self.identity = identity
        if self.identity != identity:
            return "was replaced"
        if found.st_size < self._size:
            return "was truncated"
        self._size = found.st_size
        return None

    def is_there(self) -> bool:
        """Whether what stands at its path is what was seen."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        return self.identity == (found.st_dev, found.st_ino)


class _Heads:
    """Descriptors through which the heads of databases are read, one for all in this program that have a file open.

    To close any descriptor of a file takes away all locks that the program has on it, SQLite's too (POSIX).
    """

    def __init__(self) -> None:
        self._open: dict[_Identity, list[int]] = {}

    def open(self, path: Path, identity: _Identity) -> int:
        """The descriptor of the file at *path*."""
        held = self._open.setdefault(identity, [])
        held.append(held[0] if held else os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        return held[0]

    def close(self, identity: _Identity) -> None:
        """One has closed its database."""
        held = self._open[identity]
        descriptor = held.pop()
        if not held:
            del self._open[identity]
            os.close(descriptor)


_HEADS: Final = _Heads()


class Watch:
    """Notices that a journal's files are no longer those that were opened: SQLite would go on writing to nowhere."""

    def __init__(self, path: Path) -> None:
        """*path* is opened by SQLite already."""
        self._database, *self._beside = (_Part(path.with_name(path.name + end)) for end in _ENDINGS)
        for part in (self._database, *self._beside):
            part.changed()
        self._head = None if self._database.identity is None else _HEADS.open(path, self._database.identity)

    def changed(self) -> str | None:
        """What has become of the files, if it is anything.

        Raises:
            OSError: They cannot be looked at.
        """
        for part in (self._database, *self._beside):
            what = part.changed()
            if what is not None:
                return what if part is self._database else f"lost its {part.path.name}, which {what}"
        return None if self._is_ours() else "was overwritten"

    def _is_ours(self) -> bool:
        if self._head is None:
            return False
        head = os.pread(self._head, _HEAD, 0)
        return head[:16] == b"SQLite format 3\0" and head[68:72] == _APPLICATION_ID.to_bytes(4, "big")

    def set_aside(self) -> Path | None:
        """Make room for a new journal; returns where the old one is now, if it is still there.

        Raises:
            OSError: It cannot be moved.
        """
        path = self._database.path
        if not self._database.is_there():  # what is beside it is of no use to what may have taken its place
            for part in self._beside:
                if part.is_there():
                    part.path.unlink()
            return None
        aside = next(each for each in _names_beside(path) if not each.exists())
        for part in (self._database, *self._beside):
            if part.is_there():
                part.path.rename(aside.with_name(part.path.name.replace(path.name, aside.name, 1)))
        return aside

    def close(self) -> None:
        """Let go of the files, once the database is closed."""
        if self._head is not None and self._database.identity is not None:
            self._head = None
            _HEADS.close(self._database.identity)


def _names_beside(path: Path) -> Iterator[Path]:
    yield path.with_name(f"{path.name}.damaged")
    for number in count(2):
        yield path.with_name(f"{path.name}.damaged-{number}")


def is_held(error: Exception) -> bool:
    """Whether another program keeps the file to itself just now."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_damaged(error: Exception) -> bool:
    """Whether the file holds what SQLite cannot have written."""
    return _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def failure(error: Exception | None, what: str = "written") -> JournalError:
    """Why the journal could not be *what*; without *error*, another program held it."""
    if error is None:
        message = f"the journal cannot be {what}: another program has held it for {PATIENCE_S:g} seconds"
        return JournalError(message, mend="stop that program, or let it finish")
    mend = {
        sqlite3.SQLITE_BUSY: "stop the program that holds it, or let it finish",
        sqlite3.SQLITE_FULL: "make room on the disk",
        sqlite3.SQLITE_READONLY: "let its file and its folder be written",
        sqlite3.SQLITE_CORRUPT: "move the file away; ringo-emu begins a new one",
        sqlite3.SQLITE_NOTADB: "move the file away; ringo-emu begins a new one",
    }
    return JournalError(
        f"the journal cannot be {what}: {error}",
        mend=mend.get(_code(error), "look at its disk and at the rights of its folder"),
    )


def prepare(database: sqlite3.Connection, path: Path | None) -> None:
    """Make the tables where there are none.

    Raises:
        sqlite3.Error: It is no journal of ours, or cannot be used.
    """
    has_tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if has_tables and database.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise sqlite3.DatabaseError("it is a database of something else")
    if has_tables and database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        raise sqlite3.DatabaseError("another version of ringo-emu wrote it")
    if path is not None:
        for end in _ENDINGS:  # an earlier version may have left them open to all
            private.close_to_others(path.with_name(path.name + end))
    if not has_tables:  # who only reads must not wait for, or stop, the one who writes
        database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("PRAGMA journal_mode = WAL")
    # In WAL mode, NORMAL loses nothing when the process dies, only when the machine does.
    database.execute("PRAGMA synchronous = NORMAL")
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if "counted_again" not in names or database.execute("SELECT count(*) FROM totals").fetchone()[0] == 0:
        database.executescript(f"BEGIN IMMEDIATE; {SCHEMA} {COUNTED} COMMIT;")
