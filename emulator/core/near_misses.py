"""What is told of a webhook that fits no model: which model it is nearly, what differs, and how to mend it.

The 422 answer, the journal, the log, ``match``, the console and the failures of ``run`` all say what is said here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core.comparing import equal, shown
from emulator.core.forms import FormFields
from emulator.core.likeness import nearest_key, places_of
from emulator.core.messages import text_of
from emulator.core.patterns import Mismatch, found_in_words
from emulator.core.source import NOTHING, Path, jsonpath, node_at
from emulator.core.template import leaves, parse_template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from emulator.core.document import WebhookModel
    from emulator.core.matching import NearMiss
    from emulator.core.messages import Json

_LONGEST_EXAMPLE = 160
_JSON_IN_A_TEXT = "it is JSON inside a text, which the format cannot unpack"
_BRACKETS = "brackets in a key make no object: write the key into the document as it comes, or post JSON"
_LIKE_NONE = "like no webhook model"
_NO_LETTER = re.compile(r"[^a-z]+")
_FAILURES = frozenset({"undlv", "deleted", "blocked", "dropped", "invalid", "unreachable", "notsent", "unsent"})
_PARTS_OF_FAILURES = ("undeliv", "notdeliv", "fail", "reject", "expir", "error", "cancel", "bounce")
_ON_THE_WAY = frozenset(
    {
        *("accepted", "acknowledged", "acked", "acceptd", "buffered", "created", "delivering", "dispatched", "enroute"),
        *("inprogress", "intransit", "pending", "processed", "processing", "queued", "read", "received", "relayed"),
        *("routed", "scheduled", "seen", "sending", "sent", "submitted", "transmitted", "unknown"),
    }
)
"""States, as providers name them, that are no delivery yet or come after it."""
MOST_LISTED = 12
"""Names in one line."""


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
    mismatches = [_mismatch_data(each, miss, element, taken, is_it) for each in miss.mismatches]
    nearest = {
        "model": miss.model,
        "event_key": miss.event_key,
        "event_type": miss.event_type,
        "state": state_of(miss),
        "mismatches": mismatches,
        "remedy": _remedy(miss, mismatches, model, place) if mismatches else None,
    }
    deep = _deep(miss) if isinstance(element, FormFields) else None
    if deep is not None:
        nearest["remedy"] = f"post JSON, or write the model as flat as the form is: a form cannot hold {deep}"
    return {"path": jsonpath(miss.path), "nearest": nearest}


def _mismatch_data(
    mismatch: Mismatch, miss: NearMiss, element: Json, taken: frozenset[Path], is_it: Callable[[str, Json], bool]
) -> dict[str, Any]:
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
    elif _is_json_in_a_text(mismatch):
        why = _JSON_IN_A_TEXT
    slip = near is not None and near[:-1] == path[:-1] and str(near[-1]).casefold() == str(path[-1]).casefold()
    return {
        "path": jsonpath(mismatch.path),
        "expected": mismatch.expected,
        "found": found_in_words(mismatch),
        "near": None if near is None else jsonpath((*miss.path, *near)),
        "same_value": near is not None and is_same(node_at(element, near)),
        "why": "keys are case-sensitive" if slip else why,
    }


def _deep(miss: NearMiss) -> str | None:
    """The first object of a model that is missing, with all that should stand in it."""
    paths = [each.path[len(miss.path) :] for each in miss.mismatches if not each.present]
    return next((jsonpath(path[:-1]) for path in paths if len(path) > 1), None)


def _bracketed(path: Path) -> str:
    """``data[From]``: how PHP and others write a path as the key of a form."""
    return "".join(str(step) if at == 0 else f"[{step}]" for at, step in enumerate(path)) if len(path) > 1 else ""


def _is_json_in_a_text(mismatch: Mismatch) -> bool:
    """Whether an object or a list is expected, and its JSON stands there as a text."""
    found = mismatch.found
    is_shape = mismatch.expected.startswith(("an object", "a list"))
    return is_shape and isinstance(found, str) and found.lstrip()[:1] in {"{", "["}


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


def listed(names: Sequence[str]) -> str:
    """``a, b and c``; of many the first few."""
    if len(names) > MOST_LISTED:
        return f"{', '.join(names[:MOST_LISTED])} and {len(names) - MOST_LISTED} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# -- states of a message for which there is no event


def state_of(miss: NearMiss) -> str | None:
    """What *miss* reports of a message, where all is as for a delivery and only the state is another."""
    if miss.event_type != "messageDelivered" or not miss.mismatches:
        return None
    if not all(each.is_literal and each.present and isinstance(each.found, str | int) for each in miss.mismatches):
        return None
    found = (str(each.found) for each in miss.mismatches)
    return next((each for each in found if _means_failure(each) or _word(each) in _ON_THE_WAY), None)


def is_state(miss: NearMiss) -> bool:
    """Whether *miss* reports a state for which there is no event."""
    return state_of(miss) is not None


def is_failure(miss: NearMiss) -> bool:
    """Whether *miss* reports that a message was not delivered."""
    state = state_of(miss)
    return state is not None and _means_failure(state)


def _means_failure(state: str) -> bool:
    return _word(state) in _FAILURES or any(part in _word(state) for part in _PARTS_OF_FAILURES)


def _word(state: str) -> str:
    return _NO_LETTER.sub("", state.casefold())


# -- how to mend it


def _remedy(
    miss: NearMiss, mismatches: Sequence[Mapping[str, Any]], model: WebhookModel, place: Callable[[Path], str]
) -> str:
    """What to write into the document or, where that is right, to send in place of what came."""
    state = state_of(miss)
    if state is not None:
        return no_event_for(state, model)
    if any(map(_is_json_in_a_text, miss.mismatches)):
        return "post the JSON itself, with Content-Type: application/json"
    send = f"send {_snippet(miss, miss.mismatches[0], model)}" if len(mismatches) == 1 else example(model)
    shape = place(("Webhook", miss.model or 0, "request_parameters"))
    if all(each["near"] for each in mismatches):
        came = listed([f'"{_label(each["near"], jsonpath(miss.path))}"' for each in mismatches])
        return f"if the provider is right, write {came} into the document ({shape}); else {send}"
    first = miss.mismatches[0]
    if len(mismatches) == 1 and first.present and first.is_literal and not isinstance(first.found, list | dict):
        where = place(("Webhook", miss.model or 0, "event_key")) if first.is_event_key else shape
        return f"if the provider is right, write {found_in_words(first)} into the document ({where}); else {send}"
    return send


def no_event_for(state: str, model: WebhookModel) -> str:
    """What is to be done about a report of *state*, in place of the delivery that *model* describes."""
    if _means_failure(state):
        return "nothing to send: the format has no event for a failure (framework 9.3); for Ringotel it stays sent"
    return f"nothing to send in its place: the format has no event for it (framework 9.3); delivery is {example(model)}"


def example(model: WebhookModel) -> str:
    """``POST {"method": "delivered", …}``: what *model* describes."""
    text = _as_sent(model.parameters, model.event_key)
    return f"{model.verb} {text if len(text) <= _LONGEST_EXAMPLE else f'what the {model.event_type} model describes'}"


def _snippet(miss: NearMiss, mismatch: Mismatch, model: WebhookModel) -> str:
    """``"params": {"messageid": …}``: what *model* wants in place of a mismatch."""
    path = mismatch.path[len(miss.path) :]
    wanted = node_at(model.parameters, path)
    text = mismatch.expected if wanted is NOTHING else _as_sent(wanted, miss.event_key)
    keys = [step for step in path if isinstance(step, str)]
    for key in reversed(keys):
        text = f'"{key}": {text}' if key is keys[-1] else f'"{key}": {{{text}}}'
    return text


def _as_sent(shape: Any, event_key: str | None) -> str:
    """A model's shape as JSON, with an ellipsis where a variable stands."""
    if isinstance(shape, dict):
        return "{" + ", ".join(f'"{key}": {_as_sent(below, event_key)}' for key, below in shape.items()) + "}"
    if isinstance(shape, list):
        return "[" + ", ".join(_as_sent(below, event_key) for below in shape) + "]"
    if not isinstance(shape, str):
        return text_of(shape)
    template = parse_template(shape)
    if template.single is not None and template.single.name != "event_key":
        return "…"
    return f'"{template.fill(lambda variable: event_key if variable.name == "event_key" else "…")}"'
