"""Matchers: what a scenario expects of a value, and every way in which the value differs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from emulator.core.findings import suggestion
from emulator.core.jsonpaths import compile_path, find, leads_to_one
from emulator.core.messages import in_one_line, kind_of, number_from, text_of
from emulator.core.numbers import E164
from emulator.core.own_patterns import MOST_SECONDS, is_found
from emulator.core.plain import Plain, plain_data, source_text
from emulator.core.source import Path, jsonpath
from emulator.core.template import parse_template
from emulator.core.validating import MendableError

ABSENT = object()
"""The value of what is not there."""
_LONGEST = 120
_BEFORE_IT_PARTS = 20
_AFTER_IT_PARTS = 40
_MOST_SHOWN = 5
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(
    r"(?!(?:true|false|null|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)\Z)[\w.:/@+-]{1,120}", re.ASCII | re.IGNORECASE
)


class Difference(NamedTuple):
    """One way in which a value is not what was expected."""

    path: str
    expected: str
    found: str
    undecided: bool = False
    """Whether it is not known if it differs: a search was given up."""


def differences(expected: Any, actual: Any, path: str = "") -> tuple[Difference, ...]:
    """Every way in which *actual* (`ABSENT` if nothing is there) is not *expected*: a matcher, or data to equal.

    Raises:
        MendableError: *expected* is no matcher.
    """
    return tuple(_differences(expected, actual, path))


def _differences(expected: Any, actual: Any, path: str) -> Iterator[Difference]:
    if not isinstance(expected, dict):
        yield from _unless_equal(expected, actual, path)
    elif _is_path_map(expected):
        for key, matcher in expected.items():
            yield from _at_path(key, matcher, actual, path)
    else:
        for name, argument in expected.items():
            operator = _operator(name)
            for complaint in _argument_complaints(name, argument, ()):
                raise MendableError(complaint.message, complaint.mend)
            yield from operator(argument, actual, path)


def _is_path_map(matcher: Mapping[str, Any]) -> bool:
    return bool(matcher) and all(key.startswith("$") for key in matcher)


def _at_path(text: str, matcher: Any, actual: Any, path: str) -> Iterator[Difference]:
    compiled = compile_path(text)
    found = find(compiled, actual) if actual is not ABSENT else []
    whole = path + text.removeprefix("$") if path else text
    if isinstance(matcher, dict) and not leads_to_one(compiled):
        of_all = {name: argument for name, argument in matcher.items() if _looks_at_all(name, argument)}
        if of_all:
            yield from _differences(of_all, [value for _, value in found], whole)
            matcher = {name: argument for name, argument in matcher.items() if name not in of_all}
            if not matcher:
                return
    if not found:
        yield from _differences(matcher, ABSENT, whole)
    wrong = [
        tuple(_differences(matcher, value, path + here.removeprefix("$") if path else here))
        for here, value in ((jsonpath(place), value) for place, value in found)
    ]
    for number, each in enumerate(each for each in wrong if each):
        if number == 0 and () in wrong:  # who wanted one of them has not said so
            hint = f"{each[0].expected} at each of {len(wrong)} places (for one of them: any)"
            yield each[0]._replace(expected=hint)
            yield from each[1:]
        else:
            yield from each


def _looks_at_all(name: str, argument: Any) -> bool:
    """Whether an operator, under a path that leads to several places, looks at all that is there together."""
    matchers = argument if isinstance(argument, list) else [argument]
    return name == "any" or (
        name in {"not", "any_of", "all_of"}
        and any(_looks_at_all(key, below) for each in matchers if isinstance(each, dict) for key, below in each.items())
    )


def _unless(holds: bool, path: str, expected: str, actual: Any) -> Iterator[Difference]:
    if not holds:
        yield Difference(path, expected, shown(actual))


def _unless_equal(expected: Any, actual: Any, path: str) -> Iterator[Difference]:
    if equal(expected, actual):
        return
    wanted = source_text(expected)
    if isinstance(wanted, str) and isinstance(actual, str) and max(len(wanted), len(actual)) > _LONGEST:
        yield _parted(wanted, actual, path)
    else:
        yield Difference(path, shown(expected), shown(actual))


def _parted(expected: str, actual: str, path: str) -> Difference:
    """Two texts, of which one is too long to be shown whole, around the place where they part."""
    pairs = enumerate(zip(expected, actual, strict=False))
    at = next((index for index, (one, other) in pairs if one != other), min(len(expected), len(actual)))
    lengths = f"{len(expected)} characters are expected, {len(actual)} came"
    parted = f"{_around(actual, at)}; they part at character {at + 1} ({lengths})"
    return Difference(path, _around(expected, at), parted)


def _around(text: str, at: int) -> str:
    """``'…before and after…'``: *text* around its character *at*, or its end before that."""
    begin, end = max(0, at - _BEFORE_IT_PARTS), at + _AFTER_IT_PARTS
    part = f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"
    return f"{part!r} and its end" if at == len(text) else repr(part)


def shown(value: Any) -> str:
    """*value* in one short line."""
    if value is ABSENT:
        return "nothing"
    if isinstance(value, Plain):
        return value.raw
    value = plain_data(value)
    # A word needs no quotes, unless it could be taken for a number or another literal.
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    text = _quoted(value) if isinstance(value, str) else _as_json(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _quoted(text: str) -> str:
    """*text* between quotes; one that holds both kinds, such as an answer's JSON, as it is."""
    return in_one_line(text) if "'" in text and '"' in text else repr(text)


