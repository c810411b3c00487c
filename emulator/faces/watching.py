"""``--watch``: does something again whenever a file changes that could make a difference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.errors import RingoError
from emulator.scenario.project import STATE_FOLDER
from emulator.scenario.searching import is_found_below

if TYPE_CHECKING:
    from emulator.faces.output import Output

_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".csv"})
_INTERRUPTED = 130


def matters(path: Path, folders: Iterable[Path], written: Collection[Path]) -> bool:
    """Whether a change of *path* is one of a scenario, a document, a project file or its ``.env``.

    What a search of none of *folders* comes by is not, nor what the run itself has *written*.
    """
    return (
        (path.suffix in _SUFFIXES or path.name == ".env")
        and STATE_FOLDER not in path.parts
        and path.resolve() not in written
        and any(is_found_below(path, folder) for folder in folders)
    )


def again_on_change(work: Callable[[], int], folders: Iterable[Path], written: Collection[Path], output: Output) -> int:
    """Do *work*, which returns an exit code, at once and after each change below *folders*, until it is interrupted.

    Bad input ends nothing: it is told, and the next change may mend it.
    """
    from watchfiles import watch

    from emulator.faces.output import tell_error

    below = sorted({folder.resolve() for folder in folders})
    changes = watch(
        *below,
        watch_filter=lambda _, path: matters(Path(path), below, written),
        yield_on_timeout=True,
        rust_timeout=100,
    )
    # The watcher begins before the work, so that nothing that changes meanwhile is missed.
    next(changes, None)
    while True:
        try:
            code = work()
        except RingoError as error:
            code = tell_error(error)
        if code == _INTERRUPTED:
            return code
        output.text(f"waiting for a change below {', '.join(map(str, below))}; Ctrl-C ends", err=True)
        any(changes)  # until there is one
        output.text("a file has changed", err=True)
