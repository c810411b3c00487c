"""Which webhook model a payload fits, batches, and the nearest model where none does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.bodies import parse_json
from emulator.core.document import EVENT_TYPES, FILLED, REQUIRED, VERBS, EventType, IntegrationDocument, WebhookModel
from emulator.core.matching import MAX_ELEMENTS, CompiledModel, Defaults, Matched, compile_models, match
from emulator.core.patterns import MAX_COMPARED, Mismatch
from emulator.core.source import node_at
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.source import Path

PARTIES = {"from": "$from$", "to": "$to$"}
KEYS = st.sampled_from(["a", "b", "post-url", "a b", "$x$", "0", "ü"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@dataclass(frozen=True)
class Made:
    """A model, a payload made of it by filling its variables, and where each of them stands."""

    model: WebhookModel
    payload: Any
    values: Mapping[str, str]
    places: Mapping[str, Path]


@st.composite
def made(draw: st.DrawFn) -> Made:
    """Models of any shape: variables at any depth, in lists of one, alone or inside a longer text, beside literals."""
    event_type = draw(st.sampled_from(EVENT_TYPES))
    shape: Any = {"event": "$event_key$"}
    payload: Any = {"event": "its key"}
    values: dict[str, str] = {}
    places: dict[str, Path] = {}
    for name in draw(st.permutations(REQUIRED[event_type])):
        before = draw(st.sampled_from(["", "tel:", "<"]))
        texts = st.text(max_size=5)
        values[name] = draw(texts.filter(str.strip) if name in FILLED[event_type] else texts)
        shape[f"its {name}"], payload[f"its {name}"] = f"{before}${name}$", before + values[name]
        places[name] = (f"its {name}",)
        for key in draw(st.lists(KEYS, max_size=2)):
            in_list = draw(st.booleans())
            literal = draw(st.none() | st.booleans() | st.integers() | st.text(alphabet="ab", max_size=2))
            shape = {key: [shape] if in_list else shape, "literal": literal}
            payload = {key: [payload] if in_list else payload, "literal": literal, "more": draw(ANYTHING)}
            around: Path = (key, 0) if in_list else (key,)
            places = {each: (*around, *path) for each, path in places.items()}
    if draw(st.booleans()):
        shape, payload = [shape], [payload]
        places = {each: (0, *path) for each, path in places.items()}
    return Made(model(shape, event_type, "its key"), payload, values, places)


def model(
    parameters: Any, event_type: EventType = "message", event_key: str = "in", verb: Any = "POST"
) -> WebhookModel:
    """A webhook model."""
    return WebhookModel(event_key=event_key, event_type=event_type, verb=verb, parameters=parameters)


def matched(models: list[WebhookModel], payload: Any, method: str = "POST") -> Matched:
    """What *models* make of *payload*."""
    return match(compile_models(models), method, payload)


@pytest.fixture
def models(document: IntegrationDocument) -> tuple[CompiledModel, ...]:
    """The reference document's models."""
    return compile_models(document.webhooks)


@given(made())
def test_what_a_model_describes_fits_it(made: Made) -> None:
    """Framework 6.10: a payload made of a model by filling its variables fits it and binds these very values."""
    found = matched([made.model], made.payload)
    assert ([made.values], ()) == ([event.variables for event in found.events], found.unmatched)


@given(made(), st.data())
def test_no_leaf_can_be_left_out(made: Made, data: st.DataObject) -> None:
    """Framework 6.10: without any one of its leaves the payload fits no more, and the leaf's path is named."""
    place = made.places[data.draw(st.sampled_from(sorted(made.places)))]
    del node_at(made.payload, place[:-1])[place[-1]]
    (miss,) = matched([made.model], made.payload).unmatched
    assert place in [mismatch.path for mismatch in miss.mismatches]


@given(made(), ANYTHING, st.sampled_from(VERBS))
def test_never_raises(made: Made, payload: Any, method: str) -> None:
    """Framework 6.10: whatever is posted, it is an event or a near miss."""
    found = matched([made.model], payload, method)
    assert found.events or found.unmatched


@pytest.mark.parametrize("key", ["from", "to", "content"])
def test_a_missing_leaf_is_named(models: tuple[CompiledModel, ...], key: str) -> None:
    """Framework 6.19: without one of its leaves a payload fits no model, and the nearest names the leaf's path."""
    params = {"from": "+1", "to": "+2", "content": "hi"}
    del params[key]
    (miss,) = match(models, "POST", {"method": "message", "params": params}).unmatched
    assert (0, (Mismatch(("params", key), f"${key}$", None, False, variable=key),)) == (miss.model, miss.mismatches)


def test_first_in_file_order_wins() -> None:
    """Framework 6.14: of several models that fit, the first is taken; the profile can prefer the most specific."""
    general, special = model({**PARTIES, "c": "$content$"}), model({**PARTIES, "c": "$content$", "k": "v"})
    payload = {"from": "1", "to": "2", "c": "x", "k": "v"}
    assert matched([general, special], payload).events[0].model == 0
    specific = compile_models([general, special], Defaults(model_choice="most_specific"))
    assert match(specific, "POST", payload).events[0].model == 1


