"""The pytest plugin: fixtures that play Ringotel, and scenario files as tests. See docs/pytest.md.

pytest imports this module in every run, whether it is used or not: all that is heavy is imported where it is used.
PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatch
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from emulator.faces.testing import AsyncRingo, Ringo, RingoSession
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project

_FILE_NAME = "ringo-emu.yaml"
_UNEXPECTED = ("fail", "warn", "allow")
_MARK = re.compile(r"[^\W_][\w.+-]*\Z")
_WILD = re.compile(r"[*?\[]")
_OPENED: pytest.StashKey[list[tuple[RingoSession, Ringo | AsyncRingo | None, int]]] = pytest.StashKey()
"""What a test uses, with how many lines the provider had printed when it began."""
_PROJECT: pytest.StashKey[Project] = pytest.StashKey()
_TOLD: pytest.StashKey[list[str]] = pytest.StashKey()
"""What is to be said once, whichever tests it concerns."""
_OF_A_WORKER = "ringo_told"


# -- configuration


def pytest_addoption(parser: pytest.Parser) -> None:
    """What can be said in an ini file and on the command line."""
    group = parser.getgroup("ringo-emu")
    group.addoption("--ringo-project", metavar="FILE", help="Project file of ringo-emu; also RINGO_PROJECT.")
    group.addoption(
        "--ringo-fail-on",
        metavar="WORD",
        action="append",
        default=[],
        help="Findings that fail a test: error, warning or note, or a code such as WH-204; also ringo_fail_on.",
    )
    parser.addini("ringo_project", "project file of ringo-emu; by default ringo-emu.yaml here or above", default="")
    parser.addini("ringo_integration", "integration document, in place of the project file's", default="")
    parser.addini("ringo_scenarios", "scenario files to collect as tests, such as scenarios/*.yaml", type="linelist")
    parser.addini("ringo_fail_on", "findings that fail a test: error, warning, note, or codes", type="args", default=[])
    parser.addini("ringo_unexpected", "events that no test expects: fail (default), warn or allow", default="fail")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what would be misunderstood later."""
    if config.getini("ringo_unexpected") not in _UNEXPECTED:
        given = config.getini("ringo_unexpected")
        raise pytest.UsageError(f"ringo_unexpected cannot be {given!r}: write one of {', '.join(_UNEXPECTED)}")
    for pattern in config.getini("ringo_scenarios"):
        if not _matches_a_file(config.rootpath, pattern):
            raise pytest.UsageError(
                f"ringo_scenarios: no file matches {pattern!r} in {config.rootpath}: patterns are relative to this "
                "rootdir; correct the pattern, or take it out"
            )


def _matches_a_file(root: Path, pattern: str) -> bool:
    """Whether `pytest_collect_file` could ever take a file by *pattern*."""
    from emulator.scenario.searching import files_below

    named = Path(*takewhile(lambda part: not _WILD.search(part), Path(pattern).parts[:-1]))
    files = files_below(root / named)
    return any(fnmatch(Path(os.path.relpath(each, root)).as_posix(), pattern) for each in files)


def _defaults(config: pytest.Config) -> dict[str, Any]:
    """What ``ringo_config`` says where nobody overrides it: absolute paths."""
    here, root = config.invocation_params.dir, config.rootpath
    named = config.getoption("--ringo-project") or os.environ.get("RINGO_PROJECT")
    project = here / named if named else None
    if project is None and config.getini("ringo_project"):
        project = root / config.getini("ringo_project")
    for folder in (here, *here.parents, root, *root.parents):
        if project is None and (folder / _FILE_NAME).is_file():
            project = folder / _FILE_NAME
    integration = config.getini("ringo_integration")
    fail_on = config.getoption("--ringo-fail-on") or config.getini("ringo_fail_on")
    return {"project": project, "integration": root / integration if integration else None, "fail_on": fail_on}


# -- fixtures


@pytest.fixture(scope="session")
def ringo_config(pytestconfig: pytest.Config) -> Mapping[str, Any]:
    """What ringo-emu plays; override it to set integration, properties, hosts, public_url, values, host, port."""
    return _defaults(pytestconfig)


@pytest.fixture(scope="session")
def ringo_session(pytestconfig: pytest.Config, ringo_config: Mapping[str, Any]) -> Iterator[RingoSession]:
    """The running emulator, and the provider's process where the project has one."""
    from contextlib import ExitStack

    from emulator.errors import RingoError
    from emulator.faces.testing import running
    from emulator.faces.testing_config import in_words, merged, open_project

    with ExitStack() as stack:
        project = problem = None
        try:
            config = merged(ringo_config, _defaults(pytestconfig))
            project = open_project(config, pytestconfig.rootpath)
            _tell_of_overruled(pytestconfig, project)
            host, port = str(config.get("host", "127.0.0.1")), int(config.get("port", 0))
            worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "")
            tell = partial(_tell, pytestconfig)
            session = stack.enter_context(running(project, tell=tell, host=host, port=port, worker=worker))
        except RingoError as error:
            problem = in_words(error, project)
        if problem is not None:
            pytest.fail(problem, pytrace=False)
        yield session


