"""The journal: durable, bounded, masked, and plain about what it cannot do."""

from __future__ import annotations

import asyncio
import gzip
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.core.messages import Reply, Request
from emulator.core.redaction import MASK, Redactor
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.journal import Journal, Limits, open_journal
from emulator.engine.journal_rows import row_of
from emulator.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import StartSinkProcess

SECRET = "s3cret/key with spaces"


def exchange(number: int, *, body: bytes = b"", account: str = "a", **changes: Any) -> Exchange:
    """A webhook that was answered."""
    made = Exchange(
        id=number,
        direction="in",
        kind="webhook",
        account=account,
        at=datetime(2026, 11, 23, 8, 30, 0, 123456, tzinfo=UTC),
        clock=1000.25,
        request=Request(method="POST", url="http://127.0.0.1/x", headers=(("X-A", "1"), ("X-A", "2")), body=body),
        reply=Reply(status=200, headers=(("Content-Type", "application/json"),), body=b"{}"),
        duration_s=0.002,
        outcome={"events": [], "problem": None},
    )
    return made._replace(**changes)


def event(**variables: str) -> dict[str, Any]:
    """What the outcome of a webhook says of a text that it brought."""
    return {"event_type": "message", "model": 0, "path": "$", "variables": variables}


async def fill(journal: Journal, count: int, **more: Any) -> None:
    """Record *count* webhooks, one after the other."""
    for _ in range(count):
        await journal.record(exchange(UNNUMBERED, **more))


def kept(journal: Journal) -> list[int]:
    """The numbers of the exchanges that are kept."""
    return [each.id for each in journal.last(10_000)]


def totals(journal: Journal) -> tuple[int, int]:
    """How many exchanges, and how many bytes, the journal takes itself for."""
    found: tuple[int, int] = journal._database.execute("SELECT exchanges, bytes FROM totals").fetchone()
    return found


