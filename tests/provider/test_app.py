"""The reference provider over real HTTP."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from aiohttp import web

from emulator.provider.app import BACKGROUND, make_provider
from emulator.provider.settings import ProviderSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from aiohttp.test_utils import TestClient
    from pytest_aiohttp import AiohttpClient, AiohttpServer

    Client = TestClient[web.Request, web.Application]

_FORM = "application/x-www-form-urlencoded"
TOKEN = {"Authorization": "Bearer demo-key"}
TEXT = {"from": "+61855555555", "to": "+61123456789", "extension": "101", "domain": "acme", "content": "hi"}
AT_ONCE = ProviderSettings(delivered_after_s=0.0)
BEFORE = ProviderSettings(report_before_answer=True)


@dataclass(frozen=True)
class Arrival:
    """A webhook as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """Plays the platform's side of the webhooks: signals each arrival, answers once the gate is open."""

    base: str = ""
    status: int = 200
    body: str = '{"result":{}}'
    arrivals: asyncio.Queue[Arrival] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        """Keep the webhook, then wait for the gate."""
        self.arrivals.put_nowait(Arrival(request.path, dict(request.headers), await request.read()))
        await self.gate.wait()
        return web.Response(status=self.status, text=self.body, headers={"Set-Cookie": "session=1; Path=/"})


@pytest.fixture
async def receiver(aiohttp_server: AiohttpServer) -> AsyncIterator[Receiver]:
    """A receiver of webhooks with an open gate."""
    made = Receiver()
    made.gate.set()
    app = web.Application()
    app.router.add_post("/{name}", made.receive)
    made.base = str((await aiohttp_server(app)).make_url("")).rstrip("/")
    yield made
    made.gate.set()


async def post(client: Client, path: str, payload: object, headers: Mapping[str, str] = TOKEN) -> tuple[int, Any]:
    """The status and JSON that a post of JSON is answered with."""
    async with client.post(path, json=payload, headers=headers) as response:
        return response.status, await response.json()


async def subscribe(client: Client, url: str, domain: str = "acme") -> None:
    """Subscribe *url* as the sample document does."""
    payload = {"domain": domain, "user": "*", "model": "message", "post-url": url}
    status, _ = await post(client, "/ns-api/v2/subscriptions", payload)
    assert status == 201


async def listed(client: Client) -> list[dict[str, Any]]:
    """What the provider says that it accepted."""
    async with client.get("/_test/messages") as response:
        assert response.status == 200
        messages: list[dict[str, Any]] = (await response.json())["messages"]
        return messages


async def test_send_message_is_answered_with_an_id(aiohttp_client: AiohttpClient) -> None:
    """The sample request is accepted; its id is a version 4 UUID, and the message is kept."""
    client = await aiohttp_client(make_provider(ProviderSettings()))

    status, answer = await post(client, "/webhook", TEXT)

    assert status == 200
    assert list(answer) == ["data"]
    assert UUID(answer["data"]["id"]).version == 4
    (message,) = await listed(client)
    assert {**message, **TEXT, "id": answer["data"]["id"], "media_url": None, "report": None} == message
    assert datetime.fromisoformat(message["accepted_at"]).utcoffset() is not None


async def test_send_file_without_extension_is_accepted(aiohttp_client: AiohttpClient) -> None:
    """A file of an automatic reply, so without user, goes out like any other."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    payload = {"from": "+1", "to": "+2", "domain": "acme", "media_url": "https://x.test/cat.jpg"}

    status, _ = await post(client, "/webhook", payload)

    assert status == 200
    (message,) = await listed(client)
    assert (message["media_url"], message["content"], message["extension"]) == ("https://x.test/cat.jpg", None, None)


async def test_answers_show_characters_as_themselves(aiohttp_client: AiohttpClient) -> None:
    """Whoever reads the list with their own eyes reads the text, not its escapes."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    await post(client, "/webhook", {**TEXT, "content": "שלום 👋"})

    async with client.get("/_test/messages") as response:
        assert '"content": "שלום 👋"' in await response.text(encoding="utf-8")


