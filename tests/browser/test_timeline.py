"""The timeline: finding an exchange, seeing what is wrong with it, making it again, and saving many."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.browser.conftest import OpenWindow, Serve, Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def _rows(window: Window) -> Locator:
    return window.page.get_by_role("grid").get_by_role("row")


async def test_filters(window: Window) -> None:
    """By direction, kind, status and text; what fits comes in live, and nothing else."""
    await window.api("POST", "/messages", {"content": "findme one"})
    await window.near_miss()
    await window.open("#/timeline")
    await expect(_rows(window).filter(has_text="SendMessage")).to_have_count(1)
    await window.page.get_by_role("button", name="In", exact=True).click()
    await expect(_rows(window).filter(has_text="SendMessage")).to_have_count(0)
    await window.page.get_by_label("Status").select_option("4xx")
    await expect(_rows(window)).to_have_count(1)
    await window.near_miss()
    await window.incoming("not this one")
    await expect(_rows(window)).to_have_count(2)
    await window.open("#/timeline")
    await window.page.get_by_role("searchbox").fill("FINDME")
    await expect(_rows(window)).to_have_count(1)
    await window.incoming("findme two")
    await expect(_rows(window)).to_have_count(2)
    await window.page.get_by_label("Kind").select_option("Subscribe")
    await expect(window.page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    await window.page.get_by_role("button", name="Clear the filters").click()
    await expect(window.page.get_by_role("searchbox")).to_have_value("")
    await expect(_rows(window).filter(has_text="SendMessage")).to_have_count(1)


async def test_a_near_miss_is_explained(window: Window) -> None:
    """Its finding with the remedy, what was expected and found by JSONPath, and the place in the body."""
    await window.near_miss()
    await window.open("#/timeline")
    await _rows(window).filter(has_text="near miss").click()
    detail = window.page.get_by_role("region", name="Exchange ")
    await expect(detail.get_by_text("WH-201")).to_be_visible()
    await expect(detail.get_by_text("see the differences, or ignore it")).to_be_visible()
    difference = detail.get_by_role("row").filter(has_text="$.params.messageid")
    await expect(difference.get_by_role("rowheader")).to_have_text("$.params.messageid")
    await expect(difference.get_by_role("cell").nth(0)).to_have_text("$messageid$")
    await expect(difference.get_by_role("cell").nth(1)).to_contain_text("nothing")
    await expect(difference.get_by_role("cell").nth(1)).to_contain_text("$.params.messageId")
    await expect(detail.locator(".line.marked")).to_contain_text('"messageId": "abc"')
    await expect(detail.locator(".line.marked")).to_contain_text("the model has $.params.messageid")
    await detail.get_by_role("button", name="Raw").first.click()
    await expect(detail.get_by_text('{"method":"delivered","params":{"messageId":"abc"}}')).to_be_visible()


@pytest.mark.parametrize("height", [500, 800])
async def test_only_the_panes_scroll(window: Window, height: int) -> None:
    """The page itself never scrolls: of two scroll bars side by side nobody knows which to take."""
    for number in range(30):
        await window.incoming(f"text {number}")
    await window.page.set_viewport_size({"width": 1280, "height": height})
    await window.open("#/timeline")
    await _rows(window).filter(has_text="text 29").click()
    await expect(window.page.get_by_role("region", name="Exchange ").get_by_text("Our answer")).to_be_attached()
    overflow = "document.documentElement.scrollHeight - document.documentElement.clientHeight"
    assert 0 == await window.page.evaluate(overflow)
    pane = window.page.locator(".detail-body")
    assert height > 500 or await pane.evaluate("each => each.scrollHeight > each.clientHeight"), (
        "else nothing is proved"
    )


async def test_a_request_that_was_spoilt_says_so(window: Window) -> None:
    """That the provider refused it is no failure of anybody."""
    await window.api("POST", "/messages", {"content": "let me in", "tamper": ["wrong_auth"]})
    await window.open("#/timeline")
    row = _rows(window).filter(has_text="401")
    await expect(row.get_by_title("Spoilt so on purpose")).to_have_text("wrong_auth")
    await expect(row.get_by_text("failed")).to_have_count(0)
    await row.click()
    detail = window.page.get_by_role("region", name="Exchange ")
    await expect(detail.get_by_text("wrong_auth on purpose")).to_be_visible()


async def test_an_exchange_is_copied_as_curl(common_serve: Serve, open_window: OpenWindow) -> None:
    """As it would be typed, with the secrets masked."""
    window = await open_window(common_serve, permissions=["clipboard-read", "clipboard-write"])
    await window.api("POST", "/reset", {})
    sent = await window.api("POST", "/messages", {"content": "Hello!"})
    await window.open(f"#/timeline/{sent['exchange']}")
    await window.page.get_by_role("button", name="Copy as curl").click()
    await expect(window.page.get_by_text("Copied")).to_be_visible()
    copied = await window.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl ")
    assert "Hello!" in copied
    assert "***" in copied
    assert "demo-key" not in copied


async def test_the_template_stands_beside_what_was_made_of_it(window: Window) -> None:
    """With where each value comes from."""
    sent = await window.api("POST", "/messages", {"content": "Hello!"})
    await window.open(f"#/timeline/{sent['exchange']}")
    template = window.page.get_by_role("region", name="Template")
    await expect(template.get_by_label("Template", exact=True)).to_contain_text('"content": "$content$"')
    await expect(template.get_by_label("What was made of it")).to_contain_text('"content": "Hello!"')
    origin = template.get_by_role("row").filter(has_text="Authorization")
    await expect(origin).to_contain_text("$API key$ property")
    await expect(window.page.get_by_role("region", name="Exchange ")).not_to_contain_text("demo-key")


async def test_replays(window: Window) -> None:
    """Once, twice, and with another body: each appears in the list."""
    await window.near_miss()
    await window.open("#/timeline")
    await _rows(window).filter(has_text="near miss").click()
    await window.page.get_by_role("button", name="Replay").click()
    await expect(_rows(window).filter(has_text="near miss")).to_have_count(2)
    await window.page.get_by_role("button", name="Twice").click()
    await expect(_rows(window).filter(has_text="near miss")).to_have_count(4)
    await window.page.get_by_role("button", name="Edit…").click()
    dialog = window.page.get_by_role("dialog")
    params = {"from": "+61123456789", "to": "+61855555555", "content": "mended"}
    await dialog.get_by_label("Body").fill(json.dumps({"method": "message", "params": params}))
    await dialog.get_by_role("button", name="Make it again").click()
    await expect(dialog).to_be_hidden()
    await expect(_rows(window).filter(has_text="content mended")).to_have_count(1)


async def test_rows_are_selected_and_saved_as_har(window: Window) -> None:
    """A range by shift and a click, one by its box; the file has them oldest first, secrets masked."""
    for number in range(4):
        await window.api("POST", "/messages", {"content": f"text {number}"})
    await window.open("#/timeline?kind=SendMessage")
    await expect(_rows(window)).to_have_count(4)
    await _rows(window).nth(0).locator("[data-pick]").click()
    await _rows(window).nth(2).click(modifiers=["Shift"])
    bar = window.page.get_by_role("toolbar", name="Selected exchanges")
    await expect(bar).to_contain_text("3 selected")
    await expect(_rows(window).nth(1)).to_have_attribute("aria-selected", "true")
    await expect(_rows(window).nth(3)).to_have_attribute("aria-selected", "false")
    async with window.page.expect_download() as saving:
        await bar.get_by_role("button", name="Download HAR").click()
    saved = await asyncio.to_thread((await (await saving.value).path()).read_text, "utf-8")
    entries = json.loads(saved)["log"]["entries"]
    contents = [json.loads(each["request"]["postData"]["text"])["content"] for each in entries]
    assert contents == ["text 1", "text 2", "text 3"]
    assert [each["response"]["status"] for each in entries] == [200, 200, 200]
    assert "demo-key" not in saved
    await window.page.keyboard.press("Escape")
    await expect(bar).to_be_hidden()


async def test_it_is_walked_through_by_keyboard(window: Window) -> None:
    """Down and up, open, select a range, and back, without a mouse."""
    for number in range(3):
        await window.incoming(f"text {number}.")
    await window.open("#/timeline?kind=webhook")
    await expect(_rows(window)).to_have_count(3)
    await window.page.keyboard.press("j")
    await expect(window.page.get_by_role("grid")).to_be_focused()
    await window.page.keyboard.press("ArrowDown")
    await window.page.keyboard.press("Enter")
    detail = window.page.get_by_role("region", name="Exchange ")
    await expect(detail).to_contain_text("text 1.")
    await window.page.keyboard.press("ArrowDown")
    await expect(detail).to_contain_text("text 0.")
    await window.page.keyboard.press("Escape")
    await expect(detail).to_be_hidden()
    await window.page.keyboard.press("Shift+ArrowUp")
    await expect(window.page.get_by_text("2 selected")).to_be_visible()


async def test_rows_in_sight_stay_while_others_come(window: Window) -> None:
    """Of many rows only those in sight exist, older ones are loaded on the way, and nothing jumps."""
    for number in range(260):
        await window.incoming(f"text {number}.")
    await window.open("#/timeline")
    grid = window.page.get_by_role("grid")
    await expect(window.page.get_by_text("text 259.")).to_be_visible()
    await grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight }")
    await expect(grid).to_have_attribute("aria-rowcount", "260")
    await grid.evaluate("grid => { grid.scrollTop = 230 * 40 }")
    seen = window.page.get_by_text("text 29.", exact=False)
    await expect(seen).to_be_in_viewport()
    before = await seen.bounding_box()
    await window.incoming("one more")
    await expect(grid).to_have_attribute("aria-rowcount", "261")
    assert await seen.bounding_box() == before
    assert await _rows(window).count() < 60


async def test_all_is_forgotten_when_asked(window: Window) -> None:
    """Only after one has said yes; then the page says what to do first."""
    await window.incoming("gone soon")
    await window.open("#/timeline")
    await window.page.get_by_role("button", name="Forget all…").click()
    await window.page.get_by_role("dialog").get_by_role("button", name="Forget all").click()
    await expect(window.page.get_by_role("heading", name="Nothing has been exchanged yet")).to_be_visible()
    await expect(window.page.get_by_text(window.serve.webhook_url, exact=True)).to_be_visible()
