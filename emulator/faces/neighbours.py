"""Who plays the same project at the same time: the running ``serve``, and those that subscribe beside it.

Each leaves a file in the project's state folder and holds a lock on it while it lives. The system takes the lock back
however its holder ends: a file that nobody holds is left over from one that has ended, or was killed.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from emulator.core.hosts import rewrite
from emulator.engine import private
from emulator.errors import UsageError

if TYPE_CHECKING:
    from emulator.engine.accounts import Account
    from emulator.engine.platform import Platform
    from emulator.scenario.project import Project

READY_FILE = "serve.json"
_NOTES = "subscribers"
_LOOK_AGAIN_MS = 50


# -- the running serve


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a webhook URL is told, its placeholders as the document has them, and whose it is for the provider."""

    at: str
    label: str


def target_of(project: Project, label: str) -> Target:
    """Where *project* subscribes the organization of that *label*."""
    method = project.integration.document.api.Subscribe
    return Target(at=rewrite(method.url, project.hosts) if method is not None else "", label=label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A project as a running ``serve`` plays it."""

    pid: int
    service: str
    organization: str
    webhook_url: str
    console_url: str | None
    options: str
    """A digest of the options that say which project it is; empty where none was given."""
    environment: str | None
    provider: str | None
    """Where the provider's process answers that it started."""
    target: Target

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Self:
        """The same as the file has it."""
        return cls(**{**entry, "target": Target(**entry["target"])})

    @property
    def who(self) -> str:
        """``serve (process 4711)``."""
        return f"serve (process {self.pid})"

    @property
    def page(self) -> str | None:
        """Where its console is, without the token."""
        return None if self.console_url is None else self.console_url.partition("#")[0]

    def plays(self, project: Project) -> bool:
        """Whether it is *project*: some may share a folder."""
        return (self.service, self.organization) == (project.integration.document.id, project.organization.id)


@contextmanager
def announced(folder: Path, servings: Sequence[Serving]) -> Iterator[None]:
    """Let others find ``serve`` by the project's state *folder* while the block runs.

    Raises:
        UsageError: The file cannot be written.
    """
    for left_over in _ready_files(folder):
        if _text_while_held(left_over) is None:
            left_over.unlink(missing_ok=True)
    first = folder / READY_FILE
    path = first if not first.exists() else first.with_stem(f"{first.stem}-{os.getpid()}")
    with _locked(path, json.dumps([asdict(each) for each in servings])) as file:
        try:
            yield
        finally:
            with suppress(OSError):  # another serve may have put its own there
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    path.unlink()


def running_serve(project: Project) -> Serving | None:
    """The ``serve`` that plays *project* now; of several the one that was started last, and never this process."""
    for path in sorted(_ready_files(project.state_folder), key=_started, reverse=True):
        found = next((each for each in _servings(path) if each.plays(project) and each.pid != os.getpid()), None)
        if found is not None:
            return found
    return None


def _ready_files(folder: Path) -> list[Path]:
    """``serve.json``, and one beside it for each ``serve`` that found another one running."""
    return [folder / READY_FILE, *folder.glob(f"{Path(READY_FILE).stem}-*.json")]


def _started(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # it has ended meanwhile
        return 0.0


def _servings(path: Path) -> list[Serving]:
    text = _text_while_held(path)
    try:
        return [] if text is None else [Serving.read(entry) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError):  # another version of ringo-emu wrote it
        return []


# -- those that subscribe beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Somebody beside ``serve`` has told the provider a webhook URL."""

    by: str
    pid: int
    target: Target

    @property
    def who(self) -> str:
        """``run (process 4711)``."""
        return f"{self.by} (process {self.pid})"


@contextmanager
def noting(project: Project, platform: Platform, by: str, tell: Callable[[str], None]) -> Iterator[None]:
    """While the block runs, leave a note once the command *by* has subscribed where a running ``serve`` has, too.

    *tell* says so here. ``serve`` finds the note, says so there, and subscribes again when the block has ended.
    """
    held: list[IO[bytes]] = []

    def subscribed(account: Account) -> None:
        serving = None if held else running_serve(project)
        target = target_of(project, account.organization.domain)
        if serving is None or serving.target != target:
            return
        note = Note(by=by, pid=os.getpid(), target=target)
        name = f"{note.pid}-{secrets.token_hex(4)}.json"
        with suppress(OSError):  # that the folder cannot be written is told where the journal is kept
            held.append(_lock(project.state_folder / _NOTES / name, json.dumps(asdict(note))))
            tell(
                f"{serving.who} plays this project too: if the provider keeps one callback for "
                f'"{target.label}", serve hears nothing until this has ended; then it subscribes again'
            )

    platform.on_subscribed = subscribed
    try:
        yield
    finally:
        for file in held:
            file.close()  # the note stays until serve has read it


class Notes:
    """The notes of those who subscribe where ``serve`` has, as ``serve`` finds them."""

    def __init__(self, folder: Path, target: Target) -> None:
        """*folder* is the project's state folder; what was left there for another ``serve`` is taken away."""
        self._folder = folder / _NOTES
        self._target = target
        private.make_folder(self._folder)
        for path in self._folder.glob("*.json"):
            if _text_while_held(path) is None:
                path.unlink(missing_ok=True)

    async def come(self, stop: asyncio.Event) -> AsyncGenerator[tuple[Note, Path], None]:
        """Each note, as soon as it is there, and its file, until *stop*.

        Raises:
            OSError, RuntimeError: The folder cannot be watched.
        """
        from watchfiles import awatch

        seen: set[Path] = set()
        changes = awatch(
            self._folder,
            stop_event=stop,
            step=_LOOK_AGAIN_MS,
            rust_timeout=1000,
            yield_on_timeout=True,
            recursive=False,
        )
        async for _ in changes:
            there = self._mine()
            for path in sorted(there.keys() - seen):
                yield there[path], path
            seen |= there.keys()

    def held(self) -> bool:
        """Whether somebody who left a note goes on."""
        return any(_text_while_held(path) is not None for path in self._mine())

    def _mine(self) -> dict[Path, Note]:
        notes = {path: _note(path) for path in self._folder.glob("*.json")}
        return {path: note for path, note in notes.items() if note is not None and self._concerns(note)}

    def _concerns(self, note: Note) -> bool:
        return note.target == self._target and note.pid != os.getpid()


def _note(path: Path) -> Note | None:
    try:
        entry = json.loads(path.read_bytes())
        return Note(by=entry["by"], pid=entry["pid"], target=Target(**entry["target"]))
    except (OSError, ValueError, TypeError, KeyError):  # taken away, or of another version of ringo-emu
        return None


async def ended(path: Path) -> None:
    """Return once nobody holds *path* any more; then it is taken away."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    # Not one of the loop's own threads: those are waited for at the end, and this may wait for hours.
    threading.Thread(target=_wait, args=(path, done), daemon=True).start()
    await done


def _wait(path: Path, done: asyncio.Future[None]) -> None:
    def tell() -> None:
        if not done.done():
            done.set_result(None)

    with suppress(OSError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        path.unlink(missing_ok=True)
    with suppress(RuntimeError):  # the loop has ended meanwhile
        done.get_loop().call_soon_threadsafe(tell)


# -- files that are held


@contextmanager
def _locked(path: Path, text: str) -> Iterator[IO[bytes]]:
    try:
        file = _lock(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    with file:
        yield file


def _lock(path: Path, text: str) -> IO[bytes]:
    """A file that holds *text* and is held by us: whole and locked from its first moment on.

    It is for its owner's eyes alone, as it may hold the console's token.
    """
    private.make_folder(path.parent)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    file = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, private.FILE), "wb")
    try:
        with suppress(OSError):  # not every file system has locks: then nobody is found, as before
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.write(text.encode() + b"\n")
        file.flush()
        part.replace(path)
    except BaseException:
        file.close()
        raise
    return file


def _text_while_held(path: Path) -> bytes | None:
    """What *path* holds, if somebody holds it."""
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read()
    except OSError:
        return None
    return None
