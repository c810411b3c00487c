"""Makes the platform's requests to the provider: render, send, record, read the answer (framework 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from emulator.core import rules
from emulator.core.answering import AnswerReader, already_subscribed, is_conflict
from emulator.core.findings import unmuted
from emulator.core.hosts import rewrite
from emulator.core.mapping import Mapped
from emulator.core.no_answer import HOSTS
from emulator.core.patterns import MESSAGE_ID
from emulator.core.presenting import finding_data
from emulator.core.profile import Profile, status_fits
from emulator.core.rendering import render
from emulator.core.scalars import format_duration
from emulator.core.tampering import Tamper, credentials, spoil, spoil_values
from emulator.engine.client import on_the_wire
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.replaying import KeptRequests
from emulator.errors import TransportError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core.document import ApiMethod, ApiName, Integration
    from emulator.core.messages import Reply, Request, Scalar
    from emulator.engine.client import Transport
    from emulator.engine.clock import Clock
    from emulator.engine.journal import Journal
    from emulator.errors import Finding

    Read = Callable[[Reply], Mapped]
    """What an answer means: a failure and findings, whatever its status."""

UNAUTHORIZED = 401
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
    code: str | None = None
    """The kind of finding that the failure is."""
    by_status: bool = False
    """Whether nothing but the answer's status makes it a failure."""
    unreachable: bool = False
    attempts: int = 1
    refreshed: bool = False
    """Whether an access token was renewed for it, before it was sent or after a 401."""
    tampered: tuple[Tamper, ...] = ()
    """How the request was spoilt on purpose."""

    @property
    def messageid(self) -> str | None:
        """The provider's id of the message, if its answer named one."""
        return self.variables.get(MESSAGE_ID)

    def failed(self, finding: Finding) -> CallResult:
        """The same, failed by *finding*."""
        found = (*self.findings, finding)
        return replace(self, failure=finding.message, mend=finding.remedy, code=finding.code, findings=found)

    @property
    def status(self) -> int | None:
        """The answer's status code."""
        return self.reply.status if self.reply else None


class Grant(NamedTuple):
    """An access token to send. *renewed*: for this request; *findings* came with it."""

    token: str
    renewed: bool = False
    findings: tuple[Finding, ...] = ()


class NoGrant(NamedTuple):
    """Why there is no access token; *findings* say the same, and *unreachable* is that of a `CallResult`."""

    failure: str
    mend: str | None
    findings: tuple[Finding, ...] = ()
    unreachable: bool = False


class AccessTokens(Protocol):
    """Where the access tokens of one account come from."""

    async def current(self) -> Grant | NoGrant:
        """A token that should be good; got or renewed first where that is needed."""
        ...

    async def renewed(self, refused: str) -> Grant | NoGrant | None:
        """Another token than *refused*, which was answered 401; None where the profile wants no second try."""
        ...

    async def expired(self) -> Grant | NoGrant:
        """A token whose time has run out; waits for that.

        Raises:
            UsageError: That takes too long, or nobody knows when it is.
        """
        ...


class _Sent(NamedTuple):
    exchange: Exchange
    trouble: TransportError | None


