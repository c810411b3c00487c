"""Several programs write to one journal at the same time: what was acknowledged is in it, once."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.core.messages import Reply
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.journal import Limits, open_journal
from emulator.errors import JournalError
from tests.engine.test_journal import counted, exchange, fill, kept, totals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.engine.effects import Effects
    from tests.engine.conftest import StartSinkProcess

MOST = 100_000
HELD = "the journal cannot be written: another program has held it for 5 seconds"


def recorded(file: Path) -> list[str]:
    """The ids of the messages whose delivery was reported, as the journal has them."""
    with open_journal(file) as journal:
        found = [each for each in journal.last(MOST) if each.kind == "webhook"]
    return [each["variables"]["messageid"] for exchange in found for each in exchange.outcome["events"]]


class Taken(set[str]):
    """What was acknowledged; *enough* is set once that is so much."""

    def __init__(self, enough: int = MOST) -> None:
        super().__init__()
        self.enough = asyncio.Event()
        self._enough = enough

    def add(self, element: str) -> None:
        """One more."""
        super().add(element)
        if len(self) >= self._enough:
            self.enough.set()


async def post(url: str, name: str, taken: Taken, most: int = MOST) -> None:
    """Report deliveries one after the other, until nobody answers; those that were acknowledged are *taken*."""
    async with aiohttp.ClientSession() as session:
        for number in range(most):
            report = {"method": "delivered", "params": {"id": f"{name}-{number}"}}
            async with session.post(url, json=report) as answer:
                assert answer.status == 200, await answer.text()
            taken.add(f"{name}-{number}")


async def post_all(urls: Sequence[str], workers: int, taken: Taken, most: int = MOST, name: str = "") -> None:
    """Post to all *urls* at the same time."""
    posts = [
        post(url, f"{name}{place}-{each}", taken, most) for place, url in enumerate(urls) for each in range(workers)
    ]
    ended = await asyncio.gather(*posts, return_exceptions=True)
    assert [each for each in ended if each is not None and not isinstance(each, aiohttp.ClientError)] == []


async def test_programs_that_write_at_the_same_time_lose_nothing(
    tmp_path: Path, document: dict[str, Any], start_sink_process: StartSinkProcess
) -> None:
    """Design 7: two ``serve`` under load, and calls recorded beside them as ``send`` records them."""
    file = tmp_path / "journal.db"
    taken = Taken()
    async with AsyncExitStack() as stack:
        urls = [(await stack.enter_async_context(start_sink_process(document, file)))[0] for _ in range(2)]
        journal = stack.enter_context(open_journal(file))
        posting = asyncio.create_task(post_all(urls, 8, taken, 60))
        sent: list[Exchange] = []
        while not posting.done():
            begun = await journal.begin(exchange(UNNUMBERED, kind="SendMessage", reply=None, duration_s=None))
            sent.append(await journal.record(begun._replace(reply=Reply(status=200), duration_s=len(sent) / 1000)))
        await posting
        assert Counter(recorded(file)) == Counter(taken)
        assert len(taken) == 2 * 8 * 60
        assert [journal.get(each.id) for each in sent] == sent
        assert len(kept(journal)) == len(taken) + len(sent)


@pytest.mark.slow
async def test_kill_9_beside_another_writer_loses_nothing(
    tmp_path: Path, document: dict[str, Any], start_sink_process: StartSinkProcess
) -> None:
    """Design 7: twenty times one of two is killed under load, and the other goes on."""
    file = tmp_path / "journal.db"
    every: set[str] = set()
    async with start_sink_process(document, file) as (steady, _):
        for turn in range(20):
            async with start_sink_process(document, file) as (url, process):
                taken = Taken(20 + turn * 7)
                beside = asyncio.create_task(post_all([steady], 2, taken, 20, f"steady-{turn}-"))
                killed = asyncio.create_task(post_all([url], 8, taken, MOST, f"killed-{turn}-"))
                await taken.enough.wait()
                os.kill(process.pid, signal.SIGKILL)
                await asyncio.gather(beside, killed)
                every |= taken
    counted = Counter(recorded(file))
    assert every - set(counted) == set()
    assert [name for name, count in counted.items() if count > 1] == []


# -- one that holds the file to itself


async def test_a_lock_is_waited_for_without_holding_up_the_loop(tmp_path: Path) -> None:
    """All else goes on in the meantime, and what waited is written, in its order, once the file is free."""
    file = tmp_path / "journal.db"
    with open_journal(file) as journal:
        await fill(journal, 1)
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(journal.record(exchange(UNNUMBERED, clock=float(each)))) for each in range(3)]
        turns = 0
        until = asyncio.get_running_loop().time() + 0.2
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0)
            turns += 1
        assert turns > 100
        assert not any(each.done() for each in waiting)
        other.execute(
            "INSERT INTO exchanges SELECT 2, direction, kind, account, at, clock, method, url, sent_to,"
            " request_headers, request_body, status, reply_headers, reply_body, error, duration_s, attempt,"
            " outcome FROM exchanges WHERE id = 1"
        )
        other.execute("COMMIT")
        other.close()
        written = await asyncio.wait_for(asyncio.gather(*waiting), 5)
        assert [(each.id, each.clock) for each in written] == [(3, 0.0), (4, 1.0), (5, 2.0)]


async def test_a_lock_that_lasts_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence for who waits, and one for the log; another when it is over."""
    monkeypatch.setattr("emulator.engine.journal.PATIENCE_S", 0.05)
    file, told = tmp_path / "journal.db", list[str]()
    with open_journal(file) as journal:
        journal.on_trouble(lambda sentence, _: told.append(sentence))
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(JournalError, match=HELD):
                await asyncio.wait_for(fill(journal, 1), 5)
        other.rollback()
        await fill(journal, 1)
        assert kept(journal) == [1]
    assert told == [
        f"{HELD}; stop that program, or let it finish: until then webhooks are answered 500",
        "the journal is written again; 2 exchanges are not in it",
    ]


