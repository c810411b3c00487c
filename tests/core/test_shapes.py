"""Shapes: a record is read in one pass, and every mistake is told at its place, with the change that mends it."""

# ruff: noqa: RUF009 - key() is a dataclass field: it is made for being a default

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.findings import Mark, Rule
from emulator.core.json_text import read_json
from emulator.core.messages import ExactNumber
from emulator.core.shapes import (
    MAX_WRONG,
    WRONG,
    Anything,
    ByTag,
    ListOf,
    Nested,
    OneOf,
    Reader,
    RecordOf,
    Report,
    Text,
    TooManyError,
    fields_of,
    key,
    name_of,
    read_record,
)
from emulator.core.source import SourceText
from emulator.errors import Edit, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A record in a record."""

    url: str = key("request_url", Text())
    verb: str = key("verb", OneOf(("GET", "POST")), default="POST")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A record with a field of each sort: required, salvaged, optional."""

    id: str = key("id", Text())
    label: str = key("name", Text(), salvage="unknown")
    part: Part | None = key("part", RecordOf(Part), default=None)
    parts: tuple[Part, ...] = key("parts", ListOf(RecordOf(Part)), default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """One of two records that a key tells apart."""

    type: str = key("type", OneOf(("Bearer",)))
    token: str = key("token", Text())


@dataclass(frozen=True, slots=True, kw_only=True)
class Basic:
    """The other one."""

    type: str = key("type", OneOf(("Basic",)))
    username: str = key("username", Text())


TAGGED = ByTag("type", {"Bearer": Bearer, "Basic": Basic}, "other schemes cannot be said")


def rule(code: str) -> Rule:
    """A rule of that code."""
    return Rule(code, Severity.ERROR, Mark.ASSUMED, "title", "why")


MISPLACED = rule("MISPLACED")


def advice(name: str, path: tuple[str | int, ...]) -> tuple[Rule, str] | None:
    """What is known of the key "timeout", and of "url" where a record stands in none."""
    if name == "timeout":
        return MISPLACED, "it is a setting of the profile"
    return (MISPLACED, "") if name == "url" and not path else None


def read(reader: Reader, text: str) -> tuple[Any, Report, str]:
    """What *reader* makes of JSON, what it told, and the JSON with all of its edits made."""
    tree = read_json(SourceText("a.json", text))
    assert () == tree.findings
    report = Report(
        rule("MISSING"),
        rule("UNKNOWN"),
        rule("TYPE"),
        rule("VALUE"),
        lambda path, at_key: tree.places.locate(path, key=at_key),
        advice,
    )
    value = reader.read(tree.value, (), report)
    edits = [each.edit for each in report.findings if each.edit is not None]
    for edit in sorted(edits, key=lambda each: -each.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return value, report, text


def told(report: Report) -> list[tuple[str, str, str, str]]:
    """Code, what is underlined, message and remedy of each finding."""
    places = [(each, each.where) for each in report.findings]
    return [
        (each.code, (where.text or "")[(where.column or 1) - 1 :][: where.width], each.message, each.remedy)
        for each, where in places
        if where is not None
    ]


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (Text(), "x"),
        (Text(may_be_empty=True), ""),
        (Text("[a-z]+"), "abc"),
        (OneOf(("GET", "POST")), "POST"),
        (Anything(), None),
        (Anything(), {"a": [1]}),
        (Nested(), {"a": 1}),
        (Nested(), []),
        (Nested(may_be_null=True), None),
    ],
    ids=["text", "empty", "pattern", "word", "null", "anything", "object", "list", "no-object"],
)
def test_a_value_is_read_as_it_is(reader: Reader, value: Any) -> None:
    """Framework 2.1: a value that is right is read as it is, and nothing is told."""
    found, report, _ = read(reader, json.dumps(value))
    assert (value, [], []) == (found, report.findings, report.wrong)


