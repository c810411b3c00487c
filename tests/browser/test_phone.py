"""The phone: texts go out and are delivered, others come in, and whatever they hold stays text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

import pytest
from playwright.async_api import expect

from tests.browser.conftest import CHAT, CONTACT, NUMBER, SHARED, answering, start_serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import OpenWindow, Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCRIPT = '<img src=x onerror="window.stolen = 1"><script>window.stolen = 1</script> <b>bold</b>'
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf5000000386018"
    "05a34fd6a0000000049454e44ae426082"
)


async def test_a_first_text_is_sent_and_delivered(window: Window) -> None:
    """From the first steps to "Delivered", each state a word; the exchanges behind it are a click away."""
    await window.open()
    await expect(window.page.get_by_role("heading", name="Nothing has been sent yet")).to_be_visible()
    await expect(window.page.get_by_text(window.serve.webhook_url, exact=True)).to_be_visible()
    await window.page.get_by_role("button", name=f"Write to {CONTACT}").click()
    await window.send("Hello there!")
    message = window.page.get_by_role("article", name="Sent by Alice")
    await expect(message.get_by_text("Hello there!")).to_be_visible()
    await expect(message.get_by_text("Delivered")).to_be_visible()
    await expect(window.page.locator("#compose")).to_have_value("")
    await message.get_by_role("link", name="which reported the delivery").click()
    detail = window.page.get_by_role("region", name="Exchange ")
    await expect(detail.get_by_text("messageDelivered").first).to_be_visible()


async def test_what_comes_in_appears_by_itself(window: Window) -> None:
    """In the list with a count of unread, and in the conversation once it is open."""
    await window.open()
    await window.incoming("Are you open?")
    row = window.page.get_by_role("listitem").filter(has_text=CONTACT)
    await expect(row.get_by_label("1 unread")).to_be_visible()
    await expect(window.page).to_have_title("(1) Phone · ringo-emu")
    await row.get_by_role("link").click()
    await expect(window.page.get_by_role("article", name="Received").get_by_text("Are you open?")).to_be_visible()
    await expect(row.get_by_label("1 unread")).to_be_hidden()
    await window.incoming("Hello?")
    await expect(window.page.get_by_role("article", name="Received")).to_have_count(2)


async def test_a_picture_that_comes_in_is_shown(window: Window) -> None:
    """Fetched by the platform, with its text; one that does not come says why, in a sentence."""
    await window.open(CHAT)
    upload = await window.page.request.post(
        f"{window.serve.url}api/v1/files?name=pixel.png&type=image/png",
        data=PIXEL,
        headers={"Content-Type": "application/octet-stream"},
    )
    url = (await upload.json())["url"]
    for at in (url, urljoin(url, "/none.png")):
        params = {"from": CONTACT, "to": NUMBER, "text": "look", "url": at}
        assert await window.webhook({"method": "file", "params": params}) == 200
    received = window.page.get_by_role("article", name="Received")
    picture = received.first.get_by_role("img", name="Received picture")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("async e => (await e.decode(), e.naturalWidth)") == 1
    await expect(received.first.get_by_text("look")).to_be_visible()
    await expect(received.last.get_by_text("was answered 404")).to_be_visible()


async def test_the_contact_replies_through_the_projects_trigger(window: Window) -> None:
    """The page asks for what the trigger needs, and the provider's webhook brings it."""
    await window.open(CHAT)
    await window.page.get_by_role("button", name="The contact replies").click()
    await window.send("Who is this?")
    await expect(window.page.get_by_role("article", name="Received").get_by_text("Who is this?")).to_be_visible()
    await window.page.get_by_label("Trigger").select_option("reply_with_picture")
    await window.page.get_by_label("url").fill("https://files.example.com/dog.jpg")
    await window.send("A dog")
    await expect(window.page.get_by_role("link", name="https://files.example.com/dog.jpg")).to_be_visible()