def counted(journal: Journal) -> tuple[int, int]:
    """The same, counted: addresses, headers, bodies, errors and outcomes."""
    rows = [row_of(each) for each in journal.last(10_000)]
    return len(rows), sum(len(row[place] or "") for row in rows for place in (7, 9, 10, 12, 13, 14, 17))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a journal may be."""
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def bounded() -> Iterator[Callable[..., Journal]]:
    """Opens a journal with limits."""
    opened: list[Any] = []

    def open_(**limits: int) -> Journal:
        opened.append(open_journal(limits=Limits(**limits)))
        journal: Journal = opened[-1].__enter__()
        return journal

    yield open_
    for each in opened:
        each.__exit__(None, None, None)


# -- what is kept


@pytest.mark.parametrize(
    "recorded",
    [
        exchange(1, body=b"\x00\xff not text \r\n"),
        exchange(1, reply=None, duration_s=None, direction="out", kind="SendMessage"),
        exchange(1, reply=None, error="nothing answers", sent_to="http://127.0.0.1:1/x", attempt=3),
        exchange(1, outcome={"events": [event(content="שלום 👋 \ud83d $from$")], "findings": []}),
    ],
    ids=["bytes", "begun", "no-answer", "any-text"],
)
async def test_what_is_recorded_is_read_back(journal: Journal, recorded: Exchange) -> None:
    """Design 7: byte for byte, repeated headers and lone halves of surrogate pairs included."""
    await journal.record(recorded)

    assert journal.get(1) == recorded
    assert journal.last() == [recorded]
    assert journal.get(2) is None


async def test_a_later_state_takes_the_place_of_the_earlier(journal: Journal) -> None:
    """An exchange that goes out is recorded when it begins, and again with its answer."""
    begun = await journal.record(exchange(UNNUMBERED, direction="out", reply=None, duration_s=None))
    await journal.record(begun._replace(reply=Reply(status=200), duration_s=0.5))

    (latest,) = journal.last()
    assert (latest.reply, latest.duration_s) == (Reply(status=200), 0.5)


async def test_last_is_the_end_of_the_story(journal: Journal) -> None:
    """The oldest of the latest first; an account sees its own alone."""
    for number, account in enumerate("abab", start=1):
        await journal.record(exchange(number, account=account))

    assert [each.id for each in journal.last(3)] == [2, 3, 4]
    assert [each.id for each in journal.last(3, account="a")] == [1, 3]


# -- durable


async def test_records_of_one_turn_share_a_transaction(journal: Journal) -> None:
    """Group commit: a burst costs one commit, and each caller returns once it is made."""
    statements: list[str] = []
    journal._database.set_trace_callback(statements.append)
    await asyncio.gather(*(journal.record(exchange(UNNUMBERED)) for _ in range(50)))

    assert statements.count("COMMIT") == 1
    assert len(journal.last(100)) == 50


async def test_a_caller_returns_only_once_its_record_is_on_disk(file: Path) -> None:
    """Another connection sees it at that very moment."""
    with open_journal(file) as journal, open_journal(file) as other:
        recording = asyncio.create_task(journal.record(exchange(1)))
        await asyncio.sleep(0)
        assert not recording.done()
        assert other.last() == []
        await recording
        assert other.last() == [exchange(1)]


async def test_who_is_cancelled_does_not_stop_the_others_commit(journal: Journal) -> None:
    """The record of a caller that was given up is kept, too: it was taken."""
    recording = [asyncio.create_task(journal.record(exchange(UNNUMBERED))) for _ in range(3)]
    await asyncio.sleep(0)
    recording[1].cancel()
    results = await asyncio.gather(*recording, return_exceptions=True)

    assert [type(each) for each in results] == [Exchange, asyncio.CancelledError, Exchange]
    assert kept(journal) == [1, 2, 3]


async def test_listeners_hear_of_what_is_durable(journal: Journal) -> None:
    """Each exchange once for each state, in order, after its commit."""
    heard: list[tuple[int, bool]] = []
    journal.subscribe(lambda each: heard.append((each.id, journal.get(each.id) is not None)))
    await asyncio.gather(journal.record(exchange(1)), journal.record(exchange(2)))

    assert heard == [(1, True), (2, True)]


@pytest.mark.slow
async def test_what_was_acknowledged_survives_kill_9(
    file: Path, document: dict[str, Any], start_sink_process: StartSinkProcess
) -> None:
    """Design 7: durable *before* a webhook's 200 goes out. The process is killed under load, with requests open."""
    acknowledged: list[str] = []

    async def post(session: aiohttp.ClientSession, url: str, worker: int) -> None:
        number = 0
        while True:
            number += 1
            report = {"method": "delivered", "params": {"id": f"{worker}-{number}"}}
            async with session.post(url, json=report) as answer:
                assert answer.status == 200
            acknowledged.append(f"{worker}-{number}")
            if len(acknowledged) == 400:
                process.kill()

    async with aiohttp.ClientSession() as session, start_sink_process(document, file) as (url, process):
        workers = [asyncio.create_task(post(session, url, worker)) for worker in range(16)]
        ended = await asyncio.gather(*workers, return_exceptions=True)

    assert [error for error in ended if not isinstance(error, aiohttp.ClientError)] == []
    assert process.returncode == -9
    with open_journal(file) as journal:
        durable = {each.outcome["events"][0]["variables"]["messageid"] for each in journal.last(10_000)}
    assert len(acknowledged) >= 400
    assert set(acknowledged) - durable == set()


# -- masked


