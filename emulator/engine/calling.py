"""Makes the platform's requests to the provider: render, send, record, read the answer (framework 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from emulator import __version__
from emulator.core import rules
from emulator.core.bodies import first_bytes
from emulator.core.hosts import rewrite
from emulator.core.mapping import Mapped, apply_response_map
from emulator.core.patterns import MESSAGE_ID, compile_pattern
from emulator.core.presenting import finding_data
from emulator.core.profile import Profile, status_fits
from emulator.core.rendering import render
from emulator.core.scalars import format_duration
from emulator.engine.exchanges import Exchange
from emulator.errors import TransportError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.document import ApiMethod, ApiName, IntegrationDocument
    from emulator.core.messages import Reply, Request, Scalar
    from emulator.core.patterns import Pattern
    from emulator.engine.client import Transport
    from emulator.engine.clock import Clock
    from emulator.engine.journal import Journal
    from emulator.errors import Finding

UNREACHABLE = frozenset({"refused", "unresolved"})
"""Kinds of `TransportError` that mean that no provider is there at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """What came of a request. *failure* is set where the provider did not take it.

    *began* and *ended* are seconds on the engine's clock; *ended* is when the answer had been read.
    """

    name: str
    exchange: int
    began: float
    ended: float
    reply: Reply | None = None
    variables: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    failure: str | None = None
    mend: str | None = None
    unreachable: bool = False
    attempts: int = 1

    @property
    def messageid(self) -> str | None:
        """The provider's id of the message, if its answer named one."""
        return self.variables.get(MESSAGE_ID)

    @property
    def status(self) -> int | None:
        """The answer's status code."""
        return self.reply.status if self.reply else None


class _Sent(NamedTuple):
    exchange: Exchange
    trouble: TransportError | None


class Caller:
    """Knows the document, the properties and the way to the provider; keeps nothing between calls."""

    def __init__(
        self,
        document: IntegrationDocument,
        profile: Profile,
        properties: Mapping[str, str],
        hosts: Mapping[str, str],
        transport: Transport,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._document = document
        self._profile = profile
        self._properties = properties
        self._hosts = hosts
        self._transport = transport
        self._journal = journal
        self._clock = clock
        self._maps: dict[str, Pattern] = {}

    def method(self, name: ApiName) -> ApiMethod:
        """The request called *name*.

        Raises:
            UsageError: The document has none.
        """
        method = self._document.api.method(name)
        if method is None:
            raise UsageError(
                f"the integration document has no API.{name}", mend=f"add API.{name}, or leave the step out"
            )
        return method

    async def call(self, name: ApiName, variables: Mapping[str, Scalar], account: str) -> CallResult:
        """Make the request called *name* and read its answer.

        Raises:
            UsageError: The document has no such request.
            RenderingError: It cannot be made from *variables* and the properties.
        """
        method = self.method(name)
        rendered = render(method, {**self._properties, **variables}, self._profile, auth=self._document.auth)
        began = self._clock.now()
        result = await self._attempt(name, rendered.request, account, began, 1, method)
        while result.failure is not None and result.attempts <= self._profile.retries:
            await self._clock.sleep(self._profile.retry_delay)
            result = await self._attempt(name, rendered.request, account, began, result.attempts + 1, method)
        return result

    async def request(self, kind: str, request: Request, account: str) -> CallResult:
        """Make a request that is none of the document's: a trigger's, or a step's own."""
        return await self._attempt(kind, request, account, self._clock.now(), 1, None)

    async def _attempt(
        self, kind: str, request: Request, account: str, began: float, attempt: int, method: ApiMethod | None
    ) -> CallResult:
        """Send once; recorded before, and again with the answer and what it means."""
        if request.header("User-Agent") is None:
            request = replace(request, headers=(*request.headers, ("User-Agent", f"ringo-emu/{__version__}")))
        sent_to = rewrite(request.url, self._hosts)
        exchange = Exchange(
            id=self._journal.next_id(),
            direction="out",
            kind=kind,
            account=account,
            at=self._clock.wall(),
            clock=self._clock.now(),
            request=request,
            sent_to=sent_to if sent_to != request.url else None,
            attempt=attempt,
        )
        await self._journal.record(exchange)
        sent = await self._send(exchange, replace(request, url=sent_to))
        result = self._judged(kind, sent, began, attempt, self._mapped(kind, method, sent.exchange.reply))
        await self._journal.record(replace(sent.exchange, outcome=_outcome(result)))
        return result

    async def _send(self, exchange: Exchange, request: Request) -> _Sent:
        trouble = reply = None
        try:
            reply = await self._transport.send(request, timeout_s=self._profile.timeout)
        except TransportError as error:
            trouble = error
        took = self._clock.now() - exchange.clock
        return _Sent(
            replace(exchange, reply=reply, error=trouble.message if trouble else None, duration_s=took), trouble
        )

    def _mapped(self, name: str, method: ApiMethod | None, reply: Reply | None) -> Mapped:
        """What ``response_map`` reads from a successful answer."""
        if method is None or method.response_map is None or reply is None:
            return Mapped({})
        if not status_fits(reply.status, self._profile.success):
            return Mapped({})
        if name not in self._maps:
            self._maps[name] = compile_pattern(method.response_map)
        equal = self._profile.response_map_literals == "equal"
        return apply_response_map(self._maps[name], reply.body, literals_must_equal=equal)

    def _judged(self, name: str, sent: _Sent, began: float, attempt: int, mapped: Mapped) -> CallResult:
        exchange, trouble = sent.exchange, sent.trouble
        findings, failure, mend = list(mapped.findings), mapped.failure, None
        if trouble is not None:
            failure, mend = trouble.message, trouble.mend
            findings.append(rules.NO_ANSWER.on("$", trouble.message, trouble.mend or "see the provider's log"))
        elif exchange.reply is not None and not status_fits(exchange.reply.status, self._profile.success):
            failure = _refusal(exchange.reply)
            mend = "the provider's answer tells why"
            findings.append(rules.REFUSED.on("$", failure, mend))
        if exchange.duration_s is not None and exchange.duration_s > self._profile.slow_answer:
            took = f"the answer took {format_duration(exchange.duration_s)}"
            findings.append(rules.SLOW_ANSWER.on("$", took, "answer first, work later"))
        return CallResult(
            name=name,
            exchange=exchange.id,
            began=began,
            ended=exchange.clock + (exchange.duration_s or 0.0),
            reply=exchange.reply,
            variables=mapped.variables,
            findings=tuple(findings),
            failure=failure,
            mend=mend,
            unreachable=trouble is not None and trouble.kind in UNREACHABLE,
            attempts=attempt,
        )


def _refusal(reply: Reply) -> str:
    said = f": {first_bytes(reply.body)}" if reply.body else ""
    return f"the provider answered {reply.status}{said}"


def _outcome(result: CallResult) -> dict[str, object]:
    return {
        "messageid": result.messageid,
        "failure": result.failure,
        "findings": [finding_data(finding) for finding in result.findings],
    }