def test_a_list_is_matched_element_by_element(models: tuple[CompiledModel, ...]) -> None:
    """Framework 6.9: of a posted list each element is an event or a near miss of its own."""
    good: Any = {"method": "delivered", "params": {"messageid": 7}}
    found = match(models, "POST", [good, {"method": "read"}, good])
    assert [event.path for event in found.events] == [(0,), (2,)]
    assert [miss.path for miss in found.unmatched] == [(1,)]
    assert [event.variables["messageid"] for event in found.events] == ["7", "7"]


def test_a_model_that_is_a_list() -> None:
    """Framework 6.9: a model whose shape is a list of one yields an event for each element of a posted list."""
    shape = [{**PARTIES, "c": "$content$"}]
    element = {"from": "1", "to": "2", "c": "x"}
    assert len(matched([model(shape)], [element, element]).events) == 2
    (miss,) = matched([model(shape)], element).unmatched
    assert [each.expected for each in miss.mismatches] == ["a list of such objects"]


def test_batches_yield_an_event_each() -> None:
    """Framework 6.15: the outermost list that holds all variables yields one event for each element that fits."""
    sms = model({"v": 1, "results": [{"k": "$event_key$", **PARTIES, "c": "$content$"}]})
    report = model({"v": 1, "results": [{"k": "$event_key$", "id": "$messageid$"}]}, "messageDelivered", "dlr")
    text = {"k": "in", "from": "1", "to": "2", "c": "x"}
    payload = {"v": "1", "results": [text, {"k": "dlr", "id": "a"}, {"k": "other"}, text]}
    found = matched([sms, report], payload)
    assert [event.path for event in found.events] == [("results", 0), ("results", 1), ("results", 3)]
    assert [miss.path for miss in found.unmatched] == [("results", 2)]
    assert all(each.path[:2] == ("results", 2) for miss in found.unmatched for each in miss.mismatches)


def test_other_lists_give_their_first_element() -> None:
    """Framework 6.16, 9.6: of a list that does not hold all variables the first that fits is
    taken, the rest warned of."""
    mms = model({**PARTIES, "files": [{"url": "$url$"}]}, "mms")
    files = [{"url": "https://a/1"}, {"url": "https://a/2"}, {"url": "https://a/3"}]
    (event,) = matched([mms], {"from": "1", "to": "2", "files": files}).events
    assert event.variables["url"] == "https://a/1"
    assert [finding.code for finding in event.findings] == ["WH-103"]
    assert "2 more elements fit" in event.findings[0].message


@pytest.mark.parametrize(
    ("shape", "payload", "paths"),
    [
        ({"r": [{"id": "$messageid$"}]}, {"r": [{"id": "a"}, {"id": "b"}]}, [("r", 0), ("r", 1)]),
        ([{"r": [{"id": "$messageid$"}]}], [{"r": [{"id": "a"}, {"id": "b"}]}, {"r": [{"id": "c"}]}], [(0,), (1,)]),
        ({"r": [{"s": [{"id": "$messageid$"}]}]}, {"r": [{"s": [{"id": "a"}]}, {"s": []}]}, [("r", 0)]),
        ([{"id": "$messageid$"}, "end"], ["x"], []),
        ([1, [{"id": "$messageid$"}]], [[1, [{"id": "a"}, {"id": "b"}]]], [(0, 1, 0), (0, 1, 1)]),
        ({"id": ["$messageid$"], "all": ["x", "y"]}, {"id": ["a", "b"], "all": ["x", "y"]}, [("id", 0), ("id", 1)]),
        ({"r": [{"kind": "x"}], "id": "$messageid$"}, {"r": [{"kind": "x"}], "id": "a"}, [()]),
    ],
    ids=["object", "in-a-posted-list", "outermost", "fixed-list", "in-a-fixed-list", "bare-ids", "no-variables-in-it"],
)
def test_where_batches_are_seen(shape: Any, payload: Any, paths: list[Path]) -> None:
    """Framework 6.15: the batch is the outermost list of one that holds all of a model's variables."""
    found = matched([model(shape, "messageDelivered")], payload)
    assert paths == [event.path for event in found.events]


def test_statuses_that_are_not_delivered_match_nothing(models: tuple[CompiledModel, ...]) -> None:
    """Framework 9.3: a failed or read status fits no model; the nearest one is still told."""
    (miss,) = match(models, "POST", {"method": "failed", "params": {"messageid": "a"}}).unmatched
    assert [("'delivered'", "failed")] == [(each.expected, each.found) for each in miss.mismatches]


def test_numbers_become_text_with_a_warning(models: tuple[CompiledModel, ...]) -> None:
    """Framework 6.13: a number or boolean is turned into text digit for digit, and that is warned of."""
    body = b'{"method": "delivered", "params": {"messageid": 12345678901234567890}}'
    (event,) = match(models, "POST", parse_json(body)).events
    assert event.variables["messageid"] == "12345678901234567890"
    assert [finding.code for finding in event.findings] == ["WH-102"]


