"""``serve`` beside commands that subscribe too: it says that its webhooks go elsewhere, and subscribes again after.

A provider may keep one webhook URL for each organization, as the reference provider does. What ``run`` or pytest
subscribes then takes the place of what ``serve`` has subscribed, which would hear nothing any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from emulator.errors import RingoError
from emulator.faces.neighbours import Notes, ended, target_of

if TYPE_CHECKING:
    from emulator.engine.accounts import Account
    from emulator.engine.platform import Platform
    from emulator.faces.console.parts import Console
    from emulator.faces.neighbours import Note
    from emulator.scenario.project import Project

_MEND = "press Subscribe on the page, or start serve again"


@asynccontextmanager
async def heeding(
    project: Project, platform: Platform, account: Account, console: Console | None, *, again: bool
) -> AsyncIterator[None]:
    """Heed those who subscribe *project* beside this ``serve`` while the block runs.

    With *again* it subscribes again when they have ended, else that is left to the person who did it.
    """
    if project.integration.document.api.Subscribe is None:
        yield
        return
    notes = Notes(project.state_folder, target_of(project, account.organization.domain))
    stop = asyncio.Event()
    task = asyncio.ensure_future(_heed(notes, platform, account, console, stop, again=again))
    try:
        yield
    finally:
        stop.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _heed(
    notes: Notes, platform: Platform, account: Account, console: Console | None, stop: asyncio.Event, *, again: bool
) -> None:
    log = structlog.get_logger()
    try:
        async for note, path in notes.come(stop):
            _told(note, console, again=again)
            await ended(path)
            if not again:
                log.warning("subscription.replaced", message=f"{note.who} has ended; {_MEND}")
            elif not notes.held():
                await _subscribe(note, platform, account, console)
    except (OSError, RuntimeError) as error:  # such as: too many files are watched on this machine
        log.warning("subscription.unwatched", message=f"who subscribes beside serve is not noticed: {error}")


def _told(note: Note, console: Console | None, *, again: bool) -> None:
    after = "then serve subscribes again" if again else f"then {_MEND}"
    message = (
        f"{note.who} has subscribed at the provider too: if that keeps one callback for "
        f'"{note.target.label}", webhooks go there until {note.by} has ended; {after}'
    )
    structlog.get_logger().warning("subscription.replaced", message=message)
    if console is not None:
        console.tell(replace(console.readiness, subscribed=False, failure=message))


async def _subscribe(note: Note, platform: Platform, account: Account, console: Console | None) -> None:
    log = structlog.get_logger()
    try:
        call = await platform.subscribe(account)
        failure = call.failure
    except RingoError as error:
        failure = error.message
    if failure is None:
        log.info("subscription.restored", message=f"{note.who} has ended: subscribed again")
    else:
        log.warning("subscription.lost", message=f"{note.who} has ended, and Subscribe failed: {failure}; {_MEND}")
    if console is not None:
        console.tell(replace(console.readiness, subscribed=failure is None, failure=failure))
