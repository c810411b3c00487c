"""Scenario files made of what was played on the page: written beside the project's own, never in place of one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 60


def scenario_file(folder: Path, name: str) -> Path:
    """Where a scenario of that *name* goes: below ``scenarios`` where the project has that, to a file of its own."""
    slug = _NOT_IN_NAMES.sub("-", name.lower())[:_LONGEST_NAME].strip("-") or "played"
    home = folder / "scenarios" if (folder / "scenarios").is_dir() else folder
    return next(path for number in count(1) if not (path := home / f"{slug}{_suffix(number)}.yaml").exists())


def fixtures(folder: Path, sources: Iterable[Path]) -> dict[Path, str]:
    """Where the copy of each of *sources* goes, relative to the project's *folder*; what is there with the same bytes
    will do."""
    found: dict[Path, str] = {}
    taken: dict[str, Path] = {}
    for source in sources:
        names = (f"fixtures/{source.stem}{_suffix(number)}{source.suffix}" for number in count(1))
        found[source] = next(name for name in names if _is_free(taken.get(name) or folder / name, source))
        taken.setdefault(found[source], source)
    return found


def _is_free(there: Path, source: Path) -> bool:
    return not there.exists() or there.read_bytes() == source.read_bytes()


def keep(path: Path, text: str, copies: Mapping[Path, str], folder: Path) -> None:
    """Write the scenario, and copy the files that it sends.

    Raises:
        OSError: A file cannot be written, or another program has just made one of that name.
    """
    for source, relative in copies.items():
        (folder / relative).parent.mkdir(exist_ok=True)
        if not (folder / relative).exists():
            shutil.copyfile(source, folder / relative)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def _suffix(number: int) -> str:
    return "" if number == 1 else f"-{number}"
