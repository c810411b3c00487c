"""``oauth`` connects the account anew, lets its access token expire, or has the provider revoke its tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.engine.clock import SystemClock
from emulator.engine.journal import open_journal
from emulator.engine.platform import open_platform
from emulator.errors import ScenarioError
from emulator.faces.session import settings_of
from emulator.provider.app import make_provider
from emulator.provider.settings import ProviderSettings
from emulator.scenario.loading import load_scenarios
from emulator.scenario.project import load_project
from emulator.scenario.results import Failure, ScenarioResult, Status
from emulator.scenario.running import run_scenario

if TYPE_CHECKING:
    from pytest_aiohttp import AiohttpServer

    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project
    from tests.scenario.conftest import Stage

SCENARIOS = Path(__file__).parents[3] / "scenarios"
REVOKE = (
    "{revoke: {POST: https://api.example.com/oauth2/revoke, "
    "form: {token: $refresh_token$, client_id: $client_id$, client_secret: $client_secret$}}}"
)
CONNECT = "  - oauth: connect\n"
SEND = "  - send_message: hello\n    check: {status: 200}\n"


class Connected:
    """A project whose provider wants OAuth2, and the way to play scenarios there."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.oauth = "{}"
        self.kinds: list[str] = []
        """What went out or came in, in order."""

    def load(self, steps: str) -> tuple[Project, Scenario]:
        """The project, and a scenario of these steps."""
        document = SCENARIOS / "reference-oauth2.json"
        (self.folder / "ringo-emu.yaml").write_text(
            f"integration: {document}\nproperties: {{Client ID: demo-client, Client Secret: demo-client-secret}}\n"
            f"hosts: {{https://api.example.com: {self.url}}}\noauth: {self.oauth}\n"
        )
        (self.folder / "x.yaml").write_text(f"scenario: OAuth2\nunexpected: allow\nsteps:\n{steps}")
        project = load_project(self.folder / "ringo-emu.yaml", environment={})
        (scenario,) = load_scenarios([self.folder / "x.yaml"], project)
        return project, scenario

    async def play(self, steps: str) -> ScenarioResult:
        """Play it."""
        project, scenario = self.load(steps)
        with open_journal(redactor=project.redactor) as journal:
            async with open_platform(settings_of(project), journal, clock=SystemClock()) as platform:
                result = await run_scenario(scenario, project, platform)
            self.kinds = [each.kind for each in journal.last()]
            assert "demo-client-secret" not in json.dumps([each.outcome for each in journal.last()])
        return result


@pytest.fixture
async def connected(tmp_path: Path, aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch) -> Connected:
    """A project with the reference provider, in the current folder."""
    monkeypatch.chdir(tmp_path)
    server = await aiohttp_server(make_provider(ProviderSettings(auth="oauth2")))
    return Connected(tmp_path, str(server.make_url("")).rstrip("/"))


def _failure(result: ScenarioResult) -> Failure:
    ((_, _, _, failure),) = result.failures
    return failure


async def test_an_account_is_connected(connected: Connected) -> None:
    """The whole flow is gone through, and its last answer may be checked."""
    result = await connected.play(
        f"{CONNECT}    as: it\n    check: {{status: 200, body: {{$.token_type: {{matches: (?i)bearer}}}}}}\n"
        f"{SEND}  - note: $it.status$ $it.exchange$\n"
    )
    assert Status.PASSED is result.status, result.failures
    names = [step.name for step in result.steps]
    assert "The account is connected" in names
    assert 2 == connected.kinds.count("token")  # one before Subscribe, and one for the step


async def test_a_token_that_has_expired(connected: Connected) -> None:
    """The next request has it renewed first, which can be checked; the one after that needs no renewal."""
    renewed, kept = (SEND.replace("200", f"200, refreshed: {word}") for word in ("true", "false"))
    result = await connected.play(f"  - oauth: expire\n{renewed}{kept}")
    assert Status.PASSED is result.status, result.failures
    assert connected.kinds.index("refresh") < connected.kinds.index("SendMessage")
    assert "The access token expires" in [each.detail for each in result.timeline]


async def test_tokens_that_are_revoked(connected: Connected) -> None:
    """The provider is asked to; the next request shows what it makes of them."""
    connected.oauth = REVOKE
    result = await connected.play(f"  - oauth: revoke\n    check: {{status: 200}}\n{SEND}")
    assert "revoke" in connected.kinds
    assert [("The tokens are revoked", Status.PASSED), ("SendMessage", Status.FAILED)] == [
        (step.name, step.status) for step in result.steps[1:]
    ]


async def test_nobody_says_how_to_revoke(connected: Connected) -> None:
    """The document has no address for it: the project file may."""
    failure = _failure(await connected.play("  - oauth: revoke\n"))
    assert ("SCN-506", "oauth can be done") == (failure.code, failure.expected)
    assert failure.received.startswith("nothing says how to revoke")


@pytest.mark.parametrize("key", ["check", "fail_if"])
async def test_an_expiry_has_no_answer(key: str, connected: Connected) -> None:
    """There is nothing to check: told when loading, or where the word comes late, in the run."""
    check = f"    {key}: {{status: 200}}\n"
    with pytest.raises(ScenarioError) as caught:
        connected.load(f"  - oauth: expire\n{check}")
    said = "oauth: expire makes no request: there is nothing to check"
    assert [said] == [each.message for each in caught.value.findings]
    late = f"  - for_each: {{name: word, in: [expire], steps: [{{oauth: $word$, {check.strip()}}}]}}\n"
    result = await connected.play(late)
    assert [said] == [failure.received for _, _, _, failure in result.failures]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("oauth: conect", 'action cannot be "conect" | did you mean "connect"?'),
        ("oauth: [connect]", "action cannot be a list | "),
        ("oauth:", 'action cannot be null | use one of: "connect", "expire", "revoke"'),
        ("oauth: connect\n    within: 5s", '"within" does not go with oauth | with oauth go '),
    ],
    ids=["misspelt", "list", "nothing", "within"],
)
def test_a_step_that_is_wrong(step: str, told: str, connected: Connected) -> None:
    """It takes one of three words."""
    with pytest.raises(ScenarioError) as caught:
        connected.load(f"  - {step}\n")
    (finding,) = caught.value.findings
    assert f"{finding.message} | {finding.remedy}".startswith(told)


def test_a_document_without_oauth2(stage: Stage) -> None:
    """There is nothing to connect."""
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: None\nsteps:\n{CONNECT}")
    (finding,) = caught.value.findings
    assert ("roundtrip.yaml:3:5", "the integration document has no OAuth2", "add it, or remove this step") == (
        str(finding.where),
        finding.message,
        finding.remedy,
    )
