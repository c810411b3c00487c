"""Matchers: an equal value never differs, every other one is told with its place, and nothing raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.comparing import (
    ABSENT,
    OPERATORS,
    Complaint,
    Difference,
    complaints,
    describe,
    differences,
    equal,
    shown,
)
from emulator.core.messages import ExactNumber
from emulator.core.plain import Plain
from emulator.core.validating import MendableError

PHONE, ZEROS, TRUE = Plain("+61123456789", 61123456789), Plain("007", 7), Plain("true", True)
FIVE, NULL, YES = Plain("5", 5), Plain("~", None), Plain("yes", True)

ANY_OF = "one of them to be 3 or one of them to be 4"
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from([ExactNumber("1.10"), ExactNumber("9" * 5000), "$", "$a$", "7", "true", "+61123456789"])
    | st.text(max_size=4)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab$", max_size=2), inner, max_size=3),
    max_leaves=6,
)


def _operations(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    text, number = st.text("ab1", max_size=2), st.integers(-3, 3) | st.just("2") | st.just(FIVE)
    arguments: dict[str, st.SearchStrategy[Any]] = {
        "equals": ANYTHING,
        "not": inner,
        "any_of": st.lists(inner, min_size=1, max_size=3),
        "all_of": st.lists(inner, min_size=1, max_size=3),
        "any": inner,
        "matches": st.sampled_from(["a+", "^1", "(x|)", r"\d", FIVE]),
        "contains": text,
        "starts_with": text,
        "ends_with": text,
        "one_of": st.lists(ANYTHING, min_size=1, max_size=3),
        "type": st.sampled_from(["string", "number", "integer", "boolean", "object", "array", "null"]),
        "format": st.sampled_from(["e164", "url", "uuid", "nonempty", "iso8601"]),
        "present": st.booleans() | st.just(TRUE),
        "length": inner,
        **dict.fromkeys(("gt", "gte", "lt", "lte"), number),
    }
    assert OPERATORS.keys() == arguments.keys()
    paths = st.sampled_from(["$", "$.a", "$[0]", "$..a", "$.*", "$.b.`len`", '$["$a"]'])
    return st.fixed_dictionaries({}, optional=arguments) | st.dictionaries(paths, inner, max_size=2)


MATCHERS = st.recursive(SCALARS | st.sampled_from([PHONE, TRUE, NULL]), _operations, max_leaves=5)


def comparable(value: Any) -> Any:
    """*value* so that Python's own equality is JSON's: true is not 1."""
    if isinstance(value, bool):
        return ("boolean", str(value))
    if isinstance(value, list):
        return [comparable(each) for each in value]
    return {key: comparable(each) for key, each in value.items()} if isinstance(value, dict) else value


def fits(matcher: Any, value: Any) -> bool:
    """Whether *value* is what *matcher* asks for."""
    return not differences(matcher, value)


def raised_by(matcher: Any, value: Any) -> MendableError | None:
    """The error that comparing *value* with *matcher* raises, if any."""
    try:
        differences(matcher, value)
    except MendableError as error:
        return error
    return None


def name(value: Any) -> str:
    """The name of a case; an object's address is none."""
    return "nothing" if value is ABSENT else str(value).replace("Plain", "")


@given(ANYTHING)
def test_an_equal_value_never_differs(value: Any) -> None:
    """Any JSON equals itself, plainly and through every operator that compares."""
    matchers: list[Any] = [
        {"equals": value},
        {"one_of": [ABSENT, value]},
        {"$": {"equals": value}},
        {"not": {"not": [value]}},
    ]
    assert [(), (), ()] == [differences(matcher, value) for matcher in matchers[:3]]
    assert () == differences(matchers[3], [value]) == differences({"contains": value}, ["x", value])
    assert isinstance(value, dict) or () == differences(value, value)


@given(ANYTHING, ANYTHING)
def test_equality_is_that_of_json(one: Any, other: Any) -> None:
    """Two values are equal if JSON would say so; 1 is 1.0, and true is not 1."""
    assert (comparable(one) == comparable(other)) == equal(one, other) == fits({"equals": one}, other)


@given(MATCHERS, ANYTHING | st.just(ABSENT))
def test_a_good_matcher_never_raises(matcher: Any, value: Any) -> None:
    """A matcher with nothing wrong judges any value, is put into words, and `not` turns its verdict round."""
    assert [] == list(complaints(matcher))
    found = differences(matcher, value)
    assert all(each.expected and each.found for each in found)
    assert bool(found) != bool(differences({"not": matcher}, value))
    assert isinstance(describe(matcher), str)