@pytest.mark.parametrize(
    ("secret", "writing"),
    [
        (SECRET, SECRET),
        (SECRET, "s3cret%2Fkey%20with%20spaces"),
        (SECRET, "s3cret/key%20with%20spaces"),
        (SECRET, "s3cret%2Fkey+with+spaces"),
        ('pä"ss', 'pä\\"ss'),
        ('pä"ss', 'p\\u00e4\\"ss'),
        ('pä"ss', 'pä"ss'),
    ],
    ids=["plain", "percent", "path", "form", "json", "json-ascii", "quote"],
)
async def test_secrets_are_masked_by_value(secret: str, writing: str) -> None:
    """Framework 8.11: in URLs, headers, bodies, errors and outcomes, in whatever writing; all else stays."""
    told: list[Exchange] = []
    request = Request(
        method="POST", url=f"http://x/{writing}?a=1", headers=(("X-Key", writing),), body=f"<{writing}>".encode()
    )
    reply = Reply(status=200, headers=(("Location", f"/{writing}"),), body=b'"' + writing.encode() + b'"\xff')
    recorded = exchange(
        1,
        request=request,
        sent_to=f"http://y/{writing}",
        reply=reply,
        error=f"no {writing}",
        outcome={"problem": f"not {writing!s}", "events": [event(content=writing)]},
    )
    with open_journal(redactor=Redactor([secret])) as journal:
        journal.subscribe(told.append)
        await journal.record(recorded)
        (masked,) = journal.last()

    assert told == [masked]
    assert masked.request == Request(
        method="POST", url=f"http://x/{MASK}?a=1", headers=(("X-Key", MASK),), body=b"<***>"
    )
    assert masked.reply == Reply(status=200, headers=(("Location", f"/{MASK}"),), body=b'"***"\xff')
    assert (masked.sent_to, masked.error) == (f"http://y/{MASK}", f"no {MASK}")
    assert masked.outcome == {"problem": f"not {MASK}", "events": [event(content=MASK)]}


async def test_no_secret_is_on_the_disk(file: Path) -> None:
    """Not even in the write-ahead log, or in pages that are free."""
    with open_journal(file, Redactor([SECRET])) as journal:
        await journal.record(exchange(1, body=SECRET.encode()))
        written = b"".join(each.read_bytes() for each in file.parent.iterdir())

    assert MASK.encode() in written
    assert SECRET.encode() not in written


async def test_no_packed_secret_is_on_the_disk(file: Path) -> None:
    """What is packed is unpacked and masked, and readers find no secret in any writing."""
    packed = gzip.compress(f"key={SECRET}".encode())
    headers = (("Content-Encoding", "gzip"), ("Accept-Encoding", "gzip"))
    request = Request(method="POST", url="http://x/", headers=headers, body=packed)
    with open_journal(file, Redactor([SECRET])) as journal:
        recorded = await journal.record(exchange(UNNUMBERED, request=request, reply=Reply(status=200, body=packed)))
        kept = journal.get(recorded.id)
        assert kept is not None
        assert kept.reply is not None
        assert kept.request.body == kept.reply.body == b"key=***"
        assert packed not in b"".join(each.read_bytes() for each in file.parent.iterdir())


# -- bounded


async def test_the_oldest_go_when_there_are_too_many(bounded: Callable[..., Journal]) -> None:
    """A tenth goes at once, so that not every record drops one; how many went is told."""
    journal = bounded(exchanges=20)
    await fill(journal, 20)
    assert (kept(journal), journal.dropped()) == (list(range(1, 21)), 0)

    await fill(journal, 1)
    assert (kept(journal), journal.dropped()) == (list(range(4, 22)), 3)
    await fill(journal, 100)
    assert len(kept(journal)) <= 20
    assert len(kept(journal)) + journal.dropped() == 121


async def test_only_some_go_at_once(bounded: Callable[..., Journal]) -> None:
    """However many are kept: who waits does not wait for ten thousand others to go, nor for all to be counted."""
    journal = bounded(exchanges=20_000)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    await fill(journal, 20_000)
    journal._database.set_progress_handler(count, 1000)
    await fill(journal, 1)
    assert 0 < journal.dropped() <= 501
    assert steps < 100  # of a thousand instructions each; there are twenty thousand exchanges


async def test_a_journal_that_was_far_too_large_shrinks_bit_by_bit(file: Path) -> None:
    """An earlier version may have left it."""
    with open_journal(file) as journal:
        await fill(journal, 4000)
        journal._database.execute("DROP TABLE totals")  # as the earlier version made it
        for name in ("counted_in", "counted_out", "counted_again"):
            journal._database.execute(f"DROP TRIGGER {name}")
    with open_journal(file, limits=Limits(exchanges=10)) as journal:
        assert totals(journal) == counted(journal)
        for left in (2999, 1998, 997, 9):
            await fill(journal, 1)
            assert len(kept(journal)) == left
        assert totals(journal) == counted(journal)


