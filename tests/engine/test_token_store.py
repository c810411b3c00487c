"""Tokens outlive a command in a file that its owner alone can read, and that two processes do not spoil."""

from __future__ import annotations

import asyncio
import stat
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from emulator.engine.clock import SystemClock
from emulator.engine.token_store import FileStore, MemoryStore, StoredTokens
from emulator.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

TOKENS = StoredTokens("client", "access-1", "refresh-1", datetime(2026, 11, 23, tzinfo=UTC))
FOREVER = TOKENS._replace(refresh=None, expires_at=None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is, once something is kept."""
    return tmp_path / "tokens.json"


@pytest.fixture
def store(path: Path) -> FileStore:
    """A store in a folder without one."""
    return FileStore(path, SystemClock())


@pytest.mark.parametrize("tokens", [TOKENS, FOREVER], ids=["usual", "without-refresh-and-end"])
def test_another_process_finds_them(store: FileStore, path: Path, tokens: StoredTokens) -> None:
    """Framework 5: a restart keeps the connection."""
    assert store.load("a1") is None
    store.save("a1", tokens)
    store.save("a2", TOKENS)

    assert FileStore(path, SystemClock()).load("a1") == tokens


def test_what_was_revoked_is_gone(store: FileStore) -> None:
    store.save("a1", TOKENS)
    store.save("a2", FOREVER)
    store.save("a1", None)

    assert (store.load("a1"), store.load("a2")) == (None, FOREVER)


def test_only_the_owner_may_read(store: FileStore, path: Path) -> None:
    """Whoever wrote beside it before, and however: a new file is made, and takes the old one's place."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text("left behind", "utf-8")
    beside.chmod(0o666)
    store.save("a1", TOKENS)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not beside.exists()


def test_they_are_in_no_message(store: FileStore, path: Path) -> None:
    """Nor where a record is printed by mistake."""
    assert "access-1" not in repr(TOKENS)
    assert "refresh-1" not in repr(TOKENS)
    store.save("a1", TOKENS)
    path.write_text(path.read_text("utf-8").replace('"refresh": "refresh-1", ', ""), "utf-8")
    with pytest.raises(UsageError) as caught:
        store.load("a1")
    assert "access-1" not in f"{caught.value.message}{caught.value.mend}"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"not JSON", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        (b"[]", "another version of ringo-emu wrote it"),
        (b'{"version": 2, "accounts": {}}', "another version of ringo-emu wrote it"),
        (b'{"version": 1, "accounts": []}', "another version of ringo-emu wrote it"),
        (b'{"version": 1, "accounts": {"a1": []}}', "it does not hold what it should"),
        (b'{"version": 1, "accounts": {"a1": {"client": "c"}}}', "it does not hold what it should"),
        (
            b'{"version": 1, "accounts": {"a1": {"client": "", "access": "", "refresh": "", "expires_at": "soon"}}}',
            "it does not hold what it should",
        ),
    ],
)
def test_a_file_that_is_none_of_ours(store: FileStore, path: Path, data: bytes, why: str) -> None:
    """It is told with its name and how to mend it, and stays as it is."""
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        store.load("a1")

    assert caught.value.message == f"the tokens in {path} cannot be used: {why}"
    assert caught.value.mend == "remove the file, and connect again"
    assert path.read_bytes() == data


async def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "folder").write_text("", "utf-8")
    store = FileStore(tmp_path / "folder/tokens.json", SystemClock())
    with pytest.raises(UsageError, match="Not a directory"):
        store.load("a1")
    with pytest.raises(UsageError, match="cannot be used"):
        async with store.held():
            pytest.fail("it cannot be held")


def test_what_cannot_be_written(store: FileStore, path: Path) -> None:
    """A folder is in the way of what is written beside it."""
    store.save("a1", TOKENS)
    path.with_name(f"{path.name}.part").mkdir()
    with pytest.raises(UsageError, match="cannot be used"):
        store.save("a1", FOREVER)

    assert store.load("a1") == TOKENS


_OTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from emulator.engine.clock import SystemClock
from emulator.engine.token_store import FileStore

async def main():
    async with FileStore(Path(sys.argv[1]), SystemClock()).held():
        print("held", flush=True)
        sys.stdin.readline()

asyncio.run(main())
"""


async def test_one_process_renews_at_a_time(store: FileStore, path: Path) -> None:
    """A refresh token may be good only once: who comes second waits, and then finds the new one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OTHER_PROCESS, path, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"

    async def renew() -> None:
        async with store.held():
            store.save("a1", TOKENS)

    waiting = asyncio.create_task(renew())
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    await process.communicate(b"\n")
    await waiting
    assert store.load("a1") == TOKENS


async def test_a_store_in_memory() -> None:
    store = MemoryStore()
    async with store.held():
        store.save("a1", TOKENS)
    assert store.load("a1") == TOKENS
    store.save("a1", None)
    assert store.load("a1") is None
