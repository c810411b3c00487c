"""What takes long is done beside the event loop, by another thread: while that computes, others are answered.

One thing at a time: threads that compute take turns, and the more there are, the longer the event loop waits for its.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from emulator.core.messages import Reply, Request
from emulator.core.packed import mask_reply, mask_request, may_be_packed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from emulator.core.redaction import Redactor

AT_ONCE = 8 * 1024
"""Bytes of what others send that are read and masked in the event loop; of more, it is done beside it."""
T = TypeVar("T")


class Beside:
    """Does one thing at a time."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def do(self, size: int, work: Callable[[], T]) -> T:
        """What *work* returns, which has no effect and looks through so many bytes."""
        if size <= AT_ONCE:
            return work()
        async with self._one:
            return await asyncio.to_thread(work)

    @asynccontextmanager
    async def masked(
        self, redactor: Redactor, said: Sequence[Request | Reply], texts: Sequence[str] = ()
    ) -> AsyncIterator[None]:
        """While the block runs the *redactor* knows what *said* and the *texts* are, masked, if they are large."""
        things = (*said, *texts)
        size = sum(map(weight, said))
        if size <= AT_ONCE or not redactor.has_secrets:
            yield
            return
        await self.do(size, partial(_foresee, redactor, things))
        try:
            yield
        finally:
            redactor.forget(things)


def weight(said: Request | Reply) -> int:
    """The bytes to be looked through; what is packed may be many, however few they are."""
    headers = "\n".join([f"{name}: {value}" for name, value in said.headers])
    return AT_ONCE + 1 if may_be_packed(headers, said.body) else len(said.body) + len(headers)


def _foresee(redactor: Redactor, things: Sequence[object]) -> None:
    for thing in things:
        if isinstance(thing, Request):
            redactor.foresee(thing, partial(mask_request, redactor=redactor))
        elif isinstance(thing, Reply):
            redactor.foresee(thing, partial(mask_reply, redactor=redactor))
        elif isinstance(thing, str):
            redactor.foresee(thing, redactor.text)
