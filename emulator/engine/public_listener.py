"""The public listener, which several platforms may share: each has accounts and webhook URLs of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from emulator.engine.listening import listening
from emulator.engine.sink import SinkContext, make_sink, record_no_http

if TYPE_CHECKING:
    from emulator.core.no_http import NoHttp
    from emulator.engine.clock import Clock


class PublicListener:
    """A listener that is open; make one with `open_listener`."""

    def __init__(self, base_url: str, contexts: list[SinkContext]) -> None:
        self.base_url = base_url
        """Its own address, without a slash at its end."""
        self._contexts = contexts

    @contextmanager
    def receiving(self, context: SinkContext) -> Iterator[None]:
        """Receive for the platform of *context* too, while the block runs."""
        self._contexts.append(context)
        try:
            yield
        finally:
            self._contexts.remove(context)


@asynccontextmanager
async def open_listener(host: str, port: int, clock: Clock) -> AsyncIterator[PublicListener]:
    """Listen while the block runs; a platform should join before anybody is told the address.

    Raises:
        UnreachableError: The port cannot be had.
    """
    contexts: list[SinkContext] = []
    own: list[str] = []

    async def record(found: NoHttp) -> None:
        if contexts and own:
            await record_no_http(_addressed(contexts, found.target), own[0], found)

    async with listening(make_sink(contexts, clock), host, port, on_no_http=record) as base_url:
        own.append(base_url)
        yield PublicListener(base_url, contexts)


def _addressed(contexts: Sequence[SinkContext], target: str) -> SinkContext:
    """The platform whose webhook URL *target* is, as far as it came; the first where nobody knows."""
    service, _, account = target.partition("?")[0].removeprefix("/services/").partition("/a")
    return next((each for each in contexts if each.directory.knows(service, account)), contexts[0])
