"""Scenario files and copies of what they send get names of their own; nothing is ever overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.faces.console.keeping import fixtures, keep, scenario_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("A reply, and more!", "a-reply-and-more.yaml"),
        ("../../etc/passwd", "etc-passwd.yaml"),
        ("日本", "played.yaml"),
        ("x" * 200, "x" * 60 + ".yaml"),
    ],
)
def test_a_name_becomes_a_file(tmp_path: Path, name: str, file: str) -> None:
    assert scenario_file(tmp_path, name) == tmp_path / file


def test_it_goes_where_the_scenarios_are_and_takes_no_place(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/one.yaml").touch()

    assert scenario_file(tmp_path, "One") == tmp_path / "scenarios/one-2.yaml"


def test_two_files_of_one_name_are_told_apart_and_equal_ones_are_kept_once(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "fixtures").mkdir(parents=True)
    (project / "fixtures/cat.png").write_bytes(b"there")
    sources = []
    for number, data in enumerate((b"one", b"two", b"there", b"one")):
        source = tmp_path / str(number) / "cat.png"
        source.parent.mkdir()
        source.write_bytes(data)
        sources.append(source)

    found = fixtures(project, sources)
    keep(project / "x.yaml", "text", found, project)

    assert [found[source] for source in sources] == [
        "fixtures/cat-2.png",
        "fixtures/cat-3.png",
        "fixtures/cat.png",
        "fixtures/cat-2.png",
    ]
    assert (project / "fixtures/cat.png").read_bytes() == b"there"
    assert (project / "fixtures/cat-3.png").read_bytes() == b"two"
    assert (project / "x.yaml").read_text("utf-8") == "text"


def test_a_file_that_is_just_made_by_another_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("theirs", "utf-8")

    with pytest.raises(FileExistsError):
        keep(tmp_path / "x.yaml", "ours", {}, tmp_path)

    assert (tmp_path / "x.yaml").read_text("utf-8") == "theirs"
