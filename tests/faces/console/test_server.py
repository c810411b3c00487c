"""Every request of docs/console-api.md, over real sockets, with the reference provider behind the platform."""

from __future__ import annotations

import asyncio
import base64
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from emulator.faces.console.routes import RAW_ROUTES, ROUTES, RawRoute, Route
from emulator.faces.console.server import ConsoleSettings

if TYPE_CHECKING:
    from tests.faces.console.conftest import Client, Open

NUMBER, OTHER, CONTACT = "+61855555555", "+61877777777", "+61123456789"
PNG = b"\x89PNG\r\n\x1a\nnot really"


def incoming(content: str, sender: str = CONTACT, to: str = NUMBER) -> dict[str, Any]:
    """A webhook with a text."""
    return {"method": "message", "params": {"from": sender, "to": to, "content": content}}


async def delivered(client: Client, said: dict[str, Any]) -> Any:
    """Send, and return what was sent once its report has come."""
    cursor = (await client.get("/messages"))["cursor"]
    sent = await client.post("/messages", said)
    while True:
        changed = await client.wait_for(cursor, type="message")
        cursor = (await client.get("/messages"))["cursor"]
        now = await client.get(f"/messages/{sent['message']['id']}")
        if now["state"] == "delivered":
            return now
        assert changed["state"] in {"sending", "sent"}


async def test_the_organization(client: Client) -> None:
    organization = await client.get("/organization")

    assert organization["domain"] == "acme"
    assert organization["numbers"] == [NUMBER, OTHER]
    assert organization["can_send_files"] is organization["has_subscribe"] is True
    assert organization["has_oauth"] is False
    assert organization["webhook_url"] == client.webhook_url
    assert await client.get("/webhook-url") == {
        "webhook_url": client.webhook_url,
        "account": organization["account"],
    }
    assert [each["name"] for each in (await client.get("/users"))["items"]] == ["Alice", "Bob"]
    assert (await client.get("/numbers"))["items"] == [
        {"number": NUMBER, "extension": "101", "user": "Alice"},
        {"number": OTHER, "extension": "102", "user": "Bob"},
    ]


async def test_a_text_is_sent_and_reported(client: Client) -> None:
    message = await delivered(client, {"content": "hello"})

    assert message["direction"] == "out"
    assert (message["number"], message["contact"], message["extension"]) == (NUMBER, CONTACT, "101")
    detail = await client.get(f"/exchanges/{message['exchange']}")
    assert detail["kind"] == "SendMessage"
    assert '"content": "hello"' in detail["request"]["body"]["text"]
    assert base64.b64decode(detail["request"]["body"]["base64"]).decode() == detail["request"]["body"]["text"]
    assert detail["curl"].startswith("curl ")
    report = await client.get(f"/exchanges/{message['report']}")
    assert report["events"][0]["event_type"] == "messageDelivered"


async def test_who_writes_may_be_chosen(client: Client) -> None:
    said = {"content": "hi", "number": OTHER, "contact": "+4930123456", "extension": "101"}

    sent = (await client.post("/messages", said))["message"]

    assert {key: sent[key] for key in said} == said
    found = await client.get(f"/messages?number={OTHER.replace('+', '%2B')}&contact=4930123456")
    assert [each["id"] for each in found["items"]] == [sent["id"]]
    assert (await client.get("/messages?contact=1"))["items"] == []


async def test_conversations_come_with_their_latest_message(client: Client) -> None:
    assert await client.webhook(incoming("one")) == 200
    assert await client.webhook(incoming("two", to=OTHER)) == 200
    assert await client.webhook(incoming("three")) == 200

    first, second = (await client.get("/conversations"))["items"]

    assert (first["latest"]["content"], first["count"], first["user"]) == ("three", 2, "101")
    assert (second["latest"]["content"], second["count"], second["user"]) == ("two", 1, "102")
    assert first["latest"]["state"] == "received"


