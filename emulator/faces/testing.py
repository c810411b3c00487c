"""What a provider's own tests work with: an account of theirs, as `Ringo` or, inside an event loop, `AsyncRingo`.

The methods of both do what the steps of that name do in a scenario, by the same code.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Literal, ParamSpec, TypeVar

from pydantic import ValidationError

from emulator.core.comparing import ABSENT, differences
from emulator.core.curl import reply_text, request_text
from emulator.core.document import API_NAMES
from emulator.core.messages import text_of
from emulator.core.scalars import duration_literal
from emulator.core.telling import OnceEach, Told
from emulator.core.validating import MendableError
from emulator.engine.background import Background
from emulator.engine.journal import open_journal
from emulator.errors import RingoError, UsageError
from emulator.faces.output import Output
from emulator.faces.reports.blocks import MOST_BESIDE_A_FAILURE, failure_lines, scenario_lines, timeline_lines
from emulator.faces.session import Guest, save_journal, session
from emulator.scenario.diagnosis import Expected
from emulator.scenario.fail_on import found
from emulator.scenario.project import RUN_JOURNAL
from emulator.scenario.results import Status
from emulator.scenario.running import files_in_words, own_organization, run_scenario, unexpected_events
from emulator.scenario.steps.base import Cause, Common, Turn
from emulator.scenario.steps.expecting import Expect, ExpectNone
from emulator.scenario.steps.provoking import MakeRequest, Trigger
from emulator.scenario.steps.sending import ABOUT_STATUS, SendFile, SendMessage, Subscribe
from emulator.scenario.timeline import (
    arrivals_in_words,
    exchanges_since,
    findings_in,
    timeline,
    variables_in_words,
    webhooks_in_words,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from emulator.engine.accounts import Account
    from emulator.engine.exchanges import Exchange
    from emulator.engine.platform import Platform
    from emulator.engine.processes import RunningProcess
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project
    from emulator.scenario.results import Failure
    from emulator.scenario.steps.base import Outcome, StepKind

T = TypeVar("T")
P = ParamSpec("P")
Unexpected = Literal["fail", "warn", "allow"]
UNEXPECTED: tuple[Unexpected, ...] = ("fail", "warn", "allow")
_LOOKED_AT: frozenset[str] = frozenset(API_NAMES)
_MOST_LINES = 40
_MOST_IN_FULL = 10
_LONGEST_IN_FULL = 4000
_MOST_PRINTED = 20


class ExpectationError(AssertionError):
    """What a test expected did not happen; the text says what did, why, and how to mend it."""


class ScenarioSkippedError(Exception):
    """A scenario cannot be played here; the text says why."""


class RingoWarning(UserWarning):
    """Something that is worth a look, and fails nothing."""


class Event(Mapping[str, str]):
    """An event that was expected and came: its variables, as attributes and as a mapping.

    ``from`` is a word of Python's: it is ``event.from_`` or ``event["from"]``.
    """

    def __init__(self, event_type: str, variables: Mapping[str, str], exchange: int) -> None:
        self.event_type = event_type
        self.exchange = exchange
        """The number of the webhook that brought it."""
        self._variables = dict(variables)

    def __getitem__(self, name: str) -> str:
        """The variable of that name."""
        return self._variables[name]

    def __getattr__(self, name: str) -> str:
        """The variable of that name; a trailing underscore is dropped."""
        variables: dict[str, str] = self.__dict__.get("_variables", {})
        for each in (name, name.removesuffix("_")):
            if each in variables:
                return variables[each]
        raise AttributeError(f"the event has no {name}; it has {', '.join(variables)}")

    def __iter__(self) -> Iterator[str]:
        """The names of the variables."""
        return iter(self._variables)

    def __len__(self) -> int:
        """How many variables it has."""
        return len(self._variables)

    def __repr__(self) -> str:
        """``<messageDelivered {messageid: m-1} by webhook #3>``."""
        return f"<{self.event_type} {variables_in_words(self._variables)} by webhook #{self.exchange}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the provider answered. *answer* is its JSON, or its text; *exchange* its number in the journal.

    *failure* says why the provider did not take the request, if it did not. A trigger that runs a command has no
    status and no exchange; its answer is what the command printed.
    """

    status: int | None
    answer: Any
    exchange: int | None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Answer):
    """What became of a message. *messageid* is the id that the answer named, *state* that of the message then."""

    messageid: str | None
    state: str


# -- steps, with time that counts from the call


@dataclass(frozen=True, slots=True)
class _FromCall(Expected):
    """An event that is waited for by a test: the time it may take counts from the call, not from the cause."""

    given_s: float = 0.0

    @property
    def sentence(self) -> str:
        """What was expected, and when."""
        return f"{self.event}   within {duration_literal(self.given_s)}, after {self.cause}"


def _from_call(expected: Expected, turn: Turn) -> Expected:
    given_s = expected.within_s - (turn.now - expected.cause_at)
    return _FromCall(
        expected.event_type,
        expected.matchers,
        expected.within_s,
        expected.cause,
        expected.cause_at,
        cause_began=expected.cause_began,
        given_s=max(0.0, given_s),
    )


class _Expect(Expect):
    def expected(self, turn: Turn, within_s: float, times: int = 1) -> Expected:
        """What is waited for."""
        return _from_call(super().expected(turn, within_s, times), turn)


class _ExpectNone(ExpectNone):
    def expected(self, turn: Turn, within_s: float, times: int = 1) -> Expected:
        """What should not come."""
        return _from_call(super().expected(turn, within_s, times), turn)


class Conversation:
    """One account and what a test does with it. Everything here runs on the emulator's thread."""

    def __init__(self, running: RingoSession, unexpected: Unexpected) -> None:
        self._running = running
        self._platform = running.platform
        self._lock = asyncio.Lock()
        self._is_subscribed = running.project.integration.document.api.Subscribe is None
        self.unexpected = unexpected
        self.began = self._platform.clock.now()
        account = self._platform.open_account(own_organization(running.project, running.project.organization))
        self.turn = Turn(self._platform, account, running.project, {}, Cause("the test's start", self.began))
        self.turn.grace = running.project.file.grace

    @property
    def account(self) -> Account:
        """The account."""
        return self.turn.account

    def close(self) -> None:
        """What is still posted to the account's webhook URL is answered 404."""
        self._platform.close_account(self.account)

    # -- actions

    async def ready(self) -> None:
        """Tell the provider the account's webhook URL, unless that was done.

        Raises:
            ExpectationError: The provider did not take it.
        """
        async with self._lock:
            if not self._is_subscribed:
                await self._act(Subscribe, {}, must_succeed=True)
                self._is_subscribed = True
                self.turn.cause = Cause("the test's start", self.turn.now)

    async def subscribe(self) -> Answer:
        """Tell the provider the account's webhook URL."""
        self._is_subscribed = True
        return _answer(await self._act(Subscribe, {}))

    async def send_message(self, arguments: Mapping[str, Any]) -> Sent:
        """Send a text."""
        await self.ready()
        return _sent(await self._act(SendMessage, arguments))

    async def send_file(self, arguments: Mapping[str, Any]) -> Sent:
        """Send a file."""
        await self.ready()
        return _sent(await self._act(SendFile, arguments))

    async def trigger(self, name: str, values: Mapping[str, Any]) -> Answer:
        """Make the provider emit something."""
        await self.ready()
        given = {"with": dict(values)} if values else {}
        return _answer(await self._act(Trigger, {"trigger": name, **given}, must_succeed=True))

    async def request(self, arguments: Mapping[str, Any]) -> Answer:
        """Make a request."""
        await self.ready()
        return _answer(await self._act(MakeRequest, arguments))

    async def _act(self, kind: type[StepKind], arguments: Mapping[str, Any], *, must_succeed: bool = False) -> Outcome:
        """Do it. That the provider refuses is for the test to judge; that it does not answer is a failure."""
        began = self.turn.now
        outcome = await self._step(kind, arguments).run(self.turn, Common())
        if outcome.skip is not None:
            raise UsageError(outcome.skip, mend="play a scenario of it in a terminal: ringo-emu run")
        if outcome.failure is not None and (must_succeed or outcome.results["status"] is None):
            raise self._failed(kind, arguments, outcome.failure, f"took {self.turn.now - began:.1f} s")
        return outcome

    def _step(self, kind: type[StepKind], arguments: Mapping[str, Any]) -> StepKind:
        for complaint in kind.complaints(arguments, self._running.project.integration.document, self._running.project):
            raise UsageError(complaint.message, mend=complaint.mend)
        try:
            return kind.model_validate(dict(arguments))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(text_of(each) for each in first["loc"])
            raise UsageError(f"{kind.verb} cannot use this {field}: {first['msg']}") from error

    # -- expectations

    async def expect(self, event: str, matchers: Mapping[str, Any], within_s: float) -> Event:
        """Wait for an event."""
        outcome = await self._expect(_Expect, event, matchers, within_s)
        variables = {name: value for name, value in outcome.results.items() if name not in {"exchange", "attempts"}}
        return Event(event, variables, outcome.results["exchange"])

    async def expect_none(self, event: str, matchers: Mapping[str, Any], within_s: float) -> None:
        """See to it that no such event comes."""
        await self._expect(_ExpectNone, event, matchers, within_s)

    async def _expect(
        self, kind: type[Expect | ExpectNone], event: str, matchers: Mapping[str, Any], within_s: float
    ) -> Outcome:
        await self.ready()
        arguments = self._event(kind, event, matchers)
        step = self._step(kind, arguments)
        # What came since the latest action counts, however long ago that was.
        allowed_s = within_s + self.turn.now - self.turn.cause.at
        outcome = await step.run(self.turn, Common(within_s=allowed_s))
        if outcome.failure is not None:
            raise self._failed(kind, arguments, outcome.failure, f"waited {outcome.waited_s or 0.0:.1f} s")
        return outcome

    @staticmethod
    def _event(kind: type[Expect | ExpectNone], event: str, matchers: Mapping[str, Any]) -> dict[str, Any]:
        try:
            kind.expand(event)
            for name, matcher in matchers.items():
                differences(matcher, ABSENT, name)  # a matcher that is none must not wait for its event
        except MendableError as error:
            raise UsageError(str(error), mend=error.mend) from error
        return {event: dict(matchers)}

    def _failed(
        self, kind: type[StepKind], arguments: Mapping[str, Any], failure: Failure, took: str
    ) -> ExpectationError:
        return ExpectationError(self._block(f"{kind.title_of(arguments)}   {took}", failure))

    def _block(self, title: str, failure: Failure) -> str:
        out = self._running.output
        entries = timeline(exchanges_since(self._platform, self.account, self.began), self.began)
        lines = [
            out.styled(title),
            *failure_lines(failure, out),
            *timeline_lines(entries, MOST_BESIDE_A_FAILURE, out),
        ]
        return "\n".join(lines)

    # -- the end

    def left_over(self) -> tuple[str | None, list[str]]:
        """What is to be said of events that the test did not consume: a failure, or warnings."""
        left = self.account.inbox.unconsumed()
        if not left or self.unexpected == "allow":
            return None, []
        if self.unexpected == "warn":
            return None, [f"unexpected: {words}" for words in arrivals_in_words(left, self.began)]
        allow = 'expect it, or set ringo.unexpected = "warn" (or "allow"), or ringo_unexpected for all tests'
        failure = unexpected_events(left, self.began, self.account.inbox.since(0.0), allow)
        received = failure.received.replace("no step expected", "the test did not expect")
        failure = replace(failure, expected="no events but those that the test expects", received=received)
        return self._block("Events are left over", failure), []

    async def settle(self) -> None:
        """Return once every file that came in is there or was given up."""
        await self._platform.settle_files(self.account)

    def bad(self) -> str | None:
        """The failure that findings amount to which the project says fail a test."""
        exchanges = exchanges_since(self._platform, self.account, self.began)
        heard = [*findings_in(exchanges, _LOOKED_AT), *self._platform.untold_files(self.account)]
        heard = [each for each in heard if each.code not in ABOUT_STATUS]  # a status is for the test to judge
        failure = found(heard, self._running.project.file.fail_on)
        return None if failure is None else self._block("Something was found out", failure)

    def told(self) -> list[str]:
        """What was found out about webhooks, and about files that came in."""
        left = {each.exchange for each in self.account.inbox.unconsumed()} if self.unexpected != "allow" else set()
        exchanges = exchanges_since(self._platform, self.account, self.began)
        heard = webhooks_in_words(each for each in exchanges if each.id not in left)
        return [*heard, *files_in_words(self._platform.untold_files(self.account))]

    def log(self, beside: str) -> str:
        """The account's exchanges: a line each, unless they stand in the text *beside*, and the latest in full."""
        out = self._running.output
        entries = timeline(exchanges_since(self._platform, self.account, self.began), self.began)
        lines = list(timeline_lines(entries, _MOST_LINES, out))
        if all(line.strip() in beside for line in lines[-MOST_BESIDE_A_FAILURE:]):
            lines = []
        for entry in [each for each in entries if each.exchange is not None][-_MOST_IN_FULL:]:
            exchange = self._platform.journal.get(entry.exchange or 0)
            if exchange is not None:
                lines += ["", f"#{exchange.id} {entry.label}", *_in_full(exchange, out)]
        return "\n".join(lines).strip("\n")


