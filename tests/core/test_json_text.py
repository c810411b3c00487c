"""Reading JSON that a person wrote: the values, their places, and on past every mistake."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.json_text import MAX_FINDINGS, read_json
from emulator.core.messages import number_from
from emulator.core.source import NOTHING, SourceText, node_at

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def _codes(text: str) -> list[str]:
    return [finding.code for finding in read_json(SourceText("x.json", text)).findings]


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_reads_what_json_reads(value: Any, indent: int | None, ascii_only: bool) -> None:
    """Valid JSON gives the values that the json module gives, and no finding."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    tree = read_json(SourceText("x.json", text))
    assert ((), json.loads(text)) == (tree.findings, tree.value)


@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=5))
def test_every_node_knows_its_place(value: dict[str, Any]) -> None:
    """The text at each scalar's span is that scalar, and the text at its key's span is its key."""
    text = json.dumps(value, indent=1)
    tree = read_json(SourceText("x.json", text))
    for path, span in tree.places.spans.items():
        node = node_at(json.loads(text), path)
        assert node is not NOTHING
        if not isinstance(node, dict | list):
            assert node == json.loads(text[span.start : span.end])
        if path and isinstance(path[-1], str):
            assert path[-1] == json.loads(text[span.key_start : span.key_end])


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ('{"a": 1} // end', "DOC-105", {"a": 1}),
        ('{/* b */"a": 1}', "DOC-105", {"a": 1}),
        ('{"a": 1,}', "DOC-106", {"a": 1}),
        ("[1, 2,]", "DOC-106", [1, 2]),
        ("[1,, 2]", "DOC-107", [1, 2]),
        ('{"a": 1 "b": 2}', "DOC-108", {"a": 1, "b": 2}),
        ("{'a': 1}", "DOC-109", {"a": 1}),
        ("{“a”: 1}", "DOC-109", {"a": 1}),
        ('{a: 1, "b": 2}', "DOC-110", {"a": 1, "b": 2}),
        ('{"a": text, "b": 2}', "DOC-110", {"a": "text", "b": 2}),
        ('{"a": "text,\n"b": 2}', "DOC-110", {"a": "text", "b": 2}),
        ('{"a: 1,\n"b": 2}', "DOC-110", {"a": 1, "b": 2}),
        ('{"a" 1}', "DOC-111", {"a": 1}),
        ('{"a", "b": 2}', "DOC-111", {"a": None, "b": 2}),
        ('{"a": 1, "a": 2}', "DOC-112", {"a": 2}),
        ('{"a": [1}', "DOC-113", {"a": [1]}),
        ("[1]}", "DOC-115", [1]),
        (r'{"a": "\d", "b": 2}', "DOC-116", {"a": r"\d", "b": 2}),
        ('{"a": "x\ty"}', "DOC-117", {"a": "x\ty"}),
        ('{"a": True}', "DOC-118", {"a": True}),
        ('{"a": None}', "DOC-118", {"a": None}),
        ('{"a": +61}', "DOC-119", {"a": "+61"}),
        ('{"a": 007}', "DOC-119", {"a": "007"}),
        ('{"a": NaN}', "DOC-119", {"a": "NaN"}),
        ('{"a":\u00a01}', "DOC-121", {"a": 1}),
        ('\ufeff{"a": 1}', "DOC-122", {"a": 1}),
    ],
)
def test_goes_on_after_a_mistake(text: str, code: str, value: Any) -> None:
    """Each mistake of real documents is named by its code alone, and what was meant is read all the same."""
    tree = read_json(SourceText("x.json", text))
    assert ([code], value) == ([finding.code for finding in tree.findings], tree.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "DOC-101"), ("<html>", "DOC-101"), ("id: x", "DOC-101"), ('{"a": 1', "DOC-114"), ("[" * 10_000, "DOC-104")],
    ids=["empty", "page", "yaml", "cut-off", "deep"],
)
def test_gives_up_where_nothing_can_follow(text: str, code: str) -> None:
    """What is no JSON at all, ends too early or is nested too deeply is told, and reading stops."""
    tree = read_json(SourceText("x.json", text))
    assert (False, code) == (tree.complete, tree.findings[-1].code)


@given(st.text(alphabet="{}[]\",:'“”abc01 \n\\/#", max_size=60))
def test_never_raises(text: str) -> None:
    """No text makes the reader raise, and it says something of every text that json refuses."""
    findings = read_json(SourceText("x.json", text)).findings
    try:
        json.loads(text, parse_constant=int)
    except ValueError:
        assert findings


def test_findings_are_bounded() -> None:
    """A file full of mistakes is given up after the first few dozen."""
    assert len(_codes("[" + "'a'," * 1000 + "1]")) == MAX_FINDINGS


def test_numbers_keep_every_digit() -> None:
    """framework 4: a number beyond 2^53, or of 5,000 digits, is read digit for digit."""
    for digits in ("12345678901234567890", "9" * 5000, "1.10", "-0"):
        assert digits == str(number_from(digits))
    assert math.isinf(number_from("9" * 5000))
