"""``ringo-emu journal``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.core.curl import curl_line, reply_text, request_text
from emulator.core.near_misses import rows
from emulator.core.scalars import format_duration
from emulator.errors import UsageError
from emulator.faces.options import open_project, project_options
from emulator.faces.output import Output
from emulator.scenario.project import STATE_FOLDER, find_project_file, shown_path

if TYPE_CHECKING:
    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal

_MOST_REPLAYED = 1000
_FILES = ("run.db", "serve.db")
_journal_option = click.option(
    "--journal",
    "path",
    type=click.Path(path_type=Path),
    help="Journal file; by default that of the latest run, serve or send.",
)
_number_argument = click.argument("number", type=click.IntRange(1, 2**63 - 1))
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """Look at recorded exchanges.

    \b
    Example: ringo-emu journal list
             ringo-emu journal show 7
             ringo-emu journal curl 7
    """


@contextmanager
def _opened(path: Path | None) -> Iterator[Journal]:
    from emulator.engine.journal import open_journal

    path = path or _latest()
    if not path.is_file():
        raise UsageError(f"there is no journal {shown_path(path)}", mend="run, serve or send first")
    with open_journal(path) as journal:
        yield journal


def _latest() -> Path:
    here = Path.cwd()
    project = find_project_file(here)
    folders = [here, *([project.parent] if project else []), *(each for each in here.iterdir() if each.is_dir())]
    files = [folder / STATE_FOLDER / name for folder in folders for name in _FILES]
    existing = [file for file in files if file.is_file()]
    if not existing:
        raise UsageError("nothing is recorded here", mend="run, serve or send first, or name a file by --journal")
    return max(existing, key=_written)


def _written(file: Path) -> float:
    """When something was last written: what is new stands in a file beside it at first."""
    beside = file.with_name(f"{file.name}-wal")
    return max(each.stat().st_mtime for each in (file, beside) if each.is_file())


@command.command("list")
@_journal_option
@_json_option
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, counted from the latest."
)
def list_command(path: Path | None, as_json: bool, limit: int) -> int:
    """List the latest exchanges, a line each."""
    output = Output()
    with _opened(path) as journal:
        exchanges = journal.last(limit)
        dropped = journal.dropped()
    if as_json:
        output.json({"exchanges": [exchange_data(each) for each in exchanges], "dropped": dropped})
        return 0
    for each in exchanges:
        output.text(_line(each))
    if dropped:
        output.text(f"{dropped} older exchanges were dropped: the journal is bounded")
    return 0


@command.command("show")
@_number_argument
@_journal_option
@_json_option
def show_command(number: int, path: Path | None, as_json: bool) -> int:
    """Show exchange NUMBER: request, answer, and what was made of it."""
    output = Output()
    exchange = stored_exchange(number, path)
    if as_json:
        output.json(exchange_data(exchange))
        return 0
    output.text(_line(exchange))
    if exchange.sent_to:
        output.text(f"sent to {exchange.sent_to}")
    output.text()
    output.text(request_text(exchange.request))
    output.text()
    output.text(reply_text(exchange.reply) if exchange.reply else f"no answer: {exchange.error or 'not yet'}")
    _show_outcome(exchange.outcome, output)
    return 0


@command.command("curl")
@_number_argument
@_journal_option
def curl_command(number: int, path: Path | None) -> int:
    """Print a curl line that makes the request of exchange NUMBER again; secrets are masked in it."""

    exchange = stored_exchange(number, path)
    request = exchange.request
    Output().text(curl_line(request._replace(url=exchange.sent_to or request.url)))
    return 0


@command.command("replay")
@click.argument("numbers", nargs=-1, type=click.IntRange(1, 2**63 - 1), metavar="[NUMBER]...")
@_journal_option
@click.option("--to", metavar="URL", help="Post webhooks to this webhook URL too, such as the one of a running serve.")
@_json_option
@project_options
def replay_command(numbers: tuple[int, ...], path: Path | None, to: str | None, as_json: bool, **options: Any) -> int:
    """Make recorded requests again: those named, or all that went to the provider, in their order.

    Secrets are not kept in a journal: the project supplies the Authorization header.

    \b
    Example: ringo-emu journal replay 2
             ringo-emu journal replay --journal .ringo-emu/failures/01-round-trip/journal.db
    """
    from emulator.faces.replaying import replay
    from emulator.faces.session import run_until_done

    with _opened(path) as journal:
        exchanges = [stored_exchange(each, path) for each in numbers] or journal.last(_MOST_REPLAYED)
    project = open_project(**options)
    output = Output(project.redactor)
    with output.masking():
        wanted = [each for each in exchanges if numbers or to is not None or each.direction == "out"]
        return run_until_done(replay(wanted, project, to, output, as_json=as_json))


def stored_exchange(number: int, path: Path | None) -> Exchange:
    """Exchange *number* of the journal at *path*, by default of the latest one.

    Raises:
        UsageError: It is not recorded.
    """
    with _opened(path) as journal:
        exchange = journal.get(number)
    if exchange is None:
        raise UsageError(f"exchange {number} is not recorded", mend="see ringo-emu journal list")
    return exchange


def _line(exchange: Exchange) -> str:
    arrow = "←" if exchange.direction == "in" else "→"
    end = exchange.error or (str(exchange.reply.status) if exchange.reply else "no answer yet")
    took = f" in {format_duration(exchange.duration_s)}" if exchange.duration_s is not None else ""
    at = exchange.at.strftime("%H:%M:%S.%f")[:-3]
    what = f"{exchange.request.method} {exchange.request.url}"
    return f"{arrow} #{exchange.id:<4} {at}  {exchange.kind:<12} {what}  {end}{took}"


def _show_outcome(outcome: dict[str, Any], output: Output) -> None:
    if outcome.get("tampered"):
        output.text(f"\nspoilt on purpose: {', '.join(outcome['tampered'])}")
    for event in outcome.get("events", []):
        inner = ", ".join(f"{name}: {value}" for name, value in event["variables"].items())
        output.text(f"\nmatched {event['path']}: {event['event_type']} {{{inner}}}")
    for miss in outcome.get("unmatched", []):
        nearest = miss["nearest"]
        output.text(f"\nunmatched {miss['path']}" + (f"; nearest is {nearest['event_type']}" if nearest else ""))
        for row in rows(miss):
            output.text(f"  ✗ {row.label}   {row.text}")
    for finding in outcome.get("findings", []):
        output.text(f"{finding['severity']} {finding['code']}: {finding['message']}")


def exchange_data(exchange: Exchange) -> dict[str, Any]:
    """An exchange as JSON; bodies as text, what is no UTF-8 in them as escapes."""
    reply = exchange.reply
    return {
        "id": exchange.id,
        "direction": exchange.direction,
        "kind": exchange.kind,
        "account": exchange.account,
        "at": exchange.at.isoformat(),
        "attempt": exchange.attempt,
        "request": {
            "method": exchange.request.method,
            "url": exchange.request.url,
            "sent_to": exchange.sent_to,
            "headers": [list(pair) for pair in exchange.request.headers],
            "body": exchange.request.body.decode("utf-8", "backslashreplace"),
        },
        "reply": reply
        and {
            "status": reply.status,
            "headers": [list(pair) for pair in reply.headers],
            "body": reply.body.decode("utf-8", "backslashreplace"),
        },
        "error": exchange.error,
        "duration_s": exchange.duration_s,
        "outcome": exchange.outcome,
    }