async def test_huge_texts_are_cut_in_lists_and_whole_by_themselves(client: Client) -> None:
    """A page of them must not hold up webhooks: it is bounded by its texts, and the rest comes with the next."""
    for number in range(30):
        assert await client.webhook(incoming(f"{number:02} {'x' * 500_000}")) == 200

    before, found = "", list[str]()
    while True:
        page = await client.get(f"/messages?limit=20{before}")
        assert len(page["items"]) in {15, 16}
        assert all(each["content"].endswith("x… (434467 more characters)") for each in page["items"])
        found += [each["content"][:2] for each in page["items"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert found == [f"{number:02}" for number in reversed(range(30))]
    (conversation,) = (await client.get("/conversations"))["items"]
    assert len(conversation["latest"]["content"]) < 1100
    assert len((await client.get(f"/messages/{conversation['latest']['id']}"))["content"]) == 500_003


async def test_lists_are_paged_newest_first(client: Client) -> None:
    for number in range(5):
        assert await client.webhook(incoming(f"text {number}")) == 200

    page = await client.get("/messages?limit=2")
    more = await client.get(f"/messages?limit=3&before={page['next']}")

    assert [each["content"] for each in page["items"] + more["items"]] == [f"text {each}" for each in (4, 3, 2, 1, 0)]
    assert more["next"] is None
    exchanges = await client.get("/exchanges?limit=2")
    older = await client.get(f"/exchanges?limit=200&before={exchanges['next']}")
    assert [each["id"] for each in exchanges["items"] + older["items"]] == [6, 5, 4, 3, 2, 1]
    assert older["next"] is None


@pytest.mark.parametrize(
    ("where", "kinds"),
    [
        ("direction=out", ["Subscribe"]),
        ("kind=webhook", ["webhook", "webhook"]),
        ("status=422", ["webhook"]),
        ("status=2xx", ["webhook", "Subscribe"]),
        ("status=none", []),
        ("text=ALL+QUIET", ["webhook"]),
        ("direction=in&text=subscriptions", []),
        ("account=nobody", []),
    ],
)
async def test_exchanges_are_found(client: Client, where: str, kinds: list[str]) -> None:
    await client.webhook(incoming("all quiet"))
    await client.webhook({"method": "mesage"})

    found = await client.get(f"/exchanges?{where}")

    assert [each["kind"] for each in found["items"]] == kinds


async def test_a_near_miss_tells_its_differences(client: Client) -> None:
    assert await client.webhook({"method": "delivered", "params": {"messageId": "x"}}) == 422

    (newest,) = (await client.get("/exchanges?limit=1"))["items"]
    detail = await client.get(f"/exchanges/{newest['id']}")

    assert newest["unmatched_count"] == 1
    nearest = detail["outcome"]["unmatched"][0]["nearest"]
    assert nearest["event_type"] == "messageDelivered"
    assert [(each["path"], each["near"], each["why"]) for each in nearest["mismatches"]] == [
        ("$.params.messageid", "$.params.messageId", "keys are case-sensitive")
    ]
    assert 'else send "params": {"messageid": …}' in nearest["remedy"]


async def test_files_are_kept_sent_and_shown(client: Client) -> None:
    answer = await client("POST", "/files?name=cat.png&type=image/png", data=PNG, headers={"Content-Type": OCTETS})
    upload = answer.json

    sent = await client.post("/messages", {"file": upload["id"], "content": "my cat"})

    assert answer.status == 201
    assert (upload["name"], upload["type"], upload["size"]) == ("cat.png", "image/png", len(PNG))
    assert sent["message"]["file"] == upload
    assert sent["message"]["content"] == upload["url"]
    assert (await client.get("/files"))["items"] == [upload]
    shown = await client("GET", f"/files/{upload['id']}")
    assert (shown.body, shown.headers["Content-Type"]) == (PNG, "image/png")
    async with client.session.get(upload["url"]) as public:
        assert await public.read() == PNG
    caption = (await client.get("/messages?limit=1"))["items"][0]
    assert caption["content"] == "my cat"


OCTETS = "application/octet-stream"


async def _picture_comes_in(client: Client, url: str) -> Any:
    """The incoming mms, once its file came or was given up."""
    cursor = (await client.get("/messages"))["cursor"]
    params = {"from": CONTACT, "to": NUMBER, "text": "look", "url": url}
    assert await client.webhook({"method": "file", "params": params}) == 200
    message = await client.wait_for(cursor, type="message")
    while message["received"] is None:
        cursor = (await client.get(f"/events?after={cursor}&wait=20&type=message&limit=1"))["cursor"]
        message = await client.get(f"/messages/{message['id']}")
    return message


async def test_the_file_of_an_incoming_mms_is_shown(client: Client, provider: str) -> None:
    """With what its bytes are, and as a picture only where they are one."""
    message = await _picture_comes_in(client, f"{provider}/_test/media/cat.png")

    shown = await client("GET", f"/messages/{message['id']}/file")

    assert (message["is_file"], message["caption"], message["file"]) == (True, "look", None)
    assert (message["received"]["type"], message["received"]["size"]) == ("image/png", len(shown.body))
    assert message["received"]["sha256"] == sha256(shown.body).hexdigest()
    assert message["received"]["findings"] == []
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Content-Disposition"] == f'inline; filename="message-{message["id"]}.png"'
    assert "sandbox" in shown.headers["Content-Security-Policy"]


async def test_html_that_is_sent_as_a_picture_is_no_page(client: Client) -> None:
    query = "/files?name=cat.jpg&type=image/jpeg"
    upload = (await client("POST", query, data=b"<!doctype html><script>", headers={"Content-Type": OCTETS})).json
    message = await _picture_comes_in(client, upload["url"])

    shown = await client("GET", f"/messages/{message['id']}/file")

    assert message["received"]["findings"][0]["code"].startswith("MEDIA-")
    assert message["received"]["declared"] == "image/jpeg"
    assert shown.headers["Content-Type"] == OCTETS
    assert shown.headers["Content-Disposition"].startswith("attachment; ")


async def test_a_file_that_did_not_come_says_why(client: Client, provider: str) -> None:
    message = await _picture_comes_in(client, f"{provider}/_test/media/none.png")

    shown = await client("GET", f"/messages/{message['id']}/file")

    assert message["received"]["sha256"] is None
    assert "404" in message["received"]["findings"][0]["message"]
    assert (shown.status, shown.json["detail"]) == (404, "the file did not come, or is not kept any longer")
    assert (await client("GET", "/messages/9999/file")).status == 404


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("x.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("cat.jpg", "text/html", b"<script>alert(1)</script>"),
        ('"><img src=x onerror=alert(1)>.html', "text/html", b"<html>"),
        ("../../../etc/passwd", "text/plain", b"root"),
        ("con.exe", "application/x-msdownload", b"MZ"),
    ],
)
async def test_a_hostile_file_is_harmless(client: Client, name: str, kind: str, data: bytes) -> None:
    """It comes back as a download of no type, under a name of ours, with a policy that forbids everything."""
    from urllib.parse import urlencode

    query = urlencode({"name": name, "type": kind})
    upload = (await client("POST", f"/files?{query}", data=data, headers={"Content-Type": OCTETS})).json

    shown = await client("GET", f"/files/{upload['id']}")

    assert upload["name"] == name
    assert shown.body == data
    assert shown.headers["Content-Type"] == OCTETS
    disposition = shown.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=")
    assert not set(disposition) & set("<>/'")
    assert ".." not in disposition
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_picture_that_is_html_is_not_sniffed(client: Client) -> None:
    query = "/files?name=cat.jpg&type=image/jpeg"
    upload = (await client("POST", query, data=b"<script>", headers={"Content-Type": OCTETS})).json

    shown = await client("GET", f"/files/{upload['id']}")

    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("data", "kind", "status", "detail"),
    [
        (b"", OCTETS, 400, "the file is empty"),
        (b"x", "image/png", 415, "the body must be application/octet-stream"),
        (b"x" * (16 * 1024 * 1024 + 1), OCTETS, 413, "the body is larger than 16777216 bytes"),
    ],
)
async def test_a_file_that_is_none_is_refused(client: Client, data: bytes, kind: str, status: int, detail: str) -> None:
    answer = await client("POST", "/files", data=data, headers={"Content-Type": kind})

    assert (answer.status, answer.json["detail"]) == (status, detail)


