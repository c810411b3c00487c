"""How to mend a webhook that fits no model: what to write into the document, and what to send in its place.

Where both may be wrong the document stands first. A report of another state than delivered is never mended to one of
delivery, whatever else is wrong with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core.likeness import alike
from emulator.core.messages import text_of
from emulator.core.patterns import found_in_words
from emulator.core.report_states import means_failure, state_of
from emulator.core.source import NOTHING, nest, node_at
from emulator.core.template import parse_template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from emulator.core.document import WebhookModel
    from emulator.core.matching import NearMiss
    from emulator.core.messages import Json
    from emulator.core.patterns import Mismatch
    from emulator.core.source import Path

_LONGEST_EXAMPLE = 160
_LONGEST_TO_WRITE = 400
MOST_LISTED = 12
"""Names in one line."""
_NO_EVENT = "the format has no event for"
_KINDS: Mapping[str, tuple[str, ...]] = {"message": ("sms", "text"), "mms": ("mms", "media", "image", "picture")}
"""Parts of the words by which providers tell texts and files apart."""


class Miss(NamedTuple):
    """A near miss, and of each of its mismatches where in the body what was meant stands, if it does elsewhere."""

    near_miss: NearMiss
    near: tuple[Path | None, ...]
    """Paths from the body's root, one for each mismatch."""
    model: WebhookModel
    payload: Json

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        return self.near_miss.mismatches

    @property
    def moves(self) -> dict[Path, Path]:
        """Where in the model each leaf stands that is missing, and where it should; none where one is nowhere."""
        missing = [(each, near) for each, near in zip(self.mismatches, self.near, strict=True) if not each.present]
        moves = {self.in_model(each.path): self.in_model(near) for each, near in missing if near is not None}
        return moves if len(moves) == len(missing) == len(set(moves.values())) else {}

    @property
    def unequal(self) -> tuple[tuple[Mismatch, Json], ...]:
        """The literals that another value stands for, with that value."""
        return tuple(
            (each, found)
            for each, near in zip(self.mismatches, self.near, strict=True)
            if each.is_literal
            for found in [each.found if near is None else node_at(self.payload, near)]
            if near is None or not self._is_equal(each, found)
        )

    @staticmethod
    def _is_equal(mismatch: Mismatch, found: Json) -> bool:
        return found_in_words(mismatch._replace(found=found, present=True)) == mismatch.expected

    def in_model(self, path: Path) -> Path:
        """Where the model describes what stands at *path* of the body: any element of a list by the one it has."""
        shape = self.model.parameters
        is_element = bool(path) and isinstance(path[0], int)
        if isinstance(shape, list) != is_element:
            path = path[1:] if is_element else (0, *path)
        steps: list[str | int] = []
        for step in path:
            is_one_of_all = isinstance(step, int) and not (isinstance(shape, list) and len(shape) > 1)
            steps.append(0 if is_one_of_all else step)
            shape = node_at(shape, (steps[-1],))
        return tuple(steps)


def remedy(miss: Miss, place: Callable[[Path], str]) -> str:
    """What to write into the document or, where that is right, to send in place of what came.

    *place* says where in the document's file a path is.
    """
    state = state_of(miss.near_miss)
    if state is not None:
        return no_event_for(state, miss.model)
    if any(map(is_json_in_a_text, miss.mismatches)):
        return "post the JSON itself, with Content-Type: application/json"
    first = miss.mismatches[0]
    if len(miss.mismatches) == 1 and first.is_literal and first.present and isinstance(first.found, str | int | float):
        return _of_a_literal(miss, first, first.found, place)
    send = _send(miss)
    others = [(each, value) for each, value in miss.unequal if _is_another_state(miss, each, value)]
    if others:
        send = _missing(miss)
    elif miss.model.event_type == "messageDelivered" and miss.unequal:
        send = f"when a message is delivered, {send}"
    moves = miss.moves
    if moves and all(not each.present or (each.is_literal and others) for each in miss.mismatches):
        shape = place(("Webhook", miss.near_miss.model or 0, "request_parameters"))
        send = f"if the provider is right, {_written(miss.model, moves, shape)}; else {send}"
    return "; then, ".join(filter(None, [send, *(_of_a_literal(miss, *other, place) for other in others)]))


def _is_another_state(miss: Miss, mismatch: Mismatch, found: Json) -> bool:
    """Whether what came for a literal of a report may say something else than that a message is delivered."""
    is_word = isinstance(found, str | int | float)
    return miss.model.event_type == "messageDelivered" and is_word and not _is_slip(mismatch, found)


def _is_slip(mismatch: Mismatch, found: Json) -> bool:
    """Whether *found* is the literal but for its writing."""
    return isinstance(found, str) and alike(mismatch.expected[1:-1], found) > 0 and not means_failure(found)


def _of_a_literal(miss: Miss, mismatch: Mismatch, found: Json, place: Callable[[Path], str]) -> str:
    """What is to be done about another value than the literal that the model has."""
    index = miss.near_miss.model or 0
    where = place(("Webhook", index, "event_key" if mismatch.is_event_key else "request_parameters"))
    value = found_in_words(mismatch._replace(found=found, present=True))
    if _is_another_state(miss, mismatch, found):
        state = str(found)
        if state_of(miss.near_miss._replace(mismatches=(mismatch._replace(found=found, present=True),))):
            return f"as to {value}, {no_event_for(state, miss.model)}"
        return (
            f"if {value} means what {mismatch.expected} means, write it into the document ({where}), "
            f"in a second model if both come; else there is nothing to send: {_NO_EVENT} it"
        )
    if mismatch.is_event_key and not _is_slip(mismatch, found):
        return (
            f"if the provider is right, add a model{_type_of(str(found))} for {value} to the document, "
            f"or write {value} in place of {mismatch.expected} ({where}) if that never comes; else {_send(miss)}"
        )
    return f"if the provider is right, write {value} into the document ({where}); else {_send(miss)}"


