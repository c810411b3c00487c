"""Reads scenario files: YAML into scenarios, with every problem of a file at once and nothing run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from emulator.core.comparing import Complaint
from emulator.core.findings import in_file_order, nearest_name, suggestion
from emulator.core.scalars import LOADING, source_text
from emulator.core.source import Path, UndecodableError, decode_source
from emulator.core.validating import MendableError, Shape, validate
from emulator.errors import Finding, Location, ScenarioError, UsageError
from emulator.scenario import rules
from emulator.scenario.conditions import condition_complaints
from emulator.scenario.model import CommonKeys, Scenario, ScenarioKeys, Step
from emulator.scenario.project import Project, placeholders, shown_path
from emulator.scenario.steps.checking import matcher_complaints
from emulator.scenario.steps.registry import STEP_KINDS
from emulator.scenario.yaml_text import YamlRules, YamlTree, read_yaml

if TYPE_CHECKING:
    from emulator.scenario.steps.base import StepKind

MAX_BYTES = 4 * 1024 * 1024
COMMON_KEYS = frozenset({"name", "as", "within", "times", "check", "when"})
BUILT_IN = frozenset({"contact", "number", "domain", "webhook_url", "api"})
"""Names that every scenario may use; ``api.SendFile`` tells whether the document has it."""
_LATEST = frozenset({"messageid", "status", "answer", "state"})
"""Names that mean the latest step that supplied them."""
_YAML = YamlRules(rules.SCENARIO_NOT_YAML, rules.SCENARIO_DUPLICATE_KEY, rules.SCENARIO_UNREADABLE)


def find_scenario_files(paths: Iterable[FilePath]) -> list[FilePath]:
    """The files meant by *paths*: files as they are, folders for every ``.yaml`` below that holds scenarios.

    Raises:
        UsageError: A path is not there, or a folder has no scenario.
    """
    files: list[FilePath] = []
    for path in paths:
        if path.is_dir():
            below = sorted(each for each in path.rglob("*.y*ml") if each.suffix in {".yaml", ".yml"})
            found = [each for each in below if _holds_scenarios(each)]
            if not found:
                raise UsageError(
                    f"no scenario in {shown_path(path)}", mend="a scenario is a .yaml file with a scenario: key"
                )
            files += found
        elif path.is_file():
            files.append(path)
        else:
            raise UsageError(f"there is no file {shown_path(path)}", mend="name a scenario file or a folder of them")
    return list(dict.fromkeys(files))


def _holds_scenarios(path: FilePath) -> bool:
    with path.open("rb") as file:
        return any(line.startswith((b"scenario:", b"- scenario", b"\xef\xbb\xbfscenario:")) for line in file)


def load_scenarios(files: Iterable[FilePath], project: Project) -> tuple[Scenario, ...]:
    """Every scenario of *files*, in order.

    Raises:
        ScenarioError: Some are wrong; every problem of every file is in it.
        UsageError: A file cannot be read.
    """
    scenarios: list[Scenario] = []
    findings: list[Finding] = []
    for path in files:
        found, wrong = _load_file(path, project)
        scenarios += found
        findings += wrong
    if findings:
        raise ScenarioError(in_file_order(findings))
    return tuple(scenarios)


def _load_file(path: FilePath, project: Project) -> tuple[list[Scenario], list[Finding]]:
    name = shown_path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        return [], [rules.SCENARIO_UNREADABLE.at(Location(file=name), "the file is larger than 4 MiB", "split it")]
    try:
        source = decode_source(name, data)
    except UndecodableError as error:
        message = f"byte {error.offset} (0x{data[error.offset]:02x}) is not UTF-8"
        return [], [rules.SCENARIO_NOT_YAML.at(Location(file=name), message, "save the file as UTF-8")]
    trees, yaml_findings = read_yaml(source, _YAML)
    findings = list(yaml_findings)
    scenarios = []
    for tree in trees:
        loader = _Loader(tree, project)
        scenario = loader.scenario()
        findings += loader.findings
        if scenario is not None:
            scenarios.append(scenario)
    if not trees and not findings:
        findings.append(
            rules.SCENARIO_MISSING.at(source.location(0), "the file holds no scenario", "begin with scenario: name")
        )
    findings += _same_names(scenarios)
    return scenarios, findings


def _same_names(scenarios: list[Scenario]) -> Iterator[Finding]:
    seen: dict[str, Location] = {}
    for scenario in scenarios:
        if scenario.name in seen:
            message = f'the name "{scenario.name}" is taken by line {seen[scenario.name].line}'
            yield rules.SCENARIO_BAD_VALUE.at(scenario.at, message, "give each scenario of a file a name of its own")
        seen.setdefault(scenario.name, scenario.at)


@dataclass
class _Loader:
    """Reads one scenario of a file, collecting what is wrong with it."""

    tree: YamlTree
    project: Project
    findings: list[Finding] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Placeholders that may be used from here on."""

    def scenario(self) -> Scenario | None:
        value = self.tree.value
        if not isinstance(value, dict):
            where = self.tree.places.locate(())
            self.findings.append(
                rules.SCENARIO_WRONG_TYPE.at(where, "a scenario is a map of keys", "begin with scenario: name")
            )
            return None
        result = validate(ScenarioKeys, value, self.shape())
        self.findings += result.findings
        variables = value.get("vars")
        self.names = {*BUILT_IN, *self.project.file.properties, *(variables if isinstance(variables, dict) else ())}
        self.check_placeholders(variables, ("vars",))
        raw_steps = value.get("steps")
        steps = [
            self.step(each, ("steps", index))
            for index, each in enumerate(raw_steps if isinstance(raw_steps, list) else [])
        ]
        if isinstance(raw_steps, list) and not raw_steps:
            where = self.tree.places.locate(("steps",))
            self.findings.append(rules.SCENARIO_BAD_VALUE.at(where, "steps is empty", "write at least one step"))
        if result.record is None or self.findings:
            return None
        keys = result.record
        return Scenario(
            name=keys.scenario,
            description=keys.description,
            tags=keys.tags,
            variables=keys.vars,
            steps=tuple(step for step in steps if step is not None),
            unexpected=keys.unexpected,
            at=self.tree.places.locate(("scenario",), key=True),
        )

    def shape(self, at: Path = (), beside: Mapping[str, Path] | None = None) -> Shape:
        """How findings below *at* are told; keys in *beside* stand elsewhere."""

        def locate(path: Path, key: bool) -> Location:
            if beside and path and path[0] in beside:
                return self.tree.places.locate((*beside[str(path[0])], *path[1:]), key=key)
            return self.tree.places.locate((*at, *path), key=key)

        return Shape(
            missing=rules.SCENARIO_MISSING,
            unknown=rules.SCENARIO_UNKNOWN,
            wrong_type=rules.SCENARIO_WRONG_TYPE,
            bad_value=rules.SCENARIO_BAD_VALUE,
            locate=locate,
        )

    # -- steps

    def step(self, raw: Any, path: Path) -> Step | None:
        if not isinstance(raw, dict):
            raw = {raw: None} if isinstance(raw, str) and raw in STEP_KINDS else raw
        if not isinstance(raw, dict) or not raw:
            where = self.tree.places.locate(path)
            self.report(
                rules.NOT_ONE_VERB, where, "a step is a map with one verb", "write such as - send_message: hello"
            )
            return None
        kind = self.kind_of(raw, path)
        if kind is None:
            return None
        self.keys_of(raw, kind, path)
        arguments = self.arguments(raw, kind, path)
        self.check_placeholders(raw, path)
        check = self.check(raw, kind, path)
        step = Step(
            kind=kind,
            arguments=arguments,
            check=check,
            common={key: raw[key] for key in COMMON_KEYS & raw.keys() - {"check"}},
            at=self.tree.places.locate(path),
            locate=lambda below: self.tree.places.locate((*path, *below)),
        )
        self.names |= kind.results & _LATEST
        if step.result_name is not None:
            self.names.add(step.result_name)
        return step

    def kind_of(self, raw: Mapping[str, Any], path: Path) -> type[StepKind] | None:
        verbs = [key for key in raw if key in STEP_KINDS]
        if len(verbs) == 1:
            return STEP_KINDS[verbs[0]]
        if verbs:
            where = self.tree.places.locate((*path, verbs[1]), key=True)
            self.report(
                rules.NOT_ONE_VERB, where, f"a step has one verb; this has {' and '.join(verbs)}", "write two steps"
            )
            return None
        for key in raw:
            near = nearest_name(key, STEP_KINDS)
            if near is not None and key not in COMMON_KEYS:
                where = self.tree.places.locate((*path, key), key=True)
                self.report(rules.NOT_ONE_VERB, where, f'unknown verb "{key}"', f'did you mean "{near}"?')
                return None
        where = self.tree.places.locate((*path, next(iter(raw))), key=True)
        self.report(rules.NOT_ONE_VERB, where, "a step without a verb", f"write one of: {', '.join(STEP_KINDS)}")
        return None

    def keys_of(self, raw: Mapping[str, Any], kind: type[StepKind], path: Path) -> None:
        """Unknown and misplaced keys beside the verb, and common keys of the wrong kind."""
        allowed = {kind.verb, *kind.beside, *kind.common}
        for key in raw.keys() - allowed:
            where = self.tree.places.locate((*path, key), key=True)
            if key in COMMON_KEYS:
                words = f"with {kind.verb} go {', '.join(sorted(kind.common))}"
                self.report(rules.MISPLACED_KEY, where, f'"{key}" does not go with {kind.verb}', words)
            else:
                message = f'unknown key "{key}" in {_article(kind.verb)} step'
                self.report(rules.SCENARIO_UNKNOWN, where, message, suggestion(key, allowed - raw.keys()))
        common = {key: raw[key] for key in kind.common & raw.keys() - {"check"}}
        self.findings += validate(CommonKeys, common, self.shape(path), context={LOADING: True}).findings
        times = source_text(raw.get("times"))
        if "times" in kind.common and isinstance(times, str) and times.lstrip("-").isdigit() and int(times) < 1:
            self.report(
                rules.SCENARIO_BAD_VALUE,
                self.tree.places.locate((*path, "times")),
                "times must be 1 or more",
                "to expect none, use expect_none",
            )
        for complaint in condition_complaints(raw.get("when")):
            self.complain(complaint, (*path, "when"))

    def arguments(self, raw: Mapping[str, Any], kind: type[StepKind], path: Path) -> dict[str, Any]:
        value = raw[kind.verb]
        arguments: dict[str, Any] = {}
        at = (*path, kind.verb)
        if isinstance(value, dict):
            arguments = dict(value)
        else:
            try:
                arguments = kind.expand(value)
            except MendableError as error:
                self.report(rules.SCENARIO_BAD_VALUE, self.tree.places.locate(at), str(error), error.mend)
                return {}
        beside = {key: (*path, key) for key in kind.beside & raw.keys()}
        arguments.update({key: raw[key] for key in beside})
        result = validate(kind, arguments, self.shape(at, beside), context={LOADING: True})
        self.findings += result.findings
        for complaint in kind.complaints(arguments, self.project.integration.document, self.project):
            self.complain(complaint, at)
        return arguments

    def check(self, raw: Mapping[str, Any], kind: type[StepKind], path: Path) -> Mapping[str, Any] | None:
        if "check" not in raw or kind.check is None:
            return None
        check = raw["check"]
        at = (*path, "check")
        if not isinstance(check, dict):
            self.report(
                rules.SCENARIO_WRONG_TYPE, self.tree.places.locate(at), "check is a map", "write check: {status: 2xx}"
            )
            return None
        self.findings += validate(kind.check, check, self.shape(at), context={LOADING: True}).findings
        for complaint in matcher_complaints(check):
            self.complain(complaint, at)
        return check

    # -- telling

    def report(self, rule: Any, where: Location, message: str, remedy: str) -> None:
        self.findings.append(rule.at(where, message, remedy))

    def complain(self, complaint: Complaint, at: Path) -> None:
        where = self.tree.places.locate((*at, *complaint.path), key=complaint.on_key)
        self.report(rules.BAD_MATCHER, where, complaint.message, complaint.mend)

    def check_placeholders(self, value: Any, path: Path) -> None:
        for place, name in placeholders(value, path):
            if not self.is_known(name):
                where = self.tree.places.locate(place)
                mend = f"{suggestion(name, self.names, quote='${}$')} A dollar is written $$."
                self.report(rules.UNKNOWN_PLACEHOLDER, where, f"nothing supplies ${name}$ here", mend)

    def is_known(self, name: str) -> bool:
        return name in self.names or name.startswith("env.") or name.partition(".")[0] in self.names


def _article(verb: str) -> str:
    return f"an {verb}" if verb[0] in "aeiou" else f"a {verb}"
