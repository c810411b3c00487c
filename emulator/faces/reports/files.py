"""Report files: which are asked for, and how they are written so that none is ever half there."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from importlib import import_module
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from emulator.core.findings import suggestion
from emulator.engine.journal import mask_exchange
from emulator.engine.user_files import absolute, is_folder
from emulator.errors import JournalError, UsageError
from emulator.faces.output import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from emulator.core.redaction import Redactor
    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal
    from emulator.faces.output import Output
    from emulator.scenario.results import RunResult

T = TypeVar("T")
KINDS = ("junit", "html", "jsonl", "tap", "github", "har")
"""Each is a module beside this one with ``render(run, exchanges, output) -> str``."""
_WITHOUT_FILE = "github"
_STREAMS = frozenset({Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd")})


class ReportFile(NamedTuple):
    """A report that is asked for; only GitHub's needs no *path*."""

    kind: str
    path: Path | None


def parse_report(text: str) -> ReportFile:
    """``KIND=FILE``.

    Raises:
        UsageError: It names no kind, or no file.
    """
    kind, _, file = text.partition("=")
    if kind not in KINDS:
        raise UsageError(f'--report {text}: there is no report "{kind}"', mend=suggestion(kind, KINDS))
    if not file and kind != _WITHOUT_FILE:
        raise UsageError(f"--report {text}: no file is named", mend=f"write --report {kind}=FILE")
    if file and is_folder(Path(file)):
        raise UsageError(f"--report {text}: {file} is a folder", mend=f"write --report {kind}=FILE")
    return ReportFile(kind, Path(file) if file else None)


def parse_reports(texts: Iterable[str]) -> tuple[ReportFile, ...]:
    """Several of them.

    Raises:
        UsageError: One cannot be read, or two go into one file.
    """
    reports = tuple(parse_report(each) for each in texts)
    seen: dict[Path, str] = {}
    for kind, path in reports:
        there = seen.setdefault(absolute(path), kind) if path is not None else kind
        if there is not kind:
            raise UsageError(f"the reports {there} and {kind} both go to {path}", mend="name a file for each")
    return reports


def write_reports(reports: Sequence[ReportFile], run: RunResult, journal: Journal, output: Output) -> None:
    """Write every one of *reports*; one that cannot be written is a warning, and the others are written all the same.

    They hold no secret of *output*'s.
    """
    # Before anything is escaped: of a secret that is written as &quot; or \\u00e9 no value would be found afterwards.
    run = _masked(run, output.redactor)

    def exchange(number: int) -> Exchange | None:
        # Once more: the journal wrote it before a secret was known that was learnt later.
        found = journal.get(number)
        return mask_exchange(found, output.redactor) if found else None

    for report in reports:
        try:
            module = import_module(f"emulator.faces.reports.{report.kind}")
            if report.path is None:
                module.annotate(run, output)
            else:
                write_atomically(report.path, module.render(run, exchange, output))
        except (OSError, JournalError) as error:
            output.text(f"warning: the {report.kind} report cannot be written: {error}", err=True)


def _masked(value: T, redactor: Redactor, key: str = "") -> T:
    """*value*, a record of records, without secrets in any of its texts; what they are is told by their *key*."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return redactor.by_key(key)(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(_masked(each, redactor, key) for each in value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: _masked(getattr(value, each.name), redactor, each.name) for each in fields(value)}
        return replace(value, **parts)
    return value


def write_atomically(path: Path, text: str, mode: int = 0o666) -> None:
    """Write *text* to *path* so that whoever looks finds the old file or the new one, never a part of it.

    A pipe or a device, such as ``/dev/stdout``, stays what it is, and so does a link. A new file has that *mode*, as
    far as the umask lets it.

    Raises:
        OSError: It cannot be written.
    """
    if is_stream(path):
        # A pipe is opened only if somebody reads it; then its reader may take its time.
        stream = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
        os.set_blocking(stream, True)
        with os.fdopen(stream, "a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(inert(text))
        return
    path = absolute(path)
    if is_folder(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        made = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(made, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_stream(path: Path) -> bool:
    """Whether it is there and no file; /dev/stdout is a stream even where the shell sends it to a file."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # a link that leads nowhere is where a file will be
        mode = stat.S_IFREG
    return path.absolute().parent in _STREAMS or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
