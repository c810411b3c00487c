"""Validating: whatever is wrong with a file's data is told once, at its place, in words that help."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, Field, Strict, ValidationInfo

from emulator.core.findings import Mark, Rule
from emulator.core.messages import ExactNumber
from emulator.core.profile import StatusPattern
from emulator.core.records import Items, Record
from emulator.core.source import jsonpath
from emulator.core.validating import MendableError, Shape, Validated, validate
from emulator.errors import Finding, Location, Severity


class Color(StrEnum):
    """A word that is kept as an enumeration."""

    RED = "red"
    GREEN = "green"


def checked(value: str, info: ValidationInfo) -> str:
    """*value*, unless it is one of the words that are refused here."""
    if value == "bad":
        raise MendableError("'bad' is no word", "write good")
    if value == "worse":
        raise ValueError("'worse' is no word")
    return value + str((info.context or {}).get("suffix", ""))


class Part(Record):
    """A record in a record; its first key is not the name of its field."""

    url: str = Field(alias="request_url")
    verb: Literal["GET", "POST"] = "GET"


class Limit(Record):
    """One of two records that a key tells apart."""

    type: Literal["limit"]
    count: int


class Words(Record):
    """The other one."""

    type: Literal["words"]
    count: int


class Sample(Record):
    """A file with a field of every kind that can be wrong in a way of its own."""

    name: Annotated[str, Field(min_length=1)] = "x"
    flag: bool = False
    count: Annotated[int, Field(ge=0)] = 0
    ratio: float = 0.0
    counts: dict[str, int] = {}
    part: Part | None = None
    parts: Items[Part] = ()
    some: Annotated[Items[int], Field(min_length=1)] = (1,)
    names: list[str] = []
    color: Annotated[Color, Strict(False)] = Color.RED
    rule: Annotated[Limit | Words, Field(discriminator="type")] | None = None
    either: int | Items[Part] | None = None
    code: Annotated[str, Field(pattern="^a$")] = "a"
    status: StatusPattern = "2xx"
    word: Annotated[str, AfterValidator(checked)] = "x"


def rule(code: str, severity: Severity = Severity.ERROR) -> Rule:
    """A rule of that code."""
    return Rule(code, severity, Mark.ASSUMED, "title", "why")


def locate(path: tuple[str | int, ...], key: bool) -> Location:
    """A place that says what was asked for."""
    return Location(file="key" if key else "value", path=jsonpath(path))


STRICT = Shape(rule("MISSING"), rule("UNKNOWN"), rule("TYPE"), rule("VALUE"), locate)
LENIENT = Shape(rule("MISSING"), rule("UNKNOWN", Severity.WARNING), rule("TYPE"), rule("VALUE"), locate)


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str, str]]:
    """Code, place, message and remedy of each."""
    return [
        (each.code, f"{each.where and each.where.file} {each.path}", each.message, each.remedy) for each in findings
    ]


@pytest.mark.parametrize(
    ("data", "path", "message", "wanted"),
    [
        ({"name": 1}, "$.name", "name must be text; found 1", "text"),
        ({"name": ExactNumber("1.50")}, "$.name", "name must be text; found 1.50", "text"),
        ({"name": True}, "$.name", "name must be text; found a boolean", "text"),
        ({"name": None}, "$.name", "name must be text; found null", "text"),
        ({"flag": "yes"}, "$.flag", "flag must be true or false; found text", "true or false"),
        ({"flag": 1}, "$.flag", "flag must be true or false; found 1", "true or false"),
        ({"count": "1"}, "$.count", "count must be a whole number; found text", "a whole number"),
        ({"count": 1.5}, "$.count", "count must be a whole number; found 1.5", "a whole number"),
        ({"ratio": "1"}, "$.ratio", "ratio must be a number; found text", "a number"),
        ({"counts": []}, "$.counts", "counts must be an object; found a list", "an object"),
        ({"counts": {"a": 1, "b c": "x"}}, '$.counts["b c"]', "counts.b c must be a whole number; found text", None),
        ({"part": "x"}, "$.part", "part must be an object; found text", "an object"),
        ({"parts": {}}, "$.parts", "parts must be a list; found an object", "a list"),
        ({"parts": [{"request_url": "x"}, 3]}, "$.parts[1]", "parts[1] must be an object; found 3", "an object"),
        (
            {"parts": [{"request_url": 3}]},
            "$.parts[0].request_url",
            "parts[0].request_url must be text; found 3",
            "text",
        ),
        ({"names": {}}, "$.names", "names must be a list; found an object", "a list"),
        ({"names": ["a", 1]}, "$.names[1]", "names[1] must be text; found 1", "text"),
        ({"rule": "limit"}, "$.rule", "rule must be an object; found text", "an object"),
        ([], "$", "the file must be an object; found a list", "an object"),
        (3, "$", "the file must be an object; found 3", "an object"),
    ],
    ids=[
        "text",
        "as-written",
        "boolean",
        "null",
        "flag",
        "flag-number",
        "count",
        "count-float",
        "ratio",
        "object",
        "value-of-an-object",
        "record",
        "items",
        "element",
        "in-an-element",
        "list",
        "element-of-a-list",
        "union",
        "root-list",
        "root-number",
    ],
)
def test_a_value_of_another_type(data: Any, path: str, message: str, wanted: str | None) -> None:
    """A value of another type is told with what is wanted and what was found: a number as such, others by kind."""
    result = validate(Sample, data, STRICT)
    assert result.record is None
    assert [("TYPE", f"value {path}", message, f"write {wanted or 'a whole number'}")] == told(result.findings)
    assert [path] == [jsonpath(each) for each in result.wrong]


@pytest.mark.parametrize(
    ("data", "path", "message", "remedy"),
    [
        ({"name": ""}, "$.name", "name is empty", "write a value"),
        ({"some": []}, "$.some", "some is empty", "write a value"),
        ({"count": -1}, "$.count", "count must be at least 0; found -1", "write a larger number"),
        ({"code": "b"}, "$.code", "code: 'b' cannot be used", "write another value"),
        (
            {"status": "9xx"},
            "$.status",
            "status: '9xx' cannot be used",
            "write a status such as 202, or a class of them such as 2xx",
        ),
        ({"word": "bad"}, "$.word", "word: 'bad' is no word", "write good"),
        ({"word": "worse"}, "$.word", "word: 'worse' is no word", "write another value"),
        ({"color": "Red"}, "$.color", 'color cannot be "Red"', 'did you mean "red"?'),
        ({"color": "x"}, "$.color", 'color cannot be "x"', 'use one of: "green", "red"'),
        (
            {"part": {"request_url": "x", "verb": "PUT"}},
            "$.part.verb",
            'part.verb cannot be "PUT"',
            'use one of: "GET", "POST"',
        ),
        (
            {"part": {"request_url": "x", "verb": "post"}},
            "$.part.verb",
            'part.verb cannot be "post"',
            'did you mean "POST"?',
        ),
        (
            {"part": {"request_url": "x", "verb": []}},
            "$.part.verb",
            "part.verb cannot be a list",
            'use one of: "GET", "POST"',
        ),
        ({"rule": {"type": "limt"}}, "$.rule.type", 'rule cannot be "limt"', 'did you mean "limit"?'),
        ({"rule": {"type": None}}, "$.rule.type", "rule cannot be null", 'use one of: "limit", "words"'),
    ],
    ids=[
        "empty",
        "empty-list",
        "range",
        "pattern",
        "status",
        "mendable",
        "not-mendable",
        "word-capitals",
        "word",
        "literal",
        "literal-capitals",
        "literal-of-another-type",
        "tag",
        "tag-of-another-type",
    ],
)
def test_a_value_that_cannot_be(data: Any, path: str, message: str, remedy: str) -> None:
    """A value of the right type that cannot be used is told with what could be."""
    result = validate(Sample, data, STRICT)
    assert result.record is None
    assert [("VALUE", f"value {path}", message, remedy)] == told(result.findings)


@pytest.mark.parametrize(
    ("model", "data", "place", "message", "remedy", "wrong"),
    [
        (Part, {}, "value $", '"request_url" is missing', 'add "request_url"', "$.request_url"),
        (
            Sample,
            {"part": {}},
            "key $.part",
            '"part.request_url" is missing',
            'add "request_url"',
            "$.part.request_url",
        ),
        (
            Sample,
            {"parts": [{}]},
            "key $.parts[0]",
            '"parts[0].request_url" is missing',
            'add "request_url"',
            "$.parts[0].request_url",
        ),
        (Sample, {"rule": {}}, "key $.rule", '"rule.type" is missing', 'add "type"', "$.rule.type"),
        (
            Sample,
            {"rule": {"type": "limit"}},
            "key $.rule",
            '"rule.count" is missing',
            'add "count"',
            "$.rule.count",
        ),
        (
            Sample,
            {"part": {"request_ulr": "x"}},
            "key $.part.request_ulr",
            'unknown key "request_ulr"; "request_url" is missing',
            'did you mean "request_url"?',
            "$.part.request_url",
        ),
        (
            Sample,
            {"rule": {"type": "words", "Count": 1}},
            "key $.rule.Count",
            'unknown key "Count"; "count" is missing',
            'did you mean "count"?',
            "$.rule.count",
        ),
    ],
    ids=["root", "record", "element", "tag", "tagged", "misspelt", "misspelt-tagged"],
)
def test_a_key_that_is_missing(
    model: type[Record], data: Any, place: str, message: str, remedy: str, wrong: str
) -> None:
    """A missing key is told at the key of what should hold it; one that was misspelt, once and where it stands."""
    for shape in (STRICT, LENIENT):
        result = validate(model, data, shape)
        assert result.record is None
        assert [("MISSING", place, message, remedy)] == told(result.findings)
        assert [wrong] == [jsonpath(each) for each in result.wrong]


def test_a_key_elsewhere_is_no_misspelling() -> None:
    """A missing key is looked for among the unknown keys of its own object, not of another's."""
    result = validate(Sample, {"part": {}, "request_ulr": "x"}, STRICT)
    assert [
        ("MISSING", "key $.part", '"part.request_url" is missing', 'add "request_url"'),
        ("UNKNOWN", "key $.request_ulr", 'unknown key "request_ulr"'),
    ] == [each[: 4 - index] for index, each in enumerate(told(result.findings))]


