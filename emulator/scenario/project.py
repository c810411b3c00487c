"""The project file ``ringo-emu.yaml``: what is local to a machine, so that scenarios stay portable."""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from socket import socket
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from emulator.core.comparing import Complaint
from emulator.core.conversations import NumberSettings, Organization, User
from emulator.core.document import Integration
from emulator.core.findings import in_file_order, nearest_name, suggestion
from emulator.core.numbers import NumberFormat
from emulator.core.plain import plain_data, source_text
from emulator.core.profile import PRESETS, Profile, Word
from emulator.core.reading import MAX_BYTES, read_document
from emulator.core.records import Items, Record
from emulator.core.redaction import Redactor
from emulator.core.rendering import absolute_url
from emulator.core.rules import CATALOGUE, known_state
from emulator.core.scalars import DURATION_PATTERN, Data, Described, Duration, Text, parse_duration
from emulator.core.source import NOTHING, SourceMap, SourceText, jsonpath
from emulator.core.validating import MendableError, Shape, validate
from emulator.engine.user_files import absolute, is_folder, is_there, read_file
from emulator.errors import Finding, InputError, Location, ProjectError, RenderingError, UsageError
from emulator.scenario import rules
from emulator.scenario.expected import ExpectedFailure
from emulator.scenario.fail_on import complaint_about
from emulator.scenario.host_rules import host_findings
from emulator.scenario.masking import masked, redactor_of, secrets_written
from emulator.scenario.placeholders import UnfilledError, as_text, fill, names_in, narrowed, placeholders
from emulator.scenario.searching import FILE_NAME
from emulator.scenario.yaml_text import YamlRules, YamlTree, read_yaml, read_yaml_file, scalar

if TYPE_CHECKING:
    from emulator.core.source import Path

STATE_FOLDER = ".ringo-emu"
"""Folder beside the project file that keeps journals between commands."""
RUN_JOURNAL = "run.db"
"""The journal there of the last run."""
SERVE_JOURNAL = "serve.db"
"""The journal there that serve and send go on writing."""

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
Way = Literal["request", "run", "ask"]
WAYS: tuple[Way, ...] = ("request", "run", "ask")
"""The ways in which a trigger makes the provider act."""
_YAML = YamlRules(rules.PROJECT_NOT_YAML, rules.PROJECT_DUPLICATE_KEY, rules.PROJECT_UNREADABLE)
_ENV_LINE = re.compile(r"""\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(?:"([^"]*)"|'([^']*)'|(.*?))\s*(?:(?<=\s)\#.*)?\Z""")
_SECRET_PLACE = re.compile(r"\{|[\"']?(?:properties|secrets|oauth|refresh_token|environments)\b")


class UserEntry(Record):
    """A user of the organization."""

    extension: Text
    """The extension, such as ``"101"``."""
    name: Text = ""
    numbers: Items[Text]
    """The SMS numbers assigned to the user."""


class NumberEntry(Record):
    """What an admin has set for one SMS number."""

    header: Text = ""
    """Goes before every text that is sent from it."""
    footer: Text = ""
    """Goes behind it."""
    outbound: Annotated[NumberFormat, Word] = "as_typed"
    """How numbers are written in what goes out."""
    country: Annotated[Text | None, Field(pattern=r"^[1-9]\d{0,2}$")] = None
    """The country code, in digits, for ``national`` and ``national0``."""


class OrganizationEntry(Record):
    """The organization that has the integration enabled."""

    id: Text = "12345678901234567890"
    """About 20 decimal digits."""
    domain: Text = "acme"
    """The organization's label; not the PBX's domain."""
    users: Annotated[Items[UserEntry], Field(min_length=1)] = (
        UserEntry(extension="101", name="Alice", numbers=("+61855555555",)),
    )
    contact: Text = "+61123456789"
    """The external party."""
    numbers: dict[str, NumberEntry] = {}
    """By SMS number, what is set for it."""
    automatic_replies: dict[str, Text] = {}
    """What the platform answers by itself, by the text that comes in, such as STOP."""