def _in_full(exchange: Exchange, out: Output) -> Iterator[str]:
    said = (request_text(exchange.request), reply_text(exchange.reply) if exchange.reply else exchange.error)
    for number, text in enumerate(text or "no answer yet" for text in said):
        if number:
            yield ""
        yield from (f"    {out.styled(line)}".rstrip() for line in text[:_LONGEST_IN_FULL].splitlines())
        if len(text) > _LONGEST_IN_FULL:
            yield f"    … and {len(text) - _LONGEST_IN_FULL} characters: ringo-emu journal show {exchange.id}"
    for finding in exchange.outcome.get("findings", []):
        yield f"    {out.styled('{severity}: {message} [{code}]'.format(**finding))}"


def _answer(outcome: Outcome) -> Answer:
    return Answer(**_answered(outcome))


def _sent(outcome: Outcome) -> Sent:
    return Sent(**_answered(outcome), messageid=outcome.results["messageid"], state=outcome.results["state"])


def _answered(outcome: Outcome) -> dict[str, Any]:
    failure = None if outcome.failure is None else outcome.failure.received
    results = {"answer": outcome.results.get("output"), **outcome.results}
    return {**{name: results.get(name) for name in ("status", "answer", "exchange")}, "failure": failure}


# -- what tests hold


class _Ringo:
    _fixture: ClassVar[str]

    def __init__(self, running: RingoSession, conversation: Conversation) -> None:
        self._running = running
        self._conversation = conversation

    def __repr__(self) -> str:
        """``<ringo http://127.0.0.1:…/services/acme/a123>``."""
        return f"<{self._fixture} {self.webhook_url}>"

    @property
    def webhook_url(self) -> str:
        """The account's own webhook URL."""
        return self._conversation.account.webhook_url

    @property
    def number(self) -> str:
        """The organization's usual SMS number."""
        return self._conversation.account.organization.numbers[0]

    @property
    def contact(self) -> str:
        """The usual external party."""
        return self._conversation.account.organization.contact

    @property
    def exchanges(self) -> list[Exchange]:
        """Every request and answer of this account so far, in both directions, secrets masked."""
        journal, account = self._running.platform.journal, self._conversation.account
        return self._running.background.ask(lambda: journal.last(_MOST_EXCHANGES, account=account.id))

    @property
    def unexpected(self) -> Unexpected:
        """What becomes of events that the test does not consume: ``fail``, ``warn`` or ``allow``."""
        return self._conversation.unexpected

    @unexpected.setter
    def unexpected(self, value: Unexpected) -> None:
        __tracebackhide__ = True
        if value not in UNEXPECTED:
            raise UsageError(f"unexpected cannot be {value!r}", mend=f"write one of {', '.join(UNEXPECTED)}")
        self._conversation.unexpected = value


