"""Why an expected event did not come: the sentence, the rows and the remedy of a failure.

Each way to fail has a code of its own behind ``WH-MESSAGE-``, ``WH-MMS-`` or ``WH-DELIVERED-``: 01 never,
02 a key is wrong, 03 a value is wrong, 04 the id is wrong, 05 the account is wrong, 06 the kind is wrong,
07 late, 08 a duplicate, 09 it could not be read, 10 it should not have come, 11 it can never be matched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.core.comparing import ABSENT, Difference, describe, differences, equal, shown
from emulator.core.document import EventType
from emulator.core.patterns import found_in_words, nearest_key
from emulator.core.scalars import duration_literal, format_duration
from emulator.core.source import Path, jsonpath, node_at
from emulator.core.template import leaves
from emulator.scenario.results import Detail, Failure

if TYPE_CHECKING:
    from emulator.core.matching import NearMiss
    from emulator.core.patterns import Mismatch
    from emulator.engine.accounts import Account
    from emulator.engine.inbox import Arrival
    from emulator.engine.platform import Platform, Sending

_MOST_ROWS = 8
_CODES = {"message": "MESSAGE", "mms": "MMS", "messageDelivered": "DELIVERED"}


@dataclass(frozen=True, slots=True)
class Expected:
    """An event that is waited for. *cause* names the step it counts from, *cause_at* is on the engine's clock."""

    event_type: EventType
    matchers: Mapping[str, Any]
    within_s: float
    cause: str
    cause_at: float

    def code(self, number: int) -> str:
        """The code of one way to fail."""
        return f"WH-{_CODES[self.event_type]}-{number:02}"

    @property
    def event(self) -> str:
        """``messageDelivered {messageid: …}``."""
        inner = ", ".join(f"{name}: {describe(matcher)}" for name, matcher in self.matchers.items())
        return f"{self.event_type} {{{inner}}}" if inner else self.event_type

    @property
    def sentence(self) -> str:
        """What was expected, and when."""
        return f"{self.event}   within {duration_literal(self.within_s)} of {self.cause}"

    def offset(self, arrival: Arrival) -> str:
        """``+1.21 s``: how long after the cause it came."""
        return f"+{format_duration(max(0.0, arrival.at - self.cause_at))}"


def untracked(expected: Expected, sending: Sending) -> Failure:
    """The message was sent, but its answer named no id: nothing can ever match it."""
    finding = next(iter(sending.call.findings), None)
    why = finding.message if finding else "the document has no response_map for it"
    return Failure(
        code=expected.code(11),
        expected=f"{expected.event_type}   for {sending.call.name} #{sending.call.exchange}",
        received="its answer named no message id, so no report can ever match it:",
        details=(Detail("answer", why, wrong=True),),
        mend=finding.remedy if finding else "add a response_map with $messageid$ to the integration document",
        exchange=sending.call.exchange,
    )


def came_after_all(expected: Expected, arrival: Arrival) -> Failure:
    """It came, but after the deadline."""
    late = format_duration(arrival.at - expected.cause_at - expected.within_s)
    return Failure(
        code=expected.code(7),
        expected=expected.sentence,
        received=f"it came {late} late: webhook #{arrival.exchange} at {expected.offset(arrival)}",
        mend="report sooner, or allow more time by within:",
        exchange=arrival.exchange,
    )


def should_not_have_come(expected: Expected, arrival: Arrival, earlier: Sequence[Arrival]) -> Failure:
    """It came although it should not; *earlier* are those like it."""
    again = f", and #{earlier[-1].exchange} said the same" if earlier else ""
    return Failure(
        code=expected.code(8 if earlier else 10),
        expected=f"no {expected.sentence}",
        received=f"webhook #{arrival.exchange} at {expected.offset(arrival)}{again}",
        mend="post each event once" if earlier else "post only what happened",
        exchange=arrival.exchange,
    )


