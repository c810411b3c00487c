"""Source text with lines, and the map from a node of a parsed file to its place."""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from emulator.errors import Location

Path = tuple[str | int, ...]
"""The keys and indexes that lead from a file's root to a node."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LINE_END = re.compile(r"\r\n|\n|\r")


def jsonpath(path: Path) -> str:
    """*path* as a JSONPath: ``$.API.SendMessage.request_parameters["post-url"]``, ``$[0].id``."""
    text = "$"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.match(step):
            text += f".{step}"
        else:
            text += f"[{json.dumps(step, ensure_ascii=not step.isprintable())}]"
    return text


NOTHING: Any = object()
"""What `child` finds where there is no such key or index."""


def child(value: Any, step: str | int) -> Any:
    """The node of *value* under a key or index, or `NOTHING`."""
    if isinstance(value, dict):
        return value.get(step, NOTHING)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return NOTHING


def node_at(value: Any, path: Path) -> Any:
    """The node of *value* at *path*, or `NOTHING`."""
    for step in path:
        value = child(value, step)
    return value


def nest(leaves: Mapping[Path, Any]) -> Any:
    """The object or list that has *leaves* at their paths; a list has one element."""
    if () in leaves:
        return leaves[()]
    steps = dict.fromkeys(path[0] for path in leaves)
    below = {step: nest({path[1:]: value for path, value in leaves.items() if path[0] == step}) for step in steps}
    return list(below.values()) if 0 in below else below


class Span(NamedTuple):
    """Offsets of a node in its text; the key's are those of the value where the node has no key."""

    start: int
    end: int
    key_start: int
    key_end: int


@dataclass(frozen=True)
class SourceText:
    """A file's text under the name that messages use for it."""

    name: str
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def _lines(self) -> list[str]:
        # Cut once: a file without line ends is one long line, and every place of it holds that line.
        return _LINE_END.split(self.text)

    def location(self, start: int, end: int | None = None, path: Path = ()) -> Location:
        """The place of the characters from *start* to *end* (offsets)."""
        line = bisect_right(self._line_starts, start) - 1
        first = self._line_starts[line]
        text = self._lines[line]
        width = max(1, min((end or start + 1) - start, len(text) - (start - first)))
        return Location(
            file=self.name,
            line=line + 1,
            column=start - first + 1,
            path=jsonpath(path),
            width=width,
            text=text,
            offset=start,
        )


@dataclass(frozen=True)
class SourceMap:
    """Where each node of a parsed file stands."""

    source: SourceText
    spans: dict[Path, Span] = field(repr=False)

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """The place of the node at *path*, or of its key; of the nearest node around it if it is not there."""
        if not self.source.text:  # data without a file, such as options
            return Location(file=self.source.name, path=jsonpath(path))
        known = path
        while known and known not in self.spans:
            known = known[:-1]
        span = self.spans.get(known, Span(0, 1, 0, 1))
        if key:
            return self.source.location(span.key_start, span.key_end, path)
        return self.source.location(span.start, span.end, path)


class UndecodableError(ValueError):
    """Bytes that are not text; *offset* is the first byte that is wrong."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def decode_source(name: str, data: bytes) -> SourceText:
    """The text of a file: UTF-8 with or without BOM, or UTF-16 with one.

    Raises:
        UndecodableError: The bytes are none of these.
    """
    encoding = "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        return SourceText(name, data.decode(encoding))
    except UnicodeDecodeError as error:
        raise UndecodableError(error.start) from error


def moved_path(path: Path, moved: Mapping[Path, Path]) -> Path:
    """*path* as the file has it."""
    for length in range(len(path), 0, -1):
        if path[:length] in moved:
            return (*moved[path[:length]], *path[length:])
    return path
