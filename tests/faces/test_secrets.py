"""A planted secret is found in nothing that a run leaves or prints, however it was used and in whatever writing."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import pytest

pytestmark = pytest.mark.slow

KEY = "demo-key"
OTHER = 'p4ss "wörd" <&>'
SCENARIO = """
scenario: Uses the key demo-key
tags: [demo-key]
steps:
  - note: the key is $API key$
  - send_message: hello $API key$ p4ss "wörd" <&>
    as: sms
  - expect: {messageDelivered: $sms.messageid$}
  - request: {GET: "PROVIDER/_test/messages", headers: {X-Key: $API key$}}
    check: {body: {"$.messages[0].content": {equals: something else}}}
    severity: warning
  - trigger: reply
    with: {content: "your key is $API key$"}
  - expect: {message: {content: {starts_with: "no such demo-key"}}}
    within: 100ms
---
scenario: Fails on the answer
steps:
  - request: {POST: "PROVIDER/nowhere?key=demo-key", json: {key: demo-key}}
    check: {status: 200, headers: {X-Echo: $API key$}}
"""
REPORTS = (
    "junit=out/j.xml",
    "html=out/r.html",
    "jsonl=out/l.jsonl",
    "tap=out/t.tap",
    "github=out/g.md",
    "har=out/h.har",
)


def writings(secret: str) -> set[bytes]:
    """*secret* as formats write it."""
    texts = {
        secret,
        escape(secret),
        quoteattr(secret)[1:-1],
        secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        quote(secret),
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }
    return {text.encode() for text in texts}


def leaks(text: bytes) -> list[bytes]:
    """The secrets that *text* holds."""
    return [each for secret in (KEY, OTHER) for each in writings(secret) if each in text]


@pytest.fixture
def planted(project: Path) -> Path:
    """A project whose secrets are used wherever one can be."""
    text = (project / "ringo-emu.yaml").read_text("utf-8")
    text += f"secrets: [{json.dumps(OTHER, ensure_ascii=False)}]\n"
    (project / "ringo-emu.yaml").write_text(text, "utf-8")
    return project


@pytest.mark.parametrize("options", [(), ("-v",), ("-q",), ("--json",), ("--jobs", "2"), ("--shuffle", "7")])
def test_nothing_of_a_run(options: tuple[str, ...], command: Any, planted: Path, provider: str) -> None:
    """Not the terminal, no report, no bundle, no journal, whatever way they are asked for."""
    (planted / "x.yaml").write_text(SCENARIO.replace("PROVIDER", provider), "utf-8")
    reports = [word for each in REPORTS for word in ("--report", each)]
    assert command("run", "x.yaml", *reports, "--report", "github", *options) == 1
    assert [] == leaks(f"{command.out}{command.err}".encode())
    assert "***" in command.out
    left = [each for each in planted.rglob("*") if each.is_file() and {"out", ".ringo-emu"} & set(each.parts)]
    assert len(left) > len(REPORTS) + 10
    for each in left:
        data = each.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        assert [] == leaks(data), each.relative_to(planted)


def test_nothing_of_the_journal(command: Any, planted: Path, provider: str) -> None:
    """Not as a list, in full, as curl or as JSON."""
    (planted / "x.yaml").write_text(SCENARIO.replace("PROVIDER", provider), "utf-8")
    command("run", "x.yaml")
    command("journal", "list")
    numbers = re.findall(r"#(\d+)", command.out)
    assert [] == leaks(command.out.encode())
    assert len(numbers) > 5
    for number in numbers:
        for arguments in (("show", number), ("show", number, "--json"), ("curl", number), ("replay", number)):
            command("journal", *arguments)
            assert [] == leaks(f"{command.out}{command.err}".encode()), arguments
