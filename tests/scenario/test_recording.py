"""What was played by hand becomes a scenario: actions and expectations in order, ids as captures, texts as literals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.conversations import Message, MessageState, Organization, User
from emulator.core.messages import Reply, Request
from emulator.core.plain import source_text
from emulator.core.source import NOTHING, SourceText
from emulator.engine.exchanges import Direction, Exchange
from emulator.scenario import rules
from emulator.scenario.placeholders import fill
from emulator.scenario.recording import Played, Pulled, as_scenario
from emulator.scenario.yaml_text import YamlRules, read_yaml

NUMBER, OTHER_NUMBER, CONTACT = "+61855555555", "+61877777777", "+61123456789"
ORGANIZATION = Organization(
    id="1",
    domain="acme",
    users=(User(extension="101", name="Alice", numbers=(NUMBER, OTHER_NUMBER)),),
    contact=CONTACT,
)


def exchange(number: int, direction: Direction, kind: str, clock: float | None = None, **more: Any) -> Exchange:
    """An exchange that went well, one a second."""
    request = Request(method="POST", url="http://127.0.0.1/x", headers=(), body=b"{}")
    usual = {"reply": Reply(status=200), "outcome": {}, "duration_s": 0.1, **more}
    at = float(number) if clock is None else clock
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Exchange(id=number, direction=direction, kind=kind, account="1", at=now, clock=at, request=request, **usual)


def webhook(number: int, event_type: str, **variables: str) -> Exchange:
    """A webhook that brought one event."""
    event = {"event_type": event_type, "model": 0, "path": "$", "variables": variables}
    return exchange(number, "in", "webhook", outcome={"events": [event]})


def sent(by: int, content: str, **more: Any) -> Message:
    """A message that exchange *by* sent; the provider called it ``id-BY``."""
    usual: dict[str, Any] = {"number": NUMBER, "contact": CONTACT, "extension": "101", "state": MessageState.SENT}
    usual |= {"messageid": f"id-{by}", **more}
    return Message(id=by, outgoing=True, content=content, exchange=by, **usual)


def written(*exchanges: Exchange, messages: Mapping[int, Message] | None = None, **more: Any) -> tuple[str, list[str]]:
    """The scenario's lines but the first, and the notes."""
    played = Played(exchanges=exchanges, organization=ORGANIZATION, messages=messages or {}, **more)
    recorded = as_scenario("played", played)
    first, _, rest = recorded.text.partition("\n")
    assert first == "scenario: played"
    return rest, list(recorded.notes)


def test_a_text_and_its_report_are_two_steps() -> None:
    text, notes = written(
        exchange(1, "out", "SendMessage"),
        webhook(2, "messageDelivered", messageid="id-1"),
        messages={1: sent(1, "hello")},
    )

    assert text == "steps:\n  - send_message: hello\n  - expect: messageDelivered\n"
    assert notes == []


def test_an_id_becomes_a_capture_where_the_report_is_not_of_the_latest_message() -> None:
    text, _ = written(
        exchange(1, "out", "SendMessage"),
        exchange(2, "out", "SendMessage"),
        webhook(3, "messageDelivered", messageid="id-1"),
        messages={1: sent(1, "one"), 2: sent(2, "two")},
    )

    assert text == (
        "steps:\n  - send_message: one\n    as: text1\n  - send_message: two\n"
        "  - expect: {messageDelivered: $text1.messageid$}\n"
    )


def test_only_what_is_not_usual_is_said_of_the_parties() -> None:
    message = sent(1, "hi", number=OTHER_NUMBER, contact="+4930123456", extension="102")

    text, _ = written(exchange(1, "out", "SendMessage"), messages={1: message})

    step = "{content: hi, from: '+61877777777', to: '+4930123456', extension: '102'}"
    assert text == f"steps:\n  - send_message: {step}\n"


def test_a_file_is_named_by_its_path() -> None:
    message = sent(1, "http://127.0.0.1/media/x/cat.jpg", is_file=True)

    text, _ = written(
        exchange(1, "out", "SendFile"),
        exchange(2, "out", "SendMessage"),
        webhook(3, "messageDelivered", messageid="id-1"),
        messages={1: message, 2: sent(2, "my cat")},
        files={message.content: "fixtures/cat.jpg"},
    )

    assert "  - send_file: fixtures/cat.jpg\n    as: file1\n  - send_message: my cat\n" in text


