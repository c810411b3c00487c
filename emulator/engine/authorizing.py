"""Gets, renews and keeps the access tokens of every account: the platform's part of OAuth 2.0 (framework 5).

An account is connected once, by an admin's browser or without one, and its tokens are then renewed as they are
needed. Whatever several requests need at the same time is done once for all of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from emulator.core import rules
from emulator.core.hosts import rewrite
from emulator.core.mapping import Mapped
from emulator.core.messages import Request
from emulator.core.oauth import (
    LOST,
    OAuthClient,
    TokenReading,
    Tokens,
    authorization_url,
    client_secrets,
    code_request,
    read_redirect,
    read_token_answer,
    redirect_secrets,
    refresh_request,
    token_secrets,
)
from emulator.engine.calling import CallResult, Grant, NoGrant
from emulator.engine.connected_page import CONNECT_PATH
from emulator.engine.consenting import Arrived, Follower, Script
from emulator.engine.token_store import StoredTokens
from emulator.errors import UsageError

if TYPE_CHECKING:
    from emulator.core.messages import Reply
    from emulator.core.oauth import GrantKind
    from emulator.core.profile import Profile
    from emulator.engine.accounts import Account
    from emulator.engine.calling import Caller
    from emulator.engine.clock import Clock
    from emulator.engine.journal import Journal
    from emulator.engine.token_store import TokenStore
    from emulator.errors import Finding

MOST_UNTIL_EXPIRED_S = 30.0
"""As long is waited for a token to expire."""
_MOST_PENDING = 1000
"""Authorization requests that may wait for their redirect; the oldest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How an account is connected without a browser, as far as the project file says.

    *consent* is what the admin would do on the provider's pages. *refresh_token* was got elsewhere. *revocation*
    makes the request that takes the tokens back, of their names and values.
    """

    consent: Script = ()
    refresh_token: str | None = field(default=None, repr=False)
    revocation: Callable[[Mapping[str, str]], Request] | None = None


class Finished(NamedTuple):
    """What came of a redirect: the *finding* that says what went wrong, if anything did, and whom it concerned."""

    finding: Finding | None
    account: str = ""


class _Pending(NamedTuple):
    """An authorization request that waits for its redirect; *until* is on the engine's clock."""

    state: str
    account: Account
    verifier: str | None
    until: float
    done: asyncio.Future[CallResult | Finding]


@dataclass(slots=True)
class _Connection:
    """What the platform knows of an account at the provider; times are on the engine's clock."""

    access: str | None = field(default=None, repr=False)
    refresh: str | None = field(default=None, repr=False)
    renew_at: float | None = None
    expires_at: float | None = None
    lost: str | None = None
    """Why it is connected no more."""
    under_way: asyncio.Task[Grant | NoGrant] | None = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)