@pytest.mark.parametrize(
    ("data", "path", "key", "remedy"),
    [
        ({"Name": "x"}, "$.Name", "Name", 'did you mean "name"?'),
        ({"part": {"request_url": "x", "vreb": "GET"}}, "$.part.vreb", "vreb", 'did you mean "verb"?'),
        ({"part": {"request_url": "x", "url": "x"}}, "$.part.url", "url", 'use one of: "request_url", "verb"'),
        (
            {"part": {"request_url": "x", "verb": "GET", "verbs": 1}},
            "$.part.verbs",
            "verbs",
            'remove it; all there is: "request_url", "verb"',
        ),
        ({"parts": [{"request_url": "x", "vreb": 1}]}, "$.parts[0].vreb", "vreb", 'did you mean "verb"?'),
        ({"either": [{"request_url": "x", "vreb": 1}]}, "$.either[0].vreb", "vreb", 'did you mean "verb"?'),
    ],
    ids=["capitals", "letters", "field-name", "all-are-there", "element", "union"],
)
def test_a_key_that_is_unknown(data: Any, path: str, key: str, remedy: str) -> None:
    """An unknown key is told at the key, with what else its object may have and has not."""
    findings = [each for each in told(validate(Sample, data, STRICT).findings) if each[0] == "UNKNOWN"]
    assert [("UNKNOWN", f"key {path}", f'unknown key "{key}"', remedy)] == findings