_MOST_EXCHANGES = 10_000


class Ringo(_Ringo):
    """Ringotel, for one test: an account, hence a webhook URL, of its own. Every method waits until it is done."""

    _fixture: ClassVar[str] = "ringo"

    def ready(self) -> None:
        """Tell the provider the webhook URL, where the document has Subscribe and it was not told yet."""
        __tracebackhide__ = True
        self._wait(Conversation.ready)

    def subscribe(self) -> Answer:
        """Tell the provider the webhook URL, again."""
        __tracebackhide__ = True
        return self._wait(Conversation.subscribe)

    def send_message(
        self,
        content: str,
        to: str | None = None,
        from_: str | None = None,
        extension: str | None = None,
        *,
        tamper: str | Sequence[str] | None = None,
        copies: int | None = None,
    ) -> Sent:
        """Send a text, from the usual number to the usual contact unless told otherwise; *tamper* spoils it."""
        __tracebackhide__ = True
        arguments = _given(
            content=content, to=to, from_=from_, extension=extension, tamper=_listed(tamper), copies=copies
        )
        return self._wait(Conversation.send_message, arguments)

    def send_file(
        self,
        file: str | Path,
        caption: str | None = None,
        to: str | None = None,
        from_: str | None = None,
        extension: str | None = None,
        *,
        trap: str | None = None,
        tamper: str | Sequence[str] | None = None,
        copies: int | None = None,
    ) -> Sent:
        """Send a file: a URL, or a path relative to the project file, which is then served, with *trap* if any."""
        __tracebackhide__ = True
        arguments = _given(
            file=str(file),
            caption=caption,
            to=to,
            from_=from_,
            extension=extension,
            trap=trap,
            tamper=_listed(tamper),
            copies=copies,
        )
        return self._wait(Conversation.send_file, arguments)

    def trigger(self, name: str, /, **values: Any) -> Answer:
        """Make the provider emit something, in the way that the project file knows."""
        __tracebackhide__ = True
        return self._wait(Conversation.trigger, name, _named(values))

    def request(
        self,
        method: str,
        url: str,
        /,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a request of the test's own, which is recorded like all others."""
        __tracebackhide__ = True
        return self._wait(Conversation.request, _request(method, url, json=json, form=form, body=body, headers=headers))

    def expect(self, event: str, /, within: float = 5.0, **matchers: Any) -> Event:
        """Wait for ``message``, ``mms``, ``messageDelivered`` or ``media_fetch``; at most *within* seconds from now.

        One that came before counts, each counts once. A matcher is a value, or a map of the scenario language's
        operators, for the variable of that name (``from_`` for ``from``).

        Raises:
            ExpectationError: It did not come; the text says what came instead and why.
        """
        __tracebackhide__ = True
        return self._wait(Conversation.expect, event, _named(matchers), within)

    def expect_none(self, event: str, /, within: float = 2.0, **matchers: Any) -> None:
        """See to it that no such event comes, or has come unnoticed, for *within* seconds.

        Raises:
            ExpectationError: One came.
        """
        __tracebackhide__ = True
        self._wait(Conversation.expect_none, event, _named(matchers), within)

    def _wait(
        self,
        method: Callable[Concatenate[Conversation, P], Coroutine[Any, Any, T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        __tracebackhide__ = True
        return self._running.wait(lambda: method(self._conversation, *args, **kwargs))


class AsyncRingo(_Ringo):
    """Ringotel, for one test that runs in an event loop: as `Ringo`, and every method is awaited.

    Where the document has Subscribe, the provider is told the webhook URL by the first method that is awaited: before,
    a provider in the test's own event loop could not answer.
    """

    _fixture: ClassVar[str] = "ringo_async"

    async def subscribe(self) -> Answer:
        """Tell the provider the webhook URL; the first method that is awaited does so by itself."""
        __tracebackhide__ = True
        return await self._wait(Conversation.subscribe)

    async def send_message(
        self,
        content: str,
        to: str | None = None,
        from_: str | None = None,
        extension: str | None = None,
        *,
        tamper: str | Sequence[str] | None = None,
        copies: int | None = None,
    ) -> Sent:
        """Send a text, from the usual number to the usual contact unless told otherwise; *tamper* spoils it."""
        __tracebackhide__ = True
        arguments = _given(
            content=content, to=to, from_=from_, extension=extension, tamper=_listed(tamper), copies=copies
        )
        return await self._wait(Conversation.send_message, arguments)

    async def send_file(
        self,
        file: str | Path,
        caption: str | None = None,
        to: str | None = None,
        from_: str | None = None,
        extension: str | None = None,
        *,
        trap: str | None = None,
        tamper: str | Sequence[str] | None = None,
        copies: int | None = None,
    ) -> Sent:
        """Send a file: a URL, or a path relative to the project file, which is then served, with *trap* if any."""
        __tracebackhide__ = True
        arguments = _given(
            file=str(file),
            caption=caption,
            to=to,
            from_=from_,
            extension=extension,
            trap=trap,
            tamper=_listed(tamper),
            copies=copies,
        )
        return await self._wait(Conversation.send_file, arguments)

    async def trigger(self, name: str, /, **values: Any) -> Answer:
        """Make the provider emit something, in the way that the project file knows."""
        __tracebackhide__ = True
        return await self._wait(Conversation.trigger, name, _named(values))

    async def request(
        self,
        method: str,
        url: str,
        /,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a request of the test's own, which is recorded like all others."""
        __tracebackhide__ = True
        arguments = _request(method, url, json=json, form=form, body=body, headers=headers)
        return await self._wait(Conversation.request, arguments)

    async def expect(self, event: str, /, within: float = 5.0, **matchers: Any) -> Event:
        """Wait for an event; see `Ringo.expect`.

        Raises:
            ExpectationError: It did not come; the text says what came instead and why.
        """
        __tracebackhide__ = True
        return await self._wait(Conversation.expect, event, _named(matchers), within)

    async def expect_none(self, event: str, /, within: float = 2.0, **matchers: Any) -> None:
        """See to it that no such event comes, or has come unnoticed, for *within* seconds.

        Raises:
            ExpectationError: One came.
        """
        __tracebackhide__ = True
        await self._wait(Conversation.expect_none, event, _named(matchers), within)

    async def _wait(
        self,
        method: Callable[Concatenate[Conversation, P], Coroutine[Any, Any, T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        __tracebackhide__ = True
        return await self._running.await_(lambda: method(self._conversation, *args, **kwargs))


def _given(**values: Any) -> dict[str, Any]:
    """What was given."""
    return _named({name: value for name, value in values.items() if value is not None})


def _listed(words: str | Sequence[str] | None) -> list[str] | str | None:
    return words if words is None or isinstance(words, str) else list(words)


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """*values* by the names that the scenario language has."""
    return {"from" if name == "from_" else name: value for name, value in values.items()}


def _request(method: str, url: str, *, headers: Mapping[str, str] | None, **body: Any) -> dict[str, Any]:
    given = {name: value for name, value in body.items() if value is not None}
    return {method.upper(): url, **given, **({"headers": dict(headers)} if headers else {})}


# -- the running emulator


class RingoSession:
    """The emulator while tests run: a project's platform on a thread of its own, and the provider's process if any."""

    def __init__(
        self, project: Project, background: Background[tuple[Platform, RunningProcess | None]], journal_name: str
    ) -> None:
        """*journal_name* is that of the file, in the project's state folder, in which the journal is kept."""
        self.project = project
        self.background = background
        self.platform, self.process = background.owned
        self.output = Output.of(project, journal_name, color=False)
        self._once = OnceEach()

    @contextmanager
    def ringo(self, unexpected: Unexpected = "fail") -> Iterator[Ringo]:
        """An account of its own while the block runs."""
        with self._conversation(unexpected) as conversation:
            yield Ringo(self, conversation)

    @contextmanager
    def ringo_async(self, unexpected: Unexpected = "fail") -> Iterator[AsyncRingo]:
        """The same for use inside an event loop."""
        with self._conversation(unexpected) as conversation:
            yield AsyncRingo(self, conversation)

    @contextmanager
    def _conversation(self, unexpected: Unexpected) -> Iterator[Conversation]:
        conversation = self.background.ask(Conversation, self, unexpected)
        try:
            yield conversation
        finally:
            self.background.ask(conversation.close)

    def play(self, scenario: Scenario) -> str | None:
        """Play *scenario*; returns its failure in full, if it failed.

        Raises:
            ScenarioSkippedError: It cannot be played here.
        """
        result = self.wait(lambda: run_scenario(scenario, self.project, self.platform))
        if result.status is Status.SKIPPED:
            raise ScenarioSkippedError(self.output.styled(result.reason or ""))
        if result.status is not Status.PASSED:
            return "\n".join(scenario_lines(result, self.output, detail=False, notes=False))
        warned = [f"{name}: {failure.received}" for name, _, _, failure in result.warned]
        for text in (*warned, *self._untold(result.warnings)):
            line = scenario.at.line or 1
            warnings.warn_explicit(self.output.styled(text), RingoWarning, filename=scenario.at.file, lineno=line)
        return None

    def _untold(self, lines: Iterable[str]) -> Iterator[str]:
        """What no test has told yet: what is so at one place of a body is so for every test."""
        for line in lines:
            if not isinstance(line, Told) or not line.thing.is_place:
                yield line
            elif self._once.is_first(line.thing, line.times):
                yield f"{line}; told once a session, {line.thing.how_to_ignore}"

    def left_over(self, ringo: _Ringo) -> str | None:
        """The failure that events amount to which a test did not consume; warnings are given at once."""
        conversation = ringo._conversation  # noqa: SLF001 - made here
        failure, warned = self.background.ask(conversation.left_over)
        if isinstance(ringo, Ringo):  # else the file may be the test's own to serve, and its event loop stands still
            self.wait(conversation.settle)
        for text in (*warned, *self._untold(self.background.ask(conversation.told))):
            warnings.warn(self.output.styled(text), RingoWarning, stacklevel=2)
        return failure or self.background.ask(conversation.bad)

    def log(self, ringo: _Ringo, beside: str) -> str:
        """A test's exchanges, for its report; the text *beside* stands there anyhow."""
        return self.background.ask(ringo._conversation.log, beside)  # noqa: SLF001 - made here

    def printed_lines(self) -> int:
        """How many lines the provider's process has printed."""
        process = self.process
        return 0 if process is None else self.background.ask(lambda: process.line_count)

    def printed(self, since: int) -> str:
        """What the provider's process printed after so many lines, the last of it."""
        process = self.process
        lines = () if process is None else self.background.ask(process.output_since, since, _MOST_PRINTED)
        return "\n".join(self.output.styled(line) for line in lines)

    def wait(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What *work* returns, or raises without the frames of the other thread."""
        __tracebackhide__ = True
        try:
            done = self.background.call(_told, work)
        except RingoError as raised:
            done = raised
        return self._judged(done)

    async def await_(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The same, inside an event loop."""
        __tracebackhide__ = True
        try:
            done = await self.background.acall(_told, work)
        except RingoError as raised:
            done = raised
        return self._judged(done)

    def _judged(self, done: T | ExpectationError | RingoError) -> T:
        __tracebackhide__ = True
        if isinstance(done, RingoError):
            done.args = (self.project.redactor.sentence(done.message),)
            if done.mend:
                done.add_note(f"mend: {self.project.redactor.sentence(done.mend)}")
        if isinstance(done, ExpectationError | RingoError):
            raise done.with_traceback(None) from None
        return done


async def _told(work: Callable[[], Awaitable[T]]) -> T | ExpectationError | RingoError:
    """What *work* returns, or the error that it means."""
    try:
        return await work()
    except (ExpectationError, RingoError) as error:
        return error


@contextmanager
def running(
    project: Project, *, tell: Callable[[str], None], host: str = "127.0.0.1", port: int = 0, worker: str = ""
) -> Iterator[RingoSession]:
    """The emulator of *project* while the block runs; *worker* tells apart processes that share the project's folder.

    *tell* gets what is to be said of a ``serve`` that plays it too, in another thread.

    Raises:
        UnreachableError: The port, or the provider's process, is not to be had.
    """
    name = f"run.{worker}.db" if worker else RUN_JOURNAL

    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[Platform, RunningProcess | None]]:
        with open_journal(redactor=project.redactor) as journal:
            try:
                async with session(project, journal, host, port, guest=Guest("pytest", tell)) as owned:
                    yield owned
            finally:
                save_journal(project, journal, Output(project.redactor), name)

    with Background(opened, instead="ringo_async") as background:
        yield RingoSession(project, background, name)
