"""What the outcome of an exchange holds, as JSON; a journal that another program has changed may hold anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from emulator.errors import Severity

_TEXT, _WHOLE = (str,), (int,)
_TEXT_OR_NONE, _WHOLE_OR_NONE = (str, type(None)), (int, type(None))
_SCALAR = (str, int, float, bool, type(None))


class _Words(NamedTuple):
    """One of these texts."""

    words: frozenset[str]


class _Either(NamedTuple):
    """Null, or *shape*."""

    shape: Any


class _Values(NamedTuple):
    """An object of any keys, with values of one *shape*."""

    shape: Any


class _Object(NamedTuple):
    """An object with all *needed* keys; others are checked if they are there."""

    needed: Mapping[str, Any]
    others: Mapping[str, Any]


_EVENT = _Object({"event_type": _TEXT, "path": _TEXT, "variables": _Values(_TEXT)}, {"model": _WHOLE})
_MISMATCH = _Object(
    {"path": _TEXT, "expected": _TEXT, "found": _TEXT, "near": _TEXT_OR_NONE},
    {"same_value": (bool,), "why": _TEXT_OR_NONE},
)
_NEAREST = _Object(
    {"model": _WHOLE_OR_NONE, "event_key": _SCALAR, "event_type": _TEXT_OR_NONE, "mismatches": [_MISMATCH]},
    {"state": _SCALAR, "remedy": _TEXT_OR_NONE},
)
_FINDING = _Object(
    {
        "code": _TEXT,
        "severity": _Words(frozenset(each.value for each in Severity)),
        "message": _TEXT,
        "remedy": _TEXT_OR_NONE,
        "path": _TEXT_OR_NONE,
        "file": _TEXT_OR_NONE,
        "line": _WHOLE_OR_NONE,
        "column": _WHOLE_OR_NONE,
    },
    {},
)
_OUTCOME = _Object(
    {},
    {
        "events": [_EVENT],
        "unmatched": [_Object({"path": _TEXT, "nearest": _Either(_NEAREST)}, {})],
        "findings": [_FINDING],
        "tampered": [_TEXT],
        "media": _Object({}, {"trap": _TEXT, "size": _WHOLE, "sent": _WHOLE}),
        **dict.fromkeys(("fault", "failure", "problem", "mend", "messageid"), _TEXT_OR_NONE),
    },
)


def is_outcome(value: object) -> bool:
    """Whether *value* is what `Exchange.outcome` may be, so far as anybody relies on it."""
    return _fits(value, _OUTCOME)


def _fits(value: Any, shape: Any) -> bool:
    match shape:
        case _Object(needed, others):
            return (
                isinstance(value, dict)
                and all(name in value and _fits(value[name], each) for name, each in needed.items())
                and all(_fits(value[name], each) for name, each in others.items() if name in value)
            )
        case _Values(each):
            return isinstance(value, dict) and all(_fits(one, each) for one in value.values())
        case _Either(each):
            return value is None or _fits(value, each)
        case _Words(words):
            return isinstance(value, str) and value in words
        case list():
            return isinstance(value, list) and all(_fits(one, shape[0]) for one in value)
    return isinstance(value, shape)
