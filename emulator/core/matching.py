"""Finds the webhook model that a payload fits, and says why the others do not (framework 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from emulator.core import rules
from emulator.core.document import FILLED, OPTIONAL, EventType, WebhookModel
from emulator.core.likeness import Likeness
from emulator.core.lost_files import addresses_in, more_files, unread_file
from emulator.core.messages import Json, is_beyond_doubles, kind_of, text_of
from emulator.core.patterns import (
    Budget,
    Capture,
    Comparison,
    EachPattern,
    ListPattern,
    Mismatch,
    ObjectPattern,
    Pattern,
    Quick,
    compare,
    compile_pattern,
    leaf_count,
    quick,
    variables_of,
)
from emulator.core.source import Path, jsonpath, node_at
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.errors import Finding

_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
"""Control characters but tab and line ends, and the sign that stands for what could not be decoded."""
MAX_ELEMENTS = 1000
"""Elements of a list that one webhook may hold: each is held against every model."""


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A webhook model, read once.

    A pattern that is a list of one is held against each element of a posted array. *batch* is the path, inside
    such an element, of the outermost list that holds all variables: it yields an event for each of its elements.
    """

    index: int
    model: WebhookModel
    pattern: Pattern
    wants_array: bool
    batch: Path | None
    quick: Quick | None
    splits_urls: bool = True
    """Whether of several addresses in one text the first is the file."""


_Miss: TypeAlias = tuple[CompiledModel, Path, list[Mismatch]]


class Event(NamedTuple):
    """A webhook, or an element of one, that fits a model. *variables* are texts."""

    event_type: EventType
    model: int
    path: Path
    variables: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


class NearMiss(NamedTuple):
    """A webhook, or an element of one, that fits no model, with the model that comes closest."""

    path: Path
    model: int | None
    event_key: str | None
    event_type: EventType | None
    mismatches: tuple[Mismatch, ...]
    likeness: float = 0.0
    """The part of the model's keys that is there, or nearly, from 0 to 1."""


class Matched(NamedTuple):
    """What all models together made of a payload."""

    events: tuple[Event, ...]
    unmatched: tuple[NearMiss, ...]


class Assumptions(Protocol):
    """The settings of the profile that matter for matching."""

    @property
    def model_choice(self) -> str:
        """``first`` or ``most_specific``."""
        ...

    @property
    def empty_values(self) -> str:
        """``absent`` or ``present``: whether an empty text is a file, or an id."""
        ...

    @property
    def joined_urls(self) -> str:
        """``first`` or ``whole``: what several addresses in one text are."""
        ...


class Defaults(NamedTuple):
    """The profile's defaults; a test holds them to it. Matching without a project need not import the profile."""

    model_choice: str = "first"
    empty_values: str = "absent"
    joined_urls: str = "first"


_DEFAULTS = Defaults()


def compile_models(models: Sequence[WebhookModel], assumptions: Assumptions = _DEFAULTS) -> tuple[CompiledModel, ...]:
    """*models* in the order in which they are tried: the file's, or the most specific first."""
    compiled = [_compile_model(index, model, assumptions) for index, model in enumerate(models)]
    if assumptions.model_choice == "most_specific":
        compiled.sort(key=lambda each: -leaf_count(each.pattern))
    return tuple(compiled)


def _compile_model(index: int, model: WebhookModel, assumptions: Assumptions) -> CompiledModel:
    kind = model.event_type
    filled = FILLED[kind] if assumptions.empty_values == "absent" else frozenset[str]()
    pattern = compile_pattern(model.parameters, event_key=model.event_key, optional=OPTIONAL[kind], filled=filled)
    wants_array = isinstance(pattern, EachPattern)
    element = pattern.element if isinstance(pattern, EachPattern) else pattern
    splits = assumptions.joined_urls == "first"
    if wants_array:
        return CompiledModel(index, model, element, True, None, None, splits)
    return CompiledModel(index, model, element, False, _batch_path(element), quick(element), splits)


def _batch_path(pattern: Pattern) -> Path | None:
    """The path of the outermost list of one that holds every variable of *pattern*."""
    names = list(variables_of(pattern))
    path: list[str | int] = []
    while names:
        match pattern:
            case EachPattern():
                return tuple(path)
            case ObjectPattern(keys=keys):
                holding = [key for key, below in keys.items() if list(variables_of(below))]
                if len(holding) != 1:
                    return None
                path.append(holding[0])
                pattern = keys[holding[0]]
            case ListPattern(elements=elements):
                at = [index for index, below in enumerate(elements) if list(variables_of(below))]
                if len(at) != 1:
                    return None
                path.append(at[0])
                pattern = elements[at[0]]
            case _:
                return None
    return None


