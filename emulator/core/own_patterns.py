"""Looks for a user's own regular expression in what a provider said, and gives up where that takes too long."""

from __future__ import annotations

from emulator.core.validating import MendableError

MOST_SECONDS = 0.25
"""Of the processor's time: a search takes microseconds, and one that goes back and forth may take for ever."""


def is_found(pattern: str, text: str) -> bool | None:
    """Whether *pattern* fits somewhere in *text*; None where that was not known in time.

    Raises:
        MendableError: *pattern* is none.
    """
    import regex  # type: ignore[import-untyped]  # cold start: few scenarios have patterns. The re of Python cannot be stopped, not even by Ctrl-C

    try:
        return regex.search(pattern, text, timeout=MOST_SECONDS) is not None
    except TimeoutError:
        return None
    except regex.error as error:
        raise MendableError(f"{pattern!r} is no regular expression: {error}", "see Python's re") from error
