"""Loading: every mistake of a file at once, at its place, with a suggestion, and nothing run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.comparing import OPERATORS
from emulator.core.source import SourceText
from emulator.errors import Finding, RingoError, ScenarioError, UsageError
from emulator.scenario import rules
from emulator.scenario.loading import COMMON_KEYS, find_scenario_files, load_scenarios
from emulator.scenario.model import ScenarioKeys
from emulator.scenario.project import load_project
from emulator.scenario.steps.registry import STEP_KINDS
from emulator.scenario.yaml_text import YamlRules, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from syrupy.assertion import SnapshotAssertion

    from emulator.core.source import Path as NodePath
    from emulator.scenario.model import Scenario
    from emulator.scenario.project import Project

    Load = Callable[[str], tuple[Scenario, ...]]

SCENARIOS = Path(__file__).parents[2] / "scenarios"
RULES = YamlRules(rules.SCENARIO_NOT_YAML, rules.SCENARIO_DUPLICATE_KEY, rules.SCENARIO_UNREADABLE)


@pytest.fixture(scope="module")
def project() -> Project:
    """The project of the demo, and something in the environment."""
    return load_project(SCENARIOS / "ringo-emu.yaml", environment={"TOKEN": "abcd"})


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Project) -> Load:
    """The scenarios of a file with that text."""
    monkeypatch.chdir(tmp_path)

    def load_text(text: str) -> tuple[Scenario, ...]:
        (tmp_path / "x.yaml").write_text(text, "utf-8")
        return load_scenarios([Path("x.yaml")], project)

    return load_text


@pytest.fixture
def complaints(load: Load) -> Callable[[str], list[str]]:
    """What is said of a file with that text."""

    def told(text: str) -> list[str]:
        with pytest.raises(ScenarioError) as caught:
            load(text)
        return [f"{finding.where}  {finding.message} | {finding.remedy}" for finding in caught.value.findings]

    return told


def _steps(*steps: str) -> str:
    return "scenario: x\nsteps:\n" + "".join(f"  - {step}\n" for step in steps)


# -- what can be said


@pytest.mark.parametrize(
    "step",
    [
        "subscribe",
        "subscribe:",
        "subscribe: {}",
        "send_message: ping",
        "send_message: 007",
        "send_message: yes",
        "send_message: {content: hello, from: +61855555555, to: +61123456789, extension: 101}",
        "send_file: https://files.example.com/cat.jpg",
        "send_file: reference.json",
        "send_file: {file: https://files.example.com/cat.jpg, caption: look}",
        "{trigger: reply, with: {content: pong, from: +4930123456}}",
        "request: {GET: http://127.0.0.1:8080/x, headers: {Accept: text/plain}}",
        "request: {POST: http://127.0.0.1:8080/x, json: {a: [1, null, {b: true}]}}",
        "request: {PUT: http://127.0.0.1:8080/x, form: {a: 1}}",
        "request: {PATCH: http://127.0.0.1:8080/x, body: raw}",
        "expect: message",
        "expect: {message: pong}",
        "expect: {message: {from: $contact$, to: $number$, content: {not: {contains: x}}}}",
        "expect: {mms: {url: {format: url}, text: {present: false}}}",
        "expect: {messageDelivered: }",
        "{expect: messageDelivered, as: report, name: 5, within: 250ms, times: 2, check: {method: POST}}",
        "{expect_none: message, within: 1m}",
        "wait: 50ms",
        "note: anything at $domain$",
        "{send_message: hi, when: $api.SendFile$}",
        "{send_message: hi, when: {$api.SendFile$: true}}",
        "{send_message: hi, check: {status: 2xx, within: 2s, messageid: {format: uuid}, state: sent, headers: {A: b}}}",
        "{send_message: hi, check: {status: {one_of: [200, 202]}, body: {$.data.id: {type: string}}}}",
        "{send_message: $API key$ $env.TOKEN$ $webhook_url$ $$5, check: {status: $port.provider$}}",
        "{expect: message, within: $port.provider$, times: $port.provider$}",
    ],
)
def test_what_can_be_said(load: Load, step: str) -> None:
    """Every verb, in its short and its long form, with every key that goes with it."""
    (scenario,) = load(_steps(step))
    assert "x" == scenario.name
    assert 1 == len(scenario.steps)


def test_a_scenarios_own_keys(load: Load) -> None:
    """What stands above the steps is kept, text as text."""
    (scenario,) = load(
        "scenario: 007\ndescription: why\ntags: [a, 5]\nvars: {n: 5, text: n is $n$}\nunexpected: allow\n"
        "steps: [{note: $text$}]\n"
    )
    assert ("007", "why", ("a", "5"), "allow") == (
        scenario.name,
        scenario.description,
        scenario.tags,
        scenario.unexpected,
    )
    assert ["n", "text"] == list(scenario.variables)


def test_several_scenarios_of_a_file(load: Load) -> None:
    """Documents are scenarios, each with its own place."""
    scenarios = load("scenario: one\nsteps: [{note: a}]\n---\nscenario: two\nsteps:\n  - note: b\n")
    assert [("one", "x.yaml:1:1"), ("two", "x.yaml:4:1")] == [(each.name, str(each.at)) for each in scenarios]
    assert "x.yaml:6:5" == str(scenarios[1].steps[0].at)


def test_results_of_earlier_steps_may_be_named(load: Load) -> None:
    """With as by name, without as the latest; what stands below an answer or a variable is not known before the run."""
    text = _steps(
        "{send_message: hi, as: sms}",
        "note: $sms.messageid$ $sms.answer.data.0.id$ $messageid$ $status$ $answer.x$ $state$",
        "{expect: message, as: 5}",
        "note: $5.content$ $5.exchange$",
    )
    assert 4 == len(load(text)[0].steps)
    assert 1 == len(load("scenario: x\nvars: {a: {b: 1}}\nsteps: [{note: $a.b.c$}]\n"))


# -- what cannot

WRONG = """\
scenarios: misspelt
descripton: x
vars: {a: $b$, b: 1}
unexpected: fial
steps:
  - send_mesage: hi
    as: sms
  - expect: messageDelivered
    withn: 5s
  - expect: {message: {contnt: x, from: {startswith: 1}}}
    within: 5
  - expect: {mesage: hi}
  - expect: delivered
  - trigger: repli
  - trigger: reply
    with: {contnet: hi}
  - trigger: reply
  - trigger: reply
    with: {content: hi, url: x}
  - send_message: {contnet: $nmae$, to: +61123456789}
  - send_message: $sms.anything$ $sms2.messageid$ $contact.name$ $env.TOKN$ $zzz$
    within: 5s
    as: a.b
  - send_file: no-such-file.jpg
  - request: {url: http://x}
  - request: {GET: http://x, POST: http://y, json: {}, body: x}
  - expect_none: message
    times: 2
    check: {}
  - expect: message
    times: 0
    check: {header: {}, body: {$.a: {isa: x}, b: 1}, headers: {A: {format: e165}}}
  - send_message: hi
    check: {status: 2x, within: 5, stat: {foo: x}, state: {matches: "("}, messageid: {one_of: x}}
    when: {state: sent, $sttae$: {gt: x}, $status$: {present: yes}}
  - send_message: hi
    check: 200
  - send_message: a
    expect: message
  - name: without a verb
  - just text
  - []
  - wait: 5
  - wait: {duration: 1s, durtion: 2s}
  - note: {}
  - request: plain
  - "": ""
"""


def test_everything_wrong_at_once(complaints: Callable[[str], list[str]], golden: SnapshotAssertion) -> None:
    """Unknown keys, verbs, operators, placeholders, matchers, triggers and events are all told, each with a suggestion."""  # noqa: E501
    assert golden == "\n".join(complaints(WRONG)) + "\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "x.yaml:1:1  the file holds no scenario | begin with scenario: name"),
        ("# nothing\n", "x.yaml:1:1  the file holds no scenario | begin with scenario: name"),
        ("- scenario: x\n", "x.yaml:1:1  a scenario is a map of keys | begin with scenario: name"),
        ("just text\n", "x.yaml:1:1  a scenario is a map of keys | begin with scenario: name"),
        ("scenario: x\n", 'x.yaml:1:1  "steps" is missing | add "steps"'),
        ("scenario: x\nsteps: []\n", "x.yaml:2:8  steps is empty | write at least one step"),
        ("scenario: x\nsteps: {note: a}\n", "x.yaml:2:8  steps must be a list; found an object | write a list"),
        ("scenario: x\nvars: [a]\nsteps: [{note: a}]\n", "x.yaml:2:7  vars must be an object; found a list | write an object"),  # noqa: E501
        (
            "scenario: x\nsteps: [{note: a}]\n---\nscenario: x\nsteps: [{note: a}]\n",
            'x.yaml:4:1  the name "x" is taken by line 1 | give each scenario of a file a name of its own',
        ),
        ("scenario: x\nscenario: y\nsteps: [{note: a}]\n", 'x.yaml:2:1  "scenario" is written twice | remove one of the two'),  # noqa: E501
    ],
    ids=[
        "empty", "comment", "list", "text", "no-steps", "empty-steps", "steps-as-map", "vars-as-list", "same-name",
        "duplicate-key",
    ],
)  # fmt: skip
def test_a_file_as_a_whole(complaints: Callable[[str], list[str]], text: str, expected: str) -> None:
    """What is no scenario at all is told in one line."""
    assert [expected] == complaints(text)


def test_files_are_judged_together(tmp_path: Path, project: Project) -> None:
    """The mistakes of every file are told, not only those of the first."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("scenario: x\nsteps: [{nope: a}]\n")
    with pytest.raises(ScenarioError) as caught:
        load_scenarios([tmp_path / "a.yaml", tmp_path / "b.yaml"], project)
    assert [tmp_path / "a.yaml", tmp_path / "b.yaml"] == [
        Path(each.where.file) for each in caught.value.findings if each.where
    ]


@pytest.mark.parametrize(
    ("step", "remedy"),
    [
        ("send_message: hi\n    copies: 2", "it belongs below the verb: send_message: {content: …, copies: …}"),
        ("request: {GET: http://x.test/}\n    json: {}", "it belongs below the verb: request: {json: …}"),
        ("send_message: hi\n    cover: 2", 'did you mean "covers"?'),
    ],
)
def test_an_argument_beside_its_verb(complaints: Callable[[str], list[str]], step: str, remedy: str) -> None:
    """Where it belongs is told, not a word that looks like it."""
    told = complaints(f"scenario: s\nsteps:\n  - {step}\n    check: {{status: 200}}\n")
    assert [remedy] == [each.partition(" | ")[2] for each in told]


def test_a_verb_that_is_misspelt_supplies_its_results(complaints: Callable[[str], list[str]]) -> None:
    """One mistake gives one finding: what a misspelt step would have supplied is not missed as well."""
    text = _steps("{sned_message: hi, as: sms}", "note: $sms.messageid$ $status$")
    assert ['x.yaml:3:6  unknown verb "sned_message" | did you mean "send_message"?'] == complaints(text)


# -- every key misspelt in turn


def _slips(key: str) -> Iterator[str]:
    middle = max(1, len(key) // 2)
    yield key[:middle] + key[middle + 1 :]
    yield key[: middle - 1] + key[middle] + key[middle - 1] + key[middle + 1 :]
    yield key.swapcase() if len(key) < 3 else key[0] + key[1].swapcase() + key[2:]


def _is_free(path: NodePath) -> bool:
    """Names that the author of a file chooses, and addresses: nobody can say that they are misspelt."""
    chosen = {"vars", "hosts", "triggers", "environments", "json", "form", "equals"}
    return str(path[-1]).startswith("$") or any(str(each) in chosen for each in path[-2:-1])


def _keys(path: Path) -> list[Any]:
    source = SourceText(path.name, path.read_text("utf-8"))
    trees, _ = read_yaml(source, RULES)
    return [
        pytest.param(path, span.key_start, span.key_end, id=f"{path.stem}-{number}-{'.'.join(map(str, place))}")
        for number, tree in enumerate(trees)
        for place, span in tree.places.spans.items()
        if place and isinstance(place[-1], str) and not _is_free(place)
    ]


@pytest.mark.parametrize(
    ("path", "start", "end"), [key for path in sorted(SCENARIOS.glob("*.yaml")) for key in _keys(path)]
)
def test_every_key_misspelt_in_turn(path: Path, start: int, end: int, tmp_path: Path) -> None:
    """A letter dropped, two swapped, another case: each is told at the line of the key."""
    text = path.read_text("utf-8")
    key, line = text[start:end], text.count("\n", 0, start) + 1
    for file in (path for path in SCENARIOS.glob("*.*") if path.is_file()):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    for slip in {*_slips(key)} - {key}:
        (tmp_path / path.name).write_text(text[:start] + slip + text[end:], "utf-8")
        with pytest.raises(RingoError) as caught:
            load_scenarios([tmp_path / path.name], load_project(tmp_path / "ringo-emu.yaml", environment={}))
        findings = getattr(caught.value, "findings", ())
        assert line in {each.where.line for each in findings}, (slip, [each.message for each in findings])


def test_every_word_of_the_language_has_a_suggestion(complaints: Callable[[str], list[str]]) -> None:
    """A verb, key or operator with a letter missing is recognised."""
    for verb in STEP_KINDS:
        slip = verb[:-2] + verb[-1]
        assert f'did you mean "{verb}"?' in complaints(_steps(f"{slip}: x"))[0]
    for key in ScenarioKeys.model_fields.keys() - {"scenario", "steps"}:  # these two are there
        slip = key[:-2] + key[-1]
        assert any(f'did you mean "{key}"?' in each for each in complaints(f"{slip}: x\n" + _steps("note: x")))
    for key in COMMON_KEYS - {"as"}:
        slip = key[:-2] + key[-1]
        assert any(f'did you mean "{key}"?' in each for each in complaints(_steps(f"{{expect: message, {slip}: x}}")))
    for operator in OPERATORS:
        slip = operator + "s"
        told = complaints(_steps(f"expect: {{message: {{from: {{{slip}: x}}}}}}"))
        assert any("did you mean" in each for each in told)


# -- nothing that a file holds can break it

_SCALARS = st.one_of(
    st.sampled_from([*STEP_KINDS, *COMMON_KEYS, *OPERATORS, "message", "$x$", "$sms.messageid$", "5s", "$.a", "$..["]),
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.text("ab$.: ", max_size=5),
)
_NAMES = st.sampled_from(
    [*STEP_KINDS, *COMMON_KEYS, *OPERATORS, "message", "mms", "headers", "body", "status", "$.a", "$x$"]
)
_DATA = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_STEP = st.dictionaries(st.sampled_from([*STEP_KINDS, *COMMON_KEYS, "with"]), _DATA, max_size=4) | _DATA


@given(steps=st.lists(_STEP, max_size=3), variables=_DATA)
def test_any_steps_load_or_are_told_of(
    steps: list[Any], variables: Any, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any data in any place is loaded, or told of with a place; nothing else ever escapes."""
    import yaml

    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(yaml.safe_dump({"scenario": "x", "vars": variables, "steps": steps}), "utf-8")
    findings: tuple[Finding, ...] = ()
    try:
        load_scenarios([path], project)
    except ScenarioError as error:
        findings = error.findings
    assert all(finding.where is not None and finding.where.line for finding in findings)


@given(text=st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_loads_or_is_told_of(text: str, project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file of any text raises nothing but our own errors."""
    path = tmp_path_factory.getbasetemp() / "text.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScenarioError):
        load_scenarios([path], project)


# -- finding files


def test_files_of_a_folder(tmp_path: Path) -> None:
    """In a folder, scenario files are found by their key, below it too; other YAML is left alone."""
    (tmp_path / "below").mkdir()
    (tmp_path / "folder.yaml").mkdir()
    texts = {
        "b.yaml": "scenario: x\n",
        "a.yml": "# first\nscenario: x\n",
        "below/c.yaml": "\ufeffscenario: x\n",
        "misspelt.yaml": "Scenaro: x\n",
        "list.yaml": "- scenario: x\n",
        "ringo-emu.yaml": "integration: x\nscenarios: y\n",
        "openapi.yaml": "paths:\n  scenario: x\n",
        "notes.txt": "scenario: x\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    expected = ["a.yml", "b.yaml", "below/c.yaml", "list.yaml", "misspelt.yaml"]
    assert [tmp_path / name for name in expected] == find_scenario_files([tmp_path])


@pytest.mark.parametrize(
    "folder", [".ringo-emu/failures/01-x", ".git", "a/node_modules/b", ".venv", "venv", "python", "a/__pycache__"]
)
def test_what_is_hidden_or_installed_is_not_searched(folder: str, tmp_path: Path) -> None:
    """The copies of failed scenarios, and what packages bring, are played by who names them, and by nobody else."""
    for name in ("x.yaml", f"{folder}/copy.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("scenario: x\n", "utf-8")
    (tmp_path / "python").mkdir(exist_ok=True)
    (tmp_path / "python/pyvenv.cfg").touch()
    copy = tmp_path / folder / "copy.yaml"
    assert [tmp_path / "x.yaml"] == find_scenario_files([tmp_path])
    assert [copy] == find_scenario_files([copy])
    assert [copy] == find_scenario_files([copy.parent])


def test_files_that_are_named(tmp_path: Path) -> None:
    """A file that is named is taken whatever it holds, and only once."""
    path = tmp_path / "x.txt"
    path.write_text("")
    assert [path] == find_scenario_files([path, path])


def test_a_file_that_cannot_be_read_is_not_left_out(tmp_path: Path, project: Project) -> None:
    """What cannot be read fails the run; it is not skipped silently."""
    (tmp_path / "memory.yaml").symlink_to("/proc/self/mem")
    with pytest.raises(UsageError, match="cannot be read: Input/output error"):
        load_scenarios(find_scenario_files([tmp_path]), project)


def test_nothing_to_find(tmp_path: Path) -> None:
    """A folder without a scenario, and a path that is not there, are mistakes."""
    with pytest.raises(UsageError, match="no scenario in"):
        find_scenario_files([tmp_path])
    with pytest.raises(UsageError, match="there is no file"):
        find_scenario_files([tmp_path / "x.yaml"])
