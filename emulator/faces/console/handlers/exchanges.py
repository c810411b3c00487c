"""Recorded exchanges: finding, showing and making them again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from emulator.core.presenting import finding_data
from emulator.engine.journal import mask_exchange
from emulator.engine.searching import Wanted
from emulator.faces.console import records
from emulator.faces.console.problems import ApiError

if TYPE_CHECKING:
    from emulator.engine.exchanges import Exchange
    from emulator.faces.console.asking import ById, ExchangesWhere, NoBody, ReplayBody
    from emulator.faces.console.parts import Console

WINDOW = 200
"""Exchanges that are looked at in one go: in between, webhooks get their turn."""
MOST_LOOKED_AT = 5000
"""For one page."""


async def exchange_list(console: Console, where: ExchangesWhere, body: NoBody) -> records.Exchanges:
    """A page of the exchanges that fit, newest first."""
    del body
    journal, cursor = console.platform.journal, console.feed.cursor(console.feed.position)
    wanted, first = _wanted(where), journal.first_id()
    below = min(where.before or journal.last_id + 1, journal.last_id + 1)
    stop = max(0, below - 1 - MOST_LOOKED_AT)
    found: list[Exchange] = []
    more = True
    while more and below > stop + 1 and len(found) < where.limit:
        above = max(below - 1 - WINDOW, stop)
        found += journal.search(wanted, above=above, below=below, limit=where.limit - len(found))
        below = found[-1].id if len(found) == where.limit else above + 1
        more = first != 0 and below > first
        await asyncio.sleep(0)
    return records.Exchanges(
        items=tuple(records.exchange_record(mask_exchange(each, console.redactor)) for each in found),
        next=below if first != 0 and below > first else None,
        cursor=cursor,
        dropped=journal.dropped(),
    )


def _wanted(where: ExchangesWhere) -> Wanted:
    status = None
    if where.status is not None and where.status != "none":
        lowest = int(where.status.replace("xx", "00"))
        status = lowest, lowest + (99 if where.status.endswith("xx") else 0)
    return Wanted(
        direction=where.direction,
        kind=where.kind,
        account=where.account,
        status=status,
        unanswered=where.status == "none",
        text=where.text or "",
    )


async def exchange(console: Console, where: ById, body: NoBody) -> records.ExchangeDetail:
    """One exchange with all that is known of it."""
    del body
    document = console.platform.settings.integration.document
    return records.exchange_detail(mask_exchange(_recorded(console, where.id), console.redactor), document)


def _recorded(console: Console, number: int) -> Exchange:
    found = console.platform.journal.get(number)
    if found is None:
        raise ApiError(404, f"no exchange #{number} is recorded", "see GET /api/v1/exchanges")
    return found


async def replay(console: Console, where: ById, body: ReplayBody) -> records.Replayed:
    """Make the request of an exchange again: one of ours to the provider, a webhook to its own URL here."""
    _recorded(console, where.id)
    edited = None if body.body is None else body.body.encode("utf-8")
    items = []
    with console.turnstiles.actions.passed():
        for _ in range(body.times):
            call = await console.platform.replay(console.account, where.id, edited)
            if edited is None:
                console.done.repeat(call.exchange, where.id)
            items.append(records.called_record(call, [finding_data(each) for each in call.findings]))
    return records.Replayed(items=tuple(items))