def match(models: Sequence[CompiledModel], method: str, payload: Json) -> Matched:
    """Hold *payload* against *models*: the first that fits an element takes it.

    Raises:
        UnreadableBodyError: It holds more elements than one webhook may, or lists that multiply.
    """
    events: list[Event] = []
    budget = Budget()
    unmatched: list[NearMiss] = []
    if not isinstance(payload, list) or not payload:
        _match_unit(models, method, payload, (), payload == [], events, unmatched, budget)
    else:
        for index, element in enumerate(_bounded(payload)):
            _match_unit(models, method, element, (index,), True, events, unmatched, budget)
    return Matched(tuple(events), tuple(unmatched))


def _bounded(elements: list[Json]) -> list[Json]:
    if len(elements) > MAX_ELEMENTS:
        raise UnreadableBodyError(
            f"a list of {len(elements)} elements", mend=f"one webhook may hold {MAX_ELEMENTS}; post several"
        )
    return elements


def _match_unit(
    models: Sequence[CompiledModel],
    method: str,
    unit: Json,
    path: Path,
    is_array: bool,
    events: list[Event],
    unmatched: list[NearMiss],
    budget: Budget,
) -> None:
    event = _quickly(models, method, unit, path)
    if event is not None:
        events.append(event)
        return
    taken: set[Path] = set()
    misses: dict[Path, list[_Miss]] = {}
    open_batches: dict[Path, int] = {}
    found: list[Event] = []
    for model in models:
        for at, comparison in _attempts(model, method, unit, path, is_array, budget):
            if at in taken or (at == path and taken):
                continue
            if comparison.mismatches:
                misses.setdefault(at, []).append((model, at, comparison.mismatches))
                continue
            taken.add(at)
            found.append(_event(models, model, node_at(unit, at[len(path) :]), at, comparison))
            if model.batch is not None:
                open_batches[(*path, *model.batch)] = len(node_at(unit, model.batch))
        if path in taken:
            break
    # The elements of a batch come in their own order, whichever models they fit.
    events += sorted(found, key=lambda event: [(isinstance(step, str), step) for step in event.path])
    if not taken:
        misses = {path: [miss for place in misses.values() for miss in place]}
    left = [(*batch, at) for batch, length in open_batches.items() for at in range(length)]
    places = [path] if not taken else [at for at in left if at not in taken]
    if places:
        likeness = Likeness(unit, path)
        unmatched += [_nearest(misses.get(at, []), likeness, at) for at in places]


def held_against(models: Sequence[CompiledModel], method: str, payload: Json) -> tuple[NearMiss, ...]:
    """Each of *models* with the element of *payload* that comes closest to it; without mismatches, it fits.

    Raises:
        UnreadableBodyError: It holds more elements than one webhook may.
    """
    is_array = isinstance(payload, list)
    units = [((index,), each) for index, each in enumerate(_bounded(payload))] if isinstance(payload, list) else []
    kinds = [Likeness(unit, path) for path, unit in units] if is_array else [Likeness(payload)]
    misses = []
    for model in models:
        budget = Budget()
        closest = [
            _nearest(
                [
                    (model, at, comparison.mismatches)
                    for at, comparison in _attempts(model, method, each.unit, each.path, is_array, budget)
                ],
                each,
                each.path,
            )
            for each in kinds
        ]
        misses.append(min(closest, key=_distance, default=NearMiss((), None, None, None, ())))
    return tuple(misses)


def _quickly(models: Sequence[CompiledModel], method: str, unit: Json, path: Path) -> Event | None:
    """The event that *unit* is, where that can be told without comparing in full."""
    for model in models:
        if model.quick is None:
            return None
        if method == model.model.verb:
            variables: dict[str, str] = {}
            fits = model.quick(unit, variables)
            if fits:
                event = Event(model.model.event_type, model.index, path, variables)
                return event if _is_plain(event, unit) else None
            if fits is None:
                return None
    return None


def _is_plain(event: Event, unit: Json) -> bool:
    """Whether there is surely nothing to be said of *event*, which *unit* brought."""
    if event.event_type == "mms" or any(map(_ODD.search, event.variables.values())):
        return False
    if event.event_type == "messageDelivered":
        return True
    return bool(event.variables.get("content", "").strip()) and unread_file(unit, (), ()) is None


def _attempts(
    model: CompiledModel, method: str, unit: Json, path: Path, is_array: bool, budget: Budget
) -> list[tuple[Path, Comparison]]:
    """*model* held against *unit*: once, or once for each element of its batch."""
    batch = model.batch
    elements = node_at(unit, batch) if batch is not None else None
    if batch is None or not isinstance(elements, list) or not elements:
        return [(path, _judged(model, method, compare(model.pattern, unit, path, budget=budget), path, is_array))]
    attempts = []
    for index in range(len(_bounded(elements))):
        at = (*path, *batch, index)
        compared = compare(model.pattern, unit, path, only=at, budget=budget)
        attempts.append((at, _judged(model, method, compared, at, is_array)))
    return attempts


