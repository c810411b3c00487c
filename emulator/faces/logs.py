"""Logs by structlog: for people on a terminal, as JSON when asked. The only call of structlog.configure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import structlog

from emulator.faces.output import Output

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from emulator.core.redaction import Redactor
    from emulator.engine.exchanges import Exchange


def configure(redactor: Redactor, *, as_json: bool) -> None:
    """Send logs to standard error, every secret masked in every value."""
    output = Output(redactor)

    def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> Any:
        return redactor.json(event)

    def in_a_line(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if "message" in event:  # a sentence for people; its name is for programs
            event["event"] = event.pop("message")
        return {key: _safe(value, output) for key, value in event.items()}

    # JSON writes what could control a terminal as escapes.
    renderers: list[Any] = [structlog.processors.JSONRenderer(ensure_ascii=True)]
    if not as_json:
        renderers = [in_a_line, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
            mask,
            *renderers,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _in_words(event: dict[str, Any]) -> str:
    inner = ", ".join(f"{name}: {value}" for name, value in event["variables"].items())
    return f"{event['event_type']} {{{inner}}}"


def _safe(value: Any, output: Output) -> Any:
    if isinstance(value, list):
        return "; ".join(output.styled(str(each)) for each in value)
    return output.styled(value) if isinstance(value, str) else value


def log_exchange(exchange: Exchange) -> None:
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