async def test_the_oldest_go_when_bodies_are_too_large(bounded: Callable[..., Journal]) -> None:
    """As many as it takes: small ones before a large one do not keep the journal above its limit."""
    journal = bounded(bytes=1000)
    await fill(journal, 50, reply=None, body=b"x")
    await fill(journal, 2, reply=None, body=b"x" * 600)

    assert kept(journal) == [52]
    assert journal.dropped() == 51


@pytest.mark.parametrize(
    "large",
    [
        {"outcome": {"problem": "x" * 600}},
        {"error": "x" * 600},
        {"request": Request(method="POST", url=f"http://x/{'x' * 600}")},
        {"request": Request(method="POST", url="http://x/", headers=(("X", "x" * 600),))},
        {"reply": Reply(status=200, headers=(("X", "x" * 600),))},
        {"reply": Reply(status=200, body=b"x" * 600)},
    ],
    ids=["outcome", "error", "url", "headers", "reply-headers", "reply"],
)
async def test_all_that_others_can_make_large_counts(bounded: Callable[..., Journal], large: dict[str, Any]) -> None:
    """A small webhook can be the reason for an outcome of hundreds of kilobytes."""
    journal = bounded(bytes=2000)
    await fill(journal, 20, **large)
    assert 1 <= len(kept(journal)) <= 3
    assert totals(journal) == counted(journal)


async def test_a_journal_without_a_file_is_small_in_memory() -> None:
    """What is large goes to a file that nobody else can open, and comes back from there."""
    script = (
        "import asyncio, resource\n"
        "from tests.engine.test_journal import UNNUMBERED, exchange, open_journal\n"
        "async def main():\n"
        "    with open_journal() as journal:\n"
        "        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "        for each in range(100):\n"
        "            await journal.record(exchange(UNNUMBERED, body=bytes([each]) * 1_000_000))\n"
        "        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "        print(used, journal.get(1).request.body == bytes([0]) * 1_000_000)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    used, is_there = output.decode().split()
    assert is_there == "True"
    assert int(used) < 60_000 * (1 if sys.platform == "linux" else 1024)  # of the 100 MB


async def test_the_bytes_stay_bounded_whatever_comes(bounded: Callable[..., Journal]) -> None:
    """Bursts of one turn, and exchanges that are recorded in several states."""
    journal = bounded(bytes=10_000)
    for size in (10, 3000, 100, 5000, 900):
        large = exchange(UNNUMBERED, reply=None, body=b"x" * size)
        begun = await asyncio.gather(*(journal.record(large) for _ in range(7)))
        await asyncio.gather(*(journal.record(each._replace(reply=Reply(status=200))) for each in begun))
        assert sum(len(each.request.body) for each in journal.last(100)) <= 10_000


async def test_states_of_one_exchange_count_once(bounded: Callable[..., Journal]) -> None:
    """What is replaced is not kept, so it drops nothing."""
    journal = bounded(exchanges=10, bytes=1000)
    for _ in range(100):
        await journal.record(exchange(1, body=b"x" * 500))

    assert (kept(journal), journal.dropped()) == ([1], 0)


async def test_the_latest_is_kept_however_large(bounded: Callable[..., Journal]) -> None:
    """Somebody was told that it was taken."""
    journal = bounded(exchanges=1, bytes=10)
    await fill(journal, 3, body=b"x" * 100)

    assert (kept(journal), journal.dropped()) == ([3], 2)


# -- files


async def test_a_reopened_file_goes_on(file: Path) -> None:
    """Numbers, bounds and losses go on where they stood."""
    with open_journal(file, limits=Limits(exchanges=10)) as journal:
        await fill(journal, 11)
    with open_journal(file, limits=Limits(exchanges=10)) as journal:
        assert (journal.last_id, journal.dropped()) == (11, 2)
        await fill(journal, 1)
        assert kept(journal) == [*range(3, 13)]
        await fill(journal, 1)
        assert journal.dropped() == 4


async def test_two_writers_do_not_overwrite_each_other(file: Path) -> None:
    """``send`` beside ``serve``: each goes on after what the other has written."""
    with open_journal(file) as one, open_journal(file) as other:
        for journal in (one, other, other, one, one, other):
            await fill(journal, 1)

        assert kept(one) == kept(other) == [1, 2, 3, 4, 5, 6]


async def test_another_process_reads_while_one_writes(file: Path) -> None:
    """``ringo-emu journal`` beside ``serve``: it sees what is committed, and stops nobody."""
    reader = (
        "import sys; from pathlib import Path; from emulator.engine.journal import open_journal\n"
        "with open_journal(Path(sys.argv[1])) as journal:\n"
        "    for line in sys.stdin: print(len(journal.last(1000)), flush=True)\n"
    )
    with open_journal(file) as journal:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", reader, file, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        for written in (3, 5, 8):
            await fill(journal, written - len(kept(journal)))
            process.stdin.write(b"\n")
            assert await process.stdout.readline() == b"%d\n" % written
        process.stdin.close()
        await process.communicate()
    assert process.returncode == 0


async def test_a_reader_does_not_wait_for_a_writer(file: Path) -> None:
    """Opening a journal writes nothing: it works in the middle of another's transaction, and at once."""
    with open_journal(file) as journal:
        await fill(journal, 1)
        journal._database.execute("BEGIN IMMEDIATE")
        with open_journal(file) as reader:
            assert kept(reader) == [1]
        journal._database.rollback()


def _text(path: Path) -> None:
    path.write_text("this is no database, but it is long enough to be looked at " * 20)


def _other_application(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE accounts (id INTEGER)")
    database.close()


def _other_version(path: Path) -> None:
    with open_journal(path) as journal:
        journal._database.execute("PRAGMA user_version = 99")


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_text, "file is not a database"),
        (_other_application, "it is a database of something else"),
        (_other_version, "another version of ringo-emu wrote it"),
        (_folder, "unable to open database file"),
    ],
    ids=["text", "other-application", "other-version", "folder"],
)
def test_a_file_that_is_no_journal_is_refused(tmp_path: Path, make: Callable[[Path], None], said: str) -> None:
    """One sentence with the file's name; what the file holds is left as it was."""
    path = tmp_path / "journal.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(JournalError, match=said) as caught, open_journal(path):
        pass
    assert str(path) in caught.value.message
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    """Said before anything is played."""
    with pytest.raises(JournalError, match="cannot be opened"), open_journal(Path(os.devnull) / "journal.db"):
        pass


