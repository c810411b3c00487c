"""Kinds of finding, and how findings are ordered and worded."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from emulator.errors import Edit, Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 600
_MOST_COMPARED = 500
_MOST_LISTED = 30


class Mark(StrEnum):
    """How sure the rule behind a finding is."""

    DOCUMENTED = "documented"
    PUBLIC = "public"
    INFERRED = "inferred"
    ASSUMED = "assumed"

    @property
    def meaning(self) -> str:
        """Where that comes from, in words."""
        return {
            "documented": "the page of Ringotel's framework says it",
            "public": "another public source says it",
            "inferred": "it follows from those",
            "assumed": "no public source says it; it is a choice of ringo-emu's",
        }[self.value]


def unmuted(findings: Iterable[Finding], muted: frozenset[str]) -> tuple[Finding, ...]:
    """*findings* without those whose codes are *muted*."""
    return tuple(each for each in findings if each.code not in muted)


class Rule(NamedTuple):
    """A kind of finding: its stable code, how much it matters and why it is so."""

    code: str
    severity: Severity
    mark: Mark
    title: str
    why: str

    def at(self, where: Location, message: str, remedy: str, *, edit: Edit | None = None) -> Finding:
        """A finding of this kind at a place in a file."""
        return replace(self.on(where.path or "$", message, remedy), where=where, edit=edit)

    def on(self, path: str, message: str, remedy: str) -> Finding:
        """A finding of this kind at a JSONPath of a body."""
        return Finding(
            code=self.code, severity=self.severity, message=printable(message), remedy=printable(remedy), path=path
        )


def printable(text: str) -> str:
    """*text*, which may quote anything, cut to a length that can be shown, control characters as escapes."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether one of *findings* is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def in_file_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """*findings* by file, line and column; those without a place come first."""

    def key(finding: Finding) -> tuple[str, int, int, str]:
        where = finding.where
        return (where.file, where.line or 0, where.column or 0, finding.code) if where else ("", 0, 0, finding.code)

    return tuple(sorted(findings, key=key))


def case_slip(name: str, known: Iterable[str]) -> str | None:
    """The only one of *known* that differs from *name* in its capitals alone."""
    alike = [each for each in known if each.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 and alike[0] != name else None


def nearest_name(name: str, known: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The one of *known* that *name* was most likely meant to be, if any comes close; case slips come first.

    *alike* is how close it must come, from 0 to 1.
    """
    names = sorted(known)
    for candidate in names:
        if candidate != name and candidate.casefold() == name.casefold():
            return candidate
    # Cold start: most documents need no suggestion.
    from difflib import get_close_matches

    folded = {each.casefold(): each for each in reversed(names[:_MOST_COMPARED]) if each != name}
    near = get_close_matches(name.casefold(), sorted(folded), n=1, cutoff=alike)
    return folded[near[0]] if near else None


def listed(names: Iterable[str]) -> str:
    """All of *names*, in quotes."""
    return ", ".join(f'"{each}"' for each in sorted(names))


def suggestion(name: str, known: Iterable[str], *, quote: str = '"{}"') -> str:
    """``did you mean "x"?``, or the list of what is allowed."""
    names = sorted(known)
    near = nearest_name(name, names)
    if near is not None:
        return f"did you mean {quote.format(near)}?"
    if not names:
        return "remove it"
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"use one of: {', '.join(quote.format(each) for each in names[:_MOST_LISTED])}{more}"
