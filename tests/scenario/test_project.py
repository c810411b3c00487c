"""The project file: what is local, read, filled and checked before anything runs."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulator.errors import DocumentError, InputError, ProjectError, UsageError
from emulator.scenario.project import Overrides, Project, load_project, shown_path
from emulator.scenario.searching import find_project_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syrupy.assertion import SnapshotAssertion

    Open = Callable[..., Project]

REFERENCE = Path(__file__).parents[2] / "scenarios/reference.json"
SECRET = "s3cret-value"
MINIMAL = f"integration: acme.json\nproperties: {{API key: {SECRET}}}\n"
TRIGGERS = f"""\
{MINIMAL}
triggers:
  a: {{request: {{PSOT: http://x}}}}
  b: {{request: {{json: {{}}}}}}
  c: {{request: {{GET: http://x, POST: http://x, body: a, form: {{b: c}}}}}}
  d: {{request: http://x}}
  e: {{request: {{POST: http://x, json: {{from: $env.NOBODY$, to: $anything$}}, header: {{}}}}}}
  f: {{request: {{POST: null}}}}
  g: {{}}
  h: {{run: [x], ask: y, request: {{POST: http://x}}}}
  i: {{ask: y, within: 5s}}
  j: {{request: null}}
"""
SHAPES = f"""\
{MINIMAL}
triggers:
  a: {{run: []}}
  b: {{run: x}}
  c: {{run: [x], within: 5}}
  d: {{run: [x], within: $env.T$}}
  e: {{rum: [x]}}
  f: {{run: [[x], null]}}
  g: {{ask: [x]}}
"""


PROCESSES = f"""\
{MINIMAL}
provider: {{run: [x], ready: http://127.0.0.1:1/, folder: gone}}
triggers:
  a: {{run: [x], folder: gone}}
  b: {{ask: x, env: {{A: b}}, folder: gone}}
"""


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Loads a project file of that text, beside the reference document, from the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme.json").write_bytes(REFERENCE.read_bytes())

    def open_file(text: str, environment: Mapping[str, str] | None = None, **overrides: Any) -> Project:
        (tmp_path / "ringo-emu.yaml").write_text(text, "utf-8")
        return load_project(Path("ringo-emu.yaml"), Overrides(**overrides), environment=environment or {})

    return open_file


def _told(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [f"{finding.where}  {finding.message} | {finding.remedy}" for finding in error.value.findings]


# -- where it is


def test_it_is_found_here_or_above(tmp_path: Path) -> None:
    """The nearest folder upwards that has the file has the project."""
    below = tmp_path / "a/b"
    below.mkdir(parents=True)
    assert find_project_file(below) is None
    for folder in (tmp_path, tmp_path / "a"):
        (folder / "ringo-emu.yaml").write_text(MINIMAL)
        assert folder / "ringo-emu.yaml" == find_project_file(below)


def test_a_folder_of_that_name_is_none(tmp_path: Path) -> None:
    """Only a file is a project file."""
    (tmp_path / "ringo-emu.yaml").mkdir()
    assert find_project_file(tmp_path) is None


def test_paths_are_shown_as_one_would_type_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside the current folder a path is relative, elsewhere it is as it was given."""
    monkeypatch.chdir(tmp_path)
    assert "a/b.yaml" == shown_path(tmp_path / "a/b.yaml")
    assert "../other.yaml" == shown_path(Path("../other.yaml"))


# -- what it says


def test_defaults(opened: Open, tmp_path: Path) -> None:
    """An integration document and its properties are all that a project must name."""
    project = opened(MINIMAL)
    assert tmp_path.resolve() == project.folder
    assert tmp_path.resolve() / ".ringo-emu" == project.state_folder
    assert ("acme", "+61123456789", ("+61855555555",)) == (
        project.organization.domain,
        project.organization.contact,
        project.organization.numbers,
    )
    assert ("account", {}, None) == (project.file.isolation, project.hosts, project.file.provider)


def test_text_stays_text(opened: Open) -> None:
    """Numbers keep their plus and zeros, without quotes; a quoted version number is one too."""
    text = (
        f"{MINIMAL}version: '1'\n"
        "organization:\n  domain: 007\n  users: [{extension: 0101, numbers: [+61855555555]}]\n  contact: +61123456789\n"
        "profile: {timeout: 250ms, retries: 2, max_webhook_body: 2 KiB, success: [200, 2xx]}\n"
    )
    project = opened(text)
    assert ("007", "+61123456789") == (project.organization.domain, project.organization.contact)
    assert ("0101", ("+61855555555",)) == (
        project.organization.users[0].extension,
        project.organization.users[0].numbers,
    )
    profile = project.file.profile
    assert (0.25, 2, 2048, ("200", "2xx")) == (
        profile.timeout,
        profile.retries,
        profile.max_webhook_body,
        profile.success,
    )


def test_secrets_are_masked_in_every_writing(opened: Open) -> None:
    """Properties, what the authorization makes of them, and whatever secrets names are secret."""
    project = opened(f"{MINIMAL}secrets: [other-secret, 12345678]\n")
    assert "*** *** ***" == project.redactor.text(f"{SECRET} other-secret 12345678")


def _project(tmp_path: Path, text: str) -> str:
    """The text of a project file beside a document with properties of every kind."""
    document = json.loads((tmp_path / "acme.json").read_text("utf-8"))
    document["properties"] = ["API key", "Region", "Server", "Account ID", "Sender"]
    send = document["API"]["SendMessage"]
    send["request_url"] = "https://$Server$/v2/$Account ID$"
    send["request_parameters"] |= {"region": "$Region$", "sender": "$Sender$"}
    (tmp_path / "acme.json").write_text(json.dumps(document), "utf-8")
    properties = "API key: wrong, Region: us-east-1, Server: api.x.example, Account ID: '1234', Sender: '61855555555'"
    return f"integration: acme.json\nproperties: {{{properties}}}\n{text}"


def test_what_is_public_is_shown(opened: Open, tmp_path: Path) -> None:
    """What public names, a host, and what the organization is known by are no secret; other properties are."""
    opened(MINIMAL)
    project = opened(_project(tmp_path, "public: [Region]\n"))
    text = "us-east-1 api.x.example +61855555555 61855555555 acme 1234 wrong"
    assert text.replace("1234 wrong", "*** ***") == project.redactor.text(text)
    without = opened(_project(tmp_path, ""))
    assert "***" == without.redactor.text("us-east-1")


def test_what_is_public_by_an_option(opened: Open, tmp_path: Path) -> None:
    """An option adds to what the file says."""
    opened(MINIMAL)
    project = opened(_project(tmp_path, "public: [Region]\n"), public=("Account ID",))
    assert ("Region", "Account ID") == project.file.public
    assert "us-east-1 1234 ***" == project.redactor.text("us-east-1 1234 wrong")


def test_public_names_a_property(opened: Open, tmp_path: Path) -> None:
    """A name that the document does not have is told, with what it may have meant."""
    opened(MINIMAL)
    with pytest.raises(ProjectError) as caught:
        opened(_project(tmp_path, "public: [Regoin]\n"))
    (finding,) = caught.value.findings
    assert 'the document has no property "Regoin"' == finding.message
    assert finding.remedy.startswith('did you mean "Region"?')
    assert finding.where is not None
    assert (3, 10) == (finding.where.line, finding.where.column)


# -- placeholders


@pytest.mark.parametrize(
    ("dot_env", "environment", "expected"),
    [
        ("KEY=abcd", {}, "abcd"),
        ("KEY=abcd", {"KEY": "efgh"}, "efgh"),
        ("export KEY = 'a b'  # why", {}, "a b"),
        ('KEY="a # b"', {}, "a # b"),
        ("KEY=a#b # comment", {}, "a#b"),
        ("# KEY=no\nKEY=", {}, ""),
        ("\ufeffKEY=abcd\nnonsense", {}, "abcd"),
        ("", {"KEY": "$x$ and $5"}, "$x$ and $5"),
    ],
    ids=[
        "file",
        "environment-wins",
        "quotes-and-export",
        "hash-in-quotes",
        "comment",
        "empty",
        "bom",
        "not-read-again",
    ],
)
def test_environment(opened: Open, tmp_path: Path, dot_env: str, environment: dict[str, str], expected: str) -> None:
    """$env.NAME$ is the environment's, else that of .env beside the file."""
    (tmp_path / ".env").write_text(dot_env, "utf-8")
    project = opened("integration: acme.json\nproperties: {API key: $env.KEY$}\n", environment)
    assert {"API key": expected} == project.file.properties


@pytest.mark.parametrize(("environment", "overruled"), [({"KEY": "other"}, ("KEY",)), ({"KEY": "same"}, ()), ({}, ())])
def test_a_line_that_the_environment_overrules(
    opened: Open, tmp_path: Path, environment: dict[str, str], overruled: tuple[str, ...]
) -> None:
    """A name that is used and has two values is known, to be told; one that is not used is nobody's concern."""
    (tmp_path / ".env").write_text("KEY=same\nUSERNAME=a\n", "utf-8")
    text = "integration: acme.json\nproperties: {API key: $env.KEY$}\n"
    assert opened(text, {**environment, "USERNAME": "b"}).overruled == overruled


def test_ports_and_python(opened: Open) -> None:
    """$port.x$ is one free port wherever it stands, in triggers too; $python$ is this Python."""
    project = opened(
        f"{MINIMAL}"
        "provider: {run: [$python$, --port, $port.sms$, $port.other$], ready: 'http://127.0.0.1:$port.sms$/'}\n"
        "triggers: {reply: {request: {POST: 'http://127.0.0.1:$port.only-here$/$port.sms$'}}}\n"
    )
    assert project.file.provider is not None
    python, _, port, other = project.file.provider.run
    assert sys.executable == python
    assert f"http://127.0.0.1:{port}/" == project.file.provider.ready
    assert (port, other) == (project.names["port.sms"], project.names["port.other"])
    assert 0 < int(project.names["port.only-here"]) < 65536


def test_ports_of_suites_that_begin_alike(opened: Open) -> None:
    """Suites run side by side, often from one seed: no port may follow from it."""
    text = f"{MINIMAL}triggers: {{reply: {{request: {{POST: 'http://127.0.0.1:$port.a$/'}}}}}}\n"
    found = []
    for _ in range(2):
        random.seed(1)
        found.append([opened(text).names["port.a"] for _ in range(3)])
    assert found[0] != found[1]


def test_doubled_dollars(opened: Open) -> None:
    """A dollar of the file is written twice; one without a partner is itself."""
    project = opened("integration: acme.json\nproperties: {API key: a$$b$$c$}\n")
    assert {"API key": "a$b$c$"} == project.file.properties


# -- options in its place


def test_options_win(opened: Open, tmp_path: Path) -> None:
    """Every value can be given by an option; what an option says is taken literally."""
    (tmp_path / "$other$.json").write_bytes(REFERENCE.read_bytes())
    project = opened(
        "integration: acme.json\nhosts: {https://a.example: http://127.0.0.1:1}\n",
        integration="$other$.json",
        properties={"API key": "a$b$c=d"},
        hosts={"https://api.example.com": "http://127.0.0.1:2"},
        public_url="https://tunnel.example/$x$",
        values={
            "profile.timeout": "2s",
            "profile.retries": "3",
            "profile.success": "[202, 2xx]",
            "organization.contact": "+4930123456",
            "organization.users": '[{extension: 1, numbers: ["+4911111111"]}]',
            "organization.users.0.name": "[Bob $5",
            "isolation": "none",
        },
    )
    file = project.file
    assert str(tmp_path.resolve() / "$other$.json") == file.integration
    assert {"API key": "a$b$c=d"} == file.properties
    assert {"https://a.example": "http://127.0.0.1:1", "https://api.example.com": "http://127.0.0.1:2"} == project.hosts
    assert ("https://tunnel.example/$x$", "none") == (file.public_url, file.isolation)
    assert (2.0, 3, ("202", "2xx")) == (file.profile.timeout, file.profile.retries, file.profile.success)
    assert ("+4930123456", "[Bob $5") == (project.organization.contact, project.organization.users[0].name)


def test_options_are_written_as_the_file(opened: Open) -> None:
    """What -o gives is filled as the file is; where one name means a port, it is the same port everywhere."""
    project = opened(
        f"{MINIMAL}hosts: {{https://api.example.com: http://127.0.0.1:$port.hop$}}\n",
        environment={"CONTACT": "+4930123456"},
        values={
            "provider.run": "[$python$, app.py, --port, $port.hop$]",
            "provider.ready": "http://127.0.0.1:$port.hop$/",
            "organization.contact": "$env.CONTACT$",
            "organization.domain": "a$$b$$",
        },
    )
    provider = project.file.provider
    assert provider is not None
    assert (sys.executable, "app.py", "--port", project.names["port.hop"]) == provider.run
    assert f"http://127.0.0.1:{project.names['port.hop']}" == project.hosts["https://api.example.com"]
    assert ("+4930123456", "a$b$") == (project.organization.contact, project.organization.domain)


def test_a_placeholder_of_an_option_without_a_value(opened: Open) -> None:
    """It is told, at the option, before anything is started."""
    with pytest.raises(ProjectError) as caught:
        opened(MINIMAL, values={"organization.contact": "$env.NOBODY$", "organization.domain": "$prot.x$"})
    variable, name = _told(caught)
    assert variable.startswith("-o organization.contact  the environment variable NOBODY is not set | set NOBODY, or")
    assert name.startswith("-o organization.domain  nothing supplies $prot.x$ | ")
    assert name.endswith("A dollar is written $$.")


def test_an_option_takes_away(opened: Open) -> None:
    """Null takes away what the file has, and what it has not; what there cannot be is told."""
    text = f"{MINIMAL}provider: {{run: [x], ready: http://127.0.0.1:1/, ready_within: 1s}}\n"
    text += "organization: {contact: +4930123456}\n"
    project = opened(text, values={"provider": "null", "organization.contact": "null", "public_url": "null"})
    assert (None, None) == (project.file.provider, project.file.public_url)
    assert "+61123456789" == project.organization.contact
    project = opened(text, values={"provider.ready_within": "null"})
    assert project.file.provider is not None
    assert 30.0 == project.file.provider.ready_within
    with pytest.raises(ProjectError) as caught:
        opened(text, values={"providr": "null"})
    (told,) = _told(caught)
    assert told.startswith('-o providr  unknown key "providr" | use one of: "ca_file", ')


def test_a_process_has_an_environment_and_a_folder(opened: Open, tmp_path: Path) -> None:
    """Placeholders are filled in both, and what a variable's name calls secret is masked."""
    (tmp_path / "service").mkdir()
    project = opened(
        f"{MINIMAL}provider: {{run: [node, server.js], folder: $env.WHERE$, ready: http://127.0.0.1:$port.hop$/,\n"
        "  env: {PORT: $port.hop$, DEBUG: 1, DB_PASSWORD: hunter}}\n",
        environment={"WHERE": "service"},
    )
    provider = project.file.provider
    assert provider is not None
    assert {"PORT": project.names["port.hop"], "DEBUG": "1", "DB_PASSWORD": "hunter"} == provider.env
    assert "service" == provider.folder
    assert "*** DEBUG" == project.redactor.text("hunter DEBUG")


def test_options_alone(opened: Open, tmp_path: Path) -> None:
    """No project file is needed where options say enough."""
    del opened
    project = load_project(None, Overrides(integration="acme.json", properties={"API key": "abcd"}), environment={})
    assert ("reference-sms", tmp_path.resolve()) == (project.integration.document.id, project.folder)


def test_neither_file_nor_option() -> None:
    """Without any word of an integration document it is said what is missing."""
    with pytest.raises(UsageError, match=r"no ringo-emu\.yaml here or in a folder above, and no --integration"):
        load_project(None)


def test_a_file_that_is_not_there() -> None:
    """A project file that was named must be there."""
    with pytest.raises(UsageError, match=r"other\.yaml cannot be read: No such file"):
        load_project(Path("other.yaml"))


# -- what is wrong with it


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        ("", {}),
        ("- integration: acme.json", {}),
        (f"{MINIMAL}---\n{MINIMAL}", {}),
        ("x" * 1_100_000, {}),
        (f"{MINIMAL}a: b: c\n", {}),
        (f"{MINIMAL}version: 2\n", {}),
        ("integration: acme.json\n", {}),
        (f"{MINIMAL}profil: {{timeout: 5s}}\nOrganization: {{}}\n", {}),
        (f"{MINIMAL}profile: {{timout: 5s, timeout: 5, retries: many, unset: dropp, success: [20x]}}\n", {}),
        (f"{MINIMAL}organization: {{users: []}}\nisolation: acount\n", {}),
        ("integration: acme.json\nproperties:\n  API kye: s3cret-value\n", {}),
        ("integration: acme.json\nproperties: {API key: $env.ACME_KEY$}\nprovider: {run: [$pyton$], ready: x}\n", {}),
        (f"{MINIMAL}hosts: {{api.example.com: 127.0.0.1:8080, 'https://a.example': 'ftp://x'}}\n", {}),
        (f"{MINIMAL}public_url: tunnel\nprovider: {{run: [x], ready: health}}\n", {}),
        (
            TRIGGERS,
            {},
        ),
        (SHAPES, {}),
        ("integration: other.json\n", {}),
        (f"{MINIMAL}triggers: {{e: {{POST: http://x}}}}\n", {}),
        (f"{MINIMAL}oauth: {{consent: [{{POST: $pge$}}, x], revoke: {{PSOT: http://x}}, refresh_token: $page$}}\n", {}),
        (f"{MINIMAL}oauth: {{consent: {{POST: a, GET: $page$, json: $hidden.x$}}, revoke: [], consnt: 1}}\n", {}),
        (f"{MINIMAL}provider: {{run: [x], ready: http://127.0.0.1:1/, folders: x, port: 1}}\n", {}),
        (PROCESSES, {}),
        (MINIMAL, {"integration": "other.json"}),
        (MINIMAL, {"values": {"profile.timout": "5s", "organization.users.5.name": "x"}}),
        (MINIMAL, {"hosts": {"https://x": "nowhere"}, "properties": {"API kye": "abcd"}, "public_url": "x"}),
    ],
    ids=[
        "empty", "list", "two-documents", "too-large", "not-yaml", "version", "property-missing", "unknown-keys",
        "profile", "organization", "unknown-property", "placeholders", "hosts", "urls", "triggers", "trigger-shapes",
        "no-document", "no-request", "oauth-names", "oauth-requests", "unknown-keys-of-a-process",
        "processes", "no-document-by-option", "options",
        "other-options",
    ],
)  # fmt: skip
def test_what_is_wrong(opened: Open, text: str, overrides: dict[str, Any], golden: SnapshotAssertion) -> None:
    """Everything that is wrong is told at once, with its place, or the option that brought it, and how to mend it."""
    with pytest.raises(ProjectError) as caught:
        opened(text, **overrides)
    assert golden == "\n".join(_told(caught)) + "\n"


def test_a_document_that_cannot_be_played(opened: Open, tmp_path: Path) -> None:
    """The document's own mistakes are told as such."""
    document = json.loads(REFERENCE.read_text("utf-8"))
    del document["API"]["SendMessage"]["request_url"]
    (tmp_path / "acme.json").write_text(json.dumps(document))
    with pytest.raises(DocumentError, match=r'"API\.SendMessage\.request_url" is missing'):
        opened(MINIMAL)


# -- secrets in what is said


@pytest.mark.parametrize(
    "text",
    [
        f"{{integration: acme.json, properties: {{API kye: {SECRET}}}}}",
        f"integration: acme.json\nproperties: {{API key: {SECRET}, other: x}}\n",
        f"integration: acme.json\nproperties: {{API key: [{SECRET}]}}\n",
        f"integration: acme.json\nproperties:\n  API key: {SECRET}: x\n",
        f"integration: acme.json\nproperties:\n  API key: *{SECRET}\n",
        f"integration: acme.json\nproperties:\n  API key: !{SECRET}\n",
        f"integration: acme.json\nproperties: {{API key: '{SECRET}}}\n",
        f"integration: acme.json\nsecrets:\n- [{SECRET}\nprofile: x\n",
        f"{{integration: acme.json, properties: {{API key: '{SECRET}}}}}",
        f"{MINIMAL}hosts: {{{SECRET}: x}}\n",
        f"{MINIMAL}{SECRET}: x\n",
        f"{MINIMAL}isolation: {SECRET}\n",
    ],
)
def test_no_finding_shows_a_secret(opened: Open, text: str) -> None:
    """Neither words nor source lines show the value of a property, however broken the file is."""
    with pytest.raises(ProjectError) as caught:
        opened(text)
    assert caught.value.findings
    shown = [(each.message, each.remedy, each.where and each.where.text) for each in caught.value.findings]
    assert SECRET not in repr(shown)
    assert SECRET not in str(caught.value)


def test_other_lines_are_shown(opened: Open) -> None:
    """Of a broken file, the lines that hold no secret are shown."""
    with pytest.raises(ProjectError) as caught:
        opened(f"{MINIMAL}profile: {{timeout: 5s\n")
    (finding,) = caught.value.findings
    assert finding.where is not None
    assert "profile: {timeout: 5s" == finding.where.text


# -- environments


ENVIRONMENTS = """integration: acme.json
properties: {API key: local}
hosts: {https://api.example.com: http://127.0.0.1:1}
provider: {run: [python, app.py], ready: http://127.0.0.1:1/}
environments:
  staging:
    properties: {API key: $env.STAGING_KEY$}
    provider: null
    profile: {timeout: 1s}
"""


def _in(tmp_path: Path, text: str, name: str | None, **environment: str) -> Project:
    (tmp_path / "acme.json").write_bytes(REFERENCE.read_bytes())
    (tmp_path / "ringo-emu.yaml").write_text(text, "utf-8")
    return load_project(tmp_path / "ringo-emu.yaml", Overrides(environment=name), environment=environment)


def test_an_environment_goes_before_the_rest(tmp_path: Path) -> None:
    """Maps are merged, all else is replaced, null takes away; its placeholders count only where it is chosen."""
    here = _in(tmp_path, ENVIRONMENTS, None)
    assert ("local", True, 30.0) == (
        here.file.properties["API key"],
        here.file.provider is not None,
        here.file.profile.timeout,
    )
    there = _in(tmp_path, ENVIRONMENTS, "staging", STAGING_KEY="k3y")
    assert ("k3y", None, 1.0) == (there.file.properties["API key"], there.file.provider, there.file.profile.timeout)
    assert here.hosts == there.hosts


def test_what_is_wrong_in_an_environment_is_told_at_its_place(tmp_path: Path) -> None:
    """Of the chosen one everything, of the others the keys; and a name that is none."""
    with pytest.raises(UsageError, match='no environment "stagging"') as unknown:
        _in(tmp_path, ENVIRONMENTS, "stagging")
    assert 'did you mean "staging"?' == unknown.value.mend
    with pytest.raises(UsageError) as none:
        _in(tmp_path, "integration: acme.json\n", "staging")
    assert "the project file has no environments" == none.value.mend
    cases = [
        (
            ENVIRONMENTS.replace("timeout: 1s", "timeout: 1").replace("$env.STAGING_KEY$", "k"),
            "staging",
            9,
            "is no duration",
        ),
        (ENVIRONMENTS, "staging", 7, "STAGING_KEY is not set"),
        (ENVIRONMENTS.replace("    profile", "    profil"), None, 9, 'unknown key "profil" in an environment'),
        ("integration: acme.json\nenvironments: {staging: 1}\n", None, 2, "environments is a map of maps"),
    ]
    for text, name, line, message in cases:
        with pytest.raises(ProjectError) as raised:
            _in(tmp_path, text, name)
        (finding, *_) = raised.value.findings
        assert finding.where is not None
        assert (line, True) == (finding.where.line, message in finding.message), finding


def test_a_secret_beside_a_mistake_in_an_environment_is_masked(tmp_path: Path) -> None:
    """A source line with a secret is not shown."""
    text = "integration: acme.json\nenvironments: {live: {properties: {API key: s3cret-live-key}, profil: {}}}\n"
    with pytest.raises(ProjectError) as raised:
        _in(tmp_path, text, None)
    assert "s3cret-live-key" not in str([(each.message, each.where) for each in raised.value.findings])
