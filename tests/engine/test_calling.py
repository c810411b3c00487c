"""The platform's requests: sent as the document says, recorded before and after, their answers read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from emulator import __version__
from emulator.core.messages import Reply, Request
from emulator.core.profile import Profile
from emulator.engine.calling import Caller
from emulator.engine.journal import open_journal
from emulator.errors import JournalError, RenderingError, Severity, TransportError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from emulator.core.document import ApiName, Integration
    from emulator.engine.calling import CallResult
    from emulator.engine.exchanges import Exchange
    from emulator.engine.journal import Journal
    from tests.engine.conftest import ManualClock

VALUES = {"from": "+61855555555", "to": "+61123456789", "extension": "101", "domain": "acme", "content": "hi"}
TAKEN = Reply(status=200, body=b'{"data": {"id": "m-1"}}')
BUSY = Reply(status=503, body=b"busy")


class Scripted:
    """A transport that plays a script; an answer may take time, and the journal can be looked at meanwhile."""

    def __init__(self, clock: ManualClock, journal: Journal) -> None:
        self.script: list[Reply | TransportError] = []
        self.took_s = 0.0
        self.requests: list[Request] = []
        self.timeouts: list[float] = []
        self.recorded_before: list[Exchange] = []
        self._clock = clock
        self._journal = journal

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        """The next of the script, or a message taken."""
        self.requests.append(request)
        self.timeouts.append(timeout_s)
        self.recorded_before += self._journal.last(1)
        self._clock.turn(self.took_s)
        answer = self.script.pop(0) if self.script else TAKEN
        if isinstance(answer, TransportError):
            raise answer
        return answer


@pytest.fixture
def transport(clock: ManualClock, journal: Journal) -> Scripted:
    """A transport whose provider takes everything."""
    return Scripted(clock, journal)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal in a file: only of that anything is left when the process dies."""
    with open_journal(tmp_path / "journal.db") as opened:
        yield opened


@pytest.fixture
def caller(
    document: dict[str, Any],
    integrate: Callable[[Mapping[str, Any]], Integration],
    transport: Scripted,
    journal: Journal,
    clock: ManualClock,
) -> Callable[..., Caller]:
    """Makes a caller of the document, as it is by then."""

    def made(hosts: Mapping[str, str] | None = None, key: str | None = "s3cret", **profile: object) -> Caller:
        properties = {} if key is None else {"API key": key}
        rules = Profile.model_validate(profile)
        return Caller(integrate(document), rules, properties, hosts or {}, transport, journal, clock)

    return made


def told(result: CallResult) -> list[str]:
    """The kinds of what was found."""
    return [finding.code for finding in result.findings]


# -- recorded


async def test_a_call_is_recorded_before_it_is_sent(
    caller: Callable[..., Caller], transport: Scripted, journal: Journal
) -> None:
    """Design 7: a request without answer is in the journal even if the emulator dies while it waits."""
    result = await caller().call("SendMessage", VALUES, "a1")

    (before,) = transport.recorded_before
    assert (before.reply, before.error, before.duration_s, before.outcome) == (None, None, None, {})
    assert (before.direction, before.kind, before.account) == ("out", "SendMessage", "a1")
    assert before.request == transport.requests[0]
    (after,) = journal.last()
    assert (after.id, after.request, after.reply) == (before.id, before.request, TAKEN)
    assert after.outcome == {"messageid": "m-1", "failure": None, "findings": []}
    assert (result.exchange, result.messageid, result.status, result.failure) == (after.id, "m-1", 200, None)


async def test_both_records_are_durable(
    caller: Callable[..., Caller], clock: ManualClock, transport: Scripted, tmp_path: Path
) -> None:
    """Another connection to the file sees the first before the request leaves, the second before the result is told."""
    path = tmp_path / "journal.db"
    with open_journal(path) as journal, open_journal(path) as other:
        transport._journal = other
        made = caller()
        made._journal = journal
        await made.call("SendMessage", VALUES, "a1")

        assert [each.reply for each in transport.recorded_before] == [None]
        assert [each.reply for each in other.last()] == [TAKEN]


async def test_without_a_journal_nothing_is_sent(
    caller: Callable[..., Caller], transport: Scripted, journal: Journal
) -> None:
    """What cannot be recorded does not happen."""
    journal._database.execute("PRAGMA query_only = on")
    with pytest.raises(JournalError):
        await caller().call("SendMessage", VALUES, "a1")

    assert transport.requests == []


async def test_times_are_those_of_the_clock(
    caller: Callable[..., Caller], transport: Scripted, clock: ManualClock, journal: Journal
) -> None:
    """From the beginning of the request to the end of its answer."""
    transport.took_s = 1.25
    began = clock.now()
    result = await caller().call("SendMessage", VALUES, "a1")

    assert (result.began, result.ended) == (began, began + 1.25)
    (exchange,) = journal.last()
    assert (exchange.clock, exchange.duration_s, exchange.at) == (began, 1.25, clock.wall())


# -- as the document says


async def test_the_request_is_the_documents(caller: Callable[..., Caller], transport: Scripted) -> None:
    """Framework 4.1, 4.7, 4.8, 4.10: address, body, authorization, content type and user agent; the timeout is the
    profile's."""
    await caller(timeout="12s").call("SendMessage", VALUES, "a1")

    (request,) = transport.requests
    assert (request.method, request.url) == ("POST", "https://api.example.com/messages")
    assert json.loads(request.body) == {"from": VALUES["from"], "to": VALUES["to"], "user": "101", "text": "hi"}
    assert dict(request.headers) == {
        "Host": "api.example.com",
        "Authorization": "Bearer s3cret",
        "Content-Type": "application/json",
        "User-Agent": f"ringo-emu/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
        "Content-Length": str(len(request.body)),
    }
    assert transport.timeouts == [12.0]


