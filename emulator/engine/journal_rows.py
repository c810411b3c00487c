"""Exchanges as rows of the journal's table."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from emulator.core.messages import Reply, Request
from emulator.engine.exchanges import Exchange
from emulator.engine.outcomes import is_outcome
from emulator.errors import JournalError

if TYPE_CHECKING:
    from emulator.core.messages import Headers

SCHEMA = """
CREATE TABLE IF NOT EXISTS exchanges (
    id INTEGER PRIMARY KEY,
    direction TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
    at TEXT NOT NULL, clock REAL NOT NULL,
    method TEXT NOT NULL, url TEXT NOT NULL, sent_to TEXT, request_headers TEXT NOT NULL, request_body BLOB NOT NULL,
    status INTEGER, reply_headers TEXT, reply_body BLOB,
    error TEXT, duration_s REAL, attempt INTEGER NOT NULL, outcome TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS losses (dropped INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS totals (exchanges INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
"""
_COLUMNS = (
    *("id", "direction", "kind", "account", "at", "clock", "method", "url", "sent_to"),
    *("request_headers", "request_body", "status", "reply_headers", "reply_body"),
    *("error", "duration_s", "attempt", "outcome"),
)
_SIZED = ("url", "request_headers", "request_body", "reply_headers", "reply_body", "error", "outcome")


def _size(row: str = "") -> str:
    # Of a body SQLite knows the length in bytes without reading it; a text may count less, up to a quarter.
    return " + ".join(f"coalesce(length({row}{name}), 0)" for name in _SIZED)


SIZE = _size()
"""The bytes of a row, as SQL: of all that others can make large."""
COUNTED = f"""
CREATE TRIGGER IF NOT EXISTS counted_in AFTER INSERT ON exchanges BEGIN
    UPDATE totals SET exchanges = exchanges + 1, bytes = bytes + {_size("new.")};
END;
CREATE TRIGGER IF NOT EXISTS counted_out AFTER DELETE ON exchanges BEGIN
    UPDATE totals SET exchanges = exchanges - 1, bytes = bytes - ({_size("old.")});
END;
CREATE TRIGGER IF NOT EXISTS counted_again AFTER UPDATE ON exchanges BEGIN
    UPDATE totals SET bytes = bytes + {_size("new.")} - ({_size("old.")});
END;
INSERT INTO totals
SELECT * FROM (SELECT count(*), coalesce(sum({SIZE}), 0) FROM exchanges) WHERE NOT EXISTS (SELECT * FROM totals);
"""  # noqa: S608 - no data in it
"""Keeps the totals, whoever writes: counting all that is there would hold up who waits."""
INSERT = f"INSERT INTO exchanges VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - no data in it
UPSERT = f"""{INSERT} ON CONFLICT (id) DO UPDATE
SET ({", ".join(_COLUMNS[1:])}) = ({", ".join(f"excluded.{name}" for name in _COLUMNS[1:])})
WHERE at = excluded.at AND clock = excluded.clock"""
"""Writes a later state over an earlier one, but never over what another program has recorded under that number."""


def row_of(exchange: Exchange) -> tuple[Any, ...]:
    """What stands in the table for *exchange*."""
    reply = exchange.reply
    return (
        exchange.id,
        exchange.direction,
        exchange.kind,
        exchange.account,
        exchange.at.isoformat(),
        exchange.clock,
        exchange.request.method,
        exchange.request.url,
        exchange.sent_to,
        _lines(exchange.request.headers),
        exchange.request.body,
        reply.status if reply else None,
        _lines(reply.headers) if reply else None,
        reply.body if reply else None,
        exchange.error,
        exchange.duration_s,
        exchange.attempt,
        json.dumps(exchange.outcome),
    )


def exchange_of(row: tuple[Any, ...]) -> Exchange:
    """The exchange for which *row* stands in the table.

    Raises:
        JournalError: It holds what we never write.
    """
    try:
        reply = None
        if row[11] is not None:
            reply = Reply(status=row[11], headers=_headers(row[12]), body=bytes(row[13]))
        return Exchange(
            id=row[0],
            direction=row[1],
            kind=row[2],
            account=row[3],
            at=_at(row[4]),
            clock=_seconds(row[5]),
            request=Request(method=row[6], url=_url(row[7]), headers=_headers(row[9]), body=bytes(row[10])),
            sent_to=row[8],
            reply=reply,
            error=row[14],
            duration_s=None if row[15] is None else _seconds(row[15]),
            attempt=row[16],
            outcome=_outcome(row[17]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise JournalError(
            f"exchange #{row[0]} of the journal cannot be read: another program has changed it, or the file is damaged",
            mend="move the file away; ringo-emu begins a new one",
        ) from error


def _url(text: str) -> str:
    urlsplit(text)
    return text


def _at(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time has a zone")
    return at


def _seconds(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("a time is a number")
    return number


def _outcome(text: str) -> dict[str, Any]:
    outcome = json.loads(text)
    if not is_outcome(outcome):
        raise TypeError("an outcome is an object, and so on")
    found: dict[str, Any] = outcome
    return found


def _lines(headers: Headers) -> str:
    """Headers as HTTP writes them: no name holds a colon, and no value a line end."""
    return "\n".join([f"{name}: {value}" for name, value in headers])


def _headers(text: str) -> Headers:
    pairs = [line.partition(": ") for line in text.split("\n")] if text else []
    return tuple((name, value) for name, _, value in pairs)