@pytest.mark.parametrize(
    ("reader", "text", "code", "message", "remedy"),
    [
        (Text(), "3", "TYPE", "a must be text; found 3", "write text"),
        (Text(), "1.50", "TYPE", "a must be text; found 1.50", "write text"),
        (Text(), "true", "TYPE", "a must be text; found a boolean", "write text"),
        (Text(), "null", "TYPE", "a must be text; found null", "write text"),
        (Text(), '""', "VALUE", "a is empty", "write a value"),
        (Text("[a-z]+"), '"ab1"', "VALUE", "a: 'ab1' cannot be used", "write another value"),
        (Text("[a-z]+"), '"ab\\n"', "VALUE", "a: 'ab\\n' cannot be used", "write another value"),
        (Text("[a-z]*", "use letters"), '"1ab"', "VALUE", "a: '1ab' cannot be used", "use letters"),
        (Text("[a-z]*"), '""', "VALUE", "a is empty", "write a value"),
        (OneOf(("GET", "POST")), '"PUT"', "VALUE", 'a cannot be "PUT"', 'use one of: "GET", "POST"'),
        (OneOf(("GET", "POST")), '"GETS"', "VALUE", 'a cannot be "GETS"', 'did you mean "GET"?'),
        (OneOf(("GET", "POST"), "GET reads"), '"PUT"', "VALUE", 'a cannot be "PUT"', "GET reads"),
        (OneOf(("GET", "POST"), "GET reads"), '"GETS"', "VALUE", 'a cannot be "GETS"', 'did you mean "GET"?'),
        (OneOf(("abcxy",)), '"abcvw"', "VALUE", 'a cannot be "abcvw"', 'did you mean "abcxy"?'),
        (OneOf(("abcxy",), "mend it"), '"abcvw"', "VALUE", 'a cannot be "abcvw"', "mend it"),
        (OneOf(("GET",)), "3", "TYPE", "a must be text; found 3", "write text"),
        (Nested(), "null", "TYPE", "a must be an object or a list; found null", "write an object or a list"),
        (Nested(may_be_null=True), '"x"', "TYPE", "a must be an object or a list; found text", None),
        (ListOf(Text()), "{}", "TYPE", "a must be a list; found an object", "write a list"),
        (RecordOf(Part), "[]", "TYPE", "a must be an object; found a list", "write an object"),
        (TAGGED, '"Bearer"', "TYPE", "a must be an object; found text", "write an object"),
    ],
    ids=[
        "number",
        "as-written",
        "boolean",
        "null",
        "empty",
        "pattern",
        "line-end",
        "pattern-with-advice",
        "empty-first",
        "word",
        "word-like-one",
        "word-with-advice",
        "word-like-one-with-advice",
        "word-rather-like-one",
        "word-rather-like-one-with-advice",
        "no-word",
        "nested",
        "nested-or-null",
        "list",
        "record",
        "tagged",
    ],
)
def test_a_value_that_is_wrong(reader: Reader, text: str, code: str, message: str, remedy: str | None) -> None:
    """Framework 2.1: a wrong value is told where it stands, with what is wanted, and what could be meant."""

    @dataclass(frozen=True)
    class Holder:
        a: Any = key("a", reader)

    found, report, fixed = read(RecordOf(Holder), f'{{"a": {text}}}')
    underlined = text[0] if text[0] in "[{" else text
    expected = (code, underlined, message, remedy or "write an object or a list")
    assert (WRONG, [expected], [("a",)]) == (found, told(report), report.wrong)
    assert f'{{"a": {text}}}' == fixed


@pytest.mark.parametrize(
    ("text", "expected"),
    [('"get"', '"GET"'), ('"Post"', '"POST"'), ('"GETS"', '"GETS"'), ('"\\u0067et"', '"\\u0067et"')],
    ids=["small", "mixed", "letters", "escape"],
)
def test_a_word_in_other_capitals_is_mended(text: str, expected: str) -> None:
    """Framework 2.1: a word that differs in capitals alone has a mechanical remedy, if it stands there as such."""
    assert expected == read(OneOf(("GET", "POST")), text)[2]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), "the file"),
        (("API", "SendMessage", "request_url"), "API.SendMessage.request_url"),
        (("Webhook", 0, "event_key"), "Webhook[0].event_key"),
        ((1, "a"), "[1].a"),
    ],
    ids=["root", "keys", "index", "index-first"],
)
def test_the_name_of_a_place(path: tuple[str | int, ...], expected: str) -> None:
    """A place is named by its keys and indexes, and the root is the file."""
    assert expected == name_of(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"id": "1", "name": "x"}', Whole(id="1", label="x")),
        ('{"name": "x", "id": "1", "part": {"request_url": "u"}}', Whole(id="1", label="x", part=Part(url="u"))),
        (
            '{"id": "1", "name": "x", "parts": [{"request_url": "u", "verb": "GET"}, {"request_url": "v"}]}',
            Whole(id="1", label="x", parts=(Part(url="u", verb="GET"), Part(url="v"))),
        ),
    ],
    ids=["required", "nested", "list"],
)
def test_a_record_is_read(text: str, expected: Whole) -> None:
    """Framework 2.1: an object becomes a record, its keys in any order, with the defaults of what it lacks."""
    found, report, _ = read(RecordOf(Whole), text)
    assert (expected, []) == (found, report.findings)


