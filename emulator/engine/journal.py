"""The journal: every exchange, durable in SQLite before anybody is told that it was taken.

Records that arrive in one turn of the event loop share a transaction, and each caller waits for the commit of
its own. The commit runs in the loop's own thread: it takes some tens of microseconds, less than handing it to
another thread and back (measured in ``bench/``).
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from emulator.core.messages import Headers, Reply, Request
from emulator.core.redaction import Redactor
from emulator.engine.exchanges import Exchange
from emulator.engine.searching import BODILESS, Wanted
from emulator.errors import JournalError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS exchanges (
    id INTEGER PRIMARY KEY,
    direction TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
    at TEXT NOT NULL, clock REAL NOT NULL,
    method TEXT NOT NULL, url TEXT NOT NULL, sent_to TEXT, request_headers TEXT NOT NULL, request_body BLOB NOT NULL,
    status INTEGER, reply_headers TEXT, reply_body BLOB,
    error TEXT, duration_s REAL, attempt INTEGER NOT NULL, outcome TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS losses (dropped INTEGER NOT NULL) STRICT;
"""
_COLUMNS = 18
_SIZE = "length(request_body) + coalesce(length(reply_body), 0)"
_MEASURE = f"SELECT count(*), coalesce(sum({_SIZE}), 0) FROM exchanges"  # noqa: S608 - no data in it
_DROP = f"""
DELETE FROM exchanges WHERE id <= (
    SELECT max(id) FROM (
        SELECT id, row_number() OVER newest AS place, sum({_SIZE}) OVER newest AS bytes
        FROM exchanges WINDOW newest AS (ORDER BY id DESC)
    ) WHERE place > 1 AND (place > ? OR bytes > ?)
)"""  # noqa: S608 - no data in it
_UPSERT = f"INSERT OR REPLACE INTO exchanges VALUES ({', '.join('?' * _COLUMNS)})"  # noqa: S608 - no data in it
_APPLICATION_ID = 0x52494E47  # "RING": tells our files from other people's databases
_VERSION = 1


class Limits(NamedTuple):
    """How much a journal keeps; the oldest exchanges go first."""

    exchanges: int = 100_000
    body_bytes: int = 256 * 1024 * 1024


class Journal:
    """Append-only exchanges; what it writes is masked by its redactor, all else is kept byte for byte."""

    def __init__(
        self, database: sqlite3.Connection, redactor: Redactor, limits: Limits | None = None, *, is_file: bool = True
    ) -> None:
        """Use `open_journal`, which prepares *database*."""
        self._is_file = is_file
        self._database = database
        self._redactor = redactor
        self._limits = limits or Limits()
        self._pending: list[tuple[Exchange, asyncio.Future[None] | None]] = []
        self._listeners: list[Callable[[Exchange], None]] = []
        self._last_id = self._data_version = self._count = self._bytes = 0
        self._heed_others()
        self._measure()

    @property
    def redactor(self) -> Redactor:
        """What masks all that is written; everybody who writes of what is recorded shares it."""
        return self._redactor

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask *secrets* too, from now on, and so does everybody who shares the redactor."""
        self._redactor.learn(secrets)

    def next_id(self) -> int:
        """The number of the next exchange: they are numbered as they begin."""
        if not self._pending:  # once for each turn of the loop is often enough
            with suppress(sqlite3.Error):  # the record that follows tells of it
                self._heed_others()
        self._last_id += 1
        return self._last_id

    def _heed_others(self) -> None:
        """Another process may write to the same file, as ``send`` does beside ``serve``: its numbers are taken."""
        version = self._database.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            row = self._database.execute("SELECT coalesce(max(id), 0) FROM exchanges").fetchone()
            self._data_version, self._last_id = version, max(self._last_id, int(row[0]))

    def subscribe(self, listener: Callable[[Exchange], None]) -> None:
        """Call *listener* with each exchange once it is durable, masked as it is recorded."""
        self._listeners.append(listener)

    async def record(self, exchange: Exchange) -> None:
        """Keep *exchange*, in place of an earlier state of it; returns once it is durable.

        Raises:
            JournalError: It could not be written.
        """
        committed = asyncio.get_running_loop().create_future()
        self._append(exchange, committed)
        await committed

    async def begin(self, exchange: Exchange) -> None:
        """Keep *exchange*, of which a later state will be recorded; returns once it is as durable as it gets.

        Raises:
            JournalError: It could not be written; of a journal in memory that is told with the later state.
        """
        if self._is_file:
            await self.record(exchange)
        else:  # what dies with the process anyway is nothing to wait for
            self._append(exchange, None)

    def _append(self, exchange: Exchange, committed: asyncio.Future[None] | None) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._commit)
        self._pending.append((exchange, committed))

    def _commit(self) -> None:
        batch, self._pending = self._pending, []
        waiting = [committed for _, committed in batch if committed is not None and not committed.done()]
        try:
            masked = [self._masked(exchange) for exchange, _ in batch]
            with self._database:
                self._database.executemany(_UPSERT, [row for _, row in masked])
                self._drop_oldest([exchange for exchange, _ in masked])
        except sqlite3.Error as error:
            _fail(waiting, JournalError(f"the journal cannot be written: {error}", mend="is the disk full?"))
            return
        except Exception as error:
            _fail(waiting, error)  # a bug of ours: who waits must not wait for ever
            raise
        for committed in waiting:
            committed.set_result(None)
        for listener in self._listeners:
            for exchange, _ in masked:
                listener(exchange)

    def _masked(self, exchange: Exchange) -> tuple[Exchange, tuple[Any, ...]]:
        """*exchange* and its row, every secret masked."""
        row = _row(exchange)
        if not self._redactor.finds(row):
            return exchange, row
        exchange = mask_exchange(exchange, self._redactor)
        return exchange, _row(exchange)

    def _drop_oldest(self, batch: Sequence[Exchange]) -> None:
        # An exchange that goes out counts again with each state of it; what is counted too high is measured.
        self._count += len(batch)
        self._bytes += sum(_size(exchange) for exchange in batch)
        if self._is_full():
            self._measure()
        if self._is_full():
            # A tenth more than must go, so that not every record that follows drops another.
            keep = [self._limits.exchanges * 9 // 10, self._limits.body_bytes * 9 // 10]
            self._database.execute("INSERT INTO losses VALUES (?)", [self._database.execute(_DROP, keep).rowcount])
            self._measure()

    def _is_full(self) -> bool:
        return self._count > self._limits.exchanges or self._bytes > self._limits.body_bytes

    def _measure(self) -> None:
        self._count, self._bytes = map(int, self._database.execute(_MEASURE).fetchone())

    # -- reading

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

    def clear(self) -> None:
        """Forget all exchanges; those that follow are numbered on. One that has only begun comes back with its end.

        Raises:
            JournalError: It could not be written.
        """
        with _reading(), self._database:
            self._database.execute("DELETE FROM exchanges")
            self._database.execute("DELETE FROM losses")
            self._measure()

    @property
    def last_id(self) -> int:
        """The number of the latest exchange that has begun."""
        return self._last_id

    def dropped(self) -> int:
        """How many exchanges went because the journal was full.

        Raises:
            JournalError: It cannot be read.
        """
        with _reading():
            return int(self._database.execute("SELECT coalesce(sum(dropped), 0) FROM losses").fetchone()[0])

    def _select(self, statement: str, *parameters: int | str | None) -> list[Exchange]:
        with _reading():
            return [_exchange(row) for row in self._database.execute(statement, parameters)]

    def save(self, path: Path, only: Iterable[int] | None = None) -> None:
        """Write a copy of the journal to *path*, in place of what is there; of some exchanges *only*, by number.

        Raises:
            JournalError: It could not be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
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
        raise JournalError(f"the journal cannot be read: {error}", mend="name another file by --journal") from error


