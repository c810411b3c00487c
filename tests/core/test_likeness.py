"""Likeness: which key was meant, and how much of a model is there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core import draft_fields, likeness
from emulator.core.likeness import MOST_PLACES, Likeness, alike, may_be, nearest_key, places_of
from emulator.core.patterns import compile_pattern

WANTED = ("data", "id")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["k", "id", "ID", "x"]), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"data": {"ID": 1, "x": 2}}, ("data", "ID")),
        ({"id": 1}, ("id",)),
        ({"data": {"message_id": 1}, "x": 1}, None),
        ({}, None),
        ({"items": [{"id": 1}], "data": {"idd": 2}}, ("items", 0, "id")),
        ({"ID": 1, "data": {"Id": 2}}, ("data", "Id")),
    ],
    ids=["case", "elsewhere", "unlike", "nothing", "in-a-list", "beside-first"],
)
def test_nearest_key(value: Any, expected: Any) -> None:
    """Framework 4.20, 8.3: where a key is missing, the one most like it by name is found."""
    assert expected == nearest_key(WANTED, value)


def test_elements_have_no_nearest_key() -> None:
    """A place without a key has no name that another could be like."""
    assert nearest_key((0,), ["x"]) is None


@pytest.mark.parametrize(
    ("variable", "key", "body", "expected"),
    [
        ("to", "dst", {"st": "DELIVRD"}, None),
        ("to", "dst", {"dest": "DELIVRD"}, None),
        ("messageid", "messageid", {"messageids": 3}, None),
        ("messageid", "messageid", {"messageids": "it was sent"}, None),
        ("messageid", "messageid", {"messageids": "m-1"}, "messageids"),
        ("messageid", "messageid", {"message_id": 3}, "message_id"),
        ("content", "contents", {"content": {"x": 1}}, None),
        ("url", "media", {"link": "https://x.test/cat.jpg", "kind": "image"}, "link"),
        ("url", "media", {"link": "https://x.test/a", "page": "https://x.test/b"}, None),
        ("from", "from", {"sender": "+61123456789", "text": "hi"}, "sender"),
        ("from", "from", {"sender": "+61123456789", "receiver": "+61855555555"}, "sender"),
        ("from", "from", {"a": "+61123456789", "b": "+61855555555"}, None),
        ("messageid", "ref", {"id": "m-1", "ts": 1700000000}, "id"),
        ("messageid", "ref", {"id": "m-1", "uuid": "m-2"}, None),
        ("messageid", "ref", {"data": {"id": "m-1"}}, None),
        ("content", "body", {"text": "hi", "kind": "sms"}, "text"),
        ("from", "from", {"form": "+61123456789", "to": "+61855555555"}, "form"),
    ],
)
def test_strangers_are_not_paired(variable: str, key: str, body: Any, expected: str | None) -> None:
    """Framework 8.3: a key is offered for its name or for the kind of its value, never for a few letters alone."""
    assert (expected and (expected,)) == nearest_key((key,), body, variable=variable)


def test_what_is_read_already_is_not_offered() -> None:
    """A key that the model has a use for was not meant by another, however like it is."""
    body = {"from": "+61123456789", "form": "+61855555555"}
    assert ("from",) == nearest_key(("From",), body)
    assert ("form",) == nearest_key(("From",), body, taken={("from",)})


def test_the_very_value_tells_the_key() -> None:
    """Where the value that is waited for stands, its key was meant, whatever its name."""
    body = {"messageId": "x-2", "reference": "x-1"}
    assert ("messageId",) == nearest_key(("messageid",), body)
    assert ("reference",) == nearest_key(("messageid",), body, is_it=lambda value: value == "x-1")


@pytest.mark.parametrize(
    ("better", "worse"),
    [("id", "Id"), ("ID", "i_d"), ("message_id", "mesageid"), ("mesageid", "count"), ("form", "st")],
)
def test_names_have_an_order(better: str, worse: str) -> None:
    """The very name goes before one in other letters, that before other separators, a slip, a stranger."""
    wanted = {"id": "id", "ID": "id", "form": "from"}.get(better, "messageid")
    assert alike(wanted, better) > alike(wanted, worse)


@given(st.sampled_from(["from", "to", "url", "messageid", "content", "text", "other", None]), ANYTHING)
def test_nothing_is_no_value(variable: str | None, value: Any) -> None:
    """Null, a list and an object are the value of no variable."""
    assert not (may_be(variable, value) and (value is None or isinstance(value, list | dict)))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"From": "1", "To": "2"}, {"From": "1"}),
        ({"from": "1"}, {"form": "1"}),
        ({"From": None}, {}),
        ({"From": {}}, {}),
        ({"deep": {"from": "1"}}, {"deep": {"x": "1"}}),
        ({"kind": "in"}, {"kind": "out"}),
        ({"kind": "out"}, {}),
        ({"kind": "in"}, {"From": "1"}),
    ],
    ids=["more", "case", "null", "type", "elsewhere", "event-key", "other-event", "evidence"],
)
def test_more_of_a_model(better: Any, worse: Any) -> None:
    """Framework 6.19: a key that is there counts, one that is nearly there nearly, and the event key most."""
    model = compile_pattern({"kind": "$event_key$", "From": "$from$", "To": "$to$"}, event_key="in")
    assert Likeness(better).to(model) > Likeness(worse).to(model)


def test_all_and_nothing_of_a_model() -> None:
    """What fits is wholly there; of what shares no key nothing is."""
    model = compile_pattern(
        {"a": [{"From": "$from$"}], "b": ["x", "tel:$to$"], "c": "$text$"}, optional=frozenset({"text"})
    )
    fitting: Any = {"a": [{"From": "1"}], "b": ["x", "tel:2"]}
    assert 1.0 == Likeness({**fitting, "c": ""}).to(model) > Likeness(fitting).to(model) > 0.9
    assert 0.0 == Likeness({"hello": "world"}).to(model)


def test_one_element_of_a_list() -> None:
    """Of a batch the element is measured that is asked for."""
    model = compile_pattern({"r": [{"id": "$messageid$"}]})
    body = Likeness({"r": [{"id": "a"}, {"x": "b"}]}, ())
    assert (1.0, 0.0) == (body.to(model, only=("r", 0)), body.to(model, only=("r", 1)))


@given(ANYTHING, ANYTHING)
def test_likeness_is_a_part(shape: Any, body: Any) -> None:
    """Whatever is compared, it is between nothing and all."""
    assert 0.0 <= Likeness(body).to(compile_pattern(shape)) <= 1.0


def test_a_body_without_end_is_looked_at_so_far() -> None:
    """Of a body with very many keys the first are looked at: what is told of it is bounded."""
    body: Any = {f"k{number}": "x" for number in range(MOST_PLACES)} | {"id": "m-1"}
    assert nearest_key(("data", "id"), body) is None


def test_places_of_a_model() -> None:
    """The paths of a model's leaves, without indexes."""
    assert [("a",), ("b", "c"), ("b",)] == list(places_of({"a": "$x$", "b": [{"c": "$y$"}, "z"]}))


def test_nothing_is_kept_of_names_that_nobody_gives() -> None:
    """Whoever posts a webhook chooses the names of its fields: long ones leave nothing behind."""
    kept = (likeness._alike.cache_info().currsize, draft_fields._short_plain.cache_info().currsize)
    for number in range(50):
        assert alike("messageid", "x" * 1000 + str(number)) == 0.0
        assert not draft_fields.is_named_as("content", "x" * 1000 + str(number))
    assert (likeness._alike.cache_info().currsize, draft_fields._short_plain.cache_info().currsize) == kept
