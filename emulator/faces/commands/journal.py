"""``ringo-emu journal``."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from emulator.core.curl import curl_line, reply_text, request_text
from emulator.core.document import EVENT_TYPES
from emulator.core.near_misses import rows
from emulator.core.redaction import MASK
from emulator.core.remedies import listed
from emulator.core.scalars import parse_duration
from emulator.core.validating import MendableError
from emulator.engine.exchanges import NO_HTTP
from emulator.engine.searching import Wanted
from emulator.engine.user_files import is_file
from emulator.errors import RingoError, UsageError
from emulator.faces import completing
from emulator.faces.options import digest_of, open_project, project_options
from emulator.faces.output import Output, inert, visible
from emulator.scenario.project import RUN_JOURNAL, SERVE_JOURNAL, STATE_FOLDER, shown_path
from emulator.scenario.searching import find_project_file
from emulator.scenario.timeline import entry_of

if TYPE_CHECKING:
    from emulator.engine.exchanges import Direction, Exchange
    from emulator.engine.journal import Journal
    from emulator.faces.neighbours import Serving
    from emulator.scenario.project import Project

_MOST_REPLAYED = 1000
_MOST_FOLLOWED = 1000
_POLL_S = 0.2
"""How often it is looked for what another process has written."""
_ABOVE_ALL = 2**63 - 1
_LABEL_WIDTH = 16
_NEAR_MISS = "near-miss"
_FILES = (RUN_JOURNAL, SERVE_JOURNAL)
_TRIES = 3
"""How often serve asks the provider before it gives up, at most."""
_journal_option = click.option(
    "--journal",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Journal file; by default that of the latest run, serve or send.",
)
_number_argument = click.argument("number", type=click.IntRange(1, 2**63 - 1), shell_complete=completing.exchanges)
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

    path = path or latest_journal()
    if not is_file(path):
        raise UsageError(f"there is no journal {shown_path(path)}", mend="run, serve or send first")
    with open_journal(path) as journal:
        yield journal


def latest_journal() -> Path:
    """The journal that was written last, of the project or of those in the folders here.

    Raises:
        UsageError: There is none.
    """
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
    "-n",
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many: the latest.",
)
@click.option("--direction", type=click.Choice(["in", "out"]), help="What came in, or what went out.")
@click.option(
    "--event", type=click.Choice([*EVENT_TYPES, _NEAR_MISS]), help="Webhooks that brought this, or that fit no model."
)
@click.option("--problems", is_flag=True, help="Only what was refused, failed or warned of.")
@click.option("--since", metavar="DURATION", help="Only the last 30s, 10m, 2h.")
@click.option("--grep", "text", metavar="TEXT", default="", help="Only with TEXT in it: a number, an id, a word.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, also from a serve that runs elsewhere.")
def list_command(
    path: Path | None,
    as_json: bool,
    limit: int,
    direction: Direction | None,
    event: str | None,
    problems: bool,
    since: str | None,
    text: str,
    follow: bool,
) -> int:
    """List the latest exchanges, a line each: what a webhook said, or why nobody understood it.

    \b
    Example: ringo-emu journal list --problems --since 10m
             ringo-emu journal list --event messageDelivered --grep +61123456789
             ringo-emu journal list --follow
    """
    wanted = Wanted(
        direction=direction,
        event=None if event == _NEAR_MISS else event,
        near_miss=event == _NEAR_MISS,
        bad=problems,
        since=_ago(since),
        text=text,
    )
    output = Output()
    with _opened(path) as journal:
        latest = journal.last_id
        exchanges = journal.search(wanted, above=0, below=latest + 1, limit=limit, bodies=as_json)[::-1]
        if follow:
            _follow(journal, wanted, latest, exchanges, output, as_json=as_json)
        dropped = journal.dropped()
    if as_json:
        output.json({"exchanges": [exchange_data(each) for each in exchanges], "dropped": dropped})
        return 0
    for line in _lines(exchanges):
        output.text(line)
    if dropped:
        output.text(f"{dropped} older exchanges were dropped: the journal is bounded")
    return 0


def _ago(since: str | None) -> datetime | None:
    if since is None:
        return None
    try:
        return datetime.now(UTC) - timedelta(seconds=parse_duration(since))
    except MendableError as error:
        raise UsageError(f"--since {since}: {error}", mend=error.mend) from error


def _follow(
    journal: Journal, wanted: Wanted, latest: int, exchanges: Sequence[Exchange], output: Output, *, as_json: bool
) -> NoReturn:
    """Print *exchanges* and then each that is recorded after *latest*, once it is done, until somebody stops it."""
    before = journal.search(Wanted(), above=0, below=latest + 1, limit=_MOST_FOLLOWED)
    under_way = {each.id for each in before if each.duration_s is None}
    done = [each for each in exchanges if each.id not in under_way]
    while True:
        for each in done:
            if as_json:
                output.json(exchange_data(each))
            else:
                output.text(next(_lines([each])))
        sys.stdout.flush()
        time.sleep(_POLL_S)  # noqa: TID251 - there is no event loop here
        fresh = journal.search(Wanted(), above=latest, below=_ABOVE_ALL, limit=_MOST_FOLLOWED)
        latest = max([latest, *(each.id for each in fresh)])
        begun = [each for each in map(journal.get, under_way) if each is not None]
        under_way = {each.id for each in (*fresh, *begun) if each.duration_s is None}
        # What it became decides whether it is wanted, not what it was when it began.
        ended = sorted(each.id for each in (*fresh, *begun) if each.duration_s is not None)
        done = [
            each
            for number in ended
            for each in journal.search(wanted, above=number - 1, below=number + 1, limit=1, bodies=as_json)
        ]


@command.command("show")
@_number_argument
@_journal_option
@_json_option
def show_command(number: int, path: Path | None, as_json: bool) -> int:
    """Show exchange NUMBER: request, answer, and what was made of it.

    \b
    Example: ringo-emu journal show 7
    """
    output = Output()
    exchange = stored_exchange(number, path)
    if as_json:
        output.json(exchange_data(exchange))
        return 0
    output.text(next(_lines([exchange])))
    if exchange.sent_to:
        output.text(f"sent to {exchange.sent_to}")
    output.text()
    output.text(request_text(exchange.request))
    output.text()
    output.text(reply_text(exchange.reply) if exchange.reply else f"no answer: {exchange.error or 'not yet'}")
    _show_outcome(exchange.outcome, output)
    _show_unread(exchange, output)
    return 0


@command.command("curl")
@_number_argument
@_journal_option
def curl_command(number: int, path: Path | None) -> int:
    """Print a curl line that makes the request of exchange NUMBER again, where it was made.

    Secrets are masked in the line, and a port that was picked for that run no longer answers. To make the request
    with today's secrets and addresses, use ringo-emu journal replay NUMBER.

    \b
    Example: ringo-emu journal curl 7
    """
    exchange = stored_exchange(number, path)
    if exchange.kind == NO_HTTP:
        raise UsageError(
            f"#{number} was no HTTP request: no curl line makes it", mend=f"see it: ringo-emu journal show {number}"
        )
    request = exchange.request
    line = curl_line(request._replace(url=exchange.sent_to or request.url))
    output = Output()
    output.text(line)
    if MASK in line:
        which = f"{number}" if path is None else f"{number} --journal {shlex.quote(str(path))}"
        known = f"or let the project do it: ringo-emu journal replay {which}"
        output.text(f"{MASK} stands for a secret, which no journal keeps: write it there, {known}", err=True)
    return 0


@command.command("replay")
@click.argument(
    "numbers",
    nargs=-1,
    type=click.IntRange(1, 2**63 - 1),
    metavar="[NUMBER]...",
    shell_complete=completing.exchanges,
)
@_journal_option
@click.option("--to", metavar="URL", help="Post webhooks to this webhook URL; without NUMBER, they are posted too.")
@_json_option
@project_options
def replay_command(numbers: tuple[int, ...], path: Path | None, to: str | None, as_json: bool, **options: Any) -> int:
    """Make recorded requests again: those named, or all that went to the provider, in their order.

    Those of a serve that still runs go through it. For all others the project says where they go today, supplies the
    secrets, and starts the provider where it starts one; a webhook is posted to the serve that plays the project, or
    else to a listener of its own.

    \b
    Example: ringo-emu journal replay 2
             ringo-emu journal replay --journal .ringo-emu/failures/01-round-trip/journal.db
    """
    from emulator.faces.replaying import replay, replay_through, why_not_again
    from emulator.faces.session import Guest, run_until_done

    with _opened(path) as journal:
        recorded = journal.last(_MOST_REPLAYED)
        exchanges = [stored_exchange(each, path) for each in numbers] or recorded
    project = open_project(**options)
    output = Output(project.redactor)
    guest = Guest("journal replay", lambda text: output.text(text, err=True))
    with output.masking():
        all_kinds = {"out", "in"} if to is not None else {"out"}
        wanted = [
            each for each in exchanges if numbers or (each.direction in all_kinds and why_not_again(each) is None)
        ]
        serving = None if to is not None else _serving(project, path, options)
        if serving is not None and wanted:
            within_s = project.file.profile.timeout * _TRIES
            code = run_until_done(replay_through(serving, wanted, within_s, output, as_json=as_json))
            if code is not None:
                return code
        return run_until_done(replay(wanted, project, to, output, guest, recorded=recorded, as_json=as_json))


def _serving(project: Project, path: Path | None, options: Mapping[str, Any]) -> Serving | None:
    """The ``serve`` that plays *project* as it is played here, and whose journal that at *path* is."""
    from emulator.faces.neighbours import running_serve

    serving = running_serve(project)
    if serving is None or serving.console_url is None or digest_of(options) not in {"", serving.options}:
        return None
    own = project.state_folder / SERVE_JOURNAL
    return serving if own.is_file() and own.samefile(path or latest_journal()) else None


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


def _lines(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """``← #11   20:17:37.123  message           {from: …, content: hi}  200``, no longer than the terminal is wide."""
    today = datetime.now().astimezone().date()
    times = [each.at.astimezone() for each in exchanges]
    day = "" if all(each.date() == today for each in times) else "%Y-%m-%d "
    entries = [entry_of(each, 0.0) for each in exchanges]
    labels = max([_LABEL_WIDTH, *(len(each.label) for each in entries)])
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for exchange, at, entry in zip(exchanges, times, entries, strict=True):
        clock = at.strftime(f"{day}%H:%M:%S.%f")[:-3]
        line = inert(visible(f"{entry.arrow} #{exchange.id:<4} {clock}  {entry.label:<{labels}}  {entry.detail}"))
        yield _cut(line.replace("\n", "\\n"), width)


