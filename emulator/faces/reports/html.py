"""A run as one HTML file that needs no network and no script."""

from __future__ import annotations

import base64
import hashlib
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
"""Exchanges that are shown for each scenario, the latest."""
MOST_TEXT = 20_000_000
"""Characters of all exchanges together; what failed comes first."""
_WORDS = {
    Status.PASSED: "passed",
    Status.SKIPPED: "skipped",
    Status.EXPECTED: "failed as expected",
    Status.WARNED: "warned",
    Status.INTERRUPTED: "interrupted",
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
    style = source.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    results = sorted(run.results, key=lambda each: each.status not in FAILING)
    counts = [(word, n) for word, n in _counts(run) if n]
    room = _Room(MOST_TEXT)
    return template.render(
        run=run,
        style_hash=digest,
        counts=counts,
        scenarios=[_scenario(each, exchanges, room) for each in results],
    )


def _counts(run: RunResult) -> Iterator[tuple[str, int]]:
    yield from sorted(run.counts, key=lambda each: each[0] not in {"failed", "interrupted"})
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


class _Room:
    """What is left of the characters that the exchanges may take."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def takes(self, shown: _Shown) -> bool:
        """Whether it fits in; from the first on that does not, nothing does."""
        self._left -= len(shown.request) + len(shown.answer) + len(shown.curl)
        return self._left >= 0


def _scenario(result: ScenarioResult, exchanges: Callable[[int], Exchange | None], room: _Room) -> dict[str, Any]:
    numbers = [entry.exchange for entry in result.timeline if entry.exchange is not None]
    kept = list(_latest(numbers, exchanges, room))[::-1]
    return {
        "result": result,
        "word": _WORDS.get(result.status, "failed"),
        "kind": "bad" if result.status in FAILING else "good" if result.status is Status.PASSED else "odd",
        "rows": list(_rows(result.timeline)),
        "exchanges": kept,
        "numbers": {each.exchange.id for each in kept},
        "left_out": len(numbers) - len(kept),
        "findings": [(step, finding) for step in result.steps for finding in step.findings],
    }


def _latest(numbers: list[int], exchanges: Callable[[int], Exchange | None], room: _Room) -> Iterator[_Shown]:
    """The latest of them, from the last one back, as far as they fit in."""
    for number in numbers[: -MOST_EXCHANGES - 1 : -1]:
        exchange = exchanges(number)
        if exchange is None:
            continue
        shown = _shown(exchange)
        if not room.takes(shown):
            return
        yield shown


def _rows(timeline: Iterable[TimelineEntry]) -> Iterator[_Row]:
    before = 0.0
    for entry in timeline:
        yield _Row(entry, (entry.at_s - before) * 1000)
        before = entry.at_s


def _shown(exchange: Exchange) -> _Shown:
    answer = reply_text(exchange.reply) if exchange.reply else exchange.error or "no answer yet"
    request = exchange.request._replace(url=exchange.sent_to or exchange.request.url)
    return _Shown(exchange, _cut(request_text(request)), _cut(answer), _cut(curl_line(request)))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}\n… {len(text) - LONGEST_BODY} more characters"


def _visible(text: str) -> str:
    """*text* with control characters as escapes; what HTML cannot hold at all among them."""
    return visible(text).encode("utf-8", "backslashreplace").decode()
