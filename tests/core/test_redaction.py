"""Masking: a secret survives nowhere as a value, in no writing of it, and nothing else is changed."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emulator.core.redaction import MASK, MOST_LEARNT, SHORTEST, Redactor
from emulator.core.writings import basic_pair

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
    assert {"k": [masked, {"a": masked}]} == redactor.json({"k": (written, {"a": written})})
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
        (1234, "***"),
        ([5, 1234], [5, "***"]),
        (12345678, 12345678),
        (91234, 91234),
        (1234.5, 1234.5),
        (123, 123),
        (True, True),
        (None, None),
        ({1234: "x"}, {"1234": "x"}),
        ({5: 1.5}, {"5": 1.5}),
        (("a", "1234"), ["a", "***"]),
        (b"1234", b"1234"),
    ],
    ids=[
        "number", "in-a-list", "beginning", "end", "fraction", "other-number", "true", "null", "key", "other-key",
        "tuple", "no-json",
    ],
)  # fmt: skip
def test_json_that_is_no_text(value: Any, expected: Any) -> None:
    """A number that is a secret becomes text; one that only holds its digits, and the names of values, stay."""
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


# -- a secret counts where it stands as a value

NO_WORD = st.sampled_from(
    [
        *" \t\n\"'`,;()[]{}<>|*~!?/&=«—", "\\n", "\\t", "\\r\\n", "\\u0020", "\\x20", "%20", "%22", "%E2%80%94",
        "\x1b[31m", "\\u001b[1;31m",
    ]
)  # fmt: skip
"""What ends a word, in whatever writing."""
WORD = st.sampled_from([*"aZ5_é", "\\u00e9", "%C3%A9", "\\xe9"])
PLAIN_SECRETS = st.sampled_from(["wrong", "acme", "user", "1234", "4711", "Acme Telecom", "secret", "Error"])


@MADE
@given(PLAIN_SECRETS | st.from_regex(r"[a-z]{2,6}-[a-z0-9]{4,9}", fullmatch=True), NO_WORD, NO_WORD)
def test_a_whole_word_is_masked(make: Make, secret: str, before: str, after: str) -> None:
    """Framework 8.11: in what comes from elsewhere a secret that is a word of its own goes, whatever ends the word."""
    assume(after not in ("=", '"', "'") and before != "<")  # it would be a name
    for text in (
        f"{before}{secret}{after}",
        f"x {before}{secret}{after} y",
        f"x {before}{secret}",
        f"{secret}{after} y",
    ):
        masked = make([secret]).text(text)
        assert secret not in masked
        assert masked == text.replace(secret, MASK)


@given(PLAIN_SECRETS, WORD | st.just(""), WORD | st.just(""))
def test_a_part_of_a_word_is_kept(secret: str, before: str, after: str) -> None:
    """What only looks like a secret inside a longer word or number stays, in whatever writing the letters are."""
    assume(before or after)
    redactor = Redactor([secret])
    for text in (f"{before}{secret}{after}", f"({before}{secret}{after})", f"x\n{before}{secret}{after}…"):
        assert text == redactor.text(text) == redactor.sentence(text) == redactor.name(text)
        assert text.encode() == redactor.data(text.encode())


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("1234", "http://127.0.0.1:8085/services/demo/a12345678901234567890"),
        ("1234", "+12065551234 and +1234, 555-1234, 0.1234, 12:1234"),
        ("user", "/users/7 of superuser@example.com, user_id, user-agent, me@user.example"),
        ("user", '{"user": 1, "users": []} <user>7</user> user=7&x=1 name="user"'),
        ("acme", "https://acme.example.com/ shell.acme.co acme-2 acme.json acme@example.com"),
        ("us-east-1", "https://us-east-1.example.com"),
    ],
)
def test_addresses_and_numbers_are_kept(secret: str, text: str) -> None:
    """What must be used, such as the webhook URL or a number, is no secret because a part of it looks like one."""
    redactor = Redactor([secret], mild=[secret])
    assert text == redactor.text(text)
    assert text.encode() == redactor.data(text.encode())
    assert [text] == redactor.json([text])


@pytest.mark.parametrize(
    ("secret", "text", "expected"),
    [
        ("wrong", '{"key": "wrong"}', '{"key": "***"}'),
        ("wrong", '{\\"key\\":\\"wrong\\"}', '{\\"key\\":\\"***\\"}'),
        ("wrong", "key=wrong&key=wrongly", "key=***&key=wrongly"),
        ("wrong", "https://me:wrong@example.com/wrong/", "https://me:***@example.com/***/"),
        ("wrong", "Bearer wrong", "Bearer ***"),
        ("wrong", "the key is wrong.", "the key is ***."),
        ("1234", '{"id":1234,"to":"+12341234"}', '{"id":***,"to":"+12341234"}'),
        ("user", "GET /users/user/messages", "GET /users/***/messages"),
    ],
)
def test_values_are_masked(secret: str, text: str, expected: str) -> None:
    """A leaf of JSON, a field, a part of a path, a word of a text: there a plain word is a secret too."""
    assert expected == Redactor([secret]).text(text)
    assert expected.encode() == Redactor([secret]).data(text.encode())


@pytest.mark.parametrize(
    ("secret", "text", "expected"),
    [
        ("wrong", "8 ok, 2 to look at, 1 wrong", "8 ok, 2 to look at, 1 wrong"),
        ("error", "error: the answer is an error", "error: the answer is an error"),
        ("wrong", "the provider's answer is wrong: expected 'wrong'", "the provider's answer is wrong: expected '***'"),
        ("wrong", "the provider answered 401: 'it\\'s wrong'", "the provider answered 401: 'it\\'s ***'"),
        ("wrong", "message {from: +61, content: so wrong}  200", "message {from: +61, content: so ***}  200"),
        ("wrong", "POST http://x/wrong/y is wrong", "POST http://x/***/y is wrong"),
        ("wrong", "the provider answered 401: a wrong key", "the provider answered 401: a *** key"),
        ("wrong", "answered 429, Retry-After: 5: wrong; so\nwrong", "answered 429, Retry-After: 5: ***; so\nwrong"),
        ("wrong", "wrong: not JSON; it begins with wrong it", "wrong: not JSON; it begins with *** it"),
        ("wrong", "expected x wrong; found wrong; wrong", "expected x ***; found ***; wrong"),
        ("wrong", "API key: wrong", "API key: ***"),
        ("wrong", "key=wrong, twice", "key=***, twice"),
        ("1234", "1234 of 1234 bytes, id '1234'", "1234 of 1234 bytes, id '***'"),
        ("demo-key", "the key demo-key is wrong", "the key *** is wrong"),
    ],
)
def test_own_sentences(secret: str, text: str, expected: str) -> None:
    """In a sentence of our own our own words stay; what is quoted, and what can be no word of ours, does not."""
    assert expected == Redactor([secret]).sentence(text)


@given(
    PLAIN_SECRETS,
    st.sampled_from(["'{}'", '"{}"', "`{}`", "“{}”", "{{a: {}}}", "http://x/{}/", "key: {}", "key={}, so"]),
)
def test_a_sentence_quotes_no_secret(secret: str, quoting: str) -> None:
    """However a sentence quotes somebody, no secret is quoted, and the same words outside are kept."""
    sentence = f"{secret} is found " + quoting.format(quote(secret) if "://" in quoting else secret)
    assert f"{secret} is found " + quoting.format(MASK) == Redactor([secret]).sentence(sentence)


def test_names() -> None:
    """A person's names stay, but for what authorizes somebody: nobody names a scenario like a key by chance."""
    name = "us-east-1 sends a wrong text for demo-key"
    redactor = Redactor(["us-east-1", "wrong", "demo-key"], mild=["us-east-1"])
    assert "us-east-1 sends a wrong text for ***" == redactor.name(name)
    assert "*** sends a wrong text for ***" == redactor.sentence(name)
    assert "*** sends a *** text for ***" == redactor.text(name)


