"""The document, the feed, and whether all is well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emulator import __version__
from emulator.faces.console import records
from emulator.faces.console.problems import ApiError

if TYPE_CHECKING:
    from emulator.faces.console.asking import EventsWhere, NoBody, Nowhere
    from emulator.faces.console.feed import Happened
    from emulator.faces.console.parts import Console


async def document(console: Console, where: Nowhere, body: NoBody) -> records.Document:
    """The integration document as its file is now: its text, what is wrong with it, and what it would do."""
    del where, body
    return console.document.record()


async def events(console: Console, where: EventsWhere, body: NoBody) -> records.FeedEvents:
    """The events after a cursor; where there is none yet, wait for the next."""
    del body
    feed, clock = console.feed, console.platform.clock
    known = None if where.after is None else feed.position_of(where.after)
    position = feed.position if known is None else known
    deadline = clock.now() + where.wait
    with console.turnstiles.waits.passed():
        found: list[Happened] = []
        # Who lost track is told at once: there is something to load.
        lost = where.after is not None and known is None
        while not found and not lost:
            for each in feed.after(position):
                position = each.number
                if _fits(each, where):
                    found.append(each)
                    if len(found) == where.limit:
                        break
            if found or not await feed.wait(position, deadline):
                break
            lost = not feed.is_known(position)
    if lost:
        position = feed.position
    return records.FeedEvents(
        events=tuple(
            records.FeedEvent(id=feed.cursor(each.number), type=each.kind, data=json.loads(each.text)) for each in found
        ),
        cursor=feed.cursor(position),
        resync=lost,
    )


def _fits(event: Happened, where: EventsWhere) -> bool:
    if where.type is not None and event.kind != where.type:
        return False
    return where.event_type is None or where.event_type in event.event_types


async def health(console: Console, where: Nowhere, body: NoBody) -> records.Health:
    """Whether the console answers."""
    del console, where, body
    return records.Health(status="ok", version=__version__)


async def ready(console: Console, where: Nowhere, body: NoBody) -> records.Readiness:
    """Whether all that serve does at first is done."""
    del where, body
    if console.usual is not None:
        raise ApiError(503, console.readiness.failure or "the journal cannot be written")
    if not console.readiness.ready:
        if console.readiness.failure is not None:  # it was ready, and is no longer
            raise ApiError(503, console.readiness.failure)
        raise ApiError(503, "serve has not done yet what it does at first", "ask again, or see the event ready")
    return console.readiness