def _cut(line: str, width: int | None) -> str:
    """*line* no longer than *width*, its end, the status, in any case."""
    if width is None or len(line) <= width:
        return line
    end = line.rpartition("  ")[2]
    return f"{line[: max(0, width - len(end) - 3)]}…  {end}"


def _show_outcome(outcome: dict[str, Any], output: Output) -> None:
    if outcome.get("tampered"):
        output.text(f"\nspoilt on purpose: {', '.join(outcome['tampered'])}")
    for event in outcome.get("events", []):
        inner = ", ".join(f"{name}: {value}" for name, value in event["variables"].items())
        output.text(f"\nmatched {event['path']}: {event['event_type']} {{{inner}}}")
    for miss in outcome.get("unmatched", []):
        nearest = miss["nearest"]
        output.text(f"\nunmatched {miss['path']}" + (f"; the nearest is {nearest['event_type']}" if nearest else ""))
        found = rows(miss)
        width = max((len(row.label) for row in found), default=0)
        for row in found:
            output.text(f"  ✗ {row.label.ljust(width)}   {row.text}")
        if nearest and nearest.get("remedy"):
            output.text(f"  mend: {nearest['remedy']}")
    for finding in outcome.get("findings", []):
        output.text(f"{finding['severity']} {finding['code']}: {finding['message']}")


def _show_unread(exchange: Exchange, output: Output) -> None:
    """Name the keys that nobody reads, where a project here has the document."""
    from emulator.core.unread import unread_in
    from emulator.scenario.project import load_project

    path = find_project_file(Path.cwd())
    try:
        document = None if path is None else load_project(path).integration.document
    except RingoError:
        return  # what is wrong with the project is no part of what was recorded
    unread = unread_in(exchange.kind, exchange.request, exchange.reply, document) if document is not None else []
    if unread:
        who = "no webhook model reads" if exchange.kind == "webhook" else "response_map does not read"
        output.text(f"\n{who}: {listed(unread)}")


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