async def test_a_message_is_spoilt_on_purpose(client: Client) -> None:
    """The exchange says so, in the list and by itself, and nothing is found that would blame the provider."""
    spoilt = await client.post("/messages", {"content": "hello", "tamper": ["wrong_auth", "wrong_type"]})
    file = await client.post("/messages", {"url": "https://x.test/cat.jpg", "tamper": ["broken_json"]})
    plain = await client.post("/messages", {"content": "hello"})

    assert [each["status"] for each in (spoilt, file, plain)] == [401, 400, 200]
    assert spoilt["findings"] == []
    listed = {each["id"]: each["tampered"] for each in (await client.get("/exchanges"))["items"]}
    assert listed[spoilt["exchange"]] == ["wrong_auth", "wrong_type"]
    assert (listed[file["exchange"]], listed[plain["exchange"]]) == (["broken_json"], [])
    assert (await client.get(f"/exchanges/{file['exchange']}"))["tampered"] == ["broken_json"]


@pytest.mark.parametrize(
    ("tamper", "detail"),
    [
        (["expired_auth"], "expired_auth cannot be: only tokens of OAuth2 expire"),
        (["no_auth", "wrong_auth"], "authorization is spoilt in one way at a time"),
    ],
)
async def test_what_cannot_be_spoilt_is_refused(client: Client, tamper: list[str], detail: str) -> None:
    answer = await client("POST", "/messages", {"content": "hello", "tamper": tamper})

    assert (answer.status, answer.json["detail"]) == (422, detail)
    assert (await client.get("/exchanges?kind=SendMessage"))["items"] == []