class HttpAction(Record):
    """A request that is none of the document's: one method with its URL, and at most one body."""

    GET: Text | None = None
    POST: Text | None = None
    PUT: Text | None = None
    PATCH: Text | None = None
    DELETE: Text | None = None
    headers: dict[str, Text] = {}
    json_body: Annotated[Data, Field(alias="json")] = None
    form: dict[str, Text] | None = None
    body: Text | None = None

    @property
    def http_method(self) -> str:
        """The one method."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @property
    def url(self) -> str:
        """The method's URL."""
        return str(getattr(self, self.http_method))


def action_complaints(action: Mapping[str, Any]) -> Iterator[Complaint]:
    """What is wrong with a request as a whole; where a key is unknown, that is told instead."""
    given = {key for key, value in action.items() if source_text(value) is not None}
    methods = [verb for verb in VERBS if verb in given]
    known = {field.alias or name for name, field in HttpAction.model_fields.items()}
    if len(methods) > 1 or (not methods and action.keys() <= known):
        yield Complaint((), True, "a request has one method", "write such as POST: http://127.0.0.1:8080/path")
    if len(given & {"json", "form", "body"}) > 1:
        yield Complaint((), True, "a request has one body", "keep one of json, form and body")


COMMAND_WITHIN_S = 30.0
"""How long a command may take, unless said otherwise."""


def _duration_or_template(value: Any) -> Any:
    """A duration, or the template of one: a trigger is filled when a step pulls it."""
    text = source_text(value)
    return text if isinstance(text, str) and names_in(text) else parse_duration(value)


class TriggerEntry(Record):
    """A way to make the provider emit something: one of ``request``, ``run`` and ``ask``.

    All may hold ``$from$``, ``$to$``, ``$content$`` and what the step's ``with`` adds.
    """

    request: Any = None
    """The request to make."""
    run: Annotated[Items[Text], Field(min_length=1)] = ()
    """The command to run, and its arguments; no shell."""
    folder: Text = "."
    """Where the command is run, relative to this file."""
    env: dict[str, Text] = {}
    """Environment variables for the command, beside those of ringo-emu."""
    ask: Text = ""
    """What a person is asked to do; the scenario goes on when they press enter."""
    within: Annotated[
        float | str,
        BeforeValidator(_duration_or_template),
        Described({"type": "string", "pattern": DURATION_PATTERN}),
    ] = COMMAND_WITHIN_S
    """How long the command may take; then it is killed, with all that it started."""

    @property
    def way(self) -> Way | None:
        """The one of its ways that is given; None unless it is one."""
        given = [way for way in WAYS if way in self.model_fields_set]
        return given[0] if len(given) == 1 else None

    @property
    def templates(self) -> tuple[Any, ...]:
        """All in it that is filled when a step pulls it."""
        return (self.request, list(self.run), self.folder, dict(self.env), self.ask, self.within)


class OAuthEntry(Record):
    """How accounts are connected where the integration document has OAuth2, and no browser is at hand."""

    consent: Any = None
    """The request, or a list of them, by which the admin agrees on the provider's pages, with ``$page$`` (a page's
    address) and ``$hidden.NAME$`` (a hidden field of its forms)."""
    refresh_token: Text | None = None
    """A refresh token that was got elsewhere, in place of the provider's pages."""
    revoke: Any = None
    """The request by which ``oauth: revoke`` takes the tokens back, with ``$access_token$``, ``$refresh_token$``,
    ``$client_id$`` and ``$client_secret$``."""

    @property
    def consent_requests(self) -> tuple[Any, ...]:
        """The requests of ``consent``, one for each page."""
        if self.consent is None:
            return ()
        return tuple(self.consent) if isinstance(self.consent, list) else (self.consent,)


class ProviderEntry(Record):
    """The provider as a process that is started before and stopped after."""

    run: Annotated[Items[Text], Field(min_length=1)]
    """The command and its arguments; no shell."""
    folder: Text = "."
    """Where it is run, relative to this file."""
    env: dict[str, Text] = {}
    """Environment variables for it, beside those of ringo-emu."""
    ready: Text
    """URL that answers once it is ready."""
    ready_within: Duration = 30.0
    """How long that may take."""
    watch: Items[Text] = ()
    """Files and folders of its code, relative to the project file: `run --watch` plays again when one changes."""


def _version(value: Any) -> int:
    if str(source_text(value)) != "1":
        raise MendableError(f"{source_text(value)} is not known", "this ringo-emu reads version: 1")
    return 1


