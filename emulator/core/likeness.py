"""How like a body is to a model that it does not fit: key by key, by name and by the kind of value.

One measure serves all that is told of near misses: which model is the nearest, and which key was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from emulator.core.messages import Json, text_of
from emulator.core.patterns import (
    MESSAGE_ID,
    EachPattern,
    ListPattern,
    LiteralLeaf,
    ObjectPattern,
    Pattern,
    ShapeLeaf,
    VariableLeaf,
)
from emulator.core.source import node_at

if TYPE_CHECKING:
    from collections.abc import Container

    from emulator.core.source import Path

MOST_NODES = 10_000
"""Objects, lists and scalars that are looked through for scalars."""
MOST_PLACES = 500
"""Scalars of a body that are looked at for one that was meant."""
_MOST_ELEMENTS = 20
_MOST_BESIDE = 50
_SIMILAR = 0.8
_MOST_SLIPS = 2
_MOST_SEPARATORS = 4
_SHORTEST_SIMILAR = 4
_SHORTEST_ID = 4
_FEWEST_DIGITS = 3
_OF_ITS_KIND = 0.5
"""What a place is worth that has nothing but its kind of value to speak for it."""
_BY_ITS_NAME = 0.4
"""What it is worth that is called what others call it."""
_TELLING = frozenset({"content", "url", MESSAGE_ID})
"""The variables that make an event what it is: sender and receiver stand in reports of a state too."""
_URL = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_NUMBER = re.compile(r"\+[1-9][0-9 ().-]{6,}\Z")
_NO_LETTER = re.compile(r"[^0-9a-z]+")


# -- names


def alike(wanted: str, name: str) -> float:
    """How likely the key *name* was meant to be *wanted*: 1 for the very name, 0 for a stranger."""
    if name == wanted:
        return 1.0
    # Before anything is kept of it: whoever posts a webhook chooses the name.
    if abs(len(wanted) - len(name)) > _MOST_SEPARATORS:
        return 0.0
    return _alike(wanted, name)


@lru_cache(maxsize=4096)
def _alike(wanted: str, name: str) -> float:
    one, other = wanted.casefold(), name.casefold()
    if one == other:
        return 0.9
    if not one or not other or (one[0] != other[0] and one[-1] != other[-1]):
        return 0.0  # a slip in the first letter and in the last: most names are told apart by this alone
    if _NO_LETTER.sub("", one) == _NO_LETTER.sub("", other) != "":
        return 0.85
    return 0.7 if _is_slip(one, other) else 0.0


def _is_slip(one: str, other: str) -> bool:
    """Whether two names differ by a letter or two; short names say too little for that."""
    if min(len(one), len(other)) < _SHORTEST_SIMILAR or abs(len(one) - len(other)) > _MOST_SLIPS:
        return False
    if sorted(one) == sorted(other):
        return True
    from difflib import SequenceMatcher  # cold start: most webhooks fit

    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= _SIMILAR and matcher.ratio() >= _SIMILAR


# -- values


def may_be(variable: str | None, value: Json) -> bool:
    """Whether *value* could be that of *variable*: a word is no phone number, and a sentence no id."""
    if value is None or isinstance(value, list | dict):
        return False
    text = text_of(value)  # type: ignore[arg-type]
    match variable:
        case "from" | "to":
            return sum(map(str.isdigit, text)) >= _FEWEST_DIGITS and not isinstance(value, bool)
        case "url":
            return _URL.match(text) is not None
        case "messageid":
            is_count = not isinstance(value, str) and len(text) < _SHORTEST_ID
            return bool(text) and not isinstance(value, bool) and not is_count and not any(map(str.isspace, text))
        case "content" | "text":
            return isinstance(value, str)
    return True


def _is_surely(variable: str | None, value: Json) -> bool:
    """Whether *value* tells by itself what it is."""
    if not isinstance(value, str):
        return False
    if variable == "url":
        return _URL.match(value) is not None
    return variable in {"from", "to"} and _NUMBER.match(value) is not None


def _is_named(variable: str | None, place: Path, value: Json) -> bool:
    from emulator.core.draft_fields import is_named_as  # cold start: most webhooks fit

    return variable is not None and may_be(variable, value) and is_named_as(variable, str(place[-1]))


# -- the key that was meant


def nearest_key(
    path: Path,
    value: Json,
    *,
    variable: str | None = None,
    taken: Container[Path] = frozenset(),
    is_it: Callable[[Json], bool] = lambda _: False,
) -> Path | None:
    """The path in *value* that was most likely meant by *path*, where nothing stands; None if all are strangers.

    It has a name like the last key of *path*, or the very value (*is_it*), or it is the only one that can be the
    *variable*, or the only one beside *path* that is called what others call it. What a model has a use for already is
    *taken*: paths without their indexes.
    """
    wanted = next((step for step in reversed(path) if isinstance(step, str)), None)
    if wanted is None:
        return None
    places = [(place, found) for place, found in scalars(value) if _keys(place) not in taken]
    sure = [place for place, found in places if _is_surely(variable, found)]
    named = [place for place, found in places if place[:-1] == path[:-1] and _is_named(variable, place, found)]

    def worth(place: Path, found: Json) -> float:
        if is_it(found):
            return 2.0 + alike(wanted, str(place[-1]))
        name = alike(wanted, str(place[-1]))
        if name <= _SIMILAR and not may_be(variable, found):
            name = 0.0
        if name == 0.0 and sure == [place]:
            name = _OF_ITS_KIND
        if name == 0.0 and named == [place]:
            name = _BY_ITS_NAME
        return name and name + (0.1 if place[:-1] == path[:-1] else 0.0)

    rated = [(worth(place, found), -len(place), place) for place, found in places]
    best = max(rated, key=lambda each: each[:2], default=(0.0, 0, ()))
    return best[2] if best[0] > 0 else None


def _keys(path: Path) -> Path:
    return tuple(step for step in path if isinstance(step, str))


def places_of(shape: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of a model's leaves, without indexes."""
    if isinstance(shape, Mapping):
        for key, below in shape.items():
            yield from places_of(below, (*path, key))
    elif isinstance(shape, list):
        for below in shape:
            yield from places_of(below, path)
    else:
        yield path


