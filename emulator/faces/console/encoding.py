"""Records as JSON, every secret masked: the console's last writer."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.core.redaction import Redactor

_CUT_OFF = json.dumps("…")[1:-1]


_NAMES: dict[type, tuple[str, ...]] = {}


def encoded(record: object, redactor: Redactor) -> bytes:
    """*record* as one line of JSON in ASCII, so that nothing in it can end a line or is not UTF-8."""
    return masked(as_json(record), redactor)


def as_json(record: object) -> str:
    """The same, with nothing masked yet: that takes long where others have said much."""
    return json.dumps(record, default=_plain, separators=(",", ":"), allow_nan=False)


def masked(text: str, redactor: Redactor) -> bytes:
    """*text*, which `as_json` made, with every secret masked."""
    # Mostly there is no secret; the beginning of one that was cut off is found only by looking closely.
    if _CUT_OFF in text or redactor.finds((text,)):
        text = json.dumps(redactor.records(json.loads(text)), separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def _plain(record: object) -> dict[str, Any]:
    if isinstance(record, type) or not is_dataclass(record):
        raise TypeError(f"{type(record).__name__} is no record")
    kind = type(record)
    names = _NAMES.get(kind) or _NAMES.setdefault(kind, tuple(field.name for field in fields(record)))
    return {name: getattr(record, name) for name in names}
