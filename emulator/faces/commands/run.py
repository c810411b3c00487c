"""``ringo-emu run``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.errors import UsageError
from emulator.faces.options import open_project, project_options
from emulator.faces.output import Output

if TYPE_CHECKING:
    from emulator.engine.journal import Journal
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project
    from emulator.scenario.results import ScenarioResult

_LAST_FAILED = "last-failed.json"
_ANY_SEED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What is played, and how it is shown."""

    project: Project
    scenarios: tuple[Scenario, ...]
    output: Output
    host: str
    port: int
    as_json: bool
    verbosity: int
    fail_fast: bool
    timeout_s: float | None


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@project_options
@click.option("-k", "names", metavar="EXPRESSION", help='Only scenarios whose name holds it: "text and not slow".')
@click.option("--tags", metavar="EXPRESSION", help='Only scenarios with these tags: "smoke or not slow".')
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
@click.option("--timeout", metavar="DURATION", help="Stop the whole run after that long, such as 5m.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the webhook listener.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port of the webhook listener; 0 is any free one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures only.")
@click.option("-v", "--verbose", is_flag=True, help="Print notes too.")
def command(
    paths: tuple[Path, ...],
    names: str | None,
    tags: str | None,
    last_failed: bool,
    repeat: int,
    seed: int | None,
    fail_fast: bool,
    timeout: str | None,
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
    from emulator.scenario.choosing import Choice, choose

    timeout_s = _seconds(timeout)
    project = open_project(**options, beside=paths)
    output = Output(project.redactor)
    with output.masking():
        again = _failed_before(project) if last_failed else None
        if seed == _ANY_SEED:
            import secrets

            seed = secrets.randbelow(1_000_000)
        scenarios = choose(_load(project, paths), Choice(names=names, tags=tags, repeat=repeat, seed=seed, again=again))
        if seed is not None:
            output.text(f"shuffled; the same order again: --shuffle {seed}\n", err=as_json)
        return _play_and_keep(
            _Run(
                project=project,
                scenarios=scenarios,
                output=output,
                host=host,
                port=port,
                as_json=as_json,
                verbosity=verbose - quiet,
                fail_fast=fail_fast,
                timeout_s=timeout_s,
            )
        )


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


def _failed_before(project: Project) -> frozenset[tuple[str, str]]:
    path = project.state_folder / _LAST_FAILED
    try:
        failed = json.loads(path.read_text("utf-8"))
        before = frozenset((str(file), str(name)) for file, name in failed)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError("no run is known", mend="run without --last-failed first") from error
    if not before:
        raise UsageError("nothing failed the last time", mend="run without --last-failed")
    return before


def _keep_failed(run: _Run, results: list[ScenarioResult]) -> None:
    from emulator.scenario.results import Status

    failed = [(each.at.file, each.name) for each in results if each.status is not Status.PASSED]
    (run.project.state_folder / _LAST_FAILED).write_text(json.dumps(failed), "utf-8")


def _play_and_keep(run: _Run) -> int:
    """Play, and keep the journal and what failed, whatever ends the run."""
    from emulator.engine.journal import open_journal
    from emulator.faces.session import run_until_done, save_journal

    results: list[ScenarioResult] = []
    with open_journal(redactor=run.project.redactor) as journal:
        try:
            return run_until_done(_play(run, journal, results))
        finally:
            save_journal(run.project, journal, run.output)
            _keep_failed(run, results)


async def _play(run: _Run, journal: Journal, results: list[ScenarioResult]) -> int:
    import asyncio

    from emulator.faces.reports.console import ConsoleReport
    from emulator.faces.reports.jsonl import JsonLinesReport
    from emulator.faces.session import session
    from emulator.scenario.results import Status
    from emulator.scenario.running import exit_status, run_scenario

    lines, console = JsonLinesReport(run.output), ConsoleReport(run.output, run.verbosity)
    in_time = True
    async with session(run.project, journal, run.host, run.port) as (platform, process):
        began = platform.clock.now()
        try:
            async with asyncio.timeout(run.timeout_s):
                for scenario in run.scenarios:
                    if run.as_json:
                        lines.started(scenario)
                    result = await run_scenario(scenario, run.project, platform, lines.step if run.as_json else None)
                    results.append(result)
                    (lines if run.as_json else console).scenario(result)
                    if run.fail_fast and result.status is not Status.PASSED:
                        break
        except TimeoutError:
            in_time = False
        took = platform.clock.now() - began
    code = exit_status(tuple(results))
    if not in_time and code in {0, 5}:
        code = 1
    left = len(run.scenarios) - len(results)
    if run.as_json:
        lines.finished(results, took, code)
    else:
        if process is not None and any(result.status is not Status.PASSED for result in results):
            _show_output(process.output(), run.output)
        console.finished(results, took)
    if left:
        why = "after the first failure" if in_time else f"at --timeout, after {run.timeout_s:g} s"
        run.output.text(f"stopped {why}: {left} not played to the end", err=run.as_json)
    return code


def _show_output(lines: tuple[str, ...], output: Output) -> None:
    if lines:
        output.text("the provider printed:")
        for line in lines[-20:]:
            output.text(f"  {line}")
        output.line()
