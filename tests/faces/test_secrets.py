"""A planted secret is in nothing that a run leaves or prints, in whatever writing; and nothing else is masked."""

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


# -- what is no secret stays

PROPERTIES = {
    "API key": KEY, "Region": "us-east-1", "Server": "api.hopsms.example", "Account ID": "1234", "Username": "user",
    "Mode": "passed", "Sender": "+61855555555",
}  # fmt: skip
OWN_WORDS = """
scenario: us-east-1 passed for user 1234
steps:
  - name: user 1234 sends
    send_message: hello user, +12065551234
    as: sms
  - expect: {messageDelivered: {messageid: not-passed}}
    within: 10ms
"""


@pytest.fixture
def generic(project: Path, provider: str) -> Path:
    """A project whose properties are words and numbers that stand in much else."""
    document = json.loads((project / "reference.json").read_text("utf-8"))
    document["properties"] = [*PROPERTIES]
    send = document["API"]["SendMessage"]
    send["request_url"] = "https://$Server$/webhook"
    send["request_parameters"] |= {
        "region": "$Region$",
        "user": "$Username$",
        "mode": "$Mode$",
        "ids": ["$Account ID$"],
    }
    (project / "reference.json").write_text(json.dumps(document), "utf-8")
    hosts = {"https://api.example.com": provider, "https://api.hopsms.example": provider}
    (project / "ringo-emu.yaml").write_text(
        f"integration: reference.json\nproperties: {json.dumps(PROPERTIES)}\nhosts: {json.dumps(hosts)}\n"
        "organization: {users: [{extension: '101', name: user, numbers: [+61855555555]}]}\n",
        "utf-8",
    )
    (project / "x.yaml").write_text(OWN_WORDS, "utf-8")
    return project


def sent_number(told: str) -> str:
    """The number of the SendMessage in what ``journal list`` prints."""
    return next(line for line in told.splitlines() if "SendMessage" in line).partition("#")[2].split()[0]


def test_own_words_of_a_run(command: Any, generic: Path) -> None:
    """Framework 8.11: names, labels, counts, addresses and phone numbers are shown whole, in every report."""
    reports = [word for each in REPORTS for word in ("--report", each)]
    assert command("run", "x.yaml", *reports) == 1
    assert "in        us-east-1 passed for user 1234" in command.out
    assert "0 passed, 1 failed" in command.out
    assert "***" not in command.out
    for name in ("j.xml", "r.html", "l.jsonl", "t.tap", "g.md"):
        assert "us-east-1 passed for user 1234" in (generic / "out" / name).read_text("utf-8"), name
    assert (generic / ".ringo-emu/failures/01-us-east-1-passed-for-user-1234").is_dir()


def test_own_words_of_the_journal(command: Any, generic: Path) -> None:
    """The provider's address, the webhook URL and numbers can be used as they are shown; values are masked."""
    del generic
    command("run", "x.yaml")
    command("journal", "list")
    number = sent_number(command.out)
    assert "***" not in command.out
    command("journal", "show", number, "--json")
    assert json.loads(command.out)["request"]["url"] == "https://api.hopsms.example/webhook"
    command("journal", "show", number)
    body = json.loads(next(line for line in command.out.splitlines() if line.startswith("{")))
    assert ("***", "***", "***", ["***"]) == tuple(body[key] for key in ("region", "user", "mode", "ids"))
    assert "hello ***, +12065551234" == body["content"]
    assert ("+61855555555", "+61123456789") == (body["from"], body["to"])
    command("journal", "curl", number)
    assert command.out.startswith("curl -sS -X POST http://127.0.0.1:")


def test_what_is_public_is_shown(command: Any, generic: Path) -> None:
    """What is called public, by the file or an option, stands in the journal as it was sent."""
    with (generic / "ringo-emu.yaml").open("a", encoding="utf-8") as file:
        file.write("public: [Mode]\n")
    command("run", "x.yaml", "--public", "Region", "--public", "Username")
    command("journal", "list")
    command("journal", "show", sent_number(command.out))
    assert '"region": "us-east-1", "user": "user", "mode": "passed", "ids": ["***"]' in command.out


def test_own_words_of_doctor(command: Any, project: Path) -> None:
    """A key that reads like a word of ours takes no word away from what is told."""
    del project
    command("doctor", "--property", "API key=wrong")
    assert re.search(r"\d+ ok, \d+ to look at, \d+ wrong\n", command.out)
    assert "***" not in command.out


def test_a_wrong_value_of_public(command: Any, project: Path) -> None:
    """A property that is not there is told before anything runs."""
    del project
    assert command("run", "--public", "API kee") == 2
    assert 'the document has no property "API kee"' in command.err
    assert 'did you mean "API key"?' in command.err
