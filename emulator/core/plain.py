"""Unquoted scalars of YAML: what the file says and what YAML makes of it, until the schema says which one counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.core.messages import Json, Scalar


@dataclass(frozen=True, slots=True)
class Plain:
    """An unquoted scalar that YAML reads as something else than text: its characters, and what YAML makes of them.

    ``+61123456789`` is a number for YAML and a phone number for us; which one counts is the schema's to say.
    """

    raw: str
    value: Scalar


def plain_data(value: Any) -> Json:
    """*value* with every unquoted scalar as what YAML makes of it: where the schema says "any JSON"."""
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, dict):
        return {key: plain_data(below) for key, below in value.items()}
    if isinstance(value, list):
        return [plain_data(below) for below in value]
    return value  # type: ignore[no-any-return]


def source_text(value: Any) -> Any:
    """The characters of a scalar as the file has them; null stays null, and what is no scalar stays itself."""
    return value.raw if isinstance(value, Plain) and value.value is not None else plain_data(value)
