"""An entry of ``hosts`` that diverts nothing is told before a request goes to the live provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.errors import ProjectError
from emulator.scenario.project import Overrides, load_project

REFERENCE = Path(__file__).parents[2] / "scenarios/reference.json"
HEAD = "integration: acme.json\nproperties: {API key: abcd}\n"
API = "https://api.example.com"
LOCAL = "http://127.0.0.1:8080"


def _problems(
    tmp_path: Path, text: str, *, environment: str | None = None, hosts: dict[str, str] | None = None, moved: str = API
) -> list[str]:
    """What is wrong with a project whose document has its API at *moved*."""
    document = REFERENCE.read_text("utf-8").replace(API, moved)
    if "$Host$" in moved:
        document = document.replace('"API key"', '"API key", "Host"', 1)
    (tmp_path / "acme.json").write_text(document, "utf-8")
    (tmp_path / "ringo-emu.yaml").write_text(text, "utf-8")
    try:
        load_project(tmp_path / "ringo-emu.yaml", Overrides(environment=environment, hosts=hosts or {}), environment={})
    except ProjectError as error:
        return [f"{str(each.where).rpartition('/')[2]} {each.message}: {each.remedy}" for each in error.findings]
    return []


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("https://api.exmple.com", API),
        ("http://api.example.com", API),
        ("https://api.example.com/ns-api/v3", "https://api.example.com/ns-api/v2"),
        ("https://somewhere.test", API),
    ],
)
def test_an_entry_that_begins_no_url(tmp_path: Path, entry: str, meant: str) -> None:
    """Misspelt, with another scheme or path, or of another service: it diverts nothing, which is an error."""
    (told,) = _problems(tmp_path, f"{HEAD}hosts: {{{entry}: {LOCAL}}}\n")
    begins = f'ringo-emu.yaml:3:9 hosts: "{entry}" begins no URL of the document: did you mean "{meant}"?'
    assert told.startswith(begins)
    assert f"requests would go to {API} itself" in told


def test_an_option_that_begins_no_url(tmp_path: Path) -> None:
    """What an option gives is checked as the file is, and the option is named."""
    (told,) = _problems(tmp_path, HEAD, hosts={"https://api.exmple.com": LOCAL})
    assert told.startswith("api.exmple.com hosts:")


@pytest.mark.parametrize(
    "hosts",
    [
        f"{{{API}: {LOCAL}, https://files.example.com: {LOCAL}}}",  # files of messages may come from there
        f"{{{API}: {API}, https://files.example.com: {LOCAL}}}",  # the live provider is meant
        f"{{https://API.example.com/: {LOCAL}}}",
        "{}",
    ],
    ids=["files", "live", "case", "none"],
)
def test_entries_that_are_no_slip(tmp_path: Path, hosts: str) -> None:
    """An unused entry is an error only where a request of the document is not diverted either."""
    assert _problems(tmp_path, f"{HEAD}hosts: {hosts}\n") == []


def test_an_entry_for_a_request_of_the_project(tmp_path: Path) -> None:
    """A trigger's address is diverted too; an entry for it alone is used."""
    trigger = "triggers: {reply: {request: {POST: https://portal.example.com/in}}}\n"
    assert _problems(tmp_path, f"{HEAD}hosts: {{https://portal.example.com: {LOCAL}}}\n{trigger}") == []


def test_a_document_that_stays_here(tmp_path: Path) -> None:
    """Requests to this machine reach nobody else: an entry for files alone is fine."""
    text = f"{HEAD}hosts: {{https://files.example.com: {LOCAL}}}\n"
    assert _problems(tmp_path, text, moved="http://localhost:8080") == []


def test_a_host_that_an_environment_replaces(tmp_path: Path) -> None:
    """The entry for the usual host is no slip where an environment means another; a slip in it is one everywhere."""
    text = (
        "integration: acme.json\nproperties: {API key: abcd, Host: api.example.com}\n"
        "hosts: {https://%s: http://127.0.0.1:8080}\nenvironments: {staging: {properties: {Host: stage.example.com}}}\n"
    )
    for environment in (None, "staging"):
        assert _problems(tmp_path, text % "api.example.com", environment=environment, moved="https://$Host$") == []
        (told,) = _problems(tmp_path, text % "api.exmple.com", environment=environment, moved="https://$Host$")
        assert told.startswith("ringo-emu.yaml:3:9 hosts:")