@pytest.mark.filterwarnings("ignore:Possible:FutureWarning")  # Python's, of a regular expression such as [[
@given(st.dictionaries(st.sampled_from([*OPERATORS, "$.a", "$[", "x"]), ANYTHING, max_size=2), ANYTHING)
def test_a_bad_matcher_is_told(matcher: dict[str, Any], value: Any) -> None:
    """What is no matcher is told while loading, or raises an error that says how to mend it; nothing else is raised."""
    error = raised_by(matcher, value)
    if error is not None:
        assert error.mend
        assert "$a$" in str(list(matcher.values())) or [*complaints(matcher)]


@pytest.mark.parametrize(
    ("matcher", "value"),
    [
        (PHONE, "+61123456789"),
        (PHONE, 61123456789),
        (ZEROS, "007"),
        (ZEROS, 7),
        (TRUE, True),
        (TRUE, "true"),
        (NULL, None),
        ([ZEROS, {"a": YES}], ["007", {"a": True}]),
        ([1, 2], (1, 2)),
        ({"equals": {"a": FIVE}}, {"a": "5"}),
        ({"not": 5}, ABSENT),
        ({"any_of": [1, 2]}, 2),
        ({"all_of": [{"gt": 1}, {"lt": 3}]}, 2),
        ({"matches": "b$"}, "ab"),
        ({"matches": ZEROS}, "x007"),
        ({"matches": "^tr"}, True),
        ({"contains": "b"}, "abc"),
        ({"contains": FIVE}, 152),
        ({"contains": FIVE}, ["x", "5"]),
        ({"contains": {"a": 1}}, [{"a": 1}]),
        ({"starts_with": ZEROS}, "0071"),
        ({"ends_with": ZEROS}, "1007"),
        ({"ends_with": "5"}, 15),
        ({"one_of": ["a", FIVE]}, "5"),
        ({"type": "string"}, ""),
        ({"type": "number"}, 1.5),
        ({"type": "integer"}, 10**30),
        ({"type": "integer"}, 2.0),
        ({"type": "boolean"}, False),
        ({"type": "object"}, {}),
        ({"type": "array"}, []),
        ({"type": "null"}, None),
        ({"format": "e164"}, "+61123456789"),
        ({"format": "url"}, "https://example.com/a?b#c"),
        ({"format": "uuid"}, "B1C05C3E-8ed0-4790-992e-74aa839e1d39"),
        ({"format": "nonempty"}, 0),
        ({"format": "iso8601"}, "2026-01-02T03:04:05Z"),
        ({"present": False}, ABSENT),
        ({"present": TRUE}, None),
        ({"length": FIVE}, "abcde"),
        ({"length": {"gt": 1}}, {"a": 1, "b": 2}),
        ({"length": 0}, []),
        ({"gt": 1}, "1.5"),
        ({"gte": FIVE}, 5),
        ({"lt": "1e3"}, 999),
        ({"lte": -1}, "-1"),
        ({"gt": 3, "lt": 5}, 4),
        ({}, ABSENT),
        ({"$.a[*].b": {"gt": 0}}, {"a": [{"b": 1}, {"b": 2}]}),
        ({"$.a": {"present": False}, "$.b": 1}, {"b": 1}),
        ({"$.a": {"$.b": 1}}, {"a": {"b": 1}}),
        ({"any": FIVE}, [1, "5"]),
        ({"any": {"starts_with": "b"}}, ["a", "bc"]),
        (
            {"any": {"$.id": "m-2", "$.text": {"contains": "b"}}},
            [{"id": "m-1", "text": "b"}, {"id": "m-2", "text": "abc"}],
        ),
        ({"$.a[*].id": {"any": 2}}, {"a": [{"id": 1}, {"id": 2}]}),
        ({"$.a": {"any": {"$.id": 2}}}, {"a": [{"id": 1}, {"id": 2}]}),
        ({"$..id": {"any": 2, "type": "integer"}}, {"a": [{"id": 1}, {"id": 2}]}),
        ({"$.a[*].id": {"not": {"any": 3}}}, {"a": [{"id": 1}, {"id": 2}]}),
        ({"$.a[*].id": {"all_of": [{"any": 1}, {"any": 2}]}}, {"a": [{"id": 1}, {"id": 2}]}),
        ({"$.a[*]": {"any": {"any": 2}}}, {"a": [[1], [2]]}),
        ({"$.a[0]": {"any": 2}}, {"a": [[1, 2]]}),
        ({"$.a": {"$[*].id": {"any": 2}}}, {"a": [{"id": 1}, {"id": 2}]}),
    ],
    ids=name,
)
def test_fits(matcher: Any, value: Any) -> None:
    """Each operator holds for what it asks for; unquoted scalars hold as text and as what YAML makes of them."""
    assert () == differences(matcher, value)


