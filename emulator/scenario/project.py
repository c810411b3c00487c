"""The project file ``ringo-emu.yaml``: what is local to a machine, so that scenarios stay portable."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from socket import socket
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from emulator.core.conversations import Organization, User
from emulator.core.document import Integration
from emulator.core.findings import suggestion
from emulator.core.profile import Profile, Word
from emulator.core.reading import read_document
from emulator.core.records import Items, Record
from emulator.core.redaction import Redactor, secrets_of
from emulator.core.scalars import Data, Duration, Plain, Text
from emulator.core.source import NOTHING, SourceMap, SourceText, UndecodableError, decode_source
from emulator.core.validating import MendableError, Shape, validate
from emulator.errors import Finding, Location, ProjectError, UsageError
from emulator.scenario import rules
from emulator.scenario.placeholders import UnfilledError, fill, names_in
from emulator.scenario.yaml_text import YamlRules, YamlTree, read_yaml

if TYPE_CHECKING:
    from emulator.core.source import Path

FILE_NAME = "ringo-emu.yaml"
STATE_FOLDER = ".ringo-emu"
"""Folder beside the project file that keeps journals between commands."""

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_YAML = YamlRules(rules.PROJECT_NOT_YAML, rules.PROJECT_DUPLICATE_KEY, rules.PROJECT_UNREADABLE)
_ENV_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*\Z")


class UserEntry(Record):
    """A user of the organization."""

    extension: Text
    """The extension, such as ``"101"``."""
    name: Text = ""
    numbers: Items[Text]
    """The SMS numbers assigned to the user."""


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

    @model_validator(mode="after")
    def _one_method(self) -> HttpAction:
        if len([verb for verb in VERBS if getattr(self, verb) is not None]) != 1:
            raise MendableError("a request has one method", "write such as POST: http://127.0.0.1:8080/path")
        if len([each for each in (self.json_body, self.form, self.body) if each is not None]) > 1:
            raise MendableError("a request has one body", "keep one of json, form and body")
        return self

    @property
    def http_method(self) -> str:
        """The one method."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @property
    def url(self) -> str:
        """The method's URL."""
        return str(getattr(self, self.http_method))


class TriggerEntry(Record):
    """A way to make the provider emit something."""

    request: Any
    """The request to make, with ``$from$``, ``$to$``, ``$content$`` and what the step's ``with`` adds."""


class ProviderEntry(Record):
    """The provider as a process that is started before and stopped after."""

    run: Annotated[Items[Text], Field(min_length=1)]
    """The command and its arguments; no shell."""
    ready: Text
    """URL that answers once it is ready."""
    ready_within: Duration = 30.0
    """How long that may take."""


class ProjectFile(Record):
    """What ``ringo-emu.yaml`` holds."""

    version: Annotated[Data, Field(description="The version of this format.")] = 1
    integration: Text
    """The integration document, relative to this file."""
    properties: dict[str, Text] = {}
    """The admin's form: a value for each of the document's properties."""
    hosts: dict[str, Text] = {}
    """Where requests to a URL's beginning go instead."""
    public_url: Text | None = None
    """Where the provider reaches the webhook listener, if not at its own address."""
    organization: OrganizationEntry = OrganizationEntry()
    isolation: Annotated[Literal["account", "none"], Word] = "account"
    """``account``: every scenario gets a webhook URL of its own and subscribes it. ``none``: all share one."""
    provider: ProviderEntry | None = None
    triggers: dict[str, TriggerEntry] = {}
    """How to make the provider emit something, by name."""
    profile: Profile = Profile()
    """The platform's behaviour where nothing public says how Ringotel behaves."""
    secrets: Items[Text] = ()
    """Further values to mask in every output."""
    ca_file: Text | None = None
    """A PEM file with a private CA to trust."""


