"""Reads an OpenAPI description from a file, JSON or YAML; such files come from strangers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.engine.user_files import read_file
from emulator.errors import UsageError
from emulator.scenario.yaml_text import deeper_than, problem_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import yaml

MAX_BYTES = 20 * 1024 * 1024
MAX_NODES = 1_000_000
"""Values of a YAML file, aliases counted as often as they stand: anchors cannot make a small file large."""
MAX_DEPTH = 500

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,300})\Z")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,300})(\.[0-9]{1,300})?([eE][-+]?[0-9]{1,2})?\Z")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}
_MARKUP = re.compile(r"<[A-Za-z!?]")
_MOST_LOOKED_AT = 256 * 1024
_RIGHT_ONE = "is this the right file?"


def read_description_file(path: Path) -> Any:
    """What the JSON or YAML file at *path* holds.

    Raises:
        UsageError: It cannot be read, or is neither.
    """
    try:
        data = read_file(path, MAX_BYTES, pipes=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", mend="name an OpenAPI description") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path} is larger than 20 MB", mend=_RIGHT_ONE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise _neither(path, problem, mend="save the file as UTF-8") from error
    begin = text.lstrip()[:2]
    if not begin:
        raise UsageError(f"{path} is empty", mend=_RIGHT_ONE)
    if _MARKUP.match(begin):
        raise _neither(path, "it is HTML or XML", mend="save the description itself, not the page that shows it")
    return _parsed(path, text, begin)


def _neither(path: Path, problem: str, mend: str = _RIGHT_ONE) -> UsageError:
    return UsageError(f"{path} is neither JSON nor YAML: {problem}", mend=mend)


def _parsed(path: Path, text: str, begin: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise UsageError(f"{path} cannot be read: it is nested too deeply", mend=_RIGHT_ONE) from error
    except ValueError as error:
        json_error = error
    import yaml

    try:
        return _from_yaml(text)
    except _RefusedError as error:
        mend = "write out what the aliases stand for, and less of it" if error.alias else _RIGHT_ONE
        raise UsageError(f"{path} cannot be read: {error}", mend=mend) from error
    except yaml.YAMLError as error:
        # The parser looks ahead, and has a limit of its own: what is nested too deeply may come out as an error of its.
        if (deep := deeper_than(text[:_MOST_LOOKED_AT], MAX_DEPTH)) is not None:
            raise UsageError(f"{path} cannot be read: {_too_deep(deep)}", mend=_RIGHT_ONE) from error
        if begin[0] in "{[":
            raise _neither(path, str(json_error), mend="look at that line and the one above it") from error
        raise _neither(path, *_problem(text, error)) from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _problem(text: str, error: yaml.YAMLError) -> tuple[str, str]:
    """What is wrong, with its place, and the remedy."""
    import yaml

    if not isinstance(error, yaml.MarkedYAMLError):
        return str(getattr(error, "reason", None) or error), "look for characters that are no text"
    index, problem, mend = problem_in(text, error)
    line = text.count("\n", 0, index)
    return f"{problem}, line {line + 1} column {index - text.rfind(chr(10), 0, index)}", mend


def _too_deep(mark: Any) -> str:
    return f"nested deeper than {MAX_DEPTH} levels, line {mark.line + 1} column {mark.column + 1}"


# -- YAML, event by event: nothing is built that was not counted, and nothing recurses


class _RefusedError(Exception):
    """It is YAML, but not such as is read."""

    def __init__(self, event: Any, problem: str, *, alias: bool = False) -> None:
        mark = event.start_mark
        super().__init__(f"{problem}, line {mark.line + 1} column {mark.column + 1}")
        self.alias = alias


@dataclass(slots=True)
class _Open:
    """A list or map whose end has not come; *nodes* counts what is in it, aliases written out."""

    value: list[Any] | dict[str, Any]
    anchor: str | None
    nodes: int = 1
    key: str | None = None
    merges: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class _Builder:
    open: list[_Open] = field(default_factory=list)
    anchored: dict[str, tuple[Any, int] | None] = field(default_factory=dict)
    """What each anchor stands for, with its count of values; None as long as that is open."""
    nodes: int = 0
    documents: int = 0
    root: Any = None

    def document(self, event: Any) -> None:
        """A document begins."""
        self.documents += 1
        if self.documents > 1:
            raise _RefusedError(event, "it holds several documents")

    def begin(self, event: Any, value: list[Any] | dict[str, Any]) -> None:
        """A list or map begins."""
        if self._wants_key():
            raise _RefusedError(event, "a key must be text")
        if len(self.open) >= MAX_DEPTH:
            raise _RefusedError(event, f"nested deeper than {MAX_DEPTH} levels")
        if event.anchor:
            self.anchored[event.anchor] = None
        self._count(event, 1)
        self.open.append(_Open(value, event.anchor))

    def end(self, _event: Any) -> None:
        """The list or map that began last ends."""
        done = self.open.pop()
        if isinstance(done.value, dict) and done.merges:
            done.value = _merged(done.merges) | done.value
        self._place(done.value, done.anchor, done.nodes)

    def scalar(self, event: Any) -> None:
        """A key, or a value without parts."""
        if self._wants_key():
            self.open[-1].key = event.value
            if event.anchor:
                self.anchored[event.anchor] = (event.value, 1)
            return
        self._count(event, 1)
        self._place(_scalar(event), event.anchor, 1)

    def alias(self, event: Any) -> None:
        """What stands elsewhere, once more."""
        if event.anchor not in self.anchored:
            raise _RefusedError(event, f"the alias *{event.anchor} stands for nothing")
        known = self.anchored[event.anchor]
        if known is None:
            raise _RefusedError(event, f"the alias *{event.anchor} contains itself", alias=True)
        value, nodes = known
        if self._wants_key():
            if not isinstance(value, str):
                raise _RefusedError(event, "a key must be text")
            self.open[-1].key = value
            return
        self._count(event, nodes)
        self._place(value, None, nodes)

    def _wants_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key is None

    def _count(self, event: Any, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise _RefusedError(event, f"more than {MAX_NODES} values, aliases counted", alias=nodes > 1)

    def _place(self, value: Any, anchor: str | None, nodes: int) -> None:
        if anchor:
            self.anchored[anchor] = (value, nodes)
        if not self.open:
            self.root = value
            return
        around = self.open[-1]
        around.nodes += nodes
        if isinstance(around.value, list):
            around.value.append(value)
        elif around.key == "<<" and isinstance(value, dict | list):
            around.merges.append(value)
        elif around.key is not None:
            around.value[around.key] = value
        around.key = None


def _merged(merges: list[Any]) -> dict[str, Any]:
    """What ``<<`` brings into a map: of several, the first that has a key wins."""
    result: dict[str, Any] = {}
    for merge in merges:
        for each in merge if isinstance(merge, list) else [merge]:
            for key, value in each.items() if isinstance(each, dict) else ():
                result.setdefault(key, value)
    return result


def _scalar(event: Any) -> Any:
    """What an unquoted scalar is by YAML 1.2: ``on`` and dates stay text, and so does a number with a plus."""
    text: str = event.value
    if not event.implicit[0]:  # quoted, or with a tag
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _from_yaml(text: str) -> Any:
    import yaml

    builder = _Builder()
    act: dict[type, Callable[[Any], None]] = {
        yaml.DocumentStartEvent: builder.document,
        yaml.MappingStartEvent: lambda event: builder.begin(event, {}),
        yaml.SequenceStartEvent: lambda event: builder.begin(event, []),
        yaml.MappingEndEvent: builder.end,
        yaml.SequenceEndEvent: builder.end,
        yaml.ScalarEvent: builder.scalar,
        yaml.AliasEvent: builder.alias,
    }
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if type(event) in act:
            act[type(event)](event)
    return builder.root
