"""The emulated platform: the engine's front door. It owns and joins; the parts do."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import quote

from emulator.core.conversations import Message, Organization
from emulator.core.findings import unmuted
from emulator.core.matching import compile_models
from emulator.core.profile import Profile
from emulator.core.secrecy import secrets_of
from emulator.core.tampering import AS_IT_IS, Spoilt
from emulator.engine.accounts import Account
from emulator.engine.automatic import AutomaticReplies
from emulator.engine.calling import Caller, CallResult
from emulator.engine.client import HttpTransport
from emulator.engine.clock import Clock, SystemClock
from emulator.engine.directory import Directory, Garbled, Stray
from emulator.engine.public_listener import PublicListener, open_listener
from emulator.engine.receiving import Receiver
from emulator.engine.replaying import edited, read_own_answer, recorded_webhook
from emulator.engine.sharing import SharedUrl
from emulator.engine.sink import SinkContext
from emulator.engine.user_files import is_file
from emulator.errors import RingoError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.core.document import ApiName, Integration, IntegrationDocument
    from emulator.core.matching import Event
    from emulator.core.messages import Request
    from emulator.engine.authorizing import Authorizer, Ways
    from emulator.engine.calling import AccessTokens
    from emulator.engine.client import Transport
    from emulator.engine.faults import Trap
    from emulator.engine.incoming import IncomingFiles
    from emulator.engine.journal import Journal
    from emulator.engine.shelf import Shelf
    from emulator.errors import Finding


OAuthAction = Literal["connect", "expire", "revoke"]
"""What can be done to an account's connection by intent."""