@pytest.mark.parametrize(
    ("matcher", "value", "expected", "found"),
    [
        ("a", "b", "a", "b"),
        ("a", ABSENT, "a", "nothing"),
        (None, ABSENT, "null", "nothing"),
        (1, True, "1", "true"),
        (0, False, "0", "false"),
        (5, "5", "5", "'5'"),
        (PHONE, "61123456789", "+61123456789", "'61123456789'"),
        (ZEROS, "7", "007", "'7'"),
        (TRUE, 1, "true", "1"),
        ([1], [1, 2], "[1]", "[1, 2]"),
        ([1, 2], [1], "[1, 2]", "[1]"),
        ({"equals": {"a": 1}}, {"a": 1, "b": 2}, '{"a": 1}', '{"a": 1, "b": 2}'),
        ({"equals": {"a": 1, "b": 2}}, {"a": 1, "b": 3}, '{"a": 1, "b": 2}', '{"a": 1, "b": 3}'),
        ({"equals": {"a": FIVE}}, None, '{"a": 5}', "null"),
        ({"not": 5}, 5, "not 5", "5"),
        ({"any_of": [1, {"gt": 5}]}, 2, "1 or more than 5", "2"),
        ({"any": 5}, [1, 2], "one of them to be 5", "none of 2: 1, 2"),
        ({"any": "a"}, [*"bcdefgh"], "one of them to be a", "none of 7: b, c, d, e, f and 2 more"),
        ({"any": {"gt": 5}}, [], "one of them to be more than 5", "none at all"),
        ({"any": "a"}, "a", "one of them to be a", "no list, but a"),
        ({"any": "a"}, ABSENT, "one of them to be a", "nothing"),
        (
            {"any": {"$.id": 2, "$.text": "b"}},
            [{"id": 1, "text": "a"}, {"id": 2, "text": "c"}],
            "one of them to have $.id: 2, $.text: b",
            "none of 2; closest: [1].text is c, not b",
        ),
        ({"not": {"any": 1}}, [1, 2], "not one of them to be 1", "[1, 2]"),
        ({"matches": "^b"}, "ab", "text that matches '^b'", "ab"),
        ({"matches": ""}, None, "text that matches ''", "null"),
        ({"contains": "x"}, "abc", "something that contains x", "abc"),
        ({"contains": "ab"}, ["abc"], "something that contains ab", '["abc"]'),
        ({"contains": "a"}, {"a": 1}, "something that contains a", '{"a": 1}'),
        ({"contains": FIVE}, ["55"], "something that contains '5'", '["55"]'),
        ({"starts_with": "b"}, "abc", "text that starts with b", "abc"),
        ({"starts_with": ""}, ABSENT, "text that starts with ''", "nothing"),
        ({"ends_with": "b"}, "abc", "text that ends with b", "abc"),
        ({"ends_with": ""}, [], "text that ends with ''", "[]"),
        ({"one_of": ["a", 1]}, True, "one of a, 1", "true"),
        ({"type": "string"}, 5, "a value of type string", "5"),
        ({"type": "number"}, True, "a value of type number", "true"),
        ({"type": "number"}, "5", "a value of type number", "'5'"),
        ({"type": "integer"}, 1.5, "a value of type integer", "1.5"),
        ({"type": "integer"}, False, "a value of type integer", "false"),
        ({"type": "boolean"}, 0, "a value of type boolean", "0"),
        ({"type": "object"}, [], "a value of type object", "[]"),
        ({"type": "array"}, {}, "a value of type array", "{}"),
        ({"type": "null"}, ABSENT, "a value of type null", "nothing"),
        ({"format": "e164"}, "61123456789", "a phone number in E.164 (+61123456789)", "'61123456789'"),
        ({"format": "e164"}, "+61123456789\n", "a phone number in E.164 (+61123456789)", r"'+61123456789\n'"),
        ({"format": "url"}, "ftp://a", "an http(s) URL", "ftp://a"),
        ({"format": "url"}, "http:///a", "an http(s) URL", "http:///a"),
        ({"format": "url"}, "http://a b", "an http(s) URL", "'http://a b'"),
        ({"format": "uuid"}, "b1c05c3e", "a UUID", "b1c05c3e"),
        ({"format": "uuid"}, "b1c05c3e8ed04790992e74aa839e1d39", "a UUID", "b1c05c3e8ed04790992e74aa839e1d39"),
        ({"format": "nonempty"}, " ", "a text that is not empty", "' '"),
        ({"format": "nonempty"}, None, "a text that is not empty", "null"),
        ({"format": "iso8601"}, "yesterday", "a date and time in ISO 8601", "yesterday"),
        ({"present": False}, None, "nothing", "null"),
        ({"present": True}, ABSENT, "something", "nothing"),
        ({"length": 2}, "abc", "length 2", "length 3 (abc)"),
        ({"length": {"lt": 1}}, [1], "length less than 1", "length 1 ([1])"),
        ({"length": 1}, 5, "something that has a length", "5"),
        ({"length": 0}, ABSENT, "something that has a length", "nothing"),
        ({"gt": 5}, 5, "more than 5", "5"),
        ({"gte": FIVE}, "4.9", "at least 5", "'4.9'"),
        ({"lt": "5"}, 5, "less than '5'", "5"),
        ({"lte": 5}, 5.1, "at most 5", "5.1"),
        ({"gt": 0}, True, "more than 0", "true"),
        ({"gt": 0}, "1x", "more than 0", "1x"),
        ({"lt": 5}, ABSENT, "less than 5", "nothing"),
    ],
    ids=name,
)
def test_does_not_fit(matcher: Any, value: Any, expected: str, found: str) -> None:
    """Each operator tells what it wanted and what is there instead, at the place that it was asked about."""
    assert (Difference("$.here", expected, found),) == differences(matcher, value, "$.here")


