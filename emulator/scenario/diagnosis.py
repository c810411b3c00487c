"""Why an expected event did not come: the sentence, the rows and the remedy of a failure.

Each way to fail has a code of its own behind ``WH-MESSAGE-``, ``WH-MMS-`` or ``WH-DELIVERED-``: 01 never,
02 a key is wrong, 03 a value is wrong, 04 the id is wrong, 05 the account is wrong, 06 the kind is wrong,
07 late, 08 a duplicate, 09 it could not be read, 10 it should not have come, 11 it can never be matched, 12 too early,
13 ``sink`` refused it and it was not posted again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core import rules
from emulator.core.comparing import ABSENT, Difference, describe, differences, shown
from emulator.core.document import EventType, WebhookModel
from emulator.core.matching import compile_models, match
from emulator.core.near_misses import near_miss_data, rows
from emulator.core.remedies import example
from emulator.core.report_states import is_failure, is_state
from emulator.core.scalars import duration_literal, format_duration
from emulator.core.source import node_at
from emulator.core.template import leaves
from emulator.engine.accounts import CLOSED, ONE_URL_FOR_ALL
from emulator.engine.inbox import Arrival
from emulator.engine.searching import Wanted
from emulator.scenario.other_values import sharing_an_id, why_other_value
from emulator.scenario.results import Detail, Failure

if TYPE_CHECKING:
    from emulator.core.conversations import Message
    from emulator.core.matching import NearMiss
    from emulator.core.source import Path
    from emulator.engine.accounts import Account
    from emulator.engine.directory import Stray
    from emulator.engine.platform import Platform, Sending

_MOST_ROWS = 8
_NO_MAP = "add a response_map with $messageid$ to the integration document"
_CODES = {"message": "MESSAGE", "mms": "MMS", "messageDelivered": "DELIVERED"}


@dataclass(frozen=True, slots=True)
class Expected:
    """An event that is waited for. *cause* names the step it counts from; times are on the engine's clock."""

    event_type: EventType
    matchers: Mapping[str, Any]
    within_s: float
    cause: str
    cause_at: float
    times: int = 1
    cause_began: float | None = None
    """Where the cause took a while and it counts from its end."""

    @property
    def since(self) -> float:
        """What came before cannot be the cause's doing."""
        return self.cause_at if self.cause_began is None else self.cause_began

    @property
    def deadline(self) -> float:
        """When it should have come at the latest."""
        return self.cause_at + self.within_s

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
        times = f" {self.times} times" if self.times > 1 else ""
        return f"{self.event}{times}   within {duration_literal(self.within_s)} of {self.cause}"

    def wrong(self, arrival: Arrival) -> tuple[Difference, ...]:
        """Every way in which an event of this type is not the one."""
        variables = arrival.event.variables if arrival.event else {}
        return tuple(
            each
            for name, matcher in self.matchers.items()
            for each in differences(matcher, variables.get(name, ABSENT), name)
        )

    def is_it(self, arrival: Arrival) -> bool:
        """Whether *arrival* is the event that is waited for."""
        return _is(arrival, self.event_type) and not self.wrong(arrival)

    def offset(self, arrival: Arrival) -> str:
        """``+1.21 s``: how long after the cause it came."""
        return f"+{format_duration(max(0.0, arrival.at - self.cause_at))}"


def untracked(expected: Expected, sending: Sending) -> Failure:
    """The message was sent, but its answer named no id: nothing can ever match it."""
    finding = next((each for each in sending.call.findings if each.code == rules.UNTRACKED.code), None)
    if sending.call.failure is not None:
        return _never_sent(expected, sending.call.failure, sending)
    inside = next((each for each in sending.call.findings if each.code == rules.FAILURE_INSIDE.code), None)
    whys = [each for each in (finding, inside) if each is not None]
    rows = [each.message for each in whys] or ["the document has no response_map for it"]
    return Failure(
        code=expected.code(11),
        expected=f"{expected.event_type}   for {sending.call.name} #{sending.call.exchange}",
        received="its answer named no message id, so no report can ever match it:",
        details=tuple(Detail("answer", row, wrong=True) for row in rows),
        mend=whys[0].remedy if whys else _NO_MAP,
        exchange=sending.call.exchange,
    )