async def test_markup_stays_text(window: Window) -> None:
    """In bubbles, in the list of conversations, as a file's name, and in the timeline: nothing of it is run."""
    await window.open(CHAT)
    await window.incoming(SCRIPT)
    await window.incoming("so much for that", contact="<i>them</i>")
    await expect(window.page.get_by_role("article", name="Received").get_by_text(SCRIPT, exact=True)).to_be_visible()
    await expect(window.page.get_by_role("listitem").get_by_text("<i>them</i>", exact=True)).to_be_visible()
    name = "<img src=x onerror=alert(1)>.txt"
    await window.page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": b"x"}
    )
    await expect(window.page.locator(".preview").get_by_text(name)).to_be_visible()
    await window.page.get_by_role("button", name="Send").click()
    await expect(window.page.get_by_role("article", name="Sent by Alice").get_by_text(name)).to_be_visible()
    await window.page.get_by_role("link", name="Timeline").click()
    await expect(window.page.get_by_role("row").filter(has_text="onerror").first).to_be_visible()
    assert await window.page.evaluate("window.stolen") is None


async def test_a_picture_is_sent_with_its_caption(window: Window) -> None:
    """It is chosen, seen before it goes, and seen in the conversation; its caption is a text of its own."""
    await window.open(CHAT)
    await window.page.locator("input[type=file]").set_input_files(
        {"name": "dot.png", "mimeType": "image/png", "buffer": PIXEL}
    )
    await expect(window.page.locator(".preview").get_by_text("dot.png")).to_be_visible()
    await window.send("A dot")
    picture = window.page.get_by_role("img", name="dot.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    await expect(window.page.get_by_role("article").get_by_text("A dot")).to_be_visible()
    await expect(window.page.locator(".preview")).to_be_hidden()


async def test_a_pasted_picture_is_attached(window: Window) -> None:
    """As one pastes a screenshot."""
    await window.open(CHAT)
    await window.page.locator("#compose").evaluate(
        """(field) => {
          const data = new DataTransfer();
          data.items.add(new File(["x"], "pasted.png", {type: "image/png"}));
          field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    await expect(window.page.locator(".preview").get_by_text("pasted.png")).to_be_visible()
    await window.page.get_by_role("button", name="Remove pasted.png").click()
    await expect(window.page.locator(".preview")).to_be_hidden()


async def test_a_dropped_file_is_attached(window: Window) -> None:
    """Anywhere on the conversation."""
    await window.open(CHAT)
    data = await window.page.evaluate_handle(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["x"], "dropped.png", {type: "image/png"}));
          return data;
        }"""
    )
    for happens in ("dragenter", "dragover", "drop"):
        await window.page.get_by_role("log").dispatch_event(happens, {"dataTransfer": data})
    await expect(window.page.locator(".preview").get_by_text("dropped.png")).to_be_visible()
    await window.page.get_by_role("button", name="Remove dropped.png").click()


@pytest.mark.parametrize(
    ("name", "type", "data"),
    [
        ("drawing.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"><script>stolen = 1</script></svg>'),
        ("cat.jpg", "image/jpeg", b"<!doctype html><script>stolen = 1</script>"),
        ("page.html", "text/html", b"<!doctype html><script>stolen = 1</script>"),
    ],
)
async def test_a_hostile_file_is_no_page(window: Window, name: str, type: str, data: bytes) -> None:  # noqa: A002
    """Neither where it is sent nor opened by itself: what is no picture is saved, and no script of it runs."""
    await window.open(CHAT)
    await window.page.locator("input[type=file]").set_input_files({"name": name, "mimeType": type, "buffer": data})
    await window.send("")
    link = window.page.get_by_role("article").locator('a[href^="/api/v1/files/"]')
    await expect(link).to_be_visible()
    await expect(link.get_by_text(name)).to_be_visible()
    async with window.page.expect_download() as saving:
        await link.click()
    assert (await (await saving.value).path()).read_bytes() == data
    assert await window.page.evaluate("window.stolen") is None


async def test_what_becomes_of_a_text(own_folder: Path, open_window: OpenWindow) -> None:
    """Untracked where the answer names no id, failed where it is an error, each with its reason and exchange."""
    async with answering({"data": {}}, {"error": "no credit"}) as provider:
        serve = await start_serve(own_folder, provider=provider)
        try:
            window = await open_window(serve)
            await window.open(CHAT)
            await window.send("first")
            untracked, failed = (window.page.get_by_role("article", name="Sent by Alice").nth(each) for each in (0, 1))
            await expect(untracked.get_by_text("Untracked")).to_be_visible()
            await expect(untracked).to_contain_text("no delivery report can match")
            await window.send("second")
            await expect(failed.get_by_text("Failed")).to_be_visible()
            await expect(failed).to_contain_text("402")
            await failed.get_by_role("link", name="which sent it").click()
            detail = window.page.get_by_role("region", name="Exchange ")
            await expect(detail.get_by_text("the provider answered 402")).to_have_count(1)
            await expect(detail.get_by_role("region", name="The provider's answer")).to_contain_text("no credit")
            await window.page.close()
        finally:
            await serve.stop()


async def test_who_shares_a_number_is_named(window: Window) -> None:
    """In a group conversation one chooses who writes, and sees who wrote."""
    await window.open(f"#/phone/{quote(SHARED)}/{quote(CONTACT)}")
    await window.send("From Alice")
    await window.page.get_by_label("Write as").select_option("102")
    await window.send("From Bob")
    await expect(window.page.get_by_role("article", name="Sent by Bob").get_by_text("From Bob")).to_be_visible()
    await expect(window.page.get_by_role("article", name="Sent by Alice").get_by_text("From Alice")).to_be_visible()
    sent = await window.api("GET", "/messages")
    assert {each["content"]: each["extension"] for each in sent["items"]} == {"From Alice": "101", "From Bob": "102"}


async def test_an_emoji_is_put_where_one_writes(window: Window) -> None:
    """Chosen with the arrow keys, inserted at the cursor."""
    await window.open(CHAT)
    field = window.page.locator("#compose")
    await field.fill("ab")
    await field.press("ArrowLeft")
    await window.page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(window.page.get_by_role("button", name="grinning")).to_be_focused()
    await window.page.keyboard.press("ArrowDown")
    await window.page.keyboard.press("Enter")
    await expect(field).to_have_value("a👍b")
    await expect(field).to_be_focused()


async def test_a_new_conversation(window: Window) -> None:
    """With a contact that has never been written to."""
    await window.open()
    await window.page.keyboard.press("n")
    dialog = window.page.get_by_role("dialog", name="New conversation")
    await dialog.get_by_label("To, the contact's number").fill("+61400111222")
    await dialog.get_by_role("button", name="Write to it").click()
    await expect(window.page.get_by_role("heading", name="+61400111222")).to_be_visible()
    await window.send("Good morning")
    await expect(window.page.get_by_role("article").get_by_text("Delivered")).to_be_visible()
    assert (await window.api("GET", "/conversations"))["items"][0]["number"] == NUMBER


async def test_earlier_messages_are_loaded_when_one_reads_back(window: Window) -> None:
    """The newest are shown first, at their end; the older ones come as one scrolls up."""
    for number in range(60):
        await window.incoming(f"text {number}.")
    await window.open(CHAT)
    await expect(window.page.get_by_role("article").get_by_text("text 59.")).to_be_in_viewport()
    await expect(window.page.get_by_role("article")).to_have_count(50)
    await window.page.get_by_role("article").first.scroll_into_view_if_needed()
    await expect(window.page.get_by_role("article")).to_have_count(60)


async def test_what_is_not_sent_stays_written(window: Window) -> None:
    """Where the console refuses a text, it says why, and the text is not lost."""
    await window.open(f"#/phone/{quote('+61999999999')}/{quote(CONTACT)}")
    await window.send("Important")
    await expect(window.page.get_by_role("alert")).to_contain_text("no SMS number of the organization")
    await expect(window.page.locator("#compose")).to_have_value("Important")
    # The browser logs every answer that is an error.
    assert window.problems
    window.problems.clear()
