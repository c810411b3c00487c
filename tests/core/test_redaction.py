"""Masking: a secret survives in no writing of it, and nothing else is changed."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.document import Auth, BasicAuth, BearerAuth, IntegrationDocument
from emulator.core.redaction import MASK, MOST_LEARNT, SHORTEST, Redactor, basic_pair, secrets_of

Make = Callable[[Iterable[str]], Redactor]
SECRETS = st.text("ab 1\"'\\/&<>+%=:@$\n\té€😀", min_size=SHORTEST, max_size=12)
AROUND = st.text("«☃»—", max_size=4)
"""Characters that no secret of these tests is written with."""


def _small_percents(text: str) -> str:
    return re.sub("%..", lambda match: match.group().lower(), text)


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _in_unicode_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": _in_json,
    "json-unicode": _in_unicode_json,
    "json-php": lambda text: _in_json(text).replace("/", r"\/"),
    "json-php-unicode": lambda text: _in_unicode_json(text).replace("/", r"\/"),
    "url": lambda text: quote(text, safe=""),
    "url-path": quote,
    "url-small": lambda text: _small_percents(quote(text, safe="")),
    "url-path-small": lambda text: _small_percents(quote(text)),
    "form": lambda text: urlencode({"": text})[1:],
    "form-small": lambda text: _small_percents(quote_plus(text)),
    "repr": lambda text: repr(text)[1:-1],
    "shell": lambda text: shlex.quote(text + " ")[1:-2],
    "html": html.escape,
}
WRITTEN = pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)


def learnt(secrets: Iterable[str]) -> Redactor:
    """A redactor that knew nothing at first."""
    redactor = Redactor()
    for secret in secrets:
        redactor.learn([secret])
    return redactor


MADE = pytest.mark.parametrize("make", [Redactor, learnt], ids=["known", "learnt"])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@MADE
@WRITTEN
@given(SECRETS, AROUND, AROUND)
def test_no_writing_of_a_secret_survives(
    make: Make, write: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    """A secret is masked as text, in bytes and in JSON, however it is written; what stands around it is kept."""
    redactor, written, masked = make([secret]), before + write(secret) + after, before + MASK + after
    assert masked == redactor.text(written)
    assert masked.encode() == redactor.data(written.encode())
    assert {masked: [masked, {"a": masked}]} == redactor.json({written: (written, {"a": written})})
    assert redactor.finds([None, before, written])
    assert redactor.finds([None, before.encode(), written.encode()])


@MADE
@given(st.lists(SECRETS, min_size=2, max_size=4), AROUND.filter(bool))
def test_every_secret_is_masked(make: Make, secrets: list[str], between: str) -> None:
    """Each of several secrets is masked, the longest first, so that no rest of a longer one is left."""
    assert between.join([MASK] * len(secrets)) == make(secrets).text(between.join(secrets))
    longer = secrets[0] + secrets[1]
    assert between + MASK == make([secrets[0], longer]).text(between + longer)


@given(st.text("xyz", max_size=9), PLAIN, st.binary(max_size=9))
def test_nothing_else_is_changed(text: str, value: Any, data: bytes) -> None:
    """What holds no secret comes back as it was, byte for byte and of the same type."""
    for redactor in (Redactor(), Redactor(["secret☃"]), Redactor(["abc", "", "1"])):
        assert (text, data) == (redactor.text(text), redactor.data(data))
        assert repr(value) == repr(redactor.json(value))
        assert not redactor.finds([text, data, value, None, 7])


@given(SECRETS, st.binary(max_size=6), st.binary(max_size=6))
def test_bytes_that_are_no_text_are_kept(secret: str, before: bytes, after: bytes) -> None:
    """In bytes that no charset reads the secret is masked too, and the bytes around it are kept."""
    before, after = b"\xff" + before.translate(None, bytes(range(0xF0))), after.translate(None, bytes(range(0xF0)))
    assert before + b"***" + after == Redactor([secret]).data(before + secret.encode() + after)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12345678, "***5678"),
        (91234, "9***"),
        (1234.5, "***.5"),
        (123, 123),
        (True, True),
        (None, None),
        ({1234: "x"}, {"***": "x"}),
        ({5: 1.5}, {"5": 1.5}),
        (("a", "1234"), ["a", "***"]),
        (b"1234", b"1234"),
    ],
    ids=["number", "end", "fraction", "other-number", "true", "null", "key", "other-key", "tuple", "no-json"],
)
def test_json_that_is_no_text(value: Any, expected: Any) -> None:
    """A number that holds a secret becomes text; other values stay what they are."""
    assert repr(expected) == repr(Redactor(["1234"]).json(value))


@pytest.mark.parametrize("true", ["true", "True", "null", "None"])
def test_words_of_json_are_no_secrets(true: str) -> None:
    """A secret that reads like a literal of JSON masks texts, not the literal."""
    assert [True, None, MASK] == Redactor([true]).json([True, None, true])


def test_a_short_secret_is_not_masked() -> None:
    """Values of fewer than four characters are not masked; four are enough."""
    assert "abc *** " == Redactor(["abc", "abcd", "", " "]).text("abc abcd ")


def test_a_secret_is_no_pattern() -> None:
    """The characters of a secret are meant literally."""
    assert "axxb ***" == Redactor(["a..b"]).text("axxb a..b")
    assert b"axxb ***" == Redactor(["a..b"]).data(b"axxb a..b")


@pytest.mark.parametrize("written", ["abc\ud800d", "abc\\ud800d", "abc%3Fd", "abc%3fd"])
def test_half_a_character_is_masked(written: str) -> None:
    """A secret that no charset can write is masked in each writing that our own requests give it."""
    redactor = Redactor(["abc\ud800d"])
    assert "<***>" == redactor.text(f"<{written}>")
    assert b"<***>" == redactor.data(f"<{written}>".encode("utf-8", "surrogatepass"))


def test_and_also() -> None:
    """A redactor with further secrets masks the old ones too, and the old one stays as it is."""
    first = Redactor(["first"])
    second = first.and_also(["second", "it"])
    assert "*** *** it" == second.text("first second it")
    assert "*** second it" == first.text("first second it")
    assert "***" == Redactor().and_also(["first"]).text("first")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_basic_pair(username: str, password: str) -> None:
    """Framework 2.6: the Basic pair is that of RFC 7617, in UTF-8."""
    assert f"{username}:{password}" == base64.b64decode(basic_pair(username, password), validate=True).decode()


def test_a_basic_pair_of_half_a_character() -> None:
    """What UTF-8 cannot write stands as a question mark in the pair."""
    assert base64.b64encode(b"a?:?b").decode() == basic_pair("a\ud800", "\udfffb")


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (None, set()),
        (BearerAuth(type="Bearer", token="Key $API key$$none$"), {"Key tok-1"}),
        (BearerAuth(type="Bearer", token="written"), {"written"}),
        (
            BasicAuth(type="Basic", username="$user$", password="$API key$!"),
            {"tok-1!", base64.b64encode(b"\xc3\xa9va:tok-1!").decode()},
        ),
        (
            BasicAuth(type="Basic", username="me", password="written"),
            {"written", base64.b64encode(b"me:written").decode()},
        ),
    ],
    ids=["none", "bearer", "bearer-literal", "basic", "basic-literal"],
)
def test_secrets_of(document: IntegrationDocument, auth: Auth | None, expected: set[str]) -> None:
    """Framework 8.11: every property is a secret, and so is what the authorization makes of them; names are none."""
    properties = {"API key": "tok-1", "user": "éva"}
    assert {"tok-1", "éva", *expected} == secrets_of(replace(document, auth=auth), properties)


@given(SECRETS, st.sampled_from(["user", "", "ü"]))
def test_an_authorization_header_holds_no_secret(secret: str, user: str) -> None:
    """Framework 8.11: the Basic header of a request is masked whole, whatever the password is."""
    pair = base64.b64encode(f"{user}:{secret}".encode()).decode()
    assert "Authorization: Basic ***" == Redactor([basic_pair(user, secret)]).text(f"Authorization: Basic {pair}")


def test_what_is_learnt_is_masked_by_all_who_share_the_redactor() -> None:
    """A token that came while running is masked from then on, beside what was known before, and by copies too."""
    redactor = Redactor(["known-secret"])
    redactor.learn(["learnt-token", "abc"])
    assert redactor.text("known-secret learnt-token abc") == "*** *** abc"
    assert redactor.finds([b"a learnt-token"])
    more = redactor.and_also(["another"])
    assert more.json({"learnt-token": ["another", "known-secret"]}) == {"***": ["***", "***"]}


def test_the_oldest_of_too_many_learnt_secrets_goes() -> None:
    """What is remembered is bounded."""
    redactor = Redactor()
    redactor.learn(f"token-{number:05}" for number in range(MOST_LEARNT + 1))
    assert redactor.text("token-00000 token-00001") == "token-00000 ***"


@MADE
@pytest.mark.parametrize("length", range(1, 12))
def test_the_beginning_of_a_secret_before_a_cut_is_masked(make: Make, length: int) -> None:
    """Four characters of a secret are masked where a text was cut off after them; fewer tell nothing."""
    shown = "sec-sec-ret1"[:length]
    assert f"it is {shown if length < SHORTEST else MASK}…" == make(["sec-sec-ret1"]).text(f"it is {shown}…")