def never_came(expected: Expected, platform: Platform, account: Account, found: Sequence[Arrival]) -> Failure:
    """It did not come; what came instead says why."""
    arrivals = [each for each in account.inbox.since(expected.cause_at) if each not in found]
    count = len({arrival.exchange for arrival in arrivals})
    for diagnose in (_near, _unread, _other_value, _other_kind):
        failure = diagnose(expected, arrivals, count)
        if failure is not None:
            return failure
    return _stray(expected, platform) or _nothing(expected, count, len(found))


def _received(count: int, arrival: Arrival, expected: Expected) -> str:
    if count == 1:
        return f"1 webhook in that time: #{arrival.exchange} at {expected.offset(arrival)}:"
    return f"{count} webhooks in that time; closest is #{arrival.exchange} at {expected.offset(arrival)}:"


# -- it came, but fitted no model


def _near(expected: Expected, arrivals: Sequence[Arrival], count: int) -> Failure | None:
    near = [each for each in arrivals if each.near and each.near.event_type == expected.event_type]
    if not near:
        return None
    arrival = min(near, key=lambda each: len(each.near.mismatches) if each.near else 0)
    miss = arrival.near
    if miss is None:
        return None
    payload = node_at(arrival.payload, miss.path)
    rows = [_mismatch_row(each, miss, payload, expected) for each in miss.mismatches]
    missing = [each for each in miss.mismatches if each.variable is not None]
    return Failure(
        code=expected.code(2 if missing else 3),
        expected=expected.sentence,
        received=_received(count, arrival, expected),
        details=tuple([*_fitting_rows(miss, payload), *rows][:_MOST_ROWS]),
        mend=_snippet(miss, missing or list(miss.mismatches)),
        exchange=arrival.exchange,
    )


def _fitting_rows(miss: NearMiss, payload: Any) -> list[Detail]:
    """The event key's row, so that it is plain which webhook is meant."""
    return [
        Detail(_label(path), shown(value))
        for path, value in leaves(payload)
        if miss.event_key is not None and equal(value, miss.event_key)
    ][:1]


def _label(path: Path) -> str:
    return jsonpath(path).removeprefix("$").removeprefix(".") or "$"


def _mismatch_row(mismatch: Mismatch, miss: NearMiss, payload: Any, expected: Expected) -> Detail:
    path = mismatch.path[len(miss.path) :]
    if mismatch.present or mismatch.variable is None:
        return Detail(_label(path), f"expected {mismatch.expected}; found {found_in_words(mismatch)}", wrong=True)
    near = nearest_key(path, payload)
    if near is None:
        return Detail(_label(path), "missing", wrong=True)
    value = node_at(payload, near)
    wanted = expected.matchers.get(mismatch.variable, ABSENT)
    same = " with this very value" if wanted is not ABSENT and not differences(wanted, value) else ""
    slip = str(near[-1]).casefold() == str(path[-1]).casefold() and near[:-1] == path[:-1]
    why = "; keys are case-sensitive" if slip else ""
    return Detail(_label(path), f'missing: found "{_label(near)}"{same}{why}', wrong=True)


def _snippet(miss: NearMiss, mismatches: Sequence[Mismatch]) -> str:
    first = mismatches[0]
    path = first.path[len(miss.path) :]
    if not path:
        return f"send {first.expected}"
    value = "…" if first.variable is not None else f'"{miss.event_key}"' if first.is_event_key else first.expected
    *around, last = [str(step) for step in path if isinstance(step, str)] or ["…"]
    text = f'"{last}": {value}'
    for key in reversed(around):
        text = f'"{key}": {{{text}}}'
    return f"send {text}"


def _unread(expected: Expected, arrivals: Sequence[Arrival], count: int) -> Failure | None:
    unread = next((each for each in arrivals if each.problem), None)
    if unread is None:
        return None
    return Failure(
        code=expected.code(9),
        expected=expected.sentence,
        received=_received(count, unread, expected),
        details=(Detail("refused", unread.problem or "", wrong=True),),
        mend="post what a webhook model describes: its method, and a JSON body",
        exchange=unread.exchange,
    )


