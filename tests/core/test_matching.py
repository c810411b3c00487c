"""Which webhook model a payload fits, batches, and the nearest model where none does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.bodies import parse_json
from emulator.core.document import EventType, IntegrationDocument, WebhookModel
from emulator.core.matching import MAX_ELEMENTS, CompiledModel, Matched, compile_models, match
from emulator.core.patterns import Mismatch
from emulator.errors import UnreadableBodyError

PARTIES = {"from": "$from$", "to": "$to$"}


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


@given(st.text(), st.text(), st.text())
def test_what_a_model_describes_fits_it(number: str, contact: str, content: str) -> None:
    """framework 6: a payload made of a model's shape fits it and binds the values that were put in."""
    shape = {"kind": "$event_key$", "p": [{**PARTIES, "c": "$content$"}]}
    payload = {"kind": "in", "p": [{"from": contact, "to": number, "c": content}], "more": 1}
    (event,) = matched([model(shape)], payload).events
    assert {"from": contact, "to": number, "content": content} == event.variables


@pytest.mark.parametrize("key", ["from", "to", "content"])
def test_a_missing_leaf_is_named(models: tuple[CompiledModel, ...], key: str) -> None:
    """framework 6: without one of its leaves a payload fits no model, and the nearest names the leaf's path."""
    params = {"from": "+1", "to": "+2", "content": "hi"}
    del params[key]
    (miss,) = match(models, "POST", {"method": "message", "params": params}).unmatched
    assert (0, (Mismatch(("params", key), f"${key}$", None, False, variable=key),)) == (miss.model, miss.mismatches)


def test_first_in_file_order_wins() -> None:
    """framework 6: of several models that fit, the first is taken; the profile can prefer the most specific."""
    general, special = model({**PARTIES, "c": "$content$"}), model({**PARTIES, "c": "$content$", "k": "v"})
    payload = {"from": "1", "to": "2", "c": "x", "k": "v"}
    assert matched([general, special], payload).events[0].model == 0
    specific = compile_models([general, special], choice="most_specific")
    assert match(specific, "POST", payload).events[0].model == 1


def test_a_list_is_matched_element_by_element(models: tuple[CompiledModel, ...]) -> None:
    """framework 6: of a posted list each element is an event or a near miss of its own."""
    good: Any = {"method": "delivered", "params": {"messageid": 7}}
    found = match(models, "POST", [good, {"method": "read"}, good])
    assert [event.path for event in found.events] == [(0,), (2,)]
    assert [miss.path for miss in found.unmatched] == [(1,)]
    assert [event.variables["messageid"] for event in found.events] == ["7", "7"]


def test_a_model_that_is_a_list() -> None:
    """framework 6: a model whose shape is a list of one yields an event for each element of a posted list."""
    shape = [{**PARTIES, "c": "$content$"}]
    element = {"from": "1", "to": "2", "c": "x"}
    assert len(matched([model(shape)], [element, element]).events) == 2
    (miss,) = matched([model(shape)], element).unmatched
    assert [each.expected for each in miss.mismatches] == ["a list of such objects"]


def test_batches_yield_an_event_each() -> None:
    """framework 6: the outermost list that holds all variables yields one event for each element that fits."""
    sms = model({"v": 1, "results": [{"k": "$event_key$", **PARTIES, "c": "$content$"}]})
    report = model({"v": 1, "results": [{"k": "$event_key$", "id": "$messageid$"}]}, "messageDelivered", "dlr")
    text = {"k": "in", "from": "1", "to": "2", "c": "x"}
    payload = {"v": "1", "results": [text, {"k": "dlr", "id": "a"}, {"k": "other"}, text]}
    found = matched([sms, report], payload)
    assert [event.path for event in found.events] == [("results", 0), ("results", 3), ("results", 1)]
    assert [miss.path for miss in found.unmatched] == [("results", 2)]
    assert all(each.path[:2] == ("results", 2) for miss in found.unmatched for each in miss.mismatches)


def test_other_lists_give_their_first_element() -> None:
    """framework 6: of a list that does not hold all variables the first that fits is taken, the rest warned of."""
    mms = model({**PARTIES, "files": [{"url": "$url$"}]}, "mms")
    files = [{"url": "https://a/1"}, {"url": "https://a/2"}, {"url": "https://a/3"}]
    (event,) = matched([mms], {"from": "1", "to": "2", "files": files}).events
    assert event.variables["url"] == "https://a/1"
    assert [finding.code for finding in event.findings] == ["WH-103"]
    assert "2 more elements fit" in event.findings[0].message


def test_numbers_become_text_with_a_warning(models: tuple[CompiledModel, ...]) -> None:
    """framework 6: a number or boolean is turned into text digit for digit, and that is warned of."""
    body = b'{"method": "delivered", "params": {"messageid": 12345678901234567890}}'
    (event,) = match(models, "POST", parse_json(body)).events
    assert event.variables["messageid"] == "12345678901234567890"
    assert [finding.code for finding in event.findings] == ["WH-102"]


def test_an_mms_needs_no_caption(models: tuple[CompiledModel, ...]) -> None:
    """framework 6: the caption of an mms is optional; a missing one is noted."""
    payload: Any = {"method": "file", "params": {"from": "1", "to": "2", "url": "https://a/b"}}
    (event,) = match(models, "POST", payload).events
    assert (event.event_type, [finding.code for finding in event.findings]) == ("mms", ["WH-104"])


def test_the_method_counts() -> None:
    """framework 6: a webhook of another method fits no model."""
    (miss,) = matched([model({**PARTIES, "c": "$content$"}, verb="GET")], {"from": "1", "to": "2", "c": "x"}).unmatched
    assert [each.expected for each in miss.mismatches] == ["method GET"]


def test_the_nearest_model_has_the_fewest_mismatches(models: tuple[CompiledModel, ...]) -> None:
    """framework 6: where nothing fits, the model that comes closest is shown; of two, the one whose key fits."""
    (miss,) = match(models, "POST", {"method": "delivered", "params": {"messageId": "x"}}).unmatched
    assert (miss.event_type, len(miss.mismatches)) == ("messageDelivered", 1)


@pytest.mark.parametrize("payload", [[], {}, None, "x", 5, [[]], [None]])
def test_nothing_fits_nothing(models: tuple[CompiledModel, ...], payload: Any) -> None:
    """framework 6: an empty list, and what is no object, fits no model."""
    found = match(models, "POST", payload)
    assert (len(found.events), len(found.unmatched)) == (0, 1)


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


@pytest.mark.parametrize("nested", [False, True], ids=["list", "batch"])
def test_elements_are_bounded(nested: bool) -> None:
    """A webhook of more elements than can be held against every model is refused."""
    elements = [{"id": "x"}] * (MAX_ELEMENTS + 1)
    report = model({"r": [{"id": "$messageid$"}]}, "messageDelivered")
    with pytest.raises(UnreadableBodyError, match="1001 elements"):
        matched([report], {"r": elements} if nested else elements)
