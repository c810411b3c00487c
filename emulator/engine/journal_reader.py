"""What is read of a journal, and copied."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from emulator.engine import private
from emulator.engine.journal_file import failure
from emulator.engine.journal_rows import exchange_of
from emulator.engine.searching import BODILESS, Wanted
from emulator.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from emulator.engine.exchanges import Exchange


class JournalReader:
    """Reads exchanges; each is as it was recorded."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def get(self, number: int) -> Exchange | None:
        """The exchange of that number, if it is kept.

        Raises:
            JournalError: It cannot be read.
        """
        return next(iter(self._select("SELECT * FROM exchanges WHERE id = ?", number)), None)

    def last(self, limit: int = 50, *, account: str | None = None) -> list[Exchange]:
        """The latest exchanges, oldest of them first.

        Raises:
            JournalError: They cannot be read.
        """
        latest = self._select(
            "SELECT * FROM exchanges WHERE ?1 IS NULL OR account = ?1 ORDER BY id DESC LIMIT ?2", account, limit
        )
        return latest[::-1]

    def of_account(self, account: str, *, after: int = 0, limit: int = 500) -> list[Exchange]:
        """The latest exchanges of *account*, and of none, that began after exchange *after*; oldest of them first.

        Raises:
            JournalError: They cannot be read.
        """
        latest = self._select(
            "SELECT * FROM exchanges WHERE id > ? AND account IN (?, '') ORDER BY id DESC LIMIT ?",
            after,
            account,
            limit,
        )
        return latest[::-1]

    def search(self, wanted: Wanted, *, above: int, below: int, limit: int, bodies: bool = False) -> list[Exchange]:
        """The latest exchanges that *wanted* describes, numbered between *above* and *below*; latest first.

        Their bodies are left out unless *bodies* are wanted.

        Raises:
            JournalError: They cannot be read.
        """
        conditions, parameters = wanted.sql()
        columns = "*" if bodies else BODILESS
        statement = f"SELECT {columns} FROM exchanges WHERE id > ? AND id < ?{conditions} ORDER BY id DESC LIMIT ?"  # noqa: S608 - conditions hold no data
        return self._select(statement, above, below, *parameters, limit)

    def first_id(self) -> int:
        """The number of the oldest exchange that is kept; 0 without one.

        Raises:
            JournalError: It cannot be read.
        """
        with _reading():
            return int(self._database.execute("SELECT coalesce(min(id), 0) FROM exchanges").fetchone()[0])

    def dropped(self) -> int:
        """How many exchanges went because the journal was full.

        Raises:
            JournalError: It cannot be read.
        """
        with _reading():
            return int(self._database.execute("SELECT coalesce(sum(dropped), 0) FROM losses").fetchone()[0])

    def _select(self, statement: str, *parameters: int | str | None) -> list[Exchange]:
        with _reading():
            return [exchange_of(row) for row in self._database.execute(statement, parameters)]

    def save(self, path: Path, only: Iterable[int] | None = None) -> None:
        """Write a copy of the journal to *path*, in place of what is there; of some exchanges *only*, by number.

        Raises:
            JournalError: It could not be written.
        """
        try:
            private.make_folder(path.parent)
            path.unlink(missing_ok=True)
            private.make_file(path)
            with closing(sqlite3.connect(path)) as copy:
                self._database.backup(copy)
                if only is not None:
                    copy.execute("CREATE TEMP TABLE kept (id INTEGER PRIMARY KEY)")
                    copy.executemany("INSERT OR IGNORE INTO kept VALUES (?)", [(each,) for each in only])
                    copy.execute("DELETE FROM exchanges WHERE id NOT IN (SELECT id FROM kept)")
                    copy.commit()
                    copy.execute("VACUUM")
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"the journal cannot be saved to {path}: {error}") from error


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise failure(error, "read") from error
