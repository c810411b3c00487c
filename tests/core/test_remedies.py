"""How to mend near misses: document first, with what to write there, and never a delivery that nobody reported."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from emulator.core.document import EventType, WebhookModel
from emulator.core.matching import compile_models, match
from emulator.core.near_misses import near_miss_data
from emulator.core.remedies import example


def _model(event_type: EventType, parameters: Any, event_key: str, verb: Any = "POST") -> WebhookModel:
    return WebhookModel(event_key=event_key, event_type=event_type, verb=verb, parameters=parameters)


NESTED = _model("messageDelivered", {"method": "$event_key$", "params": {"messageid": "$messageid$"}}, "delivered")
REPORTS = _model("messageDelivered", {"items": [{"ref": "$messageid$", "state": "$event_key$"}]}, "DELIVRD")
TEXT = _model("message", {"kind": "$event_key$", "src": "$from$", "dst": "$to$", "body": "$content$"}, "sms")
FAILED = "as to 'UNDELIV', nothing to send: the format has no event for a failure"


def _remedy(model: WebhookModel, payload: Any) -> str:
    (miss,) = match(compile_models([model]), "POST", payload).unmatched
    remedy: str = near_miss_data(miss, payload, model)["nearest"]["remedy"]
    return remedy


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (
            {"method": "Delivered", "params": {"messageid": "x"}},
            (
                "if the provider is right, write 'Delivered' into the document ($.Webhook[0].event_key); "
                'else send "method": "delivered"'
            ),
        ),
        (
            {"Method": "delivered", "params": {"messageId": "x"}},
            (
                'if the provider is right, rename "method" to "Method" and "messageid" to "messageId" in the document '
                '($.Webhook[0].request_parameters); else POST {"method": "delivered", "params": {"messageid": …}}'
            ),
        ),
        ({"method": "delivered", "params": {"messageid": None}}, 'send "params": {"messageid": …}'),
        ({"method": "delivered"}, 'send "params": {"messageid": …}'),
        (
            {"Method": "delivered"},
            'POST {"method": "delivered", "params": {"messageid": …}}',
        ),
    ],
    ids=["value", "names", "null", "key", "several"],
)
def test_the_remedy(payload: Any, expected: str) -> None:
    """Where the document may be what is wrong, it comes first, with its place; what must be sent is shown."""
    assert expected == _remedy(NESTED, payload)


def test_the_place_in_the_file() -> None:
    """Where the file is known, its line is told."""
    payload: Any = {"method": "Delivered", "params": {"messageid": "x"}}
    (miss,) = match(compile_models([NESTED]), "POST", payload).unmatched
    data = near_miss_data(miss, payload, NESTED, place=lambda path: f"acme.json:{len(path)}:1")
    assert "into the document (acme.json:3:1)" in data["nearest"]["remedy"]


# -- following it literally helps


@pytest.mark.parametrize(
    ("model", "payload"),
    [
        (REPORTS, {"item": [{"ref": "a", "state": "DELIVRD"}]}),
        (REPORTS, {"Items": [{"ref": "a", "state": "DELIVRD"}]}),
        (REPORTS, {"items": [{"id": "a", "state": "DELIVRD"}]}),
        (REPORTS, {"Items": [{"Ref": "a", "State": "DELIVRD"}]}),
        (REPORTS, {"data": {"items": [{"ref": "a", "state": "DELIVRD"}]}}),
        (REPORTS, {"message": {"ref": "a", "state": "DELIVRD"}}),
        (REPORTS, {"ref": "a", "state": "DELIVRD"}),
        (REPORTS, [{"ref": "a", "state": "DELIVRD"}]),
        (REPORTS, {"data": [{"items": [{"x": 1}, {"ref": "a", "state": "DELIVRD"}]}]}),
        (NESTED, {"Method": "delivered", "params": {"messageId": "x"}}),
        (NESTED, {"method": "delivered", "messageid": "x"}),
        (NESTED, {"method": "delivered", "params[messageid]": "x"}),
        (TEXT, {"kind": "sms", "src": "+61123456789", "dst": "+61855555555", "text": "hi"}),
        (TEXT, {"data": {"kind": "sms", "src": "+61123456789", "dst": "+61855555555", "body": "hi"}}),
        (_model("message", [{"k": "$event_key$", "c": "$content$"}], "in"), [{"K": "in", "c": "hi"}]),
    ],
)
def test_a_document_that_follows_the_remedy_reads_the_webhook(model: WebhookModel, payload: Any) -> None:
    """A remedy names keys, never a path in a key's place: written as it says, the document reads what came."""
    followed = compile_models([_followed(model, _remedy(model, payload))])
    assert [each.event_type for each in match(followed, "POST", payload).events] == [model.event_type]


def _followed(model: WebhookModel, remedy: str) -> WebhookModel:
    """*model* as somebody would have it who does what *remedy* says of the document."""
    written = re.match(r'if the provider is right, write "request_parameters": (.*) into the document', remedy)
    if written is not None:
        return replace(model, parameters=json.loads(written[1]))
    renames = re.match(r"if the provider is right, rename (.*) in the document", remedy)
    assert renames is not None, remedy
    new_names = dict(re.findall(r'"([^"]+)" to "([^"]+)"', renames[1]))

    def renamed(shape: Any) -> Any:
        if isinstance(shape, dict):
            return {new_names.get(key, key): renamed(below) for key, below in shape.items()}
        return [renamed(each) for each in shape] if isinstance(shape, list) else shape

    return replace(model, parameters=renamed(model.parameters))


