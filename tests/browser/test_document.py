"""The document: its text, what is wrong with it and what it does, as soon as it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import OpenWindow, Serve, Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_it_is_explained(window: Window) -> None:
    """Each request and webhook with sample values, walked through with the arrow keys."""
    await window.open("#/document")
    panel = window.page.get_by_role("tabpanel")
    await expect(panel).to_contain_text("Hello there!")
    await expect(panel.get_by_role("row").filter(has_text="$.content")).to_contain_text("$content$ built-in")
    await window.page.get_by_role("tab", name="SendMessage").focus()
    await window.page.keyboard.press("End")
    await expect(window.page.get_by_role("tab", name="3 messageDelivered")).to_be_focused()
    await expect(panel).to_contain_text('"method": "delivered"')
    await expect(panel).to_contain_text("it is taken as messageDelivered")
    await expect(window.page.get_by_text("played as it is saved")).to_be_visible()


async def test_it_is_read_again_when_it_is_saved(own_serve: Serve, open_window: OpenWindow) -> None:
    """A mistake is told at its line, and that this text is not played; mended, it is."""
    window = await open_window(own_serve)
    await window.open("#/document")
    await expect(window.page.get_by_text("played as it is saved")).to_be_visible()
    file = own_serve.folder / "reference.json"
    text = file.read_text("utf-8")
    file.write_text(text.replace('"to": "$to$"', '"to": "$too$"', 1), "utf-8")
    finding = window.page.get_by_role("note", name="error on line 19")
    await expect(finding).to_contain_text("nothing supplies $too$")
    await expect(finding).to_contain_text("did you mean $to$?")
    await expect(window.page.get_by_text("This text is not what is played.")).to_be_visible()
    await expect(
        window.page.get_by_role("link", name="Document").get_by_label("the file is not what is played")
    ).to_be_visible()
    file.write_text(text.replace("$content$", "said: $content$", 1), "utf-8")
    await expect(window.page.get_by_text("played as it is saved")).to_be_visible()
    await expect(finding).to_be_hidden()
    await expect(window.page.get_by_role("tabpanel")).to_contain_text("said: Hello there!")


async def test_what_needs_a_restart_says_so(own_serve: Serve, open_window: OpenWindow) -> None:
    """The text is right, but it is not what is played."""
    window = await open_window(own_serve)
    await window.open("#/document")
    file = own_serve.folder / "reference.json"
    file.write_text(file.read_text("utf-8").replace('"id": "reference-sms"', '"id": "another-sms"'), "utf-8")
    await expect(window.page.get_by_text("This text is not what is played.")).to_be_visible()
    await expect(window.page.locator(".document-told")).to_contain_text("stop ringo-emu and start it again")
