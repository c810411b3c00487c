"""The commands that work on a document alone: lint, explain, match."""

from __future__ import annotations

import asyncio
import errno
import gzip
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.messages import Request
from emulator.engine.exchanges import UNNUMBERED, Exchange
from emulator.engine.journal import open_journal
from emulator.scenario.failure_codes import OTHER_FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE = Path(__file__).parents[3] / "scenarios/reference.json"
DELIVERED = {"method": "delivered", "params": {"messageid": "x"}}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], str]:
    """Writes a JSON file and gives its name."""

    def written(name: str, data: Any) -> str:
        (tmp_path / name).write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
        return name

    return written


def test_lint_tells_everything(command: Any, write: Callable[[str, Any], str]) -> None:
    """lint prints every finding with place, caret and remedy, and exits with 2 on errors."""
    name = write("a.json", REFERENCE.read_text("utf-8").replace('"sms"', "“sms”").replace("$API key$", "$API Key$"))
    assert command("lint", name) == 2
    assert "a.json:4:12  error DOC-109" in command.out
    assert '^^^^^ write "sms"' in command.out
    assert command.out.endswith("2 errors in 1 file; --fix mends 2 of them\n")
    assert "= documented: A variable is a property's name" in command.out


def test_lint_json(command: Any, write: Callable[[str, Any], str]) -> None:
    """lint --json prints the findings as programs read them."""
    assert command("lint", "--json", write("a.json", "[]")) == 2
    (finding,) = json.loads(command.out)["findings"]
    keys = {"code", "severity", "file", "line", "column", "path", "message", "remedy"}
    assert keys | {"mark", "why", "fixable"} == finding.keys()
    assert ("DOC-203", "error", "a.json", 1, 1, "$") == tuple(
        finding[key] for key in ("code", "severity", "file", "line", "column", "path")
    )


def test_lint_for_github(command: Any, write: Callable[[str, Any], str]) -> None:
    """lint --format github prints annotations that point at the line; what could end one early is escaped."""
    name = write("a,b.json", REFERENCE.read_text("utf-8").replace('"sms"', '"sm%0As"').replace('"mms"', '"MMS"'))
    assert command("lint", "--format", "github", name) == 2
    first, second = command.out.splitlines()
    assert first.startswith("::error file=a%2Cb.json,line=4,col=12,endColumn=20,title=DOC-204::class cannot be")
    assert "sm%250As" in first
    assert second.endswith('%0Adid you mean "mms"?')


def test_lint_explains_a_code(command: Any) -> None:
    """lint --explain says what a code means and how sure the rule is; an unknown one is refused."""
    assert command("lint", "--explain", "doc-503") == 0
    assert "DOC-503  warning: a model that another one shadows" in command.out
    assert "assumed, no public source says it" in command.out


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("DOC-999", "there are DOC-101 to DOC-506; docs/findings.md says what each means"),
        ("DOC-299", "there are DOC-201, DOC-202, "),
        ("doc301", "it is written DOC-301"),
        ("CHK-09", "there are CHK-01, CHK-02; docs/findings.md says what each means"),
        ("WH-DELIVERED-99", "there are WH-DELIVERED-01, "),
        ("OUCH-1", "codes begin with API, AUTH, CHK, CMD, DOC, "),
    ],
)
def test_lint_knows_no_such_code(command: Any, code: str, mend: str) -> None:
    """A code that is none is called so, with those around it, and no other is said to be meant."""
    assert command("lint", "--explain", code) == 2
    assert f"there is no code {code}\n" in command.err
    assert mend in command.err
    assert "did you mean" not in command.err


