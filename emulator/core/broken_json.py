"""Why a text is no JSON: the very place and cause, in words of our own (framework 6)."""

from __future__ import annotations

import re
from typing import NamedTuple

from emulator.core.charsets import place

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+("?)|[\[{]|[\]}]|-?(?:NaN|Infinity)', re.DOTALL)
"""What matters here; the group is empty for a text that has no end."""
_SWALLOWED = re.compile(r'\\"[ \t\r\n,:}\]]*"?\Z')
"""The end of a text that goes on because its last quote is taken for an escaped one."""
_BLANK = " \t\r\n"
_WORD = re.compile(r"[A-Za-z_]\w{0,19}")
_ESCAPE = r"escape the texts that go into JSON, best by a JSON library: a quote is \", a backslash \\, a line end \n"
_LIBRARY = "have a JSON library write it"
_VALUES = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"}
_EXPECTED = {"{": "a key or }", ":": "a value", "[": "a value or ]", ",": "the next key or value", "": "a value"}


class Break(NamedTuple):
    """Where a text stops being JSON, why, and how to mend it."""

    at: int
    reason: str
    mend: str

    def where(self, text: str) -> str:
        """``line 1, column 12`` of *text*."""
        return "line {}, column {}".format(*place(text, self.at))


def constant_in(text: str) -> Break:
    """The first NaN or Infinity of *text*, which is JSON up to there."""
    found = next(each for each in _TOKEN.finditer(text) if each.group()[-1] in "Ny")
    return Break(found.start(), f"the value {found.group()}, which JSON does not have", "send null, or a number")


def why(text: str, at: int) -> Break:
    """Why *text* is no JSON, of which a decoder could read what stands before *at*."""
    latest = _text_before(text, at)
    if latest is not None and (latest.end() > at or not latest.group(1)):
        return _inside(text, at, latest)
    begun = _TOKEN.match(text, at)
    if begun is not None and not begun.group(1) and begun.group()[0] == '"':
        return _unended(begun)
    if at >= len(text.rstrip(_BLANK)):
        return Break(at, "it ends in the middle", "send all of it")
    before = text[:at].rstrip(_BLANK)
    if latest is not None and latest.end() == len(before) and text[at] not in ",:}]":
        return _behind(text, at, latest)
    return _out_of_place(text, at, before)


def _text_before(text: str, at: int) -> re.Match[str] | None:
    """The last text that begins before *at*."""
    latest = None
    for token in _TOKEN.finditer(text):
        if token.start() >= at:
            break
        if token.group()[0] == '"':
            latest = token
    return latest


def _inside(text: str, at: int, string: re.Match[str]) -> Break:
    """It breaks inside *string*."""
    char = text[at]
    if char in "\r\n" and (swallowed := _swallowed(text[string.start() : at])) is not None:
        return _backslash(string.start() + swallowed)
    if char in "\r\n":
        return Break(at, "a raw line end inside a text", _ESCAPE)
    if char < " ":
        what = "tab" if char == "\t" else f"control character, U+{ord(char):04X},"
        return Break(at, f"a raw {what} inside a text", _ESCAPE)
    if char == "\\":
        return Break(at, f"a backslash inside a text that begins no escape, {text[at : at + 2]}", _ESCAPE)
    return Break(at - 1, r"\u inside a text without its four digits", _ESCAPE)


def _behind(text: str, at: int, string: re.Match[str]) -> Break:
    """*string* has ended, and what follows at *at* cannot follow a text: what has ended it?"""
    if (swallowed := _swallowed(string.group())) is not None:
        return _backslash(string.start() + swallowed)
    reason = "a quote inside a text that is not escaped"
    if text[at] in '"{[' and string.end() < at:
        return Break(string.end() - 1, f"{reason}, or no comma behind it", _ESCAPE)
    return Break(string.end() - 1, reason, _ESCAPE)


def _unended(string: re.Match[str]) -> Break:
    if (swallowed := _swallowed(string.group())) is not None:
        return _backslash(string.start() + swallowed)
    mend = f"send all of it; is it cut off? If not, {_ESCAPE}"
    return Break(string.start(), "a text that begins there and has no end", mend)


def _swallowed(string: str) -> int | None:
    """Where the backslash stands that makes *string* go on behind its own end; quotes in pairs are meant."""
    found = _SWALLOWED.search(string)
    return found.start() if found is not None and string.count('\\"') % 2 else None


def _backslash(at: int) -> Break:
    return Break(at, "a backslash before the quote that should end a text", _ESCAPE)


def _out_of_place(text: str, at: int, before: str) -> Break:
    char, last = text[at], before[-1:]
    word = _WORD.match(text, at)
    if char in "}]" and last == ",":
        return Break(len(before) - 1, f"a comma before the closing {char}", "leave the comma out")
    if char in "'‘’“”":
        return Break(at, f"{char} in place of a quote", 'write texts between plain double quotes, "')
    if char in "/#":
        return Break(at, "what looks like a comment", "leave comments out: JSON has none")
    if word is not None and word.group() in _VALUES:
        mend = f"write {_VALUES[word.group()]}; {_LIBRARY}"
        return Break(at, f"the value {word.group()}, which JSON does not have", mend)
    if char == "+":
        return Break(at, "a plus before a number", "send phone numbers as text, in quotes")
    if char.isdigit() and last == "0" and len(before) == at:
        return Break(at - 1, "a zero before a number", "send phone numbers as text, in quotes")
    if not _is_open(before) and last:
        return Break(at, "more behind the end of the JSON", "send one JSON value, and nothing behind it")
    if word is not None and last in "{[:,":
        return Break(at, f"the word {word.group()} without quotes", f"write keys and texts in quotes; {_LIBRARY}")
    expected = _EXPECTED.get(last, "a comma or a closing bracket")
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    return Break(at, f"{shown} where {expected} is expected", _LIBRARY)


def _is_open(text: str) -> bool:
    """Whether a bracket of *text* is not closed."""
    brackets = [found.group() for found in _TOKEN.finditer(text)]
    return sum(each in "[{" for each in brackets) > sum(each in "]}" for each in brackets)