@pytest.fixture
def ringo(request: pytest.FixtureRequest, ringo_session: RingoSession) -> Iterator[Ringo]:
    """Ringotel, for this test: an account, hence a webhook URL, of its own, which the provider has been told."""
    from emulator.errors import RingoError
    from emulator.faces.testing import ExpectationError

    with ringo_session.ringo(request.config.getini("ringo_unexpected")) as opened:
        _remember(request.node, ringo_session, opened)
        problem = None
        try:
            opened.ready()
        except (ExpectationError, RingoError) as error:
            problem = "\n".join([str(error), *getattr(error, "__notes__", ())])
        if problem is not None:
            pytest.fail(problem, pytrace=False)
        yield opened


@pytest.fixture
def ringo_async(request: pytest.FixtureRequest, ringo_session: RingoSession) -> Iterator[AsyncRingo]:
    """The same for a test that runs in an event loop: every method is awaited."""
    with ringo_session.ringo_async(request.config.getini("ringo_unexpected")) as opened:
        _remember(request.node, ringo_session, opened)
        yield opened


def _remember(item: pytest.Item, session: RingoSession, opened: Ringo | AsyncRingo | None) -> None:
    item.stash.setdefault(_OPENED, []).append((session, opened, session.printed_lines()))


# -- scenario files


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the files that ``ringo_scenarios`` names."""
    patterns: list[str] = parent.config.getini("ringo_scenarios")
    if not patterns:
        return None
    name = Path(os.path.relpath(file_path, parent.config.rootpath)).as_posix()
    from emulator.scenario.searching import is_foreign

    # "*" matches what lies in hidden folders too, such as the copies of failed scenarios; who means it names it.
    is_named = parent.session.isinitpath(file_path)
    foreign = {each for each in name.split("/")[:-1] if is_foreign(each) and each != ".." and not is_named}
    if any(fnmatch(name, pattern) and foreign <= set(pattern.split("/")) for pattern in patterns):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator[ScenarioItem]:
        """A test for each of them.

        Raises:
            CollectError: The file, or the project file, is wrong; the text says where.
        """
        from emulator.errors import RingoError
        from emulator.faces.testing_config import in_words, open_project, read_scenarios

        project = self.config.stash.get(_PROJECT, None)
        try:
            if project is None:
                project = open_project(_defaults(self.config), self.config.rootpath)
                _tell_of_overruled(self.config, project)
                self.config.stash[_PROJECT] = project
            scenarios = read_scenarios(self.path, project)
        except RingoError as error:
            raise self.CollectError(in_words(error, project)) from None
        for scenario in scenarios:
            yield self._item(scenario)

    def _item(self, scenario: Scenario) -> ScenarioItem:
        name = " ".join(scenario.name.replace("::", ":").split())
        item = ScenarioItem.from_parent(self, name=name, callobj=_player(scenario))
        item.line = (scenario.at.line or 1) - 1
        for tag in scenario.tags:
            if _MARK.match(tag):
                self.config.addinivalue_line("markers", f"{tag}: a tag of scenarios")
                item.add_marker(tag)
            else:
                item.extra_keyword_matches.add(tag)
        return item


class ScenarioItem(pytest.Function):
    """A scenario as a test; being a function that asks for ``ringo_session``, it gets the fixture that others get."""

    line = 0

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return self.path, self.line, self.name


def _player(scenario: Scenario) -> Callable[..., None]:
    def play(ringo_session: RingoSession, request: pytest.FixtureRequest) -> None:
        from emulator.faces.testing import ScenarioSkippedError

        _remember(request.node, ringo_session, None)
        try:
            problem = ringo_session.play(scenario)
        except ScenarioSkippedError as error:
            pytest.skip(str(error))
        if problem is not None:
            pytest.fail(problem, pytrace=False)

    return play


# -- what is said once


def _tell(config: pytest.Config, sentence: str) -> None:
    """Say *sentence* at the end; from a worker of xdist, whose terminal is its controller's, too."""
    told = config.stash.setdefault(_TOLD, [])
    if sentence not in told:
        told.append(sentence)
    if hasattr(config, "workeroutput"):
        config.workeroutput[_OF_A_WORKER] = told


def _tell_of_overruled(config: pytest.Config, project: Project) -> None:
    if project.overruled:
        from emulator.faces.options import overruled_in_words

        _tell(config, overruled_in_words(project.overruled))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of xdist has ended: what it had to say is said here."""
    for sentence in getattr(node, "workeroutput", {}).get(_OF_A_WORKER, ()):
        _tell(node.config, sentence)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say it."""
    told = config.stash.get(_TOLD, [])
    if told:
        terminalreporter.section("ringo-emu")
        for sentence in told:
            terminalreporter.line(sentence)


# -- what becomes of a test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that passed fails if it left events unconsumed."""
    done = yield
    for session, opened, _ in item.stash.get(_OPENED, ()):
        problem = session.left_over(opened) if opened is not None else None
        if problem is not None:
            pytest.fail(problem, pytrace=False)
    return done


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows its exchanges, and what the provider printed since it began."""
    report = yield
    if report.failed and report.when != "teardown":
        for session, opened, since in item.stash.get(_OPENED, ()):
            exchanges = session.log(opened, report.longreprtext) if opened is not None else ""
            for heading, text in (("ringo exchanges", exchanges), ("ringo provider", session.printed(since))):
                if text:
                    report.sections.append((heading, text))
    return report