class ProjectFile(Record):
    """What ``ringo-emu.yaml`` holds."""

    version: Annotated[int, BeforeValidator(_version)] = 1
    """The version of this format."""
    integration: Text
    """The integration document, relative to this file."""
    properties: dict[str, Text] = {}
    """The admin's form: a value for each of the document's properties."""
    public: Items[Text] = ()
    """Names of properties that are no secret, such as a region: their values are shown."""
    hosts: dict[str, Text] = {}
    """Where requests to a URL's beginning go instead."""
    public_url: Text | None = None
    """Where the provider reaches the webhook listener, if not at its own address."""
    organization: OrganizationEntry = OrganizationEntry()
    isolation: Annotated[Literal["account", "number", "none"], Word] = "account"
    """``account``: every scenario gets a webhook URL of its own and subscribes it. ``number``: all share one, and each
    gets SMS numbers of its own. ``none``: they share all, and are played one after the other."""
    provider: ProviderEntry | None = None
    triggers: dict[str, TriggerEntry] = {}
    """How to make the provider emit something, by name: by a request, a command, or a person."""
    oauth: OAuthEntry = OAuthEntry()
    """How accounts are connected to a provider with OAuth2 without a browser."""
    profile: Profile = Profile()
    """The platform's behaviour where nothing public says how Ringotel behaves."""
    expected_failures: Items[ExpectedFailure] = ()
    """Scenarios that are known to fail; one that passes, or fails after its day, fails the run."""
    grace: Duration | None = None
    """How long a scenario listens on after the deadline of an expectation that failed, to tell late from never."""
    ignore_findings: Items[Text] = ()
    """Codes of findings that are not told, such as WH-204; "WH-201 ENROUTE" is that state of a message alone."""
    fail_on: Items[Text] = ()
    """Findings that fail a scenario: error, warning or note, each with what is worse, or codes such as WH-204."""
    environments: dict[str, dict[str, Any]] = {}
    """By name, what is different elsewhere: the keys of this file, for ``--env NAME``."""
    secrets: Items[Text] = ()
    """Further values to mask in every output."""
    ca_file: Text | None = None
    """A PEM file with a private CA to trust."""


@dataclass(frozen=True)
class Origin:
    """Where a value of the project comes from."""

    kind: Literal["default", "preset", "file", "environment", "option"]
    where: str = ""
    """The preset's name, the place in the file, or the option as it was written."""


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What options say instead of the project file; *values* are dotted keys with their text."""

    integration: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    public: tuple[str, ...] = ()
    """Further properties that are no secret."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    public_url: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    environment: str | None = None
    """The name of one of the project's ``environments``."""

    def options(self) -> dict[Path, str]:
        """The options as a person wrote them, by the path of what they set."""
        return {
            **({("integration",): "--integration"} if self.integration is not None else {}),
            **({("public_url",): "--public-url"} if self.public_url is not None else {}),
            **{("properties", name): f"--property {name}" for name in self.properties},
            **({("public",): "--public"} if self.public else {}),
            **{("hosts", name): f"--hosts {name}" for name in self.hosts},
            **{tuple(name.split(".")): f"-o {name}" for name in self.values},
        }


@dataclass(frozen=True)
class Project:
    """A project that can be used: everything read, filled and checked."""

    folder: FilePath
    file: ProjectFile
    integration: Integration
    hosts: Mapping[str, str]
    redactor: Redactor
    host_places: Mapping[str, str] = field(default_factory=dict)
    """Where each entry of ``hosts`` is written."""
    overruled: tuple[str, ...] = ()
    """Names used whose value is the environment's, where ``.env`` has another."""
    names: Mapping[str, Any] = field(default_factory=dict)
    """What ``$env.NAME$``, ``$port.NAME$`` and ``$python$`` mean here."""
    path: FilePath | None = None
    """The project file, where there is one."""
    overrides: Overrides = field(default_factory=Overrides)
    """What options said instead of it."""
    profile_origins: Mapping[str, Origin] = field(default_factory=dict)
    """Where each setting of the profile comes from that is not a default."""

    @property
    def organization(self) -> Organization:
        """The organization as the engine knows it."""
        entry = self.file.organization
        users = tuple(User(extension=user.extension, name=user.name, numbers=user.numbers) for user in entry.users)
        settings = {number: NumberSettings(**each.model_dump()) for number, each in entry.numbers.items()}
        return Organization(
            id=entry.id,
            domain=entry.domain,
            users=users,
            contact=entry.contact,
            settings=settings,
            automatic_replies=entry.automatic_replies,
        )

    @property
    def state_folder(self) -> FilePath:
        """Where journals are kept between commands."""
        return self.folder / STATE_FOLDER


