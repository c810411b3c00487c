"""Messages: HTTP and JSON as plain values, of which nothing is lost."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.messages import (
    ExactNumber,
    Headers,
    Json,
    Reply,
    Request,
    Scalar,
    header,
    is_json_type,
    kind_of,
    media_type,
    number_from,
    same_double,
    text_of,
)

INTEGER = st.from_regex(r"-?(0|[1-9][0-9]{0,40})", fullmatch=True)
NUMBER = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
TOKEN = st.text(alphabet="abcXYZ-", min_size=1, max_size=6)


@given(NUMBER)
def test_a_number_is_kept_digit_for_digit(text: str) -> None:
    """Framework 4.17: a number becomes text digit for digit, however JSON writes it."""
    number = number_from(text)
    assert text == text_of(number)
    assert float(Decimal(text)) == float(number)


@given(INTEGER)
def test_a_whole_number_is_a_number_of_python(text: str) -> None:
    """A whole number that can be one is an int, so that no digit counts less than another; minus zero cannot."""
    number = number_from(text)
    assert (text == "-0") is isinstance(number, ExactNumber)
    assert int(text) == number


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0", int),
        ("-7", int),
        ("-0", ExactNumber),
        ("1.0", ExactNumber),
        ("1e2", ExactNumber),
        ("9" * 3999, int),
        ("9" * 4000, ExactNumber),
        ("9" * 5000, ExactNumber),
        ("1" + "0" * 400 + ".5", ExactNumber),
    ],
    ids=["zero", "negative", "minus-zero", "float", "exponent", "longest", "too-long", "very-long", "infinite"],
)
def test_which_number_it_becomes(text: str, kind: type) -> None:
    """Framework 4.17: what Python would round, or refuse for its length, remembers how it was written."""
    number = number_from(text)
    assert kind is type(number)
    assert (text, text) == (text_of(number), repr(number))


def test_an_exact_number_is_a_number() -> None:
    """A number that remembers its writing counts as one: equal to what it is, and infinite beyond the range."""
    assert ExactNumber("1.10") == 1.1
    assert 2.2 == ExactNumber("1.10") * 2
    assert math.inf == ExactNumber("1e999")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        ("None", "None"),
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (10**40, f"1{'0' * 40}"),
        (1.5, "1.5"),
        (ExactNumber("1E+2"), "1E+2"),
    ],
    ids=["empty", "text", "null", "true", "false", "zero", "large", "float", "as-written"],
)
def test_a_scalar_as_text(value: Scalar, expected: str) -> None:
    """Framework 4.17: a scalar becomes the text that JSON writes for it, and a text stays as it is."""
    assert expected == text_of(value)


@given(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_scalar_reads_back(value: Scalar) -> None:
    """What JSON reads from a scalar's text is that scalar."""
    again = json.loads(text_of(value))
    assert (type(value), value) == (type(again), again)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "text"),
        (None, "null"),
        (True, "a boolean"),
        (0, "a number"),
        (1.5, "a number"),
        (ExactNumber("1.5"), "a number"),
        ({}, "an object"),
        ([], "a list"),
        ((), "a list"),
    ],
    ids=["text", "null", "boolean", "whole", "float", "as-written", "object", "list", "tuple"],
)
def test_what_a_value_is(value: Json, expected: str) -> None:
    """A value is named the way a person speaks of JSON; a boolean is no number."""
    assert expected == kind_of(value)


HEADERS: Headers = (("Content-Type", "text/plain"), ("content-type", "application/json"), ("X-Empty", ""))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Content-Type", "text/plain"),
        ("CONTENT-TYPE", "text/plain"),
        ("x-empty", ""),
        ("Content", None),
        ("", None),
    ],
    ids=["as-written", "capitals", "empty", "other", "no-name"],
)
def test_a_header_is_found_in_any_case(name: str, expected: str | None) -> None:
    """The first header of a name counts, whatever its case, for requests and answers alike."""
    request = Request(method="POST", url="http://localhost/", headers=HEADERS)
    reply = Reply(status=200, headers=HEADERS)
    assert [expected] * 3 == [header(HEADERS, name), request.header(name), reply.header(name)]


@given(st.lists(st.tuples(TOKEN, TOKEN), max_size=5), TOKEN)
def test_the_first_header_of_a_name_counts(headers: list[tuple[str, str]], name: str) -> None:
    """A header is found if there is one of its name, and of several the first."""
    named = [value for key, value in headers if key.casefold() == name.casefold()]
    assert next(iter(named), None) == header(tuple(headers), name)


@pytest.mark.parametrize(
    "made", [Request(method="GET", url="http://localhost/"), Reply(status=204)], ids=["request", "reply"]
)
def test_nothing_is_added(made: Request | Reply) -> None:
    """A request or an answer has no headers and no body but those it was given, and nobody can change it later."""
    assert ((), b"") == (made.headers, made.body)
    with pytest.raises(AttributeError):
        made.body = b"x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        (" Application/JSON ", True),
        ("application/json; charset=utf-8", True),
        ("application/json ;charset=utf-8", True),
        ("application/problem+json", True),
        ("application/vnd.api.v-1+json;x=y", True),
        ("application/jsonp", False),
        ("application/json x", False),
        ("application/x-json", False),
        ("application/+json", False),
        ("text/json", False),
        ("xapplication/json", False),
        ("application/xjson", False),
        ("text/plain; application/json", False),
        ("", False),
    ],
    ids=[
        "json",
        "capitals",
        "charset",
        "space",
        "problem",
        "vendor",
        "jsonp",
        "more",
        "x-json",
        "no-prefix",
        "text",
        "before",
        "joined",
        "parameter",
        "empty",
    ],
)
def test_which_content_types_are_json(content_type: str, expected: bool) -> None:
    """Framework 4.1: application/json and application/*+json are JSON, parameters or not; nothing else is."""
    assert expected is is_json_type(content_type)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/plain", "text/plain"),
        (" Multipart/Form-Data ; boundary=AbC", "multipart/form-data"),
        ("application/json;a=b;c=d", "application/json"),
        (";", ""),
        ("", ""),
    ],
    ids=["plain", "parameter", "two", "only-parameters", "empty"],
)
def test_a_media_type(content_type: str, expected: str) -> None:
    """A media type is a content type without its parameters, in small letters."""
    assert expected == media_type(content_type)


@given(st.text(max_size=20))
def test_any_content_type_can_be_asked_about(content_type: str) -> None:
    """Whatever a peer calls its content, the question is answered, and parameters do not change the answer."""
    assert is_json_type(content_type) is is_json_type(f"{content_type.strip()};{content_type}")
    assert media_type(content_type) == media_type(f"{content_type};{content_type}")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("90071992547409931", "90071992547409940", True),
        ("90071992547409931", "9.007199254740994e+16", True),
        ("90071992547409931", "90071992547409931", False),
        ("9007199254740991", "9007199254740990", False),
        ("1e99", "1e98", False),
        ("x", "90071992547409931", False),
        ("9" * 5000, "9" * 4999 + "8", False),
    ],
)
def test_numbers_that_a_double_does_not_tell_apart(one: str, other: str, *, same: bool) -> None:
    """Framework 4.17: what most readers of JSON make of an id above 2^53."""
    assert same is same_double(one, other)