@pytest.mark.parametrize("key", ["AC0123456789abcdef0123456789abcdef", "sk_live_51HabcdefGHIJ7890", "s3cret-API-key"])
@given(WORD, WORD)
def test_a_long_key_is_masked_anywhere(key: str, before: str, after: str) -> None:
    """What can be no part of a word goes wherever it stands, in whomever's text."""
    redactor = Redactor([key])
    for mask in (redactor.text, redactor.sentence, redactor.name):
        assert f"{before}***{after}" == mask(f"{before}{key}{after}")


def test_records_are_masked_by_their_keys() -> None:
    """Names and states stay what they are, what others wrote is masked, our sentences keep their own words."""
    record = {
        "name": "a wrong text", "state": "wrong", "content": "a wrong text", "url": "http://x/wrong",
        "findings": [{"message": "wrong: found 'wrong'", "code": "WH-101"}], "headers": {"X-Key": "wrong"}, "id": 1234,
    }  # fmt: skip
    assert {
        "name": "a wrong text", "state": "wrong", "content": "a *** text", "url": "http://x/***",
        "findings": [{"message": "wrong: found '***'", "code": "WH-101"}], "headers": {"X-Key": "***"}, "id": 1234,
    } == Redactor(["wrong", "1234"]).records(record)  # fmt: skip


