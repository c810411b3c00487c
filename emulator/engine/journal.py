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
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from emulator.core.packed import mask_reply, mask_request, may_be_packed
from emulator.core.redaction import Redactor
from emulator.engine.beside import Beside
from emulator.engine.effects import Effects
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.journal_file import PATIENCE_S, Watch, connect, failure, is_damaged, is_held, prepare
from emulator.engine.journal_reader import JournalReader
from emulator.engine.journal_rows import INSERT, SIZE, UPSERT, row_of
from emulator.errors import JournalError

_MOST_DROPPED = 500
"""Exchanges that go at once beyond those that must: so not every record drops another, and nobody waits long."""
_MOST_BYTES_DROPPED = 1024 * 1024
_MOST_CLEARED = 500
_RETRY_S = 0.001
_LONGEST_RETRY_S = 0.05
_MOMENT_S = 1.0
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


class Journal(JournalReader):
    """Append-only exchanges; what it writes is masked by its redactor, all else is kept byte for byte."""

    def __init__(
        self, database: sqlite3.Connection, redactor: Redactor, limits: Limits | None = None, path: Path | None = None
    ) -> None:
        """Use `open_journal`, which prepares *database*."""
        super().__init__(database)
        self._path = path
        self._began_anew = -math.inf
        self._redactor = redactor
        self.beside = Beside()
        self._limits = limits or Limits()
        self._pending: list[_Pending] = []
        self._listeners: list[Callable[[Exchange], object]] = []
        self._on_trouble: list[OnTrouble] = []
        self._trouble: str | None = None
        self._refused = 0
        self._retry_s = _RETRY_S
        self._is_patient = True
        self._last_id = self._latest()
        self._watch = None if path is None else Watch(path)

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
        said = (exchange.request, exchange.reply) if exchange.reply else (exchange.request,)
        async with self.beside.masked(self._redactor, said):
            return await self.decide(_as_it_is(exchange))

    async def decide(self, make: Make) -> Exchange:
        """Keep the exchange that *make* makes of its number, and let the effects that it adds happen then.

        Where it cannot be written they are taken back.

        Raises:
            JournalError: It could not be written.
        """
        settled: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        self._append(_Pending(make, settled))
        return await settled

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

    def _append(self, pending: _Pending) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._commit)
        self._pending.append(pending)

    # -- writing

    def _commit(self) -> None:
        """Write all that is pending in one transaction; later, if another program is writing."""
        batch, self._pending = self._pending, []
        before = self._last_id
        try:
            self._follow_file()
            self._impatiently("BEGIN IMMEDIATE")
            self._last_id = max(self._last_id, self._latest())  # another program may have written since
            batch = [each for each in batch if self._made(each)]
            batch = self._write(batch)
            self._drop_oldest(batch)
            self._database.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            with suppress(sqlite3.Error):  # SQLite may have rolled it back itself
                self._database.rollback()
            self._last_id = before
            for each in reversed(batch):
                each.effects.take_back()
            self._not_written(batch, error)
        else:
            self._retry_s = _RETRY_S
            self._settle(batch)

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

    def _not_written(self, batch: list[_Pending], error: Exception) -> None:
        """What becomes of *batch*, of which nothing was written because of *error*."""
        if is_held(error):
            self._pending = [*batch, *self._pending]
            self._wait()
        elif is_damaged(error) and self._may_begin_anew():
            self._pending = [*batch, *self._pending]
            try:
                self._begin_anew(f"is damaged ({error})")
            except (sqlite3.Error, OSError) as another:
                batch, self._pending = self._pending, []
                self._fail(batch, another)
            else:
                self._commit()
        else:
            self._fail(batch, error)

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

    def look(self) -> None:
        """See whether the files are still there; a new journal begins where they are not, before anything comes."""
        try:
            self._follow_file()
        except (sqlite3.Error, OSError) as error:
            if not is_held(error):
                self._fail([], error)

    def _follow_file(self) -> None:
        what = None if self._watch is None else self._watch.changed()
        if what is not None:
            self._begin_anew(what)

    def _may_begin_anew(self) -> bool:
        """Where the new one is damaged at once, too, it is told: that would go on for ever."""
        return self._path is not None and asyncio.get_running_loop().time() > self._began_anew + _MOMENT_S

    def _begin_anew(self, what: str) -> None:
        """Begin a new file, as SQLite would write to nowhere, or in vain: *what* has become of the old one."""
        assert self._path is not None and self._watch is not None  # noqa: S101, PT018 - in memory nothing can happen to it
        aside = self._watch.set_aside()
        database = connect(self._path, 0)
        try:
            prepare(database, self._path)
            watch = Watch(self._path)
        except (sqlite3.Error, OSError):
            database.close()
            raise
        self.close()
        self._database, self._watch, self._is_patient = database, watch, False
        self._began_anew = asyncio.get_running_loop().time()
        self._last_id = max(self._last_id, self._latest())
        kept = "" if aside is None else f"; what is left of it is now {aside.name}"
        self._tell(f"the journal {self._path} {what}{kept}; a new one begins, with #{self._last_id + 1}")

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
        redactor = self._redactor
        if redactor.foreseen(exchange.request) is not None:
            masked = mask_exchange(exchange, redactor)
            return masked, row_of(masked)
        row = row_of(exchange)
        if not redactor.has_secrets or not (redactor.finds(row) or may_be_packed(row[9], row[10], row[13])):
            return exchange, row
        exchange = mask_exchange(exchange, self._redactor)
        return exchange, row_of(exchange)

    def _drop_oldest(self, made: Sequence[_Pending]) -> None:
        """Keep the limits; the latest exchange stays however large it is."""
        count, size = self._database.execute("SELECT sum(exchanges), sum(bytes) FROM totals").fetchone()
        too_many, too_much = count - self._limits.exchanges, size - self._limits.bytes
        if too_many <= 0 and too_much <= 0:
            return
        too_many += min(self._limits.exchanges // 10, _MOST_DROPPED)
        too_much += min(self._limits.bytes // 10, _MOST_BYTES_DROPPED)
        most = 2 * (len(made) + _MOST_DROPPED)  # so that a journal that was far too large does not hold anybody up
        number = dropped = 0
        oldest = f"SELECT id, {SIZE} FROM exchanges WHERE id < ? ORDER BY id LIMIT ?"  # noqa: S608 - no data in it
        for number, size in self._database.execute(oldest, [self._last_id, most]):  # noqa: B007 - the last one counts
            dropped += 1
            too_many, too_much = too_many - 1, too_much - size
            if too_many <= 0 and too_much <= 0:
                break
        if dropped:
            self._database.execute("DELETE FROM exchanges WHERE id <= ?", [number])
            self._database.execute("INSERT INTO losses VALUES (?)", [dropped])

    def _latest(self) -> int:
        return self._database.execute("SELECT max(id) FROM exchanges").fetchone()[0] or 0

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
        if self._watch is not None:
            self._watch.close()

    async def clear(self) -> None:
        """Forget all exchanges; those that follow are numbered on. One that has only begun comes back with its end.

        Raises:
            JournalError: It could not be written.
        """
        loop = asyncio.get_running_loop()
        upto, until = 0, loop.time() + PATIENCE_S
        while True:
            try:
                upto = upto or max(self._last_id, self._latest())  # what comes from now on stays
                if self._cleared(upto):
                    return
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    self._database.rollback()
                if not is_held(error):
                    raise failure(error) from error
                if loop.time() > until:
                    raise failure(None) from error
            await asyncio.sleep(_RETRY_S)  # webhooks come in between

    def _cleared(self, upto: int) -> bool:
        """Forget some exchanges, to number *upto*; whether those were the last."""
        self._impatiently("BEGIN IMMEDIATE")
        oldest = "SELECT max(id) FROM (SELECT id FROM exchanges WHERE id <= ? ORDER BY id LIMIT ?)"
        some = self._database.execute(oldest, [upto, _MOST_CLEARED]).fetchone()[0]
        if some is None:
            self._database.execute("DELETE FROM losses")
        else:
            self._database.execute("DELETE FROM exchanges WHERE id <= ?", [some])
        self._database.execute("COMMIT")
        return some is None

    @property
    def last_id(self) -> int:
        """The number of the latest exchange that has begun."""
        return self._last_id


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
