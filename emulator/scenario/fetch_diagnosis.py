"""Why a file was not fetched as a scenario expects: the sentence, the rows and the remedy of a failure.

The codes: FETCH-01 never, 02 another address was fetched, 03 only a part, 04 only HEAD, 05 after the link had expired,
06 it should not have been, 07 late, 08 answered otherwise than expected, 09 too early, 10 not as often, 11 no link of
ours, 12 refused on purpose and not tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from emulator.core.comparing import describe
from emulator.core.plain import source_text
from emulator.core.scalars import duration_literal, format_duration
from emulator.scenario.results import Detail, Failure
from emulator.scenario.steps.checking import status_differences

if TYPE_CHECKING:
    from emulator.engine.shelf import Fetch, Link

_MOST_ROWS = 8
_REDIRECTED, _NOT_FOUND, _GONE = 302, 404, 410


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFetch:
    """A fetch that is waited for. *cause* names the step it counts from; times are on the engine's clock."""

    link: Link
    bytes: str
    """``complete``, ``partial``, ``some`` of either, or ``any``, even none."""
    status: Any
    method: str | None
    after_s: float
    within_s: float
    cause: str
    cause_at: float
    since: float
    times: int = 1

    @property
    def sentence(self) -> str:
        """What was expected, and when."""
        wanted = [
            "" if self.bytes in {"any", "some"} else f"bytes: {self.bytes}",
            f"method: {self.method}" if self.method else "",
            f"status: {self.status_in_words}" if self.status is not None else "",
            f"after: {duration_literal(self.after_s)}" if self.after_s else "",
        ]
        inner = ", ".join(each for each in (f"of: {self.link.path.name}", *wanted) if each)
        times = f" {self.times} times" if self.times > 1 else ""
        return f"media_fetch {{{inner}}}{times}   within {duration_literal(self.within_s)} of {self.cause}"

    @property
    def status_in_words(self) -> str:
        """``404``, ``4xx``, or a matcher."""
        return describe(self.status) if isinstance(self.status, dict) else str(source_text(self.status))

    @property
    def deadline(self) -> float:
        """Until when it must have come."""
        return self.cause_at + self.within_s

    def is_it(self, fetch: Fetch) -> bool:
        """Whether *fetch* is what is expected, its time aside."""
        return fetch.token == self.link.token and self.is_so(fetch) and not self.is_early(fetch)

    def is_so(self, fetch: Fetch) -> bool:
        """Whether method, status and bytes are those."""
        if self.method is not None and fetch.method != self.method:
            return False
        if self.status is not None and any(status_differences(self.status, fetch.status)):
            return False
        return self.bytes in {"any", fetch.bytes} or (self.bytes == "some" and fetch.bytes != "none")

    def is_early(self, fetch: Fetch) -> bool:
        """Whether it came before it may."""
        return fetch.at < self.cause_at + self.after_s

    def offset(self, at: float) -> str:
        """``+1.21 s``: how long after the cause."""
        return f"+{format_duration(max(0.0, at - self.cause_at))}"

    def row(self, fetch: Fetch, *, wrong: bool = False) -> Detail:
        """``#9   GET at +1.21 s: 200, 10 of 20 bytes``."""
        said = f"{fetch.method} at {self.offset(fetch.at)}: {answered(fetch)}"
        return Detail(f"#{fetch.exchange}", said, wrong=wrong)

    def failure(self, code: str, received: str, mend: str, fetches: Sequence[Fetch] = (), *rows: Detail) -> Failure:
        """That *fetches* came in place of the expected one."""
        shown = [self.row(fetch, wrong=True) for fetch in fetches[-_MOST_ROWS:]]
        return Failure(
            code=code,
            expected=self.sentence,
            received=received,
            details=(*shown, *rows)[:_MOST_ROWS],
            mend=mend,
            exchange=fetches[-1].exchange if fetches else None,
            replayable=False,
        )


def answered(fetch: Fetch) -> str:
    """``200, 10 of 20 bytes``; of what was no success, why."""
    if fetch.reason is not None:
        return f"{fetch.status}, {fetch.reason}"
    if fetch.method == "HEAD":
        return f"{fetch.status}, no bytes"
    if fetch.is_broken:
        return (
            f"{fetch.status}, at most {fetch.sent} of {fetch.size} bytes: the connection was closed with bytes unread"
        )
    return f"{fetch.status}, {fetch.sent} of {fetch.size} bytes"


def no_link(url: str, cause: str) -> Failure:
    """The address is none that is served here."""
    return Failure(
        code="FETCH-11",
        expected=f"media_fetch of a file that ringo-emu serves, after {cause}",
        received=f"{url} is no link of this run, so nobody here sees who fetches it" if url else "no file was sent",
        mend="send a local file by send_file, and name it as of: $out.media$",
    )


def fetched_late(expected: ExpectedFetch, fetch: Fetch) -> Failure:
    """It was fetched, but its last byte went out after the deadline."""
    late = format_duration(fetch.ended - expected.deadline)
    return expected.failure(
        "FETCH-07",
        f"it was fetched {late} late: #{fetch.exchange} ended at {expected.offset(fetch.ended)}",
        "fetch it sooner, or allow more time by within:",
        (fetch,),
    )


def should_not_have_fetched(expected: ExpectedFetch, fetch: Fetch, earlier: Sequence[Fetch]) -> Failure:
    """It was fetched although it should not have been."""
    again = f"; #{earlier[-1].exchange} did so before" if earlier else ""
    failure = expected.failure(
        "FETCH-06",
        f"#{fetch.exchange} fetched it at {expected.offset(fetch.at)}{again}:",
        "fetch each file once" if earlier else "fetch nothing here, or remove this step",
        (fetch,),
    )
    return Failure(
        code=failure.code,
        expected=f"no {failure.expected}",
        received=failure.received,
        details=failure.details,
        mend=failure.mend,
        exchange=failure.exchange,
        replayable=False,
    )


