"""A scenario with cases is played once for each row; what a row holds is data, and never parsed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.errors import ScenarioError
from emulator.scenario.cases import MOST_ROWS
from emulator.scenario.results import Status

if TYPE_CHECKING:
    from tests.scenario.conftest import Stage

STEPS = "steps:\n  - send_message: $text$\n    check: {status: 2xx}\n"


def _said(stage: Stage) -> list[Any]:
    return [body["content"] for body in stage.provider.bodies if "content" in body]


async def test_rows_of_the_file(stage: Stage) -> None:
    """Each row is a scenario of its own, named by its values; a dollar is written twice, a row goes before vars."""
    text = (
        'scenario: Text ($label$)\nvars: {text: other, more: "$text$!"}\ncases:\n'
        "  - {label: dollars, text: costs $$5 and $$6}\n  - {label: number, text: 007}\n"
        f"{STEPS}  - send_message: $more$\n"
    )
    results = await stage.play_all(text)
    assert [("Text (dollars)", Status.PASSED), ("Text (number)", Status.PASSED)] == [
        (each.name, each.status) for each in results
    ]
    assert ["costs $5 and $6", "costs $5 and $6!", "007", "007!"] == _said(stage)


async def test_rows_of_a_csv_file(stage: Stage) -> None:
    """A CSV file's values are taken as they are: dollars, quotes, line ends, a byte order mark before the names."""
    (stage.folder / "texts.csv").write_bytes('\ufeffid,text\n1,"$5 or $6, ""now"""\n\n2,"two\nlines"\n'.encode())
    results = await stage.play_all(f"scenario: Text\ncases: texts.csv\n{STEPS}")
    assert ["Text [1]", "Text [2]"] == [each.name for each in results]
    assert ['$5 or $6, "now"', "two\nlines"] == _said(stage)


async def test_a_placeholder_in_a_row_is_filled_in_the_run(stage: Stage) -> None:
    """A row may hold what is known at the start of the run; the scenario's name then shows the placeholder."""
    (result,) = await stage.play_all("scenario: To $text$\ncases:\n  - {text: $contact$}\n" + STEPS)
    assert ("To $contact$", ["+61123456789"]) == (result.name, _said(stage))


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ("[]", "2:8  cases is empty | write at least one row"),
        ("[{text: a}, {txt: b}]", "2:20  row 2 has no text, unlike the first row"),
        ("[{text: a}, {text: b, c: d}]", "row 2 has a c, unlike the first row"),
        ("[a]", "2:9  row 1 is no map of values"),
        ("{text: a}", "cases is a list of maps, or the name of a CSV file"),
        ("none.csv", "none.csv cannot be read: No such file or directory | paths are relative to the scenario file"),
        ("empty.csv", "empty.csv is empty"),
        ("wrong.csv", "wrong.csv, row 3: 1 values for 2 names"),
        ("latin.csv", "latin.csv cannot be read as CSV"),
        ("quotes.csv", "quotes.csv cannot be read as CSV"),
        ("large.csv", "large.csv is larger than 1 MiB"),
        ("long.csv", f"cases has {MOST_ROWS + 1} rows"),
        ("[{text: $txet$}]", "nothing supplies $txet$ here"),
    ],
)
def test_what_cannot_be_used(stage: Stage, cases: str, message: str) -> None:
    """Cases that cannot be used are told where they stand, and nothing is run."""
    for name, data in {
        "empty": b"",
        "wrong": b"text,b\n1,2\n3\n",
        "latin": b"text\n\xff\n",
        "quotes": b'text\n"a"b\n',
        "large": b"text\n" + b"x" * 2**20,
        "long": b"text\n" + b"x\n" * (MOST_ROWS + 1),
    }.items():
        (stage.folder / f"{name}.csv").write_bytes(data)
    with pytest.raises(ScenarioError) as caught:
        stage.load(f"scenario: Text\ncases: {cases}\n{STEPS}")
    assert any(message in f"{each.where}  {each.message} | {each.remedy}" for each in caught.value.findings)


def test_the_name_knows_only_its_case(stage: Stage) -> None:
    """A placeholder of the name that no row has is an error with a suggestion; without cases a dollar is text."""
    with pytest.raises(ScenarioError, match=r"no case has \$txt\$") as caught:
        stage.load(f"scenario: Costs $txt$\ncases: [{{text: a}}]\n{STEPS}")
    (finding,) = caught.value.findings
    assert ("roundtrip.yaml:1:17", True) == (str(finding.where), "did you mean $text$?" in finding.remedy)
    (scenario,) = stage.load("scenario: costs $5 or $6\nsteps:\n  - note: x\n")
    assert "costs $5 or $6" == scenario.name