def test_an_mms_needs_no_caption(models: tuple[CompiledModel, ...]) -> None:
    """Framework 3.13: the caption of an mms is optional; a missing one is noted."""
    payload: Any = {"method": "file", "params": {"from": "1", "to": "2", "url": "https://a/b"}}
    (event,) = match(models, "POST", payload).events
    assert (event.event_type, [finding.code for finding in event.findings]) == ("mms", ["WH-104"])


def test_the_method_counts() -> None:
    """Framework 6.10: a webhook of another method fits no model."""
    (miss,) = matched([model({**PARTIES, "c": "$content$"}, verb="GET")], {"from": "1", "to": "2", "c": "x"}).unmatched
    assert [each.expected for each in miss.mismatches] == ["method GET"]


def test_the_nearest_model_has_the_key_that_fits(models: tuple[CompiledModel, ...]) -> None:
    """Framework 6.19: where nothing fits, the model that comes closest is shown; of two, the one whose key fits."""
    (miss,) = match(models, "POST", {"method": "delivered", "params": {"messageId": "x"}}).unmatched
    assert (miss.event_type, len(miss.mismatches)) == ("messageDelivered", 1)


@pytest.mark.parametrize("payload", [[], {}, None, "x", 5, [[]], [None]])
def test_nothing_fits_nothing(models: tuple[CompiledModel, ...], payload: Any) -> None:
    """Framework 6.17: an empty list, and what is no object, fits no model."""
    found = match(models, "POST", payload)
    assert (len(found.events), len(found.unmatched)) == (0, 1)


def test_of_a_batch_the_rest_is_held_against_every_model() -> None:
    """Framework 6.15: an element of a batch that fits no model is a near miss of the model that comes closest to it."""
    text = model({"r": [{"k": "t", **PARTIES, "c": "$content$"}]})
    report = model({"r": [{"k": "d", "id": "$messageid$"}]}, "messageDelivered", "d")
    found = matched([text, report], {"r": [{"k": "d", "id": "a"}, {"k": "d"}, 5]})
    assert [("r", 1), ("r", 2)] == [miss.path for miss in found.unmatched]
    assert [1, 0] == [miss.model for miss in found.unmatched]


def test_a_model_for_the_whole_leaves_a_batch_alone() -> None:
    """Framework 6.15: what a batch took is not taken again by a model that fits the whole payload."""
    batch = model({"r": [{**PARTIES, "c": "$content$"}]})
    whole = model({"id": "$messageid$"}, "messageDelivered")
    found = matched([batch, whole], {"id": "x", "r": [{"from": "1", "to": "2", "c": "hi"}]})
    assert [(0, ("r", 0))] == [(event.model, event.path) for event in found.events]


def test_a_variable_that_stands_twice() -> None:
    """Framework 6.10: of two places of one variable the first in the model counts."""
    (event,) = matched([model({**PARTIES, "a": "$content$", "b": "$content$"})], {**PARTIES, "a": "1", "b": "2"}).events
    assert event.variables["content"] == "1"


def test_no_models_at_all() -> None:
    """Without models there is no nearest either."""
    (miss,) = matched([], {"a": 1}).unmatched
    assert miss.model is None


_VALUES: st.SearchStrategy[Any] = st.sampled_from(["in", "1", 1, None, True, {}, []])


@given(st.dictionaries(st.sampled_from(["k", "from", "to", "c", "more"]), _VALUES))
def test_the_quick_way_agrees_with_the_long_way(payload: Any) -> None:
    """What is told quickly, for texts alone, is what a full comparison tells."""
    models = compile_models([model({"k": "$event_key$", **PARTIES, "c": "$content$"}), model({"k": 1}, "mms")])
    slow = [replace(each, quick=None) for each in models]
    assert match(slow, "POST", payload) == match(models, "POST", payload)


@pytest.mark.parametrize("count", [60, 160], ids=["within", "beyond"])
def test_what_is_compared_is_bounded(count: int) -> None:
    """Lists within lists multiply: beyond a budget a webhook is refused, and told why."""
    inner = [{"no": "x"}] * count
    report = model({"r": [{"a": [{"id": "$messageid$"}], "b": [{"s": "$status$"}]}]}, "messageDelivered")
    payload = {"r": [{"a": inner, "b": inner}] * count}
    if count * (2 * count + 1) <= MAX_COMPARED:
        assert matched([report], payload).unmatched
    else:
        with pytest.raises(UnreadableBodyError, match=f"more than {MAX_COMPARED} elements would have to be compared"):
            matched([report], payload)


@pytest.mark.parametrize("nested", [False, True], ids=["list", "batch"])
def test_elements_are_bounded(nested: bool) -> None:
    """A webhook of more elements than can be held against every model is refused."""
    elements = [{"id": "x"}] * (MAX_ELEMENTS + 1)
    report = model({"r": [{"id": "$messageid$"}]}, "messageDelivered")
    with pytest.raises(UnreadableBodyError, match="1001 elements"):
        matched([report], {"r": elements} if nested else elements)