def never_fetched(
    expected: ExpectedFetch, fetches: Sequence[Fetch], left: Sequence[Fetch], found: int, grace_s: float
) -> Failure:
    """It was not fetched as expected; the *fetches* since the cause say why. *left* are those that no step took."""
    own = [fetch for fetch in fetches if fetch.token == expected.link.token]
    fresh = [fetch for fetch in own if fetch in left]
    return (
        _early(expected, fresh)
        or _not_often(expected, found)
        or _expired(expected, fresh)
        or _on_purpose(expected, fresh)
        or _only_head(expected, fresh)
        or _partly(expected, fresh)
        or _otherwise(expected, fresh)
        or _consumed(expected, own)
        or _elsewhere(expected, [fetch for fetch in fetches if fetch.token != expected.link.token])
        or expected.failure(
            "FETCH-01",
            f"it was never fetched, then or in the {format_duration(grace_s)} after it",
            f"GET the file that SendFile named; is {_host(expected.link.url)} out of reach? Then set public_url",
        )
    )


def _early(expected: ExpectedFetch, fetches: Sequence[Fetch]) -> Failure | None:
    early = [fetch for fetch in fetches if expected.is_so(fetch) and expected.is_early(fetch)]
    if not early:
        return None
    mend = "wait before the file is fetched again, or take after: out"
    return expected.failure("FETCH-09", "it was fetched too early, and not later:", mend, early)


def _not_often(expected: ExpectedFetch, found: int) -> Failure | None:
    if not found:
        return None
    return expected.failure(
        "FETCH-10",
        f"it was fetched {found} of {expected.times} times, and no more",
        "fetch it as often, or correct times:",
    )


def _expired(expected: ExpectedFetch, fetches: Sequence[Fetch]) -> Failure | None:
    gone = [fetch for fetch in fetches if fetch.status == _GONE]
    if not gone:
        return None
    mend = "fetch the file when SendFile names it, and keep it; links do not live long"
    if expected.link.trap == "expired":
        mend = "it expired on purpose (trap: expired): expect status: 410, or take the trap out"
    return expected.failure("FETCH-05", "it was fetched after its link had expired:", mend, gone)


def _on_purpose(expected: ExpectedFetch, fetches: Sequence[Fetch]) -> Failure | None:
    """The link refused it, and that was the end of it."""
    if not fetches or any(fetch.status not in {_REDIRECTED, _NOT_FOUND} for fetch in fetches):
        return None
    if expected.link.trap == "redirect":
        received, mend = "it was redirected on purpose, and the redirect was not followed:", "follow redirects"
    elif expected.link.trap == "not_found_first":
        received, mend = "it was answered 404 on purpose, and not fetched again:", "try again after a while"
    else:
        received, mend = "it was fetched, but the file was gone:", "leave the file where it is until the step is done"
    return expected.failure("FETCH-12", received, mend, fetches)


def _only_head(expected: ExpectedFetch, fetches: Sequence[Fetch]) -> Failure | None:
    if expected.method == "HEAD" or not fetches or any(fetch.method != "HEAD" for fetch in fetches):
        return None
    return expected.failure(
        "FETCH-04",
        "only its headers were asked for, by HEAD; nobody fetched its bytes:",
        "GET it after the HEAD",
        fetches,
    )


def _partly(expected: ExpectedFetch, fetches: Sequence[Fetch]) -> Failure | None:
    parts = [fetch for fetch in fetches if fetch.bytes == "partial"]
    if expected.bytes != "complete" or not parts:
        return None
    last = parts[-1]
    mend = "read the answer to its end, or ask for the ranges that are missing"
    if expected.link.trap == "truncated":
        mend = "half of it was sent on purpose (trap: truncated): expect bytes: partial, or take the trap out"
    return expected.failure("FETCH-03", f"it was fetched only partly: {last.total} of {last.size} bytes:", mend, parts)


def _otherwise(expected: ExpectedFetch, fetches: Sequence[Fetch]) -> Failure | None:
    if not fetches:
        return None
    return expected.failure(
        "FETCH-08", "it was fetched, but not so:", "fetch it as it is expected, or correct the expectation", fetches
    )


def _consumed(expected: ExpectedFetch, fetches: Sequence[Fetch]) -> Failure | None:
    """An earlier step has it."""
    taken = [fetch for fetch in fetches if expected.is_so(fetch)]
    if not taken:
        return None
    row = Detail("consumed", "an earlier step has taken it; every fetch counts once", wrong=True)
    mend = "fetch it as often as it is expected, or remove a step"
    return expected.failure("FETCH-01", f"it was fetched by #{taken[-1].exchange}, and not again:", mend, taken, row)


def _elsewhere(expected: ExpectedFetch, fetches: Sequence[Fetch]) -> Failure | None:
    if not fetches:
        return None
    rows = [
        *(Detail("fetched", f"{fetch.path} by #{fetch.exchange}: {answered(fetch)}", wrong=True) for fetch in fetches),
        Detail("the link", urlsplit(expected.link.url).path),
    ]
    failure = expected.failure(
        "FETCH-02",
        "another address was fetched:",
        "fetch the address that SendFile named, letter for letter",
        (),
        *rows[-_MOST_ROWS:],
    )
    return Failure(
        code=failure.code,
        expected=failure.expected,
        received=failure.received,
        details=failure.details,
        mend=failure.mend,
        exchange=fetches[-1].exchange,
        replayable=False,
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc
