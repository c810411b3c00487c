"""Documents of the usual shapes are played as their providers expect: requests, answers, webhooks (framework 2-6)."""

from __future__ import annotations

import base64
import json
import re
import shlex
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from emulator.core.conversations import MessageState, Organization, User
from emulator.core.matching import compile_models, match
from emulator.core.reading import read_document
from emulator.core.rules import ID_MAY_BE_ROUNDED, ID_REUSED
from emulator.engine.platform import PlatformSettings, open_platform
from emulator.faces import cli
from tests.scenario.conftest import CONTACT, KEY, NUMBER, Hook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from emulator.core.document import EventType, Integration
    from emulator.engine.accounts import Account
    from emulator.engine.platform import Platform
    from tests.scenario.conftest import Provider, Stage

FOLDER = Path(__file__).parents[2] / "scenarios/shapes"
PUBLIC = "https://ringo.example.com"
"""Where the platform says that it listens, so that webhook URLs are known beforehand."""
CONTENT = "Tea & cake? 1+1=2, 50 % + café ☕"
FILE = "https://files.example.com/cat.jpg?v=1&s=2"
CAT, DOG = "https://media.example.com/cat.jpg", "https://media.example.com/dog.jpg"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BARE, BARE_CONTACT = NUMBER.removeprefix("+"), CONTACT.removeprefix("+")
ANSWERED_ID = {
    "nested-id": "a8d35b94-154a-4c0e-9d5f-2f1f6a1f0c11",
    "form-basic": "MX7f3c09d2e1",
    "id-in-array": "01HZX4T9Q2",
    "no-id": None,
    "array-webhooks": "9007199254740993",
    "get-webhooks": "40183302",
    "several-models": "5d1f0c3e-60b7-4a58-8a53-1d3b7c9e2f40",
}
"""What stands in each answer.json, as text."""
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sent:
    """A request as the provider saw it; *body* is JSON, the fields of a form, or empty."""

    method: str
    path: str
    body: Any = ""
    query: Pairs = ()


@dataclass(frozen=True)
class Told:
    """An event that a webhook, or an element of one, is."""

    event_type: EventType
    model: int
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    """What becomes of a webhook: its events, what is found in it, and how many elements fit no model."""

    events: tuple[Told, ...]
    findings: tuple[str, ...] = ()
    unmatched: int = 0


@dataclass(frozen=True)
class Shape:
    """What is expected of a folder."""

    text: Sent
    file: Sent
    samples: Mapping[str, Sample]
    subscribe: Sent | None = None
    authorization: str | None = f"Bearer {KEY}"
    content_type: str | None = JSON
    properties: Mapping[str, str] = field(default_factory=lambda: {"API key": KEY})


