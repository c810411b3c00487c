"""A run as TAP 14: a test point for each scenario, its failure as YAML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emulator.faces.output import visible
from emulator.faces.reports.blocks import untold_stop
from emulator.scenario.results import FAILING, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.engine.exchanges import Exchange
    from emulator.faces.output import Output
    from emulator.scenario.results import RunResult, ScenarioResult


def render(run: RunResult, exchanges: Callable[[int], Exchange | None], output: Output) -> str:
    """*run*, which is masked, as TAP."""
    del exchanges, output
    return "\n".join(_lines(run)) + "\n"


def _lines(run: RunResult) -> Iterator[str]:
    yield "TAP version 14"
    yield f"1..{len(run.results) + len(run.left_out)}"
    number = 0
    for number, result in enumerate(run.results, 1):
        verdict = "not ok" if result.status in _NOT_OK else "ok"
        yield f"{verdict} {number} - {_escaped(result.name)}{_directive(result)}"
        if verdict == "not ok":
            yield from _diagnostics(result)
    for scenario in run.left_out:
        number += 1
        yield f"ok {number} - {_escaped(scenario)} # SKIP stopped {_escaped(run.stopped or '')}"
    if untold_stop(run) or any(result.status is Status.INTERRUPTED for result in run.results):
        yield f"Bail out! stopped {_escaped(run.stopped or 'before the end')}"


_NOT_OK = FAILING - {Status.INTERRUPTED} | {Status.EXPECTED}
"""What was interrupted is not judged: it is skipped, and the whole run bails out."""


def _directive(result: ScenarioResult) -> str:
    if result.status is Status.INTERRUPTED:
        why = next((f": {failure.cause}" for _, _, _, failure in result.failures), "")
        return f" # SKIP interrupted before its end{_escaped(why)}"
    if result.status is Status.SKIPPED:
        return f" # SKIP {_escaped(result.reason or '')}"
    return f" # TODO {_escaped(result.reason or '')}" if result.status is Status.EXPECTED else ""


def _diagnostics(result: ScenarioResult) -> Iterator[str]:
    yield "  ---"
    yield f"  at: {_quoted(str(result.at))}"
    yield f"  duration_ms: {result.duration_s * 1000:.3f}"
    yield "  failures:"
    for name, at, _, failure in result.failures:
        yield f"    - step: {_quoted(name)}"
        yield f"      at: {_quoted(str(at))}"
        said = {"code": failure.code, "expected": failure.expected, "received": failure.cause, "mend": failure.mend}
        for key, text in said.items():
            yield f"      {key}: {_quoted(text)}"
        details = ", ".join(_quoted(f"{each.label} {each.text}") for each in failure.details)
        yield f"      details: [{details}]"
    yield "  ..."


def _quoted(text: str) -> str:
    """*text* in quotes out of which it cannot break, in one line.

    As JSON writes it, which is YAML but for one thing: JSON escapes an emoji as two halves, which YAML does not join.
    """
    json_text = json.dumps(text.encode("utf-8", "backslashreplace").decode(), ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in json_text)


def _escaped(text: str) -> str:
    """*text* in one line, where a hash begins no directive."""
    # U+2028 ends a line too, for some readers.
    return " ".join(visible(text.replace("\\", "\\\\").replace("#", "\\#")).splitlines()).strip()
