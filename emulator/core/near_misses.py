"""What is told of a webhook that fits no model: which model it is nearly, what differs, and how to mend it.

The 422 answer, the journal, the log, ``match``, the console and the failures of ``run`` all say what is said here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core.comparing import equal, shown
from emulator.core.forms import FormFields
from emulator.core.likeness import nearest_key, places_of
from emulator.core.patterns import Mismatch, found_in_words
from emulator.core.remedies import Miss, is_json_in_a_text, listed, remedy
from emulator.core.report_states import state_of
from emulator.core.source import Path, jsonpath, node_at
from emulator.core.template import leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from emulator.core.document import WebhookModel
    from emulator.core.matching import NearMiss
    from emulator.core.messages import Json

_JSON_IN_A_TEXT = "it is JSON inside a text, which the format cannot unpack"
_BRACKETS = "brackets in a key make no object: write the key into the document as it comes, or post JSON"
_LIKE_NONE = "like no webhook model"


class Row(NamedTuple):
    """One row of a diagnosis: a place and what is there; *wrong* rows are the reason."""

    label: str
    text: str
    wrong: bool


def near_miss_data(
    miss: NearMiss,
    payload: Json,
    model: WebhookModel | None,
    is_it: Callable[[str, Json], bool] = lambda _, __: False,
    place: Callable[[Path], str] = jsonpath,
) -> dict[str, Any]:
    """``{"path", "nearest": {"model", "event_key", "event_type", "state", "mismatches": […], "remedy"} or null}``.

    A mismatch is ``{"path", "expected", "found", "near", "same_value", "why"}``; *near* is the key of *payload* that
    was meant by a missing one. *state* is what is reported of a message in place of its delivery. *is_it* says of a
    variable whether a value is the very one that is waited for, *place* where in the document's file a path is.
    """
    if model is None:
        return {"path": jsonpath(miss.path), "nearest": None}
    element = node_at(payload, miss.path)
    taken = frozenset(places_of(model.parameters))
    found = [_mismatch_data(each, miss, element, taken, is_it) for each in miss.mismatches]
    mismatches = [data for data, _ in found]
    whole = Miss(miss, tuple(near for _, near in found), model, payload)
    nearest = {
        "model": miss.model,
        "event_key": miss.event_key,
        "event_type": miss.event_type,
        "state": state_of(miss),
        "mismatches": mismatches,
        "remedy": remedy(whole, place) if mismatches else None,
    }
    deep = _deep(miss) if isinstance(element, FormFields) else None
    if deep is not None:
        nearest["remedy"] = f"post JSON, or write the model as flat as the form is: a form cannot hold {deep}"
    return {"path": jsonpath(miss.path), "nearest": nearest}


def _mismatch_data(
    mismatch: Mismatch, miss: NearMiss, element: Json, taken: frozenset[Path], is_it: Callable[[str, Json], bool]
) -> tuple[dict[str, Any], Path | None]:
    """What is told of a mismatch, and the path of what was meant."""
    path = mismatch.path[len(miss.path) :]

    def is_same(value: Json) -> bool:
        if mismatch.is_event_key:
            return equal(value, miss.event_key)
        return mismatch.variable is not None and is_it(mismatch.variable, value)

    near: Path | None = None
    why = None
    if not mismatch.present:
        bracketed = _bracketed(path)
        if isinstance(element, dict) and bracketed in element:
            near, why = (bracketed,), _BRACKETS
        else:
            near = nearest_key(path, element, variable=mismatch.variable, taken=taken, is_it=is_same)
    elif is_json_in_a_text(mismatch):
        why = _JSON_IN_A_TEXT
    slip = near is not None and near[:-1] == path[:-1] and str(near[-1]).casefold() == str(path[-1]).casefold()
    place = None if near is None else (*miss.path, *near)
    data = {
        "path": jsonpath(mismatch.path),
        "expected": mismatch.expected,
        "found": found_in_words(mismatch),
        "near": None if place is None else jsonpath(place),
        "same_value": near is not None and is_same(node_at(element, near)),
        "why": "keys are case-sensitive" if slip else why,
    }
    return data, place


def _deep(miss: NearMiss) -> str | None:
    """The first object of a model that is missing, with all that should stand in it."""
    paths = [each.path[len(miss.path) :] for each in miss.mismatches if not each.present]
    return next((jsonpath(path[:-1]) for path in paths if len(path) > 1), None)


def _bracketed(path: Path) -> str:
    """``data[From]``: how PHP and others write a path as the key of a form."""
    return "".join(str(step) if at == 0 else f"[{step}]" for at, step in enumerate(path)) if len(path) > 1 else ""


# -- in words


def rows(data: Mapping[str, Any], payload: Json = None, at: Path = ()) -> list[Row]:
    """What `near_miss_data` says, a row for each thing that differs.

    With the *payload*, the event key's row stands first, so that it is plain which webhook is meant; *at* is where in
    it the near miss is.
    """
    nearest = data["nearest"]
    if nearest is None:
        return []
    places = leaves(node_at(payload, at)) if payload is not None else ()
    key = [
        Row(_label(jsonpath(path)), shown(value), False) for path, value in places if equal(value, nearest["event_key"])
    ]
    return [*key[:1], *(_row(each, data["path"]) for each in nearest["mismatches"])]


def _row(mismatch: Mapping[str, Any], around: str) -> Row:
    return Row(_label(mismatch["path"], around), _in_words(mismatch, around), True)


def _label(path: str, around: str = "$") -> str:
    return path.removeprefix(around).removeprefix(".") or "$"


def _in_words(mismatch: Mapping[str, Any], around: str) -> str:
    if mismatch["found"] != "nothing":
        why = f"; {mismatch['why']}" if mismatch.get("why") else ""
        return f"expected {mismatch['expected']}; found {mismatch['found']}{why}"
    if mismatch["near"] is None:
        return "missing"
    same = " with this very value" if mismatch.get("same_value") else ""
    why = f"; {mismatch['why']}" if mismatch.get("why") else ""
    return f'missing: found "{_label(mismatch["near"], around)}"{same}{why}'


def in_short(data: Mapping[str, Any]) -> str:
    """``like message, but From, To and Body are missing: found from, to, body; keys are case-sensitive``."""
    nearest = data["nearest"]
    if nearest is None:
        return _LIKE_NONE
    if nearest.get("state"):
        return f"a report that a message is {nearest['state']!r}, for which the format has no event"
    around, mismatches = data["path"], nearest["mismatches"]
    missing = [each for each in mismatches if each["found"] == "nothing"]
    said = [f"{_label(each['path'], around)}: {_in_words(each, around)}" for each in mismatches if each not in missing]
    if missing:
        said.insert(0, _missing_in_short(missing, around))
    return f"like {nearest['event_type']}, but {'; '.join(said)}"


def _missing_in_short(missing: Sequence[Mapping[str, Any]], around: str) -> str:
    names = [_label(each["path"], around) for each in missing]
    verb = "is" if len(names) == 1 else "are"
    near = [_label(each["near"], around) for each in missing if each["near"]]
    why = next((f" ({each['why']})" for each in missing if each.get("why")), "")
    instead = f": found {', '.join(near)}{why}" if near else ""
    return f"{listed(names)} {verb} missing{instead}"
