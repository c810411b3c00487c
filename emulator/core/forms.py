"""Reads forms and queries, and says what their encoding destroyed (framework 6)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from emulator.core import rules
from emulator.core.charsets import UTF_8, in_words
from emulator.core.source import jsonpath
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.messages import Json
    from emulator.errors import Finding

_NUMBER = re.compile(r" [0-9][0-9 ().-]{5,}\Z")
"""What is left of a phone number whose plus was read as a space."""
MAX_FIELDS = 10_000
"""Fields of a form or a query."""
_MOST_NAMED = 4
_LONGEST_NAMED = 40


class FormFields(dict[str, "Json"]):
    """What a form or a query says: all values are texts, and a key that repeats holds the list of its values."""


class _Pair(NamedTuple):
    """One ``key=value``; *raw* is the value as it stands there, None where no equals sign does."""

    key: str
    value: str
    raw: str | None


def flat_object(pairs: Iterable[tuple[str, str]]) -> FormFields:
    """Pairs as an object."""
    values: dict[str, list[Json]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return FormFields({key: found if len(found) > 1 else found[0] for key, found in values.items()})


def read_form(text: str, codec: str = UTF_8) -> tuple[FormFields, tuple[Finding, ...]]:
    """What a form or a query says, and what its encoding destroyed of that.

    Raises:
        UnreadableBodyError: Its percent signs are not of the charset, or it has too many fields.
    """
    count = text.count("&") + 1
    if count > MAX_FIELDS:
        raise UnreadableBodyError(
            f"a form of {count} fields", mend=f"at most {MAX_FIELDS} are read; post several, or JSON"
        )
    pairs = [_pair(each, codec) for each in text.split("&") if each]
    fields = flat_object((key, value) for key, value, _ in pairs)
    return fields, (*_lost_plus(pairs), *_cut_at_an_ampersand(pairs))


def _pair(text: str, codec: str) -> _Pair:
    key, equals, value = text.partition("=")
    name = _unquoted(key, codec, "a key of the form")
    return _Pair(name, _unquoted(value, codec, jsonpath((name,))), value if equals else None)


def _unquoted(text: str, codec: str, what: str) -> str:
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    try:
        return unquote(text, codec, "strict")
    except UnicodeDecodeError as error:
        data: bytes = error.object
        at = min(error.start, len(data) - 1)
        raise UnreadableBodyError(
            f"{what} is not {in_words(codec)}: %{data[at]:02X}{_behind(data, at, codec)}",
            mend="send UTF-8, or say in Content-Type which charset it is",
        ) from error
    except UnicodeError as error:
        raise UnreadableBodyError(f"{what} is not {in_words(codec)}", mend="send UTF-8") from error


def _behind(data: bytes, at: int, codec: str) -> str:
    before = data[:at].decode(codec, "ignore")[-20:]
    return f" behind {before!r}" if before else " at its beginning"


def _lost_plus(pairs: list[_Pair]) -> list[Finding]:
    """Numbers that began with a plus that was not encoded."""
    lost = [each for each in pairs if each.raw and each.raw[0] == "+" and _NUMBER.match(each.value)]
    if not lost:
        return []
    begin = "begins" if len(lost) == 1 else "begin"
    return [
        rules.PLUS_IS_A_SPACE.on(
            jsonpath((lost[0].key,)),
            f"{_named(lost)} {begin} with a space: a + in a form or query is a space",
            "send each + as %2B, in numbers and in texts",
        )
    ]


def _cut_at_an_ampersand(pairs: list[_Pair]) -> list[Finding]:
    """What stands behind an ampersand and has no equals sign: most likely the rest of a text."""
    cut = [each for one, each in pairwise(pairs) if each.raw is None and one.raw is not None]
    if not cut:
        return []
    path = jsonpath((cut[0].key,))
    message = f"{cut[0].key[:_LONGEST_NAMED]!r} has no value: an & in a form or query begins the next field"
    return [rules.TEXT_CUT_OFF.on(path, message, "if it belongs to the text before it, send each & as %26")]


def _named(pairs: list[_Pair]) -> str:
    """``$.From and $.To``."""
    names = [jsonpath((each.key,)) for each in pairs[:_MOST_NAMED]]
    more = len(pairs) - len(names)
    if more:
        names.append(f"{more} more")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
