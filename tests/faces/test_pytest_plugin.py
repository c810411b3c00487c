"""The pytest plugin, as a provider's own test suite uses it: every test here runs pytest on a small suite."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

# Loaded here, they stay loaded: pytester forgets what only a suite inside has imported.
from emulator.faces import testing, testing_config

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "scenarios/reference.json"
LOADED = (testing, testing_config)
_EXAMPLE = re.compile(r"^```python\n# (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = dict(_EXAMPLE.findall((ROOT / "docs/pytest.md").read_text("utf-8")))
PLAIN = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:syrupy")
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"

PROJECT = """
integration: {reference}
properties: {{API key: demo-key}}
hosts: {{https://api.example.com: {url}}}
triggers:
  reply:
    request:
      POST: {url}/_test/inbound
      json: {{from: $from$, to: $to$, text: $content$}}
  nowhere: {{request: {{POST: {url}/nowhere}}}}
"""

CONFTEST = """
import json
import urllib.error
import urllib.request

import pytest


@pytest.fixture
def post(ringo):
    def posted(method, **params):
        data = json.dumps({"method": method, "params": params}).encode()
        request = urllib.request.Request(ringo.webhook_url, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    return posted
"""

WSGI_PROVIDER = """
import json
import threading
import urllib.request
import uuid

urls = []


def app(environ, start_response):
    asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    number = str(uuid.uuid4())
    if "post-url" in asked:
        urls.append(asked["post-url"])
    else:
        threading.Thread(target=report, args=(urls[-1], number)).start()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"data": {"id": number}}).encode()]


def report(url, number):
    body = json.dumps({"method": "delivered", "params": {"messageid": number}}).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})).close()
"""

AIOHTTP_PROVIDER = """
import asyncio

import aiohttp
from aiohttp import web


def make_app():
    urls, tasks = [], set()

    async def subscribe(request):
        urls.append((await request.json())["post-url"])
        return web.json_response({})

    async def send(request):
        tasks.add(asyncio.create_task(report(urls[-1], "m-1")))
        return web.json_response({"data": {"id": "m-1"}})

    async def report(url, number):
        async with aiohttp.ClientSession() as session:
            await session.post(url, json={"method": "delivered", "params": {"messageid": number}})

    async def wait(_):
        await asyncio.gather(*tasks)

    app = web.Application()
    app.on_shutdown.append(wait)
    app.router.add_post("/ns-api/v2/subscriptions", subscribe)
    app.router.add_post("/webhook", send)
    return app
"""


@pytest.fixture(autouse=True)
def no_project_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing outside says what is played."""
    monkeypatch.delenv("RINGO_PROJECT", raising=False)


@pytest.fixture
def suite(pytester: pytest.Pytester, provider: str) -> pytest.Pytester:
    """A suite whose ``ringo`` talks to the running reference provider, which knows nothing of earlier tests."""
    urlopen(Request(f"{provider}/_test/reset", method="POST")).close()  # noqa: S310 - our own
    pytester.makeini(INI)
    pytester.makeconftest(CONFTEST)
    (pytester.path / "ringo-emu.yaml").write_text(PROJECT.format(reference=REFERENCE, url=provider))
    return pytester


@pytest.fixture
def project_suite(pytester: pytest.Pytester, project: Path) -> pytest.Pytester:
    """A suite beside the project file that starts the reference provider as a process."""
    pytester.makeini(INI)
    for file in project.iterdir():
        if file.is_file():
            shutil.copy(file, pytester.path)
    return pytester


def stable(text: str) -> str:
    """*text* without what differs from run to run: times, ports, ids, folders."""
    text = text.replace(str(REFERENCE), REFERENCE.name)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r"/a\d{20}", "/aACCOUNT", text)
    text = re.sub(r"(?m)^ +\d+ ms  (?=[→←])", "        TIME  ", text)
    return re.sub(r"(in|at \+?|it came|waited|took) ?\d+(\.\d+)? m?s", r"\1 TIME", text)


def block(result: pytest.RunResult) -> str:
    """The lines of the one failure, as pytest shows them, without those of the suite and of the sections below."""
    out = result.stdout.str()
    text = out.partition("= FAILURES =")[2] or out.partition("= ERRORS =")[2]
    lines = text.partition("\n---")[0].partition("\n===")[0].splitlines()[1:]
    shown = [line for line in lines if line.startswith("E  ")] or lines[1:]
    return stable(dedent("\n".join(line.removeprefix("E").rstrip() for line in shown if line.strip()))) + "\n"


# -- tests that pass


def test_a_text_is_delivered_and_answered(suite: pytest.Pytester) -> None:
    """The first example of the documentation."""
    suite.makepyfile(EXAMPLES["test_texts.py"])
    suite.runpytest(*PLAIN).assert_outcomes(passed=2)


