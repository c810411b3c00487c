"""Fills ``$name$`` in scenario and project data: after parsing, once, and values are never parsed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emulator.core.messages import text_of
from emulator.core.plain import Plain, plain_data, source_text
from emulator.core.source import NOTHING, child
from emulator.core.template import Variable, leaves, parse_template

if TYPE_CHECKING:
    from emulator.core.source import Path
    from emulator.errors import Location

Lookup = Callable[[str], Any]
"""The value of a name, or `NOTHING`."""


class UnfilledError(KeyError):
    """A placeholder has no value."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def fill(data: Any, lookup: Lookup) -> Any:
    """*data* with every placeholder filled; a text that is only one placeholder becomes its value, type and all.

    Raises:
        UnfilledError: A name has no value.
    """
    if isinstance(data, dict):
        return {key: fill(value, lookup) for key, value in data.items()}
    if isinstance(data, list):
        return [fill(value, lookup) for value in data]
    if not isinstance(data, str) or "$" not in data:
        return data
    template = parse_template(data, dollar_escape=True)
    if template.single is not None:
        return _value(template.single, lookup)
    return template.fill(lambda variable: as_text(_value(variable, lookup)))


def _value(variable: Variable, lookup: Lookup) -> Any:
    value = lookup(variable.name)
    if value is NOTHING:
        raise UnfilledError(variable.name)
    return value


def as_text(value: Any) -> str:
    """A value inside a longer text: an unquoted scalar as its characters, data as JSON."""
    if isinstance(value, Plain):
        return str(source_text(value)) if value.value is not None else value.raw
    if isinstance(value, dict | list):
        import json

        return json.dumps(plain_data(value), ensure_ascii=False)
    return text_of(value)


def names_in(text: str) -> tuple[str, ...]:
    """The placeholders of a text."""
    return tuple(variable.name for variable in parse_template(text, dollar_escape=True).variables)


def placeholders(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every placeholder in *data*, which stands at *path*, with the path of its text; keys are not looked at."""
    for place, leaf in leaves(data, path):
        if isinstance(leaf, str):
            yield from ((place, name) for name in names_in(leaf))


def narrowed(where: Location, name: str) -> Location:
    """*where*, the place of a text, narrowed to a placeholder in it."""
    at = (where.text or "").find(f"${name}$", (where.column or 1) - 1)
    return where if at < 0 else replace(where, column=at + 1, width=len(name) + 2)


def in_data(values: Mapping[str, Any], name: str) -> Any:
    """The value of a dotted *name*: ``sms.answer.data.id`` goes into what ``sms`` holds. The longest name wins."""
    if name in values:
        return values[name]
    head, dot, rest = name.rpartition(".")
    if not dot:
        return NOTHING
    around = in_data(values, head)
    if around is NOTHING:
        return NOTHING
    below = child(around, rest)
    return child(around, int(rest)) if below is NOTHING and rest.isdigit() else below
