"""Decides what to answer to a webhook, and lets it take effect (framework 6). No HTTP here."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core import rules
from emulator.core.bodies import read_webhook, unpack
from emulator.core.findings import unmuted
from emulator.core.matching import CompiledModel, Matched, match
from emulator.core.near_misses import in_short, near_miss_data
from emulator.core.presenting import event_data, finding_data
from emulator.core.rendering import json_bytes
from emulator.core.report_states import means_failure
from emulator.core.source import jsonpath
from emulator.engine.effects import CERTAIN
from emulator.engine.faults import Attempt, fingerprint
from emulator.engine.inbox import Arrival
from emulator.engine.retries import Refusals, webhook_storm
from emulator.errors import Finding, Severity, UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from emulator.core.matching import Event
    from emulator.core.messages import Json
    from emulator.core.profile import Profile
    from emulator.core.source import Path
    from emulator.engine.accounts import Account
    from emulator.engine.effects import Effects
    from emulator.engine.faults import Fault, Faults
    from emulator.engine.sharing import SharedUrl


class Webhook(NamedTuple):
    """A webhook as it came: *body* still packed, *query* without its question mark."""

    method: str
    query: str
    content_type: str | None
    content_encoding: str | None
    body: bytes


class Read(NamedTuple):
    """What a webhook says; where nobody can read it, *error* is why."""

    payload: Json = None
    findings: tuple[Finding, ...] = ()
    """What is to be said of how its body is written."""
    matched: Matched | None = None
    error: UnreadableBodyError | None = None
    size: int = 0
    """The bytes of it."""


class _Arrived(NamedTuple):
    """A webhook that is decided upon: the number of its exchange, when it came, and what it does."""

    webhook: Webhook
    exchange: int
    at: float
    effects: Effects

    @property
    def fingerprint(self) -> bytes:
        return fingerprint(self.webhook.query, self.webhook.body)

    def put(self, account: Account | SharedUrl, arrival: Arrival) -> None:
        """Tell whoever waits at *account*."""
        self.effects.afterwards(account.inbox.put, arrival)


class Verdict(NamedTuple):
    """What a webhook is answered, and what the journal keeps of it."""

    status: int
    answer: bytes
    outcome: dict[str, Any]
    allow: str | None = None
    events: tuple[Event, ...] = ()
    """What it brought."""
    fault: Fault | None = None
    """How it is answered on purpose instead."""
    faults: Faults | None = None
    """Whose fault that is."""
    attempt: int = 1
    """The how many-th post of its event this is."""


def problem_answer(message: str, **details: Any) -> bytes:
    """``{"error": {"message": …, …}}`` as JSON."""
    return json_bytes({"error": {"message": message, **details}})


_ON_PURPOSE = problem_answer("refused on purpose, to see what the provider does now")


_NEVER_TAKEN = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
"""What the lenient does not answer with 200 either."""


class Receiver:
    """The webhook models of one document, and how webhooks that fit them or not are answered."""

    def __init__(
        self,
        models: Sequence[CompiledModel],
        profile: Profile,
        muted: frozenset[str] = frozenset(),
        place: Callable[[Path], str] = jsonpath,
    ) -> None:
        """*place* says where in the document's file a path is."""
        self._muted = muted
        self.on_file: Callable[[Account | SharedUrl, Event, int], object] = lambda *_: None
        """Told of each mms that was taken, and of the exchange that brought it."""
        self.on_text: Callable[[Account | SharedUrl, Event], object] = lambda *_: None
        """Told of each text that was taken."""
        self._refusals = Refusals()
        self._profile = profile
        self._result = json_bytes(profile.webhook_result)
        self.use(models, place)

    @property
    def takes_from_pages(self) -> bool:
        """Whether a webhook that a web page sent is taken as any other."""
        return self._profile.webhooks_from_pages == "take"

    def hears(self, code: str) -> bool:
        """Whether anybody wants to hear of findings of that *code*."""
        return code not in self._muted

    def _knows(self, miss: Mapping[str, Any]) -> bool:
        """Whether somebody has said that the provider reports such a state."""
        state = miss["nearest"] and miss["nearest"]["state"]
        return bool(state) and rules.known_state(state) in self._muted

    def use(self, models: Sequence[CompiledModel], place: Callable[[Path], str] = jsonpath) -> None:
        """Read by *models* from the next webhook on."""
        self._models, self._place = models, place
        self._by_index = {each.index: each.model for each in models}
        self._verbs = frozenset(each.model.verb for each in models) or frozenset({"POST"})

    def read(self, webhook: Webhook) -> Read:
        """What *webhook* says. That may take its time, and has no effect."""
        if webhook.method not in self._verbs:
            return Read()
        try:
            body = unpack(webhook.body, webhook.content_encoding, self._profile.max_webhook_body)
            payload, findings = read_webhook(webhook.method, webhook.query, webhook.content_type, body)
            matched = match(self._models, webhook.method, payload)
            return Read(payload, findings, matched, size=len(webhook.body) + len(webhook.query))
        except UnreadableBodyError as error:
            return Read(error=error)

    def receive(
        self,
        account: Account | SharedUrl,
        webhook: Webhook,
        read: Read,
        exchange: int,
        at: float,
        effects: Effects = CERTAIN,
    ) -> Verdict:
        """Decide on *webhook*, which says what was *read*, and let its events take effect."""
        arrived = _Arrived(webhook, exchange, at, effects)
        verdict = self._received(account, arrived, read)
        on_purpose = verdict.fault is not None and not verdict.fault.takes_effect
        if not on_purpose and verdict.status < HTTPStatus.MULTIPLE_CHOICES:
            return verdict
        refused = str(verdict.fault) if on_purpose else str(verdict.status)
        storm = self._refusals.storm((account.webhook_url, arrived.fingerprint), at)
        if storm is None or not self.hears(rules.RETRY_STORM.code):
            return verdict
        found = [*verdict.outcome.get("findings", []), finding_data(webhook_storm(*storm, refused))]
        return verdict._replace(outcome={**verdict.outcome, "findings": found})

    def _received(self, account: Account | SharedUrl, arrived: _Arrived, read: Read) -> Verdict:
        if read.error is not None:
            return self._without_event(account, arrived, self._unread(account, arrived, read.error))
        if read.matched is None:
            return self._without_event(account, arrived, self._wrong_method(account, arrived))
        if not read.matched.events:
            return self._without_event(account, arrived, self._matched(account, arrived, read, read.matched))
        faults = account.faults_for(read.matched.events)
        fault = faults.next(read.matched.events, arrived.effects)
        if fault is not None and not fault.takes_effect:
            verdict = self._refused_on_purpose(account, fault, arrived, read, read.matched)
        else:
            verdict = self._matched(account, arrived, read, read.matched)
        return verdict if fault is None else verdict._replace(fault=fault, faults=faults)

    def receive_late(
        self, account: Account, read: Read, exchange: int, at: float, problem: str, effects: Effects = CERTAIN
    ) -> Verdict:
        """A webhook came for an account that is closed: it has no effect, but it is known whose it was."""
        # Whose it was is told, not what is wrong with it.
        events = read.matched.events if read.matched is not None else ()
        size = read.size // (len(events) or 1)
        for event in events:
            arrival = Arrival(exchange, at, read.payload, event, size=size)
            effects.afterwards(account.inbox.put, arrival)
        outcome: dict[str, Any] = {"events": [event_data(event) for event in events]} if events else {}
        return Verdict(404, b"", {**outcome, "problem": problem}, events=events)

    def refuse(
        self,
        account: Account | SharedUrl,
        error: UnreadableBodyError,
        exchange: int,
        at: float,
        effects: Effects = CERTAIN,
    ) -> Verdict:
        """What a webhook is answered whose body is of no use because of *error*."""
        arrival = Arrival(exchange=exchange, at=at, problem=error.message, mend=error.mend)
        effects.afterwards(account.inbox.put, arrival)
        mend = {"mend": error.mend} if error.mend else {}
        return self._refusal(error.status, problem_answer(error.message, **mend), {"problem": error.message, **mend})

    def _unread(self, account: Account | SharedUrl, arrived: _Arrived, error: UnreadableBodyError) -> Verdict:
        return self.refuse(account, error, arrived.exchange, arrived.at, arrived.effects)

    def _matched(self, account: Account | SharedUrl, arrived: _Arrived, read: Read, matched: Matched) -> Verdict:
        every = list(read.findings)
        usable, attempt, size = 0, 1, read.size // (len(matched.events) + len(matched.unmatched) or 1)
        for event in matched.events:
            owner = account.whose(event)
            effect = _without_echoed(owner.apply(event, arrived.exchange, arrived.effects), read.findings)
            found = (*event.findings, *effect)
            every += found
            refused = next((each for each in effect if each.severity is Severity.ERROR), None)
            usable += refused is None
            known = (*read.findings, *found)  # how the body was read may be why a value is not the one expected
            told = event._replace(findings=unmuted(known, self._muted)) if known else event
            # What is answered with an error is no event that anybody may expect.
            taken = None if refused else told
            arrival = Arrival(arrived.exchange, arrived.at, read.payload, taken, size=size)
            if refused is not None:
                arrival = arrival._replace(problem=refused.message, mend=refused.remedy)
            tried = owner.faults_for((event,)).taken(event, effects=arrived.effects)
            if tried:
                arrival = _tried_before(arrival, tried, arrived.fingerprint)
                attempt = max(attempt, arrival.attempts)
            arrived.put(owner, arrival)
            if taken is not None:
                self._tell(account, event, arrived)
        _tell_unmatched(account, matched, read, arrived)
        outcome: dict[str, Any] = {"events": [event_data(event) for event in matched.events]}
        if matched.unmatched:
            outcome["unmatched"] = self._near_misses(matched, read.payload)
            every += [_unmatched(miss) for miss in outcome["unmatched"] if not self._knows(miss)]
        if every and (heard := unmuted(every, self._muted)):
            outcome["findings"] = [finding_data(finding) for finding in heard]
        if usable:
            return Verdict(200, self._result, outcome, None, matched.events, attempt=attempt)
        if matched.events:
            message = next(finding.message for finding in every if finding.severity is Severity.ERROR)
            answer = problem_answer(message, known_numbers=list(account.organization.numbers))
        else:
            answer = problem_answer("no webhook model matches", unmatched=outcome.get("unmatched", []))
        return self._refusal(422, answer, outcome)._replace(events=matched.events)

    def _tell(self, account: Account | SharedUrl, event: Event, arrived: _Arrived) -> None:
        """Tell of *event*, once it is recorded."""
        if event.event_type == "mms":
            arrived.effects.afterwards(self.on_file, account, event, arrived.exchange)
        elif event.event_type == "message":
            arrived.effects.afterwards(self.on_text, account, event)

    def _near_misses(self, matched: Matched, payload: Json) -> list[dict[str, Any]]:
        models = self._by_index
        return [
            near_miss_data(miss, payload, None if miss.model is None else models[miss.model], place=self._place)
            for miss in matched.unmatched
        ]

    def _refused_on_purpose(
        self, account: Account | SharedUrl, fault: Fault, arrived: _Arrived, read: Read, matched: Matched
    ) -> Verdict:
        """What is answered with no 2xx was not taken: nothing happens, but that the attempt is counted."""
        attempt, body = 1, arrived.fingerprint
        for event in matched.events:
            tried = Attempt(event=event, exchange=arrived.exchange, at=arrived.at, body=body, fault=fault)
            attempt = max(attempt, account.faults_for((event,)).refused(tried, arrived.effects))
        _tell_unmatched(account, matched, read, arrived)  # no effect, but a reason for what did not come
        outcome: dict[str, Any] = {"events": [event_data(event) for event in matched.events]}
        if matched.unmatched:
            outcome["unmatched"] = self._near_misses(matched, read.payload)
        return Verdict(fault.status, _ON_PURPOSE, outcome, None, matched.events, attempt=attempt)

    @staticmethod
    def _without_event(account: Account | SharedUrl, arrived: _Arrived, verdict: Verdict) -> Verdict:
        """What is answered on purpose in place of *verdict*; there is no effect that could be left out."""
        faults = account.faults_for(())
        fault = faults.next((), arrived.effects)
        if fault is None and not faults.has_refused:
            return verdict
        body = arrived.fingerprint
        if fault is None or fault.takes_effect:
            tried = faults.taken(None, body, arrived.effects)
            attempt = tried[-1].number + 1 if tried else 1
            return verdict._replace(fault=fault, faults=faults, attempt=attempt)
        refused = Attempt(event=None, exchange=arrived.exchange, at=arrived.at, body=body, fault=fault)
        attempt = faults.refused(refused, arrived.effects)
        return Verdict(fault.status, _ON_PURPOSE, verdict.outcome, fault=fault, faults=faults, attempt=attempt)

    def _refusal(self, status: int, answer: bytes, outcome: dict[str, Any], allow: str | None = None) -> Verdict:
        if self._profile.webhook_answer == "lenient" and status not in _NEVER_TAKEN:
            return Verdict(200, self._result, outcome)
        return Verdict(status, answer, outcome, allow)

    def _wrong_method(self, account: Account | SharedUrl, arrived: _Arrived) -> Verdict:
        allowed = ", ".join(sorted(self._verbs))
        message = f"{arrived.webhook.method} is the method of no webhook model; the models use {allowed}"
        arrived.put(account, Arrival(arrived.exchange, arrived.at, problem=message))
        answer = problem_answer(message, webhook_url=account.webhook_url)
        return self._refusal(405, answer, {"problem": message}, allowed)