def test_all_that_ringo_can_do(suite: pytest.Pytester) -> None:
    """Every method, and what it returns."""
    suite.makepyfile(
        """
        def test_all(ringo):
            taken = ringo.subscribe()
            assert (taken.status, taken.failure) == (201, None)
            url = ringo.exchanges[-1].sent_to.removesuffix("/ns-api/v2/subscriptions")
            picture = ringo.send_file("https://files.example.com/cat.jpg", to="+61123456789", from_=ringo.number)
            assert (picture.status, picture.state) == (200, "sent")
            event = ringo.expect("messageDelivered", messageid={"equals": picture.messageid})
            assert dict(event) == {"messageid": picture.messageid} and len(event) == 1
            assert repr(event).startswith("<messageDelivered {messageid: ")
            listed = ringo.request("get", url + "/_test/messages")
            assert picture.messageid in str(listed.answer)
            ringo.request("POST", url + "/_test/inbound", json={"from": "+15550001", "to": ringo.number, "text": "a"})
            message = ringo.expect("message", content="a")
            assert (message.from_, message["from"], message.get("url")) == ("+15550001", "+15550001", None)
            assert not hasattr(message, "url")
            ringo.expect_none("message", within=0.01)
            refused = ringo.request("GET", url + "/nowhere", headers={"X-Test": "1"})
            assert refused.status == 404 and refused.failure.startswith("the provider answered 404")
            assert repr(ringo) == f"<ringo {ringo.webhook_url}>"
            kinds = [each.kind for each in ringo.exchanges]
            assert kinds[:3] == ["Subscribe", "Subscribe", "SendFile"]
        """
    )
    suite.runpytest(*PLAIN).assert_outcomes(passed=1)


def test_every_test_has_an_account_of_its_own(suite: pytest.Pytester) -> None:
    """What is reported to one test is none of another's."""
    suite.makepyfile(
        """
        urls = set()

        def test_one(ringo):
            urls.add(ringo.webhook_url)
            ringo.send_message("ping")
            ringo.unexpected = "allow"

        def test_two(ringo):
            assert ringo.webhook_url not in urls
            ringo.expect_none("messageDelivered", within=0.2)
        """
    )
    suite.runpytest(*PLAIN).assert_outcomes(passed=2)


# -- tests that fail

FAILURES = {
    "never": "ringo.expect('message', within=0.05)",
    "wrong-key": """
        post("message", From="+1", to=ringo.number, content="hi")
        ringo.expect("message", within=0.05)
    """,
    "wrong-value": """
        post("message", **{"from": "+1", "to": ringo.number, "content": "hi"})
        ringo.expect("message", content={"starts_with": "ho"}, within=0.05)
    """,
    "wrong-id": """
        sms = ringo.send_message("ping")
        ringo.expect("messageDelivered", messageid="m-1", within=0.5)
    """,
    "late": """
        import threading
        timer = threading.Timer(0.6, post, ["message"], {"from": "+1", "to": ringo.number, "content": "hi"})
        timer.start()
        try:
            ringo.expect("message", within=0.05)
        finally:
            timer.join()
    """,
    "none-expected": """
        post("message", **{"from": "+1", "to": ringo.number, "content": "hi"})
        ringo.expect_none("message", content={"contains": "h"})
    """,
    "left-over": "post('message', **{'from': '+1', 'to': ringo.number, 'content': 'hi demo-key'})",
    "left-over-twice": """
        params = {"from": "+1", "to": ringo.number, "content": "hi"}
        post("message", **params)
        post("message", **params)
        ringo.expect("message")
    """,
    "refused-trigger": "ringo.trigger('nowhere')",
    "unreachable": "ringo.request('GET', 'http://127.0.0.1:9/health')",
    "no-event": "ringo.expect('delivered')",
    "no-variable": "ringo.expect('message', contents='x')",
    "no-operator": "ringo.expect('message', content={'begins': 'x'})",
    "no-number": "ringo.send_message('x', from_='+1')",
    "no-text": "ringo.send_message(['x'])",
    "no-trigger": "ringo.trigger('replay', content='x')",
    "no-such-unexpected": "ringo.unexpected = 'ignore'",
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_says_what_is_wrong(name: str, suite: pytest.Pytester, golden: SnapshotAssertion) -> None:
    """The text of each failure, without a frame of ours."""
    body = "\n".join(f"    {line.strip()}" for line in FAILURES[name].strip().splitlines())
    if name == "late":
        body = FAILURES[name]
    suite.makepyfile(f"def test_it(ringo, post):\n{body}")
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(failed=1)
    assert "emulator/faces" not in result.stdout.str()
    assert "emulator/engine" not in result.stdout.str()
    assert block(result) == golden


POST = """
import json, sys, urllib.error, urllib.request

params = {"from": "+1", "to": "+61855555555", "contentt": "hi"}
data = json.dumps({"method": "message", "params": params}).encode()
try:
    urllib.request.urlopen(urllib.request.Request(sys.argv[1], data, {"Content-Type": "application/json"}))
except urllib.error.HTTPError as error:
    error.close()
"""


def test_what_came_while_a_command_ran(suite: pytest.Pytester) -> None:
    """A trigger's command posts before it ends: that is its doing, in a test as in a scenario, and a failure says what
    was wrong with it; how long was waited is said as it was written."""
    (suite.path / "emit.py").write_text(POST)
    with (suite.path / "ringo-emu.yaml").open("a") as project:
        project.write(f"  emit: {{run: [{sys.executable}, emit.py, $webhook_url$]}}\n")
    suite.makepyfile("def test_it(ringo):\n    ringo.trigger('emit')\n    ringo.expect('message', within=1.0)")
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '*expected  message   within 1s, after trigger "emit"',
            "*received  1 webhook in that time: #2 at*",
            '*✗ params.content*missing: found "params.contentt"*',
        ]
    )


