"""Mechanical mistakes are mended, and nothing else: what a document says stays what it was read as."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.fixing import apply_edits, fix_document
from emulator.core.json_text import read_json
from emulator.core.source import SourceText
from emulator.errors import Edit


def fixed(text: str) -> str:
    """*text* after mending."""
    return fix_document("x.json", text.encode()).after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, // one\n "b": 2}', '{"a": 1, \n "b": 2}'),
        ('{"a": 1,}', '{"a": 1}'),
        ('{"a": 1,, "b": 2}', '{"a": 1, "b": 2}'),
        ('{"a": 1\n "b": 2}', '{"a": 1,\n "b": 2}'),
        ("{'a': “b”}", '{"a": "b"}'),
        ("{a: 1}", '{"a": 1}'),
        ('{"a": True, "b": None}', '{"a": true, "b": null}'),
        ('{"a":\u00a01}', '{"a": 1}'),
        ('\ufeff{"a": 1}', '{"a": 1}'),
        ('{"a": "x\ty\tz"}', '{"a": "x\\ty\\tz"}'),
        ("{'a': 'say \"hi\"'}", '{"a": "say \\"hi\\""}'),
    ],
    ids=["comment", "trailing", "extra", "missing", "quotes", "bare-key", "words", "space", "bom", "tabs", "inner"],
)
def test_mistakes_of_json_are_mended(text: str, expected: str) -> None:
    """Framework 2.2: comments, commas, quotes and the like are mended; the rest of the file stays byte for byte."""
    assert expected == fixed(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": abc}',
        '{"a": "b}',
        "{\"a\": 'b\\n'}",
        '{"a": 1, "a": 2}',
        '{"a": 012}',
        '{"a": [1}',
        '{"a": "\\x"}',
        "<html>",
        "",
    ],
    ids=["bare-value", "unterminated", "escape-in-odd-quotes", "twice", "number", "bracket", "escape", "html", "empty"],
)
def test_what_is_not_certain_is_left(text: str) -> None:
    """Where more than one thing can be meant, the file stays as it is."""
    assert text == fixed(text)


def test_capitals_are_mended(raw: dict[str, Any]) -> None:
    """Framework 3.6, 8.9: names and words that differ in their capitals alone are mended in keys, values and
    variables."""
    text = json.dumps(raw, indent=1)
    slips = [
        ('"SendMessage"', '"sendMessage"'),
        ('"logo"', '"Logo"'),
        ('"Bearer"', '"bearer"'),
        ('"POST"', '"post"'),
        ('"mms"', '"MMS"'),
        ("$messageid$", "$messageId$"),
        ("$content$", "$Content$"),
        ("$API key$", "$api key$"),
    ]
    wrong = text
    for right, slip in slips:
        wrong = wrong.replace(right, slip)
    assert wrong != text
    result = fix_document("x.json", wrong.encode())
    assert text == result.after
    assert {"DOC-201", "DOC-204", "DOC-301"} <= {each.code for each in result.mended}


def test_two_candidates_are_none(raw: dict[str, Any]) -> None:
    """A name that could be one of two is left to its author."""
    raw["properties"] = ["Key", "KEY"]
    raw["auth"]["token"] = "$key$ $Key$ $KEY$"
    raw |= {"Name": raw.pop("name"), "NAME": "x"}
    text = json.dumps(raw)
    assert text == fixed(text)


def test_what_is_no_text_is_left() -> None:
    """A file that is not UTF-8 is not touched."""
    assert ("", ()) == (fix_document("x.json", b"\xff{}").after, fix_document("x.json", b"\xff{}").mended)


_PIECES = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    "'b'",
    "“c”",
    "d",
    "1",
    "True",
    "null",
    " ",
    "\n",
    "//x\n",
    "/*y*/",
    "\t",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join))
def test_the_meaning_stays(text: str) -> None:
    """Whatever is mended, the file is read as it was before, and mending it again changes nothing."""
    result = fix_document("x.json", text.encode())
    if all(each.code.startswith("DOC-1") for each in result.mended):
        assert read_json(SourceText("x", text)).value == read_json(SourceText("x", result.after)).value
    assert result.after == fixed(result.after)


def test_overlapping_edits_wait() -> None:
    """Of two edits of the same place the first is made."""
    assert "axxd" == apply_edits("abcd", [Edit(2, 4, "no"), Edit(1, 3, "xx")])