@pytest.mark.parametrize(
    ("text", "record", "wrong"),
    [
        ('{"name": "x"}', None, [("id",)]),
        ('{"id": "", "name": "x"}', None, [("id",)]),
        ('{"id": "1"}', Whole(id="1", label="unknown"), [("name",)]),
        ('{"id": "1", "name": 3}', Whole(id="1", label="unknown"), [("name",)]),
        ('{"id": "1", "name": "x", "part": 3}', Whole(id="1", label="x"), [("part",)]),
        ('{"id": "1", "name": "x", "part": {}}', Whole(id="1", label="x"), [("part", "request_url")]),
        ('{"id": "1", "name": "x", "parts": {}}', Whole(id="1", label="x"), [("parts",)]),
        ('{"id": "1", "name": "x", "part": {"request_url": "u", "verb": "x"}}', Part(url="u"), [("part", "verb")]),
        ("[]", None, [()]),
    ],
    ids=["missing", "wrong", "salvaged", "salvaged-wrong", "optional", "in-optional", "no-list", "deeper", "no-object"],
)
def test_what_is_left_of_a_record(text: str, record: Whole | Part | None, wrong: list[tuple[str, ...]]) -> None:
    """Framework 2.1: what is required spoils its record, what is optional is as good as absent, the rest is kept."""
    if isinstance(record, Part):
        record = Whole(id="1", label="x", part=record)
    found, report, _ = read(RecordOf(Whole), text)
    assert (WRONG if record is None else record, wrong) == (found, report.wrong)


@pytest.mark.parametrize(
    ("text", "expected", "fixed"),
    [
        ("{}", ("MISSING", "{", '"request_url" is missing', 'add "request_url"'), None),
        (
            '{"xyz": 1, "request_url": "u"}',
            ("UNKNOWN", '"xyz"', 'unknown key "xyz"', 'nothing reads it; use one of: "verb"'),
            None,
        ),
        (
            '{"request_url": "u", "verb": "GET", "x": 1}',
            ("UNKNOWN", '"x"', 'unknown key "x"', "nothing reads it; remove it"),
            None,
        ),
        (
            '{"request_url": "u", "vreb": "GET"}',
            ("UNKNOWN", '"vreb"', 'unknown key "vreb"', 'did you mean "verb"?'),
            None,
        ),
        (
            '{"request_url": "u", "Verb": "GET"}',
            ("UNKNOWN", '"Verb"', 'unknown key "Verb"', 'did you mean "verb"?'),
            '{"request_url": "u", "verb": "GET"}',
        ),
        (
            '{"request_url": "u", "verb": "GET", "Verb": "GET"}',
            ("UNKNOWN", '"Verb"', 'unknown key "Verb"', "nothing reads it; remove it"),
            None,
        ),
        (
            '{"request_ulr": "u"}',
            (
                "MISSING",
                '"request_ulr"',
                'unknown key "request_ulr"; "request_url" is missing',
                'did you mean "request_url"?',
            ),
            '{"request_url": "u"}',
        ),
        (
            '{"Request_URL": "u"}',
            (
                "MISSING",
                '"Request_URL"',
                'unknown key "Request_URL"; "request_url" is missing',
                'did you mean "request_url"?',
            ),
            '{"request_url": "u"}',
        ),
        (
            '{"request_url": "u", "timeout": 1}',
            ("MISPLACED", '"timeout"', '"timeout" stands in the wrong place', "it is a setting of the profile"),
            None,
        ),
        (
            '{"request_url": "u", "url": 1}',
            ("MISPLACED", '"url"', '"url" stands in the wrong place', 'nothing reads it; use one of: "verb"'),
            None,
        ),
    ],
    ids=[
        "missing",
        "unknown",
        "all-are-there",
        "letters",
        "capitals",
        "capitals-of-one-there",
        "misspelt",
        "misspelt-capitals",
        "misplaced",
        "misplaced-without-advice",
    ],
)
def test_a_key_that_is_missing_or_unknown(text: str, expected: tuple[str, str, str, str], fixed: str | None) -> None:
    """Framework 2.1, 2.12: a missing or unknown key is told once, at the key, and a slip of capitals can be mended."""
    _, report, after = read(RecordOf(Part), text)
    assert ([expected], fixed or text) == (told(report), after)