def _never_sent(expected: Expected, reason: str, sending: Sending) -> Failure:
    return Failure(
        code=expected.code(11),
        expected=f"{expected.event_type}   for {sending.call.name} #{sending.call.exchange}",
        received="the message was not sent, so no report can come:",
        details=(Detail("answer", reason, wrong=True),),
        mend=sending.call.mend or "see the provider's log",
        exchange=sending.call.exchange,
    )


def came_after_all(expected: Expected, arrival: Arrival, ended_at: float | None = None) -> Failure:
    """It came, but after the deadline, perhaps only when the scenario had *ended*."""
    late = format_duration(arrival.at - expected.deadline)
    ended = "" if ended_at is None or arrival.at < ended_at else ", when the scenario had ended"
    return Failure(
        code=expected.code(7),
        expected=expected.sentence,
        received=f"it came {late} after the deadline: webhook #{arrival.exchange} at {expected.offset(arrival)}{ended}",
        mend="report sooner, or allow more time by within:",
        exchange=arrival.exchange,
    )


def came_too_early(expected: Expected, arrival: Arrival, after: str) -> Failure:
    """It came before what it should follow, inside ``in_order``."""
    return Failure(
        code=expected.code(12),
        expected=f"{expected.sentence}, after {after}",
        received=f"it came too early: webhook #{arrival.exchange} at {expected.offset(arrival)}, before {after}",
        mend="keep the order, or take the step out of in_order if the order does not matter",
        exchange=arrival.exchange,
    )


def alike(one: Arrival, other: Arrival) -> bool:
    """Whether two arrivals brought the same event."""
    if one.event is None or other.event is None:
        return False
    same_type = one.event.event_type == other.event.event_type
    return same_type and dict(one.event.variables) == dict(other.event.variables)


def should_not_have_come(expected: Expected, arrival: Arrival, came: Sequence[Arrival]) -> Failure:
    """*arrival* came although it should not; it is one of all those that *came*."""
    earlier = [each for each in takewhile(lambda each: each is not arrival, came) if alike(each, arrival)]
    again = ""
    if earlier:
        other = earlier[-1].exchange
        again = ", which says it twice" if other == arrival.exchange else f"; #{other} said the same before"
    return Failure(
        code=expected.code(8 if earlier else 10),
        expected=f"no {expected.sentence}",
        received=f"webhook #{arrival.exchange} at {expected.offset(arrival)}{again}:",
        details=tuple(_variables(arrival)),
        mend="post each event once" if earlier else "post nothing here, or remove this step",
        exchange=arrival.exchange,
    )


def _variables(arrival: Arrival) -> list[Detail]:
    return [Detail(name, shown(value)) for name, value in arrival.event.variables.items()] if arrival.event else []


def never_came(
    expected: Expected, platform: Platform, account: Account, found: Sequence[Arrival], grace_s: float = 0.0
) -> Failure:
    """It did not come; what came instead says why.

    *found* are those that the step did take, *grace_s* how long it listened on after the deadline.
    """
    arrivals = [each for each in account.inbox.since(expected.since) if each not in found]
    left = {id(each) for each in account.inbox.unconsumed()}
    fresh = [each for each in arrivals if each.event is None or id(each) in left]
    integration = platform.settings.integration
    case = _Case(expected, fresh, integration.document.webhooks, integration.key_place)
    return (
        _refused_on_purpose(expected, account)
        or case.near()
        or case.unread(platform)
        or case.other_value(account.messages())
        or _consumed(expected, arrivals, account)
        or _elsewhere(expected, platform, account)
        or _stray(expected, platform)
        or _no_http(expected, platform)
        or case.other_kind()
        or case.unmatched(platform)
        or case.nothing(len(arrivals), len(found), grace_s, _subscribed(platform, account))
    )


def with_its_answer(failure: Failure, expected: Expected, sending: Sending | None) -> Failure:
    """*failure*, and where no report came of a message whose answer said that it failed, that: it is why."""
    if sending is None or failure.code != expected.code(1) or expected.event_type != "messageDelivered":
        return failure
    inside = next((each for each in sending.call.findings if each.code == rules.FAILURE_INSIDE.code), None)
    if inside is None:
        return failure
    row = Detail(f"#{sending.call.exchange}", inside.message, wrong=True)
    return replace(
        failure, details=(*failure.details, row), mend=f"mend what the answer says; so that it is seen: {inside.remedy}"
    )


