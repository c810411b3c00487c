"""The last writer of everything printed: it masks secrets and neutralises what could control a terminal."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator import __version__
from emulator.core.redaction import Redactor
from emulator.core.rules import CATALOGUE
from emulator.errors import Finding, InputError, RingoError, Severity, TransportError, UnreachableError, UsageError
from emulator.faces.colors import wants_color
from emulator.scenario.masking import masked
from emulator.scenario.rules import CATALOGUE as OF_FILES
from emulator.scenario.searching import find_project_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.scenario.project import Project

# Control characters but tab and line feed, the C1 block, and what turns the direction of text around.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


_BUGS: list[Redactor] = []
"""What masks the traceback that is going to be printed."""


# What the runner of a CI system takes for a command to itself: in GitHub's log a line that begins so, after any space;
# anywhere in a line what GitHub, Azure Pipelines and TeamCity write with brackets.
_COMMAND_LINE = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_COMMAND = re.compile(r"##(?=\w*\[)")
_RUNNERS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")


def visible(text: str) -> str:
    """*text* with every control character written as an escape."""
    return _CONTROLS.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def inert(text: str) -> str:
    """*text* in which a CI system's runner, where there is one, finds no command: a blank takes each apart."""
    if ("::" not in text and "##" not in text) or not any(map(os.environ.get, _RUNNERS)):
        return text
    return _COMMAND.sub("# #", _COMMAND_LINE.sub(r"\1: ", text))


def json_line(value: Any) -> str:
    """*value* as a line of JSON that controls neither a terminal nor a CI system's runner, wherever it is read."""
    return _COMMAND.sub(r"#\\u0023", json.dumps(value, ensure_ascii=True))


class Output:
    """Prints to standard output; colours only where the environment wants them (`colors`), unless *color* says."""

    def __init__(
        self, redactor: Redactor | None = None, *, color: bool | None = None, journal: str = "", project: str = ""
    ) -> None:
        """*journal* and *project* are what commands that are told to be run next need to find both."""
        self.redactor = redactor or Redactor()
        self._color = color
        self.journal = journal
        self.project = project

    @classmethod
    def of(cls, project: Project, journal: str, *, color: bool | None = None) -> Output:
        """For a command that plays *project* and keeps its journal in a file of that name."""
        from emulator.faces.naming import options_of  # cold start: most commands know no project
        from emulator.scenario.project import RUN_JOURNAL, SERVE_JOURNAL, shown_path

        here = find_project_file(Path.cwd())
        # By itself `ringo-emu journal` finds the usual files, in the project here and in the folders here.
        is_searched = Path.cwd() in {project.folder, project.folder.parent} or (here and here.parent == project.folder)
        is_found = is_searched and journal in {RUN_JOURNAL, SERVE_JOURNAL}
        shown = "" if is_found else f"--journal {shlex.quote(shown_path(project.state_folder / journal))}"
        return cls(project.redactor, color=color, journal=shown, project=shlex.join(options_of(project)))

    def journal_command(self, name: str, exchange: int) -> str:
        """The command that does *name* with an exchange; making it again needs the project too."""
        parts = [f"ringo-emu journal {name} {exchange}", self.journal, self.project if name == "replay" else ""]
        return " ".join(filter(None, parts))

    def plain(self) -> Output:
        """The same without colours."""
        return Output(self.redactor, color=False, journal=self.journal, project=self.project)

    def line(self, text: str = "", *, err: bool = False) -> None:
        """Print a line, made of parts that `styled` made."""
        wanted = wants_color(sys.stderr if err else sys.stdout) if self._color is None else self._color
        click.echo(text, err=err, color=wanted)

    def styled(self, text: str, **style: Any) -> str:
        """*text* fit to be shown in a line, in a style where the terminal has it."""
        return self._in_style(self.redactor.sentence(text), style)

    def named(self, name: str, **style: Any) -> str:
        """The same for a *name*, and for what stands in front of a colon: our own words, or a person's."""
        return self._in_style(self.redactor.name(name), style)

    def _in_style(self, masked: str, style: dict[str, Any]) -> str:
        safe = inert(visible(masked).replace("\n", "\\n"))
        # Whoever prints it takes the colours out again, where one of the two streams wants none.
        wanted = self._color if self._color is not None else wants_color(sys.stdout) or wants_color(sys.stderr)
        return click.style(safe, **style) if style and wanted else safe

    def text(self, text: str = "", *, err: bool = False) -> None:
        """Print plain text, which may have lines."""
        self.line(inert(visible(self.redactor.sentence(text))), err=err)

    def json(self, value: Any) -> None:
        """Print *value* as one line of JSON."""
        click.echo(json_line(self.redactor.records(value)))

    @contextmanager
    def masking(self) -> Iterator[None]:
        """Mask the secrets in errors that leave the block: whoever prints them does not know the secrets."""
        try:
            yield
        except RingoError as error:
            if isinstance(error, InputError):
                error.findings = tuple(masked(each, self.redactor) for each in error.findings)
            error.message = self.redactor.sentence(error.message)
            error.mend = error.mend and self.redactor.sentence(error.mend)
            raise
        except Exception:
            _BUGS.append(self.redactor)  # whoever prints the traceback is told how to mask it
            raise

    def findings(self, findings: Iterable[Finding], *, codes: bool, err: bool = False, why: bool = False) -> None:
        """Print each finding with its source line and a caret; *why* the first time that a code comes."""
        told: set[str] = set()
        for finding in findings:
            for line in self.finding_lines(finding, codes=codes):
                self.line(line, err=err)
            if why and finding.code not in told:
                rule = CATALOGUE.get(finding.code) or OF_FILES[finding.code]
                self.line("       " + self.styled(f"= {rule.mark.value}: {rule.why}", dim=True), err=err)
                told.add(finding.code)

    def finding_lines(self, finding: Finding, *, codes: bool) -> Iterator[str]:
        """The lines that `findings` prints of one."""
        finding = masked(finding, self.redactor)
        where = finding.where
        place = str(where) if where else finding.path
        head = "" if place == "$" else self.named(place, bold=True) + "  "  # of a body as a whole there is no place
        if codes:
            head += self.named(f"{finding.severity.value} {finding.code}", fg=_COLORS[finding.severity]) + "  "
        yield head + self.styled(finding.message)
        if where is None or where.line is None or where.column is None or where.text is None:
            yield "      " + self.styled(finding.remedy)
            return
        before = where.text[: where.column - 1]
        # Long lines are cut around the place; tabs are one character wide, so that the caret stands right.
        start = max(0, where.column - 60)
        shown = where.text[start : start + 100].replace("\t", " ")
        yield f"  {where.line:>4} | " + self.styled(shown)
        width = max(1, min(where.width, 100 - (where.column - 1 - start)))
        yield "       | " + " " * (len(before) - start) + self.styled("^" * width + " " + finding.remedy, fg="cyan")