def basic(username: str, password: str) -> str:
    """The header of that account."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def hook(shape: str) -> str:
    """The webhook URL that the provider is told."""
    return f"{PUBLIC}/services/shape-{shape}/aorg-1"


def message(model: int, content: str, sender: str = CONTACT, to: str = NUMBER) -> Told:
    """A text that comes in."""
    return Told("message", model, {"from": sender, "to": to, "content": content})


def mms(model: int, url: str, sender: str = CONTACT, to: str = NUMBER, **caption: str) -> Told:
    """A file that comes in."""
    return Told("mms", model, {"from": sender, "to": to, **caption, "url": url})


def delivered(model: int, shape: str) -> Told:
    """The report that what was sent has been delivered."""
    return Told("messageDelivered", model, {"messageid": ANSWERED_ID[shape] or ""})


PARTIES = {"from": NUMBER, "to": CONTACT}
QUERY: Pairs = (("format", "json"), ("user", "acme"), ("key", KEY), ("source", NUMBER), ("dest", CONTACT))
SHAPES = {
    "nested-id": Shape(
        text=Sent("POST", "/v2/messages", {**PARTIES, "text": CONTENT}),
        file=Sent("POST", "/v2/messages", {**PARTIES, "media_urls": [FILE]}),
        subscribe=Sent(
            "POST",
            "/v2/webhooks",
            {"url": hook("nested-id"), "events": ["message.received", "media.received", "message.delivered"]},
        ),
        samples={
            "message.json": Sample((message(0, "See you at 5? ☕"),)),
            "media.json": Sample((mms(1, CAT, text="The cat"),)),
            "media-without-text.json": Sample((mms(1, DOG),), ("WH-104",)),
            "delivered.json": Sample((delivered(2, "nested-id"),)),
        },
    ),
    "form-basic": Shape(
        text=Sent("POST", "/accounts/AC42/messages", (("From", NUMBER), ("To", CONTACT), ("Text", CONTENT))),
        file=Sent("POST", "/accounts/AC42/messages", (("From", NUMBER), ("To", CONTACT), ("FileUrl", FILE))),
        subscribe=Sent(
            "POST",
            "/accounts/AC42/callbacks",
            (("Url", hook("form-basic")), ("Method", "POST"), ("Event", "inbound"), ("Event", "status")),
        ),
        authorization=basic("AC42", KEY),
        content_type=FORM,
        properties={"Account id": "AC42", "Auth secret": KEY},
        samples={
            "media.form": Sample((mms(0, f"{CAT}?v=1", text="The cat"),)),
            "media-without-text.form": Sample((mms(0, DOG, text=""),)),
            "message.form": Sample((message(1, "Tea & cake = ☕"),)),
            "delivered.form": Sample((delivered(2, "form-basic"),)),
        },
    ),
    "id-in-array": Shape(
        text=Sent("POST", "/v1/messages", {"from": NUMBER, "to": [CONTACT], "type": "text", "body": CONTENT}),
        file=Sent("POST", "/v1/messages", {"from": NUMBER, "to": [CONTACT], "type": "media", "media": [{"url": FILE}]}),
        subscribe=Sent("PUT", "/v1/callback", {"inbound": hook("id-in-array"), "reports": hook("id-in-array")}),
        authorization=basic("acme", KEY),
        properties={"API key": "acme", "API secret": KEY},
        samples={
            "text.json": Sample((message(0, "On my way"),)),
            "media.json": Sample((mms(1, CAT, text="The cat"),)),
            "media-two-files.json": Sample((mms(1, "https://media.example.com/1.jpg"),), ("WH-103", "WH-104")),
            "delivered.json": Sample((delivered(2, "id-in-array"),)),
        },
    ),
    "no-id": Shape(
        text=Sent("POST", "/send/sms", {"source": NUMBER, "destination": CONTACT, "message": CONTENT}),
        file=Sent("POST", "/send/mms", {"source": NUMBER, "destination": CONTACT, "file": FILE}),
        properties={"Access token": KEY},
        samples={
            "sms.json": Sample((message(0, "Who is this?"),)),
            "mms.json": Sample((mms(1, CAT, text="The cat"),)),
        },
    ),
    "array-webhooks": Shape(
        text=Sent(
            "POST",
            "/sms/3/text",
            {"messages": [{"sender": NUMBER, "destinations": [{"to": CONTACT}], "text": CONTENT}]},
        ),
        file=Sent(
            "POST",
            "/sms/3/media",
            {"messages": [{"sender": NUMBER, "destinations": [{"to": CONTACT}], "mediaUrl": FILE}]},
        ),
        subscribe=Sent(
            "POST",
            "/sms/3/subscriptions",
            {"channel": "acme", "callback": {"inbound": hook("array-webhooks"), "reports": hook("array-webhooks")}},
        ),
        samples={
            "text.json": Sample((message(0, "Just one", BARE_CONTACT, BARE),), ("WH-102", "WH-102")),
            "several.json": Sample(
                (
                    message(0, "First", BARE_CONTACT, BARE),
                    mms(1, CAT, BARE_CONTACT, BARE, text="The cat"),
                    message(0, "Last", BARE_CONTACT, BARE),
                ),
                ("WH-102", "WH-102", "WH-102", "WH-102", "WH-201"),
                unmatched=1,
            ),
            "delivered.json": Sample((delivered(2, "array-webhooks"),), ("WH-102", "WH-201"), unmatched=1),
        },
    ),
    "get-webhooks": Shape(
        text=Sent("GET", "/api/send", query=(*QUERY, ("text", CONTENT))),
        file=Sent("GET", "/api/send", query=(*QUERY, ("media", FILE))),
        authorization=None,
        content_type=None,
        properties={"User": "acme", "API key": KEY},
        samples={
            "message.query": Sample((message(0, "1+1 is 2 & so on", BARE_CONTACT, BARE),)),
            "media.query": Sample((mms(1, f"{CAT}?v=1&s=2", BARE_CONTACT, BARE, text="The cat"),)),
            "delivered.query": Sample((delivered(2, "get-webhooks"),)),
        },
    ),
    "several-models": Shape(
        text=Sent("POST", "/conversations/messages", {**PARTIES, "user": "101", "format": "text", "content": CONTENT}),
        file=Sent("POST", "/conversations/messages", {**PARTIES, "user": "101", "format": "file", "content": FILE}),
        subscribe=Sent(
            "POST", "/conversations/hooks", {"target": hook("several-models"), "types": ["received", "status"]}
        ),
        samples={
            "file.json": Sample((mms(0, CAT, text="The cat"),)),
            "forwarded.json": Sample((message(1, "From my tablet"),)),
            "text.json": Sample((message(2, "From my phone"),)),
            "delivered.json": Sample((delivered(3, "several-models"),)),
            "read.json": Sample((delivered(4, "several-models"),)),
        },
    ),
}
"""What is expected of every folder, by its name."""
SAMPLES = [(shape, name) for shape, expected in SHAPES.items() for name in expected.samples]
REPORTS = [(shape, name) for shape, name in SAMPLES if re.match("delivered|read", name)]

every_shape = pytest.mark.parametrize("shape", SHAPES)
every_sample = pytest.mark.parametrize(("shape", "name"), SAMPLES)


def integration(shape: str) -> Integration:
    """The document of *shape*."""
    path = FOLDER / shape / "integration.json"
    return read_document(str(path), path.read_bytes()).playable()


def webhook(shape: str, name: str, url: str = "{}") -> Hook:
    """The sample *name* as its provider sends it."""
    data = (FOLDER / shape / "webhooks" / name).read_bytes().strip()
    match name.partition(".")[2]:
        case "query":
            return Hook(b"", method="GET", url=f"{url}?{data.decode()}")
        case "form":
            return Hook(data, content_type=FORM, url=url)
    return Hook(data, url=url)


@asynccontextmanager
async def playing(shape: str, stage: Stage, public_url: str | None = None) -> AsyncIterator[tuple[Platform, Account]]:
    """A platform with one account that plays the document of *shape* to a provider that answers accordingly."""
    document = integration(shape)
    api = document.document.api
    answer = (FOLDER / shape / "answer.json").read_text("utf-8")
    for sent in (SHAPES[shape].text, SHAPES[shape].file):
        stage.provider.answers(sent.path, answer)
    urls = [urlsplit(each.url) for each in (api.SendMessage, api.SendFile, api.Subscribe) if each]
    urls.append(urlsplit("https://media.example.com"))
    settings = PlatformSettings(
        integration=document,
        properties=SHAPES[shape].properties,
        hosts={f"{url.scheme}://{url.netloc}": stage.provider.url for url in urls},
        public_url=public_url,
    )
    user = User(extension="101", name="Alice", numbers=(NUMBER,))
    async with open_platform(settings, stage.journal, clock=stage.clock) as platform:
        account = platform.open_account(Organization(id="org-1", domain="acme", users=(user,), contact=CONTACT))
        stage.provider.webhook_url = account.webhook_url
        yield platform, account


def seen(provider: Provider) -> tuple[Sent, str | None, str | None]:
    """The latest request that came to *provider*, its authorization and its content type."""
    request, body = provider.requests[-1], provider.bodies[-1]
    path, _, query = request.raw_path.partition("?")
    content_type = request.headers.get("Content-Type")
    pairs = tuple(parse_qsl(body, strict_parsing=True)) if content_type == FORM else body
    fields = tuple(parse_qsl(query, strict_parsing=True)) if query else ()
    return Sent(request.method, path, pairs, fields), request.headers.get("Authorization"), content_type


def test_every_file_is_expected() -> None:
    """Every folder and every sample in it is held against what this test says of it, and none is missing."""
    found = {(path.parts[-3], path.name) for path in FOLDER.glob("*/webhooks/*")}
    assert found == set(SAMPLES)
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == set(SHAPES)


@every_shape
def test_it_is_without_a_finding(shape: str) -> None:
    """Framework 2.1: the linter has nothing to say of a document that is right, whatever its shape."""
    path = FOLDER / shape / "integration.json"
    assert read_document(str(path), path.read_bytes()).findings == ()


@every_shape
async def test_requests_are_what_the_provider_expects(shape: str, stage: Stage) -> None:
    """Framework 3.10, 4.1, 4.2, 4.5: method, path, query, body and authorization of every request; the answer's id
    is read."""
    expected = SHAPES[shape]
    headers = expected.authorization, expected.content_type
    assert (integration(shape).document.api.Subscribe is None) == (expected.subscribe is None)
    async with playing(shape, stage, PUBLIC) as (platform, account):
        if expected.subscribe is not None:
            assert (await platform.subscribe(account)).failure is None
            assert seen(stage.provider) == (expected.subscribe, *headers)

        text = await platform.send_message(account, number=NUMBER, contact=CONTACT, content=CONTENT, extension="101")
        assert seen(stage.provider) == (expected.text, *headers)

        file = await platform.send_file(account, number=NUMBER, contact=CONTACT, url=FILE, extension="101")
        assert seen(stage.provider) == (expected.file, *headers)

    state = MessageState.SENT if ANSWERED_ID[shape] else MessageState.UNTRACKED
    rounded = [ID_MAY_BE_ROUNDED.code] if shape == "array-webhooks" else []
    for sending in (text, file):
        # The sample answers are the same for both: a real provider gives each message an id of its own.
        others = [each.code for each in sending.findings if each.code != ID_REUSED.code]
        assert (sending.message.messageid, sending.message.state, others) == (ANSWERED_ID[shape], state, rounded)


@every_shape
async def test_webhooks_become_events(shape: str, stage: Stage) -> None:
    """Framework 3.10, 6.18, 6.26: every sample is answered 200 and becomes the events that it means, with their
    variables."""
    async with playing(shape, stage) as (platform, account):
        await platform.send_message(account, number=NUMBER, contact=CONTACT, content=CONTENT)
        for name, sample in SHAPES[shape].samples.items():
            before = len(account.inbox.since(0))
            await stage.provider.post(webhook(shape, name))
            arrivals = account.inbox.since(0)[before:]
            events = [each.event for each in arrivals if each.event]
            assert tuple(Told(each.event_type, each.model, each.variables) for each in events) == sample.events, name
            assert len(arrivals) - len(events) == sample.unmatched, name
            exchange = [each for each in stage.journal.last(9) if each.kind == "webhook"][-1]
            codes = sorted(finding["code"] for finding in exchange.outcome.get("findings", ()))
            again = ["WH-302"] if name == "read.json" else []  # delivered was reported before
            plus = ["WH-207"] * sum(each.variables.get("from") == BARE_CONTACT for each in sample.events)
            assert codes == sorted([*sample.findings, *again, *plus]), name
        received = [each for each in account.messages() if each.state is MessageState.RECEIVED]

    assert stage.provider.replies == [(200, {"result": {}})] * len(SHAPES[shape].samples)
    told = [event for sample in SHAPES[shape].samples.values() for event in sample.events]
    incoming = [event.variables for event in told if event.event_type != "messageDelivered"]
    assert [each.content for each in received] == [each.get("content", each.get("url")) for each in incoming]
    assert {each.conversation for each in received} == {(NUMBER, BARE_CONTACT)}


@pytest.mark.parametrize(("shape", "name"), REPORTS)
async def test_a_message_is_delivered(shape: str, name: str, stage: Stage) -> None:
    """Framework 3.14, 6.22: the sample report has the id of the sample answer, and makes the message delivered."""
    async with playing(shape, stage) as (platform, account):
        sending = await platform.send_message(account, number=NUMBER, contact=CONTACT, content=CONTENT)
        await stage.provider.post(webhook(shape, name))
        assert account.message(sending.message.id).state is MessageState.DELIVERED


@every_shape
def test_every_model_has_a_sample(shape: str) -> None:
    """No model of a document is without a webhook that it takes."""
    taken = {event.model for sample in SHAPES[shape].samples.values() for event in sample.events}
    assert taken == set(range(len(integration(shape).document.webhooks)))


@every_shape
def test_only_a_provider_that_gives_ids_reports(shape: str) -> None:
    """Framework 4.20: where the answer has no id there is no model of a report; elsewhere there is one, and a
    sample."""
    models = integration(shape).document.webhooks
    assert any(each.event_type == "messageDelivered" for each in models) == (ANSWERED_ID[shape] is not None)
    assert (shape in dict(REPORTS)) == (ANSWERED_ID[shape] is not None)


@every_sample
def test_match_tells_the_model(shape: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command match tells of every sample which models take it."""
    path = FOLDER / shape / "webhooks" / name
    by_query = ["--method", "GET", "--query", path.read_text("utf-8").strip()]
    body = by_query if path.suffix == ".query" else [str(path)]
    assert cli.run(["match", str(FOLDER / shape / "integration.json"), *body, "--json"]) == 0
    told = [
        Told(each["event_type"], each["model"], each["variables"])
        for each in json.loads(capsys.readouterr().out)["events"]
    ]
    assert tuple(told) == SHAPES[shape].samples[name].events