def test_a_failure_shows_its_exchanges_without_secrets(suite: pytest.Pytester) -> None:
    """Below the failure stands what was said, in full; no property's value is in it."""
    suite.makepyfile(
        """
        def test_it(ringo):
            ringo.unexpected = "allow"
            assert ringo.send_message("the key is demo-key").status == 500
        """
    )
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(failed=1)
    out = result.stdout.str()
    # The summary below repeats the test's own words, in full where CI is set.
    section = out.partition("- ringo exchanges -")[2].partition("short test summary")[0]
    assert '"content": "the key is ***"' in section
    assert "Authorization: Bearer ***" in section
    assert "demo-key" not in section
    result.stdout.fnmatch_lines(["*→ #1 *Subscribe*201 in*", "*→ #2 *SendMessage*200 in*", "    HTTP/1.1 200"])


def test_the_timeline_is_there_once(suite: pytest.Pytester) -> None:
    """A failed expectation has the timeline itself; a test's own assertion finds it in the section."""
    suite.makepyfile(
        """
        def test_expectation(ringo):
            ringo.send_message("ping")
            ringo.expect("message", within=0.01)

        def test_own(ringo):
            ringo.send_message("ping")
            ringo.unexpected = "allow"
            assert 0
        """
    )
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(failed=2)
    out = result.stdout.str().partition("short test summary")[0]
    expectation, own = out.split("_ test_own _")
    for part in (expectation, own):
        assert 1 == len(re.findall(r"→ #\d+ +SendMessage", part))
        assert 1 == len(re.findall(r"^#\d+ SendMessage", part, re.MULTILINE)), "in full, in the section"


TALKATIVE = """
import sys
from aiohttp import web
from emulator.provider.app import make_provider
from emulator.provider.settings import ProviderSettings

@web.middleware
async def talk(request, handler):
    if request.path == "/webhook":
        text = (await request.json())["content"]
        print("\\n".join(f"{text} {number}" for number in range(3 if text == "short" else 30)), flush=True)
    return await handler(request)

app = make_provider(ProviderSettings())
app.middlewares.append(talk)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


def test_what_the_provider_printed_since_the_test_began(suite: pytest.Pytester) -> None:
    """Not what it said in other tests; and of much the last, with how much is left out."""
    (suite.path / "provider.py").write_text(TALKATIVE, "utf-8")
    project = PROJECT.format(reference=REFERENCE, url="http://127.0.0.1:$port.own$")
    process = "provider: {run: [$python$, provider.py, $port.own$], ready: 'http://127.0.0.1:$port.own$/health'}\n"
    (suite.path / "ringo-emu.yaml").write_text(project + process, "utf-8")
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("text", ["long", "short", "none"])
        def test_it(ringo, text):
            ringo.unexpected = "allow"
            if text != "none":
                ringo.send_message(text)
                ringo.expect("messageDelivered")
            assert 0
        """
    )
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(failed=3)
    long, short, none = re.split(r"_ test_it\[\w+\] _", result.stdout.str().partition("short test summary")[0])[1:]
    section = "- ringo provider -"
    assert [f"long {number}" for number in range(10, 30)] == re.findall(r"^long \d+", long, re.MULTILINE)
    assert "… and 10 lines before" in long.partition(section)[2]
    assert ["short 0", "short 1", "short 2"] == re.findall(r"^\w+ \d+$", short.partition(section)[2], re.MULTILINE)
    assert "lines before" not in short
    assert section not in none