async def test_ids_and_times_can_be_given(aiohttp_client: AiohttpClient) -> None:
    """A test can say what id and what time a message gets; the newest is last."""
    ids = iter(["first", "second"])
    app = make_provider(
        ProviderSettings(), now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), new_id=lambda: next(ids)
    )
    client = await aiohttp_client(app)

    answers = [await post(client, "/webhook", TEXT) for _ in range(2)]

    assert answers == [(200, {"data": {"id": "first"}}), (200, {"data": {"id": "second"}})]
    assert [(message["id"], message["accepted_at"]) for message in await listed(client)] == [
        ("first", "2026-01-02T03:04:05+00:00"),
        ("second", "2026-01-02T03:04:05+00:00"),
    ]


@pytest.mark.parametrize("path", ["/webhook", "/ns-api/v2/subscriptions"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
async def test_the_api_asks_for_credentials(aiohttp_client: AiohttpClient, path: str, headers: dict[str, str]) -> None:
    """Without the right token nothing is read, and the challenge says what is asked for."""
    client = await aiohttp_client(make_provider(ProviderSettings()))

    async with client.post(path, data=b"not even JSON", headers=headers) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="reference-sms"'
        assert "Bearer" in (await response.json())["error"]["message"]


async def test_basic_credentials(aiohttp_client: AiohttpClient) -> None:
    """With Basic the pair demo, demo-secret opens the API."""
    client = await aiohttp_client(make_provider(ProviderSettings(auth="basic")))

    status, _ = await post(client, "/webhook", TEXT, {"Authorization": "Basic ZGVtbzpkZW1vLXNlY3JldA=="})
    assert status == 200
    status, _ = await post(client, "/webhook", TEXT)
    assert status == 401


@pytest.mark.parametrize("path", ["/webhook", "/ns-api/v2/subscriptions", "/_test/inbound"])
async def test_bodies_must_be_json_objects_of_bearable_size(aiohttp_client: AiohttpClient, path: str) -> None:
    """Another content type is 415, a large body 413, an unreadable one 400, a wrong one 400; all in JSON."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    in_json = {**TOKEN, "Content-Type": "application/json; charset=utf-8"}
    cases: list[tuple[int, dict[str, str], bytes]] = [
        (415, {**TOKEN, "Content-Type": "text/plain"}, b"{}"),
        (413, in_json, b" " * (1024 * 1024 + 1)),
        (400, in_json, b" " * (1024 * 1024)),
        (400, in_json, b"[1]"),
        (400, in_json, b"{}"),
        (400, {**in_json, "Content-Encoding": "gzip"}, b"not gzip"),
    ]
    for expected, headers, body in cases:
        async with client.post(path, data=io.BytesIO(body), headers=headers) as response:
            assert expected == response.status, (headers, body[:20])
            assert (await response.json())["error"]["message"]


async def test_texts_come_as_forms_and_queries_too(aiohttp_client: AiohttpClient) -> None:
    """As text and nothing else; what is taken can be looked up by its id."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    said = {"from": "+61855555555", "to": "+61123456789", "content": "a&b=c\r\n€ \0"}
    multipart = (
        '--x\r\nContent-Disposition: form-data; name="from"\r\n\r\n+61855555555\r\n'
        '--x\r\nContent-Disposition: form-data; name="to"\r\n\r\n+61123456789\r\n'
        f'--x\r\nContent-Disposition: form-data; name="content"\r\n\r\n{said["content"]}\r\n--x--\r\n'
    ).encode()
    in_parts = {**TOKEN, "Content-Type": "multipart/form-data; boundary=x"}
    for answered in (
        client.post("/webhook", data=urlencode(said), headers={**TOKEN, "Content-Type": _FORM}),
        client.post("/webhook", data=io.BytesIO(multipart), headers=in_parts),
        client.get("/webhook", params=said, headers=TOKEN),
    ):
        async with answered as response:
            assert response.status == 200, await response.text()
            messageid = (await response.json())["data"]["id"]
        async with client.get(f"/_test/messages/{messageid}") as response:
            assert (await response.json())["content"] == said["content"]
    async with client.get("/_test/messages/none") as response:
        assert response.status == 404
    part = b"--x\r\nContent-Disposition: form-data; "
    for broken in (
        b"no form",
        b"a" * 500_000,
        part + b'name="a"\r\n' + b"a" * 500_000,
        part + b'name="a"; ' + b"a=b; " * 50_000 + b"\r\n\r\n1\r\n--x--",
        part + b"name=a\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n1\r\n--y--\r\n--x--",
        part + b"name=a\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\r\n--x--",
        part + b"name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n=\r\n--x--",
        part + b"name=a\r\nContent-Transfer-Encoding: klingon\r\n\r\n=\r\n--x--",
    ):
        async with client.post("/webhook", data=broken, headers=in_parts) as response:
            assert response.status == 400, (broken[:100], await response.text())
            assert len((await response.json())["error"]["message"]) < 300
    async with client.post(
        "/webhook", data=io.BytesIO(b"x" * 2**21), headers={**TOKEN, "Content-Type": _FORM}
    ) as response:
        assert response.status == 413


async def test_a_body_that_does_not_decode_leaves_no_traceback(
    aiohttp_client: AiohttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It is the sender's mistake: nothing is logged, and the connection is not used again."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    headers = {**TOKEN, "Content-Type": "application/json", "Content-Encoding": "gzip"}

    async with client.post("/webhook", data=b"not gzip", headers=headers) as response:
        assert (response.status, response.headers["Connection"]) == (400, "close")

    status, _ = await post(client, "/webhook", TEXT)
    assert status == 200
    assert [record for record in caplog.records if record.name.startswith("aiohttp")] == []


async def test_unknown_paths_and_methods_are_answered_in_json(aiohttp_client: AiohttpClient) -> None:
    """404 and 405 have the shape of every other error; 405 says what is allowed."""
    client = await aiohttp_client(make_provider(ProviderSettings()))

    status, answer = await post(client, "/nowhere", {})
    assert (status, answer) == (404, {"error": {"message": "POST /nowhere: Not Found"}})

    async with client.put("/webhook") as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET,POST")
        assert await response.json() == {"error": {"message": "PUT /webhook: Method Not Allowed"}}


async def test_health(aiohttp_client: AiohttpClient) -> None:
    """Without credentials one learns that the provider runs."""
    client = await aiohttp_client(make_provider(ProviderSettings()))

    async with client.get("/health") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})


async def test_subscribe_is_answered_with_an_id(aiohttp_client: AiohttpClient) -> None:
    """A subscription is created: 201 and an id."""
    client = await aiohttp_client(make_provider(ProviderSettings(), new_id=lambda: "s-1"))
    payload = {"domain": "acme", "user": "*", "model": "message", "post-url": "http://x.test/hook"}

    assert await post(client, "/ns-api/v2/subscriptions", payload) == (201, {"data": {"id": "s-1"}})


async def test_subscribe_needs_a_real_url(aiohttp_client: AiohttpClient) -> None:
    """A URL that nothing can be posted to is refused at once."""
    client = await aiohttp_client(make_provider(ProviderSettings()))

    assert await post(client, "/ns-api/v2/subscriptions", {"domain": "acme", "post-url": "/hook"}) == (
        400,
        {"error": {"message": '"post-url" is not an absolute http or https URL'}},
    )


async def test_a_message_is_reported_delivered(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """After the delay the domain's webhook gets the report with the very id of the answer."""
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    client = await aiohttp_client(make_provider(ProviderSettings(delivered_after_s=7.5), pause=pause))
    await subscribe(client, f"{receiver.base}/acme")
    _, answer = await post(client, "/webhook", TEXT)
    arrival = await receiver.arrivals.get()

    assert arrival.path == "/acme"
    assert arrival.headers["Content-Type"] == "application/json"
    assert arrival.json == {"method": "delivered", "params": {"messageid": answer["data"]["id"]}}
    assert waited == [7.5]


async def test_the_answer_does_not_wait_for_the_report(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """SendMessage is answered while the webhook is still busy with the report."""
    receiver.gate.clear()
    client = await aiohttp_client(make_provider(AT_ONCE))
    await subscribe(client, f"{receiver.base}/acme")

    status, _ = await post(client, "/webhook", TEXT)
    await receiver.arrivals.get()

    assert status == 200
    assert [message["report"] for message in await listed(client)] == [None]


async def test_the_report_can_come_before_the_answer(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """With report_before_answer the webhook has answered before SendMessage is: the race, every time."""
    receiver.gate.clear()
    client = await aiohttp_client(make_provider(BEFORE))
    await subscribe(client, f"{receiver.base}/acme")

    sending = asyncio.create_task(post(client, "/webhook", TEXT))
    arrival = await receiver.arrivals.get()
    assert not sending.done()
    receiver.gate.set()

    assert await sending == (200, {"data": {"id": arrival.json["params"]["messageid"]}})
    assert [message["report"] for message in await listed(client)] == [{"status": 200}]


async def test_every_message_is_reported_once(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """Of a hundred messages at the same time none is lost and none is reported twice."""
    client = await aiohttp_client(make_provider(AT_ONCE))
    await subscribe(client, f"{receiver.base}/acme")

    answers = await asyncio.gather(*(post(client, "/webhook", TEXT) for _ in range(100)))
    reports = [await receiver.arrivals.get() for _ in answers]

    assert {answer["data"]["id"] for _, answer in answers} == {report.json["params"]["messageid"] for report in reports}
    assert receiver.arrivals.empty()


async def test_reports_go_to_the_domain_or_else_to_the_latest(
    aiohttp_client: AiohttpClient, receiver: Receiver
) -> None:
    """Each domain has its own webhook; a domain without one shares the latest."""
    client = await aiohttp_client(make_provider(BEFORE))
    await subscribe(client, f"{receiver.base}/old", "acme")
    await subscribe(client, f"{receiver.base}/acme", "acme")
    await subscribe(client, f"{receiver.base}/other", "other")

    for domain in ("acme", "other", "unknown"):
        await post(client, "/webhook", {**TEXT, "domain": domain})

    assert [receiver.arrivals.get_nowait().path for _ in range(3)] == ["/acme", "/other", "/other"]


async def test_a_report_that_is_refused_is_logged_and_kept(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """A webhook's error status is the report's result; SendMessage has been accepted all the same."""
    log: list[tuple[str, dict[str, object]]] = []
    receiver.status = 503
    app = make_provider(BEFORE, new_id=lambda: "1", log=lambda event, data: log.append((event, dict(data))))
    client = await aiohttp_client(app)
    url = f"{receiver.base}/acme"
    await subscribe(client, url)

    assert await post(client, "/webhook", TEXT) == (200, {"data": {"id": "1"}})
    assert [message["report"] for message in await listed(client)] == [{"status": 503}]
    assert log == [("report.failed", {"messageid": "1", "url": url, "status": 503})]


async def test_a_report_that_reaches_nobody_is_logged_and_kept(
    aiohttp_client: AiohttpClient, unused_tcp_port: int
) -> None:
    """A refused connection is a value: logged, and shown at the message."""
    log: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
    client = await aiohttp_client(make_provider(AT_ONCE, log=lambda event, data: log.put_nowait((event, dict(data)))))
    await subscribe(client, f"http://127.0.0.1:{unused_tcp_port}/hook")

    _, answer = await post(client, "/webhook", TEXT)
    event, data = await log.get()

    assert ("report.failed", answer["data"]["id"]) == (event, data["messageid"])
    assert [{"error": data["error"]}] == [message["report"] for message in await listed(client)]


async def test_a_failed_report_needs_no_log(aiohttp_client: AiohttpClient, unused_tcp_port: int) -> None:
    """Without a log hook the failure only stands at the message."""
    client = await aiohttp_client(make_provider(BEFORE))
    await subscribe(client, f"http://127.0.0.1:{unused_tcp_port}/hook")

    status, _ = await post(client, "/webhook", TEXT)

    assert status == 200
    assert [key for message in await listed(client) for key in message["report"]] == ["error"]


@pytest.mark.parametrize(
    "text",
    [
        "Hello there!",
        "",
        " two\nlines\r\n\tand \u2028 more ",
        "👩‍👩‍👧 ok",
        'it costs $5 and $6, "so" \\ $name$',
        "a&b#c%20d+e=f;<b>",
        "שלום \u202eمرحبا",
        "007",
        "\x00\x7f",
    ],
)
async def test_inbound_text_arrives_as_it_is(aiohttp_client: AiohttpClient, receiver: Receiver, text: str) -> None:
    """The webhook's content is the very text that was given, non-ASCII as itself."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    url = f"{receiver.base}/acme"
    await subscribe(client, url)

    status, answer = await post(client, "/_test/inbound", {"from": "+61123456789", "to": "+61855555555", "text": text})
    arrival = receiver.arrivals.get_nowait()

    assert (200, {"webhook": {"url": url, "status": 200, "body": '{"result":{}}'}}) == (status, answer)
    assert arrival.json == {
        "method": "message",
        "params": {"from": "+61123456789", "to": "+61855555555", "content": text},
    }
    assert arrival.body == json.dumps(arrival.json, ensure_ascii=False).encode()


async def test_an_inbound_file(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """With a URL the webhook is a file with its caption."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    await subscribe(client, f"{receiver.base}/acme")
    payload = {"from": "+1", "to": "+2", "text": "a cat", "url": "https://x.test/cat.jpg"}

    status, _ = await post(client, "/_test/inbound", payload, headers={})

    assert status == 200
    assert receiver.arrivals.get_nowait().json == {"method": "file", "params": payload}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"domain": "other"}, "/other"),
        ({}, "/acme"),
        ({"to": "61855555555"}, "/acme"),
        ({"to": "+61899999999"}, "/other"),
    ],
    ids=["by-domain", "by-number", "by-number-without-plus", "latest"],
)
async def test_inbound_finds_its_webhook(
    aiohttp_client: AiohttpClient, receiver: Receiver, payload: dict[str, str], expected: str
) -> None:
    """The domain that is named, else the one that sent from the number, else the latest subscription."""
    client = await aiohttp_client(make_provider(BEFORE))
    await post(client, "/webhook", TEXT)
    await subscribe(client, f"{receiver.base}/acme", "acme")
    await subscribe(client, f"{receiver.base}/other", "other")

    status, _ = await post(client, "/_test/inbound", {"from": "+1", "to": "+61855555555", "text": "hi", **payload})

    assert status == 200
    assert expected == receiver.arrivals.get_nowait().path


@pytest.mark.parametrize(
    ("payload", "subscribed", "message"),
    [
        ({}, False, "no webhook is known for +2, nor any other: subscribe one first"),
        ({"domain": "nope"}, True, 'no webhook is known for the domain "nope": subscribe one first'),
    ],
)
async def test_inbound_without_a_webhook_is_a_conflict(
    aiohttp_client: AiohttpClient, payload: dict[str, str], subscribed: bool, message: str
) -> None:
    """409 says whose webhook is missing; a domain asked for by name never goes to another's."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    if subscribed:
        await subscribe(client, "http://x.test/hook")

    answer = await post(client, "/_test/inbound", {"from": "+1", "to": "+2", "text": "hi", **payload})

    assert answer == (409, {"error": {"message": message}})


async def test_inbound_tells_what_the_webhook_answered(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """An error of the webhook is shown, cut to its beginning; the call itself went well."""
    receiver.status, receiver.body = 422, "é" * 3000
    client = await aiohttp_client(make_provider(ProviderSettings()))
    await subscribe(client, f"{receiver.base}/acme")

    status, answer = await post(client, "/_test/inbound", {"from": "+1", "to": "+2", "text": "hi"})

    assert (status, answer["webhook"]["status"], answer["webhook"]["body"]) == (200, 422, "é" * 2000)


async def test_inbound_tells_why_the_webhook_was_not_reached(
    aiohttp_client: AiohttpClient, unused_tcp_port: int
) -> None:
    """502 names the webhook and the reason."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    url = f"http://127.0.0.1:{unused_tcp_port}/hook"
    await subscribe(client, url)

    status, answer = await post(client, "/_test/inbound", {"from": "+1", "to": "+2", "text": "hi"})

    assert status == 502
    assert answer["error"]["message"].startswith(f"the webhook {url} could not be reached: Cannot connect")


async def test_inbound_waits_for_the_webhook_no_longer_than_its_timeout(
    aiohttp_client: AiohttpClient, receiver: Receiver
) -> None:
    """502 says that the time was up."""
    receiver.gate.clear()
    client = await aiohttp_client(make_provider(ProviderSettings(webhook_timeout_s=0.05)))
    url = f"{receiver.base}/acme"
    await subscribe(client, url)

    answer = await post(client, "/_test/inbound", {"from": "+1", "to": "+2", "text": "hi"})

    assert answer == (
        502,
        {"error": {"message": f"the webhook {url} could not be reached: no whole answer within 0.05 s"}},
    )


async def test_cookies_of_a_webhook_are_not_sent_back(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """What one account's webhook sets reaches no other account."""
    client = await aiohttp_client(make_provider(BEFORE))
    named = receiver.base.replace("127.0.0.1", "localhost")  # of a bare address a client keeps no cookies anyway
    await subscribe(client, f"{named}/acme")

    await post(client, "/webhook", TEXT)
    await post(client, "/webhook", TEXT)

    assert ["Cookie" in receiver.arrivals.get_nowait().headers for _ in range(2)] == [False, False]


async def test_reset_forgets_messages_subscriptions_and_reports_due(
    aiohttp_client: AiohttpClient, receiver: Receiver
) -> None:
    """After a reset nothing is left of what came before, nor does any of it arrive later."""
    due, cancelled = asyncio.Event(), asyncio.Event()

    async def pause(_seconds: float) -> None:
        due.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    app = make_provider(ProviderSettings(), pause=pause)
    client = await aiohttp_client(app)
    await subscribe(client, f"{receiver.base}/acme")
    await post(client, "/webhook", TEXT)
    await due.wait()

    assert await post(client, "/_test/reset", None, headers={}) == (200, {"status": "ok"})
    assert cancelled.is_set()
    assert await listed(client) == []
    status, _ = await post(client, "/_test/inbound", {"from": "+1", "to": "+2", "text": "hi"})
    assert status == 409
    assert receiver.arrivals.empty()


async def test_shutdown_ends_reports_that_are_due(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """A report that waits is cancelled with the application; no task is left behind."""
    due = asyncio.Event()

    async def pause(_seconds: float) -> None:
        due.set()
        await asyncio.Event().wait()

    app = make_provider(ProviderSettings(), pause=pause)
    client = await aiohttp_client(app)
    await subscribe(client, f"{receiver.base}/acme")
    await post(client, "/webhook", TEXT)
    await due.wait()
    assert len(app[BACKGROUND]) == 1

    await client.close()

    assert len(app[BACKGROUND]) == 0
    assert receiver.arrivals.empty()


async def test_two_providers_share_nothing(aiohttp_client: AiohttpClient) -> None:
    """There is no module state: what one accepted the other does not know."""
    one = await aiohttp_client(make_provider(ProviderSettings()))
    two = await aiohttp_client(make_provider(ProviderSettings()))

    await post(one, "/webhook", TEXT)

    assert [len(await listed(client)) for client in (one, two)] == [1, 0]


# -- files


async def test_the_file_of_a_message_is_fetched(aiohttp_client: AiohttpClient, aiohttp_server: AiohttpServer) -> None:
    """The list tells what came of it."""
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def serve(request: web.Request) -> web.Response:
        asked.put_nowait(request.path)
        return web.Response(body=b"cat", content_type="image/png")

    files = web.Application()
    files.router.add_get("/{name}", serve)
    url = str((await aiohttp_server(files)).make_url("/cat.png"))
    app = make_provider(ProviderSettings())
    client = await aiohttp_client(app)
    await post(client, "/webhook", {"from": "+1", "to": "+2", "media_url": url})
    assert await asked.get() == "/cat.png"
    await asyncio.gather(*app[BACKGROUND]._tasks)
    (message,) = await listed(client)
    assert message["media"]["size"] == 3
    assert message["media"]["content_type"] == "image/png"


async def test_a_file_that_cannot_be_fetched_is_logged(aiohttp_client: AiohttpClient, unused_tcp_port: int) -> None:
    """With the message, its URL and the reason; the message was taken all the same."""
    told: asyncio.Queue[tuple[str, Mapping[str, object]]] = asyncio.Queue()

    async def at_once(_: float) -> None:
        return None

    app = make_provider(ProviderSettings(), pause=at_once, log=lambda event, data: told.put_nowait((event, data)))
    client = await aiohttp_client(app)
    url = f"http://127.0.0.1:{unused_tcp_port}/cat.png"
    status, _ = await post(client, "/webhook", {"from": "+1", "to": "+2", "media_url": url})
    assert status == 200
    event, data = await told.get()
    assert (event, data["url"]) == ("media.failed", url)
    assert "Cannot connect" in str(data["error"])


async def test_a_sample_file_is_served(aiohttp_client: AiohttpClient) -> None:
    """So that a picture can come in; what there is not is 404."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    async with client.get("/_test/media/cat.png") as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert (await answer.read()).startswith(b"\x89PNG")
    async with client.get("/_test/media/dog.png") as answer:
        assert answer.status == 404


async def test_an_inbound_file_of_ones_own(aiohttp_client: AiohttpClient, receiver: Receiver) -> None:
    """A path of a sample becomes an address that can be fetched."""
    client = await aiohttp_client(make_provider(ProviderSettings()))
    await subscribe(client, f"{receiver.base}/hook")
    payload = {"from": "+1", "to": "+2", "text": "a cat", "url": "/_test/media/cat.png"}
    status, _ = await post(client, "/_test/inbound", payload)
    assert status == 200
    url = (await receiver.arrivals.get()).json["params"]["url"]
    async with client.session.get(url) as answer:
        assert answer.content_type == "image/png"
