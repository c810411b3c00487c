"""Which scenarios are played: by line, by name, by tags, again and again, in another order."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.engine.user_files import is_folder, is_there, read_file
from emulator.errors import UsageError

if TYPE_CHECKING:
    from emulator.scenario.model import Scenario

Holds = Callable[[str], bool]
_TOKEN = re.compile(r'\s*(?:(\()|(\))|"([^"]*)"|([^\s()"]+))')
_WORDS = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the options of a run say; *seed* shuffles, *again* names the scenarios that failed before."""

    names: str | None = None
    tags: str | None = None
    repeat: int = 1
    seed: int | None = None
    again: frozenset[tuple[str, str]] | None = None


def split_line(path: Path) -> tuple[Path, int | None]:
    """``file.yaml:12`` as the file and the line.

    Raises:
        UsageError: The file has no such line.
    """
    name, colon, line = path.name.rpartition(":")
    if not (colon and line.isdecimal()) or is_there(path):
        return path, None
    file = path.with_name(name)
    if is_there(file) and not is_folder(file):
        with suppress(OSError):  # whoever loads it says why it cannot be read
            there = len(read_file(file).splitlines())
            if not 1 <= int(line) <= there:
                lines = "1 line" if there == 1 else f"{there} lines"
                raise UsageError(f"{path}: the file has {lines}", mend="name a line in which a scenario stands")
    return file, int(line)


def at_lines(scenarios: Sequence[Scenario], lines: dict[str, set[int]]) -> tuple[Scenario, ...]:
    """Of the files in *lines*, by the names that messages use, only the scenarios in which those lines stand.

    Raises:
        UsageError: Before a line no scenario begins.
    """
    wanted: set[tuple[str, int]] = set()
    for file, numbers in lines.items():
        starts = sorted({each.at.line or 1 for each in scenarios if each.at.file == file})
        for number in numbers:
            before = [start for start in starts if start <= number]
            if not before:
                raise UsageError(f"{file}:{number}: no scenario stands there", mend=f"the first begins at {starts[0]}")
            wanted.add((file, before[-1]))
    return tuple(each for each in scenarios if each.at.file not in lines or (each.at.file, each.at.line or 1) in wanted)


def choose(scenarios: Sequence[Scenario], choice: Choice) -> tuple[Scenario, ...]:
    """Those of *scenarios* that *choice* means, in the order in which they are played.

    Raises:
        UsageError: An expression cannot be read, or nothing is left.
    """
    names = parse_expression(choice.names, "-k") if choice.names is not None else None
    tags = parse_expression(choice.tags, "--tags") if choice.tags is not None else None
    chosen = [
        each
        for each in scenarios
        if (names is None or names(lambda word, name=each.name: word.casefold() in name.casefold()))  # type: ignore[misc]
        and (tags is None or tags(lambda word, own=each.tags: word in own))  # type: ignore[misc]
        and (choice.again is None or (each.at.file, each.name) in choice.again)
    ]
    if scenarios and not chosen:
        known = sorted({tag for each in scenarios for tag in each.tags})
        count = "there is 1 scenario" if len(scenarios) == 1 else f"there are {len(scenarios)} scenarios"
        words = f"the tags are {', '.join(known)}" if known and choice.tags else count
        raise UsageError("no scenario is chosen", mend=f"{words}; leave out a part of what chooses")
    if choice.repeat > 1:
        rounds = range(1, choice.repeat + 1)
        chosen = [replace(each, name=f"{each.name} (round {number})") for number in rounds for each in chosen]
    if choice.seed is not None:
        random.Random(choice.seed).shuffle(chosen)  # noqa: S311 - an order, no secret
    return tuple(chosen)


def parse_expression(text: str, option: str) -> Callable[[Holds], bool]:
    """``slow and not (flaky or "two words")`` as a test of which words hold.

    Raises:
        UsageError: It is no such expression.
    """
    parser = _Parser(text, option)
    expression = parser.either()
    if parser.token is not None:
        parser.refuse(f"{parser.token!r} is not expected there")
    return expression


class _Parser:
    """Reads ``or``, which joins ``and``, which joins ``not``, words and parentheses."""

    def __init__(self, text: str, option: str) -> None:
        self._text = text
        self._option = option
        self._at = 0
        self.token: str | None = None
        self._is_word = False
        self._next()

    def refuse(self, why: str) -> None:
        raise UsageError(
            f'{self._option} "{self._text}": {why}', mend='write such as slow and not flaky; "two words" in quotes'
        )

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            if self._text[self._at :].strip():
                self.refuse("a quote is not closed")
            self.token = None
            return
        self._at = match.end()
        quoted, bare = match.group(3), match.group(4)
        self.token = match.group(1) or match.group(2) or (bare if quoted is None else quoted)
        self._is_word = quoted is not None or (bare is not None and bare not in _WORDS)

    def _takes(self, word: str) -> bool:
        if self._is_word or self.token != word:
            return False
        self._next()
        return True

    def either(self) -> Callable[[Holds], bool]:
        parts = [self._both()]
        while self._takes("or"):
            parts.append(self._both())
        return lambda holds: any(part(holds) for part in parts)

    def _both(self) -> Callable[[Holds], bool]:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        return lambda holds: all(part(holds) for part in parts)

    def _one(self) -> Callable[[Holds], bool]:
        if self._takes("not"):
            inner = self._one()
            return lambda holds: not inner(holds)
        if self._takes("("):
            inner = self.either()
            if not self._takes(")"):
                self.refuse("a parenthesis is not closed")
            return inner
        if self.token is None or not self._is_word:
            self.refuse("a word is missing" if self.token is None else f"{self.token!r} is not expected there")
        word = str(self.token)
        self._next()
        return lambda holds: holds(word)