def test_what_is_mild_to_one_project_only() -> None:
    """Of two projects at one listener, a value that authorizes somebody in one of them does so in both."""
    both = Redactor(["us-east-1", "eu-west-7"], mild=["us-east-1", "eu-west-7"]).and_also(["us-east-1"])
    assert {"eu-west-7"} == both.mild
    assert "*** eu-west-7" == both.name("us-east-1 eu-west-7")


# -- whose work grows with the text, and not faster


@pytest.mark.parametrize(
    "worst",
    [
        "…{}",
        "{}…",
        "sec-…",
        "sec-sec-",
        "'",
        "{{",
        "://",
        "answered 401 ",
        "found x; ",
        " sec-sec-ret1",
        "\\n",
        "%20",
        "…sec-",
    ],
    ids=[
        "cut-first",
        "cut-last",
        "cuts",
        "almost",
        "quotes",
        "braces",
        "addresses",
        "answers",
        "finds",
        "secrets",
        "escapes",
        "percents",
        "heads",
    ],
)
@pytest.mark.parametrize("kind", ["text", "sentence"])
def test_foreign_text_takes_linear_work(worst: str, kind: str) -> None:
    """Twice the text is at most about twice the work, counted in Python's steps and in characters looked at."""
    redactor = Redactor(["sec-sec-ret1", "wrong", "1234"])
    redactor.learn(f"sec-{number}" for number in range(50))
    redactor.text("%41")  # what it needs for escapes is made once

    def work(size: int) -> int:
        text = worst.format("a" * size) if "{}" in worst else worst.format() * (size // len(worst))
        return steps(lambda: getattr(redactor, kind)(text))

    assert work(40_000) < 2.6 * work(20_000) + 1000


@pytest.mark.parametrize("token", ["{}", "eyJhbGciOiJIUzI1NiJ9.{}", "t{}"], ids=["long", "alike", "short"])
def test_the_work_does_not_depend_on_how_many_tokens_were_learnt(token: str) -> None:
    """A dozen steps for each of 900 characters at most: one after the other they would take more."""
    redactor = Redactor(["known-secret"])
    width = 5 if token == "t{}" else 32
    redactor.learn(token.format(f"{number * 7919:0{width}}") for number in range(MOST_LEARNT))
    for text in ("{" * 900, "eyJhbGciOiJIUzI1NiJ9." * 40, "eyJh…" * 180, "t000" * 225):
        for mask in (redactor.text, redactor.sentence, redactor.name, lambda each: redactor.finds([each])):
            assert steps(partial(mask, text)) < 12 * len(text)


def test_a_token_learnt_twice_is_masked_as_the_better_kept_one() -> None:
    """What is mild to the project is not when it comes as a token, until that is forgotten."""
    redactor = Redactor(["us-east-1"], mild=["us-east-1"])
    redactor.learn(["us-east-1"])
    assert redactor.name("at us-east-1, us-ea…") == "at ***, ***…"
    redactor.learn(f"token-{number:05}" for number in range(MOST_LEARNT))
    assert redactor.name("at us-east-1, us-ea…") == "at us-east-1, us-ea…"
    assert redactor.text("at us-east-1, us-ea…") == "at ***, ***…"


def steps(doing: Callable[[], object]) -> int:
    """How many lines of Python *doing* takes."""
    count = 0

    def trace(*_: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        doing()
    finally:
        sys.settrace(before)
    return count
