"""Texts that the platform answers by itself: no user sends them, so they have no extension."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from emulator.engine.sharing import SharedUrl
from emulator.errors import RingoError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.core.matching import Event
    from emulator.engine.accounts import Account


class AutomaticReplies:
    """Answers in the background; *send* takes an account, the SMS number, the contact and the text."""

    def __init__(self, send: Callable[[Account, str, str, str], Awaitable[object]]) -> None:
        self._send = send
        self._tasks: set[asyncio.Task[None]] = set()

    def heard(self, account: Account | SharedUrl, event: Event) -> None:
        """*event*, a text, came in: answer it if the organization wants that; returns at once."""
        owner = account.owner(event) if isinstance(account, SharedUrl) else account
        if owner is None or not owner.organization.automatic_replies:
            return
        text = owner.organization.automatic_reply_to(event.variables["content"])
        number = owner.organization.number_like(event.variables["to"])
        if text is not None and number is not None:
            task = asyncio.create_task(self._answer(owner, number, event.variables["from"], text))
            self._tasks.add(task)  # the loop holds tasks only weakly
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, account: Account, number: str, contact: str, text: str) -> None:
        with suppress(RingoError):  # the message says why it failed
            await self._send(account, number, contact, text)

    async def close(self) -> None:
        """Answer nothing any longer."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
