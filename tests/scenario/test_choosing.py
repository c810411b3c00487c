"""A run plays what its options choose: by line, by name, by tags, again, in another order."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.errors import UsageError
from emulator.scenario.choosing import Choice, at_lines, choose, parse_expression, split_line

if TYPE_CHECKING:
    from emulator.scenario.model import Scenario
    from tests.scenario.conftest import Stage

FILE = "".join(
    f"{'---' if number else '# first'}\nscenario: {name}\ntags: {tags}\nsteps:\n  - note: x\n"
    for number, (name, tags) in enumerate(
        [("Text goes out", "[smoke, sms]"), ("Text comes in", "[sms]"), ("Picture", "[mms, two words]")]
    )
)


@pytest.fixture
def scenarios(stage: Stage) -> tuple[Scenario, ...]:
    """Three scenarios of one file, which begin at lines 2, 7 and 12."""
    return stage.load(FILE, "a.yaml")


def names(scenarios: tuple[Scenario, ...]) -> list[str]:
    """Their first words."""
    return [each.name for each in scenarios]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("text", ["Text goes out", "Text comes in"]),
        ("TEXT and not comes", ["Text goes out"]),
        ("picture or comes", ["Text comes in", "Picture"]),
        ("not (picture or comes)", ["Text goes out"]),
        ('"goes out"', ["Text goes out"]),
        ("not not picture", ["Picture"]),
    ],
)
def test_names(scenarios: tuple[Scenario, ...], expression: str, expected: list[str]) -> None:
    """A name is chosen by what it holds, in any capitals; and binds more than or, not more than and."""
    assert expected == names(choose(scenarios, Choice(names=expression)))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sms and not smoke", ["Text comes in"]),
        ('"two words"', ["Picture"]),
        ("smoke or mms", ["Text goes out", "Picture"]),
    ],
)
def test_tags(scenarios: tuple[Scenario, ...], expression: str, expected: list[str]) -> None:
    """A tag is chosen as a whole."""
    assert expected == names(choose(scenarios, Choice(tags=expression)))


@pytest.mark.parametrize(
    ("choice", "message", "mend"),
    [
        (Choice(names="nothing"), "no scenario is chosen", "there are 3 scenarios"),
        (Choice(tags="sm"), "no scenario is chosen", "the tags are mms, smoke, sms, two words"),
        (Choice(tags="sms and"), "a word is missing", "write such as"),
        (Choice(tags="(sms"), "a parenthesis is not closed", "write such as"),
        (Choice(tags="sms)"), "'\\)' is not expected there", "write such as"),
        (Choice(tags="or sms"), "'or' is not expected there", "write such as"),
        (Choice(tags='"sms'), "a quote is not closed", "write such as"),
        (Choice(names=""), "a word is missing", "write such as"),
        (Choice(again=frozenset({("b.yaml", "Picture")})), "no scenario is chosen", "there are 3"),
    ],
)
def test_what_chooses_nothing(scenarios: tuple[Scenario, ...], choice: Choice, message: str, mend: str) -> None:
    """An expression that cannot be read or chooses nothing is refused: a run of nothing would look like a success."""
    with pytest.raises(UsageError, match=message) as caught:
        choose(scenarios, choice)
    assert mend in str(caught.value.mend)


def test_one_scenario_that_is_not_chosen(scenarios: tuple[Scenario, ...]) -> None:
    """One is told as one."""
    with pytest.raises(UsageError, match="no scenario is chosen") as caught:
        choose(scenarios[:1], Choice(names="nothing"))
    assert caught.value.mend == "there is 1 scenario; leave out a part of what chooses"


def test_what_failed_before(scenarios: tuple[Scenario, ...]) -> None:
    """What failed the last time is known by file and name."""
    assert ["Picture"] == names(choose(scenarios, Choice(again=frozenset({("a.yaml", "Picture"), ("a.yaml", "gone")}))))


def test_repeated_and_shuffled(scenarios: tuple[Scenario, ...]) -> None:
    """A seed always gives the same order; repeated scenarios are told apart by their round."""
    played = names(choose(scenarios, Choice(names="text", repeat=2)))
    assert [
        "Text goes out (round 1)",
        "Text comes in (round 1)",
        "Text goes out (round 2)",
        "Text comes in (round 2)",
    ] == played
    shuffled = [names(choose(scenarios, Choice(repeat=5, seed=7))) for _ in range(2)]
    assert shuffled[0] == shuffled[1]
    assert sorted(shuffled[0]) == sorted(names(choose(scenarios, Choice(repeat=5))))
    assert shuffled[0] != names(choose(scenarios, Choice(repeat=5)))


@pytest.mark.parametrize(
    ("line", "expected"), [(2, "Text goes out"), (6, "Text goes out"), (7, "Text comes in"), (99, "Picture")]
)
def test_lines(scenarios: tuple[Scenario, ...], line: int, expected: str) -> None:
    """A line means the scenario in which it stands."""
    assert [expected] == names(at_lines(scenarios, {"a.yaml": {line}}))


def test_a_line_before_the_first(scenarios: tuple[Scenario, ...]) -> None:
    """A line in no scenario is refused."""
    with pytest.raises(UsageError, match="no scenario stands there") as caught:
        at_lines(scenarios, {"a.yaml": {1}})
    assert "the first begins at 2" == caught.value.mend


@pytest.mark.parametrize("line", [0, 3, 99])
def test_a_line_that_the_file_does_not_have(tmp_path: Path, line: int) -> None:
    """It is a slip, and plays nothing: not the last scenario, as a line behind its beginning would."""
    file = tmp_path / "two.yaml"
    file.write_text("scenario: a\nsteps: []\n", "utf-8")
    assert split_line(tmp_path / "two.yaml:2") == (file, 2)
    with pytest.raises(UsageError, match=f"two.yaml:{line}: the file has 2 lines"):
        split_line(tmp_path / f"two.yaml:{line}")


def test_split_line(tmp_path: Path) -> None:
    """A line stands behind a colon, unless a file has that very name."""
    assert (Path("x/a.yaml"), 12) == split_line(Path("x/a.yaml:12"))
    assert (Path("a.yaml"), None) == split_line(Path("a.yaml"))
    odd = tmp_path / "a:12"
    odd.touch()
    assert (odd, None) == split_line(odd)


@given(
    st.text(alphabet='ab() "', max_size=20)
    | st.lists(st.sampled_from(["a", "and", "or", "not", "(", ")"])).map(" ".join)
)
def test_expressions_never_do_anything_else(text: str) -> None:
    """Whatever the expression, it is read or refused, and what is read holds or does not."""
    with suppress(UsageError):
        assert parse_expression(text, "-k")(lambda word: word == "a") in {True, False}
