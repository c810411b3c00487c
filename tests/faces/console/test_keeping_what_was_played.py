"""Play by hand, save, run, pass: five conversations on the console of the real program become scenarios that pass."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

pytestmark = pytest.mark.slow

PROGRAM = str(Path(sys.executable).with_name("ringo-emu"))
SCENARIOS = Path(__file__).parents[3] / "scenarios"


@dataclass
class Hand:
    """Somebody at the console."""

    session: aiohttp.ClientSession
    api: str
    cursor: str = ""

    async def __call__(self, method: str, path: str, said: Any = None) -> Any:
        """A request that must succeed."""
        data = {"data": said} if isinstance(said, bytes) else {"json": said} if said is not None else {}
        headers = {"Content-Type": "application/octet-stream"} if isinstance(said, bytes) else {}
        async with self.session.request(method, f"{self.api}{path}", headers=headers, **data) as answer:
            body = await answer.read()
            assert answer.status < 300, body
            return json.loads(body) if body else None

    async def see(self, event_type: str, times: int = 1) -> None:
        """Wait until so many such webhooks have come since the last look."""
        seen = 0
        while seen < times:
            where = {"event_type": event_type, "type": "exchange", "wait": "30", "after": self.cursor}
            query = "&".join(f"{key}={value}" for key, value in where.items())
            found = await self("GET", f"/events?{query}")
            assert found["events"], f"no {event_type} came"
            seen += len(found["events"])
            self.cursor = found["cursor"]

    async def keep(self, name: str, play: Callable[[Hand], Awaitable[None]]) -> dict[str, Any]:
        """Play, and save all of it as the scenario *name*."""
        before = await self("GET", "/exchanges?limit=1")
        self.cursor = before["cursor"]
        await play(self)
        after = await self("GET", "/exchanges?limit=200")
        played = [each["id"] for each in after["items"] if each["id"] > before["items"][0]["id"]]
        kept: dict[str, Any] = await self("POST", "/scenarios", {"name": name, "exchanges": played, "save": True})
        return kept


async def a_text(hand: Hand) -> None:
    """One text, delivered."""
    await hand("POST", "/messages", {"content": "hello"})
    await hand.see("messageDelivered")


async def a_reply(hand: Hand) -> None:
    """A text, and an answer that is hard to write down."""
    await a_text(hand)
    await hand("POST", "/triggers/reply", {"with": {"content": 'it costs $5 & "more"\n007'}})
    await hand.see("message")


async def pictures(hand: Hand) -> None:
    """A picture with a caption out, a picture in."""
    upload = await hand("POST", "/files?name=two.png&type=image/png", b"\x89PNG\r\n\x1a\n")
    await hand("POST", "/messages", {"content": "my cat", "file": upload["id"]})
    await hand.see("messageDelivered", 2)
    await hand("POST", "/triggers/reply_with_picture", {"with": {"content": "nice", "url": upload["url"]}})
    await hand.see("mms")


async def several(hand: Hand) -> None:
    """Texts to somebody else, all sent before the first report is awaited; one is refused."""
    texts = ("007", "$API key$ and $$", "null", "👩‍👩‍👧 # {a: b}", " [x, ")
    for text in texts:
        await hand("POST", "/messages", {"content": text, "contact": "+61400000001"})
    await hand("POST", "/messages", {"content": "nobody", "contact": "x" * 90})
    await hand.see("messageDelivered", len(texts))


async def trouble(hand: Hand) -> None:
    """Reports that are answered oddly, and a text that is sent again."""
    faults = [{"kind": "empty"}, {"kind": "slow", "pause_s": 0.2}]
    await hand("PUT", "/faults", {"on": "messageDelivered", "faults": faults})
    sent = [await hand("POST", "/messages", {"content": text}) for text in ("one", "two")]
    await hand.see("messageDelivered", 2)
    await hand("POST", f"/exchanges/{sent[0]['exchange']}/replay", {"times": 1})
    await hand.see("messageDelivered")


@pytest.fixture
async def hand(tmp_path: Path) -> AsyncIterator[Hand]:
    """Somebody at the console of a running ``serve``."""
    shutil.copytree(SCENARIOS, tmp_path, dirs_exist_ok=True)
    arguments = ("serve", "--json", "--port", "0", "--console-port", "0")
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *arguments, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    try:
        async with aiohttp.ClientSession() as session:
            hand = Hand(session, f"{ready['console_url']}api/v1")
            while not (await hand("GET", "/exchanges?limit=1"))["items"]:
                await hand("GET", "/events?wait=10")
            yield hand
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


async def test_what_was_played_by_hand_passes_as_scenarios(hand: Hand, tmp_path: Path) -> None:
    plays = (a_text, a_reply, pictures, several, trouble)

    kept = [await hand.keep(f"Kept: {play.__name__}", play) for play in plays]

    again = [await hand.keep("Kept: a_text", a_text)]
    files = [each["file"] for each in kept + again]
    assert files[0] == "kept-a-text.yaml"
    assert files[-1] == "kept-a-text-2.yaml", "no file is overwritten"
    assert [each["notes"] for each in kept[:4]] == [[]] * 4
    assert kept[2]["fixtures"] == ["fixtures/two.png"]
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "run", *files[:-1], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert b"5 passed" in said


async def test_a_draft_writes_nothing(hand: Hand, tmp_path: Path) -> None:
    hand.cursor = (await hand("GET", "/exchanges?limit=1"))["cursor"]
    await a_text(hand)
    exchanges = [each["id"] for each in (await hand("GET", "/exchanges"))["items"]]

    draft = await hand("POST", "/scenarios", {"name": "A draft/../../x", "exchanges": exchanges})

    assert draft["file"] == "a-draft-x.yaml"
    assert draft["text"] == "scenario: A draft/../../x\nsteps:\n  - send_message: hello\n  - expect: messageDelivered\n"
    assert not (tmp_path / "a-draft-x.yaml").exists()
