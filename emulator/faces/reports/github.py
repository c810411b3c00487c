"""A run for GitHub Actions: annotations beside the lines of scenarios, and the summary of the job."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration
from emulator.faces.output import Output
from emulator.faces.reports.blocks import scenario_lines
from emulator.scenario.results import FAILING, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.engine.exchanges import Exchange
    from emulator.scenario.results import Failure, RunResult, ScenarioResult

_MARKS = {Status.PASSED: "✅", Status.SKIPPED: "⏭️", Status.EXPECTED: "⚠️", Status.WARNED: "⚠️"}
_SPECIAL_IN_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&@:$])")
_MOST_IN_FULL = 50


def render(run: RunResult, exchanges: Callable[[int], Exchange | None], output: Output) -> str:
    """The summary of *run*, which is masked, as Markdown."""
    del exchanges
    return "\n".join(_summary(run, output)) + "\n"


def annotate(run: RunResult, output: Output) -> None:
    """Print an annotation for each failure of *run*, and add the summary to the job's where GitHub says to."""
    for result in run.results:
        for _, at, _, failure in result.failures if result.status in FAILING else ():
            output.line(_annotation("error", result, at.file, at.line, at.column, failure))
        for _, at, _, failure in result.warned:
            output.line(_annotation("warning", result, at.file, at.line, at.column, failure))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(render(run, lambda _: None, output))


def _annotation(
    level: str, result: ScenarioResult, file: str, line: int | None, column: int | None, failure: Failure
) -> str:
    text = f"expected {failure.expected}\nreceived {failure.received}"
    text += "".join(f"\n  {each.label} {each.text}" for each in failure.details if each.wrong)
    text += f"\nmend {failure.mend} [{failure.code}]"
    place = f"file={_property(file)},line={line or 1},col={column or 1}"
    return f"::{level} {place},title={_property(result.name)}::{_data(text)}"


def _data(text: str) -> str:
    """*text* as the message of a workflow command: in one line, so that it begins no other."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _summary(run: RunResult, output: Output) -> Iterator[str]:
    verdict = f"{run.passed} passed" + (f", {run.failed} failed" if run.failed else "")
    yield f"### ringo-emu: {verdict} in {format_duration(run.duration_s)}"
    if run.stopped is not None:
        yield f"\nstopped {_inline(run.stopped)}: {len(run.left_out)} not begun"
    yield "\n| | scenario | where | took |\n|---|---|---|---|"
    for result in run.results:
        where = _inline(f"{result.at.file}:{result.at.line or 1}")
        reason = f"<br>{_inline(result.reason)}" if result.reason else ""
        mark = _MARKS.get(result.status, "❌")
        yield f"| {mark} | {_inline(result.name)}{reason} | {where} | {format_duration(result.duration_s)} |"
    failed = [result for result in run.results if result.status in FAILING]
    for result in failed[:_MOST_IN_FULL]:
        text = "\n".join(scenario_lines(result, Output(output.redactor, color=False), notes=False))
        fence = "`" * max(3, *(len(each) + 1 for each in re.findall(r"`+", text)), 0)
        yield f"\n<details><summary>{_inline(result.name)}</summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>"


def _inline(text: str) -> str:
    """*text* as Markdown that means nothing but itself."""
    return _SPECIAL_IN_MARKDOWN.sub(r"\\\1", " ".join(text.split())).replace("\\<", "&lt;").replace("\\&", "&amp;")
