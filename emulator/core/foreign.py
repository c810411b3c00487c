"""Placeholders as other tools write them, which go out as they are: a variable of the format is ``$name$`` alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.findings import nearest_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_NAME = r"[A-Za-z_][\w .-]{0,60}"
_SURE = re.compile(
    rf"[$#%@]?\{{\{{?\s{{0,9}}(?P<braces>{_NAME}?)\s{{0,9}}\}}\}}?"
    # Neither two ends of an encoding, as in %C3%A9, nor a percentage before a word.
    r"|(?<![\w%])%(?P<percent>[A-Za-z_][A-Za-z0-9_]{1,40})%(?![0-9A-Fa-f]{2})"
)
"""Styles that mean nothing else: ``{name}``, ``{{name}}``, ``${name}``, ``#{name}``, ``%NAME%``."""
_UNSURE = re.compile(rf"<(?P<angle>{_NAME})>|(?<![\w:]):(?P<colon>[A-Za-z_]\w*)(?![\w:])|\[(?P<square>{_NAME})\]")
"""Styles that are also markup, times and the like: told only where nothing else can be meant."""
_IN_ADDRESS = re.compile(rf"<(?P<angle>{_NAME})>|(?<=/):(?P<colon>[A-Za-z_]\w*)(?=[/?#]|\Z)")
_SYNONYMS = {
    **dict.fromkeys(("message", "text", "msg", "body", "sms", "messagetext", "mediaurl", "url"), "content"),
    **dict.fromkeys(("recipient", "destination", "dst", "receiver", "phone", "number", "tonumber"), "to"),
    **dict.fromkeys(("sender", "source", "src", "originator", "fromnumber"), "from"),
    **dict.fromkeys(("id", "messageid", "msgid"), "messageid"),
    **dict.fromkeys(("callback", "callbackurl", "webhook", "webhookurl"), "webhook_url"),
}


class Foreign(NamedTuple):
    """A placeholder of another style; *offset* is where it begins in the text."""

    text: str
    name: str
    offset: int


def foreign_in(text: str, known: Collection[str] = (), *, is_address: bool = False) -> list[Foreign]:
    """The placeholders of other styles in *text*, where variables may be those that are *known*."""
    found = [*_found(_SURE, text)]
    if is_address:
        found += _found(_IN_ADDRESS, text)
    else:
        found += [each for each in _found(_UNSURE, text) if each.text == text and _plain(each.name) in _names(known)]
    return sorted(found, key=lambda each: each.offset)


def without_foreign(text: str, found: Iterable[Foreign], *, by: str = "_") -> str:
    """*text* with each placeholder that was *found* as so many characters *by*: every place stays what it is."""
    for each in found:
        text = text[: each.offset] + by * len(each.text) + text[each.offset + len(each.text) :]
    return text


def meant(name: str, known: Collection[str]) -> str | None:
    """The one of the *known* variables that a placeholder called *name* most likely means."""
    plain = _plain(name)
    same = next((each for each in sorted(known) if _plain(each) == plain), None)
    synonym = _SYNONYMS.get(plain)
    return same or (synonym if synonym in known else nearest_name(name, known, alike=0.8))


def _found(pattern: re.Pattern[str], text: str) -> Iterator[Foreign]:
    for match in pattern.finditer(text):
        name = next(each for each in match.groups() if each is not None).strip()
        yield Foreign(match.group(), name, match.start())


def _names(known: Collection[str]) -> set[str]:
    return {_plain(each) for each in known} | {name for name, variable in _SYNONYMS.items() if variable in known}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
