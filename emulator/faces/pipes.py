"""What is printed to a pipe whose reader has gone, as with ``| head``: nothing more is printed, and the command ends.

The streams and their reader belong to the process, so what is known of them is the module's.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_CODE = 141
"""What a shell expects of a process that nobody listens to any more: 128 and the number of SIGPIPE."""


class PipeClosedError(Exception):
    """Nobody reads what is printed, and there is nothing else to do."""


class Pipes:
    """Whether the reader has gone, and what ends the work that is going on."""

    def __init__(self) -> None:
        self.is_closed = False
        self.stop: Callable[[], object] | None = None
        """Ends what is going on in order, with all that must be done at its end; None where nothing goes on."""

    def close(self, stream: TextIO) -> None:
        """The reader of *stream* has gone: print to nowhere from now on, and end.

        Raises:
            PipeClosedError: There is no work to be ended in order.
        """
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        self.is_closed = True
        if self.stop is None:
            raise PipeClosedError
        self.stop()


PIPES = Pipes()


class Guarded:
    """A stream of the process's that survives its reader."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write *text*, if anybody reads it."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            PIPES.close(self._stream)
            return len(text)

    def flush(self) -> None:
        """Write what has gathered, if anybody reads it."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            PIPES.close(self._stream)


def guard() -> None:
    """Let the process's streams survive their readers."""
    sys.stdout, sys.stderr = Guarded(sys.stdout), Guarded(sys.stderr)
