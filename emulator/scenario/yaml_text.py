"""Reads a YAML file that a person wrote: data in which unquoted scalars keep their characters, and every place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from math import isinf
from typing import TYPE_CHECKING, Any

import yaml

from emulator.core.findings import Rule
from emulator.core.messages import number_from
from emulator.core.plain import Plain
from emulator.core.source import Path, SourceMap, SourceText, Span, UndecodableError, decode_source
from emulator.engine.user_files import read_file
from emulator.errors import Location, UsageError

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from emulator.core.messages import Scalar
    from emulator.errors import Finding

MAX_BYTES = 1024 * 1024
MAX_NODES = 20_000
"""Nodes of a file, aliases counted as often as they stand: anchors cannot make a small file large."""
MAX_DEPTH = 60
MAX_DOCUMENTS = 1000
"""Documents of one file: each is a scenario."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_STRING = "tag:yaml.org,2002:str"
_OPENING = {"[": "list", "{": "map", "'": "quoted text", '"': "quoted text"}
_WRITE_LESS = "write it out, and less of it"


class _Loader(_Base):  # type: ignore[misc]
    """YAML whose scalars all resolve to text: what they are is decided here, by the 1.2 core schema."""

    yaml_implicit_resolvers: dict[str, Any] = {}


@dataclass(frozen=True)
class YamlTree:
    """One document of a YAML file."""

    value: Any
    places: SourceMap


@dataclass(frozen=True)
class YamlRules:
    """The codes under which one kind of file reports what is wrong with its YAML."""

    not_yaml: Rule
    duplicate_key: Rule
    unreadable: Rule


