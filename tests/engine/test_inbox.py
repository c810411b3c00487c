"""What came in, and who waits for more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from emulator.core.matching import Event, NearMiss
from emulator.engine.inbox import MOST_ARRIVALS, MOST_BYTES, Arrival, Inbox

if TYPE_CHECKING:
    from emulator.core.document import EventType
    from tests.engine.conftest import ManualClock

FAR = 9999.0


def arrival(exchange: int = 1, event_type: EventType = "message", at: float = 1000.0, **variables: str) -> Arrival:
    """An event that came with a webhook."""
    event = Event(event_type=event_type, model=0, path=(), variables=variables)
    return Arrival(exchange=exchange, at=at, event=event)


def anything(_: Arrival) -> bool:
    """Fits every arrival."""
    return True


def saying(content: str) -> Any:
    """Fits arrivals with that content."""
    return lambda each: each.event.variables.get("content") == content


def never_asked(_: Arrival) -> NoReturn:
    """Fails the test that asks."""
    raise AssertionError


@pytest.fixture
def inbox(clock: ManualClock) -> Inbox:
    """An empty inbox on the manual clock."""
    return Inbox(clock)


async def started(waiting: asyncio.Task[Arrival | None]) -> None:
    """Let the task run up to where it waits."""
    await asyncio.sleep(0)
    assert not waiting.done()


async def test_what_came_before_is_found_once(inbox: Inbox) -> None:
    """Scenario rule 6: an event that came before its step counts, and nobody else gets it."""
    came = arrival()
    inbox.put(came)

    assert await inbox.wait_for("message", anything, FAR) is came
    assert inbox.claim("message", anything) is None
    assert inbox.unconsumed() == ()


async def test_an_arrival_wakes_the_waiter_without_a_timer(inbox: Inbox, clock: ManualClock) -> None:
    """The clock stands still all the while: the arrival itself wakes, nobody polls."""
    waiting = asyncio.create_task(inbox.wait_for("message", anything, FAR))
    await started(waiting)
    came = arrival()
    inbox.put(came)

    assert await waiting is came
    assert clock.slept == []
    assert inbox.unconsumed() == ()


async def test_the_deadline_ends_the_wait(inbox: Inbox, clock: ManualClock) -> None:
    """What comes after it stays for the next who asks."""
    waiting = asyncio.create_task(inbox.wait_for("message", anything, clock.now() + 5))
    await started(waiting)
    clock.turn(4.9)
    await started(waiting)
    clock.turn(0.2)
    assert await waiting is None

    late = arrival()
    inbox.put(late)
    assert inbox.unconsumed() == (late,)


async def test_a_deadline_that_is_past_still_takes_what_is_there(inbox: Inbox, clock: ManualClock) -> None:
    """A step that comes late finds what came in time, and else gives up at once."""
    assert await inbox.wait_for("message", anything, clock.now() - 1) is None
    came = arrival()
    inbox.put(came)
    assert await inbox.wait_for("message", anything, clock.now() - 1) is came


async def test_waiters_are_filed_by_event_type(inbox: Inbox) -> None:
    """An arrival asks only those who wait for its type."""
    other = asyncio.create_task(inbox.wait_for("mms", never_asked, FAR))
    concerned = asyncio.create_task(inbox.wait_for("message", anything, FAR))
    await started(other)
    came = arrival(event_type="message")
    inbox.put(came)

    assert await concerned is came
    other.cancel()


async def test_each_arrival_goes_to_the_first_waiter_it_fits(inbox: Inbox) -> None:
    """Of two who would take it one has it; what fits neither is left over."""
    waiting = [asyncio.create_task(inbox.wait_for("message", fits, FAR)) for fits in (saying("b"), anything, anything)]
    await started(waiting[0])
    one, two, three = (arrival(number, content=text) for number, text in enumerate(["a", "b", "b"], start=1))
    left = arrival(4, content="c")
    for each in (one, two, three, left):
        inbox.put(each)

    assert await asyncio.gather(*waiting) == [two, one, three]
    assert inbox.unconsumed() == (left,)


async def test_claim_takes_the_first_that_fits(inbox: Inbox) -> None:
    """In any order: what does not fit stays where it is."""
    one, two, three = (arrival(number, content=text) for number, text in enumerate(["a", "b", "b"], start=1))
    for each in (one, two, three):
        inbox.put(each)

    assert inbox.claim("message", saying("b")) is two
    assert inbox.claim("mms", anything) is None
    assert inbox.unconsumed() == (one, three)


async def test_who_is_cancelled_consumes_nothing(inbox: Inbox) -> None:
    """A wait that was given up does not swallow what comes later."""
    waiting = asyncio.create_task(inbox.wait_for("message", anything, FAR))
    await started(waiting)
    waiting.cancel()
    await asyncio.wait({waiting})
    came = arrival()
    inbox.put(came)

    assert inbox.unconsumed() == (came,)


@pytest.mark.parametrize("others", [0, 1], ids=["nobody-else", "another-waits"])
async def test_an_arrival_in_the_turn_of_the_cancellation_is_handed_on(inbox: Inbox, others: int) -> None:
    """It was given to one who then never ran again: the next in line has it, or it is left over."""
    given_up = asyncio.create_task(inbox.wait_for("message", anything, FAR))
    next_in_line = [asyncio.create_task(inbox.wait_for("message", anything, FAR)) for _ in range(others)]
    await started(given_up)
    came = arrival()
    inbox.put(came)
    given_up.cancel()
    await asyncio.wait({given_up})

    assert given_up.cancelled()
    assert await asyncio.gather(*next_in_line) == [came] * others
    assert inbox.unconsumed() == (came,) * (1 - others)


async def test_everything_is_remembered_for_diagnosis(inbox: Inbox) -> None:
    """Near misses and unreadable webhooks, consumed events too; but only events can be left over."""
    consumed = arrival(1, at=1.0)
    miss = Arrival(exchange=2, at=2.0, near=NearMiss((), None, None, None, ()))
    unreadable = Arrival(exchange=3, at=3.0, problem="not JSON")
    left = arrival(4, event_type="mms", at=4.0)
    for each in (consumed, miss, unreadable, left):
        inbox.put(each)
    inbox.claim("message", anything)

    assert inbox.since(0.0) == (consumed, miss, unreadable, left)
    assert inbox.since(3.0) == (unreadable, left)
    assert inbox.unconsumed() == (left,)


async def test_what_is_left_over_is_told_in_the_order_of_arrival(inbox: Inbox) -> None:
    """Whatever the types."""
    came = [arrival(1, "mms"), arrival(2, "message"), arrival(3, "mms"), arrival(4, "messageDelivered")]
    for each in came:
        inbox.put(each)

    assert inbox.unconsumed() == tuple(came)


async def test_memory_is_bounded(inbox: Inbox) -> None:
    """A flood drops the oldest, from what is remembered and from what is left over."""
    for number in range(MOST_ARRIVALS + 3):
        inbox.put(arrival(number))

    for kept in (inbox.since(0.0), inbox.unconsumed()):
        assert [each.exchange for each in kept] == list(range(3, MOST_ARRIVALS + 3))


async def test_memory_is_bounded_by_bytes_too(inbox: Inbox) -> None:
    """A few large webhooks count as many small ones; the latest is kept however large it is."""
    large = MOST_BYTES // 4
    for number in range(10):
        inbox.put(arrival(number)._replace(size=large))
    for kept in (inbox.since(0.0), inbox.unconsumed()):
        assert [each.exchange for each in kept] == [6, 7, 8, 9]
    assert inbox.claim("message", anything) is not None
    inbox.put(arrival(10)._replace(size=large))
    assert [each.exchange for each in inbox.unconsumed()] == [7, 8, 9, 10]
    inbox.put(arrival(11)._replace(size=MOST_BYTES * 2))
    assert [each.exchange for each in inbox.unconsumed()] == [11]


async def test_where_nobody_asks_nothing_is_remembered(clock: ManualClock) -> None:
    """Whoever waits has it all the same."""
    inbox = Inbox(clock, remembers=False)
    inbox.put(arrival(1))
    waiting = asyncio.ensure_future(inbox.wait_for("message", anything, clock.now() + 5))
    await asyncio.sleep(0)
    inbox.put(arrival(2))
    found = await waiting
    assert found is not None
    assert (found.exchange, inbox.since(0.0), inbox.unconsumed()) == (2, (), ())