# -- it came and fitted a model, but not what was expected


def _other_value(expected: Expected, arrivals: Sequence[Arrival], count: int) -> Failure | None:
    same = [each for each in arrivals if each.event and each.event.event_type == expected.event_type]
    if not same:
        return None

    def wrong(arrival: Arrival) -> list[Difference]:
        variables = arrival.event.variables if arrival.event else {}
        return [
            each
            for name, matcher in expected.matchers.items()
            for each in differences(matcher, variables.get(name, ABSENT), name)
        ]

    arrival = min(same, key=lambda each: len(wrong(each)))
    found = wrong(arrival)
    if not found:
        return _consumed(expected, arrival, count)
    is_id = expected.event_type == "messageDelivered" and any(each.path == "messageid" for each in found)
    mend = "send what is expected, or correct the expectation"
    if is_id:
        mend = "report the id that answered SendMessage"
    return Failure(
        code=expected.code(4 if is_id else 3),
        expected=expected.sentence,
        received=_received(count, arrival, expected),
        details=tuple(Detail(each.path, f"expected {each.expected}; found {each.found}", wrong=True) for each in found)[
            :_MOST_ROWS
        ],
        mend=mend,
        exchange=arrival.exchange,
    )


def _consumed(expected: Expected, arrival: Arrival, count: int) -> Failure:
    return Failure(
        code=expected.code(1),
        expected=expected.sentence,
        received=_received(count, arrival, expected),
        details=(Detail("consumed", "an earlier step has taken it; every event counts once", wrong=True),),
        mend="let the provider post it as often as it is expected, or remove a step",
        exchange=arrival.exchange,
    )


def _other_kind(expected: Expected, arrivals: Sequence[Arrival], count: int) -> Failure | None:
    other = [each for each in arrivals if each.event and each.event.event_type != expected.event_type]
    if not other:
        return None
    arrival = other[-1]
    event = arrival.event
    if event is None:
        return None
    mend = f"post what the {expected.event_type} model describes"
    if expected.event_type == "mms" and event.event_type == "message":
        mend = "a file comes as an mms event with $url$, not as a message whose text holds the URL"
    rows = [Detail("event", f"expected {expected.event_type}; found {event.event_type}", wrong=True)]
    rows += [Detail(name, shown(value)) for name, value in event.variables.items()]
    return Failure(
        code=expected.code(6),
        expected=expected.sentence,
        received=_received(count, arrival, expected),
        details=tuple(rows[:_MOST_ROWS]),
        mend=mend,
        exchange=arrival.exchange,
    )


# -- nothing like it came here


def _stray(expected: Expected, platform: Platform) -> Failure | None:
    strays = [each for each in platform.strays() if each.at >= expected.cause_at]
    if not strays:
        return None
    stray = strays[-1]
    urls = platform.webhook_urls()
    return Failure(
        code=expected.code(5),
        expected=expected.sentence,
        received=f"no webhook for this account, but #{stray.exchange} went to a URL that no account has:",
        details=(
            Detail("posted to", stray.path, wrong=True),
            Detail("webhook URL", urls[-1] if urls else "none is open"),
        ),
        mend="post to the webhook URL of the latest Subscribe, letter for letter",
        exchange=stray.exchange,
    )


def _nothing(expected: Expected, count: int, found: int) -> Failure:
    listened = "nothing came, then or in the grace time after it"
    if found:
        listened = f"{found} came, and no more"
    elif count:
        listened = f"{count} webhook{'s' if count > 1 else ''} in that time, none like it"
    mend = "does the provider post to the webhook URL? See its log"
    if expected.event_type == "messageDelivered":
        mend = "report delivery by a webhook; does the provider know the webhook URL?"
    return Failure(code=expected.code(1), expected=expected.sentence, received=listened, mend=mend)
