"""The profile: every assumption is a setting that says what it is for, and takes only what it can mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from emulator.core.plain import Plain
from emulator.core.profile import PRESETS, SETTINGS, Profile, choices, literal, meanings, status_fits
from emulator.core.records import Record

FRAMEWORK = (Path(__file__).parents[2] / "docs/framework.md").read_text("utf-8")
WORDS = {name: words for name in Profile.model_fields if (words := list(choices(name)))}
EACH_WORD = [pytest.param(name, word, id=f"{name}-{word}") for name, words in WORDS.items() for word in words]


def assumed(section: str) -> bool:
    """Whether *section* of the framework holds anything that it marks as nobody's word."""
    return "[A]" in re.split(r"^## ", FRAMEWORK, flags=re.MULTILINE)[int(section)]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_says_what_it_is_for(name: str) -> None:
    """Every setting has a default and a sentence, which names a section of the framework that holds an assumption."""
    sentence, section = meanings()[name]
    assert re.fullmatch(r"[A-Z`].*\.", sentence)
    assert section is not None, f"{name}: its docstring ends without (framework N)"
    assert assumed(section)
    assert not Profile.model_fields[name].is_required()


class Careless(Record):
    """Settings whose author forgot something."""

    plain: int = 1
    """A sentence."""
    bare: int = 2
    sound: int = 3
    """Another. (framework 4)"""


def test_a_setting_that_says_too_little_is_still_shown() -> None:
    """Whoever asks for the settings gets each, also one without a sentence or a section."""
    assert {"plain": ("A sentence.", None), "bare": ("", None), "sound": ("Another.", "4")} == meanings(Careless)


def test_what_is_assumed_by_default() -> None:
    """Framework 4.10, 4.13, 4.15, 6.2, 6.14: where the profile says nothing, the platform behaves
    as the framework says."""
    assert Profile().model_dump() == {
        "unset": "drop",
        "url_variables": "encode",
        "nested_form": "refuse",
        "query": "keep",
        "redirects": "refuse",
        "timeout": 30.0,
        "slow_answer": 5.0,
        "success": ("2xx",),
        "retries": 0,
        "retry_delay": 1.0,
        "response_map_literals": "equal",
        "account_id": "organization",
        "model_choice": "first",
        "empty_values": "absent",
        "joined_urls": "first",
        "webhook_answer": "strict",
        "webhook_result": {"result": {}},
        "webhooks_from_pages": "refuse",
        "max_webhook_body": 1_048_576,
        "early_report_hold": 5.0,
        "caption": "after",
        "media_lifetime": 86400.0,
        "media_timeout": 10.0,
        "max_media": 10_485_760,
        "oauth_redirect": "/oauth2/redirect",
        "oauth_client_auth": "body",
        "oauth_pkce": "off",
        "oauth_state_lifetime": 600.0,
        "oauth_refresh_before": 30.0,
        "oauth_on_401": "refresh",
        "document_shapes": "accept",
        "preset": "none",
    }


def test_what_can_be_chosen() -> None:
    """A setting whose values are words has the default and what else it can be, and no more."""
    assert {
        "unset": ["drop", "empty", "literal"],
        "url_variables": ["encode", "raw"],
        "nested_form": ["refuse", "json"],
        "query": ["keep", "replace"],
        "redirects": ["refuse", "follow"],
        "response_map_literals": ["equal", "ignore"],
        "account_id": ["organization", "random"],
        "model_choice": ["first", "most_specific"],
        "empty_values": ["absent", "present"],
        "joined_urls": ["first", "whole"],
        "webhook_answer": ["strict", "lenient"],
        "webhooks_from_pages": ["refuse", "take"],
        "caption": ["after", "before"],
        "oauth_client_auth": ["body", "basic"],
        "oauth_pkce": ["off", "S256"],
        "oauth_on_401": ["refresh", "fail"],
        "preset": ["none", "strict", "lenient"],
        "document_shapes": ["accept", "refuse"],
    } == WORDS


@pytest.mark.parametrize(("name", "word"), EACH_WORD)
def test_every_word_is_taken(name: str, word: str) -> None:
    """Each word of a setting is taken, quoted in the file or not."""
    for written in (word, Plain(word, word)):
        assert word == getattr(Profile.model_validate({name: written}), name)


@pytest.mark.parametrize(("name", "word"), EACH_WORD)
def test_another_word_is_refused(name: str, word: str) -> None:
    """A word that a setting does not have is refused, a slip of capitals too."""
    for wrong in (word.swapcase(), word + "s", "", None, True):
        with pytest.raises(ValidationError) as caught:
            Profile.model_validate({name: wrong})
        assert [(name,)] == [each["loc"] for each in caught.value.errors()]


