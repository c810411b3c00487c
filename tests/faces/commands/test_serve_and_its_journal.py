"""``serve`` whose journal is locked, full or gone: it says so, goes on, and acknowledges only what is kept."""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import sqlite3
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from bench.memory import peak_mib
from tests.faces.commands.test_beside_serve import SCENARIOS, Serve, serving

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "integration: reference.json\nproperties: {API key: demo-key}\nhosts: {https://api.example.com: http://127.0.0.1:9}\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project whose provider is not asked."""
    shutil.copy(SCENARIOS / "reference.json", tmp_path)
    (tmp_path / "ringo-emu.yaml").write_text(PROJECT)
    return tmp_path


def post(serve: Serve, content: str) -> tuple[int, Any]:
    """A text from the external party; the status and the answer."""
    params = {"from": "+61123456789", "to": "+61855555555", "content": content}
    data = json.dumps({"method": "message", "params": params}).encode()
    request = urllib.request.Request(serve.ready["webhook_url"], data, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own URL
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def listed(command: Any) -> list[Any]:
    """What ``journal list`` shows."""
    assert command("journal", "list", "--json") == 0
    exchanges: list[Any] = json.loads(command.out)["exchanges"]
    return exchanges


def test_a_locked_journal_holds_nobody_up(command: Any, here: Path) -> None:
    """Another program keeps the file to itself: the page answers, and webhooks wait until it lets go."""
    with serving(here, "--no-subscribe") as serve:
        assert post(serve, "before")[0] == 200
        other = sqlite3.connect(here / ".ringo-emu" / "serve.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answers: list[tuple[int, Any]] = []
        posting = threading.Thread(target=lambda: answers.append(post(serve, "waits")))
        posting.start()
        for _ in range(20):
            assert len(serve.api("/messages")["items"]) == 1
        assert answers == []
        other.rollback()
        other.close()
        posting.join(20)
        assert [status for status, _ in answers] == [200]
        assert [each["content"] for each in serve.api("/messages")["items"]] == ["waits", "before"]
    assert [each["id"] for each in listed(command)] == [1, 2]


def test_a_full_disk_is_told_and_recovered_from(command: Any, here: Path) -> None:
    """Nothing that is answered 500 has happened; the log and the API say why, and when it is over."""
    with serving(here, "--no-subscribe") as serve:
        assert post(serve, "small")[0] == 200
        limits = resource.prlimit(serve.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(serve.process.pid, resource.RLIMIT_FSIZE, (200_000, limits[1]))
        for _ in range(2):
            status, answer = post(serve, "large" * 100_000)
            assert (status, "the journal cannot be written: " in answer["error"]["message"]) == (500, True)
        told = serve.until("journal.trouble")
        assert told["level"] == "error"
        assert "until then webhooks are answered 500" in told["message"]
        with pytest.raises(urllib.error.HTTPError) as caught:
            serve.api("/ready")
        assert (caught.value.code, json.load(caught.value)["detail"]) == (503, told["message"])
        resource.prlimit(serve.process.pid, resource.RLIMIT_FSIZE, limits)
        assert post(serve, "large" * 100_000)[0] == 200
        assert serve.until("journal.trouble")["message"] == "the journal is written again; 2 exchanges are not in it"
        assert len(serve.api("/messages")["items"]) == 2
        assert serve.api("/ready")["ready"]
    assert [(each["id"], each["outcome"].get("findings")) for each in listed(command)] == [(1, None), (2, None)]


def test_a_journal_that_is_deleted_is_told(command: Any, here: Path) -> None:
    """What is acknowledged after that is in the new one."""
    with serving(here, "--no-subscribe") as serve:
        assert post(serve, "lost")[0] == 200
        shutil.rmtree(here / ".ringo-emu")
        assert post(serve, "kept")[0] == 200
        told = serve.until("journal.trouble")
        assert (told["level"], "a new one begins, with #2" in told["message"]) == ("warning", True)
    assert [each["id"] for each in listed(command)] == [2]


def test_a_journal_that_is_gone_is_told_while_nothing_comes(command: Any, here: Path) -> None:
    """Within a moment, and what comes then is kept; git does not see the new folder either."""
    with serving(here, "--no-subscribe") as serve:
        assert post(serve, "lost")[0] == 200
        (here / ".ringo-emu" / "serve.db").write_bytes(b"")
        told = serve.until("journal.trouble")["message"]
        assert told.endswith("was truncated; what is left of it is now serve.db.damaged; a new one begins, with #2")
        shutil.rmtree(here / ".ringo-emu")
        assert serve.until("journal.trouble")["message"].endswith("was deleted; a new one begins, with #2")
        assert (here / ".ringo-emu" / ".gitignore").read_text() == "*\n"
        assert post(serve, "kept")[0] == 200
    assert [each["id"] for each in listed(command)] == [2]


def test_a_log_that_nobody_reads_holds_nobody_up(here: Path) -> None:
    """More than a pipe takes; when somebody reads at last, it is there."""
    with serving(here, "--no-subscribe") as serve:
        assert {post(serve, f"{number} {'x' * 3000}")[0] for number in range(100)} == {200}
        assert len(serve.api("/messages?limit=100")["items"]) == 100
        for _ in range(100):
            assert serve.until("webhook.received")["status"] == 200


def test_a_log_whose_reader_has_gone_ends_alone(here: Path) -> None:
    """Webhooks are taken, and the console hears of each."""
    with serving(here, "--no-subscribe") as serve:
        serve.log.close()
        cursor = serve.api("/events")["cursor"]
        assert {post(serve, f"{number}")[0] for number in range(20)} == {200}
        events = serve.api(f"/events?limit=100&after={cursor}")["events"]
        assert [each["type"] for each in events].count("exchange") == 20


def test_what_serve_writes_is_its_owners_alone(here: Path) -> None:
    """The ready file may hold the console's token, the journal what was said."""
    (here / ".ringo-emu").mkdir(0o755)  # as an earlier version made it
    with serving(here, "--no-subscribe", "--ready-file", "ready.json", "--console-host", "0.0.0.0") as serve:  # noqa: S104
        assert "#token=" in serve.ready["console_url"]
        assert post(serve, "hello")[0] == 200
        files = [here / "ready.json", *(here / ".ringo-emu").rglob("*"), here / ".ringo-emu"]
        assert {each.name for each in files if each.stat().st_mode & 0o077} == set()
        assert (here / ".ringo-emu" / "serve.db").is_file()


def test_a_ready_file_that_is_a_pipe_stays_one(here: Path) -> None:
    """It is written to, never replaced: who names a device as root would lose it."""
    os.mkfifo(here / "ready")
    reader = os.open(here / "ready", os.O_RDONLY | os.O_NONBLOCK)
    with serving(here, "--no-subscribe", "--no-console", "--ready-file", "ready") as serve:
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        assert poll.poll(30_000)
        assert json.loads(os.read(reader, 10_000)) == serve.ready
    os.close(reader)
    assert (here / "ready").is_fifo()


@pytest.mark.slow
async def test_large_webhooks_do_not_stay_in_memory() -> None:
    """Design 7: of texts, lists and what nobody understands, each of a mebibyte, only so much is remembered."""
    assert await peak_mib(120) < 300
