"""In which ways a secret is written, and what else it could be."""

from __future__ import annotations

import base64
import json
import re
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, quote_plus

from emulator.core.words import is_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENCODED_BYTE = re.compile("%[0-9A-F]{2}")
_LONG_RUN = re.compile("[A-Za-z0-9]{16,}")
_WORDS = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")
_NUMBER = re.compile(r"[\d+\-.:,() ]+")
_SHORT = 8
_LONG = 12


class Kind(IntEnum):
    """What else a secret could be; the higher, the more often it is masked."""

    PLAIN = 0
    """A word or a number that may well stand in one of our own sentences."""
    DISTINCT = 1
    """None of our own words, but perhaps one of a person's, such as a region."""
    CREDENTIAL = 2
    """The same, and what it is there for is to be secret."""
    KEY = 3
    """So long, of letters and digits, that it is nobody's word, nor a part of one."""


class Writing(NamedTuple):
    """One of the ways in which a secret is written. *begins* and *ends*: with a letter or a digit."""

    text: str
    kind: Kind
    begins: bool
    ends: bool


def basic_pair(username: str, password: str) -> str:
    """The pair as a Basic Authorization header holds it: a secret of its own."""
    return base64.b64encode(f"{username}:{password}".encode("utf-8", "replace")).decode()


def _kind(value: str, *, is_mild: bool) -> Kind:
    if any(map(_is_mixed, _LONG_RUN.findall(value))) or (not is_mild and len(value) >= _LONG and _is_mixed(value)):
        return Kind.KEY
    is_words = _WORDS.fullmatch(value) is not None and (value.islower() or value.isupper() or value.istitle())
    is_number = len(value) < _LONG and _NUMBER.fullmatch(value) is not None
    if is_number or (is_words and ("-" not in value or len(value) < _SHORT)):
        return Kind.PLAIN
    return Kind.DISTINCT if is_mild else Kind.CREDENTIAL


def _is_mixed(text: str) -> bool:
    """Whether there are letters in it and digits."""
    return any(map(str.isalpha, text)) and any(map(str.isdecimal, text))


def writings_of(value: str, *, is_mild: bool = False) -> list[Writing]:
    kind, begins, ends = _kind(value, is_mild=is_mild), is_word(value[0]), is_word(value[-1])
    return [
        *(Writing(text, kind, begins, ends) for text in _texts(value)),
        *(Writing(text, kind, begins=True, ends=True) for text in _in_base64(value)),
    ]


def _in_base64(value: str) -> set[str]:
    """*value* in Base64, by both alphabets, without the padding."""
    data = value.encode("utf-8", "replace")
    return {base64.b64encode(data).decode().rstrip("="), base64.urlsafe_b64encode(data).decode().rstrip("=")}


def as_they_are(values: Iterable[str], writings: Mapping[str, Writing]) -> list[Writing]:
    """Of *writings* those of the *values* themselves, and in Base64; the longest first."""
    texts = [text for value in values for text in (value, *_in_base64(value))]
    return sorted((writings[text] for text in texts if text in writings), key=lambda each: -len(each.text))


def _texts(value: str) -> set[str]:
    in_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    import html  # cold start: it brings a table of two thousand names, and many commands mask nothing

    encoded = {
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
    }
    return {
        value,
        value.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"),  # half a character, as bytes hold it
        *in_json,
        *(each.replace("/", "\\/") for each in in_json),  # as PHP writes JSON
        *encoded,
        *(_ENCODED_BYTE.sub(lambda match: match.group().lower(), each) for each in encoded),
        repr(value)[1:-1],  # in our own messages
        value.replace("'", "'\"'\"'"),  # in a curl line
        html.escape(value),
    }
