"""How the provider fetches what was sent: ``expect: media_fetch``, ``expect_none: media_fetch``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.scenario.fetch_diagnosis import (
    ExpectedFetch,
    fetched_late,
    never_fetched,
    no_link,
    should_not_have_fetched,
)
from emulator.scenario.steps.base import After, Outcome
from emulator.scenario.steps.expecting import DEFAULT_QUIET_S, DEFAULT_WITHIN_S

if TYPE_CHECKING:
    from emulator.engine.shelf import Fetch
    from emulator.scenario.results import Failure
    from emulator.scenario.steps.base import Common, Turn
    from emulator.scenario.steps.expecting import MediaFetch


async def expect_fetch(wanted: MediaFetch, turn: Turn, common: Common) -> Outcome:
    """Wait until the provider has fetched the file, at most until the deadline; then look on for the grace time."""
    within_s = DEFAULT_WITHIN_S if common.within_s is None else common.within_s
    expected = _expected(wanted, turn, within_s, common.times, "complete")
    if not isinstance(expected, ExpectedFetch):
        return Outcome(failure=expected, checks=1)
    shelf, clock, began = turn.platform.shelf, turn.platform.clock, turn.now
    grace_s = turn.grace_after(within_s)

    def fits(fetch: Fetch) -> bool:
        return expected.is_it(fetch) and (not turn.ordered or fetch.exchange >= turn.after.exchange)

    found: list[Fetch] = []
    for _ in range(expected.times):
        fetch = await shelf.wait_for(fits, expected.deadline, clock)
        waited_s = turn.now - began
        if fetch is None:
            fetch = await shelf.wait_for(fits, turn.now + grace_s, clock)
            if fetch is not None:
                return Outcome(failure=fetched_late(expected, fetch), checks=1, waited_s=waited_s)
            fetches = [each for each in shelf.since(expected.since) if _concerns(each, turn) and each not in found]
            failure = never_fetched(expected, fetches, shelf.unconsumed(), len(found), grace_s)
            return Outcome(failure=failure, checks=1, waited_s=waited_s)
        if fetch.ended > expected.deadline:
            return Outcome(failure=fetched_late(expected, fetch), checks=1, waited_s=waited_s)
        found.append(fetch)
        turn.seen = max(turn.seen, After(fetch.exchange, f"#{fetch.exchange}"))
    return Outcome(results={"exchange": found[-1].exchange, "attempts": found[-1].attempt}, checks=1)


async def expect_no_fetch(wanted: MediaFetch, turn: Turn, common: Common) -> Outcome:
    """Look on until the deadline; the first fetch fails the step at once."""
    within_s = DEFAULT_QUIET_S if common.within_s is None else common.within_s
    expected = _expected(wanted, turn, within_s, 1, "some")
    if not isinstance(expected, ExpectedFetch):
        return Outcome(failure=expected, checks=1)
    shelf, began = turn.platform.shelf, turn.now
    fetch = await shelf.wait_for(
        lambda each: each.at <= expected.deadline and expected.is_it(each), expected.deadline, turn.platform.clock
    )
    if fetch is None:
        return Outcome(checks=1)
    earlier = [each for each in shelf.since(0.0) if each is not fetch and expected.is_it(each)]
    failure = should_not_have_fetched(expected, fetch, [each for each in earlier if each.exchange < fetch.exchange])
    return Outcome(failure=failure, checks=1, waited_s=turn.now - began)


def _expected(wanted: MediaFetch, turn: Turn, within_s: float, times: int, usual: str) -> ExpectedFetch | Failure:
    """What is waited for; *usual* is what is meant of its bytes where neither they nor an answer are said."""
    url = wanted.of or (turn.latest_file.message.content if turn.latest_file else "")
    link = turn.platform.shelf.at(url)
    if link is None:
        return no_link(url, turn.cause.label)
    return ExpectedFetch(
        link=link,
        bytes=wanted.bytes or (usual if wanted.status is None and wanted.method is None else "any"),
        status=wanted.status,
        method=wanted.method,
        after_s=wanted.after or 0.0,
        within_s=within_s,
        cause=turn.cause.label,
        cause_at=turn.cause.at,
        since=turn.cause.at if turn.cause.began is None else turn.cause.began,
        times=times,
    )


def _concerns(fetch: Fetch, turn: Turn) -> bool:
    """Whether it was a link of this account, or one of nobody."""
    link = turn.platform.shelf.find(fetch.token)
    return link is None or link.account in {None, turn.account}