def _without_echoed(effect: Sequence[Finding], findings: Sequence[Finding]) -> Sequence[Finding]:
    """*effect* without what *findings* about the body say better: a blank before a number was a plus sign."""
    if any(each.code == rules.PLUS_IS_A_SPACE.code for each in findings):
        return [each for each in effect if each.code != rules.BLANKS_AROUND.code]
    return effect


def _tell_unmatched(account: Account | SharedUrl, matched: Matched, read: Read, arrived: _Arrived) -> None:
    for miss in matched.unmatched:
        size = read.size // (len(matched.events) + len(matched.unmatched))
        arrived.put(account, Arrival(arrived.exchange, arrived.at, read.payload, near=miss, size=size))


def _tried_before(arrival: Arrival, tried: Sequence[Attempt], body: bytes) -> Arrival:
    """*arrival*, whose event was refused before, each time that was *tried*."""
    return arrival._replace(
        attempts=tried[-1].number + 1,
        is_same_body=all(each.body == body for each in tried),
        refused=tuple(each.exchange for each in tried),
    )


def _unmatched(miss: dict[str, Any]) -> Finding:
    remedy = "see the differences, or ignore it if nobody needs this event"
    state = miss["nearest"] and miss["nearest"]["state"]
    if state and not means_failure(state):
        known = rules.known_state(state)
        remedy = f'nothing to do; ignore_findings: ["{known}"] in the project file says that you know this state'
    return rules.UNMATCHED.on(miss["path"], f"no webhook model matches: it is {in_short(miss)}", remedy)