def test_what_is_long_is_cut(suite: pytest.Pytester) -> None:
    """A long text does not bury the failure."""
    suite.makepyfile(
        "def test_it(ringo):\n    ringo.send_message('x' * 9000)\n    ringo.unexpected = 'allow'\n    assert 0"
    )
    suite.runpytest(*PLAIN).stdout.fnmatch_lines(["    … and * characters: ringo-emu journal show 2"])


def test_a_picture_out_and_in(suite: pytest.Pytester) -> None:
    """Framework 10.6, 10.12: the provider's fetch is expected like an event; a file that does not come is a warning."""
    suite.makeini(INI.replace("error", "default"))
    shutil.copy(ROOT / "scenarios/fixtures/cat.png", suite.path)
    suite.makepyfile(
        """
        def test_it(ringo, post):
            ringo.send_file("cat.png")
            ringo.expect("media_fetch", bytes="complete")
            ringo.expect_none("media_fetch", within=0.01)
            ringo.expect("messageDelivered")
            post("file", **{"from": "+15550001", "to": ringo.number, "text": "", "url": "file:///etc/passwd"})
            ringo.expect("mms")
        """
    )
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*RingoWarning: the file has the address file:///etc/passwd*MEDIA-109*"])


def test_a_request_that_is_spoilt(suite: pytest.Pytester) -> None:
    """What the provider answered is for the test to judge; what cannot be spoilt is told."""
    suite.makepyfile(
        """
        import pytest

        def test_it(ringo):
            assert ringo.send_message("x", tamper="wrong_auth").status == 401
            assert ringo.send_message("x", tamper=["no_auth", "wrong_type"]).status == 401
            assert ringo.send_message("x", copies=2).status == 200
            for _ in range(2):
                ringo.expect("messageDelivered", messageid={"present": True})
            with pytest.raises(Exception, match="only tokens of OAuth2 expire"):
                ringo.send_message("x", tamper="expired_auth")

        @pytest.mark.asyncio
        async def test_async(ringo_async):
            assert (await ringo_async.send_message("x", tamper="broken_json")).status == 400
            assert (await ringo_async.send_file("https://x.test/cat.jpg", tamper="oversize")).status == 413
        """
    )
    suite.runpytest(*PLAIN).assert_outcomes(passed=2)


def test_a_failed_test_is_not_blamed_for_left_over_events(suite: pytest.Pytester) -> None:
    """The first reason counts."""
    suite.makepyfile("def test_it(ringo, post):\n    ringo.trigger('reply', content='x')\n    assert 0, 'my own'")
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*left over*")


@pytest.mark.parametrize(("setting", "outcome"), [("warn", {"passed": 1, "warnings": 1}), ("allow", {"passed": 1})])
def test_left_over_events_may_be_allowed(setting: str, outcome: dict[str, int], suite: pytest.Pytester) -> None:
    """The ini file says what becomes of them."""
    suite.makeini(INI.replace("error", "default") + f"ringo_unexpected = {setting}\n")
    suite.makepyfile("def test_it(ringo):\n    ringo.trigger('reply', content='x')")
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(**outcome)
    assert ("RingoWarning: unexpected: message {from:" in result.stdout.str()) == (setting == "warn")


@pytest.mark.parametrize(
    ("ini", "arguments", "outcome"),
    [
        ("", (), {"passed": 2}),
        ("ringo_fail_on = error WH-204\n", (), {"passed": 2}),
        ("ringo_fail_on = error WH-206\n", (), {"failed": 2}),
        ("ringo_fail_on = error\n", ("--ringo-fail-on=error,WH-206",), {"failed": 2}),
    ],
)
def test_findings_that_fail_a_test(
    ini: str, arguments: tuple[str, ...], outcome: dict[str, int], suite: pytest.Pytester
) -> None:
    """The ini file or an option says which, for tests and for scenarios that are tests."""
    suite.makeini(INI.replace("error", "default") + "ringo_scenarios = *.yaml\n" + ini)
    (suite.path / "text.yaml").write_text(
        "scenario: a text\nsteps:\n  - trigger: reply\n    with: {from: 0412345678, content: hi}\n  - expect: message\n"
    )
    suite.makepyfile(
        "def test_it(ringo):\n    ringo.trigger('reply', from_='0412345678', content='hi')\n    ringo.expect('message')"
    )
    result = suite.runpytest(*PLAIN, *arguments)
    result.assert_outcomes(**outcome)
    if "failed" in outcome:
        result.stdout.fnmatch_lines(["*WH-206   from is '0412345678', without a country code*"])