async def test_a_reader_that_ends_takes_no_lock_away(tmp_path: Path) -> None:
    """To close any descriptor of a file drops the locks of the whole program: others would take it for their own."""
    file = tmp_path / "journal.db"
    script = (
        "import sqlite3, sys\n"
        "try: print(sqlite3.connect(sys.argv[1], timeout=0).execute('PRAGMA journal_mode = DELETE').fetchone()[0])\n"
        "except sqlite3.OperationalError as error: print(error)\n"
    )
    with open_journal(file) as journal:
        await fill(journal, 1)
        with open_journal(file) as reader:
            assert kept(reader) == [1]
        other = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", script, str(file)), stdout=asyncio.subprocess.PIPE
        )
        assert (await other.communicate())[0] == b"database is locked\n"


# -- a file that is gone


@pytest.mark.parametrize("whole_folder", [False, True], ids=["file", "folder"])
async def test_a_journal_that_is_deleted_begins_anew(tmp_path: Path, *, whole_folder: bool) -> None:
    """What is acknowledged is in the file that is there; numbers go on, and it is told."""
    file, told = tmp_path / "state" / "journal.db", list[str]()
    with open_journal(file) as journal:
        journal.on_trouble(lambda sentence, _: told.append(sentence))
        await fill(journal, 2)
        for each in file.parent.iterdir():
            each.unlink()
        if whole_folder:
            file.parent.rmdir()
        await fill(journal, 2)
        with open_journal(file) as reader:
            assert kept(reader) == kept(journal) == [3, 4]
    assert told == [f"the journal {file} was deleted; a new one begins, with #3"]


