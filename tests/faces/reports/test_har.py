"""HAR 1.2: every exchange of the run once, both directions, text as text and the rest as base64."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from emulator import __version__
from emulator.core.messages import Reply
from emulator.faces.reports import har
from tests.faces.reports.conftest import EVERY, exchange

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from tests.faces.reports.conftest import Reporting

REQUEST = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
RESPONSE = {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize"}


def entries(reporting: Reporting) -> list[dict[str, Any]]:
    """The entries of the report."""
    log = json.loads(har.render(EVERY, reporting.exchanges, reporting.output))["log"]
    assert ("1.2", "ringo-emu") == (log["version"], log["creator"]["name"])
    return list(log["entries"])


def test_exchanges(reporting: Reporting) -> None:
    """Seven timelines name the same two; each stands there once, with all that HAR 1.2 asks for."""
    sent, came = entries(reporting)
    for each in (sent, came):
        assert each.keys() >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
        assert each["request"].keys() >= REQUEST
        assert each["response"].keys() >= RESPONSE
        assert (0, 2.0, 0) == tuple(each["timings"][key] for key in ("send", "wait", "receive"))
    assert [{"name": "a", "value": "1"}, {"name": "b", "value": ""}] == sent["request"]["queryString"]
    assert {"mimeType": "application/json", "text": '{"text": "hi"}'} == sent["request"]["postData"]
    assert {"size": 9, "mimeType": "application/json", "text": '{"id": 1}'} == sent["response"]["content"]
    assert "OK" == sent["response"]["statusText"]
    assert "#1 SendMessage to the provider" == sent["comment"]


def test_the_whole_file(reporting: Reporting, golden: SnapshotAssertion) -> None:
    """As a viewer gets it, but for our version."""
    log = json.loads(har.render(EVERY, reporting.exchanges, reporting.output))
    assert __version__ == log["log"]["creator"].pop("version")
    assert golden == json.dumps(log, indent=2) + "\n"


def test_what_is_no_text_and_what_has_no_answer(reporting: Reporting) -> None:
    """Binary is base64; a request without an answer has the status 0, as browsers write it."""
    _, came = entries(reporting)
    assert b"\xff\xfe</pre>" == base64.b64decode(came["request"]["postData"]["text"])[:8]
    assert (0, "") == (came["response"]["status"], came["response"]["statusText"])
    assert came["comment"].endswith("from the provider; nothing answers")


def test_a_status_that_has_no_name(reporting: Reporting) -> None:
    """A provider may make one up."""
    reporting.record(exchange(2, "in", b"", Reply(status=599, headers=(("Location", "/x"),))))
    _, came = entries(reporting)
    assert (599, "", "/x") == tuple(came["response"][key] for key in ("status", "statusText", "redirectURL"))
    assert "postData" not in came["request"]