@contextmanager
def open_journal(
    path: Path | None = None, redactor: Redactor | None = None, limits: Limits | None = None
) -> Iterator[Journal]:
    """A journal in the file *path*, or in memory.

    Raises:
        JournalError: The file is no journal of ours, or cannot be used.
    """
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path or ":memory:")
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"the journal {path} cannot be opened: {error}") from error
    with closing(database):
        try:
            _prepare(database)
            journal = Journal(database, redactor or Redactor(), limits, is_file=path is not None)
        except sqlite3.Error as error:
            raise JournalError(
                f"the journal {path} cannot be used: {error}", mend="name another file by --journal"
            ) from error
        yield journal


def _prepare(database: sqlite3.Connection) -> None:
    has_tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if has_tables and database.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise sqlite3.DatabaseError("it is a database of something else")
    if has_tables and database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        raise sqlite3.DatabaseError("another version of ringo-emu wrote it")
    if not has_tables:  # who only reads must not wait for, or stop, the one who writes
        database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("PRAGMA page_size = 16384")  # a commit of many exchanges is then a few writes, not dozens
    database.execute("PRAGMA journal_mode = WAL")
    # In WAL mode, NORMAL loses nothing when the process dies, only when the machine does.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA busy_timeout = 5000")
    database.executescript(_SCHEMA)


def mask_exchange(exchange: Exchange, redactor: Redactor) -> Exchange:
    """*exchange* with every secret masked."""
    return exchange._replace(
        request=redactor.request(exchange.request),
        sent_to=exchange.sent_to and redactor.text(exchange.sent_to),
        reply=exchange.reply and redactor.reply(exchange.reply),
        error=exchange.error and redactor.sentence(exchange.error),
        outcome=redactor.records(exchange.outcome),
    )


def _fail(waiting: Sequence[asyncio.Future[None]], error: Exception) -> None:
    for committed in waiting:
        committed.set_exception(error)


def _size(exchange: Exchange) -> int:
    return len(exchange.request.body) + (len(exchange.reply.body) if exchange.reply else 0)


def _row(exchange: Exchange) -> tuple[Any, ...]:
    reply = exchange.reply
    return (
        exchange.id,
        exchange.direction,
        exchange.kind,
        exchange.account,
        exchange.at.isoformat(),
        exchange.clock,
        exchange.request.method,
        exchange.request.url,
        exchange.sent_to,
        _lines(exchange.request.headers),
        exchange.request.body,
        reply.status if reply else None,
        _lines(reply.headers) if reply else None,
        reply.body if reply else None,
        exchange.error,
        exchange.duration_s,
        exchange.attempt,
        json.dumps(exchange.outcome),
    )


def _exchange(row: tuple[Any, ...]) -> Exchange:
    reply = None
    if row[11] is not None:
        reply = Reply(status=row[11], headers=_headers(row[12]), body=bytes(row[13]))
    return Exchange(
        id=row[0],
        direction=row[1],
        kind=row[2],
        account=row[3],
        at=datetime.fromisoformat(row[4]),
        clock=row[5],
        request=Request(method=row[6], url=row[7], headers=_headers(row[9]), body=bytes(row[10])),
        sent_to=row[8],
        reply=reply,
        error=row[14],
        duration_s=row[15],
        attempt=row[16],
        outcome=json.loads(row[17]),
    )


def _lines(headers: Headers) -> str:
    """Headers as HTTP writes them: no name holds a colon, and no value a line end."""
    return "\n".join([f"{name}: {value}" for name, value in headers])


def _headers(text: str) -> Headers:
    pairs = [line.partition(": ") for line in text.split("\n")] if text else []
    return tuple((name, value) for name, _, value in pairs)
