"""The log of ``serve``: a line an exchange for people, JSON for programs. The only call of structlog.configure."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog

from emulator.core.rules import UNMATCHED
from emulator.core.telling import OnceEach, thing
from emulator.errors import Severity
from emulator.faces.colors import wants_color
from emulator.faces.log_stream import LogStream
from emulator.faces.output import Output, inert, json_line, visible
from emulator.scenario.timeline import entry_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping, Sequence

    from emulator.core.redaction import Redactor
    from emulator.engine.exchanges import Exchange

LONGEST = 2000
"""Characters of a text that are logged; the journal has all of it."""
_LOOKED_AT = 16 * 1024
"""Characters of it in which secrets are looked for: one that begins in what is logged ends there."""
MOST_LISTED = 20
"""Events and findings of one exchange that are logged."""
_LABEL_WIDTH = 16
_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


class Log:
    """Logs to standard error, every secret masked; it holds nobody up, whoever reads it."""

    def __init__(self, redactor: Redactor, *, as_json: bool) -> None:
        self._output = Output(redactor, color=wants_color(sys.stderr))
        self._as_json = as_json
        self._once = OnceEach()
        self._stream = LogStream(sys.stderr, _dropped_as_json if as_json else _dropped)
        self._bugs = _Bugs()
        _configure(_for_programs(redactor) if as_json else [_for_people(self._output)], self._stream)

    def __enter__(self) -> Log:
        logging.getLogger().addHandler(self._bugs)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self._bugs)
        structlog.reset_defaults()
        self._stream.close()

    def exchange(self, exchange: Exchange) -> None:
        """Log *exchange*, once it is done."""
        if exchange.duration_s is None:
            return
        if self._as_json:
            _log(exchange)
        else:
            lines = exchange_lines(exchange, self._output, self._once)
            self._stream.write("\n".join(map(_cut, lines)) + "\n")


class _Bugs(logging.Handler):
    """Logs what the libraries and we find wrong with ourselves, tracebacks masked as all else is."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        told = {"output": self.format(record)} if record.exc_info else {}
        structlog.get_logger().error("bug", message=record.getMessage(), **told)


def _dropped(count: int) -> str:
    return f"          · {count} lines of the log are missing: nobody read it for a while"


def _dropped_as_json(count: int) -> str:
    return json.dumps({"event": "log.dropped", "level": "warning", "lines": count})


def _cut(text: str, length: int = 0) -> str:
    """*text*, no longer than anybody reads; it is the beginning of one of that *length*."""
    length = max(length, len(text))
    return text if length <= LONGEST else f"{text[:LONGEST]}… ({length - LONGEST} more characters)"


def journal_trouble(sentence: str, lasts: bool) -> None:
    """Log what is wrong with the journal, or that it is over."""
    log = structlog.get_logger()
    (log.error if lasts else log.warning)("journal.trouble", message=sentence)


def document_changed(name: str, why_not: str | None) -> None:
    """Log that the document *name* was saved, and whether it is played from now on."""
    log = structlog.get_logger()
    if why_not is None:
        log.info("document.taken", message=f"{name} has changed, and is played from now on")
    else:
        told = f"{name} has changed, but what was played before still is: {why_not}"
        log.warning("document.refused", message=told)


def beside_serve(sentence: str) -> None:
    """Log what comes of it that another ``serve`` plays the project too."""
    structlog.get_logger().warning("serve.beside", message=sentence)


def provider_ended(sentence: str, printed: Sequence[str]) -> None:
    """Log that the provider's process is over, with the last lines that it printed."""
    structlog.get_logger().error("provider.ended", message=sentence, output="\n".join(printed[-10:]))


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
    if exchange.direction == "in" and exchange.outcome.get("mend"):
        yield _below("mend", exchange.outcome["mend"], "yellow", output)
    for miss in exchange.outcome.get("unmatched", [])[:1]:
        if miss["nearest"] and miss["nearest"].get("remedy"):
            yield _below("mend", miss["nearest"]["remedy"], "yellow", output)
    for finding in exchange.outcome.get("findings", [])[:MOST_LISTED]:
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
        told = _cut(f"{at}  · {event.get('message', event['event'])}")
        if event.get("output"):
            return f"{output.styled(told, fg='red')}\n{inert(visible(output.redactor.text(event['output'])))}"
        return output.styled(told, fg="yellow") if level in {"warning", "error"} else output.styled(told)

    return render


def _configure(processors: list[Any], stream: LogStream) -> None:
    structlog.configure(
        processors=processors,
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", stream)),
        cache_logger_on_first_use=False,
    )


# -- for programs


def _for_programs(redactor: Redactor) -> list[Any]:
    def shown(value: Any, name: str) -> Any:
        """*value* with every secret masked, and no longer than anybody reads; of what is long, more is looked at."""
        if isinstance(value, str) and name != "output":
            return _cut(redactor.records(value[:_LOOKED_AT], name), len(value))
        if isinstance(value, list):
            more = [f"… ({len(value) - MOST_LISTED} more)"] if len(value) > MOST_LISTED else []
            return [*(shown(each, name) for each in value[:MOST_LISTED]), *more]
        return redactor.records(value, name)

    def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> Any:
        return {redactor.name(name): shown(value, name) for name, value in event.items()}

    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask,
        structlog.processors.JSONRenderer(serializer=lambda event, **_: json_line(event)),
    ]


def _in_words(event: dict[str, Any]) -> str:
    inner = ", ".join(f"{name}: {value}" for name, value in event["variables"].items())
    return f"{event['event_type']} {{{inner}}}"


def _log(exchange: Exchange) -> None:
    """One line for an exchange; a warning where something is wrong with it."""
    outcome = exchange.outcome
    events = [_in_words(event) for event in outcome.get("events", [])]
    status = exchange.reply.status if exchange.reply else None
    fields: dict[str, Any] = {"exchange": exchange.id, "method": exchange.request.method, "url": exchange.request.url}
    if exchange.direction == "in":
        fields["events"] = events
    fields["ms"] = round((exchange.duration_s or 0.0) * 1000, 1)
    problem = exchange.error or outcome.get("problem")
    if problem:
        fields["problem"] = problem
    if outcome.get("mend"):
        fields["mend"] = outcome["mend"]
    findings = [finding["message"] for finding in outcome.get("findings", [])]
    if findings:
        fields["findings"] = findings
    bad = problem or findings or status is None or status >= 400
    log = structlog.get_logger()
    name = f"{exchange.kind}.received" if exchange.direction == "in" else "request.sent"
    (log.warning if bad else log.info)(name, kind=exchange.kind, status=status, **fields)