def test_what_the_provider_refused_is_expected_to_be_refused() -> None:
    refused = exchange(1, "out", "SendMessage", reply=Reply(status=400, headers=(), body=b""))
    failed = sent(1, "x", state=MessageState.FAILED, messageid=None)

    text, _ = written(refused, messages={1: failed})

    assert text.endswith("  - send_message: x\n    check: {status: 400, state: failed}\n")


@pytest.mark.parametrize(
    ("tampers", "said"), [(["no_auth"], "no_auth"), (["no_auth", "wrong_type"], "[no_auth, wrong_type]")]
)
def test_what_was_spoilt_on_purpose_is_spoilt_again(tampers: list[str], said: str) -> None:
    reply = Reply(status=401, headers=(), body=b"")
    refused = exchange(1, "out", "SendMessage", reply=reply, outcome={"tampered": tampers})
    failed = sent(1, "x", state=MessageState.FAILED, messageid=None)

    text, _ = written(refused, messages={1: failed})

    assert text.endswith(
        f"  - send_message: {{content: x, tamper: {said}}}\n    check: {{status: 401, state: failed}}\n"
    )


def test_a_message_without_any_answer_is_left_out() -> None:
    failed = sent(1, "x", state=MessageState.FAILED, messageid=None)

    text, notes = written(exchange(1, "out", "SendMessage", reply=None), messages={1: failed})

    assert text == "steps:\n"
    assert notes == ["#1 is left out: the provider gave no answer"]


def test_a_trigger_is_pulled_again_with_what_it_was_given() -> None:
    given = {"from": CONTACT, "content": "costs $5", "times": 2}

    text, notes = written(
        exchange(1, "out", "trigger"),
        webhook(2, "message", **{"from": CONTACT, "to": NUMBER, "content": "costs $5"}),
        pulled={1: Pulled("reply", given)},
    )

    assert text == (
        "steps:\n  - trigger: reply\n    with: {content: costs $$5, times: 2}\n  - expect: {message: costs $$5}\n"
    )
    assert notes == []


def test_what_came_by_itself_is_played_by_the_trigger_for_replies() -> None:
    text, notes = written(
        webhook(1, "message", **{"from": "+4930123456", "to": OTHER_NUMBER, "content": "hi"}), reply="reply"
    )

    assert text == (
        "steps:\n  - trigger: reply\n    with: {from: '+4930123456', content: hi}\n"
        "  - expect: {message: {to: '+61877777777', from: '+4930123456', content: hi}}\n"
    )
    assert notes == ['#1 came by itself: the trigger "reply" plays it']


@pytest.mark.parametrize("reply", [None, "reply"])
def test_a_picture_that_came_by_itself_has_to_come_again(reply: str | None) -> None:
    variables = {"from": CONTACT, "to": NUMBER, "url": "https://files.example.com/1.jpg", "text": "look"}

    text, notes = written(webhook(1, "mms", **variables), reply=reply)

    assert text == "steps:\n  - expect: {mms: {url: {format: url}, text: look}}\n"
    assert notes == ["#1 came by itself: see to it that it comes again, by a trigger or by hand"]


def test_the_address_that_a_trigger_was_given_is_expected_back() -> None:
    url = "https://files.example.com/1.jpg"

    text, _ = written(
        exchange(1, "out", "trigger"),
        webhook(2, "mms", **{"from": CONTACT, "to": NUMBER, "url": url}),
        pulled={1: Pulled("picture", {"url": url})},
    )

    assert text.endswith("  - expect: {mms: {url: 'https://files.example.com/1.jpg'}}\n")


@pytest.mark.parametrize(
    ("waited", "within"),
    [(1.0, None), (1.6, None), (1.7, "10s"), (4.0, "15s"), (9.0, "30s"), (45.0, "300s"), (9999.0, "600s")],
)
def test_an_event_may_take_three_times_as_long_and_is_never_hurried(waited: float, within: str | None) -> None:
    text, _ = written(
        exchange(1, "out", "SendMessage", 100.0),
        webhook(2, "messageDelivered", messageid="id-1")._replace(clock=100.0 + waited),
        messages={1: sent(1, "hello")},
    )

    assert text.endswith(f"    within: {within}\n" if within else "  - expect: messageDelivered\n")


def test_trouble_on_purpose_is_played_before_all_and_attempts_are_checked() -> None:
    refused = exchange(2, "in", "webhook", reply=Reply(status=503, headers=(), body=b""))
    report = webhook(4, "messageDelivered", messageid="id-1")
    refused = refused._replace(outcome={**report.outcome, "fault": "503"})
    held = refused._replace(id=3, reply=None, outcome={**report.outcome, "fault": "timeout"}, attempt=2)

    text, notes = written(
        exchange(1, "out", "SendMessage"),
        refused,
        held,
        report._replace(attempt=3),
        messages={1: sent(1, "hello")},
    )

    assert text == (
        "steps:\n  - sink: {on: messageDelivered, respond: [503, timeout]}\n  - send_message: hello\n"
        "  - expect: messageDelivered\n    within: 10s\n    check: {attempts: 3}\n"
    )
    assert notes == []


