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


async def test_two_pages_at_once(own_serve: Serve, open_window: OpenWindow) -> None:
    """What is done on one is seen on the other as it happens: texts, faults, and that all is forgotten."""
    one, other = await open_window(own_serve), await open_window(own_serve)
    await one.open(CHAT)
    await other.open(CHAT)
    await one.send("from one")
    await other.send("from the other")
    for each in (one, other):
        messages = each.page.get_by_role("article", name="Sent by Alice")
        await expect(messages.get_by_text("Delivered")).to_have_count(2)
        await expect(messages.get_by_text("from one")).to_have_count(1)
        await expect(messages.get_by_text("from the other")).to_have_count(1)
    await one.page.get_by_role("link", name="Faults").click()
    await one.page.get_by_role("button", name="Answer so from now on").click()
    await other.page.locator(".banner").get_by_role("button", name="End them").click()
    await expect(one.page.locator(".banner")).to_be_hidden()
    await one.page.get_by_role("link", name="Timeline", exact=True).click()
    await one.page.get_by_role("button", name="Forget all…").click()
    await one.page.get_by_role("button", name="Forget all", exact=True).click()
    await expect(other.page.get_by_role("article")).to_have_count(0)


async def test_the_token_is_taken_out_of_sight(window: Window) -> None:
    """What stands behind #token= becomes a session; the address bar keeps none of it."""
    await window.open("#token=secret-token")
    await expect(window.page.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()
    assert "secret-token" not in window.page.url