@dataclass(frozen=True, kw_only=True)
class PlatformSettings:
    """What the platform plays, and where.

    *hosts* maps URL prefixes of the document to where requests go instead. *public_url* is where the provider
    reaches the listener, if that is not its own address.
    """

    integration: Integration
    profile: Profile = field(default_factory=Profile)
    properties: Mapping[str, str] = field(default_factory=dict)
    public: frozenset[str] = frozenset()
    """The properties that are no secret."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    host_places: Mapping[str, str] = field(default_factory=dict)
    """Where each of them is written."""
    public_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 0
    contained: bool = False
    """Whether this is inside a container."""
    ca_file: Path | None = None
    ways: Ways | None = None
    """How accounts are connected to an OAuth2 provider without a browser."""
    tokens_file: Path | None = None
    """Where their tokens are kept between commands; without it they are forgotten with the platform."""
    muted: frozenset[str] = frozenset()
    """Codes of findings that nobody wants to hear of."""
    nobody_there: Callable[[str, str], str | None] = lambda _url, _place: None
    """What to do where nothing answers at a URL of the provider that is written in a place, if more is known."""


class Sending(NamedTuple):
    """A message that was sent, and the call that sent it. *findings* has those of both."""

    message: Message
    call: CallResult
    findings: tuple[Finding, ...]


class Platform:
    """A running platform; make one with `open_platform`."""

    def __init__(
        self,
        settings: PlatformSettings,
        listener: PublicListener,
        directory: Directory,
        journal: Journal,
        caller: Caller,
        receiver: Receiver,
        clock: Clock,
        authorizer: Authorizer | None = None,
    ) -> None:
        self.settings = settings
        self.journal = journal
        self.clock = clock
        self._listener = listener
        self._caller = caller
        self._receiver = receiver
        self._directory = directory
        self._authorizer = authorizer
        self.replies = AutomaticReplies(self._reply)
        """What the platform answers by itself."""
        self.on_subscribed: Callable[[Account], object] = lambda _: None
        """Told of each account whose webhook URL the provider has taken."""

    async def _reply(self, account: Account, number: str, contact: str, text: str) -> None:
        await self.send_message(account, number=number, contact=contact, content=text)

    def open_account(self, organization: Organization, *, remembers: bool = True) -> Account:
        """Enable the integration for *organization*: it gets a webhook URL of its own.

        Without *remembers* its inbox keeps nothing that nobody waits for.
        """
        profile = self.settings.profile
        account_id = organization.id if profile.account_id == "organization" else secrets.token_hex(10)
        account = Account(
            organization, account_id, self._webhook_url(account_id), self.clock, profile, remembers=remembers
        )
        self._directory.add(account)
        return account

    def close_account(self, account: Account) -> None:
        """Disable it: what is still posted to its webhook URL is answered 404."""
        self._directory.remove(account)

    def webhook_urls(self) -> list[str]:
        """The webhook URLs that lead somewhere, the latest few."""
        return self._directory.webhook_urls()

    def others(self, account: Account) -> tuple[Account, ...]:
        """The accounts, open and closed, that have another webhook URL than *account*."""
        return self._directory.others(account)

    def garbled(self) -> tuple[Garbled, ...]:
        """The latest that came and was no HTTP request."""
        return tuple(self._directory.garbled)

    def strays(self) -> tuple[Stray, ...]:
        """The webhooks that were posted to a URL that no account has."""
        return tuple(self._directory.strays)

    def share(
        self, path: Path, account: Account | None = None, *, trap: Trap | None = None, pause_s: float = 0.0
    ) -> str:
        """Serve the file at *path* under a URL that nobody can guess, for as long as the profile says; return that.

        *account* is whose message will name it, *trap* what the link does on purpose.

        Raises:
            UsageError: There is no such file.
        """
        if not is_file(path):
            raise UsageError(f"there is no file {path}")

        def url_of(token: str) -> str:
            return f"{self.public_base}/media/{token}/{quote(path.name, errors='replace')}"

        lifetime_s = self.settings.profile.media_lifetime
        return self.shelf.share(
            path, url_of, self.clock.now(), lifetime_s, account=account, trap=trap, pause_s=pause_s
        ).url

    def unshare(self, path: Path) -> None:
        """Serve the file at *path* no longer."""
        self.shelf.unshare(path)

    @property
    def shelf(self) -> Shelf:
        """The shared files, and who fetched them."""
        return self._directory.shelf

    @cached_property
    def incoming(self) -> IncomingFiles:
        """The files of incoming mms."""
        from emulator.engine.incoming import IncomingFiles  # cold start: most runs receive none

        return IncomingFiles(lambda: self.settings, self._listener, self.journal, self.clock)

    def fetch(self, account: Account | SharedUrl, event: Event, exchange: int) -> None:
        """Fetch the file of *event*, an mms that *exchange* brought, in the background."""
        owner = account.owner(event) if isinstance(account, SharedUrl) else account
        if owner is not None:
            self.incoming.begin(owner, event, exchange)

    async def settle_files(self, account: Account) -> None:
        """Return once every file that came for *account* is there or was given up."""
        if "incoming" in self.__dict__:
            await self.incoming.settle(account)

    def untold_files(self, account: Account) -> tuple[Finding, ...]:
        """What is wrong with the files that came for *account* so far, and no step has told."""
        found = self.incoming.untold(account) if "incoming" in self.__dict__ else ()
        return unmuted(found, self.settings.muted)

    async def close(self) -> None:
        """End what goes on in the background."""
        await self.replies.close()
        if "incoming" in self.__dict__:
            await self.incoming.close()

    def play(self, integration: Integration) -> None:
        """Play *integration* from now on, in place of the document so far.

        Raises:
            UsageError: What is different in it cannot change while the platform runs.
        """
        before, after = self.settings.integration.document, integration.document
        why = _why_not(before, after, self.settings.properties)
        if why is not None:
            raise UsageError(why, mend="stop ringo-emu and start it again")
        properties, public = self.settings.properties, self.settings.public
        self.journal.learn(secrets_of(after, properties, public) - secrets_of(before, properties, public))
        self._receiver.use(compile_models(after.webhooks, self.settings.profile), integration.told_place)
        self._caller.use(integration)
        self.settings = replace(self.settings, integration=integration)

    @property
    def public_base(self) -> str:
        """Where the provider is told that the listener is."""
        return (self.settings.public_url or self._listener.base_url).rstrip("/")

    def _webhook_url(self, account_id: str) -> str:
        return f"{self.public_base}/services/{self.settings.integration.document.id}/a{quote(account_id, safe='')}"

    async def subscribe(self, account: Account, *, spoilt: Spoilt = AS_IT_IS) -> CallResult:
        """Tell the provider the account's webhook URL.

        Raises:
            UsageError: The document has no Subscribe.
            RenderingError: The request cannot be made.
        """
        variables = {"webhook_url": account.webhook_url, "domain": account.organization.domain}
        call = await self._caller.call("Subscribe", variables, account.label, self._tokens(account), spoilt.tampers)
        if call.failure is None:
            self.on_subscribed(account)
        return call

    async def send_message(
        self,
        account: Account,
        *,
        number: str,
        contact: str,
        content: str,
        extension: str | None = None,
        spoilt: Spoilt = AS_IT_IS,
    ) -> Sending:
        """Send a text from an SMS number of the organization to *contact*.

        Raises:
            RenderingError: The request cannot be made.
        """
        return await self._send(account, number, contact, content, extension, is_file=False, spoilt=spoilt)

    async def send_file(
        self,
        account: Account,
        *,
        number: str,
        contact: str,
        url: str,
        caption: str | None = None,
        extension: str | None = None,
        spoilt: Spoilt = AS_IT_IS,
    ) -> Sending:
        """Send the file at *url*; a *caption* goes as a SendMessage of its own, after it or before (profile).

        Raises:
            UsageError: The document has no SendFile.
            RenderingError: The request cannot be made.
        """
        before = self.settings.profile.caption == "before"
        text = None
        if caption and before:
            text = await self._send(account, number, contact, caption, extension, is_file=False)
        sending = await self._send(account, number, contact, url, extension, is_file=True, spoilt=spoilt)
        if caption and not before:
            text = await self._send(account, number, contact, caption, extension, is_file=False)
        return sending if text is None else _with_caption(sending, text)

    async def _send(
        self,
        account: Account,
        number: str,
        contact: str,
        content: str,
        extension: str | None,
        *,
        is_file: bool,
        spoilt: Spoilt = AS_IT_IS,
    ) -> Sending:
        self._caller.method("SendFile" if is_file else "SendMessage")
        message = account.begin(number=number, contact=contact, content=content, is_file=is_file, extension=extension)
        settings = account.organization.settings_of(number)
        variables = {
            "from": settings.number(number),
            "to": settings.number(contact),
            "extension": extension,
            "domain": account.organization.domain,
            "content": content if is_file else settings.text(content),
        }
        try:
            name: ApiName = "SendFile" if is_file else "SendMessage"
            call = await self._caller.call(name, variables, account.label, self._tokens(account), spoilt.tampers)
        except (RingoError, asyncio.CancelledError) as error:
            account.failed(message, error.message if isinstance(error, RingoError) else "it was interrupted")
            raise
        if call.failure is not None:
            return Sending(account.failed(message, call.failure, call.exchange), call, call.findings)
        message, findings = account.accepted(message, call.messageid, call.exchange, is_copy=spoilt.is_copy)
        return Sending(message, call, (*call.findings, *unmuted(findings, self.settings.muted)))

    def _tokens(self, account: Account) -> AccessTokens | None:
        return self._authorizer.tokens(account) if self._authorizer is not None else None

    @property
    def authorizer(self) -> Authorizer:
        """What connects accounts to the provider.

        Raises:
            UsageError: The document has no OAuth2.
        """
        if self._authorizer is None:
            raise UsageError("the integration document has no OAuth2", mend="add OAuth2, or leave the step out")
        return self._authorizer

    async def oauth(self, account: Account, action: OAuthAction) -> CallResult | None:
        """Connect *account* anew, take its access token for expired, or have its tokens revoked at the provider.

        Returns:
            What came of the last request; None where there is none to make (``expire``).

        Raises:
            UsageError: The document has no OAuth2, the account is not connected, or nobody says how to revoke.
        """
        match action:
            case "connect":
                return await self.authorizer.connect(account)
            case "revoke":
                return await self.authorizer.revoke(account)
            case "expire":
                self.authorizer.expire(account)
                return None

    async def request(self, kind: str, request: Request, account: Account) -> CallResult:
        """Make a request that is none of the document's, such as a trigger's."""
        return await self._caller.request(kind, request, account.label)

    async def replay(self, account: Account, number: int, body: bytes | None = None) -> CallResult:
        """Make the request of exchange *number* again: one of ours to the provider, a webhook to its own URL here.

        With *body*, that is sent in place of its own.

        Raises:
            UsageError: There is no such exchange, or it is not known any more as it was.
        """
        request = self._caller.sent(number)
        if request is not None:
            if body is not None:
                recorded = self.journal.get(number)
                request = edited(request, body, recorded.request.body if recorded else b"")
            return await self._caller.request("replay", request, account.label)
        request = recorded_webhook(self.journal, number, account.label, self._listener.base_url, body)
        return await self._caller.request("replay", request, account.label, read_own_answer)


def _why_not(before: IntegrationDocument, after: IntegrationDocument, properties: Mapping[str, str]) -> str | None:
    """Why a platform that plays *before* cannot go on with *after*."""
    if after.id != before.id:
        return "the id of the document is another, and with it the webhook URL"
    if after.oauth2 != before.oauth2:
        return "OAuth2 of the document is different"
    valueless = [name for name in after.properties if name not in properties]
    return f'the property "{valueless[0]}" has no value' if valueless else None


def _with_caption(file: Sending, caption: Sending) -> Sending:
    """*file* with what was found about its caption; it has failed if its caption has."""
    findings = (*file.findings, *caption.findings)
    if file.call.failure is not None or caption.call.failure is None:
        return file._replace(findings=findings)
    call = replace(file.call, failure=f"its caption failed: {caption.call.failure}", mend=caption.call.mend)
    return Sending(file.message, call, findings)


@asynccontextmanager
async def open_platform(
    settings: PlatformSettings,
    journal: Journal,
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
    listener: PublicListener | None = None,
) -> AsyncIterator[Platform]:
    """A platform that listens while the block runs: at *listener* where others do too, else at one of its own.

    Raises:
        UnreachableError: Its port cannot be had.
        RenderingError: OAuth2 needs a property that has no value.
    """
    document = settings.integration.document
    clock = clock or SystemClock()
    profile = settings.profile
    models, place = compile_models(document.webhooks, profile), settings.integration.told_place
    receiver = Receiver(models, profile, settings.muted, place)
    http = HttpTransport(follow_redirects=profile.redirects == "follow", ca_file=settings.ca_file)
    directory = Directory(document.id)
    async with http, _authorizing(settings, journal, clock, transport) as authorizer, AsyncExitStack() as stack:
        context = SinkContext(
            journal, clock, receiver, directory, profile.max_webhook_body, authorizer, settings.public_url
        )
        if listener is None:
            opening = open_listener(settings.host, settings.port, clock, contained=settings.contained)
            listener = await stack.enter_async_context(opening)
        base_url = listener.base_url
        with listener.receiving(context):
            if authorizer is not None:
                authorizer.listens_at((settings.public_url or base_url).rstrip("/"), base_url)
            caller = _caller(settings, transport or http, journal, clock)
            platform = Platform(settings, listener, directory, journal, caller, receiver, clock, authorizer)
            receiver.on_file, receiver.on_text = platform.fetch, platform.replies.heard
            try:
                yield platform
            finally:
                await platform.close()


def _caller(settings: PlatformSettings, transport: Transport, journal: Journal, clock: Clock) -> Caller:
    return Caller(
        settings.integration,
        settings.profile,
        settings.properties,
        settings.hosts,
        transport,
        journal,
        clock,
        settings.muted,
        settings.host_places,
        settings.nobody_there,
    )


@asynccontextmanager
async def _authorizing(
    settings: PlatformSettings, journal: Journal, clock: Clock, transport: Transport | None
) -> AsyncIterator[Authorizer | None]:
    """What connects accounts, for a document with OAuth2."""
    oauth2 = settings.integration.document.oauth2
    if oauth2 is None:
        yield None
        return
    from emulator.core.oauth import client_of
    from emulator.engine.authorizing import Authorizer
    from emulator.engine.token_store import FileStore, MemoryStore

    client = client_of(oauth2, settings.properties, settings.profile)
    store = FileStore(settings.tokens_file, clock) if settings.tokens_file else MemoryStore()
    async with HttpTransport(ca_file=settings.ca_file) as http:  # redirects are part of the flow: none is followed
        caller = _caller(settings, transport or http, journal, clock)
        authorizer = Authorizer(
            client, settings.profile, caller, journal, store, clock, hosts=settings.hosts, ways=settings.ways
        )
        try:
            yield authorizer
        finally:
            await authorizer.close()
