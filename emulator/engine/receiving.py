"""Decides what to answer to a webhook, and lets it take effect (framework 6). No HTTP here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.core import rules
from emulator.core.bodies import TooLargeError, read_webhook, unpack
from emulator.core.matching import CompiledModel, Matched, match
from emulator.core.presenting import event_data, finding_data, near_miss_data
from emulator.core.rendering import json_bytes
from emulator.core.source import jsonpath
from emulator.engine.faults import Attempt
from emulator.engine.inbox import Arrival
from emulator.errors import Finding, Severity, UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.core.matching import Event
    from emulator.core.messages import Json
    from emulator.core.profile import Profile
    from emulator.engine.accounts import Account
    from emulator.engine.faults import Fault
    from emulator.engine.sharing import SharedUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
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
    attempt: int = 1
    """The how many-th post of its event this is."""


def problem_answer(message: str, **details: Any) -> bytes:
    """``{"error": {"message": …, …}}`` as JSON."""
    return json_bytes({"error": {"message": message, **details}})


class Receiver:
    """The webhook models of one document, and how webhooks that fit them or not are answered."""

    def __init__(self, models: Sequence[CompiledModel], profile: Profile) -> None:
        self._models = models
        self._profile = profile
        self._verbs = frozenset(each.model.verb for each in models) or frozenset({"POST"})
        self._result = json_bytes(profile.webhook_result)

    def receive(self, account: Account | SharedUrl, webhook: Webhook, exchange: int, at: float) -> Verdict:
        """Read *webhook*, match it, and let its events take effect at once."""
        if webhook.method not in self._verbs:
            return self._wrong_method(account, webhook, exchange, at)
        try:
            body = unpack(webhook.body, webhook.content_encoding, self._profile.max_webhook_body)
            payload, findings = read_webhook(webhook.method, webhook.query, webhook.content_type, body)
            matched = match(self._models, webhook.method, payload)
        except UnreadableBodyError as error:
            return self.refuse(account, error, exchange, at)
        fault = account.of(matched.events).faults.next(matched.events)
        if fault is not None and not fault.takes_effect:
            return self._refused_on_purpose(account, fault, matched, webhook, exchange, at)
        verdict = self._matched(account, matched, payload, findings, webhook, exchange, at)
        return verdict._replace(events=tuple(matched.events), fault=fault)

    def refuse(self, account: Account | SharedUrl, error: UnreadableBodyError, exchange: int, at: float) -> Verdict:
        """What a webhook is answered whose body is of no use because of *error*."""
        account.inbox.put(Arrival(exchange=exchange, at=at, problem=error.message))
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
            effect = account.apply(event)
            every += [*event.findings, *effect]
            refused = next((each.message for each in effect if each.severity is Severity.ERROR), None)
            usable += refused is None
            told = event._replace(findings=(*event.findings, *effect)) if effect else event
            # What is answered with an error is no event that anybody may expect.
            taken = None if refused else told
            tried = account.of((event,)).faults.taken(event)
            attempt = max(attempt, len(tried) + 1)
            account.inbox.put(
                Arrival(
                    exchange=exchange,
                    at=at,
                    payload=payload,
                    event=taken,
                    problem=refused,
                    attempts=len(tried) + 1,
                    is_same_body=all(each.body == webhook.body for each in tried),
                )
            )
        for miss in matched.unmatched:
            account.inbox.put(Arrival(exchange=exchange, at=at, payload=payload, near=miss))
            every.append(_unmatched(miss.path, miss.event_type))
        outcome: dict[str, Any] = {"events": [event_data(event) for event in matched.events]}
        if matched.unmatched:
            outcome["unmatched"] = [near_miss_data(miss, payload) for miss in matched.unmatched]
        if every:
            outcome["findings"] = [finding_data(finding) for finding in every]
        if usable:
            return Verdict(200, self._result, outcome, attempt=attempt)
        if matched.events:
            message = next(finding.message for finding in every if finding.code == rules.UNKNOWN_NUMBER.code)
            answer = problem_answer(message, known_numbers=list(account.organization.numbers))
        else:
            answer = problem_answer("no webhook model matches", unmatched=outcome.get("unmatched", []))
        return self._refusal(422, answer, outcome)

    @staticmethod
    def _refused_on_purpose(
        account: Account | SharedUrl, fault: Fault, matched: Matched, webhook: Webhook, exchange: int, at: float
    ) -> Verdict:
        """What is answered with no 2xx was not taken: nothing happens, but that the attempt is counted."""
        attempt = 1
        for event in matched.events:
            tried = Attempt(event=event, exchange=exchange, at=at, body=webhook.body, fault=fault)
            attempt = max(attempt, account.of((event,)).faults.refused(tried))
        outcome = {"events": [event_data(event) for event in matched.events], "fault": str(fault)}
        answer = problem_answer("refused on purpose, to see what the provider does now")
        return Verdict(fault.status, answer, outcome, events=tuple(matched.events), fault=fault, attempt=attempt)

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


def _unmatched(path: tuple[str | int, ...], event_type: str | None) -> Finding:
    nearest = f"; the nearest is {event_type}" if event_type else ""
    return rules.UNMATCHED.on(
        jsonpath(path),
        f"no webhook model matches{nearest}",
        "see the differences, or ignore it if nobody needs this event",
    )