def test_a_provider_that_is_not_there_fails_the_test_before_it_begins(
    suite: pytest.Pytester, golden: SnapshotAssertion
) -> None:
    """Subscribe is not answered."""
    (suite.path / "ringo-emu.yaml").write_text(PROJECT.format(reference=REFERENCE, url="http://127.0.0.1:9"))
    suite.makepyfile("def test_it(ringo):\n    pass")
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(errors=1)
    assert block(result) == golden


# -- configuration

CONFIGS = {
    "nothing": "{}",
    "none": "None",
    "no-port": "{'integration': 'reference.json', 'port': 'http'}",
    "unknown-key": "{'integrations': 'x'}",
    "no-document": "{'integration': 'nowhere.json'}",
    "no-project": "{'project': 'nowhere.yaml'}",
    "no-mapping": "{'integration': 'reference.json', 'hosts': 'x'}",
    "no-value": "{'integration': 'reference.json'}",
    "unknown-property": "{'integration': 'reference.json', 'properties': {'API kee': 'abcd'}}",
    "unknown-public": "{'integration': 'reference.json', 'properties': {'API key': 'abcd'}, 'public': ['API kee']}",
    "public-no-list": "{'integration': 'reference.json', 'properties': {'API key': 'abcd'}, 'public': 'API key'}",
    "wrong-host": "{'integration': 'reference.json', 'properties': {'API key': 'abcd'}, 'hosts': {'x': 'y'}}",
    "host-of-no-request": (
        "{'integration': 'reference.json', 'properties': {'API key': 'abcd'}, "
        "'hosts': {'https://api.exampel.com': 'http://127.0.0.1:9'}}"
    ),
    "wrong-value": "{'integration': 'reference.json', 'values': {'profile.timeout': 'soon'}}",
    "taken-port": "{'integration': 'reference.json', 'properties': {'API key': 'abcd'}, 'port': TAKEN}",
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_wrong_configuration_is_told(
    name: str, pytester: pytest.Pytester, provider: str, golden: SnapshotAssertion
) -> None:
    """The message names the key, and how to mend it; there is no traceback."""
    shutil.copy(REFERENCE, pytester.path)
    config = CONFIGS[name].replace("TAKEN", provider.rpartition(":")[2])
    pytester.makeini(INI)
    pytester.makeconftest(
        f"import pytest\n@pytest.fixture(scope='session')\ndef ringo_config():\n    return {config}\n"
    )
    pytester.makepyfile("def test_it(ringo):\n    pass")
    result = pytester.runpytest(*PLAIN)
    result.assert_outcomes(errors=1)
    port = re.compile(r"port \d+")
    assert port.sub("port N", block(result).replace(str(pytester.path), "FOLDER")) == golden


def test_hosts_that_divert_nothing(suite: pytest.Pytester) -> None:
    """No test runs that would go to the live provider; the place in the project file is named."""
    file = suite.path / "ringo-emu.yaml"
    file.write_text(file.read_text("utf-8").replace("https://api.example.com", "https://api.exampel.com"), "utf-8")
    suite.makepyfile("def test_it(ringo):\n    pass")
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            '*ringo-emu.yaml:4:9*hosts: "https://api.exampel.com" begins no URL of the document*',
            '*did you mean "https://api.example.com"?*',
        ]
    )


def test_an_unknown_setting_is_refused_at_once(pytester: pytest.Pytester) -> None:
    """No test runs under a setting that means nothing."""
    pytester.makeini(INI + "ringo_unexpected = ignore\n")
    result = pytester.runpytest(*PLAIN)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: ringo_unexpected cannot be 'ignore': write one of fail, warn, allow"])


@pytest.mark.parametrize("how", ["found", "ini", "environment", "option"])
def test_the_project_file_may_be_named_in_three_ways(
    how: str, project_suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a name it is found; the option goes before the environment, that before the ini file."""
    options: list[str] = []
    if how != "found":
        folder = project_suite.mkdir("elsewhere")
        for name in ("ringo-emu.yaml", "reference.json"):
            (project_suite.path / name).rename(folder / name)
        project_suite.makeini(INI + f"ringo_project = {'elsewhere' if how == 'ini' else 'wrong'}/ringo-emu.yaml\n")
    if how in {"environment", "option"}:
        monkeypatch.setenv("RINGO_PROJECT", f"{'elsewhere' if how == 'environment' else 'wrong'}/ringo-emu.yaml")
    if how == "option":
        options = ["--ringo-project", "elsewhere/ringo-emu.yaml"]
    project_suite.makepyfile(
        "def test_it(ringo):\n    assert ringo.send_message('x').status == 200\n    ringo.expect('messageDelivered')"
    )
    project_suite.runpytest(*PLAIN, *options).assert_outcomes(passed=1)


def test_a_project_may_be_extended_and_its_process_left_out(project_suite: pytest.Pytester, provider: str) -> None:
    """The override of ringo_config adds to what is found."""
    project_suite.makeini(INI + "ringo_integration = other.json\n")
    (project_suite.path / "reference.json").rename(project_suite.path / "other.json")
    project_suite.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def ringo_config(ringo_config):
            hosts = {{"https://api.example.com": {provider!r}}}
            values = {{"organization.domain": "other"}}
            return {{**ringo_config, "provider": False, "hosts": hosts, "values": values}}
        """
    )
    project_suite.makepyfile(
        """
        def test_it(ringo, ringo_session):
            assert ringo_session.process is None
            ringo.send_message("x")
            ringo.expect("messageDelivered")
            assert b'"domain": "other"' in ringo.exchanges[0].request.body
        """
    )
    project_suite.runpytest(*PLAIN).assert_outcomes(passed=1)