async def test_a_full_disk_is_told_and_recovered_from(file: Path) -> None:
    """Every record of the transaction fails with one sentence; the next one is kept as soon as there is room."""
    with open_journal(file) as journal:
        await fill(journal, 1)
        pages = journal._database.execute("PRAGMA page_count").fetchone()[0]
        journal._database.execute(f"PRAGMA max_page_count = {pages}")
        large = [journal.record(exchange(UNNUMBERED, body=b"x" * 100_000)) for _ in range(2)]
        results = await asyncio.gather(*large, return_exceptions=True)
        assert [str(error) for error in results] == ["the journal cannot be written: database or disk is full"] * 2
        assert isinstance(results[0], JournalError)

        journal._database.execute("PRAGMA max_page_count = 1000000")
        await fill(journal, 1)
        assert kept(journal) == [1, 2]


async def test_a_failed_commit_that_nobody_awaits_is_no_complaint_of_asyncio(file: Path) -> None:
    """The caller was cancelled: its failure is not shouted at anybody else."""
    with open_journal(file) as journal:
        journal._database.execute("PRAGMA query_only = on")
        recording = asyncio.create_task(journal.record(exchange(1)))
        await asyncio.sleep(0)
        recording.cancel()
        await asyncio.wait({recording})
    assert recording.cancelled()


async def test_who_waits_hears_of_a_bug(journal: Journal) -> None:
    """An exchange that cannot be written at all fails its caller, who would else wait for ever, and nobody else."""
    wrong = exchange(UNNUMBERED, outcome={"clock": object()})
    recording = [journal.record(each) for each in (exchange(UNNUMBERED), wrong, exchange(UNNUMBERED))]
    results = await asyncio.wait_for(asyncio.gather(*recording, return_exceptions=True), 5)

    assert [type(each) for each in results] == [Exchange, TypeError, Exchange]
    assert kept(journal) == [1, 2]