@dataclass(frozen=True)
class Project:
    """A project that can be used: everything read, filled and checked."""

    folder: FilePath
    file: ProjectFile
    integration: Integration
    hosts: Mapping[str, str]
    redactor: Redactor
    names: Mapping[str, Any] = field(default_factory=dict)
    """What ``$env.NAME$``, ``$port.NAME$`` and ``$python$`` mean here."""
    places: SourceMap | None = None
    findings: tuple[Finding, ...] = ()
    """Warnings and notes about the document."""

    @property
    def organization(self) -> Organization:
        """The organization as the engine knows it."""
        entry = self.file.organization
        users = tuple(User(extension=user.extension, name=user.name, numbers=user.numbers) for user in entry.users)
        return Organization(id=entry.id, domain=entry.domain, users=users, contact=entry.contact)

    @property
    def state_folder(self) -> FilePath:
        """Where journals are kept between commands."""
        return self.folder / STATE_FOLDER


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What options say instead of the project file; *values* are dotted keys with their text."""

    integration: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    public_url: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


def find_project_file(start: FilePath) -> FilePath | None:
    """The project file of *start* or of the nearest folder around it."""
    for folder in [start, *start.parents]:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


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
    folder = (path.parent if path else FilePath()).resolve()
    tree = _read_tree(path) if path else YamlTree({}, SourceMap(SourceText("options", ""), {}))
    data = _overridden(tree.value, overrides)
    if isinstance(data, dict) and "integration" not in data and path is None:
        raise UsageError(
            f"no {FILE_NAME} here or in a folder above, and no --integration", mend="write one, or name the document"
        )
    names = _Names(folder, environment if environment is not None else os.environ)
    filled, findings = _fill(data, names, tree)
    result = validate(ProjectFile, filled, _shape(tree))
    findings = [*findings, *result.findings]
    if result.record is None or findings:
        raise ProjectError(findings)
    return _complete(folder, result.record, tree, names)


def _read_tree(path: FilePath) -> YamlTree:
    name = shown_path(path)
    try:
        source = decode_source(name, path.read_bytes())
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    except UndecodableError as error:
        where = Location(file=name)
        finding = rules.PROJECT_NOT_YAML.at(where, f"byte {error.offset} is not UTF-8", "save the file as UTF-8")
        raise ProjectError([finding]) from error
    trees, findings = read_yaml(source, _YAML)
    if findings:
        raise ProjectError(findings)
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


def shown_path(path: FilePath) -> str:
    """*path* as messages name it: relative to the current folder where it lies inside."""
    try:
        return str(path.resolve().relative_to(FilePath.cwd()))
    except ValueError:
        return str(path)


def _overridden(value: Any, overrides: Overrides) -> Any:
    data = dict(value)
    if overrides.integration is not None:
        data["integration"] = str(FilePath(overrides.integration).resolve())
    if overrides.public_url is not None:
        data["public_url"] = overrides.public_url
    for key, more in (("properties", overrides.properties), ("hosts", overrides.hosts)):
        if more:
            before = data.get(key)
            escaped = {name: each.replace("$", "$$") for name, each in more.items()}
            data[key] = {**(before if isinstance(before, dict) else {}), **escaped}
    for name, text in overrides.values.items():
        data = _with(data, name.split("."), text)
    return data


def _with(data: Any, path: list[str], text: str) -> Any:
    if not path:
        return Plain(text, text)
    around = dict(data) if isinstance(data, dict) else {}
    around[path[0]] = _with(around.get(path[0]), path[1:], text)
    return around


def _shape(tree: YamlTree) -> Shape:
    return Shape(
        missing=rules.PROJECT_MISSING,
        unknown=rules.PROJECT_UNKNOWN,
        wrong_type=rules.PROJECT_WRONG_TYPE,
        bad_value=rules.PROJECT_BAD_VALUE,
        locate=lambda path, key: tree.places.locate(path, key=key),
    )


class _Names:
    """What the placeholders of a project file mean: the environment, ``.env``, free ports, this Python."""

    def __init__(self, folder: FilePath, environment: Mapping[str, str]) -> None:
        self._environment = {**_dot_env(folder / ".env"), **environment}
        self.known: dict[str, Any] = {"python": sys.executable}

    def __call__(self, name: str) -> Any:
        if name.startswith("env."):
            value = self._environment.get(name.removeprefix("env."), NOTHING)
            self.known.update({name: value} if value is not NOTHING else {})
        if name.startswith("port.") and name not in self.known:
            self.known[name] = str(_free_port())
        return self.known.get(name, NOTHING)


def _dot_env(path: FilePath) -> dict[str, str]:
    if not path.is_file():
        return {}
    matches = [_ENV_LINE.match(line) for line in path.read_text("utf-8", "replace").splitlines()]
    return {match.group(1): _unquoted(match.group(2)) for match in matches if match}


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip()


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fill(data: dict[str, Any], names: _Names, tree: YamlTree) -> tuple[dict[str, Any], list[Finding]]:
    """*data* filled, but for the triggers: theirs are filled when a step pulls them."""
    findings: list[Finding] = []
    filled = {}
    for key, value in data.items():
        if key == "triggers":
            filled[key] = value
            continue
        missing = [(path, name) for path, name in placeholders(value, (key,)) if names(name) is NOTHING]
        findings += [_unfilled(tree, path, name) for path, name in missing]
        try:
            filled[key] = fill(value, names)
        except UnfilledError:
            filled[key] = value
    return filled, findings


def _unfilled(tree: YamlTree, path: Path, name: str) -> Finding:
    where = tree.places.locate(path)
    if name.startswith("env."):
        variable = name.removeprefix("env.")
        return rules.PROJECT_PLACEHOLDER.at(
            where,
            f"the environment variable {variable} is not set",
            f"set {variable}, or write it into .env beside the project file",
        )
    mend = suggestion(name, ["env.NAME", "port.NAME", "python"], quote="${}$") + " A dollar is written $$."
    return rules.PROJECT_PLACEHOLDER.at(where, f"nothing supplies ${name}$", mend)


def placeholders(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every placeholder in *data*, with the path of its text."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from placeholders(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from placeholders(value, (*path, index))
    elif isinstance(data, str):
        yield from ((path, variable.name) for variable in names_in(data))


def _complete(folder: FilePath, file: ProjectFile, tree: YamlTree, names: _Names) -> Project:
    document_path = folder / file.integration
    try:
        data = document_path.read_bytes()
    except OSError as error:
        message = f"the integration document {shown_path(document_path)} cannot be read: {error.strerror}"
        where = tree.places.locate(("integration",))
        raise ProjectError([rules.PROJECT_BAD_VALUE.at(where, message, "name an existing file")]) from error
    reading = read_document(shown_path(document_path), data, file.profile)
    integration = reading.playable()
    findings = [*_property_findings(integration, file, tree), *_trigger_findings(file, tree)]
    if findings:
        raise ProjectError(findings)
    return Project(
        folder=folder,
        file=file,
        integration=integration,
        hosts=file.hosts,
        redactor=Redactor({*secrets_of(integration.document, file.properties), *file.secrets}),
        names=names.known,
        places=tree.places,
        findings=reading.findings,
    )


def _property_findings(integration: Integration, file: ProjectFile, tree: YamlTree) -> Iterator[Finding]:
    wanted = integration.document.properties
    for name in file.properties:
        if name not in wanted:
            where = tree.places.locate(("properties", name), key=True)
            yield rules.PROPERTY_UNKNOWN.at(where, f'the document has no property "{name}"', suggestion(name, wanted))
    for name in wanted:
        if name not in file.properties:
            where = tree.places.locate(("properties",) if file.properties else ("integration",), key=True)
            mend = f'write properties: {{"{name}": …}}, or use --property "{name}=…"'
            yield rules.PROPERTY_WITHOUT_VALUE.at(where, f'the property "{name}" has no value', mend)


def _trigger_findings(file: ProjectFile, tree: YamlTree) -> Iterator[Finding]:
    for name, trigger in file.triggers.items():
        shape = _shape(tree)
        below = Shape(
            missing=shape.missing,
            unknown=shape.unknown,
            wrong_type=shape.wrong_type,
            bad_value=shape.bad_value,
            locate=lambda path, key, name=name: tree.places.locate(("triggers", name, "request", *path), key=key),  # type: ignore[misc]
        )
        yield from validate(HttpAction, trigger.request, below).findings
