"""``ringo-emu run``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from emulator.engine.user_files import absolute, is_file
from emulator.errors import RingoError, UsageError
from emulator.faces import completing
from emulator.faces.options import open_project, project_options
from emulator.faces.output import Output
from emulator.faces.pipes import PIPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.engine.journal import Journal
    from emulator.faces.reports.files import ReportFile
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project
    from emulator.scenario.results import ScenarioResult
    from emulator.scenario.suite import Plan, Suite

_LAST_FAILED = "last-failed.json"
_BUNDLES = "failures"
_DEATH_S = 0.1
"""How long a provider may take to end that broke a connection by ending."""
_ANY_SEED = -1
_NOTHING_CHECKED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the command line says; *options* are those that mean the project."""

    paths: tuple[Path, ...]
    names: str | None
    tags: str | None
    last_failed: bool
    repeat: int
    seed: int | None
    jobs: int
    fail_fast: bool
    timeout_s: float | None
    reports: tuple[ReportFile, ...]
    host: str
    port: int
    as_json: bool
    verbosity: int
    options: Mapping[str, Any]


class _Run(NamedTuple):
    """What is played."""

    asked: _Asked
    project: Project
    plan: Plan
    output: Output


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@project_options
@click.option("-k", "names", metavar="EXPRESSION", help='Only scenarios whose name holds it: "text and not slow".')
@click.option(
    "--tags",
    metavar="EXPRESSION",
    shell_complete=completing.tags,
    help='Only scenarios with these tags: "smoke or not slow".',
)
@click.option("--last-failed", is_flag=True, help="Only what failed the last time.")
@click.option("--repeat", type=click.IntRange(1, 10_000), default=1, metavar="N", help="Play each so many times.")
@click.option(
    "--shuffle",
    "seed",
    type=click.IntRange(_ANY_SEED),
    is_flag=False,
    flag_value=_ANY_SEED,
    metavar="[SEED]",
    help="Play in another order; the seed is printed and gives the same order again.",
)
@click.option("-x", "--fail-fast", is_flag=True, help="Stop after the first scenario that fails.")
@click.option(
    "--fail-on",
    metavar="WORD",
    multiple=True,
    help="Findings that fail a scenario: error, warning or note, or a code such as WH-204; none: not even those of the "
    "project file.",
)
@click.option("--timeout", metavar="DURATION", help="Stop the whole run after that long, such as 5m.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 256), default=1, metavar="N", help="Play so many scenarios at a time."
)
@click.option(
    "--report",
    "reports",
    metavar="KIND=FILE",
    shell_complete=completing.reports,
    multiple=True,
    help="Write a report too: junit, html, jsonl, tap, github or har.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Run again whenever a scenario, the document, the project file or the provider's code changes.",
)
@click.option(
    "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address of the webhook listener."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=0,
    show_default=True,
    help="Port of the webhook listener; 0 is any free one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures and the closing line only.")
