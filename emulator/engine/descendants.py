"""The processes that a command started, wherever they went: into a session of their own, or away from their parents.

Each inherits a variable that marks it. Where there is no ``/proc`` nobody can tell, and the process group is all.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from signal import Signals

MARK = "RINGO_EMU_STARTED"
"""The variable; a command of a command has both marks."""
_PROC = Path("/proc")
_LARGEST = 4 * 1024 * 1024


class _Process(NamedTuple):
    """One that runs; *since* tells it from another that gets its number later."""

    pid: int
    parent: int
    group: int
    since: int
    is_marked: bool


class Descendants:
    """What a process that is given `environment` has started."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(16)
        self._known: dict[int, int] = {}

    def begin(self, root: int) -> None:
        """It runs, as process *root*."""
        with suppress(OSError, ValueError, IndexError):
            self._known[root] = _process(root, b"").since

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """*variables*, and the mark."""
        before = variables.get(MARK)
        return {**variables, MARK: f"{before}:{self._token}" if before else self._token}

    def signal(self, root: int, number: Signals) -> bool:
        """Send a signal to those that are not in the process group of *root*; returns whether there are any.

        Who has been seen once is known for good, also when its parent has gone and its mark with it.
        """
        running = {each.pid: each for each in _running(self._token.encode())}
        known = {pid for pid, since in self._known.items() if pid in running and running[pid].since == since}
        known |= {each.pid for each in running.values() if each.is_marked}
        while more := {each.pid for each in running.values() if each.parent in known} - known:
            known |= more
        self._known = {pid: running[pid].since for pid in known if pid in running}
        apart = [pid for pid in self._known if running[pid].group != root]
        for pid in apart:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        return bool(apart)


def _running(token: bytes) -> Iterator[_Process]:
    """The processes of this user; none where the system does not tell."""
    own = os.geteuid()
    with suppress(OSError):
        for entry in os.scandir(_PROC):
            # One that ends meanwhile, or is nobody's business, cannot be read.
            with suppress(OSError, ValueError, IndexError):
                if entry.name.isdecimal() and entry.stat().st_uid == own:
                    yield _process(int(entry.name), token)


def _process(pid: int, token: bytes) -> _Process:
    # Its name, which may hold anything, stands between brackets.
    fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    with (_PROC / str(pid) / "environ").open("rb") as file:
        is_marked = token in file.read(_LARGEST)
    return _Process(pid, int(fields[1]), int(fields[2]), int(fields[19]), is_marked)
