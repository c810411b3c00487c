"""journal: exchanges in lines that say what they were, filtered, followed, and one in full."""

from __future__ import annotations

import asyncio
import json
import math
import os
import pty
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator.core.document import WebhookModel
from emulator.core.matching import compile_models, match
from emulator.core.messages import Reply, Request
from emulator.core.near_misses import near_miss_data
from emulator.engine.exchanges import Exchange
from emulator.engine.journal import Journal, open_journal
from tests.faces.conftest import PROGRAM

WEBHOOK = "http://127.0.0.1:8085/services/acme/a12345678901234567890"
MODEL = WebhookModel(
    event_key="message", event_type="message", parameters={"From": "$from$", "To": "$to$", "Body": "$content$"}
)
FILE = "x.db"


def _exchange(number: int, **values: Any) -> Exchange:
    given: dict[str, Any] = {
        "id": number,
        "direction": "in",
        "kind": "webhook",
        "account": "1",
        "at": datetime.now(UTC),
        "clock": 0.0,
        "request": Request(method="POST", url=WEBHOOK),
        "reply": Reply(status=200),
        "duration_s": 0.002,
        "outcome": {},
    }
    return Exchange(**{**given, **values})


def _sent(number: int, **values: Any) -> Exchange:
    request = Request(method="POST", url="https://api.x.test/messages", body=b'{"text": "ping"}')
    return _exchange(number, **{"direction": "out", "kind": "SendMessage", "request": request, **values})


def _event(event_type: str, **variables: str) -> dict[str, Any]:
    return {"events": [{"event_type": event_type, "path": "$", "variables": variables}]}


def _near_miss(payload: Any) -> dict[str, Any]:
    (miss,) = match(compile_models([MODEL]), "POST", payload).unmatched
    return {"events": [], "unmatched": [near_miss_data(miss, payload, MODEL)]}


WARNING = {
    "code": "WH-302",
    "severity": "warning",
    "message": "reported before",
    "remedy": "report it once",
    **dict.fromkeys(("path", "file", "line", "column")),
}
RECORDED = [
    _sent(1),
    _exchange(2, outcome=_event("messageDelivered", messageid="m-1")),
    _exchange(3, outcome=_near_miss({"from": "+61123456789", "to": "1", "body": "x"}), reply=Reply(status=422)),
    _exchange(4, outcome={"problem": "not JSON"}, reply=Reply(status=400)),
    _exchange(5, outcome={**_event("messageDelivered", messageid="m-1"), "findings": [WARNING]}),
    _sent(6, reply=None, error="nobody answers at api.x.test"),
    _exchange(
        7, at=datetime.now(UTC) - timedelta(hours=2), outcome=_event("message", content="Grüße", **{"from": "+49"})
    ),
]


async def _record(journal: Journal, *exchanges: Exchange) -> None:
    for each in exchanges:
        await journal.record(each)


@pytest.fixture
def recorded(command: Any) -> Any:
    """The command, in a folder with a journal."""
    with open_journal(Path(FILE)) as journal:
        asyncio.run(_record(journal, *RECORDED))

    def run(*arguments: str) -> list[str]:
        assert command("journal", *arguments, "--journal", FILE) == 0
        lines: list[str] = command.out.splitlines()
        return lines

    return run


