"""Whatever is posted, fetched, answered or written: no traceback, no 5xx, and each webhook is recorded."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.conversations import Organization, User
from emulator.core.mapping import apply_response_map
from emulator.core.messages import Reply
from emulator.core.no_answer import no_answer
from emulator.core.patterns import compile_pattern
from emulator.core.reading import read_document
from emulator.core.received import judged
from emulator.core.source import SourceText
from emulator.engine.journal import open_journal
from emulator.engine.platform import Platform, PlatformSettings, open_platform
from emulator.errors import RingoError
from emulator.scenario import rules
from emulator.scenario.yaml_text import YamlRules, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = (Path(__file__).parents[1] / "scenarios" / "reference.json").read_bytes()
ORGANIZATION = Organization(
    id="1000", domain="fuzz", users=(User(name="A", extension="1", numbers=("+61855555555",)),), contact="+61123456789"
)
RULES = YamlRules(rules.SCENARIO_NOT_YAML, rules.SCENARIO_DUPLICATE_KEY, rules.SCENARIO_UNREADABLE)
WORDS = [
    *(
        b'{"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": "',
        b'"}}',
        b"{",
        b"[",
    ),
    *(
        b"}",
        b"]",
        b'"',
        b"\\",
        b"\\u",
        b"d800",
        b"\xff",
        b"\xe2\x80\xa6",
        b"\0",
        b"\r\n",
        b"--x",
        b"--",
        b": ",
        b"=",
        b"&",
    ),
    *(
        b"%",
        b"%FF",
        b'Content-Disposition: form-data; name="a"',
        b"Content-Type: multipart/mixed; boundary=x",
        b"1e9999",
    ),
    *(
        b"<!---->",
        b"<?xml",
        b"<html>",
        b"ftyp",
        b"$content$",
        b"http://a.jpg?",
        b"- ",
        b"a: ",
        b"&a [*a]",
        b"HTTP/1.1 200",
    ),
    gzip.compress(b"{}"),
]
FOREIGN = st.lists(st.sampled_from(WORDS) | st.binary(max_size=8), max_size=30).map(b"".join)
TYPES = st.sampled_from(
    ["application/json", "multipart/form-data; boundary=x", "text/plain; charset=utf-16", "image/png"]
)
CODINGS = st.sampled_from(["", "gzip", "deflate", "gzip, gzip", "br", "identity"])


class _Served:
    """A platform that listens, and one client."""

    def __init__(self, runner: asyncio.Runner, platform: Platform, client: aiohttp.ClientSession, url: str) -> None:
        self.platform = platform
        self._runner, self._client, self._url = runner, client, url

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        async def posted() -> int:
            async with self._client.post(self._url, data=body, headers=headers) as answer:
                await answer.read()
                return answer.status

        return self._runner.run(posted())


@pytest.fixture(scope="module")
def served() -> Iterator[_Served]:
    """One for all examples: what one leaves behind, the next ones meet."""
    integration = read_document("reference.json", REFERENCE).playable()
    settings = PlatformSettings(integration=integration, properties={"API key": "fuzz-key"})

    async def opened(stack: AsyncExitStack) -> tuple[Platform, aiohttp.ClientSession, str]:
        journal = stack.enter_context(open_journal())
        platform = await stack.enter_async_context(open_platform(settings, journal))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        return platform, client, platform.open_account(ORGANIZATION).webhook_url

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        platform, client, url = runner.run(opened(stack))
        yield _Served(runner, platform, client, url)
        runner.run(stack.aclose())


@given(FOREIGN, TYPES, CODINGS)
def test_webhooks(served: _Served, body: bytes, kind: str, coding: str) -> None:
    """Each is answered with no 5xx, and recorded."""
    before = served.platform.journal.last_id
    status = served.post(body, {"Content-Type": kind} | ({"Content-Encoding": coding} if coding else {}))
    assert 200 <= status < 500
    assert served.platform.journal.last_id == before + 1


@given(FOREIGN, st.sampled_from(["image/jpeg", "text/plain", "application/smil", "video/mp4", ""]))
def test_files_of_a_provider(data: bytes, declared: str) -> None:
    """Each is judged."""
    assert judged("http://a/b.jpg", data, declared, exchange=1, status=200).size == len(data)


@given(FOREIGN)
def test_answers_of_a_provider(data: bytes) -> None:
    """Each that is no HTTP is told, and each that is is read by ``response_map`` or told."""
    assert no_answer(data).reason
    pattern = compile_pattern({"status": "ok", "data": [{"id": "$messageid$"}]})
    for literals_must_equal in (True, False):
        apply_response_map(pattern, Reply(status=200, body=data), literals_must_equal=literals_must_equal)


@given(FOREIGN)
def test_documents_and_scenarios(data: bytes) -> None:
    """Each is read, or its findings say why not."""
    read_document("a.json", data)
    with suppress(RingoError):
        read_yaml(SourceText("a.yaml", data.decode("utf-8", "replace")), RULES)