@dataclass(frozen=True)
class _Places(SourceMap):
    """The places of a project file, where options stand in for parts of it."""

    options: Mapping[Path, str]
    environment: Path
    """Where the part of the file stands that goes before the rest."""
    properties: Any = None
    """What the file says of the properties, without environments and options."""

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """The place of the node at *path*, or the option that sets it or a part of it."""
        for option, written in self.options.items():
            if path[: len(option)] == option or (option[: len(path)] == path and path not in self.spans):
                return Location(file=written, path=jsonpath(path))
        special = (*self.environment, *path)
        return super().locate(special if self.environment and special in self.spans else path, key=key)

    def origin(self, path: Path) -> Origin:
        """What sets the value at *path*; only where something does."""
        where = self.locate(path)
        if where.line is None:
            return Origin("option", where.file)
        special = bool(self.environment) and (*self.environment, *path) in self.spans
        return Origin("environment" if special else "file", str(where))


def load_project(
    path: FilePath | None, overrides: Overrides | None = None, *, environment: Mapping[str, str] | None = None
) -> Project:
    """Read the project file at *path*, or make a project of *overrides* alone.

    Raises:
        ProjectError: The file is wrong; every problem is in it.
        DocumentError: The integration document is.
        UsageError: Neither names an integration document, or a file cannot be read.
    """
    overrides = overrides or Overrides()
    folder, data, places, names = _read(path, overrides, environment)
    filled, findings = _fill(data, names, places)
    try:
        project = _complete(folder, filled, findings, places, names)
        return replace(project, path=absolute(path) if path else None, overrides=overrides)
    except InputError as error:
        redactor = Redactor(secrets_written(data) | secrets_written(filled))
        raise type(error)(masked(each, redactor) for each in in_file_order(error.findings)) from None


def document_of_project(
    path: FilePath, overrides: Overrides | None = None, *, environment: Mapping[str, str] | None = None
) -> FilePath:
    """Where the integration document of the project file at *path* is, whatever stands in that document.

    Raises:
        ProjectError: The file does not say it.
        UsageError: The file cannot be read.
    """
    folder, data, places, names = _read(path, overrides or Overrides(), environment)
    filled, findings = _fill({key: data[key] for key in ("integration",) if key in data}, names, places)
    result = validate(ProjectFile, filled, _shape(places))
    if result.record is None or findings:
        raise ProjectError([*findings, *result.findings])
    return folder / result.record.integration


def _read(
    path: FilePath | None, overrides: Overrides, environment: Mapping[str, str] | None
) -> tuple[FilePath, dict[str, Any], _Places, _Names]:
    """The folder of a project, what its file and *overrides* say, the places of that, and the names it may use."""
    folder = absolute(path.parent if path else FilePath())
    tree = _read_tree(path) if path else YamlTree({}, SourceMap(SourceText("options", ""), {}))
    name = overrides.environment
    places = _Places(
        tree.places.source,
        tree.places.spans,
        overrides.options(),
        ("environments", name) if name is not None else (),
        tree.value.get("properties"),
    )
    data = _overridden(_in_environment(tree.value, name, places), overrides)
    if "integration" not in data and path is None:
        raise UsageError(
            f"no {FILE_NAME} here or in a folder above, and no --integration",
            mend="make a project: ringo-emu new; or name the document",
        )
    names = _Names(folder, environment if environment is not None else os.environ)
    return folder, data, places, names