def test_a_key_that_is_known_elsewhere_is_no_misspelling() -> None:
    """Framework 2.1: a key of which more is known than its name is told for what it is, not taken for a missing one."""

    @dataclass(frozen=True)
    class Timed:
        timeouts: str = key("timeouts", Text())

    _, report, _ = read(RecordOf(Timed), '{"timeout": "1"}')
    assert ["MISSING", "MISPLACED"] == [each.code for each in report.findings]


def test_a_missing_key_is_told_at_what_should_hold_it() -> None:
    """Framework 2.1: below the root, a missing key is told at the key of its object, under its full name."""
    _, report, _ = read(RecordOf(Whole), '{"id": "1", "name": "x", "part": {}}')
    assert [("MISSING", '"part"', '"part.request_url" is missing', 'add "request_url"')] == told(report)


def test_wrong_elements_are_left_out() -> None:
    """Framework 2.1: of a list the elements that are right are kept, with their places in the file."""
    text = '[{"request_url": "u"}, 3, {"request_url": "v"}, {}]'
    found, report, _ = read(ListOf(RecordOf(Part)), text)
    assert (Part(url="u"), Part(url="v")) == found
    assert ({(): (0, 2)}, [(1,), (3, "request_url")]) == (report.kept, report.wrong)


def test_a_list_without_mistakes_is_whole() -> None:
    """Framework 2.1: of a list that is right nothing was left out, so no places are kept."""
    found, report, _ = read(ListOf(Text()), '["a", "b"]')
    assert (("a", "b"), {}) == (found, report.kept)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type": "Bearer", "token": "t"}', Bearer(type="Bearer", token="t")),
        ('{"username": "u", "type": "Basic"}', Basic(type="Basic", username="u")),
        ('{"type": "Basic"}', WRONG),
    ],
    ids=["one", "other", "incomplete"],
)
def test_a_tag_says_which_record_it_is(text: str, expected: Any) -> None:
    """Framework 2.6: the value of one key tells which record an object is."""
    assert expected == read(TAGGED, text)[0]


@pytest.mark.parametrize(
    ("text", "expected", "fixed"),
    [
        (
            '{"token": "t"}',
            [("MISSING", "{", '"type" is missing', 'add "type"')],
            None,
        ),
        (
            '{"Type": "Bearer", "username": "u"}',
            [
                ("MISSING", '"Type"', 'unknown key "Type"; "type" is missing', 'did you mean "type"?'),
                ("MISSING", "{", '"token" is missing', 'add "token"'),
                ("UNKNOWN", '"username"', 'unknown key "username"', 'nothing reads it; use one of: "token", "type"'),
            ],
            '{"type": "Bearer", "username": "u"}',
        ),
        (
            '{"type": "bearer", "token": "t"}',
            [("VALUE", '"bearer"', 'type cannot be "bearer"', 'did you mean "Bearer"?')],
            '{"type": "Bearer", "token": "t"}',
        ),
        (
            '{"type": "Digest", "realm": "r", "tokn": 1}',
            [
                ("VALUE", '"Digest"', 'type cannot be "Digest"', "other schemes cannot be said"),
                ("UNKNOWN", '"realm"', 'unknown key "realm"', 'nothing reads it; use one of: "token", "username"'),
                ("UNKNOWN", '"tokn"', 'unknown key "tokn"', 'did you mean "token"?'),
            ],
            None,
        ),
        (
            '{"type": 3, "Token": "t"}',
            [
                ("TYPE", "3", "type must be text; found 3", "write text"),
                ("UNKNOWN", '"Token"', 'unknown key "Token"', 'did you mean "token"?'),
            ],
            '{"type": 3, "token": "t"}',
        ),
        ('{"type": [], "token": "t"}', [("TYPE", "[", "type must be text; found a list", "write text")], None),
    ],
    ids=["missing", "misspelt", "capitals", "another", "no-text", "list"],
)
def test_a_tag_that_is_none(text: str, expected: list[tuple[str, str, str, str]], fixed: str | None) -> None:
    """Framework 2.6: where the tag says nothing, it is told, and so are keys that none of the records has."""
    found, report, after = read(TAGGED, text)
    assert (WRONG, expected, fixed or text) == (found, told(report), after)


def test_a_finding_that_is_told_may_hold_a_change() -> None:
    """What a reader tells with a remedy that is mechanical carries the change, and spoils the value."""
    _, report, _ = read(Anything(), '{"a": "x"}')
    edit = Edit(6, 9, '"y"')
    assert WRONG is report.refuse(rule("OTHER"), ("a",), "wrong", "mend it", edit=edit)
    assert ([("a",)], [("OTHER", "$.a", edit)]) == (
        report.wrong,
        [(each.code, each.path, each.edit) for each in report.findings],
    )


