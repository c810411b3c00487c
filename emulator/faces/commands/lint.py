"""``ringo-emu lint``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from emulator.core.findings import has_errors, in_file_order
from emulator.core.presenting import finding_data
from emulator.core.reading import read_document
from emulator.errors import Severity, UsageError
from emulator.faces.output import Output


@click.command()
@click.argument("documents", nargs=-1, required=True, metavar="DOCUMENT...")
@click.option("--json", "as_json", is_flag=True, help='Print {"findings": […]}.')
def command(documents: tuple[str, ...], as_json: bool) -> int:
    """Say everything that is wrong with an integration document.

    DOCUMENT is a file; - reads standard input. Exit code 2 if the platform could not play one of them.

    \b
    Example: ringo-emu lint acme.json
    """
    findings = in_file_order(finding for name in documents for finding in read_document(*_read(name)).findings)
    output = Output()
    if as_json:
        output.json({"findings": [finding_data(finding) for finding in findings]})
        return 2 if has_errors(findings) else 0
    output.findings(findings, codes=True)
    counts = {severity: sum(1 for each in findings if each.severity is severity) for severity in Severity}
    parts = [f"{count} {severity.value}{'s' if count > 1 else ''}" for severity, count in counts.items() if count]
    files = f"{len(documents)} file{'s' if len(documents) > 1 else ''}"
    output.text(f"{', '.join(parts) or 'no findings'} in {files}")
    return 2 if has_errors(findings) else 0


def _read(name: str) -> tuple[str, bytes]:
    if name == "-":
        return "<stdin>", sys.stdin.buffer.read()
    try:
        return name, Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", mend="name an integration document") from error