async def test_a_replay_is_made_once_twice_or_edited(client: Client) -> None:
    sent = await client.post("/messages", {"content": "hello"})
    path = f"/exchanges/{sent['exchange']}/replay"

    twice = await client.post(path, {"times": 2})
    body = (await client.get(f"/exchanges/{sent['exchange']}"))["request"]["body"]["text"]
    edited = await client.post(path, {"body": body.replace("hello", "changed")})

    assert [each["status"] for each in twice["items"] + edited["items"]] == [200, 200, 200]
    assert twice["items"][0]["exchange"] != twice["items"][1]["exchange"]
    detail = await client.get(f"/exchanges/{edited['items'][0]['exchange']}")
    assert '"changed"' in detail["request"]["body"]["text"]


async def test_a_webhook_is_posted_again(client: Client) -> None:
    await client.webhook(incoming("again"))
    (newest,) = (await client.get("/exchanges?limit=1"))["items"]

    (made,) = (await client.post(f"/exchanges/{newest['id']}/replay"))["items"]

    assert made["status"] == 200
    assert [each["content"] for each in (await client.get("/messages"))["items"]] == ["again", "again"]


async def test_triggers_are_listed_and_pulled(client: Client) -> None:
    triggers = (await client.get("/triggers"))["items"]
    cursor = (await client.get("/messages"))["cursor"]

    pulled = await client.post("/triggers/reply", {"with": {"content": "<b>hi</b>"}})
    asked = await client.post("/triggers/from_a_phone", {"with": {"content": "hi"}})

    assert triggers == [
        {"name": "reply", "way": "request", "needs": ["content"]},
        {"name": "from_a_phone", "way": "ask", "needs": ["content"]},
    ]
    assert (pulled["status"], pulled["failure"], pulled["ask"]) == (200, None, None)
    assert (await client.wait_for(cursor, type="message"))["content"] == "<b>hi</b>"
    assert asked["ask"] == f"Send 'hi' from {CONTACT}, then press enter"


async def test_faults_are_planned_told_used_and_ended(client: Client) -> None:
    plan = {"on": "message", "faults": [{"kind": "status", "status": 503}, {"kind": "slow", "pause_s": 0.01}]}

    answer = await client("PUT", "/faults", plan)

    assert answer.status == 200
    assert [each["said"] for each in answer.json["items"]] == ["503, slow, then as usual"]
    assert await client.webhook(incoming("first")) == 503
    left = await client.get("/faults")
    assert [each["said"] for each in left["items"]] == ["slow, then as usual"]
    ended = await client("DELETE", "/faults?on=message")
    assert not [each for each in ended.json["items"] if each["how"] != "as usual"]
    assert await client.webhook(incoming("second")) == 200