def _garbage(path: Path) -> None:
    path.write_bytes(b"garbage!" * (path.stat().st_size // 4))


def _no_more(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _another(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"another")


def _copied(file: Path, folder: Path) -> Path:
    """The journal as another program finds it after ``kill -9``."""
    folder.mkdir()
    for each in file.parent.glob(f"{file.name}*"):
        (folder / each.name).write_bytes(each.read_bytes())
    return folder / file.name


DAMAGE: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "emptied": ("", lambda path: path.write_bytes(b""), "was truncated"),
    "truncated": ("", _no_more, "was truncated"),
    "overwritten": ("", _garbage, "was overwritten"),
    "log-deleted": ("-wal", Path.unlink, "lost its journal.db-wal, which was deleted"),
    "log-truncated": ("-wal", _no_more, "lost its journal.db-wal, which was truncated"),
    "index-deleted": ("-shm", Path.unlink, "lost its journal.db-shm, which was deleted"),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("count", [3, 1500], ids=["few", "many"])
async def test_a_journal_that_is_damaged_begins_anew(tmp_path: Path, damage: str, count: int) -> None:
    """SQLite itself would go on, and nobody could read what it wrote; what is left is kept beside it."""
    file, told = tmp_path / "journal.db", list[str]()
    ending, do, what = DAMAGE[damage]
    with open_journal(file) as journal, open_journal(file) as beside:
        journal.on_trouble(lambda sentence, _: told.append(sentence))
        await fill(beside, 1)
        await fill(journal, count)
        do(file.with_name(file.name + ending))
        left = file.read_bytes()
        await fill(journal, 1)
        assert file.with_name("journal.db.damaged").read_bytes()[: len(left)] == left
        await fill(beside, 2)
        await fill(journal, 1)
        with open_journal(_copied(file, tmp_path / "copy")) as reader:
            assert kept(reader) == kept(journal) == kept(beside) == [count + each for each in range(2, 6)]
    left_at = "what is left of it is now journal.db.damaged"
    assert told == [f"the journal {file} {what}; {left_at}; a new one begins, with #{count + 2}"]


async def test_another_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    """It is somebody else's; a new journal begins once it is moved away."""
    file, told = tmp_path / "journal.db", list[str]()
    with open_journal(file) as journal:
        journal.on_trouble(lambda sentence, _: told.append(sentence))
        await fill(journal, 1)
        _another(file)
        with pytest.raises(JournalError, match="file is not a database"):
            await fill(journal, 1)
        assert file.read_bytes() == b"another"
        file.unlink()
        await fill(journal, 1)
        with open_journal(file) as reader:
            assert kept(reader) == [2]
    mend = "move the file away; ringo-emu begins a new one"
    assert told == [
        f"the journal cannot be written: file is not a database; {mend}: until then webhooks are answered 500",
        f"the journal {file} was deleted; a new one begins, with #2",
        "the journal is written again; 1 exchange is not in it",
    ]


async def test_damage_that_sqlite_meets_is_told_and_a_new_journal_begins(tmp_path: Path) -> None:
    """Within the file, where nobody looks before it is written to: the exchange is in the new one."""
    file, told, limits = tmp_path / "journal.db", list[str](), Limits(exchanges=5)
    with open_journal(file, limits=limits) as journal:
        await fill(journal, 5)
    with closing(sqlite3.connect(file)) as database:
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'losses'").fetchone()[0]
        size = database.execute("PRAGMA page_size").fetchone()[0]
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)
    with open_journal(file, limits=limits) as journal:
        journal.on_trouble(lambda sentence, _: told.append(sentence))
        happened = list[int]()

        def make(number: int, effects: Effects) -> Exchange:
            happened.append(number)
            effects.unless(happened.remove, number)
            return exchange(number)

        await asyncio.gather(journal.decide(make), journal.decide(make))
        with open_journal(file) as reader:
            assert kept(reader) == kept(journal) == happened == [6, 7]
    what = "is damaged (database disk image is malformed); what is left of it is now journal.db.damaged"
    assert told == [f"the journal {file} {what}; a new one begins, with #6"]


async def test_a_journal_that_is_gone_is_told_before_anything_comes(tmp_path: Path) -> None:
    """`Journal.look` sees it, once."""
    file, told = tmp_path / "journal.db", list[str]()
    with open_journal(file) as journal:
        journal.on_trouble(lambda sentence, _: told.append(sentence))
        journal.look()
        assert told == []
        file.unlink()
        journal.look()
        journal.look()
        assert told == [f"the journal {file} was deleted; a new one begins, with #1"]
        await fill(journal, 1)
        assert kept(journal) == [1]


async def test_a_journal_that_cannot_begin_anew_is_told_until_it_can(tmp_path: Path) -> None:
    """A file in the place of the folder: nothing is acknowledged; all goes on when it is gone."""
    file, told = tmp_path / "state" / "journal.db", list[str]()
    with open_journal(file) as journal:
        journal.on_trouble(lambda sentence, _: told.append(sentence))
        await fill(journal, 1)
        for each in file.parent.iterdir():
            each.unlink()
        file.parent.rmdir()
        file.parent.write_text("in the way")
        for _ in range(2):
            with pytest.raises(JournalError, match="the journal cannot be written"):
                await fill(journal, 1)
        file.parent.unlink()
        await fill(journal, 1)
        with open_journal(file) as reader:
            assert len(kept(reader)) == 1
    assert len(told) == 3


async def test_a_number_that_another_has_taken_is_not_written_over(tmp_path: Path) -> None:
    """The journal was cleared while a call was under way: both are kept."""
    with open_journal(tmp_path / "journal.db") as one, open_journal(tmp_path / "journal.db") as other:
        begun = await one.begin(exchange(UNNUMBERED, reply=None, duration_s=None))
        await asyncio.to_thread(lambda: None)
        await other.clear()
        other._last_id = 0  # as of a program that has started since
        await other.record(exchange(UNNUMBERED, clock=7.0))
        ended = await one.record(begun._replace(reply=Reply(status=200)))

        assert [(each.id, each.clock) for each in one.last()] == [(1, 7.0), (2, 1000.25)]
        assert ended.id == 2


async def test_what_comes_while_the_journal_is_cleared_stays(tmp_path: Path) -> None:
    """It is cleared in parts, so that webhooks come in between; they wait for a part, not for all of it."""
    with open_journal(tmp_path / "journal.db") as journal:
        await fill(journal, 2000)
        clearing = asyncio.create_task(journal.clear())
        between = 0
        while not clearing.done():
            await fill(journal, 1)
            between += 1
        await clearing
        assert between > 3
        assert kept(journal) == list(range(2001, 2001 + between))
        assert totals(journal) == counted(journal)


async def test_a_journal_that_is_held_is_cleared_once_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without holding up anything else; what is held for long is told."""
    file = tmp_path / "journal.db"
    with open_journal(file) as journal, closing(sqlite3.connect(file, isolation_level=None)) as other:
        await fill(journal, 3)
        other.execute("BEGIN IMMEDIATE")
        clearing = asyncio.create_task(journal.clear())
        await asyncio.sleep(0.05)
        assert not clearing.done()
        other.rollback()
        await clearing
        assert kept(journal) == []
        monkeypatch.setattr("emulator.engine.journal.PATIENCE_S", 0.0)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match=HELD):
            await journal.clear()