@pytest.mark.parametrize(
    ("hosts", "sent_to"),
    [
        ({"https://api.example.com": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080/messages"),
        ({"https://api.example.com/messages": "http://127.0.0.1:8080/x/"}, "http://127.0.0.1:8080/x"),
        ({"https://other.example.com": "http://127.0.0.1:8080"}, None),
        ({}, None),
    ],
    ids=["host", "prefix", "other-host", "none"],
)
async def test_hosts_rewrites_the_address_alone(
    caller: Callable[..., Caller], transport: Scripted, journal: Journal, hosts: dict[str, str], sent_to: str | None
) -> None:
    """Design 4: the record shows the document's URL, as it will be mailed, and beside it where the request went."""
    await caller(hosts).call("SendMessage", VALUES, "a1")

    (exchange,) = journal.last()
    assert (exchange.request.url, exchange.sent_to) == ("https://api.example.com/messages", sent_to)
    assert [request.url for request in transport.requests] == [sent_to or "https://api.example.com/messages"]


async def test_a_request_that_the_document_lacks(
    caller: Callable[..., Caller], document: dict[str, Any], journal: Journal
) -> None:
    """Framework 2.8: SendFile and Subscribe are optional; whoever asks for one that is not there is told."""
    del document["API"]["Subscribe"]
    with pytest.raises(UsageError, match=r"the integration document has no API\.Subscribe") as caught:
        await caller().call("Subscribe", {}, "a1")

    assert caught.value.mend == "add API.Subscribe, or leave the step out"
    assert journal.last() == []


async def test_a_request_that_cannot_be_made(caller: Callable[..., Caller], journal: Journal) -> None:
    """Framework 3.8: nothing is sent or recorded; the error names the variable."""
    with pytest.raises(RenderingError, match=r"\$API key\$"):
        await caller(key=None).call("SendMessage", VALUES, "a1")

    assert journal.last() == []


# -- success


@pytest.mark.parametrize(
    ("status", "success", "taken"),
    [
        (200, ["2xx"], True),
        (299, ["2xx"], True),
        (302, ["2xx"], False),
        (404, ["2xx"], False),
        (500, ["2xx"], False),
        (202, ["202"], True),
        (200, ["202"], False),
        (409, ["2xx", "409"], True),
    ],
)
async def test_success(
    caller: Callable[..., Caller], transport: Scripted, status: int, success: list[str], taken: bool
) -> None:
    """Framework 4.13: any 2xx, a profile setting; anything else is failed, and its answer is not read for an id."""
    transport.script = [Reply(status=status, body=b'{"data": {"id": "m-1"}}')]
    result = await caller(success=success).call("SendMessage", VALUES, "a1")

    assert (result.failure is None, result.messageid is not None) == (taken, taken)
    assert (result.status, result.attempts, result.unreachable) == (status, 1, False)
    assert told(result) == ([] if taken else ["API-104"])


async def test_a_refusal_shows_what_was_said(caller: Callable[..., Caller], transport: Scripted) -> None:
    """Framework 4.13: the reason is kept."""
    transport.script = [BUSY, Reply(status=500)]

    assert (await caller().call("SendMessage", VALUES, "a1")).failure == "the provider answered 503: busy"
    assert (await caller().call("SendMessage", VALUES, "a1")).failure == "the provider answered 500"


@pytest.mark.parametrize(
    ("kind", "unreachable"),
    [("refused", True), ("unresolved", True), ("timeout", False), ("reset", False), ("tls", False)],
)
async def test_no_answer(
    caller: Callable[..., Caller], transport: Scripted, journal: Journal, kind: str, unreachable: bool
) -> None:
    """Framework 4.14: failed with the reason, which is recorded; unreachable is only who is not there at all."""
    transport.script = [TransportError(kind, "no answer", mend="start it")]
    result = await caller().call("SendMessage", VALUES, "a1")

    assert (result.failure, result.mend, result.unreachable) == ("no answer", "start it", unreachable)
    assert (result.reply, result.status, result.messageid) == (None, None, None)
    (finding,) = result.findings
    assert (finding.code, finding.remedy) == ("API-105", "start it")
    (exchange,) = journal.last()
    assert (exchange.error, exchange.reply, exchange.outcome["failure"]) == ("no answer", None, "no answer")


async def test_a_slow_answer_is_warned_of(caller: Callable[..., Caller], transport: Scripted) -> None:
    """Framework 4.11, 8.7: above the profile's limit, and only above; a failure that took as long says both."""
    for took_s, script, expected in (
        (2.0, [], []),
        (2.01, [], ["API-106"]),
        (9.0, [TransportError("timeout", "no answer")], ["API-105", "API-106"]),
    ):
        transport.took_s, transport.script = took_s, list(script)
        result = await caller(slow_answer="2s").call("SendMessage", VALUES, "a1")
        assert told(result) == expected
    assert result.findings[-1].message == "the answer took 9 s"


# -- response_map


@pytest.mark.parametrize(
    ("body", "messageid", "failure", "codes"),
    [
        (b'{"data": {"id": 12345678901234567890123}}', "12345678901234567890123", None, ["API-110"]),
        (b'{"data": {"ID": "m-1"}}', None, None, ["API-101"]),
        (b"<html>Welcome</html>", None, "the answer is not JSON: it begins with <html>Welcome</html>", ["API-103"]),
        (b"", None, "the answer is not JSON: it is empty", ["API-103"]),
        (b'{"data": {"id": "m-1"}, "ok": false}', "m-1", None, ["API-109"]),
        (b'{"error": "no credit"}', None, None, ["API-101", "API-109"]),
    ],
    ids=["number", "untracked", "html", "empty", "a-failure-inside", "nothing-but-a-failure"],
)
async def test_the_answer_is_read_through_the_response_map(
    caller: Callable[..., Caller],
    transport: Scripted,
    body: bytes,
    messageid: str | None,
    failure: str | None,
    codes: list[str],
) -> None:
    """Framework 4.16, 4.19, 4.20, 8.22: the id digit for digit; without it sent, untracked; what is not JSON is failed,
    and what says that it failed is told."""
    transport.script = [Reply(status=200, body=body)]
    result = await caller().call("SendMessage", VALUES, "a1")

    assert (result.messageid, result.failure, told(result)) == (messageid, failure, codes)


@pytest.mark.parametrize(("literals", "failed"), [("equal", True), ("ignore", False)], ids=["must-be-equal", "ignored"])
async def test_a_literal_tells_a_failure_inside_200(
    caller: Callable[..., Caller], document: dict[str, Any], transport: Scripted, literals: str, failed: bool
) -> None:
    """Framework 4.18, 9.4: ``"status": "0"`` in response_map makes it visible; a profile setting."""
    document["API"]["SendMessage"]["response_map"] = {"status": "0", "id": "$messageid$"}
    transport.script = [Reply(status=200, body=b'{"status": "1", "id": "m-1"}')]
    result = await caller(response_map_literals=literals).call("SendMessage", VALUES, "a1")

    assert (result.failure is not None, told(result)) == (failed, ["API-102"] * failed)


async def test_without_response_map_the_answer_is_not_read(caller: Callable[..., Caller], transport: Scripted) -> None:
    """Framework 2.13: Subscribe has none; whatever it answers with a 2xx is fine."""
    transport.script = [Reply(status=201, body=b"created")]
    result = await caller().call("Subscribe", {"webhook_url": "http://x/", "domain": "acme"}, "a1")

    assert (result.failure, result.findings, dict(result.variables)) == (None, (), {})


async def test_a_failure_inside_is_told_without_response_map(
    caller: Callable[..., Caller], document: dict[str, Any], transport: Scripted
) -> None:
    """Framework 8.22: there nothing else would ever tell; a literal that differs tells enough by itself."""
    del document["API"]["SendMessage"]["response_map"]
    transport.script = [Reply(status=200, body=b'{"success": false}')]
    result = await caller().call("SendMessage", VALUES, "a1")
    assert (result.failure, told(result)) == (None, ["API-109"])

    document["API"]["SendMessage"]["response_map"] = {"success": True, "id": "$messageid$"}
    transport.script = [Reply(status=200, body=b'{"success": false}')]
    assert told(await caller().call("SendMessage", VALUES, "a1")) == ["API-102"]


@pytest.mark.parametrize(
    ("name", "failed", "codes"),
    [("Subscribe", False, ["API-108"]), ("SendMessage", True, ["API-104"])],
)
async def test_a_conflict(
    caller: Callable[..., Caller], transport: Scripted, name: ApiName, failed: bool, codes: list[str]
) -> None:
    """Framework 8.21: of Subscribe it is harmless and noted; of a message it is a failure."""
    transport.script = [Reply(status=409, body=b'{"error": "exists"}')]
    result = await caller().call(name, {**VALUES, "webhook_url": "http://x/"}, "a1")

    assert (result.status, result.failure is not None, told(result)) == (409, failed, codes)


LOCATED = (("Location", "http://127.0.0.1:8080/v1/messages/?tenant=a"),)
REFUSALS: dict[str, tuple[Reply, str, str]] = {
    "redirect": (
        Reply(status=301, headers=LOCATED),
        (
            "the provider answered 301 and redirects to https://api.example.com/v1/messages/?tenant=a; "
            "redirects are not followed"
        ),
        (
            "write that address into request_url (acme.json:1:N), or set profile: {redirects: follow}; "
            "nothing public says that Ringotel follows them"
        ),
    ),
    "redirect-without-location": (
        Reply(status=302),
        "the provider answered 302",
        "the provider's answer tells why",
    ),
    "wait": (
        Reply(status=429, headers=(("Retry-After", "30"),), body=b"slow down"),
        "the provider answered 429, Retry-After: 30: slow down",
        (
            "let the provider take it at once, or queue it: nothing public says that Ringotel waits and tries again, "
            "so the message is failed (profile: retries)"
        ),
    ),
    "credentials": (
        Reply(status=401),
        "the provider answered 401",
        'check the values of "API key" and auth (acme.json:1:N)',
    ),
    "address": (
        Reply(status=404),
        "the provider answered 404",
        "compare request_url (acme.json:1:N) and request_method with your API; the answer tells more",
    ),
    "body": (
        Reply(status=422, body=b"no text"),
        "the provider answered 422: no text",
        "the provider's answer tells why; compare request_parameters (acme.json:1:N) with what your API takes",
    ),
    "content type": (
        Reply(status=415, body=b"no"),
        "the provider answered 415: no",
        (
            "compare request_content_type (acme.json:1:N) with what your API takes, "
            "then request_parameters (acme.json:1:N)"
        ),
    ),
    "a number's writing": (
        Reply(status=400, body=b"src: digits only, no plus"),
        "the provider answered 400: src: digits only, no plus",
        (
            "the provider's answer tells why; compare request_parameters (acme.json:1:N) with what your API takes; "
            "how numbers are written is set for each SMS number, not in the document: organization: numbers: "
            "{+NUMBER: {outbound: international}} in ringo-emu.yaml sends them without their plus"
        ),
    ),
    "its own": (
        Reply(status=500),
        "the provider answered 500",
        "see the provider's log: a 5xx says that something went wrong on its side",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_what_a_status_means(caller: Callable[..., Caller], transport: Scripted, case: str) -> None:
    """Framework 4.9, 4.13: each kind of refusal has its reason and a remedy, with the document's line where it may be
    wrong; what a local provider calls itself is told as the document has it."""
    reply, failure, mend = REFUSALS[case]
    transport.script = [reply]
    made = caller({"https://api.example.com": "http://127.0.0.1:8080"})
    result = await made.call("SendMessage", VALUES, "a1")

    told_mend = re.sub(r"acme.json:1:\d+", "acme.json:1:N", result.mend or "")
    assert (result.failure, told_mend, result.code, result.by_status) == (failure, mend, "API-104", True)


async def test_a_path_that_hosts_maps_away(caller: Callable[..., Caller], transport: Scripted) -> None:
    """Framework 4.9: where an entry of hosts changes the path, a 404 may be its fault: it is named, too."""
    transport.script = [Reply(status=404)]
    result = await caller({"https://api.example.com": "http://127.0.0.1:8080/v9"}).call("SendMessage", VALUES, "a1")

    told = result.mend or ""
    assert told.startswith("compare request_url (acme.json:1:")
    assert "with it: hosts puts http://127.0.0.1:8080/v9 for https://api.example.com; the answer tells more" in told


async def test_a_relative_redirect(caller: Callable[..., Caller], transport: Scripted) -> None:
    """Framework 4.9: its address is told as a whole."""
    transport.script = [Reply(status=308, headers=(("location", "messages/"),))]
    result = await caller().call("SendMessage", VALUES, "a1")

    assert "redirects to https://api.example.com/messages/;" in (result.failure or "")


async def test_a_property_that_nobody_gave(caller: Callable[..., Caller], transport: Scripted) -> None:
    """A new project has a placeholder for what only the user knows: a 401 is no wonder then."""
    transport.script = [Reply(status=401)]
    result = await caller(key="change-me").call("SendMessage", VALUES, "a1")

    assert result.mend == 'give the property "API key" its value: it still has the placeholder of a new project'


async def test_a_page_in_place_of_an_answer(
    caller: Callable[..., Caller], document: dict[str, Any], transport: Scripted
) -> None:
    """Framework 2.13: where nothing is read a page counts as a success, and is told."""
    transport.script = [Reply(status=200, body=b"<!DOCTYPE html><h1>Sign in</h1>")]
    result = await caller().call("Subscribe", {"webhook_url": "http://x/", "domain": "acme"}, "a1")
    assert (result.failure, told(result)) == (None, ["API-115"])
    assert "Subscribe was answered 200 with a web page: <!DOCTYPE html>" in result.findings[0].message

    del document["API"]["SendMessage"]["response_map"]
    transport.script = [Reply(status=200, headers=(("Content-Type", "text/html"),), body=b"<p>ok"), Reply(status=204)]
    made = caller()
    assert told(await made.call("SendMessage", VALUES, "a1")) == ["API-115"]
    assert told(await made.call("SendMessage", VALUES, "a1")) == []


@pytest.mark.parametrize(
    ("declared", "codes"),
    [("text/html", ["API-117"]), ("text/plain; charset=utf-8", ["API-117"]), ("application/hal+json", []), (None, [])],
)
async def test_json_that_is_declared_as_something_else(
    caller: Callable[..., Caller], transport: Scripted, declared: str | None, codes: list[str]
) -> None:
    """Framework 4.17: an answer is read by what it is; that it says something else of itself is worth a note."""
    headers = () if declared is None else (("Content-Type", declared),)
    transport.script = [Reply(status=200, headers=headers, body=b'{"data": {"id": "m-1"}}')]
    result = await caller().call("SendMessage", VALUES, "a1")
    assert (result.messageid, told(result)) == ("m-1", codes)
    assert all(each.severity is Severity.NOTE for each in result.findings)


async def test_credentials_in_the_wrong_places(
    document: dict[str, Any],
    integrate: Callable[[Mapping[str, Any]], Integration],
    transport: Scripted,
    journal: Journal,
    clock: ManualClock,
) -> None:
    """Framework 4.13: of the properties those are named that auth is made of, in the order in which they go out."""
    document["properties"] = ["Account", "API key", "Secret"]
    document["auth"] = {"type": "Basic", "username": "$Secret$", "password": "$API key$"}
    transport.script = [Reply(status=401)]
    properties = {"Account": "42", "API key": "k-1", "Secret": "s-1"}
    made = Caller(integrate(document), Profile(), properties, {}, transport, journal, clock)
    result = await made.call("SendMessage", VALUES, "a1")
    assert re.sub(r"1:\d+", "1:N", result.mend or "") == (
        'check the values of "Secret", "API key" and auth (acme.json:1:N): '
        "Basic sends $Secret$ as the user and $API key$ as the password"
    )


async def test_an_id_in_a_header(caller: Callable[..., Caller], document: dict[str, Any], transport: Scripted) -> None:
    """Framework 9: no document can read it; told where the body names none."""
    transport.script = [Reply(status=201, headers=(("Location", "/messages/7"),), body=b"{}")]
    result = await caller().call("SendMessage", VALUES, "a1")
    assert told(result) == ["API-101"]
    assert "the header Location is '/messages/7'" in result.findings[0].message

    del document["API"]["SendMessage"]["response_map"]
    transport.script = [Reply(status=201, headers=(("X-Message-Id", "7"),), body=b"{}")]
    assert told(await caller().call("SendMessage", VALUES, "a1")) == ["API-116"]


# -- retries


async def test_nothing_is_sent_again(caller: Callable[..., Caller], transport: Scripted, clock: ManualClock) -> None:
    """Framework 4.15: no retry."""
    transport.script = [BUSY]
    result = await caller().call("SendMessage", VALUES, "a1")

    assert (len(transport.requests), result.attempts, clock.slept) == (1, 1, [])


@pytest.mark.parametrize(
    ("script", "attempts", "failed"),
    [
        ([BUSY, TransportError("reset", "closed")], 3, False),
        ([BUSY], 2, False),
        ([BUSY] * 9, 4, True),
        ([], 1, False),
    ],
    ids=["third-time-lucky", "second", "given-up", "at-once"],
)
async def test_retries_send_the_same_again(
    caller: Callable[..., Caller],
    transport: Scripted,
    clock: ManualClock,
    journal: Journal,
    script: list[Reply | TransportError],
    attempts: int,
    failed: bool,
) -> None:
    """Framework 4.15: profile: as often as it says, after a pause, each attempt an exchange of its own with what
    came of it."""
    transport.script = list(script)
    began = clock.now()
    result = await caller(retries=3, retry_delay="2s").call("SendMessage", VALUES, "a1")

    assert (result.attempts, result.failure is not None) == (attempts, failed)
    assert clock.slept == [2.0] * (attempts - 1)
    assert result.began == began
    assert transport.requests == [transport.requests[0]] * attempts
    exchanges = journal.last()
    assert [each.attempt for each in exchanges] == list(range(1, attempts + 1))
    assert result.exchange == exchanges[-1].id
    assert [each.outcome["failure"] is not None for each in exchanges] == [True] * (attempts - 1) + [failed]


# -- requests of one's own


async def test_a_request_of_ones_own(caller: Callable[..., Caller], transport: Scripted, journal: Journal) -> None:
    """A trigger's: sent as it is, through hosts too, never again, and judged by its status alone."""
    transport.script = [BUSY]
    request = Request(method="PUT", url="https://api.example.com/_test", headers=(("X-A", "1"),), body=b"x")
    made = caller({"https://api.example.com": "http://127.0.0.1:1"}, retries=3)
    result = await made.request("trigger", request, "a1")

    (sent,) = transport.requests
    assert sent.url == "http://127.0.0.1:1/_test"
    assert sent.headers == (
        ("Host", "127.0.0.1:1"),
        ("X-A", "1"),
        ("User-Agent", f"ringo-emu/{__version__}"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Content-Length", "1"),
    )
    assert (result.name, result.failure) == ("trigger", "the provider answered 503: busy")
    (exchange,) = journal.last()
    assert (exchange.kind, exchange.account, exchange.request.url) == ("trigger", "a1", request.url)
    assert exchange.request.headers == sent.headers
    kept = made.sent(exchange.id)
    assert kept is not None
    assert kept.headers == request.headers


async def test_a_request_keeps_the_headers_that_it_has(caller: Callable[..., Caller], transport: Scripted) -> None:
    """Who writes one means it."""
    headers = (("user-agent", "mine"), ("HOST", "other.example"), ("accept", "text/html"), ("accept-encoding", "br"))
    await caller().request("request", Request(method="GET", url="http://127.0.0.1:1/", headers=headers), "a1")

    assert transport.requests[0].headers == headers
