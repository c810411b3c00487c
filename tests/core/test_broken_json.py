"""Why JSON breaks: the place and the cause, in words that a person can act on."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.bodies import parse_json
from emulator.errors import UnreadableBodyError


def broken(text: str) -> UnreadableBodyError:
    with pytest.raises(UnreadableBodyError) as caught:
        parse_json(text.encode())
    return caught.value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": "x\ny"}', "a raw line end inside a text at line 1, column 9"),
        ('{"a": "x\r\ny"}', "a raw line end inside a text at line 1, column 9"),
        ('{"a": "x\ty"}', "a raw tab inside a text at line 1, column 9"),
        ('{"a": "x\x01y"}', "a raw control character, U+0001, inside a text at line 1, column 9"),
        ('{"a": "say "hi" now"}', "a quote inside a text that is not escaped at line 1, column 12"),
        ('{"a": ""hi" now"}', "a quote inside a text that is not escaped at line 1, column 8"),
        ('{"a": "he said "hi"", "b": 1}', "a quote inside a text that is not escaped at line 1, column 16"),
        (r'{"a": "say \"hi\", "bob" now"}', "a quote inside a text that is not escaped at line 1, column 20"),
        ('{"a": "x"\n "b": 2}', "a quote inside a text that is not escaped, or no comma behind it at line 1, column 9"),
        (r'{"a": "x\d"}', r"a backslash inside a text that begins no escape, \d at line 1, column 9"),
        (r'{"a": "x\u12"}', r"\u inside a text without its four digits at line 1, column 9"),
        (r'{"a": "C:\", "b": "x"}', "a backslash before the quote that should end a text at line 1, column 10"),
        (r'{"a": "C:\"}', "a backslash before the quote that should end a text at line 1, column 10"),
        ('{"a": "C:\\",\n "b": "x"}', "a backslash before the quote that should end a text at line 1, column 10"),
        ('{"a": "x', "a text that begins there and has no end at line 1, column 7"),
        ('{"a": {"b": 1}', "it ends in the middle at line 1, column 15"),
        ('{"a": ', "it ends in the middle at line 1, column 7"),
        ('{"a": 1, "b": NaN}', "the value NaN, which JSON does not have at line 1, column 15"),
        ('{"a": "NaN",\n "b": [-Infinity]}', "the value -Infinity, which JSON does not have at line 2, column 8"),
        ('{"a": True}', "the value True, which JSON does not have at line 1, column 7"),
        ('{"a": 0155}', "a zero before a number at line 1, column 7"),
        ('{"a": +155}', "a plus before a number at line 1, column 7"),
        ('{"a": 1,}', "a comma before the closing } at line 1, column 8"),
        ("{'a': 1}", "' in place of a quote at line 1, column 2"),
        ('{"a": “x”}', "“ in place of a quote at line 1, column 7"),
        ('{"a": 1, // b\n}', "what looks like a comment at line 1, column 10"),
        ("{a: 1}", "the word a without quotes at line 1, column 2"),
        ('{"a": , "b": 1}', ", where a value is expected at line 1, column 7"),
        ('{"a": 1 "b": 2}', '" where a comma or a closing bracket is expected at line 1, column 9'),
        ('{"a": 1} {"b": 2}', "more behind the end of the JSON at line 1, column 10"),
        ('{"a": "x"}}', "more behind the end of the JSON at line 1, column 11"),
        ('{"a": \x00}', "U+0000 where a value is expected at line 1, column 7"),
    ],
)
def test_the_place_and_the_cause(text: str, told: str) -> None:
    """Framework 6.6: what a text template breaks is named, with line and column."""
    assert f"the body is not JSON: {told}; it begins with" in broken(text).message


def test_the_remedy_is_to_escape() -> None:
    """Framework 6.6: what was sent is JSON by its type already, so the advice is about the text inside."""
    assert broken('{"a": "say "hi" now"}').mend == (
        r"escape the texts that go into JSON, best by a JSON library: a quote is \", a backslash \\, a line end \n"
    )


JSON_BITS = st.lists(
    st.sampled_from(
        ["{", "}", "[", "]", ",", ":", '"', "\\", "\\u00", "a", "1", "0", "+", "\n", " ", "NaN", "'", "\x00"]
    )
).map("".join)


@given(JSON_BITS)
def test_whatever_breaks_is_told_with_a_place_inside_it(text: str) -> None:
    """Framework 6.6: the cause is found for every text that is no JSON."""
    with suppress(UnreadableBodyError):
        parse_json(text.encode())
        json.loads(text.encode())
        return
    if text.lstrip(" \n")[:1] in {"{", "[", '"'}:
        assert " at line " in broken(text).message


@pytest.mark.parametrize("begin", ['{"a": "', '{"a": "x" ', "[", '"'], ids=repr)
@pytest.mark.parametrize(
    "piece", ['\\"', '\\" ', '"', '"a" ', "\\", "[", "NaN", "N", "a\n", ", ", "-", "'", '"\\'], ids=repr
)
def test_a_megabyte_is_no_more_than_a_megabyte(begin: str, piece: str) -> None:
    """Framework 6.6: the work grows as the text does; were it to grow as the square, this would not end."""
    with pytest.raises(UnreadableBodyError):
        parse_json((begin + piece * (1_000_000 // len(piece))).encode())
