"""Nothing that a stranger sends costs more than linearly: every pattern and reader of bytes is found and attacked.

Cost is counted, or is the ratio of two sizes; no clock decides.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from emulator.core.escapes import in_any_writing
from tests.kit.backtracking import Engine, attacks, worst
from tests.kit.patterns import Unknown, Used, found, trees

CUT = {
    ("scenario.grouping", r"'[^']*'|\"[^\"]*\"|\$\S+|\S*\d\S*"): "2,000 characters of a failure are looked at",
    ("scenario.grouping", r"\{.*\}"): "2,000 characters of a failure are looked at",
    ("core.words", "_BEFORE"): "32 characters before a place are looked at",
    ("scenario.yaml_text", "_PATH_BEFORE"): "200 characters before a place are looked at",
}
"""Patterns that cost more than linearly, by their text or their name, and what bounds what they are given."""
KNOWN_WHEN_IT_RUNS = {
    "core.comparing: str(source_text(argument))": "the user's own, run under a limit",
    "core.escapes: '|'.join(ways)": "of the project's secrets; attacked below",
    "core.reading: pattern": "the keys of a table of words",
    "core.shapes: self.pattern": "as written at the fields of the shapes, which are short words",
    "core.json_text: f'[^{ends}{{}}\\\\[\\\\]\\\\r\\\\n\"]+'": "one set of characters",
    "core.json_text: '[:\\\\r\\\\n]|\\\\Z' if is_key else '[\\\\r\\\\n]|\\\\Z'": "one character",
}
"""Patterns that only exist when the program runs, and why they may."""


@contextmanager
def _deep() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _patterns() -> list[Used]:
    return [each for each in found() if isinstance(each, Used)]


def _is_cut(used: Used) -> bool:
    module = used.where.partition(":")[0]
    names = vars(importlib.import_module(f"emulator.{module}"))
    cut = [names.get(text, text) for where, text in CUT if where == module]
    # By what they say: of a pattern that is compiled anew there is another object once the cache of re was emptied.
    return used.pattern.pattern in [each.pattern if isinstance(each, re.Pattern) else each for each in cut]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_every_pattern_is_linear(part: int) -> None:
    """No text that is made from its own parse tree costs a pattern more than linearly; steps are counted."""
    with _deep():
        bad = {
            f"{each.where} {each.how} {each.pattern.pattern!r}": growth
            for each in _patterns()[part::8]
            if (growth := worst(each.pattern, each.how)) and not _is_cut(each)
        }
    assert bad == {}


def test_every_pattern_is_found() -> None:
    """A pattern that only exists when the program runs is named here with the reason why it may."""
    assert {each.source for each in found() if isinstance(each, Unknown)} == set(KNOWN_WHEN_IT_RUNS)
    seen = {(each.pattern.pattern, each.pattern.flags) for each in _patterns()}
    missed = [
        f"{module}.{name}"
        for module in trees()
        for name, value in vars(importlib.import_module(module.removesuffix(".__init__"))).items()
        if isinstance(value, re.Pattern) and (value.pattern, value.flags) not in seen
    ]
    assert missed == []


def test_what_finds_secrets_is_linear() -> None:
    """The pattern that the secrets of a project make is linear, whatever these are."""
    with _deep():
        assert worst(in_any_writing(["k3y+", "\\\\\\\\", "%25%", "a lo", "&amp", "ü'/\""]), "search") is None


@pytest.mark.parametrize(
    ("pattern", "how"),
    [
        ("(a+)+$", "match"),
        ("(?:a|a)*b", "match"),
        (r"(?:<!--.*?-->\s*)*<html", "match"),
        (r"https?://\S+\.(?:jpe?g|png)(?:\?\S*)?", "fullmatch"),
        (r"//[^/@]+:[^/@]+@", "search"),
        (r"\s*:", "search"),
        (r"(\w+)\s*=\s*(\d*)\s*;", "search"),
        (r"\b(no|not)\b[^.]*\bbearer\b", "search"),
        (r"^.*x.*y", "search"),
        (r'"(?:[^"\\]|\\.)*"', "search"),
    ],
)
def test_what_backtracks_is_seen(pattern: str, how: str) -> None:
    """The proof can fail: what is known to grow with the square, or worse, is seen."""
    with _deep():
        assert worst(re.compile(pattern, re.DOTALL), how)


@pytest.mark.parametrize(
    ("pattern", "how"), [(r"\s*+(?:a|b)*+c", "match"), (r"[^/]*+/", "match"), (r"a{0,9}b", "search")]
)
def test_what_is_linear_is_left_alone(pattern: str, how: str) -> None:
    """What cannot backtrack is no alarm."""
    with _deep():
        assert worst(re.compile(pattern), how) is None


def test_steps_are_counted_on_what_re_matches() -> None:
    """What is counted is the matching of ``re``: on attacks of each pattern both find the same."""
    with _deep():
        for used in _patterns():
            engine = Engine(used.pattern)
            for text in list(attacks(used.pattern, 16))[::37]:
                assert engine.spans(text, "search") == [each.span() for each in used.pattern.finditer(text)], used