def _in_environment(data: dict[str, Any], name: str | None, places: SourceMap) -> dict[str, Any]:
    """*data* as it is in the environment of that name.

    Raises:
        UsageError: There is none.
        ProjectError: What stands there, or in another environment, is no part of a project file.
    """
    environments = data.get("environments", {})
    if not isinstance(environments, dict) or not all(isinstance(each, dict) for each in environments.values()):
        where = places.locate(("environments",))
        mend = "write such as environments: {staging: {hosts: …}}"
        raise ProjectError([rules.PROJECT_WRONG_TYPE.at(where, "environments is a map of maps", mend)])
    known = ProjectFile.model_fields.keys() - {"environments", "version"}
    strangers = [
        rules.PROJECT_UNKNOWN.at(
            SourceMap.locate(places, ("environments", each, key), key=True),
            f'unknown key "{key}" in an environment',
            suggestion(key, known),
        )
        for each, part in environments.items()
        for key in part
        if key not in known
    ]
    if strangers:
        kept = set().union(*map(secrets_written, environments.values()), secrets_written(data))
        raise ProjectError(masked(each, Redactor(kept)) for each in strangers)
    rest = {key: value for key, value in data.items() if key != "environments"}
    if name is None:
        return rest
    if name not in environments:
        there = suggestion(name, environments) if environments else "the project file has no environments"
        raise UsageError(f'no environment "{name}"', mend=there)
    return _merged(rest, environments[name])


