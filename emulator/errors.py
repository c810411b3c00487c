"""Every error that ringo-emu raises on purpose, with the findings and places that errors carry.

    RingoError
    ├── UsageError            an option, a file name or a combination of them is wrong
    ├── InputError            a file was read and is wrong; carries every finding at once
    │   ├── DocumentError     the integration document
    │   ├── ProjectError      ringo-emu.yaml
    │   └── ScenarioError     a scenario file
    ├── RenderingError        a request cannot be made from the variables at hand
    ├── UnreadableBodyError   a webhook's body is neither JSON nor a form
    ├── TransportError        a request got no answer
    ├── UnreachableError      the provider, or a port that ringo-emu needs, is not to be had
    └── JournalError          the journal's file cannot be used

Whatever else escapes is a bug of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file: what an error points to.

    ``line`` and ``column`` count from 1, columns in characters. ``width`` is the number of characters the
    caret line underlines. ``path`` is a JSONPath, ``text`` the whole source line, ``offset`` the place in the file
    in characters from its start.
    """

    file: str
    line: int | None = None
    column: int | None = None
    path: str | None = None
    width: int = 1
    text: str | None = None
    offset: int | None = None

    def __str__(self) -> str:
        if self.line is None:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


class Severity(StrEnum):
    """How much a finding matters: an error cannot be played, a warning will surprise, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Edit(NamedTuple):
    """A change of a file: *text* in place of the characters from *start* to *end* (offsets)."""

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, where: Location, old: str, new: str) -> Edit | None:
        """*new* in place of *old*, if that is what stands at *where* and the two differ."""
        if where.offset is None or where.column is None or where.text is None or old == new:
            return None
        if not where.text.startswith(old, where.column - 1):
            return None
        return cls(where.offset, where.offset + len(old), new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to tell the user about a file, a webhook or an answer.

    *path* is the JSONPath of the node it is about; *where* is set when that stands in a file with lines, *edit*
    where the remedy is mechanical.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    path: str = "$"
    where: Location | None = None
    edit: Edit | None = None


class RingoError(Exception):
    """Root of the tree: *message* says what and where, *mend* how to put it right."""

    def __init__(self, message: str, *, mend: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend


class UsageError(RingoError):
    """An option, a file name or a combination of them is wrong."""


class InputError(RingoError):
    """A file of the user's is wrong; *findings* holds every problem in it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(finding.message for finding in self.findings))


class DocumentError(InputError):
    """The integration document cannot be played."""


class ProjectError(InputError):
    """The project file cannot be used."""


class ScenarioError(InputError):
    """A scenario file cannot be run."""


class RenderingError(RingoError):
    """A request cannot be made from the variables at hand."""


class UnreadableBodyError(RingoError):
    """A webhook's body is neither JSON nor a form."""

    status: ClassVar[int] = 400
    """What such a webhook is answered."""


class TransportError(RingoError):
    """A request got no answer.

    *kind* is one of ``refused``, ``unresolved``, ``timeout``, ``reset``, ``tls``, ``garbage``, ``too_large``.
    """

    def __init__(self, kind: str, message: str, *, mend: str | None = None) -> None:
        super().__init__(message, mend=mend)
        self.kind = kind


class UnreachableError(RingoError):
    """The provider, or a port that ringo-emu needs, is not to be had."""


class JournalError(RingoError):
    """The journal's file cannot be used."""
