"""Makes the pictures of the console in docs/pictures: plays a conversation with the reference provider and looks.

``make pictures``; it needs Chromium on the path.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import aiohttp
from playwright.async_api import async_playwright, expect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.async_api import Page, ViewportSize

_ROOT = Path(__file__).parents[1]
_PICTURES = Path(__file__).parent / "pictures"
_NUMBER, _CONTACT = "+61855555555", "+61123456789"
_CHAT = f"#/phone/{quote(_NUMBER)}/{quote(_CONTACT)}"
_SIZE: ViewportSize = {"width": 1200, "height": 720}


async def main() -> None:
    """Play, and take every picture."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(_ROOT / "scenarios", folder, dirs_exist_ok=True)
        serve = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "emulator", "serve", "--json", "--port", "0", "--console-port", "0"),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert serve.stdout is not None
        ready = json.loads(await serve.stdout.readline())
        try:
            async with async_playwright() as playwright, aiohttp.ClientSession(raise_for_status=True) as session:
                browser = await playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                phone = await browser.new_page(viewport=_SIZE, color_scheme="light", locale="en-GB")
                await phone.goto(ready["console_url"] + _CHAT)
                await _converse(phone, session, ready["console_url"])
                await _take(phone, "phone")
                await _misspell(session, ready["webhook_url"])
                await phone.get_by_role("link", name="Timeline", exact=True).click()
                await phone.get_by_role("row").filter(has_text="near miss").click()
                await expect(phone.get_by_role("heading", name="Near miss")).to_be_visible()
                await _take(phone, "timeline")
                dark = await browser.new_page(viewport=_SIZE, color_scheme="dark", locale="en-GB")
                await dark.goto(f"{ready['console_url']}#/timeline")
                await _keep(dark)
                await _take(dark, "keep")
        finally:
            serve.terminate()
            await serve.wait()


async def _converse(page: Page, session: aiohttp.ClientSession, url: str) -> None:
    """A conversation as a person would have it, with a picture each way."""
    sent = page.get_by_role("article", name="Sent by Alice")
    for text in ("Hi! Your table for two is booked for 19:30.", "See you tonight!"):
        await page.locator("#compose").fill(text)
        await page.locator("#compose").press("Enter")
        await expect(sent.get_by_text(text)).to_be_visible()
    await expect(sent.get_by_text("Delivered")).to_have_count(2)
    await _reply(session, url, "reply", {"content": "Thanks! Can we bring the cat?"})
    await _reply(session, url, "reply_with_picture", {"content": "She is very quiet.", "url": "/_test/media/cat.png"})
    await expect(page.get_by_role("img", name="Received picture")).to_be_visible()
    await page.locator("#compose").fill("Of course. We have a chair for her.")
    await page.locator("#compose").press("Enter")
    await expect(sent.get_by_text("Delivered")).to_have_count(3)


async def _reply(session: aiohttp.ClientSession, url: str, trigger: str, fill: Mapping[str, str]) -> None:
    async with session.post(f"{url}api/v1/triggers/{trigger}", json={"with": fill}):
        pass


async def _misspell(session: aiohttp.ClientSession, webhook_url: str) -> None:
    """A delivery report with a key in the wrong case: refused, as nothing matches."""
    report = {"method": "delivered", "params": {"messageId": "b1c05c3e-8ed0-4790-992e-74aa839e1d39"}}
    async with session.post(webhook_url, json=report, raise_for_status=False) as answer:
        assert answer.status == 422, answer.status


async def _keep(page: Page) -> None:
    """Pick what was played, and ask for it as a scenario."""
    rows = page.get_by_role("grid").get_by_role("row")
    await rows.filter(has_text="messageDelivered").first.locator("[data-pick]").click()
    await rows.filter(has_text="SendMessage").last.locator("[data-pick]").click(modifiers=["Shift"])
    await page.get_by_role("button", name="Keep as scenario…").click()
    await expect(page.get_by_role("dialog")).to_contain_text("expect: messageDelivered")


async def _take(page: Page, name: str) -> None:
    await page.screenshot(path=_PICTURES / f"{name}.png", animations="disabled", caret="hide")


if __name__ == "__main__":
    asyncio.run(main())