@pytest.mark.parametrize(
    ("matcher", "value", "expected"),
    [
        ({"$.a": 1}, {"a": 2}, [("$.a", "1", "2")]),
        ({"$.a": 1}, {}, [("$.a", "1", "nothing")]),
        ({"$.a.b": 1}, ABSENT, [("$.a.b", "1", "nothing")]),
        (
            {"$[*].a": 1},
            [{"a": 1}, {"a": 2}, {"a": 3}],
            [("$[1].a", "1 at each of 3 places (for one of them: any)", "2"), ("$[2].a", "1", "3")],
        ),
        ({"$[*].a": 1}, [{"a": 2}, {"a": 3}], [("$[0].a", "1", "2"), ("$[1].a", "1", "3")]),
        ({"$[*].a": 1}, [], [("$[*].a", "1", "nothing")]),
        ({"$.a": {"$.b": 1, "$['c d']": 2}}, {"a": {"b": 0}}, [("$.a.b", "1", "0"), ("$.a['c d']", "2", "nothing")]),
        ({"$.a": {"$.b": 1}}, {}, [("$.a.b", "1", "nothing")]),
        ({"$": 1}, 2, [("$", "1", "2")]),
        ({"gt": 3, "lt": 1}, 2, [("", "more than 3", "2"), ("", "less than 1", "2")]),
        ({"all_of": ["a", {"length": 2}]}, "b", [("", "a", "b"), ("", "length 2", "length 1 (b)")]),
    ],
    ids=[
        "key",
        "no-key",
        "absent",
        "each",
        "none",
        "no-place",
        "below",
        "nothing-below",
        "root",
        "operators",
        "all_of",
    ],
)
def test_every_difference_has_its_place(matcher: Any, value: Any, expected: list[tuple[str, str, str]]) -> None:
    """All that differs is told, each at the path of the value that differs, or at the one that was looked for."""
    assert [Difference(*each) for each in expected] == list(differences(matcher, value))


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        ({"any": 3}, Difference("$.a[*].id", "one of them to be 3", "none of 2: 1, 2")),
        ({"not": {"any": 2}}, Difference("$.a[*].id", "not one of them to be 2", "[1, 2]")),
        ({"any_of": [{"any": 3}, {"any": 4}]}, Difference("$.a[*].id", ANY_OF, "[1, 2]")),
    ],
    ids=["any", "not", "any_of"],
)
def test_one_of_several_places(matcher: Any, expected: Difference) -> None:
    """``any`` under a path that leads to several places looks at them together, and says what all of them are."""
    assert (expected,) == differences({"$.a[*].id": matcher}, {"a": [{"id": 1}, {"id": 2}]})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ABSENT, "nothing"),
        (None, "null"),
        (False, "false"),
        (ExactNumber("1.10"), "1.10"),
        (PHONE, "+61123456789"),
        ("a.b:c/d@e+f-g", "a.b:c/d@e+f-g"),
        ("a b", "'a b'"),
        ("", "''"),
        ("True", "'True'"),
        ("null", "'null'"),
        ("-1.5e+3", "'-1.5e+3'"),
        ("nullable", "nullable"),
        ("é", "'é'"),
        ("a\n", r"'a\n'"),
        ('{"why": "\'+61\' is no number"}\n', '{"why": "\'+61\' is no number"}\\n'),
        ({"a": ExactNumber("1.10"), "b": [None, True, "\u200b"]}, '{"a": 1.10, "b": [null, true, "\\u200b"]}'),
        ([ZEROS, "a"], '[7, "a"]'),
        ("x" * 120, "x" * 120),
        ("x" * 121, "'" + "x" * 119 + "…"),
        ("x " * 59, repr("x " * 59)),
        ([1] * 50, repr([1] * 50)[:120] + "…"),
    ],
    ids=[
        "absent",
        "null",
        "false",
        "number-as-written",
        "unquoted",
        "word",
        "words",
        "empty",
        "like-true",
        "like-null",
        "like-a-number",
        "begins-like-null",
        "not-ascii",
        "line-end",
        "text-of-json",
        "object",
        "list",
        "longest-word",
        "too-long-word",
        "longest-text",
        "long-list",
    ],
)
def test_shown(value: Any, expected: str) -> None:
    """A value is shown in one short line; text has quotes where it could be taken for something else."""
    assert expected == shown(value)


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        ("a", "a"),
        ({}, "nothing"),
        ({"present": False}, "nothing"),
        ({"not": {"gt": 5}}, "not more than 5"),
        ({"gt": 1, "lt": 5}, "more than 1 and less than 5"),
        ({"all_of": [{"gt": 1}, 2]}, "more than 1 and 2"),
        ({"any_of": ["a", {"type": "null"}]}, "a or a value of type null"),
        ({"$.a": 1, "$.b": {"present": True}}, "$.a: 1, $.b: something"),
        ({"not": {"$.a": 1}}, "not $.a: 1"),
    ],
    ids=["scalar", "empty", "absent", "not", "two", "all_of", "any_of", "paths", "not-paths"],
)
def test_describe(matcher: Any, expected: str) -> None:
    """A matcher is put into words as a message shows what was expected."""
    assert expected == describe(matcher)


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (
            {"equal": 1},
            Complaint(
                ("equal",),
                True,
                'unknown operator "equal"',
                'did you mean "equals"? A literal object is written equals: {…}',
            ),
        ),
        (
            {"$.a": 1, "type": "string"},
            Complaint(("type",), True, '"type" beside a JSONPath', "write every key as a JSONPath, or none"),
        ),
        ({"not": {"any_of": []}}, Complaint(("not", "any_of"), False, "any_of needs a list", "write any_of: [a, b]")),
        ({"all_of": "a"}, Complaint(("all_of",), False, "all_of needs a list", "write all_of: [a, b]")),
        ({"one_of": FIVE}, Complaint(("one_of",), False, "one_of needs a list", "write one_of: [a, b]")),
        (
            {"any_of": [1, {"length": {"gt": "x"}}]},
            Complaint(("any_of", 1, "length", "gt"), False, "gt needs a number; found x", "write gt: 3"),
        ),
        (
            {"all_of": [{"lte": TRUE}]},
            Complaint(("all_of", 0, "lte"), False, "lte needs a number; found true", "write lte: 3"),
        ),
        ({"type": "text"}, Complaint(("type",), False, "unknown type text", "use one of: array, ")),
        ({"type": "strin"}, Complaint(("type",), False, "unknown type strin", "did you mean string?")),
        ({"format": "uid"}, Complaint(("format",), False, "unknown format uid", "did you mean uuid?")),
        ({"format": ["url"]}, Complaint(("format",), False, 'unknown format ["url"]', "did you mean url?")),
        (
            {"matches": "("},
            Complaint(("matches",), False, "'(' is no regular expression: missing ), ", "see Python's re"),
        ),
        ({"present": FIVE}, Complaint(("present",), False, "present cannot be a number", "write true or false")),
        ({"present": "true"}, Complaint(("present",), False, "present cannot be text", "write true or false")),
    ],
    ids=lambda each: str(each) if isinstance(each, dict) else "",
)
def test_what_is_wrong_with_a_matcher(matcher: Any, expected: Complaint) -> None:
    """Each mistake of a matcher has its place, a sentence and a remedy, and comparing with it raises."""
    (found,) = complaints(matcher)
    assert (expected.path, expected.on_key) == (found.path, found.on_key)
    assert found.message.startswith(expected.message)
    assert found.mend.startswith(expected.mend)
    error = raised_by(matcher, {"a": 2})
    assert error is not None
    assert (
        expected.on_key
        or (expected.mend, str(error)) == (error.mend, found.message)
        or len(expected.path) > 1
        or error.mend.startswith(expected.mend)
    )


