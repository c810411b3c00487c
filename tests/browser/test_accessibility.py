"""Every view, in both themes and both widths: nothing that axe complains of, nothing cut off, all by keyboard."""

from __future__ import annotations

import importlib.resources
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from tests.browser.conftest import CHAT, SCREENSHOTS

if TYPE_CHECKING:
    from tests.browser.conftest import OpenWindow, Serve, Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOCUSED = """(e => e.getAttribute("aria-label") ?? (e.id || e.innerText.split("\\n")[0]))(document.activeElement)"""
SIZES = {"wide": (1280, 800), "narrow": (390, 800)}


async def _replying(window: Window) -> None:
    await window.page.get_by_role("button", name="The contact replies").click()


async def _new(window: Window) -> None:
    await window.page.keyboard.press("n")
    await expect(window.page.get_by_role("dialog")).to_be_visible()


async def _near_miss(window: Window) -> None:
    await window.page.get_by_role("row").filter(has_text="near miss").first.click()
    await expect(window.page.get_by_role("heading", name="Near miss")).to_be_visible()


async def _sent(window: Window) -> None:
    await window.page.get_by_role("row").filter(has_text="SendMessage").first.click()
    await expect(window.page.get_by_role("region", name="Template")).to_be_visible()


async def _editing(window: Window) -> None:
    await _near_miss(window)
    await window.page.get_by_role("button", name="Edit…").click()


async def _selected(window: Window) -> None:
    await window.page.get_by_role("grid").get_by_role("row").first.locator("[data-pick]").click()
    await expect(window.page.get_by_role("toolbar", name="Selected exchanges")).to_be_visible()


async def _nothing(window: Window) -> None:
    await expect(window.page.get_by_role("heading", name="Nothing fits")).to_be_visible()


async def _faults(window: Window) -> None:
    await window.page.get_by_role("button", name="Rough day").click()
    await window.page.get_by_role("button", name="Answer so from now on").click()
    await expect(window.page.locator(".banner")).to_be_visible()


async def _explained(window: Window) -> None:
    await expect(window.page.get_by_role("tabpanel")).to_be_visible()


async def _help(window: Window) -> None:
    await window.page.keyboard.press("?")
    await expect(window.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


VIEWS: dict[str, tuple[str, Callable[[Window], Awaitable[None]] | None]] = {
    "phone": ("", None),
    "chat": (CHAT, None),
    "replying": (CHAT, _replying),
    "new": ("", _new),
    "timeline": ("#/timeline", _selected),
    "near-miss": ("#/timeline", _near_miss),
    "sent": ("#/timeline", _sent),
    "editing": ("#/timeline", _editing),
    "nothing-fits": ("#/timeline?text=zzzz", _nothing),
    "faults": ("#/faults", _faults),
    "document": ("#/document", _explained),
    "help": ("", _help),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_is_to_be_complained_of(
    common_serve: Serve, open_window: OpenWindow, theme: Literal["light", "dark"], size: str
) -> None:
    """By axe, of contrast, names, roles and order; and nothing is wider than the window."""
    width, height = SIZES[size]
    window = await open_window(common_serve, viewport={"width": width, "height": height}, color_scheme=theme)
    await window.api("POST", "/reset", {})
    await window.api("POST", "/messages", {"content": "Hello there!"})
    await window.incoming("Hi! Who is this?")
    await window.near_miss()
    axe = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    complaints = []
    for name, (where, act) in VIEWS.items():
        await window.open(where)
        if act is not None:
            await act(window)
        await window.page.screenshot(path=SCREENSHOTS / f"{name}-{theme}-{size}.png")
        await window.page.evaluate(axe)
        found = await window.page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
        complaints += [f"{name}: {each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]
        if await window.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            complaints.append(f"{name}: it is wider than the window")
    assert complaints == []


async def test_the_theme_is_remembered(window: Window) -> None:
    """Light, dark, or what the system says."""
    await window.open()
    html = window.page.locator("html")
    await expect(html).not_to_have_attribute("data-theme", "light")
    await window.page.get_by_role("button", name="Theme: system").click()
    await expect(html).to_have_attribute("data-theme", "light")
    await window.page.get_by_role("button", name="Theme: light").click()
    await window.open("#/faults")
    await expect(html).to_have_attribute("data-theme", "dark")


async def test_shortcuts(window: Window) -> None:
    """`?` shows them; they lead from view to view; they can be turned off, and do nothing while one writes."""
    page = window.page
    await window.open()
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    for keys, view in (("gt", "Timeline"), ("gf", "Faults"), ("gd", "Document"), ("gp", "Phone")):
        await page.keyboard.type(keys)
        await expect(page.get_by_role("link", name=view, exact=True)).to_have_attribute("aria-current", "page")
    await page.keyboard.type("gt")
    await expect(page.get_by_role("searchbox")).to_be_visible()
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("gp?")
    await expect(page.get_by_role("searchbox")).to_have_value("gp?")
    await expect(dialog).to_be_hidden()
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await dialog.get_by_label("Single keys are shortcuts").uncheck()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.keyboard.type("gp")
    await expect(page.get_by_role("link", name="Timeline")).to_have_attribute("aria-current", "page")


async def test_tab_leads_through_the_phone(window: Window) -> None:
    """Past the header by a link of its own, then to all that can be used, in the order that is seen."""
    await window.incoming("Hi!")
    await window.open(CHAT)
    await window.page.keyboard.press("Tab")
    await expect(window.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await window.page.keyboard.press("Enter")
    await expect(window.page.locator("main")).to_be_focused()
    reached: list[str] = []
    while "compose" not in reached:
        await window.page.keyboard.press("Tab")
        reached.append(await window.page.evaluate(FOCUSED))
        assert reached.count(reached[-1]) < 3, reached
    assert reached.index("New") < reached.index("Messages") < reached.index("Emoji") < reached.index("compose")


async def test_a_narrow_window_has_one_column(common_serve: Serve, open_window: OpenWindow) -> None:
    """The list, then the conversation, and a way back; likewise the exchanges."""
    window = await open_window(common_serve, viewport={"width": 390, "height": 800})
    await window.api("POST", "/reset", {})
    await window.incoming("Hi!")
    await window.open()
    listed = window.page.get_by_role("complementary", name="Conversations")
    await listed.get_by_role("link").first.click()
    await expect(window.page.get_by_role("log")).to_be_visible()
    await expect(listed).to_be_hidden()
    await window.page.get_by_role("link", name="Back to the conversations").click()
    await expect(listed).to_be_visible()
    await window.page.get_by_role("link", name="Timeline").click()
    await window.page.get_by_role("grid").get_by_role("row").first.click()
    await expect(window.page.get_by_role("grid")).to_be_hidden()
    await window.page.get_by_role("button", name="Back to the list").click()
    await expect(window.page.get_by_role("grid")).to_be_visible()