def test_lint_mends_once_agreed(
    command: Any, write: Callable[[str, Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """lint --fix shows the difference, asks, and writes the file only then; the rest of the file stays."""
    right = REFERENCE.read_text("utf-8")
    wrong = right.replace('"sms"', "“sms”").replace("$API key$", "$API Key$")
    name = write("a.json", wrong)
    assert command("lint", "--fix", name) == 2
    assert "nobody can be asked whether to write this" in command.err
    answer = io.StringIO("n\n")
    monkeypatch.setattr(answer, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", answer)
    assert command("lint", "--fix", name) == 2
    assert '-  "class": “sms”,\n+  "class": "sms",\n' in command.out
    assert "a.json stays as it is" in command.out
    assert wrong == Path(name).read_text("utf-8")
    Path(name).chmod(0o640)
    assert command("lint", "--fix", "--yes", name) == 0
    assert "a.json: 2 mended" in command.out
    assert (right, 0o640) == (Path(name).read_text("utf-8"), Path(name).stat().st_mode & 0o777)
    assert (0, True) == (command("lint", "--fix", name), "nothing to mend" in command.out)


def test_what_cannot_be_mended_is_told(
    command: Any, write: Callable[[str, Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard input is refused, and so is a file that cannot be written: nothing is lost, nothing is left behind."""
    assert (2, True) == (command("lint", "--fix", "-"), "name a file" in command.err)
    name = write("a.json", "{a: 1}")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert command("lint", "--fix", "--yes", name) == 2
    assert "a.json cannot be written" in command.err
    assert ("{a: 1}", [Path(name)]) == (Path(name).read_text("utf-8"), list(Path().iterdir()))


def test_lint_of_a_right_document(command: Any) -> None:
    """A document without findings exits with 0."""
    assert (0, "no findings in 1 file\n") == (command("lint", str(REFERENCE)), command.out)


def test_lint_reads_standard_input(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """lint - reads standard input."""
    with REFERENCE.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert command("lint", "-") == 0


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("wh-delivered-02", "messageDelivered was expected: it came, but a key is wrong or missing"),
        ("WH-MMS-10", "mms: it came although it should not"),
        ("CMD-01", "a command ended with another exit code than 0"),
        ("SCN-101", "the scenario file is not YAML"),
        ("FETCH-03", "a file was fetched only partly"),
        ("MEDIA-106", "a web page in place of the file of an mms"),
    ],
)
def test_lint_explains_what_runs_and_their_files_are_told(command: Any, code: str, said: str) -> None:
    assert command("lint", "--explain", code) == 0

    assert said in command.out


def test_every_code_of_a_failure_is_explained() -> None:
    """Each code that stands in the source is in the table, and each of the table in the source."""
    parts = (REFERENCE.parents[1] / "emulator/scenario").rglob("*.py")
    source = "".join(path.read_text("utf-8") for path in parts if path.name != "failure_codes.py")

    used = set(re.findall(r'"((?:CHK|CMD|FETCH|TAMPER)-\d\d|SCN-(?:304|5\d\d))"', source))

    assert used == set(OTHER_FAILURES)


def test_explain_json(command: Any) -> None:
    """explain --json holds every request in its parts, and every webhook; a property can be set, and is masked."""
    code = command(
        "explain",
        str(REFERENCE),
        "--json",
        "--property",
        "API key=abcdef",
        "--set",
        "SendFile.content=https://a.example/x",
    )
    data = json.loads(command.out)
    request = data["requests"]["SendFile"]
    assert (0, {"SendMessage", "SendFile", "Subscribe"}) == (code, data["requests"].keys())
    assert {"method", "url", "headers", "query", "json", "form", "multipart", "curl"} <= request.keys()
    assert ("POST", "https://a.example/x") == (request["method"], request["json"]["media_url"])
    assert "Bearer ***" == request["headers"]["Authorization"]
    assert ["message", "mms", "messageDelivered"] == [each["event_type"] for each in data["webhooks"]]


def test_explain_for_people(command: Any, write: Callable[[str, Any], str]) -> None:
    """explain shows each request as HTTP and curl, where values come from, and what is unset."""
    document = json.loads(REFERENCE.read_text("utf-8"))
    del document["API"]["SendFile"]
    document["API"]["SendMessage"] |= {"request_method": "GET", "request_url": "https://$Server$/x?k=1"}
    document["properties"].append("Server")
    document["Webhook"][2] |= {
        "request_method": "GET",
        "request_parameters": {"method": "$event_key$", "id": "$messageid$"},
    }
    name = write("a.json", document)
    assert (
        command("explain", name, "--show-secrets", "--property", "API key=abcdef", "--property", "Server=a.example")
        == 0
    )
    for text in (
        "GET /x?k=1&from=%2B61855555555",
        "Authorization: Bearer abcdef",
        "Authorization: Bearer abcdef",
        "$Server$ property",
        "API.SendFile: the document has none",
        "curl -sS -X GET",
        "Webhook 3 of 3: delivered is messageDelivered",
    ):
        assert text in command.out


def test_explain_shows_the_oauth_flow(command: Any, write: Callable[[str, Any], str]) -> None:
    """Framework 5.1, 5.4: explain shows the web server flow step by step; the secret is masked, the token a
    placeholder."""
    document = json.loads(REFERENCE.read_text("utf-8"))
    del document["auth"]
    document["properties"] = ["Id", "Secret"]
    document["OAuth2"] = {
        "client_id": "$Id$",
        "client_secret": "$Secret$",
        "authorization_endpoint": "https://login.example.com/authorize",
        "authorization_parameters": {"default": "scope=a%20b"},
        "token_endpoint": "https://login.example.com/token",
    }
    name = write("a.json", document)
    assert command("explain", name, "--property", "Id=me", "--property", "Secret=hush-hush") == 0
    for text in (
        "authorize?response_type=code&client_id=me&redirect_uri=%3Credirect+address%3E&state=%3Cstate%3E&scope=a%20b",
        "grant_type=authorization_code&client_id=me&client_secret=***&code=%3Ccode%3E&redirect_uri=",
        "grant_type=refresh_token&client_id=me&client_secret=***&refresh_token=",
        "Authorization: Bearer <access token>",
    ):
        assert text in command.out
    assert "hush" not in command.out
    assert command("explain", name, "--json") == 0
    assert [None, "POST"] == [json.loads(command.out)["oauth2"][at]["method"] for at in (1, 2)]


def test_explain_says_what_a_webhook_means(command: Any, write: Callable[[str, Any], str]) -> None:
    """Framework 6.10: for each model explain says what the platform would make of an example, and
    which model takes it."""
    document = json.loads(REFERENCE.read_text("utf-8"))
    document["Webhook"].append(document["Webhook"][2])
    assert command("explain", write("a.json", document)) == 0
    for text in (
        'a text from +61123456789 to +61855555555: "Hello there!"',
        'with the caption "Sending a file", fetched from https://files.example.com/cat.jpg',
        "id 9612c4e2-27f8-4463-a517-c6306ffdabff is delivered (taken by Webhook[2], which stands before it)",
    ):
        assert text in command.out


@pytest.mark.parametrize("option", [["--property", "API kei=x"], ["--set", "too=x"]])
def test_explain_refuses_unknown_names(command: Any, option: list[str]) -> None:
    """A value for a name that is not there is refused with a suggestion."""
    assert command("explain", str(REFERENCE), *option) == 2
    assert "did you mean" in command.err


def test_match(command: Any, write: Callable[[str, Any], str]) -> None:
    """match says which model fits and what it binds."""
    assert command("match", str(REFERENCE), write("w.json", DELIVERED)) == 0
    assert "messageDelivered  by Webhook[2] (delivered)" in command.out
    assert command("match", "--json", str(REFERENCE), "w.json") == 0
    expected = {"event_type": "messageDelivered", "model": 2, "path": "$", "variables": {"messageid": "x"}}
    data = json.loads(command.out)
    assert ([expected], [], []) == (data["events"], data["unmatched"], data["findings"])
    first, _, last = (each["nearest"]["mismatches"] for each in data["models"])
    assert ("$.method", "'message'", "'delivered'") == tuple(first[0][key] for key in ("path", "expected", "found"))
    assert [] == last


def test_a_match_is_told_alone(command: Any, write: Callable[[str, Any], str]) -> None:
    """What fits is told, and nothing of the models that do not."""
    assert command("match", str(REFERENCE), write("w.json", DELIVERED)) == 0
    assert [
        "matches  $  messageDelivered  by Webhook[2] (delivered)",
        "    $messageid$ = 'x'",
    ] == command.out.splitlines()


def test_match_shows_why_the_others_do_not_fit(command: Any, write: Callable[[str, Any], str]) -> None:
    """Framework 6.19, 9.5: with -v every other model is shown with each difference, and one that a model
    before it hides as such."""
    document = json.loads(REFERENCE.read_text("utf-8"))
    document["Webhook"].append(document["Webhook"][2])
    assert command("match", "-v", write("a.json", document), write("w.json", DELIVERED)) == 0
    assert "Webhook[0] (message, message) does not fit:\n    ✗ method           expected 'message'" in command.out
    assert "Webhook[3] (delivered, messageDelivered) would fit too, but a model before it takes it" in command.out


def test_match_names_what_no_model_reads(command: Any, write: Callable[[str, Any], str]) -> None:
    """The keys that no model has a use for are named: one of them may be what is looked for."""
    body = {**DELIVERED, "at": "2026-01-01", "params": {"messageid": "x", "carrier": "y"}}
    assert command("match", str(REFERENCE), write("w.json", body)) == 0
    assert "no model reads: $.params.carrier and $.at\n" in command.out


def test_match_of_other_webhooks(command: Any, write: Callable[[str, Any], str]) -> None:
    """Framework 6.6, 6.8: headers say what a body is, and a packed one is unpacked; a header without a colon is
    refused."""
    Path("packed").write_bytes(gzip.compress(json.dumps(DELIVERED).encode()))
    headers = ["--header", "Content-Encoding: gzip", "--header", "Content-Type: application/json"]
    assert command("match", str(REFERENCE), "packed", *headers) == 0
    assert command("match", str(REFERENCE), write("w.json", DELIVERED), "--header", "gzip") == 2
    assert "no colon" in command.err
    assert command("match", str(REFERENCE), "w.json", "--method", "put") == 1
    assert "expected method POST; found 'PUT'" in command.out


async def _record(request: Request, kind: str = "webhook") -> int:
    with open_journal(Path("x.db")) as journal:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        recorded = await journal.record(
            Exchange(
                id=UNNUMBERED,
                direction="in",
                kind=kind,
                account="a1",
                at=now,
                clock=0.0,
                request=request,
                outcome={},
            )
        )
        return recorded.id


def test_match_of_a_recorded_exchange(command: Any) -> None:
    """match takes the number of a recorded webhook in place of a file, with its method and headers."""
    request = Request(
        method="POST",
        url="http://127.0.0.1/services/x/a1",
        headers=(("Content-Type", "application/x-www-form-urlencoded"),),
        body=b"method=delivered",
    )
    number = asyncio.run(_record(request))
    assert command("match", str(REFERENCE), str(number), "--journal", "x.db") == 1
    assert "✗ params.messageid   missing" in command.out
    assert command("match", str(REFERENCE), "99", "--journal", "x.db") == 2
    assert "exchange 99 is not recorded" in command.err


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("SendFile", "#1 is SendFile, an outgoing request, no webhook"), ("media", "#1 is a fetch of a file, no webhook")],
)
def test_match_of_what_is_no_webhook(command: Any, kind: str, expected: str) -> None:
    """A recorded exchange that is no webhook is not held against models: it is said what it is."""
    asyncio.run(_record(Request(method="POST", url="http://127.0.0.1/files"), kind))
    assert command("match", str(REFERENCE), "1", "--journal", "x.db") == 2
    assert f"error: {expected}\n" in command.err


def test_match_without_match(command: Any, write: Callable[[str, Any], str]) -> None:
    """Where nothing fits, match shows the nearest model with every difference, and exits with 1."""
    wrong = {"method": "delivered", "params": {"messageId": "x"}}
    assert command("match", str(REFERENCE), write("w.json", wrong)) == 1
    assert command.out.splitlines() == [
        "matches no model  $",
        "  Webhook[2] (delivered, messageDelivered) does not fit:",
        '    ✗ params.messageid   missing: found "params.messageId"; keys are case-sensitive',
        (
            f'  mend: if the provider is right, rename "messageid" to "messageId" in the document ({REFERENCE}:91:7); '
            'else send "params": {"messageid": …} in place of "messageId"'
        ),
    ]
    assert command("match", "--json", str(REFERENCE), "w.json") == 1
    (miss,) = json.loads(command.out)["unmatched"]
    (mismatch,) = miss["nearest"]["mismatches"]
    assert ("$.params.messageid", "$messageid$", "nothing") == tuple(
        mismatch[key] for key in ("path", "expected", "found")
    )


def test_match_of_something_unreadable(command: Any, write: Callable[[str, Any], str]) -> None:
    """A body that is no JSON is an error with its place."""
    assert command("match", str(REFERENCE), write("w.json", "<a/>")) == 2
    assert "not JSON" in command.err


@pytest.mark.parametrize("kind", ["integration", "scenario", "project"])
def test_schema(command: Any, kind: str) -> None:
    """schema prints a JSON Schema; with a document, its names complete, and one that is not there is refused."""
    assert command("schema", kind) == 0
    bare = json.loads(command.out)
    assert "https://json-schema.org/draft/2020-12/schema" == bare["$schema"]
    assert "API key" not in json.dumps(bare)
    assert command("schema", kind, "--for", str(REFERENCE)) == 0
    assert "API key" in command.out
    assert (2, True) == (command("schema", kind, "--for", "no.json"), "cannot be read" in command.err)


MISSPELT = """{
  "id": "a", "name": "A", "class": "sms", "properties": ["API key"],
  "auth": {"type": "ApiKey", "value": "$Api Key$"},
  "api": {
    "SendMesage": {
      "request_method": "POST", "request_url": "https://a.example/sms",
      "request_parameter": {"to": "$to$", "text": "$contents$"},
      "response_map": {"id": "$messageid$"}
    }
  },
  "Webhooks": [
    {"event_key": "dlr", "event_typ": "messageDelivered", "request_method": "post",
     "request_parameters": {"id": "$messageId$", "s": "$event_key$"}}
  ]
}
"""


def test_lint_tells_everything_in_one_round(command: Any) -> None:
    """Under a misspelt key it looks as if that were meant, in an auth of an unknown type too; one slip is told once."""
    Path("a.json").write_text(MISSPELT, "utf-8")
    assert command("lint", "a.json", "--json") == 2
    found = json.loads(command.out)["findings"]
    assert [(each["code"], each["line"], each["message"]) for each in found if each["severity"] != "note"] == [
        ("DOC-204", 3, 'auth.type cannot be "ApiKey"'),
        ("DOC-202", 3, 'unknown key "value"'),
        ("DOC-301", 3, "nothing supplies $Api Key$"),
        ("DOC-201", 4, 'unknown key "api"; "API" is missing'),
        ("DOC-201", 5, 'unknown key "SendMesage"; "SendMessage" is missing'),
        ("DOC-202", 7, 'unknown key "request_parameter"'),
        ("DOC-301", 7, "nothing supplies $contents$"),
        ("DOC-202", 11, 'unknown key "Webhooks"'),
        ("DOC-201", 12, 'unknown key "event_typ"; "event_type" is missing'),
        ("DOC-204", 12, 'Webhook[0].request_method cannot be "post"'),
        ("DOC-301", 13, "nothing supplies $messageId$"),
    ]


def test_lint_mends_slips_of_keys(command: Any) -> None:
    """--fix mends a key where there is no doubt what was meant, and leaves one that might be another."""
    doubtful = MISSPELT.replace('"class": "sms"', '"class": "sms", "Name": 1')
    Path("a.json").write_text(doubtful.replace('"response_map"', '"respons_map": {}, "responce_map"'), "utf-8")
    command("lint", "--fix", "--yes", "a.json")
    mended = Path("a.json").read_text("utf-8")
    for key in ("API", "SendMessage", "request_parameters", "Webhook", "event_type"):
        assert f'"{key}":' in mended, key
    for key in ("Name", "respons_map", "responce_map"):
        assert f'"{key}":' in mended, key


def test_what_stands_under_a_misspelt_key_is_not_played(command: Any) -> None:
    """The platform does not read it, so it has no effect here either; lint alone looks into it."""
    document = json.loads(REFERENCE.read_text("utf-8"))
    document["Webhooks"] = document.pop("Webhook")
    Path("a.json").write_text(json.dumps(document), "utf-8")
    assert command("lint", "a.json") == 0
    assert command.out.count("warning") == 2  # the finding and the summary
    Path("body.json").write_text("{}", "utf-8")
    assert command("match", "a.json", "body.json", "--json") == 1
    assert json.loads(command.out)["models"] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a project below the one that commands run in: its document, hosts and environments."""
    folder = tmp_path / "acme"
    (folder / "deep").mkdir(parents=True)
    (folder / "acme.json").write_text(REFERENCE.read_text("utf-8"), "utf-8")
    (folder / "other.json").write_text(REFERENCE.read_text("utf-8").replace("$API key$", "$API Key$"), "utf-8")
    (folder / "ringo-emu.yaml").write_text(
        "integration: acme.json\n"
        "properties: {API key: a-secret-key}\n"
        'hosts: {"https://api.example.com": "http://127.0.0.1:8080/mock"}\n'
        "organization: {domain: pigeon, users: [{extension: '7', numbers: [+61855550007]}], contact: +61123450000}\n"
        "environments: {broken: {integration: other.json}, port: {hosts: {"
        '"https://api.example.com": "http://127.0.0.1:$port.mine$"}}}\n',
        "utf-8",
    )
    return folder


def test_lint_takes_the_document_of_the_project(command: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument the project's document is meant, found here or above, and that of its environment."""
    monkeypatch.chdir(project / "deep")
    assert command("lint") == 0
    assert "in 1 file" in command.out
    assert command("lint", "--env", "broken") == 2
    assert "other.json:" in command.out
    assert "nothing supplies $API Key$" in command.out
    monkeypatch.chdir(project.parent)
    assert command("lint", "--project", "acme/ringo-emu.yaml", "--env", "broken", "--json") == 2
    Path("own.json").write_text("{}", "utf-8")
    monkeypatch.chdir(project)
    assert command("lint", "../own.json") == 2
    assert "other.json" not in command.out


def test_lint_takes_the_document_of_a_project_that_cannot_be_used(command: Any, project: Path) -> None:
    """What else is wrong with the project does not keep its document from being read."""
    (project / "ringo-emu.yaml").write_text("integration: other.json\nproperties: {Nobody: x}\n", "utf-8")
    assert command("lint", "--project", str(project / "ringo-emu.yaml")) == 2
    assert "nothing supplies $API Key$" in command.out
    (project / "ringo-emu.yaml").write_text("integration: [a]\n", "utf-8")
    assert command("lint", "--project", str(project / "ringo-emu.yaml")) == 2
    assert "ringo-emu.yaml:1:14" in command.err


@pytest.mark.parametrize("name", ["lint", "explain", "match"])
def test_neither_a_document_nor_a_project(command: Any, name: str) -> None:
    """Where neither is there, it is said how to begin."""
    assert command(name) == 2
    assert "no document is named, and there is no ringo-emu.yaml here or in a folder above" in command.err
    assert "make a project: ringo-emu new" in command.err
    assert command(name, "--env", "x") == 2
    assert "--env x: no ringo-emu.yaml here" in command.err


def test_explain_takes_all_from_the_project(command: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Properties, masked, the parties, and where requests go here beside where the live platform sends them."""
    monkeypatch.chdir(project)
    assert command("explain") == 0
    assert "a-secret-key" not in command.out
    assert "Authorization: Bearer ***" in command.out
    for value in ('"+61855550007"', '"+61123450000"', '"7"', '"pigeon"'):
        assert value in command.out
    assert (
        "  here, by hosts in the project file:\n  curl -sS -X POST http://127.0.0.1:8080/mock/webhook " in command.out
    )
    assert "  live:\n  curl -sS -X POST https://api.example.com/webhook " in command.out
    listener = f"http://127.0.0.1:8085/services/{json.loads(REFERENCE.read_text('utf-8'))['id']}/a12345678901234567890"
    assert f"  here, to ringo-emu serve:\n  curl -sS -X POST {listener} " in command.out
    assert command.err == "*** stands for a secret: for lines that work as they are, add --show-secrets\n"
    assert command("explain", "--show-secrets", "--set", "to=+1999") == 0
    assert command.err == ""
    assert "Authorization: Bearer a-secret-key" in command.out
    assert '"+1999"' in command.out
    assert command("explain", "--env", "port") == 0
    assert "by hosts in the project file; its port is another in each run:" in command.out


def test_an_explicit_document_is_explained_alone(command: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names a document gets that, and nothing of the project around it."""
    monkeypatch.chdir(project)
    assert command("explain", "acme.json") == 0
    assert "<API key>" in command.out
    assert "here, by hosts" not in command.out
    assert "8085" not in command.out


def test_match_takes_the_document_of_the_project(command: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One argument alone is a body in a project, unless it is a document; two are a document and a body."""
    monkeypatch.chdir(project)
    Path("body.json").write_text(json.dumps(DELIVERED), "utf-8")
    assert command("match", "body.json") == 0
    assert "messageDelivered" in command.out
    assert command("match", "acme.json", "body.json") == 0
    assert command("match", "acme.json", "--query", "method=x", "--method", "GET") == 1
    assert "matches no model" in command.out
    assert command("match", "--env", "broken", "body.json") == 2
    assert "nothing supplies $API Key$" in command.err