COMMANDS = re.findall(r"\| `ringo-emu (.*)` \|$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_of_the_page_work(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command that the page of shapes shows finds a model that fits."""
    monkeypatch.chdir(FOLDER)
    assert cli.run(shlex.split(line)) == 0
    assert capsys.readouterr().out.startswith("matches")


def test_the_page_tells_of_every_shape() -> None:
    """The page of shapes has a row and a command for each."""
    assert [shlex.split(line)[1] for line in COMMANDS] == [f"{shape}/integration.json" for shape in SHAPES]


@pytest.mark.parametrize(
    ("special", "shadowed", "name"),
    [(0, ["$.Webhook[1]", "$.Webhook[2]"], "file.json"), (1, ["$.Webhook[2]"], "forwarded.json")],
    ids=["mms", "message"],
)
def test_a_general_model_must_not_stand_first(special: int, shadowed: list[str], name: str) -> None:
    """Framework 6.14, 9.5: with the general model before a specific one that is never reached, and
    the linter says so."""
    folder = FOLDER / "several-models"
    document = json.loads((folder / "integration.json").read_text("utf-8"))
    models = document["Webhook"]
    models[special], models[2] = models[2], models[special]
    reading = read_document("swapped.json", json.dumps(document, indent=2).encode())
    assert [(each.code, each.path) for each in reading.findings] == [("DOC-503", path) for path in shadowed]

    compiled = compile_models(reading.playable().document.webhooks)
    payload = json.loads((folder / "webhooks" / name).read_text("utf-8"))
    (event,) = match(compiled, "POST", payload).events
    assert (event.event_type, event.model) == ("message", special)
