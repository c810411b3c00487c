"""Where a word ends, in whatever writing the text around it is, and where a value stands in a sentence. Linear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

_WINDOW = 32
"""Characters that are looked at beside a place: the longest escape fits."""
_COLOR = r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\\e)\[[0-9;]{0,16}[A-Za-z]"
_BEFORE = re.compile(
    rf"(?:(?P<color>{_COLOR})"
    r"|\\+(?:u(?P<four>[0-9A-Fa-f]{4})|U(?P<eight>[0-9A-Fa-f]{8})|x(?P<two>[0-9A-Fa-f]{2})|(?P<control>[abfnrtv0]))"
    r"|(?P<percent>(?:%[0-9A-Fa-f]{2}){1,4}))\Z"
)
_AFTER = re.compile(
    r"\\+(?:u(?P<four>[0-9A-Fa-f]{4})|U(?P<eight>[0-9A-Fa-f]{8})|x(?P<two>[0-9A-Fa-f]{2}))"
    r"|(?P<percent>(?:%[0-9A-Fa-f]{2}){1,4})"
)
_TOLD = r"\banswered \d{3}\b[^:\n]{0,120}: |\bbegins? with |\bexpected |\bfound "
_OPENING = re.compile(rf"(?<!\w)[\"'`“{{]|://|{_TOLD}")
_END_OF_TOLD = re.compile(r"[;\n]|\Z")
_CLOSING = {'"': '"', "'": "'", "`": "`", "“": "”"}
_BRACES = re.compile("[{}]")
_SPACE = re.compile(r"\s")


def is_word(character: str) -> bool:
    """Whether *character* may be part of a word or number; no character is not."""
    return character.isalnum() or character == "_"


def before(text: str, at: int) -> str:
    """The character that stands before *at* in *text*: what an escape there means; empty at the beginning."""
    last = text[at - 1 : at] if at else ""
    if not is_word(last):
        return last
    window = text[max(0, at - _WINDOW) : at]
    if "\\" not in window and "%" not in window and "\x1b" not in window:
        return last
    match = _BEFORE.search(window)
    return _meant(match, last)[-1:] if match else last


def after(text: str, at: int) -> str:
    """The character that stands at *at* in *text*: what an escape there means; empty at the end."""
    first = text[at : at + 1]
    if first not in ("\\", "%"):
        return first
    match = _AFTER.match(text[at : at + _WINDOW])
    return _meant(match, first)[:1] if match else first


def _meant(match: re.Match[str], otherwise: str) -> str:
    groups = match.groupdict()
    if groups.get("color") or groups.get("control"):
        return " "
    code = groups["four"] or groups["eight"] or groups["two"]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else otherwise
    # Of a character whose bytes are not all there, nothing is known: it may be a part of the word.
    return unquote_to_bytes(groups["percent"]).decode("utf-8", "ignore") or "\u00e9"


def value_spans(text: str) -> Iterator[tuple[int, int]]:
    """The parts of *text*, a sentence, that quote somebody, in order.

    They are in quotation marks or in braces, are addresses, or tell what was answered, found or expected.
    """
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        mark = opening.group()
        if mark == "{":
            at = _closing_brace(text, opening.end())
        elif mark in _CLOSING:
            at = _closing_mark(text, opening.end(), _CLOSING[mark])
        elif mark != "://":
            at = _end_of_told(text, opening)
        else:
            space = _SPACE.search(text, opening.end())
            at = space.start() if space else len(text)
        yield opening.start(), at


def _end_of_told(text: str, opening: re.Match[str]) -> int:
    """Where what was answered, found or expected ends: of two values, the first ends at the semicolon."""
    if opening.group() not in ("expected ", "found "):
        end = text.find("\n", opening.end())
        return end if end >= 0 else len(text)
    found = _END_OF_TOLD.search(text, opening.end())
    return found.start() if found else len(text)


def _closing_mark(text: str, at: int, mark: str) -> int:
    """Where what is quoted ends: at a mark that no letter follows, as in ``it's``; else at the end."""
    while (end := text.find(mark, at)) >= 0:
        if text[end - 1] != "\\" and not is_word(text[end + 1 : end + 2]):
            return end + 1
        at = end + 1
    return len(text)


def _closing_brace(text: str, at: int) -> int:
    depth = 1
    for brace in _BRACES.finditer(text, at):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return brace.end()
    return len(text)
