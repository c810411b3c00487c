"""``ringo-emu run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.faces.options import open_project, project_options
from emulator.faces.output import Output

if TYPE_CHECKING:
    from emulator.engine.journal import Journal
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project
    from emulator.scenario.results import ScenarioResult


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@project_options
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
    paths: tuple[Path, ...], host: str, port: int, as_json: bool, quiet: bool, verbose: bool, **options: Any
) -> int:
    """Play scenarios against the provider and judge what happens.

    PATHS are scenario files, or folders of them; by default the project file's folder.

    \b
    Example: ringo-emu run scenarios/
    """
    project = open_project(**options, beside=paths)
    output = Output(project.redactor)
    with output.masking():
        return _run(project, paths, host, port, output, as_json=as_json, verbosity=verbose - quiet)


def _run(
    project: Project, paths: tuple[Path, ...], host: str, port: int, output: Output, *, as_json: bool, verbosity: int
) -> int:
    from emulator.engine.journal import open_journal
    from emulator.faces.session import run_until_done, save_journal
    from emulator.scenario.loading import find_scenario_files, load_scenarios

    scenarios = load_scenarios(find_scenario_files(paths or (project.folder,)), project)
    with open_journal(redactor=project.redactor) as journal:
        try:
            return run_until_done(_play(project, scenarios, journal, host, port, output, as_json, verbosity))
        finally:
            save_journal(project, journal, output)


async def _play(
    project: Project,
    scenarios: tuple[Scenario, ...],
    journal: Journal,
    host: str,
    port: int,
    output: Output,
    as_json: bool,
    verbosity: int,
) -> int:
    from emulator.faces.reports.console import ConsoleReport
    from emulator.faces.reports.jsonl import JsonLinesReport
    from emulator.faces.session import session
    from emulator.scenario.results import Status
    from emulator.scenario.running import exit_status, run_scenario

    lines, console = JsonLinesReport(output), ConsoleReport(output, verbosity)
    results: list[ScenarioResult] = []
    async with session(project, journal, host, port) as (platform, process):
        began = platform.clock.now()
        for scenario in scenarios:
            if as_json:
                lines.started(scenario)
            result = await run_scenario(scenario, project, platform, lines.step if as_json else None)
            results.append(result)
            if as_json:
                lines.scenario(result)
            else:
                console.scenario(result)
        took = platform.clock.now() - began
    code = exit_status(tuple(results))
    if as_json:
        lines.finished(results, took, code)
    else:
        if process is not None and any(result.status is not Status.PASSED for result in results):
            _show_output(process.output(), output)
        console.finished(results, took)
    return code


def _show_output(lines: tuple[str, ...], output: Output) -> None:
    if lines:
        output.text("the provider printed:")
        for line in lines[-20:]:
            output.text(f"  {line}")
        output.line()
