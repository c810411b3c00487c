"""Source text: a place in a file is the line and column where a person finds it."""

from __future__ import annotations

import codecs
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.source import (
    NOTHING,
    SourceMap,
    SourceText,
    Span,
    UndecodableError,
    child,
    decode_source,
    jsonpath,
    node_at,
)
from emulator.errors import Location

# What ends a line, what other programs take for an end of line, and what is wider than a byte.
TEXT = st.lists(st.sampled_from(["\n", "\r", "\r\n", "a", " ", "\t", "\v", "\f", "\x85", "\u2028", "é", "😀"])).map(
    "".join
)
PATH = st.lists(st.integers(0, 20) | st.text(max_size=4) | st.sampled_from(["a", "0", "[0]", '"', "a.b"]), max_size=4)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), "$"),
        (("API", "SendMessage", "request_url"), "$.API.SendMessage.request_url"),
        (("Webhook", 0, "id_2"), "$.Webhook[0].id_2"),
        ((0, 12), "$[0][12]"),
        (("post-url",), '$["post-url"]'),
        (("API key", "_x"), '$["API key"]._x'),
        (("0",), '$["0"]'),
        (("0a",), '$["0a"]'),
        (("",), '$[""]'),
        (("a\n",), '$["a\\n"]'),
        (('"\\',), '$["\\"\\\\"]'),
        (("номер",), '$["номер"]'),
        (("é\u202e\x7f",), '$["\\u00e9\\u202e\\u007f"]'),
    ],
    ids=[
        "root",
        "keys",
        "index",
        "indexes",
        "hyphen",
        "space",
        "digits",
        "digit-first",
        "empty",
        "line-end",
        "quote",
        "letters",
        "unprintable",
    ],
)
def test_jsonpath(path: tuple[str | int, ...], expected: str) -> None:
    """A path is written as a JSONPath: plain keys with a dot, others quoted, what cannot be seen as escapes."""
    assert expected == jsonpath(path)


@given(PATH, PATH)
def test_a_jsonpath_is_of_one_path_only(one: list[str | int], other: list[str | int]) -> None:
    """Two paths never look the same, and whatever the keys hold, a path can be printed on a line."""
    assert (one == other) is (jsonpath(tuple(one)) == jsonpath(tuple(other)))
    assert jsonpath(tuple(one)).isprintable()


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        ({"a": None}, "a", None),
        ({"a": 1}, "b", NOTHING),
        ({"0": 1}, 0, NOTHING),
        ({0: 1}, 0, 1),
        (["a", "b"], 0, "a"),
        (["a", "b"], 1, "b"),
        (["a", "b"], 2, NOTHING),
        (["a", "b"], -1, NOTHING),
        (["a"], "0", NOTHING),
        ("text", 0, NOTHING),
        (None, "a", NOTHING),
    ],
    ids=["null", "no-key", "text-key", "number-key", "first", "last", "behind", "before", "text", "in-text", "in-null"],
)
def test_child(value: Any, step: str | int, expected: Any) -> None:
    """A node is found under its key or index; a null that is there is no absence."""
    assert expected is child(value, step)


@pytest.mark.parametrize(
    ("path", "expected"),
    [((), {"a": [{"b": "x"}]}), (("a", 0, "b"), "x"), (("a", 1, "b"), NOTHING), (("a", 0, "b", "c"), NOTHING)],
    ids=["root", "there", "no-element", "below-text"],
)
def test_node_at(path: tuple[str | int, ...], expected: Any) -> None:
    """A path leads to its node, or to nothing where a step of it leads nowhere."""
    assert expected == node_at({"a": [{"b": "x"}]}, path)


@given(TEXT, st.data())
def test_every_place_points_at_its_character(text: str, data: st.DataObject) -> None:
    """Line and column of any character lead to that very character, whatever ends the lines."""
    lines = list(io.StringIO(text, newline=""))
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    where = SourceText("file", text).location(start)
    assert where.line is not None
    assert where.column is not None
    if text:
        assert text[start] == lines[where.line - 1][where.column - 1]
        assert lines[where.line - 1].rstrip("\r\n") == where.text
    assert start == sum(map(len, lines[: where.line - 1])) + where.column - 1
    assert start == where.offset