def test_a_fault_after_usual_answers_stands_at_its_place() -> None:
    first, second = (webhook(number, "messageDelivered", messageid=f"id-{number - 2}") for number in (3, 4))
    slow = second._replace(outcome={**second.outcome, "fault": "slow"})

    text, _ = written(
        exchange(1, "out", "SendMessage"),
        exchange(2, "out", "SendMessage"),
        first,
        slow,
        messages={1: sent(1, "one"), 2: sent(2, "two")},
    )

    assert "  - sink: {on: messageDelivered, respond: [200, slow]}\n" in text
    assert text.count("  - expect: ") == 2


def test_a_replay_refers_to_the_step_that_it_repeats() -> None:
    event = {"from": CONTACT, "to": NUMBER, "content": "hi"}

    text, notes = written(
        exchange(1, "out", "trigger"),
        webhook(2, "message", **event),
        exchange(3, "out", "replay"),
        webhook(4, "message", **event),
        pulled={1: Pulled("reply", {"content": "hi"})},
        repeated={3: 2},
    )

    assert text.endswith(
        "  - expect: {message: hi}\n    as: event1\n  - replay: $event1.exchange$\n  - expect: {message: hi}\n"
    )
    assert notes == []


def test_what_cannot_be_played_is_told() -> None:
    refused = webhook(3, "message", **{"from": CONTACT, "to": "+1", "content": "hi"})

    _, notes = written(
        exchange(1, "out", "SendMessage"),
        exchange(2, "in", "webhook"),
        refused._replace(reply=Reply(status=422, headers=(), body=b"")),
        exchange(4, "out", "replay"),
        exchange(5, "out", "replay"),
        exchange(6, "out", "request"),
        exchange(7, "out", "Subscribe"),
        exchange(8, "in", "redirect"),
        webhook(9, "messageDelivered", messageid="id-0"),
        repeated={5: 99},
    )

    assert notes == [
        "#1 is left out: its message is not known any more",
        "#2 is left out: it is a webhook of which nothing could be used",
        "#3 is left out: it was answered 422",
        "#4 is left out: it was edited, or it is not known any more what it repeats",
        "#5 is left out: #99, which it makes again, is not chosen",
        "#6 is left out: no step makes a request of this kind (request) by hand",
        "#9 is left out: the message that it reports is not chosen",
    ]


def test_a_report_that_was_not_chosen_does_not_fail_the_scenario() -> None:
    text, _ = written(exchange(1, "out", "SendMessage"), messages={1: sent(1, "hello", report=2)})

    assert text == "unexpected: allow\nsteps:\n  - send_message: hello\n"


def test_half_a_character_leaves_a_file_that_loads() -> None:
    """YAML has no way to write a lone surrogate, not even as an escape; a pair is the character that it means."""
    content = "a\ud800b \ud83d\ude00"
    played = Played([exchange(1, "out", "SendMessage")], ORGANIZATION, {1: sent(1, content)}, pulled={})

    recorded = as_scenario("x", played)

    the_rules = YamlRules(rules.SCENARIO_NOT_YAML, rules.SCENARIO_DUPLICATE_KEY, rules.SCENARIO_UNREADABLE)
    (tree,), findings = read_yaml(SourceText("played.yaml", recorded.text), the_rules)
    assert findings == ()
    assert source_text(tree.value["steps"][0]["send_message"]) == "a\ufffdb \U0001f600"


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_comes_back_from_the_file_as_it_was(content: str) -> None:
    message = sent(1, content, contact=content)
    played = Played([exchange(1, "out", "SendMessage")], ORGANIZATION, {1: message}, pulled={})

    recorded = as_scenario(content, played)

    the_rules = YamlRules(rules.SCENARIO_NOT_YAML, rules.SCENARIO_DUPLICATE_KEY, rules.SCENARIO_UNREADABLE)
    (tree,), findings = read_yaml(SourceText("played.yaml", recorded.text), the_rules)
    assert findings == ()
    read = fill(tree.value, lambda name: NOTHING)
    assert source_text(read["scenario"]) == content
    (step,) = read["steps"]
    said = step["send_message"]
    assert {key: source_text(value) for key, value in said.items()} == {"content": content, "to": content}
