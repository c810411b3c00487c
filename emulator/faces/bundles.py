"""Failure bundles: a folder for each scenario that failed, with all that somebody else needs to look into it."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.core.curl import curl_line
from emulator.engine import private
from emulator.engine.user_files import read_file
from emulator.errors import JournalError
from emulator.faces.naming import overrides_of
from emulator.faces.output import Output, visible
from emulator.faces.reports import har
from emulator.faces.reports.blocks import scenario_lines
from emulator.scenario.project import shown_path
from emulator.scenario.results import FAILING
from emulator.scenario.searching import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal
    from emulator.scenario.project import Project
    from emulator.scenario.results import RunResult, ScenarioResult

MOST_BUNDLES = 20
"""A run in which everything fails writes no more; the reports have them all."""
_LONGEST_NAME = 60


def write_bundles(run: RunResult, folder: Path, project: Project, journal: Journal, output: Output) -> str | None:
    """Put a bundle for each failed scenario of *run* into *folder*, in place of what the last run put there.

    Returns a line that says so, if there are any. That one cannot be written is a warning.
    """
    failed = [result for result in run.results if result.status in FAILING]
    try:
        if folder.exists():
            shutil.rmtree(folder)
        for number, result in enumerate(failed[:MOST_BUNDLES], 1):
            _write(folder / _name(number, result.name), run, result, project, journal)
    except (OSError, JournalError) as error:
        output.text(f"warning: no failure bundle: {error}", err=True)
        return None
    some = f" of the first {MOST_BUNDLES}" if len(failed) > MOST_BUNDLES else ""
    return f"all that is known of each failure{some}: {shown_path(folder)}" if failed else None


def _name(number: int, name: str) -> str:
    """A folder's name made of a scenario's."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{number:02}-{words[:_LONGEST_NAME].rstrip('-') or 'scenario'}"


def _write(folder: Path, run: RunResult, result: ScenarioResult, project: Project, journal: Journal) -> None:
    private.make_folder(folder)
    redactor = project.redactor
    exchanges = list(_exchanges(result, journal))
    journal.save(folder / "journal.db", [each.id for each in exchanges])
    plain = Output(redactor, color=False, journal="--journal journal.db", project=shlex.join(overrides_of(project)))
    texts = {
        "failure.txt": "\n".join(scenario_lines(result, plain, detail=True, notes=True)),
        "curl.sh": "\n".join(_curl_lines(exchanges)),
        "exchanges.har": har.render_exchanges(exchanges),
    }
    integration = project.integration.places.source
    for path, text in (
        (Path(result.at.file), _read(Path(result.at.file))),
        (Path(integration.name), integration.text),
        (Path(FILE_NAME), _read(project.folder / FILE_NAME)),
    ):
        if text is not None:
            mask = redactor.text if path.name == FILE_NAME else redactor.sentence
            texts.setdefault(path.name, mask(text))
    if run.provider_output:
        texts["provider.txt"] = "\n".join(visible(redactor.text(line)) for line in run.provider_output)
    for name, text in texts.items():
        private.write_text(folder / name, text.rstrip("\n") + "\n", "backslashreplace")


def _exchanges(result: ScenarioResult, journal: Journal) -> Iterator[Exchange]:
    for entry in result.timeline:
        exchange = journal.get(entry.exchange) if entry.exchange is not None else None
        if exchange is not None:
            yield exchange


def _curl_lines(exchanges: Sequence[Exchange]) -> Iterator[str]:

    yield "# What was sent, both ways. *** stands for a secret, and addresses are those of that run;"
    yield "# ringo-emu journal replay puts in today's."
    for each in exchanges:
        arrow = "from the provider" if each.direction == "in" else "to the provider"
        yield f"\n# {each.id} {visible(each.kind)} {arrow}"
        yield curl_line(each.request._replace(url=each.sent_to or each.request.url))


def _read(path: Path) -> str | None:
    try:
        return read_file(path).decode("utf-8", "backslashreplace")
    except OSError:
        return None
