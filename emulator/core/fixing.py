"""Mends what is mechanical in a document: commas, quotes, comments, and slips in names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.json_text import read_json
from emulator.core.reading import read_document
from emulator.core.source import SourceText, UndecodableError, decode_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.errors import Edit, Finding

_ROUNDS = 20
"""One edit can uncover the next, such as a second control character in one string; a file needs one or two rounds."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A document's text before and after, and what was mended on the way."""

    before: str
    after: str
    mended: tuple[Finding, ...]


def fix_document(name: str, data: bytes) -> Fixed:
    """Mend what is mechanical in the bytes of a document; what it says stays what it was read as.

    Findings without an edit are left as they are, and so is a file that is not UTF-8.
    """
    try:
        text = before = decode_source(name, data).text
    except UndecodableError:
        return Fixed("", "", ())
    mended: list[Finding] = []
    for _ in range(_ROUNDS):
        findings = _mendable(name, text)
        after = apply_edits(text, (each.edit for each in findings if each.edit))
        if after == text or not _means_the_same(name, text, after, findings):
            break
        text, mended = after, [*mended, *findings]
    return Fixed(before, text, tuple(mended))


def _mendable(name: str, text: str) -> list[Finding]:
    """Mistakes of JSON first: a name is mended only in a file that reads."""
    syntax = [each for each in read_json(SourceText(name, text)).findings if each.edit]
    return syntax or [each for each in read_document(name, text.encode("utf-8")).findings if each.edit]


def _means_the_same(name: str, before: str, after: str, findings: Iterable[Finding]) -> bool:
    if not any(each.code.startswith("DOC-1") for each in findings):
        return True  # a slip was mended: that is what was asked for
    old, new = read_json(SourceText(name, before)), read_json(SourceText(name, after))
    return old.complete == new.complete and old.value == new.value


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """*text* after *edits*; of two that overlap the later one is left for another time."""
    parts: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        if edit.start >= position:
            parts += [text[position : edit.start], edit.text]
            position = edit.end
    return "".join([*parts, text[position:]])
