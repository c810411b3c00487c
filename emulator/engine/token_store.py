"""Keeps the tokens of connected accounts: in memory for a run, in a file of their own between commands.

The file is not the journal's: a journal is masked, copied and attached to bug reports, and this must be neither
masked nor copied. Only its owner may read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from emulator.engine import private
from emulator.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from emulator.engine.clock import Clock

_VERSION = 1
_RETRY_S = 0.05


class StoredTokens(NamedTuple):
    """Tokens between commands: *expires_at* is on the wall clock, as no other outlives a process."""

    client: str
    """Who got them, and where: a hash, as the client's own secret is nobody's business here."""
    access: str
    refresh: str | None
    expires_at: datetime | None

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"StoredTokens(client={self.client!r}, expires_at={self.expires_at!r})"


class TokenStore(Protocol):
    """What keeps tokens by account id."""

    def load(self, account: str) -> StoredTokens | None:
        """What is kept for *account*.

        Raises:
            UsageError: The store cannot be read.
        """
        ...

    def save(self, account: str, tokens: StoredTokens | None) -> None:
        """Keep *tokens* for *account*, or nothing; only while the store is `held`.

        Raises:
            UsageError: The store cannot be written.
        """
        ...

    def held(self) -> AbstractAsyncContextManager[None]:
        """Keep every other process from renewing while the block runs: a refresh token may be good only once."""
        ...


class MemoryStore:
    """Keeps tokens as long as it lives."""

    def __init__(self) -> None:
        self._kept: dict[str, StoredTokens] = {}

    def load(self, account: str) -> StoredTokens | None:
        """What is kept for *account*."""
        return self._kept.get(account)

    def save(self, account: str, tokens: StoredTokens | None) -> None:
        """Keep *tokens*, or nothing."""
        self._kept.pop(account, None)
        if tokens is not None:
            self._kept[account] = tokens

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """There is no other process."""
        yield


class FileStore:
    """Keeps tokens in a JSON file that its owner alone can read; it is replaced as a whole."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def load(self, account: str) -> StoredTokens | None:
        """What is kept for *account*.

        Raises:
            UsageError: The file cannot be read.
        """
        entry = self._read().get(account)
        if entry is None:
            return None
        try:
            expires_at = entry["expires_at"] and datetime.fromisoformat(entry["expires_at"])
            return StoredTokens(entry["client"], str(entry["access"]), entry["refresh"], expires_at)
        except (KeyError, TypeError, ValueError) as error:
            raise self._unusable("it does not hold what it should") from error

    def save(self, account: str, tokens: StoredTokens | None) -> None:
        """Keep *tokens*, or nothing.

        Raises:
            UsageError: The file cannot be written.
        """
        entries = self._read()
        entries.pop(account, None)
        if tokens is not None:
            expires_at = tokens.expires_at and tokens.expires_at.isoformat()
            entries[account] = {**tokens._asdict(), "expires_at": expires_at}
        data = json.dumps({"version": _VERSION, "accounts": entries}).encode()
        beside = self._path.with_name(self._path.name + ".part")
        try:
            with suppress(FileNotFoundError):
                beside.unlink()
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, private.FILE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)  # the old refresh token is dead by now: this one must not be lost
            beside.replace(self._path)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        except ValueError as error:
            raise self._unusable("it is not JSON") from error
        accounts = data.get("accounts") if isinstance(data, dict) and data.get("version") == _VERSION else None
        if not isinstance(accounts, dict):
            raise self._unusable("another version of ringo-emu wrote it")
        return accounts

    def _unusable(self, why: str) -> UsageError:
        return UsageError(
            f"the tokens in {self._path} cannot be used: {why}", mend="remove the file, and connect again"
        )

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Wait until no other process holds it.

        Raises:
            UsageError: Its folder cannot be written.
        """
        import fcntl  # not on every system that can lint

        try:
            private.make_folder(self._path.parent)
            descriptor = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, private.FILE)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:  # whoever holds it waits for a provider's answer, no longer than its timeout
                    await self._clock.sleep(_RETRY_S)
            yield
        finally:
            os.close(descriptor)
