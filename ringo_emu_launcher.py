"""Starts ringo-emu, and says so where another package called ``emulator`` stands in its way.

Its own name is one that nobody else has, and it imports nothing but what comes with Python: it works where ours cannot
be imported.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

_OURS = "ringo-emu plays Ringotel"
"""By this line begins the text of our own package."""
_MEND = "install ringo-emu into a virtual environment of its own"


def obstacle() -> str | None:
    """Why our package cannot be used, with the remedy; None where it is the one that Python finds.

    The other one is looked at, never run.
    """
    try:
        spec = find_spec("emulator")
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return f'the package "emulator" that ringo-emu consists of is not there: {_MEND}'
    if is_ours(spec.origin):
        return None
    return (
        f'another package called "emulator" is in the way, {spec.origin}: {_MEND}, '
        "and leave that one's folder out of PYTHONPATH"
    )


def is_ours(file: str | os.PathLike[str]) -> bool:
    """Whether *file* is the beginning of our own package."""
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 - pathlib would cost a third of the start
            return _OURS.encode() in opened.read(200)
    except OSError:
        return False


def lacking(error: ImportError) -> str | None:
    """What is to be said of *error* where it is a part of our package that is not there."""
    name = error.name or ""
    if name.partition(".")[0] != "emulator":
        return None
    return (
        f'ringo-emu is not whole, as {name} cannot be imported; another package called "emulator" may have been '
        f"installed over it: {_MEND}"
    )


def refuse(why: str) -> None:
    """Say *why* nothing can be done, and exit as for wrong usage."""
    sys.stderr.write(f"error: {why}\n")
    raise SystemExit(2)


def main() -> None:
    """Run the command line."""
    why = obstacle()
    if why is not None:
        refuse(why)
    try:
        from emulator.faces.cli import main as run

        run()
    except ImportError as error:
        why = lacking(error)
        if why is None:
            raise
        refuse(why)


if __name__ == "__main__":
    main()