@given(TEXT, st.data())
def test_the_underline_stays_on_its_line(text: str, data: st.DataObject) -> None:
    """What is underlined is the span, cut at the end of its first line, and never less than a character."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start + 1, len(text) + 3))
    where = SourceText("file", text).location(start, end)
    assert where.text is not None
    assert where.column is not None
    rest = len(where.text) - (where.column - 1)
    assert (1 if rest < 1 else min(end - start, rest)) == where.width


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 2, Location(file="a.txt", line=1, column=1, path="$", width=2, text="one", offset=0)),
        (4, 7, Location(file="a.txt", line=2, column=1, path="$", width=3, text="two", offset=4)),
        (5, None, Location(file="a.txt", line=2, column=2, path="$", width=1, text="two", offset=5)),
        (6, 20, Location(file="a.txt", line=2, column=3, path="$", width=1, text="two", offset=6)),
        (5, 5, Location(file="a.txt", line=2, column=2, path="$", width=1, text="two", offset=5)),
        (8, None, Location(file="a.txt", line=2, column=5, path="$", width=1, text="two", offset=8)),
        (9, None, Location(file="a.txt", line=3, column=1, path="$", width=1, text="", offset=9)),
        (10, None, Location(file="a.txt", line=4, column=1, path="$", width=1, text="", offset=10)),
    ],
    ids=["first", "next-line", "no-end", "over-the-end", "nothing", "line-feed", "empty-line", "end-of-file"],
)
def test_location(start: int, end: int | None, expected: Location) -> None:
    """A place names its file, line, column and whole line; a line ends with LF, CR LF or CR."""
    assert expected == SourceText("a.txt", "one\ntwo\r\n\r").location(start, end)


SOURCE = SourceText("a.json", '{"a": {"b": 1},\n "c": [22]}')
MAP = SourceMap(
    SOURCE,
    {
        (): Span(0, 27, 0, 27),
        ("a",): Span(6, 14, 1, 4),
        ("a", "b"): Span(12, 13, 7, 10),
        ("c",): Span(22, 26, 17, 20),
        ("c", 0): Span(23, 25, 23, 25),
    },
)


@pytest.mark.parametrize(
    ("path", "key", "expected"),
    [
        ((), False, ("$", '{"a": {"b": 1},')),
        (("a",), False, ("$.a", '{"b": 1}')),
        (("a",), True, ("$.a", '"a"')),
        (("a", "b"), False, ("$.a.b", "1")),
        (("a", "b"), True, ("$.a.b", '"b"')),
        (("c", 0), False, ("$.c[0]", "22")),
        (("c", 0), True, ("$.c[0]", "22")),
        (("c", 1), False, ("$.c[1]", "[22]")),
        (("c", 1, "x"), True, ("$.c[1].x", '"c"')),
        (("d",), False, ("$.d", '{"a": {"b": 1},')),
    ],
    ids=[
        "root",
        "value",
        "key",
        "nested",
        "nested-key",
        "element",
        "element-key",
        "no-element",
        "nothing-below",
        "no-key",
    ],
)
def test_a_node_is_located(path: tuple[str | int, ...], key: bool, expected: tuple[str, str]) -> None:
    """A node that is not there is pointed to by the nearest one around it, under the path that was asked for."""
    where = MAP.locate(path, key=key)
    assert where.offset is not None
    assert expected == (where.path, SOURCE.text[where.offset : where.offset + where.width])


def test_a_file_of_unknown_places_is_pointed_to_by_its_start() -> None:
    """Where no node has a place, the first character of the file stands for all."""
    expected = Location(file="x", line=1, column=1, path="$.a", width=1, text="null", offset=0)
    found = SourceMap(SourceText("x", "null"), {})
    assert [expected, expected] == [found.locate(("a",)), found.locate(("a",), key=True)]


def test_data_without_a_file_has_no_line() -> None:
    """Data that stands in no file, such as options, has a name and a path but no line."""
    options = SourceMap(SourceText("the options", ""), {("a",): Span(0, 1, 0, 1)})
    assert Location(file="the options", path="$.a[0]") == options.locate(("a", 0))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ""),
        ("é😀\r\n".encode(), "é😀\r\n"),
        (codecs.BOM_UTF8 + b"{}", "\ufeff{}"),
        (codecs.BOM_UTF16_LE + "{é}".encode("utf-16-le"), "{é}"),
        (codecs.BOM_UTF16_BE + "{é}".encode("utf-16-be"), "{é}"),
    ],
    ids=["empty", "utf-8", "utf-8-bom", "utf-16-le", "utf-16-be"],
)
def test_a_file_is_decoded(data: bytes, expected: str) -> None:
    """Framework 2.2: a file is UTF-8, or UTF-16 that says so; every other character of it is kept as it is."""
    assert SourceText("a.json", expected) == decode_source("a.json", data)


@pytest.mark.parametrize(
    ("data", "offset"),
    [(b"caf\xe9 ", 3), (b"\xff", 0), (b"ab\xc3", 2), (codecs.BOM_UTF16_LE + b"a\0b", 4)],
    ids=["latin-1", "no-start", "cut", "cut-utf-16"],
)
def test_bytes_that_are_no_text(data: bytes, offset: int) -> None:
    """Bytes that are neither UTF-8 nor UTF-16 are told with the place of the first one that is wrong."""
    with pytest.raises(UndecodableError) as caught:
        decode_source("a.json", data)
    assert offset == caught.value.offset


def decoded(data: bytes) -> str | int:
    """The text of *data*, or the place of its first wrong byte."""
    try:
        return decode_source("a.json", data).text
    except UndecodableError as error:
        return error.offset


@given(st.binary(max_size=12))
def test_any_bytes_are_text_or_told(data: bytes) -> None:
    """Whatever a file holds, it is decoded byte for byte or refused at a byte before which all is well."""
    result = decoded(data)
    encoding = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    if isinstance(result, int):
        assert 0 <= result < len(data)
        data[:result].decode(encoding)
    else:
        assert data.decode(encoding) == result


@given(st.text(max_size=12))
def test_text_survives_its_encoding(text: str) -> None:
    """Text that was saved as UTF-8, or as UTF-16 of either kind, is read as that text."""
    assert text == decoded(text.encode())
    assert text == decoded(codecs.BOM_UTF16_LE + text.encode("utf-16-le"))
    assert text == decoded(codecs.BOM_UTF16_BE + text.encode("utf-16-be"))
