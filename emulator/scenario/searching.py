"""Where the project file is, and which folders are never searched: what stands there is a copy or somebody else's.

The pytest plugin is imported in every run of pytest, so this imports nothing of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

FILE_NAME = "ringo-emu.yaml"
_FOREIGN = frozenset(
    {
        "node_modules",
        "bower_components",
        "site-packages",
        "__pycache__",
        "__pypackages__",
        "venv",
        "env.bak",
        "venv.bak",
    }
)


def find_project_file(start: Path) -> Path | None:
    """The project file of *start* or of the nearest folder around it."""
    for folder in [start, *start.parents]:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def is_searched(folder: Path) -> bool:
    """Whether a search enters *folder*: no hidden one, such as ``.ringo-emu``, no packages, no virtual environment."""
    return not is_foreign(folder.name) and not (folder / "pyvenv.cfg").is_file()


def is_foreign(name: str) -> bool:
    """Whether a folder of that name holds what is hidden or installed."""
    return name.startswith(".") or name in _FOREIGN


def files_below(folder: Path) -> Iterator[Path]:
    """The files in *folder*, whatever its own name, and in the folders below it that are searched."""
    for here, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if is_searched(Path(here, each))]
        yield from (Path(here, name) for name in names)


def is_found_below(path: Path, start: Path) -> bool:
    """Whether a search of *start* comes by *path*."""
    if not path.is_relative_to(start):
        return False
    between = [each for each in path.parents if each != start and each.is_relative_to(start)]
    return all(map(is_searched, between))