async def test_reset_forgets_all(client: Client) -> None:
    await client.webhook(incoming("gone"))
    await client("PUT", "/faults", {"faults": [{"kind": "reset"}]})
    cursor = (await client.get("/messages"))["cursor"]

    answer = await client("POST", "/reset", {})

    assert answer.status == 204
    assert (await client.get("/messages"))["items"] == []
    assert (await client.get("/exchanges"))["items"] == []
    assert (await client.get("/faults"))["items"] == []
    assert (await client.wait_for(cursor, type="reset")) == {}
    assert await client.webhook(incoming("new")) == 200
    assert (await client.get("/exchanges"))["items"][0]["id"] > 2, "numbers are never used twice"


async def test_the_document_is_read_again_when_it_is_saved(client: Client) -> None:
    path = client.folder / "reference.json"
    before = await client.get("/document")
    cursor = (await client.get("/messages"))["cursor"]

    path.write_text(before["text"].replace('"delivered"', '"done"'), "utf-8")

    changed = await client.wait_for(cursor, type="document")
    assert changed == {"played": True, "why_not": None, "errors": 0, "warnings": 0}
    assert await client.webhook({"method": "delivered", "params": {"messageid": "x"}}) == 422
    assert await client.webhook({"method": "done", "params": {"messageid": "x"}}) == 200
    assert before["played"]
    assert {each["name"] for each in before["requests"]} == {"SendMessage", "SendFile", "Subscribe"}
    assert {each["event_type"] for each in before["webhooks"]} == {"message", "mms", "messageDelivered"}
    assert all(each["curl"].startswith("curl ") for each in before["requests"] + before["webhooks"])


@pytest.mark.parametrize(
    ("old", "new", "why_not"),
    [
        ('"id": "reference-sms"', '"id": "other"', "the id of the document is another"),
        ('"class": "sms"', '"class": "smz"', "it has errors"),
        ("https://api.example.com", "https://api.example.org", 'hosts: "https://api.example.com" begins no URL'),
    ],
)
async def test_a_document_that_cannot_be_played_is_told(client: Client, old: str, new: str, why_not: str) -> None:
    path = client.folder / "reference.json"
    cursor = (await client.get("/messages"))["cursor"]

    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    changed = await client.wait_for(cursor, type="document")
    document = await client.get("/document")
    assert not changed["played"]
    assert changed["why_not"].startswith(why_not)
    assert document["why_not"] == changed["why_not"]
    assert new in document["text"]
    assert await client.webhook(incoming("still played")) == 200


async def test_a_document_that_is_gone_is_told(client: Client) -> None:
    cursor = (await client.get("/messages"))["cursor"]

    (client.folder / "reference.json").unlink()

    await client.wait_for(cursor, type="document")
    document = await client.get("/document")
    assert document["text"] is None
    assert "cannot be read" in document["problem"]