def test_a_bad_jsonpath_is_told() -> None:
    """A key that begins like a JSONPath and is none is told, beside what is wrong below it and below the others."""
    found = list(complaints({"$[": {"gt": "x"}, "$.a": {"no": 1}}))
    assert [(("$[",), True), (("$[", "gt"), False), (("$.a", "no"), True)] == [
        (each.path, each.on_key) for each in found
    ]
    assert found[0].message.startswith("'$[' is no JSONPath: ")
    assert found[0].mend.startswith("write such as $.data.id; ")


SLOW = "^(x+x+)+y"


@pytest.mark.parametrize("matcher", [{"matches": SLOW}, {"not": {"matches": SLOW}}], ids=["wanted", "unwanted"])
def test_a_pattern_that_takes_too_long_is_told(matcher: Any) -> None:
    """A search that would not end is given up, whatever is wanted of it, and told with the pattern and the way out."""
    (difference,) = differences(matcher, "x" * 5000, "$.text")
    assert difference.path == "$.text"
    assert difference.expected == (
        f"text that matches {SLOW!r} (the search was given up after 0.25 s; write the pattern so that a text fits in "
        "one way only: a+ in place of (a+)+)"
    )


@pytest.mark.parametrize(
    ("matcher", "wrong"),
    [
        ({"gt": "$n$", "any_of": "$list$", "present": "$there$"}, 0),
        ({"matches": "($a$"}, 0),
        ({"gt": "$$n$$"}, 1),
        ({"gt": "$n"}, 1),
        ({"nope": "$n$"}, 1),
        ("$n$", 0),
    ],
    ids=["whole", "part", "escaped", "no-partner", "operator", "scalar"],
)
def test_a_placeholder_stands_for_anything(matcher: Any, wrong: int) -> None:
    """An argument with a placeholder is not complained of before the run; its operator is."""
    assert wrong == len(list(complaints(matcher)))