# -- the provider in the same process, event loops, classes


def test_a_wsgi_provider_in_a_thread(pytester: pytest.Pytester) -> None:
    """The documentation's example of ringo_config."""
    pytester.makeini(INI)
    shutil.copy(REFERENCE, pytester.path / "acme.json")
    pytester.makeconftest(EXAMPLES["conftest.py"])
    pytester.makepyfile(acme=WSGI_PROVIDER, test_texts=EXAMPLES["test_texts.py"].partition("\n\n\n")[0])
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)


def test_an_aiohttp_provider_in_the_tests_own_loop(pytester: pytest.Pytester) -> None:
    """The documentation's example of ringo_async, under pytest-asyncio in auto mode."""
    pytester.makeini(INI + "asyncio_mode = auto\n")
    shutil.copy(REFERENCE, pytester.path / "acme.json")
    again = EXAMPLES["test_async.py"].rpartition("\n\n\n")[2].replace("test_text_is", "test_another_is")
    pytester.makepyfile(acme_async=AIOHTTP_PROVIDER, test_async=EXAMPLES["test_async.py"] + "\n\n" + again)
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


def test_strict_mode_and_all_that_ringo_async_can_do(suite: pytest.Pytester) -> None:
    """Every method of it, under pytest-asyncio in strict mode."""
    suite.makepyfile(
        """
        import asyncio
        import pytest

        @pytest.mark.asyncio
        async def test_all(ringo_async):
            assert (await ringo_async.subscribe()).status == 201
            one, two = await asyncio.gather(ringo_async.send_message("one"), ringo_async.send_message("two"))
            await ringo_async.expect("messageDelivered", messageid=two.messageid)
            await ringo_async.expect("messageDelivered", messageid=one.messageid)
            await ringo_async.send_file("https://files.example.com/cat.jpg")
            await ringo_async.expect("messageDelivered")
            await ringo_async.trigger("reply", content="pong")
            assert (await ringo_async.expect("message")).content == "pong"
            await ringo_async.request("GET", ringo_async.exchanges[0].sent_to)
            await ringo_async.expect_none("message", within=0.01)
            kinds = [each.kind for each in ringo_async.exchanges if each.direction == "out"]
            assert kinds == ["Subscribe", "SendMessage", "SendMessage", "SendFile", "trigger", "request"]

        @pytest.mark.asyncio
        async def test_failure(ringo_async):
            await ringo_async.expect("message", within=0.01)

        @pytest.mark.asyncio
        async def test_left_over(ringo_async):
            await ringo_async.trigger("reply", content="pong")

        @pytest.mark.asyncio
        async def test_sync_call(ringo):
            ringo.send_message("x")
        """
    )
    result = suite.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            '>*await ringo_async.expect("message", within=0.01)',
            "E*ExpectationError: A message comes in   waited 0.0 s",
            "Events are left over",
            '>*ringo.send_message("x")',
            "E*UsageError: use ringo_async here: an event loop runs in this thread*",
        ]
    )
    result.stdout.no_fnmatch_line("*emulator/faces*")


def test_without_a_plugin_for_event_loops(suite: pytest.Pytester) -> None:
    """Any loop of asyncio will do."""
    suite.makepyfile(
        """
        import asyncio
        import pytest

        def test_it(ringo_async):
            async def conversation():
                await ringo_async.send_message("x")
                await ringo_async.expect("messageDelivered")

            asyncio.run(conversation())

        def test_another_loop(ringo_async):
            with pytest.raises(Exception, match="this needs a running event loop of asyncio"):
                ringo_async.send_message("x").send(None)
        """
    )
    suite.makeini("[pytest]\nfilterwarnings = error\n")
    suite.runpytest_subprocess(*PLAIN, "-p", "no:asyncio", "-p", "no:aiohttp").assert_outcomes(passed=2)