def _type_of(word: str) -> str:
    """The event type that an event key names, in words."""
    parts = {kind for kind, words in _KINDS.items() if any(each in word.casefold() for each in words)}
    return f' of event_type "{parts.pop()}"' if len(parts) == 1 else ""


def no_event_for(state: str, model: WebhookModel) -> str:
    """What is to be done about a report of *state*, in place of the delivery that *model* describes."""
    if means_failure(state):
        return f"nothing to send: {_NO_EVENT} a failure (framework 9.3); for Ringotel it stays sent"
    return f"nothing to send in its place: {_NO_EVENT} it (framework 9.3); delivery is {example(model)}"


def is_json_in_a_text(mismatch: Mismatch) -> bool:
    """Whether an object or a list is expected, and its JSON stands there as a text."""
    found = mismatch.found
    is_shape = mismatch.expected.startswith(("an object", "a list"))
    return is_shape and isinstance(found, str) and found.lstrip()[:1] in {"{", "["}


# -- what to write into the document


def _written(model: WebhookModel, moves: Mapping[Path, Path], where: str) -> str:
    """The keys to rename or, where what is read stands at another depth, the JSON to write."""
    renamed = _renamed(model, moves)
    if renamed:
        names = listed([f"{_quoted(old)} to {_quoted(new)}" for old, new in renamed.items()])
        return f"rename {names} in the document ({where})"
    leaves = {moves.get(path, path): node_at(model.parameters, path) for path in _leaf_paths(model.parameters)}
    shape = json.dumps(nest(leaves), ensure_ascii=False)
    if len(shape) <= _LONGEST_TO_WRITE:
        return f'write "request_parameters": {shape} into the document ({where})'
    return f"nest the keys in the document ({where}) as they come"


def _renamed(model: WebhookModel, moves: Mapping[Path, Path]) -> dict[str, str]:
    """The new names of keys, where other names are all that *moves* needs."""
    renamed: dict[Path, str] = {}
    for old, new in moves.items():
        if len(old) != len(new):
            return {}
        for depth, (one, other) in enumerate(zip(old, new, strict=True)):
            if one != other and renamed.setdefault(old[: depth + 1], str(other)) != other:
                return {}
    every = set(_leaf_paths(model.parameters))
    below = {path for path in every if any(path[: len(old)] == old for old in renamed)}
    names = {str(old[-1]): new for old, new in renamed.items()}
    return names if below == set(moves) and len(names) == len(renamed) else {}


def _leaf_paths(shape: Any, path: Path = ()) -> list[Path]:
    steps = shape.items() if isinstance(shape, dict) else enumerate(shape) if isinstance(shape, list) else None
    if steps is None:
        return [path]
    return [each for step, below in steps for each in _leaf_paths(below, (*path, step))]


# -- what to send


def example(model: WebhookModel) -> str:
    """``POST {"method": "delivered", …}``: what *model* describes."""
    text = _as_sent(model.parameters, model.event_key)
    return f"{model.verb} {text if len(text) <= _LONGEST_EXAMPLE else f'what the {model.event_type} model describes'}"


def _send(miss: Miss) -> str:
    if len(miss.mismatches) > 1:
        return example(miss.model)
    return f"send {_snippet(miss, miss.mismatches[0])}{_in_place_of(miss, 0)}"


def _missing(miss: Miss) -> str:
    """What to send without a word of the literals that differ; nothing where that is all."""
    others = [
        (at, each, near)
        for at, (each, near) in enumerate(zip(miss.mismatches, miss.near, strict=True))
        if not (each.is_literal and each.present)
    ]
    if any(near is not None and near[:-1] != each.path[:-1] for _, each, near in others):
        return "post the keys as the document has them"
    names = [f"{_key_of(each)}{_in_place_of(miss, at)}" for at, each, _ in others]
    return f"send {listed(names)}" if names else ""


def _key_of(mismatch: Mismatch) -> str:
    """The key that something should stand under, or what should be there where that is no key."""
    key = next((step for step in reversed(mismatch.path) if isinstance(step, str)), None)
    is_shape = mismatch.present and mismatch.variable is None
    return mismatch.expected if key is None or is_shape else _quoted(key)


def _in_place_of(miss: Miss, at: int) -> str:
    """That a key should be sent by another name, where that is all."""
    wanted, near = miss.mismatches[at].path, miss.near[at]
    is_beside = near is not None and near[:-1] == wanted[:-1]
    return f" in place of {_quoted(str(near[-1]))}" if near is not None and is_beside else ""


def _snippet(miss: Miss, mismatch: Mismatch) -> str:
    """``"params": {"messageid": …}``: what the model wants in place of a mismatch."""
    wanted = node_at(miss.model.parameters, miss.in_model(mismatch.path))
    text = mismatch.expected if wanted is NOTHING else _as_sent(wanted, miss.near_miss.event_key)
    keys = [step for step in mismatch.path[len(miss.near_miss.path) :] if isinstance(step, str)]
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


def _quoted(name: str) -> str:
    return f'"{name}"'


def listed(names: Sequence[str]) -> str:
    """``a, b and c``; of many the first few."""
    if len(names) > MOST_LISTED:
        return f"{', '.join(names[:MOST_LISTED])} and {len(names) - MOST_LISTED} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
