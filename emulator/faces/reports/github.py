"""A run for GitHub Actions: annotations beside the lines of scenarios, and the summary of the job."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.core.scalars import format_duration
from emulator.faces.output import Output, inert, visible
from emulator.faces.reports.blocks import scenario_lines, untold_stop
from emulator.scenario.results import FAILING, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.engine.exchanges import Exchange
    from emulator.scenario.results import Failure, RunResult, ScenarioResult

_MARKS = {Status.PASSED: "✅", Status.SKIPPED: "⏭️", Status.EXPECTED: "⚠️", Status.WARNED: "⚠️", Status.INTERRUPTED: "⏹️"}
_SPECIAL_IN_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&@:$])")
_MOST_IN_FULL = 50
_MOST_ROWS = 1000
MOST_BYTES = 900_000
"""GitHub drops a summary of more than 1 MiB, all of it, and the step may have written more than ours."""


def render(run: RunResult, exchanges: Callable[[int], Exchange | None], output: Output) -> str:
    """The summary of *run*, which is masked, as Markdown."""
    del exchanges
    kept: list[str] = []
    room, left_out = MOST_BYTES, 0
    for block in _summary(run, output):
        size = len(block.encode("utf-8", "backslashreplace")) + 1
        if size <= room:
            kept.append(block)
            room -= size
        else:
            left_out += 1
    if left_out:
        kept.append(f"\n{left_out} more did not fit in.")
    return "\n".join(kept) + "\n"


def annotate(run: RunResult, output: Output) -> None:
    """Print an annotation for each failure of *run*, and add the summary to the job's where GitHub says to."""
    stop = untold_stop(run)
    if stop is not None:  # it has no line to stand beside
        output.line(f"::error title=ringo-emu::{_data(stop)}")
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
    return inert(_shown(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _shown(text: str) -> str:
    """*text* with control characters, and halves of characters, as escapes."""
    return visible(text).encode("utf-8", "backslashreplace").decode()


def _summary(run: RunResult, output: Output) -> Iterator[str]:
    """Blocks of lines, each of which may be left out."""
    verdict = ", ".join(f"{count} {words}" for words, count in run.counts if count or words == "passed")
    yield f"### ringo-emu: {verdict} in {format_duration(run.duration_s)}"
    if run.stopped is not None:
        yield f"\nstopped {_inline(run.stopped)}: {len(run.left_out)} not begun"
    yield "\n| | scenario | where | took |\n|---|---|---|---|"
    rows = sorted(run.results, key=lambda each: each.status not in FAILING) if _is_long(run) else run.results
    for result in rows[:_MOST_ROWS]:
        where = _inline(f"{result.at.file}:{result.at.line or 1}")
        reason = f"<br>{_inline(result.reason)}" if result.reason else ""
        mark = _MARKS.get(result.status, "❌")
        yield f"| {mark} | {_inline(result.name)}{reason} | {where} | {format_duration(result.duration_s)} |"
    if _is_long(run):
        yield f"\nThe table ends after {_MOST_ROWS} of {len(run.results)} scenarios."
    failed = [result for result in run.results if result.status in FAILING]
    for result in failed[:_MOST_IN_FULL]:
        text = "\n".join(scenario_lines(result, output.plain(), detail=False, notes=False))
        fence = "`" * max(3, *(len(each) + 1 for each in re.findall(r"`+", text)), 0)
        # GitHub reads no Markdown in a line that begins with an element.
        name = html.escape(_shown(_line(result.name)))
        yield f"\n<details><summary>{name}</summary>\n\n{fence}text\n{_shown(text)}\n{fence}\n\n</details>"
    if len(failed) > _MOST_IN_FULL:
        yield f"\nThe log tells of {len(failed) - _MOST_IN_FULL} more failures."


def _is_long(run: RunResult) -> bool:
    return len(run.results) > _MOST_ROWS


def _line(text: str) -> str:
    return " ".join(text.split())


def _inline(text: str) -> str:
    """*text* as Markdown that means nothing but itself."""
    return _SPECIAL_IN_MARKDOWN.sub(r"\\\1", _shown(_line(text))).replace("\\<", "&lt;").replace("\\&", "&amp;")