class _Case(NamedTuple):
    """What came in the time of *expected*, earlier steps' own events aside. Each method is one way to have failed."""

    expected: Expected
    arrivals: Sequence[Arrival]
    models: Sequence[WebhookModel]
    place: Callable[[Path], str]
    """Where in the document's file something stands."""

    def failure(self, number: int, arrival: Arrival, rows: Sequence[Detail], mend: str) -> Failure:
        """That *arrival* came closest, and what is wrong with it."""
        return Failure(
            code=self.expected.code(number),
            expected=self.expected.sentence,
            received=_received(self.expected, self.arrivals, arrival),
            details=tuple(rows[:_MOST_ROWS]),
            mend=mend,
            exchange=arrival.exchange,
        )

    # -- it came, but fitted no model

    def near(self) -> Failure | None:
        """A key or a literal of the expected event's model is wrong."""
        near = [(each, each.near) for each in self.arrivals if each.near]
        near = [each for each in near if each[1].event_type == self.expected.event_type]
        return self._nearest([each for each in near if not is_state(each[1]) or self._is_the_end(each)])

    def _is_the_end(self, found: tuple[Arrival, NearMiss]) -> bool:
        """Whether a report of a state says that this message was not delivered: any other report explains less."""
        return is_failure(found[1]) and self._is_about_it(found)

    def unmatched(self, platform: Platform) -> Failure | None:
        """Whatever model comes closest, it is told why it is not the expected event."""
        models = [each for each in compile_models(self.models) if each.model.event_type == self.expected.event_type]
        misses = []
        for arrival in self.arrivals:
            exchange = platform.journal.get(arrival.exchange)
            if arrival.near is not None and exchange is not None:
                matched = match(models, exchange.request.method, arrival.payload)
                misses += [(arrival, miss) for miss in matched.unmatched]
        return self._nearest(misses)

    def _nearest(self, misses: Sequence[tuple[Arrival, NearMiss]]) -> Failure | None:
        if not misses:
            return None
        arrival, miss = max(reversed(misses), key=lambda each: (self._is_about_it(each), each[1].likeness))
        data = near_miss_data(miss, arrival.payload, self.models[miss.model or 0], self._is_expected, place=self.place)
        details = [Detail(*row) for row in rows(data, arrival.payload, miss.path)]
        missing = any(not each.present for each in miss.mismatches)
        failure = self.failure(2 if missing else 3, arrival, details, data["nearest"]["remedy"])
        state = data["nearest"]["state"]
        return failure if state is None else replace(failure, received=self._reported(state, arrival, miss))

    def _reported(self, state: str, arrival: Arrival, miss: NearMiss) -> str:
        """That the provider says something else of a message than that it is delivered."""
        whose = "this message" if self._is_about_it((arrival, miss)) else "another message"
        by = f"by webhook #{arrival.exchange} at {self.expected.offset(arrival)}"
        return f"the provider reported {whose} as {state!r}, {by}:"

    def _is_about_it(self, found: tuple[Arrival, NearMiss]) -> bool:
        """Whether the id that is waited for stands in a webhook; any will do where none is."""
        arrival, miss = found
        if "messageid" not in self.expected.matchers:
            return True
        return any(self._is_expected("messageid", value) for _, value in leaves(node_at(arrival.payload, miss.path)))

    def _is_expected(self, variable: str, value: Any) -> bool:
        matcher = self.expected.matchers.get(variable, ABSENT)
        return matcher is not ABSENT and not differences(matcher, value)

    def unread(self, platform: Platform) -> Failure | None:
        """It could not be read; of several, the one whose bytes hold most of what is waited for."""
        unread = [each for each in self.arrivals if each.problem]
        if not unread:
            return None
        arrival = max(unread, key=lambda each: self._words_in(each, platform))
        rows = [Detail("refused", arrival.problem or "", wrong=True)]
        mend = self._example() if arrival.mend is None else f"{arrival.mend}; {self._example()}"
        return self.failure(9, arrival, rows, mend)

    def _words_in(self, arrival: Arrival, platform: Platform) -> int:
        """How many texts that are expected, the event key among them, stand in what nobody could read."""
        exchange = platform.journal.get(arrival.exchange)
        body = exchange.request.body if exchange is not None else b""
        words = {each.event_key for each in self.models if each.event_type == self.expected.event_type}
        words |= {each for each in self.expected.matchers.values() if isinstance(each, str)}
        return sum(word.encode() in body for word in words)

    # -- it came and fitted a model, but not what was expected

    def other_value(self, messages: Sequence[Message]) -> Failure | None:
        """A value, or the message's id, is another."""
        same = [each for each in self.arrivals if _is(each, self.expected.event_type)]
        if not same:
            return None
        arrival = min(same, key=lambda each: len(self.expected.wrong(each)))
        wrong = self.expected.wrong(arrival)
        rows = [Detail(each.path, f"expected {each.expected}; found {each.found}", wrong=True) for each in wrong]
        why = why_other_value(arrival, wrong, self.expected.matchers, messages)
        number = 4 if any(each.path == "messageid" for each in wrong) else 3
        return self.failure(number, arrival, [*rows, *why.rows], why.mend)

    def other_kind(self) -> Failure | None:
        """It is another event."""
        other = [(each, each.event.event_type) for each in self.arrivals if each.event]
        if not other:
            return None
        (arrival, kind), wanted = other[-1], self.expected.event_type
        why = "; a text that holds a URL is no file" if (wanted, kind) == ("mms", "message") else ""
        rows = [Detail("event", f"expected {wanted}; found {kind}{why}", wrong=True), *_variables(arrival)]
        return self.failure(6, arrival, rows, self._example())

    # -- nothing like it came

    def nothing(self, consumed: int, found: int, grace_s: float, subscribed: str | None) -> Failure:
        """Nothing came, or nothing more; *subscribed* says how the provider took the webhook URL, if it did."""
        after = f", then or in the {format_duration(grace_s)} after it" if grace_s else ""
        listened = f"nothing came{after}"
        where = f"to the webhook URL; {subscribed or 'does the provider know that?'}"
        if found:
            listened, where = f"{found} of {self.expected.times} came, and no more", "as often as it is expected"
        elif consumed:
            listened, where = "nothing but what earlier steps have taken", "too"
        return Failure(
            code=self.expected.code(1),
            expected=self.expected.sentence,
            received=listened,
            mend=f"{self._example()} {where}",
        )

    def _example(self) -> str:
        """``POST {"method": "delivered", …}``: what the model of the expected event describes."""
        return example(next(each for each in self.models if each.event_type == self.expected.event_type))


