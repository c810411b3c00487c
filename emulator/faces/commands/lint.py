"""``ringo-emu lint``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emulator.core.findings import has_errors, in_file_order
from emulator.core.presenting import finding_data
from emulator.core.reading import read_document
from emulator.core.rules import CATALOGUE
from emulator.engine.user_files import absolute, read_file, read_input
from emulator.errors import InputError, Severity, UsageError
from emulator.faces import completing
from emulator.faces.options import found_project, no_document, tell_of_overruled, which_project
from emulator.faces.output import Output
from emulator.scenario.rules import CATALOGUE as OF_FILES

if TYPE_CHECKING:
    from emulator.core.reading import Assumptions
    from emulator.errors import Finding


@click.command()
@click.argument("documents", nargs=-1, metavar="[DOCUMENT]...", shell_complete=completing.files)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github: annotations of a GitHub Actions run.",
)
@click.option("--json", "as_json", is_flag=True, help='Print {"findings": […]}; the same as --format json.')
@click.option(
    "--explain",
    "code",
    metavar="CODE",
    shell_complete=completing.codes,
    help="Say what a code such as DOC-301 means, and why it is so.",
)
@click.option("--fix", is_flag=True, help="Mend what is mechanical; shows the difference and asks first.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@which_project
def command(
    documents: tuple[str, ...],
    style: str,
    as_json: bool,
    code: str | None,
    fix: bool,
    yes: bool,
    project_file: Path | None,
    environment: str | None,
) -> int:
    """Say everything that is wrong with integration documents.

    DOCUMENT is a file, by default the project's; - reads standard input. Exit code 2 if the platform could not play
    one of them.

    \b
    Example: ringo-emu lint
             ringo-emu lint acme.json
             ringo-emu lint --fix acme.json
             ringo-emu lint --explain DOC-301
    """
    output = Output()
    if code is not None:
        return _explain(code, output)
    assumptions: Assumptions | None = None
    diversions: tuple[Finding, ...] = ()
    if not documents:
        documents, assumptions, diversions = _of_project(project_file, environment)
    if fix:
        for name in documents:
            _fix(name, output, ask=not yes)
    found = [finding for name in documents for finding in read_document(*_read(name), assumptions).findings]
    findings = in_file_order([*diversions, *found])
    match "json" if as_json else style:
        case "json":
            output.json({"findings": [_data(finding) for finding in findings]})
        case "github":
            for finding in findings:
                output.text(_annotation(finding))
        case _:
            output.findings(findings, codes=True, why=True)
            output.text(_summary(findings, len(documents)))
    return 2 if has_errors(findings) else 0


def _of_project(
    project_file: Path | None, environment: str | None
) -> tuple[tuple[str, ...], Assumptions | None, tuple[Finding, ...]]:
    """The document of the project that the options mean, the profile that it is read with, and what its hosts do wrong.

    Where more is wrong with the project, that is not told here: `ringo-emu doctor` does.
    """
    from emulator.scenario.project import Overrides, document_of_project, load_project, shown_path

    path = found_project(project_file, environment)
    if path is None:
        raise no_document()
    overrides = Overrides(environment=environment)
    document = document_of_project(path, overrides)
    try:
        project = load_project(path, overrides)
    except InputError as error:
        diversions = tuple(each for each in error.findings if each.path.startswith("$.hosts"))
        return (shown_path(document),), None, diversions
    tell_of_overruled(project)
    return (shown_path(document),), project.file.profile, ()


def _read(name: str) -> tuple[str, bytes]:
    if name == "-":
        return "<stdin>", read_input()
    try:
        return name, read_file(Path(name), pipes=True)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", mend="name an integration document") from error


def _summary(findings: tuple[Finding, ...], documents: int) -> str:
    counts = {severity: sum(1 for each in findings if each.severity is severity) for severity in Severity}
    parts = [f"{count} {severity.value}{'s' if count > 1 else ''}" for severity, count in counts.items() if count]
    text = f"{', '.join(parts) or 'no findings'} in {documents} file{'s' if documents > 1 else ''}"
    mendable = sum(1 for each in findings if each.edit)
    return f"{text}; --fix mends {mendable} of them" if mendable else text


def _data(finding: Finding) -> dict[str, object]:
    rule = CATALOGUE.get(finding.code) or OF_FILES[finding.code]
    return {**finding_data(finding), "mark": rule.mark.value, "why": rule.why, "fixable": finding.edit is not None}


def _annotation(finding: Finding) -> str:
    """A finding as a workflow command; its escapes are GitHub's."""
    level = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}[finding.severity]
    where = finding.where
    place = f"file={_escaped(where.file)}" if where else ""
    if where and where.line is not None and where.column is not None:
        place += f",line={where.line},col={where.column},endColumn={where.column + where.width}"
    message = _escaped(f"{finding.message}\n{finding.remedy}", value=False)
    return f"::{level} {place},title={finding.code}::{message}"