def test_what_each_exchange_was(recorded: Any) -> None:
    """A webhook is listed by what it brought, or by why it brought nothing; a request by where it went."""
    lines = recorded("list", "--since", "1h")
    assert [
        "→ #1     SendMessage       POST https://api.x.test/messages  200 in 2 ms",
        "← #2     messageDelivered  {messageid: m-1}  200",
        (
            "← #3     near miss         like message, but From, To and Body are missing: found from, to, body "
            "(keys are case-sensitive)  422"
        ),
        "← #4     refused           not JSON  400",
        "← #5     messageDelivered  {messageid: m-1}  200",
        "→ #6     SendMessage       POST https://api.x.test/messages  nobody answers at api.x.test",
    ] == [f"{line[:7]}  {line[22:]}" for line in lines]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ((), [1, 2, 3, 4, 5, 6, 7]),
        (("-n", "2"), [6, 7]),
        (("--direction", "out"), [1, 6]),
        (("--direction", "in", "--limit", "1"), [7]),
        (("--event", "messageDelivered"), [2, 5]),
        (("--event", "message"), [7]),
        (("--event", "mms"), []),
        (("--event", "near-miss"), [3]),
        (("--problems",), [3, 4, 5, 6]),
        (("--problems", "--event", "messageDelivered"), [5]),
        (("--since", "10m", "--direction", "in"), [2, 3, 4, 5]),
        (("--grep", "M-1"), [2, 5]),
        (("--grep", "ping"), [1, 6]),
        (("--grep", "Grüße"), [7]),
        (("--grep", "%"), []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_filters(recorded: Any, options: tuple[str, ...], numbers: list[int]) -> None:
    """Exchanges are chosen by direction, event, trouble, age and what is in them; all that is given must apply."""
    (line,) = recorded("list", "--json", *options)
    assert numbers == [each["id"] for each in json.loads(line)["exchanges"]]
    shown = recorded("list", *options)
    assert [f"#{number}" for number in numbers] == [each.split()[1] for each in shown]


def test_bodies_are_in_the_json(recorded: Any) -> None:
    """Programs get the bodies too."""
    (line,) = recorded("list", "--json", "-n", "7")
    assert '{"text": "ping"}' == json.loads(line)["exchanges"][0]["request"]["body"]


def test_a_duration_that_is_none(command: Any, recorded: Any) -> None:
    """It is said how a duration is written."""
    assert command("journal", "list", "--since", "10", "--journal", FILE) == 2
    assert 'write "10s" or "10ms"' in command.err


def test_days_are_told_where_there_are_several(recorded: Any) -> None:
    """What is not of today has its day."""
    with open_journal(Path(FILE)) as journal:
        asyncio.run(_record(journal, _exchange(8, at=datetime(2020, 1, 2, 12, tzinfo=UTC))))
    assert "#8    2020-01-02 " in recorded("list")[-1]


def test_lines_end_where_the_terminal_does(recorded: Any) -> None:
    """On a terminal a line is cut, and its end, the status, is kept."""
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [PROGRAM, "journal", "list", "--journal", FILE, "--event", "near-miss"],
            stdout=theirs,
            env={**os.environ, "COLUMNS": "60", "NO_COLOR": "1"},
            check=True,
        )
        line = os.read(ours, 10_000).decode().rstrip()
    finally:
        os.close(theirs)
        os.close(ours)
    assert len(line) == 60
    assert line.endswith("…  422")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("as_json", [False, True], ids=["lines", "json"])
async def test_follow(command: Any, as_json: bool) -> None:
    """What another process writes is printed as it is done: not while it is under way, and by the filters that apply
    then."""
    more = ["--json"] if as_json else []
    with open_journal(Path(FILE)) as journal:
        await _record(journal, _sent(1), _sent(2, reply=None, duration_s=None))
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "journal", "list", "--follow", "--journal", FILE, *more, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None

        async def next_line() -> str:
            assert process.stdout is not None
            return (await process.stdout.readline()).decode()

        first = '"id": 1' if as_json else "#1 "
        assert first in await next_line()
        await _record(journal, _exchange(3, outcome=_event("message", content="hi")))
        assert ('"content": "hi"' if as_json else "message           {content: hi}  200") in await next_line()
        await _record(journal, _sent(2, reply=Reply(status=503)))
        assert ('"status": 503' if as_json else "503 in 2 ms") in await next_line()
        process.terminate()
        await process.communicate()