def _merged(data: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """*data* with what *over* says instead; maps are merged, null takes away, all else is replaced."""
    merged = dict(data)
    for key, value in over.items():
        before = merged.pop(key, None)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = _merged(before, value)
        elif plain_data(value) is not None:
            merged[key] = value
    return merged


def _read_tree(path: FilePath) -> YamlTree:
    source, trees, findings = read_yaml_file(path, shown_path(path), _YAML)
    if findings:
        raise ProjectError(_veiled(finding, source) for finding in findings)
    if len(trees) != 1 or not isinstance(trees[0].value, dict):
        where = source.location(0)
        raise ProjectError(
            [
                rules.PROJECT_WRONG_TYPE.at(
                    where, "a project file is one map of keys", "begin with integration: file.json"
                )
            ]
        )
    return trees[0]


def _veiled(finding: Finding, source: SourceText) -> Finding:
    """*finding* without its source line where that may hold a secret: in a broken file no value is known."""
    where = finding.where
    lines = source.text.splitlines()[: where.line or 0] if where else []
    head = next((line for line in reversed(lines) if line[:1].strip()), "")
    return replace(finding, where=replace(where, text=None)) if where and _SECRET_PLACE.match(head) else finding


def shown_path(path: FilePath) -> str:
    """*path* as messages name it: relative to the current folder where it lies inside."""
    try:
        return str(absolute(path).relative_to(FilePath.cwd()))
    except ValueError:
        return str(path)


def _overridden(value: Any, overrides: Overrides) -> Any:
    data = dict(value)
    if overrides.integration is not None:
        data["integration"] = _literal(str(absolute(FilePath(overrides.integration))))
    if overrides.public_url is not None:
        data["public_url"] = _literal(overrides.public_url)
    for key, more in (("properties", overrides.properties), ("hosts", overrides.hosts)):
        if more:
            before = data.get(key)
            given = {name: _literal(each) for name, each in more.items()}
            data[key] = {**(before if isinstance(before, dict) else {}), **given}
    if overrides.public:
        before = data.get("public")
        data["public"] = [*(before if isinstance(before, list) else []), *map(_literal, overrides.public)]
    for name, text in overrides.values.items():
        data = _with(data, name.split("."), text)
        if name.partition(".")[0] not in ProjectFile.model_fields:
            data.setdefault(name, None)  # what takes away nothing that there could be is told
    return data


def _literal(text: str) -> str:
    """*text* as the file would write it: its dollars are dollars."""
    return text.replace("$", "$$")


def _with(data: Any, path: list[str], text: str) -> Any:
    if not path:
        return _option_value(text)
    head, *rest = path
    if isinstance(data, list) and head.isdecimal() and int(head) < len(data):
        return [_with(each, rest, text) if index == int(head) else each for index, each in enumerate(data)]
    around = dict(data) if isinstance(data, dict) else {}
    value = _with(around.get(head), rest, text)
    around.pop(head, None)
    return around if plain_data(value) is None else {**around, head: value}


def _option_value(text: str) -> Any:
    """An option's value as the file would read it; what is no list or map after all is text."""
    if text.startswith(("[", "{")):
        trees, findings = read_yaml(SourceText("options", text), _YAML)
        if len(trees) == 1 and not findings:
            return trees[0].value
    return scalar(text)


def _shape(places: SourceMap, at: Path = ()) -> Shape:
    return Shape(
        missing=rules.PROJECT_MISSING,
        unknown=rules.PROJECT_UNKNOWN,
        wrong_type=rules.PROJECT_WRONG_TYPE,
        bad_value=rules.PROJECT_BAD_VALUE,
        locate=lambda path, key: places.locate((*at, *path), key=key),
    )


class _Names:
    """What the placeholders of a project file mean: the environment, ``.env``, free ports, this Python."""

    def __init__(self, folder: FilePath, environment: Mapping[str, str]) -> None:
        written = _dot_env(folder / ".env")
        variables = {**written, **environment}
        self._differ = {name for name, value in written.items() if environment.get(name, value) != value}
        self.overruled: dict[str, None] = {}
        """Names that were used, whose line in ``.env`` the environment goes before with another value."""
        self.known: dict[str, Any] = {
            "python": sys.executable,
            **{f"env.{name}": value for name, value in variables.items()},
        }

    def __call__(self, name: str) -> Any:
        if name.removeprefix("env.") in self._differ and name.startswith("env."):
            self.overruled[name.removeprefix("env.")] = None
        if name.startswith("port.") and name not in self.known:
            self.known[name] = str(_free_port(self.known.values()))
        return self.known.get(name, NOTHING)


def _dot_env(path: FilePath) -> dict[str, str]:
    if not is_there(path):
        return {}
    try:
        text = read_file(path, MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError as error:
        raise UsageError(
            f"{shown_path(path)} cannot be read: {error.strerror}", mend="mend it, or move it away"
        ) from error
    matches = [_ENV_LINE.match(line) for line in text.splitlines()]
    return {match.group(1): match.group(match.lastindex or 1) for match in matches if match}


def _free_port(given: Collection[str]) -> int:
    """A port that nobody has, none of those *given*.

    Below those that the system hands out (from 32768 on Linux, from 49152 elsewhere): no other program gets it by
    chance before the provider listens there. Nor do tests that begin alike, from one seed, all get the same.
    """
    for port in random.SystemRandom().sample(range(15_000, 32_000), 100):
        with socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if str(port) not in given:
                return port
    raise UsageError("100 ports between 15000 and 32000 were tried, none is free", mend="write the port as a number")


_LATER: Mapping[Path, frozenset[str] | None] = {
    ("triggers",): None,
    ("oauth", "consent"): frozenset({"page", "hidden"}),
    ("oauth", "revoke"): frozenset({"access_token", "refresh_token", "client_id", "client_secret"}),
}
"""Requests that are filled when they are made, and the names that have a value only then; None: any may."""


def _fill(data: dict[str, Any], names: _Names, places: SourceMap) -> tuple[dict[str, Any], list[Finding]]:
    """*data* filled, but for the requests that are made later."""
    findings: list[Finding] = []
    filled = {}
    for key, value in data.items():
        missing = [
            (path, name)
            for path, name in placeholders(value, (key,))
            if names(name) is NOTHING and not _comes_later(path, name)
        ]
        findings += [_unfilled(places, path, name) for path, name in missing]
        filled[key] = value if missing else _filled_now(value, (key,), names)
    return filled, findings


def _later(path: Path) -> Path | None:
    return next((each for each in _LATER if path[: len(each)] == each), None)


def _comes_later(path: Path, name: str) -> bool:
    """Whether what a request of that name is made of is known only when it is made; the environment is known now."""
    later = _later(path)
    if later is None or name.startswith("env."):
        return False
    known = _LATER[later]
    return known is None or name.partition(".")[0] in known


def _filled_now(value: Any, path: Path, names: _Names) -> Any:
    if _later(path) is not None:
        return value
    if isinstance(value, dict) and any(each[: len(path)] == path for each in _LATER):
        return {key: _filled_now(below, (*path, key), names) for key, below in value.items()}
    return fill(value, names)


def _unfilled(places: SourceMap, path: Path, name: str) -> Finding:
    where = narrowed(places.locate(path), name)
    if name.startswith("env."):
        variable = name.removeprefix("env.")
        return rules.PROJECT_PLACEHOLDER.at(
            where,
            f"the environment variable {variable} is not set",
            f"set {variable}, or write it into .env beside the project file",
        )
    known = ["env.NAME", "port.NAME", "python", *sorted(_LATER.get(_later(path) or (), None) or ())]
    mend = suggestion(name, known, quote="${}$") + " A dollar is written $$."
    return rules.PROJECT_PLACEHOLDER.at(where, f"nothing supplies ${name}$", mend)


def _complete(
    folder: FilePath, filled: dict[str, Any], unfilled: list[Finding], places: _Places, names: _Names
) -> Project:
    result = validate(ProjectFile, filled, _shape(places))
    file = result.record
    if file is None or unfilled:
        raise ProjectError([*unfilled, *result.findings, *(_whole_findings(file, places) if file else ())])
    document_path = folder / file.integration
    try:
        data = read_file(document_path, MAX_BYTES, pipes=True)
    except OSError as error:
        message = f"the integration document {shown_path(document_path)} cannot be read: {error.strerror}"
        where = places.locate(("integration",))
        raise ProjectError([rules.PROJECT_BAD_VALUE.at(where, message, "name an existing file")]) from error
    integration = read_document(shown_path(document_path), data, file.profile).playable()
    findings = [
        *_property_findings(integration, file, places),
        *_public_findings(integration, file, places),
        *_url_findings(file, places),
        *host_findings(integration.document, file, _usual(places.properties, names), names, places),
        *_number_findings(file, places),
        *_ignored_findings(file, places),
        *_failing_findings(file, places),
        *_whole_findings(file, places),
        *_folder_findings(folder, file, places),
    ]
    if findings:
        raise ProjectError(findings)
    return Project(
        folder=folder,
        file=file,
        integration=integration,
        hosts=file.hosts,
        redactor=redactor_of(integration.document, file),
        overruled=tuple(names.overruled),
        host_places={each: str(places.locate(("hosts", each), key=True)) for each in file.hosts},
        names=names.known,
        profile_origins=dict(_profile_origins(filled.get("profile") or {}, file.profile, places)),
    )


def _profile_origins(written: Mapping[str, Any], profile: Profile, places: _Places) -> Iterator[tuple[str, Origin]]:
    preset = PRESETS.get(profile.preset, {})
    for name in Profile.model_fields:
        if name in written:
            yield name, places.origin(("profile", name))
        elif name in preset:
            yield name, Origin("preset", profile.preset)


def _property_findings(integration: Integration, file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    wanted = integration.document.properties
    strangers = [name for name in file.properties if name not in wanted]
    for name in strangers:
        where = places.locate(("properties", name), key=True)
        yield rules.PROPERTY_UNKNOWN.at(where, f'the document has no property "{name}"', suggestion(name, wanted))
    for name in wanted:
        if name not in file.properties and nearest_name(name, strangers) is None:
            where = places.locate(("properties",) if file.properties else ("integration",), key=True)
            mend = f'write properties: {{"{name}": …}}, or use --property "{name}=…"'
            yield rules.PROPERTY_WITHOUT_VALUE.at(where, f'the property "{name}" has no value', mend)


def _usual(properties: Any, names: _Names) -> dict[str, str]:
    """Those of the file's *properties* whose value is known here."""
    usual = {}
    for name, value in properties.items() if isinstance(properties, dict) else ():
        with suppress(UnfilledError):
            usual[name] = as_text(fill(value, names))
    return usual


def _public_findings(integration: Integration, file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    """Properties that are called public, and are not there."""
    wanted = integration.document.properties
    for index, name in enumerate(file.public):
        if name not in wanted:
            where = places.locate(("public", index))
            yield rules.PROPERTY_UNKNOWN.at(where, f'the document has no property "{name}"', suggestion(name, wanted))


def _ignored_findings(file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    """Codes that no finding has."""
    for index, code in enumerate(file.ignore_findings):
        if code not in CATALOGUE and not (code.startswith(known_state("")) and code.split(maxsplit=1)[1:]):
            where = places.locate(("ignore_findings", index))
            mend = suggestion(code, CATALOGUE) + "; docs/findings.md lists them"
            yield rules.PROJECT_BAD_VALUE.at(where, f'no finding has the code "{code}"', mend)


def _failing_findings(file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    """What fails a run and is neither a severity nor a code."""
    for index, word in enumerate(file.fail_on):
        complaint = complaint_about(word)
        if complaint is not None:
            yield rules.PROJECT_BAD_VALUE.at(places.locate(("fail_on", index)), *complaint)


def _number_findings(file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    """Settings of numbers that nobody has."""
    known = {number for user in file.organization.users for number in user.numbers}
    for number in file.organization.numbers:
        if number not in known:
            where = places.locate(("organization", "numbers", number), key=True)
            yield rules.PROJECT_BAD_VALUE.at(where, f"no user has the SMS number {number}", suggestion(number, known))


def _url_findings(file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    """Addresses that no request can go to."""
    urls: list[tuple[str, Path, str, bool]] = []
    for left, right in file.hosts.items():
        urls += [("hosts", ("hosts", left), left, True), ("hosts", ("hosts", left), right, False)]
    if file.public_url is not None:
        urls.append(("public_url", ("public_url",), file.public_url, False))
    if file.provider is not None:
        urls.append(("provider.ready", ("provider", "ready"), file.provider.ready, False))
    for label, path, url, on_key in urls:
        try:
            absolute_url(url)
        except RenderingError as error:
            message = f"{label}: {error.message}"
            yield rules.PROJECT_BAD_VALUE.at(places.locate(path, key=on_key), message, error.mend or "")


def _folder_findings(folder: FilePath, file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    """Working folders that are not there."""
    named: list[tuple[Path, str]] = [
        (("triggers", name, "folder"), trigger.folder)
        for name, trigger in file.triggers.items()
        if not names_in(trigger.folder)
    ]
    if file.provider is not None:
        named.append((("provider", "folder"), file.provider.folder))
    for path, name in named:
        if not is_folder(folder / name):
            message = f"there is no folder {name}"
            yield rules.PROJECT_BAD_VALUE.at(places.locate(path), message, "paths are relative to the project file")


def _whole_findings(file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    """What is wrong with a file whose keys are right."""
    for name, trigger in file.triggers.items():
        where = places.locate(("triggers", name), key=True)
        given = [way for way in WAYS if way in trigger.model_fields_set]
        if not given:
            mend = "write request: {POST: …}, run: [command, argument] or ask: question"
            yield rules.PROJECT_MISSING.at(where, f'the trigger "{name}" does nothing', mend)
        elif len(given) > 1:
            message = f'the trigger "{name}" has {" and ".join(given)}'
            yield rules.PROJECT_BAD_VALUE.at(where, message, "keep one of them, or write two triggers")
        elif given != ["run"]:
            for key in ("within", "folder", "env"):
                if key in trigger.model_fields_set:
                    where = places.locate(("triggers", name, key), key=True)
                    yield rules.PROJECT_BAD_VALUE.at(where, f"{key} does not go with {given[0]}", "take it out")
    yield from _request_findings(file, places)


def _request_findings(file: ProjectFile, places: SourceMap) -> Iterator[Finding]:
    """What is wrong with the requests that the file holds."""
    requests: list[tuple[Path, Any]] = [
        (("triggers", name, "request"), trigger.request)
        for name, trigger in file.triggers.items()
        if trigger.way == "request"
    ]
    if isinstance(file.oauth.consent, list):
        requests += [(("oauth", "consent", at), each) for at, each in enumerate(file.oauth.consent)]
    elif file.oauth.consent is not None:
        requests.append((("oauth", "consent"), file.oauth.consent))
    if file.oauth.revoke is not None:
        requests.append((("oauth", "revoke"), file.oauth.revoke))
    for path, request in requests:
        yield from _action_findings(request, _shape(places, path), str(path[-1] if path[0] == "triggers" else path[1]))


def _action_findings(request: Any, shape: Shape, name: str) -> Iterator[Finding]:
    if not isinstance(request, dict):
        mend = f"write such as {name}: {{POST: http://127.0.0.1:8080/path}}"
        yield rules.PROJECT_WRONG_TYPE.at(shape.locate((), False), "a request is a map", mend)
        return
    yield from validate(HttpAction, request, shape).findings
    for complaint in action_complaints(request):
        where = shape.locate(complaint.path, complaint.on_key)
        yield rules.PROJECT_BAD_VALUE.at(where, complaint.message, complaint.mend)