def _received(expected: Expected, arrivals: Sequence[Arrival], closest: Arrival) -> str:
    count = len({each.exchange for each in arrivals})
    which = f"#{closest.exchange} at {expected.offset(closest)}:"
    return f"1 webhook in that time: {which}" if count == 1 else f"{count} webhooks in that time; closest is {which}"


def _subscribed(platform: Platform, account: Account) -> str | None:
    """``Subscribe #1 was answered 201 for it``: the provider knows the webhook URL."""
    wanted = Wanted(direction="out", kind="Subscribe", account=account.label.removesuffix(CLOSED), status=(200, 299))
    told = platform.journal.search(wanted, above=0, below=platform.journal.last_id + 1, limit=1)
    for each in told:
        if each.reply:
            public = platform.settings.public_url
            here = f"; does {public} (public_url) lead to this machine?" if public is not None else ""
            return f"Subscribe #{each.id} was answered {each.reply.status} for it{here}"
    return None


def _is(arrival: Arrival, event_type: EventType) -> bool:
    return arrival.event is not None and arrival.event.event_type == event_type


def _consumed(expected: Expected, arrivals: Sequence[Arrival], account: Account) -> Failure | None:
    """The very event came, but an earlier step has it."""
    taken = [each for each in arrivals if _is(each, expected.event_type) and not expected.wrong(each)]
    if not taken:
        return None
    details = [Detail("consumed", "an earlier step has taken it; every event counts once", wrong=True)]
    mend = "let the provider post it as often as it is expected, or remove a step"
    shared = sharing_an_id(account.messages(), expected.matchers.get("messageid"))
    if shared:
        details.append(Detail("messageid", f"{shared} were answered with this same id", wrong=True))
        mend = "answer each SendMessage with an id of its own"
    return Failure(
        code=expected.code(1),
        expected=expected.sentence,
        received=_received(expected, taken, taken[-1]),
        details=tuple(details),
        mend=mend,
        exchange=taken[-1].exchange,
    )