def _as_json(value: Any) -> str:
    """*value* as JSON has it, its numbers digit for digit."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_as_json(str(key))}: {_as_json(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_as_json, value)) + "]"
    return in_one_line(json.dumps(value, ensure_ascii=False)) if isinstance(value, str) else text_of(value)


def equal(expected: Any, actual: Any) -> bool:
    """Whether *actual* is *expected*; an unquoted scalar equals its characters as text, or what YAML makes of it."""
    if actual is ABSENT:
        return False
    if isinstance(expected, Plain):
        return actual == expected.raw if isinstance(actual, str) else _same(expected.value, actual)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(equal(expected[key], actual[key]) for key in expected)
    if isinstance(expected, list) and isinstance(actual, list | tuple):
        return len(expected) == len(actual) and all(map(equal, expected, actual))
    return _same(expected, actual)


def _same(one: Any, other: Any) -> bool:
    """Equality that tells true from 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


# -- operators: each yields what differs

Operator = Callable[[Any, Any, str], Iterator[Difference]]


def _equals(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    yield from _unless_equal(argument, actual, path)


def _not(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    wrong = differences(argument, actual)
    undecided = [each._replace(path=path) for each in wrong if each.undecided]
    yield from undecided or _unless(bool(wrong), path, f"not {describe(argument)}", actual)


def _any_of(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    words = " or ".join(describe(each) for each in argument)
    yield from _unless(any(not differences(each, actual) for each in argument), path, words, actual)


def _all_of(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    for each in argument:
        yield from _differences(each, actual, path)


def _any(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    verb = "have" if isinstance(argument, dict) and _is_path_map(argument) else "be"
    words = f"one of them to {verb} {describe(argument)}"
    if not isinstance(actual, list):
        found = shown(actual) if actual is ABSENT else f"no list, but {shown(actual)}"
        yield Difference(path, words, found)
        return
    closest: tuple[Difference, ...] | None = None
    for number, each in enumerate(actual):
        wrong = differences(argument, each, f"[{number}]")
        if not wrong:
            return
        closest = wrong if closest is None or len(wrong) < len(closest) else closest
    yield Difference(path, words, _none_of(actual, argument, closest or ()))


def _none_of(values: list[Any], argument: Any, closest: tuple[Difference, ...]) -> str:
    """What there is in place of what is looked for: the values or, where each has several parts, the closest."""
    if not values:
        return "none at all"
    if not (isinstance(argument, dict) and _is_path_map(argument)):
        named = ", ".join(shown(each) for each in values[:_MOST_SHOWN])
        more = f" and {len(values) - _MOST_SHOWN} more" if len(values) > _MOST_SHOWN else ""
        return f"none of {len(values)}: {named}{more}"
    rows = "; ".join(f"{each.path} is {each.found}, not {each.expected}" for each in closest[:_MOST_SHOWN])
    return f"none of {len(values)}; closest: {rows}"


def _matches(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    text, pattern = _as_text(actual), str(source_text(argument))
    expected = f"text that matches {source_text(argument)!r}"
    holds = text is not None and is_found(pattern, text)
    if holds is None:
        given_up = (
            f"the search was given up after {MOST_SECONDS:g} s; write the pattern so that a text fits in one way only: "
            "a+ in place of (a+)+"
        )
        yield Difference(path, f"{expected} ({given_up})", shown(actual), undecided=True)
    else:
        yield from _unless(holds, path, expected, actual)


def _contains(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    if isinstance(actual, list):
        holds = any(equal(argument, each) for each in actual)
    else:
        text = _as_text(actual)
        holds = text is not None and str(source_text(argument)) in text
    yield from _unless(holds, path, f"something that contains {shown(source_text(argument))}", actual)


def _starts_with(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    text = _as_text(actual)
    holds = text is not None and text.startswith(str(source_text(argument)))
    yield from _unless(holds, path, f"text that starts with {shown(source_text(argument))}", actual)


def _ends_with(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    text = _as_text(actual)
    holds = text is not None and text.endswith(str(source_text(argument)))
    yield from _unless(holds, path, f"text that ends with {shown(source_text(argument))}", actual)


def _one_of(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    words = "one of " + ", ".join(shown(each) for each in argument)
    yield from _unless(any(equal(each, actual) for each in argument), path, words, actual)


def _type(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    name = str(source_text(argument))
    yield from _unless(actual is not ABSENT and TYPES[name](actual), path, f"a value of type {name}", actual)


def _format(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    name = str(source_text(argument))
    text = _as_text(actual)
    yield from _unless(text is not None and FORMATS[name](text), path, _FORMAT_WORDS[name], actual)


def _present(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    wanted = plain_data(argument)
    yield from _unless((actual is not ABSENT) == wanted, path, "something" if wanted else "nothing", actual)


def _length(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
    if not isinstance(actual, str | list | dict):
        yield Difference(path, "something that has a length", shown(actual))
        return
    for each in _differences(argument, len(actual), path):
        yield Difference(path, f"length {each.expected}", f"length {each.found} ({shown(actual)})")


def _ordered(words: str, holds: Callable[[int | float, int | float], bool]) -> Operator:
    def operator(argument: Any, actual: Any, path: str) -> Iterator[Difference]:
        wanted, found = _as_number(argument), _as_number(actual)
        fits = wanted is not None and found is not None and holds(found, wanted)
        yield from _unless(fits, path, f"{words} {shown(argument)}", actual)

    return operator


def _as_text(value: Any) -> str | None:
    if value is ABSENT or value is None or isinstance(value, list | dict):
        return None
    return text_of(value)


def _as_number(value: Any) -> int | float | None:
    value = plain_data(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return number_from(value)
    return value if _is_number(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_iso8601(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}
FORMATS: Mapping[str, Callable[[str], bool]] = {
    "e164": lambda text: bool(E164.match(text)),
    "url": lambda text: bool(re.match(r"https?://[^\s/?#]++\S*+\Z", text)),
    "uuid": _is_uuid,
    "nonempty": lambda text: bool(text.strip()),
    "iso8601": _is_iso8601,
}
_FORMAT_WORDS = {
    "e164": "a phone number in E.164 (+61123456789)",
    "url": "an http(s) URL",
    "uuid": "a UUID",
    "nonempty": "a text that is not empty",
    "iso8601": "a date and time in ISO 8601",
}
OPERATORS: Mapping[str, Operator] = {
    "equals": _equals,
    "not": _not,
    "any_of": _any_of,
    "all_of": _all_of,
    "any": _any,
    "matches": _matches,
    "contains": _contains,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "one_of": _one_of,
    "type": _type,
    "format": _format,
    "present": _present,
    "length": _length,
    "gt": _ordered("more than", lambda found, wanted: found > wanted),
    "gte": _ordered("at least", lambda found, wanted: found >= wanted),
    "lt": _ordered("less than", lambda found, wanted: found < wanted),
    "lte": _ordered("at most", lambda found, wanted: found <= wanted),
}


def _operator(name: str) -> Operator:
    if name not in OPERATORS:
        raise MendableError(f'unknown operator "{name}"', suggestion(name, OPERATORS))
    return OPERATORS[name]


def describe(matcher: Any) -> str:
    """*matcher* in words, as a message shows what was expected."""
    if not isinstance(matcher, dict):
        return shown(matcher)
    if _is_path_map(matcher):
        return ", ".join(f"{key}: {describe(below)}" for key, below in matcher.items())
    words = [_in_words(name, argument) for name, argument in matcher.items()]
    return " and ".join(each for each in words if each) or "nothing"


def _in_words(name: str, argument: Any) -> str:
    if name == "not":  # the one operator that nothing at all fits
        return f"not {describe(argument)}"
    return " and ".join(each.expected for each in _operator(name)(argument, ABSENT, ""))


# -- what is wrong with a matcher, told while a scenario is loaded


class Complaint(NamedTuple):
    """Something wrong inside a matcher, at a path below it."""

    path: Path
    on_key: bool
    message: str
    mend: str


def complaints(matcher: Any, path: Path = ()) -> Iterator[Complaint]:
    """Everything that is wrong with *matcher*."""
    if not isinstance(matcher, dict):
        return
    if any(key.startswith("$") for key in matcher):
        for key, below in matcher.items():
            yield from _path_complaints(key, (*path, key))
            yield from complaints(below, (*path, key))
        return
    for name, argument in matcher.items():
        here = (*path, name)
        if name not in OPERATORS:
            mend = f"{suggestion(name, OPERATORS)} A literal object is written equals: {{…}}"
            yield Complaint(here, True, f'unknown operator "{name}"', mend)
        elif not (isinstance(argument, str) and parse_template(argument, dollar_escape=True).variables):
            yield from _argument_complaints(name, argument, here)  # a placeholder's value is known in the run only


def _path_complaints(text: str, path: Path) -> Iterator[Complaint]:
    if not text.startswith("$"):
        yield Complaint(path, True, f'"{text}" beside a JSONPath', "write every key as a JSONPath, or none")
        return
    try:
        compile_path(text)
    except MendableError as error:
        yield Complaint(path, True, str(error), error.mend)


def _argument_complaints(name: str, argument: Any, path: Path) -> Iterator[Complaint]:
    match name:
        case "not" | "length" | "any":
            yield from complaints(argument, path)
        case "any_of" | "all_of" | "one_of" if not isinstance(argument, list) or not argument:
            yield Complaint(path, False, f"{name} needs a list", f"write {name}: [a, b]")
        case "any_of" | "all_of":
            for index, each in enumerate(argument):
                yield from complaints(each, (*path, index))
        case "type" | "format":
            allowed = TYPES if name == "type" else FORMATS
            if str(source_text(argument)) not in allowed:
                message = f"unknown {name} {shown(argument)}"
                yield Complaint(path, False, message, suggestion(str(source_text(argument)), allowed, quote="{}"))
        case "matches":
            yield from _regex_complaints(argument, path)
        case _:
            yield from _value_complaints(name, argument, path)


def _value_complaints(name: str, argument: Any, path: Path) -> Iterator[Complaint]:
    match name:
        case "present" if not isinstance(plain_data(argument), bool):
            yield Complaint(path, False, f"present cannot be {kind_of(plain_data(argument))}", "write true or false")
        case "gt" | "gte" | "lt" | "lte" if _as_number(argument) is None:
            yield Complaint(path, False, f"{name} needs a number; found {shown(argument)}", f"write {name}: 3")


def _regex_complaints(argument: Any, path: Path) -> Iterator[Complaint]:
    try:
        re.compile(str(source_text(argument)))
    except RecursionError:
        yield Complaint(path, False, "the regular expression is nested too deeply", "write a simpler one")
    except (re.error, OverflowError) as error:
        yield Complaint(path, False, f"{source_text(argument)!r} is no regular expression: {error}", "see Python's re")