@pytest.mark.parametrize(
    ("method", "path", "said", "status", "detail"),
    [
        ("GET", "/nothing", None, 404, "there is nothing at this path"),
        ("GET", "//nothing.html", None, 404, "there is nothing at this path"),
        ("DELETE", "/messages", None, 405, "this path has other methods"),
        ("GET", "/messages/99", None, 404, "no message has the number 99"),
        ("GET", "/messages/x", None, 400, "parameter id: "),
        ("GET", "/exchanges/99", None, 404, "no exchange #99 is recorded"),
        ("POST", "/exchanges/99/replay", {}, 404, "no exchange #99 is recorded"),
        ("GET", "/files/x", None, 404, "there is no such upload"),
        ("GET", "/exchanges?limit=0", None, 400, "parameter limit: "),
        ("GET", "/exchanges?limt=1", None, 400, "parameter limt: "),
        ("GET", "/exchanges?limit=1&limit=2", None, 400, "the parameter 'limit' stands there twice"),
        ("GET", "/exchanges?status=6000", None, 400, "parameter status: "),
        ("POST", "/messages", {}, 422, "there is nothing to send"),
        ("POST", "/messages", {"content": 1}, 400, "field content: "),
        ("POST", "/messages", {"contents": "x"}, 400, "field contents: "),
        ("POST", "/messages", [], 400, "the body is no JSON object"),
        ("POST", "/messages", {"content": "x", "number": "+1"}, 422, "'+1' is no SMS number of the organization"),
        ("POST", "/messages", {"file": "x"}, 422, "there is no such upload"),
        ("POST", "/messages", {"url": "file:///etc/passwd"}, 422, "the file's url is none of http or https"),
        ("POST", "/messages", {"url": "http://x/", "file": "x"}, 422, "a message has one file"),
        ("POST", "/messages", {"content": "x" * 300_000}, 413, "the body is larger than 262144 bytes"),
        ("POST", "/triggers/nope", {}, 404, 'the project file has no trigger "nope"'),
        ("POST", "/triggers/reply", {}, 422, 'the trigger "reply" needs $content$'),
        ("POST", "/triggers/reply", {"with": {"contnt": "x"}}, 422, 'the trigger "reply" has no $contnt$ to fill'),
        ("PUT", "/faults", {"faults": []}, 400, "field faults: "),
        ("POST", "/scenarios", {"name": "x", "exchanges": [99]}, 404, "no exchange #99 is recorded"),
        ("GET", "/events?wait=61", None, 400, "parameter wait: "),
    ],
)
async def test_errors_have_one_shape(
    client: Client, method: str, path: str, said: Any, status: int, detail: str
) -> None:
    answer = await client(method, path, said)

    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert set(answer.json) == {"type", "title", "status", "detail", "mend"}
    assert answer.json["status"] == status
    assert answer.json["detail"].startswith(detail)
    assert answer.json["mend"]


