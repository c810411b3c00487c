"""What escaped characters mean, and where they stand."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.escapes import may_be_escaped, meaning, unescaped
from emulator.core.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "s3cr3t+Key/100%=é😀'"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def _in_json(text: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02X}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _mixed(text: str) -> str:
    ways = (str, _in_json, lambda each: f"&#{ord(each)};", lambda each: quote(each, safe=""))
    return "".join(ways[number % 4](each) for number, each in enumerate(text))


WRITINGS: dict[str, Callable[[str], str]] = {
    "json, every character": _in_json,
    "json, in a text of json": lambda text: json.dumps(_in_json(text))[1:-1],
    "json, small letters": lambda text: json.dumps(text)[1:-1],
    "html, decimal": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "xml, hexadecimal": lambda text: "".join(f"&#x{ord(each):X};" for each in text),
    "html, twice": lambda text: html.escape(html.escape(text)),
    "percent, every byte": lambda text: "".join(f"%{each:02x}" for each in text.encode()),
    "percent, three times": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "each character in another way": _mixed,
}


@pytest.mark.parametrize("way", WRITINGS)
def test_every_way_of_writing_is_understood(way: str) -> None:
    """The meaning is the text again, and its place is all that was written."""
    written = WRITINGS[way](SECRET)
    assert may_be_escaped(written)
    assert meaning(f"<{written}>") == f"<{SECRET}>"
    assert unescaped(f"<{written}>").written(1, 1 + len(SECRET)) == (1, 1 + len(written))


@pytest.mark.parametrize("way", WRITINGS)
def test_secrets_are_masked_in_every_way_of_writing(way: str) -> None:
    """And nothing beside them is touched."""
    redactor = Redactor([SECRET])
    text = f'{{"key": "{WRITINGS[way](SECRET)}", "other": "\\u00e9&amp;%41"}}'
    assert redactor.finds([text.encode()])
    assert redactor.text(text) == '{"key": "***", "other": "\\u00e9&amp;%41"}'
    assert redactor.data(text.encode()) == b'{"key": "***", "other": "\\u00e9&amp;%41"}'


@pytest.mark.parametrize("text", ["\\u00e9", "%41 &amp; %zz &nope; 100%", "s3cr3t\\u002bKeys", "\\ud83d alone"])
def test_what_holds_no_secret_stays_byte_for_byte(text: str) -> None:
    """An escape is no reason to write anything anew."""
    redactor = Redactor([SECRET, "s3cr3t+Key"])
    assert redactor.text(text) == text
    assert not Redactor([SECRET]).finds([text])


@given(TEXTS, TEXTS, st.sampled_from(sorted(WRITINGS)))
def test_the_meaning_is_where_it_is_said_to_be(before: str, text: str, way: str) -> None:
    """For any text: what stands at a place means what it is said to mean."""
    written = before.replace("\\", "").replace("%", "").replace("&", "") + "|" + WRITINGS[way](text) + "|"
    found = unescaped(written)
    assert found.text == meaning(written)
    at = found.text.rindex("|", 0, len(found.text) - 1) + 1 if "|" not in text else None
    if at is not None:
        begin, end = found.written(at, len(found.text) - 1)
        assert written[begin:end] == WRITINGS[way](text)


def test_base64_of_a_secret() -> None:
    """With both alphabets, padded or not, as Basic and debugging output have it."""
    redactor = Redactor(["demo-key-12?>"])
    assert redactor.text("a=ZGVtby1rZXktMTI/Pg==&b=ZGVtby1rZXktMTI_Pg") == "a=***==&b=***"


@pytest.mark.parametrize(
    "written",
    ["Wno%2BPj4%2FPz9%2Bfn5wdw%3D%3D", "Wno+Pj4\\/Pz9+fn5wdw==", "Wno\\u002bPj4\\/Pz9\\u002bfn5wdw\\u003d\\u003d"],
)
def test_base64_as_serializers_write_it(written: str) -> None:
    """In a form, as PHP writes JSON, as Go does."""
    secret = base64.b64decode("Wno+Pj4/Pz9+fn5wdw==").decode()
    masked = Redactor([secret]).text(f'{{"key": "{written}"}}')
    assert masked.startswith('{"key": "***')
    assert "Pj4" not in masked
