"""Steps that expect webhooks: ``expect``, ``expect_none``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ValidationInfo

from emulator.core.comparing import Complaint, complaints
from emulator.core.document import EVENT_TYPES, OPTIONAL, REQUIRED, EventType
from emulator.core.findings import suggestion
from emulator.core.patterns import compile_pattern, variables_of
from emulator.core.plain import source_text
from emulator.core.records import Record
from emulator.core.scalars import Duration, Text, is_placeholder
from emulator.core.validating import MendableError
from emulator.scenario.diagnosis import (
    Expected,
    came_after_all,
    came_too_early,
    never_came,
    should_not_have_come,
    untracked,
    with_its_answer,
)
from emulator.scenario.results import Failure
from emulator.scenario.steps.base import EVERYWHERE, After, Common, Outcome, StepKind, Turn
from emulator.scenario.steps.checking import (
    ArrivalCheck,
    cannot_be_checked,
    check_arrival,
    check_failure,
    check_media,
    forbidden_failure,
    media_asked_for,
    missing_file,
    needs_request,
    slow_file,
    status_complaints,
)

if TYPE_CHECKING:
    from emulator.core.document import IntegrationDocument
    from emulator.core.media import ReceivedFile
    from emulator.core.messages import Request
    from emulator.engine.inbox import Arrival
    from emulator.scenario.project import Project

DEFAULT_WITHIN_S = 5.0
DEFAULT_QUIET_S = 2.0
_MAIN = {"message": "content", "mms": "url", "messageDelivered": "messageid"}
_TITLES = {
    "message": "A message comes in",
    "mms": "A picture or file comes in",
    "messageDelivered": "The provider reports delivery",
    "media_fetch": "The provider fetches the file",
}
_FETCH = "media_fetch"
_EXPECTED = (*EVENT_TYPES, _FETCH)


def _word(value: Any, info: ValidationInfo) -> Any:
    return None if is_placeholder(value, info) else source_text(value)


class MediaFetch(Record):
    """How the provider fetches a file that was sent."""

    of: Text | None = None
    """The file's URL, as ``$out.media$``; that of the latest file sent unless said otherwise."""
    bytes: Annotated[Literal["complete", "partial", "any"] | None, BeforeValidator(_word)] = None
    """Whether all of the file's bytes went out: ``complete`` unless a status or method is expected."""
    status: Any = None
    """What the fetch was answered: such as ``206``, ``4xx``, or a matcher."""
    method: Annotated[Literal["GET", "HEAD"] | None, BeforeValidator(_word)] = None
    after: Duration | None = None
    """How long after its cause it may come at the earliest."""


def _fetch(value: Any) -> Any:
    text = source_text(value)
    if text is None:
        return {}
    return {"of": value} if isinstance(text, str) else value


class _EventStep(StepKind):
    matches: ClassVar[bool] = True

    message: Any = None
    """Matchers of ``from``, ``to``, ``content``."""
    mms: Any = None
    """Matchers of ``from``, ``to``, ``url``, ``text``."""
    messageDelivered: Any = None  # noqa: N815 - the framework's own name
    """Matcher of ``messageid``; the latest message sent unless said otherwise."""
    media_fetch: Annotated[MediaFetch | None, BeforeValidator(_fetch)] = None
    """The provider fetches the file that was sent."""

    @classmethod
    def expand(cls, value: Any) -> dict[str, Any]:
        """``expect: messageDelivered``."""
        name = source_text(value)
        if name not in _EXPECTED:
            raise MendableError(f"{name!r} is no event", suggestion(str(name), _EXPECTED))
        return {name: {}}

    @classmethod
    def complaints(
        cls, arguments: Mapping[str, Any], document: IntegrationDocument, project: Project
    ) -> Iterator[Complaint]:
        """One event, which the document has a model of, and matchers of what it binds."""
        del project
        named = [name for name in _EXPECTED if name in arguments]
        if len(named) != 1:
            yield Complaint((), True, f"{cls.verb} takes one event", f"write one of: {', '.join(_EXPECTED)}")
            return
        if _FETCH in arguments:
            given = arguments[_FETCH]
            yield from status_complaints(given.get("status") if isinstance(given, dict) else None, (_FETCH, "status"))
            return
        event_type = next(name for name in EVENT_TYPES if name in arguments)
        models = [model for model in document.webhooks if model.event_type == event_type]
        if not models:
            message = f"the integration document has no webhook model for {event_type}"
            yield Complaint((event_type,), True, message, "add one, or remove this step")
        known = {*REQUIRED[event_type], *OPTIONAL[event_type]}
        for model in models:
            known |= set(variables_of(compile_pattern(model.parameters, event_key=model.event_key)))
        yield from _matcher_complaints(arguments[event_type], event_type, known)

    @property
    def event_type(self) -> EventType:
        """The one event that is expected, or not."""
        return next(name for name in EVENT_TYPES if name in self.model_fields_set)

    def matchers(self) -> dict[str, Any]:
        """A matcher for each of the event's variables; a scalar is the one that matters most."""
        given = getattr(self, self.event_type)
        if isinstance(given, dict):
            return given
        return {} if given is None or source_text(given) is None else {_MAIN[self.event_type]: given}

    def expected(self, turn: Turn, within_s: float, times: int = 1) -> Expected:
        """What is waited for: for a delivery report, unless told otherwise, the latest message sent."""
        matchers = self.matchers()
        if self.event_type == "messageDelivered" and not matchers and turn.latest is not None:
            matchers = {"messageid": turn.latest.call.messageid}
        cause = turn.cause
        return Expected(self.event_type, matchers, within_s, cause.label, cause.at, times, cause.began)