class Authorizer:
    """The provider's client, for all accounts of a platform."""

    def __init__(
        self,
        client: OAuthClient,
        profile: Profile,
        caller: Caller,
        journal: Journal,
        store: TokenStore,
        clock: Clock,
        *,
        hosts: Mapping[str, str],
        ways: Ways | None = None,
    ) -> None:
        """*caller* must not follow redirects."""
        self._client = client
        self._public_base = self._local_base = ""
        self._profile = profile
        self._caller = caller
        self._journal = journal
        self._store = store
        self._clock = clock
        self._hosts = hosts
        self._ways = ways or Ways()
        self._connections: dict[str, _Connection] = {}
        self._pending: dict[str, _Pending] = {}
        self._links: dict[str, Account] = {}
        journal.learn(client_secrets(client))
        if self._ways.refresh_token:
            journal.learn([self._ways.refresh_token])

    def listens_at(self, public_base: str, local_base: str) -> None:
        """The listener's address, as the provider knows it and as this machine does."""
        self._public_base, self._local_base = public_base, local_base

    @property
    def redirect_path(self) -> str:
        """The path of the redirect URI."""
        return self._profile.oauth_redirect

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends the browser back to; one for all accounts, as providers want it registered."""
        return self._public_base + self.redirect_path

    def tokens(self, account: Account) -> _AccountTokens:
        """Where the access tokens of *account* come from."""
        return _AccountTokens(self, account)

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = [each.under_way for each in self._connections.values() if each.under_way is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- connecting

    def begin(self, account: Account) -> str:
        """Begin to connect *account*: the address to which the admin's browser goes.

        It is where ``hosts`` leads: the browser knows nothing of that.
        """
        return self._begin(account)[0]

    def _begin(self, account: Account) -> tuple[str, _Pending]:
        state = secrets.token_urlsafe(32)
        verifier = secrets.token_urlsafe(48) if self._profile.oauth_pkce == "S256" else None
        self._journal.learn(each for each in (state, verifier) if each is not None)
        until = self._clock.now() + self._profile.oauth_state_lifetime
        done: asyncio.Future[CallResult | Finding] = asyncio.get_running_loop().create_future()
        pending = self._pending[state] = _Pending(state, account, verifier, until, done)
        if len(self._pending) > _MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        url = authorization_url(self._client, self.redirect_uri, state, verifier=verifier)
        return rewrite(url, self._hosts), pending

    def link(self, account: Account) -> str:
        """An address of the listener's own that begins to connect *account*, as often as it is opened.

        It can be shown: unlike the authorization URL it holds neither the client's id nor a state that grows old.
        """
        token = secrets.token_urlsafe(16)
        self._links[token] = account
        return f"{self._local_base}{CONNECT_PATH}/{token}"

    def linked(self, token: str) -> Account | None:
        """The account that a link connects."""
        return self._links.get(token)

    def awaits(self, query: str) -> bool:
        """Whether the redirect with *query* is one of its own."""
        return read_redirect(query, self._known_state).state is not None

    async def finish(self, query: str) -> Finished:
        """The redirect came with *query*: exchange its code. A state is good once, whatever came with it."""
        redirect = read_redirect(query, self._known_state)
        if redirect.state is None:
            return Finished(redirect.finding)
        self._journal.learn(redirect_secrets(f"?{query}"))  # of a redirect that is awaited: anybody can make others
        pending = self._pending.pop(redirect.state)
        if redirect.code is None:
            assert redirect.finding is not None  # noqa: S101 - the one or the other
            _settle(pending, redirect.finding)
            return Finished(redirect.finding, pending.account.label)
        result, failure = await self._exchange(pending, redirect.code)
        _settle(pending, result)
        return Finished(failure, pending.account.label)

    def _known_state(self, given: str) -> str | None:
        now = self._clock.now()
        for state, pending in list(self._pending.items()):
            if pending.until <= now:
                del self._pending[state]
        # Not by looking it up: how long that takes depends on how much of the state is right.
        encoded = given.encode("utf-8", "replace")
        return next((state for state in self._pending if secrets.compare_digest(state.encode(), encoded)), None)

    async def _exchange(self, pending: _Pending, code: str) -> tuple[CallResult, Finding | None]:
        request = code_request(self._client, code, self.redirect_uri, self._profile, verifier=pending.verifier)
        result, reading = await self._ask("code", request, pending.account)
        if reading is None or reading.tokens is None:
            return result, result.findings[-1]
        async with self._store.held():
            self._keep(pending.account, reading.tokens, None)
        return result, None

    async def connect(self, account: Account) -> CallResult:
        """Connect *account* without a browser, anew if it is connected; the result of the last request that took."""
        url, pending = self._begin(account)
        follower = Follower(
            self._caller, self._journal, self._hosts, self.redirect_uri, self._ways.consent, account.label
        )
        try:
            return await self._followed(await follower.follow(url, pending.state), pending)
        finally:
            self._pending.pop(pending.state, None)

    async def _followed(self, arrived: Arrived | CallResult, pending: _Pending) -> CallResult:
        """Go to the redirect URI, if that was reached; what came of the code."""
        if not isinstance(arrived, Arrived):
            return arrived
        self._journal.learn(redirect_secrets(f"?{arrived.query}"))
        # The listener is called as a browser would, so that what is tested is what the admin meets.
        back = f"{self._local_base}{self.redirect_path}?{arrived.query}"
        returned = await self._caller.request(
            "authorize", Request(method="GET", url=back), pending.account.label, _unjudged
        )
        if returned.failure is not None:
            return returned
        if not pending.done.done():  # the redirect had not our state: say what it had
            finding = read_redirect(arrived.query, lambda _: None).finding
            assert finding is not None  # noqa: S101 - no state is known here
            return arrived.result.failed(finding)
        settled = await pending.done
        return settled if isinstance(settled, CallResult) else arrived.result.failed(settled)

    async def until_connected(self, account: Account) -> None:
        """Wait until *account* is connected."""
        await self._connection(account).connected.wait()

    def is_connected(self, account: Account) -> bool:
        """Whether there are tokens for *account*."""
        return self._connection(account).access is not None

    # -- using

    async def current(self, account: Account) -> Grant | NoGrant:
        """A token that should be good."""
        connection = self._connection(account)
        if connection.under_way is not None:
            return await self._once(connection, partial(self._renew, account, connection))
        if connection.access is not None:
            if connection.renew_at is None or self._clock.now() < connection.renew_at:
                return Grant(connection.access)
            return await self._once(connection, partial(self._renew, account, connection))
        if connection.lost is not None:
            return _not_connected(f"the account is not connected any more: {connection.lost}")
        if connection.refresh is not None:
            return await self._once(connection, partial(self._renew, account, connection))
        return await self._once(connection, partial(self._first, account, connection))

    async def renewed(self, account: Account, refused: str) -> Grant | NoGrant | None:
        """Another token than *refused*; None where the profile wants no second try."""
        if self._profile.oauth_on_401 == "fail":
            return None
        connection = self._connection(account)
        if connection.under_way is None and connection.access not in {None, refused}:
            return Grant(str(connection.access), renewed=True)  # another request has had it renewed meanwhile
        return await self._once(connection, partial(self._renew, account, connection))

    async def expired(self, account: Account) -> Grant | NoGrant:
        """The access token once its time has run out.

        Raises:
            UsageError: The provider did not say when that is, or it takes longer than `MOST_UNTIL_EXPIRED_S`.
        """
        grant = await self.current(account)
        if isinstance(grant, NoGrant):
            return grant
        expires_at = self._connection(account).expires_at
        if expires_at is None:
            mend = "answer with expires_in, or write wrong_auth"
            raise UsageError("the provider did not say when its access token expires", mend=mend)
        left_s = expires_at - self._clock.now()
        if left_s > MOST_UNTIL_EXPIRED_S:
            message = f"the access token is good for another {left_s:.0f} s, too long to wait for"
            raise UsageError(message, mend=f"give tokens of {MOST_UNTIL_EXPIRED_S:g} s or less while you test")
        await self._clock.sleep(left_s)
        return grant

    async def _once(self, connection: _Connection, work: Callable[[], Awaitable[Grant | NoGrant]]) -> Grant | NoGrant:
        """Do *work*, or wait for what is under way; who stops waiting does not stop it for the others."""
        if connection.under_way is None:
            connection.under_way = asyncio.ensure_future(work())

            def ended(_: object) -> None:
                connection.under_way = None

            connection.under_way.add_done_callback(ended)
        return await asyncio.shield(connection.under_way)

    async def _first(self, account: Account, connection: _Connection) -> Grant | NoGrant:
        """Connect an account that never was, as its admin would have before anything is sent."""
        result = await self.connect(account)
        if result.failure is not None or connection.access is None:
            return NoGrant(result.failure or "no token came", result.mend, result.findings, result.unreachable)
        return Grant(connection.access, findings=result.findings)

    async def _renew(self, account: Account, connection: _Connection) -> Grant | NoGrant:
        async with self._store.held():
            if self._adopted(account, connection):
                return Grant(str(connection.access), renewed=True)
            if connection.refresh is None:
                message = "the access token is good no more, and the provider gave no refresh token"
                self._lose(account, connection, message)
                return _not_connected(message)
            result, reading = await self._ask(
                "refresh", refresh_request(self._client, connection.refresh, self._profile), account
            )
            if reading is not None and reading.tokens is not None:
                self._keep(account, reading.tokens, connection.refresh)
                return Grant(reading.tokens.access, renewed=True, findings=result.findings)
            failure = result.failure or "no token came"
            if reading is not None and reading.error == LOST:
                self._lose(account, connection, failure)
            return NoGrant(failure, result.mend, result.findings, result.unreachable)

    def _adopted(self, account: Account, connection: _Connection) -> bool:
        """Whether another process has renewed meanwhile, and what it got is in use now."""
        stored = self._stored(account)
        if stored is None or stored.access == connection.access:
            return False
        self._take(connection, stored)
        return connection.renew_at is None or self._clock.now() < connection.renew_at

    async def _ask(self, kind: GrantKind, request: Request, account: Account) -> tuple[CallResult, TokenReading | None]:
        """Make a request of the token endpoint; there is no reading where no answer came."""
        reading: TokenReading | None = None

        def read(reply: Reply) -> Mapped:
            nonlocal reading
            self._journal.learn(token_secrets(reply))  # before anybody writes the answer
            reading = read_token_answer(reply, kind)
            return Mapped({}, reading.findings, reading.failure)

        name = "token" if kind == "code" else "refresh"
        return await self._caller.request(name, request, account.label, read), reading

    # -- keeping

    def expire(self, account: Account) -> None:
        """Take the access token for expired from now on: the next request has it renewed first.

        Raises:
            UsageError: There is none.
        """
        connection = self._connection(account)
        if connection.access is None:
            raise UsageError("the account is not connected", mend="connect it first: oauth: connect")
        connection.renew_at = self._clock.now()

    async def revoke(self, account: Account) -> CallResult:
        """Take the tokens back at the provider, in the way that the project file knows, and go on using them.

        So the next request shows what the provider makes of them.

        Raises:
            UsageError: Nobody says how, or there are none.
        """
        connection = self._connection(account)
        if self._ways.revocation is None:
            raise UsageError(
                "nothing says how to revoke: the integration document has no address for it",
                mend="write oauth: {revoke: {POST: …, form: {token: $refresh_token$}}} into ringo-emu.yaml",
            )
        if connection.access is None:
            raise UsageError("the account is not connected", mend="connect it first: oauth: connect")
        request = self._ways.revocation(
            {
                "access_token": connection.access,
                "refresh_token": connection.refresh or "",
                "client_id": self._client.client_id,
                "client_secret": self._client.client_secret,
            }
        )
        return await self._caller.request("revoke", request, account.label)

    def _connection(self, account: Account) -> _Connection:
        connection = self._connections.get(account.id)
        if connection is None:
            connection = self._connections[account.id] = _Connection(refresh=self._ways.refresh_token)
            stored = self._stored(account)
            if stored is not None:
                self._take(connection, stored)
        return connection

    def _stored(self, account: Account) -> StoredTokens | None:
        stored = self._store.load(account.id)
        # Another client's tokens, or another provider's, must not be sent to this one.
        return stored if stored is not None and stored.client == self._fingerprint else None

    @property
    def _fingerprint(self) -> str:
        return hashlib.sha256(f"{self._client.client_id}\0{self._client.token_endpoint}".encode()).hexdigest()[:32]

    def _take(self, connection: _Connection, stored: StoredTokens) -> None:
        self._journal.learn(each for each in (stored.access, stored.refresh) if each)
        connection.access, connection.refresh, connection.lost = stored.access, stored.refresh, None
        connection.renew_at = connection.expires_at = None
        if stored.expires_at is not None:
            left_s = (stored.expires_at - self._clock.wall()).total_seconds()
            connection.expires_at = self._clock.now() + left_s
            connection.renew_at = connection.expires_at - self._profile.oauth_refresh_before
        connection.connected.set()

    def _keep(self, account: Account, tokens: Tokens, former_refresh: str | None) -> None:
        """Use *tokens* from now on; the *former_refresh* token stays where no new one came."""
        connection = self._connection(account)
        connection.access, connection.lost = tokens.access, None
        connection.refresh = tokens.refresh or former_refresh
        connection.renew_at = connection.expires_at = expires_at = None
        if tokens.lifetime_s is not None:
            margin = min(self._profile.oauth_refresh_before, tokens.lifetime_s / 2)
            connection.expires_at = self._clock.now() + tokens.lifetime_s
            connection.renew_at = connection.expires_at - margin
            expires_at = self._clock.wall() + timedelta(seconds=min(tokens.lifetime_s, _LONGEST_S))
        self._store.save(account.id, StoredTokens(self._fingerprint, connection.access, connection.refresh, expires_at))
        connection.connected.set()

    def _lose(self, account: Account, connection: _Connection, why: str) -> None:
        connection.access = connection.refresh = connection.renew_at = None
        connection.lost = why
        connection.connected.clear()
        self._store.save(account.id, None)


_LONGEST_S = 10.0 * 365 * 24 * 3600
"""No calendar goes further than a provider may say that its tokens do."""


class _AccountTokens(NamedTuple):
    """The access tokens of one account."""

    authorizer: Authorizer
    account: Account

    async def current(self) -> Grant | NoGrant:
        """A token that should be good."""
        return await self.authorizer.current(self.account)

    async def renewed(self, refused: str) -> Grant | NoGrant | None:
        """Another token than *refused*."""
        return await self.authorizer.renewed(self.account, refused)

    async def expired(self) -> Grant | NoGrant:
        """A token whose time has run out."""
        return await self.authorizer.expired(self.account)


def _unjudged(_: Reply) -> Mapped:
    """What the listener answers to a redirect is for people; how it ended is known."""
    return Mapped({})


def _settle(pending: _Pending, outcome: CallResult | Finding) -> None:
    if not pending.done.done():
        pending.done.set_result(outcome)


def _not_connected(message: str) -> NoGrant:
    mend = "connect the account: oauth: connect in a scenario, or the link that ringo-emu serve prints"
    finding = rules.NOT_CONNECTED.on("$", message, mend)
    return NoGrant(finding.message, mend, (finding,))
