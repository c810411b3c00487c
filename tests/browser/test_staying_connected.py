"""The stream is lost and comes back: the page says so, and then shows what is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.conftest import CHAT, start_serve

if TYPE_CHECKING:
    from tests.browser.conftest import OpenWindow, Serve, Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_restart(own_serve: Serve, open_window: OpenWindow) -> None:
    """Another run knows no messages of the one before, and has a webhook URL of its own: all is loaded again."""
    window = await open_window(own_serve)
    await window.open(CHAT)
    await window.send("before")
    await expect(window.page.get_by_role("article").get_by_text("Delivered")).to_be_visible()
    await own_serve.stop()
    await expect(window.page.get_by_text("Connection lost")).to_be_visible()
    await window.send("meanwhile")
    await expect(window.page.get_by_role("alert")).to_contain_text("the console cannot be reached")
    again = await start_serve(own_serve.folder, port=own_serve.port)
    try:
        await expect(window.page.get_by_text("Live", exact=True)).to_be_visible()
        await expect(window.page.get_by_role("article")).to_have_count(0)
        await window.page.locator("#compose").press("Enter")
        await expect(window.page.get_by_role("article").get_by_text("Delivered")).to_be_visible()
        await window.page.get_by_role("link", name="ringo-emu, to the phone").click()
        await expect(window.page.get_by_text(again.webhook_url, exact=True)).to_be_visible()
    finally:
        await again.stop()
    # The browser logs every request that finds nobody.
    assert [each for each in window.problems if "net::ERR_" not in each] == []
    window.problems.clear()


async def test_the_token_is_taken_out_of_sight(window: Window) -> None:
    """What stands behind #token= becomes a session; the address bar keeps none of it."""
    await window.open("#token=secret-token")
    await expect(window.page.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()
    assert "secret-token" not in window.page.url