def test_reading_stops_where_all_is_wrong() -> None:
    """Framework 2.1: of a file in which everything is wrong the first fifty mistakes are told."""
    assert MAX_WRONG - 1 == len(read(ListOf(Text()), json.dumps([3] * (MAX_WRONG - 1)))[1].findings)
    report = read(Anything(), "[]")[1]
    with pytest.raises(TooManyError):
        ListOf(Text()).read([3] * 1000, (), report)
    assert ([(index,) for index in range(50)], 50) == (report.wrong, len(report.findings))


def test_of_many_unknown_keys_the_first_are_told() -> None:
    """Framework 2.12: unknown keys spoil nothing, and of more than fifty in one object the first fifty are told."""
    data = {"request_url": "u"} | {f"{number:03}": 1 for number in range(60)}
    found, report, _ = read(RecordOf(Part), json.dumps(data))
    assert (Part(url="u"), []) == (found, report.wrong)
    assert [f'unknown key "{number:03}"' for number in range(50)] == [each.message for each in report.findings]


def test_the_fields_of_a_record_have_the_names_of_the_file() -> None:
    """A record's fields are known by the file's spelling, in the record's order."""
    fields = fields_of(Whole)
    assert {"id": "id", "name": "label", "part": "part", "parts": "parts"} == {
        name: each.name for name, each in fields.items()
    }
    assert [True, True, False, False] == [each.default is dataclasses.MISSING for each in fields.values()]


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        (Text(), {"type": "string", "minLength": 1}),
        (Text(may_be_empty=True), {"type": "string"}),
        (Text("a|b"), {"type": "string", "minLength": 1, "pattern": "^(?:a|b)$"}),
        (OneOf(("GET", "POST")), {"enum": ["GET", "POST"]}),
        (Anything(), {}),
        (Nested(), {"type": ["object", "array"]}),
        (Nested(may_be_null=True), {"type": ["object", "array", "null"]}),
        (ListOf(OneOf(("a",))), {"type": "array", "items": {"enum": ["a"]}}),
        (RecordOf(Part), {"$ref": "#/$defs/Part"}),
        (
            TAGGED,
            {
                "type": "object",
                "required": ["type"],
                "properties": {"type": {"enum": ["Bearer", "Basic"]}},
                "allOf": [
                    {"if": {"properties": {"type": {"const": "Bearer"}}}, "then": {"$ref": "#/$defs/Bearer"}},
                    {"if": {"properties": {"type": {"const": "Basic"}}}, "then": {"$ref": "#/$defs/Basic"}},
                ],
            },
        ),
    ],
    ids=["text", "empty", "pattern", "word", "anything", "nested", "or-null", "list", "record", "tagged"],
)
def test_what_is_read_as_json_schema(reader: Reader, expected: dict[str, Any]) -> None:
    """What a reader takes is what its JSON Schema says."""
    assert expected == reader.schema()


KEYS = st.sampled_from(["id", "name", "part", "parts", "request_url", "verb", "Verb", "request_ulr", "zzz", "timeout"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x", "GET", "get"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@given(ANYTHING)
def test_anything_is_read_or_told(data: Any) -> None:
    """Framework 2.1: whatever JSON stands in a file, there is a record or a wrong place; nothing is raised."""
    found, report, _ = read(RecordOf(Whole), json.dumps(data))
    assert isinstance(found, Whole) or report.wrong
    told = [each for each in report.findings if each.code in {"MISSING", "TYPE", "VALUE"}]
    assert len(report.wrong) == sum(not each.message.startswith("unknown key") for each in told)
    assert all(each.where is not None and each.where.path == each.path for each in report.findings)


@given(ANYTHING)
def test_changes_leave_json(data: Any) -> None:
    """Framework 2.1: with the changes that findings carry, a file is another, and still JSON without a key twice."""
    text = json.dumps(data)
    _, report, fixed = read(RecordOf(Whole), text)
    assert any(each.edit is not None for each in report.findings) is (fixed != text)
    assert () == read_json(SourceText("a.json", fixed)).findings


def test_a_number_is_told_as_it_is_written() -> None:
    """Framework 2.1: a number where text should be is told digit for digit, so that it can be put in quotes."""
    report = read(Anything(), '{"id": 1}')[1]
    assert WRONG is read_record(Part, {"request_url": ExactNumber("0.10")}, (), report)
    assert ["request_url must be text; found 0.10"] == [each.message for each in report.findings]
