"""Whether what is printed may hold escapes: the one place that looks at the environment for it."""

from __future__ import annotations

import os
from typing import Protocol

_OFF = frozenset({"0", "false"})


class Stream(Protocol):
    """Something that is printed to."""

    def isatty(self) -> bool:
        """Whether it is a terminal."""


def wants_color(stream: Stream) -> bool:
    """Whether *stream* gets colours: a terminal does, unless it is a dumb one.

    ``NO_COLOR`` wins; then ``FORCE_COLOR`` and ``CLICOLOR_FORCE``, for logs of CI systems that show colours.
    """
    if os.environ.get("NO_COLOR"):
        return False
    forced = [os.environ[name].lower() for name in ("FORCE_COLOR", "CLICOLOR_FORCE") if os.environ.get(name)]
    if forced:
        return any(each not in _OFF for each in forced)
    return os.environ.get("CLICOLOR") != "0" and can_redraw(stream)


def can_redraw(stream: Stream) -> bool:
    """Whether *stream* is a terminal that understands escapes, so that a line on it can be written anew."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
