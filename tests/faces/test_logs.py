"""Logs: on standard error, masked, harmless to a terminal; a line an exchange for people, JSON for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from emulator.core.document import WebhookModel
from emulator.core.matching import compile_models, match
from emulator.core.messages import Reply, Request
from emulator.core.near_misses import near_miss_data
from emulator.core.redaction import Redactor
from emulator.engine.exchanges import Exchange
from emulator.faces.logs import Log

AT = datetime(2026, 1, 1, 20, 17, 37, tzinfo=UTC)
WEBHOOK = "http://127.0.0.1:8085/services/acme/a12345678901234567890"
MODEL = WebhookModel(
    event_key="message", event_type="message", parameters={"From": "$from$", "To": "$to$", "Body": "$content$"}
)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def _exchange(**values: Any) -> Exchange:
    given: dict[str, Any] = {
        "id": 11,
        "direction": "in",
        "kind": "webhook",
        "account": "1",
        "at": AT,
        "clock": 0.0,
        "request": Request(method="POST", url=WEBHOOK),
        "reply": Reply(status=200),
        "duration_s": 0.001,
        "outcome": {},
    }
    return Exchange(**{**given, **values})


def _event(event_type: str, **variables: str) -> dict[str, Any]:
    return {"events": [{"event_type": event_type, "variables": variables}]}


def _near_miss(payload: Any) -> dict[str, Any]:
    (miss,) = match(compile_models([MODEL]), "POST", payload).unmatched
    finding = {"code": "WH-201", "severity": "warning", "message": "no model", "remedy": "see the differences"}
    return {"events": [], "unmatched": [near_miss_data(miss, payload, MODEL)], "findings": [finding]}


def _finding(severity: str) -> dict[str, Any]:
    return {"code": "WH-207", "severity": severity, "path": "$", "message": "no plus", "remedy": "send it with one"}


SENT = Request(method="POST", url="https://api.x.test/messages")


@pytest.mark.parametrize(
    ("exchange", "lines"),
    [
        (
            _exchange(outcome=_event("message", **{"from": "+1", "content": "hi"})),
            ["← #11   message           {from: +1, content: hi}  200"],
        ),
        (
            _exchange(
                direction="out",
                kind="SendMessage",
                request=SENT,
                sent_to="http://127.0.0.1:80/messages",
                reply=Reply(status=202),
                duration_s=0.002,
            ),
            ["→ #11   SendMessage       POST http://127.0.0.1:80/messages  202 in 2 ms"],
        ),
        (
            _exchange(
                direction="out",
                kind="SendMessage",
                request=SENT,
                reply=Reply(status=401),
                outcome={"failure": "the provider answered 401", "findings": [_finding("error")]},
            ),
            [
                "→ #11   SendMessage       POST https://api.x.test/messages  401 in 1 ms",
                "failed: the provider answered 401",
                "error: no plus; send it with one [WH-207]",
            ],
        ),
        (
            _exchange(outcome=_near_miss({"from": "1", "to": "2", "body": "x"}), reply=Reply(status=422)),
            [
                (
                    "← #11   near miss         like message, but From, To and Body are missing: found from, to, body "
                    "(keys are case-sensitive)  422"
                ),
                (
                    'mend: if the provider is right, rename "From" to "from", "To" to "to" and "Body" to "body" '
                    'in the document ($.Webhook[0].request_parameters); else POST {"From": …, "To": …, "Body": …}'
                ),
            ],
        ),
        (
            _exchange(outcome={"problem": "not JSON: expecting value"}, reply=Reply(status=400)),
            ["← #11   refused           not JSON: expecting value  400"],
        ),
        (
            _exchange(outcome={**_event("message", content="hi"), "findings": [_finding("warning")]}),
            ["← #11   message           {content: hi}  200", "warning: no plus; send it with one [WH-207]"],
        ),
        (
            _exchange(outcome={**_event("message", content="hi"), "findings": [_finding("note")]}),
            ["← #11   message           {content: hi}  200"],
        ),
    ],
    ids=["event", "request", "failed", "near-miss", "refused", "warning", "note"],
)
def test_lines_for_people(exchange: Exchange, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What came or went, in a line that says what it was, and below it what is wrong and how to mend it."""
    Log(Redactor(), as_json=False).exchange(exchange)
    out, err = capsys.readouterr()
    first, *more = err.splitlines()
    at = AT.astimezone().strftime("%H:%M:%S")
    assert ("", f"{at}  {lines[0]}", lines[1:]) == (out, first, [each.strip() for each in more])
    assert WEBHOOK not in err


