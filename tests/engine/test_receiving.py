"""What a webhook is answered, and what it does. No HTTP here."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.matching import compile_models
from emulator.core.profile import Profile
from emulator.engine.accounts import Account
from emulator.engine.receiving import Receiver, Webhook
from emulator.errors import UnreadableBodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core.conversations import Organization
    from emulator.core.document import Integration
    from emulator.engine.receiving import Verdict
    from tests.engine.conftest import ManualClock

NUMBER, CONTACT = "+61855555555", "+61123456789"
TEXT = {"method": "sms", "params": {"from": CONTACT, "to": NUMBER, "content": "hi"}}
STRANGER = {"method": "sms", "params": {"from": "+4930123456", "to": CONTACT, "content": "hi"}}
ODD = {"method": "typing"}


@pytest.fixture
def account(organization: Organization, clock: ManualClock) -> Account:
    """An account without messages."""
    return Account(organization, organization.id, "http://127.0.0.1/services/acme-sms/a1", clock, Profile())


@pytest.fixture
def receive(
    document: dict[str, Any], integrate: Callable[[Mapping[str, Any]], Integration], account: Account
) -> Callable[..., Verdict]:
    """Receives a webhook under a profile."""

    def received(
        payload: object, *, method: str = "POST", query: str = "", packing: str | None = None, **profile: object
    ) -> Verdict:
        rules = Profile.model_validate(profile)
        receiver = Receiver(compile_models(integrate(document).document.webhooks), rules)
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        webhook = Webhook(
            method=method, query=query, content_type="application/json", content_encoding=packing, body=body
        )
        return receiver.receive(account, webhook, receiver.read(webhook), 7, 1000.0)

    return received


def answered(verdict: Verdict) -> Any:
    """The answer's JSON."""
    return json.loads(verdict.answer)


@pytest.mark.parametrize(
    ("payload", "status", "events"),
    [
        (TEXT, 200, 1),
        ([TEXT, TEXT], 200, 2),
        ([TEXT, STRANGER], 200, 2),
        ([TEXT, ODD], 200, 1),
        (STRANGER, 422, 1),
        (ODD, 422, 0),
        ([], 422, 0),
        ("text", 422, 0),
    ],
    ids=[
        "event",
        "array",
        "one-unknown-number",
        "one-unmatched",
        "unknown-number",
        "unmatched",
        "empty-array",
        "scalar",
    ],
)
def test_what_can_be_used_is_answered_200(
    receive: Callable[..., Verdict], payload: object, status: int, events: int
) -> None:
    """Framework 6.26, 6.27: 200 as soon as one element is of use, 422 where none is; every event is recorded."""
    verdict = receive(payload)

    assert (verdict.status, len(verdict.outcome["events"])) == (status, events)


def test_success_is_answered_as_the_profile_says(receive: Callable[..., Verdict]) -> None:
    """Framework 6.26: ``{"result": {}}``, a profile setting."""
    assert answered(receive(TEXT)) == {"result": {}}
    assert answered(receive(TEXT, webhook_result={"ok": "✓"})) == {"ok": "✓"}


def test_an_unknown_number_is_answered_with_the_known_ones(receive: Callable[..., Verdict], account: Account) -> None:
    """Framework 6.21, 6.27: an error that lists them; what is answered so is no event that a scenario could expect."""
    verdict = receive(STRANGER)

    assert answered(verdict)["error"]["known_numbers"] == [NUMBER]
    assert f"'{CONTACT}' is no SMS number of this organization" in answered(verdict)["error"]["message"]
    (arrival,) = account.inbox.since(0.0)
    assert (None, ()) == (arrival.event, account.inbox.unconsumed())
    assert "is no SMS number" in str(arrival.problem)


def test_a_near_miss_is_answered_with_each_difference(receive: Callable[..., Verdict], account: Account) -> None:
    """Framework 6.19: by JSONPath, expected and found; the same stands in the record and in the inbox."""
    verdict = receive({"method": "delivered", "params": {"ID": "m-1"}})

    (miss,) = answered(verdict)["error"]["unmatched"]
    assert (miss["path"], miss["nearest"]["event_type"]) == ("$", "messageDelivered")
    assert [(each["path"], each["expected"], each["found"]) for each in miss["nearest"]["mismatches"]] == [
        ("$.params.id", "$messageid$", "nothing")
    ]
    assert verdict.outcome["unmatched"] == [miss]
    (arrival,) = account.inbox.since(0)
    assert arrival.near is not None


@pytest.mark.parametrize(
    ("method", "payload", "status"),
    [("POST", b"{", 400), ("PUT", TEXT, 405), ("POST", ODD, 422), ("POST", STRANGER, 422)],
    ids=["unreadable", "wrong-method", "unmatched", "unknown-number"],
)
def test_lenient(receive: Callable[..., Verdict], method: str, payload: object, status: int) -> None:
    """Framework 6.28: profile ``lenient``: 200, with the same record kept."""
    strict, lenient = (receive(payload, method=method, webhook_answer=answer) for answer in ("strict", "lenient"))

    assert (strict.status, lenient.status) == (status, 200)
    assert answered(lenient) == {"result": {}}
    assert strict.outcome == lenient.outcome


@pytest.mark.parametrize("answer", ["strict", "lenient"])
def test_too_large_is_told_even_by_the_lenient(receive: Callable[..., Verdict], answer: str) -> None:
    """Framework 6.28: ``lenient`` answers 200 for all but 404 and 413."""
    bomb = gzip.compress(b" " * 1000)
    assert receive(bomb, packing="gzip", max_webhook_body="999B", webhook_answer=answer).status == 413


