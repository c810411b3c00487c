"""Journals, tokens and bundles are nobody else's business, whatever the umask says."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from emulator.engine import private
from emulator.engine.clock import SystemClock
from emulator.engine.journal import open_journal
from emulator.engine.token_store import FileStore, StoredTokens
from tests.engine.test_journal import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """The rights of all in *folder*, by name, and of itself."""
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in (folder, *folder.rglob("*"))}


async def test_a_journal_is_its_owners_alone(tmp_path: Path) -> None:
    """The file, what SQLite keeps beside it, a copy, and the folders that are made for them."""
    folder = tmp_path / "state"
    with open_journal(folder / "journal.db") as journal:
        await fill(journal, 1)
        journal.save(folder / "failures" / "one" / "copy.db")
        assert modes(folder) == {
            "state": 0o700,
            "journal.db": 0o600,
            "journal.db-wal": 0o600,
            "journal.db-shm": 0o600,
            "failures": 0o700,
            "one": 0o700,
            "copy.db": 0o600,
        }


async def test_a_journal_of_an_earlier_version_is_closed_to_others(tmp_path: Path) -> None:
    """It was readable by all, and so was what SQLite kept beside it, if it was killed."""
    file = tmp_path / "journal.db"
    with open_journal(file) as journal:
        await fill(journal, 1)
        files = [file.with_name(f"journal.db{end}") for end in ("", "-wal", "-shm")]
        for each in files:
            each.chmod(0o644)
        with open_journal(file):
            found = modes(tmp_path)
            assert [found[each.name] for each in files] == [0o600] * 3


async def test_tokens_are_their_owners_alone(tmp_path: Path) -> None:
    """The lock file too, and the folder that is made for them."""
    store = FileStore(tmp_path / "state" / "tokens.json", SystemClock())
    async with store.held():
        store.save("a", StoredTokens("client", "access", None, None))
    assert modes(tmp_path / "state") == {"state": 0o700, "tokens.json": 0o600, "tokens.json.lock": 0o600}


def test_what_is_there_is_closed_to_others(tmp_path: Path) -> None:
    """A text takes the place of a file that all could read; what is not there is no matter."""
    file = tmp_path / "text"
    file.write_text("before")
    file.chmod(0o664)
    private.write_text(file, "ümlaut")
    private.close_to_others(tmp_path / "missing")
    assert (file.read_text("utf-8"), modes(tmp_path)["text"]) == ("ümlaut", 0o600)
