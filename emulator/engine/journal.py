"""The journal: every exchange, durable in SQLite before anybody is told that it was taken.

Records that arrive in one turn of the event loop share a transaction, and each caller waits for the commit of
its own. The commit runs in the loop's own thread: it takes some tens of microseconds, less than handing it to
another thread and back (measured in ``bench/``). It never waits there: while another program writes, it is tried again.

Several programs may write to one journal, as ``send`` does beside ``serve``. Exchanges are numbered within the
transaction that writes them, so no two have the same number. What a webhook does is decided there too, and taken back
where the transaction fails.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from emulator.core.packed import mask_reply, mask_request, may_be_packed
from emulator.core.redaction import Redactor
from emulator.engine import private
from emulator.engine.effects import Effects
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.journal_file import PATIENCE_S, connect, failure, identity, is_held, prepare
from emulator.engine.journal_rows import INSERT, SIZE, UPSERT, exchange_of, row_of, size_of
from emulator.engine.searching import BODILESS, Wanted
from emulator.errors import JournalError

_MEASURE = f"SELECT count(*), coalesce(sum({SIZE}), 0), coalesce(max(id), 0) FROM exchanges"  # noqa: S608 - no data in it
_OF_OTHERS = f"{_MEASURE} WHERE id > ?"
_DROP = f"""
DELETE FROM exchanges WHERE id <= (
    SELECT max(id) FROM (
        SELECT id, row_number() OVER newest AS place, sum({SIZE}) OVER newest AS bytes
        FROM exchanges WINDOW newest AS (ORDER BY id DESC)
    ) WHERE place > 1 AND (place > ? OR bytes > ?)
)"""  # noqa: S608 - no data in it
_RETRY_S = 0.001
_MOMENT_MS = 200
_LONGEST_RETRY_S = 0.05
_LOG = logging.getLogger(__name__)

OnTrouble = Callable[[str, bool], object]
"""Told what is wrong with the journal in a sentence, and whether that lasts: then webhooks are answered 500."""
Make = Callable[[int, Effects], Exchange]
"""Makes the exchange of a number."""


class Limits(NamedTuple):
    """How much a journal keeps; the oldest exchanges go first. *bytes* are those of all that others make large."""

    exchanges: int = 100_000
    bytes: int = 256 * 1024 * 1024


class _Pending:
    """What is to be written, and who waits for it."""

    __slots__ = ("due", "effects", "exchange", "is_new", "make", "masked", "row", "settled")

    def __init__(self, make: Make, settled: asyncio.Future[Exchange] | None) -> None:
        self.make = make
        self.settled = settled
        self.due: float | None = None
        self.effects = Effects()
        self.is_new: bool
        self.exchange: Exchange
        self.masked: Exchange
        self.row: tuple[Any, ...]

    def fail(self, error: Exception) -> None:
        """Tell who waits."""
        if self.settled is not None and not self.settled.done():
            self.settled.set_exception(error)


class Journal:
    """Append-only exchanges; what it writes is masked by its redactor, all else is kept byte for byte."""

    def __init__(
        self, database: sqlite3.Connection, redactor: Redactor, limits: Limits | None = None, path: Path | None = None
    ) -> None:
        """Use `open_journal`, which prepares *database*."""
        self._path = path
        self._file = identity(path)
        self._database = database
        self._redactor = redactor
        self._limits = limits or Limits()
        self._pending: list[_Pending] = []
        self._listeners: list[Callable[[Exchange], object]] = []
        self._on_trouble: list[OnTrouble] = []
        self._trouble: str | None = None
        self._refused = 0
        self._retry_s = _RETRY_S
        self._is_patient = True
        self._last_id = self._count = self._bytes = 0
        self._measure()

    @property
    def redactor(self) -> Redactor:
        """What masks all that is written; everybody who writes of what is recorded shares it."""
        return self._redactor

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask *secrets* too, from now on, and so does everybody who shares the redactor."""
        self._redactor.learn(secrets)

    def subscribe(self, listener: Callable[[Exchange], object]) -> None:
        """Call *listener* with each exchange once it is durable, masked as it is recorded."""
        self._listeners.append(listener)

    def on_trouble(self, listener: OnTrouble) -> None:
        """Call *listener* when the journal cannot be written, and when it can be again."""
        self._on_trouble.append(listener)

    async def record(self, exchange: Exchange) -> Exchange:
        """Keep *exchange*; returns it, numbered if it was not, once it is durable.

        One that has a number takes the place of the earlier state of it.

        Raises:
            JournalError: It could not be written.
        """
        return await self._written(_as_it_is(exchange))

    async def decide(self, make: Make) -> Exchange:
        """Keep the exchange that *make* makes of its number, and let the effects that it adds happen then.

        Where it cannot be written they are taken back.

        Raises:
            JournalError: It could not be written.
        """
        return await self._written(make)

    async def begin(self, exchange: Exchange) -> Exchange:
        """Keep *exchange*, of which a later state will be recorded; returns it, numbered, once it is durable.

        Raises:
            JournalError: It could not be written; of a journal in memory that is told with the later state.
        """
        if self._path is not None:
            return await self.record(exchange)
        # What dies with the process anyway is nothing to wait for, and nobody else takes its number.
        self._last_id += 1
        exchange = exchange._replace(id=self._last_id)
        self._append(_Pending(_as_it_is(exchange), None))
        return exchange

    async def _written(self, make: Make) -> Exchange:
        settled: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        self._append(_Pending(make, settled))
        return await settled

    def _append(self, pending: _Pending) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._commit)
        self._pending.append(pending)

    # -- writing

    def _commit(self) -> None:
        """Write all that is pending in one transaction; later, if another program is writing."""
        batch = self._pending
        try:
            self._impatiently("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if is_held(error):
                self._wait()
            else:
                self._pending = []
                self._fail(batch, error)
            return
        self._pending, self._retry_s = [], _RETRY_S
        before = self._last_id, self._count, self._bytes
        try:
            self._heed_others()
            made = self._write([each for each in batch if self._made(each)])
            self._drop_oldest(made)
            self._database.execute("COMMIT")
            self._follow_file(made)
        except (sqlite3.Error, OSError) as error:
            with suppress(sqlite3.Error):  # SQLite may have rolled it back itself
                self._database.rollback()
            self._last_id, self._count, self._bytes = before
            self._fail(batch, error)
            return
        self._settle(made)

    def _impatiently(self, statement: str) -> None:
        """Execute *statement*, or fail at once if another program is writing: the event loop waits for nobody."""
        if self._is_patient:
            self._database.execute("PRAGMA busy_timeout = 0")
            self._is_patient = False
        self._database.execute(statement)

    def _wait(self) -> None:
        """Another program is writing: try again soon, and give up what has waited too long."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        late, waiting = list[_Pending](), list[_Pending]()
        for each in self._pending:
            each.due = now + PATIENCE_S if each.due is None else each.due
            (late if each.due <= now else waiting).append(each)
        self._pending = waiting
        if late:
            self._fail(late, None)
        if self._pending:
            loop.call_later(self._retry_s, self._commit)
            self._retry_s = min(self._retry_s * 2, _LONGEST_RETRY_S)

    def _heed_others(self) -> None:
        """Another program may have written to the same file since: its numbers are taken."""
        if (self._database.execute("SELECT max(id) FROM exchanges").fetchone()[0] or 0) > self._last_id:
            count, size, self._last_id = self._database.execute(_OF_OTHERS, [self._last_id]).fetchone()
            self._count, self._bytes = self._count + count, self._bytes + size

    def _made(self, pending: _Pending) -> bool:
        """Make the exchange and its row; whether that went well. A bug of ours in one is no harm to the others."""
        number = self._last_id + 1
        try:
            pending.exchange = exchange = pending.make(number, pending.effects)
            pending.masked, pending.row = self._masked(exchange)
        except Exception as error:  # noqa: BLE001 - who waits must not wait for ever
            pending.effects.take_back()
            pending.fail(error)
            return False
        pending.is_new = exchange.id == number
        if exchange.id > self._last_id:
            self._last_id = exchange.id
        return True

    def _write(self, made: list[_Pending]) -> list[_Pending]:
        """Write what was made; returns what could be written."""
        try:
            self._database.executemany(INSERT, [each.row for each in made if each.is_new])
        except sqlite3.Error:
            raise
        except Exception:  # noqa: BLE001 - SQLite cannot take one of them: which, is found by taking each by itself
            for each in made:
                each.is_new = False
        return [each for each in made if each.is_new or self._written_over(each)]

    def _written_over(self, pending: _Pending) -> bool:
        """Write the exchange over its earlier state, or where there is none; whether SQLite could take it."""
        try:
            if self._database.execute(UPSERT, pending.row).rowcount == 0:
                # It was cleared, and another program has taken its number since.
                self._last_id += 1
                pending.exchange = pending.exchange._replace(id=self._last_id)
                pending.masked = pending.masked._replace(id=self._last_id)
                pending.row = (self._last_id, *pending.row[1:])
                self._database.execute(INSERT, pending.row)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours, as above
            pending.effects.take_back()
            pending.fail(error)
            return False
        return True

    def _follow_file(self, made: Sequence[_Pending]) -> None:
        """Begin a new file with *made* where somebody has deleted the journal: it would be written to nowhere."""
        if self._path is None or identity(self._path) == self._file:
            return
        database = connect(self._path)
        try:
            prepare(database, self._path)
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.executemany(UPSERT, [each.row for each in made])
        except sqlite3.Error:
            database.close()
            raise
        self._database.close()
        self._database, self._file, self._is_patient = database, identity(self._path), True
        self._measure()
        numbers = f", with #{made[0].exchange.id}" if made else ""
        self._tell(f"the journal {self._path} was deleted or replaced while it was written: a new one begins{numbers}")

    def _settle(self, made: Sequence[_Pending]) -> None:
        if self._trouble is not None:
            count = f"{self._refused} exchange is" if self._refused == 1 else f"{self._refused} exchanges are"
            self._tell(f"the journal is written again; {count} not in it")
            self._trouble, self._refused = None, 0
        for each in made:
            _guarded(each.effects.happen)
        for each in made:
            if each.settled is not None and not each.settled.done():
                each.settled.set_result(each.exchange)
        for listener in self._listeners:
            for each in made:
                _guarded(listener, each.masked)

    def _fail(self, batch: Sequence[_Pending], error: Exception | None) -> None:
        """Nothing of *batch* was written, because of *error*, or because another program did not let us."""
        why = failure(error)
        for each in reversed(batch):
            each.effects.take_back()
        for each in batch:
            each.fail(JournalError(why.message, mend=why.mend))
        self._refused += len(batch)
        if self._trouble != why.message:
            self._trouble = why.message
            self._tell(f"{why.message}; {why.mend}: until then webhooks are answered 500", lasts=True)

    def _tell(self, sentence: str, *, lasts: bool = False) -> None:
        for listener in self._on_trouble:
            _guarded(listener, sentence, lasts)

    def _masked(self, exchange: Exchange) -> tuple[Exchange, tuple[Any, ...]]:
        """*exchange* and its row, every secret masked."""
        row = row_of(exchange)
        if not self._redactor.finds(row) and not may_be_packed(row[9], row[10], row[13]):
            return exchange, row
        exchange = mask_exchange(exchange, self._redactor)
        return exchange, row_of(exchange)

    def _drop_oldest(self, made: Sequence[_Pending]) -> None:
        # An exchange that goes out counts again with each state of it; what is counted too high is measured.
        self._count += len(made)
        self._bytes += sum(size_of(each.row) for each in made)
        if self._is_full():
            self._measure()
        if self._is_full():
            # A tenth more than must go, so that not every record that follows drops another.
            keep = [self._limits.exchanges * 9 // 10, self._limits.bytes * 9 // 10]
            self._database.execute("INSERT INTO losses VALUES (?)", [self._database.execute(_DROP, keep).rowcount])
            self._measure()

    def _is_full(self) -> bool:
        return self._count > self._limits.exchanges or self._bytes > self._limits.bytes

    def _measure(self) -> None:
        self._count, self._bytes, last = map(int, self._database.execute(_MEASURE).fetchone())
        self._last_id = max(self._last_id, last)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

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
        try:
            self._database.execute(f"PRAGMA busy_timeout = {_MOMENT_MS}")
            self._is_patient = True
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.execute("DELETE FROM exchanges")
                self._database.execute("DELETE FROM losses")
                self._measure()
        except sqlite3.Error as error:
            raise failure(None if is_held(error) else error) from error

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
        database = connect(path)
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"the journal {path} cannot be opened: {error}") from error
    try:
        prepare(database, path)
        journal = Journal(database, redactor or Redactor(), limits, path)
    except sqlite3.Error as error:
        database.close()
        raise JournalError(
            f"the journal {path} cannot be used: {error}", mend="name another file by --journal"
        ) from error
    with closing(journal):
        yield journal


def _as_it_is(exchange: Exchange) -> Make:
    return lambda number, _: exchange if exchange.id != UNNUMBERED else exchange._replace(id=number)


def _guarded(listener: Callable[..., object], *arguments: object) -> None:
    """Call *listener*; what goes wrong there is no reason to tell nobody else."""
    try:
        listener(*arguments)
    except Exception:  # noqa: BLE001 - it is told, and whoever comes after it is called all the same
        _LOG.exception("a bug of ours in what hears of exchanges")


def mask_exchange(exchange: Exchange, redactor: Redactor) -> Exchange:
    """*exchange* with every secret masked."""
    return exchange._replace(
        request=mask_request(exchange.request, redactor),
        sent_to=exchange.sent_to and redactor.text(exchange.sent_to),
        reply=exchange.reply and mask_reply(exchange.reply, redactor),
        error=exchange.error and redactor.sentence(exchange.error),
        outcome=redactor.records(exchange.outcome),
    )