def test_the_wrong_method_is_answered_with_the_right_ones(receive: Callable[..., Verdict], account: Account) -> None:
    """Framework 6.27, 8.1: 405 with Allow and the URL; the inbox remembers that something came."""
    verdict = receive(TEXT, method="PUT")

    assert (verdict.status, verdict.allow) == (405, "POST")
    assert answered(verdict)["error"]["webhook_url"] == account.webhook_url
    (arrival,) = account.inbox.since(0)
    assert arrival.problem == "PUT is the method of no webhook model; the models use POST"


def test_the_methods_are_those_of_the_models(receive: Callable[..., Verdict], document: dict[str, Any]) -> None:
    """Framework 6.7: a GET model reads the query string; without models POST is expected."""
    document["Webhook"][0].update(
        request_method="GET", request_parameters={"from": "$from$", "to": "$to$", "content": "$content$"}
    )
    query = "from=%2B61123456789&to=0855555555&content=50%25+off"
    verdict = receive(b"", method="GET", query=query)
    assert (verdict.status, verdict.outcome["events"][0]["variables"]["content"]) == (200, "50% off")
    assert receive(TEXT, method="PUT").allow == "GET, POST"

    document["Webhook"] = []
    assert receive(TEXT).status == 422
    assert receive(TEXT, method="GET").allow == "POST"


def test_findings_of_reading_matching_and_effect_are_recorded(receive: Callable[..., Verdict]) -> None:
    """Framework 6.13: what was odd about a webhook that was taken is not lost."""
    numeric = {"method": "sms", "params": {"from": CONTACT, "to": 61855555555, "content": 5}}
    verdict = receive([numeric, {"method": "delivered", "params": {"id": "m-9"}}, ODD])

    assert verdict.status == 200
    assert [finding["code"] for finding in verdict.outcome.get("findings", [])] == [
        "WH-102",
        "WH-102",
        "WH-301",
        "WH-201",
    ]


@pytest.mark.parametrize(
    ("muted", "told"),
    [((), ["ENROUTE", "UNDELIV"]), (("WH-201 ENROUTE",), ["UNDELIV"]), (("WH-201",), [])],
    ids=["none", "one-state", "all"],
)
def test_a_state_that_is_known_is_not_told(
    document: dict[str, Any],
    integrate: Callable[[Mapping[str, Any]], Integration],
    account: Account,
    muted: tuple[str, ...],
    told: list[str],
) -> None:
    """Framework 8.17: a project can name one state that its provider reports, and still hears of all others."""
    integration = integrate(document)
    receiver = Receiver(compile_models(integration.document.webhooks), Profile(), frozenset(muted))
    body = json.dumps([{"method": state, "params": {"id": "m-9"}} for state in ("ENROUTE", "UNDELIV")]).encode()
    webhook = Webhook("POST", "", "application/json", None, body)
    verdict = receiver.receive(account, webhook, receiver.read(webhook), 7, 1000.0)

    found = verdict.outcome.get("findings", [])
    assert [each["message"].partition("message is ")[2].split("'")[1] for each in found] == told
    assert [each["nearest"]["state"] for each in verdict.outcome["unmatched"]] == ["ENROUTE", "UNDELIV"]


def test_a_state_can_be_made_known_as_the_finding_says(receive: Callable[..., Verdict]) -> None:
    """Framework 9.3: of a state that is not the end nothing is to be mended."""
    (finding,) = receive({"method": "EN ROUTE", "params": {"id": "m-9"}}).outcome["findings"]
    assert finding["remedy"] == (
        'nothing to do; ignore_findings: ["WH-201 EN ROUTE"] in the project file says that you know this state'
    )


def test_a_near_miss_is_mended_at_its_place_in_the_file(
    document: dict[str, Any], integrate: Callable[[Mapping[str, Any]], Integration], account: Account
) -> None:
    """Framework 6.19: the answer and the journal name the line of the document, also of one that came later."""
    integration = integrate(document)
    models = compile_models(integration.document.webhooks)
    receiver = Receiver(models, Profile(), place=integration.key_place)
    body = json.dumps({"method": "Delivered", "params": {"id": "m-9"}}).encode()
    webhook = Webhook("POST", "", "application/json", None, body)

    def remedies() -> list[str]:
        verdict = receiver.receive(account, webhook, receiver.read(webhook), 7, 1000.0)
        (told,) = answered(verdict)["error"]["unmatched"]
        (kept,) = verdict.outcome["unmatched"]
        return [told["nearest"]["remedy"], kept["nearest"]["remedy"]]

    index = next(each.index for each in models if each.model.event_type == "messageDelivered")
    where = integration.locate(("Webhook", index, "event_key"), key=True)
    assert [f"into the document ({where})" in each for each in remedies()] == [True, True]
    assert where.line is not None
    receiver.use(models, lambda _: "other.json:1:2")
    assert ["(other.json:1:2)" in each for each in remedies()] == [True, True]


def test_a_body_that_is_of_no_use_is_refused(receive: Callable[..., Verdict], account: Account) -> None:
    """Framework 6.27: 400 with the way to mend it, if there is one."""
    receiver = Receiver((), Profile())
    verdict = receiver.refuse(account, UnreadableBodyError("cut off", mend="send all of it"), 7, 1000.0)
    bare = receiver.refuse(account, UnreadableBodyError("cut off"), 8, 1000.0)

    assert (verdict.status, answered(verdict)) == (400, {"error": {"message": "cut off", "mend": "send all of it"}})
    assert answered(bare) == {"error": {"message": "cut off"}}
    assert [arrival.problem for arrival in account.inbox.since(0)] == ["cut off", "cut off"]
