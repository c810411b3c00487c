"""``--watch``: does something again whenever a file changes that could make a difference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.engine.user_files import absolute, is_file, is_folder
from emulator.errors import RingoError
from emulator.scenario.project import STATE_FOLDER, shown_path
from emulator.scenario.searching import is_found_below

if TYPE_CHECKING:
    from emulator.faces.output import Output
    from emulator.scenario.project import Project

_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".csv"})
_CODE = frozenset(
    {".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".rb", ".php", ".go", ".java", ".kt", ".kts"}
    | {".scala", ".clj", ".cs", ".fs", ".rs", ".ex", ".exs", ".erl", ".pl", ".pm", ".lua", ".swift", ".sh", ".toml"}
)
"""Of a provider's folder only sources count: it also writes there, logs and databases."""
_INTERRUPTED = 130
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Watched:
    """What makes a difference: scenarios and the like below *folders*, sources below *code*, all of *named*."""

    folders: Collection[Path]
    written: Collection[Path] = ()
    """What the run itself writes."""
    code: Collection[Path] = ()
    named: Collection[Path] = ()

    @property
    def below(self) -> list[Path]:
        """The folders, and files, to look at: none that stands in another."""
        every = sorted({*self.folders, *self.code, *self.named})
        return [each for each in every if not any(other in each.parents for other in every)]

    def matters(self, path: Path) -> bool:
        """Whether a change of *path* is one of a scenario, a document, a project file, its ``.env`` or the provider.

        What a search of none of the folders comes by is not, nor what the run itself has written.
        """
        if STATE_FOLDER in path.parts or absolute(path) in self.written:
            return False
        if any(path == each or is_found_below(path, each) for each in self.named):
            return True
        if path.suffix in _SUFFIXES or path.name == ".env":
            return any(is_found_below(path, each) for each in self.folders)
        return path.suffix in _CODE and any(is_found_below(path, each) for each in self.code)


def watched(project: Project, paths: Iterable[Path], written: Collection[Path]) -> Watched:
    """What matters to a run of the scenarios at *paths*, and to the provider that it starts."""
    folders = {project.folder, *(path if is_folder(path) else path.parent for path in paths)}
    provider = project.file.provider
    if provider is None:
        return Watched(set(map(absolute, folders)), written)
    named = {absolute(project.folder / each) for each in provider.watch}
    folder = absolute(project.folder / provider.folder)
    relative = [folder / each for each in provider.run if not Path(each).is_absolute()]
    beside = {absolute(each).parent for each in relative if is_file(each)}
    code = frozenset() if named else frozenset({absolute(project.folder), folder, *beside})
    return Watched(set(map(absolute, folders)), written, code, named)


def again_on_change(work: Callable[[], int], what: Watched, output: Output) -> int:
    """Do *work*, which returns an exit code, at once and after each change that matters, until it is interrupted.

    Bad input ends nothing: it is told, and the next change may mend it.
    """
    from watchfiles import watch

    from emulator.faces.output import tell_error

    below = [each for each in what.below if each.exists()]
    changes = watch(
        *below,
        watch_filter=lambda _, path: what.matters(Path(path)),
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
        changed = next(filter(None, changes), set())
        output.text(_changed(Path(path) for _, path in changed), err=True)


def _changed(paths: Iterable[Path]) -> str:
    """Which files have changed."""
    names = sorted({shown_path(path) for path in paths})
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more} {'has' if len(names) == 1 else 'have'} changed"
