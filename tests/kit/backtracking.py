"""Counts what a regular expression costs: the steps that an engine which backtracks takes, and worst inputs for it.

`steps` walks the tree that Python's own parser makes of a pattern, so that nothing is measured by a clock: the same
pattern and text cost the same number on every machine, however busy. `attacks` derives from that tree what a stranger
would send.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

_parser: Any = importlib.import_module("re._parser")
_Cont = Callable[[int], "int | None"]
_Matcher = Callable[[int, _Cont], "int | None"]
MOST = 60
"""Steps for a character that are much, whatever the pattern."""
_SIZES = (300, 1200)
_TIMES = 8.0
"""Four times the text may cost so many times the steps; what grows with the square costs sixteen times as many."""


class TooManyStepsError(Exception):
    """A text costs more than anything that is linear could."""


class _Groups(dict[int, tuple[int, int]]):
    """What the groups of a pattern hold."""


class Engine:
    """Matches one pattern as ``re`` does, and counts."""

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        source, flags = pattern.pattern, pattern.flags
        self._is_bytes = isinstance(source, bytes)
        self._tree = _parser.parse(source, flags & ~re.DEBUG)
        self._flags = flags
        self.count = 0
        self.budget = 0
        self.text: list[int] = []
        self._groups = _Groups()
        self._start = self._sequence(list(self._tree))
        self._sets: dict[tuple[int, int], bool] = {}

    def spans(self, text: str | bytes, how: str) -> list[tuple[int, int]]:
        """Every match, as ``finditer`` finds them; only that at the beginning for ``match`` and ``fullmatch``."""
        self.text = list(text) if isinstance(text, bytes) else [ord(char) for char in text]
        self.count = 0
        self.budget = 200 * len(text) + 1000
        found = []
        at = 0
        empty_at = -1
        whole = len(self.text) if how == "fullmatch" else -1
        while at <= len(self.text):
            self._groups.clear()
            end = self._start(at, lambda i: None if i == empty_at or (whole >= 0 and i != whole) else i)  # noqa: B023
            if end is None:
                if how != "search":
                    break
                at += 1
                empty_at = -1
                self._tick()
                continue
            found.append((at, end))
            if how != "search":
                break
            empty_at = end if end == at else -1  # as re: behind an empty match no empty one
            at = end
        return found

    def _tick(self) -> None:
        self.count += 1
        if self.count > self.budget:
            raise TooManyStepsError

    # -- the tree

    def _sequence(self, nodes: list[tuple[Any, Any]]) -> _Matcher:
        matchers = [self._node(str(name), argument) for name, argument in nodes]

        def run(index: int, at: int, cont: _Cont) -> int | None:
            if index == len(matchers):
                return cont(at)
            if index == len(matchers) - 1:
                return matchers[index](at, cont)
            return matchers[index](at, lambda i: run(index + 1, i, cont))

        return lambda at, cont: run(0, at, cont)

    def _node(self, name: str, argument: Any) -> _Matcher:
        one = self._one(name, argument)
        if one is not None:
            return self._single(one)
        match name:
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeat(name, *argument)
            case "SUBPATTERN":
                group, _, _, inner = argument
                return self._group(group, self._sequence(list(inner)))
            case "ATOMIC_GROUP":
                return self._atomic(self._sequence(list(argument)))
            case "BRANCH":
                return self._branch([self._sequence(list(each)) for each in argument[1]])
            case "AT":
                return self._at(str(argument))
            case "ASSERT" | "ASSERT_NOT":
                return self._look(name == "ASSERT", argument[0], argument[1])
            case "GROUPREF":
                return self._again(argument)
        raise NotImplementedError(name)

    def _single(self, fits: Callable[[int], bool]) -> _Matcher:
        def run(at: int, cont: _Cont) -> int | None:
            self._tick()
            return cont(at + 1) if at < len(self.text) and fits(self.text[at]) else None

        return run

    def _one(self, name: str, argument: Any) -> Callable[[int], bool] | None:
        """Whether a character fits, where the node is one character."""
        match name:
            case "LITERAL":
                return self._in([("LITERAL", argument)])
            case "NOT_LITERAL":
                return self._in([("NEGATE", None), ("LITERAL", argument)])
            case "ANY":
                newline = ord("\n")
                return (lambda _: True) if self._flags & re.DOTALL else (lambda char: char != newline)
            case "IN":
                return self._in([(str(kind), each) for kind, each in argument])
        return None

    def _in(self, items: list[tuple[str, Any]]) -> Callable[[int], bool]:
        written = "".join(_written(kind, each) for kind, each in items)
        source: Any = f"[{written}]"
        kept = re.IGNORECASE | re.ASCII
        flags = self._flags & (kept if not self._is_bytes else re.IGNORECASE)
        one = re.compile(source.encode("latin-1") if self._is_bytes else source, flags).fullmatch
        known: dict[int, bool] = {}

        def fits(char: int) -> bool:
            if char not in known:
                text: Any = bytes([char]) if self._is_bytes else chr(char)
                known[char] = one(text) is not None
            return known[char]

        return fits

    def _repeat(self, name: str, least: int, most: Any, inner: Any) -> _Matcher:
        most = sys.maxsize if most is _parser.MAXREPEAT else most
        nodes = list(inner)
        fits = self._one(str(nodes[0][0]), nodes[0][1]) if len(nodes) == 1 else None
        if fits is not None:
            run = self._run_of(name, fits, least, most)
        elif name == "MIN_REPEAT":
            run = self._lazy(self._sequence(nodes), least, most)
        else:
            run = self._greedy(self._sequence(nodes), least, most)
        return self._atomic(run) if name == "POSSESSIVE_REPEAT" else run

    def _run_of(self, name: str, fits: Callable[[int], bool], least: int, most: int) -> _Matcher:  # noqa: C901
        def longest(at: int) -> int:
            end = at
            while end < len(self.text) and end - at < most:
                self._tick()
                if not fits(self.text[end]):
                    break
                end += 1
            return end

        def greedy(at: int, cont: _Cont) -> int | None:
            for end in range(longest(at), at + least - 1, -1):
                self._tick()
                found = cont(end)
                if found is not None or name == "POSSESSIVE_REPEAT":
                    return found
            return None

        def lazy(at: int, cont: _Cont) -> int | None:
            end = at
            while True:
                self._tick()
                if end - at >= least:
                    found = cont(end)
                    if found is not None:
                        return found
                if end - at >= most or end >= len(self.text) or not fits(self.text[end]):
                    return None
                end += 1

        return lazy if name == "MIN_REPEAT" else greedy

    def _greedy(self, body: _Matcher, least: int, most: int) -> _Matcher:
        def run(at: int, done: int, cont: _Cont) -> int | None:
            self._tick()
            if done < most:
                found = body(at, lambda i: None if i == at and done >= least else run(i, done + 1, cont))
                if found is not None:
                    return found
            return cont(at) if done >= least else None

        return lambda at, cont: run(at, 0, cont)

    def _lazy(self, body: _Matcher, least: int, most: int) -> _Matcher:
        def run(at: int, done: int, cont: _Cont) -> int | None:
            self._tick()
            if done >= least:
                found = cont(at)
                if found is not None:
                    return found
            return body(at, lambda i: None if i == at else run(i, done + 1, cont)) if done < most else None

        return lambda at, cont: run(at, 0, cont)

    @staticmethod
    def _atomic(body: _Matcher) -> _Matcher:
        def run(at: int, cont: _Cont) -> int | None:
            end = body(at, lambda i: i)
            return None if end is None else cont(end)

        return run

    def _group(self, group: int | None, body: _Matcher) -> _Matcher:
        if group is None:
            return body

        def run(at: int, cont: _Cont) -> int | None:
            before = self._groups.get(group)

            def behind(end: int) -> int | None:
                inside = self._groups.get(group)
                self._groups[group] = (at, end)
                found = cont(end)
                if found is None:
                    self._put(group, inside)
                return found

            found = body(at, behind)
            if found is None:
                self._put(group, before)
            return found

        return run

    def _put(self, group: int, held: tuple[int, int] | None) -> None:
        if held is None:
            self._groups.pop(group, None)
        else:
            self._groups[group] = held

    def _branch(self, bodies: list[_Matcher]) -> _Matcher:
        def run(at: int, cont: _Cont) -> int | None:
            for body in bodies:
                self._tick()
                found = body(at, cont)
                if found is not None:
                    return found
            return None

        return run

    def _at(self, where: str) -> _Matcher:
        def run(at: int, cont: _Cont) -> int | None:
            self._tick()
            return cont(at) if self._is_at(where, at) else None

        return run

    def _is_at(self, where: str, at: int) -> bool:
        newline, end = ord("\n"), len(self.text)
        match where:
            case "AT_BEGINNING" if self._flags & re.MULTILINE:
                return at == 0 or self.text[at - 1] == newline
            case "AT_BEGINNING" | "AT_BEGINNING_STRING":
                return at == 0
            case "AT_END_STRING":
                return at == end
            case "AT_END" if self._flags & re.MULTILINE:
                return at == end or self.text[at] == newline
            case "AT_END":
                return at == end or (at == end - 1 and self.text[at] == newline)
            case "AT_BOUNDARY" | "AT_NON_BOUNDARY":
                word = self._in([("CATEGORY", "CATEGORY_WORD")])
                before, behind = at > 0 and word(self.text[at - 1]), at < end and word(self.text[at])
                return (before != behind) == (where == "AT_BOUNDARY")
        raise NotImplementedError(where)

    def _look(self, wanted: bool, direction: int, inner: Any) -> _Matcher:
        body = self._sequence(list(inner))
        width = inner.getwidth()[0] if direction < 0 else 0

        def run(at: int, cont: _Cont) -> int | None:
            begin = at - width
            found = body(begin, lambda i: i) if begin >= 0 else None
            return cont(at) if (found is not None) == wanted else None

        return run

    def _again(self, group: int) -> _Matcher:
        def run(at: int, cont: _Cont) -> int | None:
            held = self._groups.get(group)
            if held is None:
                return None
            words = self.text[held[0] : held[1]]
            self.count += len(words)
            return cont(at + len(words)) if self.text[at : at + len(words)] == words else None

        return run


_CATEGORIES = {"DIGIT": r"\d", "NOT_DIGIT": r"\D", "SPACE": r"\s", "NOT_SPACE": r"\S", "WORD": r"\w", "NOT_WORD": r"\W"}


def _written(kind: str, argument: Any) -> str:
    """An item of a set as a pattern writes it."""
    match kind:
        case "NEGATE":
            return "^"
        case "LITERAL":
            return re.escape(chr(argument)) if argument < 128 else chr(argument)
        case "RANGE":
            return "-".join(_written("LITERAL", each) for each in argument)
        case "CATEGORY":
            return _CATEGORIES[str(argument).removeprefix("CATEGORY_")]
    raise NotImplementedError(kind)


class Growth(NamedTuple):
    """An attack, how much more it cost at four times its size, and the steps that it then took for a character."""

    text: str | bytes
    times: float
    each: float


def worst(pattern: re.Pattern[Any], how: str) -> Growth | None:
    """The attack that costs *pattern* more than linearly, if there is one. *how* is match, fullmatch or search."""
    if is_bounded(pattern):
        return None
    engine = Engine(pattern)
    tried = list(attacks(pattern, 160))
    suspects = [at for at, text in enumerate(tried) if _steps(engine, text, how) > 10 * len(text)]
    if not suspects:
        return None
    small, large = list(attacks(pattern, _SIZES[0])), list(attacks(pattern, _SIZES[1]))
    for at in sorted(suspects, key=lambda at: -_steps(engine, tried[at], how))[:20]:
        before, after = _steps(engine, small[at], how), _steps(engine, large[at], how)
        if after > _TIMES * before or after > MOST * len(large[at]):
            return Growth(small[at], after / before, after / len(large[at]))
    return None


def _steps(engine: Engine, text: str | bytes, how: str) -> int:
    with suppress(TooManyStepsError):
        engine.spans(text, how)
    return engine.count


# -- what a stranger would send


def attacks(pattern: re.Pattern[Any], size: int) -> Iterator[str | bytes]:
    """Texts of about *size* characters: what a repetition repeats, after what leads to it and before what spoils it."""
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    leads, pumps = _leads_and_pumps(tree)
    end = _sample(list(tree))[-1:]
    for pump in [each for each in dict.fromkeys(pumps) if 0 < len(each) <= _LONGEST_PUMP][:_MOST_PUMPS]:
        for lead in sorted(leads, key=lambda each: (len(each), each))[:_MOST_LEADS]:
            many = lead + pump * (size // len(pump))
            for spoiler in ("", "\0", " a"[:: -1 if end == "a" else 1]):
                text = many + spoiler
                yield text if isinstance(pattern.pattern, str) else text.encode("latin-1")


_MOST_PUMPS = 60
_MOST_LEADS = 4
_LONGEST_PUMP = 40


def is_bounded(pattern: re.Pattern[Any]) -> bool:
    """Whether nothing of it repeats without a bound, so that it costs the same for each place of any text."""

    def repeats(nodes: Any) -> bool:
        return any(
            (str(name) in _REPEATS and argument[1] is _parser.MAXREPEAT)
            or any(map(repeats, _inner(str(name), argument)))
            for name, argument in nodes
        )

    return not repeats(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))


def _leads_and_pumps(tree: Any) -> tuple[set[str], list[str]]:
    """What leads to a repetition, and what may be repeated: the likeliest first."""
    leads: set[str] = {""}
    bodies: list[str] = []
    slices: list[str] = []
    single: list[str] = []

    def walk(nodes: list[tuple[Any, Any]], before: str) -> None:
        here = [_sample([node]) for node in nodes]
        for first in range(len(here)):
            slices.extend("".join(here[first:last]) for last in range(len(here), first, -1))
        for (name, argument), sample in zip(nodes, here, strict=True):
            kind = str(name)
            if kind in _REPEATS and (argument[1] is _parser.MAXREPEAT or argument[1] > _FEW):
                leads.add(before)
                bodies.extend(_samples(list(argument[2])))
            inner = _inner(kind, argument)
            for each in inner:
                walk(list(each), before)
            if not inner:
                single.append(sample)
            before += sample

    walk(list(tree), "")
    return leads, [*bodies, *slices, *[each + " " for each in slices], *single]


_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_FEW = 20


def _inner(kind: str, argument: Any) -> list[Any]:
    match kind:
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [argument[2]]
        case "SUBPATTERN":
            return [argument[3]]
        case "ATOMIC_GROUP":
            return [argument]
        case "ASSERT" | "ASSERT_NOT":
            return [argument[1]]
        case "BRANCH":
            return list(argument[1])
    return []


def _samples(nodes: list[tuple[Any, Any]]) -> list[str]:
    """Some texts that fit *nodes*: some wishes come true, or one for each branch where they are branches."""
    if len(nodes) == 1 and str(nodes[0][0]) == "SUBPATTERN":
        return _samples(list(nodes[0][1][3]))
    if nodes and str(nodes[-1][0]) == "BRANCH":
        return [_sample(nodes[:-1]) + _sample(list(each), wish) for wish in 'a"' for each in nodes[-1][1][1]]
    return [*dict.fromkeys(_sample(nodes, char) for char in "a1 ./-"), _sample(nodes, "a", 0)]


def _sample(nodes: list[tuple[Any, Any]], wish: str = "a", least: int = 1) -> str:
    """A text that fits *nodes*, of the character *wish* where it may; what may be absent is there *least* times."""
    return "".join(_sample_of(str(name), argument, wish, least) for name, argument in nodes)


def _sample_of(kind: str, argument: Any, wish: str, least: int) -> str:
    match kind:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return str(wish if ord(wish) != argument else "b")
        case "ANY":
            return wish
        case "IN":
            return _one_of([(str(name), each) for name, each in argument], wish)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _sample(list(argument[2]), wish, least) * int(max(argument[0], least))
        case "SUBPATTERN":
            return _sample(list(argument[3]), wish, least)
        case "ATOMIC_GROUP":
            return _sample(list(argument), wish, least)
        case "BRANCH":
            return _sample(list(argument[1][0]), wish, least)
    return ""


def _one_of(items: list[tuple[str, Any]], wish: str) -> str:
    one = re.compile("[" + "".join(_written(kind, each) for kind, each in items) + "]")
    chars = (wish, *map(chr, range(33, 127)), *map(chr, range(0x2100)), "\udc00")
    return str(next(char for char in chars if one.match(char)))