@pytest.mark.parametrize(
    ("name", "written", "expected"),
    [
        ("timeout", "2m", 120.0),
        ("slow_answer", "250ms", 0.25),
        ("retry_delay", "0s", 0.0),
        ("early_report_hold", "1.5 s", 1.5),
        ("success", ["202", Plain("204", 204), "3xx"], ("202", "204", "3xx")),
        ("success", [], ()),
        ("retries", 20, 20),
        ("retries", Plain("3", 3), 3),
        ("webhook_result", Plain("ok", "ok"), "ok"),
        ("webhook_result", None, None),
        ("webhook_result", {"a": [Plain("1", 1)]}, {"a": [1]}),
        ("max_webhook_body", "1 KiB", 1024),
        ("max_webhook_body", Plain("512", 512), 512),
    ],
    ids=[
        "minutes",
        "milliseconds",
        "no-time",
        "fraction",
        "statuses",
        "no-status",
        "most-retries",
        "retries",
        "word",
        "null",
        "data",
        "size",
        "bytes",
    ],
)
def test_what_a_setting_takes(name: str, written: Any, expected: Any) -> None:
    """A duration and a size have units, a status may be a class of them, and an answer's body is any JSON."""
    found = getattr(Profile.model_validate({name: written}), name)
    assert (type(expected), expected) == (type(found), found)


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ({"timeout": 5}, ("timeout",)),
        ({"timeout": "5"}, ("timeout",)),
        ({"retries": 21}, ("retries",)),
        ({"retries": -1}, ("retries",)),
        ({"retries": "1"}, ("retries",)),
        ({"retries": True}, ("retries",)),
        ({"max_webhook_body": "1 MB"}, ("max_webhook_body",)),
        ({"success": "2xx"}, ("success",)),
        ({"success": ["2xx", "6xx"]}, ("success", 1)),
        ({"success": ["20x"]}, ("success", 0)),
        ({"success": ["2XX"]}, ("success", 0)),
        ({"success": ["2xx\n"]}, ("success", 0)),
        ({"success": ["2000"]}, ("success", 0)),
        ({"success": [200]}, ("success", 0)),
        ({"webhookanswer": "strict"}, ("webhookanswer",)),
    ],
    ids=[
        "number",
        "no-unit",
        "many",
        "negative",
        "text",
        "boolean",
        "unit",
        "no-list",
        "class",
        "half-a-class",
        "capitals",
        "line-end",
        "digits",
        "number-as-status",
        "unknown",
    ],
)
def test_what_a_setting_refuses(setting: dict[str, Any], place: tuple[str | int, ...]) -> None:
    """What a setting cannot mean, and a setting that is none, is refused at its place."""
    with pytest.raises(ValidationError) as caught:
        Profile.model_validate(setting)
    assert [place] == [each["loc"] for each in caught.value.errors()]


def test_a_profile_stays_as_it_is() -> None:
    """Whoever plays by a profile can rely on it: nobody changes it, nor another's defaults."""
    made = Profile()
    with pytest.raises(ValidationError):
        made.retries = 1  # type: ignore[misc]
    made.webhook_result["result"]["x"] = 1
    assert {"result": {}} == Profile().webhook_result


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_what_is_not_said(preset: str) -> None:
    """A preset gives what the file does not say, in values that the file could hold; it differs in each from none."""
    begun = Profile.model_validate({"preset": Plain(preset, preset)})
    for name, written in PRESETS[preset].items():
        assert getattr(begun, name) == getattr(Profile.model_validate({name: written}), name)
        assert getattr(begun, name) != getattr(Profile(), name)
    rest = set(SETTINGS) - PRESETS[preset].keys()
    assert [name for name in rest if getattr(begun, name) != getattr(Profile(), name)] == []


def test_what_is_said_goes_before_the_preset() -> None:
    """A setting beside a preset counts, the default's value too."""
    made = Profile.model_validate({"preset": "lenient", "timeout": "30s"})
    assert (made.timeout, made.redirects) == (30.0, "follow")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_value_is_shown_as_a_file_writes_it(name: str) -> None:
    """What is shown of a setting is what a file could say for it."""
    default = Profile.model_fields[name].default
    shown = literal(name, default)
    written: Any = shown if isinstance(default, str) else yaml.safe_load(shown)
    if isinstance(written, list):
        written = [str(each) for each in written]
    elif isinstance(written, int):
        written = Plain(shown, written)
    assert getattr(Profile.model_validate({name: written}), name) == default


@pytest.mark.parametrize(
    ("size", "expected"), [(1024, "1 KiB"), (1_572_864, "1536 KiB"), (1_048_576, "1 MiB"), (1000, "1000 B")]
)
def test_a_size_has_the_unit_that_fits(size: int, expected: str) -> None:
    """The largest unit without a fraction."""
    assert literal("max_webhook_body", size) == expected


@pytest.mark.parametrize(
    ("status", "patterns", "expected"),
    [
        (200, ("2xx",), True),
        (299, ("2xx",), True),
        (302, ("2xx",), False),
        (202, ("202",), True),
        (200, ("202",), False),
        (404, ("2xx", "404"), True),
        (522, ("2xx",), False),
        (200, (), False),
    ],
    ids=["class", "end-of-class", "other-class", "equal", "not-equal", "second", "digit-elsewhere", "none"],
)
def test_status_fits(status: int, patterns: tuple[str, ...], expected: bool) -> None:
    """Framework 4.13: a status is a success if it is one of those named, or of a class that is."""
    assert expected is status_fits(status, patterns)


@given(st.integers(100, 599), st.integers(100, 599))
def test_a_pattern_fits_its_own_statuses_only(status: int, other: int) -> None:
    """Framework 4.13: a status fits itself alone, and a class the hundred statuses of its first digit."""
    assert (status == other) is status_fits(status, (str(other),))
    assert (status // 100 == other // 100) is status_fits(status, (f"{other // 100}xx",))
