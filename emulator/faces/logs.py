"""The log of ``serve``: a line an exchange for people, JSON for programs. The only call of structlog.configure."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from emulator.core.rules import UNMATCHED
from emulator.core.telling import OnceEach, thing
from emulator.errors import Severity
from emulator.faces.colors import wants_color
from emulator.faces.output import Output
from emulator.scenario.timeline import entry_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableMapping

    from emulator.core.redaction import Redactor
    from emulator.engine.exchanges import Exchange

_LABEL_WIDTH = 16
_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def exchange_log(redactor: Redactor, *, as_json: bool) -> Callable[[Exchange], None]:
    """What logs each exchange to standard error, once it is done, every secret masked."""
    if as_json:
        _configure(_for_programs(redactor))
        return _log
    output = Output(redactor, color=wants_color(sys.stderr))
    _configure([_for_people(output)])

    once = OnceEach()

    def write(exchange: Exchange) -> None:
        if exchange.duration_s is not None:
            sys.stderr.write("\n".join(exchange_lines(exchange, output, once)) + "\n")

    return write


def exchange_lines(exchange: Exchange, output: Output, once: OnceEach) -> Iterator[str]:
    """``20:17:37  ← #11   message  {from: …, content: hi}  200``; below it what is wrong, and how to mend it."""
    entry = entry_of(exchange, 0.0)
    at = exchange.at.astimezone().strftime("%H:%M:%S")
    told = f"{at}  {entry.arrow} #{exchange.id:<4} {entry.label:<{_LABEL_WIDTH}}  {entry.detail}"
    yield output.styled(told, fg="yellow") if is_bad(exchange) else output.styled(told)
    failure = exchange.outcome.get("failure")
    if failure:
        told += failure
        yield _below("failed", failure, "red", output)
    for miss in exchange.outcome.get("unmatched", [])[:1]:
        if miss["nearest"] and miss["nearest"].get("remedy"):
            yield _below("mend", miss["nearest"]["remedy"], "yellow", output)
    for finding in exchange.outcome.get("findings", []):
        if finding["severity"] in _COLORS and finding["code"] != UNMATCHED.code and finding["message"] not in told:
            text = _finding_in_words(finding, once)
            if text is None:
                continue
            yield _below(finding["severity"], text, _COLORS[finding["severity"]], output)


def _finding_in_words(finding: Mapping[str, str], once: OnceEach) -> str | None:
    """What is told of a finding; None for what was told often enough: what is so at one place is so again and again."""
    about = thing(finding["code"], finding["path"], finding["message"])
    text = f"{finding['message']}; {finding['remedy']} [{finding['code']}]"
    if not about.is_place:
        return text
    if once.is_first(about):
        return f"{text}; told once, {about.how_to_ignore}"
    count = once.counts[about]
    is_tenth_power = str(count).strip("0") == "1"
    return f"{about.about}: the same has come {count} times [{finding['code']}]" if is_tenth_power else None


def _below(label: str, text: str, color: str, output: Output) -> str:
    return f"{'':<18}{output.styled(f'{label}:', fg=color)} {output.styled(text)}"


def is_bad(exchange: Exchange) -> bool:
    """Whether something is wrong with it."""
    outcome = exchange.outcome
    return bool(
        exchange.error
        or exchange.reply is None
        or exchange.reply.status >= 400
        or outcome.get("problem")
        or outcome.get("failure")
        or outcome.get("unmatched")
        or any(each["severity"] in _COLORS for each in outcome.get("findings", ()))
    )


def _for_people(output: Output) -> Any:
    """What makes a line of all else that is logged: its sentence; its name is for programs."""

    def render(_: Any, level: str, event: MutableMapping[str, Any]) -> str:
        at = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
        told = f"{at}  · {event.get('message', event['event'])}"
        return output.styled(told, fg="yellow") if level == "warning" else output.styled(told)

    return render


def _configure(processors: list[Any]) -> None:
    structlog.configure(
        processors=processors, logger_factory=structlog.PrintLoggerFactory(sys.stderr), cache_logger_on_first_use=False
    )


# -- for programs


def _for_programs(redactor: Redactor) -> list[Any]:
    def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> Any:
        return redactor.records(event)

    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask,
        # JSON writes what could control a terminal as escapes.
        structlog.processors.JSONRenderer(ensure_ascii=True),
    ]


def _in_words(event: dict[str, Any]) -> str:
    inner = ", ".join(f"{name}: {value}" for name, value in event["variables"].items())
    return f"{event['event_type']} {{{inner}}}"


def _log(exchange: Exchange) -> None:
    """One line for an exchange; a warning where something is wrong with it."""
    outcome = exchange.outcome
    events = [_in_words(event) for event in outcome.get("events", [])]
    status = exchange.reply.status if exchange.reply else None
    if exchange.duration_s is None:
        return  # it has only begun
    fields: dict[str, Any] = {"exchange": exchange.id, "method": exchange.request.method, "url": exchange.request.url}
    if exchange.direction == "in":
        fields["events"] = events
    fields["ms"] = round(exchange.duration_s * 1000, 1)
    problem = exchange.error or outcome.get("problem")
    if problem:
        fields["problem"] = problem
    findings = [finding["message"] for finding in outcome.get("findings", [])]
    if findings:
        fields["findings"] = findings
    bad = problem or findings or status is None or status >= 400
    log = structlog.get_logger()
    name = f"{exchange.kind}.received" if exchange.direction == "in" else "request.sent"
    (log.warning if bad else log.info)(name, kind=exchange.kind, status=status, **fields)