def test_an_unknown_key_may_be_an_error() -> None:
    """Framework 2.12: where unknown keys are errors there is no record, though no value of it is wrong."""
    result = validate(Sample, {"zzz": 1, "count": 2}, STRICT)
    assert (None, ()) == (result.record, result.wrong)


def test_an_unknown_key_may_have_no_effect() -> None:
    """Framework 2.12: where unknown keys are no errors they are told, and the record is read without them."""
    data = {
        "zzz": 1,
        "count": 2,
        "part": {"request_url": "x", "zzz": {"request_url": 1}},
        "parts": [{"request_url": "y"}, {"zzz": 1, "request_url": "z", "verb": "POST"}],
    }
    expected = Sample.model_validate(
        {
            "count": 2,
            "part": {"request_url": "x"},
            "parts": [{"request_url": "y"}, {"request_url": "z", "verb": "POST"}],
        }
    )
    result = validate(Sample, data, LENIENT)
    assert (expected, ()) == (result.record, result.wrong)
    assert ["$.part.zzz", "$.parts[1].zzz", "$.zzz"] == sorted(each.path for each in result.findings)


def test_everything_is_told_at_once() -> None:
    """All that is wrong is told in one go, unknown keys last, and what is wrong is named without them."""
    data = {"zzz": 1, "name": "", "flag": "x", "part": {"yyy": 1}, "parts": [{"request_url": 1}, 2]}
    result = validate(Sample, data, LENIENT)
    assert [
        ("VALUE", "$.name"),
        ("TYPE", "$.flag"),
        ("MISSING", "$.part"),
        ("TYPE", "$.parts[0].request_url"),
        ("TYPE", "$.parts[1]"),
        ("UNKNOWN", "$.part.yyy"),
        ("UNKNOWN", "$.zzz"),
    ] == [(each.code, each.path) for each in result.findings]
    assert {
        ("name",),
        ("flag",),
        ("part", "request_url"),
        ("parts", 0, "request_url"),
        ("parts", 1),
    } == set(result.wrong)