def test_classes_of_unittest(suite: pytest.Pytester) -> None:
    """The documentation's example, a failure, and events that are left over."""
    suite.makepyfile(
        EXAMPLES["test_classes.py"]
        + """
    def test_failure(self):
        self.ringo.unexpected = "allow"
        self.assertEqual(self.ringo.send_message("x").status, 500)

    def test_left_over(self):
        self.ringo.trigger("reply", content="x")
"""
    )
    result = suite.runpytest(*PLAIN)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*AssertionError: 200 != 500", "*- ringo exchanges -*", "Events are left over"])


# -- scenario files

TAGGED = """
scenario: A text goes out
tags: [smoke, "two words"]
steps: [send_message: ping, expect: messageDelivered]
---
scenario: A reply comes in
tags: [replies]
steps:
  - trigger: reply
    with: {content: pong}
  - expect: {message: ping}
    within: 50ms
---
scenario: A warning is given
unexpected: warn
steps:
  - trigger: reply
    with: {content: pong}
    check: {status: 200}
"""


@pytest.fixture
def scenario_suite(project_suite: pytest.Pytester) -> pytest.Pytester:
    """A suite of scenarios: two pass, one with a warning, and one fails."""
    project_suite.makeini(INI.replace("error", "default") + "ringo_scenarios =\n  *.yaml\naddopts = --strict-markers\n")
    (project_suite.path / "first-conversation.yaml").unlink()
    (project_suite.path / "texts.yaml").write_text(TAGGED)
    return project_suite


def test_scenarios_are_tests(scenario_suite: pytest.Pytester, golden: SnapshotAssertion) -> None:
    """Each has an id, tags that are marks, and if it fails its block alone; --lf runs that again."""
    options = ["-p", "no:randomly", "-p", "no:syrupy"]
    result = scenario_suite.runpytest(*options, "-v", "-rf")
    result.assert_outcomes(passed=2, failed=1, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "texts.yaml::A text goes out PASSED*",
            "texts.yaml::A reply comes in FAILED*",
            "  texts.yaml:14: RingoWarning: unexpected: message {from:*",
        ]
    )
    assert "PASS " not in block(result)
    assert block(result) == golden
    again = scenario_suite.runpytest(*options, "--lf")
    again.assert_outcomes(failed=1)
    assert "emulator/faces" not in result.stdout.str()


def test_a_pattern_that_matches_no_file(scenario_suite: pytest.Pytester) -> None:
    """Scenarios that are never played would be a test run that is green for nothing: that is an error."""
    found = scenario_suite.runpytest(*PLAIN, "-o", "ringo_scenarios=scenario/*.yaml")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    assert "ringo_scenarios: no file matches 'scenario/*.yaml' in " in found.stderr.str()


def test_copies_of_failed_scenarios_are_no_tests(scenario_suite: pytest.Pytester) -> None:
    """A pattern's star does not reach into hidden folders, whatever pytest searches; who names a file there gets it."""
    copy = scenario_suite.path / ".ringo-emu/failures/01-x/texts.yaml"
    copy.parent.mkdir(parents=True)
    shutil.copy(scenario_suite.path / "texts.yaml", copy)
    everywhere = [*PLAIN, "--collect-only", "-q", "-o", "norecursedirs=nothing"]
    assert "3 tests collected" in scenario_suite.runpytest(*everywhere).stdout.str()
    assert "3 tests collected" in scenario_suite.runpytest(*everywhere, str(copy)).stdout.str()
    pattern = ["-o", "ringo_scenarios=.ringo-emu/failures/*.yaml"]
    assert "3 tests collected" in scenario_suite.runpytest(*everywhere, *pattern).stdout.str()


@pytest.mark.parametrize(
    ("options", "selected"),
    [
        (["-k", "text and goes"], ["A text goes out"]),
        (["-k", "words"], ["A text goes out"]),
        (["-m", "smoke"], ["A text goes out"]),
        (["-m", "not smoke"], ["A reply comes in", "A warning is given"]),
        (["texts.yaml::A warning is given"], ["A warning is given"]),
    ],
)
def test_scenarios_are_chosen_like_tests(
    options: list[str], selected: list[str], scenario_suite: pytest.Pytester
) -> None:
    """By name, by tag, by id."""
    result = scenario_suite.runpytest(*PLAIN, "--collect-only", "-q", *options)
    found = re.findall(r"(?m)^texts\.yaml::(.*)$", result.stdout.str())
    assert found == selected


def test_a_broken_scenario_file_is_told(scenario_suite: pytest.Pytester, golden: SnapshotAssertion) -> None:
    """With its line and column, and without a traceback."""
    (scenario_suite.path / "texts.yaml").write_text("scenario: A text\nsteps:\n  - send_mesage: ping\n")
    result = scenario_suite.runpytest(*PLAIN)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert block(result) == golden


