"""Parses and fills templates: text with ``$name$`` in it (framework 3)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.messages import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.core.messages import Json, Scalar

# A variable may hold spaces: the property "API key" is written $API key$, and \w+ would miss it.
_VARIABLE = re.compile(r"\$([^$\r\n]+)\$")
_VARIABLE_OR_DOLLAR = re.compile(r"\$\$|\$([^$\r\n]+)\$")


class Variable(NamedTuple):
    """A place in a template that is filled; *offset* is its first dollar in the text."""

    name: str
    offset: int = 0

    def __str__(self) -> str:
        return f"${self.name}$"


class Template(NamedTuple):
    """Literal text and variables, in order."""

    parts: tuple[str | Variable, ...]

    @property
    def single(self) -> Variable | None:
        """The variable that is the whole template, if one is."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Variable) else None

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Its variables, in order; one that stands twice is there twice."""
        return tuple(part for part in self.parts if isinstance(part, Variable))

    @property
    def literal(self) -> str | None:
        """Its text, if it has no variable."""
        return None if self.variables else "".join(str(part) for part in self.parts)

    def fill(self, value_of: Callable[[Variable], Scalar]) -> str:
        """Its text with each variable's value in place; one pass, values are never expanded again."""
        return "".join(part if isinstance(part, str) else text_of(value_of(part)) for part in self.parts)


@lru_cache(maxsize=4096)
def parse_template(text: str, *, dollar_escape: bool = False) -> Template:
    """Read *text* as a template.

    A dollar that has no partner is text. With *dollar_escape*, ``$$`` is one dollar: the scenario language
    has this, the integration document has not.
    """
    parts: list[str | Variable] = []
    position = 0
    for match in (_VARIABLE_OR_DOLLAR if dollar_escape else _VARIABLE).finditer(text):
        literal = text[position : match.start()]
        if match.group(1) is None:
            literal += "$"
        if literal:
            parts.append(literal)
        if match.group(1) is not None:
            parts.append(Variable(match.group(1), match.start()))
        position = match.end()
    if position < len(text):
        parts.append(text[position:])
    return Template(_joined(parts))


def _joined(parts: list[str | Variable]) -> tuple[str | Variable, ...]:
    joined: list[str | Variable] = []
    for part in parts:
        if joined and isinstance(part, str) and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


def leaves(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Scalar]]:
    """Every scalar in *value* with its path. Keys are never templates, so they are not looked at."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from leaves(below, (*path, index))
    else:
        yield path, value  # type: ignore[misc]