def test_each_way_to_be_wrong_is_told_once() -> None:
    """Where a value may be of several types, each of them is told, at the value's own place."""
    result = validate(Sample, {"either": "x"}, STRICT)
    assert [
        ("TYPE", "value $.either", "either must be a whole number; found text", "write a whole number"),
        ("TYPE", "value $.either", "either must be a list; found text", "write a list"),
    ] == told(result.findings)


class Call(Record):
    """Another record with the key of a part."""

    url: str = Field(alias="request_url")
    times: int = 1


class Both(Record):
    """A record whose part may be one of two that need the same key."""

    part: Part | Call


def test_what_several_types_lack_is_told_once() -> None:
    """A complaint that several of the types have in common is told once."""
    assert [
        ("MISSING", "key $.part", '"part.request_url" is missing', 'add "request_url"'),
        ("UNKNOWN", "key $.part.zzz", 'unknown key "zzz"', 'use one of: "request_url", "times", "verb"'),
    ] == told(validate(Both, {"part": {"zzz": 1}}, STRICT).findings)


class Alike(Record):
    """A record of keys that look alike."""

    token: str
    tokens: int


def test_a_known_key_is_no_misspelling() -> None:
    """A key that is known and wrong is not taken for a misspelling of one that is missing."""
    assert [
        ("MISSING", "value $", '"token" is missing', 'add "token"'),
        ("TYPE", "value $.tokens", "tokens must be a whole number; found text", "write a whole number"),
    ] == told(validate(Alike, {"tokens": "x"}, STRICT).findings)


def test_what_is_right_is_read() -> None:
    """Data without a mistake becomes the record, and nothing is told."""
    data = {"name": "a", "ratio": 1, "rule": {"type": "words", "count": 3}, "color": "green"}
    result = validate(Sample, data, STRICT)
    assert Validated(Sample.model_validate(data)) == result
    assert result.record is not None
    assert ("a", 1.0, Words(type="words", count=3), Color.GREEN) == (
        result.record.name,
        result.record.ratio,
        result.record.rule,
        result.record.color,
    )


@pytest.mark.parametrize("more", [{}, {"zzz": 1}], ids=["known", "unknown"])
def test_the_context_reaches_the_validators(more: dict[str, Any]) -> None:
    """What validators are told of the file holds whether or not unknown keys were left out of it."""
    with_context = validate(Sample, {"word": "a", **more}, LENIENT, context={"suffix": "!"}).record
    without = validate(Sample, {"word": "a", **more}, LENIENT).record
    assert with_context is not None
    assert without is not None
    assert ("a!", "a") == (with_context.word, without.word)


KEYS = st.sampled_from([*Sample.model_fields, *Limit.model_fields, "request_url", "verb", "Name", "zzz"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.floats() | st.sampled_from(["", "a", "limit", "bad", "GET"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


def known(value: Any, model: type[Record]) -> Any:
    """*value* without the keys that *model* does not have."""
    return {key: below for key, below in value.items() if key in model.model_fields}


@given(st.dictionaries(KEYS, ANYTHING, max_size=6) | ANYTHING)
def test_anything_is_read_or_told(data: Any) -> None:
    """Whatever stands in a file, there is a record, or an error and the place of a wrong value; nothing is raised."""
    strict, lenient = validate(Sample, data, STRICT), validate(Sample, data, LENIENT)
    assert told(strict.findings) == told(lenient.findings)
    assert (strict.record is None) is bool(strict.findings)
    assert (lenient.record is None) is any(each.code != "UNKNOWN" for each in lenient.findings)
    assert (lenient.record is None) is bool(lenient.wrong)
    assert len(set(told(lenient.findings))) == len(lenient.findings)


@given(st.dictionaries(KEYS, st.integers(0, 3), max_size=6))
def test_unknown_keys_change_nothing(data: dict[str, Any]) -> None:
    """Framework 2.12: with unknown keys or without, the same record is read or the same values are wrong."""
    whole, part = validate(Sample, data, LENIENT), validate(Sample, known(data, Sample), LENIENT)
    assert (part.record, part.wrong) == (whole.record, whole.wrong)
