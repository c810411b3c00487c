"""The HTML report: one file without network and script, in which data is only data."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.messages import Reply
from emulator.core.redaction import Redactor
from emulator.faces.output import Output
from emulator.faces.reports import html
from emulator.scenario.results import Status
from tests.faces.reports.conftest import EVERY, exchange, result, run

if TYPE_CHECKING:
    import pytest
    from syrupy.assertion import SnapshotAssertion

    from tests.faces.reports.conftest import Reporting

ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        "html head meta title style body h1 h3 div ul li b details summary span strong dl dt dd p table tr td pre a",
    )
)


class _Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.open_names: list[bool] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if ("class", "scenario") in attrs:
            self.open_names.append(("open", None) in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_failed_comes_first_and_is_open(reporting: Reporting) -> None:
    """The counts on top, the failures, then the rest, closed."""
    read = _Read(html.render(EVERY, reporting.exchanges, reporting.output))
    assert [True] * 4 + [False] * 3 == read.open_names
    for part in (
        "3failed",
        "1interrupted",
        "1passed",
        "1not begun",
        "shuffled with 42",
        "stopped by a signal",
        "✗ missing nothing came",
    ):
        assert part in read.text
    assert read.text.index("Is stopped") < read.text.index("Passes")
    assert "[WH-DELIVERED-01]" in read.text
    assert "+250" in read.text, "the gap in ms"
    assert "curl -sS -X POST" in read.text
    assert "because nothing came" in read.text


def test_the_whole_page(reporting: Reporting, golden: SnapshotAssertion) -> None:
    """As a browser gets it, without the style; a scenario that failed and one that passed."""
    two = run(result("Passes", Status.PASSED), result("Fails", Status.FAILED), left_out=("Never began",))
    text = html.render(two, reporting.exchanges, reporting.output)
    assert golden == re.sub(r"<style>.*</style>|sha256-[^']*", "", text, flags=re.DOTALL) + "\n"


def test_links_lead_to_exchanges(reporting: Reporting, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to look at is a link to it, one place for each; of an exchange that is left out the command is told."""
    text = html.render(EVERY, reporting.exchanges, reporting.output)
    read = _Read(text)
    assert len({*read.ids}) == len(read.ids)
    assert {each.removeprefix("#") for each in read.links} == {*read.ids}
    assert re.search(r'<a href="#s1-2">exchange #2 below</a>', text)
    monkeypatch.setattr(html, "MOST_TEXT", 0)
    read = _Read(html.render(EVERY, reporting.exchanges, reporting.output))
    assert [] == read.links
    assert "ringo-emu journal show 2: exchange #2 is left out here" in read.text


def test_it_asks_nobody_for_anything(reporting: Reporting) -> None:
    """No script, no address that is loaded, and a policy under which the style alone is let in."""
    text = html.render(EVERY, reporting.exchanges, reporting.output)
    read = _Read(text)
    assert ELEMENTS >= set(read.elements)
    assert {"lang", "charset", "name", "content", "http-equiv", "class", "open", "id", "href"} >= read.attributes
    assert all(each.startswith("#") for each in read.links)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text.replace("&#39;", "'")
    assert "url(" not in style.group(1)


@settings(max_examples=50)
@given(st.text())
def test_any_text_is_only_text(text: str) -> None:
    """No element and no attribute comes from data, whatever it holds; control characters are escapes."""
    plain = html.render(run(result("x", Status.FAILED, "x")), lambda _: None, Output(Redactor()))
    found = html.render(run(result(text, Status.FAILED, text)), lambda _: None, Output(Redactor()))
    assert _Read(plain).elements == _Read(found).elements
    found.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\u2066]", found)


def test_all_exchanges_together_have_room(reporting: Reporting, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed comes first into it; what found none is counted."""
    whole = html.render(run(result("Fails", Status.FAILED)), reporting.exchanges, reporting.output)
    monkeypatch.setattr(html, "MOST_TEXT", sum(map(len, re.findall(r"<pre>(.*?)</pre>", whole, re.DOTALL))))
    two = run(result("Passes", Status.PASSED), result("Fails", Status.FAILED))
    failed, passed = html.render(two, reporting.exchanges, reporting.output).split('<details class="scenario">')
    assert (2, 0) == (failed.count('class="exchange"'), passed.count('class="exchange"'))
    assert ("more are left out" in failed, "2 more are left out" in passed) == (False, True)


def test_long_bodies_are_cut(reporting: Reporting) -> None:
    """The file stays small, and says what it left out."""
    reporting.record(exchange(1, "out", b"a" * 50_000, Reply(status=200, body=b"b" * 50_000)))
    text = html.render(run(result("x", Status.FAILED)), reporting.exchanges, reporting.output)
    assert len(text) < 4 * html.LONGEST_BODY
    assert "more characters" in text
