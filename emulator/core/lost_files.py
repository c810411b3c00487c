"""Files that a webhook names and its event does not bring: the format has room for one (framework 9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.likeness import scalars
from emulator.core.messages import Json
from emulator.core.source import jsonpath, node_at

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from emulator.core.source import Path
    from emulator.errors import Finding

_BETWEEN = re.compile(r"[,;|\s](?=https?://)")
_URL = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+")
_FOR_FILES = ("media", "image", "file", "attach", "picture", "photo", "video", "mms", "audio")
"""What stands in the names of keys that hold the addresses of files, and not of callbacks or pages."""
_MOST_NAMED = 5


def addresses_in(text: str) -> list[str]:
    """The addresses in *text* where it holds several, else the text itself."""
    found = [each.strip(",;| \t\r\n") for each in _BETWEEN.split(text)]
    return found if len(found) > 1 and all(map(_URL.match, found)) else [text]


def more_files(unit: Json, at: Path, path: Path, text: str, taken: Container[Path]) -> Iterator[Finding]:
    """What is to be said of the files beside the one that an mms takes from *path*, which holds *text*.

    *unit* is the element of the webhook that stands at *at*; *taken* are the paths that the model reads.
    """
    beside = [jsonpath(each) for each in _numbered(unit, at, path) if each not in taken]
    if beside:
        names = beside[:_MOST_NAMED] + ([f"{len(beside) - _MOST_NAMED} more"] if len(beside) > _MOST_NAMED else [])
        verb = "names" if len(names) == 1 else "name"
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        message = f"{listed} {verb} more files; an mms takes one, that of {jsonpath(path)}"
        yield rules.MORE_FILES.on(jsonpath(path), message, "post one webhook for each file")
    joined = addresses_in(text)
    if len(joined) > 1:
        others = ", ".join(joined[1 : _MOST_NAMED + 1])
        message = f"{jsonpath(path)} holds {len(joined)} addresses, and an mms takes one; left out: {others}"
        yield rules.MORE_FILES.on(jsonpath(path), message, "post one webhook for each file")


def _numbered(unit: Json, at: Path, path: Path) -> Iterator[Path]:
    """The places beside *path* whose names differ from its own in their numbers alone: ``MediaUrl1``, ``image2``."""
    for depth in range(len(at), len(path)):
        step = path[depth]
        around = node_at(unit, path[len(at) : depth])
        if not isinstance(step, str) or not isinstance(around, dict):
            continue
        stem = _DIGITS.sub("", step)
        for key in around:
            if key == step or _DIGITS.sub("", key) != stem or not stem:
                continue
            there = (*path[:depth], key, *path[depth + 1 :])
            value = node_at(unit, there[len(at) :])
            if isinstance(value, str) and _URL.match(value):
                yield there


def unread_file(unit: Json, at: Path, taken: Sequence[Path]) -> Path | None:
    """Where *unit* has the address of a file that a model with the paths *taken* does not read."""
    if "http" not in repr(unit).lower():  # so with most webhooks: seen at once, without a look at each text
        return None
    for place, value in scalars(unit):
        if isinstance(value, str) and _URL.match(value) and (*at, *place) not in taken and _is_for_a_file(place):
            return (*at, *place)
    return None


def _is_for_a_file(place: Path) -> bool:
    names = [step.casefold() for step in place if isinstance(step, str)]
    return any(word in name for name in names for word in _FOR_FILES)