def test_scenarios_need_a_project(scenario_suite: pytest.Pytester) -> None:
    """They are read before fixtures are: what is missing is told while they are collected."""
    (scenario_suite.path / "ringo-emu.yaml").unlink()
    result = scenario_suite.runpytest(*PLAIN)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["error: no ringo-emu.yaml here or in a folder above*", "  mend: write one*"])


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_what_the_environment_overrules(
    scenario_suite: pytest.Pytester, workers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once, however many tests and workers read the project."""
    file = scenario_suite.path / "ringo-emu.yaml"
    file.write_text(file.read_text("utf-8").replace("demo-key", "$env.RINGO_KEY$"), "utf-8")
    (scenario_suite.path / ".env").write_text("RINGO_KEY=of-the-file\n", "utf-8")
    monkeypatch.setenv("RINGO_KEY", "demo-key")
    scenario_suite.makepyfile(EXAMPLES["test_texts.py"])
    result = scenario_suite.runpytest_subprocess(*PLAIN, *workers)
    assert result.stdout.str().count("warning: RINGO_KEY: .env has another value than the environment") == 1


def test_every_worker_has_an_emulator_of_its_own(scenario_suite: pytest.Pytester) -> None:
    """Under xdist scenarios and tests run at the same time, and do not hear each other."""
    scenario_suite.makepyfile(EXAMPLES["test_texts.py"])
    result = scenario_suite.runpytest_subprocess(*PLAIN, "-n", "2", "-rf")
    result.assert_outcomes(passed=4, failed=1, warnings=1)
    result.stdout.fnmatch_lines(["  see *ringo-emu journal show * --journal .ringo-emu/run.gw*.db*"])
    assert {each.name for each in (scenario_suite.path / ".ringo-emu").glob("run*")} <= {"run.gw0.db", "run.gw1.db"}


# -- runs that do not use it

HEAVY = {"aiohttp", "pydantic", "yaml", "sqlite3", "click", "structlog", "emulator.errors", "emulator.faces.testing"}


def test_a_plain_run_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    """Who does not use it does not pay for it: the plugin is there, and nothing that it needs."""
    pytester.makepyfile(
        f"""
        import sys
        from pathlib import Path

        def test_it():
            plugin = "emulator.faces.pytest_plugin" in sys.modules
            Path(f"imported-{{plugin}}.txt").write_text(" ".join(sorted({HEAVY!r} & set(sys.modules))))
        """
    )
    others = [f"-pno:{name}" for name in ("asyncio", "aiohttp", "randomly", "syrupy", "hypothesispytest", "xdist")]
    for more in ([], ["-pno:ringo_emu"]):  # coverage, where it measures, has imports of its own
        assert pytester.run(sys.executable, "-m", "pytest", *others, *more).ret == 0
    with_it, without_it = (pytester.path / f"imported-{each}.txt" for each in (True, False))
    assert with_it.read_text() == without_it.read_text()


def test_a_scenario_that_needs_a_person_is_skipped(scenario_suite: pytest.Pytester) -> None:
    """Nobody answers in a test run; the reason is given. A test of one's own is told the same."""
    file = scenario_suite.path / "ringo-emu.yaml"
    file.write_text(file.read_text().replace("triggers:\n", "triggers:\n  phone: {ask: Send '$content$'}\n"))
    step = "trigger: phone\n    with: {content: pong}\n"
    (scenario_suite.path / "texts.yaml").write_text(f"scenario: By hand\nsteps:\n  - {step}  - expect: message\n")
    scenario_suite.makepyfile("def test_it(ringo):\n    ringo.trigger('phone', content='pong')\n")
    result = scenario_suite.runpytest(*PLAIN, "-rsf")
    result.assert_outcomes(skipped=1, failed=1)
    result.stdout.fnmatch_lines(["SKIPPED * nobody is there to ask: Send 'pong'"])
    result.stdout.fnmatch_lines(["*UsageError: nobody is there to ask: Send 'pong'*"])


def test_a_trigger_that_runs_a_command(project_suite: pytest.Pytester) -> None:
    """It has no status; what it printed is its answer."""
    file = project_suite.path / "ringo-emu.yaml"
    command = "tool: {run: [$python$, -c, 'import sys; print(sys.argv[1:])', $content$]}"
    file.write_text(file.read_text().replace("triggers:\n", f"triggers:\n  {command}\n"))
    project_suite.makepyfile(
        "def test_it(ringo):\n"
        "    answer = ringo.trigger('tool', content='pong')\n"
        "    assert (answer.status, answer.exchange, answer.answer) == (None, None, \"['pong']\")\n"
    )
    project_suite.runpytest(*PLAIN).assert_outcomes(passed=1)
