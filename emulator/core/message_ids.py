"""What can be the provider's id of a message, and what cannot: placeholders, counts, prices, words, phone numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from emulator.core.complaining import words_of
from emulator.core.findings import nearest_name
from emulator.core.messages import text_of
from emulator.core.source import jsonpath

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.messages import Headers, Json, Scalar
    from emulator.core.source import Path

_PLACEHOLDERS = frozenset(
    {"", "-1", "none", "null", "nil", "undefined", "nan", "n/a", "na", "false", "true", "unknown", "[]", "{}"}
)
_ZEROS = re.compile(r"[0-]+\Z")
_MOST = 1000
_LONGEST = 200
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NAMES_AN_ID = words_of("id ids ref reference uuid guid sid uid mid key handle ticket")
_RUN_TOGETHER = re.compile(
    r"(?:message|msg|sms|mms|text|bulk|batch|job|track(?:ing)?|queue)(?:id|ref|uuid|sid|key)s?\Z"
)
_OF_SOMETHING_ELSE = words_of(
    """
    account user customer client tenant org organization organisation company team project app application group
    contact list template campaign sender profile subscription webhook service session device network carrier
    api owner parent country idempotency custom external
    """
)
_QUALITIES = words_of(
    "status state error code type reason count total price cost balance amount currency time date group"
)
_OF_THE_REQUEST = frozenset({"request", "trace", "correlation", "transaction", "log", "span"})
_LONGEST_NUMBER_OF_A_COUNT = 3
_PHONE_DIGITS = range(7, 16)
_ABOUT_A_NUMBER = words_of(
    """
    to from number phone msisdn mobile recipient recipients destination sender source originator dst src cell
    """
)
_ID_SHAPED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:|^@/+=~-]*\Z")
_ID_HEADER = re.compile(r"(?:x-)?(?:[a-z]+-)*(?:message|msg|sms)-?(?:id|uuid|sid|ref|reference)\Z")


def is_no_id(value: Scalar) -> bool:
    """Whether *value* is what programs write where there is no id: ``None``, ``0``, an empty text, a boolean."""
    text = text_of(value).strip()
    return isinstance(value, bool) or text.lower() in _PLACEHOLDERS or _ZEROS.match(text) is not None


def likely_id(answer: Json, wanted: Path) -> Path | None:
    """Where *answer* most likely has the id that was looked for at *wanted*; None where nothing looks like one.

    The key of that very name comes first, then a name for ids, then a name that is nearly it; what stands beside
    *wanted* goes before what stands elsewhere.
    """
    name = next((step for step in reversed(wanted) if isinstance(step, str)), "")
    places = [(path, value) for path, value in islice(_scalars(answer, ()), _MOST) if _could_be(path, value)]
    near = nearest_name(name, {_key(path) for path, _ in places}) if name else None

    def rank(path: Path) -> tuple[int, bool, int]:
        key = _key(path)
        if key == name or key.casefold() == name.casefold():
            worth = 0
        elif _names_an_id(key):
            words = set(_split(key))
            worth = 3 if words & _OF_THE_REQUEST else 1
        else:
            worth = 2 if key == near else 9
        return worth, path[:-1] != wanted[:-1], len(path)

    ranked = sorted((rank(path), index) for index, (path, _) in enumerate(places))
    return places[ranked[0][1]][0] if ranked and ranked[0][0][0] < 9 else None


def id_in_headers(headers: Headers) -> tuple[str, str] | None:
    """The name and value of a header that names what was created: the format reads ids from the JSON body alone."""
    for name, value in headers:
        if _ID_HEADER.match(name.lower()) and not is_no_id(value):
            return name, value
    return next(((name, value) for name, value in headers if name.lower() == "location" and value.strip()), None)


def shown_place(path: Path, value: Scalar) -> str:
    """``$.ref = 90071992547409931``."""
    text = text_of(value)
    return f"{jsonpath(path)} = {text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}"


def _could_be(path: Path, value: Json) -> bool:
    """Whether a value can be an id, by itself and by its key."""
    if not isinstance(value, str | int) or is_no_id(value):
        return False
    text, key = text_of(value).strip(), _key(path)
    if len(text) > _LONGEST or not _ID_SHAPED.match(text) or "://" in text:
        return False
    own, *around = [set(_split(step)) for step in reversed(path) if isinstance(step, str)] or [set[str]()]
    above = around[0] if around else set()
    if own & _ABOUT_A_NUMBER or (own | above) & (_OF_SOMETHING_ELSE | _QUALITIES):
        return False
    if _names_an_id(key):
        return True
    # What no name calls an id must look like one: long, with digits, and neither a phone number, an amount nor a date.
    digits = sum(map(str.isdigit, text))
    return digits > _LONGEST_NUMBER_OF_A_COUNT and not _is_amount(text) and not _is_phone_or_time(text)


def _is_amount(text: str) -> bool:
    return re.fullmatch(r"-?\d+[.,]\d+", text) is not None


def _is_phone_or_time(text: str) -> bool:
    if re.match(r"\d{4}-\d{2}-\d{2}(?:[T ]|\Z)|\d{1,2}:\d{2}", text):
        return True
    return text.isdigit() and len(text) in _PHONE_DIGITS  # seconds and milliseconds of a clock are of that length too


def _names_an_id(key: str) -> bool:
    words = _split(key)
    return bool(words) and (words[-1] in _NAMES_AN_ID or _RUN_TOGETHER.search("".join(words)) is not None)


def _split(key: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(key[:_LONGEST])]


def _key(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _scalars(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _scalars(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _scalars(below, (*path, index))
    elif path:
        yield path, value