@pytest.mark.timeout(60)
async def test_follow_what_goes_wrong(command: Any) -> None:
    """A request that is only under way is no problem; once it has failed it is."""
    with open_journal(Path(FILE)) as journal:
        await _record(journal, _sent(1, reply=None, error="nobody answers"))
        process = await asyncio.create_subprocess_exec(
            *(PROGRAM, "journal", "list", "-f", "--problems", "--journal", FILE), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert b"#1 " in await process.stdout.readline()
        await _record(journal, _sent(2, reply=None, duration_s=None), _sent(3))
        await _record(journal, _sent(2, reply=None, error="it was cut off"))
        assert b"it was cut off" in await process.stdout.readline()
        process.terminate()
        await process.communicate()


def test_a_near_miss_in_full(recorded: Any) -> None:
    """show says what differs from the nearest model and how to mend it."""
    shown = recorded("show", "3")
    at = shown.index("unmatched $; the nearest is message")
    assert [
        '  ✗ From   missing: found "from"; keys are case-sensitive',
        '  ✗ To     missing: found "to"; keys are case-sensitive',
        '  ✗ Body   missing: found "body"; keys are case-sensitive',
        (
            '  mend: if the provider is right, rename "From" to "from", "To" to "to" and "Body" to "body" '
            'in the document ($.Webhook[0].request_parameters); else POST {"From": …, "To": …, "Body": …}'
        ),
    ] == shown[at + 1 : at + 5]


def test_what_nobody_reads(recorded: Any, project: Path) -> None:
    """Where a project is here, show names the keys that none of its models mentions."""
    request = Request(
        method="POST", url=WEBHOOK, body=b'{"method": "delivered", "params": {"messageid": "x"}, "at": 1}'
    )
    with open_journal(Path(FILE)) as journal:
        asyncio.run(
            _record(journal, _exchange(8, request=request), _sent(9, reply=Reply(status=200, body=b'{"a": 1}')))
        )
    assert "no webhook model reads: $.at" in recorded("show", "8")
    assert "response_map does not read: $.a" in recorded("show", "9")


@pytest.mark.parametrize("name", ["list", "show", "curl", "replay"])
def test_help_has_an_example(command: Any, name: str) -> None:
    """Every command's --help has an example."""
    assert command("journal", name, "--help") == 0
    assert f"Example: ringo-emu journal {name}" in command.out


WRONG = [
    ("outcome", "no JSON"),
    ("outcome", "[]"),
    ("outcome", "[" * 5000),
    ("outcome", '{"events": ["no object"]}'),
    ("outcome", '{"events": [{"event_type": "message"}]}'),
    ("outcome", '{"events": 7}'),
    ("outcome", '{"events": [{"event_type": 7, "path": "$", "variables": {}}]}'),
    ("outcome", '{"events": [{"event_type": "message", "path": "$", "variables": []}]}'),
    ("outcome", '{"events": [{"event_type": "message", "path": "$", "variables": {"to": 1}}]}'),
    ("outcome", '{"findings": [{}]}'),
    ("outcome", json.dumps({"findings": [{**WARNING, "severity": "loud"}]})),
    ("outcome", '{"unmatched": [{"path": "$"}]}'),
    ("outcome", '{"unmatched": [{"path": "$", "nearest": 7}]}'),
    ("outcome", '{"unmatched": [{"path": "$", "nearest": {"model": 1, "event_type": "mms", "mismatches": [{}]}}]}'),
    ("outcome", '{"problem": {}}'),
    ("outcome", '{"tampered": 4}'),
    ("outcome", '{"media": []}'),
    ("at", "yesterday"),
    ("at", "2026-01-01T00:00:00"),
    ("clock", math.inf),
    ("duration_s", -math.inf),
    ("url", "http://[::"),
    ("reply_body", None),
]


@pytest.mark.parametrize(("column", "value"), WRONG)
def test_wrong_rows_are_told(command: Any, tmp_path: Path, column: str, value: str | float | None) -> None:
    """One sentence, which names the exchange, and never a traceback; the others can be looked at."""
    file = tmp_path / FILE
    with open_journal(file) as journal:
        asyncio.run(_record(journal, *RECORDED))
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"UPDATE exchanges SET {column} = ? WHERE id = 4", [value])  # noqa: S608 - a column of ours
        database.commit()
    for arguments in (("list",), ("list", "--json"), ("show", "4"), ("curl", "4")):
        assert command("journal", *arguments, "--journal", str(file)) == 2
        assert command.err.startswith(
            "error: exchange #4 of the journal cannot be read: another program has changed it"
        )
    assert command("journal", "list", "--problems", "--journal", str(file)) in {0, 2}
    assert "Traceback" not in command.err
    assert command("journal", "show", "1", "--journal", str(file)) == 0


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("no_http", "was no HTTP request: there is nothing to make again"),
        ("media", "is no webhook, but a media request of the provider's: it alone makes that again"),
    ],
)
def test_what_nobody_can_make_again(command: Any, project: Path, kind: str, why: str) -> None:
    """It is refused by its number; where all are made again it is left out."""
    with open_journal(project / FILE) as journal:
        asyncio.run(_record(journal, _exchange(8, kind=kind)))
    assert command("journal", "replay", "8", "--journal", FILE) == 2
    assert f"error: #8 {why}\n  mend: see it: ringo-emu journal show 8\n" == command.err
    assert command("journal", "curl", "8", "--journal", FILE) == (2 if kind == "no_http" else 0)
    with open_journal(project / "other.db") as journal:
        asyncio.run(_record(journal, _exchange(1, kind=kind)))
    assert command("journal", "replay", "--journal", "other.db", "--to", "http://127.0.0.1:1/") == 2
    assert command.err.startswith("error: there is nothing to replay\n")
