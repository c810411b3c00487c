"""Decides what to answer to a webhook, and lets it take effect (framework 6). No HTTP here."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core import rules
from emulator.core.bodies import TooLargeError, read_webhook, unpack
from emulator.core.findings import unmuted
from emulator.core.matching import CompiledModel, Matched, match
from emulator.core.near_misses import in_short, near_miss_data
from emulator.core.presenting import event_data, finding_data
from emulator.core.rendering import json_bytes
from emulator.engine.faults import Attempt, fingerprint
from emulator.engine.inbox import Arrival
from emulator.engine.retries import Refusals, webhook_storm
from emulator.errors import Finding, Severity, UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.core.matching import Event
    from emulator.core.messages import Json
    from emulator.core.profile import Profile
    from emulator.engine.accounts import Account
    from emulator.engine.faults import Fault, Faults
    from emulator.engine.sharing import SharedUrl


class Webhook(NamedTuple):
    """A webhook as it came: *body* still packed, *query* without its question mark."""

    method: str
    query: str
    content_type: str | None
    content_encoding: str | None
    body: bytes


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


class Receiver:
    """The webhook models of one document, and how webhooks that fit them or not are answered."""

    def __init__(self, models: Sequence[CompiledModel], profile: Profile, muted: frozenset[str] = frozenset()) -> None:
        self._muted = muted
        self.on_file: Callable[[Account | SharedUrl, Event, int], object] = lambda *_: None
        """Told of each mms that was taken, and of the exchange that brought it."""
        self.on_text: Callable[[Account | SharedUrl, Event], object] = lambda *_: None
        """Told of each text that was taken."""
        self._refusals = Refusals()
        self._profile = profile
        self._result = json_bytes(profile.webhook_result)
        self.use(models)

    def hears(self, code: str) -> bool:
        """Whether anybody wants to hear of findings of that *code*."""
        return code not in self._muted

    def use(self, models: Sequence[CompiledModel]) -> None:
        """Read by *models* from the next webhook on."""
        self._models = models
        self._by_index = {each.index: each.model for each in models}
        self._verbs = frozenset(each.model.verb for each in models) or frozenset({"POST"})

    def receive(self, account: Account | SharedUrl, webhook: Webhook, exchange: int, at: float) -> Verdict:
        """Read *webhook*, match it, and let its events take effect at once."""
        verdict = self._received(account, webhook, exchange, at)
        on_purpose = verdict.fault is not None and not verdict.fault.takes_effect
        if not on_purpose and verdict.status < HTTPStatus.MULTIPLE_CHOICES:
            return verdict
        refused = str(verdict.fault) if on_purpose else str(verdict.status)
        storm = self._refusals.storm((account.webhook_url, fingerprint(webhook.query, webhook.body)), at)
        if storm is None or not self.hears(rules.RETRY_STORM.code):
            return verdict
        found = [*verdict.outcome.get("findings", []), finding_data(webhook_storm(*storm, refused))]
        return verdict._replace(outcome={**verdict.outcome, "findings": found})

    def _received(self, account: Account | SharedUrl, webhook: Webhook, exchange: int, at: float) -> Verdict:
        if webhook.method not in self._verbs:
            verdict = self._wrong_method(account, webhook, exchange, at)
            return self._without_event(account, webhook, verdict, exchange, at)
        try:
            body = unpack(webhook.body, webhook.content_encoding, self._profile.max_webhook_body)
            payload, findings = read_webhook(webhook.method, webhook.query, webhook.content_type, body)
            matched = match(self._models, webhook.method, payload)
        except UnreadableBodyError as error:
            verdict = self.refuse(account, error, exchange, at)
            return self._without_event(account, webhook, verdict, exchange, at)
        if not matched.events:
            verdict = self._matched(account, matched, payload, findings, webhook, exchange, at)
            return self._without_event(account, webhook, verdict, exchange, at)
        faults = account.faults_for(matched.events)
        fault = faults.next(matched.events)
        if fault is not None and not fault.takes_effect:
            verdict = self._refused_on_purpose(account, fault, matched, payload, webhook, exchange, at)
        else:
            verdict = self._matched(account, matched, payload, findings, webhook, exchange, at)
        return verdict if fault is None else verdict._replace(fault=fault, faults=faults)

    def receive_late(self, account: Account, webhook: Webhook, exchange: int, at: float, problem: str) -> Verdict:
        """*webhook* came for an account that is closed: it has no effect, but it is known whose it was."""
        events: tuple[Event, ...] = ()
        with suppress(UnreadableBodyError):  # whose it was is told, not what is wrong with it
            body = unpack(webhook.body, webhook.content_encoding, self._profile.max_webhook_body)
            payload, _ = read_webhook(webhook.method, webhook.query, webhook.content_type, body)
            events = match(self._models, webhook.method, payload).events
            for event in events:
                account.inbox.put(Arrival(exchange=exchange, at=at, payload=payload, event=event))
        outcome: dict[str, Any] = {"events": [event_data(event) for event in events]} if events else {}
        return Verdict(404, b"", {**outcome, "problem": problem}, events=events)

    def refuse(self, account: Account | SharedUrl, error: UnreadableBodyError, exchange: int, at: float) -> Verdict:
        """What a webhook is answered whose body is of no use because of *error*."""
        account.inbox.put(Arrival(exchange=exchange, at=at, problem=error.message, mend=error.mend))
        mend = {"mend": error.mend} if error.mend else {}
        status = 413 if isinstance(error, TooLargeError) else 400
        return self._refusal(status, problem_answer(error.message, **mend), {"problem": error.message})

    def _matched(
        self,
        account: Account | SharedUrl,
        matched: Matched,
        payload: Json,
        findings: tuple[Finding, ...],
        webhook: Webhook,
        exchange: int,
        at: float,
    ) -> Verdict:
        every = list(findings)
        usable, attempt = 0, 1
        for event in matched.events:
            owner = account.whose(event)
            effect = _without_echoed(owner.apply(event, exchange), findings)
            found = (*event.findings, *effect)
            every += found
            refused = next((each for each in effect if each.severity is Severity.ERROR), None)
            usable += refused is None
            known = (*findings, *found)  # how the body was read may be why a value is not the one expected
            told = event._replace(findings=unmuted(known, self._muted)) if known else event
            # What is answered with an error is no event that anybody may expect.
            taken = None if refused else told
            arrival = Arrival(exchange=exchange, at=at, payload=payload, event=taken)
            if refused is not None:
                arrival = arrival._replace(problem=refused.message, mend=refused.remedy)
            tried = owner.faults_for((event,)).taken(event)
            if tried:
                arrival = _tried_before(arrival, tried, fingerprint(webhook.query, webhook.body))
                attempt = max(attempt, arrival.attempts)
            owner.inbox.put(arrival)
            if taken is not None and event.event_type == "mms":
                self.on_file(account, event, exchange)
            elif taken is not None and event.event_type == "message":
                self.on_text(account, event)
        _tell_unmatched(account, matched, payload, exchange, at)
        outcome: dict[str, Any] = {"events": [event_data(event) for event in matched.events]}
        if matched.unmatched:
            outcome["unmatched"] = self._near_misses(matched, payload)
            every += map(_unmatched, outcome["unmatched"])
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

    def _near_misses(self, matched: Matched, payload: Json) -> list[dict[str, Any]]:
        models = self._by_index
        return [
            near_miss_data(miss, payload, None if miss.model is None else models[miss.model])
            for miss in matched.unmatched
        ]

    def _refused_on_purpose(
        self,
        account: Account | SharedUrl,
        fault: Fault,
        matched: Matched,
        payload: Json,
        webhook: Webhook,
        exchange: int,
        at: float,
    ) -> Verdict:
        """What is answered with no 2xx was not taken: nothing happens, but that the attempt is counted."""
        attempt, body = 1, fingerprint(webhook.query, webhook.body)
        for event in matched.events:
            tried = Attempt(event=event, exchange=exchange, at=at, body=body, fault=fault)
            attempt = max(attempt, account.faults_for((event,)).refused(tried))
        _tell_unmatched(account, matched, payload, exchange, at)  # no effect, but a reason for what did not come
        outcome: dict[str, Any] = {"events": [event_data(event) for event in matched.events]}
        if matched.unmatched:
            outcome["unmatched"] = self._near_misses(matched, payload)
        return Verdict(fault.status, _ON_PURPOSE, outcome, None, matched.events, attempt=attempt)

    @staticmethod
    def _without_event(
        account: Account | SharedUrl, webhook: Webhook, verdict: Verdict, exchange: int, at: float
    ) -> Verdict:
        """What is answered on purpose in place of *verdict*; there is no effect that could be left out."""
        faults = account.faults_for(())
        fault = faults.next(())
        if fault is None and not faults.has_refused:
            return verdict
        body = fingerprint(webhook.query, webhook.body)
        if fault is None or fault.takes_effect:
            tried = faults.taken(None, body)
            attempt = tried[-1].number + 1 if tried else 1
            return verdict._replace(fault=fault, faults=faults, attempt=attempt)
        attempt = faults.refused(Attempt(event=None, exchange=exchange, at=at, body=body, fault=fault))
        return Verdict(fault.status, _ON_PURPOSE, verdict.outcome, fault=fault, faults=faults, attempt=attempt)

    def _refusal(self, status: int, answer: bytes, outcome: dict[str, Any], allow: str | None = None) -> Verdict:
        if self._profile.webhook_answer == "lenient" and status != 413:
            return Verdict(200, self._result, outcome)
        return Verdict(status, answer, outcome, allow)

    def _wrong_method(self, account: Account | SharedUrl, webhook: Webhook, exchange: int, at: float) -> Verdict:
        allowed = ", ".join(sorted(self._verbs))
        message = f"{webhook.method} is the method of no webhook model; the models use {allowed}"
        account.inbox.put(Arrival(exchange=exchange, at=at, problem=message))
        answer = problem_answer(message, webhook_url=account.webhook_url)
        return self._refusal(405, answer, {"problem": message}, allowed)


def _without_echoed(effect: Sequence[Finding], findings: Sequence[Finding]) -> Sequence[Finding]:
    """*effect* without what *findings* about the body say better: a blank before a number was a plus sign."""
    if any(each.code == rules.PLUS_IS_A_SPACE.code for each in findings):
        return [each for each in effect if each.code != rules.BLANKS_AROUND.code]
    return effect


def _tell_unmatched(account: Account | SharedUrl, matched: Matched, payload: Json, exchange: int, at: float) -> None:
    for miss in matched.unmatched:
        account.inbox.put(Arrival(exchange=exchange, at=at, payload=payload, near=miss))


def _tried_before(arrival: Arrival, tried: Sequence[Attempt], body: bytes) -> Arrival:
    """*arrival*, whose event was refused before, each time that was *tried*."""
    return arrival._replace(
        attempts=tried[-1].number + 1,
        is_same_body=all(each.body == body for each in tried),
        refused=tuple(each.exchange for each in tried),
    )


def _unmatched(miss: dict[str, Any]) -> Finding:
    return rules.UNMATCHED.on(
        miss["path"],
        f"no webhook model matches: it is {in_short(miss)}",
        "see the differences, or ignore it if nobody needs this event",
    )
