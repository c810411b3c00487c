"""A run as one HTML file that needs no network and no script."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core.curl import curl_line, reply_text, request_text
from emulator.core.scalars import format_duration
from emulator.faces.output import visible
from emulator.scenario.results import FAILING, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from emulator.engine.exchanges import Exchange
    from emulator.faces.output import Output
    from emulator.scenario.results import RunResult, ScenarioResult, TimelineEntry

LONGEST_BODY = 20_000
"""Characters of a request or an answer; the file says how many were left out."""
MOST_EXCHANGES = 50
"""Exchanges that are shown in full for each scenario, the latest."""
_WORDS = {
    Status.PASSED: "passed",
    Status.SKIPPED: "skipped",
    Status.EXPECTED: "failed as expected",
    Status.WARNED: "warned",
    Status.INTERRUPTED: "stopped",
}


def render(run: RunResult, exchanges: Callable[[int], Exchange | None], output: Output) -> str:
    """*run*, which is masked, as HTML: what failed comes first and is open."""
    del output
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("emulator.faces", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"duration": format_duration, "visible": _visible}
    template = environment.get_template("report.html.j2")
    source, _, _ = jinja2.PackageLoader("emulator.faces", "templates").get_source(environment, "report.html.j2")
    style = re.search(r"<style>(.*?)</style>", source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256((style.group(1) if style else "").encode()).digest()).decode()
    results = sorted(run.results, key=lambda each: each.status not in FAILING)
    counts = [(word, n) for word, n in _counts(run) if n]
    return template.render(
        run=run,
        style_hash=digest,
        counts=counts,
        scenarios=[_scenario(each, exchanges) for each in results],
    )


def _counts(run: RunResult) -> Iterator[tuple[str, int]]:
    yield "failed", run.failed
    yield "passed", run.passed
    for status in (Status.EXPECTED, Status.SKIPPED):
        yield _WORDS[status], sum(1 for each in run.results if each.status is status)
    yield "not begun", len(run.left_out)


class _Row(NamedTuple):
    """A timeline entry with the gap to the one before, in ms."""

    entry: TimelineEntry
    gap_ms: float


class _Shown(NamedTuple):
    """An exchange in full."""

    exchange: Exchange
    request: str
    answer: str
    curl: str


def _scenario(result: ScenarioResult, exchanges: Callable[[int], Exchange | None]) -> dict[str, Any]:
    numbers = [entry.exchange for entry in result.timeline if entry.exchange is not None]
    found = [exchanges(number) for number in numbers[-MOST_EXCHANGES:]]
    return {
        "result": result,
        "word": _WORDS.get(result.status, "failed"),
        "kind": "bad" if result.status in FAILING else "good" if result.status is Status.PASSED else "odd",
        "rows": list(_rows(result.timeline)),
        "exchanges": [_shown(each) for each in found if each is not None],
        "left_out": max(0, len(numbers) - MOST_EXCHANGES),
        "findings": [(step, finding) for step in result.steps for finding in step.findings],
    }


def _rows(timeline: Iterable[TimelineEntry]) -> Iterator[_Row]:
    before = 0.0
    for entry in timeline:
        yield _Row(entry, (entry.at_s - before) * 1000)
        before = entry.at_s


def _shown(exchange: Exchange) -> _Shown:
    from dataclasses import replace

    answer = reply_text(exchange.reply) if exchange.reply else exchange.error or "no answer yet"
    request = replace(exchange.request, url=exchange.sent_to or exchange.request.url)
    return _Shown(exchange, _cut(request_text(request)), _cut(answer), _cut(curl_line(request)))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}\n… {len(text) - LONGEST_BODY} more characters"


def _visible(text: str) -> str:
    """*text* with control characters as escapes; what HTML cannot hold at all among them."""
    return visible(text).encode("utf-8", "backslashreplace").decode()
