"""Scalars of the YAML files: text stays as written, durations and sizes have units and read back as written."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError, create_model

from emulator.core.messages import ExactNumber
from emulator.core.plain import Plain, plain_data, source_text
from emulator.core.scalars import (
    LOADING,
    Count,
    Data,
    Duration,
    Flag,
    Size,
    Text,
    duration_literal,
    format_duration,
    parse_duration,
    parse_size,
)
from emulator.core.validating import MendableError

ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.text(), max_size=2)
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
SPACE = st.text(" \t\n", max_size=2)


def read(kind: Any, value: Any, *, loading: bool | None = None) -> Any:
    """*value* as the schema reads it that wants a *kind*; *loading* None is without any context."""
    return TypeAdapter(kind).validate_python(value, context=None if loading is None else {LOADING: loading})


def mistake(kind: Any, value: Any, *, loading: bool | None = None) -> str:
    """The type of pydantic's complaint about *value*, or what our own says and how to mend it."""
    with pytest.raises(ValidationError) as caught:
        read(kind, value, loading=loading)
    (found,) = caught.value.errors()
    error = found.get("ctx", {}).get("error")
    return f"{error} → {error.mend}" if isinstance(error, MendableError) else found["type"]


@given(st.text(), ANYTHING.filter(lambda value: value is not None))
def test_text_is_kept_as_written(raw: str, value: Any) -> None:
    """Where text is wanted the characters of the file count, whatever YAML makes of them."""
    assert raw == read(Text, Plain(raw, value)) == read(Text, raw) == source_text(Plain(raw, value)) == source_text(raw)


@given(st.text(), ANYTHING)
def test_data_is_what_yaml_reads(raw: str, value: Any) -> None:
    """Where any JSON is wanted an unquoted scalar is what YAML makes of it, at every depth."""
    tree = {"a": [Plain(raw, value), {raw: Plain(raw, value)}], "b": raw, "c": 1}
    assert repr({"a": [value, {raw: value}], "b": raw, "c": 1}) == repr(read(Data, tree)) == repr(plain_data(tree))
    assert repr(value) == repr(source_text(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, "7"),
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
        (ExactNumber("1.10"), "1.10"),
        (Plain("True", True), "True"),
        (Plain("+61123456789", 61123456789), "+61123456789"),
    ],
    ids=["number", "true", "false", "fraction", "as-written", "unquoted", "phone"],
)
def test_text_of_other_scalars(value: Any, expected: str) -> None:
    """A scalar that a placeholder brought is written as JSON writes it; an unquoted one keeps its capitals."""
    assert expected == read(Text, value)


@pytest.mark.parametrize("value", [None, Plain("~", None), Plain("", None), ["a"], {}], ids=str)
def test_what_is_no_text(value: Any) -> None:
    """Null, lists and objects are no text."""
    assert "string_type" == mistake(Text, value)


@given(st.integers(0, 10**6), st.sampled_from(sorted(UNITS)), SPACE, SPACE)
def test_a_duration_is_its_number_of_units(number: int, unit: str, before: str, after: str) -> None:
    """A duration is a number and a unit, with or without space."""
    expected = pytest.approx(number * UNITS[unit] / 1000, rel=1e-12)
    assert expected == parse_duration(f"{before}{number}{after}{unit}{before}")
    assert pytest.approx((number + 0.25) * UNITS[unit] / 1000) == read(Duration, f"{number}.25{unit}")


@given(st.integers(0, 999) | st.integers(100, 10**7).map(lambda hundredths: hundredths * 10))
def test_a_duration_that_we_write_reads_back(milliseconds: int) -> None:
    """A duration as a file writes it reads back as the same one; so does the one that a person reads."""
    seconds = milliseconds / 1000
    assert pytest.approx(seconds, rel=1e-12) == parse_duration(duration_literal(seconds))
    assert pytest.approx(seconds, rel=1e-12) == parse_duration(format_duration(seconds))
    assert duration_literal(seconds) == format_duration(seconds).replace(" ", "")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 ms"),
        (0.0125, "12 ms"),
        (0.25, "250 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (1, "1 s"),
        (1.206, "1.21 s"),
        (1.5, "1.5 s"),
        (10.0, "10 s"),
        (100, "100 s"),
        (3600, "3600 s"),
    ],
    ids=str,
)
def test_a_duration_as_a_person_writes_it(seconds: float, expected: str) -> None:
    """Below a second a duration has milliseconds, above at most two decimals and no idle zeros."""
    assert expected == format_duration(seconds)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5", '\'5\' is no duration: a duration needs a number and a unit → write "5s" or "5ms"'),
        (Plain("05", 5), '\'05\' is no duration: a duration needs a number and a unit → write "05s" or "05ms"'),
        ("5 days", "'5 days' is no duration: a duration needs a number and a unit → write such as 5s or 250ms"),
        ("", "'' is no duration: a duration needs a number and a unit → write such as 5s or 250ms"),
        (5, "this is no duration: a duration needs a number and a unit → write such as 5s or 250ms"),
        (Plain("~", None), "this is no duration: a duration needs a number and a unit → write such as 5s or 250ms"),
        (["5s"], "this is no duration: a duration needs a number and a unit → write such as 5s or 250ms"),
    ],
    ids=["no-unit", "unquoted", "unit", "empty", "number", "null", "list"],
)
def test_what_is_no_duration(value: Any, expected: str) -> None:
    """What lacks a unit, or has another one, is told with how to write it."""
    assert expected == mistake(Duration, value) == mistake(Duration, value, loading=True)