async def test_what_sqlite_cannot_take_fails_alone(journal: Journal) -> None:
    """Such as half of a surrogate pair in an address; those beside it are written, each once."""
    wrong = exchange(UNNUMBERED, request=Request(method="POST", url="http://x/\ud83d"))
    recording = [journal.record(each) for each in (exchange(UNNUMBERED), wrong, exchange(UNNUMBERED))]
    results = await asyncio.wait_for(asyncio.gather(*recording, return_exceptions=True), 5)

    assert [type(each) for each in results] == [Exchange, UnicodeEncodeError, Exchange]
    assert kept(journal) == [1, 3]


def _damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(16384 * 2)
        file.write(b"\xff" * (path.stat().st_size - 16384 * 2))


async def test_a_damaged_file_is_told(file: Path) -> None:
    """When it is opened, in one sentence."""
    with open_journal(file) as journal:
        await fill(journal, 50, body=b"x" * 30_000)
    _damage(file)

    with pytest.raises(JournalError, match="cannot be used: database disk image is malformed"), open_journal(file):
        pass


@pytest.mark.parametrize(
    "read", [lambda journal: journal.get(1), Journal.last, Journal.dropped], ids=["get", "last", "dropped"]
)
async def test_a_journal_that_cannot_be_read_says_so(read: Callable[[Journal], object]) -> None:
    """One sentence, not SQLite's own exception; a number is given all the same: its record tells."""
    with open_journal() as journal:
        await fill(journal, 1)
    with pytest.raises(JournalError, match="the journal cannot be read: Cannot operate on a closed database"):
        read(journal)
    with pytest.raises(JournalError, match="the journal cannot be written: Cannot operate on a closed database"):
        await fill(journal, 1)


# -- copies


async def test_save_writes_a_copy(journal: Journal, tmp_path: Path) -> None:
    """In place of what is there, into a folder that is made; the copy opens as any journal does."""
    path = tmp_path / "new" / "copy.db"
    await fill(journal, 2)
    journal.save(path)
    await fill(journal, 1)
    journal.save(path)

    with open_journal(path) as copy:
        assert copy.last() == journal.last()
        assert copy.last_id == 3


async def test_save_says_where_it_cannot_write(journal: Journal) -> None:
    """One sentence with the file's name."""
    path = Path(os.devnull) / "copy.db"
    with pytest.raises(JournalError, match=f"cannot be saved to {path}"):
        journal.save(path)


async def test_the_exchanges_of_an_account() -> None:
    """Those of none belong to everybody; what began before is left out, and of too many the oldest."""
    with open_journal() as journal:
        for number, account in enumerate(("a", "a", "b", "", "a"), 1):
            await journal.record(exchange(number)._replace(account=account))
        assert [each.id for each in journal.of_account("a", after=1)] == [2, 4, 5]
        assert [each.id for each in journal.of_account("a", limit=2)] == [4, 5]


async def test_what_begins_waits_for_a_file_only(tmp_path: Path) -> None:
    """What dies with the process anyway is written with what comes next, and masked all the same."""
    for path in (None, tmp_path / "j.db"):
        with open_journal(path, Redactor(["s3cret"])) as journal:
            begun = exchange(1)
            begun = begun._replace(request=begun.request._replace(body=b"s3cret"), outcome={"a": "s3cret"})
            await journal.begin(begun)
            assert (journal.get(1) is None) == (path is None)
            await journal.record(exchange(2))
            kept = journal.get(1)
            assert kept is not None
            assert (kept.request.body, kept.outcome) == (b"***", {"a": "***"})


async def test_some_exchanges_are_saved_alone(tmp_path: Path) -> None:
    """A failure bundle holds those of one scenario."""
    with open_journal() as journal:
        for number in range(1, 6):
            await journal.record(exchange(number))
        journal.save(tmp_path / "some.db", [2, 4, 9])
    with open_journal(tmp_path / "some.db") as saved:
        assert [each.id for each in saved.last()] == [2, 4]
