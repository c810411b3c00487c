"""The provider's memory."""

from __future__ import annotations

import dataclasses

import pytest

from emulator.provider.state import Answered, Message, Order, ProviderState, Subscription, Unreachable

ACME = Subscription(domain="acme", url="http://acme.test/hook")
OTHER = Subscription(domain="other", url="http://other.test/hook")


def an_order(sender: str = "+61855555555", domain: str | None = "acme") -> Order:
    """An order of a text, as a platform would give it."""
    return Order(sender=sender, to="+61123456789", extension="101", domain=domain, content="hi", media_url=None)


def accept(state: ProviderState, message_id: str, order: Order) -> Message:
    """*order* accepted at a fixed time."""
    return state.accept(order, message_id=message_id, accepted_at="2026-01-01T00:00:00+00:00")


def test_messages_are_listed_newest_last() -> None:
    """What was accepted is kept in the order of acceptance."""
    state = ProviderState()
    accept(state, "1", an_order())
    accept(state, "2", an_order())

    assert [message.id for message in state.messages] == ["1", "2"]


def test_records_are_frozen() -> None:
    """Nobody can change a message that was handed out."""
    message = accept(ProviderState(), "1", an_order())

    with pytest.raises(dataclasses.FrozenInstanceError):
        message.id = "2"  # type: ignore[misc]  # the error is what is shown


def test_a_message_goes_to_the_webhook_of_its_domain() -> None:
    """The domain's own subscription wins over a later one."""
    state = ProviderState()
    state.subscribe(ACME)
    state.subscribe(OTHER)

    assert ACME.url == accept(state, "1", an_order(domain="acme")).webhook_url


@pytest.mark.parametrize("domain", ["unknown", None])
def test_a_message_of_no_known_domain_goes_to_the_latest_webhook(domain: str | None) -> None:
    """A webhook is better than none: the latest subscription hears of it."""
    state = ProviderState()
    state.subscribe(OTHER)
    state.subscribe(ACME)

    assert ACME.url == accept(state, "1", an_order(domain=domain)).webhook_url


def test_without_subscriptions_a_message_has_no_webhook() -> None:
    """Nobody subscribed: nobody is told."""
    assert accept(ProviderState(), "1", an_order()).webhook_url is None


def test_the_webhook_is_bound_when_the_message_is_accepted() -> None:
    """A later subscription does not move the reports of earlier messages."""
    state = ProviderState()
    state.subscribe(ACME)
    accept(state, "1", an_order())
    state.subscribe(Subscription(domain="acme", url="http://acme.test/new"))

    assert ACME.url == state.messages[0].webhook_url


def test_subscribing_again_replaces_and_is_the_latest() -> None:
    """One domain has one webhook, and renewing it counts as new."""
    state = ProviderState()
    state.subscribe(ACME)
    state.subscribe(OTHER)
    state.subscribe(Subscription(domain="acme", url="http://acme.test/new"))

    assert state.webhook_for("acme") == "http://acme.test/new"
    assert state.webhook_for("unknown") == "http://acme.test/new"


def test_webhook_of_takes_no_other_domain() -> None:
    """Asked for by name, another domain's webhook is no answer."""
    state = ProviderState()
    state.subscribe(ACME)

    assert state.webhook_of("acme") == ACME.url
    assert state.webhook_of("other") is None


@pytest.mark.parametrize("number", ["+61855555555", "61855555555"])
def test_a_number_belongs_to_the_domain_that_sent_from_it(number: str) -> None:
    """An inbound message finds its domain by the number, with or without a plus."""
    state = ProviderState()
    state.subscribe(ACME)
    state.subscribe(OTHER)
    accept(state, "1", an_order())

    assert ACME.url == state.webhook_for_number(number)


def test_an_unknown_number_belongs_to_the_latest_webhook() -> None:
    """A number that never sent, or sent without a domain, goes to the latest subscription."""
    state = ProviderState()
    state.subscribe(ACME)
    state.subscribe(OTHER)
    accept(state, "1", an_order(domain=None))

    assert OTHER.url == state.webhook_for_number("+61855555555")


def test_a_number_follows_the_domain_that_sent_last() -> None:
    """A number that moved to another domain is learned anew."""
    state = ProviderState()
    state.subscribe(ACME)
    state.subscribe(OTHER)
    accept(state, "1", an_order(domain="other"))
    accept(state, "2", an_order(domain="acme"))

    assert ACME.url == state.webhook_for_number("+61855555555")


@pytest.mark.parametrize("outcome", [Answered(200, "ok"), Unreachable("refused")])
def test_a_report_is_kept_with_its_message(outcome: Answered | Unreachable) -> None:
    """How the report ended stands at the message; its place in the list stays."""
    state = ProviderState()
    accept(state, "1", an_order())
    accept(state, "2", an_order())
    state.record_report("1", outcome)

    assert [("1", outcome), ("2", None)] == [(message.id, message.report) for message in state.messages]


def test_a_report_of_a_forgotten_message_is_dropped() -> None:
    """A report that ends after a reset brings nothing back."""
    state = ProviderState()
    state.record_report("1", Answered(200, "ok"))

    assert state.messages == ()


def test_the_oldest_messages_and_numbers_are_dropped() -> None:
    """Memory is bounded: beyond the limit the oldest go."""
    state = ProviderState(max_messages=2)
    state.subscribe(ACME)
    state.subscribe(OTHER)
    for index in "123":
        accept(state, index, an_order(sender=f"+{index}"))

    assert [message.id for message in state.messages] == ["2", "3"]
    assert OTHER.url == state.webhook_for_number("+1")
    assert ACME.url == state.webhook_for_number("+2")


def test_the_oldest_subscriptions_are_dropped() -> None:
    """Beyond the limit the subscription that was renewed longest ago goes."""
    state = ProviderState(max_subscriptions=2)
    for domain in ("a", "b", "a", "c"):
        state.subscribe(Subscription(domain=domain, url=f"http://{domain}.test/"))

    assert [state.webhook_of(domain) for domain in "abc"] == ["http://a.test/", None, "http://c.test/"]


def test_clear_forgets_everything() -> None:
    """After a reset there are no messages, no webhooks and no learned numbers."""
    state = ProviderState()
    state.subscribe(ACME)
    accept(state, "1", an_order())
    state.clear()
    assert state.messages == ()
    assert state.webhook_for("acme") is None

    state.subscribe(ACME)
    state.subscribe(OTHER)
    assert OTHER.url == state.webhook_for_number("+61855555555")