def _judged(model: CompiledModel, method: str, comparison: Comparison, path: Path, is_array: bool) -> Comparison:
    if method != model.model.verb:
        comparison.mismatches.append(Mismatch(path, f"method {model.model.verb}", method, True))
    if model.wants_array and not is_array:
        comparison.mismatches.append(Mismatch(path, "a list of such objects", {}, True))
    return comparison


def _event(
    models: Sequence[CompiledModel], model: CompiledModel, unit: Json, path: Path, comparison: Comparison
) -> Event:
    """The event that *unit*, the element at *path*, brings: it fits *model*."""
    variables: dict[str, str] = {}
    findings: list[Finding] = []
    taken = [capture.path for capture in comparison.captures]
    for capture in comparison.captures:
        if capture.name in variables:
            continue
        text = variables[capture.name] = text_of(capture.value)
        if not isinstance(capture.value, str):
            findings.append(_turned_into_text(capture))
        elif odd := _ODD.search(text):
            findings.append(_odd(capture, odd.group()))
        if capture.name == "url" and model.model.event_type == "mms":
            findings += more_files(unit, path, capture.path, text, taken)
            if model.splits_urls:
                variables["url"] = addresses_in(text)[0]
    if model.model.event_type == "message":
        findings += _means_little(models, unit, path, taken, variables)
    findings += [_surplus(at, count) for at, count in comparison.surplus]
    findings += [
        rules.CAPTION_ABSENT.on(
            jsonpath(path), f"no ${name}$: the mms has no caption", "nothing to do if that is meant"
        )
        for name in comparison.absent
    ]
    return Event(model.model.event_type, model.index, path, variables, tuple(findings))


def _odd(capture: Capture, char: str) -> Finding:
    """A character that no person typed."""
    path, code = jsonpath(capture.path), f"U+{ord(char):04X}"
    if char == "\N{REPLACEMENT CHARACTER}":
        message = f"{path} holds {code}: a character was lost before it was posted"
        return rules.CHARACTER_LOST.on(path, message, "decode texts by their own charset, and post UTF-8")
    message = f"{path} holds the control character {code}"
    return rules.CONTROL_IN_TEXT.on(path, message, "leave it out; is the text decoded by another charset than its own?")


def _means_little(
    models: Sequence[CompiledModel], unit: Json, path: Path, taken: Sequence[Path], variables: Mapping[str, str]
) -> Iterator[Finding]:
    """What is to be said of a message that shows people less than was sent."""
    is_empty = not variables.get("content", "").strip()
    file = unread_file(unit, path, taken)
    if file is not None:
        at = jsonpath(file)
        empty = "the text is empty, and " if is_empty else ""
        remedy = "describe an mms model that reads it, before the message model"
        if any(each.model.event_type == "mms" for each in models):
            remedy = "let an mms model fit it, before the message model: ringo-emu match -v says what differs"
        yield rules.FILE_UNREAD.on(
            at, f"{empty}{at} has the address of a file, which the message model does not read", remedy
        )
    elif is_empty:
        remedy = "post no webhook for a message without text; or describe what else it brings"
        yield rules.EMPTY_TEXT.on(jsonpath(path), "the text is empty: people see an empty message", remedy)


def _turned_into_text(capture: Capture) -> Finding:
    path = jsonpath(capture.path)
    why = "numbers lose leading zeros and plus signs"
    if is_beyond_doubles(capture.value):
        why = "most readers of JSON round a number above 2^53"
    elif isinstance(capture.value, bool):
        why = "the platform's texts are texts"
    return rules.NUMBER_TURNED_TEXT.on(
        path,
        f"{path} is {kind_of(capture.value)}, {text_of(capture.value)}; it was read as text",
        f"send it in quotes: {why}",
    )


def _surplus(path: Path, count: int) -> Finding:
    more = "1 more element fits" if count == 1 else f"{count} more elements fit"
    return rules.MORE_ELEMENTS.on(
        jsonpath(path),
        f"{more} at {jsonpath(path)}; an event takes the first",
        "post one webhook for each, or write the whole model inside that list: each element is an event then",
    )


def _nearest(misses: list[_Miss], likeness: Likeness, path: Path) -> NearMiss:
    """The model most of whose keys are there, or nearly; of several the one with the fewest mismatches."""
    if not misses:
        return NearMiss(path, None, None, None, ())

    def near(miss: _Miss) -> NearMiss:
        model, at, mismatches = miss
        alike = likeness.to(model.pattern, only=None if at == likeness.path else at) if mismatches else 1.0
        described = model.model
        return NearMiss(at, model.index, described.event_key, described.event_type, tuple(mismatches), alike)

    return min(map(near, misses), key=_distance)


def _distance(miss: NearMiss) -> tuple[float, int, int]:
    """What of two near misses is the nearer."""
    return -miss.likeness, len(miss.mismatches), miss.model or 0