@pytest.mark.parametrize("as_json", [False, True])
def test_what_has_only_begun(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """A request without an answer yet is told once it has one."""
    Log(Redactor(), as_json=as_json).exchange(_exchange(reply=None, duration_s=None))
    assert ("", "") == capsys.readouterr()


def test_lines_are_safe(capsys: pytest.CaptureFixture[str]) -> None:
    """Secrets are masked, and what could control a terminal is shown as escapes, in one line."""
    Log(Redactor(["s3cret"]), as_json=False).exchange(
        _exchange(outcome=_event("message", content="s3cret\x1b[2J", more="b\nc"))
    )
    err = capsys.readouterr().err
    assert "{content: ***\\x1b[2J, more: b\\nc}  200" in err
    assert 1 == len(err.splitlines())


def test_logs_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """A JSON log line holds its fields, with the secrets masked."""
    log = Log(Redactor(["s3cret"]), as_json=True).exchange
    log(_exchange(request=Request(method="POST", url="http://x.test/s3cret"), outcome=_near_miss({"From": "+1"})))
    out, err = capsys.readouterr()
    line = json.loads(err)
    assert ("", "webhook.received", "warning") == (out, line["event"], line["level"])
    assert ("http://x.test/***", ["no model"], 11) == (line["url"], line["findings"], line["exchange"])


def test_other_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """What is no exchange is told by its sentence, masked."""
    Log(Redactor(["s3cret"]), as_json=False)
    structlog.get_logger().warning("subscription.replaced", message="s3cret has\nsubscribed too")
    assert "· *** has\\nsubscribed too" in capsys.readouterr().err


def test_what_is_so_at_a_place_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Framework 8.17: each webhook would say it again; how often it came is told now and then."""
    log = Log(Redactor(), as_json=False).exchange
    for number in range(10):
        finding = {
            "code": "WH-102",
            "severity": "warning",
            "path": f"$.items[{number}].ref",
            "message": f"$.items[{number}].ref is a number, {number}",
            "remedy": "send it in quotes",
        }
        log(_exchange(id=number, outcome={**_event("message", content="hi"), "findings": [finding]}))
    ignore = "ignore_findings: [WH-102] in the project file keeps it quiet"
    told = [line.strip() for line in capsys.readouterr().err.splitlines() if "WH-102" in line]
    assert told == [
        f"warning: $.items[0].ref is a number, 0; send it in quotes [WH-102]; told once, {ignore}",
        "warning: $.items[*].ref: the same has come 10 times [WH-102]",
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_long_texts_are_cut(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """A line of the log is read by people and collectors; the journal has all of it."""
    events = {"events": [_event("message", content="x" * 1_000_000)["events"][0]] * 1000}
    Log(Redactor(), as_json=as_json).exchange(_exchange(outcome={**events, "findings": [_finding("warning")] * 1000}))
    err = capsys.readouterr().err
    assert len(err) < 60_000
    assert "more characters)" in err


@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_is_masked(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """A bug of ours, or of a library's, is logged as all else is: whole, and without secrets."""
    with Log(Redactor(["s3cret-4711"]), as_json=as_json):
        error = ValueError("the key is 's3cret-4711'")
        logging.getLogger("asyncio").error("what nobody awaited", exc_info=error)
    err = capsys.readouterr().err
    assert "s3cret-4711" not in err
    assert "ValueError: the key is '***'" in (json.loads(err)["output"] if as_json else err)
    assert "what nobody awaited" in err