def scalars(value: Json) -> Iterator[tuple[Path, Json]]:
    """The first scalars that stand under a key, with their paths."""
    found = (
        (path, each)
        for path, each in islice(_nodes(value, ()), MOST_NODES)
        if path and isinstance(path[-1], str) and not isinstance(each, list | dict)
    )
    return islice(found, MOST_PLACES)


def _nodes(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    yield path, value
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _nodes(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _nodes(below, (*path, index))


# -- the model that comes closest


class Likeness:
    """How like one body, or one element of it, is to models: from 0 to 1, the part of a model's keys that is there."""

    def __init__(self, unit: Json, path: Path = ()) -> None:
        self.unit = unit
        self.path = path
        """Where it stands in the body."""
        self._names: frozenset[str] = frozenset()
        self._names_of: Path | None = None
        """The keys of which element these are."""

    def to(self, pattern: Pattern, *, only: Path | None = None) -> float:
        """How much of *pattern* is there; *only* is the one element to take of the list that it stands in.

        A key in other letters, of a similar name, elsewhere, null or of another type is nearly there. A literal that
        is equal counts as strong evidence, and most of all the event key.
        """
        element = only or self.path
        if element != self._names_of:
            found = scalars(node_at(self.unit, element[len(self.path) :]))
            self._names, self._names_of = frozenset(str(path[-1]).casefold() for path, _ in found), element
        earned, possible = self._held(pattern, self.unit, True, self.path, only, {})
        return earned / possible if possible else 0.0

    def _held(
        self, pattern: Pattern, value: Json, present: bool, path: Path, only: Path | None, beside: Mapping[str, Json]
    ) -> tuple[float, float]:
        """What *value* earns, and what it could have."""
        match pattern:
            case ObjectPattern(keys=keys):
                found = value if isinstance(value, dict) else {}
                below = [
                    self._held(inner, found.get(key), key in found, (*path, key), only, found)
                    for key, inner in keys.items()
                ]
                return _sum(below)
            case EachPattern(element=element):
                return self._of_list(element, value, path, only)
            case ListPattern(elements=elements):
                listed = value if isinstance(value, list) else []
                return _sum(
                    self._held(inner, node, at < len(listed), (*path, at), only, {})
                    for at, (inner, node) in enumerate(
                        zip(elements, [*listed, *[None] * (len(elements) - len(listed))], strict=False)
                    )
                )
            case _:
                return self._of_leaf(pattern, value, present, path, beside)

    def _of_list(self, element: Pattern, value: Json, path: Path, only: Path | None) -> tuple[float, float]:
        if not isinstance(value, list) or not value:
            return self._held(element, None, False, (*path, 0), only, {})
        at = range(min(len(value), _MOST_ELEMENTS))
        if only is not None and only[:-1] == path:
            at = range(int(only[-1]), int(only[-1]) + 1)
        tried = [self._held(element, value[index], True, (*path, index), only, {}) for index in at]
        return max(tried, key=lambda each: each[0] / (each[1] or 1.0))

    def _of_leaf(
        self,
        leaf: LiteralLeaf | VariableLeaf | ShapeLeaf,
        value: Json,
        present: bool,
        path: Path,
        beside: Mapping[str, Json],
    ) -> tuple[float, float]:
        if isinstance(leaf, LiteralLeaf):
            if present and leaf.fits(value):
                weight = 3.0 if leaf.is_event_key else 2.0
                return weight, weight
            return (0.5 if present else self._elsewhere(path, beside)), 1.0
        scalar = value is not None and not isinstance(value, list | dict)
        if isinstance(leaf, ShapeLeaf):
            fits = scalar and leaf.capture(text_of(value)) is not None  # type: ignore[arg-type]
            return (1.0 if fits else 0.5 if present else self._elsewhere(path, beside)), 1.0
        if leaf.optional and not scalar:
            return 0.0, 0.1  # it may be absent; of two models the one that has a use for all is the nearer
        weight = 2.0 if leaf.name in _TELLING else 1.0
        return weight * (1.0 if scalar else 0.6 if present else self._elsewhere(path, beside)), weight

    def _elsewhere(self, path: Path, beside: Mapping[str, Json]) -> float:
        """What is earned by a key that is not there, but nearly."""
        wanted = path[-1] if path else ""
        if not isinstance(wanted, str):
            return 0.0
        near = max((alike(wanted, key) for key in islice(beside, _MOST_BESIDE)), default=0.0)
        return near * 0.9 if near else 0.5 if wanted.casefold() in self._names else 0.0


def _sum(parts: Any) -> tuple[float, float]:
    earned, possible = 0.0, 0.0
    for one, other in parts:
        earned, possible = earned + one, possible + other
    return earned, possible
