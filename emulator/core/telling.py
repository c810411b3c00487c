"""Which findings are one thing: of what is so at one place of a body the place counts, not the value."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

_INDEX = re.compile(r"\[[0-9]+\]")


class Thing(NamedTuple):
    """What a finding is about: its code, and its place in a body or, of an event as a whole, what is said of it."""

    code: str
    about: str

    @property
    def is_place(self) -> bool:
        """Whether it is a place in a body: what is so there is so in every such body."""
        return self.about.startswith("$")

    @property
    def how_to_ignore(self) -> str:
        """How to hear no more of it."""
        return f"ignore_findings: [{self.code}] in the project file keeps it quiet"


def thing(code: str, path: str, message: str) -> Thing:
    """What a finding is about; in each element of a list the same key is the same place."""
    is_whole = path == "$" or _INDEX.sub("", path[path.rfind("[") :]) == ""
    return Thing(code, message if is_whole else _INDEX.sub("[*]", path))


class Told(str):
    """A line that tells of a finding, fit for whoever prints lines: what it is about, and how often that came."""

    __slots__ = ("thing", "times")

    thing: Thing
    times: int

    def __new__(cls, text: str, about: Thing, times: int = 1) -> Told:
        """*text*, which is *about* something that came so many *times*."""
        told = super().__new__(cls, text)
        told.thing, told.times = about, times
        return told


class OnceEach:
    """What was told already, and how often each thing came."""

    def __init__(self) -> None:
        self.counts: Counter[Thing] = Counter()

    def is_first(self, about: Thing, times: int = 1) -> bool:
        """Whether nobody has told that yet; it is counted."""
        self.counts[about] += times
        return self.counts[about] == times

    def again(self) -> list[str]:
        """``WH-102 at $.items[*].ref came 60 times; …``: what was told once and came more often."""
        return [
            f"{each.code} at {each.about} came {count} times; {each.how_to_ignore}"
            for each, count in self.counts.items()
            if count > 1 and each.is_place
        ]
