"""Reads scenario files: YAML into scenarios, with every problem of a file at once and nothing run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from emulator.core.comparing import Complaint
from emulator.core.document import API_NAMES
from emulator.core.findings import in_file_order, nearest_name, suggestion
from emulator.core.plain import source_text
from emulator.core.scalars import LOADING
from emulator.core.source import Path
from emulator.core.validating import MendableError, Shape, validate
from emulator.engine.user_files import absolute, is_file, is_folder, is_there, read_file
from emulator.errors import Finding, Location, ScenarioError, UsageError
from emulator.scenario import rules
from emulator.scenario.cases import CasesError, Row, expand, read_cases
from emulator.scenario.conditions import condition_complaints
from emulator.scenario.measuring import check_complaints
from emulator.scenario.model import CommonKeys, Scenario, ScenarioKeys, Step
from emulator.scenario.placeholders import names_in, narrowed, placeholders
from emulator.scenario.project import Project, shown_path
from emulator.scenario.searching import files_below
from emulator.scenario.steps.base import EVERYWHERE, LATEST
from emulator.scenario.steps.checking import matcher_complaints
from emulator.scenario.steps.registry import STEP_KINDS
from emulator.scenario.yaml_text import MAX_BYTES, YamlRules, YamlTree, read_yaml_file

if TYPE_CHECKING:
    from emulator.scenario.steps.base import StepKind

_CHECKS = ("check", "fail_if")
COMMON_KEYS = EVERYWHERE | {"as", "within", "times", *_CHECKS}
BUILT_IN = frozenset({"contact", "number", "domain", "webhook_url", *(f"api.{name}" for name in API_NAMES)})
"""Names that every scenario may use; ``api.SendFile`` tells whether the document has it."""
_TOP_KEY = re.compile(rb"(?:\xef\xbb\xbf|- )?([A-Za-z_]+):")
_MOST_USES = 20
_OTHER_KEYS = frozenset({"scenarios"})
"""Keys like ``scenario`` by which files of other tools begin."""
_YAML = YamlRules(rules.SCENARIO_NOT_YAML, rules.SCENARIO_DUPLICATE_KEY, rules.SCENARIO_UNREADABLE)


def find_scenario_files(paths: Iterable[FilePath]) -> list[FilePath]:
    """The files meant by *paths*: files as they are, folders for every ``.yaml`` below that holds scenarios.

    What is hidden or installed below a folder is left out: the copies of failed scenarios in ``.ringo-emu``, say.

    Raises:
        UsageError: A path is not there, or a folder has no scenario.
    """
    files: list[FilePath] = []
    for path in paths:
        if is_folder(path):
            below = sorted(each for each in files_below(path) if each.suffix in {".yaml", ".yml"} and is_file(each))
            found = [each for each in below if holds_scenarios(each)]
            if not found:
                raise UsageError(
                    f"no scenario in {shown_path(path)}",
                    mend="a scenario is a .yaml file with a scenario: key; hidden folders and packages are left out",
                )
            files += found
        elif is_there(path):  # what is no file says so when it is read
            files.append(path)
        else:
            raise UsageError(f"there is no file {shown_path(path)}", mend="name a scenario file or a folder of them")
    return list(dict.fromkeys(files))


def holds_scenarios(path: FilePath) -> bool:
    """Whether a line begins with ``scenario:``, or nearly so: one that is misspelt must not be left out silently."""
    try:
        lines = read_file(path, MAX_BYTES).splitlines(keepends=True)
        keys = {match.group(1).decode() for line in lines if (match := _TOP_KEY.match(line))}
    except OSError:
        return True  # why it cannot be read is told when it is loaded
    return "scenario" in keys or any(nearest_name(key, ["scenario"]) for key in keys - _OTHER_KEYS)


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
        raise ScenarioError(in_file_order(dict.fromkeys(findings)))
    return tuple(scenarios)


def _load_file(path: FilePath, project: Project) -> tuple[list[Scenario], list[Finding]]:
    source, trees, yaml_findings = read_yaml_file(path, shown_path(path), _YAML)
    findings = list(yaml_findings)
    scenarios = []
    for tree in trees:
        loader = _Loader(tree, project, path.parent)
        scenarios += loader.scenarios()
        findings += loader.findings
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
    folder: FilePath
    """Where files that the scenario names stand."""
    findings: list[Finding] = field(default_factory=list)
    using: tuple[tuple[str, str], ...] = ()
    """The scenarios that are used around this one: file and name."""
    table: tuple[Row, ...] = ()
    """The rows of its cases."""
    names: set[str] = field(default_factory=set)
    """Placeholders that may be used from here on."""
    open: set[str] = field(default_factory=set)
    """Those of them that hold data: what may stand behind their dot is not known before the run."""

    def scenarios(self) -> list[Scenario]:
        """The scenario, once for each of its cases; none if something is wrong with it."""
        scenario = self.parts()
        return [] if scenario is None else expand(scenario, self.table) if self.table else [scenario]

    def parts(self) -> Scenario | None:
        """The scenario as the file has it; None if something is wrong with it."""
        value = self.tree.value
        if not isinstance(value, dict):
            where = self.tree.places.locate(())
            self.findings.append(
                rules.SCENARIO_WRONG_TYPE.at(where, "a scenario is a map of keys", "begin with scenario: name")
            )
            return None
        result = validate(ScenarioKeys, value, self.shape())
        self.findings += result.findings
        self.names = {*BUILT_IN, *self.project.names, *self.project.file.properties}
        rows = self.table = self.rows(value.get("cases")) or ()
        self.variables(value.get("vars"))
        if rows:
            self.check_case_name(value.get("scenario"), rows[0])
        for complaint in check_complaints(value["check"]) if isinstance(value.get("check"), dict) else ():
            self.complain(complaint, self.shape(("check",)))
        phases = {name: self.steps(value.get(name), (name,)) for name in ("setup", "steps", "teardown")}
        if value.get("steps") == []:
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
            row={},
            **phases,
            unexpected=keys.unexpected,
            grace=keys.grace,
            check=keys.check,
            at=self.tree.places.locate(("scenario",), key=True),
        )

    def steps(self, raw: Any, path: Path) -> tuple[Step, ...]:
        steps = [self.step(each, (*path, index)) for index, each in enumerate(raw if isinstance(raw, list) else [])]
        return tuple(step for step in steps if step is not None)

    def rows(self, cases: Any) -> tuple[Row, ...] | None:
        """The rows of ``cases``, whose names may be used from here on; None where there are none."""
        if cases is None:
            return None
        try:
            rows = read_cases(cases, self.folder)
        except CasesError as error:
            where = self.tree.places.locate(("cases", *error.path))
            self.findings.append(rules.SCENARIO_BAD_VALUE.at(where, str(error), error.mend))
            return ()
        for index, row in enumerate(rows):
            if isinstance(cases, list):
                self.check_placeholders(row, ("cases", index))
        for name in rows[0]:
            self.supply(name, is_data=True)
        return rows

    def check_case_name(self, name: Any, row: Row) -> None:
        for each in names_in(name) if isinstance(name, str) else ():
            if each.partition(".")[0] not in row:
                where = narrowed(self.tree.places.locate(("scenario",)), each)
                remedy = f"{suggestion(each, row, quote='${}$')} A dollar is written $$."
                self.report(rules.UNKNOWN_PLACEHOLDER, where, f"no case has ${each}$", remedy)

    def variables(self, variables: Any) -> None:
        """Each may use those before it."""
        for name, value in variables.items() if isinstance(variables, dict) else ():
            self.check_placeholders(value, ("vars", name))
            self.supply(name, is_data=True)

    def supply(self, name: str, *, is_data: bool) -> None:
        """From here on *name* may be used."""
        self.names.add(name)
        if is_data:
            self.open.add(name)

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
            self.supply_results(raw, LATEST, is_known=False)
            return None
        self.keys_of(raw, kind, path)
        arguments = self.arguments(raw, kind, path)
        self.check_placeholders(self.outer(raw, kind), path)
        step = Step(
            kind=kind,
            arguments=arguments,
            check=self.check(raw, kind, arguments, path, "check"),
            fail_if=self.check(raw, kind, arguments, path, "fail_if"),
            common={key: raw[key] for key in COMMON_KEYS & raw.keys() - {*_CHECKS}},
            at=self.tree.places.locate(path),
            locate=lambda below: self.tree.places.locate((*path, *below)),
            **self.inner(kind, arguments, raw, path),
        )
        self.supply_results(raw, kind.results, is_known=kind.verb != "use")
        return step

    def outer(self, raw: Mapping[str, Any], kind: type[StepKind]) -> dict[str, Any]:
        """A step without the steps inside it."""
        value = raw[kind.verb]
        if kind.inside is None:
            return dict(raw)
        if kind.shorthand == kind.inside and not isinstance(value, dict):
            return {key: each for key, each in raw.items() if key != kind.verb}
        if not isinstance(value, dict):
            return dict(raw)
        return {**raw, kind.verb: {key: each for key, each in value.items() if key != kind.inside}}

    def inner(
        self, kind: type[StepKind], arguments: Mapping[str, Any], raw: Mapping[str, Any], path: Path
    ) -> dict[str, Any]:
        """The steps inside a step: its branches and, of a scenario that is used, its variables."""
        if kind.verb == "use":
            return self.used(arguments, path)
        if kind.inside is None:
            return {}
        at: Path = (*path, kind.verb)
        if isinstance(raw[kind.verb], dict):
            at = (*at, kind.inside)
        inside = arguments.get(kind.inside)
        if inside == [] or (kind.verb == "for_each" and arguments.get("in") == []):
            where = self.tree.places.locate(at if inside == [] else (*path, kind.verb, "in"))
            self.report(rules.SCENARIO_BAD_VALUE, where, f"{kind.verb} is empty", "write at least one")
        for name in kind.inner_names(arguments):
            self.supply(name, is_data=True)
        if kind.verb != "parallel":
            return {"branches": (self.steps(inside, at),)}
        return {"branches": self.parallel(inside if isinstance(inside, list) else [], at)}

    def parallel(self, branches: list[Any], at: Path) -> tuple[tuple[Step, ...], ...]:
        """Branches, none of which may use what another supplies."""
        before, supplied = set(self.names), set(self.names)
        read = []
        for index, branch in enumerate(branches):
            self.names = set(before)
            here = (*at, index)
            steps = branch if isinstance(branch, list) else [branch]
            each = [
                self.step(step, (*here, number) if isinstance(branch, list) else here)
                for number, step in enumerate(steps)
            ]
            read.append(tuple(step for step in each if step is not None))
            supplied |= self.names
        self.names = supplied
        return tuple(read)

    def used(self, arguments: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """The steps and variables of another scenario, read with the names that it may use."""
        where = self.tree.places.locate((*path, "use"))
        nothing: dict[str, Any] = {"branches": ((), ())}
        file, name = source_text(arguments.get("file")), source_text(arguments.get("scenario"))
        if not isinstance(file, str) or "$" in file:
            self.report(
                rules.SCENARIO_BAD_VALUE, where, "use needs the name of a file", "write such as use: login.yaml"
            )
            return nothing
        target = self.folder / file
        if not is_file(target):
            remedy = "paths are relative to the scenario file"
            self.report(rules.SCENARIO_BAD_VALUE, where, f"there is no file {file}", remedy)
            return nothing
        _, trees, findings = read_yaml_file(target, shown_path(target), _YAML)
        self.findings += findings
        named = [
            each
            for each in trees
            if isinstance(each.value, dict) and name in (None, source_text(each.value.get("scenario")))
        ]
        if len(named) != 1:
            if not findings:
                message = f"{file} has {len(named)} scenarios" + (f' called "{name}"' if name else "")
                self.report(rules.SCENARIO_BAD_VALUE, where, message, "name one of them: use: {file: …, scenario: …}")
            return nothing
        tree = named[0]
        key = (str(absolute(target)), str(tree.value.get("scenario")))
        if key in self.using or len(self.using) >= _MOST_USES:
            self.report(rules.SCENARIO_BAD_VALUE, where, f"{file} uses itself, and would never end", "break the circle")
            return nothing
        return self.read_used(tree, target, key, arguments.get("with"), path)

    def read_used(
        self, tree: YamlTree, target: FilePath, key: tuple[str, str], given: Any, path: Path
    ) -> dict[str, Any]:
        loader = _Loader(tree, self.project, target.parent, using=(*self.using, key))
        read = loader.parts()
        self.findings += loader.findings
        variables = read.variables if read else {}
        for name in sorted((given if isinstance(given, dict) else {}).keys() - variables.keys()) if read else ():
            where = self.tree.places.locate((*path, "with", name), key=True)
            self.report(
                rules.SCENARIO_UNKNOWN,
                where,
                f'{target.name} has no "{name}" among its vars',
                suggestion(name, variables),
            )
        if read is None:
            return {"branches": ((), ())}
        return {"branches": ((*read.setup, *read.steps), read.teardown), "variables": variables}

    def supply_results(self, raw: Mapping[str, Any], results: Iterable[str], *, is_known: bool) -> None:
        """What a step leaves for the next: of one that cannot be read, anything under its ``as``."""
        name = source_text(raw.get("as"))
        if not isinstance(name, str):  # none, or a mistake that is told of elsewhere
            name = ""
        for each in results:
            names = ([each] if each in LATEST else []) + ([f"{name}.{each}"] if name else [])
            for supplied in names:
                self.supply(supplied, is_data=each == "answer")
        if name and not is_known:
            self.supply(name, is_data=True)

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
                below = {field.alias or name for name, field in kind.model_fields.items()} - kind.beside
                if key in below:
                    usual = f"{kind.shorthand}: …, " if kind.shorthand else ""
                    remedy = f"it belongs below the verb: {kind.verb}: {{{usual}{key}: …}}"
                else:
                    remedy = suggestion(key, allowed - raw.keys())
                self.report(rules.SCENARIO_UNKNOWN, where, message, remedy)
        common = {key: raw[key] for key in kind.common & raw.keys() - {*_CHECKS}}
        self.findings += validate(CommonKeys, common, self.shape(path), context={LOADING: True}).findings
        times = source_text(raw.get("times"))
        if "times" in kind.common and isinstance(times, str) and times.lstrip("-").isdigit() and int(times) < 1:
            self.report(
                rules.SCENARIO_BAD_VALUE,
                self.tree.places.locate((*path, "times")),
                "times must be 1 or more",
                "to expect none, use expect_none",
            )
        when = raw.get("when")
        for complaint in condition_complaints(when):
            self.complain(complaint, self.shape((*path, "when")))
        for key in when if isinstance(when, dict) else ():  # the one place where a key is filled
            for name in names_in(key):
                self.check_name(name, self.tree.places.locate((*path, "when", key), key=True))

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
        shape = self.shape(at, beside)
        self.findings += validate(kind, arguments, shape, context={LOADING: True}).findings
        for complaint in kind.complaints(arguments, self.project.integration.document, self.project):
            self.complain(complaint, shape)
        return arguments

    def check(
        self, raw: Mapping[str, Any], kind: type[StepKind], arguments: Mapping[str, Any], path: Path, key: str
    ) -> Mapping[str, Any] | None:
        if key not in raw or kind.check is None:
            return None
        check = raw[key]
        at = (*path, key)
        why = kind.unchecked(arguments, self.project)
        if why is not None:
            where = self.tree.places.locate(at, key=True)
            self.report(rules.MISPLACED_KEY, where, f"{why}: there is nothing to check", f"take {key} out")
            return None
        if not isinstance(check, dict):
            where = self.tree.places.locate(at)
            self.report(rules.SCENARIO_WRONG_TYPE, where, f"{key} is a map", f"write {key}: {{status: 2xx}}")
            return None
        if not check:
            where = self.tree.places.locate(at)
            self.report(rules.SCENARIO_BAD_VALUE, where, f"{key} is empty", f"write such as {key}: {{status: 2xx}}")
        shape = self.shape(at)
        self.findings += validate(kind.check, check, shape, context={LOADING: True}).findings
        known = {key: matcher for key, matcher in check.items() if key in kind.check.model_fields}
        for complaint in matcher_complaints(known):
            self.complain(complaint, shape)
        for complaint in kind.check_complaints(arguments, check):
            where = shape.locate(complaint.path, complaint.on_key)
            self.report(rules.MISPLACED_KEY, where, complaint.message, complaint.mend)
        return check

    # -- telling

    def report(self, rule: Any, where: Location, message: str, remedy: str) -> None:
        self.findings.append(rule.at(where, message, remedy))

    def complain(self, complaint: Complaint, shape: Shape) -> None:
        where = shape.locate(complaint.path, complaint.on_key)
        self.report(rules.BAD_MATCHER, where, complaint.message, complaint.mend)

    def check_placeholders(self, value: Any, path: Path) -> None:
        for place, name in placeholders(value, path):
            self.check_name(name, self.tree.places.locate(place))

    def check_name(self, name: str, where: Location) -> None:
        if not self.is_known(name):
            message = f"nothing supplies ${name}$ here"
            self.report(rules.UNKNOWN_PLACEHOLDER, narrowed(where, name), message, self.nearest(name))

    def is_known(self, name: str) -> bool:
        heads = (name[: dot.start()] for dot in re.finditer(r"\.", name))
        return name in self.names or any(head in self.open for head in heads)

    def nearest(self, name: str) -> str:
        """A suggestion; where none comes close, the environment is not listed."""
        near = nearest_name(name, self.names) is not None
        names = self.names if near else {each for each in self.names if not each.startswith("env.")}
        return f"{suggestion(name, names, quote='${}$')} A dollar is written $$."


def _article(verb: str) -> str:
    return f"an {verb}" if verb[0] in "aeiou" else f"a {verb}"
