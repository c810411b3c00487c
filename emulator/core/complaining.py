"""Failures inside an answer that counts as a success: the platform does not see them, a person should (framework 8)."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING

from emulator.core import rules
from emulator.core.bodies import parse_json
from emulator.core.source import jsonpath
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.messages import Json
    from emulator.core.source import Path
    from emulator.errors import Finding

_DEEPEST = 3
"""Keys below one another that are looked at: what is deeper speaks of details."""
_MOST = 200
_LONGEST_SHOWN = 60
_NOT_LETTERS = re.compile(r"[^a-z]+")
_NAMES_A_FAILURE = frozenset(
    {"error", "errors", "errormessage", "errormsg", "errortext", "errordescription", "errorcode", "fault", "failure"}
)
_SAYS_WHETHER = frozenset({"ok", "success", "successful", "succeeded", "accepted"})
_SAYS_WHICH = frozenset({"status", "state", "result", "outcome", "type", "stat"})
_BAD = frozenset({"error", "err", "fail", "failed", "failure", "rejected", "denied", "invalid", "undeliverable"})
_NO = frozenset({"false", "no", "0"})
_NOTHING = frozenset({"", "0", "null", "none", "no", "false", "ok", "success", "no error", "noerror"})


def failure_inside(body: bytes, content_type: str | None = None) -> Finding | None:
    """What *body*, an answer with a 2xx, says of a failure; None where it is no JSON or says nothing of the kind."""
    try:
        answer = parse_json(body, content_type)
    except UnreadableBodyError:
        return None
    pairs = list(islice(_pairs(answer, ()), _MOST))
    # What is wrong says more than that something is.
    found = next((each for is_failure in (_is_error, _is_refusal) for each in pairs if is_failure(*each)), None)
    if found is None:
        return None
    path, value = found
    shown = json.dumps(value, ensure_ascii=False)
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[:_LONGEST_SHOWN]}…"
    return rules.FAILURE_INSIDE.on(
        jsonpath(path),
        f"the answer counts as a success, but {jsonpath(path)} is {shown}",
        'answer it with another status than 2xx, or write what only a success has, as "ok": true, into response_map',
    )


def _pairs(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    """Every key of *value* with what it holds, the outer first."""
    keys = sum(isinstance(step, str) for step in path)
    if isinstance(value, dict) and keys < _DEEPEST:
        yield from (((*path, key), below) for key, below in value.items())
        for key, below in value.items():
            yield from _pairs(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _pairs(below, (*path, index))


def _name(path: Path) -> str:
    return _NOT_LETTERS.sub("", str(path[-1]).lower())


def _is_error(path: Path, value: Json) -> bool:
    """Whether it is what went wrong."""
    return _name(path) in _NAMES_A_FAILURE and _says_something(value)


def _is_refusal(path: Path, value: Json) -> bool:
    """Whether it says that something did."""
    said = str(value).strip().lower() if isinstance(value, str | int) else ""
    name = _name(path)
    return (name in _SAYS_WHETHER and said in _NO) or (name in _SAYS_WHICH and said in _BAD)


def _says_something(value: Json) -> bool:
    """Whether anything in *value* is more than nothing: ``{"code": 0, "message": ""}`` is no failure."""
    if isinstance(value, dict):
        return any(_says_something(each) for each in value.values())
    if isinstance(value, list):
        return any(_says_something(each) for each in value)
    return str(value).strip().lower() not in _NOTHING
