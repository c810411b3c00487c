"""The journal's file: how it is opened, who may read it, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from emulator.engine import private
from emulator.engine.journal_rows import SCHEMA
from emulator.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

_APPLICATION_ID = 0x52494E47  # "RING": tells our files from other people's databases
_VERSION = 1
_IN_MEMORY_KIB = 16 * 1024
PATIENCE_S = 5.0
"""How long a record waits while another program keeps the journal to itself."""


def connect(path: Path | None) -> sqlite3.Connection:
    """The database at *path*, or one without a file; a new file is its owner's alone.

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
    return sqlite3.connect(path, isolation_level=None)


def identity(path: Path | None) -> tuple[int, int] | None:
    """What tells the file at *path* from one that takes its place."""
    if path is None:
        return None
    try:
        found = os.stat(path)  # noqa: PTH116 - asked after each transaction: it takes half as long
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_held(error: sqlite3.Error) -> bool:
    """Whether another program keeps the file to itself just now."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def failure(error: Exception | None) -> JournalError:
    """Why the journal could not be written; without *error*, another program held it."""
    if error is None:
        message = f"the journal cannot be written: another program has held it for {PATIENCE_S:g} seconds"
        return JournalError(message, mend="stop that program, or let it finish")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    mend = {
        sqlite3.SQLITE_FULL: "make room on the disk",
        sqlite3.SQLITE_READONLY: "let its file and its folder be written",
        sqlite3.SQLITE_CORRUPT: "move the file away; ringo-emu begins a new one",
        sqlite3.SQLITE_NOTADB: "move the file away; ringo-emu begins a new one",
    }
    return JournalError(
        f"the journal cannot be written: {error}",
        mend=mend.get(code, "look at its disk and at the rights of its folder"),
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
        private.close_to_others(path)
    if not has_tables:  # who only reads must not wait for, or stop, the one who writes
        database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("PRAGMA journal_mode = WAL")
    # In WAL mode, NORMAL loses nothing when the process dies, only when the machine does.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA busy_timeout = {PATIENCE_S * 1000:.0f}")
    database.executescript(SCHEMA)
