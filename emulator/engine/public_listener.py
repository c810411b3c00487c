"""The public listener, which several platforms may share: each has accounts and webhook URLs of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from emulator.core.addresses import exposure
from emulator.engine.connections import USUAL, Patience
from emulator.engine.listening import Bound, listening
from emulator.engine.sink import SinkContext, make_sink, record_no_http
from emulator.engine.watchdog import watch

if TYPE_CHECKING:
    from emulator.core.no_http import NoHttp
    from emulator.engine.clock import Clock


class PublicListener:
    """A listener that is open; make one with `open_listener`."""

    def __init__(self, bound: Bound, contexts: list[SinkContext], *, contained: bool) -> None:
        self.base_url = bound.url
        """Its own address, without a slash at its end."""
        self._addresses = bound.addresses
        self._contained = contained
        self._contexts = contexts

    @property
    def exposed(self) -> str | None:
        """How others than this machine reach it, in words; None where nobody does.

        A public URL of one platform leads all strangers to the others too.
        """
        public_url = next((each.public_url for each in self._contexts if each.public_url is not None), None)
        return exposure(self._addresses, public_url, contained=self._contained)

    @contextmanager
    def receiving(self, context: SinkContext) -> Iterator[None]:
        """Receive for the platform of *context* too, while the block runs."""
        self._contexts.append(context)
        try:
            yield
        finally:
            self._contexts.remove(context)


@asynccontextmanager
async def open_listener(
    host: str, port: int, clock: Clock, *, contained: bool = False, patience: Patience = USUAL
) -> AsyncIterator[PublicListener]:
    """Listen while the block runs; a platform should join before anybody is told the address.

    *contained*: whether that is inside a container.

    Raises:
        UnreachableError: The port cannot be had.
    """
    contexts: list[SinkContext] = []
    opened: list[PublicListener] = []

    async def record(found: NoHttp) -> None:
        if contexts and opened:
            await record_no_http(_addressed(contexts, found.target), opened[0].base_url, found)

    def is_exposed() -> bool:
        return not opened or opened[0].exposed is not None

    sink = make_sink(contexts, clock, is_exposed)
    async with listening(sink, host, port, on_no_http=record, patience=patience) as bound:
        opened.append(PublicListener(bound, contexts, contained=contained))
        watching = asyncio.create_task(watch(lambda: max((each.journal.last_id for each in contexts), default=0)))
        try:
            yield opened[0]
        finally:
            watching.cancel()


def _addressed(contexts: Sequence[SinkContext], target: str) -> SinkContext:
    """The platform whose webhook URL *target* is, as far as it came; the first where nobody knows."""
    service, _, account = target.partition("?")[0].removeprefix("/services/").partition("/a")
    return next((each for each in contexts if each.directory.knows(service, account)), contexts[0])