@pytest.mark.parametrize("text", ["-1s", "1S", "1 Ms", ".5s", "5.s", "1s2", "1,5s", "1e3s", "s", "1sm", "$t", "x1s"])
def test_what_is_nearly_a_duration(text: str) -> None:
    """A sign, other capitals, half a fraction or more behind the unit make no duration."""
    with pytest.raises(MendableError, match="is no duration"):
        parse_duration(text)


@given(st.integers(0, 10**9), st.sampled_from(["", "B", "KiB", "MiB", "GiB"]), SPACE, SPACE)
def test_a_size_is_its_number_of_units(number: int, unit: str, before: str, after: str) -> None:
    """A size is a number of bytes, or of units of 1,024 of the smaller one."""
    text, expected = f"{before}{number}{after}{unit}{before}", number * {"": 1, "B": 1}.get(unit, 1024)
    expected *= {"MiB": 1024, "GiB": 1024**2}.get(unit, 1)
    assert expected == parse_size(text) == read(Size, text) == read(Size, Plain(text, 3))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1 MB", "'1 MB'"),
        ("1.5 MiB", "'1.5 MiB'"),
        ("-1", "'-1'"),
        ("1 kib", "'1 kib'"),
        ("B", "'B'"),
        ("x1", "'x1'"),
        ("1 B1", "'1 B1'"),
        (Plain("1.5", 1.5), "'1.5'"),
        (512, "512"),
        (None, "None"),
    ],
    ids=str,
)
def test_what_is_no_size(value: Any, shown: str) -> None:
    """What is no whole number of bytes, KiB, MiB or GiB is told with how to write it."""
    expected = f"{shown} is no size → write such as 512 KiB or 1 MiB"
    assert expected == mistake(Size, value) == mistake(Size, value, loading=True)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Count, Plain("007", 7), 7),
        (Count, 3, 3),
        (Flag, Plain("yes", True), True),
        (Flag, Plain("false", False), False),
        (Data, Plain("~", None), None),
    ],
    ids=["count", "bare-count", "true", "false", "null"],
)
def test_what_yaml_makes_of_it(kind: Any, value: Any, expected: Any) -> None:
    """A count and a flag are what YAML reads."""
    assert repr(expected) == repr(read(kind, value)) == repr(read(kind, value, loading=True))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(Duration, 0.0), (Size, 0), (Count, 1), (Flag, True), (Text, "a $b$"), (Data, "a $b$")],
    ids=["duration", "size", "count", "flag", "text", "data"],
)
def test_a_placeholder_stands_for_anything(kind: Any, expected: Any) -> None:
    """While loading a text with a placeholder passes for each kind of scalar."""
    assert repr(expected) == repr(read(kind, "a $b$", loading=True))


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [(Duration, "is no duration"), (Size, "is no size"), (Count, "int_parsing"), (Flag, "bool_parsing")],
    ids=["duration", "size", "count", "flag"],
)
@pytest.mark.parametrize(
    ("text", "loading"),
    [("$a$", False), ("$a$", None), ("$$a$$", True), ("$a", True), ("a", True)],
    ids=["running", "no-context", "escaped", "half", "none"],
)
def test_what_is_no_placeholder(kind: Any, complaint: str, text: str, loading: bool | None) -> None:
    """When the step runs its placeholders are filled, and an escaped dollar is none: the text itself must do."""
    assert complaint in mistake(kind, text, loading=loading)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Text, {"type": ["string", "number", "boolean"]}),
        (Count, {"type": "integer"}),
        (Flag, {"type": "boolean"}),
        (Data, {}),
    ],
    ids=["text", "count", "flag", "data"],
)
def test_schema(kind: Any, expected: dict[str, Any]) -> None:
    """An editor is told what may be written, in our words only."""
    assert expected == TypeAdapter(kind).json_schema()


def test_bounds_in_a_schema() -> None:
    """An editor is told the bounds that stand beside a scalar's type too, and nothing else of them."""
    model = create_model("Model", count=(Count, Field(ge=2, le=9, title="C")), size=(Size, Field(ge=1, title="S")))
    found = model.model_json_schema()["properties"]
    assert {"type": "integer", "minimum": 2, "maximum": 9, "title": "C"} == found["count"]
    assert (["string", "integer"], 1, "S") == tuple(found["size"].get(key) for key in ("type", "minimum", "title"))


@pytest.mark.parametrize(
    ("kind", "more"),
    [(Duration, {"type": "string"}), (Size, {"type": ["string", "integer"], "minimum": 0})],
    ids=["duration", "size"],
)
@given(data=st.data())
def test_the_pattern_of_a_schema_is_what_is_read(kind: Any, more: dict[str, Any], data: st.DataObject) -> None:
    """An editor accepts exactly the texts that are read."""
    schema = TypeAdapter(kind).json_schema()
    pattern = schema.pop("pattern")
    assert more == schema
    text = data.draw(st.from_regex(pattern) | st.text("01.s mhBKiMG\n", max_size=6))
    if re.search(pattern, text):
        assert read(kind, text) >= 0
    else:
        assert "write " in mistake(kind, text)
