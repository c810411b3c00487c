"""Scalars of the YAML files, typed by what the schema wants: text keeps its characters, a duration has a unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

from emulator.core.messages import text_of
from emulator.core.plain import plain_data, source_text
from emulator.core.template import parse_template
from emulator.core.validating import MendableError

LOADING = "loading"
"""Key of the validation context: true while placeholders are not filled yet and stand for anything."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)\Z")
DURATION_PATTERN = rf"^\s*(?:{_DURATION.pattern[:-2]})\s*$"
"""For a JSON Schema."""
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB)?\Z")
_BYTES = {None: 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def is_placeholder(value: Any, info: ValidationInfo) -> bool:
    """Whether *value* stands for something that is not known while loading."""
    loading = bool((info.context or {}).get(LOADING))
    return loading and isinstance(value, str) and bool(parse_template(value, dollar_escape=True).variables)


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Says to a JSON Schema what a validator of ours reads; bounds that stand beside it are kept."""

    schema: Mapping[str, Any]

    def __get_pydantic_json_schema__(
        self, core_schema: Any, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        """The schema, with the bounds that pydantic knows."""
        bounds = {key: value for key, value in handler(core_schema).items() if key in {"minimum", "maximum"}}
        return {**self.schema, **bounds}


def parse_duration(value: Any) -> float:
    """``250ms``, ``5s``, ``2m``, ``1h`` in seconds."""
    text = source_text(value)
    match = _DURATION.match(text.strip()) if isinstance(text, str) else None
    if not match:
        shown = f"{text!r}" if isinstance(text, str) else "this"
        mend = (
            f'write "{text}s" or "{text}ms"'
            if isinstance(text, str) and text.isdigit()
            else "write such as 5s or 250ms"
        )
        raise MendableError(f"{shown} is no duration: a duration needs a number and a unit", mend)
    return float(match.group(1)) * _SECONDS[match.group(2)]


def parse_size(value: Any) -> int:
    """``512``, ``1 MiB`` in bytes."""
    text = source_text(value)
    match = _SIZE.match(text.strip()) if isinstance(text, str) else None
    if not match:
        raise MendableError(f"{text!r} is no size", "write such as 512 KiB or 1 MiB")
    return int(match.group(1)) * _BYTES[match.group(2)]


def format_duration(seconds: float) -> str:
    """Seconds as a person writes them: ``250 ms``, ``5 s``, ``1.21 s``."""
    if round(seconds * 1000) < 1000:  # 999.6 ms are 1 s
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"


def duration_literal(seconds: float) -> str:
    """Seconds as a file writes them: ``250ms``, ``5s``."""
    return format_duration(seconds).replace(" ", "")


def _text(value: Any) -> Any:
    """The characters of a scalar; a number that a placeholder brought is written as JSON writes it."""
    found = source_text(value)
    return text_of(found) if isinstance(found, bool | int | float) else found


def _duration(value: Any, info: ValidationInfo) -> Any:
    return 0.0 if is_placeholder(value, info) else parse_duration(value)


def _size(value: Any, info: ValidationInfo) -> Any:
    return 0 if is_placeholder(value, info) else parse_size(value)


def _number(value: Any, info: ValidationInfo) -> Any:
    return 1 if is_placeholder(value, info) else plain_data(value)


def _flag(value: Any, info: ValidationInfo) -> Any:
    return True if is_placeholder(value, info) else plain_data(value)


Text = Annotated[str, BeforeValidator(_text), Described({"type": ["string", "number", "boolean"]})]
"""Text; the source characters count, so ``+61123456789`` keeps its plus and ``007`` its zeros."""
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    Described({"type": "string", "pattern": DURATION_PATTERN}),
]
"""Seconds, written with a unit."""
Size = Annotated[
    int,
    BeforeValidator(_size),
    Described({"type": ["string", "integer"], "pattern": rf"^\s*(?:{_SIZE.pattern[:-2]})\s*$", "minimum": 0}),
]
"""Bytes, written with a unit."""
Count = Annotated[int, BeforeValidator(_number), Described({"type": "integer"})]
Flag = Annotated[bool, BeforeValidator(_flag), Described({"type": "boolean"})]
Data = Annotated[Any, BeforeValidator(plain_data)]
"""Any JSON, as YAML reads it."""