def _matcher_complaints(given: Any, event_type: EventType, known: set[str]) -> Iterator[Complaint]:
    if not isinstance(given, dict):
        return
    for name, matcher in given.items():
        if name not in known:
            article = "an" if event_type == "mms" else "a"
            message = f"{article} {event_type} event has no {name}"
            yield Complaint((event_type, name), True, message, suggestion(name, known))
        yield from complaints(matcher, (event_type, name))


def _fits(expected: Expected, arrival: Arrival, turn: Turn) -> bool:
    """Whether *arrival* is what is expected and, inside ``in_order``, came after what it should follow."""
    return not expected.wrong(arrival) and (not turn.ordered or arrival.exchange >= turn.after.exchange)


def _request(turn: Turn, arrival: Arrival, check: ArrivalCheck) -> Request | Failure | None:
    """The request that brought *arrival*, where *check* looks at it."""
    needed = needs_request(check)
    exchange = turn.platform.journal.get(arrival.exchange) if needed else None
    if needed and exchange is None:
        return cannot_be_checked(needed, arrival.exchange)
    return exchange.request if exchange else None


class Expect(_EventStep):
    """Waits for an event; one that came before counts, each counts once."""

    verb: ClassVar[str] = "expect"
    title: ClassVar[str] = "Expect"
    common: ClassVar[frozenset[str]] = EVERYWHERE | {"as", "within", "times", "check", "fail_if"}
    check: ClassVar[Any] = ArrivalCheck
    results: ClassVar[frozenset[str]] = frozenset(
        {"exchange", "attempts", "from", "to", "content", "text", "url", "messageid"}
    )

    @classmethod
    def check_complaints(cls, arguments: Mapping[str, Any], check: Mapping[str, Any]) -> Iterator[Complaint]:
        """What is checked is a webhook, which a fetch is not; and only an mms has a file."""
        if _FETCH in arguments and check:
            message = "a check looks at a webhook, and media_fetch is none"
            yield Complaint((next(iter(check)),), True, message, "write status, bytes or method below media_fetch")
        elif "media" in check and "mms" not in arguments:
            yield Complaint(("media",), True, "only an mms has a file", "expect an mms, or take media out")

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Says what should happen."""
        return next((_TITLES[name] for name in _EXPECTED if name in arguments), cls.title)

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Wait until it comes, at most until the deadline; then listen on for the grace time."""
        if self.media_fetch is not None:
            from emulator.scenario.steps.fetching import expect_fetch  # cold start

            return await expect_fetch(self.media_fetch, turn, common)
        within_s = DEFAULT_WITHIN_S if common.within_s is None else common.within_s
        expected = self.expected(turn, within_s, common.times)
        if expected.matchers.get("messageid", "") is None and turn.latest is not None:
            return Outcome(failure=untracked(expected, turn.latest), checks=1)
        began = turn.now
        found: list[Arrival] = []
        for _ in range(common.times):
            arrival = await turn.account.inbox.wait_for(
                self.event_type, lambda each: _fits(expected, each, turn), expected.cause_at + within_s
            )
            if arrival is None:
                return await self._failed(turn, expected, began, found)
            if arrival.at > expected.cause_at + within_s:
                return Outcome(failure=came_after_all(expected, arrival), checks=1, waited_s=turn.now - began)
            found.append(arrival)
            turn.seen = max(turn.seen, After(arrival.exchange, f"#{arrival.exchange}"))
        return await self._passed(turn, common, found, expected)

    async def _failed(self, turn: Turn, expected: Expected, began: float, found: list[Arrival]) -> Outcome:
        waited_s = turn.now - began
        early = (
            turn.account.inbox.claim(self.event_type, lambda each: not expected.wrong(each)) if turn.ordered else None
        )
        if early is not None:
            return Outcome(failure=came_too_early(expected, early, turn.after.words), checks=1, waited_s=waited_s)
        grace_s = turn.grace_after(expected.within_s)
        late = await turn.account.inbox.wait_for(
            self.event_type, lambda each: _fits(expected, each, turn), turn.now + grace_s
        )
        if late is not None:
            return Outcome(failure=came_after_all(expected, late), checks=1, waited_s=waited_s)
        failure = never_came(expected, turn.platform, turn.account, found, grace_s)
        failure = with_its_answer(failure, expected, turn.latest)
        return Outcome(failure=failure, checks=1, waited_s=waited_s, awaited=expected)

    async def _passed(self, turn: Turn, common: Common, found: list[Arrival], expected: Expected) -> Outcome:
        last = found[-1]
        variables = last.event.variables if last.event else {}
        failure = None
        if common.check is not None:
            failure = await self._checked(turn, ArrivalCheck.model_validate(common.check), found, expected)
        if common.fail_if is not None and failure is None:
            failure = await self._forbidden(turn, common.fail_if, found, expected)
        findings = tuple(finding for arrival in found if arrival.event for finding in arrival.event.findings)
        results = {**variables, "exchange": last.exchange, "attempts": last.attempts}
        return Outcome(results=results, failure=failure, findings=findings, checks=1)

    async def _checked(
        self, turn: Turn, check: ArrivalCheck, found: list[Arrival], expected: Expected
    ) -> Failure | None:
        for arrival in found:
            request = _request(turn, arrival, check)
            if isinstance(request, Failure):
                return request
            wrong = tuple(check_arrival(check, request, arrival))
            if check.media is not None:
                file = await self._file(turn, arrival, expected)
                if isinstance(file, Failure):
                    return file
                wrong = (*wrong, *check_media(check.media, file))
                if not wrong and arrival.event is not None:
                    asked = media_asked_for(check.media)
                    turn.platform.incoming.asked_for(arrival.exchange, arrival.event.path, asked)
            if wrong:
                return check_failure(wrong, what="webhook", exchange=arrival.exchange)
        return None

    async def _forbidden(
        self, turn: Turn, fail_if: Mapping[str, Any], found: list[Arrival], expected: Expected
    ) -> Failure | None:
        check = ArrivalCheck.model_validate(fail_if)
        for arrival in found:
            request = _request(turn, arrival, check)
            if isinstance(request, Failure):
                return request
            wrong = tuple(check_arrival(check, request, arrival))
            if check.media is not None and not wrong:
                file = await self._file(turn, arrival, expected)
                if isinstance(file, Failure):
                    return file
                wrong = tuple(check_media(check.media, file))
            if not wrong:
                return forbidden_failure(fail_if, what="webhook", exchange=arrival.exchange)
        return None

    @staticmethod
    async def _file(turn: Turn, arrival: Arrival, expected: Expected) -> ReceivedFile | Failure:
        """The file of an mms, once it came; at most until the step's deadline."""
        path = arrival.event.path if arrival.event else ()
        deadline = expected.cause_at + expected.within_s
        file = await turn.platform.incoming.wait_for(arrival.exchange, path, deadline)
        if file is None:
            from emulator.core.received import shown  # cold start

            url = arrival.event.variables.get("url", "") if arrival.event else ""
            return slow_file(shown(url), expected.within_s, arrival.exchange)
        if not file.came:
            return missing_file(file.findings[0], file.exchange or arrival.exchange)
        return file