def test_a_number_that_no_float_holds_is_a_number() -> None:
    """A number of 5,000 digits is compared and shown as the number that it is."""
    huge = ExactNumber("9" * 5000)
    assert fits({"gt": 10**300, "type": "number"}, huge)
    assert "9" * 120 + "…" == shown(huge)


LONG = "x" * 100 + "abcdefghij" * 10


@pytest.mark.parametrize(
    ("actual", "expected", "found"),
    [
        (
            LONG[:160],
            f"'…{'abcdefghij' * 6}'",
            "'…abcdefghijabcdefghij' and its end; they part at character 161 (200 characters are expected, 160 came)",
        ),
        (
            LONG[:150] + "Z" + LONG[151:],
            f"'…{'abcdefghij' * 6}…'",
            (
                f"'…abcdefghijabcdefghijZbcdefghij{'abcdefghij' * 3}…'; they part at character 151 "
                "(200 characters are expected, 200 came)"
            ),
        ),
        (
            LONG + "!",
            "'…abcdefghijabcdefghij' and its end",
            ("'…abcdefghijabcdefghij!'; they part at character 201 (200 characters are expected, 201 came)"),
        ),
    ],
    ids=["cut-off", "another", "longer"],
)
def test_long_texts_are_shown_where_they_part(actual: str, expected: str, found: str) -> None:
    """Of two texts that are too long to be shown, what is around their first difference is shown."""
    (difference,) = differences(LONG, actual, "content")
    assert ("content", expected, found) == difference[:3]
    assert (difference,) == differences({"equals": LONG}, actual, "content")
