"""Faults: planned on the page, seen on every view while they are on, ended by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
MESSAGE = {"method": "message", "params": {"from": "+61123456789", "to": "+61855555555", "content": "hi"}}


async def test_faults_in_turn(window: Window) -> None:
    """Two webhooks are answered otherwise, the third as usual; then the banner goes by itself."""
    await window.open("#/faults")
    await expect(window.page.get_by_text("Webhooks are answered as usual.")).to_be_visible()
    await window.page.get_by_label("Status of answer 1").fill("418")
    await window.page.get_by_role("button", name="Add an answer").click()
    await window.page.get_by_role("button", name="Answer so from now on").click()
    banner = window.page.get_by_text("Faults are on.")
    await expect(banner).to_be_visible()
    assert await window.webhook(MESSAGE) == 418
    await expect(window.page.locator(".banner")).to_contain_text("503, then as usual")
    assert await window.webhook(MESSAGE) == 503
    await expect(banner).to_be_hidden()
    assert await window.webhook(MESSAGE) == 200
    await window.page.get_by_role("link", name="Timeline", exact=True).click()
    await expect(
        window.page.get_by_role("row").filter(has_text="418").get_by_title("Answered so on purpose")
    ).to_be_visible()


@pytest.mark.parametrize("view", ["phone", "timeline", "faults", "document"])
async def test_one_click_ends_them_on_every_view(window: Window, view: str) -> None:
    """Also those that somebody else has planned."""
    await window.open(f"#/{view}")
    plan = {"on": "messageDelivered", "how": "always", "faults": [{"kind": "status", "status": 500}]}
    await window.api("PUT", "/faults", plan)
    banner = window.page.locator(".banner")
    await expect(banner).to_contain_text("Delivery reports (messageDelivered): 500")
    await banner.get_by_role("button", name="End them").click()
    await expect(banner).to_be_hidden()
    assert await window.api("GET", "/faults") == {"items": []}
