"""Several platforms share one listener: whose something is, its URL says, and nobody gets what is another's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from emulator.core.reading import read_document
from emulator.engine.clock import SystemClock
from emulator.engine.journal import open_journal
from emulator.engine.platform import PlatformSettings, open_platform
from emulator.engine.public_listener import open_listener
from emulator.provider.app import make_provider
from emulator.provider.settings import ProviderSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from pytest_aiohttp import AiohttpServer

    from emulator.core.conversations import Organization
    from emulator.core.document import Integration
    from emulator.engine.exchanges import Exchange
    from emulator.engine.public_listener import PublicListener

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TEXT = {"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": "hi"}}


@pytest.fixture
async def listener() -> AsyncIterator[PublicListener]:
    """One that is open, and receives for nobody yet."""
    async with open_listener("127.0.0.1", 0, SystemClock()) as opened:
        yield opened


@pytest.fixture
async def post() -> AsyncIterator[Callable[..., Any]]:
    """Posts a webhook: the status and the answer."""
    async with aiohttp.ClientSession() as session:

        async def posted(url: str, said: object = TEXT) -> tuple[int, Any]:
            async with session.post(url, json=said) as answer:
                return answer.status, await answer.json() if answer.content_type == "application/json" else None

        yield posted


@pytest.fixture
def integrations(
    document: dict[str, Any], integrate: Callable[[Mapping[str, Any]], Integration]
) -> tuple[Integration, Integration]:
    """Two services."""
    document["Webhook"][0]["event_key"] = "message"
    return integrate(document), integrate({**document, "id": "other-sms"})


async def test_two_integrations_and_three_organizations(
    listener: PublicListener,
    integrations: tuple[Integration, Integration],
    organization: Organization,
    post: Callable[..., Any],
) -> None:
    """Framework 6.31: service and account of the webhook URL say whose an event is; each journal has its own."""
    one, other = integrations
    with open_journal() as first, open_journal() as second:
        async with (
            open_platform(PlatformSettings(integration=one), first, listener=listener) as acme,
            open_platform(PlatformSettings(integration=other), second, listener=listener) as third_party,
        ):
            accounts = [
                acme.open_account(organization),
                acme.open_account(replace(organization, id="777", domain="beta")),
                third_party.open_account(organization),
            ]
            urls = [account.webhook_url for account in accounts]
            report = {"method": "delivered", "params": {"id": "m-1"}}
            statuses = [(await post(url, report))[0] for url in urls]
            unknown = await post(f"{listener.base_url}/services/other-sms/a778")

            assert len({*urls}) == 3
            assert all(url.startswith(listener.base_url) for url in urls)
            assert statuses == [200, 200, 200]
            assert [len(account.inbox.since(0)) for account in accounts] == [1, 1, 1]
            assert unknown[0] == 404
            assert unknown[1]["error"]["webhook_urls"] == urls
            assert len(third_party.journal.last(9)) == 1


async def test_files_are_the_platforms_own(
    listener: PublicListener, integrations: tuple[Integration, Integration], tmp_path: Path
) -> None:
    (tmp_path / "cat.txt").write_text("meow")
    with open_journal() as journal:
        async with (
            open_platform(PlatformSettings(integration=integrations[0]), journal, listener=listener),
            open_platform(PlatformSettings(integration=integrations[1]), journal, listener=listener) as other,
            aiohttp.ClientSession() as session,
        ):
            url = other.share(tmp_path / "cat.txt")
            async with session.get(url) as answer:
                assert (answer.status, await answer.text()) == (200, "meow")
            # What was read of it is known once the connection has ended.
            clock = SystemClock()
            fetched = await other.shelf.wait_for(lambda _: True, clock.now() + 10, clock)
            assert fetched is not None


async def test_who_has_left_receives_nothing(
    listener: PublicListener,
    integrations: tuple[Integration, Integration],
    organization: Organization,
    post: Callable[..., Any],
) -> None:
    """The others go on; where nobody is left, that is told."""
    with open_journal() as journal:
        one, another = (PlatformSettings(integration=each) for each in integrations)
        async with open_platform(one, journal, listener=listener):
            async with open_platform(another, journal, listener=listener) as other:
                url = other.open_account(organization).webhook_url
            assert (await post(url))[0] == 404
        assert (await post(url))[0] == 503
        assert (await post(f"{listener.base_url}/elsewhere"))[0] == 503


async def test_each_is_connected_to_its_own_provider(
    listener: PublicListener, organization: Organization, aiohttp_server: AiohttpServer
) -> None:
    """The redirect URI is one for all: the state says whose the redirect is."""
    path = SCENARIOS / "reference-oauth2.json"
    integration = read_document(path.name, path.read_bytes()).playable()
    properties = {"Client ID": "demo-client", "Client Secret": "demo-client-secret"}
    with open_journal() as journal:
        settings = []
        for _ in range(2):
            server = await aiohttp_server(make_provider(ProviderSettings(auth="oauth2")))
            hosts = {"https://api.example.com": str(server.make_url("")).rstrip("/")}
            settings.append(PlatformSettings(integration=integration, properties=properties, hosts=hosts))
        async with (
            open_platform(settings[0], journal, listener=listener) as one,
            open_platform(settings[1], journal, listener=listener) as other,
        ):
            for platform, number in ((other, "777"), (one, "778")):
                account = platform.open_account(replace(organization, id=number))
                result = await platform.oauth(account, "connect")

                assert result is not None
                assert result.failure is None
                assert platform.authorizer.is_connected(account)


async def test_what_is_no_http_is_kept_where_it_was_addressed_to(
    listener: PublicListener, integrations: tuple[Integration, Integration], organization: Organization
) -> None:
    """Framework 6.35: its beginning is kept byte for byte, and its reason is told with it."""
    host, _, port = listener.base_url.removeprefix("http://").partition(":")
    with open_journal() as first, open_journal() as second:
        async with (
            open_platform(PlatformSettings(integration=integrations[0]), first, listener=listener) as acme,
            open_platform(PlatformSettings(integration=integrations[1]), second, listener=listener) as other,
        ):
            path = other.open_account(organization).webhook_url.removeprefix(listener.base_url)
            for data in (f"POST {path} HTTP/1.1\r\n\r\n".encode(), b"\x16\x03\x01\x00\xff\x01"):
                recorded: asyncio.Queue[Exchange] = asyncio.Queue()
                for journal in (first, second):
                    journal.subscribe(recorded.put_nowait)
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(data)
                assert b" 400 " in await reader.readline()
                writer.close()
                exchange = await asyncio.wait_for(recorded.get(), 5)
                assert ("no_http", "in", data, 400) == (
                    exchange.kind,
                    exchange.direction,
                    exchange.request.body,
                    exchange.reply and exchange.reply.status,
                )
                assert exchange.outcome["mend"]
            assert [each.reason for each in other.garbled()] == ["no Host header"]
            assert [each.reason for each in acme.garbled()] == ["HTTPS, spoken to a port that has plain HTTP"]
            assert [each.outcome["problem"] for each in second.last()] == ["no HTTP request: no Host header"]