def _escaped(text: str, *, value: bool = True) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if value else text


def _explain(code: str, output: Output) -> int:
    from emulator.scenario.failure_codes import failures

    wanted, why = code.upper(), failures()
    if wanted in why:
        output.line(output.styled(wanted, bold=True) + output.styled("  a step or a scenario failed"))
        output.text(f"  {why[wanted]}")
        return 0
    known = {**CATALOGUE, **OF_FILES}
    rule = known.get(wanted)
    if rule is None:
        raise UsageError(f"there is no code {code}", mend=_near_codes(wanted, [*known, *why]))
    output.line(output.styled(f"{rule.code}", bold=True) + output.styled(f"  {rule.severity.value}: {rule.title}"))
    output.text(f"  {rule.why}")
    output.text(f"  How sure that is: {rule.mark.value}, {rule.mark.meaning}.")
    return 0


def _near_codes(wanted: str, known: list[str]) -> str:
    """The code that is the same but for how it is written, or those that stand around it."""
    plain = re.sub(r"[\W_]+", "", wanted)
    written = next((each for each in known if re.sub(r"\W", "", each) == plain), None)
    if written is not None:
        return f"it is written {written}"
    for begin in (wanted[:-2], wanted[: wanted.rfind("-") + 1], wanted[: wanted.find("-") + 1]):
        alike = sorted(each for each in known if begin and each.startswith(begin))
        if alike:
            named = ", ".join(alike) if len(alike) < _FEW else f"{alike[0]} to {alike[-1]}"
            return f"there are {named}; docs/findings.md says what each means"
    families = sorted({each.partition("-")[0] for each in known})
    return f"codes begin with {', '.join(families)}; docs/findings.md lists them"


_FEW = 14


def _fix(name: str, output: Output, *, ask: bool) -> None:
    """Show what would be mended in a file, and write it once that is agreed to."""
    from difflib import unified_diff

    from emulator.core.fixing import fix_document

    if name == "-":
        raise UsageError("standard input cannot be mended", mend="name a file")
    fixed = fix_document(*_read(name))
    if fixed.after == fixed.before:
        output.text(f"{name}: nothing to mend")
        return
    before, after = fixed.before.splitlines(), fixed.after.splitlines()
    for line in unified_diff(before, after, name, f"{name} (mended)", lineterm=""):
        output.text(line)
    if ask and not sys.stdin.isatty():
        raise UsageError("nobody can be asked whether to write this", mend="add --yes")
    if ask and not click.confirm(f"Write this to {name}?"):
        output.text(f"{name} stays as it is")
        return
    _replace(Path(name), fixed.after)
    output.text(f"{name}: {len(fixed.mended)} mended\n")


def _replace(path: Path, text: str) -> None:
    """Write *text* to *path* so that at any moment the file is the old one or the new one."""
    from tempfile import TemporaryDirectory

    real = absolute(path)
    try:
        # In a folder of its own beside the file: the same file system, and it goes whatever happens.
        with TemporaryDirectory(dir=real.parent, prefix=f".{real.name}.") as folder:
            beside = Path(folder, real.name)
            beside.write_bytes(text.encode("utf-8"))
            beside.chmod(real.stat().st_mode & 0o7777)
            beside.replace(real)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", mend="check its folder's permissions"
        ) from error