class ExpectNone(_EventStep):
    """Sees to it that no such event comes."""

    verb: ClassVar[str] = "expect_none"
    title: ClassVar[str] = "Nothing comes"
    common: ClassVar[frozenset[str]] = EVERYWHERE | {"within"}

    @classmethod
    def title_of(cls, arguments: Mapping[str, Any]) -> str:
        """Says what should not happen."""
        return next((f"No {name} comes" for name in _EXPECTED if name in arguments), cls.title)

    async def run(self, turn: Turn, common: Common) -> Outcome:
        """Listen until the deadline; the first that comes fails the step at once."""
        if self.media_fetch is not None:
            from emulator.scenario.steps.fetching import expect_no_fetch  # cold start

            return await expect_no_fetch(self.media_fetch, turn, common)
        within_s = DEFAULT_QUIET_S if common.within_s is None else common.within_s
        expected = self.expected(turn, within_s)
        began, deadline = turn.now, expected.cause_at + within_s
        arrival = await turn.account.inbox.wait_for(
            self.event_type, lambda each: each.at <= deadline and not expected.wrong(each), deadline
        )
        if arrival is None:
            return Outcome(checks=1)
        failure = should_not_have_come(expected, arrival, turn.account.inbox.since(0.0))
        return Outcome(failure=failure, checks=1, waited_s=turn.now - began)
