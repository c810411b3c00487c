"""HTTP and JSON as plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
Json: TypeAlias = "Scalar | Sequence[Json] | Mapping[str, Json]"
Headers: TypeAlias = tuple[tuple[str, str], ...]
Pairs: TypeAlias = tuple[tuple[str, str], ...]

_JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;|\Z)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?\Z")
_LONGEST_DOUBLE = 40
_LONGEST_INTEGER = 4000  # the interpreter refuses to convert integers of more than 4,300 digits


class ExactNumber(float):
    """A JSON number that remembers how it was written: ``1.10`` and 5,000 digits keep every one of them."""

    text: str

    def __new__(cls, text: str) -> ExactNumber:
        """Read *text*, a number as JSON writes it."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def number_from(text: str) -> int | float:
    """The number that JSON writes as *text*; nothing of it is lost."""
    if len(text) < _LONGEST_INTEGER and text.lstrip("-").isdigit() and text != "-0":
        return int(text)
    return ExactNumber(text)


def text_of(value: Scalar) -> str:
    """A scalar as text, the way JSON writes it; numbers digit for digit (framework 4)."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


MAX_SAFE_INTEGER = 2**53
"""Above this, most readers of JSON round a number: they keep it as a double."""


def is_beyond_doubles(value: Json) -> bool:
    """Whether *value* is a number that most readers of JSON round."""
    return isinstance(value, int | float) and abs(value) > MAX_SAFE_INTEGER


def same_double(one: str, other: str) -> bool:
    """Whether two different whole numbers, written as texts, are the same once a reader has made doubles of them."""
    if one == other or not (_is_number(one) and _is_number(other)):
        return False
    return float(one) == float(other) and float(one) > MAX_SAFE_INTEGER


def _is_number(text: str) -> bool:
    return len(text) <= _LONGEST_DOUBLE and _NUMBER.match(text) is not None


def in_one_line(text: str) -> str:
    """*text* as it is, but for characters that cannot be seen: they are written as escapes."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text
    )


def kind_of(value: Json) -> str:
    """What *value* is, in the words messages use."""
    if isinstance(value, str):
        return "text"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, Mapping) else "a list"


class Request(NamedTuple):
    """A request as it goes over the wire.

    ``url`` is absolute and already encoded. ``body`` is empty where there is none.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return header(self.headers, name)


class Reply(NamedTuple):
    """An answer as it came over the wire; ``body`` has its content encoding removed."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return header(self.headers, name)


def header(headers: Headers, name: str) -> str | None:
    """The first header of that name, in any case."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def is_json_type(content_type: str) -> bool:
    """Whether *content_type* says JSON: ``application/json``, ``application/*+json``, parameters allowed."""
    return bool(_JSON_TYPE.match(content_type.strip()))


def media_type(content_type: str) -> str:
    """*content_type* without parameters, in small letters."""
    return content_type.partition(";")[0].strip().lower()