def read_yaml_file(
    path: FilePath, name: str, rules: YamlRules
) -> tuple[SourceText, tuple[YamlTree, ...], tuple[Finding, ...]]:
    """The text of the file at *path*, which messages call *name*, its documents, and every finding.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        data = read_file(path, MAX_BYTES, pipes=True)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", mend="name a YAML file") from error
    nothing = SourceText(name, "")
    if len(data) > MAX_BYTES:
        finding = rules.unreadable.at(Location(file=name), "the file is larger than 1 MiB", "is it the right one?")
        return nothing, (), (finding,)
    try:
        source = decode_source(name, data)
    except UndecodableError as error:
        before = data[: error.offset].decode("utf-8", "replace")
        where = Location(file=name, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))
        message = f"byte 0x{data[error.offset]:02x} is not UTF-8"
        return nothing, (), (rules.not_yaml.at(where, message, "save the file as UTF-8"),)
    return source, *read_yaml(source, rules)


def read_yaml(source: SourceText, rules: YamlRules) -> tuple[tuple[YamlTree, ...], tuple[Finding, ...]]:
    """Every document of *source*, and every finding; where it is no YAML at all there is no document."""
    text = source.text.removeprefix("\ufeff")
    source = SourceText(source.name, text)
    try:
        nodes: list[yaml.Node | None] = list(islice(yaml.compose_all(text, Loader=_Loader), MAX_DOCUMENTS + 1))
    except (yaml.MarkedYAMLError, RecursionError) as error:
        # How deep the parser itself goes differs from version to version; what a file may have is our own limit.
        deep = deeper_than(text, MAX_DEPTH + 1)
        if deep is not None:
            where = source.location(deep.index)
            return (), (rules.unreadable.at(where, f"nested deeper than {MAX_DEPTH} levels", _WRITE_LESS),)
        if isinstance(error, RecursionError):
            raise
        return (), (_broken(source, error, rules),)
    except yaml.reader.ReaderError as error:
        # The position is an offset of bytes or of characters, depending on the parser; the character is the first such.
        code = error.character if isinstance(error.character, int) else ord(error.character)
        where = source.location(text.index(chr(code)))
        return (), (rules.not_yaml.at(where, f"not YAML: the character U+{code:04X}", "remove it, or write an escape"),)
    trees, findings = [], []
    if len(nodes) > MAX_DOCUMENTS:
        last = nodes.pop()
        where = source.location(last.start_mark.index if last is not None else len(text))
        message = f"more than {MAX_DOCUMENTS} documents; what follows is not read"
        findings.append(rules.unreadable.at(where, message, "divide the file"))
    for node in nodes:
        builder = _Builder(source, rules)
        try:
            value = builder.build(node, (), None) if node is not None else None
        except _TooMuch as much:
            where = source.location(much.node.start_mark.index)
            findings.append(rules.unreadable.at(where, str(much), _WRITE_LESS))
            continue
        finally:
            findings += builder.findings
        trees.append(YamlTree(value, SourceMap(source, builder.spans)))
    return tuple(trees), tuple(findings)


def deeper_than(text: str, levels: int) -> Any:
    """The mark of PyYAML where a list or map of *text* has *levels* others around it, or None where there is none.

    It counts the events of the parser that neither recurses nor has a limit; what is broken behind that is not reached.
    """
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > levels:
                    return event.start_mark
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return None
    return None


_LONGEST_PATH = 200
_PATH_BEFORE = re.compile(r"\$[\w.$-]*(?:\[\*?)?\Z")
_PATH = re.compile(r"\$[^\s,{}:\"']*")


def _path_at(text: str, stop: int) -> tuple[int, str] | None:
    """The JSONPath whose bracket is where *text* stops being YAML, ``[0]`` or ``[*]``, and where it begins."""
    before = _PATH_BEFORE.search(text[max(0, stop - _LONGEST_PATH) : stop])
    if before is None or (text[stop : stop + 1] != "[" and "[" not in before.group()):
        return None
    begin = stop - len(before.group())
    path = _PATH.match(text[begin : begin + _LONGEST_PATH])
    return None if path is None else (begin, _closed(path.group()))


def _closed(path: str) -> str:
    """*path* without the brackets that close what it stands in."""
    while path.endswith("]") and path.count("]") > path.count("["):
        path = path[:-1]
    return path


def problem_in(text: str, error: yaml.MarkedYAMLError) -> tuple[int, str, str]:
    """The index in *text* where it stops being YAML, what is wrong there, and the remedy.

    It goes by the character that stands there: the parsers word their errors differently from version to version.
    """
    mark = error.problem_mark or error.context_mark
    start = min(mark.index if mark else 0, max(0, len(text) - 1))
    opened = error.context_mark.index if error.context_mark else start
    here = text[start : start + 1]
    if text[start + 1 :].strip() == "" and text[opened : opened + 1] in _OPENING:
        return opened, f"the {_OPENING[text[opened]]} that begins here is not closed", "close it"
    path = _path_at(text, start)
    if path is not None:
        at, whole = path
        return at, f"inside {{…}} or […] the bracket of {whole} begins a list", f'quote the path: "{whole}"'
    if here == "\t":
        return start, "a tab stands where indentation should", "indent with spaces"
    if here == ":":
        return start, "a colon stands where none can", "quote a text that holds a colon and a space, or indent the line"
    if here and here in "@`%":
        return start, f"a text cannot begin with {here}", "quote the text"
    if here == "*":
        return start, "an alias to nothing", "quote a text that begins with *"
    said = error.problem or error.context or "it cannot be read"
    return start, said, "look at this line and the one above it"


def _broken(source: SourceText, error: yaml.MarkedYAMLError, rules: YamlRules) -> Finding:
    start, problem, mend = problem_in(source.text, error)
    return rules.not_yaml.at(source.location(start), f"not YAML: {problem}", mend)


class _TooMuch(Exception):  # noqa: N818 - becomes a finding
    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(message)
        self.node = node


@dataclass
class _Builder:
    source: SourceText
    rules: YamlRules
    spans: dict[Path, Span] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    above: list[yaml.Node] = field(default_factory=list)

    def build(self, node: yaml.Node, path: Path, key: yaml.Node | None) -> Any:
        start, end = node.start_mark.index, node.end_mark.index
        first_line = self.source.text.find("\n", start, end)
        if not isinstance(node, yaml.ScalarNode) and first_line >= 0:
            end = first_line
        key_at = (key.start_mark.index, key.end_mark.index) if key else (start, end)
        self.spans[path] = Span(start, max(end, start + 1), *key_at)
        if len(self.spans) > MAX_NODES:
            raise _TooMuch(node, f"more than {MAX_NODES} values, aliases counted")
        if len(self.above) > MAX_DEPTH:
            raise _TooMuch(node, f"nested deeper than {MAX_DEPTH} levels")
        if any(node is each for each in self.above):
            raise _TooMuch(node, "an alias that contains itself")
        self.above.append(node)
        try:
            return self._value(node, path)
        finally:
            self.above.pop()

    def _value(self, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(below, (*path, index), None) for index, below in enumerate(node.value)]
        if node.tag != _STRING:
            self._report(self.rules.unreadable, node, path, "a tag", "remove it, or quote a text that begins with !")
        unquoted = not getattr(node, "style", None)  # None or "", depending on the parser
        return scalar(str(node.value)) if unquoted else str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(
                    self.rules.unreadable, key_node, path, "a key must be text", "quote it if it begins with [ or {"
                )
                continue
            key = str(key_node.value)
            if key in result:
                self._report(
                    self.rules.duplicate_key,
                    key_node,
                    (*path, key),
                    f'"{key}" is written twice',
                    "remove one of the two",
                )
            result[key] = self.build(value_node, (*path, key), key_node)
        return result

    def _report(self, rule: Rule, node: yaml.Node, path: Path, message: str, remedy: str) -> None:
        where = self.source.location(node.start_mark.index, node.end_mark.index, path)
        self.findings.append(rule.at(where, message, remedy))


def scalar(raw: str) -> Any:
    """An unquoted scalar: text where YAML reads text, else its characters beside what YAML reads."""
    if raw in _WORDS:
        return Plain(raw, _WORDS[raw])
    value = _number(raw) if _INTEGER.match(raw) or _FLOAT.match(raw) else None
    return raw if value is None else Plain(raw, value)


def _number(raw: str) -> Scalar:
    if _INTEGER.match(raw):
        digits = raw.lstrip("+-").lstrip("0") or "0"
        return number_from("-" + digits if raw.startswith("-") else digits)
    number = float(raw)
    return None if isinf(number) else number