class Caller:
    """Knows the document, the properties and the way to the provider; remembers what it sent latest."""

    def __init__(
        self,
        integration: Integration,
        profile: Profile,
        properties: Mapping[str, str],
        hosts: Mapping[str, str],
        transport: Transport,
        journal: Journal,
        clock: Clock,
        muted: frozenset[str] = frozenset(),
        host_places: Mapping[str, str] = MappingProxyType({}),
        nobody_there: Callable[[str, str], str | None] = lambda _url, _place: None,
    ) -> None:
        """*nobody_there* says what to do where nothing answers at a URL that is written in a place."""
        self._muted = muted
        self._document = integration.document
        self._profile = profile
        self._properties = properties
        self._hosts = hosts
        self._transport = transport
        self._journal = journal
        self._clock = clock
        self._answers = AnswerReader(integration, profile, properties, hosts, host_places)
        self._nobody_there = nobody_there
        self._kept = KeptRequests()

    def use(self, integration: Integration) -> None:
        """Make the requests of *integration* from the next one on."""
        self._document = integration.document
        self._answers.use(integration)

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

    async def call(
        self,
        name: ApiName,
        variables: Mapping[str, Scalar],
        account: str,
        tokens: AccessTokens | None = None,
        tampers: tuple[Tamper, ...] = (),
    ) -> CallResult:
        """Make the request called *name* and read its answer; with *tokens*, those authorize it.

        With *tampers* it is spoilt in those ways, and made once only.

        Raises:
            UsageError: The document has no such request.
            RenderingError: It cannot be made from *variables* and the properties.
        """
        method = self.method(name)
        values = {**self._properties, **variables}
        began = self._clock.now()
        if tampers:
            return await self._tampered(name, method, values, account, tokens, tampers)
        if tokens is None:
            request = render(method, values, self._profile, auth=self._document.auth).request
            return await self._tried(name, request, account, began, method)
        unauthorized = render(method, values, self._profile).request  # what cannot be made asks for no token
        grant = await tokens.current()
        if isinstance(grant, NoGrant):
            return await self._not_sent(name, unauthorized, account, began, grant)
        result = await self._tried(name, _with_token(unauthorized, grant), account, began, method)
        again = await tokens.renewed(grant.token) if result.status == UNAUTHORIZED else None
        if again is None:
            return _authorized(result, grant)
        if isinstance(again, NoGrant):
            return _authorized(result, grant, again.findings, f"{result.failure}; {again.failure}", again.mend)
        repeated = await self._tried(name, _with_token(unauthorized, again), account, began, method)
        if repeated.status == UNAUTHORIZED:
            message = f"{name} was answered 401 again, with a token just renewed"
            mend = "accept the token that your token endpoint gave last"
            found = (rules.STILL_REFUSED.on("$", message, mend),)
            return _authorized(repeated, again, (*grant.findings, *found), message, mend)
        message = f"{name} #{result.exchange} was answered 401; the token was renewed and the request repeated"
        found = (rules.REPEATED.on("$", message, "nothing to do if the token had expired or was revoked"),)
        return _authorized(repeated, again, (*grant.findings, *found))

    async def _tampered(
        self,
        name: ApiName,
        method: ApiMethod,
        values: Mapping[str, Scalar],
        account: str,
        tokens: AccessTokens | None,
        tampers: tuple[Tamper, ...],
    ) -> CallResult:
        """Make a spoilt request: nothing is renewed or tried again, and what comes of it is no finding."""
        began = self._clock.now()
        method, values = spoil_values(method, values, tampers, credentials(method, self._document))
        request = render(method, values, self._profile, auth=None if tokens else self._document.auth).request
        if tokens is not None and "no_auth" not in tampers:
            grant = await (tokens.expired() if "expired_auth" in tampers else tokens.current())
            if isinstance(grant, NoGrant):
                return await self._not_sent(name, request, account, began, grant)
            began, request = self._clock.now(), _with_token(request, grant)

        def read(reply: Reply) -> Mapped:
            return self._answers.read(name, method, reply)

        return await self._attempt(name, spoil(request, tampers), account, began, 1, read, tampers=tampers)

    async def _tried(
        self, name: ApiName, request: Request, account: str, began: float, method: ApiMethod
    ) -> CallResult:
        """Send, and send again as often as the profile says; a 401 is not tried again with the same token."""

        def read(reply: Reply) -> Mapped:
            return self._answers.read(name, method, reply)

        result = await self._attempt(name, request, account, began, 1, read)
        while (
            result.failure is not None
            and result.attempts <= self._profile.retries
            and not (self._document.oauth2 is not None and result.status == UNAUTHORIZED)
        ):
            await self._clock.sleep(self._profile.retry_delay)
            result = await self._attempt(name, request, account, began, result.attempts + 1, read)
        return result

    async def _not_sent(self, name: str, request: Request, account: str, began: float, why: NoGrant) -> CallResult:
        """Record a request that was not sent for want of a token."""
        now = self._clock.now()
        error = f"not sent: {why.failure}"
        exchange = self._begun(name, request, account, 1)._replace(error=error, duration_s=0.0)
        exchange = await self._journal.begin(exchange)
        result = CallResult(
            name=name,
            exchange=exchange.id,
            began=began,
            ended=now,
            variables={},
            findings=why.findings,
            failure=why.failure,
            mend=why.mend,
            unreachable=why.unreachable,
        )
        await self._journal.record(exchange._replace(outcome=_outcome(result)))
        return result

    async def request(self, kind: str, request: Request, account: str, read: Read | None = None) -> CallResult:
        """Make a request that is none of the document's API: a trigger's, a step's own, one for a token.

        With *read*, that alone says whether the answer is a failure.
        """
        return await self._attempt(kind, request, account, self._clock.now(), 1, read, judged_by_status=read is None)

    def sent(self, number: int) -> Request | None:
        """The request of exchange *number* as it was made, if it is remembered; it may hold secrets."""
        return self._kept.get(number)

    async def _attempt(
        self,
        kind: str,
        request: Request,
        account: str,
        began: float,
        attempt: int,
        read: Read | None,
        *,
        judged_by_status: bool = True,
        tampers: tuple[Tamper, ...] = (),
    ) -> CallResult:
        """Send once; recorded before, and again with the answer and what it means."""
        exchange = self._begun(kind, request, account, attempt)
        if tampers:
            exchange = exchange._replace(outcome={"tampered": list(tampers)})
        exchange = await self._journal.begin(exchange)
        self._kept.keep(exchange.id, request)
        sent = await self._send(exchange, exchange.request._replace(url=exchange.sent_to or exchange.request.url))
        reply = sent.exchange.reply
        mapped = Mapped({}) if read is None or reply is None else read(reply)
        result = self._judged(kind, sent, began, attempt, mapped, by_status=judged_by_status)
        if tampers:
            result = replace(result, tampered=tampers, findings=())  # it is not the provider that made the trouble
        elif self._muted:
            result = replace(result, findings=unmuted(result.findings, self._muted))
        await self._journal.record(sent.exchange._replace(outcome=_outcome(result)))
        return result

    def _begun(self, kind: str, request: Request, account: str, attempt: int) -> Exchange:
        sent_to = rewrite(request.url, self._hosts)
        headers = on_the_wire(request._replace(url=sent_to)).headers
        return Exchange(
            id=UNNUMBERED,
            direction="out",
            kind=kind,
            account=account,
            at=self._clock.wall(),
            clock=self._clock.now(),
            request=request._replace(headers=headers),
            sent_to=sent_to if sent_to != request.url else None,
            attempt=attempt,
            outcome={},
        )

    async def _send(self, exchange: Exchange, request: Request) -> _Sent:
        trouble = reply = None
        try:
            reply = await self._transport.send(request, timeout_s=self._profile.timeout)
        except TransportError as error:
            trouble = error
        took = self._clock.now() - exchange.clock
        return _Sent(
            exchange._replace(reply=reply, error=trouble.message if trouble else None, duration_s=took), trouble
        )

    def _mend(self, trouble: TransportError, exchange: Exchange) -> str:
        place = HOSTS if exchange.sent_to is not None else _WRITTEN_IN.get(exchange.kind, HOSTS)
        known = None
        if trouble.kind == "refused":
            known = self._nobody_there(exchange.sent_to or exchange.request.url, place)
        usual = trouble.mend or "see the provider's log"
        # A name that nobody knows is mapped by hosts:, wherever it is written.
        return known or (usual if trouble.kind == "unresolved" else usual.replace(HOSTS, place))

    def _judged(
        self, name: str, sent: _Sent, began: float, attempt: int, mapped: Mapped, *, by_status: bool
    ) -> CallResult:
        exchange, trouble = sent.exchange, sent.trouble
        findings = list(mapped.findings)
        why = None if mapped.failure is None else next(each for each in findings if each.message == mapped.failure)
        is_refused = False
        if trouble is not None:
            why = rules.NO_ANSWER.on("$", trouble.message, self._mend(trouble, exchange))
            findings.append(why)
        elif exchange.reply is not None and is_conflict(name, exchange.reply):
            findings.append(already_subscribed())
        elif by_status and exchange.reply is not None and not status_fits(exchange.reply.status, self._profile.success):
            is_refused = True
            why = self._answers.refusal(name, exchange.request, exchange.reply)
            findings.append(why)
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
            failure=why.message if why else None,
            mend=why.remedy if why else None,
            code=why.code if why else None,
            by_status=is_refused or (why is not None and why.code == rules.REFUSED.code),
            unreachable=trouble is not None and trouble.kind in UNREACHABLE,
            attempts=attempt,
        )


_WRITTEN_IN = {
    "trigger": "triggers: in ringo-emu.yaml",
    "revoke": "oauth: in ringo-emu.yaml",
    "request": "this request",
}
"""Where the address of a request is written that is none of the document's, by its kind."""


def _with_token(request: Request, grant: Grant) -> Request:
    return request._replace(headers=(("Authorization", f"Bearer {grant.token}"), *request.headers))


def _authorized(
    result: CallResult,
    grant: Grant,
    findings: tuple[Finding, ...] = (),
    failure: str | None = None,
    mend: str | None = None,
) -> CallResult:
    """*result* with what its token says; *failure* and *mend* go before its own."""
    return replace(
        result,
        refreshed=result.refreshed or grant.renewed,
        findings=(*grant.findings, *findings, *result.findings),
        failure=failure or result.failure,
        mend=mend or result.mend,
    )


def _outcome(result: CallResult) -> dict[str, object]:
    outcome: dict[str, object] = {
        "messageid": result.messageid,
        "failure": result.failure,
        "findings": [finding_data(finding) for finding in result.findings],
    }
    if result.tampered:
        outcome["tampered"] = list(result.tampered)
    return outcome