def test_a_shape_that_would_fill_the_screen() -> None:
    """Where the JSON to write is long, it is said in words what to do with it."""
    large = {f"a key with a long name {number}": f"literal {number}" for number in range(30)}
    model = _model("messageDelivered", {**large, "id": "$messageid$", "s": "$event_key$"}, "ok")
    remedy = _remedy(model, {**large, "data": {"id": "x"}, "s": "ok"})
    assert "if the provider is right, nest the keys in the document ($.Webhook[0].request_parameters) as" in remedy


# -- what was not delivered is never mended to a delivery


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"items": [{"id": "a", "state": "UNDELIV"}]}, 'rename "ref" to "id" in the document'),
        ({"items": [{"id": "a", "state": "UNDELIV"}]}, 'else send "ref" in place of "id"'),
        ({"items": [{"zzz": "a", "state": "UNDELIV"}]}, 'send "ref"; then'),
        ({"Items": [{"ref": "a", "state": "UNDELIV"}]}, 'rename "items" to "Items" in the document'),
        ({"items": [{"ref": "a", "State": "UNDELIV"}]}, 'rename "state" to "State" in the document'),
        ({"message": {"ref": "a", "state": "UNDELIV"}}, '{"message": {"ref": "$messageid$", "state": "$event_key$"}}'),
    ],
)
def test_a_failure_under_a_wrong_key_is_not_mended_to_a_delivery(payload: Any, named: str) -> None:
    """Framework 9.3: the key is what is mended; of the state the same is said as under the right key."""
    remedy = _remedy(REPORTS, payload)
    assert named in remedy
    assert FAILED in remedy
    assert "DELIVRD" not in remedy


def test_a_failure_beside_another_word() -> None:
    """Framework 9.3: where several words differ each is told of, and none is asked for."""
    model = _model("messageDelivered", {"k": "dlr", "id": "$messageid$", "state": "$event_key$"}, "DELIVRD")
    remedy = _remedy(model, {"k": "report", "id": "a", "state": "DONE"})
    assert remedy.startswith("if 'report' means what 'dlr' means, write it into the document")
    assert "; then, if 'DONE' means what 'DELIVRD' means" in remedy
    assert "send " not in remedy.replace("nothing to send", "")


def test_a_failure_by_another_method() -> None:
    """Framework 9.3: what differs beside the state is told, too."""
    payload = {"items": [{"ref": "a", "state": "UNDELIV"}]}
    (miss,) = match(compile_models([REPORTS]), "PUT", payload).unmatched
    remedy = near_miss_data(miss, payload, REPORTS)["nearest"]["remedy"]
    assert remedy.startswith(f"send method POST; then, {FAILED}")


def test_a_state_on_the_way_under_a_wrong_key() -> None:
    """Framework 9.3: nothing is to be sent in the place of a state that is not the end."""
    remedy = _remedy(REPORTS, {"items": [{"id": "a", "state": "ENROUTE"}]})
    assert "then, as to 'ENROUTE', nothing to send in its place: the format has no event for it" in remedy


@pytest.mark.parametrize("payload", [{"ref": "a", "state": "DONE"}, {"id": "a", "state": "DONE"}, {"state": "DONE"}])
def test_a_state_that_nobody_knows(payload: Any) -> None:
    """Framework 9.3: whether a word means delivered only the provider knows."""
    remedy = _remedy(REPORTS, {"items": [payload]})
    assert (
        "if 'DONE' means what 'DELIVRD' means, write it into the document ($.Webhook[0].event_key), in a second model "
        "if both come; else there is nothing to send: the format has no event for it"
    ) in remedy
    assert '"DELIVRD"' not in remedy


@pytest.mark.parametrize("payload", [{"items": []}, {"items": [{"ref": "a", "state": None}]}, {"items": [{"ref": 1}]}])
def test_a_delivery_is_to_be_sent_where_there_is_one(payload: Any) -> None:
    """Framework 9.3: where no state came, it is not said that the message was delivered."""
    assert _remedy(REPORTS, payload).startswith("when a message is delivered, send ")


# -- other kinds of message


@pytest.mark.parametrize(
    ("kind", "added"),
    [
        ("mms", "a model of event_type \"mms\" for 'mms'"),
        ("picture", "a model of event_type \"mms\" for 'picture'"),
        ("inbound", "a model for 'inbound'"),
    ],
)
def test_another_kind_of_message_gets_a_model_of_its_own(kind: str, added: str) -> None:
    """Writing its word in the other's place would leave the texts without a model."""
    payload = {"kind": kind, "src": "+61123456789", "dst": "+61855555555", "body": "hi"}
    assert _remedy(TEXT, payload) == (
        f"if the provider is right, add {added} to the document, or write {kind!r} in place of 'sms' "
        '($.Webhook[0].event_key) if that never comes; else send "kind": "sms"'
    )


def test_an_empty_list_is_called_so() -> None:
    """What came is told as it is: a list with nothing in it, under a key or as a whole."""
    for model, payload in ((REPORTS, {"items": []}), (TEXT, [])):
        (miss,) = match(compile_models([model]), "POST", payload).unmatched
        (mismatch,) = near_miss_data(miss, payload, model)["nearest"]["mismatches"]
        assert mismatch["found"] == "an empty list"
    assert _remedy(TEXT, []) == 'send {"kind": "sms", "src": …, "dst": …, "body": …}'


def test_a_model_that_would_fill_the_screen() -> None:
    """A large model is named in place of being printed."""
    large = _model("mms", {f"key{number}": "$url$" for number in range(50)}, "mms", "PUT")
    assert "PUT what the mms model describes" == example(large)