def tell_error(error: RingoError) -> int:
    """Print *error* to standard error; returns the exit code that it means."""
    output = Output()
    for line in error_lines(error, output):
        output.line(line, err=True)
    if isinstance(error, InputError):
        output.line(f"{problems_in_words(error)}; nothing was run (exit 2)", err=True)
    return 3 if isinstance(error, UnreachableError | TransportError) else 2


def error_lines(error: RingoError, output: Output) -> Iterator[str]:
    """What is told of *error*: its findings, or what it says and how to mend it."""
    if isinstance(error, InputError):
        codes = _has_codes(error)
        for finding in _shown(error):
            yield from output.finding_lines(finding, codes=codes)
        return
    first, *more = error.message.split("\n")
    yield output.styled("error: ", fg="red") + output.styled(first)
    yield from (output.styled(line) for line in more)
    if error.mend:
        yield from (output.styled(line) for line in f"  mend: {error.mend}".split("\n"))


def problems_in_words(error: InputError) -> str:
    """``2 problems in 1 file``."""
    shown = _shown(error)
    files = {finding.where.file for finding in shown if finding.where}
    return f"{_count(len(shown), 'problem')} in {_count(len(files), 'file')}"


def _shown(error: InputError) -> list[Finding]:
    codes = _has_codes(error)
    return [each for each in error.findings if not codes or each.severity is Severity.ERROR]


def _has_codes(error: InputError) -> bool:
    return any(finding.code.startswith("DOC") for finding in error.findings)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tell_bug(error: Exception) -> int:
    """Print the traceback of *error*, a bug of ours; returns its exit code.

    That a part of us is not there is none of ours, but of how we were installed.
    """
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "emulator":
        what = (
            f'ringo-emu is not whole: {error.name} is not there; another package called "emulator" may be in its place'
        )
        return tell_error(UsageError(what, mend="install ringo-emu into a virtual environment of its own"))
    import traceback

    redactor = _BUGS[-1] if _BUGS else Redactor()
    output = Output(redactor)
    output.line(inert(visible(redactor.text(traceback.format_exc()))), err=True)
    output.text(f"This is a bug in ringo-emu {__version__}: please report it with the lines above.", err=True)
    return 4