@pytest.mark.parametrize(
    ("data", "headers", "status", "detail"),
    [
        (b"{", {"Content-Type": "application/json"}, 400, "the body is not JSON: it ends in the middle"),
        (b"[" * 10_000, {"Content-Type": "application/json"}, 400, "the body is nested 10000 levels deep"),
        (b"content=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "the body must be application/json"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "the body must be application/json"),
        (b"{}", {"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415, "the body is packed"),
    ],
)
async def test_a_body_that_cannot_be_read(
    client: Client, data: bytes, headers: dict[str, str], status: int, detail: str
) -> None:
    answer = await client("POST", "/messages", data=data, headers=headers)

    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.json["detail"].startswith(detail)


async def test_a_provider_that_refuses_is_no_error_of_the_api(client: Client) -> None:
    sent = await client.post("/messages", {"content": "x", "contact": "x" * 99})

    assert sent["status"] == 400
    assert sent["message"]["state"] == "failed"
    assert sent["failure"] == sent["message"]["reason"]
    assert sent["mend"] or sent["findings"]


async def test_no_secret_is_in_any_answer(client: Client) -> None:
    """What a property holds is masked by value wherever it stands: in headers, bodies, curl lines, texts."""
    await client.post("/messages", {"content": "the key is demo-key"})
    await client.webhook(incoming("demo-key"))
    exchanges = (await client.get("/exchanges"))["items"]

    said = [await client("GET", path) for path in ("/exchanges", "/messages", "/conversations", "/document")]
    said += [await client("GET", f"/exchanges/{each['id']}") for each in exchanges]
    said += [await client("GET", "/exchanges?text=demo-key"), await client("GET", "/openapi.json")]

    assert all(b"demo-key" not in each.body for each in said)
    assert any(b"***" in each.body for each in said)


async def test_health_and_readiness(open_client: Open) -> None:
    client = await open_client()

    assert (await client.get("/health"))["status"] == "ok"
    assert (await client("GET", "/ready")).status == 503
    from tests.faces.console.conftest import READY

    client.console.tell(READY)
    assert (await client.get("/ready"))["ready"] is True


async def test_the_public_listener_serves_none_of_it(client: Client) -> None:
    public = client.webhook_url.split("/services/")[0]

    for path in ("/", "/index.html", "/api/v1/health", "/api/v1/exchanges", "/js/main.js", "/api/v1/stream"):
        async with client.session.get(public + path) as answer:
            assert answer.status == 404, path


async def test_two_consoles_live_in_one_process(open_client: Open) -> None:
    one, other = await open_client(), await open_client()

    await one.webhook(incoming("for the first"))

    assert len((await one.get("/messages"))["items"]) == 1
    assert (await other.get("/messages"))["items"] == []


async def test_a_wait_ends_by_its_time_with_nothing(client: Client) -> None:
    cursor = (await client.get("/messages"))["cursor"]

    found = await client.get(f"/events?after={cursor}&wait=0.05")

    assert found == {"events": [], "cursor": cursor, "resync": False}


async def test_a_wait_for_what_is_not_known_any_more_is_told_at_once(client: Client) -> None:
    found = await client.get("/events?after=another-1&wait=30")

    assert found["resync"] is True
    assert found["events"] == []


async def test_too_many_waits_are_refused(client: Client) -> None:
    waits = [asyncio.ensure_future(client("GET", "/events?wait=30")) for _ in range(100)]
    more = [asyncio.ensure_future(client("GET", "/events?wait=30")) for _ in range(100)]
    done, _ = await asyncio.wait([*waits, *more], timeout=0.0)
    assert not done
    client.console.feed.close()
    statuses = {each.status for each in await asyncio.gather(*waits, *more)}
    assert statuses <= {200, 429}


def test_every_route_has_a_sentence_and_stands_in_the_description() -> None:
    from emulator.faces.console.openapi import describe
    from emulator.faces.console.routes import BASE

    paths = describe()["paths"]

    routes: tuple[Route | RawRoute, ...] = (*ROUTES, *RAW_ROUTES)
    for route in routes:
        assert route.summary.endswith("."), route.path
        assert route.method.lower() in paths[BASE + route.path]


async def test_a_taken_port_is_no_obstacle_unless_it_was_asked_for(open_client: Open) -> None:
    from emulator.errors import UnreachableError

    first = await open_client()
    port = int(first.url.rpartition(":")[2])

    with pytest.raises(UnreachableError, match=f"port {port} of 127.0.0.1 is in use"):
        await open_client(ConsoleSettings(port=port))


async def test_a_document_that_becomes_a_pipe_is_told(client: Client) -> None:
    """Nobody waits for who may write to it, the event loop least of all; once it is a file again it is played."""
    path = client.console.document._path
    before = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    client.console.document.look()
    assert (await client.get("/document"))["problem"].endswith("cannot be read: it is a pipe, not a file")
    path.unlink()
    path.write_bytes(before)
    client.console.document.look()
    assert (await client.get("/document"))["problem"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        "outcome = '[]'",
        """outcome = '{"events": [{"event_type": 7, "path": "$", "variables": {}}]}'""",
        """outcome = '{"findings": [{"code": "WH-101"}]}'""",
        "at = 'yesterday'",
        "url = 'http://[::'",
        "duration_s = 9e999",
    ],
)
async def test_a_wrong_row_is_told_wherever_it_is_read(client: Client, wrong: str) -> None:
    """Another program has changed the journal: a sentence, no bug of ours; webhooks are taken all the same."""
    sent = await client.post("/messages", {"content": "hi"})
    client.console.platform.journal._database.execute(f"UPDATE exchanges SET {wrong}")  # noqa: S608 - from above
    number = sent["exchange"]
    for method, path, said in (
        ("GET", "/exchanges", None),
        ("GET", "/exchanges?text=hi", None),
        ("GET", f"/exchanges/{number}", None),
        ("POST", f"/exchanges/{number}/replay", {}),
        ("POST", "/scenarios", {"name": "kept", "exchanges": [number]}),
    ):
        answer = await client(method, path, said)
        assert (answer.status, "cannot be read: another program has changed it" in answer.json["detail"]) == (503, True)
    for path in ("/messages", "/conversations", f"/messages/{sent['message']['id']}/undelivered", "/events", "/health"):
        assert (await client("GET", path)).status in {200, 409, 503}
    assert await client.webhook(incoming("still taken")) == 200
    assert (await client("POST", "/reset", {})).status == 204
    assert number not in {each["id"] for each in (await client.get("/exchanges"))["items"]}
