"""How webhooks are answered on purpose, seen from a real client; and what is remembered of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.core.matching import Event
from emulator.engine.faults import (
    MOST_ATTEMPTS,
    MOST_TRIED,
    MOST_TRIED_CHARACTERS,
    Attempt,
    Fault,
    FaultPlan,
    Faults,
    fingerprint,
)
from emulator.engine.journal import open_journal
from emulator.engine.platform import PlatformSettings, open_platform

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.conversations import Organization
    from emulator.core.document import Integration

REPORT = {"method": "delivered", "params": {"id": "m-1"}}


@pytest.fixture
def settings(document: dict[str, Any], integrate: Callable[[Any], Integration]) -> PlatformSettings:
    """A platform that plays the usual document."""
    return PlatformSettings(integration=integrate(document), properties={"API key": "k3y"})


def event(messageid: str) -> Event:
    """A delivery report."""
    return Event(event_type="messageDelivered", model=0, path=(), variables={"messageid": messageid})


def attempt(messageid: str, exchange: int = 1) -> Attempt:
    """One that was refused."""
    return Attempt(event=event(messageid), exchange=exchange, at=0.0, body=b"", fault=Fault("timeout"))


async def test_a_connection_that_is_reset(settings: PlatformSettings, organization: Organization) -> None:
    """The provider sees a reset, not an orderly end, and no answer."""
    with open_journal() as journal:
        async with open_platform(settings, journal) as platform, aiohttp.ClientSession() as session:
            account = platform.open_account(organization)
            account.faults.plan(None, FaultPlan((Fault("reset"),)))
            with pytest.raises((ConnectionResetError, aiohttp.ClientOSError)) as raised:
                await session.post(account.webhook_url, json=REPORT)
            assert isinstance(raised.value, ConnectionResetError | aiohttp.ClientOSError)
            assert 104 == getattr(raised.value, "errno", None)
            (exchange,) = journal.last()
            assert (None, "connection reset, on purpose") == (exchange.reply, exchange.error)


async def test_a_webhook_that_is_never_answered_ends_with_the_listener(
    settings: PlatformSettings, organization: Organization
) -> None:
    """It is recorded at once, and holds up nobody who stops."""
    recorded = asyncio.Event()
    with open_journal() as journal:
        journal.subscribe(lambda _: recorded.set())
        async with aiohttp.ClientSession() as session:
            async with open_platform(settings, journal) as platform:
                account = platform.open_account(organization)
                account.faults.plan("messageDelivered", FaultPlan((Fault("timeout"),), "always"))
                posting: asyncio.Task[Any] = asyncio.ensure_future(session.post(account.webhook_url, json=REPORT))
                await recorded.wait()
                assert not posting.done()
            with pytest.raises(aiohttp.ClientError):
                await posting


async def test_what_was_refused_is_no_event(settings: PlatformSettings, organization: Organization) -> None:
    """Nothing is consumed or left over, and the message is not delivered."""
    with open_journal() as journal:
        async with open_platform(settings, journal) as platform, aiohttp.ClientSession() as session:
            account = platform.open_account(organization)
            account.faults.plan(None, FaultPlan((Fault("status", 503),)))
            async with session.post(account.webhook_url, json=REPORT) as answer:
                said = await answer.json()
            assert (503, "refused on purpose, to see what the provider does now") == (
                answer.status,
                said["error"]["message"],
            )
            assert () == account.inbox.unconsumed()
            ((tried,),) = account.faults.attempts()
            assert tried.event is not None
            assert {"messageid": "m-1"} == tried.event.variables


def test_attempts_are_counted_until_the_event_is_taken() -> None:
    """Then the next post of it counts anew."""
    faults = Faults()
    assert [1, 2, 1] == [faults.refused(attempt(each, number)) for number, each in enumerate(("a", "a", "b"))]
    assert 2 == len(faults.taken(event("a")))
    assert () == faults.taken(event("a"))
    assert 1 == faults.refused(attempt("a"))


def test_attempts_are_bounded() -> None:
    """A provider that posts for hours costs no memory: the oldest events go first."""
    faults = Faults()
    for number in range(MOST_TRIED + 5):
        faults.refused(attempt(str(number)))
    assert MOST_TRIED == len(list(faults.attempts()))
    assert () == faults.taken(event("4"))


def test_large_attempts_are_bounded_by_their_size() -> None:
    """A thousand texts of a megabyte would take a gigabyte."""
    faults = Faults()
    for number in range(20):
        faults.refused(attempt(f"{number} {'x' * (MOST_TRIED_CHARACTERS // 8)}"))
    assert len(list(faults.attempts())) == 7
    faults.refused(attempt("y" * 2 * MOST_TRIED_CHARACTERS))
    assert len(list(faults.attempts())) == 1


def test_attempts_of_one_event_are_bounded_and_counted() -> None:
    """Where every answer is refused, a provider that tries on and on costs no memory either."""
    faults = Faults()
    for number in range(MOST_ATTEMPTS + 5):
        assert number + 1 == faults.refused(attempt("a", number))
    tried = faults.taken(event("a"))
    assert (MOST_ATTEMPTS, MOST_ATTEMPTS + 5) == (len(tried), tried[-1].number)


def test_bodies_are_told_apart() -> None:
    """By the query too, for that is where a GET webhook says all; and by where one ends and the other begins."""
    told = [fingerprint("", b"a"), fingerprint("a", b""), fingerprint("", b""), fingerprint("", b"b")]
    assert 4 == len(set(told))
    assert fingerprint("", b"a") == told[0]


def test_as_usual_for_one_event_only() -> None:
    """``normal`` for an event goes before what is said of all, and what is said of all anew before everything."""
    faults = Faults()
    faults.plan(None, FaultPlan((Fault("reset"),), "always"))
    faults.plan("messageDelivered", None)
    assert [None, "reset"] == [faults.next([event("a")]), str(faults.next([]))]
    faults.plan(None, FaultPlan((Fault("status", 500),), "always"))
    assert "500" == str(faults.next([event("a")]))
    faults.end()
    assert faults.next([event("a")]) is None


def test_the_event_goes_before_all_events() -> None:
    """What is said of one event holds for it, and what is said of all for the rest and afterwards."""
    faults = Faults()
    faults.plan(None, FaultPlan((Fault("status", 500),), "always"))
    faults.plan("messageDelivered", FaultPlan((Fault("timeout"),)))
    assert ["timeout", "500"] == [str(faults.next([event("a")])) for _ in range(2)]
    faults.plan("message", None)
    assert "500" == str(faults.next([]))
    faults.plan(None, None)
    assert faults.next([event("a")]) is None


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (FaultPlan((Fault("status", 503), Fault("reset"))), "503, reset, then as usual"),
        (FaultPlan((Fault("slow"),), "always"), "slow"),
        (FaultPlan((Fault("empty"), Fault("timeout")), "chance", 7), "one of empty, timeout by chance (seed 7)"),
    ],
)
def test_a_plan_in_words(plan: FaultPlan, words: str) -> None:
    """The timeline says what is going on."""
    assert words == str(plan)


def test_what_takes_effect() -> None:
    """Framework 6.29: what is answered with a 2xx was taken, all else was not."""
    faults = [Fault("status", 200), Fault("status", 302), Fault("status", 503), Fault("timeout"), Fault("reset")]
    faults += [Fault("empty"), Fault("slow")]
    assert [True, False, False, False, False, True, True] == [each.takes_effect for each in faults]