@click.option("-v", "--verbose", is_flag=True, help="Print every timeline, and notes.")
def command(
    paths: tuple[Path, ...],
    names: str | None,
    tags: str | None,
    last_failed: bool,
    repeat: int,
    seed: int | None,
    fail_fast: bool,
    fail_on: tuple[str, ...],
    timeout: str | None,
    jobs: int,
    reports: tuple[str, ...],
    watch: bool,
    host: str,
    port: int,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> int:
    """Play scenarios against the provider and judge what happens.

    PATHS are scenario files, folders of them, or FILE:LINE for the scenario in which that line stands; by default the
    project file's folder.

    \b
    Example: ringo-emu run scenarios/
             ringo-emu run sms.yaml:12 -k "delivered and not slow" --repeat 20
    """
    if fail_on:
        from emulator.scenario.fail_on import parse_fail_on

        options["overrides"] = (*options["overrides"], f"fail_on={parse_fail_on(fail_on, '--fail-on')}")
    asked = _Asked(
        paths=paths,
        names=names,
        tags=tags,
        last_failed=last_failed,
        repeat=repeat,
        seed=seed,
        jobs=jobs,
        fail_fast=fail_fast,
        timeout_s=_seconds(timeout),
        reports=_report_files(reports),
        host=host,
        port=port,
        as_json=as_json,
        verbosity=verbose - quiet,
        options=options,
    )
    if not watch:
        return _once(asked)
    from emulator.faces.watching import again_on_change, watched

    project = open_project(**options, beside=paths)
    written = {absolute(each.path) for each in asked.reports if each.path is not None}
    return again_on_change(lambda: _once(asked), watched(project, paths, written), Output(project.redactor))


def _once(asked: _Asked) -> int:
    """Read everything, choose, play."""
    from emulator.scenario.choosing import Choice, choose
    from emulator.scenario.project import RUN_JOURNAL
    from emulator.scenario.suite import Plan

    project = open_project(**asked.options, beside=asked.paths)
    output = Output.of(project, RUN_JOURNAL)
    with output.masking():
        loaded = _load(project, asked.paths)
        again = _failed_before(project, loaded) if asked.last_failed else None
        if again is not None and not again:
            what = "none of these scenarios" if _known_failures(project.state_folder / _LAST_FAILED) else "nothing"
            output.text(f"{what} failed the last time; without --last-failed, all is played", err=True)
            return _NOTHING_CHECKED
        seed = asked.seed
        if seed == _ANY_SEED:
            import secrets

            seed = secrets.randbelow(1_000_000)
        choice = Choice(names=asked.names, tags=asked.tags, repeat=asked.repeat, seed=seed, again=again)
        scenarios = choose(loaded, choice)
        if seed is not None:
            output.text(f"shuffled; the same order again: --shuffle {seed}\n", err=asked.as_json)
        plan = Plan(
            scenarios=scenarios, jobs=asked.jobs, fail_fast=asked.fail_fast, timeout_s=asked.timeout_s, seed=seed
        )
        return _play_and_keep(_Run(asked, project, plan, output))


def _report_files(reports: tuple[str, ...]) -> tuple[ReportFile, ...]:
    if not reports:
        return ()
    from emulator.faces.reports.files import parse_reports

    return parse_reports(reports)


def _seconds(timeout: str | None) -> float | None:
    if timeout is None:
        return None
    from emulator.core.scalars import parse_duration
    from emulator.core.validating import MendableError

    try:
        return parse_duration(timeout)
    except MendableError as error:
        raise UsageError(f"--timeout: {error}", mend=error.mend) from error


def _load(project: Project, paths: tuple[Path, ...]) -> tuple[Scenario, ...]:
    from emulator.scenario.choosing import at_lines, split_line
    from emulator.scenario.loading import find_scenario_files, load_scenarios
    from emulator.scenario.project import shown_path

    asked = [split_line(path) for path in paths] or [(project.folder, None)]
    lines: dict[str, set[int]] = {}
    for path, line in asked:
        if line is not None:
            lines.setdefault(shown_path(path), set()).add(line)
    return at_lines(load_scenarios(find_scenario_files(path for path, _ in asked), project), lines)


def _failed_before(project: Project, scenarios: Iterable[Scenario]) -> frozenset[tuple[str, str]]:
    """Those of *scenarios* that failed, by file and name; the file knows their names without secrets.

    Raises:
        UsageError: No run is known.
    """
    before = _known_failures(project.state_folder / _LAST_FAILED)
    if before is None:
        raise UsageError("no run is known", mend="run without --last-failed first")
    keys = ((each.at.file, each.name) for each in scenarios)
    return frozenset((file, name) for file, name in keys if (file, project.redactor.name(name)) in before)


def _known_failures(path: Path) -> frozenset[tuple[str, str]] | None:
    try:
        return frozenset((str(file), str(name)) for file, name in json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _keep_failed(run: _Run, results: Iterable[ScenarioResult]) -> None:
    """Note what failed, for --last-failed; of what was not played to its end, what is known stays known."""
    from emulator.engine import private
    from emulator.scenario.project import shown_path
    from emulator.scenario.results import FAILING, Status

    path = run.project.state_folder / _LAST_FAILED
    masked = run.project.redactor.name
    played = {
        (each.at.file, masked(each.name)): each.status in FAILING
        for each in results
        if each.status is not Status.SKIPPED
    }
    before = {key for key in _known_failures(path) or () if key not in played and is_file(Path(key[0]))}
    failed = sorted(before | {key for key, has_failed in played.items() if has_failed})
    try:
        private.write_text(path, json.dumps(failed))
    except OSError as error:
        why = f"{error.strerror}: {shown_path(path)}"
        run.output.text(f"warning: what failed cannot be kept for --last-failed: {why}", err=True)


def _play_and_keep(run: _Run) -> int:
    """Play, and keep the journal, the reports and what failed, whatever ends the run."""
    from emulator.engine.clock import SystemClock
    from emulator.engine.journal import open_journal
    from emulator.faces.progress import Progress, wants_progress
    from emulator.faces.reports.console import ConsoleReport
    from emulator.faces.reports.jsonl import JsonLinesReport
    from emulator.faces.session import run_until_done, save_journal
    from emulator.scenario.suite import Suite

    clock = SystemClock()
    report = JsonLinesReport(run.output) if run.asked.as_json else ConsoleReport(run.output, run.asked.verbosity)
    progress = None
    if wants_progress() and not run.asked.as_json:
        progress = Progress(len(run.plan.scenarios), clock, run.project.redactor)
    ask = None
    if not run.asked.as_json:
        from emulator.faces.asking import make_ask

        ask = make_ask(run.output, progress.clear if progress else lambda: None)
    suite = Suite(run.plan, run.project, clock, [progress, report] if progress else [report], ask=ask)
    if suite.why_fewer:
        count = "one after the other" if suite.jobs == 1 else f"{suite.jobs} at a time"
        run.output.text(f"scenarios are played {count}: {suite.why_fewer}", err=run.asked.as_json)
    printed: list[str] = []
    told: str | None = None
    with open_journal(redactor=run.project.redactor) as journal:
        try:
            run_until_done(_play(run, suite, journal, printed))
        except KeyboardInterrupt:
            suite.interrupted("as nobody reads what it prints" if PIPES.is_closed else "by a signal")
        except RingoError as error:
            suite.interrupted(f"because {error.message}")
            raise
        finally:
            if progress is not None:
                progress.clear()
            result = suite.result(tuple(printed))
            save_journal(run.project, journal, run.output)
            _keep_failed(run, result.results)
            if result.failed or result.interrupted or (run.project.state_folder / _BUNDLES).exists():
                from emulator.faces.bundles import write_bundles

                told = write_bundles(result, run.project.state_folder / _BUNDLES, run.project, journal, run.output)
            if run.asked.reports:
                from emulator.faces.reports.files import write_reports

                write_reports(run.asked.reports, result, journal, run.output)
        report.finished(result)
        if told is not None and not run.asked.as_json:
            run.output.text(told)
        return result.exit_code


async def _play(run: _Run, suite: Suite, journal: Journal, printed: list[str]) -> None:
    from emulator.faces.session import Guest, reached_from_here_alone, session

    guest = Guest("run", lambda text: run.output.text(text, err=run.asked.as_json))
    async with session(run.project, journal, run.asked.host, run.asked.port, guest=guest) as (platform, process):
        alone = reached_from_here_alone(platform, run.asked.host)
        if alone is not None:
            guest.tell(alone)
        try:
            await suite.play(platform)
        finally:
            if process is not None:
                if suite.has_failed:
                    await process.dies_within(_DEATH_S)
                printed += process.output()
                if process.exit_code is not None:
                    printed.append(f"(it ended with exit code {process.exit_code})")