def _refused_on_purpose(expected: Expected, account: Account) -> Failure | None:
    """It came, but ``sink`` had it answered otherwise, and it was not posted again."""
    for tried in account.faults.attempts():
        last = tried[-1]
        arrival = Arrival(exchange=last.exchange, at=last.at, event=last.event)
        if not _is(arrival, expected.event_type) or expected.wrong(arrival) or last.at < expected.since:
            continue
        posts = "once" if len(tried) == 1 else f"{len(tried)} times"
        rows = [Detail(f"#{each.exchange}", f"at +{_since(each.at, expected)}: {each.fault}") for each in tried]
        return Failure(
            code=expected.code(13),
            expected=expected.sentence,
            received=f"it was posted {posts}, refused by the sink step each time, and not posted again:",
            details=tuple(rows[-_MOST_ROWS:]),
            mend="post a webhook again until it is answered with a 2xx, or give it more time by within:",
            exchange=last.exchange,
        )
    return None


def _since(at: float, expected: Expected) -> str:
    return format_duration(max(0.0, at - expected.cause_at))


def _elsewhere(expected: Expected, platform: Platform, account: Account) -> Failure | None:
    """It went to the webhook URL of another account, whose scenario had no use for it."""
    found = [
        (other, each)
        for other in platform.others(account)
        for each in other.inbox.unconsumed()
        if each.at >= expected.since and expected.is_it(each)
    ]
    if not found:
        return None
    other, arrival = found[-1]
    return Failure(
        code=expected.code(5),
        expected=expected.sentence,
        received=f"it went to the webhook URL of another account: #{arrival.exchange} at {expected.offset(arrival)}",
        details=(
            Detail(
                "posted to", f"{other.webhook_url}; {_subscribed(platform, other) or 'never subscribed'}", wrong=True
            ),
            Detail("webhook URL", f"{account.webhook_url}; {_subscribed(platform, account) or 'never subscribed'}"),
        ),
        mend=ONE_URL_FOR_ALL,
        exchange=arrival.exchange,
    )


def _stray(expected: Expected, platform: Platform) -> Failure | None:
    """It went to a URL that no account has."""
    strays = [each for each in platform.strays() if each.at >= expected.since and _may_be_ours(each, expected)]
    if not strays:
        return None
    stray, url = strays[-1], platform.webhook_urls()[-1]
    return Failure(
        code=expected.code(5),
        expected=expected.sentence,
        received=f"no such webhook for this account, but #{stray.exchange} went to a URL that no account has:",
        details=(Detail("posted to", stray.path, wrong=True), Detail("webhook URL", url)),
        mend="post to the webhook URL of the latest Subscribe, letter for letter",
        exchange=stray.exchange,
    )


def _may_be_ours(stray: Stray, expected: Expected) -> bool:
    """Whether *stray* may be what is waited for: what came for an account that is closed says whose it was."""
    if not stray.is_late:
        return True
    arrivals = [Arrival(exchange=stray.exchange, at=stray.at, event=event) for event in stray.events]
    return any(map(expected.is_it, arrivals))


def _no_http(expected: Expected, platform: Platform) -> Failure | None:
    """Something came, but it was no HTTP request."""
    garbled = [each for each in platform.garbled() if each.at >= expected.since]
    if not garbled:
        return None
    latest = {each.reason: each for each in garbled}
    came = "1 request came that was" if len(garbled) == 1 else f"{len(garbled)} requests came that were"
    return Failure(
        code=expected.code(9),
        expected=expected.sentence,
        received=f"no webhook that can be read, but {came} no HTTP:",
        details=tuple(
            Detail(f"#{each.exchange}", each.reason, wrong=True) for each in [*latest.values()][-_MOST_ROWS:]
        ),
        mend=garbled[-1].mend,
        exchange=garbled[-1].exchange,
        replayable=False,
    )
