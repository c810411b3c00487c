"""Keeping what was played: rows are selected, a scenario is shown and saved, and it passes when it is run."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import OpenWindow, Serve

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_stretch_becomes_a_scenario_that_passes(own_serve: Serve, open_window: OpenWindow, width: int) -> None:
    """With the keyboard alone: a range is selected, named, saved; then the file is played."""
    window = await open_window(own_serve, viewport={"width": width, "height": 800})
    page = window.page
    await window.api("POST", "/reset", {})
    await window.api("POST", "/messages", {"content": "Is it $5?"})
    await window.open("#/timeline")
    await expect(page.get_by_role("row").filter(has_text="messageDelivered")).to_have_count(1)
    await window.api("POST", "/triggers/reply", {"with": {"content": "Yes: <b>5</b>"}})
    await expect(page.get_by_role("row").filter(has_text="Yes:")).to_have_count(1)

    await page.get_by_role("grid").focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("x")
    for _ in range(3):
        await page.keyboard.press("Shift+ArrowDown")
    bar = page.get_by_role("toolbar", name="Selected exchanges")
    await expect(bar.get_by_role("status")).to_have_text("4 selected")
    await bar.get_by_role("button", name="Keep as scenario").press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Name")).to_be_focused()
    await page.keyboard.type("Price <asked>")
    await expect(dialog.get_by_text("scenario: Price <asked>")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_text("Saved as price-asked.yaml")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    text = (own_serve.folder / "price-asked.yaml").read_text("utf-8")
    assert text == (
        "scenario: Price <asked>\nsteps:\n  - send_message: 'Is it $$5?'\n  - expect: messageDelivered\n"
        "  - trigger: reply\n    with: {content: 'Yes: <b>5</b>'}\n  - expect: {message: 'Yes: <b>5</b>'}\n"
    )
    command = [sys.executable, "-m", "emulator", "run", "price-asked.yaml"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=own_serve.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_what_cannot_be_played_again_is_told_first(own_serve: Serve, open_window: OpenWindow) -> None:
    window = await open_window(own_serve, viewport={"width": 1280, "height": 800})
    page = window.page
    await window.near_miss()
    await window.open("#/timeline")
    await expect(page.get_by_role("row").filter(has_text="near miss")).to_have_count(1)
    await page.get_by_role("grid").focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("x")

    await page.get_by_role("button", name="Keep as scenario").click()

    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("it is a webhook of which nothing could be used")).to_be_visible()
    assert not list(own_serve.folder.glob("played*"))
